#!/usr/bin/env python3
"""Run and test Casework from a fresh clone: setup | run | test | bench | exec | stop | status. Standard library only."""

import sys

if sys.version_info < (3, 11):
    sys.exit("Casework needs Python 3.11 or newer; this is %d.%d. Try: python3.12 scripts/dev.py" % sys.version_info[:2])

import argparse
import os
import signal
import subprocess
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from launch.console import Stop, say, warn
from launch.instance import Instance, throw_away_instance
from launch.project import PYTHON, ROOT, VAR


def execute(command: list[str], *, fresh: bool) -> int:
    if fresh:
        with throw_away_instance() as instance:
            return _with_servers(instance, command)
    return _with_servers(Instance(VAR), command)


def _with_servers(instance: Instance, command: list[str]) -> int:
    with instance.servers() as environment:
        migrate(environment)
        return call(command, environment)


def migrate(environment):
    if not (ROOT / "casework" / "cli.py").exists():
        warn("casework.cli does not exist yet: database not migrated")
        return
    if call([str(PYTHON), "-m", "casework.cli", "migrate"], environment, cwd=ROOT):
        raise Stop("the database could not be migrated")


def call(command, environment, cwd=None) -> int:
    child = subprocess.Popen(command, env=environment, cwd=cwd)
    while True:
        try:
            code = child.wait()
            return code if code >= 0 else 128 - code
        except KeyboardInterrupt:
            continue


def main() -> int:
    argv = sys.argv[1:]
    if argv[:1] == ["exec"]:
        fresh = "--fresh" in argv[:2]
        return execute(argv[argv.index("--") + 1 :], fresh=fresh)
    if argv[:1] == ["test"]:
        with throw_away_instance() as instance, instance.servers() as environment:
            return call([str(PYTHON), "-m", "pytest", *argv[1:]], environment, cwd=ROOT)
    return 2


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Stop as stop:
        sys.exit(f"casework: {stop}")
