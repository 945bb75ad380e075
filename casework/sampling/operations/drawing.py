"""Freeze, decision, commitment, draw, bundle and openings (domain Y.2, sealed-draw/1)."""

import secrets
from collections.abc import Sequence
from dataclasses import replace
from tempfile import TemporaryFile
from typing import IO, Any

from sqlalchemy import ARRAY, LargeBinary, any_, literal, select

from casework.accounts import queries as staff
from casework.core import clock, files, parameters
from casework.core.actor import SYSTEM, Actor
from casework.core.db import session
from casework.core.errors import NotAllowed, Refusal
from casework.core.i18n import _
from casework.core.ledger import announce, ask_permission, record
from casework.grading import queries as grading
from casework.sampling import draw as engine
from casework.sampling import pool, queries
from casework.sampling.messages import CampaignDrawn, CampaignDue, CommitmentPublished, FreezeRequested
from casework.sampling.models import Campaign, CampaignStratum, Contribution, InspectionItem, PoolMember
from casework.sampling.operations.campaigns import orderly_facts
from casework.sampling.operations.ledger import enter
from casework.sampling.operations.moving import locked_campaign, moving
from casework.sampling.rules import CAMPAIGN, StratumCount


def request_freeze(campaign_id: int, *, actor: Actor) -> Campaign:
    """Has a worker freeze the pool, since a large one takes its time; what the rules refuse is refused here already."""
    campaign = locked_campaign(campaign_id, actor)
    ask_permission(CAMPAIGN, "freeze", campaign.state, actor=actor)
    CAMPAIGN.decide("freeze", campaign.state, _freeze_facts(campaign) | {"by": actor.id})
    if queries.is_freezing(campaign):
        raise Refusal(_("名录正在冻结，请稍候。"))
    campaign.freeze_message_id = announce(FreezeRequested(campaign_id=campaign.id), actor=actor)
    return campaign


def freeze_for(campaign_id: int, *, actor: Actor) -> None:
    """Freezes the pool for the person who asked. Idempotence key: the campaign."""
    person = staff.actor_of(actor.id) if actor.id is not None else SYSTEM
    if person is None:
        raise NotAllowed(_("申请冻结的账号已停用。"))
    freeze_pool(campaign_id, actor=replace(person, request_id=actor.request_id))


def freeze_pool(campaign_id: int, *, actor: Actor) -> Campaign:
    """已批准 → 已冻结: seals the object directory as graded by the last run, and the roster of officers.

    Whole or nothing; works in bounded memory for any number of members. Idempotence key: (campaign, enterprise).
    """
    campaign = locked_campaign(campaign_id, actor)
    with moving(campaign, CAMPAIGN, "freeze", actor=actor, **_freeze_facts(campaign)):
        run = grading.last_run()
        if run is None:
            raise Refusal(_("还没有完成过信用风险分类，无法确定各等级对象。请先运行分类。"))
        scheme = queries.scheme_of(campaign)
        campaign.frozen_by, campaign.frozen_name, campaign.frozen_at = actor.id, actor.name, clock.now()
        campaign.nonce = secrets.token_bytes(engine.NONCE_BYTES)
        campaign.run_id, campaign.run_on = run.id, run.as_of
        campaign.items = [_snapshot(item) for item in scheme.items]
        campaign.directories = [
            {key: getattr(directory, key) for key in ("code", "version", "name", "enterprises")}
            for directory in scheme.directories
        ]
        sealed = pool.seal(campaign.id, scheme)
        campaign.ungraded = sealed.survey.ungraded
        campaign.strata = [
            CampaignStratum(position=position, understaffed=sealed.understaffed[count.grade], **_figures(count))
            for position, count in enumerate(sealed.survey.strata, 1)
        ]
    return campaign


def _freeze_facts(campaign: Campaign) -> dict[str, Any]:
    return orderly_facts(campaign) | {"approver": campaign.approved_by}


def _snapshot(item: InspectionItem) -> dict[str, Any]:
    """What cases and papers say about an item, as it stood on the list."""
    kept = ("code", "name", "basis", "line", "on_site", "qualification", "checklist")
    return {key: getattr(item, key) for key in kept} | {"valid_from": item.valid_from.isoformat()}


