"""A small city at work for the stories: its people, its processes, a database where commits are real."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from casework.core.db import transaction
from casework.sampling import operations as sampling
from tests.running import House, running
from tests.stories.cast import Cast


@pytest.fixture
def house(clone_database: Callable[[str], str], tmp_path: Path) -> Iterator[House]:
    """Relay, worker and PDF worker of the product over the shipped inspection items."""
    with running(clone_database("story"), tmp_path) as house:
        with transaction():
            sampling.ensure_default_items()
        for what in ("relay", "worker", "pdf"):
            house.start(what)
        yield house


@pytest.fixture
def cast(house: House) -> Cast:
    """Everybody who has a part in a story, signed in."""
    house.app.config["WTF_CSRF_ENABLED"] = True
    return Cast(house.app)
