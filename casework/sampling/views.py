"""Pages of the sampling room: items, plans, campaigns, the hall, witnesses, auditors, withdrawals."""

from collections.abc import Callable, Mapping
from io import BytesIO
from typing import Any

import segno
from flask import Blueprint, current_app, make_response, render_template, request, send_file, url_for
from markupsafe import Markup

from casework.accounts import queries as staff
from casework.accounts.rules import LINES, QUALIFICATIONS, UNIT_KINDS
from casework.cases import queries as cases
from casework.cases.rules import STANDARD
from casework.core import clock, parameters
from casework.core.actor import SYSTEM
from casework.core.errors import NotFound, Refusal
from casework.core.i18n import _
from casework.core.ledger import history
from casework.core.schemas import Schema
from casework.core.sheets import csv_lines
from casework.core.web import PUBLIC, STAFF, Form, actor, audience, done, download, may_use
from casework.core.workflow import move_label
from casework.registry import queries as registry
from casework.registry.rules import SUBJECT_CLASSES
from casework.sampling import audit as audits
from casework.sampling import operations as sampling
from casework.sampling import queries
from casework.sampling.chain import EVENTS, ledger_tsv
from casework.sampling.models import Campaign, InspectionItem, Plan, PlanLine
from casework.sampling.rules import (
    ACTIONS,
    CADENCES,
    CAMPAIGN,
    GRADES,
    IMPORTANCE,
    OUT_REASONS,
    PLAN,
    PLAN_IN_FORCE,
    RECUSAL_KINDS,
    RECUSAL_SOURCES,
    SITES,
    SOURCES,
    STEPS,
    batches,
    overlaps,
    percent,
)
from casework.sampling.schemas import (
    ITEM_COLUMNS,
    LICENCES,
    CampaignEntry,
    CampaignFilter,
    Filing,
    ItemEntry,
    ItemFilter,
    NewItem,
    Nothing,
    PlanEntry,
    PlanLineEntry,
    Reason,
    RecusalEntry,
    ReplacementEntry,
    SignedStatement,
    Statement,
    Withdrawal,
    Witness,
    item_defaults,
    scheme_defaults,
)

views = Blueprint("sampling", __name__)

SECONDS_A_SCREEN = 6
"""So long the hall shows one screen of drawn seals."""


def _options(table: Mapping[Any, str]) -> list[tuple[Any, str]]:
    return [(key, _(label)) for key, label in table.items()]


def _neighbours() -> dict[str, str | None]:
    """The tokens of the page asked for."""
    return {"after": request.args.get("after"), "before": request.args.get("before")}


def _unit_options() -> list[tuple[int, str]]:
    """Units that the actor sees, indented by level."""
    units = staff.units(actor())
    top = min((unit.path.count("/") for unit in units), default=0)
    return [(unit.id, "　" * (unit.path.count("/") - top) + unit.name) for unit in units]


# ---- Items -----------------------------------------------------------------------------------------------------------


@views.get("/sampling/items")
@audience("sampling.read")
def items() -> Any:
    """抽查事项清单: what may be inspected today."""
    form = Form(ItemFilter(), request.args)
    found = [
        item
        for item in queries.items_in_force(clock.today(), form.data.get("line"))
        if form.data.get("importance") in (None, item.importance)
    ]
    return render_template(
        "sampling/items.html",
        form=form,
        items=found,
        drafts=queries.drafted_items() if may_use("sampling.create_item") else [],
        line_options=_options(LINES),
        importance_options=_options(IMPORTANCE),
        **_item_words(),
    )


@views.route("/sampling/items/import", methods=["GET", "POST"])
@audience("sampling.items")
def import_items() -> Any:
    """Many items at once from a table; they wait as drafts until they are published."""
    form = Form(Nothing(), request.form if request.method == "POST" else None)
    file = request.files.get("file")
    if form.submitted and (file is None or not file.filename):
        form.add_error("file", _("请选择要导入的文件。"))
    elif file is not None:
        with form.refusals():
            count = sampling.import_items(file.stream, actor=actor())
            return done(_("已导入 %(count)s 项，核对后逐项公布。", count=count), ".items")
    page = render_template("sampling/items_import.html", form=form, columns=ITEM_COLUMNS.values())
    return page, 422 if form.submitted else 200


