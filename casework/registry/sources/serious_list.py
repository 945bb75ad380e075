"""严重违法失信名单: listings of 总局令第44号; while listed, the grade is D."""

from casework.core.i18n import N_
from casework.registry.sources import _values as values
from casework.registry.sources._source import SOURCE_KEY, STATE, SUBJECT, Example, Field, RecordSource, told_apart_by

SOURCE = RecordSource(
    key="serious_list",
    label=N_("严重违法失信名单"),
    english="Serious-violation list",
    about=N_("列入与移出严重违法失信名单。"),
    kind="serious",
    identity=told_apart_by(("happened_on",)),
    title=lambda row: row["reason"] or "列入严重违法失信名单",
    fields=(
        *SUBJECT,
        SOURCE_KEY,
        Field("category", N_("类别"), values.text, ("领域", "名单类别")),
        Field("reason", N_("列入原因"), values.text, ("列入事由", "serillrea")),
        Field("happened_on", N_("列入日期"), values.day, ("列入时间", "abntime", "listed_on"), required=True),
        Field("document_no", N_("列入决定书文号"), values.whole_number_text, ("列入文号", "文号")),
        Field("authority", N_("列入决定机关"), values.text, ("作出决定机关", "decorg")),
        Field("ends_on", N_("移出日期"), values.day, ("移出时间", "remdate", "removed_on")),
        Field("removal_reason", N_("移出原因"), values.text, ("remexcpres",)),
        *STATE,
    ),
    examples=(
        Example(
            {
                "uscc": "91411602MA4400024F",
                "name": "周口示例饮品有限公司",
                "reason": "生产经营不符合食品安全标准的食品，情节严重",
                "happened_on": "2026-01-15",
            },
            {"kind": 10, "happened_on": "2026-01-15", "ends_on": None},
        ),
    ),
)
