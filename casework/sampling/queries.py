"""Nouns of the sampling room: items in force, plans, campaigns, what auditors see behind a seal, what is public."""

import json
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from tempfile import SpooledTemporaryFile
from types import SimpleNamespace
from typing import IO, Any

from sqlalchemy import Select, and_, func, or_, select, text, tuple_
from sqlalchemy.dialects.postgresql import distinct_on

from casework.accounts import queries as staff
from casework.cases import queries as cases
from casework.cases.rules import EXITS, RELEASED, STANDARD
from casework.core import clock, files, parameters
from casework.core.actor import Actor
from casework.core.db import session
from casework.core.errors import NotFound, Refusal
from casework.core.i18n import N_, _
from casework.core.jobs import find as find_job
from casework.core.paging import Page, page
from casework.core.workflow import Move, Workflow
from casework.registry import queries as registry
from casework.sampling import draw as engine
from casework.sampling import pool
from casework.sampling.chain import Line
from casework.sampling.models import (
    Campaign,
    CampaignStratum,
    Cancellation,
    Contribution,
    DrawLedgerEntry,
    DrawnMember,
    InspectionItem,
    Invitation,
    Plan,
    PlanLine,
    PoolMember,
    PoolOfficer,
    Recusal,
    Replacement,
)
from casework.sampling.rules import (
    CAMPAIGN,
    DRAWN,
    GRADES,
    NUMBERED,
    OUT_REASONS,
    PLAN,
    SPARED,
    WITHHELD,
    below_floor,
    list_withheld,
    on_the_list,
    published_reasons,
    visits_saved,
)

IN_MEMORY = 16 * 1024 * 1024
"""Bundles and openings up to this size need no file."""

# ---- Items -----------------------------------------------------------------------------------------------------------


def _newest(day: date) -> Select[Any]:
    """For each code the version that is on the public list on a day, also where it says that the item has ended."""
    return (
        select(InspectionItem)
        .where(InspectionItem.valid_from <= day, InspectionItem.published_on <= day)
        .ext(distinct_on(InspectionItem.code))
        .order_by(InspectionItem.code, InspectionItem.valid_from.desc())
    )


def items_in_force(day: date, line: str | None = None) -> list[InspectionItem]:
    """The public list on a day, in the order of the codes; of one business line or of all."""
    found = session.scalars(_newest(day)).all()
    return [item for item in found if not item.withdrawn and line in (None, item.line)]


def item(code: str, day: date) -> InspectionItem | None:
    """The version of an item that is in force on a day; None when it is not on the list."""
    found = session.scalars(_newest(day).where(InspectionItem.code == code)).first()
    return None if found is None or found.withdrawn else found


def items_of(codes: Collection[str], day: date) -> list[InspectionItem]:
    """Those of these items that are in force on a day, in the order of the codes."""
    found = session.scalars(_newest(day).where(InspectionItem.code.in_(codes))).all()
    return [item for item in found if not item.withdrawn]


def item_names() -> dict[str, str]:
    """The newest name of every item that ever was on the list, by code."""
    statement = (
        select(InspectionItem.code, InspectionItem.name)
        .ext(distinct_on(InspectionItem.code))
        .order_by(InspectionItem.code, InspectionItem.valid_from.desc())
    )
    return dict(session.execute(statement).all())


def item_versions(code: str) -> Sequence[InspectionItem]:
    """All versions of an item, drafts included, newest first."""
    found = session.scalars(
        select(InspectionItem).where(InspectionItem.code == code).order_by(InspectionItem.valid_from.desc())
    ).all()
    if not found:
        raise NotFound(_("没有编号为 %(code)s 的抽查事项。", code=code))
    return found


def drafted_items() -> Sequence[InspectionItem]:
    """Versions that are not published yet."""
    return session.scalars(
        select(InspectionItem)
        .where(InspectionItem.published_on.is_(None))
        .order_by(InspectionItem.code, InspectionItem.valid_from)
    ).all()


# ---- Schemes ---------------------------------------------------------------------------------------------------------


