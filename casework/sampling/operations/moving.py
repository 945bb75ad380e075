"""How a move of a plan or campaign is made: the row locked, the post asked, all written at once."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from casework.core.actor import Actor
from casework.core.db import session
from casework.core.errors import NotFound
from casework.core.i18n import _
from casework.core.ledger import announce, move
from casework.core.messages import Message
from casework.core.workflow import Workflow
from casework.sampling import queries
from casework.sampling.models import Campaign, Plan


@contextmanager
def moving(
    subject: Plan | Campaign,
    workflow: Workflow,
    name: str,
    *,
    actor: Actor,
    note: str | None = None,
    announces: Message | None = None,
    **facts: Any,
) -> Iterator[None]:
    """Makes one move by somebody who may: decides, lets the caller set what comes with it, writes it all at once."""
    move(subject, workflow, name, actor=actor, facts={"by": actor.id, **facts}, note=note)
    with session.no_autoflush:
        yield
    session.flush()
    if announces is not None:
        announce(announces, actor=actor)


def locked_campaign(campaign_id: int, actor: Actor) -> Campaign:
    """The campaign under a row lock, if the actor may see it."""
    session.flush()
    campaign = session.get(Campaign, campaign_id, with_for_update=True, populate_existing=True)
    if campaign is None:
        raise NotFound(_("没有这个抽查活动。"))
    return campaign if actor.is_system else queries.campaign(campaign_id, actor)


def locked_plan(plan_id: int, actor: Actor) -> Plan:
    session.flush()
    plan = session.get(Plan, plan_id, with_for_update=True, populate_existing=True)
    if plan is None:
        raise NotFound(_("没有这个抽查计划。"))
    return plan if actor.is_system else queries.plan(plan_id, actor)
