"""Peers: how many records others of the same class, industry and size have, as measured at one moment. Pure."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from casework.core.i18n import N_, _
from casework.grading.rules import Model, Peers, size_words
from casework.registry.reference import industries

Counts = Mapping[int, int]
"""How many enterprises have so many records."""

WIDTHS = {
    "size": N_("同行业门类、同规模的同类主体"),
    "industry": N_("同行业门类的同类主体"),
    "all": N_("全部同类主体"),
    "none": N_("同类主体太少，只看最低件数"),
}
"""With whom an enterprise is compared: the narrowest group that has enough members."""

UNKNOWN_SECTION, UNKNOWN_SIZE = "-", 0


class Cell(NamedTuple):
    """The narrowest group: a section of GB/T 4754 (`-`: not known) and a class of size (0: not known)."""

    section: str
    size: int

    def __str__(self) -> str:
        return f"{self.section}{self.size}"


class Level(NamedTuple):
    """What is usual among the `n` peers of an enterprise: `percentiles` as measured, `bounds` from which points begin.

    `width` says how much of `cell` the peers have in common.
    """

    width: str
    cell: Cell
    n: int
    percentiles: tuple[int | None, ...]
    bounds: tuple[int, ...]


@dataclass(frozen=True)
class Norms:
    """One measurement of the whole register: by question, by cell, how many enterprises have so many records."""

    groups: Mapping[str, Mapping[str, Counts]] = field(default_factory=dict)
    as_of: date | None = None
    _told: dict[tuple[Peers, str, Cell], Level] = field(default_factory=dict, init=False, compare=False, repr=False)
    """Levels that were worked out before: a measurement serves a month of results."""

    def level(self, rule: Peers, subject_class: str, cell: Cell) -> Level:
        """The level of the narrowest group around a cell that has at least `rule.least` members."""
        asked = rule, subject_class, cell
        if asked not in self._told:
            self._told[asked] = self._level(rule, subject_class, cell)
        return self._told[asked]

    def _level(self, rule: Peers, subject_class: str, cell: Cell) -> Level:
        groups = self.groups.get(question(rule, subject_class), {})
        for width, counted in _wider(groups, cell):
            n = sum(counted.values())
            if n and n >= rule.least:
                measured = tuple(percentile(counted, limit.percent) for limit in rule.limits)
                bounds = tuple(
                    max(usual + 1, limit.at_least) for usual, limit in zip(measured, rule.limits, strict=True)
                )
                return Level(width, cell, n, measured, bounds)
        return Level("none", cell, 0, (None,) * len(rule.limits), tuple(limit.at_least for limit in rule.limits))


UNMEASURED = Norms()


def question(rule: Peers, subject_class: str) -> str:
    """What must be measured for a rule; rules that differ only in points, percentages or `least` share an answer."""
    sizes = ",".join(map(str, rule.sizes))
    return f"{subject_class}|{'+'.join(sorted(rule.records))}|{rule.days}|{sizes}"


def questions(model: Model) -> dict[str, Peers]:
    """Everything that a model wants measured, with one rule of each question."""
    rules = (indicator.rule for indicator in model.indicators)
    return {question(rule, model.subject_class): rule for rule in rules if isinstance(rule, Peers)}


def in_words(rule: Peers, level: Level) -> str:
    """With whom was compared, how many these are, and what is usual there."""
    if level.width == "none":
        return _(WIDTHS["none"])
    group = [_("%(n)s 户", n=f"{level.n:,}")]
    if level.width == "size":
        group.insert(0, size_words(rule.sizes, level.cell.size))
    if level.width != "all":
        group.insert(0, f"{level.cell.section} {industries().get(level.cell.section, '')}".strip())
    usual = [
        _("%(percent)s%% 的不超过 %(number)s 件", percent=limit.percent, number=number)
        for limit, number in zip(rule.limits, level.percentiles, strict=True)
    ]
    return _(
        "与%(width)s比较（%(group)s）：%(usual)s。",
        width=_(WIDTHS[level.width]),
        group=_("，").join(group),
        usual=_("，").join(usual),
    )


def percentile(counted: Counts, percent: int) -> int:
    """The smallest number that at least so many percent of the members do not exceed."""
    needed, reached = percent * sum(counted.values()), 0
    for number in sorted(counted):
        reached += counted[number]
        if reached * 100 >= needed:
            return number
    raise ValueError("nobody was counted")


def _wider(groups: Mapping[str, Counts], cell: Cell) -> Iterator[tuple[str, Counts]]:
    """The groups around a cell, the narrowest first; what is not known is nothing to be compared by."""
    known = cell.section != UNKNOWN_SECTION
    if known and cell.size != UNKNOWN_SIZE:
        yield "size", groups.get(str(cell), {})
    if known:
        yield "industry", _together(counts for key, counts in groups.items() if key[0] == cell.section)
    yield "all", _together(groups.values())


def _together(groups: Iterable[Counts]) -> Counts:
    total: Counter[int] = Counter()
    for counts in groups:
        total.update(counts)
    return total
