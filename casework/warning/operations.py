"""Verbs of the warning room: scan, judge a changed grade, and one verb for every move of an alert's life."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from functools import cached_property
from typing import Any

from sqlalchemy import ARRAY, Text, column, func, insert, literal, select, text, tuple_
from sqlalchemy.dialects.postgresql import distinct_on

from casework.accounts import queries as staff
from casework.cases import operations as cases
from casework.cases import queries as case_queries
from casework.cases.rules import Item, NewCase, Origin
from casework.core import clock, parameters
from casework.core.actor import SYSTEM, Actor
from casework.core.db import session
from casework.core.deadlines import note_overdue
from casework.core.errors import NotFound, Refusal
from casework.core.i18n import _
from casework.core.ledger import move, record
from casework.grading import queries as grading
from casework.registry import queries as registry
from casework.registry.rules import INSPECTABLE
from casework.sampling import operations as sampling
from casework.sampling import queries as sampling_queries
from casework.warning import queries
from casework.warning.models import Alert, RiskCount, Sighting
from casework.warning.rules import (
    ALERT,
    LEVELS,
    MEASURES,
    Matter,
    Sight,
    Signal,
    follow,
    graver,
    level_of,
    loosest,
    worse,
)
from casework.warning.signals import SIGNALS
from casework.warning.signals._sql import AREAS, IN_FORCE, STANDS, SUBJECT, kind

SCAN_LOCK = 4_116_020
"""Key of the advisory lock that lets one scan look at a time."""
AT_ONCE = 5_000
GRADE_WORSE = "grade_worse"

# ---- Scanning --------------------------------------------------------------------------------------------------------


def scan(run_id: int | None = None, *, actor: Actor) -> int:
    """Looks at everybody by every signal, after a grading run (whose moves it judges) or by itself once a day.

    Returns how many occurrences were new. Idempotence key: (signal, subject, period); a second scan finds none.
    """
    session.execute(select(func.pg_advisory_xact_lock(SCAN_LOCK)))
    day = clock.today()
    count_risks(day)
    new = sum(_take_in(signal, _look(signal, day), day, actor) for signal in SIGNALS.values() if signal.sql)
    if run_id is not None:
        new += _take_in(SIGNALS[GRADE_WORSE], _sights_of_moves(grading.moves_of(run_id), day), day, actor)
    if new:
        record("warning.scan", ("signal", "*"), actor=actor, after={"day": day.isoformat(), "new": new})
    return new


def judge_grade_change(enterprise_id: int, before: str | None, after: str | None, day: date, *, actor: Actor) -> int:
    """Raises an alert when one enterprise's grade became worse. Idempotence key: (enterprise, day, grades)."""
    session.execute(select(func.pg_advisory_xact_lock(SCAN_LOCK)))
    sights = _sights_of_moves([(enterprise_id, before, after)], day)
    return _take_in(SIGNALS[GRADE_WORSE], sights, clock.today(), actor)


def _look(signal: Signal, day: date) -> Iterator[Sight]:
    """What a signal sees today, with its level."""
    settings = parameters.value(signal.parameter, day)
    thresholds = settings["levels"]
    given = {"day": day, "threshold": loosest(thresholds, falling=signal.falling)} | settings
    wanted = {name: value for name, value in given.items() if f":{name}" in (signal.sql or "")}
    place = _Places()
    for row in session.execute(text(signal.sql or ""), wanted):
        value = float(row.value)
        level = level_of(value, thresholds, falling=signal.falling)
        if level is not None:
            yield Sight(
                subject=row.subject,
                period=f"{row.period}/{level}",
                level=level,
                value=value,
                org_id=place.of(row.org_ids),
                line=row.line,
                enterprise_ids=tuple(row.enterprise_ids),
                facts=row.facts,
            )


def _sights_of_moves(moves: Iterable[tuple[int, str | None, str | None]], day: date) -> Iterator[Sight]:
    thresholds = parameters.value(SIGNALS[GRADE_WORSE].parameter, day)["levels"]
    worsened = {one: (before, after, worse(before, after)) for one, before, after in moves if worse(before, after)}
    known = registry.brief(worsened)
    for one, (before, after, value) in worsened.items():
        level = level_of(value, thresholds)
        if level is not None and one in known:
            yield Sight(
                subject=str(one),
                period=f"{day.isoformat()}/{before}{after}",
                level=level,
                value=value,
                org_id=known[one].org_id,
                line=None,
                enterprise_ids=(one,),
                facts={"subject": known[one].name, "before": before, "after": after},
            )


