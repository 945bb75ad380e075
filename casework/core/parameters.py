"""Parameters: every national or local number with the day it takes effect and the document that sets it."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

import chinese_calendar
import yaml
from sqlalchemy import CheckConstraint, UniqueConstraint, event, orm, select
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, SessionTransaction, mapped_column

from casework.core import clock
from casework.core.actor import Actor
from casework.core.calendar import Term, WorkCalendar
from casework.core.db import Base, BigId, Session, session
from casework.core.errors import Refusal
from casework.core.i18n import _
from casework.core.ledger import record

SHIPPED = Path(__file__).with_name("parameters.yaml")
PROVISIONAL = Path(__file__).with_name("calendar_provisional.yaml")
NOTICES = "国务院办公厅历年放假通知"
STATUTE = "全国年节及纪念日放假办法（国务院令第795号）"
OWN = "parameters"
"""Where a session remembers the bureau's own values."""


class Parameter(Base):
    """A value that the bureau set; it takes precedence over the shipped ones from its day on. Rows are never edited."""

    __tablename__ = "parameter"
    __table_args__ = (UniqueConstraint("key", "effective_from"),)

    id: Mapped[BigId]
    key: Mapped[str]
    effective_from: Mapped[date]
    value: Mapped[Any] = mapped_column(JSONB)
    document_no: Mapped[str]
    set_by: Mapped[str]
    set_at: Mapped[datetime]


class CalendarDay(Base):
    """A day unlike the plain week: a holiday or a make-up working day (调休). Provisional until confirmed."""

    __tablename__ = "calendar_day"
    __table_args__ = (CheckConstraint("confirmed_at IS NOT NULL OR provisional", name="confirmed"),)

    day: Mapped[date] = mapped_column(primary_key=True)
    worked: Mapped[bool]
    name: Mapped[str]
    provisional: Mapped[bool]
    source: Mapped[str]
    confirmed_by: Mapped[str | None]
    confirmed_at: Mapped[datetime | None]


@dataclass(frozen=True)
class Dated:
    """One value of a parameter with the day from which it holds and the document that says so."""

    value: Any
    effective_from: date
    document_no: str


@dataclass(frozen=True)
class Definition:
    """What a parameter means, and its shipped values, oldest first."""

    key: str
    label: str
    note: str
    shipped: tuple[Dated, ...]


@cache
def definitions() -> dict[str, Definition]:
    """All parameters of the house, as shipped in `parameters.yaml`."""
    entries = yaml.safe_load(SHIPPED.read_text(encoding="utf-8"))
    return {
        key: Definition(
            key=key,
            label=entry["label"],
            note=entry.get("note", ""),
            shipped=tuple(
                sorted(
                    (Dated(row["value"], row["from"], row["document"]) for row in entry["values"]),
                    key=lambda dated: dated.effective_from,
                )
            ),
        )
        for key, entry in entries.items()
    }


def timeline(key: str) -> list[Dated]:
    """All values of a parameter, oldest first, the bureau's own among the shipped ones."""
    by_day = {dated.effective_from: dated for dated in (*definitions()[key].shipped, *_own().get(key, ()))}
    return [by_day[day] for day in sorted(by_day)]


def _own() -> Mapping[str, Sequence[Dated]]:
    """The bureau's own values by key, read at once and remembered until the transaction ends."""
    remembered = session().info
    if OWN not in remembered:
        columns = Parameter.key, Parameter.value, Parameter.effective_from, Parameter.document_no
        own = defaultdict(list)
        for key, value, day, document in session.execute(select(*columns)):
            own[key].append(Dated(value, day, document))
        remembered[OWN] = own
    known: Mapping[str, Sequence[Dated]] = remembered[OWN]
    return known


@event.listens_for(Session, "after_transaction_end")
def _forget_own(remembering: orm.Session, _ended: SessionTransaction | None = None) -> None:
    remembering.info.pop(OWN, None)


def in_force(key: str, on: date | None = None) -> Dated:
    """The value that holds on a day (today if none is given)."""
    day = on or clock.today()
    candidates = [dated for dated in timeline(key) if dated.effective_from <= day]
    if not candidates:
        raise Refusal(_("参数 %(key)s 在 %(day)s 尚未生效。", key=key, day=day.isoformat()))
    return candidates[-1]


def value(key: str, on: date | None = None) -> Any:
    """The bare value that holds on a day."""
    return in_force(key, on).value


def term(key: str, on: date | None = None) -> Term:
    """A legal term (`{days, working}`) that holds on a day."""
    dated = in_force(key, on)
    return Term(days=dated.value["days"], working=dated.value.get("working", True), rule=dated.document_no)


