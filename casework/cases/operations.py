"""Verbs of the cases room: open cases, and one verb for every move of a case's life."""

import secrets
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from typing import Any, BinaryIO

from sqlalchemy import ARRAY, BigInteger, SmallInteger, Text, and_, column, func, insert, literal, or_, select
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import JSONB

from casework.accounts import queries as staff
from casework.cases import papers, queries
from casework.cases.kinds import KINDS
from casework.cases.messages import CaseClosed, CaseOpened, ResultReleased
from casework.cases.models import (
    Case,
    CaseAssistant,
    CaseOfficer,
    CaseRelease,
    CaseResult,
    CaseVisit,
    Evidence,
    FollowUp,
    JointVisit,
    Rectification,
)
from casework.cases.rules import (
    BEFORE,
    CHECKING,
    EVIDENCE_LIMIT,
    MEASURES,
    METHODS,
    NOTHING,
    ORIGIN_KINDS,
    RECTIFICATION_OUTCOMES,
    TOLD,
    UNAPPROVED,
    NewCase,
    Origin,
    SignOff,
    closing_move,
    exit_code,
    media_type_of,
    officer_defects,
    result_defect,
    sign_off_defect,
)
from casework.core import clock, files, parameters
from casework.core.actor import SYSTEM, Actor
from casework.core.db import savepoint, session
from casework.core.deadlines import note_overdue
from casework.core.errors import NotAllowed, NotFound, Refusal
from casework.core.i18n import _
from casework.core.ledger import announce, move, record
from casework.documents import operations as documents
from casework.documents import queries as document_queries
from casework.documents.rules import CODE_LETTERS
from casework.registry import queries as registry

CODE_LENGTH = 10
"""Of a check-in code: 10 of 32 letters that nobody mistakes for another."""

# ---- Opening ---------------------------------------------------------------------------------------------------------


def open_many(origin: Origin, cases: Sequence[NewCase], *, actor: Actor) -> int:
    """Opens the cases of one draw or trigger that are not open yet; returns how many are new.

    Where the organ is to visit an enterprise anyway, the new case joins that visit (综合查一次). One statement per
    table whatever the number; results and checklists are written when somebody fills them in.
    Idempotence key: (origin kind, origin id, enterprise).
    """
    _check_origin(origin)
    today = clock.today()
    due_on = queries.due_from(KINDS[origin.case_kind].clocks["opened"], today, task_due_on=origin.due_on)
    wanted = _rows(
        enterprise_id=(BigInteger, [case.enterprise_id for case in cases]),
        org_id=(BigInteger, [case.org_id for case in cases]),
        line=(Text, [case.line for case in cases]),
    )
    same = {
        "origin_kind": literal(origin.kind),
        "origin_id": literal(origin.id, BigInteger),
        "origin_number": literal(origin.number),
        "title": literal(origin.title),
        "source": literal(origin.source),
        "kind": literal(origin.case_kind),
        "items": literal([vars(item) for item in origin.items], JSONB),
        "on_site": literal(any(item.on_site for item in origin.items)),
        "state": literal(KINDS[origin.case_kind].workflow.initial),
        "opened_on": literal(today),
        "entered_on": literal(today),
        "due_on": literal(due_on),
        "task_due_on": literal(origin.due_on),
    }
    opened = session.execute(
        postgresql.insert(Case)
        .from_select([*same, *wanted.c.keys()], select(*same.values(), *wanted.c), include_defaults=False)
        .on_conflict_do_nothing(index_elements=[Case.origin_kind, Case.origin_id, Case.enterprise_id])
        .returning(Case.enterprise_id, Case.id)
    )
    new = dict(opened.all())
    if new:
        _seat({new[case.enterprise_id]: case.officer_ids for case in reversed(cases) if case.enterprise_id in new})
        _join_new(list(new.values()), actor=actor)
        record("cases.open_many", (f"{origin.kind}_origin", origin.id), actor=actor, after={"opened": len(new)})
    return len(new)


def open_case(origin: Origin, case: NewCase, *, actor: Actor) -> Case:
    """Opens one triggered case, or returns the one that is open already. Idempotence key: that of `open_many`."""
    is_new = open_many(origin, [case], actor=actor) == 1
    found = session.scalars(
        select(Case).where(
            Case.origin_kind == origin.kind,
            Case.origin_id == origin.id,
            Case.enterprise_id == case.enterprise_id,
        )
    ).one()
    if is_new:
        record("cases.open_case", found, actor=actor, after={"source": found.source})
        announce(CaseOpened(case_id=found.id), actor=actor)
    return found


def _check_origin(origin: Origin) -> None:
    kind = KINDS.get(origin.case_kind)
    if kind is None or origin.kind not in ORIGIN_KINDS or origin.source not in kind.sources:
        raise Refusal(
            _("检查来源与案件类型不符，请从规定的来源中选择。"), field="source", rule="优化营商环境条例第五十四条"
        )
    if not origin.items:
        raise Refusal(_("检查事项为空。清单之外无检查，请先确定检查事项。"), field="items")


def _seat(teams: Mapping[int, Sequence[int]]) -> None:
    """Gives the officers of many new cases their seats, in the order given, in one statement."""
    seats = [
        (case_id, officer_id, ordinal)
        for case_id, officer_ids in teams.items()
        for ordinal, officer_id in enumerate(dict.fromkeys(officer_ids), 1)
    ]
    if seats:
        rows = _rows(
            case_id=(BigInteger, [seat[0] for seat in seats]),
            officer_id=(BigInteger, [seat[1] for seat in seats]),
            ordinal=(SmallInteger, [seat[2] for seat in seats]),
        )
        session.execute(insert(CaseOfficer).from_select(rows.c.keys(), select(*rows.c)))


