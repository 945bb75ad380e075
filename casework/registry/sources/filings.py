"""备案: articles, term, directors, members, liaison and other items that are filed, not registered."""

from casework.core.i18n import N_
from casework.registry.sources import _values as values
from casework.registry.sources._source import SOURCE_KEY, SUBJECT, Example, Field, RecordSource, told_apart_by

SOURCE = RecordSource(
    key="filings",
    label=N_("备案"),
    english="Filings",
    about=N_("章程、经营期限、认缴出资、董事监事高级管理人员、联络员等备案事项。"),
    kind="filing",
    identity=told_apart_by(("happened_on", "item")),
    title=lambda row: f"{row['item']}备案" if not row["item"].endswith("备案") else row["item"],
    fields=(
        *SUBJECT,
        SOURCE_KEY,
        Field("item", N_("备案事项"), values.text, ("备案项目", "item"), required=True),
        Field("content", N_("备案内容"), values.text, ("内容", "content")),
        Field("happened_on", N_("备案日期"), values.day, ("核准日期", "备案时间", "filed_on"), required=True),
        Field("authority", N_("备案机关"), values.text, ("登记机关", "regorg")),
    ),
    examples=(
        Example(
            {
                "uscc": "91411602MA4400008R",
                "name": "周口示例商贸有限公司",
                "item": "章程",
                "happened_on": "2025-06-18",
            },
            {"kind": 3, "klass": 0, "happened_on": "2025-06-18", "title": "章程备案"},
        ),
    ),
)
