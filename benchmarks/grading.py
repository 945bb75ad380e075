"""Grading against the bare work of the database: a run over everybody, the daily run, one enterprise at once.

`python -m benchmarks.grading [subjects]` on servers as `scripts/dev.py exec` starts them; it has its own database.
"""

import json
import os
import resource
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
from alembic import command
from sqlalchemy import make_url, text

from casework.app import create_app
from casework.cli import alembic_config
from casework.core import clock
from casework.core.actor import SYSTEM
from casework.core.db import db, session, transaction
from casework.grading import operations as grading
from casework.grading import queries
from casework.settings import Settings

Emit = Callable[..., None]
DATABASE = "casework_bench_grading"
RECORDS_PER_SUBJECT = 4

FILL = """
    ALTER TABLE enterprise SET (autovacuum_enabled = off);
    ALTER TABLE credit_record SET (autovacuum_enabled = off);
    ALTER TABLE rating SET (autovacuum_enabled = off);
    ALTER TABLE grade_history SET (autovacuum_enabled = off);
    ALTER TABLE current_grade SET (autovacuum_enabled = off);

    INSERT INTO org_unit (kind, name, short_name, division_code, path) VALUES ('city', '市局', '市局', '411600', '/1/');

    INSERT INTO enterprise (uscc, subject_class, name, name_key, bigrams, former_names, status, established_on,
        capital_wan, paid_capital_wan, employees, person_key, address_key, cluster_address, org_id, industry_section,
        industry_code,
        is_branch, tags, code_checked, source, recorded_at, updated_at)
    SELECT '91' || lpad(n::text, 16, '0'),
        CASE WHEN random() < 0.70 THEN 'individual' WHEN random() < 0.9 THEN 'company' ELSE 'cooperative' END,
        '周口市试验第' || n || '号商贸有限公司', '周口市试验第' || n || '号商贸有限公司', '{}', '{}',
        CASE WHEN random() < 0.93 THEN 'active' WHEN random() < 0.5 THEN 'deregistered' ELSE 'revoked' END,
        current_date - (random() ^ 2 * 7000)::int, (random() ^ 4 * 3000)::int,
        CASE WHEN random() < 0.7 THEN 0 ELSE 50 END,
        (random() * 20)::int, 'person' || CASE WHEN random() < 0.85 THEN n ELSE (random() * {n} / 20)::int END,
        CASE WHEN random() < 0.6 THEN 'address' || (random() ^ 1.3 * {n})::int END, random() < 0.02, 1,
        chr(65 + (random() * 19)::int), lpad((random() * 9999)::int::text, 4, '0'), false, '{}', true, 'bench',
        now(), now()
    FROM generate_series(1, {n}) AS n;

    INSERT INTO credit_record (enterprise_id, kind, klass, happened_on, ends_on, repaired_on, publicity_until, amount,
        title, document_no, authority, detail, source, source_key, version, recorded_at)
    SELECT enterprise_id, kind, klass, happened_on,
        CASE WHEN kind IN (4, 7, 9) AND ended < 0.6 THEN happened_on + (ended * 900)::int END,
        CASE WHEN kind = 8 AND ended < 0.12 THEN happened_on + 200 END,
        CASE WHEN kind = 8 THEN happened_on + 1095 END,
        CASE WHEN kind = 4 THEN 20 END, '试验记录' || n, '周市监字〔2025〕' || n || '号', '周口市市场监督管理局',
        '{}', 'bench', 'r' || n, 1, now()
    FROM (
        SELECT n, 1 + floor(random() ^ 2 * {n})::bigint AS enterprise_id,
            current_date - (random() * 1825)::int AS happened_on, random() AS ended, kinds.kind,
            kinds.klass[1 + (random() * (cardinality(kinds.klass) - 1))::int] AS klass
        FROM (SELECT n, random() AS dice FROM generate_series(1, {n} * {each}) AS n) AS rolled
        JOIN (VALUES
            (15, '{1,1,1,1,1,1,2,3}'::smallint[], 0.00, 0.42), (2, '{0,1,2,3,4,5,6,7}', 0.42, 0.60),
            (7, '{0,0,1,1,1,2,3}', 0.60, 0.72), (12, '{1,1,1,1,2,3,5}', 0.72, 0.82), (9, '{1,1,4}', 0.82, 0.85),
            (13, '{0,1,1}', 0.85, 0.95), (8, '{0,1,2,2,3,6}', 0.95, 0.985),
            (4, '{0}', 0.985, 0.99), (16, '{1,1,2}', 0.99, 1.00)
        ) AS kinds (kind, klass, low, high) ON dice >= low AND dice < high
    ) AS drawn;
"""


