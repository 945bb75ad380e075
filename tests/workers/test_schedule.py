"""One scheduler leads; when it dies the other takes over; what fell due meanwhile is asked for."""

import pytest
from sqlalchemy import text

from casework.core.db import session
from casework.core.jobs import LEADER_LOCK
from tests.workers import probes

pytestmark = pytest.mark.servers


def leader() -> int | None:
    """The database's process id of the connection that leads."""
    held = text(
        "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND objid = :key AND granted"
        " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    )
    return session.execute(held, {"key": LEADER_LOCK}).scalar()


def test_one_leads_and_the_other_takes_over(house):
    first, second = house.start("scheduler"), house.start("scheduler")
    pids = {str(first.pid): first, str(second.pid): second}
    house.until(lambda: any(probes.effects(pid, "tick") for pid in pids))
    led = house.until(leader)
    asked = [pid for pid in pids if probes.effects(pid, "tick")]
    assert len(asked) == 1

    house.kill(pids.pop(asked[0]))
    (waiting,) = pids
    house.until(lambda: probes.effects(waiting, "tick"))
    assert house.until(leader) != led
    house.end(pids[waiting])
    assert house.until(lambda: leader() is None)


def test_a_leader_that_lost_its_connection_ends_itself(house):
    scheduler = house.start("scheduler")
    session_of_leader = house.until(leader)
    session.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": session_of_leader})
    assert scheduler.wait(30) == 1
    assert house.until(lambda: leader() is None)
