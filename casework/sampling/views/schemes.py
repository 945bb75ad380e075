"""The page on which a campaign's scheme is written, with its preview."""

from typing import Any

from flask import render_template, request

from casework.accounts.rules import LINES
from casework.core import clock, parameters
from casework.core.i18n import _
from casework.core.web import Form, actor, audience, done
from casework.sampling import operations as sampling
from casework.sampling import queries
from casework.sampling.models import Campaign
from casework.sampling.rules import GRADES, IMPORTANCE, percent
from casework.sampling.schemas import CampaignEntry, scheme_defaults
from casework.sampling.views.base import pool_options, survey_words, unit_options, views


@views.route("/sampling/campaigns/new", methods=["GET", "POST"])
@audience("sampling.plan")
def create_campaign() -> Any:
    defaults = scheme_start() | {"org_id": actor().org_id}
    form = Form(CampaignEntry(), request.form if request.method == "POST" else None, defaults=defaults)
    if form.valid:
        with form.refusals():
            made = sampling.create_campaign(**form.data, actor=actor())
            return done(_("方案已保存，核对后提交审批。"), ".campaign", campaign_id=made.id)
    return _scheme_form(form, None)


@views.route("/sampling/campaigns/<int:campaign_id>/change", methods=["GET", "POST"])
@audience("sampling.plan")
def change_campaign(campaign_id: int) -> Any:
    known = queries.campaign(campaign_id, actor())
    defaults = scheme_defaults(known, CampaignEntry())
    form = Form(CampaignEntry(), request.form if request.method == "POST" else None, defaults=defaults)
    if form.valid:
        with form.refusals():
            sampling.change_campaign(campaign_id, **form.data, actor=actor())
            return done(_("方案已保存。"), ".campaign", campaign_id=campaign_id)
    return _scheme_form(form, known)


def scheme_start() -> dict[str, Any]:
    """What a new scheme proposes: the floors, two officers, the usual term, the list public."""
    floors = parameters.value("sampling.floors_bp")
    return {
        **{f"rate_{grade}": percent(floors[grade]) for grade in GRADES},
        "officers_per_case": parameters.value("sampling.officers_per_case"),
        "workdays": parameters.value("cases.term.inspect")["days"],
        "public_list": True,
    }


def _scheme_form(form: Form, known: Campaign | None) -> Any:
    page = render_template("sampling/campaign_form.html", form=form, campaign=known, **scheme_options())
    return page, 422 if form.submitted else 200


def scheme_options() -> dict[str, Any]:
    me = actor()
    in_force = [item for item in queries.items_in_force(clock.today()) if not me.lines or item.line in me.lines]
    return {
        "items": in_force,
        "lines": LINES,
        "importance": IMPORTANCE,
        "floors": {grade: percent(bp) for grade, bp in parameters.value("sampling.floors_bp").items()},
        "floors_document": parameters.in_force("sampling.floors_bp").document_no,
        "grades": GRADES,
        "units": unit_options(),
        "directory_options": [
            (one.code, f"{one.code} {one.name}", _("去重 %(count)s 户", count=f"{one.enterprises:,}"))
            for one in queries.directories(me)
        ],
        **pool_options(),
    }


@views.post("/sampling/campaigns/preview")
@audience("sampling.plan")
def preview() -> Any:
    """What a scheme would draw, for the page on which it is written. Nothing is kept."""
    form = Form(CampaignEntry(partial=("title",)), request.form)
    survey = None
    if form.valid:
        with form.refusals():
            survey = queries.survey(queries.checked_scheme(form.data, clock.today(), actor()))
    return render_template("sampling/preview.html", form=form, survey=survey, **survey_words())