@views.get("/sampling/items/template.csv")
@audience("sampling.items")
def items_template() -> Any:
    """The table to fill in, with one example."""
    columns = ITEM_COLUMNS.values()
    lines = csv_lines([column.heading for column in columns], [[column.example for column in columns]])
    return download(lines, name="抽查事项模板.csv", media_type="text/csv")


@views.get("/sampling/items/<code>")
@audience("sampling.read")
def item(code: str) -> Any:
    return _item_page(code, Form(Withdrawal()))


def _item_page(code: str, form: Form) -> Any:
    versions = queries.item_versions(code)
    shown = queries.item(code, clock.today()) or versions[0]
    page = render_template("sampling/item.html", item=shown, versions=versions, form=form, **_item_words())
    return page, 422 if form.submitted else 200


@views.route("/sampling/items/new", methods=["GET", "POST"])
@audience("sampling.items")
def create_item() -> Any:
    defaults = {"on_site": "yes", "importance": "general", "levels": ["city", "county"], "valid_from": clock.today()}
    form = Form(NewItem(), request.form if request.method == "POST" else None, defaults=defaults)
    if form.valid:
        with form.refusals():
            made = sampling.keep_item(**form.data, actor=actor())
            return done(_("事项 %(code)s 已保存，公布后生效。", code=made.code), ".item", code=made.code)
    return _item_form(form, None)


@views.route("/sampling/items/<code>/new-version", methods=["GET", "POST"])
@audience("sampling.items")
def change_item(code: str) -> Any:
    """A new version of an item; a published one is never edited."""
    last = queries.item_versions(code)[0]
    defaults = item_defaults(last) | {"valid_from": last.valid_from if last.published_on is None else clock.today()}
    form = Form(ItemEntry(), request.form if request.method == "POST" else None, defaults=defaults)
    if form.valid:
        with form.refusals():
            sampling.keep_item(code=code, **form.data, actor=actor())
            return done(_("事项 %(code)s 的新版本已保存，公布后生效。", code=code), ".item", code=code)
    return _item_form(form, last)


def _item_form(form: Form, known: InspectionItem | None) -> Any:
    page = render_template(
        "sampling/item_form.html",
        form=form,
        item=known,
        line_options=_options(LINES),
        level_options=_options(UNIT_KINDS),
        importance_options=_options(IMPORTANCE),
        qualification_options=_options(QUALIFICATIONS),
        site_options=[("yes", _(SITES[True])), ("no", _(SITES[False]))],
        **_pool_options(),
    )
    return page, 422 if form.submitted else 200


@views.post("/sampling/items/versions/<int:item_id>/publish")
@audience("sampling.items")
def publish_item(item_id: int) -> Any:
    published = sampling.publish_item(item_id, actor=actor())
    return done(_("事项 %(code)s 已公布。", code=published.code), ".item", code=published.code)


@views.post("/sampling/items/versions/<int:item_id>/discard")
@audience("sampling.items")
def discard_item(item_id: int) -> Any:
    sampling.discard_item(item_id, actor=actor())
    return done(_("未公布的版本已删除。"), ".items")


@views.post("/sampling/items/<code>/withdraw")
@audience("sampling.items")
def withdraw_item(code: str) -> Any:
    form = Form(Withdrawal(), request.form)
    if form.valid:
        with form.refusals():
            sampling.withdraw_item(code, **form.data, actor=actor())
            return done(_("事项 %(code)s 的停用已公布。", code=code), ".item", code=code)
    return _item_page(code, form)


@views.post("/sampling/items/load-defaults")
@audience("sampling.items")
def load_default_items() -> Any:
    count = sampling.ensure_default_items(actor=actor())
    return done(_("已载入 %(count)s 个事项，请逐项核对依据。", count=count), ".items")


