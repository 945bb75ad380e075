"""股权出质登记: equity pledged as security; the amount is in 10,000 yuan of capital."""

from casework.core.i18n import N_
from casework.registry.sources import _values as values
from casework.registry.sources._source import SOURCE_KEY, SUBJECT, Example, Field, RecordSource, told_apart_by


def pledged_wan(cell: str) -> object:
    """The pledged part of the capital in 10,000 yuan; a number of shares has a par value of one yuan."""
    found = values.capital(cell.replace("万股", "万元").replace("股", "元"))
    return found.wan if found else None


SOURCE = RecordSource(
    key="equity_pledges",
    label=N_("股权出质登记"),
    english="Equity pledges",
    about=N_("股权出质的设立、变更、注销与撤销。同一登记编号的后一行更正前一行。"),
    kind="equity_pledge",
    identity=told_apart_by(("document_no",), ("happened_on", "pledgor", "pledgee")),
    title=lambda row: f"股权出质：{row['pledgor']}" if row["pledgor"] else "股权出质登记",
    fields=(
        *SUBJECT,
        SOURCE_KEY,
        Field(
            "document_no",
            N_("出质登记编号"),
            values.whole_number_text,
            ("登记编号", "质权登记编号", "equityno", "pledge_no"),
        ),
        Field("pledgor", N_("出质人"), values.text, ("pledgor",)),
        Field("pledgee", N_("质权人"), values.text, ("imporg", "pledgee")),
        Field(
            "amount",
            N_("出质股权数额"),
            pledged_wan,
            ("出质数额", "出质股权数额（万元/万股）", "impam", "pledged_amount"),
            monetary=True,
            note=N_("没有单位时按万元计；股份按每股一元折算。"),
        ),
        Field("happened_on", N_("设立登记日期"), values.day, ("登记日期", "出质登记日期", "equpledate"), required=True),
        Field("ends_on", N_("注销日期"), values.day, ("注销登记日期", "解除日期", "candate")),
        Field("revoked_on", N_("撤销日期"), values.day, ("撤销登记日期",)),
        Field("authority", N_("登记机关"), values.text, ("regorg",)),
    ),
    examples=(
        Example(
            {
                "uscc": "91411602MA4400008R",
                "name": "周口示例商贸有限公司",
                "document_no": "411602202600000001",
                "pledgor": "张示例",
                "pledgee": "周口示例银行",
                "amount": "60万股",
                "happened_on": "2026-02-03",
            },
            {"kind": 4, "amount": "60.000000", "happened_on": "2026-02-03", "ends_on": None},
        ),
        Example(
            {
                "uscc": "91411602MA4400016L",
                "name": "周口示例建材有限公司",
                "document_no": "411602202400000002",
                "pledgor": "李示例",
                "pledgee": "周口示例银行",
                "amount": "200",
                "happened_on": "2024-05-06",
                "ends_on": "2025-05-06",
            },
            {"kind": 4, "amount": "200.000000", "ends_on": "2025-05-06"},
        ),
    ),
)
