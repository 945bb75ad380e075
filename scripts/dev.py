#!/usr/bin/env python3
"""Run and test Casework from a fresh clone; needs only Python's standard library.

setup                        make .venv
run                          servers, database, demo city on the first start, web, workers, scheduler; Ctrl-C ends all
test [PYTEST ARGUMENT …]     the test suite with its own throw-away servers
bench [ARGUMENT …]           the benchmarks, likewise
exec [--fresh] -- COMMAND …  one command with servers up, database migrated, environment set; --fresh: thrown away after
stop                         end what runs from this folder
status                       say what runs from this folder
clean                        stop, and remove .venv and all data
"""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 - an older Python is told so here
    sys.exit("Casework needs Python 3.11 or newer; this is %d.%d" % sys.version_info[:2])  # noqa: UP031

import fcntl
import http
import http.client
import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from pathlib import Path
from types import FrameType
from typing import Any, TextIO

sys.path.insert(0, str(Path(__file__).resolve().parent))

from launch import machine, ports, venv
from launch.console import Stop, note, say, warn
from launch.instance import Instance, throw_away_instance
from launch.project import PYTHON, ROOT, VAR, VENV, locked, private_folder
from launch.supervisor import Process, supervise

LITTLE_MEMORY = {"MALLOC_ARENA_MAX": "1", "MALLOC_TRIM_THRESHOLD_": "65536"}  # a PDF worker: 76 MB instead of 230

# What `run` starts. At the end one line after the other ends: no new work, then no page, then no clock.
PROCESSES = (
    (
        Process("workers", "dramatiq workers.actors --processes 2 --threads 4 --queues default bulk"),
        Process("pdf", "dramatiq workers.actors --processes 2 --threads 1 --queues pdf", LITTLE_MEMORY),
    ),
    (Process("web", "gunicorn --config scripts/gunicorn.conf.py wsgi:app", listens=True),),
    (Process("scheduler", "workers.schedule"), Process("relay", "workers.relay")),
)
PORT = 8000
EVERY_ADDRESS = "0.0.0.0"  # noqa: S104 - only what HOST may say
RUN_FILE = VAR / "run.json"


def setup(arguments: list[str]) -> int:
    _no_arguments("setup", arguments)
    venv.ensure("dev")
    machine.ensure_pango()
    say("Ready: make run, make test")
    return 0


def run(arguments: list[str]) -> int:
    _no_arguments("run", arguments)
    venv.ensure("prod")
    machine.ensure_pango()
    wanted = _wanted_port()
    host = os.environ.get("HOST", "127.0.0.1")
    instance = Instance(VAR)
    with _only_one_run(), instance.servers() as environment, ports.listen(host, wanted) as listener:
        port = listener.getsockname()[1]
        if port != wanted:
            note(f"Port {wanted} is taken; Casework takes port {port}.")
        url = f"http://{'127.0.0.1' if host == EVERY_ADDRESS else host}:{port}"
        environment["PORT"] = str(port)
        migrate(environment)
        casework(environment, "seed", "--if-empty", otherwise="the demo city could not be made")
        accounts = demo_accounts(environment)
        environment["CASEWORK_DEMO"] = "1" if accounts else "0"
        RUN_FILE.write_text(json.dumps({"pid": os.getpid(), "port": port, "url": url}))
        note(f"Starting {', '.join(process.name for line in PROCESSES for process in line)} …")
        supervise(
            PROCESSES,
            environment,
            instance.log,
            listener,
            keep_servers_up=instance.keep_servers_up,
            on_ready=lambda: _welcome(url, accounts),
        )
    say("Casework has ended; its data are kept in var/")
    return 0


def test(arguments: list[str]) -> int:
    venv.ensure("dev")
    machine.ensure_pango()
    browser = machine.browser_environment()
    with throw_away_instance() as instance, instance.servers() as environment:
        command = [str(PYTHON), "-m", "pytest", *_on_all_cores(arguments), *arguments]
        return call(command, environment | browser, cwd=ROOT)


def bench(arguments: list[str]) -> int:
    venv.ensure("dev")
    machine.ensure_pango()
    with throw_away_instance() as instance, instance.servers() as environment:
        migrate(environment)
        return call([str(PYTHON), "-m", "benchmarks", *arguments], environment, cwd=ROOT)


def execute(arguments: list[str]) -> int:
    fresh, command = _fresh_and_command(arguments)
    venv.ensure("prod")
    machine.ensure_pango()
    place = throw_away_instance() if fresh else nullcontext(Instance(VAR))
    with place as instance, instance.servers() as environment:
        environment.setdefault("PORT", str(_running().get("port", PORT)))
        migrate(environment)
        return call(command, environment)


def stop(arguments: list[str]) -> int:
    _no_arguments("stop", arguments)
    running = _running()
    if running:
        os.kill(running["pid"], signal.SIGTERM)
        while _running():
            time.sleep(0.1)
    if VAR.exists():
        with locked(VAR / "servers.lock"):
            Instance(VAR).stop_servers()
    say("Nothing of Casework runs from this folder any more")
    return 0


def clean(arguments: list[str]) -> int:
    stop(arguments)
    Instance(VAR).forget()
    shutil.rmtree(VENV, ignore_errors=True)
    return 0


def status(arguments: list[str]) -> int:
    _no_arguments("status", arguments)
    running = _running()
    say(f"Casework runs at {running['url']}/ (pid {running['pid']})" if running else "Casework does not run")
    return 0 if running else 3


