"""特种设备: who uses registered equipment or makes, installs and repairs it; overdue inspections weigh most."""

from datetime import date

from casework.core.i18n import N_
from casework.keydomains.rules import Domain, Dossier, Example, Fact, Factor, New, OfTrade, Overdue, Records, Trade

_LAW = N_("特种设备安全法第五十七条")
_USE = N_("特种设备安全法第三十三条")
_INSPECTION = N_("特种设备安全法第四十条")
_LIFT = "电梯 梯11豫P000001 公众聚集场所"

EQUIPMENT = Domain(
    key="equipment",
    label=N_("特种设备"),
    law=N_("特种设备安全法第五十七条"),
    licence_class=3,
    words=r"特种设备|锅炉|压力容器|压力管道|电梯|起重|索道|游乐设施|叉车|气瓶",
    registered=True,
    trades=(
        Trade("production", N_("特种设备生产"), "C12", r"生产许可|制造|安装|改造|修理"),
        Trade("gathering", N_("公众聚集场所使用"), "C11", r"公众聚集"),
        Trade("use", N_("特种设备使用"), "C11"),
    ),
    factors=(
        Factor("gathering", N_("公众聚集场所使用"), "static", _LAW, OfTrade("gathering")),
        Factor("production", N_("特种设备生产"), "static", _LAW, OfTrade("production")),
        Factor("use", N_("特种设备使用"), "static", _USE, OfTrade("use")),
        Factor(
            "dangerous",
            N_("锅炉、压力容器、压力管道、客运索道、大型游乐设施"),
            "static",
            _LAW,
            Records("equipment", (1, 2, 3, 6, 7), standing=True),
        ),
        Factor("number", N_("在用设备台数"), "static", _USE, Records("equipment", standing=True)),
        Factor("new", N_("办理使用登记时间不长"), "static", _USE, New()),
        Factor("overdue_inspection", N_("设备超期未检验"), "dynamic", _INSPECTION, Overdue()),
        Factor("corrected", N_("检查发现问题已责令改正"), "dynamic", _LAW, Records("check", (2,), words=True)),
        Factor("pending", N_("检查发现问题待后续处理"), "dynamic", _LAW, Records("check", (3,), words=True)),
        Factor("uncooperative", N_("不配合检查情节严重"), "dynamic", _LAW, Records("check", (4,), words=True)),
        Factor("penalty", N_("特种设备违法行为受到处罚"), "dynamic", _LAW, Records("penalty", (5, 6, 7), words=True)),
        Factor(
            "overdue_rectification",
            N_("责令改正（监察指令）逾期未改"),
            "dynamic",
            _LAW,
            Records("overdue_rectification", standing=True),
        ),
    ),
    intentional=r"(特种设备|电梯|锅炉|压力容器|起重).*(故意|报废|国家明令淘汰|未取得许可)",
    examples=(
        Example(
            N_("有一台电梯超期未检验的商场"),
            Dossier(
                1,
                "川汇区示例商场",
                "company",
                "F5211",
                (
                    Fact(1, 24, 4, date(2020, 5, 1), None, _LIFT, {"inspect_by": "2026-03-01"}),
                    Fact(2, 24, 4, date(2020, 5, 1), None, _LIFT, {"inspect_by": "2027-03-01"}),
                ),
            ),
            date(2026, 6, 1),
            37,
            "B",
        ),
    ),
)
