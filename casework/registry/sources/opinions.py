"""负面舆情: bad press that was found, by its weight."""

from casework.core.i18n import N_
from casework.registry.sources import _values as values
from casework.registry.sources._source import SOURCE_KEY, STATE, SUBJECT, Example, Field, RecordSource, told_apart_by

_weight = values.one_of({"一般": 1, "较大": 2, "重大": 3, "1": 1, "2": 2, "3": 3})

SOURCE = RecordSource(
    key="opinions",
    label=N_("负面舆情"),
    english="Bad press",
    about=N_("涉企负面舆情。未经核实的三十日后不再计入。"),
    kind="opinion",
    identity=told_apart_by(("happened_on", "headline")),
    title=lambda row: row["headline"],
    klass=lambda row: row["weight"],
    unkept=frozenset({"weight"}),
    fields=(
        *SUBJECT,
        SOURCE_KEY,
        Field("headline", N_("标题"), values.text, ("舆情标题", "事件"), required=True),
        Field("weight", N_("等级"), _weight, ("舆情等级", "影响程度"), required=True),
        Field("medium", N_("来源媒体"), values.text, ("媒体", "平台")),
        Field("happened_on", N_("发现日期"), values.day, ("发布日期", "发现时间"), required=True),
        Field("ends_on", N_("处置完毕日期"), values.day, ("平息日期",)),
        STATE[0],
    ),
    examples=(
        Example(
            {
                "uscc": "91411602MA4400024F",
                "name": "周口示例饮品有限公司",
                "headline": "饮品被指标签不符",
                "weight": "较大",
                "happened_on": "2026-03-16",
            },
            {"kind": 19, "klass": 2},
        ),
    ),
)
