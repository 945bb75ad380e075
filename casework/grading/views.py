"""Pages of grading: distribution, runs, models, and why an enterprise has its grade. For the staff only."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO, cast

from flask import Blueprint, jsonify, render_template, request, send_file, url_for
from markupsafe import Markup

from casework.accounts import queries as staff
from casework.core import charts, clock, files, jobs, parameters
from casework.core.actor import Actor
from casework.core.charts import Bar, Part, Series, Stack, Tile
from casework.core.desk import Task
from casework.core.errors import NotFound, Refusal
from casework.core.i18n import N_, _, translate
from casework.core.jobs import Job
from casework.core.web import PUBLIC, Form, actor, audience, done, download
from casework.grading import model_files, queries, replay
from casework.grading import operations as grading
from casework.grading.calibration import Scorecard, applied, changes
from casework.grading.indicators import INDICATORS
from casework.grading.models import ClassificationRun, GradeFile, SharingClient, SimulatedMove, Simulation
from casework.grading.reference import Line, Receipt
from casework.grading.rules import (
    ADJUSTMENT,
    FILE_FORMS,
    FILE_TYPES,
    FLAG_LABELS,
    GRADE_LABELS,
    GRADES,
    GROUPS,
    KNOWLEDGE,
    MODEL,
    NOBODY,
    RUN_KINDS,
    TENTH,
    TRIALS,
    Attention,
    Flag,
    attention_industries,
)
from casework.grading.schemas import (
    Adjustments,
    AsOf,
    Client,
    Compared,
    Decided,
    Delivery,
    Moved,
    OfClass,
    Overlay,
    Reconciled,
    Trial,
    Upload,
)
from casework.grading.simulation import counts_of, inspections
from casework.registry import queries as registry
from casework.registry.reference import industries
from casework.registry.rules import SUBJECT_CLASSES
from casework.registry.snapshot import Fact

views = Blueprint("grading", __name__)

TONES: Mapping[str, charts.Tone] = {"A": "grade-a", "B": "grade-b", "C": "grade-c", "D": "grade-d"}


@dataclass(frozen=True)
class Area:
    """The enterprises of one county or office by grade."""

    code: str
    name: str
    kind: str
    counts: Counter[str]

    @property
    def risky(self) -> float:
        """Percent of C and D."""
        return _share(self.counts, "CD")


@views.get("/grading")
@audience("grading.read")
def overview() -> Any:
    """How many enterprises stand in which grade, where, and since when."""
    areas, trend, last = _areas(actor()), queries.trend(), queries.last_run()
    return render_template(
        "grading/overview.html",
        counts={grade: sum(area.counts[grade] for area in areas) for grade in GRADES},
        areas=areas,
        riskiest=max(areas, key=lambda area: area.risky, default=None),
        area_chart=_area_chart(areas),
        area_map=_area_map(areas),
        trend=[(run, queries.distribution(run)) for run in trend],
        trend_chart=_trend_chart(trend) if len(trend) > 1 else None,
        share=_share,
        last=last,
        directions=_directions(last) if last else None,
        waiting=queries.open_run(),
        kinds=RUN_KINDS,
        thresholds=parameters.in_force("grading.thresholds"),
    )


@views.get("/grading/runs")
@audience("grading.read")
def runs() -> Any:
    """Every run, newest first."""
    found = queries.runs(after=request.args.get("after"), before=request.args.get("before"))
    return render_template(
        "grading/runs.html",
        found=found,
        job_of=queries.job_of,
        waiting=queries.open_run(),
        directions=_directions,
        kinds=RUN_KINDS,
    )


@views.post("/grading/runs")
@audience("grading.run")
def request_run() -> Any:
    """Asks for a run over everybody."""
    run = grading.request_run("full", actor=actor())
    return done(_("已开始全量分类，可以离开本页。"), ".run", run_id=run.id)


@views.get("/grading/runs/compare")
@audience("grading.read")
def compare_runs() -> Any:
    """How grades flowed from one run over everybody to another."""
    known, wanted = queries.whole_runs(), Form(Compared(), request.args)
    chosen = [wanted.data.get("one"), wanted.data.get("other")]
    if len(known) > 1 and None in chosen:
        chosen = [known[1].id, known[0].id]
    pair = sorted((run for run in known if run.id in chosen), key=lambda run: run.id)
    flow = queries.flow(*pair) if len(pair) == 2 else {}
    return render_template(
        "grading/compare.html",
        form=Form(Compared(), defaults={"one": chosen[0], "other": chosen[1]}),
        known=known,
        pair=pair,
        kinds=RUN_KINDS,
        matrix=[
            (before, [flow.get(f"{before}{after}", 0) for after in (*GRADES, NOBODY)]) for before in (*GRADES, NOBODY)
        ],
        moved=sum(number for letters, number in flow.items() if letters[0] != letters[1]),
        chart=_flow_chart(flow) if flow else None,
        counts=[(run, queries.distribution(run)) for run in pair],
        share=_share,
    )


@views.get("/grading/runs/<int:run_id>")
@audience("grading.read")
def run(run_id: int) -> Any:
    """One run: how far it is, or who moved and why."""
    known, wanted = queries.run(run_id), Form(Moved(), request.args)
    filters = {name: value for name, value in wanted.data.items() if value}
    moved = queries.moved(
        known,
        actor(),
        **_part_of_moves(filters),
    )
    return render_template(
        "grading/run.html",
        run=known,
        job=queries.job_of(known),
        matrix=_matrix(known),
        directions=_directions(known),
        distribution=queries.distribution(known),
        moved=moved,
        briefs=registry.brief([row.enterprise_id for row in moved.rows]),
        reason=queries.reason,
        wanted=wanted,
        filters=filters,
        kinds=RUN_KINDS,
        grades=GRADE_LABELS,
    )


@views.post("/grading/runs/<int:run_id>/cancel")
@audience("grading.run")
def cancel_run(run_id: int) -> Any:
    """Stops a run that is under way; nothing of it is kept."""
    known = queries.run(run_id)
    if known.message_id is None or known.finished_at is not None:
        raise Refusal(_("这次分类已经结束，不能取消。"))
    jobs.cancel(known.message_id, actor=actor())
    return done(_("已要求停止，本次分类不保留任何结果。"), ".run", run_id=run_id)


@views.get("/grading/models")
@audience("grading.read")
def models() -> Any:
    """The models of every subject class, and which of them is in force."""
    in_force = queries.basis(clock.today())
    return render_template(
        "grading/models.html",
        models=queries.models(),
        in_force={model_id for model_id, _model in in_force.models.values()},
        load=queries.load,
        classes=SUBJECT_CLASSES,
        workflow=MODEL,
        thresholds=parameters.in_force("grading.thresholds"),
        labels=GRADE_LABELS,
    )


@views.route("/grading/models/new", methods=["GET", "POST"])
@audience("grading.model")
def draft_model() -> Any:
    """Takes a model from a YAML file as a draft."""
    form = Form(Upload(), request.form if request.method == "POST" else None)
    file = request.files.get("file")
    if form.submitted and (file is None or not file.filename):
        form.add_error("file", _("请选择模型文件。"))
    if form.valid and file is not None:
        with form.refusals():
            drafted = grading.draft_model(file.stream.read(model_files.LONGEST_FILE + 1), actor=actor())
            return done(_("草案已保存，请试算。"), ".model", model_id=drafted.id)
    return render_template("grading/model_new.html", form=form), 422 if form.submitted else 200


@views.route("/grading/models/attention", methods=["GET", "POST"])
@audience("grading.model")
def draft_attention() -> Any:
    """Takes a decision on an industry of high attention into a draft of the model in force."""
    given = request.form if request.method == "POST" else None
    form = Form(Decided(), given, defaults={"starts_on": clock.today()})
    if form.valid:
        with form.refusals():
            told = dict(form.data)
            drafted = grading.draft_attention(told.pop("subject_class"), Attention(**told), actor=actor())
            return done(_("草案已保存，请试算。"), ".model", model_id=drafted.id)
    page = render_template(
        "grading/attention_new.html",
        form=form,
        classes=[(key, _(label)) for key, label in SUBJECT_CLASSES.items()],
        industries=[(code, f"{code} {name}") for code, name in attention_industries().items()],
    )
    return page, 422 if form.submitted else 200


@views.get("/grading/models/<int:model_id>")
@audience("grading.read")
def model(model_id: int) -> Any:
    """One model in full: each indicator with its basis, what counts, its points and examples."""
    known, content = queries.model(model_id), queries.load(model_id)
    return render_template(
        "grading/model.html",
        model=known,
        content=content,
        in_force=known.id == queries.basis(clock.today()).models[known.subject_class][0],
        catalogue=INDICATORS,
        groups=GROUPS,
        say=translate,
        classes=SUBJECT_CLASSES,
        workflow=MODEL,
        bounds=content.thresholds or parameters.value("grading.thresholds"),
        labels=GRADE_LABELS,
        mine=known.drafted_by_id is not None and known.drafted_by_id == actor().id,
        simulation=queries.last_simulation(model_id),
        tried=queries.finished_simulation(model_id) is not None,
    )


@views.get("/grading/models/<int:model_id>.yaml")
@audience("grading.read")
def model_file(model_id: int) -> Any:
    """The same model as a file that can be edited and taken in again."""
    known = queries.model(model_id)
    content = model_files.ModelFile(queries.load(model_id), known.effective_from, known.document_no)
    name = _("%(title)s第%(version)s版.yaml", title=content.model.title, version=known.version)
    return download(model_files.write(content).encode(), name=name, media_type="application/yaml")


@views.post("/grading/models/<int:model_id>/activate")
@audience("grading.approve")
def activate_model(model_id: int) -> Any:
    """Brings a draft into force."""
    grading.activate_model(model_id, actor=actor())
    return done(_("模型已启用，从生效日期起按新模型分类。"), ".model", model_id=model_id)


@views.post("/grading/models/<int:model_id>/discard")
@audience("grading.model")
def discard_model(model_id: int) -> Any:
    """Gives a draft up."""
    grading.discard_model(model_id, actor=actor())
    return done(_("草案已放弃，内容仍可查看。"), ".model", model_id=model_id)


@views.post("/grading/models/<int:model_id>/simulations")
@audience("grading.model")
def request_simulation(model_id: int) -> Any:
    """Has a draft tried on the whole register."""
    asked = grading.request_simulation(model_id, actor=actor())
    return done(_("已开始试算，可以离开本页。"), ".simulation", simulation_id=asked.id)


@views.get("/grading/simulations/<int:simulation_id>")
@audience("grading.read")
def simulation(simulation_id: int) -> Any:
    """What a draft would change: who moves and why, where, and how many more inspections that means."""
    known, wanted = queries.simulation(simulation_id), Form(Moved(), request.args)
    filters = {name: value for name, value in wanted.data.items() if value}
    moved = queries.simulated_moves(
        known,
        actor(),
        **_part_of_moves(filters),
    )
    return render_template(
        "grading/simulation.html",
        simulation=known,
        job=queries.job_of(known),
        model=queries.model(known.model_id),
        content=queries.load(known.model_id),
        against=queries.model(known.against_id) if known.against_id else None,
        told=_told_by(known) if known.moves is not None else None,
        moved=moved,
        briefs=registry.brief([row.enterprise_id for row in moved.rows]),
        reason=_simulated_reason(known),
        filters=filters,
        grades=GRADE_LABELS,
    )


@views.route("/grading/calibrations", methods=["GET", "POST"])
@audience("grading.model")
def calibrations() -> Any:
    """Asks for new points from closed cases, and lists what was asked before."""
    form = Form(OfClass(), request.form if request.method == "POST" else None)
    if form.valid:
        with form.refusals():
            asked = grading.request_calibration(form.data["subject_class"], actor=actor())
            return done(_("已开始校准，可以离开本页。"), ".calibration", calibration_id=asked.id)
    page = render_template(
        "grading/calibrations.html",
        form=form,
        calibrations=queries.calibrations(),
        proposal_of=Scorecard.from_data,
        model=queries.model,
        load=queries.load,
        classes=[(key, _(label)) for key, label in SUBJECT_CLASSES.items()],
    )
    return page, 422 if form.submitted else 200


@views.get("/grading/calibrations/<int:calibration_id>")
@audience("grading.model")
def calibration(calibration_id: int) -> Any:
    """What the closed cases propose: indicator by indicator the points now and then, and what that promises."""
    known = queries.calibration(calibration_id)
    content = queries.load(known.model_id)
    proposal = Scorecard.from_data(known.proposal) if known.proposal else None
    proposed = applied(content, proposal.factors) if proposal else content
    return render_template(
        "grading/calibration.html",
        calibration=known,
        job=queries.job_of(known),
        model=queries.model(known.model_id),
        content=content,
        proposal=proposal,
        rows=list(zip(proposal.lines, content.indicators, proposed.indicators, strict=True)) if proposal else [],
        changes=changes,
    )


@views.post("/grading/calibrations/<int:calibration_id>/draft")
@audience("grading.model")
def draft_calibration(calibration_id: int) -> Any:
    """Keeps the proposed points as a draft of the model."""
    drafted = grading.draft_calibration(calibration_id, actor=actor())
    return done(_("建议分值已存为草案，请试算。"), ".model", model_id=drafted.id)


@views.get("/enterprises/<int:enterprise_id>/grade")
@audience("grading.read")
def enterprise_panel(enterprise_id: int) -> Any:
    """For the page of an enterprise: its grade, and the receipt down to the records."""
    registry.find(enterprise_id, actor())
    told = queries.explanation(enterprise_id)
    thresholds = parameters.value("grading.thresholds")
    return render_template(
        "grading/enterprise_panel.html",
        told=told,
        **_what_adds_up(told.receipt, thresholds, told.model.id),
        flags=_flags(told.receipt),
        adjustment=queries.open_adjustment(enterprise_id),
        official=queries.official_grades([enterprise_id]).get(enterprise_id),
        today=clock.today(),
        history=[line for line in queries.history(enterprise_id) if line.before != line.grade],
        TENTH=TENTH,
    )


@views.get("/enterprises/<int:enterprise_id>/grade/receipt")
@audience("grading.read")
def receipt(enterprise_id: int) -> Any:
    """The whole receipt of today or a past day, by what was known then or by what is known now."""
    enterprise = registry.find(enterprise_id, actor())
    form = Form(AsOf(), {"on": clock.today().isoformat(), "knowledge": "then", **request.args})
    day = form.data.get("on") or clock.today()
    options = {key: _(words) for key, words in KNOWLEDGE.items()}
    context = {"form": form, "enterprise": enterprise, "options": options}
    try:
        told = replay.replay(enterprise_id, day, form.data.get("knowledge", "then"))
        other = replay.replay(enterprise_id, day, "now" if told.knowledge == "then" else "then")
    except Refusal as refusal:
        return render_template("grading/receipt.html", **context, told=None, why=str(refusal))
    return render_template(
        "grading/receipt.html",
        **context,
        told=told,
        other=other,
        **_what_adds_up(told.receipt, told.thresholds, told.model.id),
        differences=_differences(told.receipt, other.receipt),
        batches=registry.file_names(_batches(told.receipt)),
        ahead=list(replay.ahead(told)),
        suspended=[fact for fact in told.dossier.facts if told.suspends and fact.disputed_on(day)],
        flags=_flags(told.receipt),
    )


@views.get("/enterprises/<int:enterprise_id>/grade/receipt.json")
@audience("grading.read")
def receipt_data(enterprise_id: int) -> Any:
    """The same receipt as data, for the staff."""
    registry.find(enterprise_id, actor())
    form = Form(AsOf(), request.args)
    if not form.valid:
        raise Refusal(_("、").join(sentence for _field, sentence in form.all_errors))
    told = replay.replay(enterprise_id, form.data["on"] or clock.today(), form.data["knowledge"])
    return jsonify(replay.to_data(told))


@views.get("/enterprises/<int:enterprise_id>/grade/what-if")
@audience("grading.read")
def what_if(enterprise_id: int) -> Any:
    """What the grade would be if some records were repaired, removed or revoked today. Nothing is stored."""
    enterprise = registry.find(enterprise_id, actor())
    form = Form(Trial(), request.args)
    marks = {record_id: verb for verb in TRIALS for record_id in form.data.get(verb, [])}
    try:
        now, dossier = replay.trial(enterprise_id, marks)
    except NotFound:
        raise
    except Refusal as refusal:
        return render_template("grading/what_if.html", enterprise=enterprise, now=None, why=str(refusal))
    tried = replay.worked_out(now, dossier, now.day)
    return render_template(
        "grading/what_if.html",
        enterprise=enterprise,
        now=now.receipt,
        tried=tried if marks else None,
        marks_of=marks,
        differences=_differences(now.receipt, tried),
        counted=_counted(now.receipt),
        trials_of=replay.trials_of,
        verbs=TRIALS,
    )


@views.route("/enterprises/<int:enterprise_id>/grade/adjust", methods=["GET", "POST"])
@audience("grading.model")
def propose_adjustment(enterprise_id: int) -> Any:
    """Proposes another grade for an enterprise, for a while."""
    enterprise, evidence = registry.find(enterprise_id, actor()), request.files.get("evidence")
    form = Form(Overlay(), request.form if request.method == "POST" else None)
    if form.submitted and (evidence is None or not evidence.filename):
        form.add_error("evidence", _("请选择依据材料。"))
    if form.valid and evidence is not None:
        with form.refusals():
            proposed = grading.propose_adjustment(
                enterprise_id,
                **form.data,
                evidence=evidence.stream,
                evidence_name=evidence.filename or "",
                actor=actor(),
            )
            return done(_("已提出，等待审批。"), ".adjustment", adjustment_id=proposed.id)
    page = render_template(
        "grading/adjustment_new.html",
        form=form,
        enterprise=enterprise,
        computed=queries.computed_grade(enterprise_id),
        waiting=queries.open_adjustment(enterprise_id),
        labels=GRADE_LABELS,
        longest=parameters.value("grading.adjustment_days"),
    )
    return page, 422 if form.submitted else 200


@views.get("/grading/adjustments")
@audience("grading.read")
def adjustments() -> Any:
    """Adjustments by decision, newest first."""
    wanted = Form(Adjustments(), request.args)
    found = queries.adjustments(
        actor(), **wanted.data, after=request.args.get("after"), before=request.args.get("before")
    )
    return render_template(
        "grading/adjustments.html",
        found=found,
        state=wanted.data.get("state"),
        briefs=registry.brief([row.Adjustment.enterprise_id for row in found.rows]),
        workflow=ADJUSTMENT,
    )


@views.get("/grading/adjustments/<int:adjustment_id>")
@audience("grading.read")
def adjustment(adjustment_id: int) -> Any:
    """One adjustment: what was proposed and why, beside what is computed; and what can be done."""
    known = queries.adjustment(adjustment_id, actor())
    return render_template(
        "grading/adjustment.html",
        adjustment=known,
        enterprise=registry.find(known.enterprise_id, actor()),
        computed=queries.computed_grade(known.enterprise_id),
        workflow=ADJUSTMENT,
        mine=known.proposed_by_id == actor().id,
    )


@views.get("/grading/adjustments/<int:adjustment_id>/evidence")
@audience("grading.read")
def adjustment_evidence(adjustment_id: int) -> Any:
    """The paper that an adjustment rests on."""
    known = queries.adjustment(adjustment_id, actor())
    return download(files.read(known.evidence_sha256), name=known.evidence_name, media_type="application/octet-stream")


DECISIONS: Mapping[str, tuple[Callable[..., Any], str]] = {
    "approve": (grading.approve_adjustment, N_("已批准，从开始日期起采用调整后的等级。")),
    "refuse": (grading.refuse_adjustment, N_("未批准，等级不变。")),
    "lift": (grading.lift_adjustment, N_("已提前解除，恢复原来的等级。")),
}


@views.post("/grading/adjustments/<int:adjustment_id>/<any(approve, refuse, lift):verb>")
@audience("grading.approve")
def decide_adjustment(adjustment_id: int, verb: str) -> Any:
    """Approves, declines or lifts an adjustment."""
    queries.adjustment(adjustment_id, actor())
    decide, sentence = DECISIONS[verb]
    decide(adjustment_id, actor=actor())
    return done(_(sentence), ".adjustment", adjustment_id=adjustment_id)


@views.post("/grading/adjustments/<int:adjustment_id>/withdraw")
@audience("grading.model")
def withdraw_adjustment(adjustment_id: int) -> Any:
    """Takes a proposal back."""
    queries.adjustment(adjustment_id, actor())
    grading.withdraw_adjustment(adjustment_id, actor=actor())
    return done(_("已撤回。"), ".adjustment", adjustment_id=adjustment_id)


@views.get("/grading/official")
@audience("grading.read")
def official() -> Any:
    """The province's grades beside the computed ones: who differs, and what the computed grade consists of."""
    wanted = Form(Reconciled(), request.args)
    filters = {name: value for name, value in wanted.data.items() if value}
    matrix = queries.reconciliation(actor())
    found = queries.unreconciled(
        actor(), **wanted.data, after=request.args.get("page_after"), before=request.args.get("page_before")
    )
    return render_template(
        "grading/official.html",
        batches=queries.official_batches(),
        matrix=[(one, [matrix.get(f"{one}{other}", 0) for other in GRADES]) for one in GRADES] if matrix else [],
        same=sum(number for letters, number in matrix.items() if letters[0] == letters[1]),
        whole=sum(matrix.values()),
        found=found,
        filters=filters,
        briefs=registry.brief([row.enterprise_id for row in found.rows]),
        weightiest=queries.weightiest,
        flags=lambda rating: [_(words) for flag, words in FLAG_LABELS.items() if rating.flags & flag],
        in_force=parameters.in_force("grading.in_force"),
        TENTH=TENTH,
    )


