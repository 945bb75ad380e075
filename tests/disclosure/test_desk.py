"""The staff's pages of publications: lists with their clock, one publication, and who may do what to it."""

from datetime import timedelta

import pytest

from casework.cases.models import Case
from casework.core import clock
from casework.core.db import session
from casework.disclosure import operations as disclosure
from casework.disclosure import queries
from tests import make
from tests.make import cases as make_cases
from tests.make import disclosure as make_disclosure


def test_what_waits_for_release_shows_its_clock_and_when_it_is_overdue(world, as_role):
    case = make_cases.case("trigger", by=make_cases.team())
    make_cases.walk(case, to="releasing", crew=make_cases.crew(case))
    deputy = as_role("deputy")
    page = deputy.get("/publications?state=releasing").text
    assert case.number in page
    assert "还剩 20 个工作日" in page
    with clock.at(clock.now() + timedelta(days=60)):
        later = as_role("deputy")
        assert "已逾期" in later.get("/publications?state=releasing").text
        assert "公示已逾期" in later.get("/desk").text


def test_every_state_has_its_list(world, as_role):
    in_force = make_disclosure.published()
    old = make_disclosure.published(codes=("D",), finding="台账不实")
    make_disclosure.correct(old, codes=("1",))
    gone = make_disclosure.published()
    disclosure.ask_withdrawal(gone.id, reason="查错对象", actor=make_cases.person("deputy"))
    reader = as_role("credit")
    assert gone.number in reader.get("/publications?state=asked").text
    disclosure.withdraw(gone.id, actor=make_cases.person("deputy"))
    for state, number in (("published", in_force.number), ("corrected", old.number), ("withdrawn", gone.number)):
        assert number in reader.get(f"/publications?state={state}").text
    assert gone.number not in reader.get("/publications").text
    assert in_force.number in reader.get("/publications?q=测试").text
    assert in_force.number not in as_role("county", unit="淮阳区局").get("/publications").text


def test_two_people_take_a_publication_back_on_the_pages(world, as_role):
    publication = make_disclosure.published()
    first, second = as_role("credit"), as_role("deputy")
    address = f"/publications/{publication.id}"
    assert first.post(f"{address}/ask-withdrawal", data={"ground": "短"}).status_code == 422
    assert first.post(f"{address}/ask-withdrawal", data={"ground": "检查对象认定有误"}).status_code == 303
    assert "须由另一名有权限的人员审批" in first.get(address).text
    assert first.post(f"{address}/withdraw").status_code == 409
    assert "批准撤回" in second.get(address).text
    assert second.post(f"{address}/refuse-withdrawal", data={"note": ""}).status_code == 422
    assert second.post(f"{address}/withdraw").status_code == 303
    assert "检查对象认定有误" in second.get(address).text


def test_a_correction_sends_the_case_back_and_the_edition_stays_until_the_next(world, as_role):
    publication = make_disclosure.published()
    address = f"/publications/{publication.id}/correct"
    assert as_role("credit").post(address, data={"reason": "录入有误，请更正"}).status_code == 403
    leader = as_role("leader")
    assert leader.post(address, data={"reason": "短"}).status_code == 422
    assert leader.post(address, data={"reason": "录入有误，请更正"}).status_code == 303
    assert session.get_one(Case, publication.subject_id).state == "recording"
    assert queries.find(publication.id, make.actor("credit")).state == "published"
    again = leader.post(address, data={"reason": "再申请一次更正"})
    assert (again.status_code, "不能办理" in again.text) == (422, True)


@pytest.mark.parametrize(("role", "status"), [("supervisor", 200), ("inspector", 403), ("intake", 403)])
def test_only_those_who_may_read_publications_see_them(world, as_role, role, status):
    publication = make_disclosure.published()
    reader = as_role(role)
    assert reader.get("/publications").status_code == status
    assert reader.get(f"/publications/{publication.id}").status_code == status


def test_the_page_of_an_enterprise_lists_its_publications(world, as_role):
    publication = make_disclosure.published()
    page = as_role("credit").get(f"/publications/of/{publication.enterprise_id}").text
    assert publication.number in page
    assert as_role("county", unit="淮阳区局").get(f"/publications/of/{publication.enterprise_id}").status_code == 404
