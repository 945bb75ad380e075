"""Outbox → queue: sends what was announced, and sends again what the queue lost. `python -m workers.relay`."""

import logging
import signal
import threading
import time
from datetime import timedelta

import dramatiq
from redis.exceptions import RedisError
from sqlalchemy import select, text

from casework.app import create_app
from casework.core import clock
from casework.core.db import db, session, transaction
from casework.core.jobs import Job
from casework.core.ledger import HandledMessage, OutboxMessage
from casework.core.logs import configure
from workers.broker import broker
from workers.handlers import On, lines_for

log = logging.getLogger("casework.relay")

BATCH = 500
LOST_AFTER = timedelta(seconds=60)
"""A message that was sent so long ago and that no worker began was lost by the queue."""
SILENT_AFTER = timedelta(minutes=10)
"""A job that reported nothing for so long is taken to be dead; if it lives, `first_time` holds the second one back."""
SWEEP_EVERY = 20.0
ENDED = ("done", "refused", "failed", "cancelled")


def enqueue(line: On, message_id: object) -> None:
    """Puts one line's work into its queue."""
    broker.declare_queue(line.queue)
    broker.enqueue(
        dramatiq.Message(
            queue_name=line.queue, actor_name=line.key, args=(str(message_id),), kwargs={}, options={}
        )
    )


def send_announced() -> int:
    """Sends one batch of unsent messages; several relays share the work. Returns how many were sent."""
    with transaction():
        waiting = session.scalars(
            select(OutboxMessage)
            .where(OutboxMessage.sent_at.is_(None))
            .order_by(OutboxMessage.announced_at)
            .limit(BATCH)
            .with_for_update(skip_locked=True)
        ).all()
        for message in waiting:
            for line in lines_for(message.name):
                enqueue(line, message.id)
            message.sent_at = clock.now()
            message.attempts += 1
    return len(waiting)


def sweep() -> int:
    """Sends again what the queue lost and settles what is finished. Returns how many lines were sent again."""
    again = 0
    with transaction():
        unsettled = session.scalars(
            select(OutboxMessage)
            .where(OutboxMessage.sent_at < clock.now() - LOST_AFTER, OutboxMessage.settled_at.is_(None))
            .order_by(OutboxMessage.sent_at)
            .limit(BATCH)
            .with_for_update(skip_locked=True)
        ).all()
        ids = [message.id for message in unsettled]
        handled = set(
            session.execute(
                select(HandledMessage.message_id, HandledMessage.handler).where(HandledMessage.message_id.in_(ids))
            ).tuples()
        )
        jobs = {
            (job.message_id, job.handler): job for job in session.scalars(select(Job).where(Job.message_id.in_(ids)))
        }
        for message in unsettled:
            open_lines = 0
            for line in lines_for(message.name):
                job = jobs.get((message.id, line.key))
                if (message.id, line.key) in handled or (job is not None and job.state in ENDED):
                    continue
                open_lines += 1
                if job is None or job.updated_at < clock.now() - SILENT_AFTER or job.state == "queued":
                    enqueue(line, message.id)
                    message.sent_at = clock.now()
                    again += 1
            if open_lines == 0:
                message.settled_at = clock.now()
    return again


def relay_once() -> int:
    """Everything that waits now; for tests and the demo city."""
    sent = 0
    while batch := send_announced():
        sent += batch
    return sent


def main() -> None:
    """Waits for announcements (NOTIFY) and sends them; looks for lost ones now and then."""
    configure()
    app = create_app()
    stop = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stop.set())
    swept, pause = 0.0, 1.0
    while not stop.is_set():
        try:
            with app.app_context(), db.engines[None].connect() as listening:
                listening.execution_options(isolation_level="AUTOCOMMIT").execute(text("LISTEN outbox"))
                raw = listening.connection.driver_connection
                while not stop.is_set():
                    if send_announced() < BATCH:
                        list(raw.notifies(timeout=1.0, stop_after=1))
                    if time.monotonic() - swept > SWEEP_EVERY:
                        swept = time.monotonic()
                        if lost := sweep():
                            log.warning("sent %s lost lines again", lost)
                    pause = 1.0
        except (RedisError, ConnectionError):
            log.warning("queue away, trying again in %s s", pause)
        except Exception:
            log.exception("relay stumbled, trying again in %s s", pause)
        stop.wait(pause)
        pause = min(pause * 2, 30.0)


if __name__ == "__main__":
    main()
