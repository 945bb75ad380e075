"""The way from a file into the database: rows are read into temporary tables, and each is told its fate."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice
from typing import IO, Any

from psycopg import Cursor
from psycopg.sql import SQL, Identifier

from casework.core.errors import Refusal
from casework.core.i18n import _
from casework.core.tables import Table, opened
from casework.registry.sources._places import Places
from casework.registry.sources._reader import Heading, heading
from casework.registry.sources._sealing import Seal
from casework.registry.sources._source import Problem, RecordSource, RowReader, Source, Subject
from casework.registry.sources._values import name_key
from casework.registry.sources.enterprises import EnterpriseSource

CHUNK = 20_000
"""Rows that are in memory at a time."""

Tell = Callable[[int, int | None, str], None]
"""Is told rows done, rows expected (None: unknown) and what goes on."""

ENTERPRISE_COLUMNS = {
    "uscc": "text",
    "reg_no": "text",
    "code_checked": "boolean",
    "subject_class": "text",
    "name": "text",
    "name_key": "text",
    "bigrams": "text[]",
    "type_code": "text",
    "type_name": "text",
    "legal_representative": "text",
    "person_key": "text",
    "person_id_sealed": "bytea",
    "phone_sealed": "bytea",
    "capital_wan": "numeric(20,6)",
    "paid_capital_wan": "numeric(20,6)",
    "currency": "text",
    "established_on": "date",
    "approved_on": "date",
    "term_from": "date",
    "term_to": "date",
    "registrar": "text",
    "status": "text",
    "status_on": "date",
    "status_reason": "text",
    "address": "text",
    "business_address": "text",
    "address_key": "text",
    "cluster_address": "boolean",
    "division_code": "text",
    "town_code": "text",
    "org_id": "bigint",
    "industry_section": "text",
    "industry_code": "text",
    "scope": "text",
    "employees": "bigint",
    "is_branch": "boolean",
    "tags": "text[]",
}
"""What a row may tell of an enterprise: a column of the same name; NULL is nothing told."""

RECORD_COLUMNS = {
    "source_key": "text",
    "kind": "smallint",
    "klass": "smallint",
    "happened_on": "date",
    "ends_on": "date",
    "publicity_until": "date",
    "repaired_on": "date",
    "revoked_on": "date",
    "amount": "numeric(20,6)",
    "title": "text",
    "document_no": "text",
    "authority": "text",
    "chain": "text",
    "detail": "jsonb",
}

_SUBJECT_COLUMNS = {"uscc": "text", "reg_no": "text", "name": "text", "name_key": "text"}
_PLACE_COLUMNS = {"sure": "boolean", "parent": "text"}
_REMARKS = {"field": "text", "reason": "text"}


@dataclass(frozen=True)
class Columns:
    """What the columns of one file mean: the heading row, and the field of each recognised column."""

    head: Heading
    fields: dict[int, str]


def columns_of(file: IO[bytes], source: Source, remembered: Callable[[Heading], dict[int, str] | None]) -> Columns:
    """The columns as a person once explained them (`remembered`), else as the source recognises them."""
    head = heading(file, source)
    return Columns(head, remembered(head) or source.recognise(head.cells))


class Staging:
    """The temporary tables of one import, and the rows of its file in them."""

    def __init__(
        self, cursor: Cursor[Any], source: Source, *, places: Places, seal: Seal, today: date, moment: datetime
    ) -> None:
        self.cursor, self.source, self.today, self.moment = cursor, source, today, moment
        self.rows = 0
        self._places, self._seal = places, seal
        if isinstance(source, EnterpriseSource):
            self._columns = {**ENTERPRISE_COLUMNS, **_PLACE_COLUMNS}
        else:
            self._columns = {**_SUBJECT_COLUMNS, **RECORD_COLUMNS}
        self._create_tables()

    def _create_tables(self) -> None:
        columns = {"row_no": "integer", **self._columns, **_REMARKS}
        self.cursor.execute("SET LOCAL work_mem = '96MB'")
        self.cursor.execute("DROP TABLE IF EXISTS pg_temp.staged, pg_temp.fate")
        self.cursor.execute(
            SQL("CREATE TEMP TABLE staged ({}) ON COMMIT DROP").format(
                SQL(", ").join(SQL("{} {}").format(Identifier(name), SQL(sort)) for name, sort in columns.items())
            )
        )
        self.cursor.execute(
            "CREATE TEMP TABLE fate (row_no integer, outcome text, enterprise_id bigint, record_id bigint,"
            " twin integer, number text, name text, field text, reason text) ON COMMIT DROP"
        )

    def fill(self, file: IO[bytes], columns: Columns, *, limit: int, tell: Tell) -> None:
        """Reads the whole file: rows that can be understood into `staged`, the others into `fate` as rejected."""
        reader = self.source.reader(columns.fields, columns.head.cells, columns.head.width)
        with opened(file) as table:
            rows = (row for row in table.rows() if row[0] > columns.head.row_no)
            while chunk := list(islice(rows, CHUNK)):
                self.rows += len(chunk)
                if self.rows > limit:
                    raise Refusal(_("文件超过 %(limit)s 行的上限，请分成几个文件导入。", limit=limit), field="file")
                self._copy(chunk, reader)
                tell(self.rows, _expected(table, self.rows), _("正在读取"))
        self.cursor.execute("ANALYZE staged")

    def _copy(self, chunk: Sequence[tuple[int, Sequence[str]]], reader: RowReader) -> None:
        rejected: list[tuple[Any, ...]] = []
        with self.cursor.copy("COPY staged FROM STDIN") as copy:
            for row_no, cells in chunk:
                row, problems = reader(cells)
                values: tuple[Any, ...] | None = None
                if not problems or not any(problem.fatal for problem in problems):
                    values, more = self._values(row)
                    problems += more
                if values is None:
                    rejected.append((row_no, "rejected", *_named(row), *_remarks(problems)))
                else:
                    copy.write_row((row_no, *values, *_remarks(problems)))
        if rejected:
            with self.cursor.copy("COPY fate (row_no, outcome, number, name, field, reason) FROM STDIN") as copy:
                for fate in rejected:
                    copy.write_row(fate)

    def _values(self, row: dict[str, Any]) -> tuple[tuple[Any, ...] | None, list[Problem]]:
        """The columns of a row in the order of `staged`, or None and why not."""
        if isinstance(self.source, EnterpriseSource):
            return self._enterprise(self.source, row)
        assert isinstance(self.source, RecordSource)
        return self._record(self.source, row)

    def _enterprise(
        self, source: EnterpriseSource, row: dict[str, Any]
    ) -> tuple[tuple[Any, ...] | None, list[Problem]]:
        told, problems = source.master(row)
        if problems:
            return None, problems
        place = self._places.find(row, told["uscc"] or told["reg_no"])
        person, phone = row["person_id"], row["phone"]
        told |= {
            "bigrams": _array(told["bigrams"]),
            "tags": _array(told["tags"]) if told["tags"] is not None else None,
            "person_key": self._seal.key_of(person) if person else None,
            "person_id_sealed": _bytes(self._seal.seal(person)) if person else None,
            "phone_sealed": _bytes(self._seal.seal(phone)) if phone else None,
            "division_code": place.division_code,
            "town_code": place.town_code,
            "org_id": place.org_id,
            "sure": place.sure,
        }
        return tuple(map(told.__getitem__, self._columns)), []

    def _record(self, source: RecordSource, row: dict[str, Any]) -> tuple[tuple[Any, ...] | None, list[Problem]]:
        subject = Subject.of(row)
        if subject.uscc is None and subject.reg_no is None and subject.name is None:
            return None, [Problem("", _("没有写明主体：代码、注册号和名称均为空。"), True)]
        draft, problems = source.draft(row, self.today)
        if draft is None:
            return None, problems
        key = name_key(subject.name) if subject.name else None
        detail = json.dumps(draft.detail, ensure_ascii=False)
        return (subject.uscc, subject.reg_no, subject.name, key, *draft[:-1], detail), []

    def counts(self) -> dict[str, int]:
        """How many rows met which fate, and how many warnings there are."""
        found = dict.fromkeys(("new", "changed", "unchanged", "waiting", "rejected"), 0)
        self.cursor.execute("SELECT outcome, count(*) FROM fate GROUP BY outcome")
        found.update(self.cursor.fetchall())
        [warnings] = self.cursor.execute("SELECT count(*) FROM staged WHERE reason IS NOT NULL").fetchone() or [0]
        return {"read": sum(found.values()), **found, "warnings": warnings}

    def report(self) -> Iterator[bytes]:
        """The fate of every row as CSV, in the order of the file; harmless in a spreadsheet."""
        words = {
            "new": _("新增"),
            "changed": _("变更"),
            "unchanged": _("无变化"),
            "waiting": _("待匹配"),
            "rejected": _("未导入"),
        }
        heads = (_("行号"), _("结果"), _("代码或注册号"), _("名称"), _("字段"), _("说明"))
        yield ("\ufeff" + ",".join(heads) + "\r\n").encode()
        with self.cursor.copy(_REPORT, {**words, "twin": _("与第 %s 行相同，以该行为准。")}) as copy:
            yield from map(bytes, copy)


def _expected(table: Table, done: int) -> int | None:
    return None if table.lines is None else max(table.lines, done)


def _named(row: dict[str, Any]) -> tuple[str | None, str | None]:
    subject = Subject.of(row)
    return subject.uscc or subject.reg_no, subject.name


def _remarks(problems: Iterable[Problem]) -> tuple[str | None, str | None]:
    if not problems:
        return None, None
    fields = "、".join(dict.fromkeys(problem.field for problem in problems if problem.field))
    return fields, " ".join(problem.sentence for problem in problems)


def _array(items: Sequence[str]) -> str:
    """PostgreSQL's spelling of a text array; several times faster than the driver's."""
    joined = '","'.join(items)
    if "\\" in joined or joined.count('"') != 2 * (len(items) - 1 if items else 0):
        joined = '","'.join(item.replace("\\", "\\\\").replace('"', '\\"') for item in items)
    return f'{{"{joined}"}}' if items else "{}"


def _bytes(data: bytes) -> str:
    return "\\x" + data.hex()


_SAFE = r"CASE WHEN {0} ~ '^[=+\-@\t\r\n]' THEN '''' || {0} ELSE {0} END"
_REPORT = f"""
    COPY (
        SELECT f.row_no,
               CASE f.outcome WHEN 'new' THEN %(new)s WHEN 'changed' THEN %(changed)s
                    WHEN 'unchanged' THEN %(unchanged)s WHEN 'waiting' THEN %(waiting)s ELSE %(rejected)s END,
               {_SAFE.format("coalesce(f.number, s.uscc, s.reg_no)")},
               {_SAFE.format("coalesce(f.name, s.name)")},
               {_SAFE.format("coalesce(f.field, s.field)")},
               {_SAFE.format("nullif(concat_ws(' ', f.reason, s.reason, replace(%(twin)s, '%%s', f.twin::text)), '')")}
        FROM fate f LEFT JOIN staged s ON s.row_no = f.row_no
        ORDER BY f.row_no
    ) TO STDOUT (FORMAT csv)
"""
