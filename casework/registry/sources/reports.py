"""举报: reports of violations and what came of them. Nothing about the informant is read."""

from casework.core.i18n import N_
from casework.registry.sources import _values as values
from casework.registry.sources._source import SOURCE_KEY, SUBJECT, Example, Field, RecordSource, told_apart_by

OUTCOMES = values.one_of(
    {
        "查实": 1,
        "属实": 1,
        "立案": 1,
        "部分属实": 1,
        "未查实": 0,
        "不属实": 0,
        "查无实据": 0,
        "不予立案": 0,
        "核查中": 0,
        "不予受理": 0,
    }
)

SOURCE = RecordSource(
    key="reports",
    label=N_("举报"),
    english="Reports of violations",
    about=N_("举报线索的核查结果。不读取举报人信息。"),
    kind="report",
    identity=told_apart_by(("document_no",)),
    title=lambda row: row["matter"] or "举报",
    klass=lambda row: row["outcome"],
    unkept=frozenset({"outcome"}),
    chained=True,
    fields=(
        *SUBJECT,
        SOURCE_KEY,
        Field("document_no", N_("举报编号"), values.whole_number_text, ("登记编号", "工单编号", "编号"), required=True),
        Field("matter", N_("违法线索类别"), values.text, ("举报问题", "违法行为类别")),
        Field("outcome", N_("核查结果"), OUTCOMES, ("办理结果", "处理结果"), required=True),
        Field("happened_on", N_("登记日期"), values.day, ("接收日期", "举报日期"), required=True),
        Field("authority", N_("核查单位"), values.text, ("承办单位", "办理单位")),
    ),
    examples=(
        Example(
            {
                "uscc": "91411602MA4400024F",
                "name": "周口示例饮品有限公司",
                "document_no": "2411602002026000003",
                "matter": "虚假宣传",
                "outcome": "经核查属实",
                "happened_on": "2026-02-02",
            },
            {"kind": 14, "klass": 1},
        ),
        Example(
            {
                "uscc": "91411602MA4400008R",
                "name": "周口示例商贸有限公司",
                "document_no": "2411602002026000004",
                "outcome": "不属实",
                "happened_on": "2026-02-03",
            },
            {"kind": 14, "klass": 0},
        ),
    ),
)
