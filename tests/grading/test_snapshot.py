"""The packed reading from PostgreSQL says what the plain reading of each record says."""

from collections import Counter
from datetime import date, timedelta
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from sqlalchemy import select

from casework.core import clock
from casework.core.db import session
from casework.grading import reference
from casework.grading.rules import Indicator, Limit, Model, Peers, code_of
from casework.registry import snapshot
from casework.registry.models import Enterprise
from casework.registry.rules import KINDS
from tests.make.grading import DAY, EVERYTHING, fact_of, reading_of, subject

RECORDS = [f"{kind.key}.{klass}" for kind in KINDS.values() for klass in kind.classes or (0,)]
later = some.none() | some.integers(0, 900).map(timedelta)
facts = some.tuples(
    some.sampled_from(RECORDS),
    some.integers(-30, 1500).map(lambda ago: DAY - timedelta(days=ago)),
    some.fixed_dictionaries(
        {},
        optional={
            "ends_on": later,
            "publicity_until": later,
            "repaired_on": later,
            "revoked_on": later,
            "objected_on": later,
        },
    ),
    some.sampled_from([None, None, "a", "b"]),
    some.booleans(),
)


def wanted_for(records: set[str], days: int) -> snapshot.Wanted:
    return snapshot.Wanted({code_of(record): days for record in records})


def events(reading: snapshot.Reading) -> list[tuple]:
    """What is read of the records, in an order of its own."""
    arrays = (reading.row, reading.age, reading.stop, reading.ended, reading.code)
    return sorted(zip(*(array.tolist() for array in arrays), strict=True))


def _lived(enterprise: Enterprise, history: list[tuple]) -> None:
    """Records as `facts` tells them."""
    for record, on, marks, chain, superseded in history:
        dates = {name: None if days is None else on + days for name, days in marks.items()}
        now = clock.now()
        over = now if superseded and chain else None
        fact_of(enterprise, record, on, chain=chain, recorded_at=now, superseded_at=over, **dates)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    some.lists(some.lists(facts, max_size=6), min_size=1, max_size=4),
    some.integers(-10, 400),
    some.just(EVERYTHING)
    | some.builds(wanted_for, some.sets(some.sampled_from(RECORDS)), some.sampled_from([0, 200, 800])),
)
def test_reading_by_range_and_by_list_equals_the_plain_reading(world, histories, ahead, wanted):
    day = DAY + timedelta(days=ahead)
    with session.begin_nested() as attempt:
        enterprises = [subject() for _history in histories]
        for enterprise, history in zip(enterprises, histories, strict=True):
            _lived(enterprise, history)
        session.flush()
        ids = [enterprise.id for enterprise in enterprises]
        plain = reading_of([snapshot.dossier(one, day) for one in ids], day, wanted)
        connection = session.connection()
        for scope in (range(ids[0] - 3, ids[-1] + 2), np.array(ids, np.int64)):
            packed = snapshot.read(connection, scope, day, wanted)
            order = np.argsort(packed.ids)
            assert packed.ids[order].tolist() == ids
            assert events(snapshot.replace(packed, row=np.argsort(order)[packed.row])) == events(plain)
            for name, values in plain.columns.items():
                assert packed.columns[name][order].tolist() == values.tolist()
        attempt.rollback()


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(some.lists(some.lists(facts, max_size=6), min_size=1, max_size=6), some.booleans())
def test_peers_are_counted_as_their_grades_count_them(world, histories, suspends):
    records, days, sizes = RECORDS[:6], 365, (10, 100)
    with session.begin_nested() as attempt:
        for number, history in enumerate(histories):
            enterprise = subject(
                industry_section=(None, "H", "C")[number % 3], employees=(None, 3, 40, 900)[number % 4]
            )
            _lived(enterprise, history)
        session.flush()
        rule = Peers(tuple(records), days, (Limit(90, 1, 1),), sizes)
        counted = snapshot.Counted("company", [code_of(each) for each in records], days, sizes)
        expected: Counter[tuple[str, int, int]] = Counter()
        for enterprise in session.scalars(select(Enterprise).where(Enterprise.subject_class == "company")):
            dossier = snapshot.dossier(enterprise.id, DAY)
            about = Indicator("0", "x", "x", "x", "x", "x", "social", rule)
            model = Model("x", "company", "x", {"social": 1}, (about,))
            receipt = reference.grade(model, {"B": 2, "C": 3, "D": 4}, dossier, DAY, suspends=suspends)
            cell = reference.cell_of(rule, dossier.columns)
            expected[cell.section.strip("-"), cell.size, receipt.lines[0].value] += 1
        found = snapshot.histogram(session.connection(), DAY, counted, suspends=suspends)
        assert {tuple(row[:3]): row[3] for row in found} == expected
        attempt.rollback()


