"""Grading against the bare work of the database: a run over everybody, the daily run, one enterprise at once."""

import statistics
import time
from collections.abc import Iterator
from datetime import timedelta
from itertools import count, islice

from sqlalchemy import text

from benchmarks import city
from benchmarks.frame import Figure, Size, Stopwatch, at_least, at_most, fill, house, memory, told
from benchmarks.rivals import Zen, orm_loop, zen_is_installed
from casework.core import clock
from casework.core.actor import SYSTEM
from casework.core.db import session, transaction
from casework.grading import operations as grading
from casework.grading import queries

RECORDS_PER_SUBJECT = 4
NOTED = 100
"""So many penalties are noted and graded, one transaction each."""

TIMED = 300
"""So many are timed one by one."""

RIVALLED = 2_000
"""So many are graded by what the run is held against."""

RECORDS = """
    INSERT INTO credit_record (enterprise_id, kind, klass, happened_on, ends_on, repaired_on, publicity_until, amount,
        title, document_no, authority, detail, source, source_key, version, recorded_at)
    SELECT enterprise_id, kind, klass, happened_on,
        CASE WHEN kind IN (4, 7, 9) AND ended < 0.6 THEN happened_on + (ended * 900)::int END,
        CASE WHEN kind = 8 AND ended < 0.12 THEN happened_on + 200 END,
        CASE WHEN kind = 8 THEN happened_on + 1095 END,
        CASE WHEN kind = 4 THEN 20 END, '试验记录' || n, '周市监字〔2025〕' || n || '号', '周口市市场监督管理局',
        '{}', 'bench', 'r' || n, 1, now()
    FROM (
        SELECT n, 1 + floor(random() ^ 2 * <n>)::bigint AS enterprise_id,
            current_date - (random() * 1825)::int AS happened_on, random() AS ended, kinds.kind,
            kinds.klass[1 + (random() * (cardinality(kinds.klass) - 1))::int] AS klass
        FROM (SELECT n, random() AS dice FROM generate_series(1, <n> * <each>) AS n) AS rolled
        JOIN (VALUES
            (15, '{1,1,1,1,1,1,2,3}'::smallint[], 0.00, 0.42), (2, '{0,1,2,3,4,5,6,7}', 0.42, 0.60),
            (7, '{0,0,1,1,1,2,3}', 0.60, 0.72), (12, '{1,1,1,1,2,3,5}', 0.72, 0.82), (9, '{1,1,4}', 0.82, 0.85),
            (13, '{0,1,1}', 0.85, 0.95), (8, '{0,1,2,2,3,6}', 0.95, 0.985),
            (4, '{0}', 0.985, 0.99), (16, '{1,1,2}', 0.99, 1.00)
        ) AS kinds (kind, klass, low, high) ON dice >= low AND dice < high
    ) AS drawn;
"""

GROUP_BY = """
    SELECT max(number), max(sum)
    FROM (SELECT count(*) AS number, sum(klass) FROM credit_record GROUP BY enterprise_id) AS each
"""

PENALTY = """
    INSERT INTO credit_record (enterprise_id, kind, klass, happened_on, title, detail, source, source_key, version,
        recorded_at)
    VALUES (:one, 8, 2, current_date, 'x', '{}', 'one', gen_random_uuid()::text, 1, now())
"""


