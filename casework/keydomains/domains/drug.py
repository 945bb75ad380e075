"""药品、医疗器械、化妆品: retail and use, which city and county supervise."""

from datetime import date

from casework.core.i18n import N_
from casework.keydomains.rules import Domain, Dossier, Example, Fact, Factor, Named, New, OfTrade, Records, Trade

_LAW = N_("药品管理法第九十九条")
_CREDIT = N_("药品管理法第一百零五条")
_PHARMACY = Fact(1, 7, 2, date(2024, 5, 1), date(2029, 5, 1), "药品经营许可证 豫DA000001 处方药、非处方药零售", {})

DRUG = Domain(
    key="drug",
    label=N_("药品医疗器械化妆品"),
    law=N_("药品管理法第九十九条"),
    licence_class=2,
    words=r"药|医疗器械|化妆品",
    trades=(
        Trade("narcotic", N_("麻醉药品、精神药品使用"), "D02", r"麻醉|精神药品"),
        Trade("device", N_("医疗器械经营"), "D03", r"医疗器械"),
        Trade("use", N_("药品使用"), "D02", r"医疗机构|制剂|行业Q84"),
        Trade("retail", N_("药品零售"), "D01"),
    ),
    factors=(
        Factor("narcotic", N_("使用麻醉药品、精神药品"), "static", _LAW, OfTrade("narcotic")),
        Factor("use", N_("药品使用单位"), "static", _LAW, OfTrade("use")),
        Factor("retail", N_("药品零售"), "static", _LAW, OfTrade("retail")),
        Factor("device", N_("经营医疗器械"), "static", _LAW, OfTrade("device")),
        Factor("cold_chain", N_("经营疫苗、冷藏药品或植入器械"), "static", _LAW, Named(r"疫苗|冷藏|生物制品|植入")),
        Factor("new", N_("取得许可时间不长"), "static", _LAW, New()),
        Factor("failed_test", N_("监督抽检不合格"), "dynamic", _CREDIT, Records("product_test", (2,), words=True)),
        Factor("corrected", N_("检查发现问题已责令改正"), "dynamic", _CREDIT, Records("check", (2,), words=True)),
        Factor("pending", N_("检查发现问题待后续处理"), "dynamic", _CREDIT, Records("check", (3,), words=True)),
        Factor("uncooperative", N_("不配合检查情节严重"), "dynamic", _CREDIT, Records("check", (4,), words=True)),
        Factor("penalty", N_("药械化违法行为受到处罚"), "dynamic", _CREDIT, Records("penalty", (5, 6, 7), words=True)),
        Factor("report", N_("药械化类举报查实"), "dynamic", _CREDIT, Records("report", (1,), words=True)),
        Factor(
            "overdue_rectification",
            N_("责令改正逾期未改"),
            "dynamic",
            _CREDIT,
            Records("overdue_rectification", standing=True),
        ),
    ),
    intentional=r"(药|器械|化妆品).*(故意|假药|劣药|非法渠道)|(故意|假药|劣药|非法渠道)",
    examples=(
        Example(
            N_("一次受到处罚的药店"),
            Dossier(
                1,
                "川汇区示例大药房",
                "company",
                "F5251",
                (_PHARMACY, Fact(2, 8, 6, date(2025, 12, 1), None, "未凭处方销售处方药 药品管理法", {})),
            ),
            date(2026, 6, 1),
            37,
            "B",
        ),
    ),
)