def _events(kind: str, key: int) -> list[dict[str, Any]]:
    """What was done to a plan or campaign, newest first, for a timeline."""
    events = []
    for entry in history(kind, key):
        move = move_label(entry.action)
        label = move or ACTIONS.get(entry.action)
        if label is not None:
            who = _("系统") if entry.actor_name == SYSTEM.name else entry.actor_name
            events.append(
                {
                    "when": entry.at.astimezone(clock.LOCAL_ZONE).strftime("%Y-%m-%d %H:%M"),
                    "title": _(label),
                    "text": _("，").join(filter(None, (who, entry.note))),
                    "url": None,
                    "kind": "strong" if move else "plain",
                }
            )
    return events


def _item_words() -> dict[str, Any]:
    return {
        "lines": LINES,
        "importance": IMPORTANCE,
        "sites": SITES,
        "levels": UNIT_KINDS,
        "qualifications": QUALIFICATIONS,
        **_pool_words(),
    }


def _pool_words() -> dict[str, Any]:
    return {"licences": LICENCES, "classes": SUBJECT_CLASSES}


def _pool_options() -> dict[str, Any]:
    return {"licence_options": _options(LICENCES), "class_options": _options(SUBJECT_CLASSES)}


# ---- Plans -----------------------------------------------------------------------------------------------------------


@views.get("/sampling/plans")
@audience("sampling.read")
def plans() -> Any:
    found = queries.plans(actor(), **_neighbours())
    return render_template("sampling/plans.html", found=found, workflow=PLAN, units=staff.unit_names())


@views.route("/sampling/plans/new", methods=["GET", "POST"])
@audience("sampling.plan")
def create_plan() -> Any:
    year = clock.today().year + (clock.today().month >= 11)
    defaults = {"year": year, "title": _("%(year)s年度随机抽查工作计划", year=year), "org_id": actor().org_id}
    form = Form(PlanEntry(), request.form if request.method == "POST" else None, defaults=defaults)
    if form.valid:
        with form.refusals():
            made = sampling.create_plan(**form.data, actor=actor())
            return done(_("计划已建立，请添加计划项目。"), ".plan", plan_id=made.id)
    bureaus = [(unit.id, unit.name) for unit in staff.units(actor()) if unit.kind != "office"]
    return render_template("sampling/plan_new.html", form=form, bureaus=bureaus), 422 if form.submitted else 200


@views.get("/sampling/plans/<int:plan_id>")
@audience("sampling.read")
def plan(plan_id: int) -> Any:
    return _plan_page(plan_id)


def _plan_page(plan_id: int, form: Form | None = None) -> Any:
    known = queries.plan(plan_id, actor())
    names = queries.item_names()
    page = render_template(
        "sampling/plan.html",
        plan=known,
        form=form or Form(Nothing()),
        workflow=PLAN,
        track=[_(state.label) for state in PLAN.states if state.name != "superseded"],
        moves=_open_moves(PLAN, known.state),
        lines=[
            (line, queries.started(line), list(batches(line.cadence, line.first_on, line.last_on)))
            for line in known.lines
        ],
        names=names,
        units=staff.unit_names(),
        cadences=CADENCES,
        percent=percent,
        overlaps=overlaps(known.lines, parameters.value("sampling.merge_days")),
        in_force=known.state in PLAN_IN_FORCE,
        events=_events("plan", known.id),
        **_pool_words(),
    )
    return page, 422 if form is not None and form.submitted else 200


def _open_moves(workflow: Any, state: str) -> dict[str, Any]:
    """The moves out of a state that the reader may make, by name."""
    me = actor()
    return {
        move.name: move
        for move in workflow.moves_from(state)
        if move.permission is not None and me.may(move.permission)
    }


@views.route("/sampling/plans/<int:plan_id>/lines/new", methods=["GET", "POST"])
@audience("sampling.plan")
def create_line(plan_id: int) -> Any:
    known = queries.plan(plan_id, actor())
    defaults = _scheme_start() | {"cadence": "once", "org_id": known.org_id}
    return _line_form(known, None, defaults)


