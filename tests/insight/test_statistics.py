"""Every figure equals a plain recount of a random small world, in its reader's scope; formulas keep their algebra."""

import csv
import io
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from math import isclose

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from casework.core import clock
from casework.core.actor import SYSTEM
from casework.core.sheets import workbook
from casework.grading.prediction import of_sample
from casework.grading.rules import GRADES
from casework.insight import figures, queries, tables
from casework.insight.queries import Scope
from casework.insight.rules import Rate, Stratum, spared, stratified, wilson
from tests import make
from tests.insight.worlds import random_grades, random_world

SEEDS = range(4)


def recount(checks, today):
    """As of a day: (ordered, checked, published, due, in time, settled, fine, problem, absent) of a list of checks."""
    public = [check for check in checks if check.published_on]
    late = [check for check in checks if check.concluded_on and not check.published_on and check.due_on <= today]
    found = Counter(check.outcome for check in checks)
    return (
        len(checks),
        sum(check.concluded_on is not None for check in checks),
        len(public),
        len(public) + len(late),
        sum(check.published_on <= check.due_on for check in public),
        sum(check.closed for check in public),
        found["fine"],
        found["problem"],
        found["absent"],
    )


def counted(counts):
    return tuple(vars(counts).values())


def scope_of(actor=SYSTEM, origin="draw", area=None):
    last = queries.as_of()
    return Scope(actor, last - timedelta(days=400), last, origin, area)


@pytest.mark.parametrize("seed", SEEDS)
def test_counts_equal_a_plain_recount_by_whatever_they_are_grouped(world, seed):
    today = queries.as_of()
    _draws, checks = random_world(seed, today)
    drawn = [check for check in checks if check.grade]
    assert counted(queries.total(scope_of())) == recount(drawn, today)
    assert counted(queries.total(scope_of(origin=""))) == recount(checks, today)
    assert counted(queries.total(scope_of(origin="trigger"))) == recount([c for c in checks if not c.grade], today)
    county = {"川汇区一所": "川汇区局", "川汇区二所": "川汇区局"}
    for found, key in (
        (queries.by_grade, lambda check: check.grade),
        (queries.by_area, lambda check: county.get(check.unit, check.unit)),
        (queries.by_month, lambda check: f"{check.opened_on:%Y-%m}"),
    ):
        groups = {group.label: group.counts for group in found(scope_of())}
        expected = {label: recount([c for c in drawn if key(c) == label], today) for label in set(map(key, drawn))}
        assert {label: counted(counts) for label, counts in groups.items() if counts.ordered} == expected


@pytest.mark.parametrize("seed", SEEDS)
def test_items_count_their_own_results(world, seed):
    today = queries.as_of()
    _draws, checks = random_world(seed, today)
    drawn = [check for check in checks if check.grade]
    found = {group.key: group.counts for group in queries.by_item(scope_of())}
    for item in {item for check in drawn for item in check.items}:
        about = [replace(check, outcomes=_about(check, item)) for check in drawn if item in check.items]
        assert counted(found[item]) == recount(about, today)


def _about(check, item):
    return tuple(pair for pair in check.outcomes if pair[0] == item)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_share_that_was_drawn_is_that_of_the_pools_wherever_their_members_are(world, seed):
    draws, checks = random_world(seed, queries.as_of())
    members = [(draw, grade, unit, n) for draw in draws for grade, by in draw.by_unit.items() for unit, n in by.items()]
    county = {"川汇区一所": "川汇区局", "川汇区二所": "川汇区局"}
    drawn = [check for check in checks if check.grade]
    assert queries.coverage(scope_of()) == Rate(len(drawn), sum(n for *_rest, n in members))
    assert queries.coverage(scope_of(origin="trigger")) == Rate(0, 0)
    for found, of_member, of_check in (
        (queries.by_area, lambda draw, grade, unit: county.get(unit, unit), lambda c: county.get(c.unit, c.unit)),
        (queries.by_grade, lambda draw, grade, unit: grade, lambda c: c.grade),
        (queries.by_month, lambda draw, grade, unit: f"{draw.drawn_on:%Y-%m}", lambda c: f"{c.opened_on:%Y-%m}"),
    ):
        expected = {}
        for draw, grade, unit, n in members:
            key = of_member(draw, grade, unit)
            expected[key] = expected.get(key, Rate(0, 0)) + Rate(0, n)
        for check in drawn:
            expected[of_check(check)] = expected.get(of_check(check), Rate(0, 0)) + Rate(1, 0)
        assert {group.label: group.coverage for group in found(scope_of()) if group.coverage != Rate(0, 0)} == expected
    inspector_of_a_county = make.actor("county", unit="川汇区局")
    assert queries.coverage(scope_of(inspector_of_a_county)) == Rate(
        sum(check.unit.startswith("川汇区") for check in drawn),
        sum(n for _draw, _grade, unit, n in members if unit.startswith("川汇区")),
    )


