"""From the drawn to their cases, and the end of a campaign when they have ended."""

from collections.abc import Iterator
from datetime import timedelta

from sqlalchemy import select

from casework.cases import operations as cases
from casework.cases.rules import Item, NewCase, Origin
from casework.core import clock
from casework.core.actor import SYSTEM, Actor
from casework.core.db import session
from casework.core.ledger import announce_all
from casework.sampling import queries
from casework.sampling.messages import CasesDue
from casework.sampling.models import Campaign, DrawnMember, Plan, PoolOfficer
from casework.sampling.operations.ledger import enter
from casework.sampling.operations.moving import locked_campaign, moving
from casework.sampling.rules import CAMPAIGN, PLAN

CASES_AT_ONCE = 500
LATE_AFTER = timedelta(minutes=10)
"""A draw so old without all its cases has lost some of its messages."""


def chunk_cases(campaign_id: int, *, actor: Actor) -> None:
    """已抽取 → 实施中: announces the cases in chunks. Idempotence key: the state."""
    campaign = locked_campaign(campaign_id, SYSTEM)
    if campaign.state == "drawn":
        with moving(campaign, CAMPAIGN, "dispatch", actor=SYSTEM):
            pass
        announce_all(
            (CasesDue(campaign_id=campaign.id, first=first, last=last) for first, last in _chunks(campaign.tasks)),
            actor=actor,
        )


def _chunks(count: int) -> Iterator[tuple[int, int]]:
    """The first and last position of each chunk of so many cases."""
    for first in range(1, count + 1, CASES_AT_ONCE):
        yield first, min(first + CASES_AT_ONCE - 1, count)


def open_drawn_cases(campaign_id: int, first: int, last: int, *, actor: Actor) -> int:
    """Opens the cases of these positions of the drawn; returns how many are new. Idempotence key: that of the cases."""
    campaign = session.get_one(Campaign, campaign_id)
    if campaign.state not in ("running", "done"):
        return 0
    seats = select(PoolOfficer.position, PoolOfficer.officer_id).where(PoolOfficer.campaign_id == campaign.id)
    officers = dict(session.execute(seats).all())
    rows = session.execute(
        select(DrawnMember.enterprise_id, DrawnMember.org_id, DrawnMember.chosen)
        .where(DrawnMember.campaign_id == campaign.id, DrawnMember.position.between(first, last))
        .order_by(DrawnMember.position)
    )
    new = [
        NewCase(row.enterprise_id, row.org_id, [officers[place] for place in row.chosen], campaign.line) for row in rows
    ]
    return cases.open_many(_origin(campaign), new, actor=actor)


def _origin(campaign: Campaign) -> Origin:
    named = ("code", "name", "basis", "line", "on_site")
    return Origin(
        kind="draw",
        id=campaign.id,
        number=str(campaign.number),
        title=campaign.title,
        case_kind="spot_check",
        source=campaign.source,
        items=[Item(**{name: item[name] for name in named}) for item in campaign.items or ()],
        org_id=campaign.organ_id,
        due_on=campaign.due_on,
    )


def open_missing_cases(*, actor: Actor) -> int:
    """Opens the cases of drawn members that have none though their draw is not new; returns how many were missing."""
    opened = 0
    late = session.scalars(
        select(Campaign).where(Campaign.state.in_(("drawn", "running")), Campaign.drawn_at < clock.now() - LATE_AFTER)
    ).all()
    for campaign in late:
        chunk_cases(campaign.id, actor=actor)
        if queries.progress(campaign).opened < campaign.tasks:
            opened += open_all_cases(campaign.id, actor=actor)
    return opened


def open_all_cases(campaign_id: int, *, actor: Actor) -> int:
    """Opens every case of a campaign that is not open yet; returns how many are new."""
    tasks = session.get_one(Campaign, campaign_id).tasks
    return sum(open_drawn_cases(campaign_id, first, last, actor=actor) for first, last in _chunks(tasks))


def _enter_end(campaign: Campaign) -> None:
    """The last entry of a campaign: what became of the drawn, as totals that add up."""
    shown = queries.progress(campaign)
    enter(campaign, "done", drawn=shown.drawn, published=shown.published, closed_by_code=shown.closed_by_code)


def finish_campaigns(*, actor: Actor) -> int:
    """Ends campaigns whose cases have all ended, and plans of past years whose campaigns have; returns how many."""
    finished = 0
    for campaign in session.scalars(select(Campaign).where(Campaign.state == "running").with_for_update()).all():
        if queries.progress(campaign).ended == campaign.tasks:
            with moving(campaign, CAMPAIGN, "finish", actor=actor):
                finished += 1
            _enter_end(campaign)
    for plan in session.scalars(select(Plan).where(Plan.state == "running", Plan.year < clock.today().year)).all():
        if all(
            campaign.state in ("done", "cancelled")
            for line in plan.lines
            for campaign in queries.started(line).values()
        ):
            with moving(plan, PLAN, "finish", actor=actor):
                finished += 1
    return finished
