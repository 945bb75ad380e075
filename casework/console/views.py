"""Pages of the console: what runs, parameters, working calendar, audit log, health, style guide."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, current_app, render_template, request

from casework.console import operations as console
from casework.console import queries
from casework.console.rules import (
    KINDS,
    MEANINGS,
    STATES,
    action_label,
    choice_labels,
    job_label,
    kind_label,
    path_label,
    worded,
)
from casework.console.schemas import (
    WORKED,
    AuditFilter,
    CalendarFilter,
    Days,
    JobFilter,
    field_name,
    leaves,
    typed_of,
    value_of,
    value_schema,
)
from casework.core import clock
from casework.core.i18n import _
from casework.core.jobs import cancel, counts, of_message, run_again
from casework.core.ledger import history
from casework.core.parameters import calendar_days, remove_calendar_day
from casework.core.sheets import csv_lines
from casework.core.web import PUBLIC, STAFF, Form, actor, audience, done, download
from casework.settings import Settings

views = Blueprint("console", __name__)


# Health ---------------------------------------------------------------------------------------------------------------


@views.get("/healthz")
@audience(PUBLIC)
def healthz() -> Any:
    """Whether this process lives; asks nothing of others."""
    return _plain("ok", 200)


@views.get("/readyz")
@audience(PUBLIC)
def readyz() -> Any:
    """Whether database, structure and queue are there; what is wrong stands in the log only."""
    return _plain("unavailable", 503) if queries.lacking(_settings()) else _plain("ready", 200)


def _plain(words: str, status: int) -> Response:
    response = Response(words, status, mimetype="text/plain")
    response.headers["Cache-Control"] = "no-store"
    return response


# Jobs -----------------------------------------------------------------------------------------------------------------


@views.get("/console/jobs", endpoint="jobs")
@audience("console.operate")
def list_jobs() -> Any:
    form = Form(JobFilter(), request.args)
    numbers = counts()
    state = form.data.get("state") or next((state for state in STATES if numbers.get(state)), "done")
    return render_template(
        "console/jobs.html",
        signs=queries.signs(_settings()),
        waiting=queries.waiting_to_begin(),
        counts=numbers,
        state=state,
        states=STATES,
        meaning=MEANINGS[state],
        found=queries.jobs_in(state, after=request.args.get("after"), before=request.args.get("before")),
        job_label=job_label,
    )


@views.get("/console/jobs/<uuid:message_id>")
@audience("console.operate")
def job(message_id: UUID) -> Any:
    return render_template(
        "console/job.html",
        message=queries.message(message_id),
        jobs=of_message(message_id),
        history=history("job", message_id),
        states=STATES,
        meanings=MEANINGS,
        job_label=job_label,
        action_label=action_label,
    )


@views.post("/console/jobs/<uuid:message_id>/run-again")
@audience("console.operate")
def run_job_again(message_id: UUID) -> Any:
    run_again(message_id, actor=actor())
    return done(_("任务已重新送出。"), ".job", message_id=message_id)


@views.post("/console/jobs/<uuid:message_id>/cancel")
@audience("console.operate")
def cancel_job(message_id: UUID) -> Any:
    cancel(message_id, actor=actor())
    return done(_("已通知任务停止，它会在下一次报告进展时停下，改动全部撤回。"), ".job", message_id=message_id)


@views.get("/console/progress/<uuid:message_id>")
@audience(STAFF)
def job_progress(message_id: UUID) -> Any:
    """A fragment for pages of other rooms: how far the work is that this reader began; nothing for anybody else."""
    message = queries.own_message(message_id, actor())
    if message is None:
        return "", 404
    return render_template(
        "console/job_progress.html", message=message, jobs=of_message(message_id), job_label=job_label
    )


@views.get("/console/desk-panel")
@audience("console.operate")
def desk_panel() -> Any:
    """For the desk of operators: what is not well."""
    troubles = [sign for sign in queries.signs(_settings()) if not sign.well]
    return render_template("console/desk_panel.html", troubles=troubles)


@views.get("/console/audit-desk-panel")
@audience("console.audit")
def audit_desk_panel() -> Any:
    """For the desk of auditors: the latest of what they watch."""
    return render_template("console/audit_desk_panel.html", entries=queries.watched(), action_label=action_label)


# Parameters -----------------------------------------------------------------------------------------------------------


@views.get("/console/parameters")
@audience("console.parameters")
def parameters() -> Any:
    return render_template("console/parameters.html", standings=queries.standings(), worded=worded)


@views.route("/console/parameters/<key>", methods=["GET", "POST"])
@audience("console.parameters")
def parameter(key: str) -> Any:
    standing = queries.standing(key)
    shipped = standing.definition.shipped[-1].value
    known = standing.now.value if standing.now else shipped
    form = Form(value_schema(shipped), request.form if request.method == "POST" else None, defaults=typed_of(known))
    if form.valid:
        with form.refusals():
            console.set_parameter(
                key,
                value_of(shipped, form.data),
                effective_from=form.data["effective_from"],
                document_no=form.data["document_no"],
                actor=actor(),
            )
            return done(_("“%(label)s”的新取值已保存。", label=_(standing.definition.label)), ".parameter", key=key)
    page = render_template(
        "console/parameter.html",
        form=form,
        standing=standing,
        leaves=[(field_name(path), path_label(path), sample, choice_labels(path)) for path, sample in leaves(shipped)],
        labels={field_name(path): path_label(path) for path, _sample in leaves(shipped)},
        history=queries.parameter_history(key),
        worded=worded,
    )
    return page, 422 if form.submitted else 200


# Calendar -------------------------------------------------------------------------------------------------------------


@views.get("/console/calendar")
@audience("console.parameters")
def calendar() -> Any:
    form = Form(CalendarFilter(), request.args)
    year = form.data.get("year") or clock.today().year
    return render_template(
        "console/calendar.html",
        year=year,
        months=queries.year(year),
        entries=calendar_days(year),
        worked=WORKED,
    )


@views.route("/console/calendar/enter", methods=["GET", "POST"])
@audience("console.parameters")
def enter_days() -> Any:
    """Enters days that a notice names; `?day=` begins with one of them."""
    form = Form(Days(), request.form if request.method == "POST" else None, defaults=_known_day())
    if form.valid:
        entry = {**form.data, "worked": form.data["worked"] == "1"}
        with form.refusals():
            count = console.enter_days(**entry, actor=actor())
            return done(_("已录入 %(count)s 天。", count=count), ".calendar", year=entry["first"].year)
    page = render_template("console/days.html", form=form, worked=_options(WORKED))
    return page, 422 if form.submitted else 200


def _known_day() -> dict[str, Any]:
    try:
        day = date.fromisoformat(request.args.get("day", ""))
    except ValueError:
        return {}
    entry = queries.calendar_day(day)
    if entry is None:
        return {"first": day}
    source = "" if entry.provisional else entry.source
    return {"first": day, "worked": "1" if entry.worked else "0", "name": entry.name, "source": source}


@views.post("/console/calendar/<day>/remove")
@audience("console.parameters")
def remove_day(day: str) -> Any:
    known = queries.differing_day(day)
    remove_calendar_day(known.day, actor=actor())
    return done(_("%(day)s 已删除，按平常的周历计算。", day=known.day.isoformat()), ".calendar", year=known.day.year)


# Audit log ------------------------------------------------------------------------------------------------------------


@views.get("/console/audit")
@audience("console.audit")
def audit() -> Any:
    form = Form(AuditFilter(), request.args)
    return render_template(
        "console/audit.html",
        form=form,
        found=queries.audit(after=request.args.get("after"), before=request.args.get("before"), **form.data),
        kinds=_options(KINDS),
        kind_label=kind_label,
        action_label=action_label,
    )


@views.post("/console/audit/export")
@audience("console.audit")
def export_audit() -> Any:
    """What the filters keep as CSV. Taking the log out of the house stands in the log."""
    form = Form(AuditFilter(), request.form)
    console.note_audit_export(form.data, actor=actor())
    header = [
        _("时间"), _("人员"), _("岗位"), _("操作"), _("对象"), _("编号"), _("变更前"), _("变更后"), _("说明"),
        _("来源地址"), _("请求编号"),
    ]  # fmt: skip
    lines = csv_lines(header, (_audit_row(entry) for entry in queries.all_audited(**form.data)))
    return download(lines, name=f"audit-{clock.today():%Y%m%d}.csv", media_type="text/csv")


def _audit_row(entry: Any) -> list[Any]:
    return [
        f"{entry.at.astimezone(clock.LOCAL_ZONE):%Y-%m-%d %H:%M:%S}",
        entry.actor_name,
        _("、").join(entry.actor_roles),
        action_label(entry.action),
        kind_label(entry.subject_kind),
        entry.subject_id,
        entry.before,
        entry.after,
        entry.note,
        entry.address,
        entry.request_id,
    ]


# Style guide ----------------------------------------------------------------------------------------------------------


@views.get("/style-guide")
@audience(STAFF)
def style_guide() -> Any:
    """Every component of the interface once."""
    return render_template("styleguide.html")


def _settings() -> Settings:
    settings: Settings = current_app.config["CASEWORK"]
    return settings


def _options(table: Mapping[str, str]) -> list[tuple[str, str]]:
    return [(key, _(label)) for key, label in table.items()]
