"""A house that is struck while it works, and what a test needs to strike in the middle and to look at afterwards."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.running import House, running


@pytest.fixture
def house(clone_database: Callable[[str], str], tmp_path: Path) -> Iterator[House]:
    """A house at rest on a database of its own."""
    with running(clone_database("faults"), tmp_path) as house:
        yield house
