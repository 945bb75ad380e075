"""Pages of the key domains, for the business line: objects by tier, who is due, receipts, deliveries, plans."""

from collections.abc import Callable, Sequence
from typing import Any, BinaryIO, cast

from flask import Blueprint, redirect, render_template, request, url_for

from casework.accounts import queries as staff
from casework.core import clock, parameters, sheets
from casework.core.errors import NotFound
from casework.core.i18n import N_, _
from casework.core.ledger import history
from casework.core.schemas import Schema
from casework.core.web import Form, actor, audience, done, download
from casework.core.workflow import move_label
from casework.keydomains import operations as keydomains
from casework.keydomains import queries
from casework.keydomains.assessment import counted_from
from casework.keydomains.domains import DOMAINS
from casework.keydomains.models import CoveragePlan, KeySubject
from casework.keydomains.operations.imports import COLUMNS
from casework.keydomains.queries import MOST_EXPORTED, Wanted
from casework.keydomains.rules import (
    ADJUSTMENTS,
    COVERAGE,
    DUE,
    FUNCTIONS,
    GRADE_LABELS,
    PARTS,
    SOURCES,
    TIERS,
    due_state,
)
from casework.keydomains.schemas import Because, Coverage, Delivery, Filter, NewCoverage
from casework.registry import queries as registry

views = Blueprint("keydomains", __name__)

WORDS = {
    "TIERS": TIERS,
    "DUE": DUE,
    "GRADE_LABELS": GRADE_LABELS,
    "FUNCTIONS": FUNCTIONS,
    "SOURCES": SOURCES,
    "PARTS": PARTS,
    "ADJUSTMENTS": ADJUSTMENTS,
}
"""What the templates word."""

ONE_OF = "<any({}):domain>".format(",".join(queries.ORDER))


def _frame(key: str) -> dict[str, Any]:
    """What every page of a domain shows: the domain itself, and the tabs of those that the reader may see."""
    known = queries.domain_for(actor(), key)
    return {"domain": known, "domains": queries.domains_of(actor()), **WORDS}


def _due(known: KeySubject) -> str:
    return due_state(known.due_on, clock.today(), parameters.value("keydomains.lead_days"))


# ---- A domain --------------------------------------------------------------------------------------------------------


@views.get("/key-domains")
@audience("keydomains.read")
def overview() -> Any:
    """The first domain of the reader's line."""
    first = next(iter(queries.domains_of(actor())), None)
    if first is None:
        raise NotFound(_("您的业务条线没有重点领域。"))
    return redirect(url_for(".domain", domain=first), 303)


@views.get(f"/key-domains/{ONE_OF}")
@audience("keydomains.read")
def domain(domain: str) -> Any:
    """Objects of a domain in the reader's area: by tier, due and overdue, coverage of the year."""
    frame = _frame(domain)
    form, wanted = _wanted()
    found = queries.subjects(
        domain, wanted, actor(), after=request.args.get("after"), before=request.args.get("before")
    )
    units = staff.units(actor())
    return render_template(
        "keydomains/domain.html",
        **frame,
        form=form,
        wanted=wanted,
        found=found,
        total=queries.count(domain, wanted, actor()),
        figures=queries.figures(domain, actor()),
        briefs=registry.brief(row.KeySubject.enterprise_id for row in found.rows),
        unit_names=staff.unit_names(),
        units=[(unit.id, "　" * (unit.path.count("/") - 2) + unit.short_name) for unit in units],
        due=_due,
        days_left=lambda day: (day - clock.today()).days,
        today=clock.today(),
        most_exported=MOST_EXPORTED,
        combination=parameters.in_force(f"keydomains.combination.{domain}"),
        frequencies=parameters.in_force(f"keydomains.tiers.{domain}"),
    )


def _wanted() -> tuple[Form, Wanted]:
    """The filters of the address; one that cannot be understood is shown and left out."""
    form = Form(Filter(), request.values)
    given = form.data if form.valid else {}
    unit_id = given.get("unit_id")
    if unit_id is not None and not staff.sees_unit(actor(), unit_id):
        raise NotFound(_("没有这个机构，或者不在您的管辖范围。"))
    return form, Wanted(**given)


@views.post(f"/key-domains/{ONE_OF}/export")
@audience("keydomains.read")
def export(domain: str) -> Any:
    """The list as shown, of the reader's own area, without any credit grade; written down in the audit log."""
    known = queries.domain_for(actor(), domain)
    _form, wanted = _wanted()
    rows = queries.export(domain, wanted, actor())
    keydomains.note_export(domain, wanted.filters, len(rows), actor=actor())
    briefs, names = registry.brief(row.enterprise_id for row in rows), staff.unit_names()
    header = [
        _("统一社会信用代码"), _("名称"), _("管辖单位"), _("业态"), _("专业等级"), _("监管级别"), _("上次检查"),
        _("应于何日前检查"), _("到期情况"),
    ]  # fmt: skip
    lines = (
        (
            briefs[row.enterprise_id].number,
            briefs[row.enterprise_id].name,
            names.get(briefs[row.enterprise_id].org_id),
            _("、").join(_(known.trade(trade).label) for trade in row.trades),
            row.grade,
            row.tier,
            row.last_visit_on,
            row.due_on,
            _(DUE[_due(row)]),
        )
        for row in rows
    )
    name = _("%(domain)s重点监管对象-%(day)s.csv", domain=_(known.label), day=clock.today().isoformat())
    return download(sheets.csv_lines(header, lines), name=name, media_type="text/csv")


