"""Witnesses: one-time links, and lines of text between commitment and draw."""

import hashlib
import secrets
import unicodedata
from datetime import timedelta

from sqlalchemy import func, select

from casework.core import clock
from casework.core.actor import SYSTEM, Actor
from casework.core.db import session
from casework.core.errors import Refusal
from casework.core.i18n import _
from casework.core.ledger import ask_permission, record
from casework.sampling import draw as engine
from casework.sampling import queries
from casework.sampling.models import Campaign, Contribution, Invitation
from casework.sampling.operations.moving import locked_campaign
from casework.sampling.rules import CAMPAIGN, LONGEST_NAME, WITNESS_DAYS


def invite(campaign_id: int, *, name: str, actor: Actor) -> str:
    """Makes a one-time link for a witness and returns its token; only its hash is kept."""
    campaign = locked_campaign(campaign_id, actor)
    ask_permission(CAMPAIGN, "draw", "committed", actor=actor)
    _check_open(campaign)
    token = secrets.token_urlsafe(24)
    session.add(
        Invitation(
            campaign_id=campaign.id,
            name=name,
            token_sha256=token_hash(token),
            expires_at=clock.now() + timedelta(days=WITNESS_DAYS),
            invited_by=actor.name,
            invited_at=clock.now(),
        )
    )
    record("sampling.invite", campaign, actor=actor, after={"witness": name})
    return token


def token_hash(token: str) -> str:
    """What is kept of a one-time link."""
    return hashlib.sha256(token.encode()).hexdigest()


def contribute(campaign_id: int, *, text: str, actor: Actor) -> Contribution:
    """A line of text from a signed-in witness, who has no hand in the draw. Idempotence key: (campaign, account)."""
    campaign = locked_campaign(campaign_id, actor)
    if actor.id in (campaign.made_by, campaign.approved_by, campaign.frozen_by):
        raise Refusal(_("编制、批准方案和组织抽取的人员不能作为见证人。"))
    given = session.scalars(
        select(Contribution).where(Contribution.campaign_id == campaign.id, Contribution.account_id == actor.id)
    ).first()
    if given is not None:
        raise Refusal(_("您已经提交过见证文本，每人只能提交一次。"), field="text")
    by = f"{actor.name}（{actor.org_name}）"[:LONGEST_NAME]
    return _contribute(campaign, by=by, text=text, account_id=actor.id, actor=actor)


def contribute_by_link(token: str, *, by: str, text: str, address: str | None = None) -> Contribution:
    """A line of text from the witness who was given the link. Idempotence key: the link."""
    invitation = queries.open_invitation(token_hash(token))
    campaign = locked_campaign(invitation.campaign_id, SYSTEM)
    if queries.contribution_of(invitation.id) is not None:
        raise Refusal(_("这个链接已经用过，每个链接只能提交一次。"), field="text")
    witness = Actor(id=None, name=by, roles=("witness",), address=address)
    return _contribute(campaign, by=by, text=text, invitation_id=invitation.id, actor=witness)


def enter_public_value(campaign_id: int, *, text: str, actor: Actor) -> Contribution:
    """The public value that was named before the commitment, once it is known. Idempotence key: the campaign.

    Whoever organises the draw may enter it: everybody can look it up. A wrong one is cancelled with its campaign.
    """
    campaign = locked_campaign(campaign_id, actor)
    ask_permission(CAMPAIGN, "draw", "committed", actor=actor)
    if campaign.public_source is None or campaign.public_on is None:
        raise Refusal(_("本次抽查没有事先指明公开数值，不能录入。"), field="text")
    if clock.today() < campaign.public_on:
        raise Refusal(_("这个数值 %(day)s 才公布，现在不能录入。", day=campaign.public_on.isoformat()), field="text")
    if any(one.is_public_value for one in campaign.contributions):
        raise Refusal(_("公开数值已经录入，不能更改。"), field="text")
    return _contribute(campaign, by=campaign.public_source, text=text, is_public_value=True, actor=actor)


def _contribute(campaign: Campaign, *, by: str, text: str, actor: Actor, **source: int) -> Contribution:
    _check_open(campaign)
    by, text = (unicodedata.normalize("NFC", line).strip() for line in (by, text))
    if not text:
        raise Refusal(_("请填写见证文本。"), field="text")
    engine.check_contribution(text)
    if not by or len(by) > LONGEST_NAME or not by.isprintable():
        raise Refusal(_("请填写见证人姓名，不超过 %(longest)s 字。", longest=LONGEST_NAME), field="by")
    last = session.scalar(select(func.max(Contribution.position)).where(Contribution.campaign_id == campaign.id))
    given = Contribution(
        campaign_id=campaign.id, position=(last or 0) + 1, by=by, text=text, given_at=clock.now(), **source
    )
    session.add(given)
    record("sampling.contribute", campaign, actor=actor, after={"position": given.position, "by": by, "text": text})
    session.flush()
    return given


def _check_open(campaign: Campaign) -> None:
    if campaign.state != "committed":
        raise Refusal(
            _(
                "现在不接受见证：当前状态为“%(state)s”。见证只在公布承诺之后、抽取之前进行。",
                state=_(CAMPAIGN.label(campaign.state)),
            )
        )
    if campaign.unattended:
        raise Refusal(_("本次抽查按无见证方式进行，不接受见证文本。"))
