"""Verbs of the province's own grades: a delivery is taken in whole or not at all."""

from collections.abc import Iterator, Sequence
from datetime import date
from itertools import islice
from typing import BinaryIO, NamedTuple

from sqlalchemy import insert, select

from casework.core import clock, files, parameters
from casework.core.actor import Actor
from casework.core.db import session
from casework.core.errors import Invalid, Refusal
from casework.core.i18n import _
from casework.core.ledger import record
from casework.grading.models import OfficialBatch, OfficialGrade
from casework.grading.operations.in_force import hand_down_everybody
from casework.grading.rules import GRADES
from casework.registry import queries as registry
from casework.registry.sources import fold, opened

FILE_LIMIT = 200 * 1024 * 1024
NAMES = {
    "code": ("统一社会信用代码", "信用代码", "社会信用代码", "注册号", "uscc", "code"),
    "grade": ("信用风险等级", "风险等级", "等级", "分类等级", "分类结果", "信用风险分类结果", "grade"),
}
"""How the columns of a delivery may be called, the best first."""

STRANGERS_KEPT = 200
MISTAKES_TOLD = 20
AT_ONCE = 20_000


class _Row(NamedTuple):
    number: int
    code: str
    grade: str


def import_official(file: BinaryIO, *, name: str, source: str, issued_on: date, actor: Actor) -> OfficialBatch:
    """Keeps the grades of a delivery; strangers to the register are counted. Idempotence key: the file (refused)."""
    if issued_on > clock.today():
        raise Refusal(_("批次日期不能晚于今天。"), field="issued_on")
    kept = files.store(file, name=name, media_type="application/octet-stream", limit=FILE_LIMIT)
    if session.scalar(select(OfficialBatch.id).where(OfficialBatch.file_sha256 == kept.sha256)):
        raise Refusal(_("这个文件已经导入过。"), field="file")
    with files.opened(kept.sha256) as stored, opened(stored) as table:
        rows = _without_repetition(_read(table.rows()))
    known = registry.ids_by_number([row.code for row in rows])
    strangers = [row for row in rows if row.code not in known]
    batch = OfficialBatch(
        source=source,
        issued_on=issued_on,
        file_sha256=kept.sha256,
        file_name=name,
        read=len(rows),
        matched=len(rows) - len(strangers),
        unmatched=len(strangers),
        strangers=[{"row": row.number, "code": row.code} for row in strangers[:STRANGERS_KEPT]],
        imported_by=actor.name,
        imported_at=clock.now(),
    )
    session.add(batch)
    session.flush()
    grades = {known[row.code]: row.grade for row in rows if row.code in known}
    values = [{"batch_id": batch.id, "enterprise_id": one, "grade": grade} for one, grade in grades.items()]
    batch.matched, batch.read = len(grades), len(grades) + len(strangers)
    for first in range(0, len(values), AT_ONCE):
        session.execute(insert(OfficialGrade), values[first : first + AT_ONCE])
    record(
        "grading.import_official",
        batch,
        actor=actor,
        after={"source": source, "issued_on": issued_on.isoformat(), "read": batch.read, "matched": batch.matched},
    )
    if parameters.value("grading.in_force") == "official":
        hand_down_everybody()
    return batch


def _read(rows: Iterator[tuple[int, Sequence[str]]]) -> list[_Row]:
    """Code and letter of every row; an Invalid that names the rows without."""
    head = next(rows, None)
    columns = _columns(head[1] if head else ())
    read, mistakes = [], []
    for number, cells in rows:
        code, grade = (fold(cells[at]) if at < len(cells) else "" for at in (columns["code"], columns["grade"]))
        row = _Row(number, code.replace(" ", "").upper(), grade.upper().removesuffix("级").removesuffix("类"))
        if not row.code:
            mistakes.append(_("第 %(row)s 行没有统一社会信用代码或注册号。", row=number))
        elif row.grade not in GRADES:
            mistakes.append(_("第 %(row)s 行的等级“%(grade)s”不是 A、B、C、D。", row=number, grade=grade))
        read.append(row)
    if mistakes:
        told = list(islice(mistakes, MISTAKES_TOLD))
        raise Invalid(_("文件有 %(count)s 处错误，没有导入。", count=len(mistakes)), {"file": told})
    if not read:
        raise Refusal(_("文件中没有任何数据。"), field="file")
    return read


def _columns(cells: Sequence[str]) -> dict[str, int]:
    named = [fold(cell).replace(" ", "").lower() for cell in cells]
    found = {key: next((named.index(name) for name in names if name in named), -1) for key, names in NAMES.items()}
    missing = [NAMES[key][0] for key, at in found.items() if at < 0]
    if missing:
        raise Refusal(_("第一行表头里没有这些列：%(names)s。", names=_("、").join(missing)), field="file")
    return found


def _without_repetition(rows: Sequence[_Row]) -> list[_Row]:
    """One row for each code; two that differ are refused."""
    first: dict[str, _Row] = {}
    for row in rows:
        known = first.setdefault(row.code, row)
        if known.grade != row.grade:
            raise Refusal(
                _("第 %(one)s 行与第 %(other)s 行是同一代码，等级不同。", one=known.number, other=row.number),
                field="file",
            )
    return list(first.values())
