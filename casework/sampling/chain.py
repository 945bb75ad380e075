"""The draw ledger: every commitment, draw and end of a campaign in order, each entry sealed with the one before it.

A line of the ledger is `hash  entry`, parted by one tab: the entry is canonical JSON and names the hash of the line
before (`previous`, 64 zeros on the first line), `hash = H("sealed-draw/1 ledger\\n" ‖ entry ‖ "\\n")`. So a line that
is removed, changed or put between others breaks every line after it, and whoever kept one hash sees it.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import NamedTuple

from casework.core.i18n import N_
from casework.sampling.draw import PROTOCOL, canonical_json

BEGINNING = bytes(32)
EVENTS = {
    "committed": N_("公布承诺"),
    "drawn": N_("抽取"),
    "cancelled": N_("作废"),
    "done": N_("全部办结"),
}
"""What is entered of a campaign, each at most once."""


class Line(NamedTuple):
    """One line of the ledger: the entry as it was sealed, and its hash."""

    hash: bytes
    entry: str


def entry_of(
    *, number: int, previous: bytes, at: datetime, event: str, campaign: str, facts: Mapping[str, str | int]
) -> Line:
    """The next line of the ledger. `facts` are what the public is told with the event."""
    entry = canonical_json(
        {
            "number": number,
            "previous": previous.hex(),
            "at": at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
            "event": event,
            "campaign": campaign,
            **facts,
        }
    )
    return Line(hash_of(entry), entry.decode())


def hash_of(entry: bytes) -> bytes:
    """What seals an entry."""
    return sha256(f"{PROTOCOL} ledger\n".encode() + entry + b"\n").digest()


def ledger_tsv(lines: Iterable[Line]) -> Iterator[bytes]:
    """The lines of `ledger.tsv`, as the public downloads them."""
    for line in lines:
        yield f"{line.hash.hex()}\t{line.entry}\n".encode()