def _rows(**columns: tuple[Any, list[Any]]) -> Any:
    """Columns of equal length as a table that a statement can select from."""
    arrays = (literal(values, ARRAY(kind)) for kind, values in columns.values())
    named = (column(name, kind) for name, (kind, _values) in columns.items())
    return func.unnest(*arrays).table_valued(*named, name="wanted").render_derived()


# ---- How a move is made ----------------------------------------------------------------------------------------------


@contextmanager
def _moving(
    case: Case, name: str, *, actor: Actor, note: str | None = None, follows: bool = False, **facts: Any
) -> Iterator[None]:
    """Makes one move: decides, lets the caller set what comes with it, restarts the clock, writes it all at once."""
    before = case.state
    move(case, queries.kind_of(case).workflow, name, actor=actor, facts=facts, note=note, follows=follows)
    with session.no_autoflush:
        yield
        if case.state != before:
            case.entered_on = clock.today()
        case.due_on = queries.step_due_on(case)
    session.flush()


def _locked(case_id: int, actor: Actor) -> Case:
    """The case under a row lock, if the actor may see it. What was read before the lock is read again.

    The visit that it shares with others is locked first: two who act on two cases of one visit wait for each other.
    """
    session.flush()
    session.expire_all()
    session.scalar(
        select(JointVisit.id).join(Case, Case.joint_visit_id == JointVisit.id).where(Case.id == case_id)
        .with_for_update(of=JointVisit)
    )  # fmt: skip
    case = session.get(Case, case_id, with_for_update=True)
    if case is None:
        raise NotFound(_("没有这个检查案件。"))
    return case if actor.is_system else queries.find(case_id, actor)


def _preparation(case: Case) -> dict[str, Any]:
    """The facts on which a check may be prepared: items, officers, the day."""
    return {
        "items": case.items,
        "officers": list(staff.officers(case.officer_ids).values()),
        "lines": queries.lines_of(case),
        "day": clock.today(),
        "least_officers": parameters.value("sampling.officers_per_case"),
    }


def _arrangement(case: Case, override_reason: str | None) -> dict[str, Any]:
    """The facts on which a check may be approved."""
    visits = queries.visits_of(case)
    return {
        **_preparation(case),
        "on_site": case.on_site,
        "visits": visits.count,
        "cap": visits.cap,
        "bound_by_cap": queries.bound_by_cap(case),
        "least_by_law": queries.least_by_law(case),
        "override_reason": override_reason,
        "approved": case.approved_on is not None,
    }


def _own(case: Case, actor: Actor) -> bool:
    return actor.officer_id in case.officer_ids


def _of_the_visit(case: Case, actor: Actor) -> bool:
    """Whether the actor is an officer of this case or of one that is checked in the same visit."""
    return any(_own(one, actor) for one in (case, *queries.companions(case)))


def each(
    verb: Callable[..., object], case_ids: Collection[int], *, actor: Actor
) -> tuple[list[int], list[tuple[int, str]]]:
    """One verb for several cases: what went through, and what did not with the reason; one does not stop the others."""
    done, refused = [], []
    for case_id in case_ids:
        try:
            with savepoint():
                verb(case_id, actor=actor)
            done.append(case_id)
        except Refusal as refusal:
            refused.append((case_id, str(refusal)))
    return done, refused


# ---- S0 to S2: officers, approval, notice ----------------------------------------------------------------------------


def assign(case_id: int, *, officer_ids: Sequence[int], actor: Actor) -> Case:
    """Names the officers of a case that was not drawn; the first leads. Earlier ones leave their seats."""
    case = _locked(case_id, actor)
    officer_ids = list(dict.fromkeys(officer_ids))
    known = staff.officers(officer_ids)
    if len(known) != len(officer_ids):
        raise Refusal(_("所选检查人员不在执法检查人员名录中。"), field="officer_ids")
    with _moving(case, "assign", actor=actor, note="、".join(known[officer_id].name for officer_id in officer_ids)):
        case.seats.clear()
        session.flush()
        case.seats += [
            CaseOfficer(officer_id=officer_id, ordinal=seat) for seat, officer_id in enumerate(officer_ids, 1)
        ]
    return case


def replace_officer(case_id: int, *, leaves: int, joins: int, reason: str, actor: Actor) -> Case:
    """Gives one officer's seat to another (回避, absence); who left stays on record. Idempotence key: the two officers.

    In a drawn case the one who joins is drawn too: `sampling.replace_officer` calls this.
    """
    case = _locked(case_id, actor)
    seats = {seat.officer_id: seat for seat in case.seats}
    if leaves not in case.officer_ids and joins in case.officer_ids:
        return case
    if leaves not in case.officer_ids or joins in seats:
        raise Refusal(_("请选择本案现有的检查人员，并换上一名没有参加过本案的人员。"), field="joins")
    with _moving(case, "replace_officer", actor=actor, note=reason, reason=reason.strip()):
        seats[leaves].replaced_on, seats[leaves].replaced_because = clock.today(), reason.strip()
        session.flush()
        case.seats.append(CaseOfficer(officer_id=joins, ordinal=seats[leaves].ordinal))
    return case


