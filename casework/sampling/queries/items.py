"""The public list of inspection items: what is in force, every version, drafts."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.dialects.postgresql import distinct_on

from casework.core.db import session
from casework.core.errors import NotFound
from casework.core.i18n import _
from casework.sampling.models import InspectionItem


def _newest(day: date) -> Select[Any]:
    """For each code the version that is on the public list on a day, also where it says that the item has ended."""
    return (
        select(InspectionItem)
        .where(InspectionItem.valid_from <= day, InspectionItem.published_on <= day)
        .ext(distinct_on(InspectionItem.code))
        .order_by(InspectionItem.code, InspectionItem.valid_from.desc())
    )


def items_in_force(day: date, line: str | None = None) -> list[InspectionItem]:
    """The public list on a day, in the order of the codes; of one business line or of all."""
    found = session.scalars(_newest(day)).all()
    return [item for item in found if not item.withdrawn and line in (None, item.line)]


def item(code: str, day: date) -> InspectionItem | None:
    """The version of an item that is in force on a day; None when it is not on the list."""
    found = session.scalars(_newest(day).where(InspectionItem.code == code)).first()
    return None if found is None or found.withdrawn else found


def items_of(codes: Collection[str], day: date) -> list[InspectionItem]:
    """Those of these items that are in force on a day, in the order of the codes."""
    found = session.scalars(_newest(day).where(InspectionItem.code.in_(codes))).all()
    return [item for item in found if not item.withdrawn]


def item_names() -> dict[str, str]:
    """The newest name of every item that ever was on the list, by code."""
    statement = (
        select(InspectionItem.code, InspectionItem.name)
        .ext(distinct_on(InspectionItem.code))
        .order_by(InspectionItem.code, InspectionItem.valid_from.desc())
    )
    return dict(session.execute(statement).all())


def item_versions(code: str) -> Sequence[InspectionItem]:
    """All versions of an item, drafts included, newest first."""
    found = session.scalars(
        select(InspectionItem).where(InspectionItem.code == code).order_by(InspectionItem.valid_from.desc())
    ).all()
    if not found:
        raise NotFound(_("没有编号为 %(code)s 的抽查事项。", code=code))
    return found


def drafted_items() -> Sequence[InspectionItem]:
    """Versions that are not published yet."""
    return session.scalars(
        select(InspectionItem)
        .where(InspectionItem.published_on.is_(None))
        .order_by(InspectionItem.code, InspectionItem.valid_from)
    ).all()
