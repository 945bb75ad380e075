"""Nouns of the cases room: the docket, one case with its clock and team, visits of the year, what was released."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ARRAY, BigInteger, ColumnElement, Select, and_, any_, func, literal, or_, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import aliased

from casework.accounts import queries as staff
from casework.cases.kinds import KINDS
from casework.cases.models import Case, CaseAssistant, CaseOfficer, CaseRelease
from casework.cases.rules import (
    AFTERWARDS,
    CHECKING,
    METHODS,
    STANDARD,
    SUSPENDED,
    TASK_STATES,
    CaseKind,
    Clock,
    Officer,
    ResultCode,
    SignOff,
    gravest,
    near_cap,
    officer_defects,
    result_codes,
)
from casework.core import clock, parameters
from casework.core.actor import Actor
from casework.core.db import session
from casework.core.deadlines import due_within
from casework.core.errors import NotFound
from casework.core.i18n import _
from casework.core.paging import Page, page
from casework.documents import queries as papers
from casework.registry import queries as registry

_NUMBER = re.compile(r"(?:JC\d{4}-)?(\d{1,12})")

MOST_NAMED = 500
"""So many enterprises of one name the docket looks for; whoever finds more must be told apart by code."""

# ---- Which cases -----------------------------------------------------------------------------------------------------


def find(case_id: int, actor: Actor) -> Case:
    """One case that the actor may see: of their units and lines, or one in which they are an officer. Else NotFound."""
    return _seen(session.get(Case, case_id), actor)


def by_code(code: str, actor: Actor) -> Case:
    """The case behind a check-in code, however it was typed."""
    return _seen(session.scalars(select(Case).where(Case.code == code.strip().upper().replace("-", ""))).first(), actor)


def has_seat(case_id: int, actor: Actor) -> bool:
    """Whether the actor is one of the officers of a case now."""
    mine = select(Case.id).where(Case.id == case_id, of_officers([actor.officer_id]))
    return actor.officer_id is not None and session.scalar(mine) is not None


def may_see(case: Case, actor: Actor) -> bool:
    """Whether a case is of the actor's units and lines, or one in which they are an officer."""
    return (
        actor.officer_id in case.officer_ids
        or session.scalar(_visible(select(Case.id).where(Case.id == case.id), actor)) is not None
    )


def _seen(case: Case | None, actor: Actor) -> Case:
    if case is not None and may_see(case, actor):
        return case
    raise NotFound(_("没有这个检查案件，或者不在您的辖区和业务范围内。"))


def _visible(statement: Select[Any], actor: Actor) -> Select[Any]:
    return staff.visible(statement, actor, unit=Case.org_id, line=Case.line)


def of_officers(officer_ids: Collection[int | None]) -> ColumnElement[bool]:
    """The cases in which one of these officers has a seat now."""
    seats = select(CaseOfficer.case_id).where(
        CaseOfficer.officer_id.in_(officer_ids), CaseOfficer.replaced_on.is_(None)
    )
    return Case.id.in_(seats)


ROW = (
    Case.id, Case.number, Case.title, Case.kind, Case.source, Case.enterprise_id, Case.org_id, Case.line, Case.state,
    Case.due_on, Case.opened_on, Case.emergency, Case.approved_on, Case.on_site, Case.checked_on, Case.joint_visit_id,
)  # fmt: skip
"""What a list shows of a case: never its items and results."""


