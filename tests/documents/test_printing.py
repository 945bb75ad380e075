"""The press: every form on paper, the lines of GB/T 9704, the same bytes, nothing fetched, nothing crashing."""

import hashlib
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pypdfium2 as pdfium
import pytest

from casework.core.errors import Refusal
from casework.documents import paper, printing
from casework.documents.catalogue import NOTICES

MM = 72 / 25.4
RARE = "堃喆昇鋆珺犇"

needs_press = pytest.mark.skipif(printing.problem() is not None, reason=str(printing.problem()))


def sheet(*paragraphs: str) -> str:
    """A page of official paper with nothing but text."""
    body = "".join(f"<p class='plain'>{paragraph}</p>" for paragraph in paragraphs)
    return f"<!doctype html><html lang='zh-CN'><title>试印</title><body class='official'>{body}</body></html>"


def lines(pdf: bytes, page: int = 0) -> list[str]:
    """The text inside the type area (156 mm x 225 mm) of a page of official paper, line by line."""
    with pdfium.PdfDocument(pdf) as document:
        area = document[page].get_textpage()
        return area.get_text_bounded(left=27 * MM, bottom=34 * MM, right=186 * MM, top=261 * MM).splitlines()


def whole_text(pdf: bytes, foot: float) -> str:
    """All text between the margins, without blanks and line ends; page numbers and page signatures left out."""
    with pdfium.PdfDocument(pdf) as document:
        pages = [page.get_textpage().get_text_bounded(bottom=foot * MM, top=273 * MM) for page in document]
    return re.sub(r"\s", "", "".join(pages))


def words(facts: Any) -> Iterator[str]:
    """Every text among the facts; keys of choices (`read`) are not words."""
    if isinstance(facts, dict):
        facts = list(facts.values())
    if isinstance(facts, list):
        for fact in facts:
            yield from words(fact)
    elif isinstance(facts, str) and not re.fullmatch(r"[a-z_]+", facts):
        yield facts


@needs_press
@pytest.mark.parametrize("key", list(NOTICES))
def test_every_kind_of_paper_states_its_facts(world, key):
    kind = NOTICES[key]
    pdf = printing.render_pdf(paper.sample_page(kind), paper=kind.paper)
    printed = whole_text(pdf, foot={"official": 34, "form": 25}[kind.paper])
    assert [word for word in words(dict(kind.sample)) if re.sub(r"\s", "", word) not in printed] == []
    for anyway in (kind.label, "示例市市场监督管理局", *(["〔2026〕"] if kind.series else [])):
        assert anyway in printed


@needs_press
def test_a_full_page_has_22_lines_of_28_characters():
    pdf = printing.render_pdf(sheet("市场监督管理局行政检查通知书" * 100), paper="official")
    assert [len(line) for line in lines(pdf, page=1)] == [28] * 22
    rare = printing.render_pdf(sheet((RARE + "有限公司经营场所检查事项") * 100), paper="official")
    assert [len(line) for line in lines(rare, page=1)] == [28] * 22


@needs_press
def test_rare_characters_of_names_appear_in_the_fallback_face():
    pdf = printing.render_pdf(sheet(f"周口市{RARE}商贸有限公司"), paper="official")
    assert RARE in lines(pdf)[0]
    with pdfium.PdfDocument(pdf) as document:
        fonts = {text.get_font().get_base_name().partition("+")[2] for text in document[0].get_objects(filter=[1])}
    assert {"Casework-FangSong", "Casework-Song"} <= fonts


@needs_press
def test_the_same_page_gives_the_same_bytes_in_another_process(world):
    page = paper.sample_page(NOTICES["inspection_notice"])
    here = hashlib.sha256(printing.render_pdf(page, paper="official")).hexdigest()
    script = (
        "import hashlib, sys; from casework.documents import printing;"
        "print(hashlib.sha256(printing.render_pdf(sys.stdin.read(), paper='official')).hexdigest())"
    )
    assert run(script, page, PYTHONHASHSEED="7").stdout.strip() == here


@needs_press
@pytest.mark.parametrize(
    "asks",
    [
        "<img src='file:///etc/hostname'>",
        "<img src='http://127.0.0.1:9/picture.png'>",
        "<img src='picture.png'>",
        "<link rel='stylesheet' href='https://127.0.0.1:9/style.css'>",
        "<style>@import url(file:///etc/passwd)</style>",
        "<style>p { background: url(//127.0.0.1/picture.png) }</style>",
    ],
)
def test_nothing_is_fetched(asks):
    with pytest.raises(Refusal):
        printing.render_pdf(sheet(f"甲{asks}"), paper="official")


def test_facts_are_text_whatever_they_contain(world):
    kind = NOTICES["inspection_notice"]
    facts = {**kind.schema().dump(kind.sample), "task_source": "<img src='file:///etc/hostname'>{{ organ }}"}
    facts |= {"organ": {"name": "甲局"}, "texts": dict.fromkeys(kind.texts, "")}
    issued = paper.Paper(label="甲", number=None, issued_on=None, edition=1, replaces=None, check_code=None)
    assert "&lt;img src=&#39;file:///etc/hostname&#39;&gt;{{ organ }}" in paper.compose(kind, facts, issued)


def test_without_fonts_there_is_a_sentence_and_not_a_crash():
    done = run("from casework.documents import printing; print(printing.problem())", FONTCONFIG_FILE="/nowhere")
    assert done.returncode == 0
    assert "Casework FangSong" in done.stdout


def test_without_the_component_there_is_a_sentence():
    without_pango = (
        "import sys, importlib.abc\n"
        "class NoPango(importlib.abc.MetaPathFinder):\n"
        "    def find_spec(self, name, path, target=None):\n"
        "        if name == 'weasyprint': raise OSError('cannot load library')\n"
        "sys.meta_path.insert(0, NoPango())\n"
        "from casework.documents import printing\n"
        "print(printing.problem())"
    )
    assert "PDF 组件未安装" in run(without_pango).stdout


def run(script: str, stdin: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    """A fresh Python process of the project."""
    return subprocess.run(
        [sys.executable, "-c", script],
        input=stdin,
        capture_output=True,
        text=True,
        cwd=Path(printing.__file__).parents[2],
        env={**os.environ, **environment},
    )
