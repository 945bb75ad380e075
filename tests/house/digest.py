"""What the whole database holds, in short: to see whether anything was written."""

from sqlalchemy import inspect, text

from casework.core.db import db


def digest() -> dict[str, tuple[int, int]]:
    """For every table how many rows it has and which transaction wrote last."""
    with db.engines[None].connect() as connection:
        return {
            name: tuple(
                connection.execute(text(f'SELECT count(*), coalesce(max(xmin::text::bigint), 0) FROM "{name}"')).one()
            )
            for name in inspect(connection).get_table_names()
        }
