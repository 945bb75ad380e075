"""Entries of the draw ledger, made with the moves that they tell of."""

from sqlalchemy import func, select

from casework.core import clock
from casework.core.db import session
from casework.sampling.chain import BEGINNING, entry_of
from casework.sampling.models import Campaign, DrawLedgerEntry

ONE_AT_A_TIME = 411_640
"""The advisory lock under which the ledger grows; the transaction that took it gives it back at its end."""


def enter(campaign: Campaign, event: str, **facts: str | int | None) -> None:
    """Adds what happened to a campaign, with what the public is told of it. Idempotence key: (campaign, event)."""
    session.execute(select(func.pg_advisory_xact_lock(ONE_AT_A_TIME)))
    last = session.scalars(select(DrawLedgerEntry).order_by(DrawLedgerEntry.number.desc()).limit(1)).first()
    number = last.number + 1 if last else 1
    line = entry_of(
        number=number,
        previous=last.hash if last else BEGINNING,
        at=clock.now(),
        event=event,
        campaign=str(campaign.number),
        facts={name: fact for name, fact in facts.items() if fact is not None},
    )
    session.add(
        DrawLedgerEntry(
            number=number,
            campaign_id=campaign.id,
            event=event,
            entered_at=clock.now(),
            entry=line.entry,
            hash=line.hash,
        )
    )
    session.flush()
