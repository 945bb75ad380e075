"""Directories of objects, partners of a campaign, decided withdrawals and declared ties, assistants of a case."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision = "0092"
down_revision = "0091"
branch_labels = None
depends_on = None

LINES = (
    "line IN ('registration', 'food', 'drug', 'equipment', 'quality', 'metrology', 'advertising', 'price', 'online', 'ip')"
)


def upgrade() -> None:
    op.create_table(
        "object_directory",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("version", sa.SmallInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("line", sa.Text(), nullable=True),
        sa.Column("org_id", sa.BigInteger(), nullable=False),
        sa.Column("listed", sa.Boolean(), nullable=False),
        sa.Column("pool", JSONB(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("withdrawn", sa.Boolean(), nullable=False),
        sa.Column("written_by", sa.Text(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_on", sa.Date(), nullable=True),
        sa.Column("published_by", sa.Text(), nullable=True),
        sa.Column("objects", sa.BigInteger(), nullable=True),
        sa.Column("enterprises", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("kind IN ('general', 'special')", name=op.f("ck_object_directory_kind")),
        sa.CheckConstraint(LINES, name=op.f("ck_object_directory_line")),
        sa.CheckConstraint("code <> '' AND name <> ''", name=op.f("ck_object_directory_filled")),
        sa.CheckConstraint("NOT listed OR pool = '{}'", name=op.f("ck_object_directory_listed")),
        sa.CheckConstraint("(published_on IS NULL) = (enterprises IS NULL)", name=op.f("ck_object_directory_counted")),
        sa.ForeignKeyConstraint(["org_id"], ["org_unit.id"], name=op.f("fk_object_directory_org_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_object_directory")),
        sa.UniqueConstraint("code", "version", name=op.f("uq_object_directory_code_version")),
    )
    op.create_index(
        "uq_object_directory_draft", "object_directory", ["code"], unique=True,
        postgresql_where=sa.text("published_on IS NULL"),
    )  # fmt: skip
    op.create_table(
        "directory_entry",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("directory_id", sa.BigInteger(), nullable=False),
        sa.Column("enterprise_id", sa.BigInteger(), nullable=False),
        sa.Column("permit_name", sa.Text(), nullable=False),
        sa.Column("permit_no", sa.Text(), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=True),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("authority", sa.Text(), nullable=True),
        sa.CheckConstraint("permit_name <> ''", name=op.f("ck_directory_entry_permit_name")),
        sa.ForeignKeyConstraint(
            ["directory_id"], ["object_directory.id"], name=op.f("fk_directory_entry_directory_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["enterprise_id"], ["enterprise.id"], name=op.f("fk_directory_entry_enterprise_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_directory_entry")),
        sa.UniqueConstraint(
            "directory_id", "enterprise_id", "permit_no", name=op.f("uq_directory_entry_directory_id_enterprise_id_permit_no")
        ),
    )
    op.create_index(op.f("ix_directory_entry_enterprise_id"), "directory_entry", ["enterprise_id"])
    for table in ("campaign", "plan_line"):
        op.add_column(table, sa.Column("partners", ARRAY(sa.Text()), nullable=False, server_default="{}"))
        op.alter_column(table, "partners", server_default=None)
    op.add_column("campaign", sa.Column("directories", JSONB(), nullable=True))

    for name, kind in (
        ("recorded_by_id", sa.BigInteger()), ("decision", sa.Text()), ("decided_by", sa.BigInteger()),
        ("decided_name", sa.Text()), ("decided_at", sa.DateTime(timezone=True)), ("decision_note", sa.Text()),
    ):  # fmt: skip
        op.add_column("recusal", sa.Column(name, kind, nullable=True))
    for name in ("recorded_by_id", "decided_by"):
        op.create_foreign_key(op.f(f"fk_recusal_{name}"), "recusal", "account", [name], ["id"])
    for name, condition in (
        ("decision", "decision IN ('granted', 'refused')"),
        ("decision_whole", "(decision IS NULL) = (decided_at IS NULL)"),
        ("refused_ends", "decision IS DISTINCT FROM 'refused' OR ended_on IS NOT NULL"),
    ):
        op.create_check_constraint(op.f(f"ck_recusal_{name}"), "recusal", condition)
    op.create_table(
        "officer_tie",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("officer_id", sa.BigInteger(), nullable=False),
        sa.Column("org_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("employer_no", sa.Text(), nullable=True),
        sa.Column("employer_name", sa.Text(), nullable=True),
        sa.Column("left_on", sa.Date(), nullable=True),
        sa.Column("relation", sa.Text(), nullable=True),
        sa.Column("person_key", sa.Text(), nullable=True),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.CheckConstraint("kind IN ('former_employer', 'relative')", name=op.f("ck_officer_tie_kind")),
        sa.CheckConstraint(
            "(kind = 'former_employer') = (employer_no IS NOT NULL)", name=op.f("ck_officer_tie_employer")
        ),
        sa.CheckConstraint("(kind = 'relative') = (person_key IS NOT NULL)", name=op.f("ck_officer_tie_relative")),
        sa.ForeignKeyConstraint(["officer_id"], ["officer.id"], name=op.f("fk_officer_tie_officer_id")),
        sa.ForeignKeyConstraint(["org_id"], ["org_unit.id"], name=op.f("fk_officer_tie_org_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_officer_tie")),
    )
    op.create_index("ix_officer_tie_officer_id", "officer_tie", ["officer_id"])

    op.create_table(
        "case_assistant",
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("expert_id", sa.BigInteger(), nullable=False),
        sa.Column("task", sa.Text(), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("task <> ''", name=op.f("ck_case_assistant_task")),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_case_assistant_case_id")),
        sa.ForeignKeyConstraint(["expert_id"], ["expert.id"], name=op.f("fk_case_assistant_expert_id")),
        sa.PrimaryKeyConstraint("case_id", "expert_id", name=op.f("pk_case_assistant")),
    )


def downgrade() -> None:
    op.drop_table("case_assistant")
    op.drop_table("officer_tie")
    for name in ("refused_ends", "decision_whole", "decision"):
        op.drop_constraint(op.f(f"ck_recusal_{name}"), "recusal", type_="check")
    for name in ("recorded_by_id", "decided_by"):
        op.drop_constraint(op.f(f"fk_recusal_{name}"), "recusal", type_="foreignkey")
    for name in ("decision_note", "decided_at", "decided_name", "decided_by", "decision", "recorded_by_id"):
        op.drop_column("recusal", name)
    op.drop_column("campaign", "directories")
    for table in ("plan_line", "campaign"):
        op.drop_column(table, "partners")
    op.drop_table("directory_entry")
    op.drop_table("object_directory")
