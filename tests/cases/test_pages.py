"""The pages: a case walked through by clicking, each page in each state, and nobody sees a foreign case."""

import re
from collections.abc import Callable
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from flask import current_app
from flask.testing import FlaskClient
from sqlalchemy import select

from casework.cases import operations as cases
from casework.cases import queries
from casework.cases.models import Case
from casework.cases.rules import DUTIES, STANDARD
from casework.core import clock
from casework.core.actor import Actor
from casework.core.db import session
from casework.core.ledger import AuditEntry
from casework.registry.models import Enterprise
from casework.registry.sources._sealing import Seal
from tests import make
from tests.cases.steps import HANDED_IN, PHOTO, REACH, begin, reach, take
from tests.make import cases as make_cases

OPINION = {
    "present_name": "钱在场",
    "present_position": "店长",
    "answer_1": "看清楚了。",
    "answer_2": "不申请回避。",
    "opinion": "无",
    "signature": "signed",
    "methods": ["on_site"],
}


@pytest.fixture
def sign_in(world: Any) -> Callable[[Actor], FlaskClient]:
    """A client signed in as somebody known."""

    def as_person(person: Actor) -> FlaskClient:
        visitor: FlaskClient = world.test_client()
        with visitor.session_transaction() as cookie:
            cookie.update(account=person.id, epoch=1, seen=2**40, locale="zh")
        return visitor

    return as_person


def again(case: Case) -> Case:
    session.expire_all()
    return session.get_one(Case, case.id)


def test_a_case_is_clicked_through_from_opening_to_archive(sign_in):
    case = make_cases.case("draw")
    crew = make_cases.crew(case)
    member, approver = sign_in(crew["member"]), sign_in(crew["approver"])
    at = f"/cases/{case.id}"
    assert "提交全部 1 件待报任务审批" in member.get("/cases/mine").text
    assert member.post("/cases/submit", data={"case_ids": [case.id]}).status_code == 303
    assert "批准所选案件" in approver.get("/cases/approvals").text
    assert "符合条件" in approver.get(f"{at}/approve").text
    assert approver.post("/cases/approve", data={"case_ids": [case.id]}).status_code == 303
    assert member.post(f"{at}/notify", data={"note": "当面送达，店长钱在场签收"}).status_code == 303
    code = again(case).code or ""
    found = member.get("/cases/check-in", query_string={"code": f"{code[:5]}-{code[5:].lower()}"})
    assert found.location == f"/cases/check-in/{code}"
    refused = member.post(found.location, data={"place": "门店", "duties": ["rights"]})
    assert refused.status_code == 422
    assert "逐项确认" in refused.text
    assert member.post(found.location, data={"place": "门店", "duties": list(DUTIES)}).status_code == 303
    wrong = member.post(f"{at}/items/1", data={"codes": ["1", "6"], "finding": "无", "disposal": "无"})
    assert wrong.status_code == 422
    assert "不能与其他结果同时选择" in wrong.text
    photo = (BytesIO(PHOTO), "1.jpg")
    fine = {"codes": ["1"], "finding": "无", "disposal": "无", "photos": photo}
    assert member.post(f"{at}/items/1", data=fine).location == f"{at}/items/2"
    assert (
        member.post(f"{at}/items/2", data={**fine, "photos": (BytesIO(PHOTO + b"2"), "2.jpg")}).location
        == f"{at}/visit"
    )
    assert "签退" in member.get(f"{at}/visit").text
    assert member.post(f"{at}/begin-record", data={"place": "门店"}).status_code == 303
    assert "核对并提交审核" in member.get(f"{at}/conclude").text
    assert member.post(f"{at}/conclude", data=OPINION).status_code == 303
    piece = again(case).evidence[0]
    assert member.get(f"{at}/evidence/{piece.id}").data == PHOTO
    reviewer, publisher = sign_in(crew["reviewer"]), sign_in(crew["publisher"])
    assert "本环节须由他人办理" not in reviewer.get(f"{at}/review").text
    assert reviewer.post(f"{at}/pass-review", data={}).status_code == 303
    shown = publisher.get(f"{at}/release").text
    assert "公众将看到" in shown
    assert publisher.post(f"{at}/release", data={"note": "同意"}).status_code == 303
    assert again(case).state == "closed"
    assert "已完结" in member.get(at).text
    assert "同意" in member.get(at).text


PAGES = (
    *("", "/visit", "/items/1", "/evidence", "/order-correction", "/approve", "/approve-afterwards", "/conclude"),
    *(
        "/terminate",
        "/review",
        "/release",
        "/follow-up",
        "/correct",
        "/suspend",
        "/assign",
        "/replace-officer",
        "/code",
    ),
    "/rush-in",
)


