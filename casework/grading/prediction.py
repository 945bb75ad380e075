"""How well grades foretold what checks then found: AUC, hits per grade, what a draw by grade yields. Pure numpy."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from casework.grading.rules import GRADES

Ints = NDArray[np.int64]

REPLICATES = 1000
AT_ONCE = 100
"""So many bootstrap replicates are held at a time."""


@dataclass(frozen=True)
class Estimate:
    """A figure with its 95 % bootstrap interval; `nan` where there is nothing to divide by."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Hit:
    """One grade: how many were checked, how many of them failed."""

    grade: str
    n: int
    hits: int
    rate: Estimate


@dataclass(frozen=True)
class Draws:
    """The same draw made many times with other seeds: found per check, and how often it found more than a uniform one.

    `rates` and `uniform` are means with the range of 95 % of single draws; each draw takes `size` subjects.
    """

    seeds: int
    size: int
    rate: Estimate
    uniform: Estimate
    better: float


@dataclass(frozen=True)
class Evaluation:
    """What grades were worth. `draw_rate` is the expected yield of the draw by grade, `lift` its ratio to `base`."""

    n: int
    base: Estimate
    auc: Estimate
    grades: tuple[Hit, ...]
    draw_rate: Estimate
    lift: Estimate
    draws: Draws
    gains: tuple[tuple[float, float], ...]
    """Checking the worst first: (share checked, share of the failures found), for a curve."""


def evaluate(
    score: Ints, grade: Ints, failed: NDArray[np.bool_], ratios: Mapping[str, float], *, seeds: int, seed: int = 0
) -> Evaluation:
    """Compares scores and grades (places in GRADES) with outcomes, aligned; `ratios` is the share drawn of each grade.

    The intervals resample subjects with their grades; they do not say how another model would have graded.
    """
    dice = np.random.default_rng(seed)
    cells = _Cells.of(score, grade, failed)
    shares = np.array([ratios[letter] for letter in GRADES])
    point = _Figures.of(cells.counts[np.newaxis], cells, shares)
    again = [_Figures.of(counts, cells, shares) for counts in _resampled(cells.counts, dice)]
    told = {name: _estimate(getattr(point, name), [getattr(one, name) for one in again]) for name in point.NAMES}
    checked, hits = (counts[0].astype(int) for counts in (point.checked, point.hits))
    rates = _estimates(point.rates, [one.rates for one in again])
    return Evaluation(
        n=len(score),
        base=told["base"],
        auc=told["auc"],
        grades=tuple(
            Hit(letter, int(n), int(hit), rate)
            for letter, n, hit, rate in zip(GRADES, checked, hits, rates, strict=True)
        ),
        draw_rate=told["draw_rate"],
        lift=told["lift"],
        draws=_draws(checked, hits, shares, seeds, dice),
        gains=_gains(score, failed),
    )


@dataclass(frozen=True)
class Sampled:
    """What a draw that favoured some grades tells of its pool: AUC, and its yield against a uniform draw."""

    n: int
    auc: Estimate
    lift: Estimate


def of_sample(
    score: Ints, grade: Ints, failed: NDArray[np.bool_], members: Mapping[str, int], *, seed: int = 0
) -> Sampled | None:
    """Estimates from a stratified random draw: each subject stands for the `members` of its grade in the pool.

    None while it cannot be told: a grade with members of whom none was checked, or all ended alike. The intervals
    resample within the grades, as the draw was made.
    """
    cells = _Cells.of(score, grade, failed)
    checked = np.bincount(grade, minlength=len(GRADES))
    inhabited = np.array([members.get(letter, 0) for letter in GRADES])
    if not failed.any() or failed.all() or ((inhabited > 0) & (checked == 0)).any():
        return None
    weights = np.divide(inhabited, checked, out=np.zeros(len(GRADES)), where=checked > 0)[cells.grade]
    dice = np.random.default_rng(seed)
    point = _weighted(cells.counts[np.newaxis], weights, cells.starts)
    again = [_weighted(counts, weights, cells.starts) for counts in _resampled_within(cells, dice)]
    auc, lift = (_estimate(point[which], [one[which] for one in again]) for which in (0, 1))
    return Sampled(len(score), auc, lift)


def _weighted(counts: Ints, weights: NDArray[np.float64], starts: Ints) -> tuple[Any, Any]:
    """AUC and lift of several samples at once."""
    bad, good = np.hsplit(counts.astype(float), 2)
    drawn = bad.sum(axis=1) / counts.sum(axis=1)
    bad, good = bad * weights, good * weights
    with np.errstate(invalid="ignore", divide="ignore"):
        return _auc(bad, good, starts), drawn / (bad.sum(axis=1) / (bad + good).sum(axis=1))


def cut(score: Ints, tie: Sequence[Any], shares: Sequence[float]) -> Ints:
    """Grades by rank of score: the lowest get A, and so on by `shares` (of A, B, C, D; sum 1). `tie` orders equals."""
    order = sorted(range(len(score)), key=lambda place: (score[place], tie[place]))
    bounds = np.round(np.cumsum(shares)[:-1] * len(score)).astype(int)
    grades = np.empty(len(score), np.int64)
    grades[order] = np.searchsorted(bounds, np.arange(len(score)), side="right")
    return grades


def auc(score: NDArray[Any], failed: NDArray[np.bool_]) -> float:
    """The chance that one that failed has the higher score than one that did not; equals count half."""
    values, place = np.unique(score, return_inverse=True)
    bad, good = (np.bincount(place[failed == wanted], minlength=len(values)) for wanted in (True, False))
    return float(_auc(bad[np.newaxis].astype(float), good[np.newaxis].astype(float), np.arange(len(values)))[0])