def run(size: Size) -> Iterator[Figure]:
    """The figures of grading. A run without news must change nothing, and a daily run must leave nothing over."""
    with house():
        with transaction():
            grading.ensure_default_models(actor=SYSTEM)
        records = RECORDS.replace("<n>", str(size.subjects)).replace("<each>", str(RECORDS_PER_SUBJECT))
        fill(*city.register(size.subjects), records)
        number, work = f"{size.subjects:,}", Stopwatch()

        first = work.once(_whole)
        whole, bare = work.in_turns(_whole, _group_by)
        _none_changed()
        ratio = whole.cpu / bare.cpu
        name = f"grading: run over {number}, nothing new"
        yield at_most(size, 1.5, name, whole.cpu, "CPU s", "bare GROUP BY of the records", ratio)
        name = f"grading: first run over {number}"
        yield told(name, first.cpu, "CPU s", "bare GROUP BY of the records", first.cpu / bare.cpu)

        with clock.at(clock.now() + timedelta(days=1)):
            daily = work.once(_due)
            looked_at = queries.last_run().looked_at
            by_all = work.once(_whole)
            _none_changed()
        name = f"grading: daily run, {looked_at:,} due"
        yield at_most(size, 0.15, name, daily.cpu, "CPU s", "run over everybody", daily.cpu / by_all.cpu)

        noted, raw = work.in_turns(_note_and_grade, _note_and_store)
        name, yardstick = f"feedback: {NOTED} penalties noted and graded", f"{NOTED} × insert, update, commit"
        yield at_most(size, 2.0, name, noted.cpu, "CPU s", yardstick, noted.cpu / raw.cpu)

        middle, slow = _latencies()
        name = f"feedback: the slowest of {TIMED} but one in a hundred"
        yield at_most(size, 5.0, name, slow * 1000, "ms", "its own median", slow / middle)

        bytes_each = float(session.scalar(text("SELECT avg(pg_column_size(pts)) FROM rating")))
        name = "grading: points of one rating"
        yield at_most(size, 1.0, name, bytes_each, "bytes", "110 bytes", bytes_each / 110)
        yield memory(size, "grading: memory of the worker", 600 * max(size.subjects / 1_000_000, 1))
        each = whole.cpu / size.subjects
        loop = work.once(lambda: orm_loop(range(1, RIVALLED + 1))).cpu / RIVALLED
        name, yardstick = f"grading: ORM in batches, {RIVALLED:,} of {number}", "run over everybody, for each"
        yield at_least(size, 40, name, loop * 1e6, "CPU µs each", yardstick, loop / each)
        if zen_is_installed():
            zen = Zen(queries.basis(clock.today()).models["company"][1])
            loop = work.once(lambda: zen.loop(RIVALLED)).cpu / RIVALLED
            name = f"grading: zen-engine on numbers made ready, {RIVALLED:,}"
            yield at_least(size, 50, name, loop * 1e6, "CPU µs each", yardstick, loop / each)


def _whole() -> None:
    with transaction():
        grading.run_now("full", actor=SYSTEM)


def _due() -> None:
    with transaction():
        grading.run_now("due", actor=SYSTEM)


def _none_changed() -> None:
    changed = queries.last_run().changed
    assert changed == 0, f"a run without news changed {changed} grades"


def _group_by() -> None:
    with transaction():
        session.execute(text("SET LOCAL work_mem = '256MB'"))
        session.execute(text(GROUP_BY))


def _note_and_grade() -> None:
    for number in islice(_numbers, NOTED):
        with transaction():
            grading.regrade(_penalty(number), kin=False, actor=SYSTEM)


def _latencies() -> tuple[float, float]:
    """Median and 99th percentile in seconds of noting and grading a penalty, on the wall."""
    seconds = []
    for number in islice(_numbers, TIMED):
        begun = time.perf_counter()
        with transaction():
            grading.regrade(_penalty(number), kin=False, actor=SYSTEM)
        seconds.append(time.perf_counter() - begun)
    percentiles = statistics.quantiles(seconds, n=100)
    return percentiles[49], percentiles[98]


def _note_and_store() -> None:
    touch = text("UPDATE rating SET score = score WHERE enterprise_id = :one")
    for number in islice(_numbers, NOTED):
        with transaction():
            session.execute(touch, {"one": _penalty(number)})


_numbers = count(1)
"""Every penalty is somebody else's, so that each changes a grade."""


def _penalty(number: int) -> int:
    enterprise_id = number * 37
    session.execute(text(PENALTY), {"one": enterprise_id})
    return enterprise_id