@pytest.mark.parametrize("seed", SEEDS)
def test_a_reader_counts_only_what_they_may_see(world, seed):
    today = queries.as_of()
    draws, checks = random_world(seed, today)
    county = make.actor("county", unit="川汇区局")
    own = [check for check in checks if check.grade and check.unit.startswith("川汇区")]
    assert counted(queries.total(scope_of(county))) == recount(own, today)
    own_draws = [draw for draw in draws if draw.unit == "川汇区局"]
    assert sum(one.drawn for one in queries.visits_spared(scope_of(county))) == sum(
        drawn for draw in own_draws for _members, drawn in draw.strata.values()
    )
    if len(own_draws) < len(draws):
        assert queries.hits(scope_of(county)).estimate is None


@pytest.mark.parametrize("seed", SEEDS)
def test_hits_use_random_draws_alone_and_say_what_they_leave_out(world, seed):
    draws, checks = random_world(seed, queries.as_of())
    found = queries.hits(scope_of())
    for stratum in found.strata:
        own = [check for check in checks if check.grade == stratum.label]
        assert stratum.checked == sum(check.outcome in ("fine", "problem") for check in own)
        assert stratum.hits == sum(check.outcome == "problem" for check in own)
        assert stratum.members == sum(draw.strata.get(stratum.label, (0, 0))[0] for draw in draws)
    drawn = [check for check in checks if check.grade]
    assert found.triggered == len(checks) - len(drawn)
    left_out = found.unpublished + found.absent
    assert left_out + sum(stratum.checked for stratum in found.strata) == len(drawn)


@pytest.mark.parametrize("seed", SEEDS)
def test_grades_by_place_and_industry_equal_a_recount(world, seed):
    made = random_grades(seed)
    alive = [one for one in made if one[2] != "deregistered"]
    for found in (queries.grades_by_area(SYSTEM), queries.grades_by_industry(SYSTEM)):
        assert sum(one.graded for one in found) == sum(grade is not None for *_rest, grade in alive)
        assert sum(one.ungraded for one in found) == sum(grade is None for *_rest, grade in alive)
    by_area = {one.label: one.by_grade["C"] + one.by_grade["D"] for one in queries.grades_by_area(SYSTEM)}
    here = [grade for unit, _section, _status, grade in alive if unit.startswith("川汇区")]
    assert by_area.get("川汇区局", 0) == sum(grade in ("C", "D") for grade in here)
    by_industry = {one.key: one.graded for one in queries.grades_by_industry(SYSTEM)}
    assert by_industry.get("F", 0) == sum(section == "F" and grade is not None for _u, section, _s, grade in alive)


# ---- Formulas --------------------------------------------------------------------------------------------------------

strata = st.lists(
    st.builds(
        lambda label, members, drawn, checked, hits: Stratum(
            label, members, min(drawn, members), min(checked, drawn, members), min(hits, checked, drawn, members)
        ),
        st.sampled_from("ABCD"),
        *[st.integers(0, 500)] * 4,
    ),
    unique_by=lambda stratum: stratum.label,
)


@given(st.integers(0, 300), st.integers(0, 300))
def test_the_interval_holds_the_share_and_is_mirrored(hits, misses):
    n = hits + misses
    low, high = wilson(hits, n)
    assert 0 <= low <= high <= 1
    if n:
        assert low <= hits / n <= high
        assert isclose(low, 1 - wilson(misses, n)[1], abs_tol=1e-9)


def test_the_interval_is_the_published_one():
    assert wilson(10, 100) == pytest.approx((0.0552, 0.1744), abs=5e-5)  # Newcombe 1998, table of method 3
    assert wilson(0, 20) == pytest.approx((0.0, 0.1611), abs=5e-5)


@given(strata)
def test_the_estimate_weights_by_members_and_lies_in_its_interval(found):
    estimate = stratified(found)
    known = [one for one in found if one.members]
    if not known or any(not one.checked for one in known):
        assert estimate is None
        return
    whole = sum(one.members for one in known)
    assert isclose(estimate.value, sum(one.members / whole * one.hits / one.checked for one in known), abs_tol=1e-9)
    assert estimate.low - 1e-9 <= estimate.value <= estimate.high + 1e-9


@given(st.lists(strata, max_size=4))
def test_what_is_spared_here_is_drawn_there(campaigns):
    found = spared(campaigns)
    if all(any(one.members for one in campaign) for campaign in campaigns):
        assert isclose(sum(one.difference for one in found), 0, abs_tol=1e-6)
    assert sum(one.drawn for one in found) == sum(one.drawn for campaign in campaigns for one in campaign)


def test_a_proportional_draw_spares_nobody_and_a_graded_one_the_safe():
    assert [one.difference for one in spared([[Stratum("A", 800, 80, 0, 0), Stratum("D", 200, 20, 0, 0)]])] == [0, 0]
    safe, risky = spared([[Stratum("A", 800, 8, 0, 0), Stratum("D", 200, 92, 0, 0)]])
    assert (safe.difference, risky.difference) == (72, -72)


