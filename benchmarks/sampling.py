"""The draw against a bare hash loop, the officers against hashing every pair, the cases against one INSERT … SELECT."""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256

from flask import Flask
from sqlalchemy import text

from benchmarks import city
from benchmarks.frame import Figure, Size, Stopwatch, at_least, at_most, fill, house, memory, told
from casework.core.actor import SYSTEM
from casework.core.db import session, transaction
from casework.sampling import draw as engine
from casework.sampling import operations as sampling
from casework.sampling import pool, queries

OFFICERS = 500
CHUNK = 500
"""Cases that one message opens."""
WORKERS = 2

ROSTER = f"""
    INSERT INTO officer
        (roster_id, org_id, name, certificate_no, certificate_valid_until, lines, qualifications, item_codes,
        qualifications_until, active)
    SELECT 'R' || lpad(n::text, 5, '0'), 2 + n % {city.COUNTIES}, 'officer' || n, 'C' || n, current_date + 900,
        '{{registration}}', '{{}}', '{{}}', '{{}}', true
    FROM generate_series(1, {OFFICERS}) AS n;
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


def run(size: Size) -> Iterator[Figure]:
    """The figures of a campaign, from the pool to its cases."""
    with house() as app:
        fill(*city.register(size.subjects), city.grades(size.subjects), ROSTER)
        work, number = Stopwatch(), f"{size.subjects:,}"
        yield from _officers(size, work)
        campaign_id = _campaign()

        def step(name: str, verb: Callable[..., object]) -> Figure:
            cost = work.once(lambda: _kept(verb, campaign_id))
            return told(f"sampling: {name} {number}", cost.cpu, "CPU s", "bare hash loop", cost.cpu / bare.cpu)

        bare = work.median(_hash_every_code)
        yield step("freeze", sampling.freeze_pool)
        yield step("commit", sampling.publish_commitment)
        drawn, bare = work.in_turns(lambda: _draw_only(campaign_id), _hash_every_code)
        name, ratio = f"sampling: tickets and draw of {number}", drawn.cpu / bare.cpu
        yield at_most(size, 3.0, name, drawn.cpu, "CPU s", "bare hash loop", ratio)
        yield step("whole draw with officers of", sampling.draw)
        yield step("bundle of", sampling.keep_bundle)
        yield memory(size, "sampling: memory of the worker", 400)
        yield _cases(size, app, work, campaign_id)


# ---- Officers --------------------------------------------------------------------------------------------------------


def _officers(size: Size, work: Stopwatch) -> Iterator[Figure]:
    """Two officers for each of many cases in closed counties, against one hash of every (case, officer) pair."""
    seed = sha256(b"seed").digest()
    crews = [
        sorted(sha256(f"officer {n}".encode()).digest() for n in range(county, OFFICERS, city.COUNTIES))
        for county in range(city.COUNTIES)
    ]
    cases = [(sha256(f"case {n}".encode()).digest(), crews[n % city.COUNTIES]) for n in range(size.seats)]
    loads: Counter[bytes] = Counter()

    def hash_every_pair() -> None:
        for seal, crew in cases:
            for officer in crew:
                sha256(seed + seal + officer).digest()

    def assign() -> None:
        loads.clear()
        for duty in engine.assign(cases, seed, 2):
            loads.update(duty.chosen)

    ours, bare = work.in_turns(assign, hash_every_pair)
    name = f"sampling: officers of {size.seats:,} cases"
    yield at_most(size, 3.0, name, ours.cpu, "CPU s", "hashing every pair", ours.cpu / bare.cpu)
    uneven = max(max(loads[one] for one in crew) - min(loads[one] for one in crew) for crew in crews)
    name = "sampling: uneven loads inside a county"
    yield at_most(size, 1.0, name, uneven, "cases", "3 cases", uneven / 3)


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


def _cases(size: Size, app: Flask, work: Stopwatch, campaign_id: int) -> Figure:
    """All cases of the draw by two workers in chunks, against one INSERT … SELECT of the same rows.

    Both are timed on the wall, each from an empty table: two workers on two cores are what the chunks are for.
    """
    with transaction():
        sampling.chunk_cases(campaign_id, actor=SYSTEM)
    campaign = queries.campaign(campaign_id, SYSTEM)
    drawn, items = campaign.tasks, json.dumps(campaign.items, ensure_ascii=False)
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
            spans = [(first, min(first + CHUNK - 1, drawn)) for first in range(1, drawn + 1, CHUNK)]
            list(workers.map(chunk, spans))

    def best(opening: Callable[[], None]) -> float:
        found = []
        for _again in range(3):
            found.append(work.once(opening).wall)
            with transaction():
                session.execute(text('TRUNCATE case_officer, "case" CASCADE'))
        return min(found)

    bare, ours = best(raw), best(chunks)
    name = f"sampling: {drawn:,} cases opened"
    return at_least(size, 1.0, name, drawn / ours, "cases/s", "one INSERT … SELECT", bare / ours)