def ask_assistant(case_id: int, *, expert_id: int, task: str, actor: Actor) -> CaseAssistant:
    """Asks an engaged expert or body to assist in a check that is not over. Idempotence key: (case, expert).

    The officers of the case, its leader's superiors who approve, and nobody else; it changes nothing of the team.
    """
    case = _locked(case_id, actor)
    _check_asks(case, actor)
    if expert_id not in {expert.id for expert in staff.engaged_experts()}:
        raise Refusal(_("请从在聘的专家和专业机构中选择。"), field="expert_id")
    found = session.get(CaseAssistant, (case.id, expert_id))
    if found is None:
        found = CaseAssistant(case_id=case.id, expert_id=expert_id)
        session.add(found)
    found.task, found.asked_by, found.asked_at = task.strip(), actor.name, clock.now()
    session.flush()
    record("cases.ask_assistant", case, actor=actor, note=task.strip(), after={"expert": expert_id})
    return found


def release_assistant(case_id: int, expert_id: int, *, actor: Actor) -> None:
    """Takes an assistant out of a check that is not over; the ledger keeps that he was asked."""
    case = _locked(case_id, actor)
    _check_asks(case, actor)
    found = session.get(CaseAssistant, (case.id, expert_id))
    if found is not None:
        session.delete(found)
        session.flush()
        record("cases.release_assistant", case, actor=actor, before={"expert": expert_id})


def _check_asks(case: Case, actor: Actor) -> None:
    if not (actor.is_system or actor.may("cases.approve") or actor.officer_id in case.officer_ids):
        raise NotAllowed(_("只有本案的检查人员和审批检查的负责人可以安排辅助人员。"))
    if case.closed_on is not None:
        raise Refusal(_("案件已经办结。"))


def submit(case_id: int, *, actor: Actor) -> Case:
    """Asks for the approval of a check, and of those in the same visit. Idempotence key, for these: the visit."""
    case = _locked(case_id, actor)
    if not _went_along(case, "awaiting_approval", "approved", *CHECKING):
        _submit(case, actor)
        _together(case, lambda other: _submit(other, actor), ("opened",), actor=actor)
    return case


def _submit(case: Case, actor: Actor) -> None:
    with _moving(case, "submit", actor=actor, **_preparation(case)):
        pass


def approve(
    case_id: int, *, actor: Actor, surprise: bool = False, override_reason: str | None = None, note: str | None = None
) -> Case:
    """Approves a check: its code is made and the notice issued (for a surprise check on arrival, not before).

    Cases of one visit are approved as one, with one notice. Idempotence key, for these: the visit.
    """
    case = _locked(case_id, actor)
    if _went_along(case, "approved", *CHECKING):
        return case
    _see_all(case, actor)
    facts = {"note": note, "surprise": surprise, "override_reason": override_reason}
    _approve(case, actor, **facts)
    _together(case, lambda other: _approve_along(other, actor, **facts), UNAPPROVED, actor=actor)
    if not surprise:
        _issue(case, "inspection_notice", papers.notice(case), actor=actor)
    return case


def _approve(case: Case, actor: Actor, *, note: str | None, surprise: bool, override_reason: str | None) -> None:
    with _moving(case, "approve", actor=actor, note=note, **_arrangement(case, override_reason)):
        _approved(case, actor, override_reason)
        case.surprise = surprise


def _approve_along(case: Case, actor: Actor, **facts: Any) -> None:
    """Who approves a visit approves each of its cases, also one that nobody has submitted by itself."""
    if case.state == "opened":
        with _moving(case, "submit", actor=actor, follows=True, **_preparation(case)):
            pass
    _approve(case, actor, **facts)


def approve_afterwards(
    case_id: int, *, actor: Actor, override_reason: str | None = None, note: str | None = None
) -> Case:
    """Approves an urgent check that has begun; its notice is issued now."""
    case = _locked(case_id, actor)
    with _moving(case, "approve_afterwards", actor=actor, note=note, **_arrangement(case, override_reason)):
        _approved(case, actor, override_reason)
    _issue(case, "inspection_notice", papers.notice(case), actor=actor)
    return case


def _approved(case: Case, actor: Actor, override_reason: str | None) -> None:
    case.approved_on, case.approved_by, case.override_reason = clock.today(), actor.id, override_reason
    case.code = "".join(secrets.choice(CODE_LETTERS) for _letter in range(CODE_LENGTH))


def send_back(case_id: int, *, reason: str, actor: Actor) -> Case:
    """Does not approve a check as it was submitted, nor those in the same visit."""
    case = _locked(case_id, actor)
    _see_all(case, actor)
    _send_back(case, reason, actor)
    _together(case, lambda other: _send_back(other, reason, actor), ("awaiting_approval",), actor=actor)
    return case


def _send_back(case: Case, reason: str, actor: Actor) -> None:
    with _moving(case, "send_back", actor=actor, note=reason, reason=reason.strip()):
        pass


def notify(case_id: int, *, actor: Actor, note: str | None = None) -> Case:
    """Notes that the notice was handed over today, for the whole visit; `note` says how and to whom."""
    case = _locked(case_id, actor)
    if not (case.joint_visit_id is not None and case.notified_on is not None):
        _notify(case, note, actor)
        _together(case, lambda other: _notify(other, note, actor), (case.state,), actor=actor)
    return case


