"""Schemes: what somebody wrote into a form, whether it is in order, what it would draw."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from casework.accounts import queries as staff
from casework.core import clock, parameters
from casework.core.actor import Actor
from casework.core.errors import Refusal
from casework.core.i18n import _
from casework.sampling import pool
from casework.sampling.models import Campaign
from casework.sampling.queries.directories import directories
from casework.sampling.queries.items import items_of
from casework.sampling.rules import below_floor, on_the_list


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
    known = {directory.code for directory in directories(actor)}
    if unknown := [code for code in entry["pool"].get("directories", ()) if code not in known]:
        raise Refusal(_("名录库 %(codes)s 没有公布或已经停用。", codes=_("、").join(unknown)), field="directories")
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
