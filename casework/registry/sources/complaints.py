"""投诉: complaints of consumers, as the 12315 platform exports them. Nothing about who complained is read."""

from casework.core.i18n import N_
from casework.registry.sources import _values as values
from casework.registry.sources._source import SOURCE_KEY, SUBJECT, Example, Field, RecordSource, told_apart_by

OUTCOMES = values.one_of(
    {
        "不予受理": 0,
        "未受理": 0,
        "撤回": 0,
        "撤诉": 0,
        "恶意": 0,
        "重复": 0,
        "已受理": 1,
        "受理": 1,
        "调解成功": 1,
        "终止调解": 1,
        "调解不成": 1,
        "和解": 1,
        "已办结": 1,
        "办结": 1,
        "不履行": 2,
        "拒不履行": 2,
    }
)

SOURCE = RecordSource(
    key="complaints",
    label=N_("投诉"),
    english="Complaints",
    about=N_("投诉的受理与结果。不读取投诉人信息；不予受理、撤回的不计入风险。"),
    kind="complaint",
    identity=told_apart_by(("document_no",)),
    title=lambda row: row["matter"] or "投诉",
    klass=lambda row: row["outcome"],
    unkept=frozenset({"outcome"}),
    chained=True,
    fields=(
        *SUBJECT,
        SOURCE_KEY,
        Field("document_no", N_("投诉编号"), values.whole_number_text, ("登记编号", "工单编号", "编号"), required=True),
        Field("matter", N_("问题类别"), values.text, ("投诉问题", "客体类别", "诉求类别")),
        Field("outcome", N_("办理结果"), OUTCOMES, ("受理情况", "处理结果", "办理状态", "是否受理"), required=True),
        Field("happened_on", N_("受理日期"), values.day, ("登记日期", "接收日期", "accepted_on"), required=True),
        Field("authority", N_("承办单位"), values.text, ("受理单位", "办理单位")),
    ),
    examples=(
        Example(
            {
                "uscc": "92411627MA4400024K",
                "name": "太康县示例小吃店",
                "document_no": "1411627002026000001",
                "matter": "食品安全",
                "outcome": "调解成功",
                "happened_on": "2026-04-18",
            },
            {"kind": 13, "klass": 1, "document_no": "1411627002026000001"},
        ),
        Example(
            {
                "uscc": "91411602MA4400008R",
                "name": "周口示例商贸有限公司",
                "document_no": "1411602002026000002",
                "outcome": "不予受理",
                "happened_on": "2026-04-19",
            },
            {"kind": 13, "klass": 0},
        ),
    ),
)
