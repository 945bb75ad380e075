"""The tables by their own examples, and what no setting of the numbers may break."""

from datetime import date
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casework.core import parameters
from casework.core.calendar import months_later
from casework.core.errors import Refusal
from casework.keydomains.domains import DOMAINS
from casework.keydomains.rules import (
    FUNCTIONS,
    GRADES,
    TIERS,
    Colleague,
    Marks,
    assess,
    combine,
    due_on,
    frequency,
    score_of,
    teams,
)

NOBODY = Marks()


def shipped(name: str, domain: str):
    return parameters.definitions()[f"keydomains.{name}.{domain}"].shipped[-1].value


@pytest.mark.parametrize(
    ("domain", "example"), [(domain, example) for domain in DOMAINS.values() for example in domain.examples]
)
def test_a_table_keeps_its_examples(domain, example):
    found = assess(
        domain,
        example.dossier,
        example.day,
        factors=shipped("factors", domain.key),
        grades=shipped("grades", domain.key),
    )
    assert (found.score, found.grade) == (example.score, example.grade)


@pytest.mark.parametrize("key", DOMAINS)
def test_every_factor_trade_and_tier_has_its_numbers(key):
    domain = DOMAINS[key]
    assert shipped("factors", key).keys() == {factor.key for factor in domain.factors}
    assert shipped("statutory", key).keys() == {trade.key for trade in domain.trades}
    assert shipped("tiers", key).keys() == {f"tier{tier}" for tier in TIERS}
    assert shipped("combination", key)["function"] in FUNCTIONS


def test_food_after_anhui():
    """100 + 20 points; a certified system one level better, an intended violation worse, a listing the highest."""
    by = shipped("combination", "food")
    assert combine("A", 24, "A", NOBODY, by).tier == 4
    assert combine("B", 40, "D", NOBODY, by).tier == 2
    assert combine("B", 40, "D", Marks(certified=(1,)), by).tier == 3
    assert combine("A", 24, "A", Marks(intentional=(1,)), by).tier == 3
    assert combine("A", 24, "A", Marks(certified=(1,), serious=(2,)), by).tier == 1
    months = [frequency(tier, ["sales"], tiers=shipped("tiers", "food"), statutory={}).months for tier in (4, 3, 2, 1)]
    assert months == [24, 12, 6, 4]  # A once in two years, B once, C twice, D three times a year


def test_the_matrix_of_drugs_and_equipment():
    by = shipped("combination", "drug")
    assert combine("D", 90, "A", NOBODY, by).tier == combine("A", 10, "D", NOBODY, by).tier == 1
    assert combine("C", 50, "C", NOBODY, by).tier == 2
    assert combine("A", 10, "A", NOBODY, by).tier == 4
    assert combine("A", 10, None, NOBODY, by) == combine("A", 10, "B", NOBODY, by)


def test_an_unknown_function_is_said_in_words():
    with pytest.raises(Refusal, match="additive、matrix、worse"):
        combine("A", 10, "A", NOBODY, {**shipped("combination", "food"), "function": "和"})


# ---- Whatever the bureau sets ----------------------------------------------------------------------------------------

small = st.integers(0, 120)
combinations = st.fixed_dictionaries(
    {
        "function": st.sampled_from(sorted(FUNCTIONS)),
        "professional": small,
        "credit": st.fixed_dictionaries(dict.fromkeys(GRADES, small)),
        "limits": st.fixed_dictionaries(dict.fromkeys(GRADES[:3], small)),
        "matrix": st.fixed_dictionaries({one + other: st.integers(0, 6) for one, other in product(GRADES, GRADES)}),
        "unclassified": st.sampled_from(GRADES),
        "certified": st.integers(0, 3),
        "intentional": st.integers(0, 3),
        "serious": st.booleans(),
    }
)
scores = st.integers(0, 100)
LIMITS = {"A": 30, "B": 45, "C": 60}


def letter(score: int) -> str:
    return GRADES[sum(score > limit for limit in LIMITS.values())]


@given(combinations, scores, scores, st.sampled_from(GRADES), st.sampled_from(GRADES), st.booleans())
def test_worse_never_gets_a_milder_tier(by, one, other, credit, worse_credit, certified):
    better, worse = sorted((one, other))
    first, last = sorted((credit, worse_credit))
    marks = Marks(certified=(1,) if certified else ())
    mild = combine(letter(better), better, first, marks, by)
    strict = combine(letter(worse), worse, last, marks, by)
    assert strict.tier <= mild.tier
    assert mild.tier in TIERS


@given(combinations, scores, st.sampled_from(GRADES), st.booleans(), st.booleans(), st.booleans())
def test_marks_move_a_tier_the_way_they_should(by, score, credit, certified, intentional, serious):
    marks = Marks((1,) if certified else (), (2,) if intentional else (), (3,) if serious else ())
    found = combine(letter(score), score, credit, marks, by)
    bad = combine(letter(score), score, credit, Marks(marks.certified, (2,), marks.serious), by)
    assert bad.tier <= found.tier
    if serious and by["serious"]:
        assert found.tier == 1


@given(
    st.fixed_dictionaries(
        {
            f"tier{tier}": st.fixed_dictionaries(
                {"months": st.integers(1, 60), "off_site_first": st.booleans(), "full_items": st.booleans()}
            )
            for tier in TIERS
        }
    ),
    st.dictionaries(st.sampled_from(["one", "other"]), st.integers(0, 60)),
    st.sets(st.sampled_from(["one", "other"]), min_size=1),
)
def test_a_minimum_by_law_holds_for_every_tier_and_stricter_is_never_seldomer(tiers, statutory, trades):
    months = {tier: frequency(tier, trades, tiers=tiers, statutory=statutory).months for tier in TIERS}
    for trade in trades:
        if statutory.get(trade):
            assert all(found <= statutory[trade] for found in months.values())
    assert months[1] <= months[2] <= months[3] <= months[4]


def test_due_days():
    assert due_on(date(2024, 1, 31), None, 1) == date(2024, 2, 29)
    assert due_on(date(2024, 1, 31), date(2026, 5, 1), 6) == date(2026, 11, 1)
    assert due_on(date(2026, 6, 1), date(2026, 5, 1), 6) == months_later(date(2026, 6, 1), 6)


def test_an_imported_letter_without_a_score_counts_as_its_highest():
    assert [score_of(grade, LIMITS) for grade in GRADES] == [30, 45, 60, 100]


@given(st.integers(0, 60), st.integers(2, 9), st.integers(2, 3), st.sets(st.integers(0, 8)))
def test_teams_share_the_work_and_nobody_goes_where_they_are_barred(subjects, officers, size, barred):
    colleagues = [Colleague(number, f"ZK{number:03}") for number in range(officers)]
    found = teams(range(subjects), colleagues, {0: barred}, size)
    assert all(len(set(team)) == size for team in found.values())
    assert not barred & set(found.get(0, ()))
    loads = [sum(one.officer_id in team for team in found.values()) for one in colleagues]
    if officers >= size and subjects > 1 and not barred:
        assert len(found) == subjects
        assert max(loads) - min(loads) <= 1