def docket(
    actor: Actor,
    *,
    state: str = "open",
    due: str = "",
    kind: str = "",
    org_id: int | None = None,
    officer: str = "",
    origin_kind: str = "",
    origin_id: int | None = None,
    q: str = "",
    after: str | None = None,
    before: str | None = None,
    size: int = 50,
) -> Page:
    """One page of the cases that the actor may see, with the columns of ROW.

    `state` is a state, `open` or `ended`; `due` is overdue, today or week; `q` is a case number (or its last digits) or
    a code or name of an enterprise; `officer` is (part of) a name or number of the directory. Open cases come in the
    order of their clocks, ended ones newest first.
    """
    ended = state == "ended" or (state in STANDARD.state_names and STANDARD.is_final(state))
    statement = _visible(select(*ROW), actor).where(Case.due_on.is_(None) if ended else Case.due_on.is_not(None))
    if state in STANDARD.state_names:
        statement = statement.where(Case.state == state)
    if due and not ended:
        statement = statement.where(due_within(Case.due_on, due))
    if kind:
        statement = statement.where(Case.kind == kind)
    if org_id is not None:
        statement = statement.where(Case.org_id.in_(staff.subtree(org_id)))
    if officer:
        found = staff.officer_directory(actor, q=officer).rows
        statement = statement.where(of_officers([row.Officer.id for row in found]))
    if origin_kind and origin_id is not None:
        statement = statement.where(Case.origin_kind == origin_kind, Case.origin_id == origin_id)
    if q:
        statement = statement.where(_named(q, actor))
    keys = [Case.id] if ended else [Case.due_on, Case.id]
    return page(statement, keys, after=after, before=before, size=size, descending=ended)


def _named(q: str, actor: Actor) -> ColumnElement[bool]:
    """Cases with that number (or its last digits), or whose enterprise is called so or has that code."""
    found = registry.search(registry.Search(words=q), actor, size=MOST_NAMED).rows
    named = Case.enterprise_id.in_([row.id for row in found])
    number = _NUMBER.fullmatch(q.strip().upper())
    return or_(named, Case.id == int(number[1])) if number else named


def mine(actor: Actor) -> Sequence[Any]:
    """The open cases of the officer who asks, most urgent first, with the columns of ROW."""
    statement = select(*ROW).where(of_officers([actor.officer_id]), Case.due_on.is_not(None))
    return session.execute(statement.order_by(Case.due_on, Case.id).limit(500)).all()


def of_enterprise(enterprise_id: int, actor: Actor) -> Sequence[Any]:
    """The cases of one enterprise that the actor may see, newest first, with the columns of ROW."""
    statement = _visible(select(*ROW).where(Case.enterprise_id == enterprise_id), actor)
    return session.execute(statement.order_by(Case.id.desc()).limit(50)).all()


OWN_STEPS = ("opened", "approved", *CHECKING, "following_up")
"""States whose next step is the officers' own."""


def turn(actor: Actor, *, size: int) -> Sequence[Any]:
    """The cases whose next step is this person's to make, most urgent first, with the columns of ROW."""
    own = and_(of_officers([actor.officer_id]), Case.state.in_(OWN_STEPS))
    steps = {
        "cases.approve": WAITING_FOR_APPROVAL,
        "cases.review": and_(Case.state == "reviewing", Case.concluded_by != actor.id),
        "cases.publish": and_(Case.state == "releasing", Case.concluded_by != actor.id, Case.reviewed_by != actor.id),
        "cases.follow_up": Case.state == "following_up",
    }
    wanted = [_visible(select(*ROW).where(step), actor) for post, step in steps.items() if actor.may(post)]
    if actor.officer_id is not None and actor.may("cases.inspect"):
        wanted.append(select(*ROW).where(own))
    found = {
        row.id: row
        for statement in wanted
        for row in session.execute(statement.where(Case.due_on.is_not(None)).order_by(Case.due_on, Case.id).limit(size))
    }
    return sorted(found.values(), key=lambda row: (row.due_on, row.id))[:size]


WAITING_FOR_APPROVAL = or_(
    Case.state == "awaiting_approval",
    and_(Case.state.in_((*CHECKING, "reviewing")), Case.emergency, Case.approved_on.is_(None)),
)
"""Cases that wait for an approver: submitted ones, and urgent checks that still owe their approval."""


def to_approve(actor: Actor, *, after: str | None = None, before: str | None = None) -> Page:
    """What waits for an approver, most urgent first."""
    statement = _visible(select(*ROW, Case.items), actor).where(Case.due_on.is_not(None), WAITING_FOR_APPROVAL)
    return page(statement, [Case.due_on, Case.id], after=after, before=before, size=50)


