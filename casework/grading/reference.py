"""The same scoring as `engine.py` for one enterprise, written to be read: it gives the receipt that explains a grade.

Every kind of rule is one short function. A test holds this and the engine together on random worlds, bit by bit.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from casework.grading.peers import UNKNOWN_SECTION, UNMEASURED, Cell, Level, Norms, in_words
from casework.grading.rules import (
    HIGHEST,
    Average,
    Bands,
    Count,
    Direct,
    Flag,
    Growth,
    Indicator,
    Industry,
    Lapsed,
    Listing,
    Model,
    Peers,
    Relation,
    Rule,
    Sum,
    When,
    age_edges,
    code_of,
    edges,
    grade_of,
    tenths,
)
from casework.registry.snapshot import UNKNOWN, Dossier, Fact, Wanted, industry_number, standing


@dataclass(frozen=True)
class Hit:
    """One record behind an indicator: its points before and after its age is taken into account, in tenths."""

    fact: Fact
    before: int | None = None
    after: int | None = None


@dataclass(frozen=True)
class Line:
    """One indicator: the number it looked at, the records, its points in tenths before and after its own cap."""

    indicator: Indicator
    value: int | None
    hits: tuple[Hit, ...]
    uncapped: int
    points: int
    until: date | None
    """The next day on which this line can change by itself."""
    level: Level | None = None
    """With whom the number was compared, and what is usual there."""

    @property
    def compared(self) -> str | None:
        """The same in words."""
        rule = self.indicator.rule
        return in_words(rule, self.level) if isinstance(rule, Peers) and self.level else None


@dataclass(frozen=True)
class Group:
    """One group: the sum of its lines, and what of it counts (not below 0, not above the cap)."""

    key: str
    cap: int
    sum: int
    points: int


@dataclass(frozen=True)
class Receipt:
    """Why an enterprise has its grade on a day; points and score in tenths."""

    as_of: date
    lines: tuple[Line, ...]
    groups: tuple[Group, ...]
    score: int
    flags: int
    grade: str
    next_due: date | None


@dataclass(frozen=True)
class _Case:
    """What a rule may look at: the enterprise and the records that count on the day."""

    dossier: Dossier
    facts: Sequence[Fact]
    day: date
    norms: Norms

    def level(self, rule: Peers) -> Level:
        return self.norms.level(rule, self.dossier.subject_class, cell_of(rule, self.dossier.columns))

    def records(self, record: str) -> list[Fact]:
        code = code_of(record)
        return [fact for fact in self.facts if fact.code == code]

    def open(self, record: str) -> list[Fact]:
        return [fact for fact in self.records(record) if not fact.ended_on(self.day)]

    def recent(self, records: Sequence[str], days: int, *, after: int = 0) -> list[Fact]:
        return [fact for record in records for fact in self.records(record) if after <= fact.age_on(self.day) < days]

    def in_industry(self, table: Mapping[str, Any], otherwise: Any) -> Any:
        mine = self.dossier.columns["industry"]
        fitting = [
            prefix
            for prefix in table
            for number, mask in [industry_number(prefix)]
            if mine != UNKNOWN and mine & mask == number
        ]
        return table[max(fitting, key=len)] if fitting else otherwise


_Answer = tuple[int | None, list[Hit], int, int]
"""Number looked at, records, points before and after the indicator's own cap."""


def grade(
    model: Model,
    thresholds: Mapping[str, int],
    dossier: Dossier,
    day: date,
    *,
    suspends: bool = False,
    norms: Norms = UNMEASURED,
) -> Receipt:
    """The receipt of one enterprise on a day. `thresholds` are points, for models that have none of their own.

    `suspends`: records to which an objection is open do not count. `norms`: what is usual among peers.
    """
    noticed = [
        fact for fact in standing(dossier.facts, day, suspends=suspends) if fact.matters_on(day, Wanted(model.records))
    ]
    case = _Case(dossier, [fact for fact in noticed if fact.happened_on <= day], day, norms)
    lines = tuple(_line(indicator, case) for indicator in model.indicators)
    groups = tuple(_group(key, tenths(cap), lines) for key, cap in model.caps.items())
    score = min(sum(group.points for group in groups), HIGHEST)
    flags = _flags(model, lines, case)
    dates = [line.until for line in lines] + [fact.changes_after(day) for fact in noticed]
    dates += [
        on
        for decision in model.attention
        if _concerns(decision.industry, case)
        for on in (decision.starts_on, decision.until)
    ]
    return Receipt(
        as_of=day,
        lines=lines,
        groups=groups,
        score=score,
        flags=flags,
        grade=grade_of(score, model.thresholds or thresholds, flags),
        next_due=min((on for on in dates if on is not None and on > day), default=None),
    )


