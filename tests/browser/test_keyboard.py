"""Without a mouse: the way into the page and through its forms, with the place where one is always to be seen."""

from collections.abc import Callable

import pytest

from casework.cases.models import Case
from casework.core.actor import Actor
from casework.core.db import session, transaction
from tests import make
from tests.browser.reader import Reader
from tests.make import cases as make_cases
from tests.running import House

pytestmark = [pytest.mark.browser, pytest.mark.servers]

HERE = """() => {
  const here = document.activeElement;
  const look = getComputedStyle(here.closest(".answer") || here);
  const words = (here.labels && here.labels.length ? here.labels[0] : here).textContent.trim().replace(/\\s+/g, " ");
  return [words, look.outlineStyle !== "none" || look.boxShadow !== "none"];
}"""


class Keys:
    """Somebody at the keys of a window."""

    def __init__(self, reader: Reader) -> None:
        self.reader, self.keys = reader, reader.page.keyboard

    def to(self, words: str, *, most: int = 40) -> None:
        """Goes on with Tab until something that begins with these words has the focus, and shows it."""
        for _step in range(most):
            self.keys.press("Tab")
            here, seen = self.reader.page.evaluate(HERE)
            if here.startswith(words):
                assert seen, f"one cannot see that {words} has the focus"
                return
        raise AssertionError(f"{words} is not reached")

    def enter(self) -> None:
        with self.reader.page.expect_navigation():
            self.keys.press("Enter")
        self.reader.look()


@pytest.fixture
def account(house: House) -> tuple[str, Case]:
    """An inspector with a check under way; their login and the case."""
    with transaction():
        account = make.account("inspector", unit="川汇区局")
        officer = make.officer(account_id=account.id)
        me = Actor(account.id, account.name, officer_id=officer.id)
        case = make_cases.case("draw", by=(make_cases.inspector(role="leader"), me))
        make_cases.walk(case, to="inspecting", crew=make_cases.crew(case))
        return account.login, case


def test_signing_in_and_answering_an_item(account: tuple[str, Case], visitor: Callable[..., Reader]) -> None:
    login, case = account
    reader = visitor()
    me = Keys(reader)
    reader.open("/sign-in")
    me.to("跳到正文", most=1)
    me.keys.press("Enter")
    assert reader.page.evaluate("document.activeElement.id") == "main"
    me.to("登录名", most=1)
    me.keys.type(login)
    me.to("密码", most=1)
    me.keys.type(make.PASSWORD)
    me.enter()

    reader.open(f"/cases/{case.id}/items/1")
    me.to("跳到正文", most=1)
    me.keys.press("Enter")
    for words, keys in (("未发现问题", "Space"), ("发现问题情况", ""), ("处置情况", ""), ("拍照取证", "")):
        me.to(words)
        if keys:
            me.keys.press(keys)
    me.to("保存", most=1)
    me.enter()
    session.expire_all()
    assert [result.codes for result in session.get_one(Case, case.id).results] == [["1"]]


def test_a_refused_form_begins_at_its_errors(account: tuple[str, Case], visitor: Callable[..., Reader]) -> None:
    reader = visitor()
    reader.open("/sign-in")
    me = Keys(reader)
    me.to("登录名")
    me.enter()
    assert "有 2 处需要更正" in reader.page.evaluate("document.activeElement.textContent")
    me.to("登录名：", most=1)
    me.keys.press("Enter")
    assert reader.page.evaluate("document.activeElement.id") == "f-login"
