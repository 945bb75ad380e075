"""The one database: declarative base, session, and the door through which commands and workers write."""

import select
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

import psycopg
from flask import has_request_context, request
from flask_sqlalchemy import SQLAlchemy
from flask_sqlalchemy.session import Session as FlaskSession
from sqlalchemy import (
    ARRAY,
    BigInteger,
    Connection,
    CursorResult,
    Date,
    DateTime,
    Engine,
    Executable,
    Identity,
    LargeBinary,
    MetaData,
    Numeric,
    Pool,
    Row,
    Select,
    SmallInteger,
    Text,
    Uuid,
    event,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import IntegrityError, InvalidatePoolError
from sqlalchemy.orm import DeclarativeBase, mapped_column

from casework.core.errors import Invalid

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
"""Requests with these methods read through connections that PostgreSQL itself holds read-only."""

BigId = Annotated[int, mapped_column(BigInteger, Identity(), primary_key=True)]
"""Primary key counted by the database."""

Small = Annotated[int, mapped_column(SmallInteger)]
"""A small whole number: codes, points, percentages."""


class Base(DeclarativeBase):
    """The declarative base of every table of the house."""

    metadata = MetaData(
        info={"bind_key": None},
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        },
    )
    type_annotation_map = {
        int: BigInteger,
        str: Text,
        bytes: LargeBinary,
        date: Date,
        datetime: DateTime(timezone=True),
        Decimal: Numeric(20, 6),
        UUID: Uuid,
        dict[str, Any]: JSONB,
        list[Any]: JSONB,
        list[str]: ARRAY(Text),
        list[int]: ARRAY(BigInteger),
    }


class Session(FlaskSession):
    """Chooses the connection: read-only for safe requests, else the writing one; tests may pin their own."""

    pinned: Connection | None = None

    def get_bind(self, *args: Any, **kwargs: Any) -> Engine | Connection:
        if Session.pinned is not None:
            return Session.pinned
        reading = has_request_context() and request.method in SAFE_METHODS
        return self._db.engines["read" if reading else None]


db = SQLAlchemy(
    session_options={"class_": Session, "join_transaction_mode": "create_savepoint"},
    disable_autonaming=True,
)
session = db.session


def engine_config(url: str, *, pool_size: int) -> dict[str, Any]:
    """Flask-SQLAlchemy's settings for the writing and the read-only engine of one database."""
    common: dict[str, Any] = {
        "pool_size": pool_size,
        "max_overflow": pool_size,
        "hide_parameters": True,  # errors go to logs and the job ledger; the people in the values do not
    }
    settings = "-c timezone=UTC -c jit=off"
    return {
        "SQLALCHEMY_DATABASE_URI": url,
        "SQLALCHEMY_ENGINE_OPTIONS": {**common, "connect_args": {"options": settings}},
        "SQLALCHEMY_BINDS": {
            "read": {
                "url": url,
                **common,
                "isolation_level": "AUTOCOMMIT",
                "connect_args": {"options": f"{settings} -c default_transaction_read_only=on"},
            }
        },
    }


@event.listens_for(Pool, "checkout")
def _leave_the_dead(connection: psycopg.Connection, _record: Any, _proxy: Any) -> None:
    """Empties a pool whose server has hung up: all that an idle connection can have to say is goodbye.

    SQLAlchemy's own `pool_pre_ping` finds the same by asking the server, one round trip for every request.
    """
    idle = select.poll()
    if not connection.closed:
        idle.register(connection, select.POLLIN)
    if connection.closed or idle.poll(0):
        raise InvalidatePoolError


@contextmanager
def transaction() -> Iterator[None]:
    """The door of commands and workers: everything inside is kept together, or nothing."""
    try:
        yield
        session.commit()
    except BaseException:
        session.rollback()
        raise


@contextmanager
def savepoint() -> Iterator[None]:
    """A part that may fail without losing what came before it."""
    with session.begin_nested():
        yield


@contextmanager
def apart() -> Iterator[Connection]:
    """A connection and transaction of its own, for what others must see while a long one runs (progress)."""
    if Session.pinned is not None:
        with Session.pinned.begin_nested():
            yield Session.pinned
    else:
        with db.engines[None].begin() as connection:
            yield connection


def is_read_only() -> bool:
    """Whether the session reads through a connection that PostgreSQL holds read-only: that of a safe request."""
    return session.get_bind() is db.engines["read"]


def at_once(statement: Executable) -> Any:
    """One statement for all to see at once, whatever becomes of the present transaction. Returns its first value.

    The same as `apart` with two round trips fewer, which tell where each message of the queue does it twice.
    """
    if Session.pinned is not None:
        with Session.pinned.begin_nested():
            return _first_value(Session.pinned.execute(statement))
    with db.engines[None].connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        return _first_value(connection.execute(statement))


def _first_value(result: CursorResult[Any]) -> Any:
    return result.scalar() if result.returns_rows else None


def streamed(statement: Select[Any], *, chunk: int = 5_000) -> Iterator[Row[Any]]:
    """The rows of a long reading as they were when it began, a chunk in memory at a time; columns only, no entities.

    A cursor of the server lives in a transaction. Commands, workers and unsafe requests are in one. The connections of
    safe requests commit each statement: there the reading has a connection and a read-only transaction of its own.
    """
    reading = statement.execution_options(yield_per=chunk)
    if not is_read_only():
        yield from session.execute(reading)
        return
    with db.engines["read"].connect().execution_options(isolation_level="READ COMMITTED") as connection:
        yield from connection.execute(reading)


def flush_or_refuse(message: str, *, field: str) -> None:
    """Writes pending rows; a broken unique or check constraint becomes a sentence beside its field."""
    try:
        with savepoint():
            session.flush()
    except IntegrityError as error:
        raise Invalid(message, {field: [message]}) from error
