"""The ledger: who did what (audit), what is to be told (outbox), what was handled; the one way a state changes."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID, uuid4

from sqlalchemy import CheckConstraint, Index, func, insert, select, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Mapped, mapped_column

from casework.core import clock
from casework.core.actor import Actor
from casework.core.db import Base, BigId, session
from casework.core.errors import NotAllowed
from casework.core.i18n import _
from casework.core.messages import Message
from casework.core.workflow import Move, Workflow

ANNOUNCED = "announced"
"""Where a session remembers that it announced something."""


class AuditEntry(Base):
    """Somebody did something here. The database refuses to change or delete a row."""

    __tablename__ = "audit_entry"
    __table_args__ = (
        Index("ix_audit_entry_subject", "subject_kind", "subject_id", "id"),
        Index("ix_audit_entry_actor_id", "actor_id", "id"),
    )

    id: Mapped[BigId]
    at: Mapped[datetime]
    action: Mapped[str]
    subject_kind: Mapped[str]
    subject_id: Mapped[str]
    actor_id: Mapped[int | None]
    actor_name: Mapped[str]
    actor_roles: Mapped[list[str]]
    address: Mapped[str | None]
    request_id: Mapped[str | None]
    before: Mapped[dict[str, Any] | None]
    after: Mapped[dict[str, Any] | None]
    note: Mapped[str | None]


class OutboxMessage(Base):
    """A message that commits with the change it tells of; the relay brings it to the queue."""

    __tablename__ = "outbox_message"
    __table_args__ = (
        Index("ix_outbox_message_unsent", "announced_at", postgresql_where=text("sent_at IS NULL")),
        Index("ix_outbox_message_unsettled", "sent_at", postgresql_where=text("settled_at IS NULL")),
        CheckConstraint("attempts >= 0", name="attempts"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    name: Mapped[str]
    payload: Mapped[dict[str, Any]]
    announced_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    actor_id: Mapped[int | None]
    actor_name: Mapped[str]
    request_id: Mapped[str | None]


class HandledMessage(Base):
    """One effect of one message. The row commits with the effect, so that a second delivery finds it."""

    __tablename__ = "handled_message"

    message_id: Mapped[UUID] = mapped_column(primary_key=True)
    handler: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime]


class Subject(Protocol):
    """A row that can be spoken of in the ledger."""

    __tablename__: str

    @property
    def id(self) -> Any: ...


class Stateful(Subject, Protocol):
    """A row whose `state` follows a workflow."""

    state: str


def record(
    action: str,
    subject: Subject | tuple[str, Any],
    *,
    actor: Actor,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    note: str | None = None,
) -> None:
    """Writes an audit entry. `action` is `<room>.<verb>`; `before`/`after` hold plain JSON values, never secrets."""
    if isinstance(subject, tuple):
        kind, key = subject
    else:
        if subject.id is None:
            session.flush()
        kind, key = subject.__tablename__, subject.id
    session.add(
        AuditEntry(
            at=clock.now(),
            action=action,
            subject_kind=kind,
            subject_id=str(key),
            actor_id=actor.id,
            actor_name=actor.name,
            actor_roles=list(actor.roles),
            address=actor.address,
            request_id=actor.request_id,
            before=before,
            after=after,
            note=note,
        )
    )


def announce(message: Message, *, actor: Actor) -> UUID:
    """Puts a message in the outbox of this transaction and returns its id."""
    return announce_all([message], actor=actor)[0]


def announce_all(messages: Iterable[Message], *, actor: Actor) -> list[UUID]:
    """Puts many messages in the outbox at once."""
    rows: list[dict[str, Any]] = [
        {
            "id": uuid4(),
            "name": message.name,
            "payload": message.payload(),
            "announced_at": clock.now(),
            "attempts": 0,
            "actor_id": actor.id,
            "actor_name": actor.name,
            "request_id": actor.request_id,
        }
        for message in messages
    ]
    if rows:
        session.execute(insert(OutboxMessage), rows)
        session.execute(select(func.pg_notify("outbox", "")))
        session().info[ANNOUNCED] = True
    return [row["id"] for row in rows]


def has_announced() -> bool:
    """Whether anything was announced through this session since it was last asked."""
    return bool(session().info.pop(ANNOUNCED, False))


def move(
    subject: Stateful,
    workflow: Workflow,
    name: str,
    *,
    actor: Actor,
    facts: Mapping[str, Any] | None = None,
    note: str | None = None,
    announces: Message | None = None,
    follows: bool = False,
) -> Move:
    """Changes a state: locks the row, asks who may, decides, sets, audits, announces, in the caller's transaction.

    `facts` is what the guard looks at. A move that only `follows` from another asks nobody's permission. A Refusal
    leaves everything as it was.
    """
    session.flush()
    session.refresh(subject, attribute_names=["state"], with_for_update=True)
    before = subject.state
    if not follows:
        ask_permission(workflow, name, before, actor=actor)
    decided = workflow.decide(name, before, facts or {})
    subject.state = decided.target
    record(
        f"{workflow.name}.{name}",
        subject,
        actor=actor,
        before={"state": before},
        after={"state": decided.target},
        note=note,
    )
    if announces is not None:
        announce(announces, actor=actor)
    return decided


def ask_permission(workflow: Workflow, name: str, state: str, *, actor: Actor) -> None:
    """Says NotAllowed unless the actor's post may make this move out of this state; the system may make all."""
    permission = workflow.find(name, state).permission
    if permission and not actor.is_system and not actor.may(permission):
        raise NotAllowed(_("您的岗位没有办理此事项的权限。"))


def first_time(message_id: UUID, handler: str) -> bool:
    """Whether this handler sees this message for the first time; the answer commits with the effect."""
    claimed = session.execute(
        postgresql.insert(HandledMessage)
        .values(message_id=message_id, handler=handler, at=clock.now())
        .on_conflict_do_nothing()
        .returning(HandledMessage.message_id)
    )
    return claimed.first() is not None


def history(subject_kind: str, subject_id: Any, *, limit: int = 200) -> list[AuditEntry]:
    """What was done to a subject, newest first."""
    return list(
        session.scalars(
            select(AuditEntry)
            .where(AuditEntry.subject_kind == subject_kind, AuditEntry.subject_id == str(subject_id))
            .order_by(AuditEntry.id.desc())
            .limit(limit)
        )
    )