@views.route("/grading/official/new", methods=["GET", "POST"])
@audience("grading.run")
def import_official() -> Any:
    """Takes in a delivery of the province's grades."""
    form, file = Form(Delivery(), request.form if request.method == "POST" else None), request.files.get("file")
    if form.submitted and (file is None or not file.filename):
        form.add_error("file", _("请选择要导入的文件。"))
    if form.valid and file is not None:
        with form.refusals():
            batch = grading.import_official(
                cast(BinaryIO, file.stream), name=file.filename or "", **form.data, actor=actor()
            )
            counts = {"matched": batch.matched, "unmatched": batch.unmatched}
            return done(_("已导入 %(matched)s 户，%(unmatched)s 户不在主体库。", **counts), ".official")
    return render_template("grading/official_new.html", form=form), 422 if form.submitted else 200


@views.route("/grading/sharing", methods=["GET", "POST"])
@audience("grading.model")
def sharing() -> Any:
    """Departments that may read grades by token, and what they read."""
    form, token = Form(Client(), request.form if request.method == "POST" else None), None
    if form.valid:
        with form.refusals():
            _client, token = grading.admit_client(**form.data, actor=actor())
    page = render_template(
        "grading/sharing.html",
        form=form if token is None else Form(Client()),
        token=token,
        clients=queries.sharing_clients(),
        reads=queries.sharing_reads(),
        written=_grade_files(),
        today=clock.today(),
    )
    return page, 422 if form.submitted and token is None else 200


