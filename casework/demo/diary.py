"""A year lived through in minutes: errands that go on one beside the other, each at its own moment."""

import heapq
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import count

from casework.core import clock, parameters
from casework.core.db import transaction
from casework.core.errors import Refusal
from casework.core.ledger import has_announced
from casework.demo.dice import Dice

Errand = Iterator[datetime]
"""Does a step whenever it is continued, and yields the moment of its next one."""

Tell = Callable[[date], None]
"""Is told each day that begins."""


@dataclass
class Diary:
    """Continues each errand at its moment, in one transaction a step, and has the messages carried out that follow.

    What is still to come on the last day stays undone: the city is met in the middle of its work. A step that the rules
    refuse ends its errand; `refused` counts why.
    """

    deliver: Callable[..., object]
    tell: Tell
    dropped: Collection[str] = ()
    """Names of messages for whose sake nothing is done: what they ask for comes about in another way."""
    refused: Counter[str] = field(default_factory=Counter)
    _pages: list[tuple[datetime, int, Errand]] = field(default_factory=list)
    _numbers: Iterator[int] = field(default_factory=count)

    def write(self, moment: datetime, errand: Errand) -> None:
        """An errand begins at that moment."""
        heapq.heappush(self._pages, (moment, next(self._numbers), errand))

    def live(self, until: datetime) -> None:
        """Lives up to a moment. Time never runs back: what is late begins when the step before it has ended."""
        now, today = datetime.min.replace(tzinfo=until.tzinfo), date.min
        while self._pages and self._pages[0][0] <= until:
            moment, _number, errand = heapq.heappop(self._pages)
            with clock.at(max(moment, now)):
                if clock.today() > today:
                    today = clock.today()
                    self.tell(today)
                upcoming = self._step(errand)
                if has_announced():
                    self.deliver(drop=self.dropped)
                now = clock.now()
            if upcoming is not None:
                self.write(max(upcoming, now), errand)

    def _step(self, errand: Errand) -> datetime | None:
        try:
            with transaction():
                return next(errand, None)
        except Refusal as refusal:
            self.refused[str(refusal)] += 1
            return None


def working(day: date, hour: int, minute: int = 0) -> datetime:
    """An hour of a working day: that day, or the next one on which people work."""
    return clock.local_moment(parameters.calendar().on_or_after(day), hour, minute)


def in_days(dice: Dice, low: int, high: int) -> datetime:
    """An office hour so many working days from now."""
    days = dice.whole(low, high)
    day = parameters.calendar().add(clock.today(), days) if days else clock.today()
    return max(working(day, dice.whole(9, 16), dice.whole(0, 59)), clock.now() + timedelta(minutes=dice.whole(5, 90)))
