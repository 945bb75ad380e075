"""Nouns of the console: vital signs, jobs, parameters and their history, the year's calendar, the audit log."""

import logging
from calendar import Calendar
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Any
from uuid import UUID

from redis import RedisError
from sqlalchemy import ColumnElement, Row, func, select, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import aliased

from casework.console.rules import OUTBOX_PATIENCE, WATCHED_ACTIONS, Sign, waited
from casework.core import clock, jobs, parameters, queue
from casework.core.actor import Actor
from casework.core.db import session, streamed
from casework.core.errors import NotFound
from casework.core.i18n import _
from casework.core.jobs import LEADER_LOCK, Job
from casework.core.ledger import AuditEntry, OutboxMessage
from casework.core.paging import Page, page
from casework.core.parameters import CalendarDay, Dated, Definition, Parameter
from casework.settings import ROOT, Settings

log = logging.getLogger("casework.console")

QUEUE_PATIENCE = 2.0
"""Seconds after which a page calls the queue unreachable."""
WATCHED_AMONG, WATCHED_SHOWN = 20_000, 8
"""Among how many entries the desk of an auditor looks, and how many it shows: the log has no index by action."""
LEADER = """
    SELECT host(a.client_addr) AS host, a.backend_start
    FROM pg_locks l JOIN pg_stat_activity a USING (pid) JOIN pg_database d ON d.oid = l.database
    WHERE l.locktype = 'advisory' AND l.granted AND l.classid = 0 AND l.objid = :key AND d.datname = current_database()
"""


# Vital signs ----------------------------------------------------------------------------------------------------------


def signs(settings: Settings) -> list[Sign]:
    """How the machinery stands, in the order in which a message passes it."""
    return [_outbox(), _relay(), *_queue_signs(settings), _leader(), _failed_jobs()]


def _outbox() -> Sign:
    unsent = select(func.count()).where(OutboxMessage.sent_at.is_(None))
    count, age = session.execute(unsent).scalar_one(), jobs.outbox_age() or 0
    seen = _("%(count)s 条，最早的等了 %(age)s", count=f"{count:,}", age=waited(age)) if count else _("没有等待的消息")
    return Sign(
        _("待发消息"),
        seen,
        age < OUTBOX_PATIENCE.total_seconds(),
        _("业务办理后要继续做的事，先与业务数据一起存进数据库，再由转发进程送进队列。"),
        _("消息存在数据库里，不会丢失。请检查转发进程（workers.relay）和队列是否在运行。"),
    )


def _relay() -> Sign:
    names = session.scalars(
        text("SELECT host(client_addr) FROM pg_stat_activity WHERE application_name = 'casework relay'")
    ).all()
    seen = _("%(count)s 个连接", count=len(names)) if names else _("没有看到")
    return Sign(
        _("转发进程"),
        seen,
        bool(names),
        _("把数据库里的待发消息送进队列，并补发队列弄丢的消息。"),
        _("请启动 python -m workers.relay；停多久都不丢消息，启动后会补送。"),
    )


def _queue_signs(settings: Settings) -> list[Sign]:
    client = queue.connect(settings.redis_url, patience=QUEUE_PATIENCE)
    try:
        depths, workers = queue.depths(client), queue.workers(client)
    except RedisError:
        todo = _("请检查 Redis（Valkey）服务。任务记在数据库里，队列恢复后会自动补发。")
        return [Sign(_("任务队列"), _("连接不上"), False, _("队列只负责传递任务，不保存任务。"), todo)]
    finally:
        client.close()
    alive_since = clock.now() - 2 * timedelta(seconds=settings.heartbeat_seconds)
    alive = [worker for worker in workers if worker.seen_at > alive_since]
    return [*(_queue_sign(depth, alive) for depth in depths), _dead_letters(depths)]


def _queue_sign(depth: queue.Depth, alive: Sequence[queue.Worker]) -> Sign:
    serving = [worker for worker in alive if not worker.queues or depth.queue.name in worker.queues]
    return Sign(
        _("队列：%(name)s", name=_(depth.queue.label)),
        _(
            "排队 %(waiting)s，办理中 %(in_hand)s，待重试 %(delayed)s；办理进程 %(workers)s 个",
            waiting=f"{depth.waiting:,}",
            in_hand=f"{depth.in_hand:,}",
            delayed=f"{depth.delayed:,}",
            workers=len(serving),
        ),
        bool(serving),
        _("排队的任务按先后办理；排队数持续增长说明办理进程不够用。"),
        _("没有进程办理这个队列，请启动：dramatiq workers.actors --queues %(name)s", name=depth.queue.name),
    )


