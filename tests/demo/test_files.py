"""The files of a city: the same seed gives the same bytes, with the dirt of real offices, and the past foretells."""

import hashlib
import re
from collections import Counter
from datetime import date
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from casework.demo.city import City, build, span_of
from casework.demo.deliveries import GB18030
from casework.demo.events import life
from casework.demo.measures import auc
from casework.demo.population import Population
from casework.demo.truth import chance_of_problem
from casework.registry.sources import SOURCES

AS_OF = date(2026, 11, 23)
RARE = {"ip_pledges", "serious_list"}
"""Sources of which a small city may have no record."""


def _files(folder: Path, seed: int) -> dict[str, str]:
    folder.mkdir()
    build(folder, seed=seed, subjects=300, as_of=AS_OF, months=12)
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())}


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    first = _files(tmp_path / "first", 1)
    assert first == _files(tmp_path / "again", 1)
    other = _files(tmp_path / "other", 2)
    assert not set(first.values()) & set(other.values())


def test_a_larger_city_begins_with_the_smaller_one() -> None:
    span = span_of(AS_OF, 12)
    small, large = Population(7, 100, span), Population(7, 5_000, span)
    assert list(small) == list(islice(large, 100))


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> City:
    return build(tmp_path_factory.mktemp("city"), seed=3, subjects=1_500, as_of=AS_OF, months=12)


@pytest.fixture(scope="module")
def cells(city: City) -> list[str]:
    """Every cell of the CSV files of a city, as written."""
    texts = (
        each.path.read_bytes().decode("gb18030" if each.source in GB18030 else "utf-8", "ignore")
        for each in city.deliveries
        if each.path.suffix == ".csv"
    )
    return [cell for text in texts for cell in re.split(r"[,\r\n]+", text)]


@pytest.mark.parametrize(
    "is_so",
    [
        pytest.param(lambda cell: len(cell) == 15 and cell.isdigit(), id="old registration number"),
        pytest.param(lambda cell: cell.startswith("９"), id="code in full width"),
        pytest.param(lambda cell: cell[:2] in ("91", "92") and cell != cell.upper(), id="code in lower case"),
        pytest.param(lambda cell: cell[:2] in ("91", "92") and len(cell) in (13, 14), id="code that lost digits"),
        pytest.param(lambda cell: cell.endswith("(万元)"), id="capital with its unit"),
        pytest.param(lambda cell: "年" in cell and cell.endswith("日"), id="date in words"),
        pytest.param(lambda cell: cell.endswith("***"), id="stars behind the scope"),
    ],
)
def test_the_dirt_of_real_offices(cells: list[str], is_so) -> None:
    assert any(is_so(cell) for cell in cells)


def test_files_of_every_source_come_in_order(city: City) -> None:
    assert {each.source for each in city.deliveries} >= SOURCES.keys() - RARE
    assert [each.day for each in city.deliveries] == sorted(each.day for each in city.deliveries)


def test_history_foretells_as_far_as_in_reality() -> None:
    """AUC of past results against the next check: 0.58 to 0.74 over cities (generator specification, section 2)."""
    span = span_of(AS_OF, 12)
    population = Population(5, 2_500, span)
    found, chance = [], []
    for subject in population:
        results = Counter(
            told.cells["result"] for told in life(subject, span, 5, population) if told.source == "spot_checks"
        )
        if results:
            found.append(1 - results["未发现问题"] / results.total())
            chance.append(chance_of_problem(subject, AS_OF))
    assert 0.58 <= auc(np.array(found), np.array(chance)) <= 0.74
