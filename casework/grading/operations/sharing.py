"""Verbs of sharing inside government: other departments' systems read grades by token, and every reading is noted."""

import hashlib
import json
import secrets
from collections.abc import Iterator
from datetime import date

from sqlalchemy import insert

from casework.core import clock, files, jobs, sheets
from casework.core.actor import Actor
from casework.core.db import apart, session
from casework.core.errors import NotFound, Refusal
from casework.core.i18n import _
from casework.core.ledger import announce, record
from casework.grading import queries
from casework.grading.messages import GradeFileRequested
from casework.grading.models import GradeFile, SharingClient, SharingRead
from casework.grading.rules import FILE_FORMS, FILE_TYPES
from casework.registry import queries as registry

FIELDS = ("code", "name", "grade", "since", "run_id")
"""What a file tells of an enterprise: the grade in force, since when and by which run; nothing of how it came about."""

TOLD_EVERY = 5_000


def admit_client(*, department: str, purpose: str, expires_on: date, actor: Actor) -> tuple[SharingClient, str]:
    """Lets another department's system read; its token is told once and only its sha256 kept."""
    if expires_on <= clock.today():
        raise Refusal(_("有效期应晚于今天。"), field="expires_on")
    token = secrets.token_urlsafe(32)
    client = SharingClient(
        department=department,
        purpose=purpose,
        token_sha256=hashlib.sha256(token.encode()).hexdigest(),
        expires_on=expires_on,
        created_by=actor.name,
        created_at=clock.now(),
    )
    session.add(client)
    record("grading.admit_client", client, actor=actor, after={"department": department, "purpose": purpose})
    return client, token


def dismiss_client(client_id: int, *, actor: Actor) -> None:
    """Ends a token at once. Twice changes nothing."""
    client = session.get(SharingClient, client_id)
    if client is None:
        raise NotFound(_("没有这个共享对象。"))
    if client.revoked_at is None:
        client.revoked_at = clock.now()
        record("grading.dismiss_client", client, actor=actor)


def note_reading(client_id: int, *, asked: str, given: int, address: str | None) -> None:
    """Notes what another department read, kept whatever becomes of the answer."""
    with apart() as connection:
        connection.execute(
            insert(SharingRead),
            {"client_id": client_id, "at": clock.now(), "address": address, "asked": asked, "given": given},
        )


def request_grade_file(form: str, *, actor: Actor) -> GradeFile:
    """Asks a worker to write everybody's grade to a file; refused while one of the same form is being written."""
    if form not in FILE_FORMS:
        raise Refusal(_("没有名为 %(form)s 的文件格式。", form=form), field="form")
    last = queries.last_grade_file(form)
    if last is not None and queries.is_open(last):
        raise Refusal(_("这种格式的等级文件正在生成，请等它完成。"))
    asked = GradeFile(form=form, requested_by=actor.name, requested_at=clock.now())
    session.add(asked)
    session.flush()
    asked.message_id = announce(GradeFileRequested(grade_file_id=asked.id), actor=actor)
    record("grading.request_grade_file", asked, actor=actor, after={"form": form})
    return asked


def renew_grade_files(run_id: int, *, actor: Actor) -> None:
    """Has both files written anew after a run, if anybody may read them. Twice asks once, while that is under way."""
    if not queries.may_anybody_read():
        return
    for form in FILE_FORMS:
        last = queries.last_grade_file(form)
        if last is None or not queries.is_open(last):
            request_grade_file(form, actor=actor)


def write_grade_file(grade_file_id: int, *, actor: Actor) -> None:
    """Writes everybody's grade as of one moment. Idempotence key: the unfinished file."""
    known = session.get(GradeFile, grade_file_id, with_for_update=True)
    if known is None:
        raise NotFound(_("没有这个等级文件。"))
    if known.finished_at is not None:
        return
    total, lines = sum(row.number for row in registry.census().rows if row.grade), 0
    with files.writing(name=f"grades.{known.form}", media_type=FILE_TYPES[known.form]) as written:
        for lines, line in enumerate(_lines(known.form), start=1 if known.form == "jsonl" else 0):
            written.stream.write(line)
            if lines % TOLD_EVERY == 0:
                jobs.progress(lines, max(total, lines))
    known.file_sha256, known.given, known.finished_at = written.file.sha256, lines, clock.now()
    record("grading.write_grade_file", known, actor=actor, after={"form": known.form, "given": lines})


def _lines(form: str) -> Iterator[str]:
    """The lines of a file; the first of a CSV names the columns."""
    rows = registry.every_grade()
    if form == "csv":
        return sheets.csv_lines(FIELDS, rows)
    return (json.dumps(dict(zip(FIELDS, row, strict=True)), ensure_ascii=False, default=str) + "\n" for row in rows)


def note_download(grade_file_id: int, *, actor: Actor) -> GradeFile:
    """Notes in the audit log that somebody here takes a file away, and gives it; refused while it is not written."""
    known = queries.grade_file(grade_file_id)
    if known.finished_at is None:
        raise Refusal(_("等级文件还没有写好。"))
    record("grading.download_grade_file", known, actor=actor, after={"given": known.given})
    return known
