"""Files as rows of cells: CSV, TSV and XLSX, gzipped or not, in the encodings that offices use, in flat memory."""

import codecs
import csv
import gzip
import io
import tempfile
import warnings
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import IO, Any
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException
from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.worksheet._read_only import ReadOnlyWorksheet

from casework.core.errors import Refusal
from casework.core.i18n import N_, _

MOST_COLUMNS = 500
MOST_UNPACKED = 4 << 30
MOST_RATIO = 200
FREE_UNPACKED = 64 << 20
"""A file that unpacks to more than MOST_RATIO times its size, beyond these first 64 MB, is no table."""
MOST_SHARED_STRINGS = 256 << 20
"""The texts of a workbook, which have to lie in memory at once."""

_CHUNK = 1 << 20
_DELIMITERS = ",\t;|"
_OTHER_KINDS = (
    (b"%PDF", N_("PDF 文件")),
    (b"\xd0\xcf\x11\xe0", N_("旧版 Excel（.xls）或加密的 Office 文件")),
    (b"\x89PNG", N_("图片")),
    (b"\xff\xd8\xff", N_("图片")),
    (b"GIF8", N_("图片")),
    (b"BM", N_("图片")),
    (b"II*\x00", N_("图片")),
    (b"Rar!", N_("压缩包")),
    (b"7z\xbc\xaf", N_("压缩包")),
    (b"BZh", N_("压缩包")),
    (b"\xfd7zXZ", N_("压缩包")),
    (b"{\\rtf", N_("RTF 文档")),
    (b"<", N_("网页（HTML 或 XML，有的系统以 .xls 为扩展名导出）")),
)
csv.field_size_limit(_CHUNK)


@dataclass(frozen=True)
class Table:
    """An opened file: its rows of cells, and for text about how many there are (a workbook does not say beforehand)."""

    cells: Iterator[Sequence[str]]
    lines: int | None

    def rows(self) -> Iterator[tuple[int, Sequence[str]]]:
        """Row numbers as a spreadsheet shows them, with their cells; blank rows are passed over."""
        for number, cells in enumerate(self.cells, 1):
            if any(map(str.strip, cells)):
                yield number, cells


@contextmanager
def opened(file: IO[bytes]) -> Iterator[Table]:
    """The table in a file, whatever it is called; what is no table is refused in words that say what it is."""
    file.seek(0)
    start = file.read(4096)
    if not start:
        raise Refusal(_("文件是空的。"), field="file")
    size = file.seek(0, io.SEEK_END)
    file.seek(0)
    if not start.startswith(b"\x1f\x8b"):
        with _table(file, start, size) as table:
            yield table
        return
    with tempfile.TemporaryFile() as plain:
        _unpack(file, plain, size)
        plain.seek(0)
        with _table(plain, plain.read(4096), size) as table:
            yield table


def _unpack(packed: IO[bytes], plain: IO[bytes], size: int) -> None:
    """Unpacks gzip to disk, and stops when it grows like a bomb."""
    unpacked = 0
    try:
        with gzip.GzipFile(fileobj=packed) as stream:
            while chunk := stream.read(_CHUNK):
                unpacked += len(chunk)
                _refuse_bomb(unpacked, size)
                plain.write(chunk)
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raise Refusal(_("压缩文件不完整或已损坏，请重新压缩后上传。"), field="file") from None


def _refuse_bomb(unpacked: int, size: int) -> None:
    if unpacked > MOST_UNPACKED or unpacked > FREE_UNPACKED + MOST_RATIO * size:
        raise Refusal(_("文件解压后异常庞大，已停止读取。请直接上传未压缩的 CSV。"), field="file")


@contextmanager
def _table(file: IO[bytes], start: bytes, size: int) -> Iterator[Table]:
    file.seek(0)
    if start.startswith(b"PK\x03\x04"):
        with _workbook(file, size) as table:
            yield table
    else:
        with _text(file, start) as table:
            yield table


# Workbooks -----------------------------------------------------------------------------------------------------------


@contextmanager
def _workbook(file: IO[bytes], size: int) -> Iterator[Table]:
    _check_archive(file, size)
    try:
        with warnings.catch_warnings(action="ignore"):
            book = load_workbook(file, read_only=True, data_only=True, keep_links=False)
    except (*_BROKEN_BOOK, InvalidFileException):
        raise _broken_book() from None
    try:
        if not book.worksheets:
            raise Refusal(_("工作簿中没有工作表。"), field="file")
        sheet = book.worksheets[0]
        sheet.reset_dimensions()
        yield Table(_sheet_rows(sheet), None)
    finally:
        book.close()


