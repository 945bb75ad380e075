"""What points would have told best what checks found: a scorecard fitted to closed cases, monotone, held near the old.

The chance that a check finds a problem is a logistic function of the sum of all indicators' points, each times a factor
of its own. A factor is never negative, so that what is bad stays bad; it is drawn to 1, so that a few cases change
little; how strongly, cross-validation decides. Only points are proposed: a person looks at them, tries them, approves.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import zip_longest
from typing import Any

import numpy as np
from numpy.typing import NDArray

from casework.grading.model_files import single_hit
from casework.grading.prediction import auc
from casework.grading.rules import (
    TENTH,
    Average,
    Bands,
    Count,
    Direct,
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
    tenths,
)

Floats = NDArray[np.float64]

ENOUGH, ENOUGH_PROBLEMS = 200, 20
"""Closed cases, and such of either end, below which nothing can be told."""

ENOUGH_HITS = 20
"""Checked subjects with points of an indicator, and as many without, below which its points stay."""

HIGHEST_FACTOR = 3.0
STRENGTHS = (1.0, 4.0, 16.0, 64.0, 256.0)
"""How strongly factors are drawn to 1 (the weight of a squared deviation against one unit of log-likelihood)."""

FOLDS = 5

SCALE = 100.0
"""Points are fitted in hundreds, so that constant and slope are of one size."""

LEAST_SLOPE = 1e-3
"""Per point: a hundred points raise the odds by a tenth at least, however little the present score told."""


@dataclass(frozen=True)
class Line:
    """One indicator: how many of the checked had points of it, how many of these a problem; the proposed factor.

    `enough` is false where too few had points, or too few had none: the factor is 1 then.
    """

    key: str
    hits: int
    problems: int
    factor: float
    enough: bool


@dataclass(frozen=True)
class Scorecard:
    """Factors for a model, and what they promise on cases that they were not fitted to (cross-validated).

    `loss` is the mean log-loss, `auc` the chance that one with a problem had the higher score; before and after.
    """

    checked: int
    problems: int
    strength: float
    loss_before: float
    loss_after: float
    auc_before: float
    auc_after: float
    lines: tuple[Line, ...]

    @property
    def better(self) -> bool:
        """Whether there is anything to propose: factors that tell unseen cases better than the present points."""
        return self.loss_after < self.loss_before and any(line.factor != 1 for line in self.lines)

    @property
    def factors(self) -> dict[str, float]:
        """By key of the indicator."""
        return {line.key: line.factor for line in self.lines}

    def to_data(self) -> dict[str, Any]:
        """As JSON values."""
        return asdict(self)

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> "Scorecard":
        """The proposal that `to_data` wrote."""
        return cls(**{**data, "lines": tuple(Line(**line) for line in data["lines"])})


def propose(model: Model, points: NDArray[Any], problem: NDArray[np.bool_]) -> Scorecard:
    """Fits factors to closed cases: `points` [case, indicator] in tenths before the check, `problem` what it found."""
    given = points.astype(float) / TENTH
    hits, problems = (points != 0).sum(axis=0), ((points != 0) & problem[:, np.newaxis]).sum(axis=0)
    enough = (hits >= ENOUGH_HITS) & (len(points) - hits >= ENOUGH_HITS)
    highest = np.array([highest_factor(model, indicator) for indicator in model.indicators])
    bounds = [(0.0, float(high)) if told else (1.0, 1.0) for high, told in zip(highest, enough, strict=True)]
    fold = np.random.default_rng(0).permutation(len(given)) % FOLDS
    told_before = _unseen(given, problem, fold, [(1.0, 1.0)] * len(bounds), 1.0)
    told = {strength: _unseen(given, problem, fold, bounds, strength) for strength in STRENGTHS}
    best = min(STRENGTHS, key=lambda strength: (_loss(told[strength], problem), -strength))
    factors = np.round(_fitted(given, problem, bounds, best).factors, 2)
    return Scorecard(
        checked=len(given),
        problems=int(problem.sum()),
        strength=best,
        loss_before=_loss(told_before, problem),
        loss_after=_loss(told[best], problem),
        auc_before=auc(told_before, problem),
        auc_after=auc(told[best], problem),
        lines=tuple(
            Line(indicator.key, int(hit), int(found), float(factor), bool(known))
            for indicator, hit, found, factor, known in zip(
                model.indicators, hits, problems, factors, enough, strict=True
            )
        ),
    )


def applied(model: Model, factors: Mapping[str, float]) -> Model:
    """The model with the points of each indicator times its factor, in whole points."""
    return replace(
        model,
        indicators=tuple(
            replace(each, rule=scaled(each.rule, factors.get(each.key, 1.0))) for each in model.indicators
        ),
    )


def scaled(rule: Rule, factor: float) -> Rule:
    """A rule with all its points times a factor, in whole points; what is not points stays."""

    def one(points: float) -> float:
        return points if factor == 1 else round(points * factor)

    def table(points: Mapping[str, float]) -> dict[str, float]:
        return {key: one(value) for key, value in points.items()}

    def ladder(steps: Sequence[tuple[int, float]]) -> tuple[tuple[int, float], ...]:
        return tuple((step, one(value)) for step, value in steps)

    match rule:
        case Bands():
            return replace(rule, bands=ladder(rule.bands), above=one(rule.above))
        case When() | Growth():
            return replace(rule, points=one(rule.points))
        case Industry():
            return replace(rule, points=table(rule.points))
        case Sum():
            weights = tuple(weight._replace(points=one(weight.points)) for weight in rule.weights)
            return replace(rule, weights=weights, cap=one(rule.cap))
        case Average():
            return replace(rule, points=table(rule.points), usual=one(rule.usual), norms=table(rule.norms))
        case Count() | Relation():
            return replace(rule, steps=ladder(rule.steps))
        case Peers():
            limits = tuple(limit._replace(points=one(limit.points)) for limit in rule.limits)
            return replace(rule, limits=limits)
        case Listing():
            return replace(rule, points=table(rule.points), further=one(rule.further))
        case Lapsed():
            return replace(rule, each=one(rule.each), cap=one(rule.cap))
        case Direct():
            return rule


def changes(now: Rule, then: Rule) -> list[tuple[str, float, float]]:
    """What a rule gives points for, in words, with the points now and then; the last row goes when it gives none."""
    pairs = zip_longest(now.rows(), then.rows())
    return [(old.when, old.points, new.points if new else 0) for old, new in pairs if old.points is not None]


def highest_factor(model: Model, indicator: Indicator) -> float:
    """So that one record does not alone exceed the cap of its group."""
    single = single_hit(indicator.rule)
    return HIGHEST_FACTOR if single <= 0 else min(HIGHEST_FACTOR, tenths(model.caps[indicator.group]) / single)


@dataclass(frozen=True)
class _Fit:
    """Logit of the chance = constant + slope · points @ factors."""

    constant: float
    slope: float
    factors: Floats

    def logits(self, points: Floats) -> Floats:
        told: Floats = self.constant + self.slope * (points @ self.factors)
        return told


def _unseen(
    points: Floats,
    problem: NDArray[np.bool_],
    fold: NDArray[Any],
    bounds: Sequence[tuple[float, float]],
    strength: float,
) -> Floats:
    """The logit of each case by a fit to the other folds."""
    told = np.empty(len(points))
    for one in range(FOLDS):
        out = fold == one
        told[out] = _fitted(points[~out], problem[~out], bounds, strength).logits(points[out])
    return told


def _fitted(points: Floats, problem: NDArray[np.bool_], bounds: Sequence[tuple[float, float]], strength: float) -> _Fit:
    """First the slope of the present score, then the factors that deviate from 1 as far as the cases carry."""
    from scipy.optimize import minimize  # heavy, and only a worker needs it

    outcome, count = problem.astype(float), points.shape[1]

    def gap(logits: Floats) -> tuple[float, Floats]:
        loss = np.logaddexp(0, logits).sum() - outcome @ logits
        return float(loss), 1 / (1 + np.exp(-logits)) - outcome

    def of_slope(unknown: Floats) -> tuple[float, Floats]:
        score = points.sum(axis=1) / SCALE
        loss, slack = gap(unknown[0] + unknown[1] * score)
        return loss, np.array([slack.sum(), slack @ score])

    start = np.array([np.log(outcome.sum() / (len(outcome) - outcome.sum())), 1.0])
    lowest = LEAST_SLOPE * SCALE
    constant, steep = minimize(of_slope, start, jac=True, method="L-BFGS-B", bounds=[(None, None), (lowest, None)]).x
    slope = steep / SCALE

    def of_factors(unknown: Floats) -> tuple[float, Floats]:
        loss, slack = gap(unknown[0] + slope * (points @ unknown[1:]))
        away = unknown[1:] - 1
        return (
            loss + strength * float(away @ away),
            np.concatenate([[slack.sum()], slope * (points.T @ slack) + 2 * strength * away]),
        )

    begin = np.concatenate([[constant], np.ones(count)])
    found = minimize(of_factors, begin, jac=True, method="L-BFGS-B", bounds=[(None, None), *bounds]).x
    return _Fit(float(found[0]), float(slope), found[1:])


def _loss(logits: Floats, problem: NDArray[np.bool_]) -> float:
    return float((np.logaddexp(0, logits) - problem * logits).mean())
