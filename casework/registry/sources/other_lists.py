"""Small listings from other departments and honours, one source each: they have the same columns."""

from casework.core.i18n import N_
from casework.registry.sources import _values as values
from casework.registry.sources._source import SOURCE_KEY, STATE, SUBJECT, Example, Field, RecordSource, told_apart_by

_FIELDS = (
    *SUBJECT,
    SOURCE_KEY,
    Field("matter", N_("事项"), values.text, ("名称事项", "认定事项", "事由", "原因"), required=True),
    Field("document_no", N_("文号"), values.whole_number_text, ("决定书文号", "认定文号")),
    Field("authority", N_("认定机关"), values.text, ("机关", "部门", "认定部门")),
    Field("happened_on", N_("认定日期"), values.day, ("开始日期", "列入日期", "决定日期"), required=True),
    Field("ends_on", N_("终止日期"), values.day, ("解除日期", "结束日期", "移出日期", "履行日期")),
    *STATE,
)


def _source(key: str, kind: str, label: str, english: str, about: str, matter: str) -> RecordSource:
    return RecordSource(
        key=key,
        label=label,
        english=english,
        about=about,
        kind=kind,
        identity=told_apart_by(("document_no",), ("happened_on", "matter")),
        title=lambda row: row["matter"],
        fields=_FIELDS,
        examples=(
            Example(
                {
                    "uscc": "91411602MA4400016L",
                    "name": "周口示例建材有限公司",
                    "matter": matter,
                    "happened_on": "2026-01-20",
                },
                {"title": matter, "happened_on": "2026-01-20", "ends_on": None},
            ),
        ),
    )


SOURCES = (
    _source(
        "other_abnormal",
        "other_abnormal",
        N_("其他部门异常状态"),
        "Abnormal states at other departments",
        N_("税务非正常户等由其他部门认定并共享的异常状态。"),
        "税务非正常户",
    ),
    _source(
        "unpaid_penalties",
        "unpaid_penalty",
        N_("逾期不履行处罚决定"),
        "Penalties not complied with",
        N_("逾期不履行行政处罚决定的，履行后填终止日期。"),
        "逾期未缴纳罚款",
    ),
    _source(
        "honours",
        "honour",
        N_("守信激励"),
        "Honours",
        N_("A级纳税人、政府质量奖等守信信息。"),
        "A级纳税人",
    ),
    _source(
        "disqualifications",
        "disqualified",
        N_("任职资格受限"),
        "Disqualified representatives",
        N_("法定代表人、负责人任职资格受限。"),
        "法定代表人任职资格受限",
    ),
    _source(
        "overdue_rectifications",
        "overdue_rectification",
        N_("责令改正逾期未改"),
        "Orders to correct not obeyed",
        N_("责令改正逾期未改的，复查合格后填终止日期。"),
        "责令改正逾期未改",
    ),
)
