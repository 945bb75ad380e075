"""Make the database of DATABASE_URL if it is missing, and refuse servers that would harm: run by the launcher.

With ADMIN_URL (the superuser of a private server) the role of DATABASE_URL is made too: it owns its database and may
make others (tests do), but is no superuser, so that nothing works here that would fail on a city's own server.
"""

import os
import sys

import psycopg
import redis
from psycopg import sql
from sqlalchemy.engine import URL, make_url

OLDEST, NEWEST = 15, 18


def main() -> None:
    url = make_url(os.environ["DATABASE_URL"])
    admin = os.environ.get("ADMIN_URL")
    if admin:
        ensure_role(make_url(admin), url)
    with connect_or_create(url) as connection:
        check_database(connection)
    check_queue(os.environ["REDIS_URL"])


def ensure_role(admin: URL, url: URL) -> None:
    """The application's role on a private server."""
    with connect(admin) as connection:
        if connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [url.username]).fetchone():
            return
        statement = sql.SQL("CREATE ROLE {} LOGIN CREATEDB PASSWORD {}")
        connection.execute(statement.format(sql.Identifier(url.username), sql.Literal(url.password)))


def connect(url: URL) -> psycopg.Connection:
    """A connection in autocommit, by an SQLAlchemy URL."""
    address = url.set(drivername="postgresql").render_as_string(hide_password=False)
    return psycopg.connect(address, autocommit=True, connect_timeout=10)


def connect_or_create(url: URL) -> psycopg.Connection:
    """A connection to the database, which is made if it does not exist."""
    try:
        return connect(url)
    except psycopg.OperationalError as error:
        if not create(url):
            sys.exit(f"cannot open the database: {str(error).strip().splitlines()[0]}")
    return connect(url)


def create(url: URL) -> bool:
    """Make a UTF-8 database whatever the server's own template says; False if that was not what is missing."""
    name = sql.Identifier(url.database)
    try:
        connection = connect(url.set(database="postgres"))
    except psycopg.OperationalError:
        return False
    with connection:
        if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [url.database]).fetchone():
            return False
        builtin = (
            "LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8' " if connection.info.server_version >= 170000 else ""
        )
        options = sql.SQL(f"ENCODING 'UTF8' {builtin}LC_COLLATE 'C.UTF-8' LC_CTYPE 'C.UTF-8' TEMPLATE template0")
        try:
            connection.execute(sql.SQL("CREATE DATABASE {} {}").format(name, options))
        except psycopg.errors.InsufficientPrivilege:
            wish = sql.SQL("CREATE DATABASE {} OWNER {} {}").format(name, sql.Identifier(url.username), options)
            sys.exit(
                f"there is no database {url.database}, and {url.username} may not make it. Ask for:\n{wish.as_string()}"
            )
    return True


def check_database(connection: psycopg.Connection) -> None:
    """Refuse a version, an encoding or a locale in which 周 is no letter (text search would silently find nothing)."""
    major = connection.info.server_version // 10000
    if major < OLDEST:
        sys.exit(f"PostgreSQL {major} is too old; Casework needs {OLDEST} to {NEWEST}")
    if major > NEWEST:
        print(f"! PostgreSQL {major} is newer than what Casework was tested with", file=sys.stderr)
    encoding = connection.execute("SELECT current_setting('server_encoding')").fetchone()
    if encoding != ("UTF8",) or connection.execute("SELECT '周' ~ '^[[:alpha:]]$'").fetchone() != (True,):
        sys.exit(
            f"database {connection.info.dbname} is not UTF-8 or its locale knows no Chinese; make it with "
            "ENCODING 'UTF8' LC_COLLATE 'C.UTF-8' LC_CTYPE 'C.UTF-8' TEMPLATE template0"
        )


def check_queue(url: str) -> None:
    """Refuse a queue that is away; warn of one that may drop work."""
    queue = redis.from_url(url, socket_connect_timeout=10)
    try:
        policy = queue.info("memory").get("maxmemory_policy")
    except redis.RedisError as error:
        sys.exit(f"cannot reach the queue: {error}")
    if policy != "noeviction":
        print(f"! the queue's maxmemory-policy is {policy}; set noeviction, or work may be dropped", file=sys.stderr)


main()
