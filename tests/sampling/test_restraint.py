"""综合查一次 and 无事不扰: visits that are merged, spared and counted; the annual cap that is near."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casework.core import clock
from casework.core.actor import SYSTEM
from casework.sampling import operations as sampling
from casework.sampling import queries, rules
from tests.make import sampling as draws


@dataclass(frozen=True)
class Line:
    first_on: date
    cadence: str = "quarterly"
    org_id: int = 1
    pool: dict[str, Any] = field(default_factory=dict)
    last_on: date = date(2026, 12, 31)


@given(
    st.sampled_from(tuple(rules.CADENCES)),
    st.sampled_from(tuple(rules.CADENCES)),
    st.integers(0, 300),
    st.integers(0, 60),
)
def test_two_lines_overlap_exactly_when_two_of_their_batches_are_close(one, other, apart, within):
    lines = [Line(date(2026, 1, 5), one), Line(date(2026, 1, 5) + timedelta(days=apart), other)]
    days = [[batch.starts_on for batch in rules.batches(line.cadence, line.first_on, line.last_on)] for line in lines]
    nearest = min((abs((a - b).days) for a in days[0] for b in days[1]), default=None)
    found = rules.overlaps(lines, within)
    assert bool(found) == (nearest is not None and nearest <= within)
    assert all(0 <= pair.days <= within for pair in found)


def test_lines_for_others_are_not_one_visit():
    same = Line(date(2026, 3, 2))
    assert rules.overlaps([same, Line(date(2026, 3, 2), org_id=2)], 30) == []
    assert rules.overlaps([same, Line(date(2026, 3, 2), pool={"industries": ["F52"]})], 30) == []
    [pair] = rules.overlaps([same, Line(date(2026, 3, 12))], 30)
    assert (pair.days, pair.times, pair.second.period) == (10, 4, "2026-Q1")


@pytest.fixture
def city(world):
    draws.roster(5)
    return draws.graded_pool({"A": 60, "B": 30, "C": 15, "D": 8})


def test_what_was_spared_and_shared_is_counted_by_grade_and_campaign(city, as_role):
    items = [draws.item().code, draws.item().code]
    first = draws.campaign(item_codes=items, until="drawn")
    sampling.chunk_cases(first.id, actor=SYSTEM)
    sampling.open_all_cases(first.id, actor=SYSTEM)
    second = draws.campaign(item_codes=items[:1], until="drawn")
    ledger = queries.restraint(clock.today().year, draws.person("credit"))
    assert [(one.id, one.spared, one.saved) for one in ledger.campaigns] == [
        (second.id, first.tasks, 0),
        (first.id, 0, first.tasks),
    ]
    drawn = Counter(stratum.grade for stratum in first.strata for _one in range(stratum.drawn))
    assert {one.grade: one.spared for one in ledger.grades} == drawn
    page = as_role("credit").get("/sampling/restraint").text
    assert second.number in page
    assert "还没有抽取过" in as_role("county", unit="淮阳区局").get("/sampling/restraint").text


def test_the_planner_is_told_who_comes_near_the_annual_cap(city):
    draws.ended_visit(city[0], 1)
    scheme = queries.scheme_of(draws.campaign())
    assert queries.survey(scheme).near_cap == 1
    off_site = draws.campaign(item_codes=[draws.item(on_site=False).code])
    assert queries.survey(queries.scheme_of(off_site)).near_cap == 0
