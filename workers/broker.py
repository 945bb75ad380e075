"""The queue, set before any actor is declared. It only carries; PostgreSQL keeps the truth."""

import dramatiq
from dramatiq.brokers.redis import RedisBroker
from dramatiq.middleware import AgeLimit, Callbacks, Pipelines, Retries, ShutdownNotifications, TimeLimit

from casework.settings import Settings

QUEUES = ("default", "bulk", "pdf")

HEARTBEAT_MS = 15_000
"""A worker silent for so long is dead and its messages are delivered again."""
MAINTENANCE_CHANCE = 20_000
"""In a million: how often a broker call looks for dead workers (the default finds them only after many minutes)."""
HOUR_MS = 3_600_000


def make_broker(url: str) -> RedisBroker:
    """The Redis broker as measured: short heartbeat, frequent maintenance, bounded retries."""
    return RedisBroker(
        url=url,
        heartbeat_timeout=HEARTBEAT_MS,
        maintenance_chance=MAINTENANCE_CHANCE,
        middleware=[
            AgeLimit(),
            TimeLimit(time_limit=2 * HOUR_MS),
            ShutdownNotifications(),
            Callbacks(),
            Pipelines(),
            Retries(max_retries=6, min_backoff=1_000, max_backoff=300_000),
        ],
    )


broker = make_broker(Settings.from_environment().redis_url)
dramatiq.set_broker(broker)
