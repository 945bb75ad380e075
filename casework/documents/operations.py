"""Verbs of the documents room: draft, issue, render, void, revise; and the counter behind every number."""

import hashlib
import json
import secrets
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from marshmallow import ValidationError
from sqlalchemy import select
from sqlalchemy.dialects import postgresql

from casework.accounts import queries as staff
from casework.core import clock, files, parameters
from casework.core.actor import Actor
from casework.core.db import session
from casework.core.errors import Invalid, NotFound, Refusal
from casework.core.i18n import _
from casework.core.ledger import announce, move, record
from casework.documents import paper, printing, queries
from casework.documents.catalogue import NOTICES, NoticeKind
from casework.documents.messages import DocumentIssued, PdfWanted
from casework.documents.models import Document, NumberSeries
from casework.documents.rules import CODE_LENGTH, CODE_LETTERS, DOCUMENT

AT_ONCE = 30
"""So many missing PDFs are asked for at a time."""
PATIENCE = timedelta(days=1)
"""What the press was asked for so long ago will not come by itself."""


def draft(kind: str, *, subject: tuple[str, int], facts: Mapping[str, Any], org_id: int, actor: Actor) -> Document:
    """Freezes what a paper will say. Idempotence key: (kind, subject, facts): the same paper is returned again.

    `facts` are Python values as the kind's schema names them; others are left out. `org_id` is the unit at work, its
    bureau signs. Raises Invalid with the facts that are missing or wrong.
    """
    known = NOTICES[kind]
    organ_id = queries.organ_of(org_id)
    stated = _freeze(known, facts, organ_id)
    digest = _digest(stated)
    same = session.scalars(
        select(Document).where(
            Document.kind == kind,
            Document.subject_kind == subject[0],
            Document.subject_id == subject[1],
            Document.facts_sha256 == digest,
            Document.state.in_(("draft", "issued")),
        )
    ).first()
    if same is not None:
        return same
    return _keep(
        Document(
            kind=kind,
            subject_kind=subject[0],
            subject_id=subject[1],
            org_id=org_id,
            organ_id=organ_id,
            series=known.series,
            edition=1,
            facts=stated,
            facts_sha256=digest,
        ),
        actor=actor,
    )


def revise(document_id: int, *, facts: Mapping[str, Any], actor: Actor) -> Document:
    """Drafts a paper anew with other facts; the old text stays as it was. Idempotence key: (document, facts).

    With the same facts as before nothing happens: the paper itself is returned.
    A draft gives way at once. An issued paper stays in force until its new edition is issued, with a number of its own.
    """
    old = _locked(document_id)
    stated = _freeze(NOTICES[old.kind], facts, old.organ_id)
    digest = _digest(stated)
    pending = queries.successor(old)
    if pending is not None and pending.facts_sha256 == digest:
        return pending
    if old.facts_sha256 == digest:
        return old
    if pending is not None:
        raise Refusal(_("这份文书已有更正稿，请在更正稿上修改。"))
    DOCUMENT.find("supersede", old.state)
    new_edition = old.state == "issued"
    if not new_edition:
        move(old, DOCUMENT, "supersede", actor=actor)
        session.flush()
    return _keep(
        Document(
            kind=old.kind,
            subject_kind=old.subject_kind,
            subject_id=old.subject_id,
            org_id=old.org_id,
            organ_id=old.organ_id,
            series=old.series,
            edition=old.edition + new_edition,
            replaces_id=old.id if new_edition else old.replaces_id,
            facts=stated,
            facts_sha256=digest,
        ),
        actor=actor,
    )


def issue(document_id: int, *, actor: Actor) -> Document:
    """Signs a draft: gives number, day and check code and asks for the PDF. Idempotence key: the document."""
    document = _locked(document_id)
    if document.state == "issued":
        return document
    DOCUMENT.find("issue", document.state)  # before a number is taken
    now = clock.now()
    number = _take_number(document, clock.local_day(now).year, actor=actor)
    move(document, DOCUMENT, "issue", actor=actor)
    document.year, document.serial, document.number = number
    document.issued_at, document.issued_by, document.pdf_asked_at = now, actor.name, now
    document.check_code = "".join(secrets.choice(CODE_LETTERS) for _letter in range(CODE_LENGTH))
    session.flush()
    if document.replaces_id is not None:
        _supersede(document.replaces_id, actor=actor)
    announce(DocumentIssued(document_id=document.id), actor=actor)
    return document


def render(document_id: int, *, actor: Actor) -> None:
    """Makes the PDF of an issued paper and keeps it. Idempotence key: the document; its facts give the same bytes."""
    document = _locked(document_id)
    if document.issued_at is None:
        raise Refusal(_("文书还没有签发，不能生成 PDF。"))
    if document.pdf_sha256 is not None:
        return
    pdf = printing.render_pdf(paper.page_of(document), paper=NOTICES[document.kind].paper)
    document.pdf_sha256 = files.store(pdf, name=paper.file_name(document), media_type="application/pdf").sha256
    record("documents.render", document, actor=actor, after={"pdf_sha256": document.pdf_sha256})


