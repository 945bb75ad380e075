"""The vectorised scorer: a model and a reading of many enterprises in, points, scores and grades out. Pure numpy."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache, cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from casework.grading.peers import UNKNOWN_SECTION, UNMEASURED, Cell, Norms
from casework.grading.rules import (
    DIRECT,
    GRADES,
    HIGHEST,
    INPUTS,
    TENTH,
    Average,
    Bands,
    Count,
    Direct,
    Flag,
    Growth,
    Industry,
    Lapsed,
    Listing,
    Model,
    Peers,
    Relation,
    Rule,
    Sum,
    When,
    code_of,
    tenths,
)
from casework.registry.rules import CODE_BASE
from casework.registry.snapshot import LASTING, OPEN, UNKNOWN, Reading, industry_number

Ints = NDArray[Any]

SECTION_SHIFT = 14
"""In the column `industry`: the letter of the section lies above so many bits."""

NEVER = 2**31 - 1
"""In `due`: no date is known on which the grade could change by itself."""

AT_ONCE = 1 << 14
"""So many rows are multiplied at once: what that needs stays in the processor's cache."""

NONE = slice(0, 0)

MIX = 0x9E3779B97F4A7C15
"""An odd 64-bit number; its powers weigh the parts of a fingerprint."""


@dataclass(frozen=True)
class Graded:
    """What came out for the subjects of one class, aligned with `ids`.

    `points` int16[n, indicators] in tenths after decay and the indicator's own cap; `score` int16 in tenths, 0–10000;
    `flags` int16; `grade` int8, a place in GRADES; `due` int32 days until the result can change by itself (or NEVER);
    `inputs` int32[n, len(INPUTS)]: what it rests on besides records.
    """

    ids: Ints
    inputs: Ints
    points: Ints
    score: Ints
    flags: Ints
    grade: Ints
    due: Ints


class World:
    """A reading of one class of subjects, asked by the names that models use, with what is usual among peers."""

    def __init__(self, reading: Reading, subject_class: str, norms: Norms) -> None:
        self.reading, self.size = reading, len(reading.ids)
        self.subject_class, self.norms = subject_class, norms
        self.columns, self.features = reading.columns, reading.features
        first = np.flatnonzero(np.diff(reading.code, prepend=reading.code[:1] - 1))
        bounds = [*first.tolist(), len(reading.code)]
        self.events = {
            code: slice(*bounds[place : place + 2]) for place, code in enumerate(reading.code[first].tolist())
        }
        """Where the events of each code lie."""

    def of(self, record: str) -> tuple[Ints, Ints, Ints]:
        """Row, age in days and "has ended" of every event of one kind of record."""
        where = self.events.get(code_of(record), NONE)
        return self.reading.row[where], self.reading.age[where].astype(np.int32), self.reading.ended[where]

    def count(self, row: Ints) -> Ints:
        """How often each subject is named."""
        return np.bincount(row, minlength=self.size)

    @cached_property
    def _industries(self) -> tuple[Ints, Ints]:
        return np.unique(self.columns["industry"], return_inverse=True)

    def in_industry(self, table: Mapping[str, int], otherwise: int) -> Ints:
        """For each subject the value of the longest prefix of its industry that the table names."""
        if not table:
            return np.full(self.size, otherwise, np.int64)
        named = {industry_number(prefix): value for prefix, value in table.items()}
        masks = sorted({mask for _number, mask in named}, reverse=True)
        distinct, place = self._industries
        values = [
            next((named[each & mask, mask] for mask in masks if (each & mask, mask) in named), otherwise)
            for each in distinct.tolist()
        ]
        return np.array(values, np.int64)[place]


def grade(model: Model, thresholds: Mapping[str, int], reading: Reading, *, norms: Norms = UNMEASURED) -> Graded:
    """Grades all subjects of one class on the reading's day.

    `thresholds` are points (`{"B": 200, …}`), for models that have none of their own. `norms`: what is usual.
    """
    world = World(reading, model.subject_class, norms)
    points = np.zeros((world.size, len(model.indicators)), np.int16, order="F")
    sums = {group: np.zeros(world.size, np.int64) for group in model.caps}
    for column, (indicator, counted) in enumerate(zip(model.indicators, model.counted, strict=True)):
        if counted is None or not counted.isdisjoint(world.events):
            given = _within(POINTS[type(indicator.rule)](indicator.rule, world), HIGHEST)
            points[:, column] = given
            sums[indicator.group] += given
    score = np.zeros(world.size, np.int64)
    for group, cap in model.caps.items():
        score += np.minimum(np.maximum(sums[group], 0), tenths(cap))
    score = np.minimum(score, HIGHEST)
    flags = _flags(model, reading, world)
    return Graded(
        ids=reading.ids,
        inputs=_inputs(model, reading),
        points=points,
        score=score.astype(np.int16),
        flags=flags,
        grade=_grades(score, flags, model.thresholds or thresholds),
        due=_due(model, reading, world),
    )