def _notify(case: Case, note: str | None, actor: Actor) -> None:
    facts = {"notified": case.notified_on is not None, "approved": case.approved_on is not None}
    with _moving(case, "notify", actor=actor, note=note, **facts):
        case.notified_on = clock.today()


def suspend(case_id: int, *, until: date, reason: str, actor: Actor) -> Case:
    """Puts a check off; what was approved for the earlier time does not hold any more. It leaves its joint visit."""
    case = _locked(case_id, actor)
    if until <= clock.today():
        raise Refusal(_("暂缓日期应在今天之后。"), field="until")
    serves_others = case.notified_on is not None and bool(queries.companions(case))
    _leave(case, reason, actor=actor)
    with _moving(case, "suspend", actor=actor, note=reason, reason=reason.strip(), until=until):
        case.suspended_until = until
        _forget_approval(case)
    if not serves_others:
        _void_notice(case, reason, actor=actor)
    return case


def resume(case_id: int, *, actor: Actor) -> Case:
    """Takes a check up again; it is submitted anew, and joins the visit that is to be made anyway."""
    case = _locked(case_id, actor)
    with _moving(case, "resume", actor=actor):
        case.suspended_until = None
    _join_new([case.id], actor=actor)
    return case


def _forget_approval(case: Case) -> None:
    case.code = case.approved_on = case.approved_by = case.override_reason = case.notified_on = None
    case.surprise = False


def _void_notice(case: Case, reason: str, *, actor: Actor) -> None:
    for paper in _issued(case, "inspection_notice"):
        documents.void(paper.id, reason=reason, actor=actor)


# ---- One visit of several cases (综合查一次) ---------------------------------------------------------------------


def join(case_id: int, *, actor: Actor) -> Case:
    """Makes one visit of this case and of all others of the enterprise that could be checked with it.

    What was approved of them, and not told the enterprise yet, is approved anew, as one. Idempotence key: the visit.
    """
    case = _locked(case_id, actor)
    others = queries.partners([case.id], BEFORE).get(case.id, [])
    if others or case.joint_visit_id is None:
        move = queries.kind_of(case).workflow.find("join", case.state)
        if not others:
            queries.kind_of(case).workflow.decide(move.name, case.state, {"partners": others})
        _join([case.id, *others], BEFORE, actor=actor)
    return case


def separate(case_id: int, *, reason: str, actor: Actor) -> Case:
    """Takes a case out of its joint visit, to be checked by itself."""
    case = _locked(case_id, actor)
    queries.kind_of(case).workflow.find("separate", case.state)
    facts = {"joint": case.joint_visit_id is not None, "reason": reason.strip()}
    queries.kind_of(case).workflow.decide("separate", case.state, facts)
    _leave(case, reason.strip(), actor=actor, follows=False)
    if case.state == "approved" and not (case.surprise or case.notified_on or _issued(case, "inspection_notice")):
        _issue(case, "inspection_notice", papers.notice(case), actor=actor)
    return case


def _join_new(case_ids: Collection[int], *, actor: Actor) -> None:
    """Cases that were just opened join those of the same enterprise for which nobody has approved a visit yet."""
    for case_id, others in queries.partners(case_ids, UNAPPROVED).items():
        _join([case_id, others[0]], UNAPPROVED, actor=actor, follows=True)


def _join(case_ids: Sequence[int], states: Collection[str], *, actor: Actor, follows: bool = False) -> None:
    """Makes one visit of these cases and of those that share one with them already."""
    shared = select(Case.joint_visit_id).where(Case.id.in_(case_ids), Case.joint_visit_id.is_not(None))
    locking = (
        select(Case)
        .where(or_(Case.id.in_(case_ids), and_(Case.joint_visit_id.in_(shared), Case.state.in_(states))))
        .order_by(Case.id)
        .with_for_update()
    )
    together = session.scalars(locking.execution_options(populate_existing=True)).all()
    visit_id = next((case.joint_visit_id for case in together if case.joint_visit_id is not None), None)
    if visit_id is None:
        visit = JointVisit(enterprise_id=together[0].enterprise_id, made_at=clock.now())
        session.add(visit)
        session.flush()
        visit_id = visit.id
    for case in together:
        approved = case.state == "approved"
        if case.joint_visit_id == visit_id and not approved:
            continue
        facts = {"partners": together, "notified": case.notified_on is not None}
        others = "、".join(other.number for other in together if other is not case)
        with _moving(case, "join", actor=actor, note=others, follows=follows, **facts):
            case.joint_visit_id = visit_id
            if approved:
                _forget_approval(case)
        if approved:
            _void_notice(case, "合并为一次上门，重新审批", actor=actor)
    _lend_officers(together)


def _lend_officers(together: Sequence[Case]) -> None:
    """A check without officers is made by those who were drawn for the other, if they are certified for it.

    Nobody else's seat changes: who was drawn for a case stays with it.
    """
    drawn = next((case.officer_ids for case in together if case.origin_kind == "draw" and case.officer_ids), [])
    known = list(staff.officers(drawn).values())
    for case in together:
        lines, today = queries.lines_of(case), clock.today()
        if drawn and not case.officer_ids and not any(officer_defects(one, lines, today) for one in known):
            _seat({case.id: drawn})
            session.expire(case, ["seats"])


def _went_along(case: Case, *states: str) -> bool:
    """Whether a case has been moved on with another of its visit."""
    return case.joint_visit_id is not None and case.state in states