@views.post("/grading/sharing/<int:client_id>/dismiss")
@audience("grading.model")
def dismiss_client(client_id: int) -> Any:
    """Ends a department's token."""
    grading.dismiss_client(client_id, actor=actor())
    return done(_("令牌已停用。"), ".sharing")


@views.post("/grading/sharing/files/<any(jsonl, csv):form>")
@audience("grading.model")
def request_grade_file(form: str) -> Any:
    """Has everybody's grade written to a file."""
    grading.request_grade_file(form, actor=actor())
    return done(_("已开始生成等级文件，可以离开本页。"), ".sharing")


@views.post("/grading/sharing/files/<int:grade_file_id>/download")
@audience("grading.model")
def download_grade_file(grade_file_id: int) -> Any:
    """The file, to be handed on by other ways than the token; written down in the audit log."""
    return _sent(grading.note_download(grade_file_id, actor=actor()))


@views.get("/api/v1/grades/<code>")
@audience(PUBLIC)
def shared_grade(code: str) -> Any:
    """For other departments' systems, by token: the grade of one enterprise, and nothing of how it came about."""
    client = _client()
    if client is None:
        return _without_token()
    brief = registry.by_number(code)
    grade = registry.grades([brief.id]).get(brief.id) if brief else None
    grading.note_reading(client.id, asked=code[:50], given=int(grade is not None), address=request.remote_addr)
    if brief is None or grade is None:
        return jsonify(error=_("没有这户主体的等级。")), 404
    return jsonify(code=brief.number, name=brief.name, grade=grade.grade, since=grade.since.isoformat())


