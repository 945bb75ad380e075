"""A notice as the house prints it against WeasyPrint as one would call it first, with the fonts of the system."""

import multiprocessing
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from statistics import median

from benchmarks.frame import ROUNDS, Figure, Size, at_least, at_most, house, told
from casework.documents import paper, printing
from casework.documents.catalogue import NOTICES

KIND = "inspection_notice"
LARGEST = 250
"""MB that a press may take, the application it loads among them."""
SANS = frozenset({"Casework Hei", "Casework Title"})
"""Faces of our papers that stand for a sans-serif; the others are serifs."""


def run(size: Size) -> Iterator[Figure]:
    """Papers that one CPU second makes; each way in a process of its own, with its own fonts."""
    with house() as app, app.test_request_context():
        kind = NOTICES[KIND]
        page = paper.sample_page(kind)
    name, unit = "papers: inspection notice", "papers/CPU s"
    fonts = _system_fonts()
    with _press() as ours, _press(FONTCONFIG_FILE=None) as naive:
        if not fonts:
            seconds = ours.submit(_print, page, kind.paper, size.papers).result()
            yield told(name, 1 / seconds, unit, "WeasyPrint (this system has no Chinese font to try it with)")
        else:
            plain = page.replace("</head>", f"<style>{_plain_style(kind.paper, fonts)}</style></head>")
            rounds = [
                (
                    naive.submit(_print_naively, plain, 3).result(),
                    ours.submit(_print, page, kind.paper, size.papers).result(),
                )
                for _again in range(ROUNDS)
            ]
            bare, seconds = map(median, zip(*rounds, strict=True))
            yield at_least(size, 2.5, name, 1 / seconds, unit, f"WeasyPrint with {fonts[0]}", bare / seconds)
        peak = ours.submit(_peak).result()
    yield at_most(size, 1.0, "papers: memory of the press", peak, "MB", f"{LARGEST} MB", peak / LARGEST)


@contextmanager
def _press(**environment: str | None) -> Iterator[ProcessPoolExecutor]:
    """A process of its own, started with a changed environment; None leaves a variable out."""
    before = {name: os.environ.pop(name, None) for name in environment}
    os.environ.update({name: value for name, value in environment.items() if value is not None})
    try:
        with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as press:
            press.submit(os.getpid).result()
            os.environ.update({name: value for name, value in before.items() if value is not None})
            yield press
    finally:
        os.environ.update({name: value for name, value in before.items() if value is not None})


def _system_fonts() -> list[str]:
    """The Chinese faces of this system, if there are any: a serif first, then a sans-serif."""
    if shutil.which("fc-list") is None:
        return []
    outside = {name: value for name, value in os.environ.items() if name != "FONTCONFIG_FILE"}
    ask = ["fc-list", ":lang=zh-cn", "family"]
    found = subprocess.run(ask, env=outside, capture_output=True, text=True, check=True).stdout.splitlines()
    families = sorted({line.split(",")[0] for line in found}, key=lambda name: (not name.endswith("SC"), name))
    serifs = [name for name in families if "Serif" in name] or families
    return [*serifs[:1], *[name for name in families if name not in serifs][:1]]


def _plain_style(kind: str, fonts: list[str]) -> str:
    """The style of a paper with the system's faces in the place of ours."""
    style = printing.style(kind)
    for family in printing.FAMILIES:
        style = style.replace(family, fonts[-1] if family in SANS else fonts[0])
    return style


def _print(page: str, kind: str, times: int) -> float:
    printing.render_pdf(page, paper=kind)
    begun = time.process_time()
    for _again in range(times):
        printing.render_pdf(page, paper=kind)
    return (time.process_time() - begun) / times


def _print_naively(page: str, times: int) -> float:
    import weasyprint

    begun = time.process_time()
    for _again in range(times):
        weasyprint.HTML(string=page).write_pdf()
    return (time.process_time() - begun) / times


def _peak() -> float:
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
