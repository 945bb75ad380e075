"""When which file arrives: a first delivery of everything known, then month by month what is new."""

from contextlib import ExitStack
from datetime import date, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from casework.demo import words
from casework.demo.dice import Dice
from casework.demo.population import Span
from casework.demo.story import Told
from casework.demo.tables import FULL, LATIN, SHORT, CsvTable, Table, WorkbookTable

TITLES = {
    "enterprises": "登记信息", "registrations": "设立登记", "changes": "变更登记", "filings": "备案", "annual_reports": "年报公示",
    "abnormal_list": "经营异常名录", "penalties": "行政处罚", "serious_list": "严重违法失信名单", "defaulters": "失信被执行人",
    "other_abnormal": "部门共享异常信息", "unpaid_penalties": "逾期不履行处罚", "overdue_rectifications": "责令改正逾期未改", "disqualifications": "任职资格受限", "honours": "守信激励",
    "equity_pledges": "股权出质", "equity_freezes": "股权冻结", "ip_pledges": "知识产权质押", "licences": "行政许可", "complaints": "投诉办理",
    "reports": "举报核查", "opinions": "涉企舆情", "product_tests": "监督抽检", "spot_checks": "历年抽查检查结果",
    "equipment": "特种设备使用登记台账",
}  # fmt: skip

SELDOM = frozenset({
    "registrations", "filings", "honours", "ip_pledges", "equity_pledges", "equity_freezes", "disqualifications",
    "unpaid_penalties", "overdue_rectifications", "serious_list", "defaulters", "other_abnormal", "product_tests", "reports", "spot_checks",
    "equipment",
})  # fmt: skip
"""Sources that come once a quarter; the others come every month."""

GB18030 = frozenset({"complaints", "licences", "defaulters"})
"""Sources whose system still writes the national encoding."""


class Delivery(NamedTuple):
    """One file that arrives on a day for a source of the registry."""

    day: date
    source: str
    path: Path


def period_ends(span: Span) -> list[date]:
    """The day of the first delivery, the last days of the months after it, and the day before the present."""
    ends, last = [span.start], span.as_of - timedelta(days=1)
    while True:
        end = _month_end(ends[-1] + timedelta(days=1))
        if end > last - timedelta(days=3):
            return [*ends, last]
        ends.append(end)


def _month_end(day: date) -> date:
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


class Desk:
    """Puts what is told into the files of its periods, row by row: memory does not grow with the city."""

    def __init__(self, folder: Path, span: Span, seed: int) -> None:
        self._folder, self._seed = folder, seed
        self._ends = period_ends(span)
        self._quarters = [*self._ends[:-1:3], self._ends[-1]]
        self._tables: dict[tuple[date, str, str], Table] = {}
        self._open = ExitStack()

    def __enter__(self) -> "Desk":
        return self

    def __exit__(self, *error: Any) -> None:
        self._open.close()

    def tell(self, told: Told) -> None:
        """A row in the file of the period in which it comes out, and one in each later period that has news of it."""
        cells = dict(told.cells)
        news = [(max(day, told.day), more) for day, more in told.later]
        known = False
        for end in self._quarters if told.source in SELDOM else self._ends:
            due = [more for day, more in news if day <= end]
            if told.day > end or (known and not due):
                continue
            for more in due:
                cells |= more
            news = [(day, more) for day, more in news if day > end]
            self._table(end, told).tell(told, cells, Dice(self._seed, 40, (told.subject.index << 24) + end.toordinal()))
            known = True
            if not news:
                return

    def deliveries(self) -> list[Delivery]:
        """The files in the order in which they arrive: the register first, since the others are about its subjects."""
        made = [Delivery(end, source, table.path) for (end, source, _part), table in self._tables.items()]
        twice = sorted(one for one in made if one.source == "penalties")[1:2]
        made += [one._replace(day=one.day + timedelta(days=1)) for one in twice]
        return sorted(made, key=lambda one: (one.day, one.source != "enterprises", one.path.name))

    def _table(self, end: date, told: Told) -> Table:
        """The register comes from each county at first, later from the city."""
        part = told.subject.county if told.source == "enterprises" and end == self._ends[0] else ""
        key = end, told.source, part
        if key not in self._tables:
            self._tables[key] = self._open.enter_context(self._new_table(*key))
        return self._tables[key]

    def _new_table(self, end: date, source: str, part: str) -> Table:
        place = list(words.COUNTIES).index(part) if part else 0
        title = f"{words.COUNTIES[part][0] if part else words.CITY[1]}{TITLES[source]}"
        path = self._folder / f"{title}_{end:%Y%m%d}.csv"
        dialect = (FULL, SHORT, LATIN)[place % 3] if source == "enterprises" else None
        if place == 1:
            return WorkbookTable(path.with_suffix(".xlsx"), source, dialect, title)
        encoding = "gb18030" if place == 4 or source in GB18030 else "utf-8-sig" if place % 2 == 0 else "utf-8"
        return CsvTable(path, source, dialect, encoding)
