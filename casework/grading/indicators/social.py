"""G5 社会评价信息: complaints, verified reports, public opinion, honours."""

from casework.core.i18n import N_
from casework.grading.rules import Example, Growth, Indicator, Limit, Listing, Past, Peers, Sum, Weight

COMPLAINTS = "市场监督管理投诉举报处理办法（总局令第121号）；国市监信发〔2022〕6号"
ACCEPTED = ("complaint.1", "complaint.2")
OF_THE_TRADE = {0: 930, 1: 40, 2: 15, 3: 8, 6: 5, 12: 2}
"""For the examples: how many of 1,000 peers have so many complaints; nine in ten have none, ninety-nine up to three."""

RECENT, EARLIER = Past("complaint.1", 10), Past("complaint.1", 120)

INDICATORS = (
    Indicator(
        code="5.01",
        key="complaints",
        label="投诉数量偏多",
        label_en="More complaints than usual",
        basis=COMPLAINTS,
        formula=N_("近12个月内已受理的投诉件数，与同主体类别、同行业门类、同规模的主体在最近一次全量分类时的件数比较：多于90%或99%的同类主体才计；不予受理、撤回的不计。投诉不等于违法，少数几件不计。"),
        group="social",
        rule=Peers(ACCEPTED, 365, (Limit(90, 3, 20), Limit(99, 5, 50))),
        instead={"individual": Peers(ACCEPTED, 365, (Limit(90, 2, 20), Limit(99, 4, 50)))},
        examples=(
            Example(N_("一年2件，虽多于九成同行，不足最低件数"), 0, (RECENT,) * 2, industry="C18", peers=OF_THE_TRADE),
            Example(N_("一年3件，多于九成同行"), 20, (RECENT,) * 3, industry="C18", peers=OF_THE_TRADE),
            Example(N_("一年5件，多于99%的同行"), 50, (RECENT,) * 5, industry="C18", peers=OF_THE_TRADE),
            Example(N_("一年5件，同行半数有10件"), 0, (RECENT,) * 5, industry="H62", peers={0: 500, 10: 500}),
            Example(N_("一年5件均不予受理"), 0, (Past("complaint.0", 30),) * 5),
        ),
    ),
    Indicator(
        code="5.02",
        key="verified_reports",
        label="查实的举报",
        label_en="Reports found true",
        basis=COMPLAINTS,
        formula=N_("近12个月内查实的举报；同一行为已受处罚的只计处罚。"),
        group="social",
        rule=Sum((Weight("report.1", 40, 365),), 80),
        examples=(
            Example(N_("查实1件、未查实4件"), 40, (Past("report.1", 30), *(Past("report.0", 30),) * 4)),
            Example(N_("查实3件"), 80, (Past("report.1", 30),) * 3),
        ),
    ),
    Indicator(
        code="5.03",
        key="complaint_growth",
        label="投诉激增",
        label_en="Surge of complaints",
        basis=COMPLAINTS,
        formula=N_("近3个月已受理的投诉不少于5件，且比再前3个月增长两倍以上。"),
        group="social",
        rule=Growth(ACCEPTED, 91, 5, 200, 20),
        examples=(
            Example(N_("近3个月6件，前3个月2件"), 20, (*(RECENT,) * 6, *(EARLIER,) * 2)),
            Example(N_("近3个月5件，前3个月2件"), 0, (*(RECENT,) * 5, *(EARLIER,) * 2)),
            Example(N_("近3个月4件，前3个月没有"), 0, (Past("complaint.1", 10),) * 4),
        ),
    ),
    Indicator(
        code="5.04",
        key="broken_mediation",
        label="达成调解不履行",
        label_en="Mediated settlement not kept",
        basis=COMPLAINTS,
        formula=N_("近12个月内达成调解协议后不履行的投诉。"),
        group="social",
        rule=Sum((Weight("complaint.2", 15, 365),), 30),
        examples=(Example(N_("一年内2件"), 30, (Past("complaint.2", 30),) * 2),),
    ),
    Indicator(
        code="5.05",
        key="opinion",
        label="负面舆情",
        label_en="Negative public opinion",
        basis="国市监信发〔2022〕6号（社会评价信息）",
        formula=N_("近30日内经核对属实的负面舆情，按影响大小计。"),
        group="social",
        rule=Sum((Weight("opinion.1", 10, 30), Weight("opinion.2", 20, 30), Weight("opinion.3", 30, 30)), 30),
        examples=(
            Example(N_("10日前一般舆情1条"), 10, (Past("opinion.1", 10),)),
            Example(N_("30日前重大舆情1条"), 0, (Past("opinion.3", 30),)),
        ),
    ),
    Indicator(
        code="5.06",
        key="honour",
        label="守信激励",
        label_en="Honours for keeping faith",
        basis="国市监信发〔2022〕6号（社会评价信息）",
        formula=N_("当前有效的守信激励（A级纳税人、政府质量奖等）减分；本组合计不低于0分。"),
        group="social",
        rule=Listing({"honour.0": -20}),
        examples=(Example(N_("A级纳税人"), -20, (Past("honour.0", 100),)),),
    ),
)  # fmt: skip
