"""Professional grades that the professional system delivers, and lists that leave the house."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, BinaryIO

from sqlalchemy import insert

from casework.core import clock, files
from casework.core.actor import Actor
from casework.core.db import session
from casework.core.errors import Refusal
from casework.core.i18n import _
from casework.core.ledger import record
from casework.keydomains import queries
from casework.keydomains.models import ProfessionalBatch, ProfessionalGrade
from casework.keydomains.operations.assessing import reassess_some
from casework.keydomains.rules import GRADES, HIGHEST
from casework.registry import queries as registry
from casework.registry.sources import Unreadable, fold, opened, read_day

FILE_LIMIT = 50 * 1024 * 1024
PROBLEMS_KEPT = 500

COLUMNS = {
    "code": ("统一社会信用代码", "信用代码", "社会信用代码", "注册号", "uscc"),
    "grade": ("专业等级", "风险等级", "等级", "grade"),
    "score": ("专业分值", "风险分值", "得分", "分值", "score"),
    "valid_from": ("评定日期", "生效日期", "有效期自", "valid_from"),
}
"""How the columns of a delivery may be called, the heading of the template first; the last two may be missing."""
REQUIRED = ("code", "grade")


@dataclass
class _Row:
    number: int
    code: str
    grade: str = ""
    score: int | None = None
    valid_from: date | None = None
    problems: list[tuple[str, str]] = field(default_factory=list)


def import_grades(
    domain: str,
    file: BinaryIO,
    *,
    name: str,
    source: str,
    issued_on: date,
    document_no: str,
    dry_run: bool,
    actor: Actor,
) -> ProfessionalBatch:
    """Takes in a delivery: rows that can be kept are, every other one is told with its field and why.

    A dry run keeps nothing but this account. The same file again changes nothing: its rows are unchanged.
    """
    if issued_on > clock.today():
        raise Refusal(_("批次日期不能晚于今天。"), field="issued_on")
    kept = files.store(file, name=name, media_type="application/octet-stream", limit=FILE_LIMIT)
    with files.opened(kept.sha256) as stored, opened(stored) as table:
        rows = list(_read(table.rows(), issued_on))
    if not rows:
        raise Refusal(_("文件中没有任何数据。"), field="file")
    _find_contradictions(rows)
    ids = registry.ids_by_number([row.code for row in rows if row.code])
    good = {ids[row.code]: row for row in rows if not row.problems and row.code in ids}
    strangers = [row for row in rows if not row.problems and row.code not in ids]
    before = queries.last_imported(domain, list(good))
    new = {
        one: row for one, row in good.items() if before.get(one) != (row.grade, row.score, row.valid_from, document_no)
    }
    rejected = [row for row in rows if row.problems]
    batch = ProfessionalBatch(
        domain=domain,
        source=source,
        issued_on=issued_on,
        document_no=document_no,
        file_sha256=kept.sha256,
        file_name=name,
        dry_run=dry_run,
        read=len(rows),
        new=len(new),
        unchanged=len(rows) - len(new) - len(strangers) - len(rejected),
        unmatched=len(strangers),
        rejected=len(rejected),
        problems=[*_told(rejected), *_told(strangers)][:PROBLEMS_KEPT],
        imported_by=actor.name,
        imported_at=clock.now(),
    )
    session.add(batch)
    session.flush()
    if new and not dry_run:
        session.execute(
            insert(ProfessionalGrade),
            [
                {
                    "enterprise_id": one,
                    "domain": domain,
                    "source": "imported",
                    "grade": row.grade,
                    "score": row.score,
                    "factors": [],
                    "valid_from": row.valid_from,
                    "document_no": document_no,
                    "batch_id": batch.id,
                    "recorded_at": clock.now(),
                }
                for one, row in new.items()
            ],
        )
        reassess_some(list(new))
    record(
        "keydomains.import_grades",
        batch,
        actor=actor,
        after={"domain": domain, "source": source, "dry_run": dry_run, "read": batch.read, "new": batch.new},
    )
    return batch


def _read(rows: Iterator[tuple[int, Sequence[str]]], issued_on: date) -> Iterator[_Row]:
    head = next(rows, None)
    at = _columns(head[1] if head else ())
    for number, cells in rows:
        given = {key: fold(cells[place]).strip() if 0 <= place < len(cells) else "" for key, place in at.items()}
        row = _Row(number, given["code"].replace(" ", "").upper(), valid_from=issued_on)
        if not row.code:
            row.problems.append((COLUMNS["code"][0], _("必填项为空。")))
        row.grade = given["grade"].upper().removesuffix("级").removesuffix("类")
        if row.grade not in GRADES:
            row.problems.append((COLUMNS["grade"][0], _("“%(cell)s”不是 A、B、C、D。", cell=given["grade"])))
        if given["score"]:
            if given["score"].isdecimal() and int(given["score"]) <= HIGHEST:
                row.score = int(given["score"])
            else:
                why = _("“%(cell)s”不是 0 到 %(most)s 的整数。", cell=given["score"], most=HIGHEST)
                row.problems.append((COLUMNS["score"][0], why))
        if given["valid_from"]:
            try:
                row.valid_from = read_day(given["valid_from"])
            except Unreadable as error:
                row.problems.append((COLUMNS["valid_from"][0], str(error)))
            else:
                if row.valid_from is not None and row.valid_from > issued_on:
                    row.problems.append((COLUMNS["valid_from"][0], _("晚于批次日期。")))
        yield row


def _columns(cells: Sequence[str]) -> dict[str, int]:
    named = [fold(cell).replace(" ", "").lower() for cell in cells]
    at = {key: next((named.index(name) for name in names if name in named), -1) for key, names in COLUMNS.items()}
    missing = [COLUMNS[key][0] for key in REQUIRED if at[key] < 0]
    if missing:
        raise Refusal(_("第一行表头里没有这些列：%(names)s。请用模板填写。", names=_("、").join(missing)), field="file")
    return at


def _find_contradictions(rows: Sequence[_Row]) -> None:
    """Two rows of one code: the second is rejected, and says which one it repeats."""
    first: dict[str, _Row] = {}
    for row in rows:
        known = first.setdefault(row.code, row)
        if known is not row and row.code:
            row.problems.append((COLUMNS["code"][0], _("与第 %(row)s 行是同一代码。", row=known.number)))


def _told(rows: Sequence[_Row]) -> list[dict[str, Any]]:
    unknown = _("主体库中没有这个代码，请先导入登记信息。")
    return [
        {"row": row.number, "code": row.code, "field": name, "why": why}
        for row in rows
        for name, why in (row.problems or [(COLUMNS["code"][0], unknown)])
    ]


def note_export(domain: str, filters: Mapping[str, Any], rows: int, *, actor: Actor) -> None:
    """Writes down who took which list out of the system."""
    after = {"filters": dict(filters), "rows": rows}
    record("keydomains.export", ("export", f"keydomains.{domain}"), actor=actor, after=after)