class _Places:
    """To whom an alert about several units belongs: the unit, else the county that they share, else the city."""

    @cached_property
    def _county(self) -> Mapping[int, int]:
        return staff.county_of()

    @cached_property
    def _city(self) -> int:
        return next(unit.id for unit in staff.units() if unit.kind == "city")

    def of(self, org_ids: Collection[int]) -> int:
        if len(org_ids) == 1:
            return next(iter(org_ids))
        counties = {self._county[one] for one in org_ids}
        return counties.pop() if len(counties) == 1 else self._city


def _take_in(signal: Signal, sights: Iterable[Sight], day: date, actor: Actor) -> int:
    """Keeps what was not seen before: raises alerts in bulk, joins and reopens those there are. Returns how many."""
    new = 0
    for chunk in _chunks(sights):
        unseen = _unseen(signal, chunk)
        matters = _matters(signal, [one.subject for one in unseen])
        raised: dict[str, list[Sight]] = {}
        for one in unseen:
            alert = matters.get(one.subject)
            verdict = follow(
                alert and Matter(alert.state, alert.level, alert.ended_on), one.level, day, signal.validity
            )
            if alert is None or verdict == "raise" or one.subject in raised:
                raised.setdefault(one.subject, []).append(one)
            else:
                _see_again(alert, one, day, verdict, actor)
        _raise(signal, raised, day)
        new += len(unseen)
    return new


def _chunks(sights: Iterable[Sight]) -> Iterator[list[Sight]]:
    chunk: list[Sight] = []
    for one in sights:
        chunk.append(one)
        if len(chunk) == AT_ONCE:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _unseen(signal: Signal, chunk: Sequence[Sight]) -> list[Sight]:
    pairs = [(one.subject, one.period) for one in chunk]
    arrays = (literal(list(values), ARRAY(Text)) for values in zip(*pairs, strict=True))
    columns = column("subject", Text), column("period", Text)
    wanted = func.unnest(*arrays).table_valued(*columns, name="wanted").render_derived()
    known = select(Sighting.subject, Sighting.period).where(
        Sighting.signal == signal.key, tuple_(Sighting.subject, Sighting.period).in_(select(wanted))
    )
    seen = {(row.subject, row.period) for row in session.execute(known)}
    return [one for one, pair in zip(chunk, pairs, strict=True) if pair not in seen]


def _matters(signal: Signal, subjects: Sequence[str]) -> dict[str, Alert]:
    """The open alert about each subject, else the last; of one that was merged, the one into which it was."""
    last = (
        select(Alert)
        .where(Alert.signal == signal.key, Alert.subject.in_(subjects))
        .ext(distinct_on(Alert.subject))
        .order_by(Alert.subject, Alert.due_on.is_(None), Alert.id.desc())
    )
    found = {alert.subject: alert for alert in session.scalars(last)}
    for subject, alert in found.items():
        while alert.merged_into_id is not None:
            alert = session.get_one(Alert, alert.merged_into_id)
        found[subject] = alert
    return found


def _raise(signal: Signal, raised: Mapping[str, Sequence[Sight]], day: date) -> None:
    """New alerts, one for each subject at the gravest level seen, with all that was seen of it."""
    if not raised:
        return
    due_on = {level: queries.step_due_on(ALERT.initial, level, day) for level in LEVELS}
    gravest = [min(seen, key=lambda one: list(LEVELS).index(one.level)) for seen in raised.values()]
    rows = [
        {
            "signal": signal.key,
            "scope": signal.scope,
            "subject": one.subject,
            "level": one.level,
            "state": ALERT.initial,
            "home_id": one.org_id,
            "org_id": one.org_id,
            "line": one.line,
            "enterprise_ids": list(one.enterprise_ids),
            "value": one.value,
            "facts": dict(one.facts),
            "raised_on": day,
            "seen_on": day,
            "times": len(raised[one.subject]),
            "entered_on": day,
            "due_on": due_on[one.level],
            "measures": [],
        }
        for one in gravest
    ]
    ids = dict(session.execute(insert(Alert).returning(Alert.subject, Alert.id), rows).all())
    _keep_sightings(signal.key, [(ids[subject], one) for subject, seen in raised.items() for one in seen], day)