@views.get("/api/v1/grades.<any(jsonl, csv):form>")
@audience(PUBLIC)
def shared_grades(form: str) -> Any:
    """For other departments' systems, by token: the last file with everybody's grade; every run has it written anew."""
    client = _client()
    if client is None:
        return _without_token()
    known = queries.last_grade_file(form, finished=True)
    given = known.given or 0 if known else 0
    grading.note_reading(client.id, asked=f"grades.{form}", given=given, address=request.remote_addr)
    if known is None:
        return jsonify(error=_("还没有等级文件，下一次分类之后会生成。")), 404
    return _sent(known)


def _sent(known: GradeFile) -> Any:
    """A file as it lies in the store; its moment is the heading Last-Modified."""
    assert known.file_sha256 is not None
    return send_file(
        files.opened(known.file_sha256),
        mimetype=FILE_TYPES[known.form],
        as_attachment=True,
        download_name=f"grades.{known.form}",
        last_modified=known.finished_at,
    )


def _client() -> SharingClient | None:
    """Who reads, by the token in the heading `Authorization: Bearer …`."""
    kind, _space, token = request.headers.get("Authorization", "").partition(" ")
    return queries.client_of(token) if kind.lower() == "bearer" and token else None


def _without_token() -> Any:
    answer = jsonify(error=_("需要有效的令牌。"))
    answer.headers["WWW-Authenticate"] = "Bearer"
    return answer, 401


