"""Somebody at a real browser; every page that is looked at must be sound, and the browser must have no complaint."""

import os
import re
from http import HTTPStatus
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Locator, Request, Response

SOUND = Path(__file__).with_name("sound.js").read_text(encoding="utf-8")
PHONE, SCREEN = 360, 1440
HEIGHTS = {PHONE: 740, SCREEN: 900}
PLACE = {"latitude": 33.62012, "longitude": 114.65211}
SHOTS = os.environ.get("CASEWORK_SHOTS")
"""A folder for pictures of all pages that the tests look at."""


class Reader:
    """One browser window. `complaints` is what the browser found wrong."""

    def __init__(
        self, browser: Browser, site: str, *, width: int, scripts: bool = True, cookie: str | None = None
    ) -> None:
        self.site, self.scripts, self.complaints = site, scripts, list[str]()
        self.window = browser.new_context(
            base_url=site,
            viewport={"width": width, "height": HEIGHTS[width]},
            java_script_enabled=scripts,
            locale="zh-CN",
            timezone_id="Asia/Shanghai",
            geolocation=PLACE,
            permissions=["geolocation"],
            has_touch=width == PHONE,
        )
        self.window.set_default_timeout(30_000)
        if cookie is not None:
            self.window.add_cookies([{"name": "session", "value": cookie, "url": site}])
        self.page = self.window.new_page()
        self.page.on("console", lambda message: self._heard(message.type, message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))
        self.page.on("request", self._asked)
        self.page.on("response", self._answered)

    def open(self, address: str) -> None:
        self.page.goto(address)
        self.look()

    def open_in_both(self, address: str) -> None:
        """Looks at a page in a wide window and, without loading it again, in that of a phone."""
        self._resize(SCREEN)
        self.open(address)
        self._resize(PHONE)
        self.look()

    def follow(self, words: str) -> None:
        """Presses the link of these words and looks at the page to which it leads."""
        self.go(self.page.get_by_role("link", name=words, exact=True).first)

    def press(self, words: str, *, sure: bool = False) -> None:
        """Presses the button of these words and looks at the answer; `sure`: the page asks once more."""
        button = self.page.get_by_role("button", name=words, exact=True)
        if sure:
            button.click()
            self.go(self.page.locator("dialog[open]").get_by_role("button", name=words, exact=True))
        else:
            self.go(button)

    def fill(self, **answers: str) -> None:
        """Answers questions by their labels."""
        for label, answer in answers.items():
            self.page.get_by_label(label).fill(answer)

    def go(self, place: Locator) -> None:
        """Presses something that leads to another page."""
        with self.page.expect_navigation():
            place.click()
        self.look()

    def look(self) -> None:
        """The page is complete and sound."""
        if self.scripts:
            self.page.locator(".panel-link, .htmx-request").first.wait_for(state="detached")
        width = self.page.viewport_size["width"] if self.page.viewport_size else 0
        where = urlsplit(self.page.url)._replace(scheme="", netloc="").geturl()
        if SHOTS:
            name = re.sub(r"\W+", "-", where).strip("-")
            self.page.screenshot(path=Path(SHOTS) / f"{name or 'front'}-{width}.png", full_page=True)
        found = self.page.evaluate(SOUND)
        assert not found + self.complaints, (where, width, found + self.complaints)

    def _resize(self, width: int) -> None:
        self.page.set_viewport_size({"width": width, "height": HEIGHTS[width]})

    @property
    def text(self) -> str:
        """What the page says, in one line."""
        return re.sub(r"\s+", " ", self.page.locator("main").inner_text())

    def download(self, words: str) -> bytes:
        """What the link of these words gives to keep or to print."""
        link = self.page.get_by_role("link", name=words, exact=True).first
        return self.window.request.get(link.get_attribute("href") or "").body()

    def close(self) -> None:
        self.window.close()

    def _heard(self, kind: str, words: str) -> None:
        if kind in ("error", "warning") and not words.startswith("Failed to load resource"):
            self.complaints.append(f"{kind}: {words}")

    def _asked(self, request: Request) -> None:
        if not request.url.startswith((self.site, "data:", "blob:")):
            self.complaints.append(f"asks another server: {request.url}")

    def _answered(self, response: Response) -> None:
        if response.status >= 400 and response.status != HTTPStatus.UNPROCESSABLE_ENTITY:
            self.complaints.append(f"{response.status}: {response.url}")
