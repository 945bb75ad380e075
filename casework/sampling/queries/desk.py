"""What waits for a reader."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy import select

from casework.accounts import queries as staff
from casework.core.actor import Actor
from casework.core.db import session
from casework.core.i18n import N_
from casework.core.workflow import Move, Workflow
from casework.sampling.models import Campaign, Cancellation, Plan
from casework.sampling.queries.campaigns import seen_by
from casework.sampling.rules import CAMPAIGN, NUMBERED, PLAN


@dataclass(frozen=True)
class Waiting:
    """One plan or campaign that waits for a reader, and what for."""

    title: str
    state: str
    todo: str
    endpoint: str
    values: Mapping[str, int]


def desk(actor: Actor) -> list[Waiting]:
    """What waits for the actor: each plan and campaign with a move that is his to make."""
    return [*_waiting_plans(actor), *_waiting_campaigns(actor)]


def _waiting_plans(actor: Actor) -> Iterator[Waiting]:
    statement = staff.visible(select(Plan), actor, unit=Plan.org_id).where(
        Plan.state.not_in(("running", "done", "superseded"))
    )
    for plan in session.scalars(statement.order_by(Plan.id).limit(50)):
        move = _own_move(PLAN, plan.state, actor)
        if move is not None and actor.id != (None if move.name == "submit" else plan.author_id):
            yield Waiting(plan.title, PLAN.label(plan.state), move.label, "sampling.plan", {"plan_id": plan.id})


def _waiting_campaigns(actor: Actor) -> Iterator[Waiting]:
    proposed = {
        row.campaign_id for row in session.scalars(select(Cancellation).where(Cancellation.confirmed_at.is_(None)))
    }
    statement = seen_by(select(Campaign), actor).where(Campaign.state.in_(("draft", "submitted", *NUMBERED[:-1])))
    for campaign in session.scalars(statement.order_by(Campaign.id).limit(50)):
        todo = _todo(campaign, actor, cancelling=campaign.id in proposed)
        if todo is not None:
            state = CAMPAIGN.label(campaign.state)
            yield Waiting(campaign.title, state, todo, "sampling.campaign", {"campaign_id": campaign.id})


def _todo(campaign: Campaign, actor: Actor, *, cancelling: bool) -> str | None:
    if cancelling:
        return N_("批准作废") if actor.may("sampling.cancel") else None
    if campaign.state == "frozen" and campaign.short and campaign.decision is None:
        return N_("对不足作出决定") if actor.may("sampling.approve") else None
    if campaign.state == "committed" and not campaign.unattended and actor.may("sampling.audit"):
        return N_("到场见证")
    move = _own_move(CAMPAIGN, campaign.state, actor)
    if move is None or actor.id in _kept_from(move.name, campaign):
        return None
    return move.label


def _kept_from(move: str, campaign: Campaign) -> tuple[int | None, ...]:
    """Who did another step of a campaign and so may not make this move: the guards of the workflow, for the desk."""
    match move:
        case "approve":
            return (campaign.made_by,)
        case "freeze":
            return (campaign.approved_by,)
        case "commit":
            return (campaign.approved_by, campaign.frozen_by)
        case "draw":
            return (campaign.approved_by, campaign.committed_by)
        case _:
            return ()


def _own_move(workflow: Workflow, state: str, actor: Actor) -> Move | None:
    """The first move on from a state that the actor's posts allow, other than turning back."""
    back = ("send_back", "cancel", "decide")
    return next(
        (
            move
            for move in workflow.moves_from(state)
            if move.permission and actor.may(move.permission) and move.name not in back
        ),
        None,
    )