@pytest.mark.parametrize(
    ("rates", "words"),
    [
        ([(1, 100), (5, 100), (20, 100)], "20.0 倍"),
        ([(0, 100), (5, 100)], "没有发现问题"),
        ([(60, 100), (5, 100)], "需要检查"),
        ([(6, 100), (5, 100)], "不能下结论"),
    ],
)
def test_the_finding_says_whether_the_grades_find_what_they_should(rates, words):
    found = [Stratum(grade, 1000, n, n, hits) for grade, (hits, n) in zip("ABCD", rates, strict=False)]
    assert words in figures.rising(found)


# ---- Pages -----------------------------------------------------------------------------------------------------------

PAGES = (
    "/insight", "/insight/checks", "/insight/checks?by=organ", "/insight/checks?by=item", "/insight/checks?by=grade",
    "/insight/checks?by=month", "/insight/checks?origin=all", "/insight/hits", "/insight/spared", "/insight/frequency", "/insight/tasks",
    "/insight/grades", "/insight/grades?by=industry", "/insight/definitions",
)  # fmt: skip


@pytest.mark.parametrize("seed", [None, 1])
def test_every_page_stands_with_data_and_without_and_no_figure_without_its_n(as_role, seed):
    if seed is not None:
        random_world(seed, queries.as_of())
        random_grades(seed)
    reader = as_role("director")
    since = f"first={clock.today() - timedelta(days=300):%Y-%m-%d}"
    for address in PAGES:
        page = reader.get(address + ("&" if "?" in address else "?") + since)
        assert page.status_code == 200
        assert page.text.count('class="chart-frame"') <= page.text.count("n = ")
    assert as_role("inspector").get("/insight").status_code == 403


def test_the_files_hold_what_the_tables_show(as_role):
    random_world(2, queries.as_of())
    since = f"?first={clock.today() - timedelta(days=300):%Y-%m-%d}"
    reader = as_role("director")
    for name in (
        "checks-area",
        "checks-organ",
        "checks-item",
        "checks-grade",
        "checks-month",
        "hits",
        "spared",
        "merged",
        "frequency",
        "tasks",
        "grades-area",
        "grades-industry",
    ):
        answer = reader.get(f"/insight/{name}.csv{since}")
        assert answer.status_code == 200
        rows = list(csv.reader(io.StringIO(answer.get_data().decode("utf-8-sig"))))
        assert len({len(row) for row in rows}) == 1
        book = load_workbook(io.BytesIO(reader.get(f"/insight/{name}.xlsx{since}").data), read_only=True)
        cells = [["" if cell is None else cell for cell in row] for row in book.active.iter_rows(values_only=True)]
        assert [[str(cell).removesuffix(".0") for cell in row] for row in cells] == [
            [cell.removesuffix(".0") for cell in row] for row in rows
        ]
    for wrong in ("nothing.csv", "checks-nothing.csv", "hits.pdf"):
        assert reader.get(f"/insight/{wrong}").status_code == 404


def test_no_cell_of_a_workbook_is_a_formula():
    [row] = load_workbook(io.BytesIO(workbook("表", ["=1+1", 2], []))).active.iter_rows()
    assert [(cell.value, cell.data_type) for cell in row] == [("=1+1", "s"), (2, "n")]


def test_a_period_that_runs_backwards_is_said_so(as_role):
    page = as_role("director").get("/insight/checks?first=2026-05-01&last=2026-01-01").text
    assert "起始日期不能晚于截止日期" in page


def test_a_rate_without_anything_to_divide_by_is_a_dash():
    assert tables.percent(Rate(0, 0).value) == "—"


@pytest.mark.parametrize("seed", SEEDS)
def test_the_lift_is_the_yield_over_the_estimate_of_the_pool(world, seed):
    random_world(seed, queries.as_of())
    found = queries.hits(scope_of())
    foretold = queries.prediction(scope_of(), found)
    checked, hits = sum(one.checked for one in found.strata), sum(one.hits for one in found.strata)
    if found.estimate is None or hits in (0, checked):
        assert foretold is None
    else:
        assert foretold.n == checked
        assert isclose(foretold.lift.value, hits / checked / found.estimate.value)


def test_a_drawn_subject_stands_for_its_grade_in_the_pool():
    """AUC by hand: in the pool 90 A fail with 1 of 3, 10 B with 2 of 3; equals count half."""
    grade = np.array([0, 0, 0, 1, 1, 1])
    failed = np.array([True, False, False, True, True, False])
    found = of_sample(grade, grade, failed, {"A": 90, "B": 10})
    bad, good = {0: 30, 1: 20 / 3}, {0: 60, 1: 10 / 3}
    pairs = sum(b * g * (0.5 if i == j else i > j) for i, b in bad.items() for j, g in good.items())
    assert isclose(found.auc.value, pairs / (sum(bad.values()) * sum(good.values())))
    assert isclose(found.lift.value, 0.5 / (sum(bad.values()) / 100))
    none = of_sample(grade, grade, failed & (grade == 1), {"A": 90, "B": 10})
    assert none.lift.low < none.lift.value, "that none of three A failed is no certainty"
    assert of_sample(grade, grade, failed, {**dict.fromkeys(GRADES, 5)}) is None, "nobody of C and D was checked"
    assert of_sample(grade, grade, np.zeros(6, bool), {"A": 90, "B": 10}) is None, "nobody failed"
