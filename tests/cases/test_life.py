"""A case lives: every verb in every state, every move of the table made once, what the guards hold back, papers."""

from dataclasses import replace
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from sqlalchemy import func, select

from casework.cases import operations as cases
from casework.cases import queries
from casework.cases.kinds import KINDS
from casework.cases.models import Case
from casework.cases.rules import DUTIES, EXITS, Item
from casework.core import clock
from casework.core.actor import SYSTEM
from casework.core.db import savepoint, session
from casework.core.errors import Refusal
from casework.core.ledger import AuditEntry, OutboxMessage
from casework.documents import queries as documents
from tests import make
from tests.cases.steps import APPROVED, HANDED_IN, PHOTO, TO_RELEASE, VERBS, VISITED, begin, reach, take
from tests.make import cases as make_cases
from tests.make.cases import SIGNED

WORKFLOW = KINDS["triggered"].workflow

# ---- Every pair of state and verb ------------------------------------------------------------------------------------


def trace(case: Case) -> tuple[Any, ...]:
    """Everything that a verb could have changed."""
    session.flush()
    session.expire(case)
    counts = (session.scalar(select(func.count()).select_from(table)) for table in (AuditEntry, OutboxMessage))
    return (*(getattr(case, name) for name, _column in Case.__mapper__.columns.items()), *counts)


def test_the_verbs_are_those_of_the_table():
    closings = {f"close_as_{way.name}" for way in EXITS}
    assert {move.name for move in WORKFLOW.moves} == VERBS.keys() | {"order_follow_up"} | closings


@pytest.mark.parametrize("state", WORKFLOW.state_names)
def test_what_the_table_does_not_know_is_refused_and_leaves_no_trace(world, state):
    case, crew = reach(state)
    before = trace(case)
    known = {move.name.partition("_as_")[0] for move in WORKFLOW.moves_from(state)}
    for verb in VERBS.keys() - known:
        with pytest.raises(Refusal), savepoint():
            take(case, crew, verb)
        assert trace(case) == before, f"{verb} in {state}"


BEFORE_THE_VISIT = ("submit", "replace_officer", "send_back", "submit", "approve", "replace_officer", "notify")
EVIDENCE = ("add_evidence", "remove_evidence", "add_evidence")
ORDERS = ("order_correction", "order_correction")
CORRECTED = ("correct", "conclude", *TO_RELEASE)

SCENARIOS: dict[str, tuple[str, ...]] = {
    "by the book": (
        *("assign", "replace_officer", *BEFORE_THE_VISIT),
        *("check_in", "replace_officer", *EVIDENCE, "record_result", *ORDERS),
        *("begin_record", "replace_officer", *EVIDENCE, "record_result", *ORDERS, "recheck"),
        *("conclude", "return_for_record", "conclude", "recheck"),
        *("pass_review", "refuse_release", "conclude", "pass_review", "recheck", "release"),
        *("recheck", "close", *CORRECTED),
    ),
    "put off": ("suspend", "resume", "submit", "suspend", "resume", "submit", "approve", "suspend", "resume"),
    "one visit, and parted again": (
        *("join", "separate", "submit", "join", "separate", "approve", "join", "approve", "separate", "notify"),
    ),
    "urgent, approved at the review": (
        *("rush_in", "record_result", "begin_record", "conclude", "approve_afterwards", "notify", *TO_RELEASE),
    ),
    "surprise, shut down": ("submit", "approve:surprise", "check_in", "notify", "terminate:7", *TO_RELEASE, *CORRECTED),
    "urgent, then unreachable": (
        *("rush_in", "approve_afterwards", "notify", "begin_record", "terminate:F", *TO_RELEASE),
        *("correct", "record_result:6", "conclude", *TO_RELEASE, "settle", "close", *CORRECTED),
    ),
    "never made": (
        *("terminate", "reopen", "submit", "terminate", "pass_review", "reopen", "submit", "approve", "terminate"),
        *(*TO_RELEASE, *CORRECTED),
    ),
    "off site": ("submit", "approve", "notify", "begin_record", "record_result", "conclude", *TO_RELEASE),
} | {
    f"urgent, approved later, corrected to {code}": (
        *("submit", "rush_in", "begin_record", "approve_afterwards", "notify", "record_result:5", "conclude"),
        *(*TO_RELEASE, "correct", f"record_result:{code}", "conclude", *TO_RELEASE, "settle", "close"),
    )
    for code in ("7", "F", "9")
}
DESK = tuple(replace(item, on_site=False) for item in make_cases.ITEMS)


