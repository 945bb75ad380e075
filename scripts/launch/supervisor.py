"""Keeps the processes of a running Casework alive, and ends them one by one."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

from .console import ENDING, Stop, say, warn
from .project import PYTHON, ROOT, open_log
from .servers import tail

LOOK_EVERY_SECONDS = 0.5
END_SECONDS = 60
HEALTHY_SECONDS = 60
BACK_OFF_SECONDS = (1, 2, 4, 8)


@dataclass(frozen=True)
class Process:
    """One line of the process table: a Python module with its arguments, and what is special about it."""

    name: str
    command: str
    environment: Mapping[str, str] = field(default_factory=dict)
    listens: bool = False


class Child:
    """A running process of the table, in a process group of its own."""

    def __init__(self, process: Process, environment: Mapping[str, str], log: Path, listener: socket.socket) -> None:
        self.process = process
        self.log = log
        self._pass_fds = [listener.fileno()] if process.listens else []
        self._environment = {**environment, **process.environment, "CASEWORK_LISTEN_FD": str(listener.fileno())}
        self.failures = 0
        self.start_at = 0.0
        self.popen: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it; its output goes to its log, and it is told to end should the launcher be killed."""
        tie = ["setpriv", "--pdeathsig", "TERM", "--"] if shutil.which("setpriv") else []
        with open_log(self.log) as out:
            self.popen = subprocess.Popen(
                [*tie, str(PYTHON), "-m", *self.process.command.split()],
                env=self._environment,
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                process_group=0,
                pass_fds=self._pass_fds,
            )
        self.started_at = time.monotonic()

    def look(self) -> None:
        """Report a death and plan the restart, later each time; give up when it dies again and again."""
        if self.popen is None:
            if time.monotonic() >= self.start_at:
                self.start()
            return
        if self.popen.poll() is None:
            return
        lived = time.monotonic() - self.started_at
        self.failures = 1 if lived > HEALTHY_SECONDS else self.failures + 1
        code = self.popen.returncode
        self._clear_group()
        if self.failures > len(BACK_OFF_SECONDS):
            end = f"the end of {self.log}:\n{tail(self.log)}"
            raise Stop(f"{self.process.name} ended {self.failures} times (exit code {code}); {end}")
        delay = BACK_OFF_SECONDS[self.failures - 1]
        warn(f"{self.process.name} ended with exit code {code}; starting it again in {delay} s ({self.log})")
        self.start_at = time.monotonic() + delay

    def ask_to_end(self) -> None:
        """SIGTERM to the process alone: its own children finish their work."""
        if self.popen is not None:
            self.popen.terminate()

    def end(self, hurry: Callable[[], bool]) -> None:
        """Wait until it has ended; what is left of its group is killed."""
        if self.popen is None:
            return
        deadline = time.monotonic() + END_SECONDS
        while self.popen.poll() is None and time.monotonic() < deadline and not hurry():
            time.sleep(0.05)
        self._clear_group()

    def _clear_group(self) -> None:
        assert self.popen is not None
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.popen.pid, signal.SIGKILL)
        self.popen.wait()
        self.popen = None


def supervise(
    table: Sequence[Sequence[Process]],
    environment: Mapping[str, str],
    log: Path,
    listener: socket.socket,
    keep_servers_up: Callable[[], None],
    on_ready: Callable[[], bool],
) -> None:
    """Start the table, call `on_ready` until it is satisfied, keep going until Ctrl-C or SIGTERM, end line by line.

    A second Ctrl-C kills what has not ended by itself.
    """
    asked: list[int] = []
    before = {number: signal.signal(number, lambda n, _: asked.append(n)) for number in ENDING}
    lines = [[Child(process, environment, log / f"{process.name}.log", listener) for process in line] for line in table]
    try:
        ready = False
        while not asked:
            keep_servers_up()
            for child in chain.from_iterable(lines):
                child.look()
            ready = ready or on_ready()
            time.sleep(LOOK_EVERY_SECONDS)
        say("\nEnding (Ctrl-C again: at once) …")
    finally:
        for line in lines:
            for child in line:
                child.ask_to_end()
            for child in line:
                child.end(hurry=lambda: len(asked) > 1)
                say(f"  {child.process.name} has ended")
        for number, handler in before.items():
            signal.signal(number, handler)
