"""设立登记: that a market subject was registered."""

from casework.core.i18n import N_
from casework.registry.sources import _values as values
from casework.registry.sources._source import SOURCE_KEY, SUBJECT, Example, Field, RecordSource, told_apart_by

SOURCE = RecordSource(
    key="registrations",
    label=N_("设立登记"),
    english="Registrations",
    about=N_("设立登记的办理记录。主体的登记信息由“登记信息”来源更新。"),
    kind="registration",
    identity=told_apart_by(("document_no",), ("happened_on",)),
    title=lambda _row: "设立登记",
    fields=(
        *SUBJECT,
        SOURCE_KEY,
        Field(
            "happened_on",
            N_("登记日期"),
            values.day,
            ("设立日期", "成立日期", "核准日期", "registered_on"),
            required=True,
        ),
        Field("document_no", N_("准予登记通知书文号"), values.whole_number_text, ("文号", "通知书文号", "document_no")),
        Field("authority", N_("登记机关"), values.text, ("办理机关", "regorg")),
    ),
    examples=(
        Example(
            {"uscc": "91411602MA4400008R", "name": "周口示例商贸有限公司", "happened_on": "20180305"},
            {"kind": 1, "klass": 0, "happened_on": "2018-03-05"},
        ),
    ),
)
