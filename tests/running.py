"""Casework as it runs: processes and a queue of its own on a database of its own, and what tests do with them."""

import http.client
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

import redis
from flask import Flask

from casework.core import jobs
from casework.core.actor import Actor
from casework.core.db import session, transaction
from casework.core.jobs import Job
from casework.core.ledger import announce
from casework.core.messages import Message
from tests.conftest import living

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "scripts"))

from launch.servers import Valkey

ROOT = Path(__file__).resolve().parents[1]
T = TypeVar("T")

WAITS = {
    "CASEWORK_HEARTBEAT_SECONDS": "1",
    "CASEWORK_RETRY_SECONDS": "0.05",
    "CASEWORK_SWEEP_SECONDS": "0.5",
    "CASEWORK_LOST_SECONDS": "1",
    "CASEWORK_SILENT_SECONDS": "3",
    "dramatiq_restart_delay": "200",
    "dramatiq_worker_timeout": "100",
}
COMMANDS: Mapping[str, tuple[str, ...]] = {
    "worker": ("dramatiq", "workers.actors", "--processes", "1", "--threads", "4", "--queues", "default", "bulk"),
    "pdf": ("dramatiq", "workers.actors", "--processes", "1", "--threads", "1", "--queues", "pdf"),
    "relay": ("workers.relay",),
    "scheduler": ("workers.schedule",),
    "web": ("gunicorn", "--config", "scripts/gunicorn.conf.py", "wsgi:app"),
}
TIE = ("setpriv", "--pdeathsig", "TERM", "--") if shutil.which("setpriv") else ()
"""Ends a process with the test run, also when that was killed."""
PATIENCE = 120.0
"""Seconds after which a test gives up; far more than anything here takes."""


class House:
    """Its processes, and what a test does with them."""

    def __init__(self, app: Flask, queue: Valkey, log: Path, commands: Mapping[str, tuple[str, ...]]) -> None:
        self.app, self.queue, self.log, self.commands = app, queue, log, commands
        self._running: list[subprocess.Popen[bytes]] = []
        self.relay: subprocess.Popen[bytes] | None = None
        self.worker: subprocess.Popen[bytes] | None = None

    @property
    def redis(self) -> redis.Redis:
        return redis.Redis.from_url(self.queue.url)

    def start(self, what: str, **options: Any) -> subprocess.Popen[bytes]:
        """One of the processes, in a process group of its own."""
        with self.log.open("ab") as log:
            command = [*TIE, sys.executable, "-m", *self.commands[what]]
            process = subprocess.Popen(command, stdout=log, stderr=log, process_group=0, cwd=ROOT, **options)
        self._running.append(process)
        return process

    def start_web(self) -> str:
        """The web server on a free port; returns its address once it answers."""
        with socket.create_server(("127.0.0.1", 0)) as listener:
            number = str(listener.fileno())
            process = self.start("web", pass_fds=[listener.fileno()], env=os.environ | {"CASEWORK_LISTEN_FD": number})
            port = listener.getsockname()[1]
        self.until(lambda: process.poll() is not None or _answers(port))
        assert process.poll() is None, self.told()
        return f"http://127.0.0.1:{port}"

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

    def until(self, what: Callable[[], T]) -> T:
        """Waits until something is so, and returns it."""
        deadline = time.monotonic() + PATIENCE
        while not (found := self._look(what)):
            assert time.monotonic() < deadline, self.told()[-6000:]
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

    def told(self) -> str:
        """What all processes have written so far."""
        return self.log.read_text()

    def _look(self, what: Callable[[], T]) -> T:
        session.rollback()
        return what()


def _answers(port: int) -> bool:
    """Whether a web server serves pages there; the address is reserved before it does."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/sign-in")
        return connection.getresponse().status == http.HTTPStatus.OK
    except OSError:
        return False
    finally:
        connection.close()


@contextmanager
def running(
    database_url: str, folder: Path, *, commands: Mapping[str, tuple[str, ...]] = COMMANDS, **environment: str
) -> Iterator[House]:
    """A house at rest on this database, with a queue of its own; the test starts the processes that it needs."""
    queue = Valkey(folder / "valkey", folder / "valkey.log", throw_away=True)
    queue.start()
    try:
        with living(database_url, REDIS_URL=queue.url, **WAITS, **environment) as app:
            house = House(app, queue, folder / "processes.log", commands)
            try:
                yield house
            finally:
                house.close()
    finally:
        queue.stop()
