"""The job ledger: every run of a handler with its progress, its error and whom it was for."""

import traceback
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, case, func, select, text, update
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Mapped, mapped_column

from casework.core import clock
from casework.core.actor import Actor
from casework.core.db import Base, at_once, session
from casework.core.errors import NotFound, Refusal
from casework.core.i18n import _
from casework.core.ledger import OutboxMessage, record
from casework.core.logs import without_values

STATES = ("queued", "running", "done", "refused", "failed", "cancelled")

MAX_ATTEMPTS = 7
"""After so many tries, errors and dead workers together, a job has failed and waits for an operator."""

LEADER_LOCK = 4_116_001
"""Key of the advisory lock that the one leading scheduler holds."""


class Job(Base):
    """One handler's run of one message. Truth about work lies here, not in the queue."""

    __tablename__ = "job"
    __table_args__ = (
        CheckConstraint(f"state IN {STATES}", name="state"),
        Index("ix_job_state", "state", "updated_at"),
    )

    message_id: Mapped[UUID] = mapped_column(primary_key=True)
    handler: Mapped[str] = mapped_column(primary_key=True)
    message: Mapped[str]
    payload: Mapped[dict[str, Any]]
    state: Mapped[str]
    attempts: Mapped[int]
    actor_id: Mapped[int | None]
    actor_name: Mapped[str]
    started_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    done: Mapped[int | None]
    total: Mapped[int | None]
    note: Mapped[str | None]
    error: Mapped[str | None]
    traceback: Mapped[str | None]


class Cancelled(Exception):
    """The job was told to stop; its transaction is rolled back."""


_current: ContextVar[tuple[UUID, str] | None] = ContextVar("current_job", default=None)


def begin(message_id: UUID, handler: str, message: str, payload: dict[str, Any], actor: Actor) -> bool:
    """Notes that a run starts; seen by everybody at once. False when it must not: the job ended or was cancelled.

    A job whose workers died again and again has failed: it may be what kills them.
    """
    now = clock.now()
    started = postgresql.insert(Job).values(
        message_id=message_id,
        handler=handler,
        message=message,
        payload=payload,
        state="running",
        attempts=1,
        actor_id=actor.id,
        actor_name=actor.name,
        started_at=now,
        updated_at=now,
    )
    again = started.on_conflict_do_update(
        index_elements=[Job.message_id, Job.handler],
        set_={"state": "running", "attempts": Job.attempts + 1, "updated_at": now, "finished_at": None},
        where=Job.state.in_(("queued", "running")),
    )
    attempts = at_once(again.returning(Job.attempts))
    if attempts is None:
        return False
    _current.set((message_id, handler))
    if attempts > MAX_ATTEMPTS:
        end("failed", RuntimeError(_("办理这项任务的进程多次意外终止，已停止重试。")))
        return False
    return True


def progress(done: int, total: int | None = None, note: str | None = None) -> None:
    """Shows how far the present job is; outside a job it does nothing. Raises Cancelled when an operator stopped it."""
    current = _current.get()
    if current is None:
        return
    state = at_once(
        update(Job)
        .where(Job.message_id == current[0], Job.handler == current[1])
        .values(done=done, total=total, note=note, updated_at=clock.now())
        .returning(Job.state)
    )
    if state == "cancelled":
        raise Cancelled


def end(state: str, error: BaseException | None = None) -> None:
    """Notes how the present run ended."""
    _note(state, error, finished_at=clock.now())


def fail(error: BaseException) -> None:
    """Notes an unexpected error of the present run: it waits for its next try, or has failed if this was the last."""
    last = Job.attempts >= MAX_ATTEMPTS
    _note(case((last, "failed"), else_="queued"), error, finished_at=case((last, clock.now())))


def _note(state: Any, error: BaseException | None, *, finished_at: Any) -> None:
    current = _current.get()
    if current is None:
        return
    _current.set(None)
    expected = error is None or isinstance(error, Refusal)
    said = None if error is None else str(error) if expected else without_values(f"{type(error).__name__}: {error}")
    trace = None if expected else without_values("".join(traceback.format_exception(error)))
    at_once(
        update(Job)
        .where(Job.message_id == current[0], Job.handler == current[1])
        .values(state=state, error=said, traceback=trace, updated_at=clock.now(), finished_at=finished_at)
    )


def find(message_id: UUID) -> Job | None:
    """The first run that a message caused, for progress pages."""
    return next(iter(of_message(message_id)), None)


def of_message(message_id: UUID) -> Sequence[Job]:
    """Every run that a message caused, in the order in which they began."""
    return session.scalars(select(Job).where(Job.message_id == message_id).order_by(Job.started_at)).all()


def run_again(message_id: UUID, *, actor: Actor) -> None:
    """Sends the message of a stopped job once more, with as many tries as a new one; kept effects are not repeated."""
    message = session.get(OutboxMessage, message_id, with_for_update=True)
    if message is None:
        raise NotFound(_("找不到这项任务的消息。"))
    stopped = session.scalars(
        select(Job).where(Job.message_id == message_id, Job.state.in_(("failed", "refused", "cancelled")))
    ).all()
    if not stopped:
        raise Refusal(_("这项任务没有失败，不需要重新运行。"))
    for job in stopped:
        job.state, job.attempts = "queued", 0
        job.finished_at, job.updated_at = None, clock.now()
    message.sent_at = message.settled_at = None
    session.execute(select(func.pg_notify("outbox", "")))
    record("console.run_again", ("job", message_id), actor=actor, after={"handlers": [job.handler for job in stopped]})


def cancel(message_id: UUID, *, actor: Actor) -> None:
    """Asks a running job to stop at its next progress report."""
    running = session.scalars(
        select(Job).where(Job.message_id == message_id, Job.state.in_(("queued", "running")))
    ).all()
    if not running:
        raise Refusal(_("这项任务已经结束，不能取消。"))
    for job in running:
        job.state = "cancelled"
        job.updated_at = clock.now()
    record("console.cancel_job", ("job", message_id), actor=actor)


def counts() -> dict[str, int]:
    """How many jobs stand in each state."""
    return dict(list(session.execute(select(Job.state, func.count()).group_by(Job.state))))


def run_inline(message_id: UUID, handler: str, work: Callable[[], None]) -> None:
    """Runs work under an existing job row (used by commands that do a job's work in the foreground)."""
    _current.set((message_id, handler))
    try:
        work()
    finally:
        _current.set(None)


def outbox_age() -> float | None:
    """Seconds that the oldest unsent message has waited, or None."""
    return session.execute(
        text("SELECT extract(epoch FROM now() - min(announced_at)) FROM outbox_message WHERE sent_at IS NULL")
    ).scalar()