def _keep_sightings(key: str, seen: Sequence[tuple[int, Sight]], day: date) -> None:
    rows = [
        {
            "signal": key,
            "subject": one.subject,
            "period": one.period,
            "alert_id": alert_id,
            "level": one.level,
            "value": one.value,
            "facts": dict(one.facts),
            "seen_on": day,
        }
        for alert_id, one in seen
    ]
    session.execute(insert(Sighting), rows)


def _see_again(alert: Alert, one: Sight, day: date, verdict: str, actor: Actor) -> None:
    """The matter goes on: the facts are the newest, the level never falls; what was closed is opened again."""
    if verdict == "reopen":
        _reopen(alert, "再次出现", SYSTEM)
    if graver(one.level, alert.level):
        record("warning.worsen", alert, actor=actor, before={"level": alert.level}, after={"level": one.level})
        alert.level = one.level
        alert.due_on = queries.step_due_on(alert.state, one.level, alert.entered_on)
    alert.value, alert.facts, alert.enterprise_ids = one.value, dict(one.facts), list(one.enterprise_ids)
    alert.seen_on, alert.times = day, alert.times + 1
    session.flush()
    _keep_sightings(alert.signal, [(alert.id, one)], day)


_COUNT_RISKS = text(
    f"""
    WITH areas AS ({AREAS}), events AS (
        SELECT r.enterprise_id,
               count(*) FILTER (WHERE r.kind = {kind("check")} AND r.klass NOT IN (7, 8, 9)) AS checks,
               count(*) FILTER (WHERE r.kind = {kind("check")} AND r.klass NOT IN (1, 7, 8, 9)) AS problems,
               count(*) FILTER (WHERE r.kind = {kind("complaint")} AND r.klass > 0) AS complaints
        FROM credit_record r WHERE r.kind IN ({kind("check")}, {kind("complaint")}) AND {STANDS}
          AND r.happened_on > CAST(:day AS date) - 365 AND r.happened_on <= :day GROUP BY 1
    ), listed AS (SELECT DISTINCT r.enterprise_id FROM credit_record r WHERE r.kind = {kind("abnormal")} AND {IN_FORCE})
    INSERT INTO risk_count (month, area_id, section, subjects, graded, c, d, checks, problems, complaints, abnormal,
                            counted_on)
    SELECT date_trunc('month', CAST(:day AS date))::date, a.area_id, coalesce(e.industry_section, ''), count(*),
           count(g.grade), count(*) FILTER (WHERE g.grade = 'C'), count(*) FILTER (WHERE g.grade = 'D'),
           coalesce(sum(v.checks), 0), coalesce(sum(v.problems), 0), coalesce(sum(v.complaints), 0),
           count(l.enterprise_id), :day
    FROM enterprise e JOIN areas a ON a.org_id = e.org_id
    LEFT JOIN current_grade g ON g.enterprise_id = e.id
    LEFT JOIN events v ON v.enterprise_id = e.id LEFT JOIN listed l ON l.enterprise_id = e.id
    WHERE {SUBJECT} GROUP BY 1, 2, 3
    """
)


def count_risks(day: date) -> None:
    """Counts what the index of this month is made from, anew at each scan. Idempotence key: (month, area, industry)."""
    session.execute(RiskCount.__table__.delete().where(RiskCount.month == day.replace(day=1)))
    session.execute(_COUNT_RISKS, {"day": day})


# ---- How a move is made ----------------------------------------------------------------------------------------------


@contextmanager
def _moving(alert: Alert, name: str, *, actor: Actor, note: str | None = None, **facts: Any) -> Iterator[None]:
    """Makes one move by somebody who may: decides, lets the caller set what comes with it, restarts the clock."""
    before = alert.state
    move(alert, ALERT, name, actor=actor, facts=facts, note=note)
    with session.no_autoflush:
        yield
        if alert.state != before:
            alert.entered_on = clock.today()
            alert.ended_on = clock.today() if ALERT.is_final(alert.state) else None
            alert.due_on = queries.step_due_on(alert.state, alert.level, alert.entered_on)
    session.flush()


