"""A house that runs, and windows of a real Chromium before it."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser

from casework.accounts.models import Account
from casework.core.db import session, transaction
from casework.sampling import operations as sampling
from tests.browser.reader import SCREEN, Reader
from tests.running import House, running


@pytest.fixture(scope="package")
def house(
    chromium: Browser, clone_database: Callable[[str], str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[House]:
    """All processes of the product over the shipped inspection items."""
    with running(clone_database("browser"), tmp_path_factory.mktemp("browser")) as house:
        with transaction():
            sampling.ensure_default_items()
        for what in ("relay", "worker", "pdf"):
            house.start(what)
        yield house


@pytest.fixture(scope="package")
def site(house: House) -> str:
    """Where the house is served."""
    return house.start_web()


@pytest.fixture
def visitor(chromium: Browser, site: str) -> Iterator[Callable[..., Reader]]:
    """`visitor(width=…)` is somebody of the public with a window of their own; `scripts=False`: without JavaScript."""
    windows: list[Reader] = []

    def come(*, width: int = SCREEN, scripts: bool = True, cookie: str | None = None) -> Reader:
        windows.append(Reader(chromium, site, width=width, scripts=scripts, cookie=cookie))
        return windows[-1]

    yield come
    for window in windows:
        window.close()


@pytest.fixture
def staff_member(house: House, visitor: Callable[..., Reader]) -> Callable[..., Reader]:
    """`staff_member(account_id, width=…)` is a member of staff who has signed in."""

    def come(account_id: int, **window: object) -> Reader:
        account = session.get_one(Account, account_id)
        client = house.app.test_client()
        with client.session_transaction() as cookie:
            cookie.update(account=account.id, epoch=account.epoch, seen=2**40, locale="zh")
        kept = client.get_cookie("session")
        assert kept is not None
        return visitor(cookie=kept.value, **window)

    return come
