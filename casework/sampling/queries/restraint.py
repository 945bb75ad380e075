"""无事不扰: whom a year's draws did not visit again."""

from dataclasses import dataclass

from sqlalchemy import func, select

from casework.core import clock
from casework.core.actor import Actor
from casework.core.db import session
from casework.sampling.models import Campaign, CampaignStratum
from casework.sampling.queries.campaigns import seen_by
from casework.sampling.rules import DRAWN, GRADES, SPARED, visits_saved


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
    statement = seen_by(select(Campaign), actor).where(Campaign.state.in_(DRAWN), drawn_in).order_by(Campaign.id.desc())
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
