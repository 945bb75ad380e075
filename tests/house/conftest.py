"""A city with real commits for the tests that walk through all of its pages."""

from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient

from casework.accounts.models import Account
from casework.core.db import session, transaction
from tests import make
from tests.conftest import living


@pytest.fixture(scope="module")
def city(clone_database: Callable[[str], str]) -> Iterator[Flask]:
    """The application on a database of its own, shared by the tests of one module."""
    with living(clone_database("city")) as app:
        yield app


@pytest.fixture(scope="module")
def holding(city: Flask) -> Callable[..., FlaskClient]:
    """`holding(roles, unit="川汇区局")` is a client of somebody who holds all these roles, whether or not one may."""

    def sign_in(roles: list[str], *, unit: str | None = None) -> FlaskClient:
        with transaction():
            account = make.account("inspector", unit=unit)
            session.get_one(Account, account.id).roles = roles
        visitor = city.test_client()
        with visitor.session_transaction() as cookie:
            cookie.update(account=account.id, epoch=account.epoch, seen=2**40, locale="zh")
        return visitor

    return sign_in
