"""Outbox → queue: sends what was announced, and sends again what the queue lost. `python -m workers.relay`."""

import logging
import os
import signal
import threading
import time
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from flask import current_app
from redis.exceptions import RedisError
from sqlalchemy import select, text, tuple_

from casework.app import create_app
from casework.core import clock, queue
from casework.core.db import db, session, transaction
from casework.core.jobs import Job
from casework.core.ledger import OutboxMessage
from casework.core.logs import configure
from workers.broker import broker
from workers.handlers import On, lines_for

log = logging.getLogger("casework.relay")

BATCH = 500
POLL_SECONDS = 1.0
"""An announcement wakes the relay at once; this is for one that nobody heard."""
LONGEST_PAUSE = 30.0
OPEN = ("queued", "running")
BEGINNING = (datetime.min.replace(tzinfo=UTC), UUID(int=0))

OpenLine = tuple[OutboxMessage, On, Job | None]


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
                broker.send(line.queue, line.key, message.id)
            message.sent_at = clock.now()
            message.attempts += 1
    return len(waiting)


def relay_once() -> int:
    """Sends everything that waits now. Returns how many messages were sent."""
    sent = 0
    while batch := send_announced():
        sent += batch
    return sent


def sweep() -> int:
    """Settles what is finished and sends again what the queue lost. Returns how many lines were sent again."""
    passed: tuple[datetime | None, UUID]
    again, passed = 0, BEGINNING
    while True:
        with transaction():
            batch = _unsettled(passed)
            if not batch:
                return again
            passed = batch[-1].sent_at, batch[-1].id
            open_lines = _open_lines(batch)
            lost = _lost(open_lines)
            for message, line in lost:
                broker.send(line.queue, line.key, message.id)
                message.sent_at = clock.now()
            again += len(lost)
            unfinished = {message.id for message, _line, _job in open_lines}
            for message in batch:
                if message.id not in unfinished:
                    message.settled_at = clock.now()


def _unsettled(passed: tuple[datetime | None, UUID]) -> Sequence[OutboxMessage]:
    """One batch of messages sent long enough ago, in the order of sending."""
    sent_before = clock.now() - timedelta(seconds=current_app.config["CASEWORK"].lost_seconds)
    place = tuple_(OutboxMessage.sent_at, OutboxMessage.id)
    return session.scalars(
        select(OutboxMessage)
        .where(OutboxMessage.settled_at.is_(None), OutboxMessage.sent_at < sent_before, place > passed)
        .order_by(OutboxMessage.sent_at, OutboxMessage.id)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
    ).all()


def _open_lines(batch: Sequence[OutboxMessage]) -> list[OpenLine]:
    """The lines of these messages whose job has not ended; a line that no worker began has no job yet."""
    ids = [message.id for message in batch]
    jobs = {(job.message_id, job.handler): job for job in session.scalars(select(Job).where(Job.message_id.in_(ids)))}
    every = [(message, line, jobs.get((message.id, line.key))) for message in batch for line in lines_for(message.name)]
    return [(message, line, job) for message, line, job in every if job is None or job.state in OPEN]


def _lost(open_lines: Sequence[OpenLine]) -> list[tuple[OutboxMessage, On]]:
    """What nobody works on and the queue no longer knows. A job under way counts as dead when it is silent for long;
    should it live after all, `first_time` holds the second one back.
    """
    silent_since = clock.now() - timedelta(seconds=current_app.config["CASEWORK"].silent_seconds)
    suspects = [(message, line) for message, line, job in open_lines if job is None or job.updated_at < silent_since]
    by_queue: dict[str, list[str]] = defaultdict(list)
    for message, line in suspects:
        by_queue[line.queue].append(queue.receipt(message.id, line.key))
    held = {receipt for name, receipts in by_queue.items() for receipt in queue.held(broker.client, name, receipts)}
    return [(message, line) for message, line in suspects if queue.receipt(message.id, line.key) not in held]


def main() -> None:
    """Sends what is announced and sweeps now and then; outlives a queue or a database that is away."""
    configure()
    os.environ["PGAPPNAME"] = "casework relay"
    app = create_app()
    stop = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stop.set())
    pause = 1.0
    while not stop.is_set():
        started = time.monotonic()
        try:
            with app.app_context():
                _listen(stop)
        except RedisError as error:
            log.warning("queue away, trying again in %.0f s: %s", pause, error)
        except Exception:
            log.exception("relay stumbled, trying again in %.0f s", pause)
        stop.wait(pause)
        pause = 1.0 if time.monotonic() - started > LONGEST_PAUSE else min(pause * 2, LONGEST_PAUSE)


def _listen(stop: threading.Event) -> None:
    """Sends until told to stop, or until the queue or the database fails."""
    every = current_app.config["CASEWORK"].sweep_seconds
    swept = time.monotonic()
    with db.engines[None].connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("LISTEN outbox"))
        announcements: Any = connection.connection.driver_connection
        while not stop.is_set():
            if send_announced() < BATCH:
                list(announcements.notifies(timeout=POLL_SECONDS, stop_after=1))
            if time.monotonic() - swept >= every:
                swept = time.monotonic()
                if lost := sweep():
                    log.warning("sent %s lost lines again", lost)


if __name__ == "__main__":
    main()
