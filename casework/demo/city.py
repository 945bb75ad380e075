"""The demo city: a synthetic Zhoukou from one seed, as the files that its offices would send."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import NamedTuple

from casework.demo.deliveries import Delivery, Desk
from casework.demo.events import life
from casework.demo.population import Population, Span

YEARS_BEFORE = 3
"""So many years before the first delivery the records begin."""
TOLD_EVERY = 200
"""After so many subjects it is told how far the files are."""


class Hidden(NamedTuple):
    """What no file tells of a subject, and what decides how a check of it ends."""

    index: int
    risk: float
    dormant_on: date | None
    left_on: date | None
    key: bool


@dataclass(frozen=True)
class City:
    """The files in the order in which they arrive, and behind each code or registration number the hidden truth."""

    seed: int
    span: Span
    deliveries: Sequence[Delivery]
    hidden: dict[str, Hidden]


def span_of(as_of: date, months: int) -> Span:
    """The time that a city tells of: `months` of deliveries before a day, and the years of records before them."""
    year, month = divmod(as_of.year * 12 + as_of.month - 1 - months, 12)
    start = date(year, month + 1, min(as_of.day, 28))
    return Span(date(start.year - YEARS_BEFORE, 1, 1), start, as_of)


def build(
    folder: Path,
    *,
    seed: int,
    subjects: int,
    as_of: date,
    months: int,
    tell: Callable[[float], None] = lambda _share: None,
) -> City:
    """Writes the files of a city into a folder. Same arguments, same bytes; memory grows only with the hidden truth."""
    span = span_of(as_of, months)
    hidden: dict[str, Hidden] = {}
    population = Population(seed, subjects, span)
    with Desk(folder, span, seed) as desk:
        for subject in population:
            if subject.index % TOLD_EVERY == 0:
                tell(subject.index / subjects)
            truth = Hidden(subject.index, subject.risk, subject.dormant_on, subject.left_on, bool(subject.trade.domain))
            for number in (subject.uscc, subject.reg_no, subject.late_uscc):
                if number is not None:
                    hidden[number] = truth
            for told in life(subject, span, seed, population):
                if told.day < as_of:
                    desk.tell(told)
    return City(seed, span, desk.deliveries(), hidden)
