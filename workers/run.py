"""How one line of the table is carried out: job ledger, transaction, exactly-once effect."""

import logging
from uuid import UUID

from casework.core import jobs
from casework.core.actor import Actor
from casework.core.db import session, transaction
from casework.core.errors import Refusal
from casework.core.ledger import OutboxMessage, first_time
from casework.core.logs import log_context
from workers.handlers import On

log = logging.getLogger("casework.run")


def carry_out(line: On, message_id: UUID) -> None:
    """Does the line's operation for one message, once, in one transaction.

    A Refusal ends the job and is not raised; any other error is raised for the queue to try again, until the last try.
    """
    sent = session.get(OutboxMessage, message_id)
    if sent is None:
        return  # the database was restored to a time before this message: there is nothing to do
    actor = Actor(id=sent.actor_id, name=sent.actor_name, roles=("worker",), request_id=str(message_id))
    message = line.message.from_payload(sent.payload)
    session.rollback()
    log_context.set({"message_id": str(message_id), "handler": line.key})
    if not jobs.begin(message_id, line.key, line.message.name, message.payload(), actor):
        log.info("not to be done: ended or cancelled before")
        return
    try:
        with transaction():
            if first_time(message_id, line.key):
                line.operation(**vars(message), actor=actor)
    except Refusal as refusal:
        log.info("refused")
        jobs.end("refused", refusal)
    except jobs.Cancelled:
        log.info("cancelled")
        jobs.end("cancelled")
    except BaseException as error:
        jobs.fail(error)
        raise
    else:
        log.info("done")
        jobs.end("done")
