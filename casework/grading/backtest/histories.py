"""Reads a folder with an inspection history (establishments, inspections; violations and complaints where there)."""

import csv
import gzip
import re
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import lru_cache
from math import isfinite
from pathlib import Path
from statistics import fmean
from typing import Any, TypeVar

from casework.core.errors import Refusal
from casework.core.i18n import _

T = TypeVar("T")

NEEDED = {
    "establishments": ("est_id",),
    "inspections": ("inspection_id", "est_id", "date", "fail"),
    "violations": ("inspection_id",),
    "complaints": (),
}
"""Columns without which a file cannot be read; others are used where they are there."""

NOT_COUNTED = re.compile(r"not_applicable|_open$|_corrected$")
"""Columns `n_…` that count no findings, or count again what another column has."""

FLAGS = {"0": False, "1": True, "0.0": False, "1.0": True, "false": False, "true": True}
"""How tables that went through other tools write 0 and 1."""

LONGEST_FIELD = 1 << 20


@dataclass(frozen=True)
class Establishment:
    """A place that is inspected; `group` is what it is compared with: its type and its risk class."""

    key: str
    group: tuple[str, ...]
    opened_on: date | None


@dataclass(frozen=True)
class Inspection:
    """One visit. `findings`: how much was found, in whatever unit the history counts; None: it does not say."""

    key: str
    establishment: str
    on: date
    failed: bool
    findings: float | None


@dataclass(frozen=True)
class History:
    """What a folder holds, inspections oldest first; complaints as (establishment, day)."""

    establishments: Mapping[str, Establishment]
    inspections: tuple[Inspection, ...]
    complaints: tuple[tuple[str, date], ...]
    undecided: int = 0
    """Inspections that do not say how they ended: nobody was there, the place was closed. They tell nothing."""

    def establishment(self, key: str) -> Establishment:
        """By its key; one that has inspections and no row of its own belongs to no group."""
        return self.establishments.get(key) or Establishment(key, (), None)


def read(folder: Path, *, kind: str | None = None, known_on: date) -> History:
    """The history in a folder; of the inspections only those whose kind matches.

    Violations dated after `known_on` are not read, nor is anything else that was learnt later: what a court decided or
    how a complaint ended stands in the same row as what was known at first.
    """
    if not folder.is_dir():
        raise Refusal(_("%(folder)s 不是目录。", folder=folder))
    pattern = _pattern(kind)
    establishments = _establishments(_Table.in_folder(folder, "establishments"))
    inspections, undecided = _inspections(folder, pattern, known_on)
    inspections.sort(key=lambda one: one.on)
    return History(establishments, tuple(inspections), tuple(_complaints(folder)), undecided)


def _pattern(kind: str | None) -> re.Pattern[str] | None:
    try:
        return None if kind is None else re.compile(kind)
    except re.error as error:
        raise Refusal(_("检查类型的正则表达式 %(kind)s 有误：%(error)s。", kind=kind, error=error)) from error


# ---- Files -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Table:
    """One file of the folder, CSV, gzipped or not, UTF-8 with or without a byte order mark."""

    path: Path
    needed: tuple[str, ...]

    @classmethod
    def in_folder(cls, folder: Path, name: str) -> "_Table":
        table = cls.if_there(folder, name)
        if table is None:
            raise Refusal(_("目录 %(folder)s 中缺少 %(name)s.csv 或 %(name)s.csv.gz。", folder=folder, name=name))
        return table

    @classmethod
    def if_there(cls, folder: Path, name: str) -> "_Table | None":
        named = [folder / f"{name}.csv", folder / f"{name}.csv.gz"]
        paths = [path for path in named if path.is_file()] or [
            path for path in sorted(folder.glob(f"{name}*.csv*")) if path.suffix in (".csv", ".gz")
        ]
        if len(paths) > 1:
            raise Refusal(_("目录 %(folder)s 中有多个 %(name)s 文件，请只留一个。", folder=folder, name=name))
        return cls(paths[0], NEEDED[name]) if paths else None

    def head(self) -> list[str]:
        """The names of the columns."""
        with self._reader() as reader:
            return self._head(reader)

    def rows(self) -> Iterator["_Row"]:
        """The rows below the heading; empty lines do not count."""
        with self._reader() as reader:
            head = self._head(reader)
            for values in reader:
                if values and len(values) != len(head):
                    words = _("有 %(found)s 列，表头有 %(wanted)s 列", found=len(values), wanted=len(head))
                    raise self.wrong(reader.line_num, None, words)
                if values:
                    yield _Row(self, reader.line_num, dict(zip(head, values, strict=True)))

    def wrong(self, line: int, column: str | None, words: str) -> Refusal:
        """The sentence that names file, line and column."""
        where = {"file": self.path.name, "line": line, "column": column, "words": words}
        if column is None:
            return Refusal(_("%(file)s 第 %(line)s 行：%(words)s。", **where))
        return Refusal(_("%(file)s 第 %(line)s 行 %(column)s：%(words)s。", **where), field=column)

    @contextmanager
    def _reader(self) -> Iterator[Any]:
        opened = gzip.open if self.path.suffix == ".gz" else open
        try:
            with opened(self.path, "rt", encoding="utf-8-sig", newline="") as stream:
                yield csv.reader(stream)
        except (OSError, EOFError, zlib.error, UnicodeError, csv.Error) as error:
            raise Refusal(_("文件 %(file)s 读不出来：%(error)s。", file=self.path.name, error=error)) from error

    def _head(self, reader: Any) -> list[str]:
        csv.field_size_limit(LONGEST_FIELD)
        head = [name.strip() for name in next(reader, [])]
        missing = [name for name in self.needed if name not in head]
        twice = [name for name, number in Counter(head).items() if number > 1]
        for words, names in ((_("缺少列"), missing), (_("列名重复："), twice)):
            if names:
                raise self.wrong(1, None, f"{words} {_('、').join(names)}")
        return head