def render_wanted(document_id: int, *, actor: Actor) -> None:
    """Makes the PDF that somebody asked for. Idempotence key: the document."""
    render(document_id, actor=actor)


def ask_for_pdf(document_id: int, *, actor: Actor) -> None:
    """Has the press make the PDF of an issued paper that has none. Idempotence key: the document, while it is waited for."""
    document = _locked(document_id)
    if document.issued_at is None:
        raise Refusal(_("文书还没有签发，不能生成 PDF。"))
    if document.pdf_sha256 is None and not queries.is_waited_for(document):
        document.pdf_asked_at = clock.now()
        announce(PdfWanted(document_id=document.id), actor=actor)


def print_missing(*, actor: Actor) -> None:
    """Now and then has some PDFs made that are still missing, the newest first. Idempotence key: the document and the day.

    A press that was away, or that this machine got later, catches up in small portions and leaves the processors alone.
    """
    for document in queries.unprinted(limit=AT_ONCE, asked_before=clock.now() - PATIENCE):
        document.pdf_asked_at = clock.now()
        announce(PdfWanted(document_id=document.id), actor=actor)


def void(document_id: int, *, reason: str, actor: Actor) -> Document:
    """Takes a paper out of force; its number stays taken and its text stays readable. Idempotence key: the document."""
    document = _locked(document_id)
    if document.state == "voided":
        return document
    if not reason.strip():
        raise Invalid(_("请填写作废理由。"), {"reason": [_("请填写作废理由。")]})
    move(document, DOCUMENT, "void", actor=actor, note=reason.strip())
    document.void_reason, document.voided_at = reason.strip(), clock.now()
    session.flush()
    return document


def next_number(organ_id: int, series: str, year: int, *, actor: Actor) -> int:
    """The next serial of an organ's series in a year, from 1, without gaps: taken only if the transaction is kept.

    Others who want a number of the same series wait for that. Not idempotent: every call takes a number.
    """
    first = postgresql.insert(NumberSeries).values(organ_id=organ_id, series=series, year=year, last=1)
    counted = first.on_conflict_do_update(
        index_elements=[NumberSeries.organ_id, NumberSeries.series, NumberSeries.year],
        set_={"last": NumberSeries.last + 1},
    )
    serial = session.execute(counted.returning(NumberSeries.last)).scalar_one()
    counter = ("number_series", f"{organ_id}/{series}/{year}")
    record("documents.next_number", counter, actor=actor, after={"serial": serial})
    return serial


def _locked(document_id: int) -> Document:
    document = session.get(Document, document_id, with_for_update=True, populate_existing=True)
    if document is None:
        raise NotFound(_("没有这份文书。"))
    return document


def _keep(document: Document, *, actor: Actor) -> Document:
    document.state, document.drafted_at = DOCUMENT.initial, clock.now()
    session.add(document)
    record(
        "documents.draft",
        document,
        actor=actor,
        after={"kind": document.kind, "edition": document.edition, "facts_sha256": document.facts_sha256},
    )
    return document


def _take_number(document: Document, year: int, *, actor: Actor) -> tuple[int, int, str] | tuple[None, None, None]:
    """Year, serial and the number as written; nothing for a kind of paper without numbers."""
    if document.series is None:
        return None, None, None
    serial = next_number(document.organ_id, document.series, year, actor=actor)
    return year, serial, queries.number_of(document, year, serial)


def _supersede(document_id: int, *, actor: Actor) -> None:
    """The issued predecessor of a new edition goes out of force; one that was voided meanwhile stays voided."""
    old = _locked(document_id)
    if old.state == "issued":
        move(old, DOCUMENT, "supersede", actor=actor)


def _freeze(kind: NoticeKind, facts: Mapping[str, Any], organ_id: int) -> dict[str, Any]:
    """The facts as JSON, with the organ and the prescribed wording as they are today."""
    stated: dict[str, Any] = dict(kind.schema().dump(facts))
    try:
        kind.schema().load(stated)
    except ValidationError as error:
        wrong = dict(_sentences(error.normalized_messages()))
        raise Invalid(
            _("文书“%(label)s”的内容不完整或有误：%(facts)s", label=_(kind.label), facts=_("、").join(wrong)), wrong
        ) from error
    organ = staff.unit(organ_id)
    stated["organ"] = {"name": organ.name, "telephone": organ.telephone, "address": organ.address}
    stated["texts"] = {name: parameters.value(key) for name, key in kind.texts.items()}
    return stated


def _sentences(messages: Mapping[Any, Any], above: str = "") -> Iterator[tuple[str, list[str]]]:
    """What is wrong, by the path of the fact: `officers.1.certificate_no`."""
    for name, found in messages.items():
        if isinstance(found, Mapping):
            yield from _sentences(found, f"{above}{name}.")
        else:
            yield f"{above}{name}", [_(sentence) for sentence in found]


def _digest(stated: Mapping[str, Any]) -> str:
    canonical = json.dumps(stated, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()
