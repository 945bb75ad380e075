"""Calibration: factors are monotone and shrunk, rest on random draws alone, and end as a draft to be tried."""

from datetime import timedelta
from itertools import count

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as some
from sqlalchemy import insert

from casework.core import clock
from casework.core.actor import SYSTEM
from casework.core.db import session
from casework.core.errors import Refusal
from casework.grading import calibration, model_files, queries
from casework.grading import operations as grading
from casework.grading.indicators import INDICATORS
from casework.grading.models import GradeHistory
from casework.grading.rules import Bands, default_model
from casework.registry.models import CreditRecord
from casework.registry.rules import KINDS
from tests.grading.test_engine import THRESHOLDS, rules
from tests.make import grading as make

MODEL = default_model("company", INDICATORS.values())
PLACES = {indicator.key: place for place, indicator in enumerate(MODEL.indicators)}
CHECK = KINDS["check"].number

_numbers = count(1)


def closed(number: int = 600, *, tells: str, lies: str) -> tuple[np.ndarray, np.ndarray]:
    """Cases in which one indicator tells the problem better than its points say, and another tells nothing."""
    dice = np.random.default_rng(4116)
    points = np.zeros((number, len(MODEL.indicators)), np.int64)
    for key in (tells, lies, "abnormal"):
        points[:, PLACES[key]] = (dice.random(number) < 0.3) * 2000
    points[:5, PLACES["honour"]] = -200
    logits = (
        -2.5 + (points @ np.eye(len(MODEL.indicators))[PLACES[tells]]) * 0.0013 + points[:, PLACES["abnormal"]] * 0.0005
    )
    return points, dice.random(number) < 1 / (1 + np.exp(-logits))


def test_what_tells_gains_points_what_lies_loses_them_and_the_rare_stays():
    points, problem = closed(tells="penalty", lies="failed_tests")
    found = calibration.propose(MODEL, points, problem)
    factors = found.factors
    assert factors["penalty"] > 1.1
    assert 0 <= factors["failed_tests"] < 0.6
    assert factors["honour"] == factors["industry"] == 1
    assert found.better
    assert found.auc_after > found.auc_before
    assert calibration.Scorecard.from_data(found.to_data()) == found


def test_a_model_that_is_right_is_left_nearly_alone():
    dice = np.random.default_rng(7)
    points = (dice.random((500, len(MODEL.indicators))) < 0.2) * dice.integers(1, 12, len(MODEL.indicators)) * 100
    problem = dice.random(500) < 1 / (1 + np.exp(3 - points.sum(axis=1) * 0.0015))
    found = calibration.propose(MODEL, points, problem)
    assert not found.better or all(abs(factor - 1) < 0.25 for factor in found.factors.values())


@given(rules, some.floats(0, 3))
def test_points_are_scaled_and_nothing_else(rule, factor):
    assume(len({row.when for row in rule.rows()}) == len(rule.rows()))
    assert calibration.scaled(rule, 1) == rule
    scaled = calibration.scaled(rule, factor)
    assert type(scaled) is type(rule)
    assert {row.when for row in scaled.rows()} <= {row.when for row in rule.rows()}
    for _when, now, then in calibration.changes(rule, scaled):
        assert abs(then - now * factor) <= 0.5


@given(some.dictionaries(some.sampled_from(sorted(PLACES)), some.floats(0, calibration.HIGHEST_FACTOR)))
def test_every_proposal_makes_a_file_that_can_be_read(factors):
    """A factor is held so low that one record does not exceed the cap of its group alone."""
    held = {
        key: min(factor, calibration.highest_factor(MODEL, MODEL.indicators[PLACES[key]]))
        for key, factor in factors.items()
    }
    content = model_files.ModelFile(calibration.applied(MODEL, held), clock.today(), "试")
    assert not [place for place, _words in model_files.flaws(content.model, THRESHOLDS) if place != "thresholds"]


