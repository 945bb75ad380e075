"""Pages of plans: their lines, and each step from draft to publication."""

from collections.abc import Callable, Mapping
from typing import Any

from flask import render_template, request

from casework.accounts import queries as staff
from casework.core import clock, parameters
from casework.core.errors import NotFound
from casework.core.i18n import _
from casework.core.schemas import Schema
from casework.core.web import Form, actor, audience, done
from casework.sampling import operations as sampling
from casework.sampling import queries
from casework.sampling.models import Plan, PlanLine
from casework.sampling.rules import CADENCES, PLAN, PLAN_IN_FORCE, batches, overlaps, percent
from casework.sampling.schemas import Filing, Nothing, PlanEntry, PlanLineEntry, Reason, scheme_defaults
from casework.sampling.views.base import events_of, neighbours, open_moves, options, pool_words, views
from casework.sampling.views.schemes import scheme_options, scheme_start


@views.get("/sampling/plans")
@audience("sampling.read")
def plans() -> Any:
    found = queries.plans(actor(), **neighbours())
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
        moves=open_moves(PLAN, known.state),
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
        events=events_of("plan", known.id),
        **pool_words(),
    )
    return page, 422 if form is not None and form.submitted else 200


@views.route("/sampling/plans/<int:plan_id>/lines/new", methods=["GET", "POST"])
@audience("sampling.plan")
def create_line(plan_id: int) -> Any:
    known = queries.plan(plan_id, actor())
    defaults = scheme_start() | {"cadence": "once", "org_id": known.org_id}
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
        cadence_options=options(CADENCES),
        **scheme_options(),
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
@audience("sampling.publish")
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
