"""经营异常名录: listings with their reason; a removal ends one, a correction undoes it as if it had never been."""

from casework.core.i18n import N_
from casework.registry.sources import _values as values
from casework.registry.sources._source import SOURCE_KEY, STATE, SUBJECT, Example, Field, RecordSource, told_apart_by

REASONS = {
    "年度报告": 1,
    "年报": 1,
    "责令": 2,
    "即时信息": 2,
    "隐瞒": 3,
    "弄虚作假": 3,
    "无法联系": 4,
    "失联": 4,
    "1": 1,
    "2": 2,
    "3": 3,
    "4": 4,
}
"""The four reasons of 企业经营异常名录管理办法; concealment is the third even where the text mentions a report."""

_by_words = values.one_of({words: number for words, number in REASONS.items() if number != 3})


def reason(cell: str) -> int:
    """One of the four legal reasons by its words or its number."""
    folded = values.fold(cell)
    return 3 if folded == "3" or "隐瞒" in folded or "弄虚作假" in folded else int(_by_words(cell))


WORDS = {
    1: "未按期公示年度报告",
    2: "未在责令期限内公示即时信息",
    3: "公示信息隐瞒真实情况、弄虚作假",
    4: "通过登记的住所或经营场所无法联系",
}

SOURCE = RecordSource(
    key="abnormal_list",
    label=N_("经营异常名录"),
    english="Abnormal-operation list",
    about=N_("列入与移出。移出填移出日期（成为历史）；更正、撤销列入填撤销日期（视同没有列入）。"),
    kind="abnormal",
    identity=told_apart_by(("happened_on", "reason")),
    title=lambda row: WORDS[row["reason"]],
    klass=lambda row: row["reason"],
    unkept=frozenset({"reason"}),
    fields=(
        *SUBJECT,
        SOURCE_KEY,
        Field(
            "reason",
            N_("列入原因"),
            reason,
            ("列异原因", "列入经营异常名录原因", "spectcause", "specause"),
            required=True,
        ),
        Field(
            "happened_on", N_("列入日期"), values.day, ("列异日期", "列入时间", "abntime", "listed_on"), required=True
        ),
        Field("document_no", N_("列入决定书文号"), values.whole_number_text, ("列入文号", "文号")),
        Field("authority", N_("列入决定机关"), values.text, ("作出决定机关", "决定机关", "decorg")),
        Field("ends_on", N_("移出日期"), values.day, ("移出时间", "remdate", "removed_on")),
        Field("removal_reason", N_("移出原因"), values.text, ("移出经营异常名录原因", "remexcpres")),
        Field("removal_authority", N_("移出决定机关"), values.text, ("redecorg",)),
        *STATE,
    ),
    examples=(
        Example(
            {
                "uscc": "91411602MA4400016L",
                "name": "周口示例建材有限公司",
                "reason": "通过登记的住所或者经营场所无法联系的",
                "happened_on": "2025-08-08",
                "authority": "周口市市场监督管理局",
            },
            {"kind": 9, "klass": 4, "ends_on": None},
        ),
        Example(
            {
                "uscc": "91411602MA4400008R",
                "name": "周口示例商贸有限公司",
                "reason": "未依照规定的期限公示年度报告的",
                "happened_on": "2024-07-05",
                "ends_on": "2024-09-01",
                "removal_reason": "已补报年度报告",
            },
            {"kind": 9, "klass": 1, "ends_on": "2024-09-01"},
        ),
        Example(
            {
                "uscc": "91411602MA4400024F",
                "name": "周口示例饮品有限公司",
                "reason": "公示企业信息隐瞒真实情况、弄虚作假的",
                "happened_on": "2025-03-01",
                "revoked_on": "2025-04-01",
            },
            {"kind": 9, "klass": 3, "revoked_on": "2025-04-01"},
        ),
    ),
)
