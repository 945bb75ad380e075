"""THE OTHER TABLE: which operation is asked when. One leader; each operation asks the database what is due."""

import logging
import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.cron import CronTrigger
from sqlalchemy import Connection, text

from casework.app import create_app
from casework.core import clock
from casework.core.actor import SYSTEM
from casework.core.db import db, transaction
from casework.core.logs import configure

log = logging.getLogger("casework.schedule")

LEADER_LOCK = 4_116_001
"""Key of the advisory lock that the one leading scheduler holds."""


@dataclass(frozen=True)
class Every:
    """At these times (cron, Asia/Shanghai) ask this operation; it is called with `actor` and does what is due."""

    cron: str
    operation: Callable[..., Any]

    @property
    def key(self) -> str:
        room = self.operation.__module__.split(".")[-2]
        return f"{room}.{self.operation.__name__}"


TABLE: tuple[Every, ...] = ()


def ask(line: Every) -> None:
    """Asks one operation, in one transaction."""
    with transaction():
        line.operation(actor=SYSTEM)


def become_leader(connection: Connection) -> bool:
    """Takes the lock if no other scheduler holds it; it is held as long as the connection lives."""
    return bool(connection.execute(text("SELECT pg_try_advisory_lock(:key)"), {"key": LEADER_LOCK}).scalar())


def main() -> None:
    """Waits to lead, then fires; ends itself when the lock's connection dies, so that two never lead."""
    configure()
    app = create_app()
    stopping = False

    def stop(*_: object) -> None:
        nonlocal stopping
        stopping = True

    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, stop)

    with app.app_context(), db.engines[None].connect() as lock:
        lock = lock.execution_options(isolation_level="AUTOCOMMIT")
        while not stopping and not become_leader(lock):
            time.sleep(1.0)
        log.info("leading the schedule")
        scheduler = BackgroundScheduler(timezone=clock.LOCAL_ZONE)
        for line in TABLE:
            scheduler.add_job(
                _in_context(app, line),
                CronTrigger.from_crontab(line.cron, timezone=clock.LOCAL_ZONE),
                id=line.key,
                coalesce=True,
                max_instances=1,
                misfire_grace_time=3600,
            )
        scheduler.start()
        while not stopping:
            try:
                lock.execute(text("SELECT 1"))
            except Exception:
                log.exception("lost the leader's connection")
                os._exit(1)
            time.sleep(1.0)
        scheduler.shutdown(wait=True)


def _in_context(app: Any, line: Every) -> Callable[[], None]:
    def fire() -> None:
        with app.app_context():
            try:
                ask(line)
            except Exception:
                log.exception("scheduled operation %s failed", line.key)

    return fire


if __name__ == "__main__":
    main()
