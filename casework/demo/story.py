"""One subject's story while it is told: its time, its dice, and how often things befall it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

from casework.demo import words
from casework.demo.dice import Dice
from casework.demo.population import Population, Span, Subject

Cells = Mapping[str, str]
News = tuple[date, Cells]
"""A day, and what a source says of a record from then on."""


class Told(NamedTuple):
    """One record as its source tells it: the day on which it comes out, its cells by field, and what is told later."""

    source: str
    day: date
    subject: Subject
    cells: Cells
    later: Sequence[News] = ()


RATES: Mapping[str, Mapping[str, float]] = {
    "change": {"company": 0.35, "individual": 0.06, "cooperative": 0.15},
    "filing": {"company": 0.20, "cooperative": 0.15},
    "unreachable": {"company": 0.004, "individual": 0.002, "cooperative": 0.004},
    "other listing": {"company": 0.0015, "individual": 0.0003, "cooperative": 0.0006},
    "serious list": {"company": 0.0015, "individual": 0.00008, "cooperative": 0.0003},
    "defaulter": {"company": 0.011, "individual": 0.0035, "cooperative": 0.005},
    "penalty": {"company": 0.0105, "individual": 0.0018, "cooperative": 0.003},
    "simple penalty": {"company": 0.012, "individual": 0.008, "cooperative": 0.004},
    "complaint": {"company": 0.12, "individual": 0.05, "cooperative": 0.01},
    "report": {"company": 0.025, "individual": 0.008, "cooperative": 0.003},
    "other state": {"company": 0.02, "individual": 0.008, "cooperative": 0.01},
    "order ignored": {"company": 0.003, "individual": 0.0015, "cooperative": 0.002},
    "equity pledge": {"company": 0.0035},
    "equity freeze": {"company": 0.004},
    "disqualified": {"company": 0.0015, "individual": 0.0002, "cooperative": 0.0005},
    "opinion": {"company": 0.002, "individual": 0.0004},
    "product test": {"company": 0.05, "individual": 0.02, "cooperative": 0.02},
    "check": {"company": 0.035, "individual": 0.010, "cooperative": 0.030},
}
"""How often a year, by class of subject. Published figures where there are any, else assumptions (generator specification,
section 3); where nothing is known, set so that the default model's grades come near the shares that cities publish."""

SHARES: Mapping[str, Mapping[str, float]] = {
    "reports late": {"company": 0.02, "individual": 0.04, "cooperative": 0.04},
    "reports late, idle": {"company": 0.8, "individual": 0.85, "cooperative": 0.8},
    "is listed": {"company": 1.0, "individual": 0.85, "cooperative": 0.9},
    "reports zeros": {"company": 0.08, "individual": 0.06, "cooperative": 0.08},
    "reports zeros, idle": {"company": 0.85, "individual": 0.85, "cooperative": 0.85},
    "is praised": {"company": 0.05, "individual": 0.004, "cooperative": 0.02},
}


@dataclass(frozen=True)
class Story:
    """A subject, the time that the files tell of, and dice of its own."""

    subject: Subject
    span: Span
    dice: Dice
    population: Population

    @property
    def bureau(self) -> str:
        """The bureau of the subject's county."""
        return words.BUREAUS[self.subject.county]

    @property
    def first(self) -> date:
        """The first day of which files tell something about this subject."""
        return max(self.span.first, self.subject.established_on + timedelta(days=20))

    @property
    def last(self) -> date:
        """The last one."""
        return min(self.span.as_of, self.subject.left_on or self.span.as_of)

    def rate(self, name: str) -> float:
        """How often a year on average in the subject's class."""
        return RATES[name].get(self.subject.kind, 0.0)

    def happens(self, name: str, weight: float = 1.0, most: float = 0.9) -> bool:
        """Whether this subject is of those that …"""
        return self.dice.chance(min(most, SHARES[name].get(self.subject.kind, 0.0) * self.subject.lift(weight)))

    def days(self, name: str, *, weight: float = 1.0, times: float = 1.0) -> list[date]:
        """The days on which something befalls the subject, its risk weighing so much, at `times` the usual rate."""
        years = (self.last - self.first).days / 365
        mean = self.rate(name) * times * years
        if mean <= 0:
            return []
        count = self.dice.times(mean * self.subject.lift(weight))
        return sorted(self.dice.day(self.first, self.last) for _each in range(count))

    def after(self, day: date, low: int, high: int) -> date:
        """Some days later."""
        return day + timedelta(days=self.dice.whole(low, high))

    def ends(self, day: date, low: int, high: int, chance: float) -> Sequence[News]:
        """A listing ends with this chance after so many days; the files tell it when it has."""
        on = self.after(day, low, high)
        return ((on, {"ends_on": on.isoformat()}),) if self.dice.chance(chance) and on <= self.span.as_of else ()

    def document(self, series: str, day: date) -> str:
        """A document number of the subject's bureau."""
        return f"{words.COUNTIES[self.subject.county][0][0]}市监{series}〔{day.year}〕{self.dice.whole(1, 900)}号"

    def tell(self, source: str, day: date, lag: tuple[int, int], *, later: Sequence[News] = (), **cells: str) -> Told:
        """A record of that day, which comes out so many days later."""
        return Told(source, self.after(day, *lag), self.subject, {"happened_on": day.isoformat(), **cells}, later)