def _together(
    case: Case, verb: Callable[[Case], object], states: Collection[str], *, actor: Actor, reason: str | None = None
) -> None:
    """Does with the other cases of a visit what was done with one. Whichever cannot come along leaves the visit.

    So a visit never holds a case up, and the reason why they were parted stands in the history.
    """
    for other in queries.companions(case):
        session.refresh(other, with_for_update=True)
        if other.state not in states:
            continue
        try:
            with savepoint():
                verb(other)
        except Refusal as refusal:
            session.refresh(other)
            _leave(other, str(refusal), actor=actor)


def _see_all(case: Case, actor: Actor) -> None:
    """Who decides about a visit must be one who sees all of it."""
    if not actor.is_system and not all(queries.may_see(other, actor) for other in queries.companions(case)):
        raise Refusal(_("本次上门还包括不在您业务范围内的检查，请由能查看全部案件的负责人审批，或者先分开检查。"))


def _leave(case: Case, reason: str, *, actor: Actor, follows: bool = True) -> None:
    """Parts a case from its visit, while that has not begun for it; the rest are given a new notice."""
    if case.joint_visit_id is None or case.state not in BEFORE:
        return
    rest = list(queries.companions(case))
    facts = {"joint": True, "reason": reason or "—"}
    with _moving(case, "separate", actor=actor, note=reason, follows=follows, **facts):
        case.joint_visit_id = None
    if len(rest) == 1:
        rest[0].joint_visit_id = None
    session.flush()
    if case.state == "approved" and case.notified_on is None:
        for one in (case, *rest):
            _void_notice(one, reason, actor=actor)
        waiting = next((one for one in rest if one.state == "approved" and not one.surprise), None)
        if waiting is not None:
            _issue(waiting, "inspection_notice", papers.notice(waiting), actor=actor)


# ---- S3 and S4: the check --------------------------------------------------------------------------------------------


def check_in(case_id: int, *, given_code: str, place: str, duties: Collection[str], actor: Actor) -> Case:
    """Begins the check on the spot with the code of its approval; `duties` are those of the kind, all of them done.

    One check-in is for all cases of a visit, by an officer of any. Idempotence key, for these: the visit.
    """
    case = _locked(case_id, actor)
    if _went_along(case, *CHECKING):
        return case
    arriving = {"place": place, "duties": duties, "own": _of_the_visit(case, actor)}
    _check_in(case, actor, given_code=given_code, **arriving)
    _together(
        case, lambda other: _check_in(other, actor, given_code=other.code or "", **arriving), ("approved",), actor=actor
    )
    if case.surprise:
        _issue(case, "inspection_notice", papers.notice(case), actor=actor)
    return case


def _check_in(case: Case, actor: Actor, *, given_code: str, place: str, duties: Collection[str], own: bool) -> None:
    facts = _preparation(case) | {
        "own": own,
        "on_site": case.on_site,
        "may_arrive": case.surprise or case.notified_on is not None,
        "code": case.code,
        "given_code": given_code,
        "duties": set(duties) >= queries.kind_of(case).duties.keys(),
    }
    with _moving(case, "check_in", actor=actor, note=place, **facts):
        _arrive(case, place, actor)


def rush_in(case_id: int, *, place: str, duties: Collection[str], reason: str, actor: Actor) -> Case:
    """Begins an urgent check whose approval follows within the term for it; it does not wait for a joint visit."""
    case = _locked(case_id, actor)
    _leave(case, reason, actor=actor)
    facts = _preparation(case) | {
        "own": _own(case, actor),
        "on_site": case.on_site,
        "reason": reason.strip(),
        "duties": set(duties) >= queries.kind_of(case).duties.keys(),
    }
    with _moving(case, "rush_in", actor=actor, note=reason, **facts):
        case.emergency = True
        _arrive(case, place, actor)
    return case


def _arrive(case: Case, place: str, actor: Actor) -> None:
    case.checked_on = clock.today()
    case.visit = CaseVisit(in_at=clock.now(), in_by=actor.name, in_place=place)


def record_result(
    case_id: int,
    *,
    item_code: str,
    codes: Sequence[str],
    finding: str,
    disposal: str,
    actor: Actor,
    seen_revision: int = 0,
) -> CaseResult:
    """Keeps what was found about one item. Idempotence key: (case, item, content).

    `seen_revision` is the revision that the officer saw: a colleague's newer answer is not overwritten unread.
    """
    case = _locked(case_id, actor)
    if item_code not in {item["code"] for item in case.items}:
        raise NotFound(_("本案没有这个检查事项。"))
    codes = list(dict.fromkeys(codes))
    defect = result_defect(codes, finding, disposal, queries.codes_of(case))
    if defect:
        raise Refusal(defect, field="finding" if codes else "codes")
    content = (codes, finding.strip(), disposal.strip())
    known = next((result for result in case.results if result.item_code == item_code), None)
    if known is not None and (known.codes, known.finding, known.disposal) == content:
        return known
    if known is not None and known.revision != seen_revision:
        raise Refusal(_("%(name)s 刚刚更新了这个事项的结果，请先查看再修改。", name=known.recorded_by), field="codes")
    with _moving(case, "record_result", actor=actor, note=f"{item_code}: {', '.join(codes)}", own=_own(case, actor)):
        return _keep_result(case, item_code, content, actor)


