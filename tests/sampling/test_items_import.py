"""Items from a table: the template goes in as it is, mistakes are told by row and column, whole or nothing."""

import csv
import io

import pytest
from sqlalchemy import select

from casework.core.db import session
from casework.sampling.models import InspectionItem
from casework.sampling.schemas import ITEM_COLUMNS


def table(*changes: dict[str, str], without: str = "") -> str:
    """The template's example once for each change."""
    columns = [column for column in ITEM_COLUMNS.values() if column.heading != without]
    target = io.StringIO()
    writer = csv.writer(target)
    writer.writerow(column.heading for column in columns)
    for change in changes:
        writer.writerow(change.get(column.heading, column.example) for column in columns)
    return target.getvalue()


def post(client, content: bytes):
    return client.post("/sampling/items/import", data={"file": (io.BytesIO(content), "items.csv")})


def test_the_template_comes_in_as_it_is_and_twice_is_once(world, as_role):
    credit = as_role("credit")
    template = credit.get("/sampling/items/template").data
    for _again in range(2):
        assert post(credit, template).status_code == 303
    [item] = session.scalars(select(InspectionItem)).all()
    assert (item.code, item.line, item.importance, item.on_site) == ("B05", "food", "key", True)
    assert (item.levels, item.pool, item.checklist[1]) == (
        ["city", "county"],
        {"industries": ["F52"]},
        "进货查验记录是否完整",
    )
    assert item.published_on is None
    assert as_role("line").get("/sampling/items/import").status_code == 403


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_each_mistake_is_told_by_row_and_column_and_nothing_is_kept(world, as_role, encoding):
    content = table({"编号": "B06"}, {"编号": "B07", "业务条线": "航天"}, {"编号": "B08", "生效日期": "明年"})
    answer = post(as_role("credit"), content.encode(encoding))
    assert answer.status_code == 422
    assert "第 3 行“业务条线”" in answer.text
    assert "第 4 行“生效日期”" in answer.text
    assert session.scalars(select(InspectionItem)).all() == []


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "文件是空的"),
        (table({}, without="抽查依据").encode(), "抽查依据"),
        (table().encode(), "表中没有内容"),
        (b"x" * (8 << 20) + b"y", "超过"),
        (b"PK\x03\x04\x00\xff", "工作簿已损坏"),
    ],
)
def test_what_is_no_list_of_items_is_refused(world, as_role, content, why):
    answer = post(as_role("credit"), content)
    assert answer.status_code == 422
    assert why in answer.text
