"""From a file or a page to the points: what was removed, corrected, repaired, objected to, and acts that go on."""

from datetime import date, timedelta

import pytest

from casework.core import clock, parameters
from casework.core.actor import SYSTEM
from casework.core.db import session
from casework.grading import operations as grading
from casework.grading import queries
from casework.grading.models import Rating
from casework.registry import queries as registry
from casework.registry.models import Enterprise
from tests import make
from tests.make.grading import models, subject


@pytest.fixture
def one(world) -> Enterprise:
    """A company without a blemish, graded."""
    models()
    known = subject()
    grading.run_now(actor=SYSTEM)
    return known


def ago(days: int) -> date:
    return clock.today() - timedelta(days=days)


def brought(source: str, heads: str, *rows: str) -> None:
    """A file of records about somebody, taken in, and the regrade that follows it."""
    batch = make.import_file(source, "\n".join([heads, *rows]) + "\n")
    assert batch.rejected == 0
    grading.regrade_batch(batch.id, clock.today(), actor=SYSTEM)


def points(enterprise: Enterprise) -> dict[str, float]:
    """What counts now: by code of the indicator, as stored and as explained."""
    told = queries.explanation(enterprise.id)
    stored = session.get(Rating, enterprise.id, populate_existing=True)
    assert stored.pts == [line.points for line in told.receipt.lines]
    return {line.indicator.code: line.points / 10 for line in told.receipt.lines if line.points}


LISTING = "统一社会信用代码,列入原因,列入日期,移出日期,撤销日期"
PENALTY = "统一社会信用代码,决定书文号,决定日期,处罚种类,处罚金额,处罚程序,失信程度,违法行为类型,线索编号"


def test_a_removed_listing_is_history_and_a_corrected_one_never_was(one):
    begun, over = ago(400), ago(30)
    brought("abnormal_list", LISTING, f"{one.uscc},无法联系,{begun},,")
    assert points(one) == {"3.01": 320}
    brought("abnormal_list", LISTING, f"{one.uscc},无法联系,{begun},{over},")
    assert points(one) == {"3.02": 40}
    brought("abnormal_list", LISTING, f"{one.uscc},无法联系,{begun},{over},{over}")
    assert points(one) == {}


def test_direct_grades_end_with_their_listing(one):
    heads = "统一社会信用代码,列入决定书文号,列入日期,移出日期"
    brought("serious_list", heads, f"{one.uscc},周市监信〔2026〕1号,{ago(40)},")
    assert session.get(Rating, one.id, populate_existing=True).grade == "D"
    brought("serious_list", heads, f"{one.uscc},周市监信〔2026〕1号,{ago(40)},{ago(0)}")
    assert session.get(Rating, one.id, populate_existing=True).grade == "A"


def test_warnings_and_simple_procedures_do_not_count(one):
    brought(
        "penalties",
        PENALTY,
        f"{one.uscc},周市监罚〔2026〕1号,{ago(20)},警告,,普通程序,,未亮照经营,",
        f"{one.uscc},周市监罚〔2026〕2号,{ago(20)},罚款,500元,简易程序,,未亮照经营,",
        f"{one.uscc},周市监罚〔2026〕3号,{ago(20)},罚款,500元,普通程序,轻微,未亮照经营,",
    )
    assert points(one) == {}


def test_a_repaired_penalty_stops_counting_the_same_day_and_a_contested_one_is_in_doubt(one, as_role):
    brought("penalties", PENALTY, f"{one.uscc},周市监罚〔2026〕1号,{ago(60)},罚款,5万元,普通程序,严重,虚假宣传,")
    assert points(one) == {"3.03": 200}
    session.commit()
    clerk, (penalty,) = as_role("credit"), registry.records(one.id)
    objected = {"on": ago(2).isoformat(), "note": "对事实有异议"}
    assert clerk.post(f"/records/{penalty.id}/object", data=objected).status_code == 303
    grading.regrade(one.id, actor=SYSTEM)
    assert points(one) == {"3.03": 200}
    assert "存疑" in clerk.get(f"/enterprises/{one.id}/grade").text
    told = {"effective_from": clock.today(), "document_no": "试〔2026〕1号", "actor": SYSTEM}
    parameters.set_value("grading.objected", "suspended", **told)
    grading.regrade(one.id, actor=SYSTEM)
    assert points(one) == {}
    (penalty,) = registry.records(one.id)
    upheld = {"on": clock.today().isoformat(), "note": "核实无误"}
    assert clerk.post(f"/records/{penalty.id}/close_objection", data=upheld).status_code == 303
    grading.regrade(one.id, actor=SYSTEM)
    assert points(one) == {"3.03": 200}
    (penalty,) = registry.records(one.id)
    repaired = {"on": clock.today().isoformat(), "note": "已履行义务"}
    assert clerk.post(f"/records/{penalty.id}/repair", data=repaired).status_code == 303
    grading.regrade(one.id, actor=SYSTEM)
    assert points(one) == {}


def test_a_report_that_led_to_a_check_and_a_penalty_counts_once_at_its_highest_stage(one):
    number = "2411602002026000077"
    brought("reports", "统一社会信用代码,举报编号,登记日期,核查结果", f"{one.uscc},{number},{ago(90)},属实")
    assert points(one) == {"5.02": 40}
    brought(
        "spot_checks",
        "统一社会信用代码,检查任务编号,检查日期,检查结果",
        f"{one.uscc},{number},{ago(60)},发现问题已责令改正",
    )
    assert points(one) == {"3.06": 30}
    brought(
        "penalties", PENALTY, f"{one.uscc},周市监罚〔2026〕9号,{ago(20)},罚款,3万元,普通程序,一般,虚假宣传,{number}"
    )
    assert points(one) == {"3.03": 80}
