"""The queue, set before any actor is declared. It only carries; PostgreSQL keeps the truth."""

import os
import socket
from uuid import uuid4

import dramatiq
from dramatiq.broker import Consumer
from dramatiq.brokers.redis import RedisBroker
from dramatiq.middleware import Middleware, Retries, TimeLimit
from dramatiq.worker import Worker

from casework.core import jobs, queue
from casework.settings import Settings

MAINTENANCE_CHANCE = 200_000
"""In a million: how often a broker call looks for dead workers. The default (1,000) finds them after many minutes."""
TIME_LIMIT_MS = 2 * 3_600_000
LONGEST_RETRY_MS = 300_000


class Carrier(RedisBroker):
    """The Redis broker with the prefetch of each queue, and with receipts, so that the relay can ask what was lost."""

    def consume(self, queue_name: str, prefetch: int = 1, timeout: int = 5000) -> Consumer:
        return super().consume(queue_name, PREFETCH.get(queue_name, prefetch), timeout)

    def send(self, queue_name: str, handler: str, message_id: object) -> None:
        """Puts the work of one line for one message into a queue."""
        receipt = queue.receipt(message_id, handler)
        message: dramatiq.Message[None] = dramatiq.Message(
            queue_name=queue_name,
            actor_name=handler,
            args=(str(message_id),),
            kwargs={},
            options={"redis_message_id": receipt},
        )
        self.do_enqueue(queue_name, receipt, message.encode())


class Named(Middleware):
    """Names the worker's signs of life, so that operators see which process serves which queues."""

    def before_worker_boot(self, broker: Carrier, worker: Worker) -> None:  # type: ignore[override]
        broker.broker_id = queue.worker_name(
            socket.gethostname(), os.getpid(), worker.consumer_whitelist or (), uuid4().hex[:8]
        )


def make_broker(settings: Settings) -> Carrier:
    """Short heartbeat, frequent maintenance, bounded retries."""
    return Carrier(  # type: ignore[no-untyped-call]
        client=queue.connect(settings.redis_url),
        namespace=queue.NAMESPACE,
        heartbeat_timeout=int(settings.heartbeat_seconds * 1000),
        maintenance_chance=MAINTENANCE_CHANCE,
        middleware=[
            Named(),
            TimeLimit(time_limit=TIME_LIMIT_MS),
            Retries(
                max_retries=jobs.MAX_ATTEMPTS - 1,
                min_backoff=int(settings.retry_seconds * 1000),
                max_backoff=LONGEST_RETRY_MS,
            ),
        ],
    )


PREFETCH = {each.name: each.prefetch for each in queue.QUEUES}
broker = make_broker(Settings.from_environment())
dramatiq.set_broker(broker)
