"""How good the demo city is: the shares of the grades, and how far its past foretells what checks would find."""

from collections import Counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from casework.core import clock, parameters
from casework.core.db import session
from casework.demo.truth import chance_of_problem
from casework.demo.world import AVERAGE, World
from casework.grading.rules import GRADES
from casework.registry import queries as registry
from casework.registry import snapshot
from casework.registry.rules import KINDS

Numbers = NDArray[np.float64]


def measure(world: World) -> dict[str, Any]:
    """Grade shares in percent; AUC of past results against the next check; hits of a draw by grade over a uniform one.

    The next check is the hidden truth itself, asked for everybody: the chance that a check today finds a problem.
    """
    pool = [row for row in registry.stream_pool(registry.PoolFilter()) if row.grade]
    truth = [world.city.hidden.get(row.code, AVERAGE) for row in pool]
    chance = np.array([chance_of_problem(each, clock.today()) for each in truth])
    grades = Counter(row.grade for row in pool)
    ratios = parameters.value("sampling.floors_bp")
    weight = np.array([ratios[row.grade] for row in pool], float)
    found, checked = _past(np.array([row.enterprise_id for row in pool]))
    known = checked > 0
    scores = registry.grades(row.enterprise_id for row in pool)
    score = np.array([scores[row.enterprise_id].score for row in pool], float)
    return {
        "subjects": len(pool),
        "grades": {grade: round(100 * grades[grade] / max(len(pool), 1), 1) for grade in GRADES},
        "problem_rate": _rounded(chance.mean()),
        "checked_before": int(known.sum()),
        "auc_past_results": _rounded(auc(found[known] / checked[known], chance[known])) if known.any() else None,
        "auc_score": _rounded(auc(score, chance)),
        "lift_of_draw": _rounded((chance * weight).sum() / weight.sum() / chance.mean()),
    }


def _rounded(number: Any) -> float:
    return round(float(number), 3)


def _past(ids: NDArray[np.int64]) -> tuple[Numbers, Numbers]:
    """For each enterprise how many of its past checks found something, and how many there were."""
    check = KINDS["check"]
    wanted = snapshot.Wanted(dict.fromkeys(map(check.code, check.classes), snapshot.OPEN))
    order = np.sort(ids)
    found, checked = np.zeros(len(ids)), np.zeros(len(ids))
    place = np.argsort(np.argsort(ids))
    for part in snapshot.parts(order):
        reading = snapshot.read(session.connection(), part, clock.today(), wanted)
        at = np.searchsorted(order, reading.ids[reading.row])
        np.add.at(checked, at, 1)
        np.add.at(found, at, reading.code != check.code(1))
    return found[place], checked[place]


def auc(sign: Numbers, chance: Numbers) -> float:
    """How well a sign tells those with a problem from those without, when each has one with this chance (0.5: not at all)."""
    values, group = np.unique(sign, return_inverse=True)
    bad = np.bincount(group, weights=chance, minlength=len(values))
    good = np.bincount(group, weights=1 - chance, minlength=len(values))
    below = np.concatenate(([0.0], np.cumsum(good)[:-1]))
    return float((bad * (below + good / 2)).sum() / (bad.sum() * good.sum()))