@views.post("/key-domains/assess")
@audience("keydomains.keep")
def assess() -> Any:
    """Asks for everybody to be assessed anew."""
    keydomains.request_assessment(actor=actor())
    return done(_("已开始重新评定，可以离开本页。"), ".overview")


# ---- One object ------------------------------------------------------------------------------------------------------


@views.get(f"/key-domains/{ONE_OF}/<int:enterprise_id>")
@audience("keydomains.read")
def subject(domain: str, enterprise_id: int) -> Any:
    """The receipt: which grades, which function, which parameters and documents, which adjustments; and all before."""
    frame = _frame(domain)
    known = queries.subject(domain, enterprise_id, actor())
    enterprise = registry.find(enterprise_id, actor())
    records = {row.id: row for row in registry.records(enterprise_id)}
    return render_template(
        "keydomains/subject.html",
        **frame,
        subject=known,
        enterprise=enterprise,
        grade=queries.grade(known.grade_id),
        computed=queries.grade(known.computed_id),
        tier=queries.tier(known.tier_id),
        grades=queries.grade_history(domain, enterprise_id),
        tiers=queries.tier_history(domain, enterprise_id),
        records=records,
        due=_due(known),
        left=(known.due_on - clock.today()).days,
        counted_from=max(known.since, counted_from(domain, clock.today())),
        shows_credit=actor().may("grading.read"),
    )


@views.get("/enterprises/<int:enterprise_id>/key-domains")
@audience("keydomains.read")
def enterprise_panel(enterprise_id: int) -> Any:
    """For the page of an enterprise: how it stands in the domains of the reader's line."""
    found = queries.standings(enterprise_id, actor())
    return render_template(
        "keydomains/enterprise_panel.html",
        rows=[(known, DOMAINS[known.domain], queries.tier(known.tier_id), _due(known)) for known in found],
        days_left=lambda day: (day - clock.today()).days,
        **WORDS,
    )


# ---- Deliveries ------------------------------------------------------------------------------------------------------


@views.route(f"/key-domains/{ONE_OF}/imports/new", methods=["GET", "POST"])
@audience("keydomains.keep")
def import_grades(domain: str) -> Any:
    """Takes in a delivery of the professional system, or tries it."""
    frame = _frame(domain)
    form = Form(Delivery(), request.form if request.method == "POST" else None, defaults={"dry_run": True})
    file = request.files.get("file")
    if form.submitted and (file is None or not file.filename):
        form.add_error("file", _("请选择要导入的文件。"))
    if form.valid and file is not None:
        with form.refusals():
            batch = keydomains.import_grades(
                domain, cast(BinaryIO, file.stream), name=file.filename or "", **form.data, actor=actor()
            )
            sentence = _("已试算，没有保存。") if batch.dry_run else _("已导入。")
            return done(sentence, ".batch", domain=domain, batch_id=batch.id)
    page = render_template("keydomains/import_new.html", **frame, form=form, batches=queries.batches(domain))
    return page, 422 if form.submitted else 200


@views.get(f"/key-domains/{ONE_OF}/imports/<int:batch_id>")
@audience("keydomains.keep")
def batch(domain: str, batch_id: int) -> Any:
    """What became of each row of a delivery."""
    return render_template("keydomains/batch.html", **_frame(domain), batch=queries.batch(domain, batch_id))


@views.get("/key-domains/template.csv")
@audience("keydomains.keep")
def template() -> Any:
    """The columns of a delivery, with one row to show them."""
    header = [names[0] for names in COLUMNS.values()]
    example = ("92411627MA4400024K", "B", 42, "2026-01-01")
    return download(sheets.csv_lines(header, [example]), name=_("专业等级导入模板.csv"), media_type="text/csv")


# ---- Full coverage ---------------------------------------------------------------------------------------------------


@views.get("/key-domains/plans")
@audience("keydomains.read")
def plans() -> Any:
    """Coverage plans of the reader's area and lines."""
    found = queries.plans(actor())
    return render_template(
        "keydomains/plans.html",
        plans=found,
        domains=queries.domains_of(actor()),
        workflow=COVERAGE,
        units=staff.unit_names(),
        due={
            each.id: queries.count(each.domain, Wanted(due="overdue", unit_id=each.org_id), actor()) for each in found
        },
    )


