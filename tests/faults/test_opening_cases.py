"""Workers die and queues are lost while the cases of a draw are opened: each drawn enterprise has one case."""

import subprocess
from collections.abc import Callable

import pytest
from sqlalchemy import func, select

from casework.cases.models import Case, CaseOfficer
from casework.core.db import session, transaction
from casework.core.ledger import AuditEntry
from casework.sampling.models import Campaign, DrawnMember
from casework.sampling.operations.dispatch import CASES_AT_ONCE
from tests.faults.strikes import delivered_again, ended_otherwise, held, settled
from tests.make import sampling as make_sampling
from tests.running import House

pytestmark = pytest.mark.servers

CHUNKS = 6


@pytest.fixture
def campaign(house: House) -> int:
    """A campaign that was just drawn, six chunks of cases large; nobody has been told yet."""
    with transaction():
        make_sampling.graded_pool({"A": CHUNKS * CASES_AT_ONCE})
        make_sampling.roster(5)
        return make_sampling.campaign(until="drawn", rates_bp={"A": 10_000}).id


def one_of_chunks(campaign: int, *chunks: int) -> list[int]:
    """An enterprise in the middle of each of these chunks."""
    places = [chunk * CASES_AT_ONCE - CASES_AT_ONCE // 2 for chunk in chunks]
    wanted = DrawnMember.campaign_id == campaign, DrawnMember.position.in_(places)
    return list(session.scalars(select(DrawnMember.enterprise_id).where(*wanted)))


def opened() -> int:
    return session.execute(select(func.count()).select_from(Case)).scalar_one()


def each_drawn_has_one_case(campaign: int) -> None:
    """Every drawn enterprise has its case with the officers who were drawn for it, and the ledger adds up."""
    drawn = session.execute(
        select(DrawnMember.enterprise_id, func.cardinality(DrawnMember.chosen)).where(
            DrawnMember.campaign_id == campaign
        )
    ).all()
    seats = (
        select(Case.enterprise_id, func.count(CaseOfficer.officer_id.distinct()))
        .join(CaseOfficer, CaseOfficer.case_id == Case.id)
        .where(Case.origin_kind == "draw", Case.origin_id == campaign)
        .group_by(Case.id)
    )
    assert sorted(session.execute(seats).all()) == sorted(drawn)
    told = session.scalars(select(AuditEntry.after).where(AuditEntry.action == "cases.open_many"))
    assert sum(entry["opened"] for entry in told) == opened() == CHUNKS * CASES_AT_ONCE
    known = session.get_one(Campaign, campaign)
    assert known.state == "running"
    assert known.bundle_sha256 is not None


def stopped_at(house: House, campaign: int, *chunks: int, strike: Callable[[subprocess.Popen[bytes]], None]) -> None:
    """Workers open all chunks but these, stand in the middle of these, and are struck."""
    with held("enterprise", one_of_chunks(campaign, *chunks)) as waiting:
        worker = house.start("worker")
        house.until(lambda: (waiting(), opened()) == (len(chunks), (CHUNKS - len(chunks)) * CASES_AT_ONCE))
        strike(worker)


def test_workers_killed_again_and_again(house: House, campaign: int) -> None:
    house.start("relay")
    for chunks in ((3, 4, 5, 6), (4, 5, 6), (6,)):
        stopped_at(house, campaign, *chunks, strike=house.kill)
    house.start("worker")
    settled(house)
    each_drawn_has_one_case(campaign)
    assert ended_otherwise() == []
    delivered_again(house)


def test_a_queue_emptied_with_and_without_its_workers(house: House, campaign: int) -> None:
    def lose_everything(worker: subprocess.Popen[bytes]) -> None:
        house.redis.flushall()
        house.kill(worker)

    house.start("relay")
    stopped_at(house, campaign, 3, 4, 5, 6, strike=lose_everything)
    stopped_at(house, campaign, 5, 6, strike=lambda _worker: house.redis.flushall())
    settled(house)
    each_drawn_has_one_case(campaign)
    assert ended_otherwise() == []
    delivered_again(house)
