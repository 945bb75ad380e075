"""Nouns of the warning room: alerts and what is behind them, what waits, counts and index of areas and industries."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ARRAY, BigInteger, ColumnElement, Select, case, cast, func, or_, select

from casework.accounts import queries as staff
from casework.cases import queries as cases
from casework.core import clock, parameters
from casework.core.actor import Actor
from casework.core.db import session
from casework.core.deadlines import due_within
from casework.core.errors import NotFound
from casework.core.i18n import _
from casework.core.paging import Page, page
from casework.registry import queries as registry
from casework.registry.reference import industry_sections
from casework.warning.models import Alert, RiskCount, Sighting
from casework.warning.rules import CLOCKS, GROUPS, LEVELS, Counts, risk_index
from casework.warning.signals import SIGNALS

MOST_NAMED = 500
"""So many enterprises of one name the list looks for; whoever finds more must be told apart by code."""
MOST_SHOWN = 50
"""So many enterprises of one alert a page names."""

# ---- Which alerts ----------------------------------------------------------------------------------------------------


def find(alert_id: int, actor: Actor) -> Alert:
    """One alert that the actor may see, or NotFound: it is in their subtree and of their lines."""
    found = session.scalars(_visible(select(Alert).where(Alert.id == alert_id), actor)).first()
    if found is None:
        raise NotFound(_("没有这条预警，或者不在您的辖区和业务范围内。"))
    return found


def _visible(statement: Select[Any], actor: Actor) -> Select[Any]:
    return staff.visible(statement, actor, unit=Alert.org_id, line=Alert.line)


ROW = (
    Alert.id, Alert.number, Alert.signal, Alert.scope, Alert.subject, Alert.level, Alert.state, Alert.org_id,
    Alert.value, Alert.facts, Alert.raised_on, Alert.times, Alert.due_on, Alert.escalated_for,
)  # fmt: skip
"""What a list shows of an alert."""

GRAVITY = case(*((Alert.level == level, place) for place, level in enumerate(LEVELS)))
"""The gravest first."""


def alerts(
    actor: Actor,
    *,
    state: str = "",
    level: str = "",
    signal: str = "",
    scope: str = "",
    due: str = "",
    org_id: int | None = None,
    q: str = "",
    after: str | None = None,
    before: str | None = None,
    size: int = 50,
) -> Page:
    """One page of the alerts that the actor may see, with the columns of ROW.

    `state` is a state, or `ended`; open alerts come in the order of their clocks, ended ones newest first. `due` is
    overdue, today or week; `q` is a number, or a name or code of an enterprise.
    """
    ended = state in ("ended", "closed", "dismissed", "merged")
    statement = _visible(select(*ROW), actor)
    statement = statement.where(Alert.due_on.is_(None) if ended else Alert.due_on.is_not(None))
    for column, value in (
        (Alert.state, "" if state == "ended" else state),
        (Alert.level, level),
        (Alert.signal, signal),
        (Alert.scope, scope),
    ):
        if value:
            statement = statement.where(column == value)
    if due and not ended:
        statement = statement.where(due_within(Alert.due_on, due))
    if org_id is not None:
        statement = statement.where(Alert.org_id.in_(staff.subtree(org_id)))
    if q:
        statement = statement.where(_about(q, actor))
    keys = [Alert.id] if ended else [Alert.due_on, Alert.id]
    return page(statement, keys, after=after, before=before, size=size, descending=ended)


def _about(q: str, actor: Actor) -> ColumnElement[bool]:
    """Alerts of that number, or about an enterprise that is called so or has that code."""
    found = registry.search(registry.Search(words=q), actor, size=MOST_NAMED).rows
    return or_(Alert.number.endswith(q.strip().upper(), autoescape=True), _names(row.id for row in found))


def _names(enterprise_ids: Iterable[int]) -> ColumnElement[bool]:
    return Alert.enterprise_ids.op("&&")(cast(list(enterprise_ids), ARRAY(BigInteger)))


def counts(actor: Actor) -> dict[str, int]:
    """How many open alerts the actor has by level and by state; how many are overdue or escalated."""
    columns = {level: func.count().filter(Alert.level == level) for level in LEVELS}
    columns |= {state: func.count().filter(Alert.state == state) for state in CLOCKS}
    columns |= {
        "overdue": func.count().filter(due_within(Alert.due_on, "overdue")),
        "escalated": func.count().filter(Alert.escalated_for == Alert.due_on),
    }
    statement = _visible(select(*columns.values()).where(Alert.due_on.is_not(None)), actor)
    return dict(zip(columns, session.execute(statement).one(), strict=True))


def urgent(actor: Actor, *, size: int, states: Collection[str]) -> Sequence[Any]:
    """The alerts in these open states that are to be seen first: overdue, then the gravest, then by their clocks."""
    order = (Alert.due_on >= clock.today(), GRAVITY, Alert.due_on, Alert.id)
    return session.execute(
        _visible(select(*ROW).where(Alert.due_on.is_not(None), Alert.state.in_(states)), actor)
        .order_by(*order)
        .limit(size)
    ).all()


def of_enterprise(enterprise_id: int, actor: Actor) -> Sequence[Any]:
    """The alerts that name an enterprise and that the actor may see, open ones first, with the columns of ROW."""
    statement = _visible(select(*ROW).where(_names([enterprise_id])), actor)
    return session.execute(statement.order_by(Alert.due_on.is_(None), Alert.id.desc()).limit(20)).all()


def beside(alert: Alert, actor: Actor) -> Sequence[Any]:
    """Other open alerts about the same enterprises or the same subject, into which this one may be merged."""
    same = or_(_names(alert.enterprise_ids), Alert.subject == alert.subject)
    statement = _visible(select(*ROW).where(Alert.due_on.is_not(None), Alert.id != alert.id, same), actor)
    return session.execute(statement.order_by(Alert.id).limit(20)).all()


# ---- One alert -------------------------------------------------------------------------------------------------------


def why(alert: Alert | Any) -> str:
    """What the signal saw, as a sentence."""
    return sentence(alert.signal, float(alert.value), alert.facts)


def sentence(key: str, value: float, facts: Mapping[str, Any]) -> str:
    """The sentence of a signal with its facts; the plain value where the catalogue has lost the signal."""
    if key not in SIGNALS:
        return _("信号值 %(value)s", value=f"{value:g}")
    words = dict(facts) | {"value": f"{value:g}"}
    if "section" in words:
        words["industry"] = industry_sections().get(str(words["section"]), "")
    return _(SIGNALS[key].sentence, **words)


def subject_name(alert: Alert | Any) -> str:
    """What an alert is about, in words."""
    if alert.scope == "group":
        return f"{alert.facts['area']} {industry_sections().get(alert.facts['section'], '')}"
    return str(alert.facts.get("subject") or alert.facts.get("area") or alert.subject)


def sightings(alert: Alert) -> Sequence[Sighting]:
    """What was seen of the matter, newest first."""
    statement = select(Sighting).where(Sighting.alert_id == alert.id)
    return session.scalars(statement.order_by(Sighting.seen_on.desc(), Sighting.period.desc()).limit(50)).all()


def records(alert: Alert) -> list[Any]:
    """The credit records behind an alert, as far as they are its present ones, newest first."""
    wanted = set(alert.facts.get("records", ()))
    found = (
        [one for enterprise_id in alert.enterprise_ids[:1] for one in registry.records(enterprise_id)] if wanted else []
    )
    return [one for one in found if one.id in wanted]


def enterprises(alert: Alert) -> list[registry.Brief]:
    """The enterprises that an alert names, the first ones of them."""
    known = registry.brief(alert.enterprise_ids[:MOST_SHOWN])
    return [known[one] for one in alert.enterprise_ids[:MOST_SHOWN] if one in known]


def checks(alert: Alert) -> dict[int, Any]:
    """The cases that an alert set off, by enterprise."""
    return cases.of_origin("trigger", alert.id, alert.enterprise_ids)


@dataclass(frozen=True)
class Deadline:
    """The running clock of an alert: its last day, working days left (negative: overdue) and the rule it rests on."""

    due_on: date
    left: int
    rule: str


def step_due_on(state: str, level: str, entered_on: date) -> date | None:
    """The last day of a step, by the parameter in force on the day on which it began; None where none runs."""
    if state not in CLOCKS:
        return None
    return parameters.calendar().add(entered_on, parameters.value(CLOCKS[state], entered_on)[level])


def days_left(due_on: date) -> int:
    """Working days from today until a day; negative when it has passed."""
    return parameters.calendar().between(clock.today(), due_on)


def deadline(alert: Alert) -> Deadline | None:
    """The clock as a page shows it."""
    if alert.due_on is None:
        return None
    key = CLOCKS[alert.state]
    rule = _(
        "%(label)s：%(level)s预警自 %(start)s 起 %(days)s 个工作日（%(document)s）",
        label=_(parameters.definitions()[key].label),
        level=_(LEVELS[alert.level]),
        start=alert.entered_on.isoformat(),
        days=parameters.value(key, alert.entered_on)[alert.level],
        document=parameters.in_force(key, alert.entered_on).document_no,
    )
    return Deadline(alert.due_on, days_left(alert.due_on), rule)


def is_group(alert: Alert) -> bool:
    """Whether it names no single enterprise."""
    return alert.scope in GROUPS


# ---- Index of areas and industries -----------------------------------------------------------------------------------

_COUNTS = tuple(getattr(RiskCount, one.name) for one in fields(Counts))


def months(limit: int = 12) -> list[date]:
    """The months that are counted, newest first."""
    statement = select(RiskCount.month).distinct().order_by(RiskCount.month.desc()).limit(limit)
    return list(session.scalars(statement))


def counted_on(month: date) -> date | None:
    """The day of the last scan of a month."""
    return session.scalar(select(func.max(RiskCount.counted_on)).where(RiskCount.month == month))


@dataclass(frozen=True)
class Standing:
    """An area or an industry in it: its counts, its index (None: too few subjects), and its index a month before."""

    key: str
    label: str
    counts: Counts
    index: float | None
    before: float | None

    @property
    def change(self) -> float | None:
        """By how much the index rose since the month before."""
        return None if self.index is None or self.before is None else self.index - self.before


def areas(actor: Actor, month: date) -> list[Standing]:
    """The county bureaus (the city's own subjects under the city) that the actor sees, in the order of their codes."""
    units = {unit.id: unit for unit in staff.units(actor)}
    now, before = (_by(RiskCount.area_id, one) for one in (month, _month_before(month)))
    seen = sorted((one for one in now if one in units), key=lambda one: units[one].division_code)
    return [_standing(units[one].division_code, units[one].short_name, now[one], before.get(one)) for one in seen]


def industries(actor: Actor, month: date, *, area_id: int | None = None) -> list[Standing]:
    """The sections of GB/T 4754 in an area, or in all areas that the actor sees; the highest index first."""
    seen = [unit.id for unit in staff.units(actor) if area_id in (None, unit.id)]
    now, before = (_by(RiskCount.section, one, RiskCount.area_id.in_(seen)) for one in (month, _month_before(month)))
    names = industry_sections()
    found = [_standing(one, names.get(one, _("行业不详")), now[one], before.get(one)) for one in now]
    return sorted(found, key=lambda one: (one.index is None, -(one.index or 0), one.key))


def whole(actor: Actor, month: date) -> Counts:
    """All that the actor sees, together."""
    return sum((one.counts for one in areas(actor, month)), Counts())


def _by(column: Any, month: date, *conditions: Any) -> dict[Any, Counts]:
    sums = [func.sum(one) for one in _COUNTS]
    statement = select(column, *sums).where(RiskCount.month == month, *conditions).group_by(column)
    return {key: Counts(*map(int, numbers)) for key, *numbers in session.execute(statement)}


def _standing(key: str, label: str, now: Counts, before: Counts | None) -> Standing:
    settings = parameters.value("warning.index")
    return Standing(key, label, now, risk_index(now, settings), risk_index(before, settings) if before else None)


def _month_before(month: date) -> date:
    return (month - timedelta(days=1)).replace(day=1)
