"""抽查检查结果: results of spot checks and inspections, one row per item checked."""

from casework.core.i18n import N_
from casework.registry.sources import _values as values
from casework.registry.sources._source import SOURCE_KEY, STATE, SUBJECT, Example, Field, RecordSource, told_apart_by

RESULTS = {
    "不符合": 3,
    "不正常": 3,
    "不合格": 3,
    "异常": 3,
    "未发现问题": 1,
    "正常": 1,
    "符合": 1,
    "责令改正": 2,
    "限期整改": 2,
    "待后续处理": 3,
    "移送": 3,
    "立案": 3,
    "不配合": 4,
    "拒绝检查": 4,
    "阻挠": 4,
    "未按规定公示": 5,
    "未公示": 5,
    "隐瞒真实情况": 6,
    "弄虚作假": 6,
    "无法联系": 7,
    "失联": 7,
    "未发现开展": 8,
    "未开展": 8,
    "已关闭": 9,
    "停业": 9,
    "注销": 9,
    "吊销": 9,
    "迁出": 9,
    "不予处罚": 10,
    "免罚": 10,
}
WORDS = {
    1: "未发现问题",
    2: "发现问题已责令改正",
    3: "发现问题待后续处理",
    4: "不配合检查情节严重",
    5: "未按规定公示应当公示的信息",
    6: "公示信息隐瞒真实情况、弄虚作假",
    7: "通过登记的住所（经营场所）无法联系",
    8: "未发现开展本次抽查涉及的经营活动",
    9: "已关闭停业、注销、吊销、撤销或迁出",
    10: "轻微违法及时改正不予处罚",
}
_by_words = values.one_of(RESULTS)


def result(cell: str) -> int:
    """The class of a result by its words; of several in one cell the weightiest decides."""
    parts = [part for part in values.fold(cell).replace(";", "；").split("；") if part.strip()]
    return max((int(_by_words(part)) for part in parts), key=_WEIGHT.index)


_WEIGHT = [1, 8, 9, 10, 5, 7, 2, 6, 3, 4]
"""From the lightest to the weightiest."""

SOURCE = RecordSource(
    key="spot_checks",
    label=N_("抽查检查结果"),
    english="Results of checks",
    about=N_("双随机抽查与其他检查的结果，一个检查事项一行。本系统内公示的结果自动归集，不需导入。"),
    kind="check",
    identity=told_apart_by(("document_no", "item"), ("happened_on", "item"), ("happened_on",)),
    title=lambda row: f"{row['item']}：{WORDS[row['result']]}" if row["item"] else WORDS[row["result"]],
    klass=lambda row: row["result"],
    unkept=frozenset({"result"}),
    chained=True,
    fields=(
        *SUBJECT,
        SOURCE_KEY,
        Field("document_no", N_("检查任务编号"), values.whole_number_text, ("任务编号", "计划编号", "taskno")),
        Field("plan", N_("抽查计划名称"), values.text, ("计划名称", "任务名称")),
        Field("item", N_("检查事项"), values.text, ("抽查事项", "检查内容", "item")),
        Field("sort", N_("检查类型"), values.text, ("抽查类型", "类型", "instype"), note=N_("抽查或检查。")),
        Field("result", N_("检查结果"), result, ("抽查结果", "结果", "insres", "result"), required=True),
        Field(
            "happened_on", N_("检查日期"), values.day, ("抽查日期", "检查时间", "insdate", "checked_on"), required=True
        ),
        Field("ends_on", N_("处理完毕日期"), values.day, ("复查合格日期", "后续处理完成日期")),
        Field("authority", N_("检查机关"), values.text, ("抽查机关", "实施机关", "insauth")),
        STATE[0],
    ),
    examples=(
        Example(
            {
                "uscc": "92411627MA4400024K",
                "name": "太康县示例小吃店",
                "item": "食品经营监督检查",
                "result": "发现问题已责令改正",
                "happened_on": "2026-05-20",
                "ends_on": "2026-06-05",
            },
            {"kind": 12, "klass": 2, "ends_on": "2026-06-05", "title": "食品经营监督检查：发现问题已责令改正"},
        ),
        Example(
            {
                "uscc": "91411602MA4400008R",
                "name": "周口示例商贸有限公司",
                "item": "公示信息检查",
                "result": "未发现问题",
                "happened_on": "2025-11-11",
            },
            {"kind": 12, "klass": 1},
        ),
    ),
)