def _line(indicator: Indicator, case: _Case) -> Line:
    value, hits, uncapped, points = _ANSWERS[type(indicator.rule)](indicator.rule, case)
    uncapped, points = (max(-HIGHEST, min(HIGHEST, each)) for each in (uncapped, points))
    level = case.level(indicator.rule) if isinstance(indicator.rule, Peers) else None
    return Line(indicator, value, tuple(hits), uncapped, points, _until(indicator.rule, case, hits), level)


def _group(key: str, cap: int, lines: Sequence[Line]) -> Group:
    total = sum(line.points for line in lines if line.indicator.group == key)
    return Group(key, cap, total, max(0, min(total, cap)))


def _bands(rule: Bands, case: _Case) -> _Answer:
    value = case.dossier.columns[rule.column]
    if value == UNKNOWN:
        return None, [], 0, 0
    points = next((points for upper, points in rule.bands if value < upper), rule.above)
    return value, [], tenths(points), tenths(points)


def _when(rule: When, case: _Case) -> _Answer:
    def holds(column: str, op: str, value: int) -> bool:
        mine = case.dossier.columns[column]
        return mine != UNKNOWN and (mine >= value if op == ">=" else mine == value)

    points = tenths(rule.points) if all(holds(*condition) for condition in rule.conditions) else 0
    return None, [], points, points


def _industry(rule: Industry, case: _Case) -> _Answer:
    points = tenths(case.in_industry(rule.points, 0))
    return None, [], points, points


