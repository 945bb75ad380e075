"""The migrations: one head, all the way up and down and up again, and what they build is what the models say."""

from collections.abc import Iterator
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, inspect

from casework.app import ROOMS
from casework.cli import alembic_config
from casework.core.db import Base
from casework.settings import ROOT


@pytest.fixture(scope="module")
def engine(clone_database) -> Iterator[Engine]:
    engine = create_engine(clone_database("migrations"))
    yield engine
    engine.dispose()


def migrate(connection: Connection, revision: str) -> None:
    config = alembic_config()
    config.attributes["connection"] = connection
    (command.downgrade if revision == "base" else command.upgrade)(config, revision)


def test_there_is_one_head():
    assert len(ScriptDirectory.from_config(alembic_config()).get_heads()) == 1


def test_up_and_down_and_up_again(engine):
    with engine.begin() as connection:
        migrate(connection, "base")
        assert set(inspect(connection).get_table_names()) <= {"alembic_version"}
        migrate(connection, "head")
        migrate(connection, "base")
        migrate(connection, "head")


def test_the_models_and_the_migrations_agree(engine):
    """As `alembic check`; rooms that are not open yet are left out."""
    with engine.begin() as connection:
        migrate(connection, "head")
        found = compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), Base.metadata)
    assert [_short(change) for change in found if _home(change) not in _unopened()] == []


def _unopened() -> set[str | None]:
    """Rooms with a migration that have no pages yet, and with them the tables that no model knows."""
    migrated = {path.stem.partition("_")[2] for path in (ROOT / "migrations" / "versions").glob("*.py")}
    closed = {room for room in migrated if (ROOT / "casework" / room).is_dir()} - set(ROOMS)
    return {*closed, None} if closed else set()


def _home(change: Any) -> str | None:
    """The room whose table differs; None for a table that no model knows."""
    first = change[0] if isinstance(change, list) else change
    homes = {mapper.local_table.name: mapper.class_.__module__.split(".")[1] for mapper in Base.registry.mappers}
    names = [part if isinstance(part, str) else getattr(getattr(part, "table", part), "name", "") for part in first]
    return next((homes[name] for name in names if name in homes), None)


def _short(change: Any) -> str:
    """`add_column account.name`: enough to know what to do."""
    first = change[0] if isinstance(change, list) else change
    return " ".join(str(part)[:80] for part in first[:4])
