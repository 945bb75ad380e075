"""知识产权质押登记: patents, trade marks and copyrights given as security."""

from casework.core.i18n import N_
from casework.registry.sources import _values as values
from casework.registry.sources._source import SOURCE_KEY, SUBJECT, Example, Field, RecordSource, told_apart_by

SOURCE = RecordSource(
    key="ip_pledges",
    label=N_("知识产权质押登记"),
    english="Pledges of intellectual property",
    about=N_("专利、商标、著作权质押登记及其注销。"),
    kind="ip_pledge",
    identity=told_apart_by(("document_no",), ("happened_on", "subject")),
    title=lambda row: f"{row['right'] or '知识产权'}质押：{row['subject']}" if row["subject"] else "知识产权质押登记",
    fields=(
        *SUBJECT,
        SOURCE_KEY,
        Field(
            "document_no",
            N_("质押登记证号"),
            values.whole_number_text,
            ("登记证号", "质权登记号", "登记号", "pledge_no"),
        ),
        Field("right", N_("权利种类"), values.text, ("种类", "知识产权种类", "right"), note=N_("专利、商标、著作权。")),
        Field("subject", N_("质押标的"), values.text, ("知识产权名称", "标的名称", "专利名称", "商标名称")),
        Field("pledgor", N_("出质人"), values.text, ("出质人名称", "pledgor")),
        Field("pledgee", N_("质权人"), values.text, ("质权人名称", "pledgee")),
        Field(
            "happened_on",
            N_("登记日期"),
            values.day,
            ("质押登记日期", "质权登记日期", "质权登记期限自", "registered_on"),
            required=True,
        ),
        Field("ends_on", N_("注销日期"), values.day, ("质押注销日期", "解除日期")),
        Field("term_to", N_("质押期限至"), values.last_day, ("质权登记期限至",)),
        Field("authority", N_("登记机关"), values.text, ("regorg",)),
    ),
    examples=(
        Example(
            {
                "uscc": "91411602MA4400016L",
                "name": "周口示例建材有限公司",
                "document_no": "Y2026000000001",
                "right": "专利",
                "subject": "一种示例砌块",
                "happened_on": "2026.1.9",
            },
            {"kind": 5, "happened_on": "2026-01-09", "title": "专利质押：一种示例砌块"},
        ),
    ),
)