@views.get("/grading/replay-checks")
@audience("grading.read")
def replay_checks() -> Any:
    """The daily checks that stored grades follow from the records, and what did not."""
    checks, reader = queries.replay_checks(), actor()
    briefs = registry.brief({found["enterprise_id"] for check in checks for found in check.differing})
    seen = {each.id: each for each in briefs.values() if staff.sees_unit(reader, each.org_id)}
    return render_template("grading/replay_checks.html", checks=checks, briefs=seen)


def desk_tasks() -> Iterator[Task]:
    """Adjustments and models that wait for an approval, and drafts that wait for their author."""
    me = actor()
    if me.may("grading.approve"):
        for row in queries.adjustments(me, state="proposed", after=None, before=None).rows:
            name = registry.brief([row.Adjustment.enterprise_id])[row.Adjustment.enterprise_id].name
            url = url_for("grading.adjustment", adjustment_id=row.Adjustment.id)
            yield Task(name, _("人工调整等级 · 待审批"), _("审批"), url)
    if me.may("grading.model") or me.may("grading.approve"):
        for each in queries.models():
            if each.state == "draft":
                label = _(SUBJECT_CLASSES[each.subject_class])
                title = _("%(label)s模型第 %(version)s 版", label=label, version=each.version)
                yield Task(title, _("分类模型 · 待启用"), _("试算和启用"), url_for("grading.model", model_id=each.id))


