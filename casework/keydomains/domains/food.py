"""食品安全: producers, sellers and caterers with a licence; static and dynamic factors after the 2016 method."""

from datetime import date

from casework.core.i18n import N_
from casework.keydomains.rules import (
    Domain,
    Dossier,
    Example,
    Fact,
    Factor,
    Named,
    New,
    OfClass,
    OfTrade,
    Records,
    Trade,
)

_METHOD = N_("食品生产经营风险分级管理办法（试行）")
_SHOP = Fact(1, 7, 1, date(2024, 5, 1), date(2029, 5, 1), "食品经营许可证 JY14116000000001 食品销售", {})
_PLANT = Fact(2, 7, 1, date(2023, 5, 1), date(2028, 5, 1), "食品生产许可证 SC10116000000001 糕点", {})

FOOD = Domain(
    key="food",
    label=N_("食品安全"),
    law=N_("食品安全法第一百零九条"),
    licence_class=1,
    words=r"食品|餐饮|食用|保健|酒类|饮用水",
    trades=(
        Trade("production", N_("食品生产"), "B01", r"食品生产|SC\d"),
        Trade("catering", N_("餐饮服务"), "B04", r"餐饮|热食|食堂|集体用餐|JY[23]|行业H62"),
        Trade("sales", N_("食品销售"), "B03"),
    ),
    factors=(
        Factor("production", N_("从事食品生产"), "static", _METHOD, OfTrade("production")),
        Factor("catering", N_("从事餐饮服务"), "static", _METHOD, OfTrade("catering")),
        Factor("sales", N_("从事食品销售"), "static", _METHOD, OfTrade("sales")),
        Factor("company", N_("规模较大（企业）"), "static", _METHOD, OfClass("company")),
        Factor(
            "vulnerable",
            N_("供应学校、养老、医院等特定人群"),
            "static",
            _METHOD,
            Named(r"学校|中学|小学|幼儿园|托育|养老|敬老|医院|集体用餐|中央厨房"),
        ),
        Factor(
            "special_food",
            N_("生产经营特殊食品"),
            "static",
            N_("食品安全法第七十四条"),
            Named(r"婴幼儿|特殊医学|保健食品|特殊食品"),
        ),
        Factor("new", N_("取得许可时间不长"), "static", _METHOD, New()),
        Factor("failed_test", N_("监督抽检不合格"), "dynamic", _METHOD, Records("product_test", (2,))),
        Factor("corrected", N_("检查发现问题已责令改正"), "dynamic", _METHOD, Records("check", (2,), words=True)),
        Factor("pending", N_("检查发现问题待后续处理"), "dynamic", _METHOD, Records("check", (3,), words=True)),
        Factor("uncooperative", N_("不配合检查情节严重"), "dynamic", _METHOD, Records("check", (4,), words=True)),
        Factor("penalty", N_("食品违法行为受到处罚"), "dynamic", _METHOD, Records("penalty", (5, 6, 7), words=True)),
        Factor("report", N_("食品类举报查实"), "dynamic", _METHOD, Records("report", (1,), words=True)),
        Factor(
            "overdue_rectification",
            N_("责令改正逾期未改"),
            "dynamic",
            _METHOD,
            Records("overdue_rectification", standing=True),
        ),
    ),
    intentional=r"食品.*(故意|掺杂|掺假|非法添加|非食品原料|病死)|(故意|掺杂|掺假|非法添加|非食品原料|病死).*食品",
    examples=(
        Example(
            N_("没有问题的食品销售企业"),
            Dossier(1, "川汇区示例商行", "company", "F5221", (_SHOP,)),
            date(2026, 6, 1),
            24,
            "A",
        ),
        Example(
            N_("一次抽检不合格、一次责令改正的食品生产企业"),
            Dossier(
                2,
                "周口示例食品有限公司",
                "company",
                "C1411",
                (
                    _PLANT,
                    Fact(3, 16, 2, date(2026, 2, 1), None, "示例糕点抽检不合格", {}),
                    Fact(4, 12, 2, date(2026, 3, 1), None, "检查：食品生产监督检查", {}),
                ),
            ),
            date(2026, 6, 1),
            55,
            "C",
        ),
    ),
)
