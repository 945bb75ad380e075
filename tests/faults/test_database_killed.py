"""PostgreSQL is killed with -9 while everything is under way, and started again: nothing lost, nothing doubled."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from launch.servers import Postgres
from sqlalchemy import func, select

from casework.cases.models import Case
from casework.core.actor import SYSTEM
from casework.core.db import session, transaction
from casework.grading import operations as grading
from casework.grading.models import ClassificationRun, Rating
from casework.sampling.models import DrawnMember
from tests.conftest import furnish
from tests.faults.results import checked, each_is_published_once, published, release
from tests.faults.strikes import delivered_again, ended_otherwise, held, settled
from tests.make import sampling as make_sampling
from tests.running import House, running

pytestmark = pytest.mark.servers

DRAWN = 800
"""Two chunks of cases."""


@pytest.fixture
def postgres(tmp_path: Path) -> Iterator[Postgres]:
    """A server of its own, with the small city in it."""
    server = Postgres(tmp_path / "postgres", tmp_path / "postgres.log", throw_away=True)
    server.start()
    try:
        furnish(server.url(server.admin, "postgres"))
        yield server
    finally:
        server.stop()


@pytest.fixture
def house(postgres: Postgres, tmp_path: Path) -> Iterator[House]:
    with running(postgres.url(postgres.admin, "postgres"), tmp_path) as house:
        yield house


def count(table: type) -> int:
    return session.execute(select(func.count()).select_from(table)).scalar_one()


def test_postgresql_killed_while_everything_is_under_way(house: House, postgres: Postgres) -> None:
    with transaction():
        make_sampling.graded_pool({"A": DRAWN})
        make_sampling.roster(4)
        campaign = make_sampling.campaign(until="drawn", rates_bp={"A": 10_000}).id
        run = grading.request_run(actor=SYSTEM).id
    case_ids, publisher = checked(1)
    drawn = select(DrawnMember.enterprise_id).where(DrawnMember.campaign_id == campaign)
    in_both_chunks = session.scalars(drawn.where(DrawnMember.position.in_((250, 750)))).all()
    for what in ("relay", "pdf"):
        house.start(what)
    enterprises = release(case_ids, publisher)

    with held("enterprise", [*in_both_chunks, *enterprises]) as waiting:
        house.start("worker")
        house.until(lambda: waiting() == 4)  # two chunks of cases, a run over everybody, a publication
        session.remove()
        postgres.kill()
    postgres.start()
    assert (count(Case), published(), count(Rating)) == (1, 0, 0)

    settled(house)
    assert ended_otherwise() == []
    each_is_published_once(case_ids)
    of_draw = select(Case.enterprise_id).where(Case.origin_kind == "draw", Case.origin_id == campaign)
    assert sorted(session.scalars(of_draw)) == sorted(session.scalars(drawn))
    assert session.get_one(ClassificationRun, run).looked_at == count(Rating) == DRAWN + 1
    delivered_again(house)