def fingerprints(graded: Graded, model_id: int, day: date) -> Ints:
    """One int64 per subject over everything that is stored of it: equal fingerprints, nothing to write."""
    due = np.where(graded.due == NEVER, 0, graded.due + day.toordinal())
    plain = [graded.grade, graded.score, graded.flags, due]
    weights = _weights(len(plain) + graded.points.shape[1] + graded.inputs.shape[1])
    total: Ints = np.full(len(graded.ids), model_id, np.int64)
    for part, weight in zip(plain, weights, strict=False):
        total += part.astype(np.int64) * weight
    of_points, of_inputs = np.split(weights[len(plain) :], [graded.points.shape[1]])
    for first in range(0, len(total), AT_ONCE):
        some = slice(first, first + AT_ONCE)
        total[some] += (
            graded.points[some].astype(np.int64) @ of_points + graded.inputs[some].astype(np.int64) @ of_inputs
        )
    return total


@cache
def _weights(number: int) -> Ints:
    powers = [pow(MIX, place, 2**64) for place in range(1, number + 1)]
    return np.array(powers, np.uint64).view(np.int64)


def _within(values: Ints, bound: int) -> Ints:
    return np.minimum(np.maximum(values, -bound), bound)


def _inputs(model: Model, reading: Reading) -> Ints:
    """Relations that the model does not look at are left at 0: nobody is due when they change."""
    age = reading.columns["age_days"]
    inputs = np.zeros((len(age), len(INPUTS)), np.int32)
    for place, name in enumerate(INPUTS):
        if name == "established":
            inputs[:, place] = np.where(age == UNKNOWN, UNKNOWN, reading.as_of.toordinal() - age)
        elif name in reading.columns:
            inputs[:, place] = reading.columns[name]
        elif name in model.relations:
            inputs[:, place] = reading.features[name]
    return inputs


def _bands(rule: Bands, world: World) -> Ints:
    column = world.columns[rule.column]
    uppers = [upper for upper, _points in rule.bands]
    points = np.array([tenths(value) for _upper, value in rule.bands] + [tenths(rule.above)])
    return np.where(column == UNKNOWN, 0, points[np.searchsorted(uppers, column, side="right")])


def _when(rule: When, world: World) -> Ints:
    holds = np.full(world.size, True)
    for column, op, value in rule.conditions:
        values = world.columns[column]
        holds &= (values != UNKNOWN) & ((values >= value) if op == ">=" else (values == value))
    return holds * tenths(rule.points)


def _industry(rule: Industry, world: World) -> Ints:
    return world.in_industry({prefix: tenths(points) for prefix, points in rule.points.items()}, 0)


def _sum(rule: Sum, world: World) -> Ints:
    total = np.zeros(world.size, np.int64)
    bounds, percents = [days for days, _percent in rule.decay], [percent for _days, percent in rule.decay]
    for weight in rule.weights:
        row, age, ended = world.of(weight.record)
        each = np.full(len(row), tenths(weight.points))
        if rule.decay:
            each = each * np.array([*percents, 0])[np.searchsorted(bounds, age, side="right")] // 100
        if weight.days:
            each[age >= weight.days] = 0
        if weight.state != "any":
            each[ended == (weight.state == "open")] = 0
        total += np.bincount(row, weights=each, minlength=world.size).astype(np.int64)
    return _within(total, tenths(rule.cap))


