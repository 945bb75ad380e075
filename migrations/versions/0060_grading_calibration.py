"""Grading: points proposed from closed cases."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0060"
down_revision = "0040"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "calibration",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("model_id", sa.BigInteger(), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=True),
        sa.Column("requested_by", sa.Text(), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("first", sa.Date(), nullable=True),
        sa.Column("last", sa.Date(), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("proposal", JSONB(), nullable=True),
        sa.Column("drafted_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("(finished_at IS NULL) = (proposal IS NULL)", name=op.f("ck_calibration_proposal")),
        sa.ForeignKeyConstraint(["model_id"], ["grading_model.id"], name=op.f("fk_calibration_model_id")),
        sa.ForeignKeyConstraint(["drafted_id"], ["grading_model.id"], name=op.f("fk_calibration_drafted_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calibration")),
    )


def downgrade() -> None:
    op.drop_table("calibration")
