"""How to strike in the middle of work: hold a row that the work needs, see it wait, strike; and look afterwards."""

from collections import Counter
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from sqlalchemy import delete, func, select, text, update
from sqlalchemy.exc import OperationalError

from casework.core.db import db, session, transaction
from casework.core.jobs import Job
from casework.core.ledger import HandledMessage, OutboxMessage
from tests.house.digest import digest
from tests.running import House

WAITING = text("SELECT count(*) FROM pg_stat_activity WHERE :holder = ANY(pg_blocking_pids(pid))")


@contextmanager
def held(table: str, ids: Collection[int] | None = None) -> Iterator[Callable[[], int]]:
    """Rows (or a whole table) that another transaction holds, so that who writes or refers to them waits in its middle.

    Gives a function that counts who waits. All is free again afterwards, also when the database has died.
    """
    rows = f"SELECT id FROM {table} WHERE id = ANY(:ids) FOR UPDATE"
    lock = f"LOCK TABLE {table} IN SHARE MODE"
    with db.engines[None].connect() as connection:
        holder = connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
        if ids is None:
            connection.execute(text(lock))
        else:
            connection.execute(text(rows), {"ids": list(ids)})
        yield lambda: session.execute(WAITING, {"holder": holder}).scalar_one()
        with suppress(OperationalError):
            connection.rollback()


def settled(house: House) -> None:
    """Waits until everything that was announced has been done."""
    open_messages = select(func.count()).where(OutboxMessage.settled_at.is_(None))
    house.until(lambda: session.execute(open_messages).scalar_one() == 0)


def ended_otherwise() -> list[Any]:
    """Jobs that did not end well, with what went wrong."""
    return list(session.execute(select(Job.handler, Job.state, Job.error).where(Job.state != "done")))


def delivered_again(house: House) -> None:
    """Everything that was ever announced is delivered once more to workers that remember nothing of it.

    Neither the job ledger nor the list of handled messages holds a handler back: each must find its effect there.
    """
    before = _rows()
    with transaction():
        session.execute(delete(Job))
        session.execute(delete(HandledMessage))
        session.execute(update(OutboxMessage).values(sent_at=None, settled_at=None))
        session.execute(select(func.pg_notify("outbox", "")))
    settled(house)
    assert ended_otherwise() == []
    assert _rows() == before


def _rows() -> Counter[str]:
    """How many rows every table has."""
    session.rollback()
    return Counter({table: count for table, (count, _last) in digest().items()})
