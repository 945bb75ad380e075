"""Tables for spreadsheets, CSV that Excel opens in Chinese and XLSX; neither can carry a formula."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell

BOM = "\ufeff"
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def cell(value: Any) -> str:
    """A value as text; what a spreadsheet would take for a formula gets an apostrophe in front."""
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(FORMULA_STARTS) and not isinstance(value, int | float) else text


def csv_lines(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    """The lines of a CSV file in UTF-8 with the mark that Excel needs, one string for each row: memory stays flat."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    buffer.write(BOM)
    for row in chain((header,), rows):
        writer.writerow([cell(value) for value in row])
        yield _taken(buffer)


def _taken(buffer: io.StringIO) -> str:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text


WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
"""The media type of an XLSX file."""
LONGEST_SHEET_NAME = 31


def workbook(title: str, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    """An XLSX file of one sheet: numbers stay numbers, every other value is text, whatever it begins with."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(title[:LONGEST_SHEET_NAME])
    for row in chain((header,), rows):
        sheet.append([_typed(sheet, value) for value in row])
    packed = io.BytesIO()
    book.save(packed)
    return packed.getvalue()


def _typed(sheet: Any, value: Any) -> Any:
    if isinstance(value, int | float):
        return value
    written = WriteOnlyCell(sheet, value="" if value is None else str(value))
    written.data_type = "s"
    return written