@dataclass(frozen=True)
class Prepared:
    """What an approver sees of a check at a glance: its officers, what is wrong with them, the visits of the year."""

    names: list[str]
    defects: list[str]
    visits: int
    cap: int

    @property
    def sound(self) -> bool:
        """Whether nothing speaks against the approval at first sight; the guard looks again."""
        return bool(self.names) and not self.defects and self.visits < self.cap


def prepared(rows: Sequence[Any]) -> dict[int, Prepared]:
    """The checks of one page of `to_approve`, by case, in three statements whatever their number."""
    seats = session.execute(
        select(CaseOfficer.case_id, CaseOfficer.officer_id)
        .where(CaseOfficer.case_id.in_([row.id for row in rows]), CaseOfficer.replaced_on.is_(None))
        .order_by(CaseOfficer.ordinal)
    ).all()
    known = staff.officers([seat.officer_id for seat in seats])
    today, cap = clock.today(), parameters.value("cases.annual_cap")
    made = _visits({row.enterprise_id for row in rows}, today.year, with_approved=True)
    found = {}
    for row in rows:
        officers = [known[seat.officer_id] for seat in seats if seat.case_id == row.id]
        defects = [
            f"{officer.name}{_('：')}{_('、').join(wrong)}"
            for officer in officers
            if (wrong := officer_defects(officer, lines_of(row), today))
        ]
        own = row.checked_on is not None
        found[row.id] = Prepared(
            [officer.name for officer in officers], defects, made.get(row.enterprise_id, 0) - own, cap
        )
    return found


@dataclass(frozen=True)
class Waiting:
    """What a person finds on the desk: a count and where it leads (`filters` of the docket or a page's name)."""

    label: str
    count: int
    endpoint: str
    filters: Mapping[str, str]
    alarm: bool = False


def waiting(actor: Actor) -> list[Waiting]:
    """What is overdue, due today and waits for this person's step; empty posts are left out."""
    found = []
    if actor.officer_id is not None and actor.may("cases.inspect"):
        own = of_officers([actor.officer_id])
        overdue, today = _count(own, due_within(Case.due_on, "overdue")), _count(own, due_within(Case.due_on, "today"))
        found += [
            Waiting(_("我的案件已逾期"), overdue, "cases.mine", {}, alarm=True),
            Waiting(_("我的案件今天到期"), today, "cases.mine", {}),
        ]
    else:
        overdue, today = (
            _in_scope(actor, due_within(Case.due_on, "overdue")),
            _in_scope(actor, due_within(Case.due_on, "today")),
        )
        found += [
            Waiting(_("案件已逾期"), overdue, "cases.docket", {"due": "overdue"}, alarm=True),
            Waiting(_("案件今天到期"), today, "cases.docket", {"due": "today"}),
        ]
    if actor.may("cases.approve"):
        found.append(Waiting(_("待我审批"), _in_scope(actor, WAITING_FOR_APPROVAL), "cases.approvals", {}))
    for state, permission, label in (
        ("reviewing", "cases.review", _("待我审核")),
        ("releasing", "cases.publish", _("待我公示审批")),
        ("following_up", "cases.follow_up", _("后续处置中")),
    ):
        if actor.may(permission):
            found.append(Waiting(label, _in_scope(actor, Case.state == state), "cases.docket", {"state": state}))
    return found


def _in_scope(actor: Actor, *conditions: ColumnElement[bool]) -> int:
    statement = _visible(select(func.count()).select_from(Case), actor)
    return session.scalars(statement.where(Case.due_on.is_not(None), *conditions)).one()


def _count(*conditions: ColumnElement[bool]) -> int:
    return session.scalars(select(func.count()).select_from(Case).where(Case.due_on.is_not(None), *conditions)).one()


def progress_of(origin_kind: str, origin_id: int) -> dict[str, int]:
    """How many cases of one draw or trigger stand in each state."""
    statement = select(Case.state, func.count()).where(Case.origin_kind == origin_kind, Case.origin_id == origin_id)
    return dict(session.execute(statement.group_by(Case.state)).all())


