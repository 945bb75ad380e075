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
LARGEST = 150


def run(size: Size) -> Iterator[Figure]:
    """Papers that one CPU second makes; each way in a process of its own, with its own fonts."""
    with house() as app, app.test_request_context():
        kind = NOTICES[KIND]
        page = paper.sample_page(kind)
    name, unit = "papers: inspection notice", "papers/CPU s"
    font = _system_font()
    with _press() as ours, _press(FONTCONFIG_FILE=None) as naive:
        if font is None:
            seconds = ours.submit(_print, page, kind.paper, size.papers).result()
            yield told(name, 1 / seconds, unit, "WeasyPrint (this system has no Chinese font to try it with)")
        else:
            plain = page.replace("</head>", f"<style>{_plain_style(kind.paper, font)}</style></head>")
            rounds = [
                (
                    naive.submit(_print_naively, plain, 3).result(),
                    ours.submit(_print, page, kind.paper, size.papers).result(),
                )
                for _again in range(ROUNDS)
            ]
            bare, seconds = map(median, zip(*rounds, strict=True))
            yield at_least(size, 2.5, name, 1 / seconds, unit, f"WeasyPrint with {font}", bare / seconds)
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


def _system_font() -> str | None:
    """The Chinese face that fontconfig would choose, if there is any."""
    if shutil.which("fc-match") is None:
        return None
    outside = {name: value for name, value in os.environ.items() if name != "FONTCONFIG_FILE"}
    ask = ["fc-list", ":lang=zh-cn", "family"]
    found = subprocess.run(ask, env=outside, capture_output=True, text=True, check=True).stdout.splitlines()
    return sorted(line.split(",")[0] for line in found)[0] if found else None


def _plain_style(kind: str, font: str) -> str:
    style = printing.style(kind)
    for family in printing.FAMILIES:
        style = style.replace(family, font)
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