def set_value(key: str, new: Any, *, effective_from: date, document_no: str, actor: Actor) -> None:
    """Adds a value from a day on. Past values stay; a day that has a value already is refused."""
    if key not in definitions():
        raise Refusal(_("没有名为 %(key)s 的参数。", key=key), field="key")
    if not document_no.strip():
        raise Refusal(_("请填写依据文件的文号。"), field="document_no")
    shipped = definitions()[key].shipped[-1].value
    if type(new) is not type(shipped) or (isinstance(new, dict) and new.keys() != shipped.keys()):
        raise Refusal(_("取值的结构与原参数不同，应与 %(sample)s 的结构一致。", sample=shipped), field="value")
    if session.scalar(select(Parameter.id).where(Parameter.key == key, Parameter.effective_from == effective_from)):
        raise Refusal(_("这一天已经设定过该参数，请选择另一个生效日期。"), field="effective_from")
    before = [dated.value for dated in timeline(key) if dated.effective_from <= effective_from]
    session.add(
        Parameter(
            key=key,
            effective_from=effective_from,
            value=new,
            document_no=document_no.strip(),
            set_by=actor.name,
            set_at=clock.now(),
        )
    )
    _forget_own(session())
    record(
        "console.set_parameter",
        ("parameter", key),
        actor=actor,
        before={"value": before[-1] if before else None},
        after={"value": new, "from": effective_from.isoformat(), "document": document_no.strip()},
    )


def calendar() -> WorkCalendar:
    """The working-day calendar as known now; read once per session."""
    known = session().info.get("calendar")
    if known is None:
        rows = session.execute(select(CalendarDay.day, CalendarDay.worked))
        known = session().info["calendar"] = WorkCalendar(dict(rows.all()))
    return known


def seed_calendar() -> int:
    """Fills the table with the days known when this version was made; days already there are left alone.

    Confirmed days come from the State Council's yearly notices (as `chinesecalendar` carries them); for the year after
    them only the statutory holidays of 全国年节及纪念日放假办法 are known, entered as provisional. Returns how many
    were added.
    """
    chinese = {holiday.value: holiday.chinese for holiday in chinese_calendar.Holiday}
    known = [
        {"day": day, "worked": False, "name": chinese[name], "provisional": False, "source": NOTICES}
        for day, name in chinese_calendar.holidays.items()
    ] + [
        {"day": day, "worked": True, "name": chinese[name], "provisional": False, "source": NOTICES}
        for day, name in chinese_calendar.workdays.items()
    ]
    provisional = [
        {"day": day, "worked": False, "name": name, "provisional": True, "source": STATUTE}
        for name, days in yaml.safe_load(PROVISIONAL.read_text(encoding="utf-8")).items()
        for day in days
    ]
    rows = [
        {
            **row,
            "confirmed_by": None if row["provisional"] else NOTICES,
            "confirmed_at": None if row["provisional"] else clock.now(),
        }
        for row in known + provisional
        if row["day"].year >= 2015 and (row["worked"] or row["day"].weekday() < 5)
    ]
    added = session.execute(
        postgresql.insert(CalendarDay).values(rows).on_conflict_do_nothing().returning(CalendarDay.day)
    ).all()
    return len(added)


def set_calendar_day(day: date, *, worked: bool, name: str, source: str, actor: Actor) -> None:
    """Enters or confirms a holiday or make-up working day from the State Council's notice."""
    if not source.strip():
        raise Refusal(_("请填写国务院办公厅放假通知的文号。"), field="source")
    row = session.get(CalendarDay, day) or CalendarDay(day=day)
    before = None if row.name is None else {"worked": row.worked, "provisional": row.provisional}
    row.worked, row.name, row.source, row.provisional = worked, name, source.strip(), False
    row.confirmed_by, row.confirmed_at = actor.name, clock.now()
    session.add(row)
    session().info.pop("calendar", None)
    record(
        "console.set_calendar_day",
        ("calendar_day", day.isoformat()),
        actor=actor,
        before=before,
        after={"worked": worked, "name": name, "source": source.strip()},
    )


def remove_calendar_day(day: date, *, actor: Actor) -> None:
    """Takes back a provisional day that the notice did not keep; the day follows the plain week again."""
    row = session.get(CalendarDay, day)
    if row is None or not row.provisional:
        raise Refusal(_("只能删除待确认的日期。"), field="day")
    session.delete(row)
    session().info.pop("calendar", None)
    record("console.remove_calendar_day", ("calendar_day", day.isoformat()), actor=actor, before={"name": row.name})


def calendar_days(year: int) -> list[CalendarDay]:
    """The differing days of a year in order."""
    return list(
        session.scalars(
            select(CalendarDay)
            .where(CalendarDay.day.between(date(year, 1, 1), date(year, 12, 31)))
            .order_by(CalendarDay.day)
        )
    )
