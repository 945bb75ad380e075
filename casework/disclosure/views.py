"""Pages of the disclosure room: the public portal without sign-in, and the staff's desk of publications."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import segno
from flask import (
    Blueprint,
    Response,
    current_app,
    g,
    redirect,
    render_template,
    request,
    send_file,
    url_for,
)
from markupsafe import Markup

from casework.accounts import queries as staff
from casework.core import clock, parameters
from casework.core.actor import SYSTEM
from casework.core.desk import Task
from casework.core.errors import NotFound
from casework.core.i18n import _
from casework.core.ledger import history
from casework.core.web import PUBLIC, Form, actor, audience, audience_of, done, download, error_page
from casework.disclosure import operations as disclosure
from casework.disclosure import queries
from casework.disclosure.opendata import SETS
from casework.disclosure.rules import PUBLICATION, SHORTEST_SEARCH, in_time, search_key
from casework.disclosure.schemas import Correction, Note, PublicationFilter, ResultFilter, Wish
from casework.documents import paper as papers
from casework.documents import queries as documents
from casework.documents.rules import CODE_LENGTH, code_as_typed, code_in_groups
from casework.registry import queries as registry
from casework.registry.reference import divisions
from casework.sampling import queries as sampling
from casework.sampling.rules import CADENCES, IMPORTANCE, ONLY, PLAN, percent

views = Blueprint("disclosure", __name__)

CACHED = "public, max-age=60"
"""A visitor's page may be a minute old: a withdrawal must not linger."""

RECENT = 5
"""So many draws and results stand on the front page."""

# ---- The frame of the portal -----------------------------------------------------------------------------------------


@views.app_context_processor
def portal_frame() -> dict[str, Any]:
    """Name, menu and search box of every public page, also of other rooms' ones."""
    if not request.path.startswith("/public"):
        return {}
    menu = (
        (_("检查结果"), "disclosure.results", ("disclosure.result", "disclosure.enterprises", "disclosure.enterprise")),
        (
            _("抽查活动"),
            "disclosure.draws",
            ("disclosure.draw", "disclosure.names", "disclosure.how_to_verify", "sampling.draw_ledger"),
        ),
        (_("抽查事项清单"), "disclosure.items", ("disclosure.item",)),
        (_("年度计划"), "disclosure.plans", ("disclosure.plan",)),
        (_("文书核验"), "documents.check_form", ("documents.check",)),
        (_("开放数据"), "disclosure.open_data", ()),
        (_("权利与投诉"), "disclosure.rights", ()),
    )
    here = request.endpoint
    city = staff.units(kind="city")
    return {
        "bureau": city[0].name if city else _("市场监督管理局"),
        "public_home_url": url_for("disclosure.portal"),
        "public_search_url": url_for("disclosure.enterprises"),
        "public_nav": [
            (label, url_for(endpoint), here == endpoint or here in beneath) for label, endpoint, beneath in menu
        ],
    }


@views.after_app_request
def let_be_cached(response: Response) -> Response:
    """Public pages may be kept for a minute by whoever carries them, unless the reader is signed in."""
    if (
        request.endpoint
        and request.method in ("GET", "HEAD")
        and response.status_code == 200
        and g.get("actor") is None
        and request.path.startswith("/public")
        and audience_of(current_app, request.endpoint) == PUBLIC
    ):
        response.headers.setdefault("Cache-Control", CACHED)
    return response


@views.errorhandler(NotFound)
def nothing_here(refusal: NotFound) -> Any:
    """A public address that leads nowhere says what to do instead."""
    if not request.path.startswith("/public"):
        return error_page(404, _("没有找到"), str(refusal))
    return render_template("public/not_found.html", what=str(refusal)), 404


@views.get("/public/<path:anything>")
@audience(PUBLIC)
def elsewhere(anything: str) -> Any:
    """Every other address under /public."""
    raise NotFound(_("您访问的页面不存在，或者已经移走。"))


# ---- Front page and search -------------------------------------------------------------------------------------------


