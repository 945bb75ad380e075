"""From announcement to effect through the real queue: once, whatever dies on the way."""

from itertools import count

import pytest

from casework.core import jobs, queue
from casework.core.actor import Actor
from casework.core.db import session, transaction
from casework.core.ledger import OutboxMessage, announce
from tests.workers import probes

pytestmark = pytest.mark.servers

OPERATOR = Actor(None, "运维")
_numbers = count(1)


@pytest.fixture
def key():
    """A key that no other test uses."""
    return f"key-{next(_numbers)}"


def settled(message_id):
    return session.get(OutboxMessage, message_id).settled_at


def test_every_line_of_a_message_has_its_effect_and_the_message_is_settled(at_work, key):
    message_id = at_work.announce(probes.Touched(key=key))
    for handler in ("workers.touch", "workers.touch_too"):
        job = at_work.job(message_id, "done", handler)
        assert (job.actor_name, job.payload, job.attempts) == ("测试员", {"key": key}, 1)
    at_work.until(lambda: settled(message_id))
    assert probes.effects(key, "touch") == probes.effects(key, "touch_too") == 1


def test_what_was_rolled_back_is_never_sent(at_work, key):
    with transaction():
        announce(probes.Touched(key=key), actor=OPERATOR)
        session.rollback()
    later = at_work.announce(probes.Touched(key=f"{key}-later"))
    at_work.job(later, "done", "workers.touch")
    assert probes.effects(key, "touch") == 0


def test_a_refusal_is_shown_and_not_tried_again(at_work, key):
    message_id = at_work.announce(probes.Declined(key=key))
    job = at_work.job(message_id, "refused")
    assert (job.error, job.traceback, job.attempts) == ("这一户已经注销。 (测试规则)", None, 1)
    at_work.until(lambda: settled(message_id))
    assert probes.effects(key, "decline") == 0
    assert message_id not in {letter.message_id for letter in queue.dead_letters(at_work.redis)}


def test_an_error_is_tried_again_a_few_times_then_failed_then_run_again(at_work, key):
    message_id = at_work.announce(probes.Broken(key=key))
    job = at_work.job(message_id, "failed")
    assert job.attempts == jobs.MAX_ATTEMPTS
    assert job.error == f"RuntimeError: {key} is broken"
    assert "probes.py" in job.traceback
    assert probes.effects(key, "stumble") == 0
    at_work.until(lambda: message_id in {letter.message_id for letter in queue.dead_letters(at_work.redis)})
    at_work.until(lambda: settled(message_id))

    probes.mend(key)
    with transaction():
        jobs.run_again(message_id, actor=OPERATOR)
    assert at_work.job(message_id, "done").attempts == 1
    assert probes.effects(key, "stumble") == 1


def test_a_worker_killed_in_the_middle_of_a_job_loses_and_doubles_nothing(at_work, key):
    message_id = at_work.announce(probes.Lingered(key=key))
    first = at_work.job(message_id, "running").attempts
    at_work.until(lambda: jobs.find(message_id).note == key)
    at_work.kill(at_work.worker)
    probes.release(key)
    at_work.worker = at_work.start("worker")
    assert at_work.job(message_id, "done").attempts == first + 1
    assert probes.effects(key, "linger") == 1


def test_a_worker_asked_to_end_finishes_its_job(at_work, key):
    message_id = at_work.announce(probes.Lingered(key=key))
    at_work.job(message_id, "running")
    at_work.worker.terminate()
    probes.release(key)
    assert at_work.worker.wait(60) == 0
    assert at_work.job(message_id, "done").attempts == 1


def test_a_cancelled_job_stops_at_its_next_report(at_work, key):
    message_id = at_work.announce(probes.Lingered(key=key))
    at_work.job(message_id, "running")
    with transaction():
        jobs.cancel(message_id, actor=OPERATOR)
    at_work.until(lambda: settled(message_id))
    assert jobs.find(message_id).state == "cancelled"
    probes.release(key)
    with transaction():
        jobs.run_again(message_id, actor=OPERATOR)
    at_work.job(message_id, "done")
    assert probes.effects(key, "linger") == 1


def test_an_emptied_queue_is_filled_again(at_rest, key):
    at_rest.start("relay")
    messages = [at_rest.announce(probes.Touched(key=f"{key}-{number}")) for number in range(20)]
    at_rest.until(lambda: all(session.get(OutboxMessage, message_id).sent_at for message_id in messages))
    at_rest.redis.flushall()
    at_rest.start("worker")
    for message_id in messages:
        at_rest.job(message_id, "done", "workers.touch")
        at_rest.job(message_id, "done", "workers.touch_too")
    assert all(probes.effects(f"{key}-{number}", "touch") == 1 for number in range(20))


def test_what_the_queue_still_holds_is_not_sent_twice(at_rest, key):
    at_rest.start("relay")
    message_id = at_rest.announce(probes.Touched(key=key))
    sentinel = at_rest.announce(probes.Declined(key=key))
    at_rest.until(lambda: session.get(OutboxMessage, sentinel).sent_at)
    attempts = session.get(OutboxMessage, message_id).attempts
    at_rest.redis.delete("dramatiq:bulk.msgs", "dramatiq:bulk")  # one of its two lines is lost
    at_rest.until(lambda: at_rest.redis.llen("dramatiq:bulk"))
    assert at_rest.redis.llen("dramatiq:default") == 2
    assert session.get(OutboxMessage, message_id).attempts == attempts
    at_rest.start("worker")
    at_rest.job(message_id, "done", "workers.touch")
    at_rest.job(message_id, "done", "workers.touch_too")


def test_a_queue_that_is_away_for_a_while_loses_nothing(at_work, key):
    under_way = at_work.announce(probes.Lingered(key=f"{key}-under-way"))
    at_work.job(under_way, "running")
    at_work.queue.stop()
    announced = at_work.announce(probes.Touched(key=key))
    probes.release(f"{key}-under-way")
    at_work.job(under_way, "done")
    at_work.queue.start()
    at_work.job(announced, "done", "workers.touch")
    at_work.until(lambda: settled(under_way) and settled(announced))
    assert probes.effects(key, "touch") == probes.effects(f"{key}-under-way", "linger") == 1


def test_operators_see_which_worker_serves_and_how_full_the_queues_are(at_rest, key):
    at_rest.start("relay")
    for number in range(3):
        at_rest.announce(probes.Touched(key=f"{key}-{number}"))
    at_rest.until(lambda: {depth.queue.name: depth.waiting for depth in queue.depths(at_rest.redis)}["bulk"] == 3)
    worker = at_rest.start("worker")
    at_rest.until(lambda: all(depth.waiting + depth.in_hand == 0 for depth in queue.depths(at_rest.redis)))
    seen = queue.workers(at_rest.redis)[0]
    assert seen.queues == ()
    assert at_rest.until(lambda: queue.workers(at_rest.redis)[0].seen_at > seen.seen_at)
    assert worker.poll() is None
