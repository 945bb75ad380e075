"""Plans, and the campaigns that came of their lines."""

from sqlalchemy import select

from casework.accounts import queries as staff
from casework.core.actor import Actor
from casework.core.db import session
from casework.core.errors import NotFound
from casework.core.i18n import _
from casework.core.paging import Page, page
from casework.sampling.models import Campaign, Plan, PlanLine


def plans(actor: Actor, *, after: str | None = None, before: str | None = None) -> Page:
    """The plans that the actor may see, newest first; rows are `(Plan, year, id)`."""
    statement = staff.visible(select(Plan, Plan.year, Plan.id), actor, unit=Plan.org_id)
    return page(statement, [Plan.year, Plan.id], after=after, before=before, size=25, descending=True)


def plan(plan_id: int, actor: Actor) -> Plan:
    """One plan that the actor may see, else NotFound."""
    found = session.get(Plan, plan_id)
    if found is None or not staff.sees_unit(actor, found.org_id):
        raise NotFound(_("没有这个抽查计划，或者不在您的辖区范围内。"))
    return found


def started(line: PlanLine) -> dict[str, Campaign]:
    """The campaigns of a plan line (of all versions of the plan) by period."""
    found = session.scalars(select(Campaign).where(Campaign.plan_line_id == line.root_id))
    return {str(campaign.period): campaign for campaign in found}
