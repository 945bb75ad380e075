"""Sampling: the hash-chained draw ledger, and public values that are named in advance."""

import json
from datetime import UTC
from hashlib import sha256

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0031"
branch_labels = None
depends_on = None

ENDED = """
    SELECT id, number, 'committed' AS event, committed_at AS at, commitment AS told, NULL AS reason
    FROM campaign WHERE committed_at IS NOT NULL
    UNION ALL SELECT id, number, 'drawn', drawn_at, seed, NULL FROM campaign WHERE drawn_at IS NOT NULL
    UNION ALL SELECT id, number, 'cancelled', confirmed_at, NULL, reason
    FROM campaign JOIN cancellation ON campaign_id = id WHERE state = 'cancelled'
    ORDER BY at, id
"""


def upgrade() -> None:
    op.add_column("campaign", sa.Column("public_source", sa.Text(), nullable=True))
    op.add_column("campaign", sa.Column("public_on", sa.Date(), nullable=True))
    op.create_check_constraint(
        op.f("ck_campaign_public_source_whole"), "campaign", "(public_source IS NULL) = (public_on IS NULL)"
    )
    op.create_check_constraint(
        op.f("ck_campaign_public_source_attended"), "campaign", "public_source IS NULL OR NOT unattended"
    )
    op.add_column("contribution", sa.Column("is_public_value", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.alter_column("contribution", "is_public_value", server_default=None)
    op.drop_constraint(op.f("ck_contribution_one_way_in"), "contribution", type_="check")
    op.create_check_constraint(
        op.f("ck_contribution_one_way_in"),
        "contribution",
        "num_nonnulls(invitation_id, account_id) + is_public_value::int = 1",
    )
    op.create_index(
        "uq_contribution_public_value",
        "contribution",
        ["campaign_id"],
        unique=True,
        postgresql_where=sa.text("is_public_value"),
    )
    op.add_column("cancellation", sa.Column("proposed_office", sa.Text(), nullable=True))
    op.add_column("cancellation", sa.Column("confirmed_office", sa.Text(), nullable=True))
    op.create_table(
        "draw_ledger_entry",
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("campaign_id", sa.BigInteger(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("entry", sa.Text(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint(
            "event IN ('committed', 'drawn', 'cancelled', 'done')", name=op.f("ck_draw_ledger_entry_event")
        ),
        sa.CheckConstraint("octet_length(hash) = 32", name=op.f("ck_draw_ledger_entry_hash")),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name=op.f("fk_draw_ledger_entry_campaign_id")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_draw_ledger_entry")),
        sa.UniqueConstraint("campaign_id", "event", name=op.f("uq_draw_ledger_entry_campaign_id_event")),
    )
    _enter_what_was()
    op.execute(
        "CREATE TRIGGER draw_ledger_entry_unchanged BEFORE UPDATE OR DELETE ON draw_ledger_entry "
        "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )
    op.execute(
        "CREATE TRIGGER draw_ledger_entry_no_truncate BEFORE TRUNCATE ON draw_ledger_entry "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )


def _enter_what_was() -> None:
    """The campaigns from before there was a ledger, in the order of what happened."""
    connection, previous = op.get_bind(), bytes(32)
    for number, row in enumerate(connection.execute(sa.text(ENDED)).all(), 1):
        told = {"committed": "commitment", "drawn": "seed"}.get(row.event)
        facts = {
            "number": number,
            "previous": previous.hex(),
            "at": row.at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
            "event": row.event,
            "campaign": row.number,
            **({told: row.told.hex()} if told else {"reason": row.reason}),
        }
        entry = json.dumps(facts, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
        previous = sha256(f"sealed-draw/1 ledger\n{entry}\n".encode()).digest()
        connection.execute(
            sa.text("INSERT INTO draw_ledger_entry VALUES (:number, :id, :event, :at, :entry, :hash)"),
            {"number": number, "id": row.id, "event": row.event, "at": row.at, "entry": entry, "hash": previous},
        )


def downgrade() -> None:
    op.drop_table("draw_ledger_entry")
    op.drop_column("cancellation", "confirmed_office")
    op.drop_column("cancellation", "proposed_office")
    op.drop_index("uq_contribution_public_value", table_name="contribution")
    op.drop_constraint(op.f("ck_contribution_one_way_in"), "contribution", type_="check")
    op.create_check_constraint(
        op.f("ck_contribution_one_way_in"), "contribution", "(invitation_id IS NULL) <> (account_id IS NULL)"
    )
    op.drop_column("contribution", "is_public_value")
    op.drop_constraint(op.f("ck_campaign_public_source_attended"), "campaign", type_="check")
    op.drop_constraint(op.f("ck_campaign_public_source_whole"), "campaign", type_="check")
    op.drop_column("campaign", "public_on")
    op.drop_column("campaign", "public_source")
