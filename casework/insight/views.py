"""Pages of the statistics: overview, checks, what the draws found, whom they spared, grades by place; files of them."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from flask import Blueprint, render_template, request, url_for

from casework.accounts import queries as staff
from casework.core import clock, parameters
from casework.core.errors import NotFound
from casework.core.i18n import _
from casework.core.sheets import WORKBOOK, csv_lines, workbook
from casework.core.web import Form, actor, audience, download
from casework.insight import figures, queries, tables
from casework.insight.queries import GradeCounts, Scope
from casework.insight.schemas import ORIGINS, Period
from casework.insight.tables import BY, DEFINITIONS, GRADES_BY, Table, percent
from casework.registry import queries as registry
from casework.sampling import queries as sampling

views = Blueprint("insight", __name__, url_prefix="/insight")

PAGES = ("overview", "checks", "hits", "spared", "frequency", "tasks", "grades", "definitions")


def _scope(form: Form) -> Scope:
    """The period and area asked for; without any, this year up to yesterday (统计日期 only up to yesterday)."""
    last = min(form.data.get("last", queries.as_of()), queries.as_of())
    first = form.data.get("first", last.replace(month=1, day=1))
    origin = form.data.get("origin", "draw")
    area = form.data.get("area")
    known = {unit.id for unit in _areas()} if area else ()
    return Scope(actor(), first, last, "" if origin == "all" else origin, area if area in known else None)


def _areas() -> list[Any]:
    """The counties that the reader may see, for the filter."""
    return [unit for unit in staff.units(actor()) if unit.kind == "county"]


def _show(page: str, form: Form, scope: Scope, **more: Any) -> Any:
    asked = {name: value.isoformat() if isinstance(value, date) else value for name, value in form.data.items()}
    labels = {
        "overview": _("概览"),
        "checks": _("检查情况"),
        "hits": _("各等级发现率"),
        "spared": _("无事不扰"),
        "frequency": _("检查频次"),
        "tasks": _("任务与计划"),
        "grades": _("等级分布"),
        "definitions": _("指标口径"),
    }
    return render_template(
        f"insight/{page}.html",
        form=form,
        scope=scope,
        asked=asked,
        tabs=[(labels[name], url_for(f".{name}", **asked), name == page, None) for name in PAGES],
        period=_("%(first)s 至 %(last)s", first=scope.first.isoformat(), last=scope.last.isoformat()),
        as_of=f"{queries.as_of()} 24:00",
        now_at=registry.census_moment().astimezone(clock.LOCAL_ZONE).strftime("%Y-%m-%d %H:%M"),
        origins=[(key, _(label)) for key, label in ORIGINS.items()],
        areas=[(str(unit.id), unit.short_name) for unit in _areas()],
        percent=percent,
        **more,
    )


# ---- Pages -----------------------------------------------------------------------------------------------------------


@views.get("")
@audience("insight.read")
def overview() -> Any:
    """What a leader wants to know in a minute."""
    form = Form(Period(), request.args)
    scope = _scope(form)
    found, spared = queries.hits(scope), queries.visits_spared(scope)
    return _show(
        "overview",
        form,
        scope,
        total=queries.total(scope),
        coverage=queries.coverage(scope),
        progress=queries.progress(scope),
        course=figures.course(queries.by_month(scope)),
        hits=figures.hits(found.strata),
        spared=figures.spared(spared),
        riskiest=figures.areas(queries.grades_by_area(scope.actor)),
    )


@views.get("/checks")
@audience("insight.read")
def checks() -> Any:
    form = Form(Period(), request.args)
    scope, by = _scope(form), _one_of(BY, "area")
    table = tables.checks(scope, by)
    rates = tables.problem_rates(table)
    chart = figures.course(queries.by_month(scope)) if by == "month" else figures.problems(rates, tones=by == "grade")
    options = {key: grouping.label for key, grouping in BY.items()}
    return _show("checks", form, scope, by=by, table=table, options=options, chart=chart)


def _merged(scope: Scope) -> Mapping[str | None, int]:
    return sampling.merged_by_grade(scope.actor, scope.first, scope.last)


@views.get("/frequency")
@audience("insight.read")
def frequency() -> Any:
    """How often enterprises are visited, against the cap; who is visited more often, and why."""
    form = Form(Period(), request.args)
    scope = _scope(form)
    organs, often = queries.frequency(scope), queries.too_often(scope)
    cap = parameters.in_force("cases.annual_cap", scope.last)
    return _show(
        "frequency",
        form,
        scope,
        table=tables.frequency(organs),
        chart=figures.frequency(organs, cap.value),
        often=often,
        names=registry.brief([one.enterprise_id for one in often]),
        cap=cap,
        year=scope.last.year,
    )


@views.get("/tasks")
@audience("insight.read")
def tasks() -> Any:
    form = Form(Period(), request.args)
    scope = _scope(form)
    organs = queries.tasks_by_organ(scope)
    return _show("tasks", form, scope, table=tables.tasks(organs), chart=figures.tasks(organs))


@views.get("/hits")
@audience("insight.read")
def hits() -> Any:
    form = Form(Period(), request.args)
    scope = _scope(form)
    found = queries.hits(scope)
    return _show(
        "hits",
        form,
        scope,
        found=found,
        foretold=queries.prediction(scope, found),
        table=tables.hits(found.strata),
        chart=figures.hits(found.strata),
    )


@views.get("/spared")
@audience("insight.read")
def spared() -> Any:
    form = Form(Period(), request.args)
    scope = _scope(form)
    found = queries.visits_spared(scope)
    return _show(
        "spared",
        form,
        scope,
        found=found,
        table=tables.spared(found),
        merged=tables.merged(_merged(scope)),
        chart=figures.spared(found),
        progress=queries.progress(scope),
    )


@views.get("/grades")
@audience("insight.read")
def grades() -> Any:
    form = Form(Period(), request.args)
    scope, by = _scope(form), _one_of(GRADES_BY, "area")
    found = _grades(scope, by)
    chart = figures.areas(found) if by == "area" else figures.industries(found)
    return _show("grades", form, scope, by=by, table=tables.grades(found, by), options=GRADES_BY, chart=chart)


@views.get("/definitions")
@audience("insight.read")
def definitions() -> Any:
    form = Form(Period(), request.args)
    meanings = [(_(label), _(meaning)) for label, meaning in DEFINITIONS]
    return _show("definitions", form, _scope(form), definitions=meanings)


@views.get("/<name>.<form>")
@audience("insight.read")
def export(name: str, form: str) -> Any:
    """One table as a file, CSV or XLSX, with the reader's rows alone."""
    table = _table(name, _scope(Form(Period(), request.args)))
    if table is None or form not in ("csv", "xlsx"):
        raise NotFound(_("没有这张统计表。"))
    if form == "xlsx":
        data = workbook(table.title, table.file_head(), table.file_rows())
        return download(data, name=f"{table.title}.xlsx", media_type=WORKBOOK)
    lines = csv_lines(table.file_head(), table.file_rows())
    return download(lines, name=f"{table.title}.csv", media_type="text/csv")


