"""The draw against a bare hash loop, the officers against hashing every pair, the cases against one INSERT … SELECT.

`python -m benchmarks.sampling [subjects]` on servers as `scripts/dev.py exec` starts them. The database is its own, and
dropped after.
"""

import json
import os
import resource
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from hashlib import sha256

import psycopg
from alembic import command
from flask import Flask
from sqlalchemy import make_url, text

from benchmarks.grading import Cost, Emit, Stopwatch
from casework.app import create_app
from casework.cli import alembic_config
from casework.core.actor import SYSTEM
from casework.core.db import db, session, transaction
from casework.sampling import draw as engine
from casework.sampling import operations as sampling
from casework.sampling import pool, queries
from casework.settings import Settings

DATABASE = "casework_bench_sampling"
COUNTIES = 10
OFFICERS = 500
CASES = 50_000
WORKERS = 2

FILL = """
    ALTER TABLE enterprise SET (autovacuum_enabled = off);
    ALTER TABLE current_grade SET (autovacuum_enabled = off);
    ALTER TABLE pool_member SET (autovacuum_enabled = off);
    ALTER TABLE drawn_member SET (autovacuum_enabled = off);
    ALTER TABLE "case" SET (autovacuum_enabled = off);
    ALTER TABLE case_officer SET (autovacuum_enabled = off);

    INSERT INTO org_unit (kind, name, short_name, division_code, path) VALUES ('city', '市局', '市局', '411600', '/1/');
    INSERT INTO org_unit (parent_id, kind, name, short_name, division_code, path)
    SELECT 1, 'county', n || '县局', n || '县局', '4116' || lpad(n::text, 2, '0'), '/1/' || n + 1 || '/'
    FROM generate_series(1, {counties}) AS n ORDER BY n;

    INSERT INTO officer
        (roster_id, org_id, name, certificate_no, certificate_valid_until, lines, qualifications, active)
    SELECT 'R' || lpad(n::text, 5, '0'), 2 + n % {counties}, 'officer' || n, 'C' || n, current_date + 900,
        '{registration}', '{}', true
    FROM generate_series(1, {officers}) AS n;

    INSERT INTO enterprise (uscc, subject_class, name, name_key, bigrams, former_names, status, cluster_address, org_id,
        is_branch, tags, code_checked, source, recorded_at, updated_at)
    SELECT '91' || lpad((n::bigint * 7919 % 1000000007)::text, 16, '0'), 'company', 'no. ' || n, 'no. ' || n, '{}',
        '{}', 'active', false, 2 + n % {counties}, false, '{}', true, 'bench', now(), now()
    FROM generate_series(1, {n}) AS n;

    INSERT INTO classification_run (kind, requested_by, requested_at, as_of, started_at, finished_at, whole, looked_at,
        changed, distribution, moves)
    VALUES ('full', 'bench', now(), current_date, now(), now(), true, {n}, 0, '{}', '{}');
    INSERT INTO current_grade (enterprise_id, grade, score, since, run_id)
    SELECT id, CASE WHEN r < 0.60 THEN 'A' WHEN r < 0.86 THEN 'B' WHEN r < 0.96 THEN 'C' ELSE 'D' END,
        100, current_date, 1
    FROM (SELECT id, (id * 2654435761 % 1000003)::float / 1000003 AS r FROM enterprise) AS rolled;
"""

RAW_CASES = """
    INSERT INTO "case" (origin_kind, origin_id, origin_number, title, source, kind, enterprise_id, org_id, line, items,
        on_site, state, opened_on, entered_on, due_on, task_due_on)
    SELECT 'draw', -1, '', '', 'temporary', 'spot_check', enterprise_id, org_id, 'registration', CAST(:items AS jsonb),
        true, 'opened', current_date, current_date, current_date + 30, current_date + 30
    FROM drawn_member
"""
RAW_SEATS = """
    INSERT INTO case_officer (case_id, officer_id, ordinal)
    SELECT c.id, o.officer_id, seat.ordinal
    FROM "case" AS c JOIN drawn_member AS d ON d.enterprise_id = c.enterprise_id
    CROSS JOIN LATERAL unnest(d.chosen) WITH ORDINALITY AS seat (place, ordinal)
    JOIN pool_officer AS o ON o.campaign_id = d.campaign_id AND o.position = seat.place
    WHERE c.origin_id = -1
"""


