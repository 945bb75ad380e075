"""Verbs of the console: set a parameter, enter days of the calendar. Those of jobs are in `core.jobs`."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from casework.console.queries import standing
from casework.core import parameters
from casework.core.actor import Actor
from casework.core.ledger import record

ONE_DAY = timedelta(days=1)


def set_parameter(key: str, value: Any, *, effective_from: date, document_no: str, actor: Actor) -> None:
    """Adds a value from a day on. Idempotence key: the parameter and the day, which a second value is refused."""
    standing(key)
    parameters.set_value(key, value, effective_from=effective_from, document_no=document_no, actor=actor)


def enter_days(first: date, last: date | None = None, *, worked: bool, name: str, source: str, actor: Actor) -> int:
    """Enters or confirms the days of one paragraph of a notice. Idempotence key: the day. Returns how many."""
    day, end, count = first, last or first, 0
    while day <= end:
        parameters.set_calendar_day(day, worked=worked, name=name, source=source, actor=actor)
        day, count = day + ONE_DAY, count + 1
    return count


def note_audit_export(filters: Mapping[str, Any], *, actor: Actor) -> None:
    """Writes down who took which part of the audit log out of the house."""
    plain = {name: value.isoformat() if isinstance(value, date) else value for name, value in filters.items()}
    record("console.export_audit", ("export", "audit"), actor=actor, after={"filters": plain})
