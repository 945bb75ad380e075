"""A small city in its database: whole or not at all, every desk with something to do, grades that foretell."""

import json
from collections import Counter
from collections.abc import Callable, Iterator

import psycopg
import pytest
from click.testing import CliRunner, Result
from flask import Flask
from sqlalchemy import func, make_url, select

from casework.accounts.queries import first_of_each_role
from casework.accounts.rules import DEMO_PASSWORD, ROLES
from casework.cli import main
from casework.core import clock
from casework.core.db import session
from casework.core.ledger import OutboxMessage
from casework.demo import history
from casework.demo.diary import Diary
from casework.documents import queries as documents
from casework.warning.models import Alert
from tests.conftest import living

SMALL = ("seed", "--enterprises", "300", "--seed", "5", "--months", "2")


def casework(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


@pytest.fixture(scope="module")
def empty_database(clone_database: Callable[[str], str]) -> Callable[[str], str]:
    """Makes a database with nothing in it, and migrates it."""

    def make(label: str) -> str:
        url = clone_database(label)
        name = make_url(url).database
        server = make_url(url).set(drivername="postgresql", database="postgres").render_as_string(hide_password=False)
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
            connection.execute(f"CREATE DATABASE \"{name}\" TEMPLATE template0 ENCODING 'UTF8'")
        return url

    return make


@pytest.fixture(scope="module")
def city(empty_database: Callable[[str], str]) -> Iterator[tuple[Flask, dict]]:
    """The application on a seeded database, and the figures that `seed` printed."""
    with living(empty_database("city"), CASEWORK_DEMO="1") as app:
        assert casework("migrate").exit_code == 0
        seeded = casework(*SMALL, "--json")
        assert seeded.exit_code == 0, seeded.output
        yield app, json.loads(seeded.stdout.splitlines()[-1])


def test_the_year_goes_through(city: tuple[Flask, dict]) -> None:
    """Steps that the rules refuse end their errand; more than a few would mean that the story is wrong."""
    _app, figures = city
    assert sum(figures["refused"].values()) <= 3, figures["refused"]


def test_grades_and_what_they_foretell(city: tuple[Flask, dict]) -> None:
    _app, figures = city
    assert figures["grades"]["A"] > figures["grades"]["B"] > figures["grades"]["C"] > 0
    assert figures["auc_score"] > 0.58
    assert figures["lift_of_draw"] > 1.2


def test_a_city_is_made_once(city: tuple[Flask, dict]) -> None:
    again = casework(*SMALL)
    assert again.exit_code == 1
    assert "空库" in again.output
    assert casework(*SMALL, "--if-empty").output == ""


def test_every_role_is_introduced_and_has_something_to_do(city: tuple[Flask, dict]) -> None:
    app, _figures = city
    told = casework("demo-accounts").output
    assert DEMO_PASSWORD in told
    introduced, page = first_of_each_role(), app.test_client().get("/sign-in").get_data(as_text=True)
    assert [role for _login, role, _unit in introduced] == list(ROLES)
    for login, role, _unit in introduced:
        assert login in told
        assert f"<code>{login}</code>" in page
        visitor = app.test_client()
        assert visitor.post("/sign-in", data={"login": login, "password": DEMO_PASSWORD}).status_code == 303
        desk = visitor.get("/desk").get_data(as_text=True)
        assert "目前没有需要您办理的事项" not in desk, role


def test_the_bureau_keeps_up(city: tuple[Flask, dict]) -> None:
    """Alerts are disposed of in time; the press has little to do at the first start."""
    app, _figures = city
    with app.app_context():
        stands = Counter(session.scalars(select(Alert.state)))
        overdue = session.scalar(select(func.count(Alert.id)).where(Alert.due_on < clock.today()))
        assert stands["closed"] > 0
        assert overdue <= 0.1 * stands.total()
        missing = documents.unprinted(limit=1000, asked_before=clock.now())
        waiting = select(OutboxMessage.payload).where(OutboxMessage.sent_at.is_(None))
        asked = {payload["document_id"] for payload in session.scalars(waiting)}
        recent = clock.local_moment(clock.today() - history.PRINTED, 0)
        assert asked == {one.id for one in missing if one.kind == history.RESULT or one.issued_at >= recent}
        session.rollback()


def test_a_city_that_was_not_finished_is_begun_anew(
    empty_database: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def struck(*_arguments: object) -> None:
        raise KeyboardInterrupt

    with living(empty_database("struck")):
        assert casework("migrate").exit_code == 0
        with monkeypatch.context() as patch:
            patch.setattr(Diary, "live", struck)
            assert casework("seed", "--enterprises", "100", "--months", "1").exit_code != 0
        assert history.state() == "begun"
        assert casework("demo-accounts").exit_code == 1
        session.remove()
        assert casework("seed", "--enterprises", "100", "--months", "1", "--if-empty").exit_code == 0
        assert history.state() == "finished"
