"""Keyset paging: page N+1 costs as little as page 1."""

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, literal, tuple_

from casework.core.db import session


@dataclass(frozen=True)
class Page:
    """Rows of one page and the tokens of its neighbours (None at an end)."""

    rows: Sequence[Row[Any]]
    newer: str | None
    older: str | None


def page(
    statement: Select[Any],
    keys: Sequence[ColumnElement[Any]],
    *,
    joined: Sequence[Sequence[ColumnElement[Any]]] = (),
    after: str | None = None,
    before: str | None = None,
    size: int = 50,
    descending: bool = False,
) -> Page:
    """One page of a statement ordered by `keys` (unique together; all in one direction).

    The statement must select the key columns. `after`/`before` are tokens of a neighbouring page; a token that was
    tampered with is ignored and the first page shown. `joined` names columns of other tables that equal the keys by an
    inner join: PostgreSQL does not carry a bound across a join, and would read the other table from its start.
    """
    bounds = _decode(after or before, keys)
    backwards = before is not None and bounds is not None
    downwards = descending != backwards
    if bounds is not None:
        mark = tuple_(*(literal(value, key.type) for key, value in zip(keys, bounds, strict=True)))
        for columns in (keys, *joined):
            statement = statement.where(tuple_(*columns) < mark if downwards else tuple_(*columns) > mark)
    ordered = statement.order_by(None).order_by(*(key.desc() if downwards else key.asc() for key in keys))
    rows = list(session.execute(ordered.limit(size + 1)).all())
    more, rows = len(rows) > size, rows[:size]
    if backwards:
        rows.reverse()
    first = _token(rows[0], keys) if rows else None
    last = _token(rows[-1], keys) if rows else None
    return Page(
        rows=rows,
        newer=first if (more if backwards else bounds is not None) else None,
        older=last if (more or backwards) else None,
    )


def _token(row: Row[Any], keys: Sequence[ColumnElement[Any]]) -> str:
    plain = [_plain(row._mapping[key]) for key in keys]
    return base64.urlsafe_b64encode(json.dumps(plain, ensure_ascii=False).encode()).decode().rstrip("=")


def _decode(token: str | None, keys: Sequence[ColumnElement[Any]]) -> list[Any] | None:
    """The values that a token names, or None for a token that was not made for these keys."""
    if not token:
        return None
    try:
        values = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
        return [_typed(value, key.type.python_type) for value, key in zip(values, keys, strict=True)]
    except (ValueError, TypeError):
        return None


def _plain(value: Any) -> Any:
    if isinstance(value, date | datetime):
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else value


def _typed(value: Any, kind: type[Any]) -> Any:
    if issubclass(kind, date):
        return kind.fromisoformat(value)
    if kind is UUID:
        return UUID(value)
    if type(value) is not kind or "\x00" in str(value):
        raise ValueError(kind)
    return value
