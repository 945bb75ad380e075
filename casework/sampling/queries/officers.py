"""Officers of a draw: who may be asked, the frozen roster, withdrawals, replacements."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from casework.accounts import queries as staff
from casework.core import clock
from casework.core.actor import Actor
from casework.core.db import session
from casework.core.errors import NotFound
from casework.core.i18n import _
from casework.core.paging import Page, page
from casework.registry import queries as registry
from casework.sampling import pool
from casework.sampling.models import Campaign, DrawnMember, OfficerTie, PoolOfficer, Recusal, Replacement
from casework.sampling.queries.schemes import scheme_of


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
    withdrawn = pool.grounds([one.officer.id for one in found], clock.today())
    barred = Counter(officer_id for why in withdrawn.values() for officer_id in why)
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


@dataclass(frozen=True)
class Exclusion:
    """An enterprise to which an officer is not sent, and why (a key of GROUNDS)."""

    enterprise: registry.Brief
    ground: str


def exclusions_of(campaign: Campaign, officer_id: int) -> tuple[Candidacy, list[Exclusion]]:
    """One officer of the counties of a campaign, and every enterprise of its area to which he may not be sent."""
    candidacy = next((one for one in candidacies(campaign) if one.officer.id == officer_id), None)
    if candidacy is None:
        raise NotFound(_("抽查辖区的名录中没有这名人员。"))
    why = {
        enterprise_id: officers[officer_id]
        for enterprise_id, officers in pool.grounds([officer_id], clock.today()).items()
    }
    area, known = set(staff.subtree(campaign.org_id)), registry.brief(list(why))
    inside = (one for one in known.values() if one.org_id in area)
    return candidacy, [Exclusion(one, why[one.id]) for one in sorted(inside, key=lambda one: one.name)]


def recusal(recusal_id: int, actor: Actor) -> Recusal:
    """One withdrawal that the actor may see, in force or not: his own, or of the subtree for who keeps or decides."""
    found = session.get(Recusal, recusal_id)
    mine = found is not None and actor.officer_id is not None and found.officer_id == actor.officer_id
    answers = actor.may("accounts.officers") or actor.may("cases.approve")
    if found is None or not (mine or (answers and staff.sees_unit(actor, found.org_id))):
        raise NotFound(_("没有这条回避登记。"))
    return found


def ties(actor: Actor) -> Sequence[OfficerTie]:
    """What officers told of employers and relatives: one's own, or of the subtree for who keeps the directory."""
    statement = select(OfficerTie).where(OfficerTie.ended_on.is_(None)).order_by(OfficerTie.officer_id, OfficerTie.id)
    if actor.may("accounts.officers"):
        statement = staff.visible(statement, actor, unit=OfficerTie.org_id)
    else:
        statement = statement.where(OfficerTie.officer_id == actor.officer_id)
    return session.scalars(statement).all()


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


def recusals(actor: Actor, *, after: str | None = None, before: str | None = None) -> Page:
    """Withdrawals in force, newest first: an officer's own, or those of the subtree for who keeps the directory.

    Rows: (Recusal, id).
    """
    statement = select(Recusal, Recusal.id).where(Recusal.ended_on.is_(None))
    if actor.may("accounts.officers") or actor.may("cases.approve"):
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
