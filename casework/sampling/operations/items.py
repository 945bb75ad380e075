"""The 抽查事项清单: versions drafted, published, ended."""

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
from casework.core.listing import take_in
from casework.sampling import queries
from casework.sampling.models import InspectionItem
from casework.sampling.schemas import ITEMS

SHIPPED_ITEMS = Path(__file__).parents[1] / "items.yaml"
SHIPPED_BY = "随系统提供"


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


def import_items(file: IO[bytes], *, dry_run: bool = False, actor: Actor) -> int:
    """Drafts every item of a table (XLSX or CSV), whole or not at all; returns how many. A dry run only checks.

    Idempotence key: that of `keep_item`, so the same file twice is once.
    """
    return take_in(ITEMS, file, lambda entry: keep_item(actor=actor, **entry), dry_run=dry_run)


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
