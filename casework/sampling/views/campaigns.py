"""Pages of campaigns: the list, one campaign with every step of its draw, what a year's draws spared."""

from collections.abc import Callable
from typing import Any

from flask import current_app, make_response, render_template, request, send_file, url_for

from casework.accounts import queries as staff
from casework.accounts.rules import LINES
from casework.cases.rules import STANDARD
from casework.core import clock
from casework.core.i18n import _
from casework.core.schemas import Schema
from casework.core.web import Form, actor, audience, done
from casework.sampling import operations as sampling
from casework.sampling import queries
from casework.sampling.models import Campaign
from casework.sampling.rules import CAMPAIGN, SOURCES, STEPS
from casework.sampling.schemas import CampaignFilter, Nothing, Reason, Statement, Witness
from casework.sampling.views.base import events_of, neighbours, open_moves, pool_words, survey_words, views


@views.get("/sampling/campaigns")
@audience("sampling.read")
def campaigns() -> Any:
    form = Form(CampaignFilter(), request.args)
    return render_template(
        "sampling/campaigns.html",
        form=form,
        found=queries.campaigns(actor(), **form.data, **neighbours()),
        workflow=CAMPAIGN,
        state_options=[
            ("open", _("进行中")),
            ("ended", _("已结束")),
            *((state.name, _(state.label)) for state in CAMPAIGN.states),
        ],
        units=staff.unit_names(),
        names=queries.item_names(),
    )


@views.get("/sampling/restraint")
@audience("sampling.read")
def restraint() -> Any:
    """无事不扰: whom the draws of this year did not visit again, and the visits that several items shared."""
    year = clock.today().year
    return render_template("sampling/restraint.html", year=year, ledger=queries.restraint(year, actor()))


@views.get("/sampling/campaigns/<int:campaign_id>")
@audience("sampling.read")
def campaign(campaign_id: int) -> Any:
    page = make_response(_campaign_page(campaign_id))
    if request.headers.get("HX-Request") and not queries.is_freezing(queries.campaign(campaign_id, actor())):
        page.headers["HX-Refresh"] = "true"  # the progress that was shown has ended
    return page


def _campaign_page(campaign_id: int, form: Form | None = None, *, link: str | None = None) -> Any:
    known = queries.campaign(campaign_id, actor())
    is_drawn = known.state in ("drawn", "running", "done")
    tasks, found = queries.drawn(known, **neighbours()) if is_drawn else ([], None)
    page = render_template(
        "sampling/campaign.html",
        campaign=known,
        form=form or Form(Nothing()),
        link=link,
        workflow=CAMPAIGN,
        steps=steps_of(known),
        present=present_step(known),
        moves=open_moves(CAMPAIGN, known.state),
        items=known.items or items_today(known),
        unit=staff.unit(known.org_id),
        organ=staff.unit(known.organ_id),
        job=queries.freeze_job(known) if known.state == "approved" else None,
        roster=queries.roster_by_area(known.id),
        invitations=queries.invitations(known.id),
        progress=queries.progress(known) if is_drawn else None,
        tasks=tasks,
        found=found,
        case_states=STANDARD,
        withheld=queries.withheld(known) if is_drawn else None,
        replacements=len(queries.replacements(known.id)),
        events=events_of("campaign", known.id),
        sources=SOURCES,
        lines=LINES,
        **survey_words(),
        **pool_words(),
    )
    return page, 422 if form is not None and form.submitted and not link else 200


@views.get("/sampling/campaigns/<int:campaign_id>/officers")
@audience("sampling.read")
def candidacies(campaign_id: int) -> Any:
    """Who may be sent and who may not, each with the reason."""
    known = queries.campaign(campaign_id, actor())
    return render_template("sampling/candidacies.html", campaign=known, found=queries.candidacies(known))


def items_today(known: Campaign) -> list[dict[str, Any]]:
    in_force = {item.code: item for item in queries.items_of(known.item_codes, clock.today())}
    return [
        {"code": code, "name": in_force[code].name if code in in_force else _("（不在现行清单内）")}
        for code in known.item_codes
    ]


def present_step(known: Campaign) -> str:
    """The step at which a campaign stands; a cancelled one stands where it was left."""
    if known.state == "cancelled":
        return "draw" if known.seed else "witness" if known.commitment else "commit" if known.frozen_at else "freeze"
    return next(name for name, _label, states in STEPS if known.state in states)


def steps_of(known: Campaign) -> list[dict[str, Any]]:
    notes = {
        "scheme": known.approved_name,
        "freeze": _("%(count)s 户", count=f"{sum(s.members for s in known.strata):,}") if known.strata else None,
        "commit": known.commitment.hex()[:8] if known.commitment else None,
        "witness": _("无见证")
        if known.unattended
        else _("%(count)s 条", count=len(known.contributions))
        if known.commitment
        else None,
        "draw": _("%(count)s 户", count=f"{known.tasks:,}") if known.seed else None,
        "dispatch": None,
    }
    return [{"name": name, "label": _(label), "note": notes[name], "url": None} for name, label, _states in STEPS]