def _keep_result(case: Case, item_code: str, content: tuple[list[str], str, str], actor: Actor) -> CaseResult:
    result = next((result for result in case.results if result.item_code == item_code), None)
    if result is None:
        result = CaseResult(item_code=item_code, revision=0)
        case.results.append(result)
    result.codes, result.finding, result.disposal = content
    result.recorded_by, result.recorded_at = actor.name, clock.now()
    result.revision += 1
    return result


def add_evidence(
    case_id: int, *, file: BinaryIO, name: str, actor: Actor, item_code: str | None = None, note: str | None = None
) -> Evidence:
    """Keeps a photo or paper as it was taken: only untouched bytes have a hash that proves them.

    Idempotence key: (case, hash).
    """
    case = _locked(case_id, actor)
    media_type = media_type_of(file.read(16))
    file.seek(0)
    if media_type is None:
        raise Refusal(_("“%(name)s”不是 JPEG、PNG、WebP 照片或 PDF 文件，未保存。", name=name), field="photos")
    stored = files.store(file, name=name, media_type=media_type, limit=EVIDENCE_LIMIT)
    known = next((piece for piece in case.evidence if piece.file_sha256 == stored.sha256), None)
    if known is not None:
        return known
    with _moving(case, "add_evidence", actor=actor, note=stored.sha256, own=_own(case, actor)):
        piece = Evidence(
            item_code=item_code,
            file_sha256=stored.sha256,
            media_type=media_type,
            size=stored.size,
            note=note,
            added_at=clock.now(),
            added_by=actor.name,
        )
        case.evidence.append(piece)
    return piece


def remove_evidence(case_id: int, *, evidence_id: int, reason: str, actor: Actor) -> None:
    """Takes a piece out of the case before it is handed in; the ledger keeps its hash and the reason."""
    case = _locked(case_id, actor)
    piece = next((piece for piece in case.evidence if piece.id == evidence_id), None)
    if piece is None:
        raise NotFound(_("本案没有这份证据。"))
    facts = {"own": _own(case, actor), "reason": reason.strip()}
    with _moving(case, "remove_evidence", actor=actor, note=f"{piece.file_sha256}: {reason.strip()}", **facts):
        case.evidence.remove(piece)


def order_correction(
    case_id: int, *, violation: str, violated: str, basis: str, demands: str, due_on: date, actor: Actor
) -> Rectification:
    """Orders something to be put right by a day and issues 责令改正通知书. Several lines are several paragraphs."""
    case = _locked(case_id, actor)
    if due_on < clock.today():
        raise Refusal(_("改正期限不得早于今天。"), field="due_on")
    with _moving(case, "order_correction", actor=actor, note=violation, own=_own(case, actor)):
        rectification = Rectification(
            violation=violation,
            violated=violated,
            basis=basis,
            demands=demands,
            ordered_on=clock.today(),
            due_on=due_on,
        )
        case.rectifications.append(rectification)
    rectification.document_id = _issue(case, "rectification_order", papers.order(case, rectification), actor=actor)
    return rectification


def begin_record(case_id: int, *, actor: Actor, place: str | None = None) -> Case:
    """Leaves the place (its clock stops) to put the record in order; a check without a visit begins here.

    Cases of the same visit end with it as far as all their items have an answer.
    """
    case = _locked(case_id, actor)
    if not _went_along(case, "recording"):
        own = _of_the_visit(case, actor)
        _begin_record(case, actor, place, own=own)
        for other in queries.companions(case):
            if other.state == "inspecting" and {item["code"] for item in other.items} <= _answered(other):
                _begin_record(other, actor, place, own=own)
    return case


def _answered(case: Case) -> set[str]:
    return {result.item_code for result in case.results}


def _begin_record(case: Case, actor: Actor, place: str | None, *, own: bool) -> None:
    facts = {"own": own, "on_site": case.on_site, "notice_owed": case.notice_owed}
    with _moving(case, "begin_record", actor=actor, note=place, **facts):
        if case.visit is not None:
            case.visit.out_at, case.visit.out_place = clock.now(), place
        else:
            case.checked_on = clock.today()


def conclude(
    case_id: int,
    *,
    actor: Actor,
    methods: Sequence[str] = (),
    measures: Sequence[str] = (),
    sign_off: SignOff | None = None,
) -> Case:
    """Hands the results in for review, and for a visit makes 现场检查笔录 from them (a changed one is a new edition).

    `sign_off` may be left out when it was given before (the case came back, is corrected, or shared its visit).
    """
    case = _locked(case_id, actor)
    if set(methods) - METHODS.keys() or set(measures) - MEASURES.keys():
        raise Refusal(_("检查方式或后续处置措施不在列表中。"), field="methods")
    known = queries.codes_of(case)
    signed = sign_off or queries.sign_off_of(case)
    ending = exit_code([result.codes for result in case.results], known)
    facts = {
        "own": _own(case, actor),
        "items": {item["code"]: item["name"] for item in case.items},
        "results": {result.item_code: result for result in case.results},
        "known_codes": known,
        "rectifications": len(case.rectifications),
        "made": case.checked_on is not None or ending is not None,
        "on_site": case.on_site,
        "ending": ending,
        "sign_off": signed,
    }
    defect = sign_off_defect(sign_off) if sign_off and case.on_site and not ending else None
    if defect:
        raise Refusal(defect[1], field=defect[0])
    with _moving(case, "conclude", actor=actor, **facts):
        case.methods, case.measures = list(methods), list(measures)
        if signed is not None and case.visit is not None:
            _sign(case.visit, signed)
        _hand_in(case, actor, ending=ending, because=case.ended_because or known[ending].label if ending else None)
    _keep_record(case, actor=actor)
    return case


