"""The list that the staff opens most against a page that says hello, both behind gunicorn; a page deep in the list."""

import http.client
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask
from sqlalchemy import select, text

from benchmarks import city
from benchmarks.frame import Figure, Size, Stopwatch, at_least, at_most, fill, house, postmaster
from casework.accounts import operations as staff
from casework.core import clock
from casework.core.actor import SYSTEM
from casework.core.db import session, transaction
from casework.core.paging import page
from casework.registry.models import Enterprise

LIST = "/enterprises"

hello = Flask("hello")
"""The yardstick: the least that Flask behind gunicorn can answer."""


@hello.get("/")
def say_hello() -> str:
    return "hello"


def run(size: Size) -> Iterator[Figure]:
    """Requests that one CPU second serves, of web server and database; who sends them is not counted."""
    with house() as app, _serving("wsgi:app") as ours, _serving("benchmarks.pages:hello") as bare:
        fill(*city.register(size.subjects), city.grades(size.subjects))
        cookie, deep = _sign_in(app), f"{LIST}?after={_middle(size)}"
        work = Stopwatch(ours.pid, bare.pid, postmaster(), own=False)
        for address in (LIST, deep):
            ours.ask(address, cookie, times=20)
        bare.ask("/", times=20)

        listed, greeted = work.in_turns(
            lambda: ours.ask(LIST, cookie, times=size.requests), lambda: bare.ask("/", times=size.requests * 4)
        )
        rate, limit = size.requests / listed.cpu, size.requests * 4 / greeted.cpu
        name = f"pages: list of {size.subjects:,} enterprises"
        yield at_least(size, 0.12, name, rate, "requests/CPU s", f"hello of the same stack ({limit:.0f})", rate / limit)

        down, first = work.in_turns(
            lambda: ours.ask(deep, cookie, times=size.requests), lambda: ours.ask(LIST, cookie, times=size.requests)
        )
        rate = size.requests / down.cpu
        yield at_most(size, 1.2, "pages: deep in the list", rate, "requests/CPU s", "first page", down.cpu / first.cpu)


class _Server:
    """One gunicorn, and what is asked of it."""

    def __init__(self, pid: int, port: int) -> None:
        self.pid, self._port = pid, port

    def ask(self, address: str, cookie: str = "", *, times: int = 1) -> None:
        """The page so many times, one request after the other, a connection each; anything but 200 is an error."""
        for _again in range(times):
            connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=60)
            connection.request("GET", address, headers={"Cookie": cookie})
            answer = connection.getresponse()
            answer.read()
            connection.close()
            if answer.status != http.HTTPStatus.OK:
                raise RuntimeError(f"{address} answers {answer.status}")


@contextmanager
def _serving(application: str) -> Iterator[_Server]:
    """One sync worker; it finds its socket open, so the first request waits until it is up."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        number = listener.fileno()
        command = [sys.executable, "-m", "gunicorn", "--no-control-socket", "--log-level", "warning", "--bind",
                   f"fd://{number}", application]  # fmt: skip
        process = subprocess.Popen(command, pass_fds=[number], env=os.environ)
        port = listener.getsockname()[1]
    try:
        yield _Server(process.pid, port)
    finally:
        process.terminate()
        process.wait()


def _sign_in(app: Flask) -> str:
    """The cookie of somebody who sees the whole city."""
    with transaction():
        city_bureau = session.scalar(text("SELECT id FROM org_unit WHERE kind = 'city'"))
        account = staff.create_account(
            login="bench", name="bench", password=None, org_id=city_bureau, roles=["credit"], actor=SYSTEM
        )
        session.flush()
        facts = {"account": account.id, "epoch": account.epoch, "seen": int(clock.now().timestamp())}
    browser = app.test_client()
    with browser.session_transaction() as cookie:
        cookie.update(facts)
    browser.get(LIST)  # a browser keeps what the first page put into its cookie, the token of its forms among it
    known = browser.get_cookie("session")
    assert known is not None
    return f"session={known.value}"


def _middle(size: Size) -> str:
    """The token of the page that begins in the middle of the register."""
    upper = select(Enterprise.id).where(Enterprise.id <= size.subjects // 2)
    token = page(upper, (Enterprise.id,), size=1, descending=True).older
    session.rollback()
    assert token is not None
    return token