def run(emit: Emit, subjects: int = 1_000_000) -> None:
    """Measures and tells each figure to `emit(name=…, value=…, unit=…, yardstick=…, ratio=…, target=…, holds=…)`.

    Ratios compare CPU seconds of client and server together, except of the cases, whose workers share the machine.
    """

    def tell(
        name: str, cost: float, yardstick: str, ratio: float, target: float | None, holds: bool, unit: str = "s"
    ) -> None:
        emit(
            name=name,
            value=round(cost, 3),
            unit=unit,
            yardstick=yardstick,
            ratio=round(ratio, 3),
            target=target,
            holds=holds,
        )

    tell(*_officers())
    with _register(subjects) as app:
        campaign_id = _campaign()
        work = Stopwatch()
        bare = work.median(_hash_every_code)
        number = f"{subjects:,}"

        def step(name: str, cost: Cost, target: float | None = None) -> None:
            ratio = cost.cpu / bare.cpu
            tell(
                f"sampling: {name} {number}",
                cost.wall,
                "bare hash loop",
                ratio,
                target,
                target is None or ratio <= target,
            )

        step("freeze", work.once(lambda: _kept(sampling.freeze_pool, campaign_id)))
        step("commit", work.once(lambda: _kept(sampling.publish_commitment, campaign_id)))
        step("tickets and draw of", work.median(lambda: _draw_only(campaign_id)), 3.0)
        step("whole draw with officers of", work.once(lambda: _kept(sampling.draw, campaign_id)))
        step("bundle of", work.once(lambda: _kept(sampling.keep_bundle, campaign_id)))
        megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        tell("sampling: memory of the client", megabytes, "400 MB", megabytes / 400, 1.0, megabytes <= 400, "MB")
        tell(*_cases(app, work, campaign_id))


# ---- Officers --------------------------------------------------------------------------------------------------------


def _officers() -> tuple[str, float, str, float, float, bool]:
    """Two officers for each of many cases in closed counties, against one hash of every (case, officer) pair."""
    seed = sha256(b"seed").digest()
    crews = [
        sorted(sha256(f"officer {n}".encode()).digest() for n in range(county, OFFICERS, COUNTIES))
        for county in range(COUNTIES)
    ]
    cases = [(sha256(f"case {n}".encode()).digest(), crews[n % COUNTIES]) for n in range(CASES)]

    def hash_every_pair() -> None:
        for seal, crew in cases:
            for officer in crew:
                sha256(seed + seal + officer).digest()

    loads: Counter[bytes] = Counter()

    def assign() -> None:
        loads.clear()
        for duty in engine.assign(cases, seed, 2):
            loads.update(duty.chosen)

    bare, ours = _cpu_of(hash_every_pair), _cpu_of(assign)
    uneven = max(max(loads[one] for one in crew) - min(loads[one] for one in crew) for crew in crews)
    ratio = ours / bare
    return (
        f"sampling: officers of {CASES:,} cases (loads differ by {uneven})", ours, "hashing every pair", ratio, 3.0,
        ratio <= 3.0 and uneven <= 3,
    )  # fmt: skip


def _cpu_of(work: Callable[[], None]) -> float:
    """CPU seconds of this process, the median of three."""
    found = []
    for _again in range(3):
        before = resource.getrusage(resource.RUSAGE_SELF).ru_utime
        work()
        found.append(resource.getrusage(resource.RUSAGE_SELF).ru_utime - before)
    return sorted(found)[1]


# ---- The draw --------------------------------------------------------------------------------------------------------