@views.get("/public")
@audience(PUBLIC)
def portal() -> Any:
    return render_template(
        "public/portal.html",
        recent=queries.results(size=RECENT).rows,
        draws=[_draw_row(row) for row in sampling.public_campaigns().rows[:RECENT]],
        count=queries.published_in(clock.today().year),
    )


@views.get("/public/enterprises")
@audience(PUBLIC)
def enterprises() -> Any:
    """Enterprises by name or code; what names one thing alone leads straight to it."""
    q = request.args.get("q", "").strip()[:60]
    known = _named_outright(q) if q else None
    if known is not None:
        return redirect(known, 303)
    with_results, others, more = queries.enterprises(q)
    if len(with_results) + len(others) == 1:
        return redirect(url_for(".enterprise", code=(with_results + others)[0].code), 303)
    return render_template(
        "public/enterprises.html",
        q=q,
        too_short=bool(q) and len(search_key(q)) < SHORTEST_SEARCH,
        with_results=with_results,
        others=others,
        more=more,
    )


def _named_outright(q: str) -> str | None:
    """The address of the one thing that a whole code or number names."""
    enterprise = registry.by_number(q)
    if enterprise is not None:
        return url_for(".enterprise", code=enterprise.number)
    if len(code_as_typed(q)) == CODE_LENGTH and documents.by_check_code(q) is not None:
        return url_for("documents.check", code=code_as_typed(q))
    if queries.is_published(q.upper()):
        return url_for(".result", number=q.upper())
    return None


@views.get("/public/enterprises/<code>")
@audience(PUBLIC)
def enterprise(code: str) -> Any:
    """What is public here about one enterprise: name, code, results."""
    known = registry.by_number(code)
    if known is None:
        raise NotFound(_("本市登记的经营主体中没有这个代码，请核对。"))
    found = queries.results(enterprise_id=known.id, after=request.args.get("after"), before=request.args.get("before"))
    return render_template(
        "public/enterprise.html",
        name=known.name,
        code=known.number,
        found=found,
        withdrawn=queries.withdrawn_of(known.id),
    )


# ---- Results ---------------------------------------------------------------------------------------------------------


@views.get("/public/results")
@audience(PUBLIC)
def results() -> Any:
    form = Form(ResultFilter(), request.args)
    found = queries.results(**form.data, after=request.args.get("after"), before=request.args.get("before"))
    counties = {unit.division_code for unit in staff.units(kind="county")}
    task = form.data.get("task")
    return render_template(
        "public/results.html",
        form=form,
        task=sampling.public_campaign(task) if task else None,
        filters=form.data,
        found=found,
        areas=[(code, divisions().get(code, code)) for code in sorted(counties)],
        items=sorted(sampling.item_names().items()),
        months=[(month, month) for month in queries.months()],
    )


@views.get("/public/results/<number>")
@audience(PUBLIC)
def result(number: str) -> Any:
    """The newest edition of a result, or its tombstone."""
    editions = queries.editions(number)
    newest = editions[0]
    document = documents.find(newest.document_id) if newest.document_id else None
    checked_on = newest.facts["checked_on"]
    return render_template(
        "public/result.html",
        publication=newest,
        editions=editions,
        withdrawal=queries.granted_withdrawal(newest),
        checked_on=date.fromisoformat(checked_on) if checked_on else None,
        document=document,
        check_code=code_in_groups(document.check_code) if document else None,
        qr=_qr(papers.check_address(document.check_code)) if document else None,
    )


def _qr(address: str) -> Markup:
    return Markup(segno.make(address, error="m", micro=False).svg_inline(scale=4, border=2))  # noqa: S704 (our own drawing)


@views.get("/public/results/<number>/paper.pdf")
@audience(PUBLIC)
def result_pdf(number: str) -> Any:
    """The paper of the edition in force; a withdrawn one gives none."""
    newest = queries.editions(number)[0]
    document = documents.find(newest.document_id) if newest.state == "published" and newest.document_id else None
    data = documents.pdf(document) if document else None
    if document is None or data is None:
        raise NotFound(_("这份公示文书的 PDF 还没有生成，或者公示已经撤回。"))
    return download(data, name=papers.file_name(document), media_type="application/pdf", shown=True)