def scheme_facts(item_codes: Sequence[str], rates_bp: Mapping[str, int], day: date) -> dict[str, Any]:
    """What the guards of the workflow look at: items of the list in force, floors."""
    return {
        "item_codes": item_codes,
        "in_force": {item.code for item in items_of(item_codes, day)},
        "day": day,
        "rates_bp": rates_bp,
        "floors_bp": parameters.value("sampling.floors_bp", day),
    }


def objections(facts: Mapping[str, Any]) -> dict[str, str]:
    """Why a scheme is not in order, by the field of the form."""
    found = {
        "item_codes": on_the_list(facts),
        "rates": below_floor(facts["rates_bp"], facts["floors_bp"]),
    }
    return {field: objection for field, objection in found.items() if objection}


def checked_scheme(entry: Mapping[str, Any], day: date, actor: Actor) -> pool.Scheme:
    """The scheme that somebody wrote into a form; a Refusal says what is wrong, beside the field."""
    if not staff.sees_unit(actor, entry["org_id"]):
        raise Refusal(_("请选择本单位或下级机构。"), field="org_id")
    for name, objection in objections(scheme_facts(entry["item_codes"], entry["rates_bp"], day)).items():
        raise Refusal(objection, field=name)
    items = items_of(entry["item_codes"], day)
    foreign = [item.name for item in items if actor.lines and item.line not in actor.lines]
    if foreign:
        raise Refusal(_("事项“%(items)s”不属于您的业务条线。", items=_("、").join(foreign)), field="item_codes")
    least = parameters.value("sampling.officers_per_case", day)
    if entry["officers_per_case"] < least:
        raise Refusal(
            _("每户检查人员不得少于 %(least)s 名。", least=least),
            field="officers_per_case",
            rule="行政处罚法第四十二条",
        )
    return pool.Scheme(
        items=items, sizes=entry.get("sizes", {}), day=day, **{name: entry[name] for name in SCHEME_FIELDS}
    )


SCHEME_FIELDS = ("org_id", "pool", "rates_bp", "officers_per_case")


def scheme_of(campaign: Campaign) -> pool.Scheme:
    """The scheme of a campaign as it would be frozen today."""
    day = clock.today()
    return pool.Scheme(
        items=items_of(campaign.item_codes, day),
        sizes=campaign.sizes,
        day=day,
        **{name: getattr(campaign, name) for name in SCHEME_FIELDS},
    )


def survey(scheme: pool.Scheme) -> pool.Survey:
    """What a scheme would draw: strata, exclusions, officers, cost."""
    return pool.Census(scheme).take(pool.candidates(scheme))


# ---- Plans -----------------------------------------------------------------------------------------------------------


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


# ---- Campaigns -------------------------------------------------------------------------------------------------------


def campaigns(
    actor: Actor,
    *,
    state: str = "",
    year: int | None = None,
    q: str = "",
    after: str | None = None,
    before: str | None = None,
) -> Page:
    """The campaigns that the actor may see, newest first, in one state, or `open` or `ended`; rows: (Campaign, id)."""
    statement = _visible(select(Campaign, Campaign.id), actor)
    ended = ("done", "cancelled")
    if state == "open":
        statement = statement.where(Campaign.state.not_in(ended))
    elif state == "ended":
        statement = statement.where(Campaign.state.in_(ended))
    elif state:
        statement = statement.where(Campaign.state == state)
    if year:
        statement = statement.where(func.extract("year", Campaign.made_at) == year)
    if q:
        statement = statement.where(
            or_(Campaign.title.icontains(q, autoescape=True), Campaign.number.icontains(q, autoescape=True))
        )
    return page(statement, [Campaign.id], after=after, before=before, size=25, descending=True)


def _visible(statement: Select[Any], actor: Actor) -> Select[Any]:
    return staff.visible(statement, actor, unit=Campaign.org_id, line=Campaign.line)


def campaign(campaign_id: int, actor: Actor) -> Campaign:
    """One campaign that the actor may see, else NotFound."""
    found = session.scalars(_visible(select(Campaign).where(Campaign.id == campaign_id), actor)).first()
    if found is None:
        raise NotFound(_("没有这个抽查活动，或者不在您的辖区和业务范围内。"))
    return found


