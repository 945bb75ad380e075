"""Grading: drafts of models tried on the whole register."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

LETTERS = "before IN ('A', 'B', 'C', 'D') AND after IN ('A', 'B', 'C', 'D') AND before <> after"


def upgrade() -> None:
    op.create_table(
        "simulation",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("model_id", sa.BigInteger(), nullable=False),
        sa.Column("against_id", sa.BigInteger(), nullable=True),
        sa.Column("message_id", sa.Uuid(), nullable=True),
        sa.Column("requested_by", sa.Text(), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("looked_at", sa.BigInteger(), nullable=True),
        sa.Column("moves", JSONB(), nullable=True),
        sa.Column("areas", JSONB(), nullable=True),
        sa.Column("industries", JSONB(), nullable=True),
        sa.CheckConstraint("(finished_at IS NULL) = (moves IS NULL)", name=op.f("ck_simulation_moves")),
        sa.ForeignKeyConstraint(["model_id"], ["grading_model.id"], name=op.f("fk_simulation_model_id")),
        sa.ForeignKeyConstraint(["against_id"], ["grading_model.id"], name=op.f("fk_simulation_against_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_simulation")),
    )
    op.create_index("ix_simulation_model_id", "simulation", ["model_id", "id"])
    op.create_table(
        "simulated_move",
        sa.Column("simulation_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("enterprise_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("before", sa.Text(), nullable=False),
        sa.Column("after", sa.Text(), nullable=False),
        sa.Column("score_before", sa.SmallInteger(), nullable=False),
        sa.Column("score_after", sa.SmallInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("change", sa.SmallInteger(), nullable=False),
        sa.CheckConstraint(LETTERS, name=op.f("ck_simulated_move_letters")),
        sa.ForeignKeyConstraint(["simulation_id"], ["simulation.id"], name=op.f("fk_simulated_move_simulation_id")),
        sa.ForeignKeyConstraint(["enterprise_id"], ["enterprise.id"], name=op.f("fk_simulated_move_enterprise_id")),
        sa.PrimaryKeyConstraint("simulation_id", "enterprise_id", name=op.f("pk_simulated_move")),
    )


def downgrade() -> None:
    op.drop_table("simulated_move")
    op.drop_table("simulation")