# ---- Items, plans ----------------------------------------------------------------------------------------------------


@views.get("/public/items")
@audience(PUBLIC)
def items() -> Any:
    """The list on a day; today's without one."""
    day = _day(request.args.get("on"))
    found = sampling.items_in_force(day)
    return render_template("public/items.html", day=day, items=found, importance=IMPORTANCE)


def _day(text: str | None) -> date:
    try:
        return min(date.fromisoformat(text), clock.today()) if text else clock.today()
    except ValueError:
        return clock.today()


@views.get("/public/items/<code>")
@audience(PUBLIC)
def item(code: str) -> Any:
    """One item with its earlier versions."""
    today = clock.today()
    versions = [one for one in sampling.item_versions(code) if one.published_on and one.published_on <= today]
    if not versions:
        raise NotFound(_("清单中没有编号为 %(code)s 的抽查事项。", code=code))
    return render_template(
        "public/item.html",
        code=code,
        versions=versions,
        in_force=sampling.item(code, today),
        importance=IMPORTANCE,
        results=queries.results(item=code, size=RECENT).rows,
    )


@views.get("/public/plans")
@audience(PUBLIC)
def plans() -> Any:
    return render_template("public/plans.html", plans=queries.plans(), units=_organ_names(), states=PLAN)


@views.get("/public/plans/<int:plan_id>")
@audience(PUBLIC)
def plan(plan_id: int) -> Any:
    found = sampling.plan(plan_id, SYSTEM)
    if found.published_on is None:
        raise NotFound(_("没有公布这个抽查计划。"))
    return render_template(
        "public/plan.html",
        plan=found,
        states=PLAN,
        units=_organ_names(),
        names=sampling.item_names(),
        cadences=CADENCES,
        ratio=_ratio,
    )


def _organ_names() -> dict[int, str]:
    return {unit.id: unit.name for unit in staff.units()}


def _ratio(rates_bp: dict[str, int]) -> str:
    """The ratios of a plan line as a span: a line about one grade alone must not say which."""
    if len(rates_bp) < 2:
        return _("按方案确定")
    low, high = percent(min(rates_bp.values())), percent(max(rates_bp.values()))
    return _("%(low)s%%—%(high)s%%，按风险分类差异化", low=low, high=high)


# ---- Draws -----------------------------------------------------------------------------------------------------------


@views.get("/public/draws")
@audience(PUBLIC)
def draws() -> Any:
    found = sampling.public_campaigns(after=request.args.get("after"), before=request.args.get("before"))
    return render_template("public/draws.html", found=found, draws=[_draw_row(row) for row in found.rows])


def _draw_row(row: Any) -> dict[str, Any]:
    """A draw in a list: where it stands, in words, and since when."""
    words, moment = _("承诺已公布，等待抽取"), row.committed_at
    if row.state == "cancelled":
        words, moment = _("已作废"), None
    elif row.drawn_at is not None:
        words, moment = _("已抽取"), row.drawn_at
    return {
        "id": row.id,
        "number": row.number,
        "title": row.title,
        "organ": staff.unit(row.organ_id).name,
        "words": words,
        "moment": moment,
        "cancelled": row.state == "cancelled",
    }


@views.get("/public/draws/<int:campaign_id>")
@audience(PUBLIC)
def draw(campaign_id: int) -> Any:
    """What was promised when, what was drawn, and what became of it."""
    known = sampling.public_campaign(campaign_id)
    steps, step = _steps(known)
    return render_template(
        "public/draw.html",
        draw=known,
        withdrawn=queries.withdrawn_in(campaign_id),
        steps=steps,
        step=step,
        percent=percent,
        only=ONLY,
    )


