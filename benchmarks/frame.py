"""The frame of every benchmark: work and its yardstick in turns, a database of its own, one figure a line.

Figures compare CPU seconds, of the process that works and of the database together: on a shared machine wall time
tells more about the neighbours. Servers are looked at in /proc: PostgreSQL runs on this machine, as `dev.py` starts it.
"""

import os
import resource
import statistics
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from alembic import command
from flask import Flask
from sqlalchemy import make_url, text

from casework.app import create_app
from casework.cli import alembic_config
from casework.core.db import db, session
from casework.settings import Settings

DATABASE = "casework_bench"
ROUNDS = 3


@dataclass(frozen=True)
class Size:
    """How much is measured. Targets are meant for the real size; a quick look has none."""

    subjects: int
    imported: int
    seats: int
    requests: int
    papers: int
    targets: bool


REAL = Size(subjects=1_000_000, imported=100_000, seats=50_000, requests=300, papers=20, targets=True)
SMALL = Size(subjects=50_000, imported=5_000, seats=5_000, requests=60, papers=5, targets=False)


@dataclass(frozen=True)
class Figure:
    """One line: the value measured, and its ratio to the yardstick, which is to be at most or at least the target."""

    name: str
    value: float
    unit: str
    yardstick: str
    ratio: float | None
    target: float | None = None
    holds: bool = True


def at_most(size: Size, target: float, name: str, value: float, unit: str, yardstick: str, ratio: float) -> Figure:
    """A figure whose ratio to the yardstick may not exceed the target."""
    return _judged(size, target, name, value, unit, yardstick, ratio, ratio <= target)


def at_least(size: Size, target: float, name: str, value: float, unit: str, yardstick: str, ratio: float) -> Figure:
    """A figure whose ratio to the yardstick must reach the target."""
    return _judged(size, target, name, value, unit, yardstick, ratio, ratio >= target)


def told(name: str, value: float, unit: str, yardstick: str, ratio: float | None = None) -> Figure:
    """A figure that nobody judges."""
    return Figure(name, _short(value), unit, yardstick, _short(ratio))


def _judged(
    size: Size, target: float, name: str, value: float, unit: str, yardstick: str, ratio: float, holds: bool
) -> Figure:
    figure = told(name, value, unit, yardstick, ratio)
    return Figure(**{**vars(figure), "target": target, "holds": holds}) if size.targets else figure


def _short(number: float | None) -> Any:
    return None if number is None else float(f"{number:.4g}")


def memory(size: Size, name: str, bound: float) -> Figure:
    """The most memory that this process has had, in MB, against a bound."""
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return at_most(size, 1.0, name, megabytes, "MB", f"{bound:g} MB", megabytes / bound)


# ---- Time ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Cost:
    """Seconds that some work took: on the wall, and of CPU."""

    wall: float
    cpu: float


class Stopwatch:
    """Measures work by the CPU of this process and of the children, living and ended, of the given processes."""

    def __init__(self, *parents: int, own: bool = True) -> None:
        self._parents: Collection[int] = parents or (postmaster(),)
        self._own = own

    def once(self, work: Callable[[], Any]) -> Cost:
        wall, cpu = time.perf_counter(), self._cpu()
        work()
        return Cost(time.perf_counter() - wall, self._cpu() - cpu)

    def median(self, work: Callable[[], Any], times: int = ROUNDS) -> Cost:
        return _median(self.once(work) for _ in range(times))

    def in_turns(self, work: Callable[[], Any], yardstick: Callable[[], Any]) -> tuple[Cost, Cost]:
        """The medians of both, measured one after the other in each round, so that they share the machine's moods."""
        rounds = [(self.once(yardstick), self.once(work)) for _ in range(ROUNDS)]
        return _median(ours for _bare, ours in rounds), _median(bare for bare, _ours in rounds)

    def _cpu(self) -> float:
        ticks = 0
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                fields = _stat(folder)
            except (FileNotFoundError, ProcessLookupError):
                continue
            if int(fields[1]) in self._parents:
                ticks += int(fields[11]) + int(fields[12])
            elif int(folder.name) in self._parents:
                ticks += sum(map(int, fields[11:15]))
        return (time.process_time() if self._own else 0.0) + ticks / os.sysconf("SC_CLK_TCK")


def _median(costs: Iterator[Cost]) -> Cost:
    found = list(costs)
    return Cost(statistics.median(one.wall for one in found), statistics.median(one.cpu for one in found))


def postmaster() -> int:
    """The process id of the database server."""
    backend = session.scalar(text("SELECT pg_backend_pid()"))
    session.rollback()
    return int(_stat(Path(f"/proc/{backend}"))[1])


def _stat(folder: Path) -> list[str]:
    """The fields of a process after its name: state, parent, …"""
    return (folder / "stat").read_text().rpartition(") ")[2].split()


# ---- Ground ----------------------------------------------------------------------------------------------------------


@contextmanager
def house() -> Iterator[Flask]:
    """The application on a migrated, empty database of its own, with its context pushed; dropped after."""
    url = make_url(Settings.from_environment().database_url)
    before = os.environ.get("DATABASE_URL")
    plain = url.set(drivername="postgresql", database="postgres").render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True) as server:
        server.execute(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")
        server.execute(f"CREATE DATABASE {DATABASE} TEMPLATE template0 ENCODING 'UTF8'")
        os.environ["DATABASE_URL"] = url.set(database=DATABASE).render_as_string(hide_password=False)
        try:
            command.upgrade(alembic_config(), "head")
            app = create_app()
            with app.app_context():
                yield app
                session.remove()
                for engine in db.engines.values():
                    engine.dispose()
        finally:
            os.environ.pop("DATABASE_URL")
            if before is not None:
                os.environ["DATABASE_URL"] = before
            server.execute(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")


def fill(*statements: str) -> None:
    """Runs SQL that fills tables, then brings the planner's statistics up to date, so that nothing stirs later."""
    with db.engines[None].connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for table in ("enterprise", "credit_record", "rating", "grade_history", "current_grade", "pool_member",
                      "drawn_member", "case", "case_officer"):  # fmt: skip
            connection.exec_driver_sql(f'ALTER TABLE "{table}" SET (autovacuum_enabled = off)')
        for statement in statements:
            connection.exec_driver_sql(statement.replace("%", "%%"))
        connection.exec_driver_sql("VACUUM ANALYZE")
