"""Directories filled from tables: columns with their words, a template, a dry run, every mistake by row and column."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import IO, Any

from casework.core.db import session
from casework.core.errors import Invalid, Refusal
from casework.core.i18n import _
from casework.core.schemas import Schema, ValidationError, fields
from casework.core.sheets import csv_lines, workbook
from casework.core.tables import opened

LARGEST = 8 << 20  # bytes
MOST_TOLD = 20
"""So many mistakes of a table are told at once."""
SEPARATORS = str.maketrans("、，;,\n", "；；；；；")


@dataclass(frozen=True)
class Column:
    """A column of a directory's table: its heading, an example, and the words for the keys of a choice.

    `lines`: several texts, which the form takes one a line. Headings and words are Chinese, as files carry them.
    """

    heading: str
    example: str = ""
    words: Mapping[Any, str] | None = None
    several: bool = False
    lines: bool = False


@dataclass(frozen=True)
class Listing:
    """The table by which a directory comes in: what it is called, its columns by field, what a row may say."""

    name: str
    columns: Mapping[str, Column]
    schema: type[Schema]
    widen: Callable[[], Mapping[str, Mapping[Any, str]]] = field(default=dict)
    """Words of columns that stand in the database (units), by field."""

    def words(self) -> dict[str, Mapping[Any, str]]:
        """The words of each column that offers a choice, by field."""
        fixed = {name: column.words for name, column in self.columns.items() if column.words is not None}
        return fixed | dict(self.widen())

    @property
    def headings(self) -> list[str]:
        return [column.heading for column in self.columns.values()]

    @property
    def examples(self) -> list[str]:
        return [column.example for column in self.columns.values()]

    def template_csv(self) -> Iterator[str]:
        return csv_lines(self.headings, [self.examples])

    def template_xlsx(self) -> bytes:
        return workbook(self.name, self.headings, [self.examples])

    def entry(self, cells: Mapping[str, str], words: Mapping[str, Mapping[Any, str]]) -> dict[str, Any]:
        """One row of the table as the form would give it; raises ValidationError by field."""
        entry: dict[str, Any] = {}
        for name, column in self.columns.items():
            cell: Any = cells.get(column.heading, "").strip()
            if name in words:
                keys = {word: key for key, word in words[name].items()}
                parts = cell.replace(";", "；").split("；") if column.several else [cell]  # words may hold a comma
                found = [keys.get(part.strip(), part.strip()) for part in parts if part.strip()]
                cell = found if column.several else found[0] if found else ""
            elif column.several:
                cell = [part.strip() for part in cell.translate(SEPARATORS).split("；") if part.strip()]
            elif column.lines:
                cell = cell.replace("；", "\n").replace(";", "\n")
            if cell not in ("", []):
                entry[name] = cell
        return self.schema().load(entry)

    def heading_of(self, name: str | None) -> str:
        column = self.columns.get(name or "")
        return column.heading if column else ""


def mistakes(error: ValidationError) -> Iterator[tuple[str, str]]:
    """Field and sentence of everything that is wrong with a row, once for each sentence."""
    for name, told in error.normalized_messages().items():
        several = (one for part in told.values() for one in part) if isinstance(told, dict) else told
        yield from ((name, sentence) for sentence in dict.fromkeys(several))


def take_in(
    listing: Listing, file: IO[bytes], keep: Callable[[dict[str, Any]], object], *, dry_run: bool = False
) -> int:
    """Keeps every row of a table by `keep`, whole or not at all; a dry run keeps nothing. Returns how many rows.

    What is wrong is told by row and column, whether the words of a row say it or `keep` refuses them.
    """
    wrong: list[str] = []
    count = 0
    words = listing.words()
    with suppress(_OnlyTried), session.begin_nested():
        for number, cells in _rows(listing, file):
            count += 1
            wrong += _mistakes_of_row(listing, number, cells, words, keep)
        _refuse(wrong, count)
        if dry_run:
            raise _OnlyTried
    return count


class _OnlyTried(Exception):
    """Leaves the savepoint of a dry run, and with it what was written."""


def _mistakes_of_row(
    listing: Listing,
    number: int,
    cells: Mapping[str, str],
    words: Mapping[str, Mapping[Any, str]],
    keep: Callable[[dict[str, Any]], object],
) -> list[str]:
    """Keeps a row, or says what is wrong with it."""
    try:
        entry = listing.entry(cells, words)
        with session.begin_nested():
            keep(entry)
            session.flush()
    except ValidationError as error:
        return [_told(listing, number, name, why) for name, why in mistakes(error)]
    except Invalid as refusal:
        return [_told(listing, number, name, why) for name, told in refusal.errors.items() for why in told]
    except Refusal as refusal:
        return [_told(listing, number, refusal.field, str(refusal))]
    return []


def _refuse(wrong: list[str], count: int) -> None:
    if wrong:
        more = len(wrong) - MOST_TOLD
        rest = [_("另有 %(count)s 处错误，更正后再检查。", count=more)] if more > 0 else []
        raise Refusal("\n".join([*wrong[:MOST_TOLD], *rest]), field="file")
    if not count:
        raise Refusal(_("表中没有内容。请从第二行起，每行填写一项。"), field="file")


def _told(listing: Listing, number: int, name: str | None, why: str) -> str:
    heading = listing.heading_of(name)
    if heading:
        return _("第 %(row)s 行“%(column)s”：%(why)s", row=number, column=heading, why=why)
    return _("第 %(row)s 行：%(why)s", row=number, why=why)


def _rows(listing: Listing, file: IO[bytes]) -> Iterator[tuple[int, dict[str, str]]]:
    """Row numbers and cells by heading; every heading of the template must be there."""
    if file.seek(0, 2) > LARGEST:
        raise Refusal(_("文件超过 %(limit)s MB，请分成几个文件导入。", limit=LARGEST >> 20), field="file")
    with opened(file) as table:
        rows = table.rows()
        headings = [cell.strip() for cell in next(rows, (0, ()))[1]]
        missing = [heading for heading in listing.headings if heading not in headings]
        if missing:
            raise Refusal(_("缺少这些列：%(columns)s。请用模板填写。", columns=_("、").join(missing)), field="file")
        for number, cells in rows:
            yield number, dict(zip(headings, cells, strict=False))


class Upload(Schema):
    """What comes with the file: whether it is only to be checked."""

    check = fields.Boolean(load_default=False)
