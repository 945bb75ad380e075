"""What the whole database holds: in short, to see whether anything was written; and its telling words."""

import re
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, inspect, text

from casework.core.db import db

KNOWN_TO_ALL = {
    "calendar_day", "column_mapping", "grading_model", "import_batch", "inspection_item", "org_unit", "parameter",
    "waiting_row",
}  # fmt: skip
"""Tables whose rows belong to no area: whoever may open their pages may see them."""

TELLING = re.compile(r"^(?!\d{4}-\d\d-\d\d)(?=.*\d).{5,}$", re.DOTALL)
"""Names and numbers of things: five characters or more, a digit among them, no dates."""


def digest() -> dict[str, tuple[int, int]]:
    """For every table how many rows it has and which transaction wrote last."""
    with db.engines[None].connect() as connection:
        return {
            name: tuple(
                connection.execute(text(f'SELECT count(*), coalesce(max(xmin::text::bigint), 0) FROM "{name}"')).one()
            )
            for name in inspect(connection).get_table_names()
        }


def moment() -> int:
    """A mark in the sequence of transactions."""
    with db.engines[None].begin() as connection:
        return connection.execute(text("SELECT pg_current_xact_id()::text::bigint % 4294967296")).scalar_one()


def words_since(mark: int) -> set[str]:
    """The telling words that only rows written after a mark hold, rows known to all left out."""
    with db.engines[None].connect() as connection:
        tables = set(inspect(connection).get_table_names())
        return (
            _words(connection, tables - KNOWN_TO_ALL, "xmin::text::bigint > :mark", mark)
            - _words(connection, tables - KNOWN_TO_ALL, "xmin::text::bigint <= :mark", mark)
            - _words(connection, tables & KNOWN_TO_ALL, "true", mark)
        )


def _words(connection: Connection, tables: set[str], where: str, mark: int) -> set[str]:
    return {
        word
        for table in tables
        for row in connection.execute(text(f'SELECT to_jsonb(t) FROM "{table}" t WHERE {where}'), {"mark": mark})
        for word in _leaves(row[0])
        if TELLING.match(word)
    }


def _leaves(value: Any) -> Iterator[str]:
    if isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _leaves(part)
    elif isinstance(value, str):
        yield value
