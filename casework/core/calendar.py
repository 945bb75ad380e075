"""The working-day calendar: public holidays, make-up working weekends (调休) and legal terms counted on them."""

from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class WorkCalendar:
    """Which days are worked: weekdays, except where `exceptions` says otherwise (True = worked).

    The exceptions come from the yearly notice of the State Council's General Office on public holidays.
    """

    exceptions: Mapping[date, bool] = field(default_factory=dict)

    def is_workday(self, day: date) -> bool:
        known = self.exceptions.get(day)
        return day.weekday() < 5 if known is None else known

    def on_or_after(self, day: date) -> date:
        """The day itself when it is worked, else the next worked one: a term that ends on a day off moves there."""
        while not self.is_workday(day):
            day += ONE_DAY
        return day

    def add(self, day: date, workdays: int) -> date:
        """The last day of a term of so many working days; the day of the event does not count."""
        for _ in range(workdays):
            day = self.on_or_after(day + ONE_DAY)
        return self.on_or_after(day) if workdays == 0 else day

    def add_natural(self, day: date, days: int) -> date:
        """The last day of a term of natural days; it moves on from a day off (e.g. 60 days of mediation)."""
        return self.on_or_after(day + timedelta(days=days))

    def between(self, start: date, end: date) -> int:
        """Working days after `start` up to and including `end`; negative when `end` lies before `start`."""
        if end < start:
            return -self.between(end, start)
        count, day = 0, start
        while day < end:
            day += ONE_DAY
            count += self.is_workday(day)
        return count


@dataclass(frozen=True)
class Term:
    """A legal term: so many working or natural days, with the rule that sets it."""

    days: int
    working: bool = True
    rule: str = ""

    def due_on(self, start: date, calendar: WorkCalendar) -> date:
        """The last day of the term that starts with an event on `start`."""
        return calendar.add(start, self.days) if self.working else calendar.add_natural(start, self.days)


def months_later(day: date, months: int) -> date:
    """The same day of a later month, or its last one where the month is shorter."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
