"""The tests' ground: a migrated PostgreSQL per worker, one transaction per test, clients signed in by role."""

import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from alembic import command
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, settings
from playwright.sync_api import Browser, sync_playwright
from sqlalchemy import make_url
from werkzeug.test import TestResponse

if "CASEWORK_VAR" not in os.environ:
    _var = tempfile.TemporaryDirectory(prefix="casework-test-")  # gone when this process ends
    os.environ["CASEWORK_VAR"] = _var.name

from casework.app import create_app
from casework.cli import alembic_config
from casework.core import i18n, parameters
from casework.core.actor import SYSTEM
from casework.core.db import Session, db, transaction
from casework.core.i18n import set_locale
from casework.grading import operations as grading
from casework.settings import Settings
from tests import make

# How fast an example runs says something of the machine, not of the code.
settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")

RUN = os.environ.get("PYTEST_XDIST_TESTRUNUID", f"alone{os.getpid()}")[:12]
"""Names this run's databases; the workers of pytest-xdist share one template."""

SHARED = Path(__file__).resolve().parents[2] / "shared"
"""Test data that may lie beside the project; tests that need it skip where it is not there."""


@pytest.fixture(autouse=True)
def _in_chinese() -> None:
    """Whatever language an earlier test's reader had chosen."""
    i18n.set_locale("zh")


@pytest.fixture(scope="session")
def shared() -> Path:
    if not SHARED.is_dir():
        pytest.skip("../shared is not here")
    return SHARED


def _server(url: str) -> psycopg.Connection:
    plain = make_url(url).set(drivername="postgresql", database="postgres")
    return psycopg.connect(plain.render_as_string(hide_password=False), autocommit=True)


@pytest.fixture(scope="session")
def template_database() -> str:
    """A migrated, empty database to clone; made once for all workers of the run."""
    url = Settings.from_environment().database_url
    name = f"{make_url(url).database}_template_{RUN}"
    with _server(url) as server:
        server.execute("SELECT pg_advisory_lock(4116999)")
        if not server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
            server.execute(f'DROP DATABASE IF EXISTS "{name}"')
            server.execute(f"CREATE DATABASE \"{name}\" TEMPLATE template0 ENCODING 'UTF8'")
            furnish(make_url(url).set(database=name).render_as_string(hide_password=False))
            _close(server, name)
        server.execute("SELECT pg_advisory_unlock(4116999)")
    return name


def _close(server: psycopg.Connection, name: str) -> None:
    """Nobody is in a database any more, and nobody can come in: only such a one can be cloned at any moment."""
    server.execute(f'ALTER DATABASE "{name}" WITH ALLOW_CONNECTIONS false')
    inside = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"
    while server.execute(inside, [name]).fetchall():
        time.sleep(0.01)


def furnish(url: str) -> None:
    """Brings an empty database to the present structure and founds the small city in it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DATABASE_URL", url)
        command.upgrade(alembic_config(), "head")
        with make_application().app_context(), transaction():
            parameters.seed_calendar()
            make.city()
            grading.ensure_default_models(actor=SYSTEM)
            engines = list(db.engines.values())
        for engine in engines:
            engine.dispose()


def make_application() -> Flask:
    """The application as the environment says, for tests."""
    app = create_app()
    app.config.update(TESTING=True, WTF_CSRF_ENABLED=False, PROPAGATE_EXCEPTIONS=False)
    app.test_client_class = Visitor
    return app


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """A real browser, one for each worker of the run: Playwright cannot be started twice in a process."""
    program = os.environ.get("CASEWORK_CHROMIUM")
    if not program:
        pytest.skip("no Chromium here: CASEWORK_CHROMIUM names none")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def clone_database(template_database: str) -> Iterator[Callable[[str], str]]:
    """Makes a fresh copy of the template and returns its address; dropped at the end of the run."""
    url = Settings.from_environment().database_url
    made: list[str] = []

    def clone(label: str) -> str:
        name = f"{template_database}_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}_{label}_{len(made)}"
        with _server(url) as server:
            server.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
            server.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template_database}"')
        made.append(name)
        return make_url(url).set(database=name).render_as_string(hide_password=False)

    yield clone
    if RUN.startswith("alone"):
        made.append(template_database)
    with _server(url) as server:
        for name in made:
            server.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@pytest.fixture(scope="session")
def app(clone_database: Callable[[str], str]) -> Flask:
    """The application on this worker's own database."""
    before = os.environ.get("DATABASE_URL")
    os.environ["DATABASE_URL"] = clone_database("tests")
    try:
        return make_application()
    finally:
        if before is not None:
            os.environ["DATABASE_URL"] = before


@pytest.fixture
def world(app: Flask) -> Iterator[Flask]:
    """A test in one transaction that is taken back; operations may be called directly inside."""
    with app.app_context():
        set_locale("zh")  # a page in English that an earlier test read leaves its language behind
        connection = db.engines[None].connect()
        outer = connection.begin()
        Session.pinned = connection
        try:
            yield app
        finally:
            db.session.remove()
            Session.pinned = None
            outer.rollback()
            connection.close()


@contextmanager
def living(url: str, **environment: str) -> Iterator[Flask]:
    """The application on a database of its own, where commits are real, with its context pushed."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {"DATABASE_URL": url, **environment}.items():
            patch.setenv(name, value)
        app = make_application()
        with app.app_context():
            yield app
            db.session.remove()
            for engine in db.engines.values():
                engine.dispose()


@pytest.fixture
def live(clone_database: Callable[[str], str]) -> Iterator[Flask]:
    """The application for one test of transactions or faults."""
    with living(clone_database("live")) as app:
        yield app


class Visitor(FlaskClient):
    """Keeps what the test made, then sends each request in an application context of its own, as a server does.

    Headers carry only ASCII: a web server answers anything else with an error of its own.
    """

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        db.session.commit()
        with self.application.app_context():
            answer = super().open(*args, **{"buffered": True, **kwargs})
        assert not [header for header in answer.headers.items() if not "".join(header).isascii()]
        return answer


@pytest.fixture
def client(world: Flask) -> FlaskClient:
    """A visitor."""
    return world.test_client()


@pytest.fixture
def as_role(world: Flask) -> Callable[..., FlaskClient]:
    """`as_role("credit")` is a client signed in with that role at the city bureau; `unit="川汇区局"` elsewhere."""

    def sign_in(role: str, *, unit: str | None = None) -> FlaskClient:
        account = make.account(role, unit=unit)
        visitor = world.test_client()
        with visitor.session_transaction() as cookie:
            cookie.update(account=account.id, epoch=account.epoch, seen=2**40, locale="zh")
        return visitor

    return sign_in
