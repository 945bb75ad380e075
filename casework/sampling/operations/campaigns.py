"""The scheme of a campaign, its approval, and its end before its time."""

from collections.abc import Mapping, Sequence
from typing import Any

from casework.accounts.rules import ROLES
from casework.core import clock
from casework.core.actor import Actor
from casework.core.db import session
from casework.core.errors import NotAllowed, Refusal
from casework.core.i18n import _
from casework.core.ledger import record
from casework.documents import operations as documents
from casework.documents import queries as document_queries
from casework.sampling import queries
from casework.sampling.models import Campaign, Cancellation, InspectionItem
from casework.sampling.operations.ledger import enter
from casework.sampling.operations.moving import locked_campaign, moving
from casework.sampling.rules import CAMPAIGN

SERIES = "抽"
"""The number series of campaigns: 周市监抽〔2026〕1号."""


def create_campaign(*, actor: Actor, **scheme: Any) -> Campaign:
    """Drafts a campaign outside the plan. Not idempotent: every call is another draft.

    `scheme`: title, org_id, item_codes, pool, rates_bp, sizes, officers_per_case, workdays, public_list, unattended.
    """
    organ_id = document_queries.organ_of(scheme["org_id"] if actor.org_id is None else actor.org_id)
    campaign = Campaign(
        source="temporary", organ_id=organ_id, made_by=actor.id, made_name=actor.name, made_at=clock.now()
    )
    _set_scheme(campaign, scheme, actor)
    session.add(campaign)
    session.flush()
    record("sampling.create_campaign", campaign, actor=actor, after={"title": campaign.title})
    return campaign


def change_campaign(campaign_id: int, *, actor: Actor, **scheme: Any) -> Campaign:
    """Changes the scheme of a campaign that was not submitted yet, or was sent back."""
    campaign = _draft(campaign_id, actor)
    _set_scheme(campaign, scheme, actor)
    record("sampling.change_campaign", campaign, actor=actor, after={"title": campaign.title})
    return campaign


def discard_campaign(campaign_id: int, *, actor: Actor) -> None:
    """Throws a draft away: it has no number yet, so nobody was promised anything."""
    campaign = _draft(campaign_id, actor)
    if campaign.plan_line_id is not None:
        raise Refusal(_("年度计划安排的抽查不能删除方案。"))
    record("sampling.discard_campaign", campaign, actor=actor, before={"title": campaign.title})
    session.delete(campaign)


def _draft(campaign_id: int, actor: Actor) -> Campaign:
    campaign = locked_campaign(campaign_id, actor)
    if campaign.state != CAMPAIGN.initial:
        raise Refusal(_("方案已经提交，不能修改或删除。需要修改的，请先退回。"))
    return campaign


def _set_scheme(campaign: Campaign, scheme: Mapping[str, Any], actor: Actor) -> None:
    queries.checked_scheme(scheme, clock.today(), actor)
    for name, value in scheme.items():
        setattr(campaign, name, value)
    campaign.directed = queries.narrows(campaign.pool)
    campaign.line = line_of(queries.items_of(campaign.item_codes, clock.today()))


def line_of(items: Sequence[InspectionItem]) -> str | None:
    """The business line that all items share, if they do."""
    lines = {item.line for item in items}
    return lines.pop() if len(lines) == 1 else None


def orderly_facts(campaign: Campaign) -> dict[str, Any]:
    return queries.scheme_facts(campaign.item_codes, campaign.rates_bp, clock.today())


def submit_campaign(campaign_id: int, *, actor: Actor) -> Campaign:
    """方案拟定 → 待批准."""
    campaign = locked_campaign(campaign_id, actor)
    with moving(campaign, CAMPAIGN, "submit", actor=actor, **orderly_facts(campaign)):
        pass
    return campaign


def send_campaign_back(campaign_id: int, *, reason: str, actor: Actor) -> Campaign:
    """待批准 → 方案拟定, with the reason."""
    campaign = locked_campaign(campaign_id, actor)
    with moving(campaign, CAMPAIGN, "send_back", actor=actor, note=reason, reason=reason.strip()):
        pass
    return campaign


