"""Pages of the documents room: papers of a subject, one paper, its PDF and print view, the forms, the public check."""

from typing import Any

from flask import Blueprint, Response, g, make_response, redirect, render_template, request, url_for

from casework.core import clock
from casework.core.errors import NotFound
from casework.core.i18n import _
from casework.core.ledger import history
from casework.core.web import PUBLIC, Form, actor, audience, done, download
from casework.documents import operations as documents
from casework.documents import paper, queries
from casework.documents.catalogue import NOTICES, SUBJECTS
from casework.documents.rules import DOCUMENT, code_in_groups
from casework.documents.schemas import Voiding

views = Blueprint("documents", __name__)


@views.get("/documents/of/<subject_kind>/<int:subject_id>")
@audience("documents.read")
def subject_panel(subject_kind: str, subject_id: int) -> Any:
    """The papers of one subject, as a fragment of somebody's page."""
    known = queries.for_subject(subject_kind, subject_id, actor=actor())
    return render_template("documents/subject_panel.html", documents=known, kinds=NOTICES, states=DOCUMENT)


@views.get("/documents/<int:document_id>")
@audience("documents.read")
def document(document_id: int) -> Any:
    return _page(document_id, Form(Voiding()))


@views.post("/documents/<int:document_id>/void")
@audience("documents.void")
def void(document_id: int) -> Any:
    queries.find_for(document_id, actor())
    form = Form(Voiding(), request.form)
    if form.valid:
        with form.refusals():
            documents.void(document_id, reason=form.data["reason"], actor=actor())
            return done(_("文书已作废，编号不再使用。"), ".document", document_id=document_id)
    return _page(document_id, form), 422


def _page(document_id: int, form: Form) -> str:
    known = queries.find_for(document_id, actor())
    return render_template(
        "documents/document.html",
        document=known,
        kind=NOTICES[known.kind],
        subject=SUBJECTS.get(known.subject_kind),
        states=DOCUMENT,
        before=queries.find(known.replaces_id) if known.replaces_id else None,
        after=queries.successor(known),
        problem=None if known.pdf_sha256 or not known.issued_at else queries.pdf_problem(known),
        waited_for=queries.is_waited_for(known),
        check_address=paper.check_address(known.check_code) if known.check_code else None,
        history=history("document", known.id),
        form=form,
    )


@views.get("/documents/<int:document_id>/pdf")
@audience("documents.read")
def pdf(document_id: int) -> Any:
    """The PDF: shown in the browser, or kept with `?download=1`."""
    known = queries.find_for(document_id, actor())
    data = queries.pdf(known)
    if data is None:
        raise NotFound(_("这份文书的 PDF 还没有生成，请先使用打印页面。"))
    name = paper.file_name(known)
    return download(data, name=name, media_type="application/pdf", shown=not request.args.get("download"))


@views.post("/documents/<int:document_id>/pdf")
@audience("documents.read")
def ask_for_pdf(document_id: int) -> Any:
    """For papers whose PDF is made only when somebody needs it."""
    queries.find_for(document_id, actor())
    documents.ask_for_pdf(document_id, actor=actor())
    return done(_("正在生成 PDF，通常几秒钟；请稍后刷新。"), ".document", document_id=document_id)


@views.get("/documents/<int:document_id>/print")
@audience("documents.read")
def print_view(document_id: int) -> Any:
    """The paper as a page: what the PDF shows, also where none can be made."""
    return _sheet(paper.page_of(queries.find_for(document_id, actor()), nonce=g.csp_nonce))


@views.get("/documents/kinds")
@audience("documents.read")
def kinds() -> Any:
    """Every form in use, with its norm."""
    return render_template("documents/kinds.html", kinds=NOTICES.values())


@views.get("/documents/kinds/<key>")
@audience("documents.read")
def sample(key: str) -> Any:
    """How a form looks, filled with its sample."""
    if key not in NOTICES:
        raise NotFound(_("没有这种文书。"))
    return _sheet(paper.sample_page(NOTICES[key], nonce=g.csp_nonce))


def _sheet(page: str) -> Response:
    """A paper may be framed by our own pages; it runs no script and loads nothing."""
    response = make_response(page)
    response.headers["Content-Security-Policy"] = (
        f"default-src 'none'; style-src 'nonce-{g.csp_nonce}'; img-src data:; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
    )
    return response


@views.get("/public/check")
@audience(PUBLIC)
def check_form() -> Any:
    """For who has the paper and no camera: type the code."""
    code = request.args.get("code", "").strip()
    if code:
        return redirect(url_for(".check", code=code), 303)
    return render_template("documents/check_form.html")


@views.get("/public/check/<code>")
@audience(PUBLIC)
def check(code: str) -> Any:
    """Whether a paper is in force, and just enough to compare it with the one in hand."""
    known = queries.by_check_code(code)
    page = render_template(
        "documents/check.html",
        document=known,
        label=NOTICES[known.kind].label if known else None,
        code=code_in_groups(known.check_code or "") if known else code,
        issued_on=clock.local_day(known.issued_at) if known and known.issued_at else None,
        after=queries.successor(known) if known and known.state == "superseded" else None,
    )
    return page, 200 if known else 404