def of_origin(origin_kind: str, origin_id: int, enterprise_ids: Collection[int]) -> dict[int, Any]:
    """The cases (id, number, state) of one draw or trigger by enterprise, whoever asks."""
    statement = select(Case.enterprise_id, Case.id, Case.number, Case.state).where(
        Case.origin_kind == origin_kind, Case.origin_id == origin_id, Case.enterprise_id.in_(enterprise_ids)
    )
    return {row.enterprise_id: row for row in session.execute(statement)}


# ---- One case --------------------------------------------------------------------------------------------------------


def kind_of(case: Case | Any) -> CaseKind:
    """What kind of case this is."""
    return KINDS[case.kind]


def codes_of(case: Case) -> dict[str, ResultCode]:
    """The result codes in force on the day of the check (today while there was none)."""
    return result_codes(case.checked_on or clock.today())


def method_labels(case: Case) -> list[str]:
    """How the check was made, in words; before it was, how it is to be made."""
    return [_(METHODS[method]) for method in case.methods or (["on_site"] if case.on_site else ["written"])]


@dataclass(frozen=True)
class Deadline:
    """The running clock of a case: its last day, working days left (negative: overdue) and the rule it rests on."""

    due_on: date
    left: int
    rule: str
    paused: bool = False


def sign_off_of(case: Case) -> SignOff | None:
    """How the visit ended for the party, as far as it was handed in before, for this case or one of the same visit."""
    visits = (one.visit for one in (case, *companions(case)) if case.visit is not None)
    visit = next((visit for visit in visits if visit is not None and visit.signature is not None), None)
    if visit is None:
        return None
    return SignOff(
        present_name=visit.present_name,
        present_position=visit.present_position,
        answers=[exchange["answer"] for exchange in visit.told],
        opinion=visit.opinion,
        signature=visit.signature,
        read_aloud=visit.read_aloud,
        refusal=visit.refusal,
        witness=visit.witness,
    )


def measures_of(case: Case) -> list[str]:
    """What follows after the release: what the officers chose, and what the results set off by themselves."""
    known = codes_of(case)
    set_off = [known[code].measure for result in case.results for code in result.codes]
    return list(dict.fromkeys([*case.measures, *(measure for measure in set_off if measure)]))


def days_left(due_on: date) -> int:
    """Working days from today until a day; negative when it has passed."""
    return parameters.calendar().between(clock.today(), due_on)


def running_clock(case: Case) -> Clock | None:
    """Which clock runs in the present step; None where a date of its own ends it, or the case has ended."""
    if case.approval_owed and case.state in CHECKING:
        return AFTERWARDS
    return kind_of(case).clocks.get(case.state)


def due_from(running: Clock, start: date, *, task_due_on: date | None = None) -> date:
    """The last day of a step, by the parameter in force on the day on which its clock began, or of the whole task."""
    due = parameters.term(running.term, start).due_on(start, parameters.calendar())
    return min(due, task_due_on) if task_due_on else due


def step_due_on(case: Case) -> date | None:
    """The last day of the present step; None when the case has ended."""
    if case.state == SUSPENDED.name:
        return case.suspended_until
    if case.state == "following_up":
        waiting_for = [row.due_on for row in (*case.rectifications, *case.follow_ups) if row.outcome is None]
        return min(waiting_for, default=clock.today())
    running = running_clock(case)
    if running is None:
        return None
    bound = case.task_due_on if case.state in TASK_STATES else None
    return due_from(running, _start_of(case, running), task_due_on=bound)


def _start_of(case: Case, running: Clock) -> date:
    start: date | None = getattr(case, running.since)
    return start or case.entered_on


def deadline(case: Case) -> Deadline | None:
    """The clock as a page shows it."""
    if case.due_on is None:
        return None
    running = running_clock(case)
    rule = _("以最早到期的责令改正或后续处置为准，全部办结后当天结案")
    if case.state == SUSPENDED.name:
        rule = _("暂缓期间不计时，到期前恢复办理")
    elif running is not None:
        start = _start_of(case, running)
        term = parameters.term(running.term, start)
        label = _(parameters.definitions()[running.term].label)
        unit = _("个工作日") if term.working else _("天")
        rule = _(
            "%(label)s：自 %(start)s 起 %(days)s %(unit)s（%(document)s）",
            label=label, start=start.isoformat(), days=term.days, unit=unit, document=term.rule,
        )  # fmt: skip
        if case.due_on == case.task_due_on:
            rule = _("任务要求 %(day)s 前完成。", day=case.due_on.isoformat()) + rule
    return Deadline(case.due_on, days_left(case.due_on), rule, paused=case.state == SUSPENDED.name)


