"""Models travel as files, are tried before they count, and every mistake in a file is named by its place."""

from dataclasses import replace
from datetime import date, timedelta
from io import BytesIO

import pytest
import yaml
from hypothesis import given, settings

from casework.core import clock
from casework.core.actor import SYSTEM
from casework.core.db import session
from casework.core.errors import Invalid, NotAllowed, Refusal
from casework.grading import model_files, queries
from casework.grading import operations as grading
from casework.grading.indicators import INDICATORS
from casework.grading.models import Rating
from casework.grading.rules import default_model
from casework.registry.rules import SUBJECT_CLASSES
from tests import make
from tests.grading.test_engine import THRESHOLDS, random_models
from tests.make.grading import draft, fact_of, models, simulation, subject

SHIPPED = model_files.write(
    model_files.ModelFile(default_model("company", INDICATORS.values()), date(2026, 1, 1), "试〔2026〕1号")
)


@pytest.mark.parametrize("subject_class", SUBJECT_CLASSES)
def test_a_shipped_model_comes_back_from_its_file_as_it_was(subject_class):
    model = default_model(subject_class, INDICATORS.values())
    content = model_files.ModelFile(model, date(2026, 1, 1), "试〔2026〕1号")
    read = model_files.read(model_files.write(content), thresholds=THRESHOLDS)
    assert read == content
    assert queries.fingerprint_of(read.model.to_data()) == queries.fingerprint_of(model.to_data())


def _spoilt(**changes):
    data = yaml.safe_load(SHIPPED)
    for place, value in changes.items():
        *path, last = [int(step) if step.isdigit() else step for step in place.split("__")]
        part = data
        for step in path:
            part = part[step]
        part[last] = value
    return yaml.safe_dump(data, allow_unicode=True)


@pytest.mark.parametrize(
    ("changes", "place", "words"),
    [
        ({"colour": "red"}, "colour", "没有名为“colour”的字段"),
        ({"indicators__0__points": 5}, "indicators.1.points", "没有名为“points”的字段"),
        ({"indicators__0__rule__bands": [[365, 30], [300, 15]]}, "indicators.1.rule.bands", "重叠"),
        ({"indicators__0__rule__above": 0.25}, "indicators.1.rule.above", "一位小数"),
        ({"indicators__0__key": "unpaid_capital"}, "indicators", "重复"),
        ({"indicators__0__rule__kind": "guess"}, "indicators.1.rule.kind", "计算方法"),
        ({"indicators__33__rule__limits": [[99, 3, 20], [90, 5, 50]]}, "indicators.34.rule.limits", "重叠"),
        ({"indicators__33__rule__limits": [[100, 3, 20]]}, "indicators.34.rule.limits", "1 至 99"),
        ({"indicators__33__rule__limits": [{"percent": 90, "points": 1}]}, "indicators.34.rule.limits", "at_least"),
        ({"indicators__33__rule__sizes": [100, 10]}, "indicators.34.rule.sizes", "重叠"),
        ({"indicators__5__rule__records": ["change.99"]}, "indicators.6.rule.records", "change.99"),
        ({"thresholds": {"B": 500, "C": 200, "D": 750}}, "thresholds", "重叠"),
        ({"groups__0__cap": 20}, "indicators.1", "超过上限"),
        ({"indicators": []}, "indicators", "至少要有一个指标"),
        ({"effective_from": "soon"}, "effective_from", "日期"),
        (
            {
                "attention": [
                    {
                        "industry": "H62",
                        "grade": "C",
                        "document_no": "x",
                        "starts_on": "2026-05-01",
                        "until": "2026-04-01",
                    }
                ]
            },
            "attention.1.until",
            "晚于",
        ),
        ({"title": None}, "title", "请填写文字"),
    ],
)
def test_every_mistake_is_named_by_its_place(changes, place, words):
    with pytest.raises(Invalid) as refused:
        model_files.read(_spoilt(**changes), thresholds=THRESHOLDS)
    told = [line for line in refused.value.errors["file"] if line.startswith(f"{place}：")]
    assert any(words in line for line in told), refused.value.errors


def test_a_grade_that_nobody_can_reach_is_a_mistake():
    data = yaml.safe_load(SHIPPED)
    data["indicators"] = [each for each in data["indicators"] if each["group"] == "social"]
    data["groups"] = [{"key": "social", "cap": 100}]
    with pytest.raises(Invalid, match="3 处") as refused:
        model_files.read(yaml.safe_dump(data), thresholds=THRESHOLDS)
    assert "达不到 D 级的 750 分" in refused.value.errors["file"][3]


@pytest.mark.parametrize("text", ["a: [", "- 1", "", b"\xff\xfe"])
def test_what_is_no_model_is_refused_in_words(text):
    with pytest.raises(Refusal):
        model_files.read(text, thresholds=THRESHOLDS)


@settings(max_examples=40, deadline=None)
@given(random_models)
def test_whatever_is_written_is_read_as_it_was_or_refused_in_words(model):
    known = replace(
        model,
        indicators=tuple(
            replace(each, key=f"x{number}", code=f"0.{number}") for number, each in enumerate(model.indicators)
        ),
    )
    content = model_files.ModelFile(known, date(2026, 1, 1), "文号")
    try:
        read = model_files.read(model_files.write(content), thresholds=THRESHOLDS).model
    except Invalid as found:
        refused = found.errors["file"]
        read = known
    else:
        refused = []
    assert all("：" in line for line in refused[1:])
    assert read.to_data() == known.to_data()


