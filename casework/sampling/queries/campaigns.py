"""Campaigns, whom they drew, and what has become of the drawn."""

from dataclasses import dataclass
from datetime import date
from types import SimpleNamespace
from typing import Any

from sqlalchemy import Select, func, or_, select

from casework.accounts import queries as staff
from casework.cases import queries as cases
from casework.cases.rules import EXITS, RELEASED, STANDARD
from casework.core import clock
from casework.core.actor import Actor
from casework.core.db import session
from casework.core.errors import NotFound
from casework.core.i18n import _
from casework.core.jobs import find as find_job
from casework.core.paging import Page, page
from casework.registry import queries as registry
from casework.sampling.models import Campaign, DrawnMember


def campaigns(
    actor: Actor,
    *,
    state: str = "",
    year: int | None = None,
    q: str = "",
    after: str | None = None,
    before: str | None = None,
) -> Page:
    """The campaigns that the actor may see, newest first, in one state, or `open` or `ended`; rows: (Campaign, id)."""
    statement = seen_by(select(Campaign, Campaign.id), actor)
    ended = ("done", "cancelled")
    if state == "open":
        statement = statement.where(Campaign.state.not_in(ended))
    elif state == "ended":
        statement = statement.where(Campaign.state.in_(ended))
    elif state:
        statement = statement.where(Campaign.state == state)
    if year:
        statement = statement.where(func.extract("year", Campaign.made_at) == year)
    if q:
        statement = statement.where(
            or_(Campaign.title.icontains(q, autoescape=True), Campaign.number.icontains(q, autoescape=True))
        )
    return page(statement, [Campaign.id], after=after, before=before, size=25, descending=True)


def seen_by(statement: Select[Any], actor: Actor) -> Select[Any]:
    return staff.visible(statement, actor, unit=Campaign.org_id, line=Campaign.line)


def campaign(campaign_id: int, actor: Actor) -> Campaign:
    """One campaign that the actor may see, else NotFound."""
    found = session.scalars(seen_by(select(Campaign).where(Campaign.id == campaign_id), actor)).first()
    if found is None:
        raise NotFound(_("没有这个抽查活动，或者不在您的辖区和业务范围内。"))
    return found


def freeze_job(campaign: Campaign) -> Any:
    """The job that freezes the pool of a campaign, a queued one while no worker has begun; None when nobody asked."""
    if campaign.freeze_message_id is None:
        return None
    return find_job(campaign.freeze_message_id) or NOT_BEGUN


def is_freezing(campaign: Campaign) -> bool:
    """Whether a worker has been asked to freeze the pool and has not ended."""
    job = freeze_job(campaign) if campaign.state == "approved" else None
    return job is not None and job.state in ("queued", "running")


NOT_BEGUN = SimpleNamespace(state="queued", done=None, total=None, note=None, error=None)


@dataclass(frozen=True)
class Task:
    """One drawn enterprise as staff see it: no seal, no ticket, no stratum."""

    position: int
    enterprise: registry.Brief
    unit: str
    case_id: int | None
    case_number: str | None
    state: str | None


def drawn(campaign: Campaign, *, after: str | None = None, before: str | None = None) -> tuple[list[Task], Page]:
    """One page of the drawn, in the order of their codes, with their cases."""
    columns = DrawnMember.position, DrawnMember.enterprise_id, DrawnMember.org_id
    found = page(
        select(*columns).where(DrawnMember.campaign_id == campaign.id),
        [DrawnMember.position],
        after=after,
        before=before,
    )
    ids = [row.enterprise_id for row in found.rows]
    names, units, known = registry.brief(ids), staff.unit_names(), cases.of_origin("draw", campaign.id, ids)
    tasks = []
    for row in found.rows:
        opened = known.get(row.enterprise_id)
        tasks.append(
            Task(
                position=row.position,
                enterprise=names[row.enterprise_id],
                unit=units[row.org_id],
                case_id=opened.id if opened else None,
                case_number=opened.number if opened else None,
                state=opened.state if opened else None,
            )
        )
    return tasks, found


@dataclass(frozen=True)
class Progress:
    """What has become of the drawn, as totals that add up to their number."""

    drawn: int
    opened: int
    published: int
    closed_by_code: int
    ended: int

    @property
    def in_work(self) -> int:
        return self.drawn - self.published - self.closed_by_code


def progress(campaign: Campaign) -> Progress:
    """The totals of a drawn campaign: published (checked and closed early apart), and those still in work."""
    counted = cases.progress_of("draw", campaign.id)
    early = {state.name for state in EXITS}
    return Progress(
        drawn=campaign.tasks,
        opened=sum(counted.values()),
        published=sum(count for state, count in counted.items() if state in RELEASED and state not in early),
        closed_by_code=sum(counted.get(state, 0) for state in early),
        ended=sum(count for state, count in counted.items() if STANDARD.is_final(state)),
    )


def frozen_on(campaign: Campaign) -> date:
    """The day on which the pool of a campaign was frozen: its parameters hold for the draw."""
    return clock.local_day(certain(campaign.frozen_at))


def certain(value: Any) -> Any:
    """What a CHECK of the table says is there in this state."""
    assert value is not None
    return value


def outcome(campaign: Campaign) -> dict[str, Any]:
    """What a draw came to, as plain data: for scripts."""
    figures = ("label", "rate_bp", "members", "eligible", "required", "drawn")
    return {
        "campaign": campaign.number,
        "id": campaign.id,
        "commitment": certain(campaign.commitment).hex(),
        "seed": certain(campaign.seed).hex(),
        "strata": [{name: getattr(stratum, name) for name in figures} for stratum in campaign.strata],
        "drawn": campaign.tasks,
        "cases": progress(campaign).opened,
    }