@dataclass(frozen=True)
class Member:
    """An officer of a case, and why they would not count for it today."""

    officer: Officer
    leader: bool
    unit: str
    defects: list[str]


def lines_of(case: Case | Any) -> list[str]:
    """The business lines that its officers must be certified for."""
    return sorted({line for line in (case.line, *(item["line"] for item in case.items)) if line})


@dataclass(frozen=True)
class Assistant:
    """Who assists in a case, and with what."""

    expert: Any
    task: str
    asked_by: str


def assistants(case: Case) -> list[Assistant]:
    """The experts and bodies who assist in a case; none of them counts among its officers."""
    found = session.scalars(
        select(CaseAssistant).where(CaseAssistant.case_id == case.id).order_by(CaseAssistant.asked_at)
    ).all()
    known = staff.experts([one.expert_id for one in found])
    return [Assistant(known[one.expert_id], one.task, one.asked_by) for one in found]


def team(case: Case) -> list[Member]:
    """The officers of a case, the leader first."""
    known, units = staff.officers(case.officer_ids), staff.unit_names()
    return [
        Member(
            officer=known[officer_id],
            leader=officer_id == case.officer_ids[0],
            unit=units[known[officer_id].org_id],
            defects=officer_defects(known[officer_id], lines_of(case), clock.today()),
        )
        for officer_id in case.officer_ids
    ]


@dataclass(frozen=True)
class Visits:
    """The on-site checks of this year beside the present one: `made`; and `count`, with the approved ones to come."""

    made: int
    count: int
    cap: int
    document: str

    @property
    def reached(self) -> bool:
        return self.count >= self.cap

    @property
    def near(self) -> bool:
        """Whether this check uses up four fifths of the year or more."""
        return near_cap(self.count + 1, self.cap)


def visits_of(case: Case) -> Visits:
    """What the annual cap counts against a case: same organ, same enterprise, same year."""
    cap, year, units = parameters.in_force("cases.annual_cap"), clock.today().year, units_of_organ(case)
    made, count = (
        _visits([case.enterprise_id], year, with_approved=also, units=units, beside=case).get(case.enterprise_id, 0)
        for also in (False, True)
    )
    return Visits(made, count, cap.value, cap.document_no)


def visits(enterprise_ids: Collection[int], year: int) -> dict[int, int]:
    """On-site checks that each enterprise had in a year, by whatever organ; enterprises without any are left out."""
    return _visits(enterprise_ids, year)


def last_teams(since: date) -> dict[int, list[int]]:
    """Who made the last check of each enterprise that was checked since a day, by enterprise."""
    last = (
        select(Case.id, Case.enterprise_id)
        .where(Case.checked_on >= since)
        .ext(distinct_on(Case.enterprise_id))
        .order_by(Case.enterprise_id, Case.checked_on.desc(), Case.id.desc())
        .subquery()
    )
    rows = session.execute(
        select(last.c.enterprise_id, CaseOfficer.officer_id)
        .join(CaseOfficer, CaseOfficer.case_id == last.c.id)
        .where(CaseOfficer.replaced_on.is_(None))
    )
    teams: dict[int, list[int]] = {}
    for enterprise_id, officer_id in rows:
        teams.setdefault(enterprise_id, []).append(officer_id)
    return teams


def occupied(enterprise_ids: Collection[int], item_codes: Sequence[str], year: int) -> dict[int, str]:
    """Enterprises with a case about one of these items: `running` while one is open, else `checked` in the year."""
    about = or_(*(Case.items.contains([{"code": code}]) for code in item_codes))
    in_year = Case.checked_on.between(date(year, 1, 1), date(year, 12, 31))
    statement = select(Case.enterprise_id, func.bool_or(Case.due_on.is_not(None))).where(
        _one_of(enterprise_ids), about, or_(Case.due_on.is_not(None), in_year)
    )
    found = session.execute(statement.group_by(Case.enterprise_id))
    return {enterprise_id: "running" if running else "checked" for enterprise_id, running in found}