VERBS: dict[str, Callable[[list[str]], int]] = {
    "setup": setup,
    "run": run,
    "test": test,
    "bench": bench,
    "exec": execute,
    "stop": stop,
    "status": status,
    "clean": clean,
}


def migrate(environment: Mapping[str, str]) -> None:
    """Bring the database to the newest revision; one launcher at a time."""
    with locked(VAR / "migrate.lock"):
        casework(environment, "migrate", otherwise="the database could not be migrated")


def demo_accounts(environment: Mapping[str, str]) -> str:
    """Who may sign in to the demo city; empty where the database holds something else."""
    command = [PYTHON, "-m", "casework.cli", "demo-accounts"]
    told = subprocess.run(command, env=environment, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    return "" if told.returncode else told.stdout.decode()


def casework(environment: Mapping[str, str], *arguments: str, otherwise: str) -> None:
    """One `casework` command as a step of a verb; stdout is left to the verb itself."""
    code = call([str(PYTHON), "-m", "casework.cli", *arguments], environment, cwd=ROOT, output=sys.stderr)
    if code == 128 + signal.SIGINT:
        raise KeyboardInterrupt
    if code:
        raise Stop(f"{otherwise} (casework {' '.join(arguments)} ended with exit code {code})")


def call(
    command: list[str], environment: Mapping[str, str], cwd: Path | None = None, output: TextIO | None = None
) -> int:
    """Run a command to its end. Ctrl-C is the command's to answer; a SIGTERM to the launcher is passed on."""
    try:
        child = subprocess.Popen(command, env=environment, cwd=cwd, stdout=output)
    except FileNotFoundError:
        warn(f"{command[0]}: command not found")
        return 127
    before = signal.signal(signal.SIGINT, lambda *_: None)
    try:
        code = child.wait()
    except Ended:
        child.terminate()
        child.wait()
        raise
    finally:
        signal.signal(signal.SIGINT, before)
    return code if code >= 0 else 128 - code


class Ended(BaseException):
    """The launcher was asked to end by a signal."""

    def __init__(self, number: int) -> None:
        self.number = number


def _end(number: int, _frame: FrameType | None) -> None:
    for each in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, signal.SIG_IGN)  # once is enough: what follows is the clearing up
    raise Ended(number)


@contextmanager
def _only_one_run() -> Iterator[None]:
    with (private_folder(VAR) / "run.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            url = _running().get("url", "")
            raise Stop(f"already running from this folder {url}; scripts/dev.py stop ends it") from None
        try:
            yield
        finally:
            RUN_FILE.unlink(missing_ok=True)


def _running() -> dict[str, Any]:
    """Pid, port and address of this folder's `run`, if it runs."""
    try:
        with (VAR / "run.lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        return {}
    except BlockingIOError:
        try:
            running: dict[str, Any] = json.loads(RUN_FILE.read_text())
        except (FileNotFoundError, ValueError):
            return {}
        return running
    return {}


def _wanted_port() -> int:
    text = os.environ.get("PORT", "")
    if text and not (text.isdecimal() and 0 < int(text) < 65536):
        raise Stop(f"PORT={text} is not a port number")
    return int(text or PORT)


def _welcome(url: str, accounts: str) -> bool:
    """Once the first page comes: where everything is, and who may sign in to the demo city, if there is one."""
    connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=5)  # goes through no proxy
    try:
        connection.request("GET", "/")
        answer = connection.getresponse().status
    except OSError:
        return False
    finally:
        connection.close()
    if answer >= http.HTTPStatus.INTERNAL_SERVER_ERROR:
        warn(f"the first page answers {answer}; see var/log/web.log")
    say(f"\nPublic portal   {url}/\nStaff sign-in   {url}/sign-in\n\n{accounts}\nCtrl-C ends it. Logs: var/log/")
    return True


def _on_all_cores(arguments: list[str]) -> list[str]:
    """One pytest process per core, unless the caller chose, or wants the debugger."""
    own = ("-n", "--numprocesses", "--pdb", "--trace", "--collect-only", "no:xdist")
    chosen = any(argument.startswith(own) for argument in arguments)
    return [] if chosen else ["-n", str(os.cpu_count() or 1)]


def _fresh_and_command(arguments: list[str]) -> tuple[bool, list[str]]:
    """What `exec` was asked: `[--fresh] -- COMMAND …`, where `--` may be left out."""
    fresh = arguments[:1] == ["--fresh"]
    command = arguments[1:] if fresh else arguments
    if command[:1] == ["--"]:
        command = command[1:]
    if not command or command[0].startswith("-"):
        raise Stop("usage: scripts/dev.py exec [--fresh] -- COMMAND …")
    return fresh, command


def _no_arguments(verb: str, arguments: list[str]) -> None:
    if arguments:
        raise Stop(f"{verb} takes no arguments, got: {' '.join(arguments)}")


def main(arguments: list[str]) -> int:
    if not arguments or arguments[0] not in VERBS:
        say(__doc__ or "")
        return 0 if arguments[:1] in (["-h"], ["--help"]) else 2
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _end)
    try:
        return VERBS[arguments[0]](arguments[1:])
    except Stop as reason:
        warn(str(reason))
        return 1
    except PermissionError as error:
        warn(f"{error.filename} cannot be used: it belongs to another user of this machine")
        return 1
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    except Ended as ended:
        return 128 + ended.number


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
