"""Keyset pages: forwards and back again, whatever the types of the keys; a forged token shows the first page."""

import base64
import json
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select

from casework.core import clock
from casework.core.db import session
from casework.core.jobs import Job
from casework.core.paging import page

KEYS = (Job.updated_at, Job.message_id, Job.handler)


@pytest.fixture
def jobs(world):
    start = clock.now()
    for number in range(7):
        moment = start + timedelta(seconds=number // 2)
        session.add(
            Job(
                message_id=uuid4(), handler="probe", message="probe", payload={}, state="done", attempts=1,
                actor_name="", started_at=moment, updated_at=moment,
            )
        )  # fmt: skip
    session.flush()
    return session.scalars(select(Job).order_by(*(key.desc() for key in KEYS))).all()


def turn(**where):
    return page(select(Job, *KEYS), KEYS, size=3, descending=True, **where)


def test_every_row_is_on_one_page_in_order_and_the_way_back_is_the_same(jobs):
    first = turn()
    second = turn(after=first.older)
    third = turn(after=second.older)
    assert [row.Job for each in (first, second, third) for row in each.rows] == jobs
    assert first.newer is None
    assert third.older is None
    assert turn(before=third.newer).rows == second.rows
    assert turn(before=second.newer).rows == first.rows


@pytest.mark.parametrize("values", [["x"], ["never", "x", "y"], [1, 2, 3], {"a": 1}, "text", None])
def test_a_forged_token_shows_the_first_page(jobs, values):
    forged = base64.urlsafe_b64encode(json.dumps(values).encode()).decode()
    assert turn(after=forged).rows == turn(before="%%%").rows == turn().rows
