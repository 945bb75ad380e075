"""Pages of the registry: 主体查询, 一户一档, single records, 数据归集 and 待匹配."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any

from flask import Blueprint, Response, make_response, render_template, request, url_for
from werkzeug.utils import redirect

from casework.accounts import queries as staff
from casework.core import clock, files, sheets
from casework.core.desk import Task
from casework.core.errors import NotAllowed, NotFound, Refusal
from casework.core.i18n import N_, _
from casework.core.web import Form, actor, audience, disposition, done, download, may_use
from casework.registry import operations as registry
from casework.registry import queries
from casework.registry.models import CreditRecord, Enterprise, ImportBatch
from casework.registry.queries import MOST_COUNTED, Search
from casework.registry.reference import divisions, industries, industry_sections, towns
from casework.registry.rules import (
    KIND_BY_NUMBER,
    KINDS,
    MARKS,
    RECORD_STATES,
    STATUSES,
    SUBJECT_CLASSES,
    state_of,
    verbs_for,
)
from casework.registry.schemas import Candidate, Discard, EnterpriseFilter, Mark, Upload
from casework.registry.sources import SOURCES
from casework.registry.sources._reader import heading
from casework.registry.sources._source import Source

views = Blueprint("registry", __name__)

MOST_EXPORTED = 5000
MEANINGS = {
    "remove": N_("自所填日期起不再列入，记录保留为历史。列入本身有误的，请办理撤销。"),
    "repair": N_("自所填日期起停止公示、共享和使用，不再计入风险分值。"),
    "revoke": N_("视同自始没有发生，不再计入风险分值。原记录和办理过程仍可查。"),
    "object": N_("标注为存疑。异议办结之前，记录仍在，旁边显示异议标注。"),
    "close_objection": N_("撤下异议标注。异议成立的，请另行办理撤销。"),
}
"""What a mark does to a record, said before it is done."""

# Enterprises ---------------------------------------------------------------------------------------------------------


@views.get("/enterprises")
@audience("registry.read")
def enterprises() -> Any:
    """主体查询."""
    form, wanted = _wanted()
    units = staff.units(actor())
    found = queries.search(wanted, actor(), after=request.args.get("after"), before=request.args.get("before"))
    return render_template(
        "registry/enterprises.html",
        form=form,
        wanted=wanted,
        found=found,
        counted=queries.count(wanted, actor()) if wanted.filters else None,
        most_counted=MOST_COUNTED,
        most_exported=MOST_EXPORTED,
        unit_names={unit.id: unit.short_name for unit in units},
        shows_grade=actor().may("grading.read"),
        statuses=STATUSES,
        classes=SUBJECT_CLASSES,
        sections=industry_sections(),
        choices=_filter_choices(units),
    )


def _wanted() -> tuple[Form, Search]:
    """The filters of the address (or of the export button); one that cannot be understood is shown and left out."""
    form = Form(EnterpriseFilter(), request.values)
    given = form.data if form.valid else {}
    unit_id = given.get("unit_id")
    if unit_id is not None and not staff.sees_unit(actor(), unit_id):
        raise NotFound(_("没有这个机构，或者不在您的管辖范围。"))
    if "grade" in given and not actor().may("grading.read"):
        raise NotAllowed(_("您的岗位不能按风险等级查询。"))
    return form, Search(**given)


def _filter_choices(units: Sequence[Any]) -> dict[str, Sequence[tuple[Any, str]]]:
    return {
        "units": _units_to_choose(tuple(units)),
        "sections": [(letter, f"{letter} {name}") for letter, name in industry_sections().items()],
        "statuses": [(key, _(label)) for key, label in STATUSES.items()],
        "classes": [(key, _(label)) for key, label in SUBJECT_CLASSES.items()],
    }


@lru_cache(maxsize=500)
def _units_to_choose(units: tuple[Any, ...]) -> Sequence[tuple[int, str]]:
    """The units a reader may see, each as deep as it lies in the tree: made once while they stay the same."""
    return [(unit.id, "　" * (unit.path.count("/") - 2) + unit.short_name) for unit in units]


@views.post("/enterprises/export")
@audience("registry.read")
def export() -> Any:
    """The list as shown, as CSV without grades; written down in the audit log."""
    _form, wanted = _wanted()
    rows = queries.export(wanted, actor(), limit=MOST_EXPORTED)
    registry.note_export(wanted.filters, len(rows), actor=actor())
    names = staff.unit_names()
    header = [
        _("统一社会信用代码"),
        _("注册号"),
        _("名称"),
        _("主体类别"),
        _("主体类型"),
        _("登记状态"),
        _("法定代表人"),
        _("成立日期"),
        _("注册资本（万元）"),
        _("币种"),
        _("行业门类"),
        _("行业代码"),
        _("管辖单位"),
        _("住所"),
        _("经营范围"),
    ]
    lines = (
        (
            row.uscc,
            row.reg_no,
            row.name,
            _(SUBJECT_CLASSES[row.subject_class]),
            row.type_name,
            _(STATUSES[row.status]),
            row.legal_representative,
            row.established_on,
            _plain(row.capital_wan),
            row.currency,
            row.industry_section,
            row.industry_code,
            names.get(row.org_id),
            row.address,
            row.scope,
        )
        for row in rows
    )
    name = _("经营主体-%(day)s.csv", day=clock.today().isoformat())
    return download(sheets.csv_lines(header, lines), name=name, media_type="text/csv")


def _plain(number: Any) -> str | None:
    return None if number is None else f"{number.normalize():f}"


@views.get("/enterprises/<int:enterprise_id>")
@audience("registry.read")
def enterprise(enterprise_id: int) -> Any:
    """一户一档."""
    known = queries.find(enterprise_id, actor())
    records = queries.records(known.id)
    return render_template(
        "registry/enterprise.html",
        enterprise=known,
        records=_by_kind(records),
        events=_events(known, records),
        grade=queries.grades([known.id]).get(known.id) if actor().may("grading.read") else None,
        shows_grade=actor().may("grading.read"),
        telephone=queries.telephone(known),
        parent=queries.brief([known.parent_id]).get(known.parent_id) if known.parent_id else None,
        branches=queries.branches(known.id, actor()),
        unit=staff.unit(known.org_id),
        division=divisions().get(known.division_code or ""),
        town=towns().get(known.town_code or ""),
        industry=_industry_words(known),
        business_term=_business_term(known),
        capital=_capital_words(known.capital_wan, known.currency),
        paid_capital=_capital_words(known.paid_capital_wan, known.currency),
        statuses=STATUSES,
        classes=SUBJECT_CLASSES,
        states=RECORD_STATES,
        source=SOURCES.get(known.source),
        source_name=_source_name,
    )


def _capital_words(wan: Decimal | None, currency: str | None) -> str | None:
    if wan is None:
        return None
    amount = f"{wan.normalize():,f}"
    if currency in (None, "CNY"):
        return _("%(amount)s 万元", amount=amount)
    return _("%(amount)s 万%(currency)s", amount=amount, currency=_(_CURRENCIES.get(currency, currency)))


_CURRENCIES = {
    "USD": N_("美元"), "HKD": N_("港元"), "EUR": N_("欧元"), "JPY": N_("日元"), "TWD": N_("新台币元"), "GBP": N_("英镑"),
}  # fmt: skip
"""Other currencies of a capital, as they are written after the figure."""


def _industry_words(known: Enterprise) -> str | None:
    if known.industry_section is None:
        return None
    section = f"{known.industry_section} {industry_sections()[known.industry_section]}"
    name = industries().get(f"{known.industry_section}{known.industry_code}") if known.industry_code else None
    return f"{section} · {known.industry_code} {name or ''}" if known.industry_code else section


def _business_term(known: Enterprise) -> str | None:
    if known.term_from is None and known.term_to is None:
        return None
    return _(
        "%(first)s 至 %(last)s",
        first=known.term_from or known.established_on or "",
        last=known.term_to or _("无固定期限"),
    )


def _source_name(key: str) -> str:
    return _(SOURCES[key].label) if key in SOURCES else _("本系统")


def _days(known: CreditRecord) -> str:
    """When it happened; of a listing from when until when, of a licence through its last valid day."""
    kind, last = KIND_BY_NUMBER[known.kind], known.ends_on
    if not kind.listing:
        return known.happened_on.isoformat()
    if last is not None and kind.key == "licence":
        last -= timedelta(days=1)
    return _("%(first)s 至 %(last)s", first=known.happened_on, last=last or _("今"))


def _by_kind(records: Any) -> list[tuple[Any, list[tuple[CreditRecord, str, str]]]]:
    """Records in the order of the kinds, each with its state of today and its days."""
    today = clock.today()
    by_kind: dict[int, list[tuple[CreditRecord, str, str]]] = {}
    for record in records:
        entry = (record, state_of(queries.marks_of(record), today), _days(record))
        by_kind.setdefault(record.kind, []).append(entry)
    return [(kind, by_kind[kind.number]) for kind in _DISPLAY if kind.number in by_kind]


_FIRST = (
    "serious",
    "defaulter",
    "abnormal",
    "penalty",
    "unpaid_penalty",
    "check",
    "overdue_rectification",
    "product_test",
)
_DISPLAY = [KINDS[key] for key in _FIRST] + [kind for key, kind in KINDS.items() if key not in _FIRST]
"""What weighs most stands first."""

_ALARMING = frozenset(KINDS[key].number for key in ("serious", "defaulter", "abnormal", "penalty", "unpaid_penalty"))


def _events(known: Enterprise, records: Any) -> list[dict[str, Any]]:
    """The life of an enterprise, newest first: what happened, and what later became of it."""
    events: list[tuple[date, str, str | None, str | None, str]] = []
    if known.established_on:
        events.append((known.established_on, _("成立"), None, None, "plain"))
    if known.status_on:
        events.append((known.status_on, _(STATUSES[known.status]), known.status_reason, None, "strong"))
    for record in records:
        kind, url = KIND_BY_NUMBER[record.kind], url_for(".credit_record", record_id=record.id)
        gone = record.revoked_on is not None
        weight = "alarm" if record.kind in _ALARMING and not gone else "plain"
        label = _(kind.label) + (_("（已撤销）") if gone else "")
        events.append((record.happened_on, label, record.title, url, weight))
        for day, words in (
            (
                record.ends_on if kind.listing and record.ends_on and record.ends_on <= clock.today() else None,
                _("结束"),
            ),
            (record.repaired_on, _("信用修复")),
            (record.objected_on, _("提出异议")),
            (record.objection_closed_on, _("异议办结")),
        ):
            if day is not None:
                events.append((day, _(kind.label) + _("：") + words, record.title, url, "plain"))
    events.sort(key=lambda event: event[0], reverse=True)
    return [
        {"when": day.isoformat(), "title": title, "text": None if words == title else words, "url": url, "kind": weight}
        for day, title, words, url, weight in events
    ]


# Single records ------------------------------------------------------------------------------------------------------


@views.get("/records/<int:record_id>")
@audience("registry.read")
def credit_record(record_id: int) -> Any:
    """One version of a record: what is known, what was done about it, where it came from."""
    known = queries.credit_record(record_id, actor())
    today, marks, versions = clock.today(), queries.marks_of(known), queries.versions(known)
    source = SOURCES.get(known.source)
    may_mark = actor().may("registry.mark") and known.superseded_at is None
    return render_template(
        "registry/record.html",
        record=known,
        enterprise=queries.find(known.enterprise_id),
        kind=KIND_BY_NUMBER[known.kind],
        days=_days(known),
        amount=_amount_words(known),
        state=state_of(marks, today),
        states=RECORD_STATES,
        source_name=_source_name,
        facts=_told(source, known.detail),
        acts=[(label, known.detail[verb]) for verb, label in MARKS.items() if verb in known.detail],
        versions=versions,
        batch=queries.import_batch(known.batch_id) if known.batch_id else None,
        source=source,
        verbs=[(verb, MARKS[verb]) for verb in verbs_for(marks, today)] if may_mark else [],
    )


@views.route(
    "/records/<int:record_id>/<any(remove, repair, revoke, object, close_objection):verb>", methods=["GET", "POST"]
)
@audience("registry.mark")
def mark(record_id: int, verb: str) -> Any:
    """Removes, repairs or revokes a record, notes an objection to it or closes one."""
    known = queries.credit_record(record_id, actor())
    form = Form(Mark(), request.form if request.method == "POST" else None, defaults={"on": clock.today().isoformat()})
    if form.valid:
        with form.refusals():
            kept = registry.MARKING[verb](known.id, **form.data, actor=actor())
            return done(_("已办理：%(verb)s。", verb=_(MARKS[verb])), ".credit_record", record_id=kept.id)
    page = render_template(
        "registry/mark.html",
        record=known,
        enterprise=queries.find(known.enterprise_id),
        kind=KIND_BY_NUMBER[known.kind],
        days=_days(known),
        verb=verb,
        label=MARKS[verb],
        meaning=MEANINGS[verb],
        form=form,
    )
    return page, 422 if form.submitted else 200


_IN_WAN = frozenset(KINDS[key].number for key in ("equity_pledge", "equity_freeze"))
"""Kinds whose amount is a part of the capital, in 10,000 yuan; other amounts are in yuan."""


def _amount_words(known: CreditRecord) -> str | None:
    if known.amount is None:
        return None
    amount = f"{known.amount.normalize():,f}"
    return _("%(amount)s 万元", amount=amount) if known.kind in _IN_WAN else _("%(amount)s 元", amount=amount)


_OTHER_LABELS = {"type": N_("检查类型"), "item": N_("检查事项"), "results": N_("检查结果")}


def _told(source: Source | None, detail: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """What else the source said of a record, under the labels of its columns."""
    labels = _OTHER_LABELS | ({field.key: field.label for field in source.fields} if source else {})
    told = []
    for key, value in detail.items():
        if key in labels and not isinstance(value, Mapping):
            words = _("、").join(map(str, value)) if isinstance(value, list) else value
            told.append((_(labels[key]), (_("是") if words else _("否")) if isinstance(words, bool) else words))
    return told


# Imports -------------------------------------------------------------------------------------------------------------


@views.get("/imports")
@audience("registry.import")
def imports() -> Any:
    """数据归集: what was brought in."""
    found = queries.imports(after=request.args.get("after"), before=request.args.get("before"))
    return render_template("registry/imports.html", found=found, sources=SOURCES, waiting=queries.waiting_counts())


@views.get("/imports/new")
@audience("registry.import")
def new_import() -> Any:
    return _upload_page(Form(Upload(), defaults={"source": request.args.get("source", "")}))


@views.post("/imports/new")
@audience("registry.import")
def request_import() -> Any:
    """Takes a file and has it tried out; nothing is kept before somebody confirms it."""
    form = Form(Upload(), request.form)
    file = request.files.get("file")
    if file is None or not file.filename:
        form.add_error("file", _("请选择要导入的文件。"))
    elif form.valid:
        with form.refusals():
            batch = registry.request_import(
                form.data["source"], file.stream, name=file.filename, dry_run=True, actor=actor()
            )
            if batch.mapping:
                return done(_("文件已收到，正在试运行。"), ".import_batch", batch_id=batch.id)
            return redirect(url_for(".map_columns", batch_id=batch.id), 303)
    return _upload_page(form), 422


def _upload_page(form: Form) -> str:
    return render_template("registry/import_new.html", form=form, sources=_sorted_sources())


def _sorted_sources() -> list[Source]:
    """The register first, then the sources of records in the order of their kinds."""
    order = list(KINDS)
    return sorted(SOURCES.values(), key=lambda source: order.index(source.kind) if hasattr(source, "kind") else -1)


@views.get("/imports/sources/<key>")
@audience("registry.import")
def source(key: str) -> Any:
    """What a source reads: columns, their other names, an example."""
    return render_template("registry/source.html", source=registry.source_of(key))


@views.get("/imports/sources/<key>/template.csv")
@audience("registry.import")
def template(key: str) -> Any:
    """A file to fill in, with the source's own examples. Its headings are Chinese, as files are recognised by them."""
    known = registry.source_of(key)
    header = [field.label for field in known.fields]
    rows = ([example.cells.get(field.key, "") for field in known.fields] for example in known.examples)
    return download(sheets.csv_lines(header, rows), name=f"{known.key}.csv", media_type="text/csv")


