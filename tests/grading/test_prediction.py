"""Measures of prediction: AUC counts pairs, cuts keep their shares, draws find what they are expected to."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as some

from casework.grading.prediction import auc, cut, evaluate

FLOORS = {"A": 0.01, "B": 0.03, "C": 0.1, "D": 0.2}

outcomes = some.lists(some.tuples(some.integers(0, 9), some.booleans()), min_size=2, max_size=40).filter(
    lambda rows: len({failed for _score, failed in rows}) == 2
)


@given(outcomes)
def test_auc_is_the_share_of_pairs_in_the_right_order(rows):
    score, failed = np.array([one for one, _ in rows]), np.array([one for _, one in rows])
    pairs = [(bad > good) + (bad == good) / 2 for bad in score[failed] for good in score[~failed]]
    assert abs(auc(score, failed) - sum(pairs) / len(pairs)) < 1e-9
    assert abs(auc(-score, failed) + auc(score, failed) - 1) < 1e-9


@given(some.lists(some.integers(0, 20), min_size=1, max_size=60), some.permutations(range(60)))
def test_a_cut_keeps_its_shares_and_the_order(scores, lots):
    score = np.array(scores)
    grade = cut(score, lots, (0.5, 0.3, 0.15, 0.05))
    bounds = np.round(np.array([0.5, 0.8, 0.95, 1]) * len(score)).astype(int)
    assert np.cumsum(np.bincount(grade, minlength=4)).tolist() == bounds.tolist()
    for low in range(3):
        if (grade == low).any() and (grade > low).any():
            assert score[grade == low].max() <= score[grade > low].min()


def test_many_draws_find_what_is_expected():
    dice = np.random.default_rng(1)
    score = dice.integers(0, 1000, 4000)
    failed = dice.random(4000) < score / 3000
    grade = cut(score, range(4000), (0.5, 0.3, 0.15, 0.05))
    found = evaluate(score, grade, failed, FLOORS, seeds=4000)
    assert abs(found.draws.rate.value - found.draw_rate.value) < 0.005
    assert abs(found.draws.uniform.value - found.base.value) < 0.005
    assert found.draws.rate.low < found.draws.rate.value < found.draws.rate.high
    assert found.draws.better > 0.95
    assert found.gains[0] == (0, 0)
    assert found.gains[-1] == (1, 1)
    assert [shown for _checked, shown in found.gains] == sorted(shown for _checked, shown in found.gains)


def test_a_useless_score_lifts_nothing():
    dice = np.random.default_rng(2)
    failed = dice.random(4000) < 0.2
    score = dice.integers(0, 1000, 4000)
    found = evaluate(score, cut(score, range(4000), (0.5, 0.3, 0.15, 0.05)), failed, FLOORS, seeds=10)
    assert found.lift.low < 1 < found.lift.high
    assert found.auc.low < 0.5 < found.auc.high