def _figures(count: StratumCount) -> dict[str, Any]:
    names = (
        "label", "grade", "floor_bp", "rate_bp", "size", "members", "eligible", "required", "drawn", "excluded",
        "by_unit",
    )  # fmt: skip
    return {name: getattr(count, name) for name in names}


def decide_shortfall(campaign_id: int, *, reason: str, actor: Actor) -> Campaign:
    """Records why a pool with too few eligible members, or members with too few officers, is drawn all the same.

    Somebody else than who froze it decides; it then goes on. Idempotence key: the campaign; the first decision stands.
    """
    campaign = locked_campaign(campaign_id, actor)
    if campaign.decision is not None:
        raise Refusal(_("已经作出过决定：%(decision)s", decision=campaign.decision))
    facts = {"short": campaign.short, "freezer": campaign.frozen_by, "reason": reason.strip()}
    goes_on = CampaignDue(campaign_id=campaign.id) if campaign.unattended else None
    with moving(campaign, CAMPAIGN, "decide", actor=actor, note=reason, announces=goes_on, **facts):
        campaign.decision, campaign.decided_at = reason.strip(), clock.now()
        campaign.decided_by, campaign.decided_name = actor.id, actor.name
    return campaign


def publish_commitment(campaign_id: int, *, actor: Actor) -> Campaign:
    """已冻结 → 承诺已公布: from here on pool, roster and ratios cannot change, and witnesses may contribute.

    Published by a third person beside who approved and who draws. With it the public page is open, and the result of
    the draw appears there by itself: nobody can hold it back.
    """
    campaign = locked_campaign(campaign_id, actor)
    facts = {
        "approver": campaign.approved_by,
        "freezer": campaign.frozen_by,
        "settled": not campaign.short or campaign.decision is not None,
        "public_source": campaign.public_source,
        "public_on": campaign.public_on,
        "day": clock.today(),
    }
    published = CommitmentPublished(campaign_id=campaign.id)
    with moving(campaign, CAMPAIGN, "commit", actor=actor, announces=published, **facts):
        campaign.commitment = engine.commitment_of(
            queries.parameters_of(campaign),
            pool.members(campaign.id),
            [officer.seal for officer in queries.roster(campaign.id)],
        )
        campaign.committed_by, campaign.committed_name, campaign.committed_at = actor.id, actor.name, clock.now()
    enter(
        campaign,
        "committed",
        commitment=campaign.commitment.hex(),
        members=sum(stratum.members for stratum in campaign.strata),
        required=sum(stratum.required for stratum in campaign.strata),
        witnessed="no" if campaign.unattended else "yes",
        public_source=campaign.public_source,
        public_on=campaign.public_on.isoformat() if campaign.public_on else None,
    )
    return campaign


# ---- The draw --------------------------------------------------------------------------------------------------------

DRAWN_COLUMNS = (
    "campaign_id", "position", "enterprise_id", "org_id", "code", "stratum", "seal", "ticket", "eligible", "chosen",
)  # fmt: skip
DRAWN_TYPES = ("int8", "int8", "int8", "int8", "text", "text", "bytea", "bytea", "int4[]", "int4[]")


def draw(campaign_id: int, *, actor: Actor) -> Campaign:
    """承诺已公布 → 已抽取: reveals, makes the seed, draws enterprises and officers; once, whole and for good.

    Two operators who press at the same time wait for each other, and the second is refused; a process that dies in the
    middle leaves the campaign as it was, and the next draw uses the same nonce.
    """
    campaign = locked_campaign(campaign_id, actor)
    given = session.scalars(
        select(Contribution).where(Contribution.campaign_id == campaign.id).order_by(Contribution.position)
    ).all()
    facts = {
        "approver": campaign.approved_by,
        "publisher": campaign.committed_by,
        "unattended": campaign.unattended,
        "contributions": given,
        "public_source": campaign.public_source,
        "public_on": campaign.public_on,
        "witnesses": {one.account_id for one in given if one.account_id is not None},
    }
    drawn = CampaignDrawn(campaign_id=campaign.id)
    with moving(campaign, CAMPAIGN, "draw", actor=actor, announces=drawn, **facts):
        seed = engine.seed_of(campaign.commitment or b"", campaign.nonce or b"", [one.text for one in given])
        outcome = engine.draw(
            queries.parameters_of(campaign).strata,
            pool.members(campaign.id),
            seed,
            sizes={stratum.label: stratum.members for stratum in campaign.strata},
        )
        _keep_drawn(campaign, outcome.drawn, seed)
        campaign.seed, campaign.drawn_at = seed, clock.now()
        campaign.drawn_by, campaign.drawn_name = actor.id, actor.name
        campaign.due_on = parameters.calendar().add(clock.today(), campaign.workdays)
    enter(campaign, "drawn", seed=seed.hex(), drawn=len(outcome.drawn), contributions=len(given))
    return campaign


