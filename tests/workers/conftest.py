"""A house of its own for tests of processes: a database, a queue that may be stopped, and short waits."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import redis
from flask import Flask

from casework.core import jobs
from casework.core.actor import Actor
from casework.core.db import session, transaction
from casework.core.jobs import Job
from casework.core.ledger import announce
from casework.core.messages import Message
from tests.conftest import living

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "scripts"))

from launch.servers import Valkey

WAITS = {
    "CASEWORK_HEARTBEAT_SECONDS": "1",
    "CASEWORK_RETRY_SECONDS": "0.05",
    "CASEWORK_SWEEP_SECONDS": "0.5",
    "CASEWORK_LOST_SECONDS": "1",
    "CASEWORK_SILENT_SECONDS": "3",
    "dramatiq_restart_delay": "200",
    "dramatiq_worker_timeout": "100",
}
COMMANDS = {
    "worker": ("dramatiq", "tests.workers.processes", "--processes", "1", "--threads", "4"),
    "relay": ("tests.workers.processes", "relay"),
    "scheduler": ("tests.workers.processes", "schedule"),
}
PATIENCE = 60.0
"""Seconds after which a test gives up; far more than anything here takes."""


class House:
    """Its processes, and what a test does with them."""

    def __init__(self, app: Flask, queue: Valkey, log: Path) -> None:
        self.app, self.queue, self.log = app, queue, log
        self._running: list[subprocess.Popen[bytes]] = []
        self.relay: subprocess.Popen[bytes] | None = None
        self.worker: subprocess.Popen[bytes] | None = None

    @property
    def redis(self) -> redis.Redis:
        return redis.Redis.from_url(self.queue.url)

    def start(self, what: str) -> subprocess.Popen[bytes]:
        """A worker, relay or scheduler in a process group of its own."""
        with self.log.open("ab") as log:
            command = [sys.executable, "-m", *COMMANDS[what]]
            process = subprocess.Popen(command, stdout=log, stderr=log, process_group=0)
        self._running.append(process)
        return process

    def kill(self, process: subprocess.Popen[bytes]) -> None:
        """kill -9 of a process and its children."""
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        self._running.remove(process)

    def end(self, process: subprocess.Popen[bytes]) -> None:
        """SIGTERM to the process alone, as a supervisor does; waits for its end."""
        process.terminate()
        process.wait(PATIENCE)
        self._running.remove(process)

    def close(self) -> None:
        for process in self._running[:]:
            self.kill(process)

    def announce(self, message: Message) -> Any:
        """Announces in a transaction and returns the message's id."""
        with transaction():
            return announce(message, actor=Actor(None, "测试员"))

    def until(self, what: Callable[[], Any]) -> Any:
        """Waits until something is so, and returns it."""
        deadline = time.monotonic() + PATIENCE
        while not (found := self._look(what)):
            assert time.monotonic() < deadline, self.log.read_text()[-6000:]
            time.sleep(0.05)
        return found

    def job(self, message_id: Any, state: str, handler: str | None = None) -> Job:
        """Waits until a job of the message stands in a state."""
        return self.until(
            lambda: next(
                (
                    job
                    for job in jobs.of_message(message_id)
                    if job.state == state and (handler is None or job.handler == handler)
                ),
                None,
            )
        )

    def _look(self, what: Callable[[], Any]) -> Any:
        session.rollback()
        return what()


@pytest.fixture(scope="module")
def house(clone_database: Callable[[str], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A database and a queue for the tests of one module."""
    folder = tmp_path_factory.mktemp("house")
    queue = Valkey(folder / "valkey", folder / "valkey.log", throw_away=True)
    queue.start()
    try:
        with living(clone_database("house"), REDIS_URL=queue.url, **WAITS) as app:
            house = House(app, queue, folder / "processes.log")
            try:
                yield house
            finally:
                house.close()
    finally:
        queue.stop()


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