def run(emit: Emit, subjects: int = 200_000) -> None:
    """Measures and tells each figure to `emit(name=…, value=…, unit=…, yardstick=…, ratio=…, target=…, holds=…)`.

    Ratios compare CPU seconds of client and server together, since wall time depends on what else the machine does.
    """
    with _register(subjects):
        work = Stopwatch()
        group = work.median(_group_by)
        first = work.once(_whole)
        whole = work.median(_whole)
        same = queries.last_run().changed == 0
        with clock.at(clock.now() + timedelta(days=1)):
            daily = work.once(_due)
            looked_at = queries.last_run().looked_at
            by_all = work.once(_whole)
            equal = queries.last_run().changed == 0
        one, raw = work.median(_one, 5), work.median(_raw, 5)

        def tell(name: str, cost: Cost, yardstick: str, ratio: float, target: float | None, also: bool = True) -> None:
            holds = also and (target is None or ratio <= target)
            emit(
                name=name,
                value=round(cost.wall, 4),
                unit="s",
                yardstick=yardstick,
                ratio=round(ratio, 3),
                target=target,
                holds=holds,
            )

        number = f"{subjects:,}"
        tell(f"grading: run over {number}, nothing new", whole, "bare GROUP BY", whole.cpu / group.cpu, 1.5, same)
        tell(f"grading: first run over {number}", first, "bare GROUP BY", first.cpu / group.cpu, None)
        tell(f"grading: daily run, {looked_at:,} due", daily, "run over everybody", daily.cpu / by_all.cpu, 0.15, equal)
        tell("grading: 100 penalties noted and graded", one, "100 × insert + update + commit", one.cpu / raw.cpu, 2.0)
        megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        most = 600 * max(subjects / 1_000_000, 1)
        emit(
            name="grading: memory of the client", value=round(megabytes), unit="MB", yardstick="600 MB a million",
            ratio=round(megabytes / most, 3), target=1.0, holds=megabytes <= most,
        )  # fmt: skip
        size = float(session.scalar(text("SELECT avg(pg_column_size(pts)) FROM rating")))
        emit(
            name="grading: points of one rating", value=round(size), unit="bytes", yardstick="110 bytes",
            ratio=round(size / 110, 3), target=1.0, holds=size <= 110,
        )  # fmt: skip


@dataclass(frozen=True)
class Cost:
    """Seconds that some work took: on the wall, and of CPU in client and server together."""

    wall: float
    cpu: float


class Stopwatch:
    """Measures work; the server's CPU is read from /proc, where the server runs on this machine."""

    def __init__(self) -> None:
        backend = session.scalar(text("SELECT pg_backend_pid()"))
        self._postmaster = int(_stat(Path(f"/proc/{backend}"))[1])
        self._tick = os.sysconf("SC_CLK_TCK")

    def once(self, work: Callable[[], Any]) -> Cost:
        wall, cpu = time.perf_counter(), self._cpu()
        work()
        return Cost(time.perf_counter() - wall, self._cpu() - cpu)

    def median(self, work: Callable[[], Any], times: int = 3) -> Cost:
        return sorted((self.once(work) for _ in range(times)), key=lambda cost: cost.cpu)[times // 2]

    def _cpu(self) -> float:
        """CPU seconds of this process, of the server's processes, and of those of them that have ended."""
        ticks = 0
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                fields = _stat(folder)
            except (FileNotFoundError, ProcessLookupError):
                continue
            if int(fields[1]) == self._postmaster:
                ticks += int(fields[11]) + int(fields[12])
            elif folder.name == str(self._postmaster):
                ticks += sum(map(int, fields[11:15]))
        return time.process_time() + ticks / self._tick


def _stat(folder: Path) -> list[str]:
    """The fields of a process after its name: state, parent, …"""
    return (folder / "stat").read_text().rpartition(") ")[2].split()


def _whole() -> None:
    with transaction():
        grading.run_now("full", actor=SYSTEM)


def _due() -> None:
    with transaction():
        grading.run_now("due", actor=SYSTEM)


def _group_by() -> None:
    session.execute(text("SET LOCAL work_mem = '256MB'"))
    session.execute(
        text(
            "SELECT max(number), max(sum) FROM "
            "(SELECT count(*) AS number, sum(klass) FROM credit_record GROUP BY enterprise_id) AS each"
        )
    )
    session.rollback()


def _one() -> None:
    for number in range(1, 101):
        with transaction():
            grading.regrade(_penalty(number), actor=SYSTEM)


def _raw() -> None:
    for number in range(1, 101):
        with transaction():
            session.execute(
                text("UPDATE rating SET score = score WHERE enterprise_id = :one"), {"one": _penalty(number)}
            )


def _penalty(number: int) -> int:
    enterprise_id = number * 37
    session.execute(
        text(
            "INSERT INTO credit_record (enterprise_id, kind, klass, happened_on, title, detail, source, source_key, "
            "version, recorded_at) "
            "VALUES (:one, 8, 2, current_date, 'x', '{}', 'one', gen_random_uuid()::text, 1, now())"
        ),
        {"one": enterprise_id},
    )
    return enterprise_id


@contextmanager
def _register(subjects: int) -> Iterator[None]:
    """A migrated database with made-up subjects and records, and the application on it."""
    url = make_url(Settings.from_environment().database_url)
    before = os.environ.get("DATABASE_URL", "")
    plain = url.set(drivername="postgresql", database="postgres").render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True) as server:
        server.execute(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")
        server.execute(f"CREATE DATABASE {DATABASE} TEMPLATE template0 ENCODING 'UTF8'")
        os.environ["DATABASE_URL"] = url.set(database=DATABASE).render_as_string(hide_password=False)
        try:
            command.upgrade(alembic_config(), "head")
            app = create_app()
            with app.app_context():
                with transaction():
                    grading.ensure_default_models(actor=SYSTEM)
                    driver = session.connection().connection.driver_connection
                    driver.execute(FILL.replace("{n}", str(subjects)).replace("{each}", str(RECORDS_PER_SUBJECT)))
                with db.engines[None].connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                    connection.execute(text("VACUUM ANALYZE"))
                yield
                session.remove()
                for engine in db.engines.values():
                    engine.dispose()
        finally:
            os.environ["DATABASE_URL"] = before
            server.execute(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")


if __name__ == "__main__":
    run(lambda **figure: print(json.dumps(figure, ensure_ascii=False)), *map(int, sys.argv[1:]))
