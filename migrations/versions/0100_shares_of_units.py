"""Sampling: how many members of each stratum are in the charge of which unit, for the statistics by area."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0100"
down_revision = "0032"
branch_labels = None
depends_on = None

FROM_THE_POOLS = """
    UPDATE campaign_stratum AS stratum SET by_unit = share.by_unit
    FROM (
        SELECT campaign_id, stratum AS label, jsonb_object_agg(org_id::text, members) AS by_unit
        FROM (
            SELECT campaign_id, stratum, org_id, count(*) AS members FROM pool_member GROUP BY campaign_id, stratum, org_id
        ) AS counted
        GROUP BY campaign_id, stratum
    ) AS share
    WHERE share.campaign_id = stratum.campaign_id AND share.label = stratum.label
"""


def upgrade() -> None:
    op.add_column("campaign_stratum", sa.Column("by_unit", JSONB(), server_default="{}", nullable=False))
    op.execute("ALTER TABLE campaign_stratum DISABLE TRIGGER USER")  # append-only: only this one filling may pass
    op.execute(FROM_THE_POOLS)
    op.execute("ALTER TABLE campaign_stratum ENABLE TRIGGER USER")


def downgrade() -> None:
    op.drop_column("campaign_stratum", "by_unit")
