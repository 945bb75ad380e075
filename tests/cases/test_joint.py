"""综合查一次: cases of one enterprise that are to be checked at about the same time are one visit, and stay themselves."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from casework.cases import operations as cases
from casework.cases import queries
from casework.cases.models import Case
from casework.cases.rules import DUTIES, Item, NewCase
from casework.core import clock
from casework.core.actor import SYSTEM
from casework.core.db import session
from casework.core.errors import Refusal
from casework.core.ledger import history
from casework.documents import queries as documents
from casework.registry import queries as registry
from tests import make
from tests.make import cases as make_cases

FOOD = (Item("B03", "食品经营单位证后监管", "《中华人民共和国食品安全法》第一百一十条", "food"),)
NAMES = (Item("A08", "登记事项检查", "《中华人民共和国市场主体登记管理条例》第三十八条", "registration"),)
DESK = (Item("A09", "公示信息检查", "《企业信息公示暂行条例》第十四条", "registration", on_site=False),)


def pair(first="draw", second="draw", *, apart=0, **more):
    """Two cases of one enterprise, the second opened some days later; the crew of the first."""
    firm = make.enterprise(unit="川汇区局")
    with clock.at(clock.now() - timedelta(days=apart)):
        one = make_cases.case(first, of=firm, items=FOOD, by=make_cases.team())
    other = make_cases.case(second, of=firm, **{"items": NAMES, "by": make_cases.team()} | more)
    session.expire_all()
    return one, other, make_cases.crew(one)


def notices(*of):
    return [
        paper for one in of for paper in documents.for_subject("case", one.id)
        if paper.kind == "inspection_notice" and paper.state == "issued"
    ]  # fmt: skip


def code_in(case):
    session.expire_all()
    return case.code or ""


# ---- Which cases are one visit ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("apart", "more", "joined"),
    [
        (0, {}, True),
        (30, {}, True),
        (31, {}, False),
        (0, {"items": DESK}, False),
        (0, {"second": "trigger"}, True),
        (0, {"org": "淮阳区局"}, False),
    ],
)
def test_a_new_case_joins_one_that_waits_near_enough_and_of_the_same_organ(world, apart, more, joined):
    one, other, _crew = pair(apart=apart, **more)
    assert (one.joint_visit_id is not None) == (other.joint_visit_id is not None) == joined
    assert (queries.companions(one) == [other]) == joined


def test_a_case_that_has_begun_or_is_announced_is_not_joined(world):
    for until in ("notified", "inspecting", "reviewing", "closed"):
        firm = make.enterprise(unit="川汇区局")
        one = make_cases.case("trigger", of=firm, items=FOOD, by=make_cases.team())
        make_cases.walk(one, to=until, crew=make_cases.crew(one))
        other = make_cases.case("draw", of=firm, items=NAMES, by=make_cases.team())
        assert other.joint_visit_id is None, until
        assert not queries.partners([one.id, other.id], ("opened", "awaiting_approval", "approved")), until


def test_a_whole_chunk_of_a_draw_joins_what_waits(world):
    firms = [make.enterprise(unit="川汇区局") for _ in range(6)]
    waiting = [make_cases.case("trigger", of=firm, items=FOOD, by=()) for firm in firms[:3]]
    team = [officer.officer_id for officer in make_cases.team()]
    drawn = make_cases.origin(items=NAMES)
    unit_id = make.unit("川汇区局").id
    cases.open_many(drawn, [NewCase(firm.id, unit_id, team) for firm in firms], actor=SYSTEM)
    session.expire_all()
    opened = session.scalars(select(Case).where(Case.origin_id == drawn.id, Case.origin_kind == "draw")).all()
    assert len(opened) == 6, "nobody who was drawn is dropped"
    assert {case.enterprise_id for case in opened if case.joint_visit_id} == {firm.id for firm in firms[:3]}
    assert all(case.joint_visit_id for case in waiting)
    assert len({case.joint_visit_id for case in waiting}) == 3


# ---- One visit, two cases --------------------------------------------------------------------------------------------


def test_one_approval_one_notice_one_check_in_and_two_results(world):
    one, other, crew = pair()
    seats = one.officer_ids, other.officer_ids
    cases.submit(one.id, actor=crew["member"])
    cases.submit(other.id, actor=crew["member"])  # ticked in the same list: it went along
    cases.approve(one.id, actor=crew["approver"])
    session.expire_all()
    assert (one.state, other.state) == ("approved", "approved")
    [notice] = notices(one, other)
    assert [item["name"] for item in notice.facts["items"]] == [FOOD[0].name, NAMES[0].name]
    assert notice.facts["task_number"] == f"{one.number}、{other.number}"
    assert len(notice.facts["officers"]) == 4, "who was drawn for each"
    cases.notify(other.id, actor=crew["member"])
    cases.check_in(one.id, given_code=code_in(one), place="门店", duties=DUTIES, actor=crew["member"])
    session.expire_all()
    assert (one.state, other.state) == ("inspecting", "inspecting")
    assert (one.visit.in_at.date(), one.visit.in_place) == (other.visit.in_at.date(), other.visit.in_place)
    assert (one.officer_ids, other.officer_ids) == seats

    own = make_cases.officers_of(other)[1]
    with pytest.raises(Refusal, match="只有本案"):
        make_cases.record_all(other, by=crew["member"])
    make_cases.record_all(one, by=crew["member"])
    cases.begin_record(one.id, place="门店", actor=crew["member"])
    session.expire_all()
    assert (one.state, other.state) == ("recording", "inspecting"), "the other has no answers yet"
    make_cases.record_all(other, by=own, codes=("D",), finding="悬挂他人执照")
    cases.begin_record(other.id, place="门店", actor=own)
    cases.conclude(one.id, methods=["on_site"], sign_off=make_cases.SIGNED, actor=crew["member"])
    cases.conclude(other.id, methods=["on_site"], actor=own)  # the party has signed once
    for case in (one, other):
        make_cases.walk(case, to="closed" if case is one else "releasing", crew=crew)
    cases.release(other.id, actor=crew["publisher"])
    facts = [queries.result_facts(case.id) for case in (one, other)]
    assert [item["code"] for fact in facts for item in fact["items"]] == ["B03", "A08"]
    assert facts[0]["task"] != facts[1]["task"], "each result is published under its own draw"


def test_a_joint_visit_counts_once_for_the_cap(world):
    one, other, crew = pair()
    make_cases.walk(one, to="inspecting", crew=crew)
    assert queries.visits([one.enterprise_id], clock.today().year) == {one.enterprise_id: 1}
    later = make_cases.case("draw", of=registry.find(one.enterprise_id), items=FOOD, by=make_cases.team())
    assert later.joint_visit_id is None
    assert (queries.visits_of(later).count, queries.visits_of(one).count, queries.visits_of(other).count) == (1, 0, 0)


def test_a_check_without_officers_is_made_by_those_who_were_drawn(world):
    one, other, _crew = pair("draw", "trigger", by=(), items=FOOD)
    assert other.officer_ids == one.officer_ids
    one, other, _crew = pair("draw", "trigger", by=(), items=(Item("C11", "特种设备", "法", "equipment"),))
    assert other.officer_ids == [], "they are not certified for it"
    assert one.joint_visit_id == other.joint_visit_id


# ---- What cannot come along is parted, and the rest goes on ----------------------------------------------------------


def test_what_is_not_ready_leaves_the_visit_and_says_why(world):
    one, other, crew = pair("draw", "trigger", by=(), items=(Item("C11", "特种设备", "法", "equipment"),))
    cases.submit(one.id, actor=crew["member"])
    session.expire_all()
    assert (one.state, other.state) == ("awaiting_approval", "opened")
    assert (one.joint_visit_id, other.joint_visit_id) == (None, None)
    assert "不得少于" in history("case", other.id)[0].note


def test_who_approves_a_visit_approves_what_nobody_submitted_by_itself(world):
    firm = make.enterprise(unit="川汇区局")
    one = make_cases.case("trigger", of=firm, items=FOOD, by=make_cases.team())
    crew = make_cases.crew(one)
    cases.submit(one.id, actor=crew["member"])
    other = make_cases.case("draw", of=firm, items=NAMES, by=make_cases.team())
    session.expire_all()
    assert (one.state, other.state, other.joint_visit_id) == ("awaiting_approval", "opened", one.joint_visit_id)
    cases.approve(one.id, actor=crew["approver"])
    session.expire_all()
    assert other.state == "approved"
    assert len(notices(one, other)) == 1


def test_sent_back_is_the_whole_visit_and_put_off_is_one_case(world):
    one, other, crew = pair()
    cases.submit(one.id, actor=crew["member"])
    cases.send_back(other.id, reason="时间不合适", actor=crew["approver"])
    session.expire_all()
    assert (one.state, other.state) == ("opened", "opened")
    cases.submit(one.id, actor=crew["member"])
    cases.approve(one.id, actor=crew["approver"])
    cases.suspend(one.id, until=clock.today() + timedelta(days=9), reason="停业整修", actor=crew["approver"])
    session.expire_all()
    assert (one.state, other.state, other.joint_visit_id) == ("suspended", "approved", None)
    [notice] = notices(one, other)
    assert notice.subject_id == other.id
    assert [item["name"] for item in notice.facts["items"]] == [NAMES[0].name]
    cases.resume(one.id, actor=crew["approver"])
    assert one.joint_visit_id is None, "the other is approved; it is offered, not pulled back by itself"
    cases.join(one.id, actor=crew["approver"])
    session.expire_all()
    assert (one.state, other.state) == ("opened", "awaiting_approval")
    assert one.joint_visit_id == other.joint_visit_id is not None
    assert notices(one, other) == [], "it is approved anew, as one"


def test_an_urgent_check_does_not_wait_for_the_visit(world):
    one, other, _crew = pair("draw", "trigger")
    officer = make_cases.officers_of(other)[0]
    cases.rush_in(other.id, place="门店", duties=DUTIES, reason="险情", actor=officer)
    session.expire_all()
    assert (one.state, one.joint_visit_id, other.state) == ("opened", None, "inspecting")


def test_who_does_not_see_all_of_a_visit_does_not_decide_about_it(world):
    one, other, crew = pair(line="registration")
    cases.submit(one.id, actor=crew["member"])
    section = make.actor("deputy", lines=("food",))
    with pytest.raises(Refusal, match="业务范围"):
        cases.approve(one.id, actor=section)
    cases.approve(one.id, actor=crew["approver"])
    session.expire_all()
    assert other.state == "approved"


# ---- The cap ---------------------------------------------------------------------------------------------------------


def test_the_cap_stops_scheduled_visits_and_a_triggered_one_takes_them_along(world):
    firm = make.enterprise(unit="川汇区局")
    for _visit in range(2):
        made = make_cases.case("trigger", of=firm, items=FOOD, by=make_cases.team())
        make_cases.walk(made, to="closed", crew=make_cases.crew(made))
    assert queries.visits([firm.id], clock.today().year) == {firm.id: 2}, "whatever the source"
    drawn = make_cases.case("draw", of=firm, items=NAMES, by=make_cases.team())
    crew = make_cases.crew(drawn)
    cases.submit(drawn.id, actor=crew["member"])
    with pytest.raises(Refusal, match="不再安排"):
        cases.approve(drawn.id, actor=crew["approver"], override_reason="仍要检查")
    triggered = make_cases.case("trigger", of=firm, items=FOOD, by=make_cases.team())
    session.expire_all()
    assert triggered.joint_visit_id == drawn.joint_visit_id is not None
    with pytest.raises(Refusal, match="超上限"):
        cases.approve(drawn.id, actor=crew["approver"])
    cases.approve(drawn.id, actor=crew["approver"], override_reason="投诉集中，须现场核实")
    session.expire_all()
    assert drawn.state == triggered.state == "approved"
    cases.notify(drawn.id, actor=crew["member"])
    cases.check_in(drawn.id, given_code=code_in(drawn), place="门店", duties=DUTIES, actor=crew["member"])
    assert queries.visits([firm.id], clock.today().year) == {firm.id: 3}, "it is counted, though it may exceed"


# ---- Pages -----------------------------------------------------------------------------------------------------------


def test_pages_show_the_visit_and_offer_to_join_and_part(as_role):
    one, other, crew = pair()
    deputy = as_role("deputy")
    page = deputy.get(f"/cases/{one.id}").text
    assert other.number in page
    assert "综合查一次" in page
    assert "一次上门" in deputy.get("/cases").text
    assert deputy.post(f"/cases/{one.id}/separate", data={"reason": ""}).status_code == 422
    assert deputy.post(f"/cases/{one.id}/separate", data={"reason": "事项性质不同"}).status_code == 303
    assert "综合查一次" not in deputy.get(f"/cases/{one.id}").text
    assert other.number in deputy.get(f"/cases/{one.id}/join").text
    assert deputy.post(f"/cases/{one.id}/join").status_code == 303
    cases.submit(one.id, actor=crew["member"])
    assert "一并批准" in deputy.get(f"/cases/{one.id}/approve").text