def _dead_letters(depths: Sequence[queue.Depth]) -> Sign:
    count = sum(depth.dead for depth in depths)
    return Sign(
        _("死信"),
        _("%(count)s 条", count=f"{count:,}"),
        True,
        _("多次尝试仍失败、队列不再投递的消息，七天后自动清除。对应的任务列在“出错中止”里，从那里重新运行。"),
        "",
    )


def _leader() -> Sign:
    held = session.execute(text(LEADER), {"key": LEADER_LOCK}).first()
    seen = _("没有看到")
    if held is not None:
        since = f"{held.backend_start.astimezone(clock.LOCAL_ZONE):%Y-%m-%d %H:%M}"
        seen = _("主持中，来自 %(host)s，自 %(since)s", host=held.host or _("本机"), since=since)
    return Sign(
        _("定时任务"),
        seen,
        held is not None,
        _("按时发起每月分类、到期检查和催办。可以同时开几个，只有一个主持，其余待命。"),
        _("请启动 python -m workers.schedule；停运期间到期的事项，启动后会补办。"),
    )


def _failed_jobs() -> Sign:
    count = jobs.counts().get("failed", 0)
    return Sign(
        _("出错中止的任务"),
        _("%(count)s 项", count=f"{count:,}"),
        count == 0,
        _("系统多次重试仍未成功的任务。"),
        _("逐项查看原因，排除后重新运行。"),
    )


# Jobs -----------------------------------------------------------------------------------------------------------------


def jobs_in(state: str, *, after: str | None = None, before: str | None = None) -> Page:
    """One page of the jobs in a state, the latest change first; rows are `(Job, …)`."""
    keys = [Job.updated_at, Job.message_id, Job.handler]
    statement = select(Job, *keys).where(Job.state == state)
    return page(statement, keys, after=after, before=before, descending=True)


def waiting_to_begin() -> int:
    """How many messages went to the queue and have no job yet."""
    begun = select(Job.message_id).where(Job.message_id == OutboxMessage.id).exists()
    statement = select(func.count()).where(
        OutboxMessage.settled_at.is_(None), OutboxMessage.sent_at.is_not(None), ~begun
    )
    return session.execute(statement).scalar_one()


def message(message_id: UUID) -> OutboxMessage:
    """One message, or NotFound."""
    found = session.get(OutboxMessage, message_id)
    if found is None:
        raise NotFound(_("没有这项任务。"))
    return found


def own_message(message_id: UUID, actor: Actor) -> OutboxMessage | None:
    """A message that the actor announced, or any for an operator; else None."""
    found = session.get(OutboxMessage, message_id)
    return found if found is not None and (found.actor_id == actor.id or actor.may("console.operate")) else None


# Parameters -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Entry:
    """One value in a parameter's history; `set_by` and `set_at` are None for a shipped one."""

    dated: Dated
    set_by: str | None = None
    set_at: Any = None


@dataclass(frozen=True)
class Standing:
    """A parameter today: the value in force (None before its first day), and the next one if it is known."""

    definition: Definition
    now: Dated | None
    next: Dated | None


def standings() -> list[Standing]:
    """Every parameter with its value in force and the coming one."""
    return [standing(key) for key in parameters.definitions()]


def standing(key: str) -> Standing:
    """One parameter, or NotFound."""
    if key not in parameters.definitions():
        raise NotFound(_("没有这个参数。"))
    values, today = parameters.timeline(key), clock.today()
    past = [dated for dated in values if dated.effective_from <= today]
    coming = [dated for dated in values if dated.effective_from > today]
    return Standing(parameters.definitions()[key], past[-1] if past else None, coming[0] if coming else None)


def parameter_history(key: str) -> list[Entry]:
    """All values of a parameter, the latest day first, with who set the bureau's own."""
    own = {row.effective_from: row for row in session.scalars(select(Parameter).where(Parameter.key == key))}
    entries = []
    for dated in reversed(parameters.timeline(key)):
        row = own.get(dated.effective_from)
        entries.append(Entry(dated, row.set_by, row.set_at) if row else Entry(dated))
    return entries