def _keep_drawn(campaign: Campaign, drawn: Sequence[engine.Drawn], seed: bytes) -> None:
    """Assigns officers (step 8) and writes the drawn in the order of their codes."""
    behind = _behind([one.seal for one in drawn], campaign.id)
    officers = queries.roster(campaign.id)
    seals = [officer.seal for officer in officers]
    place_of = {seal: place for place, seal in enumerate(seals)}
    crew_of = pool.crews(officers, queries.frozen_on(campaign))
    crews = {one.seal: crew_of(behind[one.seal]) for one in drawn}
    eligible = ((seal, [seals[place] for place in crew]) for seal, crew in crews.items())
    chosen = {duty.seal: duty.chosen for duty in engine.assign(eligible, seed, campaign.officers_per_case)}
    in_order = sorted(drawn, key=lambda one: behind[one.seal].code)
    rows = (
        (
            campaign.id,
            position,
            behind[one.seal].enterprise_id,
            behind[one.seal].org_id,
            behind[one.seal].code,
            one.stratum,
            one.seal,
            one.ticket,
            crews[one.seal],
            [place_of[seal] for seal in chosen[one.seal]],
        )
        for position, one in enumerate(in_order, 1)
    )
    with pool.driver_cursor() as cursor:
        pool.copy_rows(cursor, "drawn_member", DRAWN_COLUMNS, DRAWN_TYPES, rows)


def _behind(seals: Sequence[bytes], campaign_id: int) -> dict[bytes, Any]:
    """The pool rows of these seals."""
    columns = PoolMember.seal, PoolMember.enterprise_id, PoolMember.org_id, PoolMember.code, PoolMember.recused
    these = any_(literal(list(seals), ARRAY(LargeBinary)))
    rows = session.execute(select(*columns).where(PoolMember.campaign_id == campaign_id, PoolMember.seal == these))
    return {row.seal: row for row in rows}


def keep_bundle(campaign_id: int, *, actor: Actor) -> None:
    """Keeps the bundle of a drawn campaign as a file, so that downloads cost nothing. Idempotence key: the campaign."""
    campaign = session.get_one(Campaign, campaign_id, with_for_update=True)
    if campaign.bundle_sha256 is None and campaign.seed is not None:
        with TemporaryFile() as file:
            engine.write_zip(queries.bundle_of(campaign), file)
            file.seek(0)
            kept = files.store(file, name=f"{campaign.number}.zip", media_type="application/zip")
        campaign.bundle_sha256 = kept.sha256
        record("sampling.keep_bundle", campaign, actor=actor, after={"sha256": kept.sha256})


def open_seals(campaign_id: int, *, reason: str, actor: Actor) -> IO[bytes]:
    """`openings.csv` for an auditor, from its beginning; who asked and why is on record."""
    campaign = queries.campaign(campaign_id, actor)
    if not actor.may("sampling.audit"):
        raise NotAllowed(_("只有抽取监督员可以查看密封对应关系。"))
    if not reason.strip():
        raise Refusal(_("请填写查看密封对应关系的理由。"), field="reason")
    record("sampling.open_seals", campaign, actor=actor, note=reason.strip())
    return write_openings(campaign)


def write_openings(campaign: Campaign) -> IO[bytes]:
    """`openings.csv` of a committed campaign in a file that is gone when it is closed."""
    if campaign.commitment is None:
        raise Refusal(_("承诺公布之前没有可以核对的封签。"))
    target: IO[bytes] = TemporaryFile()  # noqa: SIM115 - the caller closes it
    target.writelines(engine.openings_csv(queries.openings(campaign.id)))
    target.seek(0)
    return target