def _verb(campaign_id: int, schema: Schema, verb: Callable[..., Any], sentence: str) -> Any:
    """One verb of a campaign from its page; a refusal is shown on that page."""
    form = Form(schema, request.form)
    if form.valid:
        with form.refusals():
            verb(campaign_id, **form.data, actor=actor())
            return done(sentence, ".campaign", campaign_id=campaign_id)
    return _campaign_page(campaign_id, form)


@views.post("/sampling/campaigns/<int:campaign_id>/submit")
@audience("sampling.plan")
def submit_campaign(campaign_id: int) -> Any:
    return _verb(campaign_id, Nothing(), sampling.submit_campaign, _("方案已提交，等待批准。"))


@views.post("/sampling/campaigns/<int:campaign_id>/discard")
@audience("sampling.plan")
def discard_campaign(campaign_id: int) -> Any:
    sampling.discard_campaign(campaign_id, actor=actor())
    return done(_("方案已删除。"), ".campaigns")


@views.post("/sampling/campaigns/<int:campaign_id>/send-back")
@audience("sampling.approve")
def send_campaign_back(campaign_id: int) -> Any:
    return _verb(campaign_id, Reason(), sampling.send_campaign_back, _("方案已退回修改。"))


@views.post("/sampling/campaigns/<int:campaign_id>/approve")
@audience("sampling.approve")
def approve_campaign(campaign_id: int) -> Any:
    return _verb(campaign_id, Nothing(), sampling.approve_campaign, _("方案已批准，可以冻结名录。"))


@views.post("/sampling/campaigns/<int:campaign_id>/freeze")
@audience("sampling.draw")
def freeze_pool(campaign_id: int) -> Any:
    return _verb(campaign_id, Nothing(), sampling.request_freeze, _("正在冻结名录。"))


@views.post("/sampling/campaigns/<int:campaign_id>/decide")
@audience("sampling.approve")
def decide_shortfall(campaign_id: int) -> Any:
    return _verb(campaign_id, Reason(), sampling.decide_shortfall, _("决定已记录，将与抽取结果一并公开。"))


@views.post("/sampling/campaigns/<int:campaign_id>/commit")
@audience("sampling.publish")
def publish_commitment(campaign_id: int) -> Any:
    return _verb(campaign_id, Nothing(), sampling.publish_commitment, _("承诺已公布，名录和比例从现在起不能更改。"))


@views.post("/sampling/campaigns/<int:campaign_id>/draw")
@audience("sampling.draw")
def draw(campaign_id: int) -> Any:
    return _verb(campaign_id, Nothing(), sampling.draw, _("抽取完成，正在派单。"))


@views.post("/sampling/campaigns/<int:campaign_id>/invite")
@audience("sampling.draw")
def invite(campaign_id: int) -> Any:
    """The one-time link is shown once, on the answer itself; only its hash is kept."""
    form = Form(Witness(), request.form)
    if form.valid:
        with form.refusals():
            token = sampling.invite(campaign_id, **form.data, actor=actor())
            base = current_app.config["CASEWORK"].public_url.rstrip("/")
            return _campaign_page(campaign_id, Form(Nothing()), link=base + url_for(".witness", token=token))
    return _campaign_page(campaign_id, form)


@views.post("/sampling/campaigns/<int:campaign_id>/contribute")
@audience("sampling.read")
def contribute(campaign_id: int) -> Any:
    return _verb(campaign_id, Statement(), sampling.contribute, _("您的见证文本已记录，并公开显示。"))


@views.post("/sampling/campaigns/<int:campaign_id>/public-value")
@audience("sampling.draw")
def enter_public_value(campaign_id: int) -> Any:
    return _verb(campaign_id, Statement(), sampling.enter_public_value, _("公开数值已录入，可以抽取。"))


@views.post("/sampling/campaigns/<int:campaign_id>/propose-cancel")
@audience("sampling.read")
def propose_cancel(campaign_id: int) -> Any:
    """Whoever may organise, approve or cancel draws may ask for it; the operation looks."""
    return _verb(campaign_id, Reason(), sampling.propose_cancel, _("作废申请已提出，等待另一名负责人批准。"))


@views.post("/sampling/campaigns/<int:campaign_id>/drop-cancel")
@audience("sampling.read")
def drop_cancel(campaign_id: int) -> Any:
    return _verb(campaign_id, Nothing(), sampling.drop_cancel, _("作废申请已撤下，抽查继续进行。"))


@views.post("/sampling/campaigns/<int:campaign_id>/cancel")
@audience("sampling.cancel")
def cancel(campaign_id: int) -> Any:
    return _verb(campaign_id, Nothing(), sampling.cancel, _("抽查已作废，作废记录已公开。"))


@views.get("/sampling/campaigns/<int:campaign_id>/bundle")
@audience("sampling.read")
def bundle(campaign_id: int) -> Any:
    """The public bundle, for whoever sees the campaign."""
    known = queries.campaign(campaign_id, actor())
    return send_file(
        queries.bundle(known.id), mimetype="application/zip", as_attachment=True, download_name=f"{known.number}.zip"
    )
