"""Alerts, their sightings, the counts behind the risk index."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('risk_count',
    sa.Column('month', sa.Date(), nullable=False),
    sa.Column('area_id', sa.BigInteger(), nullable=False),
    sa.Column('section', sa.Text(), nullable=False),
    sa.Column('subjects', sa.BigInteger(), nullable=False),
    sa.Column('graded', sa.BigInteger(), nullable=False),
    sa.Column('c', sa.BigInteger(), nullable=False),
    sa.Column('d', sa.BigInteger(), nullable=False),
    sa.Column('checks', sa.BigInteger(), nullable=False),
    sa.Column('problems', sa.BigInteger(), nullable=False),
    sa.Column('complaints', sa.BigInteger(), nullable=False),
    sa.Column('abnormal', sa.BigInteger(), nullable=False),
    sa.Column('counted_on', sa.Date(), nullable=False),
    sa.ForeignKeyConstraint(['area_id'], ['org_unit.id'], name=op.f('fk_risk_count_area_id')),
    sa.PrimaryKeyConstraint('month', 'area_id', 'section', name=op.f('pk_risk_count'))
    )
    op.create_table('alert',
    sa.Column('id', sa.BigInteger(), server_default=sa.text("nextval('trigger_id_seq')"), nullable=False),
    sa.Column('number', sa.Text(), sa.Computed("'YJ' || extract(year FROM raised_on)::text || '-' || lpad(id::text, greatest(6, length(id::text)), '0')", persisted=True), nullable=False),
    sa.Column('signal', sa.Text(), nullable=False),
    sa.Column('scope', sa.Text(), nullable=False),
    sa.Column('subject', sa.Text(), nullable=False),
    sa.Column('level', sa.Text(), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('home_id', sa.BigInteger(), nullable=False),
    sa.Column('org_id', sa.BigInteger(), nullable=False),
    sa.Column('line', sa.Text(), nullable=True),
    sa.Column('enterprise_ids', sa.ARRAY(sa.BigInteger()), nullable=False),
    sa.Column('value', sa.Numeric(precision=14, scale=2), nullable=False),
    sa.Column('facts', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('raised_on', sa.Date(), nullable=False),
    sa.Column('seen_on', sa.Date(), nullable=False),
    sa.Column('times', sa.BigInteger(), nullable=False),
    sa.Column('entered_on', sa.Date(), nullable=False),
    sa.Column('due_on', sa.Date(), nullable=True),
    sa.Column('escalated_for', sa.Date(), nullable=True),
    sa.Column('finding', sa.Text(), nullable=True),
    sa.Column('measures', sa.ARRAY(sa.Text()), server_default='{}', nullable=False),
    sa.Column('disposal', sa.Text(), nullable=True),
    sa.Column('disposed_by', sa.BigInteger(), nullable=True),
    sa.Column('reviewed_by', sa.BigInteger(), nullable=True),
    sa.Column('campaign_id', sa.BigInteger(), nullable=True),
    sa.Column('merged_into_id', sa.BigInteger(), nullable=True),
    sa.Column('ended_on', sa.Date(), nullable=True),
    sa.CheckConstraint("(due_on IS NULL) = (state IN ('closed', 'dismissed', 'merged'))", name=op.f('ck_alert_clock_runs_until_the_end')),
    sa.CheckConstraint("(ended_on IS NULL) = (state NOT IN ('closed', 'dismissed', 'merged'))", name=op.f('ck_alert_ended_on')),
    sa.CheckConstraint("(merged_into_id IS NULL) = (state <> 'merged') AND merged_into_id <> id", name=op.f('ck_alert_merged')),
    sa.CheckConstraint("cardinality(measures) > 0 OR state NOT IN ('reviewing', 'closed')", name=op.f('ck_alert_disposed')),
    sa.CheckConstraint("finding IS NOT NULL OR state NOT IN ('disposing', 'reviewing', 'closed')", name=op.f('ck_alert_checked')),
    sa.CheckConstraint("level IN ('red', 'orange', 'yellow')", name=op.f('ck_alert_level')),
    sa.CheckConstraint("scope IN ('enterprise', 'person', 'address', 'group', 'area')", name=op.f('ck_alert_scope')),
    sa.CheckConstraint("state IN ('raised', 'checking', 'disposing', 'reviewing', 'closed', 'dismissed', 'merged')", name=op.f('ck_alert_state')),
    sa.CheckConstraint('reviewed_by <> disposed_by', name=op.f('ck_alert_reviewed_by_another')),
    sa.CheckConstraint('times >= 1', name=op.f('ck_alert_times')),
    sa.ForeignKeyConstraint(['campaign_id'], ['campaign.id'], name=op.f('fk_alert_campaign_id')),
    sa.ForeignKeyConstraint(['disposed_by'], ['account.id'], name=op.f('fk_alert_disposed_by')),
    sa.ForeignKeyConstraint(['home_id'], ['org_unit.id'], name=op.f('fk_alert_home_id')),
    sa.ForeignKeyConstraint(['merged_into_id'], ['alert.id'], name=op.f('fk_alert_merged_into_id')),
    sa.ForeignKeyConstraint(['org_id'], ['org_unit.id'], name=op.f('fk_alert_org_id')),
    sa.ForeignKeyConstraint(['reviewed_by'], ['account.id'], name=op.f('fk_alert_reviewed_by')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_alert')),
    sa.UniqueConstraint('number', name=op.f('uq_alert_number'))
    )
    op.create_index('ix_alert_due_on', 'alert', ['due_on', 'id'], unique=False, postgresql_where=sa.text('due_on IS NOT NULL'))
    op.create_index('ix_alert_enterprise_ids', 'alert', ['enterprise_ids'], unique=False, postgresql_using='gin')
    op.create_index('ix_alert_org_id', 'alert', ['org_id', 'due_on', 'id'], unique=False)
    op.create_index('ix_alert_subject', 'alert', ['signal', 'subject', 'id'], unique=False)
    op.create_index('uq_alert_open', 'alert', ['signal', 'subject'], unique=True, postgresql_where=sa.text('due_on IS NOT NULL'))
    op.create_table('sighting',
    sa.Column('signal', sa.Text(), nullable=False),
    sa.Column('subject', sa.Text(), nullable=False),
    sa.Column('period', sa.Text(), nullable=False),
    sa.Column('alert_id', sa.BigInteger(), nullable=False),
    sa.Column('level', sa.Text(), nullable=False),
    sa.Column('value', sa.Numeric(precision=14, scale=2), nullable=False),
    sa.Column('facts', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('seen_on', sa.Date(), nullable=False),
    sa.CheckConstraint("level IN ('red', 'orange', 'yellow')", name=op.f('ck_sighting_level')),
    sa.ForeignKeyConstraint(['alert_id'], ['alert.id'], name=op.f('fk_sighting_alert_id')),
    sa.PrimaryKeyConstraint('signal', 'subject', 'period', name=op.f('pk_sighting'))
    )
    op.create_index('ix_sighting_alert_id', 'sighting', ['alert_id'], unique=False)


def downgrade() -> None:
    op.drop_index('ix_sighting_alert_id', table_name='sighting')
    op.drop_table('sighting')
    op.drop_index('uq_alert_open', table_name='alert', postgresql_where=sa.text('due_on IS NOT NULL'))
    op.drop_index('ix_alert_subject', table_name='alert')
    op.drop_index('ix_alert_org_id', table_name='alert')
    op.drop_index('ix_alert_enterprise_ids', table_name='alert', postgresql_using='gin')
    op.drop_index('ix_alert_due_on', table_name='alert', postgresql_where=sa.text('due_on IS NOT NULL'))
    op.drop_table('alert')
    op.drop_table('risk_count')
