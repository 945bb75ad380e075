"""股权冻结: equity frozen at the request of a court (司法协助)."""

from casework.core.i18n import N_
from casework.registry.sources import _values as values
from casework.registry.sources._source import SOURCE_KEY, SUBJECT, Example, Field, RecordSource, told_apart_by

SOURCE = RecordSource(
    key="equity_freezes",
    label=N_("股权冻结"),
    english="Equity frozen by courts",
    about=N_("司法协助公示的股权冻结、解除与失效。"),
    kind="equity_freeze",
    identity=told_apart_by(("document_no", "debtor"), ("happened_on", "debtor")),
    title=lambda row: f"股权冻结：{row['debtor']}" if row["debtor"] else "股权冻结",
    fields=(
        *SUBJECT,
        SOURCE_KEY,
        Field("document_no", N_("执行通知书文号"), values.whole_number_text, ("执行裁定书文号", "文号", "executeno")),
        Field("debtor", N_("被执行人"), values.text, ("inv", "debtor")),
        Field(
            "amount",
            N_("冻结股权数额"),
            lambda cell: getattr(values.capital(cell), "wan", None),
            ("股权数额", "froam"),
            monetary=True,
            note=N_("没有单位时按万元计。"),
        ),
        Field("happened_on", N_("冻结日期"), values.day, ("冻结期限自", "公示日期", "frofrom"), required=True),
        Field("ends_on", N_("解除（失效）日期"), values.day, ("解除日期", "失效日期", "解冻日期")),
        Field("authority", N_("执行法院"), values.text, ("法院", "froauth", "court")),
    ),
    examples=(
        Example(
            {
                "uscc": "91411602MA4400016L",
                "name": "周口示例建材有限公司",
                "document_no": "（2026）豫1602执1号",
                "debtor": "李示例",
                "amount": "50万元",
                "happened_on": "2026-04-01",
                "authority": "周口市川汇区人民法院",
            },
            {"kind": 6, "amount": "50.000000", "document_no": "（2026）豫1602执1号", "ends_on": None},
        ),
    ),
)
