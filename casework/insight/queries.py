"""What the statistics read: one row per check, counted by area, organ, item, grade or month; draws; grades by place.

Other rooms' tables are read by name and never written. Every statement is scoped to what the actor may see.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from typing import Any

import numpy as np
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Date,
    FromClause,
    Integer,
    Select,
    Subquery,
    case,
    cast,
    func,
    literal,
    select,
    union_all,
)
from sqlalchemy.dialects.postgresql import JSONB

from casework.accounts import queries as staff
from casework.core import clock, parameters
from casework.core.actor import Actor
from casework.core.calendar import ONE_DAY
from casework.core.db import Base, session
from casework.core.i18n import _
from casework.documents import queries as documents
from casework.grading.prediction import Sampled, of_sample
from casework.insight.rules import NOTHING, Estimate, Rate, Spared, Stratum, spared, stratified
from casework.registry import queries as registry
from casework.registry.reference import industry_sections
from casework.sampling import queries as sampling
from casework.sampling.rules import GRADES

BEYOND_EVERY_SCORE = 100_000
"""More than any score in tenths: whoever has a higher grade comes after all of a lower one."""


def _table(name: str) -> FromClause:
    return Base.metadata.tables[name]


@dataclass(frozen=True)
class Scope:
    """Which checks are counted: those ordered from `first` to `last` (both included) that the actor may see.

    `origin` is `draw` (抽查), `trigger` (触发式检查) or empty for both; `area` is the unit in whose subtree they are.
    What became of them is counted as of the end of yesterday (统计日期): the same figures all day.
    """

    actor: Actor
    first: date
    last: date
    origin: str = "draw"
    area: int | None = None


def as_of() -> date:
    """The last day of which the statistics tell: yesterday."""
    return clock.today() - ONE_DAY


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
    def publicity(self) -> Rate:
        """公示率."""
        return Rate(self.published, self.checked)

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
    work, publication, campaign = _table("case"), _table("publication"), _table("campaign")
    first, present = publication.alias("first"), publication.alias("present")
    drawn, stratum = _table("drawn_member"), _table("campaign_stratum")
    of_draw = work.c.origin_kind == "draw"
    in_force = (present.c.published_on <= as_of()) & (
        present.c.ended_at.is_(None) | (_day(present.c.ended_at) > as_of())
    )
    statement = (
        select(
            work.c.id,
            work.c.origin_id,
            work.c.org_id,
            work.c.enterprise_id,
            work.c["items"].label("inspected"),
            work.c.opened_on,
            work.c.concluded_on,
            work.c.closed_on,
            first.c.published_on,
            first.c.due_on,
            present.c.outcome,
            present.c.item_codes,
            present.c.item_outcomes,
            stratum.c.grade,
            campaign.c.organ_id,
        )
        .select_from(work)
        .outerjoin(first, _edition_of(first, work) & (first.c.edition == 1) & (first.c.published_on <= as_of()))
        .outerjoin(present, _edition_of(present, work) & in_force)
        .outerjoin(
            drawn, of_draw & (drawn.c.campaign_id == work.c.origin_id) & (drawn.c.enterprise_id == work.c.enterprise_id)
        )
        .outerjoin(stratum, (stratum.c.campaign_id == drawn.c.campaign_id) & (stratum.c.label == drawn.c.stratum))
        .outerjoin(campaign, of_draw & (campaign.c.id == work.c.origin_id))
        .where(work.c.opened_on.between(scope.first, scope.last))
    )
    if scope.origin:
        statement = statement.where(work.c.origin_kind == scope.origin)
    return _in(scope, statement, unit=work.c.org_id, line=work.c.line).subquery("checks")


def _edition_of(publication: FromClause, work: FromClause) -> ColumnElement[bool]:
    return (publication.c.kind == "check_result") & (publication.c.subject_id == work.c.id)


def _in(scope: Scope, statement: Select[Any], *, unit: Any, line: Any) -> Select[Any]:
    """The rows of the scope's area that its actor may see."""
    if scope.area is not None:
        statement = statement.where(unit.in_(staff.subtree(scope.area)))
    return staff.visible(statement, scope.actor, unit=unit, line=line)