@pytest.mark.parametrize("state", REACH)
def test_every_page_answers_in_every_state(sign_in, state):
    """With the page, or with the sentence that says why not; never with an error."""
    case, crew = reach(state)
    for person in crew.values():
        visitor = sign_in(person)
        for page in PAGES:
            answer = visitor.get(f"/cases/{case.id}{page}")
            assert answer.status_code in (200, 403, 404, 409), f"{page} for {person.roles}: {answer.status_code}"
        assert visitor.get(f"/cases/{case.id}").status_code == visitor.get(f"/cases?state={state}").status_code == 200


def test_a_verb_is_open_to_whom_the_table_names(world):
    permissions: dict[str, set[str | None]] = {}
    for move in STANDARD.moves:
        permissions.setdefault(f"cases.{move.name}", set()).add(move.permission)
    pages = {name: view for name, view in world.view_functions.items() if name in permissions}
    assert len(pages) > 20
    for name, view in pages.items():
        assert view.audience in permissions[name], name


def test_papers_and_photos_are_added_and_nothing_is_not(sign_in):
    case, crew = begin("rush_in")
    member, page = sign_in(crew["member"]), f"/cases/{case.id}/evidence"
    assert "请选择照片或文件" in member.post(page, data={"note": ""}).text
    assert "不是 JPEG" in member.post(page, data={"photos": (BytesIO(b"<html>"), "a.jpg")}).text
    sent = {
        "photos": (BytesIO(PHOTO), "a.jpg"),
        "papers": (BytesIO(b"%PDF-1.7 x"), "台账.pdf"),
        "note": "进货台账第3页",
    }
    assert member.post(page, data=sent).status_code == 303
    assert [piece.media_type for piece in again(case).evidence] == ["image/jpeg", "application/pdf"]
    removal = f"{page}/{again(case).evidence[0].id}/remove"
    assert member.post(removal, data={"reason": ""}).status_code == 422
    assert member.post(removal, data={"reason": "拍到无关人员"}).status_code == 303
    assert [piece.media_type for piece in again(case).evidence] == ["application/pdf"]


def test_whoever_works_on_sees_why_it_came_back(sign_in):
    case, crew = begin(*HANDED_IN, "return_for_record")
    member = sign_in(crew["member"])
    for page in ("", "/visit", "/conclude"):
        assert "缺照片" in member.get(f"/cases/{case.id}{page}").text
    take(case, crew, "conclude")
    assert "退回</p>" not in member.get(f"/cases/{case.id}/visit").text


def test_a_refused_move_says_why_on_its_own_page(sign_in):
    case = make_cases.case("draw", by=(make_cases.inspector(role="leader"),))
    leader = sign_in(make_cases.officers_of(case)[0])
    answer = leader.post(f"/cases/{case.id}/submit")
    assert answer.status_code == 422
    assert "不得少于 2 名" in answer.text


@pytest.mark.parametrize("role", ["county", "leader", "inspector", "intake", "supervisor"])
def test_nobody_sees_the_cases_of_another_county(as_role, role):
    case = make_cases.case("draw", org="川汇区局", of=make.enterprise(name="川汇甲乙丙丁商行", unit="川汇区局"))
    number, link = case.number, f'href="/cases/{case.id}"'
    own = as_role(role, unit="川汇区局")
    foreign = as_role(role, unit="淮阳区一所")
    assert link in own.get(f"/cases?q={number}").text
    for address in (
        "/cases",
        "/cases?q=甲乙丙丁",
        f"/cases?q={number}",
        "/cases?state=opened",
        f"/cases/of-enterprise/{case.enterprise_id}",
    ):
        page = foreign.get(address)
        assert link not in page.text
        assert page.status_code == 200
    for page in ("", *PAGES[1:], "/code", "/items/1", "/evidence/1"):
        assert foreign.get(f"/cases/{case.id}{page}").status_code in (403, 404), page
    for verb in ("submit", "approve", "terminate", "pass-review", "release", "close", "telephone"):
        assert foreign.post(f"/cases/{case.id}/{verb}").status_code in (403, 404, 422), verb
    assert again(case).state == "opened"


def test_an_officer_from_elsewhere_has_the_case_they_were_drawn_for_with_its_papers(sign_in, as_role):
    guest, case = make_cases.inspector(org="淮阳区局"), make_cases.case("draw")
    crew = make_cases.crew(case)
    cases.replace_officer(
        case.id, leaves=case.officer_ids[1], joins=guest.officer_id, reason="调换", actor=crew["approver"]
    )
    make_cases.walk(case, to="approved", crew=crew | {"member": guest})
    visitor, stranger = sign_in(guest), as_role("inspector", unit="淮阳区局")
    assert case.number in visitor.get("/cases/mine").text
    assert case.number not in visitor.get("/cases").text
    papers = re.findall(r'href="(/documents/\d+(?:/print)?)"', visitor.get(f"/cases/{case.id}").text)
    assert len(papers) == 2
    for address in papers:
        assert visitor.get(address).status_code == 200
        assert stranger.get(address).status_code == 404
    cases.replace_officer(
        case.id, leaves=guest.officer_id, joins=make_cases.inspector().officer_id, reason="回避", actor=crew["approver"]
    )
    assert visitor.get(papers[0]).status_code == visitor.get(f"/cases/{case.id}").status_code == 404


