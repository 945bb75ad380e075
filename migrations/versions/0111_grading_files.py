"""Grading: files with everybody's grade for other departments, written by a job."""

import sqlalchemy as sa
from alembic import op

revision = "0111"
down_revision = "0110"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "grade_file",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("form", sa.Text(), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=True),
        sa.Column("requested_by", sa.Text(), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("given", sa.BigInteger(), nullable=True),
        sa.Column("file_sha256", sa.Text(), nullable=True),
        sa.CheckConstraint("form IN ('jsonl', 'csv')", name=op.f("ck_grade_file_form")),
        sa.CheckConstraint(
            "(finished_at IS NULL) = (file_sha256 IS NULL) AND (finished_at IS NULL) = (given IS NULL)",
            name=op.f("ck_grade_file_finished"),
        ),
        sa.ForeignKeyConstraint(["file_sha256"], ["stored_file.sha256"], name=op.f("fk_grade_file_file_sha256")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grade_file")),
    )
    op.create_index("ix_grade_file_form", "grade_file", ["form", "id"])


def downgrade() -> None:
    op.drop_table("grade_file")