def terminate(case_id: int, *, code: str, reason: str, actor: Actor) -> Case:
    """Ends a check that cannot be made by a result code that says so; reviewed and published like any other."""
    case = _locked(case_id, actor)
    _leave(case, reason, actor=actor)
    facts = {
        "own": _own(case, actor),
        "ending": queries.codes_of(case).get(code),
        "reason": reason.strip(),
        "on_site": case.on_site,
        "checked_in": case.visit is not None,
    }
    with _moving(case, "terminate", actor=actor, note=reason.strip(), **facts):
        for item in case.items:
            _keep_result(case, item["code"], ([code], reason.strip(), NOTHING), actor)
        if case.visit is not None:
            case.visit.out_at = case.visit.out_at or clock.now()
        _hand_in(case, actor, ending=code, because=reason.strip())
    _keep_record(case, actor=actor)
    return case


def _hand_in(case: Case, actor: Actor, *, ending: str | None, because: str | None) -> None:
    case.concluded_on = case.concluded_on or clock.today()
    case.concluded_by, case.reviewed_by = actor.id, None
    case.ended_by, case.ended_because = ending, because


def _sign(visit: CaseVisit, sign_off: SignOff) -> None:
    visit.present_name, visit.present_position = sign_off.present_name, sign_off.present_position
    visit.told = [
        {"said": said, "answer": answer} for (said, _usual), answer in zip(TOLD, sign_off.answers, strict=True)
    ]
    visit.opinion, visit.signature, visit.read_aloud = sign_off.opinion, sign_off.signature, sign_off.read_aloud
    visit.refusal, visit.witness = sign_off.refusal, sign_off.witness


# ---- S5 to S7: two reviews, release ----------------------------------------------------------------------------------


def pass_review(case_id: int, *, actor: Actor, note: str | None = None) -> Case:
    """The leader's review: somebody else than who handed the results in."""
    case = _locked(case_id, actor)
    facts = {
        "by": actor.id,
        "concluded_by": case.concluded_by,
        "approval_owed": case.approval_owed,
        "notice_owed": case.notice_owed,
    }
    with _moving(case, "pass_review", actor=actor, note=note, **facts):
        case.reviewed_by = actor.id
    return case


def return_for_record(case_id: int, *, reason: str, actor: Actor) -> Case:
    """The reviewer sends the record back."""
    return _send_to_record(case_id, "return_for_record", reason, actor)


def refuse_release(case_id: int, *, reason: str, actor: Actor) -> Case:
    """The publisher sends the record back."""
    return _send_to_record(case_id, "refuse_release", reason, actor)


def _send_to_record(case_id: int, name: str, reason: str, actor: Actor) -> Case:
    case = _locked(case_id, actor)
    with _moving(case, name, actor=actor, note=reason, reason=reason.strip(), made=case.checked_on is not None):
        case.reviewed_by = None
        case.ended_by = case.ended_because = None
    return case


def reopen(case_id: int, *, reason: str, actor: Actor) -> Case:
    """The reviewer or publisher does not agree that a check which was never made has ended: it begins again."""
    case = _locked(case_id, actor)
    with _moving(case, "reopen", actor=actor, note=reason, reason=reason.strip(), made=case.checked_on is not None):
        case.reviewed_by = case.concluded_by = case.concluded_on = None
        case.ended_by = case.ended_because = None
        case.results.clear()
        _forget_approval(case)
    _void_notice(case, reason, actor=actor)
    return case


def release(case_id: int, *, actor: Actor, note: str | None = None) -> Case:
    """Approves the publication of an edition: its facts are frozen and announced; follow-up begins or the case closes.

    Idempotence key: (case, edition).
    """
    case = _locked(case_id, actor)
    facts = {"by": actor.id, "reviewed_by": case.reviewed_by, "concluded_by": case.concluded_by}
    shown = queries.facts_to_release(case)
    with _moving(case, "release", actor=actor, note=note, **facts):
        case.released_edition += 1
        case.releases.append(
            CaseRelease(
                edition=case.released_edition,
                facts=shown,
                concluded_by=case.concluded_by,
                reviewed_by=case.reviewed_by,
                released_by=actor.id,
                released_at=clock.now(),
            )
        )
        _order_measures(case)
    announce(ResultReleased(case_id=case.id, edition=case.released_edition), actor=actor)
    if case.open_follow_up:
        with _moving(case, "order_follow_up", actor=actor, follows=True, open=case.open_follow_up):
            pass
    else:
        _close(case, "无需后续处置", actor=actor, follows=True)
    return case


def correct(case_id: int, *, reason: str, actor: Actor) -> Case:
    """Opens a published result for correction; what was published stays until the new edition passed both reviews."""
    case = _locked(case_id, actor)
    with _moving(case, "correct", actor=actor, note=reason, reason=reason.strip()):
        case.correction_reason = reason.strip()
        case.concluded_on = case.concluded_by = case.reviewed_by = None
        case.closed_on = case.outcome = None
    return case


# ---- S8 and S9: follow-up --------------------------------------------------------------------------------------------


