"""The pages of the warning room: list, one alert and its verbs, catalogue, areas and industries, panels, scope."""

import pytest
from sqlalchemy import select

from casework.core import clock
from casework.core.actor import SYSTEM
from casework.core.db import session
from casework.warning import operations as warning
from casework.warning.models import Alert
from casework.warning.rules import ALERT, Firms
from casework.warning.signals import SIGNALS
from casework.warning.views import VERBS
from tests import make
from tests.make import cases as make_cases
from tests.make import sampling as make_sampling
from tests.make import warning as make_warning


def signed_in(world, actor):
    """A client for somebody who exists."""
    visitor = world.test_client()
    with visitor.session_transaction() as cookie:
        cookie.update(account=actor.id, epoch=1, seen=2**40, locale="zh")
    return visitor


def test_the_list_says_how_grave_in_words_and_why(as_role):
    subject = make.enterprise(name="周口市川汇区好又多食品有限公司")
    alert = make_warning.alert("B", "D", of=subject)
    page = as_role("credit").get("/alerts?level=red").text
    assert alert.number in page
    assert "红色" in page
    assert "信用风险等级由 B 升为 D" in page
    assert alert.number not in as_role("credit").get("/alerts?level=yellow").text
    assert alert.number in as_role("credit").get("/alerts?q=好又多").text


@pytest.mark.parametrize("state", ALERT.state_names)
def test_every_page_of_every_verb_opens_where_the_table_knows_it(world, state):
    who = make_warning.bureau()
    alert = make_warning.walked(state, who)
    head = signed_in(world, who["head"])
    assert head.get(f"/alerts/{alert.id}").status_code == 200
    known = {move.name for move in ALERT.moves_from(state)}
    for verb in VERBS:
        answer = head.get(f"/alerts/{alert.id}/{verb}")
        assert answer.status_code == (200 if verb in known else 409), verb


def test_buttons_lead_through_an_alert(world):
    who = make_warning.bureau()
    alert = make_warning.alert()
    steps = [
        (who["head"], "dispatch", {"org_id": make.unit("川汇区一所").id}),
        (who["office"], "report_check", {"finding": "电话核实，正常经营"}),
        (who["head"], "dispose", {"measures": ["remind", "interview"], "note": "已约谈负责人"}),
        (who["reviewer"], "close", {}),
    ]
    for person, verb, data in steps:
        visitor = signed_in(world, person)
        assert f"/alerts/{alert.id}/{verb}" in visitor.get(f"/alerts/{alert.id}").text
        assert visitor.post(f"/alerts/{alert.id}/{verb}", data=data).status_code == 303
    session.refresh(alert)
    assert (alert.state, alert.measures) == ("closed", ["remind", "interview"])
    assert "约谈" in signed_in(world, who["head"]).get(f"/alerts/{alert.id}").text


def test_a_refused_form_says_what_is_wrong(world):
    who = make_warning.bureau()
    alert = make_warning.walked("disposing", who)
    head = signed_in(world, who["head"])
    answer = head.post(f"/alerts/{alert.id}/dispose", data={"measures": ["none", "remind"], "note": "已提醒"})
    assert answer.status_code == 422
    assert "不能与其他措施同时选择" in answer.text
    data = {"enterprise_ids": alert.enterprise_ids, "item_codes": [make_sampling.item().code], "reason": "核实情况"}
    assert head.post(f"/alerts/{alert.id}/open_check", data=data).status_code == 422
    officers = [officer.officer_id for officer in make_cases.team()]
    assert head.post(f"/alerts/{alert.id}/open_check", data=data | {"officer_ids": officers}).status_code == 303


def test_other_areas_and_other_posts_see_nothing(world, as_role):
    alert = make_warning.alert()
    stranger = as_role("county", unit="淮阳区局")
    assert alert.number not in stranger.get("/alerts").text
    assert alert.number not in stranger.get("/desk").text
    assert {stranger.get(f"/alerts/{alert.id}{path}").status_code for path in ("", "/dispatch")} == {404}
    assert stranger.post(f"/alerts/{alert.id}/dismiss", data={"reason": "误报"}).status_code == 404
    assert as_role("inspector", unit="川汇区局").get("/alerts").status_code == 403
    assert as_role("legal").post(f"/alerts/{alert.id}/dismiss", data={"reason": "误报"}).status_code == 403


def test_the_catalogue_shows_every_signal_with_threshold_and_examples(as_role):
    page = as_role("line").get("/alerts/signals").text
    for signal in SIGNALS.values():
        assert signal.label in page
        assert signal.basis in page
        for example in signal.examples:
            assert example.label.replace("%%", "%") in page


def test_the_overview_shows_areas_and_suppresses_small_groups(as_role):
    assert "还没有统计" in as_role("credit").get("/alerts/overview").text
    make_warning.firms(Firms(40, grade="A", columns={"unit": "川汇区一所", "industry_section": "H"}))
    make_warning.firms(Firms(9, grade="D", columns={"unit": "淮阳区局", "industry_section": "F"}))
    warning.count_risks(clock.today())
    page = as_role("credit").get("/alerts/overview").text
    assert "<svg" in page
    assert "n = 49" in page
    assert "样本不足" in page
    assert "住宿和餐饮业" in page
    own = as_role("county", unit="淮阳区局").get(f"/alerts/overview?area_id={make.unit('川汇区局').id}").text
    assert "川汇区局" not in own
    assert "住宿和餐饮业" not in own


def test_panels_speak_only_when_there_is_something(world, as_role):
    who = make_warning.bureau()
    assert "风险预警</h2>" not in as_role("credit").get("/desk").text
    alert = make_warning.alert()
    assert alert.number in signed_in(world, who["head"]).get("/desk").text
    shown = as_role("credit").get(f"/enterprises/{alert.enterprise_ids[0]}").text
    assert alert.number in shown
    assert "不改变信用风险等级" in shown


def test_a_group_alert_leads_to_its_industry_not_to_a_check(world):
    who = make_warning.bureau()
    example = next(one for one in SIGNALS["deregistration_surge"].examples if one.level == "orange")
    make_warning.world(example)
    warning.scan(actor=SYSTEM)
    alert = session.scalars(select(Alert).where(Alert.signal == "deregistration_surge")).one()
    for step in ("checking", "disposing"):
        make_warning.STEPS[step](alert, who)
    head = signed_in(world, who["head"])
    page = head.get(f"/alerts/{alert.id}").text
    assert "section=F" in page
    assert f"/alerts/{alert.id}/feed_campaign" in page
    assert f"/alerts/{alert.id}/open_check" not in page
    answer = head.post(f"/alerts/{alert.id}/feed_campaign", data={"item_codes": [make_sampling.item().code]})
    assert answer.status_code == 303
    session.refresh(alert)
    assert f"/campaigns/{alert.campaign_id}" in head.get(f"/alerts/{alert.id}").text
