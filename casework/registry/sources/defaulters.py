"""失信被执行人: court defaulters; while published, the grade is D."""

from casework.core.i18n import N_
from casework.registry.sources import _values as values
from casework.registry.sources._source import SOURCE_KEY, SUBJECT, Example, Field, RecordSource, told_apart_by

SOURCE = RecordSource(
    key="defaulters",
    label=N_("失信被执行人"),
    english="Court defaulters",
    about=N_("法院发布的失信被执行人（单位）名单及其屏蔽、删除。"),
    kind="defaulter",
    identity=told_apart_by(("document_no",), ("happened_on", "basis_no"), ("happened_on",)),
    title=lambda row: row["conduct"] or "失信被执行人",
    fields=(
        *SUBJECT,
        SOURCE_KEY,
        Field("document_no", N_("执行案号"), values.whole_number_text, ("案号", "casecode", "case_no"), required=True),
        Field("basis_no", N_("执行依据文号"), values.whole_number_text, ("gistid",)),
        Field("authority", N_("执行法院"), values.text, ("法院", "courtname", "court")),
        Field("conduct", N_("失信行为情形"), values.text, ("失信情形", "disrupttypename")),
        Field("performance", N_("履行情况"), values.text, ("被执行人的履行情况", "performance")),
        Field("amount", N_("执行标的"), values.money, ("执行金额", "amount"), monetary=True),
        Field("happened_on", N_("发布日期"), values.day, ("发布时间", "publishdate", "published_on"), required=True),
        Field("ends_on", N_("屏蔽（删除）日期"), values.day, ("删除日期", "屏蔽日期", "撤销发布日期", "退出日期")),
    ),
    examples=(
        Example(
            {
                "uscc": "411602600012344",
                "name": "川汇区示例经营部",
                "document_no": "（2025）豫1602执100号",
                "authority": "周口市川汇区人民法院",
                "conduct": "有履行能力而拒不履行生效法律文书确定义务",
                "amount": "12.5万元",
                "happened_on": "2025年11月20日",
            },
            {"kind": 11, "amount": "125000.00", "happened_on": "2025-11-20"},
        ),
    ),
)