_BROKEN_BOOK = (
    KeyError,
    ValueError,
    TypeError,
    ParseError,
    DefusedXmlException,
    zipfile.BadZipFile,
    zlib.error,
    OSError,
)


def _broken_book() -> Refusal:
    return Refusal(_("工作簿已损坏或内容不合规范，请用 Excel 打开后另存为 .xlsx 再上传。"), field="file")


def _check_archive(file: IO[bytes], size: int) -> None:
    try:
        with zipfile.ZipFile(file) as archive:
            parts = {part.filename: part.file_size for part in archive.infolist()}
    except (zipfile.BadZipFile, NotImplementedError):
        raise _broken_book() from None
    if "xl/workbook.xml" not in parts:
        raise Refusal(
            _("这是压缩包或其他文档，不是 Excel 工作簿。请上传 .xlsx 或 .csv 文件（可用 gzip 压缩）。"), field="file"
        )
    _refuse_bomb(sum(parts.values()), size)
    if parts.get("xl/sharedStrings.xml", 0) > MOST_SHARED_STRINGS:
        raise Refusal(_("工作簿过大，请另存为 CSV 后上传。"), field="file")
    file.seek(0)


def _sheet_rows(sheet: ReadOnlyWorksheet) -> Iterator[Sequence[str]]:
    try:
        for row in sheet.iter_rows(values_only=True):
            yield [cell_of(value) for value in row[: MOST_COLUMNS + 1]]
    except _BROKEN_BOOK:
        raise _broken_book() from None


# Text ----------------------------------------------------------------------------------------------------------------


@contextmanager
def _text(file: IO[bytes], start: bytes) -> Iterator[Table]:
    for sign, kind in _OTHER_KINDS:
        if start.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(sign):
            raise Refusal(
                _("这是%(kind)s，不是可导入的表格。请另存为 .xlsx 或 .csv 后上传。", kind=_(kind)), field="file"
            )
    encoding, lines = _encoding(file, start)
    file.seek(0)
    words = io.TextIOWrapper(file, encoding=encoding, newline="")
    try:
        first = next((line for line in words if line.strip()), "")
        words.seek(0)
        yield Table(_text_rows(words, max(_DELIMITERS, key=first.count)), lines)
    finally:
        words.detach()


def _encoding(file: IO[bytes], start: bytes) -> tuple[str, int]:
    """UTF-8 with or without BOM, UTF-16 with BOM, else GB18030, proved by reading the whole; and the lines."""
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        candidates = ["utf-16"]
    elif b"\0" in start:
        raise Refusal(_("这是二进制文件，不是可导入的表格。请上传 .xlsx 或 .csv 文件。"), field="file")
    else:
        candidates = ["utf-8-sig", "gb18030"]
    for encoding in candidates:
        lines = _lines_if(file, encoding)
        if lines is not None:
            return encoding, lines
    raise Refusal(_("文字编码无法识别，请另存为 UTF-8 编码的 CSV 后上传。"), field="file")


def _lines_if(file: IO[bytes], encoding: str) -> int | None:
    decoder = codecs.getincrementaldecoder(encoding)()
    lines = 0
    file.seek(0)
    try:
        while chunk := file.read(_CHUNK):
            lines += decoder.decode(chunk).count("\n")
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return None
    return lines


def _text_rows(words: io.TextIOWrapper, delimiter: str) -> Iterator[Sequence[str]]:
    rows = csv.reader(words, delimiter=delimiter, strict=True)
    number = 0
    try:
        for number, cells in enumerate(rows, 1):  # noqa: B007 (named in the refusal)
            yield cells
    except csv.Error:
        raise Refusal(
            _("第 %(row)s 行无法读取：引号不成对，或单元格超过 1 MB。请更正后重新上传。", row=number + 1), field="file"
        ) from None


def cell_of(value: Any) -> str:
    """The text of a typed cell of a workbook. Numbers beyond 15 digits have lost their end in Excel and say so."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == datetime.min.time() else value.isoformat(sep=" ")
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, int | float):
        if abs(value) >= 10**15:
            return f"{value:.5E}"
        return str(int(value)) if value == int(value) else repr(value)
    return str(value)
