"""Every verb of a case with arguments that fit, and the way into every state."""

from collections.abc import Callable
from datetime import timedelta
from io import BytesIO
from typing import Any

from sqlalchemy import update

from casework.cases import operations as cases
from casework.cases.models import Case
from casework.cases.rules import DUTIES
from casework.core import clock
from casework.core.db import session
from casework.registry import queries as registry
from tests import make
from tests.make import cases as make_cases
from tests.make.cases import SIGNED

PHOTO = b"\xff\xd8\xff\xe0" + b"photo" * 10


def waiting(rows: Any) -> int:
    """The first ordered correction or measure without an outcome."""
    return next((row.id for row in rows if row.outcome is None), 0)


def join_another(case: Case, crew: dict[str, Any]) -> Case:
    """One more check of the enterprise is ordered, and the case is joined with it."""
    make_cases.case("trigger", of=registry.find(case.enterprise_id), by=make_cases.team())
    return cases.join(case.id, actor=crew["approver"])


VERBS: dict[str, Callable[..., Any]] = {
    "assign": lambda case, crew: cases.assign(case.id, officer_ids=case.officer_ids, actor=crew["approver"]),
    "replace_officer": lambda case, crew: cases.replace_officer(
        case.id, leaves=case.officer_ids[0], joins=make.officer().id, reason="回避", actor=crew["approver"]
    ),
    "submit": lambda case, crew: cases.submit(case.id, actor=crew["member"]),
    "approve": lambda case, crew, surprise="": cases.approve(case.id, surprise=bool(surprise), actor=crew["approver"]),
    "send_back": lambda case, crew: cases.send_back(case.id, reason="事项不明", actor=crew["approver"]),
    "notify": lambda case, crew: cases.notify(case.id, actor=crew["member"]),
    "check_in": lambda case, crew: cases.check_in(
        case.id, given_code=case.code or "", place="门店", duties=DUTIES, actor=crew["member"]
    ),
    "rush_in": lambda case, crew: cases.rush_in(
        case.id, place="门店", duties=DUTIES, reason="险情", actor=crew["member"]
    ),
    "approve_afterwards": lambda case, crew: cases.approve_afterwards(case.id, actor=crew["approver"]),
    "record_result": lambda case, crew, code="L": make_cases.record_all(
        case, by=crew["member"], codes=(code,), finding=f"标签脱落，第{len(case.results)}次"
    ),
    "add_evidence": lambda case, crew: cases.add_evidence(
        case.id, file=BytesIO(PHOTO + case.state.encode()), name="1.jpg", actor=crew["member"]
    ),
    "remove_evidence": lambda case, crew: cases.remove_evidence(
        case.id, evidence_id=case.evidence[0].id if case.evidence else 0, reason="拍错", actor=crew["member"]
    ),
    "order_correction": lambda case, crew: make_cases.order_correction(case, by=crew["member"]),
    "begin_record": lambda case, crew: cases.begin_record(case.id, place="门店", actor=crew["member"]),
    "conclude": lambda case, crew: cases.conclude(
        case.id, methods=["on_site"], sign_off=SIGNED if case.visit else None, actor=crew["member"]
    ),
    "terminate": lambda case, crew, code="9": cases.terminate(case.id, code=code, reason="核实", actor=crew["member"]),
    "pass_review": lambda case, crew: cases.pass_review(case.id, actor=crew["reviewer"]),
    "return_for_record": lambda case, crew: cases.return_for_record(case.id, reason="缺照片", actor=crew["reviewer"]),
    "reopen": lambda case, crew: cases.reopen(
        case.id, reason="企业仍存续", actor=crew["publisher" if case.state == "releasing" else "reviewer"]
    ),
    "release": lambda case, crew: cases.release(case.id, actor=crew["publisher"]),
    "refuse_release": lambda case, crew: cases.refuse_release(case.id, reason="不清", actor=crew["publisher"]),
    "recheck": lambda case, crew: cases.recheck(
        case.id, rectification_id=waiting(case.rectifications), outcome="corrected", note="已改", actor=crew["member"]
    ),
    "settle": lambda case, crew: cases.settle(
        case.id, follow_up_id=waiting(case.follow_ups), outcome="已抄告", actor=crew["member"]
    ),
    "close": lambda case, crew: cases.close(case.id, outcome="已办结", actor=crew["member"]),
    "correct": lambda case, crew: cases.correct(case.id, reason="结果录错", actor=crew["member"]),
    "join": lambda case, crew: join_another(case, crew),
    "separate": lambda case, crew: cases.separate(case.id, reason="事项性质不同", actor=crew["approver"]),
    "suspend": lambda case, crew: cases.suspend(
        case.id, until=clock.today() + timedelta(days=5), reason="汛情", actor=crew["approver"]
    ),
    "resume": lambda case, crew: cases.resume(case.id, actor=crew["approver"]),
}


def begin(*steps: str, kind: str = "trigger", **more: Any) -> tuple[Case, dict[str, Any]]:
    """A new case and its crew, after some steps (`verb` or `verb:argument`)."""
    case = make_cases.case(kind, **more)
    crew = make_cases.crew(case)
    return take(case, crew, *steps), crew


def take(case: Case, crew: dict[str, Any], *steps: str) -> Case:
    for step in steps:
        verb, _colon, argument = step.partition(":")
        VERBS[verb](case, crew, *filter(None, [argument]))
    return case


APPROVED = ("submit", "approve", "notify")
VISITED = (*APPROVED, "check_in")
HANDED_IN = (*VISITED, "begin_record", "record_result", "conclude")
TO_RELEASE = ("pass_review", "release")

REACH: dict[str, tuple[str, ...]] = {
    "opened": (),
    "awaiting_approval": ("submit",),
    "approved": APPROVED,
    "inspecting": VISITED,
    "recording": (*VISITED, "begin_record"),
    "reviewing": HANDED_IN,
    "releasing": (*HANDED_IN, "pass_review"),
    "published": (*HANDED_IN, "pass_review"),
    "following_up": (*VISITED, "record_result:5", "begin_record", "conclude", *TO_RELEASE),
    "closed": (*HANDED_IN, *TO_RELEASE),
    "suspended": ("suspend",),
    "gone": ("terminate:9", *TO_RELEASE),
    "shut_down": (*VISITED, "terminate:7", *TO_RELEASE),
    "inactive": (*VISITED, "terminate:F", *TO_RELEASE),
    "unreachable": (*VISITED, "terminate:6", *TO_RELEASE, "settle", "close"),
}


def reach(state: str) -> tuple[Case, dict[str, Any]]:
    case, crew = begin(*REACH[state])
    if state == "published":  # passed through within one release; put there by hand
        session.execute(update(Case).where(Case.id == case.id).values(state=state, released_edition=1))
        session.refresh(case)
    assert case.state == state
    return case, crew
