"""What the public may see of a draw."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, or_, select

from casework.accounts import queries as staff
from casework.core import parameters
from casework.core.db import session
from casework.core.errors import NotFound
from casework.core.i18n import _
from casework.core.paging import Page, page
from casework.registry import queries as registry
from casework.sampling import draw as engine
from casework.sampling.models import Campaign, Cancellation
from casework.sampling.queries.campaigns import Progress, certain, drawn, frozen_on, progress
from casework.sampling.queries.items import item_names
from casework.sampling.rules import CAMPAIGN, DRAWN, OUT_REASONS, WITHHELD, list_withheld, published_reasons


def public_campaigns(*, year: int | None = None, after: str | None = None, before: str | None = None) -> Page:
    """The campaigns that the public knows of, newest first: committed, drawn, and the tombstones of cancelled ones.

    Rows: id, number, title, state, organ_id, org_id, item_codes, unattended, approved_at, committed_at, drawn_at.
    """
    columns = (
        Campaign.id, Campaign.number, Campaign.title, Campaign.state, Campaign.organ_id, Campaign.org_id,
        Campaign.item_codes, Campaign.unattended, Campaign.approved_at, Campaign.committed_at, Campaign.drawn_at,
    )  # fmt: skip
    statement = select(*columns).where(_public())
    if year:
        statement = statement.where(func.extract("year", Campaign.approved_at) == year)
    return page(statement, [Campaign.id], after=after, before=before, size=25, descending=True)


def _public() -> Any:
    return or_(Campaign.committed_at.is_not(None), Campaign.state == "cancelled")


@dataclass(frozen=True)
class PublicStratum:
    """The published figures of one stratum."""

    label: str
    rate_bp: int
    members: int
    excluded: int
    required: int
    drawn: int


@dataclass(frozen=True)
class Tombstone:
    """Why a campaign was cancelled, and the two posts that did it (None: from before posts were kept)."""

    reason: str
    proposed_by: str | None
    confirmed_by: str | None
    at: datetime


@dataclass(frozen=True)
class PublicCampaign:
    """What was promised when, what was drawn, what became of it. No name stands beside a stratum, seal or officer."""

    id: int
    number: str
    title: str
    state: str
    organ: str
    area: str
    items: list[tuple[str, str]]
    directed: bool
    unattended: bool
    three_people: bool
    officers_per_case: int
    approved_at: datetime
    frozen_at: datetime | None
    nonce_commitment: str | None
    committed_at: datetime | None
    commitment: str | None
    public_source: str | None
    public_on: date | None
    contributions: list[tuple[str, str, datetime]]
    drawn_at: datetime | None
    seed: str | None
    due_on: date | None
    strata: list[PublicStratum]
    exclusions: list[tuple[str, int]]
    decision: str | None
    progress: Progress | None
    withheld: str | None
    tombstone: Tombstone | None


def public_campaign(campaign_id: int) -> PublicCampaign:
    """One campaign as the public sees it; NotFound where the public does not know of it.

    `withheld` says in words why the names are not public (yet); None: `public_names` gives them.
    """
    campaign = session.scalars(select(Campaign).where(Campaign.id == campaign_id, _public())).first()
    if campaign is None:
        raise NotFound(_("没有这次抽查，或者它的承诺还没有公布。"))
    committed = campaign.commitment is not None
    names = item_names()
    cancelled = campaign.cancellation if campaign.state == "cancelled" else None
    return PublicCampaign(
        id=campaign.id,
        number=str(campaign.number),
        title=campaign.title,
        state=CAMPAIGN.label(campaign.state),
        organ=staff.unit(campaign.organ_id).name,
        area=staff.unit(campaign.org_id).name,
        items=[(code, names.get(code, code)) for code in campaign.item_codes],
        directed=campaign.directed,
        unattended=campaign.unattended,
        three_people=campaign.drawn_by_three,
        officers_per_case=campaign.officers_per_case,
        approved_at=certain(campaign.approved_at),
        frozen_at=campaign.frozen_at if committed else None,
        nonce_commitment=engine.nonce_commitment_of(certain(campaign.nonce)).hex() if committed else None,
        committed_at=campaign.committed_at,
        commitment=campaign.commitment.hex() if campaign.commitment else None,
        public_source=campaign.public_source,
        public_on=campaign.public_on,
        contributions=[(one.by, one.text, one.given_at) for one in campaign.contributions],
        drawn_at=campaign.drawn_at,
        seed=campaign.seed.hex() if campaign.seed else None,
        due_on=campaign.due_on,
        strata=_public_strata(campaign) if committed else [],
        exclusions=_public_exclusions(campaign) if committed else [],
        decision=campaign.decision if committed else None,
        progress=progress(campaign) if campaign.state in DRAWN else None,
        withheld=withheld(campaign),
        tombstone=_tombstone(cancelled) if cancelled is not None else None,
    )


def _public_strata(campaign: Campaign) -> list[PublicStratum]:
    was_drawn = campaign.seed is not None
    return [
        PublicStratum(
            label=stratum.label,
            rate_bp=stratum.rate_bp,
            members=stratum.members,
            excluded=stratum.members - stratum.eligible,
            required=stratum.required,
            drawn=stratum.drawn if was_drawn else 0,
        )
        for stratum in campaign.strata
    ]


def _public_exclusions(campaign: Campaign) -> list[tuple[str, int]]:
    """Exclusions by published reason, of all strata together."""
    small = parameters.value("disclosure.small_stratum", frozen_on(campaign))
    excluded = [stratum.excluded for stratum in campaign.strata]
    shown, published = published_reasons(excluded, small), Counter[str]()
    for stratum in excluded:
        for reason, count in stratum.items():
            published[shown[reason]] += count
    return [(_(OUT_REASONS[reason]), published[reason]) for reason in OUT_REASONS if published[reason]]


def _tombstone(cancelled: Cancellation) -> Tombstone:
    return Tombstone(
        reason=cancelled.reason,
        proposed_by=cancelled.proposed_office,
        confirmed_by=cancelled.confirmed_office,
        at=certain(cancelled.confirmed_at),
    )


def withheld(campaign: Campaign) -> str | None:
    """Why the names of the drawn may not be public now, in words; None: they may."""
    if campaign.state not in DRAWN:
        return _("抽取完成后才有抽取名单。")
    done = progress(campaign)
    reason = list_withheld(
        campaign.strata,
        public_list=campaign.public_list,
        small=parameters.value("disclosure.small_stratum", frozen_on(campaign)),
        results_out=done.in_work == 0,
    )
    return _(WITHHELD[reason]) if reason else None


def public_names(
    campaign_id: int, *, after: str | None = None, before: str | None = None
) -> tuple[list[registry.Brief], Page]:
    """One page of the names of the drawn in the order of their codes; NotFound while they are withheld."""
    campaign = session.scalars(select(Campaign).where(Campaign.id == campaign_id, _public())).first()
    if campaign is None or withheld(campaign) is not None:
        raise NotFound(_("这次抽查的名单没有公开。"))
    tasks, found = drawn(campaign, after=after, before=before)
    return [task.enterprise for task in tasks], found
