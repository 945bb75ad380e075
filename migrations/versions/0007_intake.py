"""Items of intake, sealed informants, pauses; the sequence in which items and alerts count together."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("CREATE SEQUENCE trigger_id_seq AS bigint")
    op.create_table('informant',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('sealed', sa.LargeBinary(), nullable=False),
    sa.Column('keys', sa.ARRAY(sa.Text()), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_informant'))
    )
    op.create_index('ix_informant_keys', 'informant', ['keys'], unique=False, postgresql_using='gin')
    op.create_table('intake_item',
    sa.Column('id', sa.BigInteger(), server_default=sa.text("nextval('trigger_id_seq')"), nullable=False),
    sa.Column('number', sa.Text(), sa.Computed("CASE kind WHEN 'complaint' THEN 'TS' WHEN 'report' THEN 'JB' WHEN 'transfer' THEN 'ZB' WHEN 'monitoring' THEN 'XS' WHEN 'statute' THEN 'FD' END || extract(year FROM received_on)::text || '-' || lpad(id::text, greatest(6, length(id::text)), '0')", persisted=True), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('channel', sa.Text(), nullable=False),
    sa.Column('external_no', sa.Text(), nullable=True),
    sa.Column('sender', sa.Text(), nullable=True),
    sa.Column('sender_no', sa.Text(), nullable=True),
    sa.Column('received_on', sa.Date(), nullable=False),
    sa.Column('registered_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('registered_by', sa.Text(), nullable=False),
    sa.Column('office_id', sa.BigInteger(), nullable=False),
    sa.Column('org_id', sa.BigInteger(), nullable=False),
    sa.Column('line', sa.Text(), nullable=True),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('entered_on', sa.Date(), nullable=False),
    sa.Column('due_on', sa.Date(), nullable=True),
    sa.Column('reminded_for', sa.Date(), nullable=True),
    sa.Column('enterprise_id', sa.BigInteger(), nullable=True),
    sa.Column('subject_name', sa.Text(), nullable=False),
    sa.Column('subject_address', sa.Text(), nullable=True),
    sa.Column('subject_contact', sa.Text(), nullable=True),
    sa.Column('category', sa.Text(), nullable=False),
    sa.Column('goods', sa.Text(), nullable=True),
    sa.Column('trade', sa.Text(), nullable=True),
    sa.Column('platform', sa.Text(), nullable=True),
    sa.Column('happened_on', sa.Date(), nullable=True),
    sa.Column('amount', sa.Numeric(precision=12, scale=2), nullable=True),
    sa.Column('facts', sa.Text(), nullable=False),
    sa.Column('evidence', sa.Text(), nullable=True),
    sa.Column('demands', sa.ARRAY(sa.Text()), server_default='{}', nullable=False),
    sa.Column('publishable', sa.Boolean(), server_default='false', nullable=False),
    sa.Column('delegable', sa.Boolean(), server_default='false', nullable=False),
    sa.Column('informant_id', sa.BigInteger(), nullable=True),
    sa.Column('owes_answer', sa.Boolean(), server_default='false', nullable=False),
    sa.Column('from_item_id', sa.BigInteger(), nullable=True),
    sa.Column('relation', sa.Text(), nullable=True),
    sa.Column('merged_into_id', sa.BigInteger(), nullable=True),
    sa.Column('distributed_on', sa.Date(), nullable=True),
    sa.Column('returned_because', sa.Text(), nullable=True),
    sa.Column('identity_until', sa.Date(), nullable=True),
    sa.Column('accepted_on', sa.Date(), nullable=True),
    sa.Column('mediation_way', sa.Text(), nullable=True),
    sa.Column('extension_reason', sa.Text(), nullable=True),
    sa.Column('extension_asked_by', sa.BigInteger(), nullable=True),
    sa.Column('extended_by', sa.BigInteger(), nullable=True),
    sa.Column('extended_on', sa.Date(), nullable=True),
    sa.Column('case_id', sa.BigInteger(), nullable=True),
    sa.Column('check_reason', sa.Text(), nullable=True),
    sa.Column('override_reason', sa.Text(), nullable=True),
    sa.Column('check_outcome', postgresql.JSONB(astext_type=sa.Text()), nullable=True),
    sa.Column('outcome', sa.Text(), nullable=True),
    sa.Column('ground', sa.Text(), nullable=True),
    sa.Column('decision', sa.Text(), nullable=True),
    sa.Column('receiver', sa.Text(), nullable=True),
    sa.Column('decided_on', sa.Date(), nullable=True),
    sa.Column('informed_on', sa.Date(), nullable=True),
    sa.Column('informed_way', sa.Text(), nullable=True),
    sa.Column('fulfilled', sa.Boolean(), nullable=True),
    sa.CheckConstraint("(due_on IS NULL) = (state IN ('archived', 'merged'))", name=op.f('ck_intake_item_clock_runs_until_the_end')),
    sa.CheckConstraint("(identity_until IS NULL) = (state <> 'awaiting_identity')", name=op.f('ck_intake_item_identity_until')),
    sa.CheckConstraint("(merged_into_id IS NULL) = (state <> 'merged') AND merged_into_id <> id", name=op.f('ck_intake_item_merged')),
    sa.CheckConstraint("accepted_on IS NOT NULL OR state NOT IN ('mediating', 'settled', 'terminated')", name=op.f('ck_intake_item_accepted')),
    sa.CheckConstraint("category IN ('food', 'drug', 'equipment', 'quality', 'metrology', 'advertising', 'price', 'competition', 'online', 'ip', 'registration', 'published_information', 'contract', 'after_sales', 'other')", name=op.f('ck_intake_item_category')),
    sa.CheckConstraint("channel IN ('platform_12315', 'hotline_12345', 'letter_or_visit', 'superior', 'department', 'media', 'product_test', 'data', 'patrol', 'self_report', 'mediation')", name=op.f('ck_intake_item_channel')),
    sa.CheckConstraint("distributed_on IS NOT NULL OR state IN ('registered', 'merged')", name=op.f('ck_intake_item_distributed')),
    sa.CheckConstraint("facts <> '' AND subject_name <> ''", name=op.f('ck_intake_item_filled')),
    sa.CheckConstraint("ground IS NOT NULL OR outcome NOT IN ('refused', 'terminated', 'declined')", name=op.f('ck_intake_item_on_ground')),
    sa.CheckConstraint("informant_id IS NULL OR kind IN ('complaint', 'report')", name=op.f('ck_intake_item_informant')),
    sa.CheckConstraint("informed_way IN ('paper', 'phone', 'message', 'platform')", name=op.f('ck_intake_item_informed_way')),
    sa.CheckConstraint("kind IN ('complaint', 'report', 'transfer', 'monitoring', 'statute')", name=op.f('ck_intake_item_kind')),
    sa.CheckConstraint("mediation_way IN ('on_site', 'remote', 'delegated')", name=op.f('ck_intake_item_mediation_way')),
    sa.CheckConstraint("outcome = state OR state NOT IN ('refused', 'settled', 'terminated', 'filed', 'declined', 'handed_over')", name=op.f('ck_intake_item_outcome_is_the_state')),
    sa.CheckConstraint("outcome IN ('refused', 'settled', 'terminated', 'filed', 'declined', 'handed_over')", name=op.f('ck_intake_item_outcome')),
    sa.CheckConstraint("outcome IS NOT NULL OR state NOT IN ('informed', 'archived')", name=op.f('ck_intake_item_decided')),
    sa.CheckConstraint("relation IN ('twin', 'found')", name=op.f('ck_intake_item_relation')),
    sa.CheckConstraint("state IN ('registered', 'distributed', 'awaiting_identity', 'mediating', 'refused', 'settled', 'terminated', 'informed', 'archived', 'merged') OR kind <> 'complaint'", name=op.f('ck_intake_item_state_of_a_complaint')),
    sa.CheckConstraint("state IN ('registered', 'distributed', 'verifying', 'filed', 'declined', 'handed_over', 'informed', 'archived', 'merged') OR kind = 'complaint'", name=op.f('ck_intake_item_state_of_a_clue')),
    sa.CheckConstraint("trade IN ('offline', 'online')", name=op.f('ck_intake_item_trade')),
    sa.CheckConstraint('(case_id IS NULL) = (check_reason IS NULL)', name=op.f('ck_intake_item_check_whole')),
    sa.CheckConstraint('(from_item_id IS NULL) = (relation IS NULL)', name=op.f('ck_intake_item_came_from')),
    sa.CheckConstraint('(informed_on IS NULL) = (informed_way IS NULL)', name=op.f('ck_intake_item_informed_whole')),
    sa.CheckConstraint('(outcome IS NULL) = (decided_on IS NULL)', name=op.f('ck_intake_item_decided_on')),
    sa.CheckConstraint('extended_by <> extension_asked_by', name=op.f('ck_intake_item_extended_by_another')),
    sa.CheckConstraint('extended_on IS NULL OR extension_reason IS NOT NULL', name=op.f('ck_intake_item_extension')),
    sa.ForeignKeyConstraint(['case_id'], ['case.id'], name=op.f('fk_intake_item_case_id')),
    sa.ForeignKeyConstraint(['enterprise_id'], ['enterprise.id'], name=op.f('fk_intake_item_enterprise_id')),
    sa.ForeignKeyConstraint(['extended_by'], ['account.id'], name=op.f('fk_intake_item_extended_by')),
    sa.ForeignKeyConstraint(['extension_asked_by'], ['account.id'], name=op.f('fk_intake_item_extension_asked_by')),
    sa.ForeignKeyConstraint(['from_item_id'], ['intake_item.id'], name=op.f('fk_intake_item_from_item_id')),
    sa.ForeignKeyConstraint(['informant_id'], ['informant.id'], name=op.f('fk_intake_item_informant_id')),
    sa.ForeignKeyConstraint(['merged_into_id'], ['intake_item.id'], name=op.f('fk_intake_item_merged_into_id')),
    sa.ForeignKeyConstraint(['office_id'], ['org_unit.id'], name=op.f('fk_intake_item_office_id')),
    sa.ForeignKeyConstraint(['org_id'], ['org_unit.id'], name=op.f('fk_intake_item_org_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_intake_item')),
    sa.UniqueConstraint('number', name=op.f('uq_intake_item_number'))
    )
    op.create_index('ix_intake_item_case_id', 'intake_item', ['case_id'], unique=False, postgresql_where=sa.text('case_id IS NOT NULL'))
    op.create_index('ix_intake_item_due_on', 'intake_item', ['due_on', 'id'], unique=False, postgresql_where=sa.text('due_on IS NOT NULL'))
    op.create_index('ix_intake_item_enterprise_id', 'intake_item', ['enterprise_id', 'received_on'], unique=False)
    op.create_index('ix_intake_item_from_item_id', 'intake_item', ['from_item_id'], unique=False, postgresql_where=sa.text('from_item_id IS NOT NULL'))
    op.create_index('ix_intake_item_informant_id', 'intake_item', ['informant_id'], unique=False, postgresql_where=sa.text('informant_id IS NOT NULL'))
    op.create_index('ix_intake_item_merged_into_id', 'intake_item', ['merged_into_id'], unique=False, postgresql_where=sa.text('merged_into_id IS NOT NULL'))
    op.create_index('ix_intake_item_org_id', 'intake_item', ['org_id', 'due_on', 'id'], unique=False)
    op.create_index('uq_intake_item_external_no', 'intake_item', ['channel', 'external_no', 'kind'], unique=True, postgresql_where=sa.text('external_no IS NOT NULL'))
    op.create_table('intake_pause',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('item_id', sa.BigInteger(), nullable=False),
    sa.Column('cause', sa.Text(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('since', sa.Date(), nullable=False),
    sa.Column('until', sa.Date(), nullable=True),
    sa.CheckConstraint("cause IN ('identity', 'testing')", name=op.f('ck_intake_pause_cause')),
    sa.CheckConstraint("reason <> ''", name=op.f('ck_intake_pause_reason')),
    sa.CheckConstraint('until >= since', name=op.f('ck_intake_pause_days')),
    sa.ForeignKeyConstraint(['item_id'], ['intake_item.id'], name=op.f('fk_intake_pause_item_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_intake_pause'))
    )
    op.create_index('ix_intake_pause_item_id', 'intake_pause', ['item_id'], unique=False)
    op.create_index('uq_intake_pause_open', 'intake_pause', ['item_id'], unique=True, postgresql_where=sa.text('until IS NULL'))


def downgrade() -> None:
    op.drop_index('uq_intake_pause_open', table_name='intake_pause', postgresql_where=sa.text('until IS NULL'))
    op.drop_index('ix_intake_pause_item_id', table_name='intake_pause')
    op.drop_table('intake_pause')
    op.drop_index('uq_intake_item_external_no', table_name='intake_item', postgresql_where=sa.text('external_no IS NOT NULL'))
    op.drop_index('ix_intake_item_org_id', table_name='intake_item')
    op.drop_index('ix_intake_item_merged_into_id', table_name='intake_item', postgresql_where=sa.text('merged_into_id IS NOT NULL'))
    op.drop_index('ix_intake_item_informant_id', table_name='intake_item', postgresql_where=sa.text('informant_id IS NOT NULL'))
    op.drop_index('ix_intake_item_from_item_id', table_name='intake_item', postgresql_where=sa.text('from_item_id IS NOT NULL'))
    op.drop_index('ix_intake_item_enterprise_id', table_name='intake_item')
    op.drop_index('ix_intake_item_due_on', table_name='intake_item', postgresql_where=sa.text('due_on IS NOT NULL'))
    op.drop_index('ix_intake_item_case_id', table_name='intake_item', postgresql_where=sa.text('case_id IS NOT NULL'))
    op.drop_table('intake_item')
    op.drop_index('ix_informant_keys', table_name='informant', postgresql_using='gin')
    op.drop_table('informant')
    op.execute("DROP SEQUENCE trigger_id_seq")