def _day(moment: ColumnElement[Any]) -> ColumnElement[date]:
    """The local day of a moment."""
    return func.timezone(str(clock.LOCAL_ZONE), moment).cast(Date)


def _counted(checks: FromClause) -> list[ColumnElement[int]]:
    """The columns of Counts, in its order."""
    published = checks.c.published_on.is_not(None)
    overdue = checks.c.concluded_on <= _last_overdue()
    return [
        func.count().label("ordered"),
        _those((checks.c.concluded_on <= as_of()) | published).label("checked"),
        _those(published).label("published"),
        _those(published | overdue).label("due"),
        _those(checks.c.published_on <= checks.c.due_on).label("in_time"),
        _those(published & (checks.c.closed_on <= as_of())).label("settled"),
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


# ---- The base of the draws -------------------------------------------------------------------------------------------


def _bases(scope: Scope) -> Subquery:
    """How many members the pools of the draws in scope had, and how many were drawn, by draw, grade and unit.

    Every member counts where its enterprise is supervised, so a county sees its share of the city's draws.
    """
    campaign, stratum, drawn = _table("campaign"), _table("campaign_stratum"), _table("drawn_member")
    share = func.jsonb_each_text(stratum.c.by_unit).table_valued("key", "value").render_derived(name="share")
    counted_in = cast(share.c.key, BigInteger)
    in_period = (_day(campaign.c.drawn_at).between(scope.first, scope.last), campaign.c.state != "cancelled")
    of_draw = (campaign.c.organ_id, campaign.c.item_codes, _day(campaign.c.drawn_at).label("drawn_on"))
    members = (
        select(
            *of_draw, stratum.c.grade, counted_in.label("org_id"), cast(share.c.value, Integer).label("members"),
            literal(0).label("drawn"),
        )
        .select_from(campaign.join(stratum, stratum.c.campaign_id == campaign.c.id).join(share, literal(True)))
        .where(*in_period)
    )  # fmt: skip
    chosen = (
        select(
            *of_draw, stratum.c.grade, drawn.c.org_id.label("org_id"), literal(0).label("members"),
            literal(1).label("drawn"),
        )
        .select_from(campaign)
        .join(drawn, drawn.c.campaign_id == campaign.c.id)
        .join(stratum, (stratum.c.campaign_id == campaign.c.id) & (stratum.c.label == drawn.c.stratum))
        .where(*in_period)
    )  # fmt: skip
    return union_all(
        _in(scope, members, unit=counted_in, line=campaign.c.line),
        _in(scope, chosen, unit=drawn.c.org_id, line=campaign.c.line),
    ).subquery("bases")


def _coverage(scope: Scope, key: Callable[[Subquery], Any], fold: Callable[[Any], Any] = lambda key: key) -> Any:
    """抽查率 by a key of the draws: drawn of all members of the pools. Checks outside the draws have none."""
    found: dict[Any, Rate] = defaultdict(lambda: NOTHING)
    if scope.origin != "trigger":
        bases = _bases(scope)
        by = key(bases)
        sums = func.coalesce(func.sum(bases.c.drawn), 0), func.coalesce(func.sum(bases.c.members), 0)
        for value, drawn, members in session.execute(select(by, *sums).group_by(by)):
            found[fold(value)] += Rate(int(drawn), int(members))
    return found


# ---- Counted by … ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Group:
    """One row of a table of statistics; `coverage` is its 抽查率."""

    key: str
    label: str
    counts: Counts
    coverage: Rate = NOTHING


def total(scope: Scope) -> Counts:
    """All checks in scope."""
    checks = _checks(scope)
    return Counts(*session.execute(select(*_counted(checks))).one())


def coverage(scope: Scope) -> Rate:
    """抽查率 of all draws in scope."""
    return sum(_coverage(scope, lambda bases: literal(0)).values(), NOTHING)


def by_area(scope: Scope) -> list[Group]:
    """Per county bureau (the city bureau's own checks under the city), or per unit of the scope's area, by code."""
    counties, units = staff.county_of(), {unit.id: unit for unit in staff.units()}

    def place(org_id: int) -> int:
        return org_id if scope.area is not None else counties[org_id]

    found: dict[int, Counts] = defaultdict(Counts)
    checks = _checks(scope)
    for org_id, *numbers in session.execute(select(checks.c.org_id, *_counted(checks)).group_by(checks.c.org_id)):
        found[place(org_id)] += Counts(*numbers)
    covered = _coverage(scope, lambda bases: bases.c.org_id, place)
    ordered = sorted({*found, *covered}, key=lambda unit_id: (units[unit_id].division_code, units[unit_id].path))
    return [Group(units[one].division_code, units[one].short_name, found[one], covered[one]) for one in ordered]


def by_organ(scope: Scope) -> list[Group]:
    """Per organ: of a draw the one that organised it, of any other check the one in whose name it is made."""
    units = {unit.id: unit for unit in staff.units()}
    found: dict[int, Counts] = defaultdict(Counts)
    checks = _checks(scope)
    keys = checks.c.organ_id, checks.c.org_id
    for organ_id, org_id, *numbers in session.execute(select(*keys, *_counted(checks)).group_by(*keys)):
        found[organ_id or documents.organ_of(org_id)] += Counts(*numbers)
    covered = _coverage(scope, lambda bases: bases.c.organ_id)
    ordered = sorted({*found, *covered}, key=lambda unit_id: units[unit_id].path)
    return [Group(str(one), units[one].short_name, found[one], covered[one]) for one in ordered]


def by_grade(scope: Scope) -> list[Group]:
    """Per grade under which the check was drawn; checks outside the draw have none."""
    checks = _checks(scope)
    rows = session.execute(select(checks.c.grade, *_counted(checks)).group_by(checks.c.grade))
    found = {grade: Counts(*numbers) for grade, *numbers in rows if grade is not None}
    covered = _coverage(scope, lambda bases: bases.c.grade)
    return [
        Group(grade, grade, found.get(grade, Counts()), covered[grade])
        for grade in GRADES
        if grade in found or grade in covered
    ]


def by_month(scope: Scope) -> list[Group]:
    """Per month in which the checks were ordered, every month of the period among them."""
    checks = _checks(scope)
    month = func.to_char(checks.c.opened_on, MONTH)
    found = {
        key: Counts(*numbers) for key, *numbers in session.execute(select(month, *_counted(checks)).group_by(month))
    }
    covered = _coverage(scope, lambda bases: func.to_char(bases.c.drawn_on, MONTH))
    return [Group(key, key, found.get(key, Counts()), covered[key]) for key in months(scope.first, scope.last)]


MONTH = "YYYY-MM"


def months(first: date, last: date) -> list[str]:
    """`2026-01`, `2026-02` … of a period."""
    start, end = first.year * 12 + first.month - 1, last.year * 12 + last.month - 1
    return [f"{month // 12}-{month % 12 + 1:02}" for month in range(start, end + 1)]


def by_item(scope: Scope) -> list[Group]:
    """Per inspection item: a check counts once under each of its items, with what was found about that item.

    Most frequent items first.
    """
    checks = _checks(scope)
    item = func.jsonb_array_elements(checks.c.inspected).table_valued("value").render_derived(name="item")
    code = cast(item.c.value, JSONB)["code"].astext
    about = func.array_position(checks.c.item_codes, code)
    kept = [column for column in checks.c if column.name not in ("outcome", "inspected")]
    each = (
        select(*kept, code.label("code"), checks.c.item_outcomes[about].label("outcome"))
        .select_from(checks.join(item, literal(True)))
        .subquery("each")
    )
    rows = session.execute(select(each.c.code, *_counted(each)).group_by(each.c.code))
    found = {code: Counts(*numbers) for code, *numbers in rows}
    covered = _coverage(scope, lambda bases: func.unnest(bases.c.item_codes))
    names = sampling.item_names()
    ordered = sorted({*found, *covered}, key=lambda code: (-found.get(code, Counts()).ordered, code))
    return [Group(code, names.get(code, code), found.get(code, Counts()), covered[code]) for code in ordered]


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
    drawn = (_day(campaign.c.drawn_at).between(scope.first, scope.last), campaign.c.state != "cancelled")
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
    found = _grades(actor, "org_id", lambda org_id: counties[org_id])
    ordered = sorted(found, key=lambda unit_id: units[unit_id].division_code)
    return [_grade_counts(units[one].division_code, units[one].short_name, found[one]) for one in ordered]


def grades_by_industry(actor: Actor) -> list[GradeCounts]:
    """The same per section of GB/T 4754, the riskiest first; subjects without one come last."""
    names = industry_sections()
    found = _grades(actor, "industry_section", lambda section: section or "")
    counted = [_grade_counts(key, names.get(key, _("行业不详")), found[key]) for key in found]
    return sorted(counted, key=lambda one: (one.key == "", -(one.risky.value or 0), one.key))


def _grades(actor: Actor, by: str, fold: Callable[[Any], Any]) -> dict[Any, dict[str | None, int]]:
    found: dict[Any, dict[str | None, int]] = defaultdict(lambda: defaultdict(int))
    for row in registry.census(actor, by=by).rows:
        if row.inspectable:
            found[fold(getattr(row, by))][row.grade] += row.number
    return found


def _grade_counts(key: str, label: str, found: Mapping[str | None, int]) -> GradeCounts:
    by_grade = {grade: found.get(grade, 0) for grade in GRADES}
    return GradeCounts(key, label, by_grade, found.get(None, 0))


# ---- Tasks, plans, visits --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Progress:
    """Whole tasks and plans, drawn tasks whose items are of several lines, and what the checks cost the enterprises."""

    tasks: Rate
    plans: Rate
    joint: Rate
    visits: int
    visited: int
    visited_often: int


def progress(scope: Scope) -> Progress:
    """任务完成率, 计划完成率, 联合抽查占比; on-site visits of the period, who had any, and who had more than one."""
    work = _table("case")
    visits = (
        select(work.c.enterprise_id, func.count().label("visits"))
        .where(work.c.on_site, work.c.checked_on.between(scope.first, scope.last))
        .group_by(work.c.enterprise_id)
    )
    each = staff.visible(visits, scope.actor, unit=work.c.org_id, line=work.c.line).subquery()
    seen = select(func.coalesce(func.sum(each.c.visits), 0), func.count(), _those(each.c.visits > 1))
    made, visited, often = session.execute(seen).one()
    organs = tasks_by_organ(scope)
    return Progress(
        tasks=sum((one.tasks for one in organs), NOTHING),
        plans=sum((one.plans for one in organs), NOTHING),
        joint=sum((one.joint for one in organs), NOTHING),
        visits=int(made),
        visited=visited,
        visited_often=often,
    )


@dataclass(frozen=True)
class OrganTasks:
    """The tasks and plans of one organ."""

    label: str
    tasks: Rate
    plans: Rate
    joint: Rate


def tasks_by_organ(scope: Scope) -> list[OrganTasks]:
    """Per organ: its draws in the period, those wholly done, those of several lines; its plans of the years."""
    campaign, plan = _table("campaign"), _table("plan")
    units = {unit.id: unit for unit in staff.units()}
    drawn = (
        select(campaign.c.organ_id, func.count(), _those(campaign.c.state == "done"), _those(campaign.c.line.is_(None)))
        .where(_day(campaign.c.drawn_at).between(scope.first, scope.last), campaign.c.state != "cancelled")
        .group_by(campaign.c.organ_id)
    )
    planned = (
        select(plan.c.org_id, func.count(), _those(plan.c.state == "done"))
        .where(
            plan.c.year.between(scope.first.year, scope.last.year), plan.c.state.in_(("published", "running", "done"))
        )
        .group_by(plan.c.org_id)
    )
    tasks = {
        organ_id: numbers
        for organ_id, *numbers in session.execute(
            staff.visible(drawn, scope.actor, unit=campaign.c.org_id, line=campaign.c.line)
        )
    }
    plans = {
        organ_id: numbers
        for organ_id, *numbers in session.execute(staff.visible(planned, scope.actor, unit=plan.c.org_id))
    }
    found = []
    for organ_id in sorted({*tasks, *plans}, key=lambda unit_id: units[unit_id].path):
        made, done, joint = tasks.get(organ_id, (0, 0, 0))
        in_force, carried_out = plans.get(organ_id, (0, 0))
        found.append(
            OrganTasks(units[organ_id].short_name, Rate(done, made), Rate(carried_out, in_force), Rate(joint, made))
        )
    return found


# ---- How often enterprises are visited -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Frequency:
    """The enterprises that one organ visited in a year by how much of the cap is used up, whatever the source.

    `near`: four fifths or more; `reached`: all; `beyond`: more than that; `reasons`: checks approved beyond the cap.
    """

    label: str
    visits: int = 0
    visited: int = 0
    near: int = 0
    reached: int = 0
    beyond: int = 0
    reasons: int = 0

    def __add__(self, other: "Frequency") -> "Frequency":
        numbers = (getattr(self, one.name) + getattr(other, one.name) for one in fields(self)[1:])
        return Frequency(self.label, *numbers)


@dataclass(frozen=True)
class Often:
    """One enterprise that an organ visited more often than the cap allows to scheduled checks."""

    enterprise_id: int
    organ: str
    visits: int
    reasons: Sequence[str]


def _visits_by_organ(scope: Scope) -> Subquery:
    """On-site visits of the year up to the last day of the scope, by organ and enterprise; a joint one counts once."""
    work, unit = _table("case"), _table("org_unit")
    organ = case((unit.c.kind == "office", unit.c.parent_id), else_=unit.c.id).label("organ_id")
    visit = func.coalesce(work.c.joint_visit_id, -work.c.id)
    statement = (
        select(
            organ,
            work.c.enterprise_id,
            func.count(visit.distinct()).label("visits"),
            func.array_remove(func.array_agg(work.c.override_reason.distinct()), None).label("reasons"),
        )
        .join(unit, unit.c.id == work.c.org_id)
        .where(work.c.on_site, work.c.checked_on.between(scope.last.replace(month=1, day=1), scope.last))
        .group_by(organ, work.c.enterprise_id)
    )
    return _in(scope, statement, unit=work.c.org_id, line=work.c.line).subquery("visits")


def frequency(scope: Scope) -> list[Frequency]:
    """Per organ, in the order of the tree."""
    cap, found = parameters.value("cases.annual_cap", scope.last), _visits_by_organ(scope)
    units = {unit.id: unit for unit in staff.units()}
    used = found.c.visits * 5 >= cap * 4
    statement = select(
        found.c.organ_id,
        func.sum(found.c.visits),
        func.count(),
        _those(used & (found.c.visits < cap)),
        _those(found.c.visits == cap),
        _those(found.c.visits > cap),
        func.coalesce(func.sum(func.cardinality(found.c.reasons)), 0),
    ).group_by(found.c.organ_id)
    rows = {organ_id: [int(number) for number in numbers] for organ_id, *numbers in session.execute(statement)}
    return [Frequency(units[one].short_name, *rows[one]) for one in sorted(rows, key=lambda one: units[one].path)]


def too_often(scope: Scope, most: int = 50) -> list[Often]:
    """Enterprises beyond the cap, the most visited first, with the reasons that were given."""
    cap, found = parameters.value("cases.annual_cap", scope.last), _visits_by_organ(scope)
    names = staff.unit_names()
    statement = (
        select(found.c.enterprise_id, found.c.organ_id, found.c.visits, found.c.reasons)
        .where(found.c.visits > cap)
        .order_by(found.c.visits.desc(), found.c.enterprise_id)
        .limit(most)
    )
    return [
        Often(enterprise_id, names[organ_id], visits, reasons)
        for enterprise_id, organ_id, visits, reasons in session.execute(statement)
    ]
