"""The queue as Dramatiq keeps it in Redis: what waits, what is in hand, what was given up, and who works. Read only."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast
from uuid import UUID

import redis

from casework.core.i18n import N_

NAMESPACE = "dramatiq"


@dataclass(frozen=True)
class Queue:
    """One queue; `prefetch` is how many messages one worker process may hold at a time.

    Many for tiny messages, because a worker that is full sleeps before it asks again; few for long work, because what
    one process holds the other cannot take.
    """

    name: str
    label: str
    prefetch: int


QUEUES = (
    Queue("default", N_("常规任务"), prefetch=64),
    Queue("bulk", N_("批量任务"), prefetch=8),
    Queue("pdf", N_("文书制作"), prefetch=2),
)


@dataclass(frozen=True)
class Depth:
    """How full a queue is: messages waiting, in hand of a worker, delayed until a retry, given up (dead letters)."""

    queue: Queue
    waiting: int
    in_hand: int
    delayed: int
    dead: int


@dataclass(frozen=True)
class Worker:
    """A worker process by its last sign of life; no queues means all of them."""

    host: str
    pid: int
    queues: tuple[str, ...]
    seen_at: datetime


@dataclass(frozen=True)
class DeadLetter:
    """A message that the queue gave up after its last try. Redis drops it after seven days; the job ledger keeps it."""

    queue: str
    handler: str
    message_id: UUID
    died_at: datetime


def connect(url: str, *, patience: float | None = None) -> redis.Redis:
    """A client. With `patience` (seconds) a silent server is an error; workers have none and wait."""
    return redis.Redis.from_url(
        url, socket_keepalive=True, socket_connect_timeout=5.0, socket_timeout=patience, health_check_interval=30
    )


def receipt(message_id: object, handler: str) -> str:
    """The key under which the queue keeps one line's first delivery."""
    return f"{message_id}:{handler}"


def depths(client: redis.Redis) -> list[Depth]:
    """Every queue of the house, also the empty ones."""
    ask: Any = client.pipeline(transaction=False)
    for queue in QUEUES:
        ask.llen(_key(queue.name)).hlen(_messages(queue.name)).hlen(_messages(f"{queue.name}.DQ"))
        ask.zcard(_key(f"{queue.name}.XQ"))
    numbers = iter(ask.execute())
    found = []
    for queue in QUEUES:
        waiting, known, delayed, dead = (next(numbers) for _ in range(4))
        found.append(Depth(queue, waiting, max(known - waiting, 0), delayed, dead))
    return found


def held(client: redis.Redis, queue: str, receipts: Iterable[str]) -> set[str]:
    """Which of these first deliveries the queue still knows, waiting or in hand."""
    asked = list(receipts)
    ask: Any = client.pipeline(transaction=False)
    for each in asked:
        ask.hexists(_messages(queue), each)
    return {each for each, known in zip(asked, ask.execute(), strict=True) if known}


def worker_name(host: str, pid: int, queues: Iterable[str], mark: str) -> str:
    """The name under which a worker process sends its signs of life; `mark` makes it unique."""
    return "|".join(("worker", host, str(pid), ",".join(sorted(queues)), mark))


def workers(client: redis.Redis) -> list[Worker]:
    """Worker processes that the queue remembers, the one heard of last first."""
    found = []
    for name, beat in cast(Any, client.zrevrange(f"{NAMESPACE}:__heartbeats__", 0, -1, withscores=True)):
        parts = name.decode().split("|")
        if parts[0] == "worker":
            _, host, pid, queues, _mark = parts
            serves = tuple(filter(None, queues.split(",")))
            found.append(Worker(host, int(pid), serves, datetime.fromtimestamp(beat / 1000, UTC)))
    return found


def dead_letters(client: redis.Redis, *, limit: int = 50) -> list[DeadLetter]:
    """What was given up, newest first."""
    found = []
    for queue in QUEUES:
        moments = dict(cast(Any, client.zrevrange(_key(f"{queue.name}.XQ"), 0, limit - 1, withscores=True)))
        texts = cast(Any, client.hmget(_messages(f"{queue.name}.XQ"), list(moments))) if moments else []
        for died, text in zip(moments.values(), texts, strict=True):
            if text is not None:
                letter = json.loads(text)
                died_at = datetime.fromtimestamp(died / 1000, UTC)
                found.append(DeadLetter(queue.name, letter["actor_name"], UUID(letter["args"][0]), died_at))
    return sorted(found, key=lambda letter: letter.died_at, reverse=True)[:limit]


def _key(queue: str) -> str:
    return f"{NAMESPACE}:{queue}"


def _messages(queue: str) -> str:
    return f"{NAMESPACE}:{queue}.msgs"