def freeze_job(campaign: Campaign) -> Any:
    """The job that freezes the pool of a campaign, a queued one while no worker has begun; None when nobody asked."""
    if campaign.freeze_message_id is None:
        return None
    return find_job(campaign.freeze_message_id) or NOT_BEGUN


def is_freezing(campaign: Campaign) -> bool:
    """Whether a worker has been asked to freeze the pool and has not ended."""
    job = freeze_job(campaign) if campaign.state == "approved" else None
    return job is not None and job.state in ("queued", "running")


NOT_BEGUN = SimpleNamespace(state="queued", done=None, total=None, note=None, error=None)


def invitations(campaign_id: int) -> Sequence[Any]:
    """Who was invited to witness, with whether they have contributed: rows of (Invitation, given_at)."""
    return session.execute(
        select(Invitation, Contribution.given_at)
        .outerjoin(Contribution, Contribution.invitation_id == Invitation.id)
        .where(Invitation.campaign_id == campaign_id)
        .order_by(Invitation.id)
    ).all()


def roster_by_area(campaign_id: int) -> list[tuple[str, int]]:
    """How many officers of a frozen roster each county has."""
    names = staff.unit_names()
    counted = session.execute(
        select(PoolOfficer.area_id, func.count())
        .where(PoolOfficer.campaign_id == campaign_id)
        .group_by(PoolOfficer.area_id)
        .order_by(PoolOfficer.area_id)
    )
    return [(names[area_id], count) for area_id, count in counted]


@dataclass(frozen=True)
class Candidacy:
    """An officer of the counties of a campaign: why not sent, withdrawals (回避), cases of this draw."""

    officer: Any
    unit: str
    objection: str | None
    withdrawals: int
    cases: int


def candidacies(campaign: Campaign) -> list[Candidacy]:
    """Everybody in the directory who could be asked, with the reason who is not; by today's directory."""
    found, units = pool.considered(scheme_of(campaign)), staff.unit_names()
    withdrawn = pool.barred([one.officer.id for one in found], clock.today())
    barred = Counter(officer_id for ids in withdrawn.values() for officer_id in ids)
    given = _loads(campaign.id)
    return [
        Candidacy(
            officer=one.officer,
            unit=units[one.officer.org_id],
            objection=one.objection,
            withdrawals=barred[one.officer.id],
            cases=given.get(one.officer.id, 0),
        )
        for one in sorted(found, key=lambda one: (one.area_id, one.objection is not None, one.officer.roster_id))
    ]


def _loads(campaign_id: int) -> dict[int, int]:
    """How many of the drawn each officer was chosen for."""
    place = func.unnest(DrawnMember.chosen).label("place")
    chosen = select(place).where(DrawnMember.campaign_id == campaign_id).subquery()
    statement = (
        select(PoolOfficer.officer_id, func.count())
        .join(chosen, chosen.c.place == PoolOfficer.position)
        .where(PoolOfficer.campaign_id == campaign_id)
        .group_by(PoolOfficer.officer_id)
    )
    return dict(session.execute(statement).all())


def roster(campaign_id: int) -> Sequence[PoolOfficer]:
    """The frozen roster in the order of the seals."""
    return session.scalars(
        select(PoolOfficer).where(PoolOfficer.campaign_id == campaign_id).order_by(PoolOfficer.position)
    ).all()


@dataclass(frozen=True)
class Task:
    """One drawn enterprise as staff see it: no seal, no ticket, no stratum."""

    position: int
    enterprise: registry.Brief
    unit: str
    case_id: int | None
    case_number: str | None
    state: str | None


def drawn(campaign: Campaign, *, after: str | None = None, before: str | None = None) -> tuple[list[Task], Page]:
    """One page of the drawn, in the order of their codes, with their cases."""
    columns = DrawnMember.position, DrawnMember.enterprise_id, DrawnMember.org_id
    found = page(
        select(*columns).where(DrawnMember.campaign_id == campaign.id),
        [DrawnMember.position],
        after=after,
        before=before,
    )
    ids = [row.enterprise_id for row in found.rows]
    names, units, known = registry.brief(ids), staff.unit_names(), cases.of_origin("draw", campaign.id, ids)
    tasks = []
    for row in found.rows:
        opened = known.get(row.enterprise_id)
        tasks.append(
            Task(
                position=row.position,
                enterprise=names[row.enterprise_id],
                unit=units[row.org_id],
                case_id=opened.id if opened else None,
                case_number=opened.number if opened else None,
                state=opened.state if opened else None,
            )
        )
    return tasks, found


