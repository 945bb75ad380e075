"""Formulas of the statistics: rates with intervals, the stratified estimate, visits that a uniform draw would cost."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import sqrt

Z95 = 1.959963984540054
"""Two-sided 95 %."""


@dataclass(frozen=True)
class Rate:
    """So many of n; `value` is None while there is nothing to divide by. A rate is never shown without its n."""

    hits: int
    n: int

    def __add__(self, other: "Rate") -> "Rate":
        return Rate(self.hits + other.hits, self.n + other.n)

    @property
    def value(self) -> float | None:
        return self.hits / self.n if self.n else None

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval of what lies behind a random sample."""
        return wilson(self.hits, self.n)


NOTHING = Rate(0, 0)
"""What sums of rates begin with."""


def wilson(hits: int, n: int, z: float = Z95) -> tuple[float, float]:
    """Wilson's score interval of a share (E. B. Wilson 1927): sound for small n and for shares near 0 or 1."""
    if n == 0:
        return 0.0, 1.0
    share, weight = hits / n, z * z / n
    middle = (share + weight / 2) / (1 + weight)
    reach = z * sqrt(share * (1 - share) / n + weight / (4 * n)) / (1 + weight)
    return min(max(0.0, middle - reach), share), max(min(1.0, middle + reach), share)


@dataclass(frozen=True)
class Stratum:
    """One grade in the draws: its members in the pools, how many of them were drawn, checked, and had a problem."""

    label: str
    members: int
    drawn: int
    checked: int
    hits: int

    @property
    def rate(self) -> Rate:
        """The hit rate of the checks made."""
        return Rate(self.hits, self.checked)


@dataclass(frozen=True)
class Estimate:
    """What share of the whole pool has a problem, with its 95 % interval."""

    value: float
    low: float
    high: float


def stratified(strata: Sequence[Stratum]) -> Estimate | None:
    """The share in the whole pool: each stratum's rate weighted by its members, not by how many were drawn of it.

    The interval joins the strata's Wilson intervals by squared distances (Zou and Donner 2008, MOVER). None while a
    stratum with members was not checked: its share is unknown.
    """
    inhabited = [stratum for stratum in strata if stratum.members]
    if not inhabited or any(not stratum.checked for stratum in inhabited):
        return None
    whole = sum(stratum.members for stratum in inhabited)
    value = below = above = 0.0
    for stratum in inhabited:
        weight, share = stratum.members / whole, stratum.hits / stratum.checked
        low, high = stratum.rate.interval
        value += weight * share
        below += (weight * (share - low)) ** 2
        above += (weight * (high - share)) ** 2
    return Estimate(value, max(0.0, value - sqrt(below)), min(1.0, value + sqrt(above)))


@dataclass(frozen=True)
class Spared:
    """One stratum against a uniform draw of as many: `uniform` would have been drawn of it, `drawn` were."""

    label: str
    members: int
    uniform: float
    drawn: int

    @property
    def difference(self) -> float:
        """Positive: so many were spared a visit."""
        return self.uniform - self.drawn


def spared(campaigns: Iterable[Sequence[Stratum]]) -> list[Spared]:
    """Per stratum label, summed over campaigns: what a uniform draw of as many in each campaign would have taken.

    The differences of all strata add up to nothing: the same number of visits, elsewhere.
    """
    members: dict[str, int] = {}
    uniform: dict[str, float] = {}
    drawn: dict[str, int] = {}
    for strata in campaigns:
        whole, total = sum(stratum.members for stratum in strata), sum(stratum.drawn for stratum in strata)
        for stratum in strata:
            share = stratum.members / whole if whole else 0.0
            members[stratum.label] = members.get(stratum.label, 0) + stratum.members
            uniform[stratum.label] = uniform.get(stratum.label, 0.0) + total * share
            drawn[stratum.label] = drawn.get(stratum.label, 0) + stratum.drawn
    return [Spared(label, members[label], uniform[label], drawn[label]) for label in sorted(members)]
