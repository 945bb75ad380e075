"""Campaigns that nobody attends: those of a plan on their day, and those of scripts."""

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import select

from casework.core import clock, parameters
from casework.core.actor import SYSTEM, Actor
from casework.core.db import savepoint, session
from casework.core.errors import Refusal
from casework.core.ledger import record
from casework.sampling import queries
from casework.sampling.messages import CampaignDue
from casework.sampling.models import Campaign, Plan, PlanLine
from casework.sampling.operations.campaigns import (
    approve_campaign,
    create_campaign,
    give_number,
    line_of,
    orderly_facts,
    submit_campaign,
)
from casework.sampling.operations.drawing import draw, freeze_pool, publish_commitment
from casework.sampling.operations.moving import locked_campaign, moving
from casework.sampling.rules import CAMPAIGN, PLAN, PLAN_IN_FORCE, Batch, batches


def begin_unattended(*, item_codes: Sequence[str], org_id: int, actor: Actor) -> Campaign:
    """An unattended campaign from its scheme to the published commitment, at the floors of the day: for scripts.

    The operator of the machine answers for the approval. Not idempotent: every call is another campaign.
    """
    items = queries.items_of(item_codes, clock.today())
    pools = [item.pool for item in items]
    campaign = create_campaign(
        title="、".join(item.name for item in items) or "随机抽查",
        org_id=org_id,
        item_codes=list(item_codes),
        pool=pools[0] if pools and all(each == pools[0] for each in pools) else {},
        rates_bp=parameters.value("sampling.floors_bp"),
        sizes={},
        officers_per_case=parameters.value("sampling.officers_per_case"),
        workdays=parameters.value("cases.term.inspect")["days"],
        public_list=True,
        unattended=True,
        actor=actor,
    )
    for verb in (submit_campaign, approve_campaign, freeze_pool, publish_commitment):
        verb(campaign.id, actor=actor)
    return campaign


def start_due_campaigns(*, actor: Actor) -> int:
    """Begins the campaigns of plan lines whose batch is due; returns how many. Idempotence key: (plan line, period).

    Of batches that were missed only the last is made up, and none from before the publication of the plan.
    """
    begun = 0
    for plan in session.scalars(select(Plan).where(Plan.state.in_(PLAN_IN_FORCE)).order_by(Plan.id)).all():
        for line in plan.lines:
            batch = _due_batch(plan, line)
            if batch is not None and batch.period not in queries.started(line):
                _begin(plan, line, batch, actor=actor)
                begun += 1
    return begun


def _due_batch(plan: Plan, line: PlanLine) -> Batch | None:
    calendar, today = parameters.calendar(), clock.today()
    due = [
        batch
        for batch in batches(line.cadence, line.first_on, line.last_on)
        if calendar.on_or_after(batch.starts_on) <= today and batch.starts_on >= (plan.published_on or today)
    ]
    return due[-1] if due else None


def _begin(plan: Plan, line: PlanLine, batch: Batch, *, actor: Actor) -> None:
    """Makes the unattended campaign of a batch, approved with its plan; one that is not in order waits as a draft."""
    if plan.state == "published":
        with moving(plan, PLAN, "start", actor=actor):
            pass
    campaign = Campaign(
        source="plan",
        title=f"{line.title}（{batch.period}）",
        directed=queries.narrows(line.pool),
        unattended=True,
        org_id=line.org_id,
        organ_id=plan.org_id,
        line=line_of(queries.items_of(line.item_codes, clock.today())),
        plan_line_id=line.root_id,
        period=batch.period,
        made_by=plan.author_id,
        made_name=plan.author_name,
        made_at=clock.now(),
        **{
            name: getattr(line, name)
            for name in ("item_codes", "pool", "rates_bp", "officers_per_case", "workdays", "public_list", "partners")
        },
    )
    session.add(campaign)
    session.flush()
    try:
        with savepoint():
            _approve_with_plan(campaign, plan, actor=actor)
    except Refusal as refusal:
        session.refresh(campaign)
        record("sampling.hold_campaign", campaign, actor=actor, note=str(refusal))


def _approve_with_plan(campaign: Campaign, plan: Plan, *, actor: Actor) -> None:
    """The plan's approval is the campaign's: its number, and the word that it is due."""
    facts = orderly_facts(campaign)
    with moving(campaign, CAMPAIGN, "submit", actor=actor, **facts):
        pass
    due = CampaignDue(campaign_id=campaign.id)
    with moving(campaign, CAMPAIGN, "approve", actor=actor, announces=due, **facts):
        give_number(campaign, actor=actor)
        campaign.approved_by, campaign.approved_name = plan.approved_by, plan.approved_name
        campaign.approved_at = clock.now()


def prepare_unattended(campaign_id: int, *, actor: Actor) -> None:
    """Freezes and commits an unattended campaign, as far as nobody needs to decide. Idempotence key: the state."""
    system = replace(SYSTEM, request_id=actor.request_id)
    campaign = locked_campaign(campaign_id, system)
    if campaign.state == "approved":
        freeze_pool(campaign_id, actor=system)
    if campaign.state == "frozen" and (not campaign.short or campaign.decision is not None):
        publish_commitment(campaign_id, actor=system)


def draw_unattended(campaign_id: int, *, actor: Actor) -> None:
    """Draws an unattended campaign whose commitment is public; one with witnesses waits. Idempotence key: the state."""
    system = replace(SYSTEM, request_id=actor.request_id)
    campaign = locked_campaign(campaign_id, system)
    if campaign.unattended and campaign.state == "committed":
        draw(campaign_id, actor=system)