def test_every_move_of_the_table_is_made(world):
    for name, steps in SCENARIOS.items():
        begin(*steps, **({"items": DESK} if name == "off site" else {}))
    entries = session.execute(
        select(AuditEntry.action, AuditEntry.before).where(AuditEntry.subject_kind == "case")
    ).all()
    made = {(action.removeprefix("cases."), before["state"]) for action, before in entries if before}
    assert made == {(move.name, source) for move in WORKFLOW.moves for source in move.sources}


# ---- What the guards hold back ---------------------------------------------------------------------------------------


def refused(case: Case, crew: dict[str, Any], step: str) -> str:
    with pytest.raises(Refusal) as refusal, savepoint():
        take(case, crew, step)
    session.refresh(case)
    return str(refusal.value)


def test_the_two_reviews_are_made_by_two_others(world):
    case, crew = begin(*HANDED_IN)
    assert "权限" in refused(case, {**crew, "reviewer": crew["member"]}, "pass_review")
    both = {"cases.review", "cases.publish"}
    member, reviewer = (replace(crew[who], permissions=crew[who].permissions | both) for who in ("member", "reviewer"))
    assert "审核人" in refused(case, {**crew, "reviewer": member}, "pass_review")
    take(case, crew, "pass_review")
    for person in (member, reviewer):
        assert "公示审批人" in refused(case, {**crew, "publisher": person}, "release")
    take(case, crew, "release")
    release = case.releases[0]
    assert len({release.concluded_by, release.reviewed_by, release.released_by}) == 3


def test_only_the_own_officers_work_on_a_case(world):
    case, crew = begin(*APPROVED)
    stranger = make_cases.inspector()
    assert "只有本案" in refused(case, {**crew, "member": stranger}, "check_in")
    case, crew = begin(*VISITED)
    cases.replace_officer(
        case.id, leaves=case.officer_ids[1], joins=make.officer().id, reason="回避", actor=crew["approver"]
    )
    assert "只有本案" in refused(case, crew, "record_result")


def test_a_certificate_that_ends_before_the_visit_stops_it(world):
    today = clock.today()
    short = make_cases.inspector(valid_until=today)
    case, crew = begin(*APPROVED, by=(make_cases.inspector(role="leader"), short))
    with clock.at(clock.now() + timedelta(days=1)):
        assert "到期" in refused(case, {**crew, "member": crew["leader"]}, "check_in")
    take(case, crew, "check_in")


def test_special_equipment_is_not_submitted_without_the_special_qualification(world):
    items = (Item("C11", "特种设备使用单位监督检查", "《特种设备安全法》第五十七条", "equipment"),)
    ordinary, special = {"lines": ("equipment",)}, {"lines": ("equipment",), "qualifications": ("equipment",)}
    leader = make_cases.inspector(role="leader", **special)
    case, crew = begin(items=items, by=(leader, make_cases.inspector(**ordinary)))
    assert "特种设备安全监察员" in refused(case, crew, "submit")
    case, crew = begin(items=items, by=(leader, make_cases.inspector(**special)))
    take(case, crew, "submit")