@pytest.fixture
def cases(world):
    """Closed cases in the register: fed back by disclosure, graded before by the model in force."""
    make.models()
    model_id, _model = queries.basis(clock.today()).models["company"]
    points, problem = closed(260, tells="penalty", lies="failed_tests")
    day = clock.today() - timedelta(days=30)
    for row, found in zip(points.tolist(), problem.tolist(), strict=True):
        subject = make.subject()
        _graded(subject.id, model_id, row, day - timedelta(days=40))
        _checked(subject.id, 2 if found else 1, day)
    return model_id, points, problem


def _graded(enterprise_id, model_id, points, day):
    row = {"enterprise_id": enterprise_id, "as_of": day, "recorded_at": clock.now(), "grade": "A", "score": 0}
    session.execute(insert(GradeHistory), [{**row, "flags": 0, "model_id": model_id, "pts": points}])


def _checked(enterprise_id, klass, day, **more):
    number = next(_numbers)
    row = {
        "enterprise_id": enterprise_id, "kind": CHECK, "klass": klass, "happened_on": day, "title": "抽查",
        "document_no": f"JC{number}", "detail": {"type": "抽查"}, "source": "disclosure",
        "source_key": f"c{number}", "recorded_at": clock.now(),
    }  # fmt: skip
    session.execute(insert(CreditRecord), [{**row, **more}])


def test_only_random_draws_graded_before_count(cases):
    model_id, points, problem = cases
    found = queries.closed_cases(model_id)
    assert found.points.tolist() == points.tolist()
    assert found.problem.tolist() == problem.tolist()
    today, graded, new = clock.today(), make.subject(), make.subject()
    _graded(graded.id, model_id, points[0].tolist(), today - timedelta(days=9))
    _checked(graded.id, 2, today, detail={"type": "检查"})
    _checked(graded.id, 9, today)
    _checked(graded.id, 2, today, revoked_on=today)
    _checked(graded.id, 2, today, source="spot_checks")
    _checked(graded.id, 2, today - timedelta(days=9))
    _checked(new.id, 2, today)
    assert len(queries.closed_cases(model_id).problem) == len(problem)


def test_from_closed_cases_to_a_draft_that_is_not_in_force(cases):
    model_id, _points, problem = cases
    asked = grading.request_calibration("company", actor=SYSTEM)
    with pytest.raises(Refusal, match="正在校准"):
        grading.request_calibration("company", actor=SYSTEM)
    with pytest.raises(Refusal, match="没有完成"):
        grading.draft_calibration(asked.id, actor=SYSTEM)
    grading.carry_out_calibration(asked.id, actor=SYSTEM)
    kept = asked.proposal
    grading.carry_out_calibration(asked.id, actor=SYSTEM)
    assert asked.proposal is kept
    assert (kept["checked"], kept["problems"]) == (len(problem), int(problem.sum()))
    drafted = grading.draft_calibration(asked.id, actor=SYSTEM)
    assert grading.draft_calibration(asked.id, actor=SYSTEM) is drafted
    assert (drafted.state, drafted.key) == ("draft", queries.model(model_id).key)
    assert queries.basis(clock.today()).models["company"][0] == model_id


def test_too_few_cases_are_refused_in_words(world):
    make.models()
    with pytest.raises(Refusal, match="太少，不能校准：现行模型下有 0 户次"):
        grading.request_calibration("company", actor=SYSTEM)


def test_the_pages(as_role):
    make.models()
    known = make.calibration()
    credit = as_role("credit")
    assert "不能校准" in credit.post("/grading/calibrations", data={"subject_class": "company"}).text
    page = credit.get(f"/grading/calibrations/{known.id}")
    assert "30 → 45" in page.text
    answer = credit.post(f"/grading/calibrations/{known.id}/draft")
    drafted = queries.model(int(answer.location.rsplit("/", 1)[1]))
    age = next(each for each in queries.load(drafted.id).indicators if each.key == "age").rule
    assert isinstance(age, Bands)
    assert age.bands[0] == (365, 45)
    assert drafted.state == "draft"
    assert "已存为草案" in credit.get("/grading/calibrations").text
    assert as_role("inspector").get(f"/grading/calibrations/{known.id}").status_code == 403
