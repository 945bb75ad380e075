"""Workers die in the middle of a run over everybody: each enterprise has the result of an undisturbed run, once."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select

from casework.core import clock, jobs
from casework.core.actor import SYSTEM
from casework.core.db import session, transaction
from casework.core.ledger import OutboxMessage
from casework.grading import operations as grading
from casework.grading.models import ClassificationRun, GradeHistory, Rating
from casework.registry.models import CurrentGrade
from tests.faults.strikes import delivered_again, ended_otherwise, held, settled
from tests.make import grading as make_grading
from tests.running import House

pytestmark = pytest.mark.servers

REGISTER = {"company": 300, "individual": 200, "cooperative": 100}
"""In the order in which a run goes through them."""
PASTS: tuple[tuple[str, ...], ...] = ((), ("penalty.2", "penalty.2"), ("abnormal.4", "penalty.3"), ("serious.0",), ())
"""What is on record of every fifth enterprise, and so on."""


@pytest.fixture
def register(house: House) -> dict[str, list[int]]:
    """Enterprises of each class with pasts that lead to every grade."""
    with transaction():
        return {klass: [_subject(klass, number) for number in range(many)] for klass, many in REGISTER.items()}


def _subject(klass: str, number: int) -> int:
    known = make_grading.subject(subject_class=klass)
    for days, record in enumerate(PASTS[number % len(PASTS)], 30):
        make_grading.fact_of(known, record, clock.today() - timedelta(days=days))
    return known.id


def results() -> list[Any]:
    """Grade, score and points of everybody, in full."""
    columns = (Rating.enterprise_id, Rating.grade, Rating.score, Rating.flags, Rating.next_due, Rating.pts)
    return list(session.execute(select(*columns).order_by(Rating.enterprise_id)))


def undisturbed() -> list[Any]:
    """What a run would give if nothing happened; nothing of it is kept."""
    grading.run_now(actor=SYSTEM)
    found = results()
    session.rollback()
    return found


def killed_in_the_middle(house: House, message_id: UUID, *, at: int, done: int) -> None:
    """A worker dies when it has graded so many and stands before one enterprise; nothing of its run is left."""
    with held("enterprise", [at]) as waiting:
        worker = house.start("worker")
        house.until(lambda: waiting() == 1 and jobs.find(message_id).done == done)
        house.kill(worker)
    assert results() == []


def test_a_worker_killed_in_the_middle_of_a_run(house: House, register: dict[str, list[int]]) -> None:
    expected = undisturbed()
    assert {row.grade for row in expected} == set("ABCD")
    assert results() == []
    with transaction():
        message_id = grading.request_run(actor=SYSTEM).message_id
    house.start("relay")
    killed_in_the_middle(house, message_id, at=register["cooperative"][50], done=500)
    killed_in_the_middle(house, message_id, at=register["individual"][50], done=300)
    house.start("worker")
    settled(house)
    assert ended_otherwise() == []
    assert jobs.find(message_id).attempts == 3
    assert results() == expected
    current = select(CurrentGrade.enterprise_id, CurrentGrade.grade).order_by(CurrentGrade.enterprise_id)
    assert [tuple(row) for row in session.execute(current)] == [(row.enterprise_id, row.grade) for row in expected]
    history = select(func.count(), func.count(GradeHistory.enterprise_id.distinct())).select_from(GradeHistory)
    assert session.execute(history).one() == (600, 600)
    (run,) = session.scalars(select(ClassificationRun))
    assert (run.looked_at, run.changed) == (600, 600)
    finished = select(func.count()).where(OutboxMessage.name == "grading.RunFinished")
    assert session.execute(finished).scalar_one() == 1
    delivered_again(house)