@views.route("/sampling/plans/<int:plan_id>/lines/<int:line_id>", methods=["GET", "POST"])
@audience("sampling.plan")
def change_line(plan_id: int, line_id: int) -> Any:
    known = queries.plan(plan_id, actor())
    line = next((line for line in known.lines if line.id == line_id), None)
    if line is None:
        raise NotFound(_("计划中没有这个项目。"))
    return _line_form(known, line, scheme_defaults(line, PlanLineEntry()))


def _line_form(known: Plan, line: PlanLine | None, defaults: Mapping[str, Any]) -> Any:
    form = Form(PlanLineEntry(), request.form if request.method == "POST" else None, defaults=defaults)
    if form.valid:
        with form.refusals():
            sampling.keep_line(known.id, line_id=line.id if line else None, **form.data, actor=actor())
            return done(_("计划项目已保存。"), ".plan", plan_id=known.id)
    page = render_template(
        "sampling/plan_line.html",
        form=form,
        plan=known,
        line=line,
        cadence_options=_options(CADENCES),
        **_scheme_options(),
    )
    return page, 422 if form.submitted else 200


@views.post("/sampling/plans/<int:plan_id>/lines/<int:line_id>/remove")
@audience("sampling.plan")
def remove_line(plan_id: int, line_id: int) -> Any:
    sampling.remove_line(plan_id, line_id=line_id, actor=actor())
    return done(_("计划项目已删除。"), ".plan", plan_id=plan_id)


def _plan_verb(plan_id: int, schema: Schema, verb: Callable[..., Plan], sentence: str) -> Any:
    """One verb of a plan from its page; a refusal is shown on that page."""
    form = Form(schema, request.form)
    if form.valid:
        with form.refusals():
            moved = verb(plan_id, **form.data, actor=actor())
            return done(sentence, ".plan", plan_id=moved.id)
    return _plan_page(plan_id, form)


@views.post("/sampling/plans/<int:plan_id>/submit")
@audience("sampling.plan")
def submit_plan(plan_id: int) -> Any:
    return _plan_verb(plan_id, Nothing(), sampling.submit_plan, _("计划已提交汇总。"))


@views.post("/sampling/plans/<int:plan_id>/consolidate")
@audience("sampling.consolidate")
def consolidate_plan(plan_id: int) -> Any:
    return _plan_verb(plan_id, Nothing(), sampling.consolidate_plan, _("计划已汇总，等待法规审核。"))


@views.post("/sampling/plans/<int:plan_id>/pass-review")
@audience("sampling.review")
def pass_plan_review(plan_id: int) -> Any:
    return _plan_verb(plan_id, Nothing(), sampling.pass_plan_review, _("法规审核已通过，等待分管领导批准。"))


@views.post("/sampling/plans/<int:plan_id>/approve")
@audience("sampling.approve")
def approve_plan(plan_id: int) -> Any:
    return _plan_verb(plan_id, Nothing(), sampling.approve_plan, _("计划已批准，请报上级备案。"))


@views.post("/sampling/plans/<int:plan_id>/file")
@audience("sampling.consolidate")
def file_plan(plan_id: int) -> Any:
    return _plan_verb(plan_id, Filing(), sampling.file_plan, _("备案号已登记，可以公示。"))


@views.post("/sampling/plans/<int:plan_id>/publish")
@audience("sampling.consolidate")
def publish_plan(plan_id: int) -> Any:
    return _plan_verb(plan_id, Nothing(), sampling.publish_plan, _("计划已公示，到期批次将自动开始抽查。"))


@views.post("/sampling/plans/<int:plan_id>/send-back")
@audience("sampling.read")
def send_plan_back(plan_id: int) -> Any:
    """Whoever stands at the present review may send back; the operation asks for the permission of that step."""
    return _plan_verb(plan_id, Reason(), sampling.send_plan_back, _("计划已退回编制人修改。"))


@views.post("/sampling/plans/<int:plan_id>/revise")
@audience("sampling.plan")
def revise_plan(plan_id: int) -> Any:
    return _plan_verb(plan_id, Reason(), sampling.revise_plan, _("新版本已建立，修改后须重新走完各步骤。"))


