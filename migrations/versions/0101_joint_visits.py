"""Cases: one visit that several cases of an enterprise share (综合查一次)."""

import sqlalchemy as sa
from alembic import op

revision = "0101"
down_revision = "0079"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "joint_visit",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("enterprise_id", sa.BigInteger(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["enterprise_id"], ["enterprise.id"], name=op.f("fk_joint_visit_enterprise_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_joint_visit")),
    )
    op.add_column("case", sa.Column("joint_visit_id", sa.BigInteger(), nullable=True))
    op.create_foreign_key(op.f("fk_case_joint_visit_id"), "case", "joint_visit", ["joint_visit_id"], ["id"])
    op.create_check_constraint(op.f("ck_case_joint_on_site"), "case", "joint_visit_id IS NULL OR on_site")
    op.create_index(
        "ix_case_joint_visit_id", "case", ["joint_visit_id"], postgresql_where=sa.text("joint_visit_id IS NOT NULL")
    )


def downgrade() -> None:
    op.drop_index("ix_case_joint_visit_id", table_name="case")
    op.drop_constraint(op.f("ck_case_joint_on_site"), "case", type_="check")
    op.drop_constraint(op.f("fk_case_joint_visit_id"), "case", type_="foreignkey")
    op.drop_column("case", "joint_visit_id")
    op.drop_table("joint_visit")
