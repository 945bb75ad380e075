"""“Check it here”: the browser's own worker agrees with verify.py, and the page says what it found."""

import base64
import io
import shutil
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect
from werkzeug.serving import make_server

from casework.core.db import session
from casework.sampling import operations as sampling
from casework.sampling import queries
from casework.sampling.verify import verify
from tests.make import sampling as draws
from tests.sampling.test_verify import EDITS, altered
from tests.sampling.worlds import VECTOR

pytestmark = pytest.mark.browser

CHECK = """
async ([bundle, noted]) => {
  const worker = new Worker(document.getElementById("draw-check").dataset.worker);
  const bytes = Uint8Array.from(atob(bundle), one => one.charCodeAt(0));
  const checks = [];
  await new Promise(ended => {
    worker.onmessage = told => {
      if (told.data.check) checks.push([told.data.check.ok, told.data.check.file, told.data.check.line]);
      if (told.data.end) ended();
    };
    worker.postMessage({ file: new Blob([bytes]), noted });
  });
  worker.terminate();
  return checks;
}
"""


@contextmanager
def served(app: Flask) -> Iterator[str]:
    """The application behind a real address."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def drawn(live: Flask) -> Iterator[tuple[str, bytes, str]]:
    """The page of a drawn campaign, its bundle, and the commitment that was public before the draw."""
    draws.roster(5)
    draws.graded_pool({"A": 60, "B": 30, "C": 15, "D": 8})
    office = draws.Office()
    campaign = draws.campaign(office, unattended=False, until="committed")
    noted = campaign.commitment.hex()
    sampling.contribute(campaign.id, text="见证 𠀀", actor=office.witness)
    sampling.draw(campaign.id, actor=office.operator)
    session.commit()
    with served(live) as address:
        yield f"{address}/public/draws/{campaign.id}", queries.bundle(campaign.id).read(), noted


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """A page of Chromium; whatever its console complains of fails the test."""
    opened = chromium.new_page()
    complaints: list[str] = []
    opened.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    yield opened
    opened.close()
    assert complaints == []


def packed(folder: Path) -> bytes:
    """The files of a bundle as an archive."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.iterdir()):
            if path.name != "openings.csv":
                archive.write(path, path.name)
    return target.getvalue()


def test_the_reader_draws_again_and_finds_what_was_altered(page: Page, drawn: tuple[str, bytes, str]) -> None:
    address, bundle, noted = drawn
    page.goto(address)
    page.get_by_label("您在抽取之前抄下的承诺值").fill(noted.upper())
    page.get_by_role("button", name="现在核对").click()
    verdict = page.locator(".draw-check-verdict")
    expect(verdict).to_contain_text("未发现问题：9 项全部通过")
    expect(page.locator("#draw-check li.passed")).to_have_count(9)
    expect(page.locator("#draw-check ol")).to_contain_text("与您抄下的一致")
    expect(page.locator("#draw-check ol")).to_contain_text("抽中 6 户")

    with zipfile.ZipFile(io.BytesIO(bundle)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    lines = files["draw.tsv"].splitlines(keepends=True)
    files["draw.tsv"] = b"".join([*lines[:2], lines[3], lines[2], *lines[4:]])
    forged = io.BytesIO()
    with zipfile.ZipFile(forged, "w") as archive:  # stored, not packed
        for name, content in files.items():
            archive.writestr(name, content)
    page.locator("#draw-check [type=file]").set_input_files(
        {"name": "forged.zip", "mimeType": "application/zip", "buffer": forged.getvalue()}
    )
    expect(verdict).to_contain_text("有不符之处")
    expect(page.locator("#draw-check li.wrong")).to_contain_text("draw.tsv 第 3 行")
    page.locator("#draw-check [type=file]").set_input_files(
        {"name": "photo.zip", "mimeType": "application/zip", "buffer": bundle[:-40]}
    )
    expect(page.locator("#draw-check li.wrong")).to_contain_text("文件损坏")


def test_without_scripts_the_page_says_how_to_check(page: Page, drawn: tuple[str, bytes, str]) -> None:
    plain = page.context.browser.new_context(java_script_enabled=False).new_page()
    plain.goto(drawn[0])
    expect(plain.locator(".draw-check-without")).to_contain_text("verify.py")
    expect(plain.locator(".draw-check-controls")).to_be_hidden()


def test_the_worker_and_the_stand_alone_program_find_the_same(
    page: Page, drawn: tuple[str, bytes, str], tmp_path: Path
) -> None:
    page.goto(drawn[0])
    folder = shutil.copytree(VECTOR, tmp_path / "bundle")

    def agree(noted: str = "") -> list[list[object]]:
        archive = packed(folder)
        (tmp_path / "bundle.zip").write_bytes(archive)
        ours = [[check.ok, check.file, check.line] for check in verify(tmp_path / "bundle.zip", None, noted or None)]
        assert page.evaluate(CHECK, [base64.b64encode(archive).decode(), noted]) == ours
        return ours

    assert all(ok for ok, _file, _line in agree())
    assert [False, "commitment.json", 1] in agree("00" * 32)
    tried = 0
    for name, edits in EDITS.items():
        for edit in edits.values() if name != "openings.csv" else ():
            for line in altered(folder, name, "\t", edit):
                if line in (1, 5, 9):
                    assert not all(ok for ok, _file, _line in agree())
                    tried += 1
    assert tried > 25
    for name in ("parameters.json", "commitment.json", "reveal.json"):
        kept = (folder / name).read_bytes()
        for spoilt in (kept[:-1], kept.replace(b"0", b"1", 1), kept + b"\n", b"[]", b"\xff"):
            (folder / name).write_bytes(spoilt)
            agree()
        (folder / name).write_bytes(kept)
    for name in ("pool.tsv", "officers.tsv", "draw.tsv", "duty.tsv"):
        kept = (folder / name).read_bytes()
        twice = kept + kept.splitlines(keepends=True)[-1]
        for spoilt in (kept[:-1], twice, kept.replace(b"\n", b"\r\n", 1), b"", b"x\ty\n"):
            (folder / name).write_bytes(spoilt)
            agree()
        (folder / name).unlink()
        agree()
        (folder / name).write_bytes(kept)