def last_checks(line: str, enterprise_ids: Collection[int] | None = None) -> dict[int, date]:
    """The day of the last check of each enterprise about an item of a business line; those that could not be made are
    none."""
    statement = select(Case.enterprise_id, func.max(Case.checked_on)).where(
        Case.items.contains([{"line": line}]), Case.checked_on.is_not(None), Case.ended_by.is_(None)
    )
    if enterprise_ids is not None:
        statement = statement.where(_one_of(enterprise_ids))
    return dict(session.execute(statement.group_by(Case.enterprise_id)).all())


def _one_of(enterprise_ids: Collection[int]) -> ColumnElement[bool]:
    """One array however many ids: ten thousand placeholders would cost more than the query (a pool asks so)."""
    return Case.enterprise_id == any_(literal(list(enterprise_ids), ARRAY(BigInteger)))


def _visits(
    enterprise_ids: Collection[int],
    year: int,
    *,
    with_approved: bool = False,
    units: Sequence[int] | None = None,
    beside: Case | None = None,
) -> dict[int, int]:
    """Visits by enterprise; cases that share one are counted once. `beside`: without this case and its visit."""
    whole_year = (date(year, 1, 1), date(year, 12, 31))
    counted = Case.checked_on.between(*whole_year)
    if with_approved:
        counted = or_(counted, and_(Case.state == "approved", Case.approved_on.between(*whole_year)))
    visit = func.coalesce(Case.joint_visit_id, -Case.id)
    statement = select(Case.enterprise_id, func.count(visit.distinct())).where(
        _one_of(enterprise_ids), Case.on_site, counted
    )
    if beside is not None:
        statement = statement.where(visit != (beside.joint_visit_id or -beside.id))
    if units is not None:
        statement = statement.where(Case.org_id.in_(units))
    return dict(session.execute(statement.group_by(Case.enterprise_id)).all())


# ---- One visit of several cases (综合查一次) ---------------------------------------------------------------------


def companions(case: Case) -> Sequence[Case]:
    """The other cases that are checked in the same visit, the oldest first."""
    if case.joint_visit_id is None:
        return ()
    together = select(Case).where(Case.joint_visit_id == case.joint_visit_id, Case.id != case.id)
    return session.scalars(together.order_by(Case.id)).all()


def partners(case_ids: Collection[int], states: Collection[str]) -> dict[int, list[int]]:
    """For each of these cases the others with which it could be one visit, the oldest first.

    Same enterprise, same organ, on site, not begun (in one of these states), opened so close to each other as the
    parameter says (国办发〔2024〕54号: 能合并的不得重复).
    """
    one, other = aliased(Case), aliased(Case)
    rows = session.execute(
        select(one.id, one.org_id, other.id, other.org_id)
        .join(other, (other.enterprise_id == one.enterprise_id) & (other.id != one.id))
        .where(
            one.id == any_(literal(list(case_ids), ARRAY(BigInteger))),
            one.on_site,
            other.on_site,
            one.state.in_(states),
            other.state.in_(states),
            one.notified_on.is_(None),
            other.notified_on.is_(None),
            func.abs(other.opened_on - one.opened_on) <= parameters.value("sampling.merge_days"),
            or_(one.joint_visit_id.is_(None), one.joint_visit_id != func.coalesce(other.joint_visit_id, 0)),
        )
        .order_by(one.id, other.id)
    )
    found: dict[int, list[int]] = {}
    for case_id, org_id, other_id, other_org_id in rows:
        if papers.organ_of(org_id) == papers.organ_of(other_org_id):
            found.setdefault(case_id, []).append(other_id)
    return found


@dataclass(frozen=True)
class Merged:
    """One visit that was made for several cases: how many, and the draws among their origins."""

    enterprise_id: int
    cases: int
    draws: Sequence[int]

    @property
    def saved(self) -> int:
        """The visits that were not made."""
        return self.cases - 1


