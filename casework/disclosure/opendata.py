"""Open data: the published results and the items list as CSV and JSON Lines, every column with its meaning."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from casework.core import clock
from casework.core.i18n import N_
from casework.core.sheets import csv_lines
from casework.disclosure import queries
from casework.sampling import queries as sampling


@dataclass(frozen=True)
class Column:
    """One column: its name in the file and what it means."""

    name: str
    meaning: str


@dataclass(frozen=True)
class DataSet:
    """One set of data: `rows(year)` gives its values in the order of the columns; `yearly`: one file a year."""

    key: str
    label: str
    note: str
    columns: tuple[Column, ...]
    rows: Callable[[int | None], Iterator[Sequence[Any]]]
    yearly: bool = False

    def csv(self, year: int | None) -> Iterator[str]:
        """The lines of the CSV file, its heading first."""
        return csv_lines([column.name for column in self.columns], (list(map(_text, row)) for row in self.rows(year)))

    def jsonl(self, year: int | None) -> Iterator[str]:
        """One object a line."""
        names = [column.name for column in self.columns]
        for row in self.rows(year):
            yield json.dumps(dict(zip(names, map(_json, row), strict=True)), ensure_ascii=False) + "\n"


def _text(value: Any) -> Any:
    """Several values share a cell."""
    return "；".join(map(str, value)) if isinstance(value, list) else value


def _json(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def _results(year: int | None) -> Iterator[Sequence[Any]]:
    """One row per item of each result in force, oldest first."""
    for one in queries.each_result(year):
        facts = one.facts
        task = facts["task"] or {"number": None, "title": None}
        for item in facts["items"]:
            yield (
                one.number,
                one.edition,
                one.type,
                task["number"],
                task["title"],
                one.enterprise_name,
                one.enterprise_code,
                facts["organ"]["name"],
                item["code"],
                item["name"],
                [result["code"] for result in item["results"]],
                [result["label"] for result in item["results"]],
                facts["checked_on"] and date.fromisoformat(facts["checked_on"]),
                one.published_on,
            )


def _items(_year: int | None) -> Iterator[Sequence[Any]]:
    for item in sampling.items_in_force(clock.today()):
        yield (
            item.code,
            item.category,
            item.name,
            item.basis,
            item.scope,
            item.importance,
            item.ratio,
            item.frequency,
            "on_site" if item.on_site else "off_site",
            list(item.checklist),
            item.section,
            item.valid_from,
        )


SETS = {
    one.key: one
    for one in (
        DataSet(
            key="results",
            label=N_("抽查检查结果"),
            note=N_("现行有效的公示结果，每户每个检查事项一行，按公示年份分文件。"),
            yearly=True,
            rows=_results,
            columns=(
                Column("number", N_("结果编号，与页面地址一致")),
                Column("edition", N_("版本；大于 1 的是更正后的版本")),
                Column("type", N_("抽查：随机抽取产生；检查：依法定情形实施")),
                Column("task_number", N_("抽查任务编号；检查没有任务")),
                Column("task_title", N_("抽查任务名称")),
                Column("enterprise_name", N_("检查对象名称")),
                Column("enterprise_code", N_("统一社会信用代码；没有的为注册号")),
                Column("organ", N_("检查实施机关")),
                Column("item_code", N_("检查事项编号，见抽查事项清单")),
                Column("item_name", N_("检查事项名称")),
                Column("result_codes", N_("结果代码，可以有多个")),
                Column("results", N_("结果，可以有多个")),
                Column("checked_on", N_("检查日期；未能实施检查的为空")),
                Column("published_on", N_("公示日期")),
            ),
        ),
        DataSet(
            key="items",
            label=N_("抽查事项清单"),
            note=N_("今天有效的抽查事项。清单之外不得检查。"),
            rows=_items,
            columns=(
                Column("code", N_("事项编号")),
                Column("category", N_("类别")),
                Column("name", N_("事项名称")),
                Column("basis", N_("抽查依据")),
                Column("scope", N_("抽查对象")),
                Column("importance", N_("general：一般检查事项；key：重点检查事项")),
                Column("ratio", N_("抽查比例")),
                Column("frequency", N_("抽查频次")),
                Column("method", N_("on_site：现场检查；off_site：非现场检查")),
                Column("checklist", N_("检查内容")),
                Column("section", N_("责任科室")),
                Column("valid_from", N_("本版本生效日期")),
            ),
        ),
    )
}
"""Every set, by its key in the address."""