# ---- Campaigns: list, scheme, preview --------------------------------------------------------------------------------


@views.get("/sampling/campaigns")
@audience("sampling.read")
def campaigns() -> Any:
    form = Form(CampaignFilter(), request.args)
    return render_template(
        "sampling/campaigns.html",
        form=form,
        found=queries.campaigns(actor(), **form.data, **_neighbours()),
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


@views.route("/sampling/campaigns/new", methods=["GET", "POST"])
@audience("sampling.plan")
def create_campaign() -> Any:
    defaults = _scheme_start() | {"org_id": actor().org_id}
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


def _scheme_start() -> dict[str, Any]:
    """What a new scheme proposes: the floors, two officers, the usual term, the list public."""
    floors = parameters.value("sampling.floors_bp")
    return {
        **{f"rate_{grade}": percent(floors[grade]) for grade in GRADES},
        "officers_per_case": parameters.value("sampling.officers_per_case"),
        "workdays": parameters.value("cases.term.inspect")["days"],
        "public_list": True,
    }


def _scheme_form(form: Form, known: Campaign | None) -> Any:
    page = render_template("sampling/campaign_form.html", form=form, campaign=known, **_scheme_options())
    return page, 422 if form.submitted else 200


def _scheme_options() -> dict[str, Any]:
    me = actor()
    in_force = [item for item in queries.items_in_force(clock.today()) if not me.lines or item.line in me.lines]
    return {
        "items": in_force,
        "lines": LINES,
        "importance": IMPORTANCE,
        "floors": {grade: percent(bp) for grade, bp in parameters.value("sampling.floors_bp").items()},
        "floors_document": parameters.in_force("sampling.floors_bp").document_no,
        "grades": GRADES,
        "units": _unit_options(),
        **_pool_options(),
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
    return render_template("sampling/preview.html", form=form, survey=survey, **_survey_words())


def _survey_words() -> dict[str, Any]:
    return {"percent": percent, "reasons": OUT_REASONS}


# ---- One campaign ----------------------------------------------------------------------------------------------------


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
    tasks, found = queries.drawn(known, **_neighbours()) if is_drawn else ([], None)
    page = render_template(
        "sampling/campaign.html",
        campaign=known,
        form=form or Form(Nothing()),
        link=link,
        workflow=CAMPAIGN,
        steps=_steps(known),
        present=_present(known),
        moves=_open_moves(CAMPAIGN, known.state),
        items=known.items or _items_today(known),
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
        events=_events("campaign", known.id),
        sources=SOURCES,
        lines=LINES,
        **_survey_words(),
        **_pool_words(),
    )
    return page, 422 if form is not None and form.submitted and not link else 200


@views.get("/sampling/campaigns/<int:campaign_id>/officers")
@audience("sampling.read")
def candidacies(campaign_id: int) -> Any:
    """Who may be sent and who may not, each with the reason."""
    known = queries.campaign(campaign_id, actor())
    return render_template("sampling/candidacies.html", campaign=known, found=queries.candidacies(known))


def _items_today(known: Campaign) -> list[dict[str, Any]]:
    in_force = {item.code: item for item in queries.items_of(known.item_codes, clock.today())}
    return [
        {"code": code, "name": in_force[code].name if code in in_force else _("（不在现行清单内）")}
        for code in known.item_codes
    ]


def _present(known: Campaign) -> str:
    """The step at which a campaign stands; a cancelled one stands where it was left."""
    if known.state == "cancelled":
        return "draw" if known.seed else "witness" if known.commitment else "commit" if known.frozen_at else "freeze"
    return next(name for name, _label, states in STEPS if known.state in states)


def _steps(known: Campaign) -> list[dict[str, Any]]:
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
@audience("sampling.draw")
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


# ---- The hall --------------------------------------------------------------------------------------------------------


@views.get("/sampling/campaigns/<int:campaign_id>/hall")
@audience("sampling.read")
def hall(campaign_id: int) -> Any:
    """抽取大厅: the big screen of the room in which a draw is made."""
    return render_template("sampling/hall.html", **_hall(campaign_id))


@views.get("/sampling/campaigns/<int:campaign_id>/hall/scene")
@audience("sampling.read")
def hall_scene(campaign_id: int) -> Any:
    """What changes on the big screen; it asks every two seconds."""
    return render_template("sampling/_scene.html", **_hall(campaign_id))


def _hall(campaign_id: int) -> dict[str, Any]:
    known = queries.campaign(campaign_id, actor())
    screen = None
    if known.seed is not None and known.drawn_at is not None:
        since = int((clock.now() - known.drawn_at).total_seconds())
        screen = queries.screen(known, since // SECONDS_A_SCREEN)
    return {
        "campaign": known,
        "steps": _steps(known),
        "present": _present(known),
        "items": known.items or _items_today(known),
        "organ": staff.unit(known.organ_id),
        "screen": screen,
        "qr": _qr(known),
        "percent": percent,
    }


def _qr(known: Campaign) -> Markup | None:
    """What a witness's telephone keeps: number and commitment, readable without any network."""
    if known.commitment is None:
        return None
    code = segno.make(f"sealed-draw/1\n{known.number}\n{known.commitment.hex()}", error="m")
    return Markup(code.svg_inline(scale=1, border=2, omitsize=True, svgclass="qr", lineclass=None))  # noqa: S704


# ---- Witnesses -------------------------------------------------------------------------------------------------------


@views.route("/witness/<token>", methods=["GET", "POST"])
@audience(PUBLIC)
def witness(token: str) -> Any:
    """The page behind a one-time link: what was promised, and one line of text."""
    invitation = queries.open_invitation(sampling.token_hash(token))
    form = Form(SignedStatement(), request.form if request.method == "POST" else None, defaults={"by": invitation.name})
    if form.valid:
        with form.refusals():
            sampling.contribute_by_link(token, **form.data, address=request.remote_addr)
            return done(_("您的见证文本已记录，并公开显示。"), ".witness", token=token)
    page = render_template(
        "sampling/witness.html",
        form=form,
        token=token,
        invitation=invitation,
        given=queries.contribution_of(invitation.id),
        promised=queries.public_campaign(invitation.campaign_id),
        percent=percent,
    )
    return page, 422 if form.submitted else 200


# ---- The draw ledger -------------------------------------------------------------------------------------------------


@views.get("/public/draw-ledger")
@audience(PUBLIC)
def draw_ledger() -> Any:
    """Every commitment, draw and end in order, each line sealed with the one before it."""
    entries, found = queries.draw_ledger(**_neighbours())
    return render_template(
        "public/draw_ledger.html",
        entries=entries,
        found=found,
        events=EVENTS,
        broken_at=queries.draw_ledger_broken_at(),
    )


@views.get("/public/draw-ledger.tsv")
@audience(PUBLIC)
def draw_ledger_file() -> Any:
    """The whole ledger, for `verify.py --ledger`."""
    written = BytesIO(b"".join(ledger_tsv(queries.draw_ledger_lines())))
    return send_file(written, mimetype="text/tab-separated-values", as_attachment=True, download_name="draw-ledger.tsv")


# ---- Auditors --------------------------------------------------------------------------------------------------------


@views.get("/sampling/campaigns/<int:campaign_id>/audit")
@audience("sampling.audit")
def audit(campaign_id: int) -> Any:
    """What is behind the seals: for auditors alone."""
    return _audit_page(campaign_id, Form(Reason()))


@views.get("/sampling/campaigns/<int:campaign_id>/audit/findings")
@audience("sampling.audit")
def audit_findings(campaign_id: int) -> Any:
    """Whether seals, strata, grades of the run, officers, draw and ledger agree."""
    known = queries.campaign(campaign_id, actor())
    if known.commitment is None:
        raise NotFound(_("承诺公布之前没有可以核对的封签。"))
    return render_template("sampling/audit_findings.html", campaign=known, findings=audits.findings(known))


@views.post("/sampling/campaigns/<int:campaign_id>/open-seals")
@audience("sampling.audit")
def open_seals(campaign_id: int) -> Any:
    form = Form(Reason(), request.form)
    if form.valid:
        with form.refusals():
            opened = sampling.open_seals(campaign_id, **form.data, actor=actor())
            return send_file(opened, mimetype="text/csv", as_attachment=True, download_name="openings.csv")
    return _audit_page(campaign_id, form)


def _audit_page(campaign_id: int, form: Form) -> Any:
    known = queries.campaign(campaign_id, actor())
    opened, found = queries.opened(known, **_neighbours())
    page = render_template(
        "sampling/audit.html",
        campaign=known,
        form=form,
        opened=opened,
        found=found,
        case_states=STANDARD,
        replacements=queries.replacement_words(known.id),
        asked=[entry for entry in history("campaign", known.id) if entry.action == "sampling.open_seals"],
        **_survey_words(),
    )
    return page, 422 if form.submitted else 200


# ---- Officers --------------------------------------------------------------------------------------------------------


@views.route("/sampling/recusals", methods=["GET", "POST"])
@audience(STAFF)
def recusals() -> Any:
    """回避: which officers may not inspect which enterprises; each declares for himself, the bureau for others."""
    me = actor()
    form = Form(RecusalEntry(), request.form if request.method == "POST" else None, defaults={"declared_by": "officer"})
    if form.valid:
        with form.refusals():
            enterprise = registry.by_number(form.data.pop("number"))
            if enterprise is None:
                raise Refusal(_("没有这个统一社会信用代码或注册号的主体，请核对。"), field="number")
            sampling.declare_recusal(**form.data, enterprise_id=enterprise.id, actor=me)
            return done(_("回避已登记，之后的抽取不再把该主体派给此人。"), ".recusals")
    found = queries.recusals(me, **_neighbours())
    officers = staff.officers([row.Recusal.officer_id for row in found.rows])
    page = render_template(
        "sampling/recusals.html",
        form=form,
        found=found,
        officers=officers,
        enterprises=registry.brief([row.Recusal.enterprise_id for row in found.rows]),
        officer_options=queries.officers_to_recuse(me),
        kinds=RECUSAL_KINDS,
        declared=RECUSAL_SOURCES,
        kind_options=_options(RECUSAL_KINDS),
        source_options=_options(RECUSAL_SOURCES),
    )
    return page, 422 if form.submitted else 200


@views.post("/sampling/recusals/<int:recusal_id>/end")
@audience("accounts.officers")
def end_recusal(recusal_id: int) -> Any:
    sampling.end_recusal(recusal_id, actor=actor())
    return done(_("回避已解除。"), ".recusals")


@views.route("/sampling/cases/<int:case_id>/officer", methods=["GET", "POST"])
@audience("cases.approve")
def replace_officer(case_id: int) -> Any:
    """Gives the seat of an officer who cannot go to the next in the ranking of the draw."""
    case = cases.find(case_id, actor())
    form = Form(ReplacementEntry(), request.form if request.method == "POST" else None)
    if form.valid:
        with form.refusals():
            replaced = sampling.replace_officer(case_id, **form.data, actor=actor())
            joined = queries.officer_at(replaced.campaign_id, replaced.in_position)
            return done(_("已按抽取时的排序由 %(name)s 接替。", name=joined.name), ".replace_officer", case_id=case_id)
    member = queries.drawn_member(case.origin_id, case.enterprise_id)
    page = render_template(
        "sampling/replace_officer.html",
        form=form,
        case=case,
        enterprise=registry.brief([case.enterprise_id])[case.enterprise_id],
        team=cases.team(case),
        eligible=len(member.eligible),
        replacements=queries.replacement_words(member.campaign_id, member.position),
    )
    return page, 422 if form.submitted else 200


# ---- The desk --------------------------------------------------------------------------------------------------------


@views.get("/sampling/desk")
@audience("sampling.read")
def desk_panel() -> Any:
    """What waits for the reader: plans and campaigns at a step that is his."""
    waiting = queries.desk(actor())
    return render_template("sampling/desk_panel.html", waiting=waiting) if waiting else ""
