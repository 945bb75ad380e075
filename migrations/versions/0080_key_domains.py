"""Key domains: professional grades, supervision tiers, key objects, coverage plans; cases of full coverage."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0080"
down_revision = "0111"
branch_labels = None
depends_on = None

APPEND_ONLY = ("professional_grade", "supervision_tier")


def upgrade() -> None:
    op.drop_constraint(op.f("ck_case_origin_kind"), "case")
    op.create_check_constraint(op.f("ck_case_origin_kind"), "case", "origin_kind IN ('draw', 'trigger', 'coverage')")
    op.create_table(
        "professional_batch",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("domain", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("document_no", sa.Text(), nullable=False),
        sa.Column("file_sha256", sa.Text(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("dry_run", sa.Boolean(), nullable=False),
        sa.Column("read", sa.BigInteger(), nullable=False),
        sa.Column("new", sa.BigInteger(), nullable=False),
        sa.Column("unchanged", sa.BigInteger(), nullable=False),
        sa.Column("unmatched", sa.BigInteger(), nullable=False),
        sa.Column("rejected", sa.BigInteger(), nullable=False),
        sa.Column("problems", JSONB(), nullable=False),
        sa.Column("imported_by", sa.Text(), nullable=False),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("domain IN ('drug', 'equipment', 'food')", name=op.f("ck_professional_batch_domain")),
        sa.CheckConstraint(
            "read = new + unchanged + unmatched + rejected", name=op.f("ck_professional_batch_every_row_accounted_for")
        ),
        sa.ForeignKeyConstraint(
            ["file_sha256"], ["stored_file.sha256"], name=op.f("fk_professional_batch_file_sha256")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_professional_batch")),
    )
    op.create_table(
        "coverage_plan",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("org_id", sa.BigInteger(), nullable=False),
        sa.Column("domain", sa.Text(), nullable=False),
        sa.Column("year", sa.SmallInteger(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("monthly_most", sa.BigInteger(), nullable=False),
        sa.Column("officers_per_case", sa.SmallInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=True),
        sa.Column("author_id", sa.BigInteger(), nullable=True),
        sa.Column("author_name", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("approved_by", sa.BigInteger(), nullable=True),
        sa.Column("approved_name", sa.Text(), nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("domain IN ('drug', 'equipment', 'food')", name=op.f("ck_coverage_plan_domain")),
        sa.CheckConstraint("state IN ('draft', 'submitted', 'approved', 'ended')", name=op.f("ck_coverage_plan_state")),
        sa.CheckConstraint(
            "state NOT IN ('approved', 'ended') OR approved_by IS NOT NULL", name=op.f("ck_coverage_plan_approved")
        ),
        sa.CheckConstraint(
            "(number IS NULL) = (approved_by IS NULL)", name=op.f("ck_coverage_plan_numbered_when_approved")
        ),
        sa.CheckConstraint("approved_by <> author_id", name=op.f("ck_coverage_plan_approved_by_another")),
        sa.CheckConstraint("monthly_most > 0 AND officers_per_case >= 2", name=op.f("ck_coverage_plan_size")),
        sa.ForeignKeyConstraint(["approved_by"], ["account.id"], name=op.f("fk_coverage_plan_approved_by")),
        sa.ForeignKeyConstraint(["author_id"], ["account.id"], name=op.f("fk_coverage_plan_author_id")),
        sa.ForeignKeyConstraint(["org_id"], ["org_unit.id"], name=op.f("fk_coverage_plan_org_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_coverage_plan")),
    )
    op.create_index(
        "uq_coverage_plan_open",
        "coverage_plan",
        ["org_id", "domain", "year"],
        unique=True,
        postgresql_where=sa.text("state <> 'ended'"),
    )
    op.create_table(
        "coverage_batch",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("plan_id", sa.BigInteger(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("trade", sa.Text(), nullable=False),
        sa.Column("opened", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["plan_id"], ["coverage_plan.id"], name=op.f("fk_coverage_batch_plan_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_coverage_batch")),
        sa.UniqueConstraint("plan_id", "period", "trade", name=op.f("uq_coverage_batch_plan_id_period_trade")),
    )
    op.create_table(
        "key_object",
        sa.Column("enterprise_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("domain", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["enterprise_id"], ["enterprise.id"], name=op.f("fk_key_object_enterprise_id")),
        sa.PrimaryKeyConstraint("enterprise_id", "domain", name=op.f("pk_key_object")),
    )
    op.create_index("ix_key_object_domain", "key_object", ["domain", "enterprise_id"], unique=False)
    op.create_table(
        "professional_grade",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("enterprise_id", sa.BigInteger(), nullable=False),
        sa.Column("domain", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("grade", sa.Text(), nullable=False),
        sa.Column("score", sa.SmallInteger(), nullable=True),
        sa.Column("static", sa.SmallInteger(), nullable=True),
        sa.Column("dynamic", sa.SmallInteger(), nullable=True),
        sa.Column("factors", JSONB(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("document_no", sa.Text(), nullable=False),
        sa.Column("batch_id", sa.BigInteger(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("(source = 'imported') = (batch_id IS NOT NULL)", name=op.f("ck_professional_grade_batch")),
        sa.CheckConstraint("domain IN ('drug', 'equipment', 'food')", name=op.f("ck_professional_grade_domain")),
        sa.CheckConstraint("grade IN ('A', 'B', 'C', 'D')", name=op.f("ck_professional_grade_grade")),
        sa.CheckConstraint(
            "source = 'imported' OR score IS NOT NULL", name=op.f("ck_professional_grade_computed_has_score")
        ),
        sa.CheckConstraint("source IN ('computed', 'imported')", name=op.f("ck_professional_grade_source")),
        sa.CheckConstraint("score BETWEEN 0 AND 100", name=op.f("ck_professional_grade_score")),
        sa.ForeignKeyConstraint(["batch_id"], ["professional_batch.id"], name=op.f("fk_professional_grade_batch_id")),
        sa.ForeignKeyConstraint(["enterprise_id"], ["enterprise.id"], name=op.f("fk_professional_grade_enterprise_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_professional_grade")),
    )
    op.create_index(
        "ix_professional_grade_enterprise_id",
        "professional_grade",
        ["enterprise_id", "domain", "source", "id"],
        unique=False,
    )
    op.create_table(
        "supervision_tier",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("enterprise_id", sa.BigInteger(), nullable=False),
        sa.Column("domain", sa.Text(), nullable=False),
        sa.Column("tier", sa.SmallInteger(), nullable=False),
        sa.Column("months", sa.SmallInteger(), nullable=False),
        sa.Column("receipt", JSONB(), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("domain IN ('drug', 'equipment', 'food')", name=op.f("ck_supervision_tier_domain")),
        sa.CheckConstraint("months > 0", name=op.f("ck_supervision_tier_months")),
        sa.CheckConstraint("tier BETWEEN 1 AND 4", name=op.f("ck_supervision_tier_tier")),
        sa.ForeignKeyConstraint(["enterprise_id"], ["enterprise.id"], name=op.f("fk_supervision_tier_enterprise_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_supervision_tier")),
    )
    op.create_index(
        "ix_supervision_tier_enterprise_id", "supervision_tier", ["enterprise_id", "domain", "id"], unique=False
    )
    op.create_table(
        "key_subject",
        sa.Column("enterprise_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("domain", sa.Text(), nullable=False),
        sa.Column("trades", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("grade", sa.Text(), nullable=False),
        sa.Column("grade_id", sa.BigInteger(), nullable=False),
        sa.Column("computed_id", sa.BigInteger(), nullable=False),
        sa.Column("tier", sa.SmallInteger(), nullable=False),
        sa.Column("tier_id", sa.BigInteger(), nullable=False),
        sa.Column("last_visit_on", sa.Date(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("left_on", sa.Date(), nullable=True),
        sa.CheckConstraint("domain IN ('drug', 'equipment', 'food')", name=op.f("ck_key_subject_domain")),
        sa.CheckConstraint("grade IN ('A', 'B', 'C', 'D')", name=op.f("ck_key_subject_grade")),
        sa.CheckConstraint("cardinality(trades) > 0", name=op.f("ck_key_subject_has_trades")),
        sa.CheckConstraint("tier BETWEEN 1 AND 4", name=op.f("ck_key_subject_tier")),
        sa.ForeignKeyConstraint(["computed_id"], ["professional_grade.id"], name=op.f("fk_key_subject_computed_id")),
        sa.ForeignKeyConstraint(["enterprise_id"], ["enterprise.id"], name=op.f("fk_key_subject_enterprise_id")),
        sa.ForeignKeyConstraint(["grade_id"], ["professional_grade.id"], name=op.f("fk_key_subject_grade_id")),
        sa.ForeignKeyConstraint(["tier_id"], ["supervision_tier.id"], name=op.f("fk_key_subject_tier_id")),
        sa.PrimaryKeyConstraint("enterprise_id", "domain", name=op.f("pk_key_subject")),
    )
    op.create_index(
        "ix_key_subject_due_on",
        "key_subject",
        ["domain", "due_on", "enterprise_id"],
        unique=False,
        postgresql_where=sa.text("left_on IS NULL"),
    )
    for table in APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
        op.execute(
            f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )


def downgrade() -> None:
    for table in (
        "key_subject",
        "supervision_tier",
        "professional_grade",
        "key_object",
        "coverage_batch",
        "coverage_plan",
        "professional_batch",
    ):
        op.drop_table(table)
    op.drop_constraint(op.f("ck_case_origin_kind"), "case")
    op.create_check_constraint(op.f("ck_case_origin_kind"), "case", "origin_kind IN ('draw', 'trigger')")
