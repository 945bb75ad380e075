"""Turns a history up to a day into the subjects and credit records of a register, and nothing of what came later."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import product
from string import ascii_uppercase, digits

import numpy as np

from casework.grading.backtest.histories import Establishment, History, Inspection
from casework.grading.rules import TENTH, Average, Indicator, Model, tenths
from casework.registry.throwaway import Happening, Subject

PASSED, FAILED = 5, 4
"""Classes of `visit`: 1–5 passed, from the fewest findings to the most; 6–9 failed, likewise."""

SECTION = "X"
"""Groups get industry codes of their own, in a section that GB/T 4754 does not have."""

CODES = tuple(SECTION + first + second for first, second in product(ascii_uppercase + digits, repeat=2))

UNSEEN_WEIGHT = 50
"""The mean of a group is drawn to the mean of all as if it had so many more visits of the usual kind."""


@dataclass(frozen=True)
class Past:
    """What was known on a day: the subjects of the register by establishment, and their records."""

    subjects: Mapping[str, Subject]
    records: Sequence[Happening]


def known_on(day: date, history: History, *, others: Sequence[str] = ()) -> Past:
    """The register of the day: who was inspected by then, with what was found; and `others`, of whom nothing is known.

    Whether a visit found much is told by comparing it with the visits up to the day that ended alike.
    """
    visits = [one for one in history.inspections if one.on <= day]
    keys = list(dict.fromkeys([*(one.establishment for one in visits), *others]))
    places = {key: history.establishment(key) for key in keys}
    industries = _industries([places[one.establishment] for one in visits])
    subjects = {
        key: Subject(number, key, industries.get(place.group, ""), _if_by(day, place.opened_on))
        for number, (key, place) in enumerate(places.items(), start=1)
    }
    complaints = [(key, on) for key, on in history.complaints if key in subjects and on <= day]
    records = [*_visited(visits, subjects), *_complained(complaints, subjects)]
    return Past(subjects, records)


def _if_by(day: date, on: date | None) -> date | None:
    return on if on is not None and on <= day else None


def _industries(visited: Sequence[Establishment]) -> dict[tuple[str, ...], str]:
    """A code for each group, the most visited first; what goes beyond the codes has none."""
    groups = Counter(place.group for place in visited if any(place.group))
    ordered = sorted(groups, key=lambda group: (-groups[group], group))
    return dict(zip(ordered, CODES, strict=False))


def _visited(visits: Sequence[Inspection], subjects: Mapping[str, Subject]) -> Iterator[Happening]:
    """Two records of each visit: the result as the product has it, and its grade among the visits of the history."""
    for visit, klass in zip(visits, _classes(visits), strict=True):
        subject = subjects[visit.establishment].id
        yield Happening(subject, "check.2" if visit.failed else "check.1", visit.on, f"check:{visit.key}")
        yield Happening(subject, f"visit.{klass}", visit.on, f"visit:{visit.key}")


def _complained(complaints: Sequence[tuple[str, date]], subjects: Mapping[str, Subject]) -> Iterator[Happening]:
    for number, (key, on) in enumerate(complaints):
        yield Happening(subjects[key].id, "complaint.1", on, f"complaint:{number}")


def _classes(visits: Sequence[Inspection]) -> list[int]:
    failed = np.array([one.failed for one in visits])
    findings = np.array([np.nan if one.findings is None else one.findings for one in visits], float)
    classes = np.empty(len(visits), np.int64)
    for wanted, number, first in ((False, PASSED, 1), (True, FAILED, PASSED + 1)):
        classes[failed == wanted] = first + _among(findings[failed == wanted], number)
    return classes.tolist()


def _among(findings: np.ndarray, number: int) -> np.ndarray:
    """In which of `number` equal parts of its like each lies; equals at their middle, the unknown in the middle."""
    known = ~np.isnan(findings)
    ranks = np.full(len(findings), 0.5)
    values, place, counts = np.unique(findings[known], return_inverse=True, return_counts=True)
    if len(values):
        ranks[known] = ((np.cumsum(counts) - counts / 2) / counts.sum())[place]
    return np.minimum((ranks * number).astype(np.int64), number - 1)


def measured(model: Model, past: Past) -> Model:
    """The model with what is usual in this register: for each average over all, and for each industry on its own."""
    industry = {subject.id: subject.industry for subject in past.subjects.values()}
    return replace(model, indicators=tuple(_measured(each, past.records, industry) for each in model.indicators))


def _measured(indicator: Indicator, records: Sequence[Happening], industry: Mapping[int, str]) -> Indicator:
    rule = indicator.rule
    if not isinstance(rule, Average):
        return indicator
    points = {record: tenths(value) for record, value in rule.points.items()}
    found: dict[str, list[int]] = defaultdict(list)
    for one in records:
        if one.record in points:
            found[industry[one.subject_id]].append(points[one.record])
    total, number = sum(map(sum, found.values())), sum(map(len, found.values()))
    usual = total / number if number else 0.0
    norms = {
        code: round((sum(values) + UNSEEN_WEIGHT * usual) / (len(values) + UNSEEN_WEIGHT)) / TENTH
        for code, values in found.items()
        if code
    }
    return replace(indicator, rule=replace(rule, usual=round(usual) / TENTH, norms=norms))