@dataclass(frozen=True)
class _Cells:
    """Subjects that are alike: `counts` of each (score, grade) that failed, then of each that did not."""

    counts: Ints
    grade: Ints
    starts: Ints
    """Where each distinct score begins among the cells, ascending."""

    @classmethod
    def of(cls, score: Ints, grade: Ints, failed: NDArray[np.bool_]) -> "_Cells":
        alike, place = np.unique(np.stack([score, grade]), axis=1, return_inverse=True)
        place = place.reshape(-1)
        counts = [np.bincount(place[failed == wanted], minlength=alike.shape[1]) for wanted in (True, False)]
        return cls(np.concatenate(counts), alike[1], np.unique(alike[0], return_index=True)[1])


@dataclass(frozen=True)
class _Figures:
    """All figures of several samples at once: arrays [sample], `rates`, `checked` and `hits` [sample, grade]."""

    base: Any
    auc: Any
    rates: Any
    checked: Any
    hits: Any
    draw_rate: Any
    lift: Any

    NAMES = ("base", "auc", "draw_rate", "lift")

    @classmethod
    def of(cls, counts: Ints, cells: _Cells, shares: NDArray[np.float64]) -> "_Figures":
        bad, good = np.hsplit(counts.astype(float), 2)
        of_grade = np.eye(len(GRADES))[cells.grade]
        hits, checked = bad @ of_grade, (bad + good) @ of_grade
        with np.errstate(invalid="ignore", divide="ignore"):
            base = bad.sum(axis=1) / counts.sum(axis=1)
            draw_rate = hits @ shares / (checked @ shares)
            return cls(base, _auc(bad, good, cells.starts), hits / checked, checked, hits, draw_rate, draw_rate / base)


def _auc(bad: NDArray[np.float64], good: NDArray[np.float64], starts: Ints) -> NDArray[np.float64]:
    """AUC of several samples, each row the numbers of alike subjects in the order of their scores."""
    bad, good = np.add.reduceat(bad, starts, axis=1), np.add.reduceat(good, starts, axis=1)
    below = np.cumsum(good, axis=1) - good / 2
    ratio: NDArray[np.float64] = (bad * below).sum(axis=1) / (bad.sum(axis=1) * good.sum(axis=1))
    return ratio


def _resampled(counts: Ints, dice: np.random.Generator) -> Iterator[Ints]:
    """Bootstrap replicates of the counts."""
    for _part in range(REPLICATES // AT_ONCE):
        yield dice.multinomial(counts.sum(), counts / counts.sum(), size=AT_ONCE)


def _resampled_within(cells: _Cells, dice: np.random.Generator) -> Iterator[Ints]:
    """Replicates drawn within each grade apart, half a failure and half a pass added to each (Jeffreys' prior).

    Without them a grade of whom none failed among a few would never fail in a replicate either, and count as certain.
    """
    alike = np.tile(cells.counts.reshape(2, -1).sum(axis=0), 2)
    grade = np.tile(cells.grade, 2)
    for _part in range(REPLICATES // AT_ONCE):
        drawn = np.zeros((AT_ONCE, len(grade)), np.int64)
        for one in np.unique(cells.grade):
            within = grade == one
            total = int(cells.counts[within].sum())
            chances = (cells.counts[within] + alike[within] / (2 * total)) / (total + 1)
            drawn[:, within] = dice.multinomial(total, chances, size=AT_ONCE)
        yield drawn


def _estimate(point: Any, again: Sequence[Any]) -> Estimate:
    value = float(point[0])
    low, high = np.nanpercentile(np.concatenate(again), [2.5, 97.5])
    return Estimate(value, min(value, float(low)), max(value, float(high)))


def _estimates(point: Any, again: Sequence[Any]) -> list[Estimate]:
    """One per grade; a grade that nobody has is not known."""
    return [
        Estimate(np.nan, np.nan, np.nan)
        if np.isnan(point[0, place])
        else _estimate(point[:, place], [one[:, place] for one in again])
        for place in range(len(GRADES))
    ]


def _draws(checked: Ints, hits: Ints, shares: NDArray[np.float64], seeds: int, dice: np.random.Generator) -> Draws:
    """Real draws: of each grade its share rounded up, without replacement; and as many of all alike."""
    wanted = np.ceil(np.round(checked * shares, 9)).astype(int)
    size = int(wanted.sum())
    by_grade = dice.hypergeometric(hits, checked - hits, wanted, size=(seeds, len(GRADES))).sum(axis=1)
    uniform = dice.hypergeometric(hits.sum(), (checked - hits).sum(), size, size=seeds)
    better = (by_grade > uniform).mean() + (by_grade == uniform).mean() / 2
    return Draws(seeds, size, _spread(by_grade / size), _spread(uniform / size), float(better))


def _spread(rates: NDArray[np.float64]) -> Estimate:
    low, high = np.percentile(rates, [2.5, 97.5])
    return Estimate(float(rates.mean()), float(low), float(high))


def _gains(score: Ints, failed: NDArray[np.bool_], points: int = 100) -> tuple[tuple[float, float], ...]:
    """Equals are taken together, as a draw among them would on average."""
    scores, place = np.unique(-score, return_inverse=True)
    checked = np.concatenate([[0], np.cumsum(np.bincount(place, minlength=len(scores)))]) / len(score)
    found = np.concatenate([[0], np.cumsum(np.bincount(place, weights=failed, minlength=len(scores)))]) / failed.sum()
    at = np.linspace(0, 1, points + 1)
    return tuple(zip(at.tolist(), np.interp(at, checked, found).tolist(), strict=True))
