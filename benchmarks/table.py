"""The table of all benchmarks, and how one of them is told."""

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict

from benchmarks import grading, imports, pages, papers, sampling, search
from benchmarks.frame import Figure, Size

BENCHMARKS: Mapping[str, Callable[[Size], Iterator[Figure]]] = {
    "grading": grading.run,
    "sampling": sampling.run,
    "pages": pages.run,
    "search": search.run,
    "imports": imports.run,
    "papers": papers.run,
}


def measure(name: str, size: Size) -> None:
    """Runs one benchmark and ends the process; its exit code says whether all figures hold."""
    held = True
    for figure in BENCHMARKS[name](size):
        print(json.dumps(asdict(figure), ensure_ascii=False), flush=True)
        print(_in_words(figure), file=sys.stderr, flush=True)
        held &= figure.holds
    sys.exit(0 if held else 1)


def _in_words(figure: Figure) -> str:
    ratio = "" if figure.ratio is None else f"  {figure.ratio:g} × {figure.yardstick}"
    target = "" if figure.target is None else f"  (target {figure.target:g}: {'holds' if figure.holds else 'MISSED'})"
    return f"{figure.name:<55} {figure.value:>9g} {figure.unit}{ratio}{target}"
