"""What the statistics read: one row per check, counted by area, item, grade or month; draws; grades by place.

Other rooms' tables are read by name and never written. Every statement is scoped to what the actor may see.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from typing import Any

import numpy as np
from sqlalchemy import ColumnElement, Date, FromClause, Subquery, func, literal, select

from casework.accounts import queries as staff
from casework.core import clock, parameters
from casework.core.actor import Actor
from casework.core.calendar import ONE_DAY
from casework.core.db import Base, session
from casework.core.i18n import _
from casework.grading.prediction import Sampled, of_sample
from casework.insight.rules import Estimate, Rate, Spared, Stratum, spared, stratified
from casework.registry.reference import industry_sections
from casework.registry.rules import INSPECTABLE
from casework.sampling import queries as sampling
from casework.sampling.rules import GRADES

BEYOND_EVERY_SCORE = 100_000
"""More than any score in tenths: whoever has a higher grade comes after all of a lower one."""


def _table(name: str) -> FromClause:
    return Base.metadata.tables[name]


@dataclass(frozen=True)
class Scope:
    """Which checks are counted: those ordered from `first` to `last` (both included) that the actor may see.

    `origin` is `draw` (抽查), `trigger` (触发式检查) or empty for both.
    """

    actor: Actor
    first: date
    last: date
    origin: str = "draw"


@dataclass(frozen=True)
class Counts:
    """Checks of one group. `due`: published, or should be by now; `in_time`: published by their last day."""

    ordered: int = 0
    checked: int = 0
    published: int = 0
    due: int = 0
    in_time: int = 0
    settled: int = 0
    fine: int = 0
    problem: int = 0
    absent: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(*(getattr(self, one.name) + getattr(other, one.name) for one in fields(self)))

    @property
    def checking(self) -> Rate:
        """检查完成率."""
        return Rate(self.checked, self.ordered)

    @property
    def completion(self) -> Rate:
        """抽查完成率."""
        return Rate(self.published, self.ordered)

    @property
    def problems(self) -> Rate:
        """问题发现率."""
        return Rate(self.problem, self.problem + self.fine)

    @property
    def punctuality(self) -> Rate:
        """公示及时率."""
        return Rate(self.in_time, self.due)

    @property
    def settlement(self) -> Rate:
        """完结率."""
        return Rate(self.settled, self.published)


# ---- One row per check -----------------------------------------------------------------------------------------------


def _checks(scope: Scope) -> Subquery:
    """Every check in scope: the grade under which it was drawn, when it was published, what it found."""
    work, publication = _table("case"), _table("publication")
    first, present = publication.alias("first"), publication.alias("present")
    drawn, stratum = _table("drawn_member"), _table("campaign_stratum")
    of_draw = work.c.origin_kind == "draw"
    statement = (
        select(
            work.c.id,
            work.c.origin_id,
            work.c.org_id,
            work.c.enterprise_id,
            work.c.opened_on,
            work.c.concluded_on,
            work.c.closed_on,
            work.c.on_site,
            work.c.checked_on,
            first.c.published_on,
            first.c.due_on,
            present.c.outcome,
            present.c.item_codes,
            present.c.item_outcomes,
            stratum.c.grade,
        )
        .select_from(work)
        .outerjoin(first, _edition_of(first, work) & (first.c.edition == 1))
        .outerjoin(present, _edition_of(present, work) & (present.c.state == "published"))
        .outerjoin(
            drawn, of_draw & (drawn.c.campaign_id == work.c.origin_id) & (drawn.c.enterprise_id == work.c.enterprise_id)
        )
        .outerjoin(stratum, (stratum.c.campaign_id == drawn.c.campaign_id) & (stratum.c.label == drawn.c.stratum))
        .where(work.c.opened_on.between(scope.first, scope.last))
    )
    if scope.origin:
        statement = statement.where(work.c.origin_kind == scope.origin)
    return staff.visible(statement, scope.actor, unit=work.c.org_id, line=work.c.line).subquery("checks")


def _edition_of(publication: FromClause, work: FromClause) -> ColumnElement[bool]:
    return (publication.c.kind == "check_result") & (publication.c.subject_id == work.c.id)


def _counted(checks: Subquery) -> list[ColumnElement[int]]:
    """The columns of Counts, in its order."""
    published = checks.c.published_on.is_not(None)
    overdue = checks.c.concluded_on <= _last_overdue()
    return [
        func.count().label("ordered"),
        _those(checks.c.concluded_on.is_not(None) | published).label("checked"),
        _those(published).label("published"),
        _those(published | overdue).label("due"),
        _those(checks.c.published_on <= checks.c.due_on).label("in_time"),
        _those(published & checks.c.closed_on.is_not(None)).label("settled"),
        *(_those(checks.c.outcome == outcome).label(outcome) for outcome in ("fine", "problem", "absent")),
    ]


def _those(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.count().filter(condition)


def _last_overdue() -> date:
    """The last day on which a check can have been finished whose term of publication (today's) has run out."""
    term, calendar, today = parameters.term("cases.term.publish"), parameters.calendar(), clock.today()
    day = today
    while term.due_on(day, calendar) >= today:
        day -= ONE_DAY
    return day


# ---- Counted by … ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Group:
    """One row of a table of statistics."""

    key: str
    label: str
    counts: Counts


def total(scope: Scope) -> Counts:
    """All checks in scope."""
    checks = _checks(scope)
    return Counts(*session.execute(select(*_counted(checks))).one())


def by_area(scope: Scope) -> list[Group]:
    """Per county bureau (the city bureau's own checks under the city), in the order of the codes."""
    counties, units = staff.county_of(), {unit.id: unit for unit in staff.units()}
    found: dict[int, Counts] = defaultdict(Counts)
    checks = _checks(scope)
    for org_id, *numbers in session.execute(select(checks.c.org_id, *_counted(checks)).group_by(checks.c.org_id)):
        found[counties[org_id]] += Counts(*numbers)
    ordered = sorted(found, key=lambda unit_id: units[unit_id].division_code)
    return [Group(units[one].division_code, units[one].short_name, found[one]) for one in ordered]


def by_grade(scope: Scope) -> list[Group]:
    """Per grade under which the check was drawn; checks outside the draw have none."""
    checks = _checks(scope)
    rows = session.execute(select(checks.c.grade, *_counted(checks)).group_by(checks.c.grade))
    found = {grade: Counts(*numbers) for grade, *numbers in rows if grade is not None}
    return [Group(grade, grade, found[grade]) for grade in GRADES if grade in found]


def by_month(scope: Scope) -> list[Group]:
    """Per month in which the checks were ordered, every month of the period among them."""
    checks = _checks(scope)
    month = func.to_char(checks.c.opened_on, "YYYY-MM")
    rows = session.execute(select(month, *_counted(checks)).group_by(month))
    found = {key: Counts(*numbers) for key, *numbers in rows}
    return [Group(key, key, found.get(key, Counts())) for key in months(scope.first, scope.last)]


def months(first: date, last: date) -> list[str]:
    """`2026-01`, `2026-02` … of a period."""
    start, end = first.year * 12 + first.month - 1, last.year * 12 + last.month - 1
    return [f"{month // 12}-{month % 12 + 1:02}" for month in range(start, end + 1)]


@dataclass(frozen=True)
class ItemCounts:
    """Published results of one inspection item."""

    code: str
    name: str
    results: int
    fine: int
    problem: int
    absent: int

    @property
    def problems(self) -> Rate:
        return Rate(self.problem, self.problem + self.fine)


def by_item(scope: Scope) -> list[ItemCounts]:
    """Per inspection item, as published: a check counts once under each of its items. Most frequent items first."""
    checks = _checks(scope)
    items = func.unnest(checks.c.item_codes, checks.c.item_outcomes).table_valued("code", "outcome")
    items = items.render_derived(name="item")
    outcomes = [_those(items.c.outcome == outcome) for outcome in ("fine", "problem", "absent")]
    statement = (
        select(items.c.code, func.count(), *outcomes)
        .select_from(checks.join(items, literal(True)))
        .group_by(items.c.code)
        .order_by(func.count().desc(), items.c.code)
    )
    names = sampling.item_names()
    return [ItemCounts(code, names.get(code, code), *numbers) for code, *numbers in session.execute(statement)]


# ---- What the draws found, and whom they spared ----------------------------------------------------------------------


@dataclass(frozen=True)
class Hits:
    """Hits per grade from random draws, what is left out, and the share in the whole pool where all of it is seen."""

    strata: Sequence[Stratum]
    estimate: Estimate | None
    unpublished: int
    absent: int
    triggered: int


def hits(scope: Scope) -> Hits:
    """What the random draws of the period found, per grade. Triggered checks are not random and stay out."""
    counts = {group.key: group.counts for group in by_grade(replace(scope, origin="draw"))}
    pools, whole = _pools(scope)
    strata = [
        Stratum(
            label=grade,
            members=sum(one.members for strata in pools for one in strata if one.label == grade),
            drawn=counts[grade].ordered,
            checked=counts[grade].problems.n,
            hits=counts[grade].problem,
        )
        for grade in GRADES
        if grade in counts
    ]
    together = sum(counts.values(), Counts())
    return Hits(
        strata=strata,
        estimate=stratified(strata) if whole else None,
        unpublished=together.ordered - together.fine - together.problem - together.absent,
        absent=together.absent,
        triggered=total(replace(scope, origin="trigger")).ordered,
    )


def prediction(scope: Scope, found: Hits) -> Sampled | None:
    """Whether the grades foretold what the random draws of the period found; None while that cannot be told.

    They are ordered by the grade under which they were drawn, within it by their score when the pool was frozen.
    """
    if found.estimate is None:
        return None
    checks, campaign, history = _checks(replace(scope, origin="draw")), _table("campaign"), _table("grade_history")
    score = (
        select(history.c.score)
        .where(history.c.enterprise_id == checks.c.enterprise_id, history.c.recorded_at <= campaign.c.frozen_at)
        .order_by(history.c.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    statement = (
        select(checks.c.grade, func.coalesce(score, 0), checks.c.outcome == "problem")
        .join(campaign, campaign.c.id == checks.c.origin_id)
        .where(checks.c.outcome.in_(("fine", "problem")), checks.c.grade.is_not(None))
        .order_by(checks.c.id)
    )
    rows = session.execute(statement).all()
    grade = np.array([GRADES.index(letter) for letter, _score, _failed in rows], np.int64)
    within = np.array([points for _letter, points, _failed in rows], np.int64)
    failed = np.array([problem for _letter, _score, problem in rows], bool)
    members = {one.label: one.members for one in found.strata}
    return of_sample(grade * BEYOND_EVERY_SCORE + within, grade, failed, members)


def visits_spared(scope: Scope) -> list[Spared]:
    """Per grade, over the campaigns drawn in the period that the actor may see, against a uniform draw of as many."""
    pools, _whole = _pools(scope)
    return spared(pools)


def _pools(scope: Scope) -> tuple[list[list[Stratum]], bool]:
    """The strata of each campaign drawn in the period, by grade; and whether the actor sees all those campaigns."""
    campaign, stratum = _table("campaign"), _table("campaign_stratum")
    day = func.timezone(str(clock.LOCAL_ZONE), campaign.c.drawn_at).cast(Date)
    drawn = (day.between(scope.first, scope.last), campaign.c.state != "cancelled")
    every = session.scalars(select(func.count()).select_from(campaign).where(*drawn)).one()
    statement = (
        select(campaign.c.id, stratum.c.grade, stratum.c.members, stratum.c.drawn)
        .join(stratum, stratum.c.campaign_id == campaign.c.id)
        .where(*drawn)
        .order_by(campaign.c.id, stratum.c.position)
    )
    visible = staff.visible(statement, scope.actor, unit=campaign.c.org_id, line=campaign.c.line)
    found: dict[int, list[Stratum]] = defaultdict(list)
    for campaign_id, grade, members, drawn_of_it in session.execute(visible):
        found[campaign_id].append(Stratum(grade, members, drawn_of_it, checked=0, hits=0))
    return list(found.values()), len(found) == every


# ---- Grades by place and industry ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class GradeCounts:
    """How many enterprises of a place or an industry have each grade, and how many have none."""

    key: str
    label: str
    by_grade: Mapping[str, int]
    ungraded: int

    @property
    def graded(self) -> int:
        return sum(self.by_grade.values())

    @property
    def risky(self) -> Rate:
        """The share of C and D among the graded."""
        return Rate(self.by_grade.get("C", 0) + self.by_grade.get("D", 0), self.graded)


def grades_by_area(actor: Actor) -> list[GradeCounts]:
    """Enterprises in the library of subjects per county bureau in charge, in the order of the codes."""
    counties, units = staff.county_of(), {unit.id: unit for unit in staff.units()}
    enterprise = _table("enterprise")
    found = _grades(actor, enterprise.c.org_id, lambda org_id: counties[org_id])
    ordered = sorted(found, key=lambda unit_id: units[unit_id].division_code)
    return [_grade_counts(units[one].division_code, units[one].short_name, found[one]) for one in ordered]


def grades_by_industry(actor: Actor) -> list[GradeCounts]:
    """The same per section of GB/T 4754, the riskiest first; subjects without one come last."""
    enterprise, names = _table("enterprise"), industry_sections()
    found = _grades(actor, enterprise.c.industry_section, lambda section: section or "")
    counted = [_grade_counts(key, names.get(key, _("行业不详")), found[key]) for key in found]
    return sorted(counted, key=lambda one: (one.key == "", -(one.risky.value or 0), one.key))


def _grades(actor: Actor, column: ColumnElement[Any], fold: Callable[[Any], Any]) -> dict[Any, dict[str | None, int]]:
    enterprise, current = _table("enterprise"), _table("current_grade")
    statement = (
        select(column, current.c.grade, func.count())
        .select_from(enterprise.outerjoin(current, current.c.enterprise_id == enterprise.c.id))
        .where(enterprise.c.status.in_(sorted(INSPECTABLE)))
        .group_by(column, current.c.grade)
    )
    found: dict[Any, dict[str | None, int]] = defaultdict(lambda: defaultdict(int))
    for key, grade, count in session.execute(staff.visible(statement, actor, unit=enterprise.c.org_id)):
        found[fold(key)][grade] += count
    return found


def _grade_counts(key: str, label: str, found: Mapping[str | None, int]) -> GradeCounts:
    by_grade = {grade: found.get(grade, 0) for grade in GRADES}
    return GradeCounts(key, label, by_grade, found.get(None, 0))


# ---- Tasks, plans, visits --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Progress:
    """Whole tasks and plans, and what the checks cost the enterprises."""

    tasks: Rate
    plans: Rate
    visits: int
    visited: int
    visited_often: int


def progress(scope: Scope) -> Progress:
    """任务完成率, 计划完成率; on-site visits of the period, who had any, and who had more than one."""
    campaign, plan, work = _table("campaign"), _table("plan"), _table("case")
    day = func.timezone(str(clock.LOCAL_ZONE), campaign.c.drawn_at).cast(Date)
    tasks = select(_those(campaign.c.state == "done"), func.count()).where(
        day.between(scope.first, scope.last), campaign.c.state != "cancelled"
    )
    plans = select(_those(plan.c.state == "done"), func.count()).where(
        plan.c.year.between(scope.first.year, scope.last.year), plan.c.state.in_(("published", "running", "done"))
    )
    visits = (
        select(work.c.enterprise_id, func.count().label("visits"))
        .where(work.c.on_site, work.c.checked_on.between(scope.first, scope.last))
        .group_by(work.c.enterprise_id)
    )
    each = staff.visible(visits, scope.actor, unit=work.c.org_id, line=work.c.line).subquery()
    seen = select(func.coalesce(func.sum(each.c.visits), 0), func.count(), _those(each.c.visits > 1))
    made, visited, often = session.execute(seen).one()
    tasks = staff.visible(tasks, scope.actor, unit=campaign.c.org_id, line=campaign.c.line)
    plans = staff.visible(plans, scope.actor, unit=plan.c.org_id)
    return Progress(
        tasks=Rate(*session.execute(tasks).one()),
        plans=Rate(*session.execute(plans).one()),
        visits=int(made),
        visited=visited,
        visited_often=often,
    )
