"""Superseded versions of records by enterprise, for what was known at a past moment."""

import sqlalchemy as sa
from alembic import op

revision = "0070"
down_revision = "0100"
branch_labels = None
depends_on = None

NAME, TABLE = "ix_credit_record_superseded", "credit_record"


def upgrade() -> None:
    op.create_index(NAME, TABLE, ["enterprise_id"], postgresql_where=sa.text("superseded_at IS NOT NULL"))


def downgrade() -> None:
    op.drop_index(NAME, table_name=TABLE, postgresql_where=sa.text("superseded_at IS NOT NULL"))