@views.get("/imports/<int:batch_id>")
@audience("registry.import")
def import_batch(batch_id: int) -> Any:
    """One file: how far its reading is, what became of its rows, what to do next."""
    batch = queries.import_batch(batch_id)
    if batch.state == "received" and not batch.mapping:
        return redirect(url_for(".map_columns", batch_id=batch.id), 303)
    job = queries.job_of(batch)
    page = render_template(
        "registry/import.html",
        batch=batch,
        source=SOURCES[batch.source],
        job=job,
        before=queries.kept_before(batch),
    )
    response = make_response(page)
    if request.headers.get("HX-Request") and (job is None or job["state"] not in ("queued", "running")):
        response.headers["HX-Refresh"] = "true"
    return response


@views.route("/imports/<int:batch_id>/columns", methods=["GET", "POST"])
@audience("registry.import")
def map_columns(batch_id: int) -> Any:
    """Says by hand what the columns of a file mean."""
    batch = queries.import_batch(batch_id)
    source, head = SOURCES[batch.source], _head(batch)
    guessed = source.recognise(head.cells)
    typed = {at: request.form.get(f"column_{at}", "") for at in range(len(head.cells))} if request.form else None
    form = _ColumnForm(typed if typed is not None else {at: guessed.get(at, "") for at in range(len(head.cells))})
    if typed is not None:
        try:
            registry.map_columns(batch.id, {at: key for at, key in typed.items() if key}, actor=actor())
            return done(_("列已对应，正在试运行。以后相同表头的文件会自动识别。"), ".import_batch", batch_id=batch.id)
        except Refusal as refusal:
            form.take(refusal)
    required = [_(field.label) for field in source.required]
    page = render_template("registry/columns.html", batch=batch, source=source, head=head, form=form, required=required)
    return page, 422 if typed is not None else 200


