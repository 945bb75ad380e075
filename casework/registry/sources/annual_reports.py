"""年度报告: that a subject has published its annual report, when, and whether it is all zeros."""

from datetime import date
from decimal import Decimal

from casework.core.i18n import N_
from casework.registry.sources import _values as values
from casework.registry.sources._source import SOURCE_KEY, SUBJECT, Example, Field, RecordSource, Row, told_apart_by

IN_TIME, LATE, ZERO_IN_TIME, ZERO_LATE = 1, 2, 3, 4
_FIGURES = ("revenue", "profit", "assets", "tax")


def klass(row: Row) -> int:
    """In time until 30 June of the next year (企业信息公示暂行条例 第八条); 零申报 as told, or if all figures are 0."""
    late = row["happened_on"] > date(row["year"] + 1, 6, 30)
    figures = [row[key] for key in _FIGURES if row[key] is not None]
    zero = row["zero"] if row["zero"] is not None else bool(figures) and not any(figures)
    return (ZERO_LATE if late else ZERO_IN_TIME) if zero else (LATE if late else IN_TIME)


def _figure(cell: str) -> Decimal | None:
    """An amount in 10,000 yuan; a subject may choose not to publish it."""
    if "不公示" in cell:
        return None
    found = values.capital(cell.lstrip("-－"))
    return found.wan if found else None


SOURCE = RecordSource(
    key="annual_reports",
    label=N_("年度报告"),
    english="Annual reports",
    about=N_("年度报告的公示情况：按期、逾期补报、零申报。"),
    kind="annual_report",
    identity=told_apart_by(("year",)),
    title=lambda row: f"{row['year']}年度报告",
    klass=klass,
    fields=(
        *SUBJECT,
        SOURCE_KEY,
        Field("year", N_("报告年度"), values.year, ("年度", "年报年度", "ancheyear", "year"), required=True),
        Field(
            "happened_on",
            N_("公示日期"),
            values.day,
            ("填报日期", "报送日期", "首次公示日期", "anchedate"),
            required=True,
        ),
        Field("zero", N_("是否零申报"), values.flag, ("零申报", "zero")),
        Field("revenue", N_("营业总收入"), _figure, ("营业收入", "vendinc", "revenue"), lenient=True, monetary=True),
        Field("profit", N_("利润总额"), _figure, ("progro", "profit"), lenient=True, monetary=True),
        Field("assets", N_("资产总额"), _figure, ("assgro", "assets"), lenient=True, monetary=True),
        Field("tax", N_("纳税总额"), _figure, ("ratgro", "tax"), lenient=True, monetary=True),
        Field("employees", N_("从业人数"), values.count, ("empnum",), lenient=True),
    ),
    examples=(
        Example(
            {
                "uscc": "91411602MA4400008R",
                "name": "周口示例商贸有限公司",
                "year": "2025",
                "happened_on": "2026-05-30",
                "revenue": "120万元",
                "tax": "3.5",
            },
            {"kind": 15, "klass": 1, "title": "2025年度报告"},
        ),
        Example(
            {
                "uscc": "91411602MA4400016L",
                "name": "周口示例建材有限公司",
                "year": "2024年度",
                "happened_on": "2025-08-01",
                "revenue": "0",
                "assets": "0",
            },
            {"kind": 15, "klass": 4},
        ),
    ),
)
