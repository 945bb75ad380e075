"""Make the database of DATABASE_URL if it is missing, and refuse one that would hurt Chinese text; run by the launcher.

With ADMIN_URL (the superuser of a private server) the role of DATABASE_URL is made too: it owns its database and may
make others (tests do), but is no superuser, so that nothing works here that would fail on a city's own server.
"""

import os
import sys

import psycopg
from psycopg import sql
from sqlalchemy.engine import URL, make_url

OLDEST, NEWEST = 15, 18


def main() -> None:
    url = make_url(os.environ["DATABASE_URL"])
    admin = os.environ.get("ADMIN_URL")
    if admin:
        ensure_role(make_url(admin), url)
    try:
        connection = connect(url)
    except psycopg.OperationalError as error:
        if not _is_missing(error):
            sys.exit(f"cannot reach the database at {url.host or 'local'}:{url.port or 5432}: {_first_line(error)}")
        create(url)
        connection = connect(url)
    with connection:
        check(connection)


def connect(url: URL, database: str | None = None) -> psycopg.Connection:
    """A connection in autocommit, by the parts of an SQLAlchemy URL."""
    parts = url.set(drivername="postgresql", database=database or url.database)
    return psycopg.connect(parts.render_as_string(hide_password=False), autocommit=True, connect_timeout=10)


def ensure_role(admin: URL, url: URL) -> None:
    """The application's role on a private server."""
    with connect(admin) as connection:
        if connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [url.username]).fetchone():
            return
        statement = sql.SQL("CREATE ROLE {} LOGIN CREATEDB PASSWORD {}")
        connection.execute(statement.format(sql.Identifier(url.username), sql.Literal(url.password)))


def create(url: URL) -> None:
    """A UTF-8 database whatever the server's own template says."""
    name = sql.Identifier(url.database)
    with connect(url, "postgres") as connection:
        if connection.info.server_version >= 170000:
            locale = sql.SQL("LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8' LOCALE 'C.UTF-8'")
        else:
            locale = sql.SQL("LC_COLLATE 'C.UTF-8' LC_CTYPE 'C.UTF-8'")
        statement = sql.SQL("CREATE DATABASE {} ENCODING 'UTF8' {} TEMPLATE template0")
        try:
            connection.execute(statement.format(name, locale))
        except psycopg.errors.InsufficientPrivilege:
            sys.exit(
                f"database {url.database} does not exist and {url.username} may not create it; ask for: "
                f"{statement.format(name, locale).as_string(connection)} OWNER {url.username}"
            )


def check(connection: psycopg.Connection) -> None:
    """Refuse a version, an encoding or a locale in which 周 is no letter (text search would silently find nothing)."""
    major = connection.info.server_version // 10000
    if major < OLDEST:
        sys.exit(f"PostgreSQL {major} is too old; Casework needs {OLDEST} to {NEWEST}")
    if major > NEWEST:
        print(f"! PostgreSQL {major} is newer than what Casework was tested with", file=sys.stderr)
    question = "SELECT current_setting('server_encoding') = 'UTF8', '周' ~ '^[[:alpha:]]$'"
    if connection.execute(question).fetchone() != (True, True):
        sys.exit(
            f"database {connection.info.dbname} is not UTF-8 or its locale knows no Chinese; make it with "
            "ENCODING 'UTF8' LC_COLLATE 'C.UTF-8' LC_CTYPE 'C.UTF-8' TEMPLATE template0"
        )


def _is_missing(error: psycopg.OperationalError) -> bool:
    # psycopg gives no SQLSTATE for a failed connection; the server's words may be translated, its quoting is not.
    return error.sqlstate == "3D000" or "does not exist" in str(error) or "不存在" in str(error)


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0]


main()
