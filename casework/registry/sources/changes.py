"""变更登记: what was changed in the register, item by item."""

from casework.core.i18n import N_
from casework.registry.sources import _values as values
from casework.registry.sources._source import SOURCE_KEY, SUBJECT, Example, Field, RecordSource, Row

ITEMS = {
    "法定代表人": 1,
    "负责人": 1,
    "经营者": 1,
    "投资人": 1,
    "执行事务合伙人": 1,
    "住所": 2,
    "经营场所": 2,
    "地址": 2,
    "名称": 3,
    "字号": 3,
    "经营范围": 4,
    "股权": 6,
    "股东": 6,
    "投资者": 6,
    "注册资本": 7,
    "注册资金": 7,
    "出资总额": 7,
    "资金数额": 7,
}
REDUCED_BY_HALF, CAPITAL = 5, 7


def item_class(item: str) -> int:
    """The class of a changed item by its words; an item outside the list is 其他事项."""
    folded = values.fold(item)
    return next((klass for words, klass in ITEMS.items() if words in folded), 0)


def klass(row: Row) -> int:
    """The class; a capital that lost half or more is a class of its own."""
    found = item_class(row["item"])
    return REDUCED_BY_HALF if found == CAPITAL and _halved(row["before"], row["after"]) else found


def _halved(before: str | None, after: str | None) -> bool:
    if before is None or after is None:
        return False
    try:
        was, now = values.capital(before), values.capital(after)
    except values.Doubtful:
        return False
    return was is not None and now is not None and was.currency == now.currency and now.wan * 2 <= was.wan


def identity(row: Row) -> tuple[object, ...]:
    """The item and what it became: a change that the register itself has shown is the same record."""
    after = values.squash(row["after"] or "")[:200]
    return (item_class(row["item"]), after) if after else (item_class(row["item"]), row["happened_on"])


SOURCE = RecordSource(
    key="changes",
    label=N_("变更登记"),
    english="Changes of registered items",
    about=N_("登记事项的变更。一行一项。"),
    kind="change",
    identity=identity,
    title=lambda row: f"{row['item']}变更" if not row["item"].endswith("变更") else row["item"],
    klass=klass,
    fields=(
        *SUBJECT,
        SOURCE_KEY,
        Field("item", N_("变更事项"), values.text, ("变更项目", "altitem", "item"), required=True),
        Field("before", N_("变更前"), values.text, ("变更前内容", "altbe", "before")),
        Field("after", N_("变更后"), values.text, ("变更后内容", "altaf", "after")),
        Field(
            "happened_on", N_("变更日期"), values.day, ("核准日期", "变更时间", "altdate", "changed_on"), required=True
        ),
        Field("authority", N_("登记机关"), values.text, ("办理机关", "regorg")),
    ),
    examples=(
        Example(
            {
                "uscc": "91411602MA4400008R",
                "name": "周口示例商贸有限公司",
                "item": "注册资本",
                "before": "1000万元",
                "after": "400万元",
                "happened_on": "2026年3月5日",
            },
            {"kind": 2, "klass": 5, "happened_on": "2026-03-05", "title": "注册资本变更"},
        ),
        Example(
            {
                "uscc": "91411602MA4400008R",
                "name": "周口示例商贸有限公司",
                "item": "住所变更",
                "before": "周口市川汇区示例路1号",
                "after": "周口市川汇区示例路9号",
                "happened_on": "2026/3/6",
            },
            {"kind": 2, "klass": 2, "happened_on": "2026-03-06", "title": "住所变更"},
        ),
    ),
)