def _average(rule: Average, world: World) -> Ints:
    drawn = rule.prior * 100
    weight = np.full(world.size, drawn, np.int64)
    total = drawn * world.in_industry({prefix: tenths(each) for prefix, each in rule.norms.items()}, tenths(rule.usual))
    bounds, percents = [days for days, _percent in rule.decay], [percent for _days, percent in rule.decay]
    for record, points in rule.points.items():
        row, age, _ended = world.of(record)
        percent = np.array([*percents, 0])[np.searchsorted(bounds, age, side="right")]
        counted = np.bincount(row, weights=percent, minlength=world.size).astype(np.int64)
        weight += counted
        total += counted * tenths(points)
    return np.where(weight > 0, total // np.maximum(weight, 1), 0)


def _count(rule: Count, world: World) -> Ints:
    return _step(_recent(rule, world) * 100, rule.steps, world.in_industry(rule.norms, 100))


def _recent(rule: Count | Peers, world: World) -> Ints:
    """How many records of each subject happened within the days of a rule."""
    number = np.zeros(world.size, np.int64)
    for record in rule.records:
        row, age, _ended = world.of(record)
        number += world.count(row[age < rule.days])
    return number


def _peers(rule: Peers, world: World) -> Ints:
    number, points = _recent(rule, world), np.zeros(world.size, np.int64)
    compared = np.flatnonzero(number)
    industry, employees = (world.columns[name][compared] for name in ("industry", "employees"))
    section = np.where(industry == UNKNOWN, 0, industry >> SECTION_SHIFT)
    size = np.searchsorted((0, *rule.sizes), employees, side="right")
    cells, place = np.unique(np.stack([section, size]), axis=1, return_inverse=True)
    levels = [
        world.norms.level(rule, world.subject_class, Cell(chr(letter) if letter else UNKNOWN_SECTION, sized))
        for letter, sized in cells.T.tolist()
    ]
    for order, limit in enumerate(rule.limits):
        bounds = np.array([level.bounds[order] for level in levels], np.int64)
        points[compared[number[compared] >= bounds[place.ravel()]]] = tenths(limit.points)
    return points


def _listing(rule: Listing, world: World) -> Ints:
    number, gravest = np.zeros(world.size, np.int64), np.full(world.size, -HIGHEST)
    for record, points in rule.points.items():
        row, _age, ended = world.of(record)
        row = np.unique(row[~ended])
        number[row] += 1
        gravest[row] = np.maximum(gravest[row], tenths(points))
    return np.where(number > 0, gravest + (number - 1) * tenths(rule.further), 0)


def _lapsed(rule: Lapsed, world: World) -> Ints:
    total = np.zeros(world.size, np.int64)
    for record in rule.records:
        row, age, ended = world.of(record)
        ran_out, held = np.full(world.size, False), np.full(world.size, False)
        ran_out[row[ended & (age < rule.days)]] = True
        held[row[~ended]] = True
        total += (ran_out & ~held) * tenths(rule.each)
    return np.minimum(total, tenths(rule.cap))


def _growth(rule: Growth, world: World) -> Ints:
    recent, before = np.zeros(world.size, np.int64), np.zeros(world.size, np.int64)
    for record in rule.records:
        row, age, _ended = world.of(record)
        recent += world.count(row[age < rule.days])
        before += world.count(row[(age >= rule.days) & (age < 2 * rule.days)])
    grown = (recent >= rule.at_least) & ((recent - before) * 100 >= before * rule.percent)
    return grown * tenths(rule.points)


def _relation(rule: Relation, world: World) -> Ints:
    return _step(world.features[rule.feature].astype(np.int64), rule.steps, np.ones(world.size, np.int64))


def _direct(_rule: Direct, world: World) -> Ints:
    return np.zeros(world.size, np.int64)


POINTS: dict[type[Rule], Callable[[Any, World], Ints]] = {
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
"""Each kind of rule with its function: points of every subject in tenths."""


def _step(number: Ints, steps: tuple[tuple[int, float], ...], unit: Ints) -> Ints:
    """The points of the highest step reached; a step counts `unit` each."""
    points = np.zeros(len(number), np.int64)
    for step, value in steps:
        points[number >= step * unit] = tenths(value)
    return points


def _flags(model: Model, reading: Reading, world: World) -> Ints:
    flags = np.zeros(world.size, np.int16)
    for indicator in model.indicators:
        if isinstance(indicator.rule, Direct) and code_of(indicator.rule.record) in world.events:
            row, _age, ended = world.of(indicator.rule.record)
            flags[row[~ended]] |= int(Flag[indicator.rule.flag])
    for decision in model.attention:
        if decision.starts_on <= reading.as_of and (decision.until is None or reading.as_of < decision.until):
            flags[world.in_industry({decision.industry: 1}, 0) == 1] |= int(Flag[f"ATTENTION_{decision.grade}"])
    return flags


def _grades(score: Ints, flags: Ints, thresholds: Mapping[str, int]) -> Ints:
    bounds = [thresholds[letter] * TENTH for letter in GRADES[1:]]
    grades = np.searchsorted(bounds, score, side="right").astype(np.int8)
    for flag, letter in DIRECT.items() if flags.any() else ():
        marked = (flags & flag) != 0
        grades[marked] = np.maximum(grades[marked], GRADES.index(letter))
    return grades


def _due(model: Model, reading: Reading, world: World) -> Ints:
    """Days until the first date on which something ends, begins, is forgotten or fades."""
    due = np.full(world.size, NEVER, np.int32)
    for code, where in world.events.items():
        if abs(code) not in model.records:
            continue
        row, stop = reading.row[where], reading.stop[where].astype(np.int32)
        if code < 0:
            np.minimum.at(due, row, stop)
            continue
        age, days = reading.age[where].astype(np.int32), model.records[code]
        sooner = np.minimum(np.where(stop < OPEN, stop, NEVER), _next(model.edges.get(code, []), age))
        matters = age < days if code // CODE_BASE not in LASTING else (age < days) | ~reading.ended[where]
        np.minimum.at(due, row[matters], sooner[matters])
    age_days = world.columns["age_days"]
    due = np.minimum(due, np.where(age_days == UNKNOWN, NEVER, _next(model.age_edges, age_days)))
    for decision in model.attention:
        for on in (decision.starts_on, decision.until):
            if on is not None and on > reading.as_of:
                marked = world.in_industry({decision.industry: 1}, 0) == 1
                due[marked] = np.minimum(due[marked], (on - reading.as_of).days)
    return due


def _next(bounds: list[int], age: Ints) -> Ints:
    """Days until each age reaches its next bound."""
    ahead = np.array([*bounds, NEVER], np.int64)[np.searchsorted(bounds, age, side="right")]
    return np.where(ahead == NEVER, NEVER, ahead - age).astype(np.int32)
