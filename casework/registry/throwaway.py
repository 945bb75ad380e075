"""A register for one question: a database of its own, made, filled by COPY, read by grading, and dropped."""

import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy import Connection, Table, create_engine, make_url

from casework.core.db import Base
from casework.core.errors import Refusal
from casework.core.i18n import _
from casework.registry.models import CreditRecord, Enterprise
from casework.registry.rules import KINDS

NAMED = "throwaway"


@dataclass(frozen=True)
class Subject:
    """An enterprise as far as grading needs it; `industry` is a section letter and up to two signs, or empty."""

    id: int
    number: str
    industry: str
    established_on: date | None


@dataclass(frozen=True)
class Happening:
    """A credit record as far as grading needs it; `record` as models name it: `check.1`."""

    subject_id: int
    record: str
    happened_on: date
    key: str


@contextmanager
def register(
    url: str, subjects: Iterable[Subject], records: Iterable[Happening], now: datetime
) -> Iterator[Connection]:
    """A connection to a register that holds this and nothing else; gone at the end, however it ends.

    What a killed process left behind is dropped by the next one. A Refusal where the server lets nobody make databases.
    """
    address = make_url(url)
    prefix = prefix_beside(str(address.database))
    with _server(address.set(drivername="postgresql").render_as_string(hide_password=False)) as server:
        _sweep(server, prefix)
        name = prefix + secrets.token_hex(4)
        server.execute("SELECT pg_advisory_lock(hashtext(%s))", [name])
        try:
            _create(server, name)
            engine = create_engine(address.set(database=name), connect_args={"options": "-c jit=off"})
            try:
                with engine.begin() as connection:
                    _fill(connection, subjects, records, now)
                with engine.connect() as connection:
                    yield connection
            finally:
                engine.dispose()
        finally:
            _drop(server, name)


def prefix_beside(database: str) -> str:
    """How the names begin of those made beside a database: locks tell only there which of them are held."""
    return f"{NAMED}_{sha256(database.encode()).hexdigest()[:12]}_"


def _server(address: str) -> psycopg.Connection[Any]:
    try:
        return psycopg.connect(address, autocommit=True)
    except psycopg.OperationalError as error:
        raise Refusal(_("连接不上数据库：%(error)s。", error=str(error).strip().splitlines()[0])) from error


def _create(server: psycopg.Connection[Any], name: str) -> None:
    options = sql.SQL("ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0")
    try:
        server.execute(sql.SQL("CREATE DATABASE {} {}").format(sql.Identifier(name), options))
    except psycopg.errors.InsufficientPrivilege as error:
        raise Refusal(_("数据库账号没有建库权限（CREATEDB），不能建临时库。")) from error


def _sweep(server: psycopg.Connection[Any], prefix: str) -> None:
    """Drops what nobody holds any more."""
    found = server.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [prefix]).fetchall()
    for (name,) in found:
        free = server.execute("SELECT pg_try_advisory_lock(hashtext(%s))", [name]).fetchone()
        if free == (True,):
            _drop(server, name)
            server.execute("SELECT pg_advisory_unlock(hashtext(%s))", [name])


def _drop(server: psycopg.Connection[Any], name: str) -> None:
    """Without FORCE first: an autovacuum worker goes by itself, but only a superuser may force it."""
    drop = sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name))
    try:
        server.execute(drop)
    except psycopg.errors.ObjectInUse:
        server.execute(drop + sql.SQL(" WITH (FORCE)"))


def _fill(connection: Connection, subjects: Iterable[Subject], records: Iterable[Happening], now: datetime) -> None:
    known = Base.metadata.tables
    tables = _needed(known[Enterprise.__tablename__], known[CreditRecord.__tablename__])
    Base.metadata.create_all(connection, tables=tables)
    unit = next(table for table in tables if table.name == "org_unit")
    connection.execute(
        unit.insert().values(id=1, kind="city", name="-", short_name="-", division_code="000000", path="/1/")
    )
    _copy(
        connection,
        Enterprise.__tablename__,
        ("id", "reg_no", "subject_class", "name", "name_key", "bigrams", "former_names", "tags", "status",
         "cluster_address", "is_branch", "code_checked", "org_id", "industry_section", "industry_code",
         "established_on", "source", "recorded_at", "updated_at"),
        (
            (one.id, one.number, "company", one.number, one.number, [], [], [], "active", False, False, True, 1,
             one.industry[:1] or None, one.industry[1:] or None, one.established_on, NAMED, now, now)
            for one in subjects
        ),
    )  # fmt: skip
    _copy(
        connection,
        CreditRecord.__tablename__,
        ("enterprise_id", "kind", "klass", "happened_on", "title", "detail", "source", "source_key", "version",
         "recorded_at"),
        (
            (one.subject_id, KINDS[kind].number, int(klass), one.happened_on, "-", "{}", NAMED, one.key, 1, now)
            for one in records
            for kind, klass in [one.record.split(".")]
        ),
    )  # fmt: skip
    connection.exec_driver_sql("ANALYZE enterprise, credit_record")


def _needed(*wanted: Table) -> list[Table]:
    """The tables and those that they refer to."""
    found: set[Table] = set()
    waiting = list(wanted)
    while waiting:
        table = waiting.pop()
        if table not in found:
            found.add(table)
            waiting += [key.column.table for key in table.foreign_keys]
    return list(found)


def _copy(connection: Connection, table: str, columns: tuple[str, ...], rows: Iterable[tuple[Any, ...]]) -> None:
    driver = connection.connection.driver_connection
    assert isinstance(driver, psycopg.Connection)
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    with driver.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(row)