# Calendar -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Cell:
    """One day of the year view. `kind`: work | rest | holiday | made_up (调休上班)."""

    day: date
    kind: str
    entry: CalendarDay | None


def year(number: int) -> list[list[list[Cell | None]]]:
    """Twelve months of weeks of seven days, Monday first; None outside the month."""
    known = {entry.day: entry for entry in parameters.calendar_days(number)}
    weeks = Calendar(firstweekday=0)
    return [
        [
            [_cell(day, known.get(day)) if day.month == month else None for day in week]
            for week in weeks.monthdatescalendar(number, month)
        ]
        for month in range(1, 13)
    ]


def _cell(day: date, entry: CalendarDay | None) -> Cell:
    if entry is None:
        return Cell(day, "work" if day.weekday() < 5 else "rest", None)
    return Cell(day, "made_up" if entry.worked else "holiday", entry)


def calendar_day(day: date) -> CalendarDay | None:
    """What is known of a day that differs from the plain week."""
    return session.get(CalendarDay, day)


def differing_day(written: str) -> CalendarDay:
    """The entry of a day written as `2027-02-05`, or NotFound."""
    try:
        found = calendar_day(date.fromisoformat(written))
    except ValueError:
        found = None
    if found is None:
        raise NotFound(_("工作日历中没有这一天。"))
    return found


# Audit log ------------------------------------------------------------------------------------------------------------


def audit(*, after: str | None = None, before: str | None = None, **filters: Any) -> Page:
    """One page of the audit log, newest first; rows are `(AuditEntry, id)`. Filters as in `AuditFilter`."""
    statement = select(AuditEntry, AuditEntry.id).where(*_kept(**filters))
    return page(statement, [AuditEntry.id.expression], after=after, before=before, descending=True)


def watched() -> Sequence[AuditEntry]:
    """The newest entries of what an auditor watches, among the last WATCHED_AMONG of all."""
    recent = select(AuditEntry).order_by(AuditEntry.id.desc()).limit(WATCHED_AMONG).subquery()
    entry = aliased(AuditEntry, recent)
    return session.scalars(
        select(entry).where(entry.action.in_(WATCHED_ACTIONS)).order_by(entry.id.desc()).limit(WATCHED_SHOWN)
    ).all()


def all_audited(**filters: Any) -> Iterator[Row[Any]]:
    """Everything that the filters keep, as rows of the log's columns, newest first, in flat memory."""
    columns = AuditEntry.__table__.columns
    return streamed(select(*columns).where(*_kept(**filters)).order_by(AuditEntry.id.desc()))


def _kept(
    *,
    actor: str = "",
    action: str = "",
    kind: str = "",
    subject: str = "",
    first: date | None = None,
    last: date | None = None,
) -> list[ColumnElement[bool]]:
    conditions = []
    if actor:
        conditions.append(AuditEntry.actor_name.icontains(actor, autoescape=True))
    if action:
        conditions.append(AuditEntry.action.istartswith(action, autoescape=True))
    if kind:
        conditions.append(AuditEntry.subject_kind == kind)
    if subject:
        conditions.append(AuditEntry.subject_id == subject)
    if first:
        conditions.append(AuditEntry.at >= clock.local_moment(first))
    if last:
        conditions.append(AuditEntry.at < clock.local_moment(last + timedelta(days=1)))
    return conditions


# Readiness ------------------------------------------------------------------------------------------------------------


@cache
def wanted_revision() -> str | None:
    """The migration that this version of the program stands on."""
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    return ScriptDirectory.from_config(Config(toml_file=ROOT / "pyproject.toml")).get_current_head()


def lacking(settings: Settings) -> list[str]:
    """What is not there to serve a request: `database` (away, or of another structure), `queue`."""
    there = {"database": _database_stands(), "queue": _queue_answers(settings.redis_url)}
    return [name for name, is_there in there.items() if not is_there]


def _database_stands() -> bool:
    try:
        return session.execute(text("SELECT version_num FROM alembic_version")).scalar() == wanted_revision()
    except SQLAlchemyError:
        log.warning("not ready: database", exc_info=True)
        session.rollback()
        return False


def _queue_answers(redis_url: str) -> bool:
    client = queue.connect(redis_url, patience=QUEUE_PATIENCE)
    try:
        return bool(client.ping())
    except RedisError:
        log.warning("not ready: queue", exc_info=True)
        return False
    finally:
        client.close()
