"""Grading: adjustments by decision, the province's own grades, and sharing with other departments."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0032"
down_revision = "0050"
branch_labels = None
depends_on = None

GRADES = "('A', 'B', 'C', 'D')"
STATES = "('proposed', 'approved', 'refused', 'withdrawn', 'ended', 'lifted')"


def upgrade() -> None:
    op.create_table(
        "adjustment",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("enterprise_id", sa.BigInteger(), nullable=False),
        sa.Column("grade", sa.Text(), nullable=False),
        sa.Column("computed", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("document_no", sa.Text(), nullable=False),
        sa.Column("evidence_sha256", sa.Text(), nullable=False),
        sa.Column("evidence_name", sa.Text(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("proposed_by", sa.Text(), nullable=False),
        sa.Column("proposed_by_id", sa.BigInteger(), nullable=True),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("decided_by_id", sa.BigInteger(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            f"grade IN {GRADES} AND computed IN {GRADES} AND grade <> computed", name=op.f("ck_adjustment_grade")
        ),
        sa.CheckConstraint(f"state IN {STATES}", name=op.f("ck_adjustment_state")),
        sa.CheckConstraint("ends_on > starts_on AND ends_on <= starts_on + 366", name=op.f("ck_adjustment_days")),
        sa.CheckConstraint(
            "decided_by_id IS NULL OR decided_by_id <> proposed_by_id", name=op.f("ck_adjustment_two_people")
        ),
        sa.CheckConstraint(
            "state NOT IN ('approved', 'ended', 'lifted') OR decided_at IS NOT NULL",
            name=op.f("ck_adjustment_decided"),
        ),
        sa.ForeignKeyConstraint(["enterprise_id"], ["enterprise.id"], name=op.f("fk_adjustment_enterprise_id")),
        sa.ForeignKeyConstraint(
            ["evidence_sha256"], ["stored_file.sha256"], name=op.f("fk_adjustment_evidence_sha256")
        ),
        sa.ForeignKeyConstraint(["proposed_by_id"], ["account.id"], name=op.f("fk_adjustment_proposed_by_id")),
        sa.ForeignKeyConstraint(["decided_by_id"], ["account.id"], name=op.f("fk_adjustment_decided_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_adjustment")),
    )
    op.create_index(
        "uq_adjustment_open",
        "adjustment",
        ["enterprise_id"],
        unique=True,
        postgresql_where=sa.text("state IN ('proposed', 'approved')"),
    )
    op.create_table(
        "official_batch",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("file_sha256", sa.Text(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("read", sa.BigInteger(), nullable=False),
        sa.Column("matched", sa.BigInteger(), nullable=False),
        sa.Column("unmatched", sa.BigInteger(), nullable=False),
        sa.Column("strangers", JSONB(), nullable=False),
        sa.Column("imported_by", sa.Text(), nullable=False),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("read = matched + unmatched", name=op.f("ck_official_batch_every_row_accounted_for")),
        sa.ForeignKeyConstraint(["file_sha256"], ["stored_file.sha256"], name=op.f("fk_official_batch_file_sha256")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_official_batch")),
        sa.UniqueConstraint("file_sha256", name=op.f("uq_official_batch_file_sha256")),
    )
    op.create_table(
        "official_grade",
        sa.Column("batch_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("enterprise_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("grade", sa.Text(), nullable=False),
        sa.CheckConstraint(f"grade IN {GRADES}", name=op.f("ck_official_grade_grade")),
        sa.ForeignKeyConstraint(["batch_id"], ["official_batch.id"], name=op.f("fk_official_grade_batch_id")),
        sa.ForeignKeyConstraint(["enterprise_id"], ["enterprise.id"], name=op.f("fk_official_grade_enterprise_id")),
        sa.PrimaryKeyConstraint("batch_id", "enterprise_id", name=op.f("pk_official_grade")),
    )
    op.create_index("ix_official_grade_enterprise_id", "official_grade", ["enterprise_id", "batch_id"])
    op.create_table(
        "sharing_client",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("department", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("token_sha256", sa.Text(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sharing_client")),
        sa.UniqueConstraint("token_sha256", name=op.f("uq_sharing_client_token_sha256")),
    )
    op.create_table(
        "sharing_read",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("client_id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("asked", sa.Text(), nullable=False),
        sa.Column("given", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["client_id"], ["sharing_client.id"], name=op.f("fk_sharing_read_client_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sharing_read")),
    )
    op.create_index("ix_sharing_read_client_id", "sharing_read", ["client_id", "id"])
    op.execute(
        "CREATE TRIGGER sharing_read_append_only BEFORE UPDATE OR DELETE ON sharing_read "
        "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )


def downgrade() -> None:
    for table in ("sharing_read", "sharing_client", "official_grade", "official_batch", "adjustment"):
        op.drop_table(table)