class _ColumnForm:
    """As many selects as a file has columns: what forms.html asks of a form."""

    def __init__(self, chosen: Mapping[int, str]) -> None:
        self._chosen = {f"column_{at}": key for at, key in chosen.items()}
        self._errors: dict[str, list[str]] = {}

    def value(self, name: str) -> str:
        return self._chosen.get(name, "")

    def errors(self, name: str) -> list[str]:
        return self._errors.get(name, [])

    @property
    def all_errors(self) -> list[tuple[str, str]]:
        return [(name, sentence) for name, sentences in self._errors.items() for sentence in sentences]

    def take(self, refusal: Refusal) -> None:
        self._errors = dict(getattr(refusal, "errors", {"": [str(refusal)]}))


def _head(batch: ImportBatch) -> Any:
    with files.opened(batch.file_sha256) as file:
        return heading(file, SOURCES[batch.source])


@views.post("/imports/<int:batch_id>/keep")
@audience("registry.import")
def keep_import(batch_id: int) -> Any:
    registry.keep_import(batch_id, actor=actor())
    return done(_("已确认，正在正式导入。"), ".import_batch", batch_id=batch_id)


@views.post("/imports/<int:batch_id>/read-again")
@audience("registry.import")
def read_again(batch_id: int) -> Any:
    registry.read_again(batch_id, actor=actor())
    return done(_("正在重新读取。"), ".import_batch", batch_id=batch_id)