@dataclass(frozen=True)
class Progress:
    """What has become of the drawn, as totals that add up to their number."""

    drawn: int
    opened: int
    published: int
    closed_by_code: int
    ended: int

    @property
    def in_work(self) -> int:
        return self.drawn - self.published - self.closed_by_code


def progress(campaign: Campaign) -> Progress:
    """The totals of a drawn campaign: published (checked and closed early apart), and those still in work."""
    counted = cases.progress_of("draw", campaign.id)
    early = {state.name for state in EXITS}
    return Progress(
        drawn=campaign.tasks,
        opened=sum(counted.values()),
        published=sum(count for state, count in counted.items() if state in RELEASED and state not in early),
        closed_by_code=sum(counted.get(state, 0) for state in early),
        ended=sum(count for state, count in counted.items() if STANDARD.is_final(state)),
    )


# ---- Restraint -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Spared:
    """Of one grade, all draws together: members of the pools, those not visited again, and the drawn."""

    grade: str
    members: int
    spared: int
    drawn: int


@dataclass(frozen=True)
class Restrained:
    """One draw: how many were not visited again, and the visits that its items share."""

    id: int
    number: str
    title: str
    items: int
    drawn: int
    spared: int
    saved: int


@dataclass(frozen=True)
class Restraint:
    """无事不扰 in a year."""

    grades: list[Spared]
    campaigns: list[Restrained]


def restraint(year: int, actor: Actor) -> Restraint:
    """Whom the draws of a year that the actor may see spared another visit, by grade and by campaign, newest first."""
    drawn_in = func.extract("year", Campaign.drawn_at.op("AT TIME ZONE")(clock.LOCAL_ZONE.key)) == year
    statement = (
        _visible(select(Campaign), actor).where(Campaign.state.in_(DRAWN), drawn_in).order_by(Campaign.id.desc())
    )
    found = session.scalars(statement).all()
    strata = [stratum for campaign in found for stratum in campaign.strata]
    return Restraint(
        grades=[
            Spared(
                grade=grade,
                members=sum(one.members for one in strata if one.grade == grade),
                spared=sum(_spared(one) for one in strata if one.grade == grade),
                drawn=sum(one.drawn for one in strata if one.grade == grade),
            )
            for grade in GRADES
        ],
        campaigns=[_restrained(campaign) for campaign in found],
    )


def _spared(stratum: CampaignStratum) -> int:
    return sum(stratum.excluded.get(reason, 0) for reason in SPARED)


def _restrained(campaign: Campaign) -> Restrained:
    visits = campaign.tasks if any(item["on_site"] for item in campaign.items or ()) else 0
    return Restrained(
        id=campaign.id,
        number=str(campaign.number),
        title=campaign.title,
        items=len(campaign.item_codes),
        drawn=campaign.tasks,
        spared=sum(map(_spared, campaign.strata)),
        saved=visits_saved(len(campaign.item_codes), visits),
    )


# ---- Bundle and openings ---------------------------------------------------------------------------------------------

DUTIES_AT_ONCE = 5_000


def parameters_of(campaign: Campaign) -> engine.Parameters:
    """What was fixed and published of a frozen campaign before the draw."""
    return engine.Parameters(
        campaign=str(campaign.number),
        frozen_at=_known(campaign.frozen_at),
        nonce_commitment=engine.nonce_commitment_of(_known(campaign.nonce)),
        officers_per_case=campaign.officers_per_case,
        strata=tuple(engine.Stratum(stratum.label, stratum.rate_bp, stratum.size) for stratum in campaign.strata),
    )


def frozen_on(campaign: Campaign) -> date:
    """The day on which the pool of a campaign was frozen: its parameters hold for the draw."""
    return clock.local_day(_known(campaign.frozen_at))


def _known(value: Any) -> Any:
    """What a CHECK of the table says is there in this state."""
    assert value is not None
    return value