def _steps(draw: sampling.PublicCampaign) -> tuple[list[dict[str, Any]], str]:
    """The draw as a track, and the name of its present step."""
    moments = (
        ("approve", _("方案批准"), draw.approved_at),
        ("freeze", _("名录冻结"), draw.frozen_at),
        ("commit", _("承诺公布"), draw.committed_at),
        ("draw", _("随机抽取"), draw.drawn_at),
        ("check", _("实施检查"), None),
        ("publish", _("结果全部公示"), None),
    )
    steps = [
        {"name": name, "label": label, "note": clock.local_day(moment).isoformat() if moment else None, "url": None}
        for name, label, moment in moments
    ]
    if draw.progress is None:
        return steps, "draw"
    return steps, "check" if draw.progress.in_work else "publish"


@views.get("/public/draws/<int:campaign_id>/names")
@audience(PUBLIC)
def names(campaign_id: int) -> Any:
    """The drawn by name, in the order of their codes: on a page of their own, far from seals and strata."""
    known = sampling.public_campaign(campaign_id)
    page_of = {"after": request.args.get("after"), "before": request.args.get("before")}
    listed, found = sampling.public_names(campaign_id, **page_of)
    return render_template("public/draw_names.html", draw=known, names=listed, found=found)


@views.get("/public/draws/<int:campaign_id>/bundle.zip")
@audience(PUBLIC)
def bundle(campaign_id: int) -> Any:
    """Everything that is needed to draw again."""
    known = sampling.public_campaign(campaign_id)
    if known.commitment is None:
        raise NotFound(_("这次抽查在公布承诺之前已经作废，没有数据包。"))
    return send_file(
        sampling.bundle(campaign_id),
        mimetype="application/zip",
        as_attachment=True,
        download_name=f"{known.number}.zip",
        max_age=60,
    )


@views.get("/public/how-to-verify")
@audience(PUBLIC)
def how_to_verify() -> Any:
    return render_template("public/how_to_verify.html")


# ---- Open data, rights -----------------------------------------------------------------------------------------------


@views.get("/public/data")
@audience(PUBLIC)
def open_data() -> Any:
    return render_template("public/data.html", sets=SETS.values(), years=queries.years())


@views.get("/public/data/<name>.<form>")
@audience(PUBLIC)
def data_file(name: str, form: str) -> Any:
    """One set of data, streamed: `/public/data/results.csv?year=2026`."""
    known = SETS.get(name)
    if known is None or form not in ("csv", "jsonl"):
        raise NotFound(_("没有这份数据，请从开放数据页面下载。"))
    year = request.args.get("year", type=int) if known.yearly else None
    lines: Iterator[str] = known.csv(year) if form == "csv" else known.jsonl(year)
    media_type = "text/csv" if form == "csv" else "application/jsonl"
    return download(lines, name=f"{name}{f'-{year}' if year else ''}.{form}", media_type=media_type)


@views.get("/public/rights")
@audience(PUBLIC)
def rights() -> Any:
    organs = [unit for unit in staff.units() if unit.kind != "office"]
    return render_template("public/rights.html", organs=organs)


# ---- The staff's pages -----------------------------------------------------------------------------------------------


@views.get("/publications")
@audience("disclosure.read")
def publications() -> Any:
    """Results by where they stand: waiting for release, in force, withdrawal asked for, corrected, withdrawn."""
    form = Form(PublicationFilter(), request.args)
    wanted, page_of = dict(form.data), {"after": request.args.get("after"), "before": request.args.get("before")}
    state = wanted.setdefault("state", "published")
    releasing = state == "releasing"
    found = queries.to_publish(actor(), **page_of) if releasing else queries.publications(actor(), **wanted, **page_of)
    return render_template(
        "disclosure/publications.html",
        form=form,
        state=state,
        filters={name: value for name, value in wanted.items() if name != "state"},
        found=found,
        names=registry.brief(row.enterprise_id for row in found.rows) if releasing else {},
        units=staff.unit_names(),
        unit_options=[(unit.id, unit.name) for unit in staff.units(actor()) if unit.kind != "office"],
        states=PUBLICATION,
        left=queries.working_days_left,
        waiting=queries.waiting(actor()),
    )