def recheck(
    case_id: int,
    *,
    rectification_id: int,
    outcome: str,
    note: str,
    actor: Actor,
    due_on: date | None = None,
) -> Case:
    """Notes what the re-check found. `extended` needs a new day; `not_corrected` hands the matter over."""
    case = _locked(case_id, actor)
    checked = next((row for row in case.rectifications if row.id == rectification_id), None)
    if checked is None or checked.outcome is not None:
        raise NotFound(_("没有待复查的责令改正。"))
    if outcome == "extended" and (due_on is None or due_on <= clock.today()):
        raise Refusal(_("延长改正期限的，请填写今天之后的新期限。"), field="due_on")
    with _moving(case, "recheck", actor=actor, note=f"{RECTIFICATION_OUTCOMES[outcome]}：{note.strip()}"):
        checked.rechecked_on, checked.outcome, checked.recheck_note = clock.today(), outcome, note.strip()
        if outcome == "extended" and due_on is not None:
            case.rectifications.append(_extended(checked, due_on))
        if outcome == "not_corrected":
            _order_measure(case, "transfer")
    return case


def _extended(checked: Rectification, due_on: date) -> Rectification:
    return Rectification(
        violation=checked.violation,
        violated=checked.violated,
        basis=checked.basis,
        demands=checked.demands,
        ordered_on=clock.today(),
        due_on=due_on,
        document_id=checked.document_id,
    )


def settle(case_id: int, *, follow_up_id: int, outcome: str, actor: Actor) -> Case:
    """Notes the outcome of a follow-up measure."""
    case = _locked(case_id, actor)
    row = next((row for row in case.follow_ups if row.id == follow_up_id), None)
    if row is None or row.outcome is not None:
        raise NotFound(_("没有待办结的后续处置。"))
    if not outcome.strip():
        raise Refusal(_("请填写办结情况。"), field="outcome")
    with _moving(case, "settle", actor=actor, note=f"{MEASURES[row.measure]}：{outcome.strip()}"):
        row.finished_on, row.outcome = clock.today(), outcome.strip()
    return case


def close(case_id: int, *, outcome: str, actor: Actor) -> Case:
    """Closes a case whose follow-up is settled; how it ended decides the final state."""
    case = _locked(case_id, actor)
    if not outcome.strip():
        raise Refusal(_("请填写完结情况。"), field="outcome")
    _close(case, outcome.strip(), actor=actor)
    return case


def _close(case: Case, outcome: str, *, actor: Actor, follows: bool = False) -> None:
    way_out = queries.codes_of(case)[case.ended_by].exit if case.ended_by else None
    facts = {"way_out": way_out, "open": case.open_follow_up}
    with _moving(case, closing_move(way_out), actor=actor, note=outcome, follows=follows, **facts):
        case.closed_on, case.outcome = clock.today(), outcome
    announce(CaseClosed(case_id=case.id), actor=actor)


def _order_measures(case: Case) -> None:
    """What was chosen or set off by the results, unless an earlier edition has ordered it already."""
    ordered = {row.measure for row in case.follow_ups}
    for measure in queries.measures_of(case):
        if measure not in ordered:
            _order_measure(case, measure)


def _order_measure(case: Case, measure: str) -> None:
    if any(row.measure == measure and row.outcome is None for row in case.follow_ups):
        return
    today = clock.today()
    due_on = parameters.term("cases.term.follow_up", today).due_on(today, parameters.calendar())
    case.follow_ups.append(FollowUp(measure=measure, ordered_on=today, due_on=due_on))


# ---- On the way ------------------------------------------------------------------------------------------------------


def reveal_telephone(case_id: int, *, actor: Actor) -> str | None:
    """The whole telephone number of the enterprise, for an officer of the case; the ledger keeps that they asked."""
    case = queries.find(case_id, actor)
    if not _own(case, actor):
        raise NotAllowed(_("只有本案的检查人员可以查看联系电话。"))
    record("cases.reveal_telephone", case, actor=actor)
    return registry.telephone(registry.find(case.enterprise_id), whole=True)


# ---- Papers ----------------------------------------------------------------------------------------------------------


def _issued(case: Case, kind: str) -> list[Any]:
    papers_of_case = document_queries.for_subject("case", case.id)
    return [paper for paper in papers_of_case if paper.kind == kind and paper.state == "issued"]


def _issue(case: Case, kind: str, facts: Mapping[str, Any], *, actor: Actor) -> int:
    drafted = documents.draft(kind, subject=("case", case.id), facts=facts, org_id=case.org_id, actor=actor)
    return documents.issue(drafted.id, actor=actor).id


def _keep_record(case: Case, *, actor: Actor) -> None:
    """现场检查笔录 as the case now stands: the first one, or a new edition if it says something else."""
    if case.visit is None:
        return
    facts = papers.record(case, recorder=actor.name)
    earlier = _issued(case, "inspection_record")
    if earlier:
        documents.issue(documents.revise(earlier[-1].id, facts=facts, actor=actor).id, actor=actor)
    else:
        _issue(case, "inspection_record", facts, actor=actor)


# ---- Reminders -------------------------------------------------------------------------------------------------------


def remind_overdue(*, actor: Actor = SYSTEM) -> int:
    """Notes in a case's history, once for each clock that ran out, that it is overdue; returns how many were noted."""
    return note_overdue(Case, "reminded_for", "cases.remind_overdue", actor=actor)