@dataclass(frozen=True)
class _Row:
    """One row, whose values are asked for by column and refused by name."""

    table: _Table
    line: int
    values: Mapping[str, str]

    def key(self, column: str) -> str:
        value = self.values[column].strip()
        if not value:
            raise self.table.wrong(self.line, column, _("不能为空"))
        return value

    def day(self, column: str) -> date:
        return self._read(column, _day, _("应为 2012-12-31 这样的日期"))

    def flag(self, column: str) -> bool:
        return self._read(column, lambda value: FLAGS[value.lower()], _("应为 0 或 1"))

    def number(self, column: str) -> float | None:
        return self._read(column, _finite, _("应为数字")) if self.values[column].strip() else None

    def text(self, column: str) -> str:
        return self.values.get(column, "").strip()

    def _read(self, column: str, what: Callable[[str], T], words: str) -> T:
        value = self.values[column].strip()
        try:
            return what(value)
        except (ValueError, KeyError) as error:
            raise self.table.wrong(
                self.line, column, _("“%(value)s”不对，%(words)s", value=value[:40], words=words)
            ) from error


def _finite(text: str) -> float:
    number = float(text)
    if not isfinite(number):
        raise ValueError(text)
    return number


@lru_cache(maxsize=50_000)
def _day(text: str) -> date:
    """A day, with or without the time of day."""
    return datetime.fromisoformat(text).date()


# ---- Rows ------------------------------------------------------------------------------------------------------------


def _establishments(table: _Table) -> dict[str, Establishment]:
    found: dict[str, tuple[_Row, Establishment]] = {}
    for row in table.rows():
        key = row.key("est_id")
        before = found.get(key)
        if before is None:
            group = tuple(row.text(column) for column in ("type", "risk_class"))
            opened = row.text("opened")
            found[key] = row, Establishment(key, group, row.day("opened") if opened else None)
        elif before[0].values != row.values:
            raise table.wrong(
                row.line, "est_id", _("%(key)s 与第 %(line)s 行重复，内容不同", key=key, line=before[0].line)
            )
    return {key: one for key, (_row, one) in found.items()}


def _inspections(folder: Path, kind: re.Pattern[str] | None, known_on: date) -> tuple[list[Inspection], int]:
    """Those of the kind, in the order of the file; and how many more of it do not say how they ended."""
    table = _Table.in_folder(folder, "inspections")
    head, lines, found, undecided = table.head(), dict[str, int](), list[Inspection](), 0
    if kind is not None and "kind" not in head:
        raise table.wrong(1, None, _("缺少列 %(column)s，不能按检查类型选取", column="kind"))
    findings, marked = _measure(folder, head, known_on)
    for row in table.rows():
        key = row.key("inspection_id")
        if key in lines:
            raise table.wrong(row.line, "inspection_id", _("%(key)s 与第 %(line)s 行重复", key=key, line=lines[key]))
        lines[key] = row.line
        if kind is not None and not kind.search(row.text("kind")):
            continue
        if not row.text("fail"):
            undecided += 1
        else:
            found.append(Inspection(key, row.key("est_id"), row.day("date"), row.flag("fail"), findings(row)))
    return _turned(found, known_on) if marked else found, undecided


def _measure(folder: Path, head: list[str], known_on: date) -> tuple[Callable[[_Row], float | None], bool]:
    """How much an inspection found, by what tells best: findings counted with it, violations listed apart, a mark.

    The second answer is true of a mark, which may say how good the place is or how bad.
    """
    counts = [name for name in head if name.startswith("n_") and not NOT_COUNTED.search(name)]
    violations = _Table.if_there(folder, "violations")
    if counts:
        return (lambda row: sum(row.number(name) or 0 for name in counts)), False
    if violations is not None:
        dated = "date" in violations.head()
        listed = Counter(
            row.key("inspection_id") for row in violations.rows() if not dated or row.day("date") <= known_on
        )
        return (lambda row: listed[row.text("inspection_id")]), False
    if "score" in head:
        return (lambda row: row.number("score")), True
    return (lambda _row: None), False


def _turned(found: list[Inspection], known_on: date) -> list[Inspection]:
    """Marks turned so that more is worse: whether it is, tell those that failed."""
    failed, passed = (
        [one.findings for one in found if one.failed == wanted and one.on <= known_on and one.findings is not None]
        for wanted in (True, False)
    )
    if failed and passed and fmean(failed) > fmean(passed):
        return found
    return [one if one.findings is None else replace(one, findings=-one.findings) for one in found]


def _complaints(folder: Path) -> Iterator[tuple[str, date]]:
    """Complaints about one establishment by the day on which they came in; those about a place tell of none."""
    table = _Table.if_there(folder, "complaints")
    if table is None or "est_id" not in table.head():
        return
    came = next((name for name in ("date", "created") if name in table.head()), None)
    if came is None:
        raise table.wrong(1, None, _("缺少列 date 或 created"))
    for row in table.rows():
        yield row.key("est_id"), row.day(came)