def test_columns_are_whole_numbers_and_unknown_stays_unknown(world):
    enterprise = subject(
        established_on=DAY - timedelta(days=700),
        capital_wan=Decimal("1000.9"),
        paid_capital_wan=Decimal("0.2"),
        employees=0,
        cluster_address=True,
        industry_section="H",
        industry_code="6210",
    )
    columns = snapshot.dossier(enterprise.id, DAY).columns
    assert columns["age_days"] == 700
    assert (columns["capital"], columns["paid_capital"]) == (1000, 1)
    assert (columns["employees"], columns["cluster_address"]) == (0, 1)
    for prefix, fits in (("H", True), ("H62", True), ("H61", False), ("F", False)):
        number, mask = snapshot.industry_number(prefix)
        assert (columns["industry"] & mask == number) is fits
    bare = snapshot.dossier(subject(established_on=None).id, DAY).columns
    assert {bare[name] for name in ("age_days", "capital", "paid_capital", "employees", "industry")} == {
        snapshot.UNKNOWN
    }


@pytest.mark.parametrize("status", ["deregistered", "revoked", "moved_out", "cancelled"])
def test_only_those_that_can_be_inspected_are_read(world, status):
    here, gone = subject(status="suspended"), subject(status=status)
    fact_of(gone, "penalty.2", DAY - timedelta(days=5))
    reading = snapshot.read(session.connection(), np.array([here.id, gone.id], np.int64), DAY, EVERYTHING)
    assert reading.ids.tolist() == [here.id]
    assert not len(reading.row)


def test_relations_count_others_and_never_oneself(world):
    day = DAY - timedelta(days=10)
    trio = [subject(person_key="p1") for _ in range(3)]
    subject(person_key="p1", status="revoked")
    fact_of(trio[0], "abnormal.1", day)
    fact_of(trio[1], "abnormal.1", day, ends_on=DAY)
    assert [snapshot.dossier(each.id, DAY).features["kin_in_trouble"] for each in trio] == [1, 2, 2]

    head = subject()
    branch = subject(is_branch=True, parent_id=head.id)
    assert snapshot.dossier(branch.id, DAY).features["parent_listed"] == 0
    fact_of(head, "defaulter.0", day)
    assert snapshot.dossier(branch.id, DAY).features["parent_listed"] == 1

    tenants = [subject(address_key="a1") for _ in range(12)]
    subject(address_key="a1", status="deregistered")
    assert snapshot.dossier(tenants[0].id, DAY).features["same_address"] == 12
    assert snapshot.dossier(subject(address_key="a1", cluster_address=True).id, DAY).features["same_address"] == 0

    pledged = subject(capital_wan=Decimal(300))
    fact_of(pledged, "equity_pledge.0", day, amount=Decimal(100))
    fact_of(pledged, "equity_pledge.0", day, amount=Decimal(99), ends_on=DAY)
    fact_of(pledged, "equity_pledge.0", day, amount=Decimal(50), ends_on=DAY + timedelta(days=1))
    assert snapshot.dossier(pledged.id, DAY).features["pledge_percent"] == 50


def test_those_who_are_looked_at_together(world):
    head, other = subject(person_key="q"), subject(person_key="q")
    branch, neighbour, stranger = subject(parent_id=head.id), subject(address_key="b"), subject()
    head.address_key = "b"
    session.flush()
    connection = session.connection()
    assert set(snapshot.related(connection, [head.id], by_address=False)) == {head.id, other.id, branch.id}
    assert set(snapshot.related(connection, [head.id], by_address=True)) == {head.id, other.id, branch.id, neighbour.id}
    assert set(snapshot.related(connection, [stranger.id], by_address=True)) == {stranger.id}


def test_shards_cover_every_id_once(world):
    ids = [subject().id for _ in range(5)]
    shards = snapshot.shards(session.connection(), size=2)
    covered = [one for shard in shards for one in shard]
    assert set(ids) <= set(covered)
    assert len(covered) == len(set(covered))
    assert all(len(shard) <= 2 for shard in shards)


def test_a_day_long_ago_reads_what_counted_then(world):
    enterprise = subject()
    fact_of(enterprise, "penalty.3", date(2024, 3, 1), repaired_on=date(2025, 3, 1))
    dossier = snapshot.dossier(enterprise.id, DAY)
    assert not snapshot.standing(dossier.facts, DAY)
    assert [fact.age_on(date(2025, 2, 28)) for fact in snapshot.standing(dossier.facts, date(2025, 2, 28))] == [364]
