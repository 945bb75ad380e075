"""Grading: what a result rests on besides records is kept with it; daily checks that stored results can be replayed."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision = "0030"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("grade_history", sa.Column("inputs", ARRAY(sa.Integer()), nullable=True))
    op.create_table(
        "replay_check",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("checked", sa.BigInteger(), nullable=False),
        sa.Column("overtaken", sa.BigInteger(), nullable=False),
        sa.Column("differing", JSONB(), nullable=False),
        sa.CheckConstraint("jsonb_array_length(differing) <= checked", name=op.f("ck_replay_check_counted")),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_replay_check")),
    )


def downgrade() -> None:
    op.drop_table("replay_check")
    op.drop_column("grade_history", "inputs")