def bundle(campaign_id: int) -> IO[bytes]:
    """The public bundle of a committed campaign as a zip archive, from its beginning: same campaign, same bytes.

    NotFound before the commitment. Once drawn it is kept as a file; until then it is written anew.
    """
    campaign = session.get(Campaign, campaign_id)
    if campaign is None or campaign.commitment is None:
        raise NotFound(_("这次抽查还没有公布承诺。"))
    if campaign.bundle_sha256 is not None:
        return files.opened(campaign.bundle_sha256)
    target: IO[bytes] = SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 - the caller closes it
    engine.write_zip(bundle_of(campaign), target)
    target.seek(0)
    return target


def bundle_of(campaign: Campaign) -> engine.Bundle:
    """The bundle as the protocol's machine writes it; pool and duties are read while it is written."""
    reveal = None
    if campaign.seed is not None:
        given = tuple(engine.Contribution(one.by, one.text) for one in campaign.contributions)
        reveal = engine.Reveal(_known(campaign.nonce), given, campaign.seed)
    return engine.Bundle(
        parameters=parameters_of(campaign),
        pool=pool.members(campaign.id),
        officers=[officer.seal for officer in roster(campaign.id)],
        commitment=_known(campaign.commitment),
        published_at=_known(campaign.committed_at),
        reveal=reveal,
        drawn=_drawn_lines(campaign.id),
        duties=_duty_lines(campaign),
    )


def _drawn_lines(campaign_id: int) -> Iterator[engine.Drawn]:
    """`draw.tsv`: strata in drawing order, tickets ascending."""
    same = and_(CampaignStratum.campaign_id == DrawnMember.campaign_id, CampaignStratum.label == DrawnMember.stratum)
    rows = session.execute(
        select(DrawnMember.stratum, DrawnMember.seal, DrawnMember.ticket)
        .join(CampaignStratum, same)
        .where(DrawnMember.campaign_id == campaign_id)
        .order_by(CampaignStratum.position, DrawnMember.ticket, DrawnMember.seal)
    )
    return map(engine.Drawn._make, rows)


def _duty_lines(campaign: Campaign) -> Iterator[engine.Duty]:
    """`duty.tsv`: tickets ascending."""
    seals = [officer.seal for officer in roster(campaign.id)]
    order = DrawnMember.ticket, DrawnMember.seal
    last = (b"", b"")
    while True:
        rows = session.execute(
            select(*order, DrawnMember.eligible, DrawnMember.chosen)
            .where(DrawnMember.campaign_id == campaign.id, tuple_(*order) > last)
            .order_by(*order)
            .limit(DUTIES_AT_ONCE)
        ).all()
        for row in rows:
            eligible, chosen = (tuple(seals[place] for place in places) for places in (row.eligible, row.chosen))
            yield engine.Duty(row.seal, eligible, chosen, campaign.officers_per_case - len(chosen))
        if len(rows) < DUTIES_AT_ONCE:
            return
        last = (rows[-1].ticket, rows[-1].seal)


def openings(campaign_id: int) -> Iterator[engine.Opening]:
    """What opens the seals of pool and roster. For auditors alone: `operations.open_seals` hands it out."""
    last = b""
    while True:
        rows = session.execute(
            select(PoolMember.seal, PoolMember.code, PoolMember.salt)
            .where(PoolMember.campaign_id == campaign_id, PoolMember.seal > last)
            .order_by(PoolMember.seal)
            .limit(pool.READ_AT_ONCE)
        ).all()
        yield from map(engine.Opening._make, rows)
        if len(rows) < pool.READ_AT_ONCE:
            break
        last = rows[-1].seal
    for officer in roster(campaign_id):
        yield engine.Opening(officer.seal, officer.roster_id, officer.salt)


@dataclass(frozen=True)
class Opened:
    """One drawn seal with the enterprise behind it: what auditors see, and nobody else."""

    row: Any
    enterprise: registry.Brief
    unit: str
    eligible: int
    chosen: list[str]
    state: str | None


