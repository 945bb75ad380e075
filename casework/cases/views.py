"""Pages of the cases room: docket, one case, the officer's visit, approval, two reviews, follow-up."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import segno
from flask import Blueprint, Response, current_app, flash, redirect, render_template, request, url_for

from casework.accounts import queries as staff
from casework.accounts.rules import EXPERT_KINDS, LINES
from casework.cases import operations as cases
from casework.cases import queries
from casework.cases.kinds import KINDS
from casework.cases.models import Case, Evidence
from casework.cases.papers import ORDERED_UNDER
from casework.cases.rules import (
    BEFORE,
    MEASURES,
    METHODS,
    NOTHING,
    RECTIFICATION_OUTCOMES,
    SIGNATURES,
    SOURCES,
    STANDARD,
    TOLD,
    TRACK,
    ResultCode,
)
from casework.cases.schemas import (
    STATES,
    Approval,
    Arrival,
    Assistance,
    CheckInCode,
    Closing,
    Conclusion,
    Departure,
    DocketFilter,
    ItemResult,
    LateApproval,
    Note,
    Nothing,
    Notification,
    Order,
    Piece,
    Reason,
    Recheck,
    Replacement,
    Settlement,
    Several,
    SignedConclusion,
    Suspension,
    Team,
    Termination,
    UrgentArrival,
)
from casework.core import clock, files, parameters
from casework.core.actor import Actor
from casework.core.deadlines import DUE, WEEK
from casework.core.desk import Task
from casework.core.errors import NotFound, Refusal
from casework.core.i18n import N_, _
from casework.core.ledger import AuditEntry, history
from casework.core.schemas import Schema
from casework.core.web import PUBLIC, Form, actor, audience, done
from casework.documents.rules import code_as_typed, code_in_groups
from casework.registry import queries as registry

views = Blueprint("cases", __name__)

Page = Callable[..., Any]

# ---- Lists -----------------------------------------------------------------------------------------------------------


@views.get("/cases")
@audience("cases.read")
def docket() -> Any:
    form = Form(DocketFilter(), request.args)
    found = queries.docket(actor(), **form.data, after=request.args.get("after"), before=request.args.get("before"))
    page = "cases/docket.html"
    return render_template(page, form=form, found=found, **_about_rows(found.rows), **_filters())


@views.get("/cases/mine")
@audience("cases.inspect")
def mine() -> Any:
    rows = queries.mine(actor())
    week_ahead = clock.today() + WEEK
    page = "cases/mine.html"
    return render_template(page, rows=rows, officer=actor().officer_id, week_ahead=week_ahead, **_about_rows(rows))


@views.get("/cases/worker.js")
@audience(PUBLIC)
def worker() -> Any:
    """What keeps the pages of a visit on the device; a browser lets it care for the addresses beside its own."""
    response = current_app.send_static_file("visit-worker.js")
    response.headers["Cache-Control"] = "no-cache"
    return response


@views.get("/cases/approvals")
@audience("cases.approve")
def approvals() -> Any:
    found = queries.to_approve(actor(), after=request.args.get("after"), before=request.args.get("before"))
    prepared = queries.prepared(found.rows)
    return render_template("cases/approvals.html", found=found, prepared=prepared, **_about_rows(found.rows))


@views.post("/cases/submit")
@audience("cases.inspect")
def submit_several() -> Any:
    return _each(cases.submit, _("%(count)s 件已提交审批。"), ".mine")


@views.post("/cases/approve")
@audience("cases.approve")
def approve_several() -> Any:
    return _each(cases.approve, _("%(count)s 件已批准，检查通知书已签发。"), ".approvals")


def _each(verb: Callable[..., object], sentence: str, endpoint: str) -> Any:
    """One verb for the ticked cases; those that are refused are named with the reason."""
    form = Form(Several(), request.form)
    ticked = form.data.get("case_ids", [])
    through, refused = cases.each(verb, ticked, actor=actor())
    for case_id, reason in refused[:5]:
        flash(_("%(number)s：%(reason)s", number=queries.find(case_id, actor()).number, reason=reason), "refused")
    if len(refused) > 5:
        flash(_("另有 %(count)s 件没有办成，请逐件查看。", count=len(refused) - 5), "refused")
    if not ticked:
        flash(_("请先勾选案件。"), "warning")
    if not through:
        return redirect(url_for(endpoint), 303)
    return done(sentence % {"count": len(through)}, endpoint)


def _about_rows(rows: Iterable[Any]) -> dict[str, Any]:
    """What a list of cases says beside their own columns."""
    return {
        "enterprises": registry.brief({row.enterprise_id for row in rows}),
        "units": staff.unit_names(),
        "kinds": KINDS,
        "states": STANDARD,
        "sources": SOURCES,
        "days_left": queries.days_left,
    }


def _filters() -> dict[str, Any]:
    units = [(unit.id, "　" * (unit.path.count("/") - 2) + unit.short_name) for unit in staff.units(actor())]
    kinds = {kind.key: kind.label for kind in KINDS.values()}
    return {
        "unit_options": units,
        "state_options": _options(STATES),
        "due_options": _options(DUE),
        "kind_options": _options(kinds),
    }


def _options(table: Mapping[str, str]) -> list[tuple[str, str]]:
    return [(key, _(label)) for key, label in table.items()]


# ---- One case --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Step:
    """The one thing to do next: a page, or a verb without questions (`post`)."""

    label: str
    url: str
    post: bool = False


NEXT: dict[str, tuple[str, str, str, str]] = {
    "opened": ("cases.inspect", ".submit", N_("提交审批"), N_("检查人员提交审批")),
    "awaiting_approval": ("cases.approve", ".approve", N_("审批"), N_("审批人批准")),
    "approved": ("cases.inspect", ".visit", N_("开始检查"), N_("检查人员实施检查")),
    "inspecting": ("cases.inspect", ".visit", N_("继续检查"), N_("检查人员完成检查")),
    "recording": ("cases.inspect", ".visit", N_("整理记录，提交审核"), N_("检查人员提交结果")),
    "reviewing": ("cases.review", ".review", N_("审核"), N_("组长审核")),
    "releasing": ("cases.publish", ".release", N_("公示审批"), N_("公示审批人批准")),
    "following_up": ("cases.follow_up", ".follow_up", N_("办理后续处置"), N_("后续处置办结")),
    "suspended": ("cases.approve", ".resume", N_("恢复办理"), N_("暂缓期满恢复办理")),
}
"""For each open state: who acts, on which page, the words of the button, and what everybody else waits for."""

OTHER = {
    "assign": (".assign", N_("指定检查人员")),
    "replace_officer": (".replace_officer", N_("更换检查人员")),
    "rush_in": (".rush_in", N_("情况紧急，先行检查")),
    "approve_afterwards": (".approve_afterwards", N_("补办审批")),
    "join": (".join", N_("合并为一次上门")),
    "separate": (".separate", N_("与同行检查分开")),
    "terminate": (".terminate", N_("无法检查，终止")),
    "suspend": (".suspend", N_("暂缓检查")),
    "correct": (".correct", N_("申请更正公示结果")),
}
"""Moves that are not the usual next one: verb, page, words of the link."""

ONLY_OWN = {"rush_in", "terminate"}


@views.get("/cases/<int:case_id>")
@audience("cases.read")
def case(case_id: int) -> Any:
    return _case_page(queries.find(case_id, actor()))


def _case_page(case: Case, **sent: Form) -> str:
    return render_template("cases/case.html", refused=next(iter(sent.values()), None), **_about(case))


def _about(case: Case) -> dict[str, Any]:
    """Everything that pages of one case may say."""
    me, kind = actor(), queries.kind_of(case)
    enterprise = registry.find(case.enterprise_id)
    entries = history("case", case.id)
    return {
        "case": case,
        "kind": kind,
        "assistants": queries.assistants(case),
        "enterprise": enterprise,
        "unit": staff.unit(case.org_id),
        "line": _(LINES[case.line]) if case.line else None,
        "source": _(SOURCES[case.source]),
        "deadline": queries.deadline(case),
        "team": queries.team(case),
        "own": me.officer_id in case.officer_ids,
        "duty_options": _options(kind.duties),
        "results": {result.item_code: result for result in case.results},
        "codes": queries.codes_of(case),
        "methods": queries.method_labels(case),
        "measures": MEASURES,
        "outcomes": RECTIFICATION_OUTCOMES,
        "signatures": SIGNATURES,
        "grade": registry.grades([case.enterprise_id]).get(case.enterprise_id) if me.may("grading.read") else None,
        "may_see_grade": me.may("grading.read"),
        **_companions(case, me),
        "steps": [_(state.label) for state in TRACK],
        "position": _track_position(case),
        "state_label": _(kind.workflow.label(case.state)),
        "next_step": _next_step(case, me),
        "waits_for": _(NEXT[case.state][3]) if case.state in NEXT else None,
        "others": _others(case, me),
        "events": _events(entries),
        "returned": _returned(entries),
    }


def _companions(case: Case, me: Actor) -> dict[str, Any]:
    """The other cases of the visit that this reader may see, and how many they may not."""
    others = queries.companions(case)
    seen = [other for other in others if queries.may_see(other, me)]
    return {"companions": seen, "companions_unseen": len(others) - len(seen)}


def _track_position(case: Case) -> tuple[str, str | None]:
    """Where the case stands on the track; for a side exit where it left it, and the words of the exit."""
    track = [state.name for state in TRACK]
    left_at = "inspecting" if case.checked_on else "approved" if case.approved_on else "opened"
    label = _(STANDARD.label(case.state))
    return (label, None) if case.state in track else (_(STANDARD.label(left_at)), label)


def _next_step(case: Case, me: Actor) -> Step | None:
    if case.state not in NEXT:
        return None
    permission, endpoint, label, _waiting = NEXT[case.state]
    if case.state == "opened" and not case.officer_ids:
        permission, endpoint, label = "cases.approve", ".assign", N_("指定检查人员")
    if case.approval_owed and me.may("cases.approve"):
        permission, endpoint, label = "cases.approve", ".approve_afterwards", N_("补办审批")
    not_own = endpoint == ".visit" and me.officer_id not in case.officer_ids
    if not me.may(permission) or not_own or _did_before(case, me):
        return None
    return Step(_(label), url_for(endpoint, case_id=case.id), post=endpoint in (".submit", ".resume"))


def _did_before(case: Case, me: Actor) -> bool:
    """Whether this person had an earlier hand in the result and so must leave this review to another."""
    earlier = {"reviewing": (case.concluded_by,), "releasing": (case.concluded_by, case.reviewed_by)}
    return me.id in earlier.get(case.state, ())


def _others(case: Case, me: Actor) -> list[Step]:
    found = []
    for move in queries.kind_of(case).workflow.moves_from(case.state):
        if move.name not in OTHER or not me.may(move.permission or ""):
            continue
        drawn = move.name == "replace_officer" and case.origin_kind == "draw"
        foreign = move.name in ONLY_OWN and me.officer_id not in case.officer_ids
        pointless = (
            (move.name == "approve_afterwards" and not case.approval_owed)
            or (move.name == "separate" and case.joint_visit_id is None)
            or (move.name == "join" and not queries.partners([case.id], BEFORE))
        )
        if not (drawn or foreign or pointless):
            endpoint, label = OTHER[move.name]
            found.append(Step(_(label), url_for(endpoint, case_id=case.id)))
    return found


QUIET = {"cases.record_result", "cases.add_evidence"}
"""What the ledger keeps and a history need not tell line by line."""


RETURNS = {"cases.send_back", "cases.return_for_record", "cases.refuse_release", "cases.reopen"}


def _returned(entries: Sequence[AuditEntry]) -> AuditEntry | None:
    """The refusal that brought the case where it stands now, if that is how it came there."""
    moved = (entry for entry in entries if entry.before and entry.after and entry.before != entry.after)
    latest = next(moved, None)
    return latest if latest and latest.action in RETURNS else None


def _events(entries: Sequence[AuditEntry]) -> list[dict[str, Any]]:
    """What was done, newest first, as `flow.timeline` wants it."""
    return [
        {
            "when": entry.at,
            "title": _(title),
            "text": _("、").join(filter(None, [_("系统") if entry.actor_id is None else entry.actor_name, entry.note])),
            "url": None,
            "kind": "alarm" if entry.action == "cases.remind_overdue" else "plain",
        }
        for entry in entries
        if entry.action not in QUIET and (title := _title(entry))
    ]


MOVES = {(f"{STANDARD.name}.{move.name}", state): move.label for move in STANDARD.moves for state in move.sources}
ACTS = {"cases.remind_overdue": N_("逾期催办"), "cases.reveal_telephone": N_("查看联系电话")}


def _title(entry: AuditEntry) -> str | None:
    """What an entry of the ledger tells: a move of the table, by the state in which it was made, or another act."""
    return ACTS.get(entry.action) or MOVES.get((entry.action, (entry.before or {}).get("state", "")))


def _carry_out(
    case_id: int, verb: Callable[..., object], schema: Schema, page: Page, sentence: str, *, then: str = ".case"
) -> Any:
    """The form of one verb: does it and goes on, or shows its page again with what is wrong."""
    form = Form(schema, request.form)
    if form.valid:
        with form.refusals():
            verb(case_id, **form.data, actor=actor())
            return done(sentence, then, case_id=case_id)
    return page(queries.find(case_id, actor()), **{verb.__name__: form}), 422


def _possible(case_id: int, verb: str) -> Case:
    """The case, if its state knows the verb; else a Refusal that says in which state it is."""
    case = queries.find(case_id, actor())
    queries.kind_of(case).workflow.find(verb, case.state)
    return case


# ---- Submission and approval -----------------------------------------------------------------------------------------


@views.post("/cases/<int:case_id>/submit")
@audience("cases.inspect")
def submit(case_id: int) -> Any:
    return _carry_out(case_id, cases.submit, Nothing(), _case_page, _("已提交审批。"))


@views.get("/cases/<int:case_id>/approve")
@audience("cases.approve")
def approve(case_id: int) -> Any:
    return _approval_page(_possible(case_id, "approve"))


@views.post("/cases/<int:case_id>/approve")
@audience("cases.approve")
def approve_submit(case_id: int) -> Any:
    return _carry_out(case_id, cases.approve, Approval(), _approval_page, _("已批准，检查码已生成。"))


@views.post("/cases/<int:case_id>/send-back")
@audience("cases.approve")
def send_back(case_id: int) -> Any:
    return _carry_out(case_id, cases.send_back, Reason(), _approval_page, _("已退回检查人员。"))


@views.get("/cases/<int:case_id>/approve-afterwards")
@audience("cases.approve")
def approve_afterwards(case_id: int) -> Any:
    return _approval_page(_possible(case_id, "approve_afterwards"))


@views.post("/cases/<int:case_id>/approve-afterwards")
@audience("cases.approve")
def approve_afterwards_submit(case_id: int) -> Any:
    return _carry_out(case_id, cases.approve_afterwards, LateApproval(), _approval_page, _("已补办审批。"))


def _approval_page(case: Case, **sent: Form) -> str:
    blank = {"approve": Form(Approval()), "approve_afterwards": Form(LateApproval()), "send_back": Form(Reason())}
    visits = queries.visits_of(case)
    return render_template(
        "cases/approve.html",
        forms_of=blank | sent,
        visits=visits,
        bound=queries.bound_by_cap(case),
        by_law=queries.least_by_law(case),
        **_about(case),
    )


@views.route("/cases/<int:case_id>/suspend", methods=["GET", "POST"])
@audience("cases.approve")
def suspend(case_id: int) -> Any:
    return _question(case_id, cases.suspend, Suspension(), "cases/suspend.html", _("已暂缓；恢复办理时须重新报批。"))


@views.post("/cases/<int:case_id>/resume")
@audience("cases.approve")
def resume(case_id: int) -> Any:
    return _carry_out(case_id, cases.resume, Nothing(), _case_page, _("已恢复办理，请检查人员重新提交审批。"))


@views.route("/cases/<int:case_id>/join", methods=["GET", "POST"])
@audience("cases.approve")
def join(case_id: int) -> Any:
    def more(case: Case) -> dict[str, Any]:
        found = queries.partners([case.id], BEFORE).get(case.id, [])
        return {"partners": [other for other in map(queries.case, found) if queries.may_see(other, actor())]}

    return _question(case_id, cases.join, Nothing(), "cases/join.html", _("已合并为一次上门。"), more=more)


@views.route("/cases/<int:case_id>/separate", methods=["GET", "POST"])
@audience("cases.approve")
def separate(case_id: int) -> Any:
    return _question(case_id, cases.separate, Reason(), "cases/separate.html", _("已分开，单独检查。"))


@views.route("/cases/<int:case_id>/assign", methods=["GET", "POST"])
@audience("cases.approve")
def assign(case_id: int) -> Any:
    return _question(case_id, cases.assign, Team(), "cases/assign.html", _("检查人员已指定。"), more=_candidates)


@views.route("/cases/<int:case_id>/replace-officer", methods=["GET", "POST"])
@audience("cases.approve")
def replace_officer(case_id: int) -> Any:
    page = "cases/replace_officer.html"
    return _question(case_id, cases.replace_officer, Replacement(), page, _("检查人员已更换。"), more=_candidates)


@views.route("/cases/<int:case_id>/assistants", methods=["GET", "POST"])
@audience("cases.read")
def assistants(case_id: int) -> Any:
    """专家和第三方辅助: who assists, and never counts among the officers; the operation asks who may arrange it."""
    case = queries.find(case_id, actor())
    form = Form(Assistance(), request.form if request.method == "POST" else None)
    if form.valid:
        with form.refusals():
            cases.ask_assistant(case_id, **form.data, actor=actor())
            return done(_("辅助人员已安排。"), ".assistants", case_id=case_id)
    page = render_template(
        "cases/assistants.html",
        form=form,
        expert_kinds=EXPERT_KINDS,
        expert_options=[(one.id, f"{one.name}（{one.field}）") for one in staff.engaged_experts()],
        **_about(case),
    )
    return page, 422 if form.submitted else 200


@views.post("/cases/<int:case_id>/assistants/<int:expert_id>/release")
@audience("cases.read")
def release_assistant(case_id: int, expert_id: int) -> Any:
    cases.release_assistant(case_id, expert_id, actor=actor())
    return done(_("已取消该辅助人员。"), ".assistants", case_id=case_id)


def _candidates(case: Case) -> dict[str, Any]:
    """Officers of the organ in charge who may be sent today and are certified for every line of the case."""
    organ_units = queries.units_of_organ(case)
    lines = set(queries.lines_of(case))
    units = staff.unit_names()
    return {
        "candidates": [
            (officer.id, f"{officer.name}（{units[officer.org_id]}）")
            for officer in staff.drawable_officers(clock.today(), unit_ids=organ_units)
            if lines <= set(officer.lines)
        ]
    }


def _question(
    case_id: int,
    verb: Callable[..., object],
    schema: Schema,
    template: str,
    sentence: str,
    *,
    then: str = ".case",
    more: Callable[[Case], dict[str, Any]] = lambda _case: {},
    defaults: Mapping[str, Any] | None = None,
) -> Any:
    """A page of its own for one verb: asks, and carries it out."""
    known = _possible(case_id, verb.__name__)

    def page(case: Case, **sent: Form) -> str:
        form = sent.get(verb.__name__) or Form(schema, defaults=defaults)
        return render_template(template, form=form, **_about(case), **more(case))

    return page(known) if request.method == "GET" else _carry_out(case_id, verb, schema, page, sentence, then=then)


# ---- The visit -------------------------------------------------------------------------------------------------------


@views.get("/cases/<int:case_id>/visit")
@audience("cases.inspect")
def visit(case_id: int) -> Any:
    return _visit_page(queries.find(case_id, actor()))


def _visit_page(case: Case, *, telephone: str | None = None, **sent: Form) -> str:
    about = _about(case)
    unanswered = [number for number, item in enumerate(case.items, 1) if item["code"] not in about["results"]]
    return render_template(
        "cases/visit.html",
        telephone=telephone,
        masked_telephone=registry.telephone(about["enterprise"]),
        unanswered=unanswered,
        refused=next((form for name, form in sent.items() if name != "notify"), None),
        notify_form=sent.get("notify", Form(Notification(), defaults={"note": "当面送达"})),
        departure_form=sent.get("begin_record", Form(Departure(), defaults=_arrival(case))),
        **about,
    )


@views.post("/cases/<int:case_id>/telephone")
@audience("cases.inspect")
def reveal_telephone(case_id: int) -> Any:
    """Shows the number on the page itself, so that it never stands in an address."""
    number = cases.reveal_telephone(case_id, actor=actor())
    return _visit_page(queries.find(case_id, actor()), telephone=number)


@views.post("/cases/<int:case_id>/notify")
@audience("cases.inspect")
def notify(case_id: int) -> Any:
    return _carry_out(case_id, cases.notify, Notification(), _visit_page, _("送达已登记。"), then=".visit")


@views.get("/cases/check-in")
@audience("cases.inspect")
def find_check_in() -> Any:
    """For who cannot scan: type the code of the notice."""
    form = Form(CheckInCode(), request.args) if request.args else Form(CheckInCode())
    if form.valid:
        return redirect(url_for(".check_in", code=code_as_typed(form.data["code"]) or "-"), 303)
    return render_template("cases/find_check_in.html", form=form)


@views.route("/cases/check-in/<code>", methods=["GET", "POST"])
@audience("cases.inspect")
def check_in(code: str) -> Any:
    """Where the code of a notice leads: the duties are confirmed, and the check begins."""
    case = queries.by_code(code, actor())
    queries.kind_of(case).workflow.find("check_in", case.state)
    form = Form(Arrival(), request.form if request.method == "POST" else None, defaults=_arrival(case))
    if form.valid:
        with form.refusals():
            cases.check_in(case.id, given_code=code_as_typed(code), **form.data, actor=actor())
            return done(_("已签到，可以开始检查。"), ".visit", case_id=case.id)
    return render_template("cases/check_in.html", form=form, **_about(case)), 422 if form.submitted else 200


@views.route("/cases/<int:case_id>/rush-in", methods=["GET", "POST"])
@audience("cases.inspect")
def rush_in(case_id: int) -> Any:
    defaults = _arrival(queries.find(case_id, actor()))
    sentence = _("已签到。请在规定期限内补办审批。")
    page = "cases/rush_in.html"
    return _question(case_id, cases.rush_in, UrgentArrival(), page, sentence, then=".visit", defaults=defaults)


def _arrival(case: Case) -> dict[str, Any]:
    enterprise = registry.find(case.enterprise_id)
    return {"place": enterprise.business_address or enterprise.address or ""}


@views.route("/cases/<int:case_id>/items/<int:number>", methods=["GET", "POST"])
@audience("cases.inspect")
def record_result(case_id: int, number: int) -> Any:
    """One item at a time, with its photos."""
    case = _possible(case_id, "record_result")
    if not 1 <= number <= len(case.items):
        raise NotFound(_("本案没有这个检查事项。"))
    item = case.items[number - 1]
    form = Form(
        ItemResult(), request.form if request.method == "POST" else None, defaults=_known_result(case, item["code"])
    )
    if form.valid:
        with form.refusals():
            cases.record_result(case_id, item_code=item["code"], **form.data, actor=actor())
            _keep_photos(case_id, item["code"])
            return _after_item(case_id, number)
    page = render_template(
        "cases/item.html", form=form, item=item, number=number, code_groups=_code_groups(case), **_about(case)
    )
    return page, 422 if form.submitted else 200


def _known_result(case: Case, item_code: str) -> dict[str, Any]:
    known = next((result for result in case.results if result.item_code == item_code), None)
    if known is None:
        return {"finding": NOTHING, "disposal": NOTHING, "seen_revision": 0}
    return {
        "codes": known.codes, "finding": known.finding, "disposal": known.disposal, "seen_revision": known.revision,
    }  # fmt: skip


def _keep_photos(case_id: int, item_code: str | None, note: str | None = None) -> int:
    """Keeps what was sent as photos or papers; returns how many there were."""
    sent = [file for name in ("photos", "papers") for file in request.files.getlist(name) if file.filename]
    for file in sent:
        cases.add_evidence(
            case_id, file=file.stream, name=file.filename or "", item_code=item_code, note=note, actor=actor()
        )
    return len(sent)


def _after_item(case_id: int, number: int) -> Any:
    """On to the next item that has no answer yet, wrapping around; then back to the visit."""
    case = queries.find(case_id, actor())
    answered = {result.item_code for result in case.results}
    waiting = [at for at, item in enumerate(case.items, 1) if item["code"] not in answered]
    if not waiting:
        return done(_("全部事项已录入。"), ".visit", case_id=case_id)
    following = next((at for at in waiting if at > number), waiting[0])
    return done(_("已保存，请继续下一项。"), ".record_result", case_id=case_id, number=following)


def _code_groups(case: Case) -> list[tuple[str, list[ResultCode]]]:
    """The result codes as answers: the usual ones in sight, the others folded away under their heading."""
    lines = list(queries.codes_of(case).values())
    usual = [line for line in lines if line.exit is None and line.group in ("fine", "minor", "corrected")]
    grave = [line for line in lines if line.exit is None and line not in usual]
    return [("", usual), (_("发现其他问题，待后续处理"), grave), (_("未能检查"), [line for line in lines if line.exit])]


@views.route("/cases/<int:case_id>/evidence", methods=["GET", "POST"])
@audience("cases.inspect")
def add_evidence(case_id: int) -> Any:
    """Photos and papers that belong to no single item."""
    case = _possible(case_id, "add_evidence")
    form = Form(Piece(), request.form if request.method == "POST" else None)
    if form.valid:
        with form.refusals():
            if not _keep_photos(case_id, None, form.data["note"]):
                raise Refusal(_("请选择照片或文件。"), field="photos")
            return done(_("证据已保存。"), ".visit", case_id=case_id)
    return render_template("cases/evidence.html", form=form, **_about(case)), 422 if form.submitted else 200


@views.post("/cases/<int:case_id>/evidence/<int:evidence_id>/remove")
@audience("cases.inspect")
def remove_evidence(case_id: int, evidence_id: int) -> Any:
    def remove_evidence(case_id: int, *, reason: str, actor: Actor) -> None:
        cases.remove_evidence(case_id, evidence_id=evidence_id, reason=reason, actor=actor)

    return _carry_out(case_id, remove_evidence, Reason(), _visit_page, _("已移除，移除记录保留在案。"), then=".visit")


@views.get("/cases/<int:case_id>/evidence/<int:evidence_id>")
@audience("cases.read")
def evidence(case_id: int, evidence_id: int) -> Any:
    """The untouched bytes of a photo or paper."""
    piece = _piece(queries.find(case_id, actor()), evidence_id)
    response: Response = current_app.response_class(files.read(piece.file_sha256), mimetype=piece.media_type)
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


def _piece(case: Case, evidence_id: int) -> Evidence:
    for piece in case.evidence:
        if piece.id == evidence_id:
            return piece
    raise NotFound(_("本案没有这份证据。"))


@views.route("/cases/<int:case_id>/order-correction", methods=["GET", "POST"])
@audience("cases.inspect")
def order_correction(case_id: int) -> Any:
    today = clock.today()
    due_on = parameters.term("cases.term.rectify_default", today).due_on(today, parameters.calendar())
    defaults = {"due_on": due_on.isoformat(), "basis": ORDERED_UNDER}
    page, sentence = "cases/order_correction.html", _("责令改正通知书已签发。")
    return _question(case_id, cases.order_correction, Order(), page, sentence, then=".visit", defaults=defaults)


@views.post("/cases/<int:case_id>/begin-record")
@audience("cases.inspect")
def begin_record(case_id: int) -> Any:
    sentence = _("已签退，请核对记录后提交审核。")
    return _carry_out(case_id, cases.begin_record, Departure(), _visit_page, sentence, then=".visit")


@views.route("/cases/<int:case_id>/conclude", methods=["GET", "POST"])
@audience("cases.inspect")
def conclude(case_id: int) -> Any:
    case = queries.find(case_id, actor())
    schema = SignedConclusion() if case.visit else Conclusion()
    options = {
        "method_options": _options(METHODS),
        "measure_options": _options(MEASURES),
        "signature_options": _options(SIGNATURES),
        "told": [said for said, _usual in TOLD],
    }
    page, sentence = "cases/conclude.html", _("已提交组长审核。")
    return _question(
        case_id, cases.conclude, schema, page, sentence, more=lambda _case: options, defaults=_conclusion(case)
    )


def _conclusion(case: Case) -> dict[str, Any]:
    """What is known, or nine times in ten so."""
    known = queries.sign_off_of(case)
    answers = known.answers if known else [usual for _said, usual in TOLD]
    return {
        "methods": case.methods or (["on_site"] if case.on_site else ["written"]),
        "measures": queries.measures_of(case),
        **{f"answer_{number}": answer for number, answer in enumerate(answers, 1)},
        **(vars(known) if known else {"opinion": _(NOTHING), "signature": "signed"}),
    }


@views.route("/cases/<int:case_id>/terminate", methods=["GET", "POST"])
@audience("cases.inspect")
def terminate(case_id: int) -> Any:
    def more(case: Case) -> dict[str, Any]:
        lines = [line for line in queries.codes_of(case).values() if line.exit]
        return {
            "code_options": [
                (line.code, _(line.label), _("须到现场核实") if line.needs_visit else "") for line in lines
            ]
        }

    return _question(case_id, cases.terminate, Termination(), "cases/terminate.html", _("已提交组长审核。"), more=more)


@views.get("/cases/<int:case_id>/code")
@audience("cases.read")
def code(case_id: int) -> Any:
    """The check-in code as a sheet to hand over with the notice."""
    case = queries.find(case_id, actor())
    if case.code is None:
        raise NotFound(_("检查批准后才有检查码。"))
    address = current_app.config["CASEWORK"].public_url + url_for(".check_in", code=case.code)
    picture = segno.make(address, error="m", micro=False).svg_inline(scale=6, border=2)
    return render_template("cases/code.html", picture=picture, code=code_in_groups(case.code), **_about(case))


# ---- Review and release ----------------------------------------------------------------------------------------------


@views.get("/cases/<int:case_id>/review")
@audience("cases.review")
def review(case_id: int) -> Any:
    return _review_page(_possible(case_id, "pass_review"))


@views.post("/cases/<int:case_id>/pass-review")
@audience("cases.review")
def pass_review(case_id: int) -> Any:
    return _carry_out(case_id, cases.pass_review, Note(), _review_page, _("审核通过，已送公示审批。"))


@views.post("/cases/<int:case_id>/return-for-record")
@audience("cases.review")
def return_for_record(case_id: int) -> Any:
    return _carry_out(case_id, cases.return_for_record, Reason(), _review_page, _("已退回检查人员补正。"))


@views.post("/cases/<int:case_id>/reopen")
@audience("cases.review")
def reopen(case_id: int) -> Any:
    _possible(case_id, "pass_review")
    return _carry_out(case_id, cases.reopen, Reason(), _review_page, _("不同意终止，检查已恢复。"))


def _review_page(case: Case, **sent: Form) -> str:
    blank = {"pass_review": Form(Note()), "return_for_record": Form(Reason()), "reopen": Form(Reason())}
    return render_template("cases/review.html", forms_of=blank | sent, **_seen_whole(case))


@views.get("/cases/<int:case_id>/release")
@audience("cases.publish")
def release(case_id: int) -> Any:
    return _release_page(_possible(case_id, "release"))


@views.post("/cases/<int:case_id>/release")
@audience("cases.publish")
def release_submit(case_id: int) -> Any:
    return _carry_out(case_id, cases.release, Note(), _release_page, _("已批准公示，正在发布。"))


@views.post("/cases/<int:case_id>/refuse-release")
@audience("cases.publish")
def refuse_release(case_id: int) -> Any:
    return _carry_out(case_id, cases.refuse_release, Reason(), _release_page, _("未批准公示，已退回补正。"))


@views.post("/cases/<int:case_id>/release/reopen")
@audience("cases.publish")
def reopen_at_release(case_id: int) -> Any:
    _possible(case_id, "release")
    return _carry_out(case_id, cases.reopen, Reason(), _release_page, _("不同意终止，检查已恢复。"))


def _release_page(case: Case, **sent: Form) -> str:
    blank = {"release": Form(Note()), "refuse_release": Form(Reason()), "reopen": Form(Reason())}
    return render_template("cases/release.html", forms_of=blank | sent, **_seen_whole(case))


def _seen_whole(case: Case) -> dict[str, Any]:
    """What a reviewer looks at: the record, what the public will see, and what changed since the edition before."""
    before = queries.result_facts(case.id) if case.released_edition else None
    return {
        "facts": queries.facts_to_release(case),
        "before": {item["code"]: item["results"] for item in before["items"]} if before else {},
        "to_follow": queries.measures_of(case),
        "did_before": _did_before(case, actor()),
        **_about(case),
    }


@views.route("/cases/<int:case_id>/correct", methods=["GET", "POST"])
@audience("cases.inspect")
def correct(case_id: int) -> Any:
    sentence = _("已转为更正；原公示结果在更正批准前保持不变。")
    return _question(case_id, cases.correct, Reason(), "cases/correct.html", sentence)


# ---- Follow-up -------------------------------------------------------------------------------------------------------


@views.get("/cases/<int:case_id>/follow-up")
@audience("cases.follow_up")
def follow_up(case_id: int) -> Any:
    return _follow_up_page(queries.find(case_id, actor()))


@views.post("/cases/<int:case_id>/recheck")
@audience("cases.follow_up")
def recheck(case_id: int) -> Any:
    return _carry_out(case_id, cases.recheck, Recheck(), _follow_up_page, _("复查结果已登记。"), then=".follow_up")


@views.post("/cases/<int:case_id>/settle")
@audience("cases.follow_up")
def settle(case_id: int) -> Any:
    return _carry_out(case_id, cases.settle, Settlement(), _follow_up_page, _("办结情况已登记。"), then=".follow_up")


@views.post("/cases/<int:case_id>/close")
@audience("cases.follow_up")
def close(case_id: int) -> Any:
    return _carry_out(case_id, cases.close, Closing(), _follow_up_page, _("案件已结案归档。"))


def _follow_up_page(case: Case, **sent: Form) -> str:
    blank = {"recheck": Form(Recheck()), "settle": Form(Settlement()), "close": Form(Closing())}
    return render_template(
        "cases/follow_up.html",
        forms_of=blank | sent,
        outcome_options=_options(RECTIFICATION_OUTCOMES),
        days_left=queries.days_left,
        **_about(case),
    )


# ---- Panels of other pages -------------------------------------------------------------------------------------------


@views.get("/cases/desk-panel")
@audience("cases.read")
def desk_panel() -> Any:
    """What the 工作台 says about cases, in figures."""
    found = [post for post in queries.waiting(actor()) if post.count]
    return render_template("cases/desk_panel.html", posts=found) if found else ""


def desk_tasks() -> Iterator[Task]:
    """The cases whose next step is the reader's."""
    rows = queries.turn(actor(), size=TURNS) if actor().may("cases.read") else ()
    names = registry.brief({row.enterprise_id for row in rows})
    for row in rows:
        _permission, endpoint, verb, _waiting = NEXT[row.state]
        if row.emergency and not row.approved_on and actor().may("cases.approve"):
            endpoint, verb = ".approve_afterwards", N_("补办审批")
        if endpoint in (".submit", ".resume"):  # a step without a page of its own
            endpoint = ".case"
        yield _task(row, names[row.enterprise_id].name, url_for("cases" + endpoint, case_id=row.id), _(verb))


