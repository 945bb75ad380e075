"""The only clock of the house; everything that asks the time asks here."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

LOCAL_ZONE = ZoneInfo("Asia/Shanghai")

_shift: ContextVar[timedelta] = ContextVar("clock_shift", default=timedelta(0))


def now() -> datetime:
    """The present moment, aware, UTC."""
    return datetime.now(UTC) + _shift.get()


def today() -> date:
    """The present day in China: legal terms count these days."""
    return local_day(now())


def local_day(moment: datetime) -> date:
    """The day in China on which a moment falls."""
    return moment.astimezone(LOCAL_ZONE).date()


def local_moment(day: date, hour: int = 0, minute: int = 0) -> datetime:
    """A time of day in China as an aware UTC moment."""
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=LOCAL_ZONE).astimezone(UTC)


@contextmanager
def at(moment: datetime) -> Iterator[None]:
    """Live at another moment for a while: the demo city's past year and the tests do."""
    token = _shift.set(moment - datetime.now(UTC))
    try:
        yield
    finally:
        _shift.reset(token)