def _locked(alert_id: int, actor: Actor) -> Alert:
    """The alert under a row lock, if the actor may see it."""
    session.flush()
    alert = session.get(Alert, alert_id, with_for_update=True, populate_existing=True)
    if alert is None:
        raise NotFound(_("没有这条预警。"))
    return alert if actor.is_system else queries.find(alert_id, actor)


# ---- Judging ---------------------------------------------------------------------------------------------------------


def dispatch(alert_id: int, *, org_id: int, note: str | None = None, actor: Actor) -> Alert:
    """派发核查: a unit of the area verifies, first without going there."""
    alert = _locked(alert_id, actor)
    within = org_id in staff.subtree(alert.home_id)
    with _moving(alert, "dispatch", actor=actor, note=note, within=within):
        alert.org_id = org_id
    return alert


def dismiss(alert_id: int, *, reason: str, actor: Actor) -> Alert:
    """误报: nothing is done, and while the signal's validity lasts the same is not raised again, unless graver."""
    alert = _locked(alert_id, actor)
    with _moving(alert, "dismiss", actor=actor, note=reason.strip(), reason=reason.strip()):
        pass
    return alert


def merge(alert_id: int, *, into_id: int, actor: Actor) -> Alert:
    """合并: the matter goes on in another open alert about the same enterprises."""
    alert, other = _locked(alert_id, actor), queries.find(into_id, actor)
    shared = set(alert.enterprise_ids) & set(other.enterprise_ids)
    facts = {
        "itself": other.id == alert.id or other.due_on is None,
        "related": bool(shared) or other.subject == alert.subject,
    }
    with _moving(alert, "merge", actor=actor, note=other.number, **facts):
        alert.merged_into_id = other.id
    return alert


# ---- Verifying and disposing -----------------------------------------------------------------------------------------


def report_check(alert_id: int, *, finding: str, actor: Actor) -> Alert:
    """Reports what the verification found; who judged it decides what is done."""
    alert = _locked(alert_id, actor)
    with _moving(alert, "report_check", actor=actor, finding=finding.strip()):
        alert.finding = finding.strip()
    return alert


def return_alert(alert_id: int, *, reason: str, actor: Actor) -> Alert:
    """The unit gives an alert back to be judged again: it is not theirs, or cannot be verified so."""
    alert = _locked(alert_id, actor)
    with _moving(alert, "return_alert", actor=actor, note=reason.strip(), reason=reason.strip()):
        alert.org_id = alert.home_id
    return alert


def open_check(
    alert_id: int,
    *,
    enterprise_ids: Sequence[int],
    item_codes: Sequence[str],
    officer_ids: Sequence[int],
    reason: str,
    actor: Actor,
    override_reason: str | None = None,
) -> list[Any]:
    """开展触发式检查: opens a triggered case (数据监测) for each chosen enterprise, by officers who are named.

    Returns the cases. Idempotence key: (alert, enterprise).
    """
    alert = _locked(alert_id, actor)
    chosen = registry.brief(set(enterprise_ids) & set(alert.enterprise_ids))
    items = sampling_queries.items_of(item_codes, clock.today())
    visits = case_queries.visits(list(chosen), clock.today().year)
    facts = {
        "is_group": queries.is_group(alert),
        "enterprises": chosen,
        "inspectable": all(one.status in INSPECTABLE for one in chosen.values()),
        "items": items,
        "reason": reason.strip(),
        "on_site": any(one.on_site for one in items),
        "officers": list(staff.officers(list(officer_ids)).values()),
        "lines": sorted({one.line for one in items}),
        "day": clock.today(),
        "least_officers": parameters.value("sampling.officers_per_case"),
        "visits": max(visits.values(), default=0),
        "cap": parameters.value("cases.annual_cap"),
        "bound_by_cap": False,
        "override_reason": (override_reason or "").strip(),
        "may_approve": actor.is_system or actor.may("intake.approve"),
    }
    with _moving(alert, "open_check", actor=actor, note=_check_note(reason, override_reason), **facts):
        origin = Origin(
            kind="trigger",
            id=alert.id,
            number=alert.number,
            title=f"风险预警核查：{SIGNALS[alert.signal].label}",
            case_kind="triggered",
            source="monitoring",
            items=[Item(one.code, one.name, one.basis, one.line, one.on_site) for one in items],
            org_id=alert.org_id,
        )
        return [
            cases.open_case(origin, NewCase(one.id, alert.org_id, list(officer_ids), alert.line), actor=actor)
            for one in chosen.values()
        ]


