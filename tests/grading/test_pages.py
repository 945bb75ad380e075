"""The pages of grading: they open for those who may, show only what is in sight, and lead to the records."""

from datetime import timedelta
from urllib.parse import urlsplit

import pytest

from casework.core import clock
from casework.core.actor import SYSTEM
from casework.core.db import session
from casework.core.i18n import speaking
from casework.grading import operations as grading
from casework.grading import queries
from casework.grading.indicators import INDICATORS
from casework.registry import operations as registry
from tests.make.grading import fact_of, models, subject


@pytest.fixture
def city(world) -> dict:
    """Three enterprises in two counties after a run; one of them is on two lists."""
    models()
    today = clock.today()
    known = {"here": subject(org="川汇区一所"), "there": subject(org="淮阳区一所"), "clean": subject(org="川汇区二所")}
    listing = fact_of(known["here"], "abnormal.1", today - timedelta(days=30), document_no="周市监异〔2026〕1号")
    fact_of(known["here"], "abnormal.4", today - timedelta(days=20))
    fact_of(known["here"], "check.1", today - timedelta(days=9))
    fact_of(known["there"], "serious.0", today - timedelta(days=30))
    registry.object_to_record(listing.id, on=today, note="企业提出异议", actor=SYSTEM)
    run = grading.run_now(actor=SYSTEM)
    session.commit()
    return {**known, "run": run}


def test_the_overview_counts_what_is_in_sight(city, as_role):
    page = as_role("credit").get("/grading").text
    assert "川汇区局" in page
    assert "淮阳区局" in page
    county = as_role("county", unit="川汇区局").get("/grading").text
    assert "川汇区一所" in county
    assert "淮阳区" not in county


def test_a_run_tells_who_moved_to_those_who_may_see_them(city, as_role):
    address = f"/grading/runs/{city['run'].id}"
    page = as_role("credit").get(address).text
    assert city["here"].name in page
    assert city["there"].name in page
    assert "首次分类" in page
    county = as_role("county", unit="川汇区局").get(address).text
    assert city["here"].name in county
    assert city["there"].name not in county
    only = as_role("credit").get(f"{address}?before=-&after=D").text
    assert city["there"].name in only
    assert city["here"].name not in only


def test_every_point_leads_to_its_record(city, as_role):
    page = as_role("credit").get(f"/enterprises/{city['here'].id}/grade").text
    assert "当前列入经营异常名录" in page
    assert "周市监异〔2026〕1号" in page
    assert "存疑" in page
    assert "340" in page
    told = queries.explanation(city["here"].id)
    for line in told.receipt.lines:
        for hit in line.hits:
            assert f"/records/{hit.fact.id}" in page or f"={hit.fact.id}" in page
    assert told.receipt.score == 3200 + 400 - 200


def test_the_panel_is_not_for_other_areas_or_posts(city, as_role):
    address = f"/enterprises/{city['here'].id}/grade"
    assert as_role("county", unit="淮阳区局").get(address).status_code == 404
    assert as_role("intake").get(address).status_code == 403


def test_a_run_is_asked_for_once_and_can_be_cancelled_only_while_it_runs(city, as_role):
    visitor = as_role("credit")
    answer = visitor.post("/grading/runs")
    assert answer.status_code == 303
    path = urlsplit(answer.location).path
    assert "分类进度" in visitor.get(path).text
    assert visitor.post("/grading/runs").status_code == 409
    assert visitor.post(f"/grading/runs/{city['run'].id}/cancel").status_code == 409
    assert as_role("inspector").post("/grading/runs").status_code == 403
    assert "查看正在进行的分类" in visitor.get("/grading/runs").text


@pytest.mark.parametrize("locale", ["zh", "en"])
def test_a_model_page_explains_every_indicator(world, as_role, locale):
    models()
    with speaking(locale):
        for model in queries.models():
            content = queries.load(model.id)
            visitor = as_role("inspector")
            with visitor.session_transaction() as cookie:
                cookie["locale"] = locale
            page = visitor.get(f"/grading/models/{model.id}").text
            for indicator in content.indicators:
                assert (indicator.label if locale == "zh" else indicator.label_en) in page
                assert indicator.basis in page
    assert len(INDICATORS) >= len(content.indicators)


def test_the_desk_shows_the_credit_section_where_things_stand(city, as_role):
    page = as_role("credit").get("/desk").text
    assert "最近一次分类" in page
    assert "最近一次分类" not in as_role("inspector", unit="川汇区一所").get("/desk").text


def test_without_results_the_pages_say_what_would_fill_them(world, as_role):
    models()
    visitor = as_role("credit")
    assert "还没有分类结果" in visitor.get("/grading").text
    assert "还没有运行过分类" in visitor.get("/grading/runs").text
    lonely = subject()
    session.commit()
    assert "没有分类结果" in visitor.get(f"/enterprises/{lonely.id}/grade").text


def test_a_receipt_is_for_the_staff_of_the_area_as_a_page_and_as_data(city, as_role):
    address = f"/enterprises/{city['here'].id}/grade/receipt"
    page = as_role("credit").get(address).text
    assert "两种算法的差别" not in page
    assert "一致" in page
    told = as_role("credit").get(f"{address}.json").get_json()
    assert (told["score"], told["grade"], told["agrees_with_stored"]) == (340.0, "B", True)
    assert told["model"]["sha256"] == queries.explanation(city["here"].id).model.sha256
    listed = next(each for each in told["indicators"] if each["key"] == "abnormal")
    assert [each["document_no"] for each in listed["records"]] == ["周市监异〔2026〕1号", None]
    for suffix in ("", ".json"):
        assert as_role("county", unit="淮阳区局").get(address + suffix).status_code == 404
        assert as_role("intake").get(address + suffix).status_code == 403
    assert "还没有这户主体的分类结果" in as_role("credit").get(f"{address}?on=2001-01-01").text
    assert as_role("credit").get(f"{address}.json?on=yesterday").status_code == 409


def test_a_trial_shows_the_grade_without_a_record(city, as_role):
    told = queries.explanation(city["here"].id)
    listing = next(hit.fact.id for line in told.receipt.lines for hit in line.hits if hit.fact.kind == 9)
    page = as_role("credit").get(f"/enterprises/{city['here'].id}/grade/what-if?revoked={listing}").text
    assert "试算结果" in page
    assert "A" in page
    other = as_role("credit").get(f"/enterprises/{city['there'].id}/grade/what-if?revoked={listing}")
    assert other.status_code == 404


def test_two_runs_are_compared_by_where_everybody_went(city, as_role):
    with clock.at(clock.now() + timedelta(days=1)):
        fact_of(city["clean"], "penalty.3", clock.today())
        city["there"].status = "deregistered"
        again = grading.run_now(actor=SYSTEM)
        session.commit()
        assert queries.flow(city["run"], again) == {"AB": 1, "BB": 1, "D-": 1}
        page = as_role("inspector").get("/grading/runs/compare").text
    assert "两次之间 2 户的等级不同" in page
    assert "请选择两次不同" in as_role("inspector").get(f"/grading/runs/compare?one={again.id}&other={again.id}").text
