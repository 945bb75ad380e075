"""Registry: the rare values of a filter are found without reading the whole register."""

import sqlalchemy as sa
from alembic import op

revision = "0050"
down_revision = "0060"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_enterprise_industry_section", "enterprise", ["industry_section", "id"])
    op.create_index(
        "ix_enterprise_status", "enterprise", ["status", "id"], postgresql_where=sa.text("status <> 'active'")
    )


def downgrade() -> None:
    op.drop_index("ix_enterprise_status", "enterprise")
    op.drop_index("ix_enterprise_industry_section", "enterprise")