def merged_visits(actor: Actor, first: date, last: date) -> list[Merged]:
    """The joint visits that were made from one day to another (both included), as far as the actor sees their cases."""
    draws = func.array_agg(Case.origin_id).filter(Case.origin_kind == "draw")
    statement = (
        _visible(select(Case.enterprise_id, func.count(), draws), actor)
        .where(Case.joint_visit_id.is_not(None), Case.checked_on.between(first, last))
        .group_by(Case.joint_visit_id, Case.enterprise_id)
        .having(func.count() > 1)
    )
    return [Merged(enterprise_id, many, origins or ()) for enterprise_id, many, origins in session.execute(statement)]


def case(case_id: int) -> Case:
    """One case, whoever asks."""
    return session.get_one(Case, case_id)


def bound_by_cap(case: Case) -> bool:
    """Whether the year's cap stops this visit: not where one of its cases is made whatever the number of visits."""
    return all(kind_of(one).bound_by_cap for one in (case, *companions(case)))


def least_by_law(case: Case) -> bool:
    """Whether a law asks for this visit, for one of its cases."""
    return any(kind_of(one).least_by_law for one in (case, *companions(case)))


def units_of_organ(case: Case) -> list[int]:
    """The bureau in whose name the case is handled, with its offices; the city bureau speaks for itself alone."""
    organ = staff.unit(papers.organ_of(case.org_id))
    return [organ.id] if organ.kind == "city" else staff.subtree(organ.id)


# ---- What the public may see -----------------------------------------------------------------------------------------


def result_facts(case_id: int, edition: int | None = None) -> dict[str, Any]:
    """What a publication shows, frozen when its release was approved: the newest edition, or the one asked for.

    `{case_id, edition, number, type (抽查 | 检查), task: {number, title} | None, enterprise: {id, name, uscc},
    organ: {id, name}, checked_on, concluded_on, released_on, on_site, methods: [words], items: [{code, name,
    results: [{code, label, national, klass}]}], klass, correction_reason}`; days are ISO text, `klass` is the class of
    the credit record `check` (`registry.rules`). No officer, no grade, no finding in words, nothing of a trigger.
    """
    statement = select(CaseRelease).where(CaseRelease.case_id == case_id).order_by(CaseRelease.edition.desc())
    if edition is not None:
        statement = statement.where(CaseRelease.edition == edition)
    release = session.scalars(statement.limit(1)).first()
    if release is None:
        raise NotFound(_("这个检查案件还没有批准公示的结果。"))
    return release.facts


def facts_to_release(case: Case) -> dict[str, Any]:
    """The facts that a release approved today would freeze; see `result_facts`."""
    known = codes_of(case)
    results = {result.item_code: result.codes for result in case.results}
    shown = [
        {
            "code": item["code"],
            "name": item["name"],
            "results": [
                {"code": code, "label": known[code].label, "national": known[code].national, "klass": known[code].klass}
                for code in results.get(item["code"], [])
                if known[code].publishes
            ],
        }
        for item in case.items
    ]
    enterprise = registry.brief([case.enterprise_id])[case.enterprise_id]
    organ = staff.unit(papers.organ_of(case.org_id))
    return {
        "case_id": case.id,
        "edition": case.released_edition + 1,
        "number": case.number,
        "type": kind_of(case).publicity,
        "task": {"number": case.origin_number, "title": case.title} if case.origin_kind == "draw" else None,
        "enterprise": {"id": enterprise.id, "name": enterprise.name, "uscc": enterprise.uscc},
        "organ": {"id": organ.id, "name": organ.name},
        "checked_on": case.checked_on.isoformat() if case.checked_on else None,
        "concluded_on": case.concluded_on.isoformat() if case.concluded_on else None,
        "released_on": clock.today().isoformat(),
        "on_site": case.on_site,
        "methods": method_labels(case),
        "items": shown,
        "klass": gravest({result["klass"] for item in shown for result in item["results"]}),
        "correction_reason": case.correction_reason,
    }