@views.get("/imports/<int:batch_id>/report")
@audience("registry.import")
def report(batch_id: int) -> Any:
    """The fate of every row, as a packed CSV."""
    batch = queries.import_batch(batch_id)
    if batch.report_sha256 is None:
        raise NotFound(_("这个批次还没有报告。"))
    response = Response(files.opened(batch.report_sha256), mimetype="application/gzip")
    name = _("%(source)s-第%(id)s批-逐行报告.csv.gz", source=_(SOURCES[batch.source].label), id=batch.id)
    response.headers["Content-Disposition"] = disposition(name)
    return response


# What waits for a match ----------------------------------------------------------------------------------------------

WAITING_REASONS = {"unknown": N_("主体未归集"), "ambiguous": N_("多个同名主体"), "conflict": N_("代码与名称不一致")}


@views.get("/waiting")
@audience("registry.match")
def waiting() -> Any:
    """待匹配: records whose enterprise is not certain."""
    shown = request.args.get("reason")
    discarded = shown == "discarded"
    found = queries.waiting(
        discarded=discarded,
        reason=shown if shown in WAITING_REASONS else None,
        after=request.args.get("after"),
        before=request.args.get("before"),
    )
    return render_template(
        "registry/waiting.html",
        found=found,
        shown=shown,
        counts=queries.waiting_counts(),
        reasons=WAITING_REASONS,
        kinds=KIND_BY_NUMBER,
        sources=SOURCES,
    )


