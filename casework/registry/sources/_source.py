"""What a source of records declares: its fields, how a row becomes an enterprise or a record, and examples."""

import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from hashlib import sha256
from typing import Any, NamedTuple

from casework.core.i18n import N_, _
from casework.registry.rules import KINDS, RecordKind, contradictions
from casework.registry.sources import _values as values

Row = Mapping[str, Any]
"""The values of one row by field; a blank cell is None."""


@dataclass(frozen=True)
class Field:
    """One column of a source. `label` heads the template; `aliases` are other headings of the same thing.

    A `lenient` value that cannot be read is left out with a warning; otherwise the row is rejected.
    A bare number in a `monetary` column takes the unit that the heading names: 罚款金额（万元）.
    """

    key: str
    label: str
    parse: values.Parser = values.text
    aliases: tuple[str, ...] = ()
    required: bool = False
    lenient: bool = False
    monetary: bool = False
    note: str = ""


class Problem(NamedTuple):
    """What is wrong with a row: the label of the field ("": the whole row), the sentence, whether it is rejected."""

    field: str
    sentence: str
    fatal: bool


@dataclass(frozen=True)
class Example:
    """Cells as a file has them and what becomes of them: the test, the template and the help of a source in one."""

    cells: Mapping[str, str]
    becomes: Mapping[str, Any]


_HEADING_NOISE = re.compile(r"[\s*＊_\-/、:：]+|[(（\[【].*?[)）\]】]")


def heading(cell: str) -> str:
    """A heading as it is compared: without space, stars and remarks in brackets, lower case."""
    return _HEADING_NOISE.sub("", values.fold(cell)).lower()


@dataclass(frozen=True, kw_only=True)
class Source:
    """A kind of file that the registry reads. Blank cells say nothing: they never erase what is known already."""

    key: str
    label: str
    english: str
    about: str
    fields: tuple[Field, ...]
    examples: tuple[Example, ...]

    @property
    def required(self) -> tuple[Field, ...]:
        """Fields whose column must be in the file."""
        return tuple(field for field in self.fields if field.required)

    def recognise(self, cells: Sequence[str]) -> dict[int, str]:
        """Which columns of a heading row mean which field, by labels and aliases: each once, first alias first."""
        known: dict[str, tuple[int, str]] = {}
        for place, (spelling, key) in enumerate(self._spellings()):
            known.setdefault(spelling, (place, key))
        found: dict[str, tuple[int, int]] = {}
        for column, cell in enumerate(cells):
            place, key = known.get(heading(cell), (0, ""))
            if key and (key not in found or place < found[key][0]):
                found[key] = (place, column)
        return {column: key for key, (_place, column) in sorted(found.items(), key=lambda item: item[1][1])}

    def _spellings(self) -> Iterator[tuple[str, str]]:
        for known in self.fields:
            for words in (known.label, known.key, *known.aliases):
                yield heading(words), known.key

    def missing(self, columns: Mapping[int, str]) -> list[str]:
        """Labels of required fields for which no column was found, and of the subject where nothing tells it."""
        mapped = set(columns.values())
        labels = [_(known.label) for known in self.required if known.key not in mapped]
        named_only = any(known.key == "name" for known in self.required)
        if named_only and not mapped & {"uscc", "reg_no"}:
            labels.append(_("统一社会信用代码或注册号"))
        elif not mapped & {"uscc", "reg_no", "name"}:
            labels.append(_("统一社会信用代码、注册号或名称"))
        return labels

    def reader(self, columns: Mapping[int, str], headings: Sequence[str] = (), width: int | None = None) -> "RowReader":
        """Reads rows of a file whose columns are known; headings may name the unit of an amount.

        Rows with more than `width` cells (None: no limit) are rejected.
        """
        by_key = {known.key: known for known in self.fields}
        found = [(column, by_key[key]) for column, key in sorted(columns.items()) if key in by_key]
        parsers = [(column, known, _parser(known, headings[column] if headings else "")) for column, known in found]
        return RowReader(self, parsers, width)


_UNIT = re.compile(r"[(（\[【]\s*(?:单位[:：]?)?\s*(亿元|万元|元|万美元)\s*[)）\]】]")
_BARE_NUMBER = re.compile(r"\s*[\d,.]+\s*")


