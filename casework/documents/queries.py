"""Nouns of the documents room: one paper, the papers of a subject, the paper behind a check code."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Integer, or_, select, text

from casework.accounts import queries as staff
from casework.core import clock, files, parameters
from casework.core.actor import Actor
from casework.core.db import session
from casework.core.errors import NotFound
from casework.core.i18n import _
from casework.core.jobs import Job
from casework.documents import rules
from casework.documents.catalogue import NOTICES, SUBJECTS
from casework.documents.models import UNPRINTED, Document
from casework.documents.rules import code_as_typed, organ_code

PRESS_TAKES = timedelta(minutes=10)
"""A PDF that has not come after so long is asked for again by whoever needs it."""


def find(document_id: int) -> Document:
    """One paper, whoever asks; `find_for` is for staff pages."""
    document = session.get(Document, document_id)
    if document is None:
        raise NotFound(_("没有这份文书。"))
    return document


def find_for(document_id: int, actor: Actor) -> Document:
    """One paper that the actor may open: of their subtree or their own hand, and of a kind that their posts allow."""
    document = find(document_id)
    near = staff.sees_unit(actor, document.org_id) or _has_a_hand(actor, document.subject_kind, document.subject_id)
    if not (near and actor.may(NOTICES[document.kind].permission)):
        raise NotFound(_("没有这份文书。"))
    return document


def _has_a_hand(actor: Actor, subject_kind: str, subject_id: int) -> bool:
    """Whether the actor works at what a paper is about, wherever that lies."""
    subject = SUBJECTS.get(subject_kind)
    return subject is not None and subject.has_a_hand(subject_id, actor)


def for_subject(kind: str, subject_id: int, *, actor: Actor | None = None) -> Sequence[Document]:
    """The papers about one subject, oldest first; with an actor, those that they may open."""
    statement = (
        select(Document)
        .where(Document.subject_kind == kind, Document.subject_id == subject_id)
        .order_by(Document.drafted_at, Document.id)
    )
    if actor is None:
        return session.scalars(statement).all()
    if not _has_a_hand(actor, kind, subject_id):
        statement = staff.visible(statement, actor, unit=Document.org_id)
    return [document for document in session.scalars(statement) if actor.may(NOTICES[document.kind].permission)]


def by_check_code(code: str) -> Document | None:
    """The paper that carries a check code, however it was typed."""
    return session.scalars(select(Document).where(Document.check_code == code_as_typed(code))).first()


def pdf(document: Document) -> bytes | None:
    """The PDF, or None while it is not made."""
    return None if document.pdf_sha256 is None else files.read(document.pdf_sha256)


def is_waited_for(document: Document) -> bool:
    """Whether the press was asked for the PDF a short while ago, so that it will come by itself."""
    asked = document.pdf_asked_at
    return document.pdf_sha256 is None and asked is not None and clock.now() - asked < PRESS_TAKES


def unprinted(*, limit: int, asked_before: datetime) -> Sequence[Document]:
    """Papers in force whose PDF is missing and was not asked for since a moment, the newest first; locked."""
    long_ago = or_(Document.pdf_asked_at.is_(None), Document.pdf_asked_at < asked_before)
    return session.scalars(
        select(Document)
        .where(Document.state == "issued", text(UNPRINTED), long_ago)
        .order_by(Document.id.desc())
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()


def pdf_problem(document: Document) -> str | None:
    """Why the worker could not make the PDF of a paper, as its job says; None while nothing went wrong."""
    row = session.execute(
        select(Job.state, Job.error)
        .where(
            Job.state.in_(("refused", "failed")),
            Job.handler.in_(("documents.render", "documents.render_wanted")),
            Job.payload["document_id"].astext.cast(Integer) == document.id,
        )
        .order_by(Job.updated_at.desc())
    ).first()
    if row is None:
        return None
    return row.error if row.state == "refused" else _("生成 PDF 时出错，系统管理员可在运行页面查看原因并重新运行。")


def successor(document: Document) -> Document | None:
    """The newer edition of a paper, drafted or issued."""
    statement = select(Document).where(Document.replaces_id == document.id, Document.state != "voided")
    return session.scalars(statement.order_by(Document.id.desc())).first()


def organ_of(org_id: int) -> int:
    """The organ that speaks for a unit: a 市场监管所 acts in the name of its bureau."""
    unit = staff.unit(org_id)
    return unit.parent_id if unit.kind == "office" and unit.parent_id else unit.id


def number_text(organ_id: int, series: str, year: int, serial: int | str, *, paper: str = "official") -> str:
    """A number of an organ as it is written on a kind of paper."""
    organ = staff.unit(organ_id)
    code = organ_code(parameters.value("documents.organ_codes"), level=organ.kind, short_name=organ.short_name)
    pattern = parameters.value("documents.number_pattern")[paper]
    return rules.number_text(pattern, organ=code, series=series, year=year, serial=serial)


def number_of(document: Document, year: int, serial: int | str) -> str:
    """The number of a paper, were it given this serial."""
    paper = NOTICES[document.kind].paper
    return number_text(document.organ_id, document.series or "", year, serial, paper=paper)
