"""Adjustments lie over the computed grade for a while, by two people, and end by themselves."""

from datetime import timedelta
from io import BytesIO

import pytest

from casework.core import clock
from casework.core.actor import SYSTEM
from casework.core.db import session
from casework.core.errors import NotAllowed, Refusal
from casework.grading import operations as grading
from casework.grading import queries
from casework.grading.models import Rating
from casework.registry.models import CurrentGrade
from tests import make
from tests.make.grading import adjustment, fact_of, models, subject


@pytest.fixture
def graded(world):
    models()
    one = subject(org="川汇区一所")
    grading.run_now(actor=SYSTEM)
    return one


def in_force(enterprise) -> str:
    return session.get(CurrentGrade, enterprise.id, populate_existing=True).grade


def test_an_adjustment_holds_from_day_to_day_and_leaves_the_result_alone(graded):
    today = clock.today()
    known = adjustment(graded, starts_on=today + timedelta(days=2), ends_on=today + timedelta(days=9))
    assert in_force(graded) == "A"
    with pytest.raises(NotAllowed):
        grading.approve_adjustment(known.id, actor=make.actor("credit"))
    grading.approve_adjustment(known.id, actor=make.actor("deputy"))
    assert in_force(graded) == "A"
    held = {}
    for days in (1, 2, 8, 9, 10):
        with clock.at(clock.now() + timedelta(days=days)):
            for _twice in range(2):
                grading.settle_adjustments(actor=SYSTEM)
            held[days] = in_force(graded)
    assert held == {1: "A", 2: "C", 8: "C", 9: "A", 10: "A"}
    assert known.state == "ended"
    assert session.get(Rating, graded.id).grade == "A"


def test_a_new_result_does_not_push_an_adjustment_aside(graded):
    grading.approve_adjustment(adjustment(graded, "D").id, actor=make.actor("deputy"))
    fact_of(graded, "abnormal.1", clock.today())
    grading.regrade(graded.id, actor=SYSTEM)
    assert (session.get(Rating, graded.id, populate_existing=True).grade, in_force(graded)) == ("B", "D")
    grading.lift_adjustment(queries.open_adjustment(graded.id).id, actor=make.actor("deputy"))
    assert in_force(graded) == "B"


def test_a_better_grade_is_for_the_head_and_never_for_the_proposer(graded):
    fact_of(graded, "abnormal.1", clock.today())
    grading.regrade(graded.id, actor=SYSTEM)
    proposer = make.actor("director")
    known = adjustment(graded, "A", actor=proposer)
    with pytest.raises(Refusal, match="提出人"):
        grading.approve_adjustment(known.id, actor=proposer)
    with pytest.raises(Refusal, match="局长"):
        grading.approve_adjustment(known.id, actor=make.actor("deputy"))
    grading.approve_adjustment(known.id, actor=make.actor("director"))
    assert in_force(graded) == "A"
    with pytest.raises(Refusal, match="已有"):
        adjustment(graded, "D")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"grade": "A"}, "相同"),
        ({"starts_on": -1}, "不能早于今天"),
        ({"ends_on": 0}, "不超过 183 日"),
        ({"ends_on": 184}, "不超过 183 日"),
    ],
)
def test_what_makes_no_sense_is_refused(graded, changes, words):
    given = {
        name: clock.today() + timedelta(days=value) if isinstance(value, int) else value
        for name, value in changes.items()
    }
    with pytest.raises(Refusal, match=words):
        adjustment(graded, **given)


def test_the_pages_of_an_adjustment(graded, as_role):
    today = clock.today()
    session.commit()
    clerk, head = as_role("credit"), as_role("deputy")
    address = f"/enterprises/{graded.id}/grade/adjust"
    assert "拟调等级" in clerk.get(address).text
    typed = {
        "grade": "C",
        "reason": "群众反映强烈",
        "document_no": "周市监〔2026〕9号",
        "starts_on": today.isoformat(),
        "ends_on": (today + timedelta(days=30)).isoformat(),
    }
    assert "请选择依据材料" in clerk.post(address, data=typed).text
    answer = clerk.post(address, data={**typed, "evidence": (BytesIO(b"minutes"), "纪要.txt")})
    page = answer.location
    assert "撤回" in clerk.get(page).text
    assert clerk.get(f"{page}/evidence").data == b"minutes"
    assert as_role("county", unit="淮阳区局").get(page).status_code == 404
    assert graded.name in head.get("/grading/adjustments?state=proposed").text
    assert head.post(f"{page}/approve").status_code == 303
    assert "自动失效" in clerk.get(f"/enterprises/{graded.id}/grade").text
    assert head.post(f"{page}/lift").status_code == 303
    assert head.post(f"{page}/lift").status_code == 409
