"""The workers' part done in the present process, in order: for commands that live through a year in minutes."""

from collections.abc import Collection
from dataclasses import fields
from uuid import UUID

from sqlalchemy import select, update

from casework.core import clock
from casework.core.db import session, transaction
from casework.core.ledger import OutboxMessage, has_announced
from casework.core.messages import Message
from workers.handlers import TABLE, lines_for
from workers.run import carry_out

AT_ONCE = 500


def deliver(*, leave: Collection[str] = ("pdf",), drop: Collection[str] = ()) -> int:
    """Carries out what was announced and what that announces in turn, as workers would; returns how many messages.

    Messages with a line in one of the queues of `leave` stay unsent: the relay brings them to the workers later. Those
    named in `drop` are taken as handled: whoever drops them sees to it that what they ask for is done in another way.
    """
    later = {line.message.name for line in TABLE if line.queue in leave}
    done = 0
    while waiting := _unsent(later):
        for message_id, name in waiting:
            for line in () if name in drop else lines_for(name):
                carry_out(line, message_id)
        _note_as_sent([message_id for message_id, _name in waiting])
        done += len(waiting)
        if len(waiting) < AT_ONCE and not has_announced():
            break
    return done


def _unsent(later: Collection[str]) -> list[tuple[UUID, str]]:
    statement = (
        select(OutboxMessage.id, OutboxMessage.name)
        .where(OutboxMessage.sent_at.is_(None), OutboxMessage.name.not_in(later))
        .order_by(OutboxMessage.announced_at)
        .limit(AT_ONCE)
    )
    with transaction():
        return [(message_id, name) for message_id, name in session.execute(statement)]


def _note_as_sent(ids: Collection[UUID]) -> None:
    with transaction():
        session.execute(
            update(OutboxMessage)
            .where(OutboxMessage.id.in_(ids))
            .values(sent_at=clock.now(), settled_at=clock.now(), attempts=OutboxMessage.attempts + 1)
        )


def put_off(message: type[Message], ids: Collection[int]) -> None:
    """Takes unsent messages that name one of these rows in their only field as handled, in the caller's transaction."""
    (field,) = fields(message)
    session.execute(
        update(OutboxMessage)
        .where(
            OutboxMessage.name == message.name,
            OutboxMessage.sent_at.is_(None),
            OutboxMessage.payload[field.name].as_integer().in_(ids),
        )
        .values(sent_at=clock.now(), settled_at=clock.now())
    )