@views.get("/desk/grading")
@audience("grading.run")
def desk_panel() -> Any:
    """For the desk of the credit section: where the classification stands, and what waits."""
    last, census = queries.last_run(), registry.census()
    return render_template(
        "grading/desk_panel.html",
        counts=census.by_grade(),
        counted_at=census.taken_at,
        last=last,
        directions=_directions(last) if last else None,
        waiting=queries.open_run(),
        differing=sum(len(check.differing) for check in queries.replay_checks(1)),
        grades=GRADE_LABELS,
    )


# What the pages show.


@dataclass(frozen=True)
class Written:
    """One form of the file with everybody's grade: the newest with its job, and the newest that can be read."""

    form: str
    name: str
    newest: GradeFile | None
    job: Job | None
    ready: GradeFile | None


def _grade_files() -> list[Written]:
    return [
        Written(
            form,
            name,
            newest := queries.last_grade_file(form),
            queries.job_of(newest) if newest else None,
            queries.last_grade_file(form, finished=True),
        )
        for form, name in FILE_FORMS.items()
    ]


def _told_by(known: Simulation) -> dict[str, Any]:
    """The figures of a finished simulation: matrix, distributions, places, cost of a draw over all libraries."""
    moves, floors = known.moves or {}, parameters.in_force("sampling.floors_bp")
    before, after = (counts_of(moves, after=later) for later in (False, True))
    costs = [inspections(counts, floors.value) for counts in (before, after)]
    names = staff.unit_names()
    areas = {
        names[int(unit_id)]: letters
        for unit_id, letters in (known.areas or {}).items()
        if staff.sees_unit(actor(), int(unit_id))
    }
    sections = {
        f"{section} {industries().get(section, '')}".strip() or _("行业不明"): letters
        for section, letters in (known.industries or {}).items()
    }
    return {
        "matrix": [(one, [moves.get(f"{one}{other}", 0) for other in GRADES]) for one in GRADES],
        "moved": sum(number for letters, number in moves.items() if letters[0] != letters[1]),
        "up": sum(number for letters, number in moves.items() if letters[1] > letters[0]),
        "down": sum(number for letters, number in moves.items() if letters[1] < letters[0]),
        "before": before,
        "after": after,
        "chart": charts.stacked(
            [_stack(_("现行"), before), _stack(_("草案"), after)], title=_("现行模型与草案的等级构成")
        ),
        "costs": costs,
        "floors": floors,
        "places": [
            (_("按辖区"), _("辖区"), _placed(areas)),
            (_("按行业门类"), _("行业门类"), _placed(sections)),
        ],
    }