def _parser(known: Field, headed: str) -> values.Parser:
    unit = _UNIT.search(headed) if known.monetary else None
    if unit is None:
        return known.parse

    def with_unit(cell: str) -> Any:
        return known.parse(cell + unit[1] if _BARE_NUMBER.fullmatch(cell) else cell)

    return with_unit


class RowReader:
    """Turns the cells of a row into values and problems."""

    def __init__(
        self, source: Source, columns: list[tuple[int, Field, values.Parser]], width: int | None = None
    ) -> None:
        self._blank: dict[str, Any] = {known.key: None for known in source.fields}
        self._columns = [(column, known.key, parse, known) for column, known, parse in columns]
        self._required = [(known.key, known.label) for known in source.required]
        self._needed = max((column for column, _known, _parse in columns), default=-1) + 1
        self._width = width or sys.maxsize

    def __call__(self, cells: Sequence[str]) -> tuple[dict[str, Any], list[Problem]]:
        row = self._blank.copy()
        problems: list[Problem] = []
        if len(cells) < self._needed:
            cells = [*cells, *[""] * (self._needed - len(cells))]
        elif len(cells) > self._width and any(map(str.strip, cells[self._width :])):
            problems.append(Problem("", _("单元格比表头多，可能有未加引号的分隔符。"), True))
        for column, key, parse, known in self._columns:
            cell = cells[column]
            if not cell or cell.isspace():
                continue
            try:
                row[key] = parse(cell)
            except values.Doubtful as doubt:
                row[key] = doubt.value
                problems.append(Problem(known.label, str(doubt), False))
            except values.Unreadable as error:
                problems.append(Problem(known.label, str(error), not known.lenient))
        for key, label in self._required:
            if row[key] is None and not any(problem.field == label for problem in problems):
                problems.append(Problem(label, _("必填项为空。"), True))
        return row, problems


SUBJECT = (
    Field(
        "uscc",
        N_("统一社会信用代码"),
        values.subject_number,
        (
            "社会信用代码",
            "信用代码",
            "统一代码",
            "统一社会信用代码/注册号",
            "uscc",
            "credit_code",
            "uniscid",
            "unified_social_credit_code",
        ),
        note=N_("18 位代码；尚无代码的填 15 位注册号。"),
    ),
    Field(
        "reg_no",
        N_("注册号"),
        values.registration_number,
        ("工商注册号", "营业执照注册号", "原注册号", "regno", "registration_no"),
    ),
    Field(
        "name",
        N_("主体名称"),
        values.name,
        (
            "名称",
            "企业名称",
            "单位名称",
            "经营主体名称",
            "市场主体名称",
            "当事人",
            "当事人名称",
            "相对人名称",
            "字号名称",
            "被检查人",
            "company",
            "entname",
            "enterprise_name",
        ),
    ),
)
"""Who a row is about: matched by code, then by registration number, then by the exact name where only one has it."""

SOURCE_KEY = Field(
    "source_key",
    N_("记录编号"),
    values.whole_number_text,
    ("来源主键", "主键", "数据编号", "序列号", "id", "record_id"),
    note=N_("来源系统中的唯一编号；同一编号再次导入即为更正。"),
)

STATE = (
    Field(
        "revoked_on",
        N_("撤销（更正）日期"),
        values.day,
        ("撤销日期", "更正日期", "决定撤销日期"),
        note=N_("视同自始没有发生。"),
    ),
    Field(
        "repaired_on",
        N_("信用修复日期"),
        values.day,
        ("修复日期", "信用修复完成日期", "repair_date"),
        note=N_("自该日起不再公示、共享和使用。"),
    ),
)
"""What may later befall a record that says something bad."""


class Subject(NamedTuple):
    """Who a row names."""

    uscc: str | None
    reg_no: str | None
    name: str | None
    checked: bool

    @classmethod
    def of(cls, row: Row) -> "Subject":
        number: values.SubjectNumber | None = row["uscc"]
        if number is None:
            return cls(None, row["reg_no"], row["name"], True)
        return cls(number.uscc, row["reg_no"] or number.reg_no, row["name"], number.checked)

    @property
    def number(self) -> str:
        """The best number, or the name's key."""
        return self.uscc or self.reg_no or values.name_key(self.name or "")


