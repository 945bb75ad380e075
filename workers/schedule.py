"""THE OTHER TABLE: which operation is asked when. One leader; each operation asks the database what is due."""

import logging
import os
import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.cron import CronTrigger
from flask import Flask
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from casework.app import create_app
from casework.cases import operations as cases
from casework.core import clock
from casework.core.actor import SYSTEM
from casework.core.db import db, transaction
from casework.core.jobs import LEADER_LOCK
from casework.core.logs import configure
from casework.disclosure import operations as disclosure
from casework.documents import operations as documents
from casework.grading import operations as grading
from casework.intake import operations as intake
from casework.keydomains import operations as keydomains
from casework.registry import operations as registry
from casework.sampling import operations as sampling
from casework.warning import operations as warning

log = logging.getLogger("casework.schedule")

LOOK_EVERY = 1.0
"""Seconds between two looks: at the lock by those who wait for it, at the lock's connection by the leader."""


@dataclass(frozen=True)
class Every:
    """At these times (cron, Asia/Shanghai; week days by name: `mon`) ask this operation.

    It is called with `actor` and does what is due by the database, so that asking twice, late or never changes nothing
    but the moment. A new leader asks every line once: what fell due while nobody led is done then.
    """

    cron: str
    operation: Callable[..., Any]

    @property
    def key(self) -> str:
        room = self.operation.__module__.split(".")[1]
        return f"{room}.{self.operation.__name__}"


TABLE: tuple[Every, ...] = (
    Every("10 0 * * *", grading.request_due_run),
    Every("0 2 1 * *", grading.request_monthly_run),
    Every("5 0 * * *", grading.settle_adjustments),
    Every("40 3 * * *", grading.check_replay),
    Every("0 8 * * *", cases.remind_overdue),
    Every("5 8 * * *", intake.remind_overdue),
    Every("50 * * * *", registry.take_census),
    Every("30 6 * * *", warning.scan),
    Every("10 8 * * *", warning.escalate_overdue),
    Every("20 * * * *", disclosure.publish_missed),
    Every("50 * * * *", documents.print_missing),
    Every("30 8 * * *", sampling.start_due_campaigns),
    Every("40 8 * * *", keydomains.open_due_cases),
    Every("*/10 * * * *", sampling.open_missing_cases),
    Every("15 * * * *", sampling.finish_campaigns),
)


def ask(line: Every) -> None:
    """Asks one operation, in one transaction."""
    with transaction():
        line.operation(actor=SYSTEM)


def become_leader(connection: Connection) -> bool:
    """Takes the lock if no other scheduler holds it; it is held as long as the connection lives."""
    return bool(connection.execute(text("SELECT pg_try_advisory_lock(:key)"), {"key": LEADER_LOCK}).scalar())


def main() -> None:
    """Waits to lead, then asks; ends at once when the lock's connection dies, so that two never lead."""
    configure()
    os.environ["PGAPPNAME"] = "casework scheduler"
    app = create_app()
    stop = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stop.set())
    with app.app_context():
        engine = db.engines[None]
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as lock:
        while not become_leader(lock):
            if stop.wait(LOOK_EVERY):
                return
        log.info("leading the schedule")
        scheduler = _scheduler(app)
        scheduler.start()
        while not stop.wait(LOOK_EVERY):
            try:
                lock.execute(text("SELECT 1"))
            except DBAPIError:
                log.exception("lost the leader's connection")
                os._exit(1)
        scheduler.shutdown(wait=True)


def _scheduler(app: Flask) -> BackgroundScheduler:
    scheduler = BackgroundScheduler(timezone=clock.LOCAL_ZONE)
    for line in TABLE:
        at_these_times = CronTrigger.from_crontab(line.cron, timezone=clock.LOCAL_ZONE)
        scheduler.add_job(
            _in_context(app, line),
            at_these_times,
            id=line.key,
            coalesce=True,
            max_instances=1,
            misfire_grace_time=3600,
            next_run_time=clock.now(),
        )
    return scheduler


def _in_context(app: Flask, line: Every) -> Callable[[], None]:
    def fire() -> None:
        with app.app_context():
            try:
                ask(line)
            except Exception:
                log.exception("scheduled operation %s failed", line.key)

    return fire


if __name__ == "__main__":
    main()
