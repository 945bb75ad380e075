"""The draw ledger: its lines, and whether each follows from the one before it."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, text

from casework.core.db import session
from casework.core.paging import Page, page
from casework.sampling.chain import Line
from casework.sampling.models import DrawLedgerEntry

BROKEN = text("""
    SELECT number FROM (
        SELECT number, hash, entry::jsonb AS told,
            row_number() OVER (ORDER BY number) AS place, lag(encode(hash, 'hex')) OVER (ORDER BY number) AS before,
            sha256(convert_to('sealed-draw/1 ledger' || chr(10) || entry || chr(10), 'UTF8')) AS sealed
        FROM draw_ledger_entry
    ) AS line
    WHERE hash <> sealed OR number <> place OR told ->> 'number' <> place::text
        OR told ->> 'previous' <> coalesce(before, repeat('0', 64))
    ORDER BY number LIMIT 1
""")


@dataclass(frozen=True)
class Entry:
    """One line of the draw ledger: its hash, and what the entry tells."""

    number: int
    campaign_id: int
    event: str
    at: datetime
    hash: str
    told: Mapping[str, Any]


def draw_ledger(*, after: str | None = None, before: str | None = None) -> tuple[list[Entry], Page]:
    """One page of the draw ledger, newest first."""
    found = page(
        select(DrawLedgerEntry, DrawLedgerEntry.number),
        [DrawLedgerEntry.number],
        after=after,
        before=before,
        descending=True,
    )
    lines = [row.DrawLedgerEntry for row in found.rows]
    return [
        Entry(one.number, one.campaign_id, one.event, one.entered_at, one.hash.hex(), json.loads(one.entry))
        for one in lines
    ], found


def draw_ledger_lines() -> Iterator[Line]:
    """The whole draw ledger in order."""
    rows = session.execute(select(DrawLedgerEntry.hash, DrawLedgerEntry.entry).order_by(DrawLedgerEntry.number))
    return map(Line._make, rows)


def draw_ledger_broken_at() -> int | None:
    """The first line of the draw ledger that does not follow from the one before it; None: the chain is whole."""
    return session.scalar(BROKEN)
