"""One small city for all tests that only look at it: made once per module and worker, taken back at its end."""

from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient

from casework.core.db import Session, db
from tests.disclosure.worlds import World, small_city


@pytest.fixture(scope="module")
def city(app: Flask) -> Iterator[World]:
    with app.app_context():
        connection = db.engines[None].connect()
        outer = connection.begin()
        Session.pinned = connection
        try:
            yield small_city()
        finally:
            db.session.remove()
            Session.pinned = None
            outer.rollback()
            connection.close()


@pytest.fixture
def visitor(app: Flask, city: World) -> FlaskClient:
    """A visitor of the small city."""
    return app.test_client()
