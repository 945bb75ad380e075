"""行政许可: licences with their term; a licence is over on the day after its last day, or when it is cancelled."""

from casework.core.i18n import N_
from casework.registry.sources import _values as values
from casework.registry.sources._source import SOURCE_KEY, SUBJECT, Example, Field, RecordSource, Row, told_apart_by

_FIELDS = {
    "特种设备": 3,
    "锅炉": 3,
    "压力容器": 3,
    "电梯": 3,
    "起重机": 3,
    "气瓶": 3,
    "药品": 2,
    "药店": 2,
    "医疗器械": 2,
    "化妆品": 2,
    "食品": 1,
    "餐饮": 1,
    "酒类": 1,
    "SC": 1,
    "JY": 1,
}
_CANCELLED = ("注销", "吊销", "撤销", "撤回", "失效")


def klass(row: Row) -> int:
    """食品 1, 药品 2, 特种设备 3, by the words of the licence; else 0."""
    words = f"{row['licence']}{row['content'] or ''}{(row['document_no'] or '')[:2]}"
    return next((number for word, number in _FIELDS.items() if word in words), 0)


SOURCE = RecordSource(
    key="licences",
    label=N_("行政许可"),
    english="Licences",
    about=N_("许可证的核发、延续与注销。有效期届满的次日起视为过期。"),
    kind="licence",
    identity=told_apart_by(("document_no", "happened_on"), ("licence", "happened_on")),
    title=lambda row: row["licence"],
    klass=klass,
    fields=(
        *SUBJECT,
        SOURCE_KEY,
        Field(
            "licence",
            N_("许可文件名称"),
            values.text,
            ("许可证名称", "证照名称", "行政许可决定文书名称", "licname", "licence"),
            required=True,
        ),
        Field("document_no", N_("许可文件编号"), values.whole_number_text, ("许可证号", "许可编号", "编号", "licno")),
        Field("content", N_("许可内容"), values.text, ("许可项目", "许可范围", "licitem")),
        Field(
            "happened_on",
            N_("有效期自"),
            values.day,
            ("发证日期", "许可日期", "有效期起", "许可决定日期", "valfrom"),
            required=True,
        ),
        Field(
            "ends_on",
            N_("有效期至"),
            values.day_after,
            ("有效期止", "许可截止期", "valto"),
            note=N_("长期有效的填“长期”。"),
        ),
        Field("cancelled_on", N_("注销（吊销）日期"), values.day, ("注销日期", "吊销日期")),
        Field("authority", N_("许可机关"), values.text, ("发证机关", "licanth")),
    ),
    examples=(
        Example(
            {
                "uscc": "92411627MA4400024K",
                "name": "太康县示例小吃店",
                "licence": "食品经营许可证",
                "document_no": "JY24116270000001",
                "happened_on": "2023-05-01",
                "ends_on": "2028-04-30",
            },
            {"kind": 7, "klass": 1, "happened_on": "2023-05-01", "ends_on": "2028-05-01"},
        ),
        Example(
            {
                "uscc": "91411602MA4400016L",
                "name": "周口示例建材有限公司",
                "licence": "特种设备使用登记证",
                "happened_on": "2020-01-01",
                "ends_on": "长期",
            },
            {"kind": 7, "klass": 3, "ends_on": None},
        ),
    ),
)
