"""A house of its own for tests of processes, with the probes in its tables."""

from collections.abc import Callable, Iterator

import pytest

from tests.running import House, running

COMMANDS = {
    "worker": ("dramatiq", "tests.workers.processes", "--processes", "1", "--threads", "4"),
    "relay": ("tests.workers.processes", "relay"),
    "scheduler": ("tests.workers.processes", "schedule"),
}


@pytest.fixture(scope="module")
def house(clone_database: Callable[[str], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A database and a queue for the tests of one module."""
    with running(clone_database("house"), tmp_path_factory.mktemp("house"), commands=COMMANDS) as house:
        yield house


@pytest.fixture
def at_rest(house: House) -> Iterator[House]:
    """The house without any process; the test starts what it needs."""
    house.close()
    yield house
    house.close()


@pytest.fixture
def at_work(house: House) -> House:
    """The house with one relay and one worker; those of the test before go on if they live."""
    if house.relay is None or house.relay.poll() is not None:
        house.relay = house.start("relay")
    if house.worker is None or house.worker.poll() is not None:
        house.worker = house.start("worker")
    return house