@views.route("/key-domains/plans/new", methods=["GET", "POST"])
@audience("keydomains.plan")
def plan_coverage() -> Any:
    """Drafts a plan."""
    domains, year = queries.domains_of(actor()), clock.today().year
    defaults = {
        "year": year,
        "title": _("%(year)s年全覆盖检查计划", year=year),
        "org_id": actor().org_id,
        "monthly_most": 30,
        "officers_per_case": parameters.value("sampling.officers_per_case"),
    }
    form = Form(NewCoverage(), request.form if request.method == "POST" else None, defaults=defaults)
    if form.valid:
        with form.refusals():
            made = keydomains.plan_coverage(**form.data, actor=actor())
            return done(_("计划已建立。"), ".plan", plan_id=made.id)
    page = render_template(
        "keydomains/plan_form.html",
        form=form,
        plan=None,
        domains=[(key, _(known.label)) for key, known in domains.items()],
        bureaus=[(unit.id, unit.name) for unit in staff.units(actor()) if unit.kind != "office"],
    )
    return page, 422 if form.submitted else 200


@views.get("/key-domains/plans/<int:plan_id>")
@audience("keydomains.read")
def plan(plan_id: int) -> Any:
    return _plan_page(plan_id)


def _plan_page(plan_id: int, form: Form | None = None) -> Any:
    known = queries.plan(plan_id, actor())
    opened = queries.batches_of(plan_id)
    page = render_template(
        "keydomains/plan.html",
        plan=known,
        domain=DOMAINS[known.domain],
        form=form or Form(Because()),
        workflow=COVERAGE,
        moves=_open_moves(known),
        units=staff.unit_names(),
        batches=opened,
        progress=queries.progress_of([each.id for each in opened]),
        counts={state: queries.count(known.domain, Wanted(due=state, unit_id=known.org_id), actor()) for state in DUE},
        lead_days=parameters.value("keydomains.lead_days"),
        events=_events(known),
        DUE=DUE,
    )
    return page, 422 if form is not None and form.submitted else 200


def _open_moves(known: CoveragePlan) -> set[str]:
    """The moves that this reader may make; who wrote a plan does not approve it."""
    own = known.author_id == actor().id
    return {
        move.name
        for move in COVERAGE.moves_from(known.state)
        if actor().may(move.permission or "") and not (own and move.name == "approve")
    }


def _events(known: CoveragePlan) -> Sequence[dict[str, Any]]:
    """What was done, newest first, as `flow.timeline` wants it."""
    return [
        {
            "when": entry.at.astimezone(clock.LOCAL_ZONE).strftime("%Y-%m-%d %H:%M"),
            "title": _(move_label(entry.action) or PLAN_ACTS.get(entry.action, entry.action)),
            "text": _("、").join(filter(None, [entry.actor_name, entry.note])),
            "url": None,
            "kind": "plain",
        }
        for entry in history("coverage_plan", known.id)
    ]


PLAN_ACTS = {"keydomains.plan_coverage": N_("编制计划"), "keydomains.change_coverage": N_("修改计划")}


@views.route("/key-domains/plans/<int:plan_id>/change", methods=["GET", "POST"])
@audience("keydomains.plan")
def change_coverage(plan_id: int) -> Any:
    """Changes a draft."""
    known = queries.plan(plan_id, actor())
    defaults = {name: getattr(known, name) for name in Coverage().fields}
    form = Form(Coverage(), request.form if request.method == "POST" else None, defaults=defaults)
    if form.valid:
        with form.refusals():
            keydomains.change_coverage(plan_id, **form.data, actor=actor())
            return done(_("计划已修改。"), ".plan", plan_id=plan_id)
    page = render_template("keydomains/plan_form.html", form=form, plan=known, domains=[], bureaus=[])
    return page, 422 if form.submitted else 200


@views.post("/key-domains/plans/<int:plan_id>/submit")
@audience("keydomains.plan")
def submit_coverage(plan_id: int) -> Any:
    return _verb(plan_id, Schema(), keydomains.submit_coverage, _("已提交批准。"))


@views.post("/key-domains/plans/<int:plan_id>/approve")
@audience("keydomains.approve")
def approve_coverage(plan_id: int) -> Any:
    return _verb(plan_id, Schema(), keydomains.approve_coverage, _("计划已批准，到期的对象自动安排检查。"))


@views.post("/key-domains/plans/<int:plan_id>/send-back")
@audience("keydomains.approve")
def send_coverage_back(plan_id: int) -> Any:
    return _verb(plan_id, Because(), keydomains.send_coverage_back, _("已退回。"))


@views.post("/key-domains/plans/<int:plan_id>/end")
@audience("keydomains.approve")
def end_coverage(plan_id: int) -> Any:
    return _verb(plan_id, Because(), keydomains.end_coverage, _("计划已停止，已安排的检查继续办理。"))


def _verb(plan_id: int, schema: Schema, verb: Callable[..., object], sentence: str) -> Any:
    """One verb of a plan from its page; a refusal is shown on that page."""
    form = Form(schema, request.form)
    if form.valid:
        with form.refusals():
            verb(plan_id, **form.data, actor=actor())
            return done(sentence, ".plan", plan_id=plan_id)
    return _plan_page(plan_id, form)
