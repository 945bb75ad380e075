"""The 抽查事项清单: versions drafted, published, ended."""

import csv
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import IO, Any

import yaml
from sqlalchemy import insert, select

from casework.core import clock
from casework.core.actor import SYSTEM, Actor
from casework.core.db import flush_or_refuse, session
from casework.core.errors import NotFound, Refusal
from casework.core.i18n import _
from casework.core.ledger import record
from casework.core.schemas import ValidationError
from casework.sampling import queries
from casework.sampling.models import InspectionItem
from casework.sampling.schemas import ITEM_COLUMNS, item_entry, mistakes

SHIPPED_ITEMS = Path(__file__).parents[1] / "items.yaml"
SHIPPED_BY = "随系统提供"
LARGEST_TABLE = 1 << 20  # bytes
MOST_TOLD = 20
"""So many mistakes of a table are told at once."""


def ensure_default_items(*, actor: Actor = SYSTEM) -> int:
    """Fills an empty 抽查事项清单 with the shipped one, published from its first day; returns how many were entered.

    Idempotence key: the list is not empty any more.
    """
    if session.scalar(select(InspectionItem.id).limit(1)) is not None:
        return 0
    shipped = yaml.safe_load(SHIPPED_ITEMS.read_text(encoding="utf-8"))
    optional = {"pool": {}, "qualification": None, "note": None}
    rows = [
        {
            **optional,
            **shipped["defaults"],
            **entry,
            "withdrawn": False,
            "written_by": SHIPPED_BY,
            "written_at": clock.now(),
            "published_on": shipped["defaults"]["valid_from"],
            "published_by": SHIPPED_BY,
        }
        for entry in shipped["items"]
    ]
    session.execute(insert(InspectionItem), rows)
    record("sampling.ensure_default_items", ("inspection_item", "*"), actor=actor, after={"entered": len(rows)})
    return len(rows)


def keep_item(*, code: str, valid_from: date, actor: Actor, **content: Any) -> InspectionItem:
    """Drafts the version of an item for the time from a day on. Idempotence key: (code, day) until it is published."""
    item = session.scalars(
        select(InspectionItem).where(InspectionItem.code == code, InspectionItem.valid_from == valid_from)
    ).first()
    if item is not None and item.published_on is not None:
        raise Refusal(_("这一天生效的版本已经公布，不能更改；请另定生效日期，作为新版本。"), field="valid_from")
    if item is None:
        item = InspectionItem(code=code, valid_from=valid_from)
        session.add(item)
    for name, value in content.items():
        setattr(item, name, value)
    item.withdrawn, item.written_by, item.written_at = False, actor.name, clock.now()
    flush_or_refuse(_("事项内容不完整，请检查名称、依据和检查内容。"), field="name")
    record("sampling.keep_item", item, actor=actor, after={"code": code, "from": valid_from.isoformat()})
    return item


def import_items(file: IO[bytes], *, actor: Actor) -> int:
    """Drafts every item of a table (CSV in UTF-8 or GB18030), whole or not at all; returns how many.

    What is wrong is told by row and column. Idempotence key: that of `keep_item`, so the same file twice is once.
    """
    entries, wrong = [], []
    for number, cells in _rows(file):
        try:
            entries.append(item_entry(cells))
        except ValidationError as error:
            wrong += [
                _("第 %(row)s 行“%(column)s”：%(why)s", row=number, column=ITEM_COLUMNS[field].heading, why=why)
                for field, why in mistakes(error)
            ]
    if wrong:
        raise Refusal("\n".join(wrong[:MOST_TOLD]), field="file")
    if not entries:
        raise Refusal(_("表中没有抽查事项。请从第二行起，每行填写一项。"), field="file")
    for entry in entries:
        keep_item(actor=actor, **entry)
    return len(entries)


def _rows(file: IO[bytes]) -> Iterator[tuple[int, dict[str, str]]]:
    """Row numbers and cells by heading; every heading of the template must be there."""
    written = file.read(LARGEST_TABLE + 1)
    if len(written) > LARGEST_TABLE:
        raise Refusal(_("文件超过 %(limit)s MB，不像是事项清单。", limit=LARGEST_TABLE >> 20), field="file")
    try:
        words = written.decode("utf-8-sig")
    except UnicodeDecodeError:
        words = written.decode("gb18030", "replace")
    table = csv.DictReader(words.splitlines(keepends=True), restval="")
    headings = {heading.strip() for heading in table.fieldnames or ()}
    missing = [column.heading for column in ITEM_COLUMNS.values() if column.heading not in headings]
    if missing:
        raise Refusal(_("缺少这些列：%(columns)s。请用模板填写。", columns=_("、").join(missing)), field="file")
    for row in table:
        cells = {str(heading).strip(): cell for heading, cell in row.items() if isinstance(cell, str)}
        if any(cell.strip() for cell in cells.values()):
            yield table.line_num, cells


def publish_item(item_id: int, *, actor: Actor) -> InspectionItem:
    """Puts a drafted version on the public list; from then on nobody edits it. Idempotence key: the version."""
    item = session.get(InspectionItem, item_id, with_for_update=True)
    if item is None:
        raise NotFound(_("没有这个抽查事项。"))
    if item.published_on is None:
        item.published_on, item.published_by = clock.today(), actor.name
        record("sampling.publish_item", item, actor=actor, after={"code": item.code})
    return item


def discard_item(item_id: int, *, actor: Actor) -> None:
    """Throws away a version that was not published."""
    item = session.get(InspectionItem, item_id, with_for_update=True)
    if item is None or item.published_on is not None:
        raise Refusal(_("只能删除尚未公布的版本；已经公布的事项可以停用。"))
    record("sampling.discard_item", item, actor=actor, before={"code": item.code})
    session.delete(item)


def withdraw_item(code: str, *, valid_from: date, note: str, actor: Actor) -> InspectionItem:
    """Ends an item from a day on, by a version that says so. Idempotence key: (code, day)."""
    last = queries.item(code, valid_from)
    if last is None:
        raise Refusal(_("事项 %(code)s 在这一天本来就不在清单内。", code=code), field="valid_from")
    if last.valid_from == valid_from:
        raise Refusal(_("这一天有一个新版本生效，请另选停用日期。"), field="valid_from")
    copied = {
        column.key: getattr(last, column.key)
        for column in InspectionItem.__table__.columns
        if column.key not in ("id", "valid_from")
    }
    item = InspectionItem(
        **copied
        | {
            "valid_from": valid_from,
            "withdrawn": True,
            "note": note,
            "written_by": actor.name,
            "written_at": clock.now(),
            "published_on": clock.today(),
            "published_by": actor.name,
        }
    )
    session.add(item)
    flush_or_refuse(_("这一天已有另一个版本。"), field="valid_from")
    record("sampling.withdraw_item", item, actor=actor, after={"code": code, "from": valid_from.isoformat()}, note=note)
    return item
