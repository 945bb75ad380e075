"""Officers as the directory of a bureau tells of them; experts, who assist and are never drawn."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision = "0091"
down_revision = "0101"
branch_labels = None
depends_on = None

DETAILS = {
    "absent_from": sa.Date(),
    "absent_reason": sa.Text(),
    "staff_no": sa.Text(),
    "duty": sa.Text(),
    "post_category": sa.Text(),
    "in_post_since": sa.Date(),
    "education": sa.Text(),
    "certificate_kind": sa.Text(),
}
TABLES = {"item_codes": ARRAY(sa.Text()), "qualifications_until": JSONB()}


def upgrade() -> None:
    for name, kind in DETAILS.items():
        op.add_column("officer", sa.Column(name, kind, nullable=True))
    for name, kind in TABLES.items():
        op.add_column("officer", sa.Column(name, kind, nullable=False, server_default="{}"))
        op.alter_column("officer", name, server_default=None)
    op.create_check_constraint(
        op.f("ck_officer_certificate_kind"), "officer", "certificate_kind IN ('province', 'department')"
    )
    op.create_check_constraint(op.f("ck_officer_absence"), "officer", "absent_from IS NULL OR absent_from <= absent_until")
    op.create_table(
        "expert",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("org_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("employer", sa.Text(), nullable=True),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("lines", ARRAY(sa.Text()), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.CheckConstraint("kind IN ('expert', 'agency')", name=op.f("ck_expert_kind")),
        sa.CheckConstraint("number <> '' AND name <> '' AND field <> ''", name=op.f("ck_expert_filled")),
        sa.ForeignKeyConstraint(["org_id"], ["org_unit.id"], name=op.f("fk_expert_org_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_expert")),
        sa.UniqueConstraint("number", name=op.f("uq_expert_number")),
    )


def downgrade() -> None:
    op.drop_table("expert")
    op.drop_constraint(op.f("ck_officer_absence"), "officer", type_="check")
    op.drop_constraint(op.f("ck_officer_certificate_kind"), "officer", type_="check")
    for name in (*TABLES, *DETAILS):
        op.drop_column("officer", name)
