"""Messages and operations that only the tests know: their effects are audit entries `probes.<verb>` of a key."""

import os
import time
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select

from casework.core import jobs
from casework.core.actor import Actor
from casework.core.db import apart, session, transaction
from casework.core.errors import Refusal
from casework.core.ledger import AuditEntry, record
from casework.core.messages import Message
from workers.handlers import On
from workers.schedule import Every


@dataclass(frozen=True, kw_only=True)
class Touched(Message):
    key: str


@dataclass(frozen=True, kw_only=True)
class Declined(Message):
    key: str


@dataclass(frozen=True, kw_only=True)
class Broken(Message):
    key: str


@dataclass(frozen=True, kw_only=True)
class Lingered(Message):
    key: str


def touch(*, key: str, actor: Actor) -> None:
    record("probes.touch", ("probe", key), actor=actor)


def touch_too(*, key: str, actor: Actor) -> None:
    record("probes.touch_too", ("probe", key), actor=actor)


def decline(*, key: str, actor: Actor) -> None:
    record("probes.decline", ("probe", key), actor=actor)
    raise Refusal("这一户已经注销。", rule="测试规则")


def stumble(*, key: str, actor: Actor) -> None:
    """Fails after its effect until somebody mends it."""
    record("probes.stumble", ("probe", key), actor=actor)
    if not effects(key, "mend"):
        raise RuntimeError(f"{key} is broken")


def linger(*, key: str, actor: Actor) -> None:
    """Has its effect when somebody releases it; says meanwhile that it lives and in which process."""
    record("probes.linger", ("probe", key), actor=actor)
    while not _released(key):
        jobs.progress(os.getpid(), note=key)
        time.sleep(0.05)


def tick(*, actor: Actor) -> None:
    """What a scheduler asks: each process leaves its mark once."""
    if not effects(str(os.getpid()), "tick"):
        record("probes.tick", ("probe", os.getpid()), actor=actor)


def release(key: str) -> None:
    """Lets `linger` end."""
    with transaction():
        record("probes.release", ("probe", key), actor=Actor(None, "test"))


def mend(key: str) -> None:
    """Lets `stumble` succeed."""
    with transaction():
        record("probes.mend", ("probe", key), actor=Actor(None, "test"))


def effects(key: str, verb: str) -> int:
    """How often an operation had its effect on a key."""
    statement = select(func.count()).where(AuditEntry.subject_id == key, AuditEntry.action == f"probes.{verb}")
    return session.execute(statement).scalar_one()


def _released(key: str) -> Any:
    with apart() as connection:
        statement = select(AuditEntry.id).where(AuditEntry.subject_id == key, AuditEntry.action == "probes.release")
        return connection.execute(statement).first()


HANDLERS = (
    On(Touched, touch),
    On(Touched, touch_too, queue="bulk"),
    On(Declined, decline),
    On(Broken, stumble),
    On(Lingered, linger),
)
SCHEDULE = (Every("*/5 * * * *", tick),)