def opened(campaign: Campaign, *, after: str | None = None, before: str | None = None) -> tuple[list[Opened], Page]:
    """One page of the drawn with their seals, tickets, strata, officers and the state of each case."""
    columns = (
        DrawnMember.position, DrawnMember.enterprise_id, DrawnMember.org_id, DrawnMember.code, DrawnMember.stratum,
        DrawnMember.seal, DrawnMember.ticket, DrawnMember.eligible, DrawnMember.chosen,
    )  # fmt: skip
    found = page(
        select(*columns).where(DrawnMember.campaign_id == campaign.id),
        [DrawnMember.position],
        after=after,
        before=before,
    )
    ids = [row.enterprise_id for row in found.rows]
    names, units, known = registry.brief(ids), staff.unit_names(), cases.of_origin("draw", campaign.id, ids)
    seats = roster(campaign.id)
    officers = staff.officers([seat.officer_id for seat in seats])
    return [
        Opened(
            row=row,
            enterprise=names[row.enterprise_id],
            unit=units[row.org_id],
            eligible=len(row.eligible),
            chosen=[officers[seats[place].officer_id].name for place in row.chosen],
            state=known[row.enterprise_id].state if row.enterprise_id in known else None,
        )
        for row in found.rows
    ], found


def outcome(campaign: Campaign) -> dict[str, Any]:
    """What a draw came to, as plain data: for scripts."""
    figures = ("label", "rate_bp", "members", "eligible", "required", "drawn")
    return {
        "campaign": campaign.number,
        "id": campaign.id,
        "commitment": _known(campaign.commitment).hex(),
        "seed": _known(campaign.seed).hex(),
        "strata": [{name: getattr(stratum, name) for name in figures} for stratum in campaign.strata],
        "drawn": campaign.tasks,
        "cases": progress(campaign).opened,
    }


# ---- The hall --------------------------------------------------------------------------------------------------------

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


# ---- Officers --------------------------------------------------------------------------------------------------------


def recusals(actor: Actor, *, after: str | None = None, before: str | None = None) -> Page:
    """Withdrawals in force, newest first: an officer's own, or those of the subtree for who keeps the directory.

    Rows: (Recusal, id).
    """
    statement = select(Recusal, Recusal.id).where(Recusal.ended_on.is_(None))
    if actor.may("accounts.officers"):
        statement = staff.visible(statement, actor, unit=Recusal.org_id)
    else:
        statement = statement.where(Recusal.officer_id == actor.officer_id)
    return page(statement, [Recusal.id], after=after, before=before, descending=True)


def officers_to_recuse(actor: Actor) -> list[tuple[int, str]]:
    """For whom the actor may declare a withdrawal, as options of a form."""
    units = staff.unit_names()
    keeps = actor.may("accounts.officers") and actor.org_id is not None
    found = staff.drawable_officers(unit_ids=staff.subtree(actor.org_id)) if keeps and actor.org_id else []
    own = list(staff.officers([actor.officer_id]).values()) if actor.officer_id else []
    known = {officer.id: officer for officer in (*own, *found)}
    return [
        (officer.id, f"{officer.name}（{units[officer.org_id]}，{officer.roster_id}）") for officer in known.values()
    ]


def drawn_member(campaign_id: int, enterprise_id: int) -> DrawnMember:
    """The drawn member behind a case of a draw."""
    found = session.scalars(
        select(DrawnMember).where(DrawnMember.campaign_id == campaign_id, DrawnMember.enterprise_id == enterprise_id)
    ).first()
    if found is None:
        raise NotFound(_("这个案件不是随机抽取产生的。"))
    return found


def replacements(campaign_id: int, position: int | None = None) -> Sequence[Replacement]:
    """The replacements of a campaign, or of one drawn member, oldest first."""
    statement = select(Replacement).where(Replacement.campaign_id == campaign_id).order_by(Replacement.id)
    if position is not None:
        statement = statement.where(Replacement.position == position)
    return session.scalars(statement).all()


@dataclass(frozen=True)
class Seat:
    """A replacement in words."""

    left: str
    joined: str
    passed_over: list[str]
    reason: str
    approved_by: str
    at: datetime
    position: int