def test_a_draft_is_tried_on_everybody_and_moves_nobody(world):
    models()
    here, fined = subject(org="川汇区一所", industry_section="C"), subject(org="淮阳区一所", industry_section="H")
    subject(subject_class="individual")
    fact_of(fined, "penalty.3", clock.today() - timedelta(days=3))
    grading.run_now(actor=SYSTEM)
    tried = simulation()
    assert (tried.looked_at, tried.moves) == (2, {"AB": 1, "BB": 1})
    assert sorted(tried.industries.items()) == [("C", {"AB": 1}), ("H", {"BB": 1})]
    assert sorted(map(str, tried.areas.values())) == ["Counter({'AB': 1})", "Counter({'BB': 1})"]
    (row,) = queries.simulated_moves(tried, make.actor("credit")).rows
    move = row.SimulatedMove
    assert (move.enterprise_id, move.before, move.after, move.reason, move.change) == (here.id, "A", "B", "age", 800)
    assert session.get(Rating, here.id).grade == "A"
    before = tried.finished_at
    grading.carry_out_simulation(tried.id, actor=SYSTEM)
    assert tried.finished_at == before


def test_the_life_of_a_model(world, as_role):
    models()
    young = subject()
    session.commit()
    clerk, head = as_role("credit"), as_role("deputy")
    page = clerk.post("/grading/models/new", data={"file": (b"", "")})
    assert page.status_code == 422
    text = clerk.get(f"/grading/models/{queries.basis(clock.today()).models['company'][0]}.yaml").text
    same = clerk.post("/grading/models/new", data={"file": (BytesIO(text.encode()), "模型.yaml")})
    assert "完全相同" in same.text
    wrong = clerk.post("/grading/models/new", data={"file": (BytesIO(text.replace("cap: 80", "cap: 8").encode()), "m")})
    assert "超过上限 8 分" in wrong.text
    known = draft()
    session.commit()
    address = f"/grading/models/{known.id}"
    assert "尚未启用" in clerk.get(address).text
    assert as_role("inspector").post(f"{address}/simulations").status_code == 403
    assert head.post(f"{address}/activate").status_code == 409
    assert clerk.post(f"{address}/simulations").status_code == 303
    assert clerk.post(f"{address}/simulations").status_code == 409
    tried = queries.last_simulation(known.id)
    assert "试算进度" in clerk.get(f"/grading/simulations/{tried.id}").text
    grading.carry_out_simulation(tried.id, actor=SYSTEM)
    session.commit()
    page = clerk.get(f"/grading/simulations/{tried.id}").text
    assert young.name in page
    assert "成立年限" in page
    assert clerk.post(f"{address}/activate").status_code == 403
    assert head.post(f"{address}/activate").status_code == 303
    assert clerk.post(f"{address}/discard").status_code == 409
    grading.run_now(actor=SYSTEM)
    assert session.get(Rating, young.id).grade == "B"


def test_an_industry_of_high_attention_is_decided_by_document_and_days(world, as_role):
    models()
    cook, tailor = subject(industry_section="H", industry_code="62"), subject(industry_section="C", industry_code="18")
    session.commit()
    today, clerk = clock.today(), as_role("credit")
    told = {"subject_class": "company", "industry": "H62", "grade": "D", "document_no": "周市监办〔2026〕7号"}
    days = {"starts_on": today.isoformat(), "until": (today + timedelta(days=20)).isoformat()}
    backwards = clerk.post("/grading/models/attention", data={**told, **days, "until": today.isoformat()})
    assert (backwards.status_code, "晚于开始日期" in backwards.text) == (422, True)
    assert clerk.post("/grading/models/attention", data={**told, "industry": "H6", **days}).status_code == 422
    assert as_role("inspector").get("/grading/models/attention").status_code == 403
    place = clerk.post("/grading/models/attention", data={**told, **days}).location
    assert "周市监办〔2026〕7号" in clerk.get(place).text
    drafted = queries.model(int(place.rpartition("/")[2]))
    tried = grading.request_simulation(drafted.id, actor=make.actor("credit"))
    grading.carry_out_simulation(tried.id, actor=SYSTEM)
    assert [move.SimulatedMove.reason for move in queries.simulated_moves(tried, make.actor("credit")).rows] == [
        "ATTENTION_D"
    ]
    grading.activate_model(drafted.id, actor=make.actor("deputy"))
    grading.run_now(actor=SYSTEM)
    assert [session.get(Rating, each.id).grade for each in (cook, tailor)] == ["D", "A"]
    with clock.at(clock.now() + timedelta(days=20)):
        grading.run_now("due", actor=SYSTEM)
        assert session.get(Rating, cook.id, populate_existing=True).grade == "A"


def test_a_draft_can_be_given_up(world):
    models()
    known = draft()
    with pytest.raises(NotAllowed):
        grading.discard_model(known.id, actor=make.actor("deputy"))
    grading.discard_model(known.id, actor=make.actor("credit"))
    assert known.state == "superseded"
    with pytest.raises(Refusal):
        grading.request_simulation(known.id, actor=make.actor("credit"))