def _table(name: str, scope: Scope) -> Table | None:
    kind, _dash, by = name.partition("-")
    match kind:
        case "checks" if by in BY:
            return tables.checks(scope, by)
        case "grades" if by in GRADES_BY:
            return tables.grades(_grades(scope, by), by)
        case "hits":
            return tables.hits(queries.hits(scope).strata)
        case "spared":
            return tables.spared(queries.visits_spared(scope))
        case "merged":
            return tables.merged(_merged(scope))
        case "frequency":
            return tables.frequency(queries.frequency(scope))
        case "tasks":
            return tables.tasks(queries.tasks_by_organ(scope))
    return None


@views.get("/desk")
@audience("insight.read")
def desk_panel() -> Any:
    """The one chart that matters to a leader, on the desk."""
    if not {"director", "deputy", "credit", "county"} & set(actor().roles):
        return ""
    scope = _scope(Form(Period(), {}))
    return render_template(
        "insight/desk_panel.html",
        chart=figures.hits(queries.hits(scope).strata),
        period=_("%(first)s 至 %(last)s", first=scope.first.isoformat(), last=scope.last.isoformat()),
    )


def _one_of(options: Any, default: str) -> str:
    by = request.args.get("by", default)
    return by if by in options else default


def _grades(scope: Scope, by: str) -> list[GradeCounts]:
    return queries.grades_by_area(scope.actor) if by == "area" else queries.grades_by_industry(scope.actor)