def replacement_words(campaign_id: int, position: int | None = None) -> list[Seat]:
    """The replacements of a campaign, or of one drawn member, with the officers' names."""
    found = replacements(campaign_id, position)
    seats = roster(campaign_id) if found else []
    officers = staff.officers([seat.officer_id for seat in seats])
    names = [officers[seat.officer_id].name for seat in seats]
    return [
        Seat(
            left=names[one.out_position],
            joined=names[one.in_position],
            passed_over=[names[place] for place in one.passed_over],
            reason=one.reason,
            approved_by=one.approved_name,
            at=one.approved_at,
            position=one.position,
        )
        for one in found
    ]


def officer_at(campaign_id: int, position: int) -> Any:
    """The officer at a position of a frozen roster, as the directory knows him."""
    seat = session.get_one(PoolOfficer, (campaign_id, position))
    return staff.officers([seat.officer_id])[seat.officer_id]


# ---- The desk --------------------------------------------------------------------------------------------------------


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
    statement = _visible(select(Campaign), actor).where(Campaign.state.in_(("draft", "submitted", *NUMBERED[:-1])))
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
    if move is None or actor.id == (campaign.made_by if move.name == "approve" else campaign.approved_by):
        return None
    return move.label


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


# ---- What the public may see -----------------------------------------------------------------------------------------


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
        officers_per_case=campaign.officers_per_case,
        approved_at=_known(campaign.approved_at),
        frozen_at=campaign.frozen_at if committed else None,
        nonce_commitment=engine.nonce_commitment_of(_known(campaign.nonce)).hex() if committed else None,
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
    counts = Counter(sum((Counter(stratum.excluded) for stratum in campaign.strata), Counter()))
    small = parameters.value("disclosure.small_stratum", frozen_on(campaign))
    published: Counter[str] = Counter()
    for reason, shown in published_reasons(counts, small).items():
        published[shown] += counts[reason]
    return [(_(OUT_REASONS[reason]), published[reason]) for reason in OUT_REASONS if published[reason]]


def _tombstone(cancelled: Cancellation) -> Tombstone:
    return Tombstone(
        reason=cancelled.reason,
        proposed_by=cancelled.proposed_office,
        confirmed_by=cancelled.confirmed_office,
        at=_known(cancelled.confirmed_at),
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


# ---- The draw ledger -------------------------------------------------------------------------------------------------

BROKEN = text("""
    SELECT number FROM (
        SELECT number, hash, entry::jsonb AS told,
            row_number() OVER (ORDER BY number) AS place, lag(encode(hash, 'hex')) OVER (ORDER BY number) AS before,
            sha256(convert_to('sealed-draw/1 ledger' || chr(10) || entry || chr(10), 'UTF8')) AS sealed
        FROM draw_ledger_entry
    ) AS line
    WHERE hash <> sealed OR number <> place OR told ->> 'number' <> place::text
        OR told ->> 'previous' <> coalesce(before, repeat('0', 64))
    ORDER BY number LIMIT 1
""")


@dataclass(frozen=True)
class Entry:
    """One line of the draw ledger: its hash, and what the entry tells."""

    number: int
    campaign_id: int
    event: str
    at: datetime
    hash: str
    told: Mapping[str, Any]


def draw_ledger(*, after: str | None = None, before: str | None = None) -> tuple[list[Entry], Page]:
    """One page of the draw ledger, newest first."""
    found = page(
        select(DrawLedgerEntry, DrawLedgerEntry.number),
        [DrawLedgerEntry.number],
        after=after,
        before=before,
        descending=True,
    )
    lines = [row.DrawLedgerEntry for row in found.rows]
    return [
        Entry(one.number, one.campaign_id, one.event, one.entered_at, one.hash.hex(), json.loads(one.entry))
        for one in lines
    ], found


def draw_ledger_lines() -> Iterator[Line]:
    """The whole draw ledger in order."""
    rows = session.execute(select(DrawLedgerEntry.hash, DrawLedgerEntry.entry).order_by(DrawLedgerEntry.number))
    return map(Line._make, rows)


def draw_ledger_broken_at() -> int | None:
    """The first line of the draw ledger that does not follow from the one before it; None: the chain is whole."""
    return session.scalar(BROKEN)