@views.get("/publications/<int:publication_id>")
@audience("disclosure.read")
def publication(publication_id: int) -> Any:
    return _page(publication_id)


def _page(
    publication_id: int, *, correction: Form | None = None, wish: Form | None = None, note: Form | None = None
) -> str:
    known = queries.find(publication_id, actor())
    document = documents.find(known.document_id) if known.document_id else None
    term = parameters.term("cases.term.publish", known.finished_on)
    return render_template(
        "disclosure/publication.html",
        publication=known,
        editions=queries.editions(known.number),
        asked=queries.open_withdrawal(known),
        withdrawal=queries.granted_withdrawal(known),
        document=document,
        term=term,
        in_time=in_time(known.published_on, known.due_on),
        states=PUBLICATION,
        units=staff.unit_names(),
        history=history("publication", known.id),
        correction=correction or Form(Correction()),
        wish=wish or Form(Wish()),
        note=note or Form(Note()),
    )


@views.post("/publications/<int:publication_id>/correct")
@audience("cases.inspect")
def correct(publication_id: int) -> Any:
    form = Form(Correction(), request.form)
    if form.valid:
        with form.refusals():
            disclosure.correct(publication_id, reason=form.data["reason"], actor=actor())
            return done(
                _("已退回检查案件更正；新版经审核、审批后代替本版，此前本版继续公示。"),
                ".publication",
                publication_id=publication_id,
            )
    return _page(publication_id, correction=form), 422


@views.post("/publications/<int:publication_id>/ask-withdrawal")
@audience("disclosure.approve")
def ask_withdrawal(publication_id: int) -> Any:
    form = Form(Wish(), request.form)
    if form.valid:
        with form.refusals():
            disclosure.ask_withdrawal(publication_id, reason=form.data["ground"], actor=actor())
            return done(_("撤回申请已提交，须由另一人审批。"), ".publication", publication_id=publication_id)
    return _page(publication_id, wish=form), 422


@views.post("/publications/<int:publication_id>/withdraw")
@audience("disclosure.approve")
def withdraw(publication_id: int) -> Any:
    disclosure.withdraw(publication_id, actor=actor())
    return done(
        _("公示已撤回：公示页面改为撤回说明，文书作废，信用记录撤销。"), ".publication", publication_id=publication_id
    )


@views.post("/publications/<int:publication_id>/refuse-withdrawal")
@audience("disclosure.approve")
def refuse_withdrawal(publication_id: int) -> Any:
    form = Form(Note(), request.form)
    if form.valid:
        with form.refusals():
            disclosure.refuse_withdrawal(publication_id, note=form.data["note"], actor=actor())
            return done(_("撤回申请未获批准，公示继续。"), ".publication", publication_id=publication_id)
    return _page(publication_id, note=form), 422


@views.get("/publications/desk")
@audience("disclosure.read")
def desk_panel() -> Any:
    """What waits: results due or overdue, requests for the second person, papers without their PDF."""
    waiting = queries.waiting(actor())
    return render_template("disclosure/desk_panel.html", waiting=waiting) if waiting.anything else ""


def desk_tasks() -> Iterator[Task]:
    """Requests to take a result back that a second person decides."""
    if actor().may("disclosure.approve") and (asked := queries.waiting(actor()).asked):
        yield Task(
            _("%(count)s 件撤回公示的申请", count=asked), _("信息公示 · 须由提出人以外的人审批"), _("审批"),
            url_for("disclosure.publications", state="asked"),
        )  # fmt: skip


@views.get("/publications/of/<int:enterprise_id>")
@audience("disclosure.read")
def enterprise_panel(enterprise_id: int) -> Any:
    """What was published about one enterprise, for 一户一档."""
    registry.find(enterprise_id, actor())
    found = queries.of_enterprise(enterprise_id, actor())
    return render_template(
        "disclosure/enterprise_panel.html", found=found, states=PUBLICATION, units=staff.unit_names()
    )
