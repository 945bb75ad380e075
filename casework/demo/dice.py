"""Chances, taken one at a time from a numpy Generator: the same seed gives the same sequence on every machine."""

from bisect import bisect
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from functools import lru_cache
from itertools import accumulate
from math import exp, log, sqrt
from statistics import NormalDist
from typing import TypeVar

import numpy as np

T = TypeVar("T")

_AT_ONCE = 32
_NORMAL = NormalDist()


class Dice:
    """Dice of their own for each purpose and subject: what one subject meets does not move what the next one meets.

    Philox counts instead of remembering, so that a million dice cost next to nothing.
    """

    def __init__(self, seed: int, purpose: int, index: int = 0) -> None:
        self._place = seed, purpose, index
        self._generator: np.random.Generator | None = None
        self._waiting: list[float] = []

    def number(self) -> float:
        """Between 0 and 1."""
        if not self._waiting:
            if self._generator is None:
                seed, purpose, index = self._place
                self._generator = np.random.Generator(
                    np.random.Philox(key=seed, counter=(purpose << 192) + (index << 128))
                )
            self._waiting = self._generator.random(_AT_ONCE).tolist()
        return self._waiting.pop()

    def chance(self, probability: float) -> bool:
        """True with this probability."""
        return self.number() < probability

    def whole(self, low: int, high: int) -> int:
        """A whole number, both bounds included."""
        return low + int(self.number() * (high - low + 1))

    def pick(self, options: Sequence[T]) -> T:
        """One of several, each as likely as the others."""
        return options[int(self.number() * len(options))]

    def weigh(self, options: Sequence[T], sums: Sequence[float]) -> T:
        """One of several by the running sums of their weights."""
        return options[bisect(sums, self.number() * sums[-1])]

    def among(self, shares: Mapping[T, float]) -> T:
        """A key by the shares."""
        options, sums = _running(tuple(shares.items()))
        return self.weigh(options, sums)

    def normal(self) -> float:
        """Standard normal."""
        return _NORMAL.inv_cdf(min(max(self.number(), 1e-12), 1 - 1e-12))

    def lognormal(self, median: float, p90: float) -> float:
        """A skewed amount by its median and its ninetieth percentile."""
        return median * exp(self.normal() * log(p90 / median) / _NORMAL.inv_cdf(0.9))

    def times(self, mean: float) -> int:
        """How often something happens that happens so often on average (Poisson)."""
        if mean <= 0:
            return 0
        if mean > 30:
            return max(0, round(mean + self.normal() * sqrt(mean)))
        limit, product, count = exp(-mean), self.number(), 0
        while product > limit:
            product *= self.number()
            count += 1
        return count

    def wait(self, mean_days: float) -> int:
        """Days until something that has no memory ends."""
        return 1 + int(-log(1 - self.number()) * mean_days)

    def day(self, first: date, last: date) -> date:
        """A day from Monday to Friday, from the first to the last; the last where there is none."""
        found = first + timedelta(days=self.whole(0, max((last - first).days, 0)))
        return min(monday_to_friday(found), last)


def monday_to_friday(day: date) -> date:
    """The day, or the Monday after it."""
    return day + timedelta(days=(8 - day.isoweekday()) % 7 if day.isoweekday() > 5 else 0)


@lru_cache(maxsize=256)
def _running(shares: tuple[tuple[T, float], ...]) -> tuple[tuple[T, ...], tuple[float, ...]]:
    return tuple(key for key, _share in shares), tuple(accumulate(share for _key, share in shares))