def _placed(places: Mapping[str, Mapping[str, int]]) -> list[tuple[str, int, dict[str, int], dict[str, int]]]:
    """Of each place: its name, how many move, and letters before and after."""
    return [
        (
            name,
            sum(number for pair, number in letters.items() if pair[0] != pair[1]),
            counts_of(letters, after=False),
            counts_of(letters, after=True),
        )
        for name, letters in places.items()
    ]


def _stack(label: str, counts: Mapping[str, int]) -> Stack:
    parts = [Part(grade, counts[grade], TONES[grade]) for grade in GRADES]
    return Stack(label, parts, f"{sum(counts.values()):,}")


def _simulated_reason(known: Simulation) -> Callable[[SimulatedMove], str]:
    """What would move an enterprise, in words."""
    models = [queries.load(model_id) for model_id in (known.against_id, known.model_id) if model_id]
    labels = {each.key: each.name for model in models for each in model.indicators}

    def words(move: SimulatedMove) -> str:
        if move.reason in Flag.__members__:
            return _(FLAG_LABELS[Flag[move.reason]])
        if not move.reason:
            return _("分值界限变化")
        return f"{labels.get(move.reason, move.reason)} {move.change / TENTH:+g}"

    return words


def _areas(reader: Actor) -> list[Area]:
    """Grades by county for the city bureau, by own unit for the others, in the order of the tree."""
    county_of, by_county = staff.county_of(), reader.org_path.count("/") <= 2
    counted: dict[int, Counter[str]] = defaultdict(Counter)
    for row in registry.census(reader).rows:
        if row.grade:
            counted[county_of[row.org_id] if by_county else row.org_id][row.grade] += row.number
    return [
        Area(unit.division_code, unit.short_name, unit.kind, counted[unit.id])
        for unit in staff.units()
        if unit.id in counted
    ]


def _area_chart(areas: Sequence[Area]) -> Markup:
    rows = [
        Stack(
            area.name, [Part(grade, area.counts[grade], TONES[grade]) for grade in GRADES], f"{area.counts.total():,}"
        )
        for area in areas
    ]
    return charts.stacked(rows, title=_("各辖区信用风险等级构成"))


def _area_map(areas: Sequence[Area]) -> Markup | None:
    """The share of C and D in each county, where several counties are in sight."""
    tiles = [
        Tile(area.code, area.name.removesuffix("局"), area.risky, f"{area.risky:.1f}%")
        for area in areas
        if area.kind == "county" and area.code in charts.ZHOUKOU
    ]
    return charts.tile_map(tiles, title=_("各县（市、区）C、D 级占比")) if len(tiles) > 1 else None


def _flow_chart(flow: Mapping[str, int]) -> Markup:
    """Of each letter before, which letters followed."""
    rows = [
        _stack(_("原 %(grade)s 级", grade=before), {after: flow.get(f"{before}{after}", 0) for after in GRADES})
        for before in GRADES
    ]
    return charts.stacked(rows, title=_("原来各级主体的去向"))


def _trend_chart(trend: Sequence[ClassificationRun]) -> Markup:
    return charts.line(
        [
            Series(
                _("%(grade)s 级", grade=grade), [round(_share(queries.distribution(run), grade), 2) for run in trend]
            )
            for grade in ("B", "C", "D")
        ],
        labels=[run.as_of.strftime("%Y-%m") if run.as_of else "" for run in trend],
        title=_("各月 B、C、D 级占比"),
        unit="%",
    )


