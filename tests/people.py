"""Somebody at a browser without scripts: opens pages, follows links, fills in forms and presses their buttons."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http import HTTPStatus
from typing import Any
from urllib.parse import urljoin, urlsplit

from flask import Flask

from tests.make.accounts import PASSWORD

Values = list[tuple[str, Any]]

INLINE = {"a", "abbr", "b", "code", "em", "i", "mark", "small", "span", "strong", "sub", "sup", "wbr"}
"""Elements that do not part words."""


@dataclass
class PageForm:
    """A form as it stands on a page: where it goes, what is filled in, what may be chosen, its buttons."""

    action: str
    method: str
    filled: Values = field(default_factory=list)
    names: set[str] = field(default_factory=set)
    buttons: list[str] = field(default_factory=list)

    def with_answers(self, answers: dict[str, Any]) -> Values:
        """What the browser would send: a list answers a question of several choices, None leaves a question empty."""
        unknown = answers.keys() - self.names
        assert not unknown, f"the form has no {sorted(unknown)}; it asks for {sorted(self.names)}"
        kept = [(name, value) for name, value in self.filled if name not in answers]
        given = [
            (name, one)
            for name, value in answers.items()
            if value is not None
            for one in (value if isinstance(value, list) else [value])
        ]
        return kept + given


@dataclass(repr=False)
class Page:
    """An answer as its reader sees it."""

    address: str
    status: int
    body: bytes
    headers: dict[str, str]
    forms: list[PageForm] = field(default_factory=list)
    links: list[tuple[str, str]] = field(default_factory=list)
    text: str = ""

    def __contains__(self, words: str) -> bool:
        return words in self.text

    def __repr__(self) -> str:
        return f"<{self.status} {self.address}: {self.text}>"

    def link(self, label: str) -> str:
        """Where the link of this label leads."""
        found = {href for words, href in self.links if words == label}
        assert len(found) == 1, f"{len(found)} links {label!r} on {self.address}: {self.text}"
        return found.pop()

    def form(self, button: str) -> PageForm:
        """The form that this button sends."""
        found = [form for form in self.forms if button in form.buttons]
        assert len(found) == 1, f"{len(found)} buttons {button!r} on {self.address}: {self.text}"
        return found[0]


class Person:
    """A visitor, or after `sign_in` a member of staff. Every page that was read is told to `reads`."""

    def __init__(self, app: Flask, *, reads: Callable[[Page], None] = lambda _page: None) -> None:
        self._client = app.test_client()
        self._reads = reads
        self.page = Page("", HTTPStatus.OK, b"", {})

    def sign_in(self, login: str) -> "Person":
        self.open("/sign-in")
        self.press("登录", login=login, password=PASSWORD)
        return self

    def open(self, address: str, *, status: int = HTTPStatus.OK) -> Page:
        """Goes to an address (of this server: the host is left out)."""
        parts = urlsplit(address)
        path = parts._replace(scheme="", netloc="", fragment="").geturl()
        return self._arrive(path, self._client.get(path), status)

    def reload(self) -> Page:
        return self.open(self.page.address)

    def follow(self, label: str) -> Page:
        return self.open(urljoin(self.page.address, self.page.link(label)))

    def press(self, button: str, *, status: int = HTTPStatus.OK, **answers: Any) -> Page:
        """Fills in the form of a button, presses it and follows where the answer leads."""
        form = self.page.form(button)
        action = urljoin(self.page.address, form.action)
        sent: dict[str, list[Any]] = {}
        for name, value in form.with_answers(answers):
            sent.setdefault(name, []).append(value)
        if form.method == "get":
            return self._arrive(action, self._client.get(action, query_string=sent), status)
        return self._arrive(action, self._client.post(action, data=sent), status)

    def _arrive(self, address: str, answer: Any, status: int) -> Page:
        while answer.status_code in (HTTPStatus.SEE_OTHER, HTTPStatus.FOUND):
            address = urljoin(address, answer.headers["Location"])
            answer = self._client.get(address)
        self.page = _read(address, answer)
        self._reads(self.page)
        assert answer.status_code == status, f"{answer.status_code} at {address}: {self.page.text or answer.headers}"
        return self.page


def _read(address: str, answer: Any) -> Page:
    page = Page(address, answer.status_code, answer.data, dict(answer.headers))
    if answer.mimetype == "text/html":
        _Reader(page).feed(answer.get_data(as_text=True))
        page.text = re.sub(r"\s+", " ", page.text).strip()
    return page


class _Reader(HTMLParser):
    """Reads forms, links and words off a page."""

    def __init__(self, page: Page) -> None:
        super().__init__()
        self._page = page
        self._form: PageForm | None = None
        self._words: list[str] | None = None
        self._silent = 0
        self._select: str | None = None
        self._option: tuple[str, bool] | None = None
        self._area: str | None = None
        self._href = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self._part(tag)
        if tag in ("script", "style", "svg"):
            self._silent += 1
        elif tag == "form":
            self._form = PageForm(given.get("action") or "", (given.get("method") or "get").lower())
            self._page.forms.append(self._form)
        elif tag == "a" and given.get("href"):
            self._href, self._words = given["href"] or "", []
        elif tag == "button":
            self._words = []
        elif self._form is not None:
            self._question(tag, given)

    def _question(self, tag: str, given: dict[str, str | None]) -> None:
        assert self._form is not None
        name = given.get("name")
        if name is not None and tag in ("input", "select", "textarea"):
            self._form.names.add(name)
        if tag == "input" and name is not None and given.get("type") != "file":
            ticked = given.get("type") not in ("checkbox", "radio") or "checked" in given
            if ticked:
                self._form.filled.append((name, given.get("value") or ""))
        elif tag == "select" and name is not None:
            self._select, self._option = name, None
        elif tag == "option" and self._select is not None:
            chosen = "selected" in given
            if chosen or self._option is None:
                self._option = (given.get("value") or "", chosen)
        elif tag == "textarea" and name is not None:
            self._area, self._words = name, []

    def handle_endtag(self, tag: str) -> None:
        self._part(tag)
        if tag in ("script", "style", "svg"):
            self._silent -= 1
        elif tag == "form":
            self._form = None
        elif tag == "a" and self._words is not None:
            self._page.links.append((self._said(), self._href))
        elif tag == "button" and self._words is not None:
            label = self._said()
            if self._form is not None:
                self._form.buttons.append(label)
        elif tag == "select" and self._select is not None and self._form is not None:
            if self._option is not None:
                self._form.filled.append((self._select, self._option[0]))
            self._select = None
        elif tag == "textarea" and self._area is not None and self._form is not None:
            self._form.filled.append((self._area, "".join(self._words or [])))
            self._area, self._words = None, None

    def handle_data(self, data: str) -> None:
        if self._silent:
            return
        self._page.text += data
        if self._words is not None:
            self._words.append(data)

    def _part(self, tag: str) -> None:
        if tag not in INLINE:
            self._page.text += " "

    def _said(self) -> str:
        words = re.sub(r"\s+", " ", "".join(self._words or [])).strip()
        self._words = None
        return words