class Draft(NamedTuple):
    """A credit record as a row tells it, before its enterprise is known."""

    source_key: str
    kind: int
    klass: int
    happened_on: date
    ends_on: date | None
    publicity_until: date | None
    repaired_on: date | None
    revoked_on: date | None
    amount: Decimal | None
    title: str
    document_no: str | None
    authority: str | None
    chain: str | None
    detail: Mapping[str, Any]


_IN_THE_RECORD = {
    "uscc",
    "reg_no",
    "name",
    "source_key",
    "happened_on",
    "ends_on",
    "publicity_until",
    "repaired_on",
    "revoked_on",
    "amount",
    "document_no",
    "authority",
}


def _plain(_row: Row) -> int:
    return 0


Identity = Callable[[Row], tuple[Any, ...]]
"""What tells one record of a subject from another, unless the file numbers its records itself."""


def told_apart_by(*alternatives: tuple[str, ...]) -> Identity:
    """The values of the first of these groups of fields that is filled in completely, else of the last."""

    def identity(row: Row) -> tuple[Any, ...]:
        filled = (keys for keys in alternatives if all(row[key] is not None for key in keys))
        return tuple(row[key] for key in next(filled, alternatives[-1]))

    return identity


@dataclass(frozen=True, kw_only=True)
class RecordSource(Source):
    """A source of credit records. Fields named like columns of a record fill them; all others become its `detail`."""

    kind: str
    title: Callable[[Row], str]
    identity: Identity
    klass: Callable[[Row], int] = _plain
    chained: bool = False
    """Whether the document number names the chain of events (事件链) to which the record belongs; the number of what led
    to it (`led_by`) comes first."""
    unkept: frozenset[str] = field(default_factory=frozenset)
    """Fields that only decide the class."""

    @property
    def record_kind(self) -> RecordKind:
        return KINDS[self.kind]

    def draft(self, row: Row, today: date) -> tuple[Draft | None, list[Problem]]:
        """The record that a row tells of, or why there is none."""
        problems = self._problems(row, today)
        if problems:
            return None, problems
        happened_on = row["happened_on"]
        return (
            Draft(
                source_key=self._key(row),
                kind=self.record_kind.number,
                klass=self.klass(row),
                happened_on=happened_on,
                ends_on=row.get("ends_on"),
                publicity_until=row.get("publicity_until"),
                repaired_on=row.get("repaired_on"),
                revoked_on=row.get("revoked_on"),
                amount=row.get("amount"),
                title=self.title(row),
                document_no=row.get("document_no"),
                authority=row.get("authority"),
                chain=(row.get("led_by") or row.get("document_no")) if self.chained else None,
                detail=self._detail(row),
            ),
            [],
        )

    def _problems(self, row: Row, today: date) -> list[Problem]:
        labels = {known.key: known.label for known in self.fields}
        later = {key: row.get(key) for key in ("ends_on", "publicity_until", "repaired_on", "revoked_on")}
        wrong = contradictions(self.record_kind, row["happened_on"], later, today)
        return [Problem(labels[name], sentence, True) for name, sentence in wrong]

    def _key(self, row: Row) -> str:
        if row["source_key"]:
            return _bounded(str(row["source_key"]))
        parts = (Subject.of(row).number, *self.identity(row))
        return _bounded("|".join("" if part is None else str(part) for part in parts))

    def _detail(self, row: Row) -> dict[str, Any]:
        return {
            key: _json(value)
            for key, value in row.items()
            if value is not None and key not in _IN_THE_RECORD and key not in self.unkept
        }


LONGEST_KEY = 200
"""Characters: what an index can hold."""


def _bounded(key: str) -> str:
    """The key, or its beginning and a fingerprint of the whole."""
    if len(key) <= LONGEST_KEY:
        return key
    return f"{key[: LONGEST_KEY - 33]}#{sha256(key.encode()).hexdigest()[:32]}"


def _json(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    return f"{value.normalize():f}" if isinstance(value, Decimal) else value
