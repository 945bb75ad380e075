"""The job ledger: what may run, what is tried again, what is given up; without any process."""

from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from casework.core import jobs
from casework.core.actor import SYSTEM
from casework.core.db import session, transaction
from casework.core.errors import NotFound, Refusal
from casework.core.ledger import announce
from tests.workers import probes
from workers.handlers import On
from workers.run import carry_out


def announced(message):
    with transaction():
        return announce(message, actor=SYSTEM)


def test_a_message_delivered_twice_has_one_effect(live):
    message_id = announced(probes.Touched(key="twice"))
    for _ in range(2):
        carry_out(On(probes.Touched, probes.touch), message_id)
    assert probes.effects("twice", "touch") == 1
    assert jobs.find(message_id).attempts == 1


def test_a_message_that_the_database_does_not_know_is_passed_over(live):
    carry_out(On(probes.Touched, probes.touch), uuid4())


def test_a_job_whose_workers_die_again_and_again_has_failed(live):
    message_id = announced(probes.Touched(key="deadly"))
    for attempt in range(jobs.MAX_ATTEMPTS):
        assert jobs.begin(message_id, "workers.touch", "workers.Touched", {}, SYSTEM), attempt
    carry_out(On(probes.Touched, probes.touch), message_id)
    job = jobs.find(message_id)
    assert job.state == "failed"
    assert "多次意外终止" in job.error
    assert probes.effects("deadly", "touch") == 0


def test_an_error_waits_for_its_next_try_and_keeps_what_went_wrong(live):
    message_id = announced(probes.Broken(key="broken"))
    with pytest.raises(RuntimeError):
        carry_out(On(probes.Broken, probes.stumble), message_id)
    job = jobs.find(message_id)
    assert (job.state, job.error, job.finished_at) == ("queued", "RuntimeError: broken is broken", None)
    assert "probes.py" in job.traceback
    probes.mend("broken")
    carry_out(On(probes.Broken, probes.stumble), message_id)
    assert jobs.find(message_id).state == "done"


def test_an_error_of_the_database_is_kept_without_the_row_that_failed(live):
    """Informants and others stand in rows; operators and logs must not see them."""

    def spill(*, key, actor):
        session.execute(
            text("INSERT INTO org_unit (name, kind, short_name, division_code, path) VALUES (:name, 'x', '', '', '')"),
            {"name": key},
        )

    message_id = announced(probes.Touched(key="张三举报人"))
    with pytest.raises(IntegrityError) as caught:
        carry_out(On(probes.Touched, spill), message_id)
    job = jobs.find(message_id)
    assert "org_unit" in job.error
    assert "张三举报人" in str(caught.value)
    assert "张三举报人" not in job.error + job.traceback


def test_a_cancelled_job_does_not_begin(live):
    message_id = announced(probes.Broken(key="cancelled"))
    with pytest.raises(RuntimeError):
        carry_out(On(probes.Broken, probes.stumble), message_id)
    with transaction():
        jobs.cancel(message_id, actor=SYSTEM)
    probes.mend("cancelled")
    carry_out(On(probes.Broken, probes.stumble), message_id)
    assert jobs.find(message_id).state == "cancelled"
    assert probes.effects("cancelled", "stumble") == 0


def test_only_a_stopped_job_runs_again_and_only_an_open_one_is_cancelled(live):
    message_id = announced(probes.Touched(key="done"))
    carry_out(On(probes.Touched, probes.touch), message_id)
    with pytest.raises(Refusal):
        jobs.run_again(message_id, actor=SYSTEM)
    with pytest.raises(Refusal):
        jobs.cancel(message_id, actor=SYSTEM)
    with pytest.raises(NotFound):
        jobs.run_again(uuid4(), actor=SYSTEM)
