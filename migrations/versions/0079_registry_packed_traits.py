"""Registry: what grading reads of an enterprise is packed by the database; it and the records are read from an index."""

import sqlalchemy as sa
from alembic import op

revision = "0079"
down_revision = "0072"
branch_labels = None
depends_on = None

TRAITS = """
    (coalesce(established_on - date '0001-01-01', -1) + 1) * 1::bigint
    + (array_position(ARRAY['company', 'individual', 'cooperative'], subject_class) - 1 + 1) * 2097152::bigint
    + (cluster_address::int + 1) * 16777216::bigint
    + (coalesce((ascii(industry_section) & 127) * 16384 + coalesce(
        (ascii(industry_code) & 127) * 128 + (ascii(substr(industry_code, 2, 1)) & 127), 0), -1) + 1) * 67108864::bigint
    + (least(greatest(employees, -1), 8000) + 1) * 281474976710656::bigint
"""
CAPITALS = """
    (least(greatest(floor(capital_wan)::bigint, -1), 2000000000) + 1) * 1::bigint
    + (least(greatest(ceil(paid_capital_wan)::bigint, -1), 2000000000) + 1) * 2147483648::bigint
"""


def upgrade() -> None:
    op.add_column(
        "enterprise", sa.Column("traits", sa.BigInteger(), sa.Computed(TRAITS, persisted=True), nullable=False)
    )
    op.add_column(
        "enterprise", sa.Column("capitals", sa.BigInteger(), sa.Computed(CAPITALS, persisted=True), nullable=False)
    )
    op.create_index(
        "ix_enterprise_inspectable",
        "enterprise",
        ["id"],
        postgresql_include=["traits", "capitals"],
        postgresql_where=sa.text("status IN ('active', 'suspended')"),
    )
    op.create_index(
        "ix_credit_record_code",
        "credit_record",
        ["kind", "klass", "enterprise_id"],
        postgresql_include=[
            "id",
            "happened_on",
            "ends_on",
            "repaired_on",
            "revoked_on",
            "publicity_until",
            "objected_on",
            "objection_closed_on",
            "chain",
        ],
        postgresql_where=sa.text("superseded_at IS NULL"),
    )


def downgrade() -> None:
    op.drop_index("ix_credit_record_code", "credit_record")
    op.drop_index("ix_enterprise_inspectable", "enterprise")
    op.drop_column("enterprise", "capitals")
    op.drop_column("enterprise", "traits")