def _check_note(reason: str, override_reason: str | None) -> str:
    override = (override_reason or "").strip()
    return reason.strip() + (f"；超上限理由：{override}" if override else "")


def feed_campaign(alert_id: int, *, item_codes: Sequence[str], actor: Actor) -> Any:
    """纳入定向抽查: drafts a directed campaign over the area (and industry) of the alert, at the floors of all grades.

    Returns the campaign, to be edited, approved and drawn in its own room. Idempotence key: the alert.
    """
    alert = _locked(alert_id, actor)
    facts = {
        "is_group": queries.is_group(alert),
        "fed": alert.campaign_id,
        "items": item_codes,
        "may_plan": actor.is_system or actor.may("sampling.plan"),
    }
    with _moving(alert, "feed_campaign", actor=actor, **facts):
        campaign = sampling.create_campaign(
            title=f"{queries.subject_name(alert)}定向抽查（{alert.number}）",
            org_id=alert.home_id,
            item_codes=list(item_codes),
            pool={"industries": [alert.facts["section"]]} if alert.scope == "group" else {},
            rates_bp=parameters.value("sampling.floors_bp"),
            sizes={},
            officers_per_case=parameters.value("sampling.officers_per_case"),
            workdays=parameters.value("cases.term.inspect")["days"],
            public_list=True,
            directed=True,
            unattended=False,
            actor=actor,
        )
        alert.campaign_id = campaign.id
    return campaign


def dispose(alert_id: int, *, measures: Sequence[str], note: str, actor: Actor) -> Alert:
    """提交处置结果: what was done, to be struck off by somebody else."""
    alert = _locked(alert_id, actor)
    chosen = [measure for measure in MEASURES if measure in measures]
    if len(chosen) > 1 and "none" in chosen:
        raise Refusal(_("“无需处置”不能与其他措施同时选择。"), field="measures")
    with _moving(alert, "dispose", actor=actor, note=note.strip(), measures=chosen, said=note.strip()):
        alert.measures, alert.disposal, alert.disposed_by = chosen, note.strip(), actor.id
    return alert


def send_back(alert_id: int, *, reason: str, actor: Actor) -> Alert:
    """The reviewer is not content with what was done."""
    alert = _locked(alert_id, actor)
    with _moving(alert, "send_back", actor=actor, note=reason.strip(), reason=reason.strip()):
        alert.disposed_by = None
    return alert


def close(alert_id: int, *, note: str | None = None, actor: Actor) -> Alert:
    """审核销号, by somebody else than who disposed of it."""
    alert = _locked(alert_id, actor)
    with _moving(alert, "close", actor=actor, note=note, by=actor.id, disposed_by=alert.disposed_by):
        alert.reviewed_by = actor.id
    return alert


def reopen(alert_id: int, *, reason: str, actor: Actor) -> Alert:
    """Takes an alert up again that was struck off or dismissed."""
    alert = _locked(alert_id, actor)
    _reopen(alert, reason.strip(), actor)
    return alert


def _reopen(alert: Alert, reason: str, actor: Actor) -> None:
    other = select(Alert.id).where(
        Alert.signal == alert.signal, Alert.subject == alert.subject, Alert.due_on.is_not(None), Alert.id != alert.id
    )
    with _moving(alert, "reopen", actor=actor, note=reason, reason=reason, other_open=session.scalar(other)):
        alert.org_id = alert.home_id
        alert.finding = alert.disposal = alert.disposed_by = alert.reviewed_by = None
        alert.measures = []


# ---- Escalation ------------------------------------------------------------------------------------------------------


def escalate_overdue(*, actor: Actor = SYSTEM) -> int:
    """Tells the head of an alert, once for each clock that ran out; returns how many were told of."""
    return note_overdue(Alert, "escalated_for", "warning.escalate", actor=actor)
