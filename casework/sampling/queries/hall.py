"""The hall and its witnesses: a screen of seals, invitations, contributions."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, select

from casework.core import clock
from casework.core.db import session
from casework.core.errors import NotFound
from casework.core.i18n import _
from casework.sampling import draw as engine
from casework.sampling.models import Campaign, CampaignStratum, Contribution, DrawnMember, Invitation


def invitations(campaign_id: int) -> Sequence[Any]:
    """Who was invited to witness, with whether they have contributed: rows of (Invitation, given_at)."""
    return session.execute(
        select(Invitation, Contribution.given_at)
        .outerjoin(Contribution, Contribution.invitation_id == Invitation.id)
        .where(Invitation.campaign_id == campaign_id)
        .order_by(Invitation.id)
    ).all()


SEALS_A_SCREEN = 21


@dataclass(frozen=True)
class Screen:
    """A screenful of drawn seals for the hall, in the order of the draw."""

    seals: list[engine.Drawn]
    number: int
    count: int


def screen(campaign: Campaign, number: int) -> Screen:
    """One screen of the drawn seals; after the last one the first comes again."""
    count = max(1, -(-campaign.tasks // SEALS_A_SCREEN))
    number %= count
    same = and_(CampaignStratum.campaign_id == DrawnMember.campaign_id, CampaignStratum.label == DrawnMember.stratum)
    rows = session.execute(
        select(DrawnMember.stratum, DrawnMember.seal, DrawnMember.ticket)
        .join(CampaignStratum, same)
        .where(DrawnMember.campaign_id == campaign.id)
        .order_by(CampaignStratum.position, DrawnMember.ticket, DrawnMember.seal)
        .offset(number * SEALS_A_SCREEN)
        .limit(SEALS_A_SCREEN)
    )
    return Screen([engine.Drawn._make(row) for row in rows], number + 1, count)


def open_invitation(token_sha256: str) -> Invitation:
    """The invitation that a one-time link stands for, used or not; NotFound for any other link, or an old one."""
    found = session.scalars(select(Invitation).where(Invitation.token_sha256 == token_sha256)).first()
    if found is None or found.expires_at <= clock.now():
        raise NotFound(_("这个见证链接不存在或已过期，请向组织抽取的工作人员索取新的链接。"))
    return found


def contribution_of(invitation_id: int) -> Contribution | None:
    """What came in by an invitation."""
    return session.scalars(select(Contribution).where(Contribution.invitation_id == invitation_id)).first()