@views.get("/waiting/<int:waiting_id>")
@audience("registry.match")
def waiting_row(waiting_id: int) -> Any:
    return _waiting_page(waiting_id, Form(Discard()))


@views.post("/waiting/<int:waiting_id>/match")
@audience("registry.match")
def match_waiting(waiting_id: int) -> Any:
    form = Form(Candidate(), request.form)
    if not form.valid:
        raise Refusal(_("请选择要匹配的主体。"))
    chosen = queries.find(form.data["enterprise_id"], actor())
    registry.match_waiting(waiting_id, chosen.id, actor=actor())
    return done(_("已归到 %(name)s 名下。", name=chosen.name), ".waiting")


@views.post("/waiting/<int:waiting_id>/discard")
@audience("registry.match")
def discard_waiting(waiting_id: int) -> Any:
    form = Form(Discard(), request.form)
    if form.valid:
        with form.refusals():
            registry.discard_waiting(waiting_id, **form.data, actor=actor())
            return done(_("已判定不予归集。"), ".waiting")
    return _waiting_page(waiting_id, form), 422


@views.post("/waiting/<int:waiting_id>/restore")
@audience("registry.match")
def restore_waiting(waiting_id: int) -> Any:
    registry.restore_waiting(waiting_id, actor=actor())
    return done(_("已恢复为待匹配。"), ".waiting_row", waiting_id=waiting_id)