def approve_campaign(campaign_id: int, *, actor: Actor) -> Campaign:
    """待批准 → 已批准, by somebody else than the maker; the campaign gets its number."""
    campaign = locked_campaign(campaign_id, actor)
    facts = orderly_facts(campaign) | {"maker": campaign.made_by}
    with moving(campaign, CAMPAIGN, "approve", actor=actor, **facts):
        give_number(campaign, actor=actor)
        campaign.approved_by, campaign.approved_name, campaign.approved_at = actor.id, actor.name, clock.now()
    return campaign


def give_number(campaign: Campaign, *, actor: Actor) -> None:
    year = clock.today().year
    serial = documents.next_number(campaign.organ_id, SERIES, year, actor=actor)
    campaign.number = document_queries.number_text(campaign.organ_id, SERIES, year, serial)


# ---- Cancelling ------------------------------------------------------------------------------------------------------


def propose_cancel(campaign_id: int, *, reason: str, actor: Actor) -> Campaign:
    """Asks that a numbered campaign be cancelled; another person of office decides. Idempotence key: the campaign."""
    campaign = locked_campaign(campaign_id, actor)
    if not (actor.may("sampling.draw") or actor.may("sampling.cancel")):
        raise NotAllowed(_("您的岗位没有办理此事项的权限。"))
    CAMPAIGN.find("cancel", campaign.state)
    if not reason.strip():
        raise Refusal(_("请填写作废的理由，理由将向社会公示。"), field="reason")
    if session.get(Cancellation, campaign.id) is not None:
        raise Refusal(_("已有作废申请等待批准。"), field="reason")
    session.add(
        Cancellation(
            campaign_id=campaign.id,
            reason=reason.strip(),
            proposed_by=actor.id,
            proposed_name=actor.name,
            proposed_office=_office(actor, "sampling.draw", "sampling.cancel"),
            proposed_at=clock.now(),
        )
    )
    record("sampling.propose_cancel", campaign, actor=actor, note=reason.strip())
    session.flush()
    return campaign


def _office(actor: Actor, *permissions: str) -> str:
    """The post in which somebody acts, as a tombstone tells it in public: no name of a person stands there."""
    posts = (ROLES[role] for role in actor.roles)
    return f"{actor.org_name}{next(post.label for post in posts if post.permissions & set(permissions))}"


def drop_cancel(campaign_id: int, *, actor: Actor) -> Campaign:
    """Takes back, or refuses, a proposal to cancel: the campaign goes on."""
    campaign = locked_campaign(campaign_id, actor)
    proposal = session.get(Cancellation, campaign.id)
    if proposal is None or proposal.confirmed_at is not None:
        raise Refusal(_("没有等待批准的作废申请。"))
    if actor.id != proposal.proposed_by and not actor.may("sampling.cancel"):
        raise NotAllowed(_("您的岗位没有办理此事项的权限。"))
    session.delete(proposal)
    record("sampling.drop_cancel", campaign, actor=actor, before={"reason": proposal.reason})
    session.flush()
    return campaign


def cancel(campaign_id: int, *, actor: Actor) -> Campaign:
    """Confirms a proposed cancellation: what is left is a public tombstone with the reason and two names of office."""
    campaign = locked_campaign(campaign_id, actor)
    proposal = session.get(Cancellation, campaign.id)
    facts = {"proposed": proposal is not None, "proposer": proposal.proposed_by if proposal else None}
    note = proposal.reason if proposal else None
    with moving(campaign, CAMPAIGN, "cancel", actor=actor, note=note, **facts):
        if proposal is not None:
            proposal.confirmed_by, proposal.confirmed_name, proposal.confirmed_at = actor.id, actor.name, clock.now()
            proposal.confirmed_office = _office(actor, "sampling.cancel")
    if proposal is not None:
        enter(
            campaign,
            "cancelled",
            reason=proposal.reason,
            proposed_by=proposal.proposed_office,
            confirmed_by=proposal.confirmed_office,
        )
    return campaign
