"""Each line of the table as a Dramatiq actor: `dramatiq workers.actors`."""

import os
from uuid import UUID

import dramatiq

from casework.app import create_app
from casework.core.logs import configure
from workers.broker import broker
from workers.handlers import TABLE, On
from workers.run import carry_out

configure()
os.environ["PGAPPNAME"] = "casework worker"
app = create_app()


def _actor_for(line: On) -> "dramatiq.Actor[[str], None]":
    @dramatiq.actor(actor_name=line.key, queue_name=line.queue, broker=broker)
    def run(message_id: str) -> None:
        with app.app_context():
            carry_out(line, UUID(message_id))

    return run


ACTORS = {line.key: _actor_for(line) for line in TABLE}