def test_the_grade_is_shown_to_those_only_who_may_read_grades(as_role):
    case = make_cases.case("draw")
    assert "信用风险等级" in as_role("leader", unit="川汇区局").get(f"/cases/{case.id}").text
    assert "信用风险等级" not in as_role("intake", unit="川汇区局").get(f"/cases/{case.id}").text


def test_the_docket_pages_through_everything_once(as_role):
    numbers = {make_cases.case("draw").number for _ in range(5)}
    seen, token = [], None
    for _page in range(3):
        found = queries.docket(make.actor("county", unit="川汇区局"), size=2, after=token)
        seen += [row.number for row in found.rows]
        token = found.older
    assert set(seen) == numbers
    assert len(seen) == len(numbers)


def test_filters_of_the_docket_narrow_it(world):
    clerk = make.actor("county", unit="川汇区局")
    leader = make_cases.inspector(role="leader")
    mine = make_cases.case("trigger", by=(leader, make_cases.inspector()))
    late = make_cases.case("draw", due_on=clock.today())
    done = make_cases.case("draw")
    make_cases.walk(done, to="closed", crew=make_cases.crew(done))

    def found(**filters: Any) -> set[int]:
        return {row.id for row in queries.docket(clerk, **filters).rows}

    assert found() == {mine.id, late.id}
    assert found(state="ended") == found(state="closed") == {done.id}
    assert found(kind="triggered") == {mine.id}
    assert found(due="today") == {late.id}
    assert found(officer=leader.name) == set()
    assert found(officer=queries.team(mine)[0].officer.name) == {mine.id}
    assert found(q=mine.number[-6:]) == {mine.id}
    assert found(origin_kind="draw", origin_id=late.origin_id) == {late.id}
    assert found(org_id=make.unit("川汇区一所").id) == set()


def test_an_approver_sees_what_the_rules_ask_and_approves_what_is_sound(sign_in):
    sound = make_cases.case("draw")
    crew = make_cases.crew(sound)
    short = (make_cases.inspector(role="leader"), make_cases.inspector(valid_until=clock.today()))
    doubtful = make_cases.case("draw", by=short)
    for case in (sound, doubtful):
        make_cases.walk(case, to="awaiting_approval", crew=make_cases.crew(case))
    approver = sign_in(crew["approver"])
    with clock.at(clock.now() + timedelta(days=1)):
        page = approver.get("/cases/approvals").text
        boxes = dict(re.findall(r'value="(\d+)" aria-label="[^"]*"( checked)?>', page))
        assert boxes == {str(sound.id): " checked", str(doubtful.id): ""}
        assert "到期" in page
        ids = [sound.id, doubtful.id]
        told = approver.post("/cases/approve", data={"case_ids": ids}, follow_redirects=True).text
    assert (again(sound).state, again(doubtful).state) == ("approved", "awaiting_approval")
    assert "1 件已批准" in told
    assert doubtful.number in told


def test_the_telephone_is_masked_until_an_officer_of_the_case_asks(sign_in):
    case = make_cases.case("draw")
    member = make_cases.officers_of(case)[1]
    enterprise = session.get_one(Enterprise, case.enterprise_id)
    enterprise.phone_sealed = Seal(current_app.config["CASEWORK"].secret_key).seal("13803940001")
    assert "138****0001" in sign_in(member).get(f"/cases/{case.id}/visit").text
    assert "13803940001" in sign_in(member).post(f"/cases/{case.id}/telephone").text
    assert sign_in(make_cases.inspector()).post(f"/cases/{case.id}/telephone").status_code == 403
    asked = session.scalars(select(AuditEntry.actor_id).where(AuditEntry.action == "cases.reveal_telephone")).all()
    assert asked == [member.id]


def test_the_desk_says_what_waits(sign_in):
    case = make_cases.case("draw")
    crew = make_cases.crew(case)
    make_cases.walk(case, to="awaiting_approval", crew=crew)
    assert re.search(
        r"待我审批</span>.*?<b class=\"num\">1</b>", sign_in(crew["approver"]).get("/cases/desk-panel").text, re.DOTALL
    )
    assert re.search(
        rf"等您办理</h2>.*?{case.number} · 待审批.*?/cases/{case.id}/approve\"", sign_in(crew["approver"]).get("/desk").text, re.DOTALL
    )
    waits = sign_in(crew["member"]).get("/desk").text
    assert re.search(rf"您在等别人办理</h2>.*?{case.number} · 待审批.*?等待：审批人批准", waits, re.DOTALL)
    assert case.number not in sign_in(make_cases.inspector(org="淮阳区局")).get("/desk").text