def test_the_annual_cap_counts_visits_made_and_approved_by_the_same_organ(world):
    enterprise = make.enterprise()
    for steps in (HANDED_IN, APPROVED):
        begin(*steps, kind="draw", of=enterprise)
    case, crew = begin("submit", kind="draw", of=enterprise)
    assert "不再安排" in refused(case, crew, "approve")
    case, crew = begin("submit", of=enterprise)
    assert "超上限" in refused(case, crew, "approve")
    cases.approve(case.id, override_reason="群众举报食品过期", actor=crew["approver"])
    other, crew = begin("submit", kind="draw", of=enterprise, org="市局")
    take(other, crew, "approve")
    off_site, crew = begin("submit", kind="draw", of=enterprise, items=DESK)
    take(off_site, crew, "approve")
    assert queries.visits([enterprise.id], clock.today().year) == {enterprise.id: 1}


def test_no_check_in_without_its_code_its_notice_and_the_told_rights(world):
    case, crew = begin("submit", "approve")
    assert "通知书" in refused(case, crew, "check_in")
    take(case, crew, "notify")
    arrival = {"place": "门店", "actor": crew["member"]}
    for given_code, duties in (("WRONG", DUTIES), (case.code, ["certificates", "purpose"])):
        with pytest.raises(Refusal), savepoint():
            cases.check_in(case.id, given_code=given_code, duties=duties, **arrival)
    cases.check_in(case.id, given_code=case.code, duties=DUTIES, **arrival)
    assert case.visit.in_place == "门店"


def test_a_record_is_handed_in_complete_or_not_at_all(world):
    case, crew = begin(*VISITED, "begin_record")
    assert "2 个事项" in refused(case, crew, "conclude")
    take(case, crew, "record_result:E")
    assert "责令改正通知书" in refused(case, crew, "conclude")
    take(case, crew, "order_correction")
    with pytest.raises(Refusal, match="现场人员"), savepoint():
        cases.conclude(case.id, methods=["on_site"], sign_off=replace(SIGNED, present_name=None), actor=crew["member"])
    with pytest.raises(Refusal, match="拒签"), savepoint():
        cases.conclude(case.id, sign_off=replace(SIGNED, signature="refused"), actor=crew["member"])
    unwilling = replace(SIGNED, signature="refused", refusal="称须请示总部", witness="社区网格员 吴某")
    cases.conclude(case.id, methods=["on_site"], sign_off=unwilling, actor=crew["member"])
    assert case.state == "reviewing"


def test_an_urgent_check_is_not_reviewed_before_it_is_approved(world):
    case, crew = begin("rush_in", "begin_record", "record_result", "conclude")
    assert "补办审批" in refused(case, crew, "pass_review")
    assert [row.id for row in queries.to_approve(crew["approver"]).rows] == [case.id]
    take(case, crew, "approve_afterwards")
    assert "送达" in refused(case, crew, "pass_review")
    take(case, crew, "notify", "pass_review")


def test_two_officers_do_not_overwrite_each_other_unread(world):
    case, crew = begin(*VISITED)
    answer = {"item_code": "A08", "finding": "无", "disposal": "无"}
    cases.record_result(case.id, codes=["1"], actor=crew["leader"], **answer)
    again = cases.record_result(case.id, codes=["1"], actor=crew["leader"], **answer)
    assert again.revision == 1
    with pytest.raises(Refusal, match=crew["leader"].name), savepoint():
        cases.record_result(case.id, codes=["6"], actor=crew["member"], **answer)
    assert cases.record_result(case.id, codes=["6"], seen_revision=1, actor=crew["member"], **answer).revision == 2


def test_a_correction_is_a_new_edition_and_the_old_one_stays(world):
    case, crew = begin(*HANDED_IN, *TO_RELEASE)
    before = queries.result_facts(case.id)
    take(case, crew, "correct", "record_result:5")
    assert queries.result_facts(case.id) == before
    take(case, crew, "conclude", *TO_RELEASE)
    after = queries.result_facts(case.id)
    assert (before["edition"], after["edition"]) == (1, 2)
    assert after["correction_reason"]
    assert queries.result_facts(case.id, 1) == before
    told = session.scalars(select(OutboxMessage.payload).where(OutboxMessage.name == "cases.ResultReleased")).all()
    assert told == [{"case_id": case.id, "edition": 1}, {"case_id": case.id, "edition": 2}]


