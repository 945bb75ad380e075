"""Files as they come: encodings, delimiters, packings, workbooks; and what is no table."""

import csv
import gzip
import io
import zipfile
from datetime import datetime

import pytest
from openpyxl import Workbook

from casework.core import tables
from casework.core.errors import Refusal
from casework.core.tables import opened
from casework.registry.sources import SOURCES
from casework.registry.sources._reader import heading

SOURCE = SOURCES["enterprises"]
TEXT = "名称,统一社会信用代码,经营范围\n周口示例商贸有限公司,91411602MA4400008R,“百货”、㎡ 与逗号\n"


def rows(data: bytes):
    with opened(io.BytesIO(data)) as table:
        return [(number, list(cells)) for number, cells in table.rows()]


def workbook(*lines) -> bytes:
    book = Workbook()
    for line in lines:
        book.active.append(line)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("packed", [False, True])
def test_encodings_and_packing(encoding, packed):
    data = TEXT.encode(encoding)
    assert rows(gzip.compress(data) if packed else data) == rows(TEXT.encode())


def test_bytes_of_another_encoding_far_into_the_file_are_understood():
    ascii_rows = "name,uscc\n" + "plain,91411602MA4400008R\n" * 100_000
    assert rows(ascii_rows.encode() + "周口,1\n".encode("gb18030"))[-1][1] == ["周口", "1"]


@pytest.mark.parametrize("delimiter", list(",\t;|"))
def test_delimiters(delimiter):
    assert rows(f"名称{delimiter}代码\n甲{delimiter}乙\n".encode()) == [(1, ["名称", "代码"]), (2, ["甲", "乙"])]


def test_blank_rows_are_passed_over_and_rows_keep_their_numbers():
    assert rows("名称,代码\n\n,,\n 　,\n甲,乙\n".encode()) == [(1, ["名称", "代码"]), (5, ["甲", "乙"])]


def test_workbooks_with_their_typed_cells():
    data = workbook(["名称", "注册号", "成立日期", "注册资本"], ["甲", 411602600012344, datetime(2018, 3, 5), 100.5])
    expected = [(1, ["名称", "注册号", "成立日期", "注册资本"]), (2, ["甲", "411602600012344", "2018-03-05", "100.5"])]
    assert rows(data) == rows(gzip.compress(data)) == expected


def test_the_heading_row_is_found_below_titles():
    data = workbook(["周口市经营主体名单"], ["制表：信用监管科"], ["序号", "企业名称", "信用代码"], [1, "甲", "乙"])
    found = heading(io.BytesIO(data), SOURCE)
    assert (found.row_no, found.cells) == (3, ("序号", "企业名称", "信用代码"))
    assert found.below == (("1", "甲", "乙"),)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "空的"),
        (b"%PDF-1.7 \x00", "PDF"),
        (b"\x89PNG\r\n\x1a\n\x00", "图片"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\x00", "旧版 Excel"),
        (b"\n <html><table><tr><td>", "网页"),
        ("\ufeff<?xml version='1.0'?>".encode(), "网页"),
        (b"abc\x00def,ghi", "二进制"),
        ("名称".encode() + b"\xff\xff\xff", "编码"),
        (b'a,b\nc,"d\ne,f\n', "引号不成对"),
        (b"\x1f\x8b\x08\x00broken", "压缩文件"),
        (gzip.compress(TEXT.encode())[:-9], "压缩文件"),
        (b"PK\x03\x04 cut short", "工作簿已损坏"),
    ],
)
def test_what_is_no_table_is_refused_in_words(data, says):
    with pytest.raises(Refusal, match=says):
        rows(data)


def archive(**parts: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in parts.items():
            packed.writestr(name, content)
    return buffer.getvalue()


def test_another_archive_is_no_workbook():
    with pytest.raises(Refusal, match="不是 Excel 工作簿"):
        rows(archive(**{"word/document.xml": b"<w/>"}))


def test_a_workbook_that_is_no_xml_or_an_entity_bomb():
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><workbook>&b;</workbook>'
    for content in (b"nonsense", bomb):
        with pytest.raises(Refusal, match="工作簿已损坏"):
            rows(archive(**{"xl/workbook.xml": content, "[Content_Types].xml": content}))


def test_bombs_are_stopped(monkeypatch):
    monkeypatch.setattr(tables, "FREE_UNPACKED", 1 << 20)
    monkeypatch.setattr(tables, "MOST_RATIO", 10)
    with pytest.raises(Refusal, match="异常庞大"):
        rows(gzip.compress(b"0" * (5 << 20)))
    with pytest.raises(Refusal, match="异常庞大"):
        rows(archive(**{"xl/workbook.xml": b"0" * (5 << 20)}))


def test_a_heading_that_is_recognised_nowhere_is_the_first_row_with_several_cells():
    assert heading(io.BytesIO("说明\n甲乙,丙丁\n1,2\n".encode()), SOURCE).row_no == 2


def test_a_million_columns_are_refused():
    buffer = io.StringIO()
    csv.writer(buffer).writerow(["名称", *["x"] * 600])
    with pytest.raises(Refusal, match="超过 500 列"):
        heading(io.BytesIO(buffer.getvalue().encode()), SOURCE)
