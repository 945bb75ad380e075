"""Every page of every room, in a wide window and in a phone's: sound, and without a complaint of the browser."""

from collections.abc import Callable
from http import HTTPStatus

import pytest
from flask import Flask

from casework.accounts.models import Account
from casework.accounts.rules import ROLES
from casework.app import ROOMS
from casework.core.db import session, transaction
from tests import make
from tests.browser.reader import Reader
from tests.house.walk import Things, addresses, routes
from tests.running import House

pytestmark = [pytest.mark.browser, pytest.mark.servers]


@pytest.fixture(scope="package")
def things(house: House) -> Things:
    return Things("川汇区局")


@pytest.fixture(scope="package")
def everybody(house: House) -> int:
    """The account of somebody who holds every role, whether or not one may."""
    with transaction():
        account = make.account("inspector")
        session.get_one(Account, account.id).roles = list(ROLES)
        return account.id


NO_PAGES = {"documents.print_view", "documents.sample", "console.style_guide"}
"""Papers, which have no frame; and the page that shows how an error looks."""


def pages(app: Flask, room: str, things: Things, account_id: int) -> list[str]:
    """The addresses of a room that answer this person with a page."""
    client = app.test_client()
    with client.session_transaction() as cookie:
        cookie.update(account=account_id, epoch=1, seen=2**40, locale="zh")
    rules = [rule for rule in routes(app, "GET") if rule.endpoint.rpartition(".")[0] == room]
    known = [address for rule in rules if rule.endpoint not in NO_PAGES for address in addresses(app, rule, things)]
    answers = {address: client.get(address) for address in known}
    return [
        address
        for address, answer in answers.items()
        if (answer.status_code, answer.mimetype) == (HTTPStatus.OK, "text/html") and "<!doctype html>" in answer.text
    ]


@pytest.mark.parametrize("room", ["", *ROOMS])
def test_every_page_is_sound(
    house: House, things: Things, everybody: int, staff_member: Callable[..., Reader], room: str
) -> None:
    reader = staff_member(everybody)
    for address in pages(house.app, room, things, everybody):
        reader.open_in_both(address)