def _waiting_page(waiting_id: int, form: Form) -> str:
    row = queries.waiting_row(waiting_id)
    words = request.args.get("words", "").strip()[:60]
    source = SOURCES[row.source]
    return render_template(
        "registry/waiting_row.html",
        row=row,
        form=form,
        words=words,
        candidates=queries.candidates(row, words, actor()),
        unit_names=staff.unit_names(),
        kind=KIND_BY_NUMBER[row.values["kind"]],
        facts=_told(source, row.values["detail"]),
        source=source,
        batch=queries.import_batch(row.batch_id),
        reasons=WAITING_REASONS,
        statuses=STATUSES,
    )


# On the desk ---------------------------------------------------------------------------------------------------------


def desk_tasks() -> Iterator[Task]:
    """Files whose dry run waits for a word."""
    for batch in queries.unconfirmed() if actor().may("registry.import") else ():
        about = _("数据归集 · %(source)s", source=_(SOURCES[batch.source].label))
        yield Task(batch.file_name, about, _("核对试导入结果"), url_for("registry.import_batch", batch_id=batch.id))


@views.get("/registry/desk-panel")
@audience("registry.import")
def desk_panel() -> Any:
    """For the desk of those who bring data in: files to confirm, records to match."""
    return render_template(
        "registry/desk_panel.html",
        unconfirmed=len(queries.unconfirmed()),
        waiting=sum(queries.waiting_counts().values()) if may_use("registry.waiting") else 0,
    )