def desk_waits() -> Iterator[Task]:
    """The reader's own cases that wait for somebody else."""
    if actor().officer_id is None or not actor().may("cases.inspect"):
        return
    rows = [row for row in queries.mine(actor()) if row.state not in queries.OWN_STEPS and row.state in NEXT][:TURNS]
    names = registry.brief({row.enterprise_id for row in rows})
    for row in rows:
        yield _task(row, names[row.enterprise_id].name, url_for("cases.case", case_id=row.id), _(NEXT[row.state][3]))


def _task(row: Any, name: str, url: str, verb: str) -> Task:
    about = _(
        "%(kind)s %(number)s · %(state)s",
        kind=_(KINDS[row.kind].label),
        number=row.number,
        state=_(STANDARD.label(row.state)),
    )
    return Task(name, about, verb, url, row.due_on, queries.days_left(row.due_on), paused=row.state == "suspended")


TURNS = 12
"""So many cases at most come to the desk of one person."""


@views.get("/cases/of-enterprise/<int:enterprise_id>")
@audience("cases.read")
def enterprise_panel(enterprise_id: int) -> Any:
    """The cases of one enterprise, for its own page."""
    rows = queries.of_enterprise(enterprise_id, actor())
    visits = queries.visits([enterprise_id], clock.today().year).get(enterprise_id, 0)
    cap = parameters.in_force("cases.annual_cap")
    return render_template("cases/enterprise_panel.html", rows=rows, visits=visits, cap=cap, **_about_rows(rows))