def _hash_every_code() -> None:
    """The yardstick: read every code and hash it once with a seed."""
    seed = bytes(32)
    for row in session.execute(text("SELECT uscc FROM enterprise").execution_options(yield_per=10_000)):
        sha256(seed + row[0].encode()).digest()
    session.rollback()


def _campaign() -> int:
    with transaction():
        sampling.ensure_default_items(actor=SYSTEM)
        made = sampling.create_campaign(
            title="bench", org_id=1, item_codes=["A08"], pool={}, rates_bp={"A": 300, "B": 500, "C": 1000, "D": 2000},
            sizes={}, officers_per_case=2, workdays=30, public_list=True, unattended=True, actor=SYSTEM,
        )  # fmt: skip
        sampling.submit_campaign(made.id, actor=SYSTEM)
        sampling.approve_campaign(made.id, actor=SYSTEM)
        return made.id


def _kept(verb: Callable[..., object], campaign_id: int) -> None:
    with transaction():
        verb(campaign_id, actor=SYSTEM)


def _draw_only(campaign_id: int) -> None:
    """Tickets of every eligible seal, and the smallest of each stratum."""
    campaign = queries.campaign(campaign_id, SYSTEM)
    engine.draw(
        queries.parameters_of(campaign).strata,
        pool.members(campaign_id),
        bytes(32),
        sizes={stratum.label: stratum.members for stratum in campaign.strata},
    )
    session.rollback()


# ---- Cases -----------------------------------------------------------------------------------------------------------


def _cases(app: Flask, work: Stopwatch, campaign_id: int) -> tuple[str, float, str, float, float, bool]:
    """All cases of the draw by two workers in chunks of 500, against one INSERT … SELECT of the same rows."""
    with transaction():
        sampling.chunk_cases(campaign_id, actor=SYSTEM)
    drawn = queries.campaign(campaign_id, SYSTEM).tasks
    items = json.dumps(queries.campaign(campaign_id, SYSTEM).items, ensure_ascii=False)
    session.rollback()

    def raw() -> None:
        with transaction():
            session.execute(text(RAW_CASES), {"items": items})
            session.execute(text(RAW_SEATS))

    def chunk(span: tuple[int, int]) -> None:
        with app.app_context(), transaction():
            sampling.open_drawn_cases(campaign_id, *span, actor=SYSTEM)

    def chunks() -> None:
        with ThreadPoolExecutor(WORKERS) as workers:
            spans = [(first, min(first + 499, drawn)) for first in range(1, drawn + 1, 500)]
            list(workers.map(chunk, spans))

    def best(opening: Callable[[], None]) -> float:
        """The shorter of two times on the wall, each from an empty table."""
        found = []
        for _again in range(2):
            found.append(work.once(opening).wall)
            with transaction():
                session.execute(text('TRUNCATE case_officer, "case" CASCADE'))
        return min(found)

    bare, ours = best(raw), best(chunks)
    ratio = bare / ours
    return f"sampling: {drawn:,} cases opened", ours, "one INSERT … SELECT", ratio, 1.0, ratio >= 1.0


# ---- The register ----------------------------------------------------------------------------------------------------


@contextmanager
def _register(subjects: int) -> Iterator[Flask]:
    """A migrated database with made-up graded subjects and officers, and the application on it."""
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
                    fill = FILL.replace("{n}", str(subjects))
                    fill = fill.replace("{counties}", str(COUNTIES)).replace("{officers}", str(OFFICERS))
                    session.connection().connection.driver_connection.execute(fill)
                with db.engines[None].connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                    connection.execute(text("VACUUM ANALYZE"))
                yield app
                session.remove()
                for each in db.engines.values():
                    each.dispose()
        finally:
            os.environ["DATABASE_URL"] = before
            server.execute(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")


if __name__ == "__main__":
    run(lambda **figure: print(json.dumps(figure, ensure_ascii=False), flush=True), *map(int, sys.argv[1:]))
