"""Sampling: who published a commitment or a plan, never who approved it or who draws."""

import sqlalchemy as sa
from alembic import op

revision = "0090"
down_revision = "0070"
branch_labels = None
depends_on = None

PUBLISHERS = {
    "campaign": (
        "committed",
        "published_by_a_third",
        "committed_by <> approved_by AND committed_by <> frozen_by AND committed_by <> drawn_by",
    ),
    "plan": ("published", "published_by_another", "published_by <> approved_by"),
}


def upgrade() -> None:
    for table, (done, check, condition) in PUBLISHERS.items():
        op.add_column(table, sa.Column(f"{done}_by", sa.BigInteger(), nullable=True))
        op.add_column(table, sa.Column(f"{done}_name", sa.Text(), nullable=True))
        op.create_foreign_key(op.f(f"fk_{table}_{done}_by"), table, "account", [f"{done}_by"], ["id"])
        op.create_check_constraint(op.f(f"ck_{table}_{check}"), table, condition)


def downgrade() -> None:
    for table, (done, check, _condition) in PUBLISHERS.items():
        op.drop_constraint(op.f(f"ck_{table}_{check}"), table, type_="check")
        op.drop_constraint(op.f(f"fk_{table}_{done}_by"), table, type_="foreignkey")
        op.drop_column(table, f"{done}_name")
        op.drop_column(table, f"{done}_by")
