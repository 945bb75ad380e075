"""无事不扰: whom a year's draws did not visit again, and the visits that several checks shared."""

from collections import Counter
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select

from casework.cases import queries as cases
from casework.core import clock
from casework.core.actor import Actor
from casework.core.db import session
from casework.registry import queries as registry
from casework.sampling.models import Campaign, CampaignStratum, DrawnMember
from casework.sampling.queries.campaigns import seen_by
from casework.sampling.rules import DRAWN, GRADES, SPARED, visits_saved


@dataclass(frozen=True)
class Spared:
    """Of one grade, all draws together: members of the pools, those not visited again, the drawn; visits merged."""

    grade: str
    members: int
    spared: int
    drawn: int
    merged: int


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
    """无事不扰 in a year; `merged`: visits that joint ones made needless, also to enterprises without a grade."""

    grades: list[Spared]
    campaigns: list[Restrained]
    merged: int


def restraint(year: int, actor: Actor) -> Restraint:
    """Whom the draws of a year that the actor may see spared another visit, by grade and by campaign, newest first."""
    drawn_in = func.extract("year", Campaign.drawn_at.op("AT TIME ZONE")(clock.LOCAL_ZONE.key)) == year
    statement = seen_by(select(Campaign), actor).where(Campaign.state.in_(DRAWN), drawn_in).order_by(Campaign.id.desc())
    found = session.scalars(statement).all()
    strata = [stratum for campaign in found for stratum in campaign.strata]
    merged = merged_by_grade(actor, date(year, 1, 1), date(year, 12, 31))
    return Restraint(
        grades=[
            Spared(
                grade=grade,
                members=sum(one.members for one in strata if one.grade == grade),
                spared=sum(_spared(one) for one in strata if one.grade == grade),
                drawn=sum(one.drawn for one in strata if one.grade == grade),
                merged=merged[grade],
            )
            for grade in GRADES
        ],
        campaigns=[_restrained(campaign) for campaign in found],
        merged=merged.total(),
    )


def merged_by_grade(actor: Actor, first: date, last: date) -> Counter[str | None]:
    """Visits that joint ones made needless (综合查一次), by the grade of the draw, else the enterprise's present one."""
    visits = cases.merged_visits(actor, first, last)
    ids = [visit.enterprise_id for visit in visits]
    rows = session.execute(
        select(DrawnMember.campaign_id, DrawnMember.enterprise_id, CampaignStratum.grade)
        .join(
            CampaignStratum,
            (CampaignStratum.campaign_id == DrawnMember.campaign_id) & (CampaignStratum.label == DrawnMember.stratum),
        )
        .where(DrawnMember.enterprise_id.in_(ids))
    )
    drawn = {(campaign_id, enterprise_id): grade for campaign_id, enterprise_id, grade in rows}
    present = {enterprise_id: known.grade for enterprise_id, known in registry.grades(ids).items()}
    found: Counter[str | None] = Counter()
    for visit in visits:
        under = (drawn.get((campaign_id, visit.enterprise_id)) for campaign_id in visit.draws)
        found[next(filter(None, under), present.get(visit.enterprise_id))] += visit.saved
    return found


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