def test_what_the_public_sees_names_no_officer_and_no_source(world):
    case, crew = begin(*HANDED_IN, *TO_RELEASE, source="complaint")
    facts = queries.result_facts(case.id)
    shown = str(facts)
    assert facts["type"] == "检查"
    assert facts["task"] is None
    assert not any(secret in shown for secret in ("投诉", "举报", crew["member"].name, crew["leader"].name, "标签脱落"))
    assert facts["klass"] == 10


def test_papers_come_with_the_moves(world):
    case, crew = begin(*VISITED, "record_result", "order_correction", "begin_record", "conclude")
    issued = [(paper.kind, paper.state) for paper in documents.for_subject("case", case.id)]
    assert issued == [
        ("inspection_notice", "issued"),
        ("rectification_order", "issued"),
        ("inspection_record", "issued"),
    ]
    take(case, crew, "return_for_record", "conclude")
    assert len(documents.for_subject("case", case.id)) == 3
    take(case, crew, "return_for_record", "record_result:3", "conclude")
    records = [paper for paper in documents.for_subject("case", case.id) if paper.kind == "inspection_record"]
    assert [(paper.edition, paper.state) for paper in records] == [(1, "superseded"), (2, "issued")]


def test_a_surprise_check_is_announced_on_arrival(world):
    case, crew = begin("submit", "approve:surprise")
    assert documents.for_subject("case", case.id) == []
    take(case, crew, "check_in")
    assert [paper.kind for paper in documents.for_subject("case", case.id)] == ["inspection_notice"]
    assert "送达" in refused(case, crew, "begin_record")


def test_a_failed_recheck_goes_on(world):
    case, crew = begin(*VISITED, "record_result:E", "order_correction", "begin_record", "conclude", *TO_RELEASE)
    order = case.rectifications[0]
    later = clock.today() + timedelta(days=10)
    cases.recheck(
        case.id, rectification_id=order.id, outcome="extended", note="待到货", due_on=later, actor=crew["member"]
    )
    assert case.due_on == later
    again = case.rectifications[1]
    cases.recheck(case.id, rectification_id=again.id, outcome="not_corrected", note="未改", actor=crew["member"])
    assert [row.measure for row in case.follow_ups] == ["transfer"]
    assert "没有办结" in refused(case, crew, "close")
    take(case, crew, "settle", "close")
    assert (case.state, case.due_on, case.outcome) == ("closed", None, "已办结")


def test_the_same_photo_is_kept_once_and_a_false_one_not_at_all(world):
    case, crew = begin(*VISITED)
    kept = [
        cases.add_evidence(case.id, file=BytesIO(PHOTO), name=name, actor=crew["member"]) for name in ("1.jpg", "2.png")
    ]
    assert kept[0] is kept[1]
    assert kept[0].media_type == "image/jpeg"
    with pytest.raises(Refusal, match="evil"):
        cases.add_evidence(case.id, file=BytesIO(b"MZ" + PHOTO), name="evil.jpg", actor=crew["member"])


def test_overdue_cases_are_reminded_of_once(world):
    case, crew = begin()
    with clock.at(clock.now() + timedelta(days=100)):
        assert cases.remind_overdue(actor=SYSTEM) == 1
        assert cases.remind_overdue(actor=SYSTEM) == 0
        take(case, crew, "submit")
        assert cases.remind_overdue(actor=SYSTEM) == 0
    with clock.at(clock.now() + timedelta(days=200)):
        assert cases.remind_overdue(actor=SYSTEM) == 1