def _sum(rule: Sum, case: _Case) -> _Answer:
    hits = []
    for weight in rule.weights:
        for fact in case.records(weight.record):
            ended, age = fact.ended_on(case.day), fact.age_on(case.day)
            too_old = weight.days != 0 and age >= weight.days
            if too_old or (weight.state == "open" and ended) or (weight.state == "ended" and not ended):
                continue
            percent = next((percent for days, percent in rule.decay if age < days), 0) if rule.decay else 100
            if percent:
                before = tenths(weight.points)
                hits.append(Hit(fact, before, before * percent // 100))
    total, cap = sum(hit.after or 0 for hit in hits), tenths(rule.cap)
    return len(hits), hits, total, max(-cap, min(cap, total))


def _average(rule: Average, case: _Case) -> _Answer:
    hits, weight = [], rule.prior * 100
    total = weight * tenths(case.in_industry(rule.norms, rule.usual))
    for record, points in rule.points.items():
        for fact in case.records(record):
            age = fact.age_on(case.day)
            percent = next((percent for days, percent in rule.decay if age < days), 0)
            if percent:
                hits.append(Hit(fact, tenths(points)))
                weight, total = weight + percent, total + percent * tenths(points)
    points = total // weight if weight else 0
    return len(hits), hits, points, points


def _count(rule: Count, case: _Case) -> _Answer:
    found = case.recent(rule.records, rule.days)
    points = _step(len(found) * 100, rule.steps, case.in_industry(rule.norms, 100))
    return len(found), [Hit(fact) for fact in found], points, points


def _peers(rule: Peers, case: _Case) -> _Answer:
    found = case.recent(rule.records, rule.days)
    reached = [
        limit.points for limit, bound in zip(rule.limits, case.level(rule).bounds, strict=True) if len(found) >= bound
    ]
    points = tenths(reached[-1]) if reached else 0
    return len(found), [Hit(fact) for fact in found], points, points


def cell_of(rule: Peers, columns: Mapping[str, int]) -> Cell:
    """The narrowest group of an enterprise: its section of industry, and its size by employees."""
    industry, employees = columns["industry"], columns["employees"]
    section = UNKNOWN_SECTION if industry == UNKNOWN else chr(industry >> 14)
    return Cell(section, sum(employees >= bound for bound in (0, *rule.sizes)))


def _listing(rule: Listing, case: _Case) -> _Answer:
    hits = [Hit(fact, tenths(points), None) for record, points in rule.points.items() for fact in case.open(record)]
    if not hits:
        return 0, [], 0, 0
    reasons = len({hit.fact.code for hit in hits})
    points = max(hit.before or 0 for hit in hits) + (reasons - 1) * tenths(rule.further)
    return reasons, hits, points, points


def _lapsed(rule: Lapsed, case: _Case) -> _Answer:
    hits, number = [], 0
    for record in rule.records:
        ran_out = [fact for fact in case.recent([record], rule.days) if fact.ended_on(case.day)]
        if ran_out and not case.open(record):
            number += 1
            hits += [Hit(fact) for fact in ran_out]
    total = number * tenths(rule.each)
    return number, hits, total, min(total, tenths(rule.cap))


def _growth(rule: Growth, case: _Case) -> _Answer:
    recent = case.recent(rule.records, rule.days)
    before = case.recent(rule.records, 2 * rule.days, after=rule.days)
    grown = len(recent) >= rule.at_least and (len(recent) - len(before)) * 100 >= len(before) * rule.percent
    points = tenths(rule.points) if grown else 0
    return len(recent), [Hit(fact) for fact in recent], points, points


def _relation(rule: Relation, case: _Case) -> _Answer:
    value = case.dossier.features[rule.feature]
    points = _step(value, rule.steps, 1)
    return value, [], points, points


def _direct(rule: Direct, case: _Case) -> _Answer:
    hits = [Hit(fact) for fact in case.open(rule.record)]
    return len(hits), hits, 0, 0


_ANSWERS: dict[type[Rule], Callable[[Any, _Case], _Answer]] = {
    Bands: _bands,
    When: _when,
    Industry: _industry,
    Sum: _sum,
    Average: _average,
    Count: _count,
    Peers: _peers,
    Listing: _listing,
    Lapsed: _lapsed,
    Growth: _growth,
    Relation: _relation,
    Direct: _direct,
}


def _step(number: int, steps: Sequence[tuple[int, float]], unit: int) -> int:
    """The points of the highest step reached; a step counts `unit` each."""
    return next((tenths(points) for step, points in reversed(steps) if number >= step * unit), 0)


def _flags(model: Model, lines: Sequence[Line], case: _Case) -> int:
    flags = Flag(0)
    for line in lines:
        match line.indicator.rule:
            case Direct(flag=flag) if line.hits:
                flags |= Flag[flag]
    for decision in model.attention:
        in_force = decision.starts_on <= case.day and (decision.until is None or case.day < decision.until)
        if in_force and _concerns(decision.industry, case):
            flags |= Flag[f"ATTENTION_{decision.grade}"]
    return int(flags)


def _concerns(industry: str, case: _Case) -> bool:
    return bool(case.in_industry({industry: True}, False))


def _until(rule: Rule, case: _Case, hits: Sequence[Hit]) -> date | None:
    """When the line can change by itself: a record ends, fades or is forgotten, or the enterprise grows older."""
    dates = [fact.changes_after(case.day) for fact in (hit.fact for hit in hits)]
    for record, bounds in edges(rule).items():
        for fact in case.records(record):
            age = fact.age_on(case.day)
            dates += [case.day + timedelta(days=bound - age) for bound in bounds if bound > age]
    age = case.dossier.columns["age_days"]
    if age != UNKNOWN:
        dates += [case.day + timedelta(days=bound - age) for bound in age_edges(rule) if bound > age]
    return min((on for on in dates if on is not None), default=None)