def _share(counts: Mapping[str, int], grades: str) -> float:
    """Percent of these grades among all."""
    whole = sum(counts[grade] for grade in GRADES)
    return 100 * sum(counts[grade] for grade in grades) / whole if whole else 0.0


def _directions(run: ClassificationRun) -> dict[str, int]:
    """How many got a riskier letter, a better one, were classified for the first time, or left."""
    directions = dict.fromkeys(("up", "down", "new", "gone"), 0)
    for (before, after), number in ((tuple(letters), number) for letters, number in (run.moves or {}).items()):
        key = "new" if before == NOBODY else "gone" if after == NOBODY else "up" if after > before else "down"
        directions[key] += number
    return directions


def _part_of_moves(filters: Mapping[str, str]) -> dict[str, Any]:
    """Which of those who moved a page shows: the grades asked for, and the place in the list."""
    part = {f"{name}_grade": value for name, value in filters.items()}
    return part | {"after": request.args.get("page_after"), "before": request.args.get("page_before")}


def _matrix(run: ClassificationRun) -> list[tuple[str, list[int | None]]]:
    """Rows by letter before, columns by letter after; the diagonal is known for runs over everybody."""
    moves, after = run.moves or {}, queries.distribution(run)
    rows = []
    for before in (*GRADES, NOBODY):
        cells = [
            (after[grade] - sum(moves.get(f"{other}{grade}", 0) for other in (*GRADES, NOBODY)) if run.whole else None)
            if grade == before
            else moves.get(f"{before}{grade}", 0)
            for grade in GRADES
        ]
        rows.append((before, [*cells, None if before == NOBODY else moves.get(f"{before}{NOBODY}", 0)]))
    return rows


def _what_adds_up(receipt: Receipt, thresholds: Mapping[str, int], model_id: int) -> dict[str, Any]:
    """What the templates of receipts share: the lines that say something, the steps to the score, their picture."""
    return {
        "shown": [line for line in receipt.lines if line.points or line.hits],
        "steps": _steps(receipt, model_id),
        "waterfall": _waterfall(receipt, thresholds, model_id),
    }


def _flags(receipt: Receipt) -> list[str]:
    return [_(words) for flag, words in FLAG_LABELS.items() if receipt.flags & flag]


def _differences(one: Receipt, other: Receipt) -> list[tuple[Line, int, int]]:
    """The indicators whose points differ between two receipts of one model."""
    pairs = zip(one.lines, other.lines, strict=True)
    return [(line, line.points, against.points) for line, against in pairs if line.points != against.points]


def _batches(receipt: Receipt) -> set[int]:
    return {hit.fact.batch_id for line in receipt.lines for hit in line.hits if hit.fact.batch_id}


def _counted(receipt: Receipt) -> list[tuple[Fact, list[Line]]]:
    """The records behind a receipt, each with the indicators that it counts for."""
    found: dict[int, tuple[Fact, list[Line]]] = {}
    for line in receipt.lines:
        for hit in line.hits:
            found.setdefault(hit.fact.id, (hit.fact, []))[1].append(line)
    return list(found.values())


def _steps(receipt: Receipt, model_id: int) -> list[Bar]:
    """What adds up to the score: every indicator with points, and what the bounds of the groups take off or add."""
    steps: list[Bar] = []
    for group in receipt.groups:
        for line in receipt.lines:
            if line.indicator.group == group.key and line.points:
                url = url_for("grading.model", model_id=model_id, _anchor=line.indicator.key)
                steps.append(_bar(line.indicator.name, line.points, url))
        if group.points != group.sum:
            words = _("%(group)s封顶 %(cap)s 分", group=_(GROUPS[group.key]), cap=f"{group.cap / TENTH:g}")
            floor = _("%(group)s不低于 0 分", group=_(GROUPS[group.key]))
            steps.append(_bar(floor if group.sum < 0 else words, group.points - group.sum))
    total = sum(group.points for group in receipt.groups)
    return [*steps, _bar(_("总分封顶 1000 分"), receipt.score - total)] if total != receipt.score else steps


def _bar(label: str, tenths: int, url: str | None = None) -> Bar:
    return Bar(label, tenths / TENTH, f"{tenths / TENTH:+g}", url=url)


def _waterfall(receipt: Receipt, thresholds: Mapping[str, int], model_id: int) -> Markup | None:
    steps = _steps(receipt, model_id)
    if not steps:
        return None
    peak, height = 0.0, 0.0
    for step in steps:
        height += step.value
        peak = max(peak, height)
    limit = next((bound for bound in (250, 600, 1000) if peak <= bound), 1000)
    return charts.waterfall(
        steps,
        title=_("分值构成：合计 %(score)s 分", score=f"{receipt.score / TENTH:g}"),
        total=_("合计"),
        unit=_("分"),
        limit=limit,
        marks=[(value, letter) for letter, value in thresholds.items() if value <= limit],
    )
