"""G3 监管信息: lists, penalties, checks, tests: what the authorities found."""

from casework.core.i18n import N_
from casework.grading.rules import Count, Direct, Example, Flag, Indicator, Listing, Past, Sum, Weight

THREE_YEARS = ((365, 100), (730, 60), (1095, 30))
"""Up to a year in full, up to two 60 %, up to three 30 %, then forgotten."""

ABNORMAL = "企业信息公示暂行条例第十七条；市场主体登记管理条例实施细则第七十条；豫市监办〔2022〕100号"
PENALTY = "市场监督管理行政处罚信息公示规定（总局令第45号）；信用修复管理办法（国家发展改革委令第36号）"
CHECK = "市场监管领域部门联合抽查结果公示；国市监信发〔2022〕6号"
DIRECT = "豫市监办〔2022〕100号（直接判定）"

INDICATORS = (
    Indicator(
        code="3.01",
        key="abnormal",
        label="当前列入经营异常名录",
        label_en="On the list of abnormal operations now",
        basis=ABNORMAL,
        formula=N_("当前在列，取最重的列入原因，同时存在的其他原因每项另加；移出当日起转为3.02历史记录，撤销（更正）列入的视为从未列入。个体工商户为标记经营异常状态。"),
        group="supervision",
        rule=Listing({"abnormal.1": 220, "abnormal.2": 180, "abnormal.3": 300, "abnormal.4": 320}, further=40),
        instead={
            "individual": Listing(
                {"abnormal.1": 200, "abnormal.2": 180, "abnormal.3": 260, "abnormal.4": 280}, further=40
            )
        },
        examples=(
            Example(N_("因未按期公示年度报告在列"), 220, (Past("abnormal.1", 100),)),
            Example(N_("因未年报和无法联系同时在列"), 360, (Past("abnormal.1", 100), Past("abnormal.4", 30))),
            Example(N_("因未年报重复列入两次，均未移出"), 220, (Past("abnormal.1", 500), Past("abnormal.1", 100))),
            Example(N_("曾因未年报列入，已移出"), 0, (Past("abnormal.1", 400, 20),)),
        ),
    ),
    Indicator(
        code="3.02",
        key="abnormal_history",
        label="近三年列入经营异常名录的历史",
        label_en="Past listings as abnormal, three years",
        basis=ABNORMAL,
        formula=N_("已移出的列入，从移出日起算，三年内按时间递减；撤销（更正）列入的不计。"),
        group="supervision",
        rule=Sum(tuple(Weight(f"abnormal.{reason}", 40, 1095, "ended") for reason in (1, 2, 3, 4)), 80, THREE_YEARS),
        examples=(
            Example(N_("半年前移出"), 40, (Past("abnormal.1", 400, 182),)),
            Example(N_("1年零1天前移出"), 24, (Past("abnormal.1", 900, 366),)),
            Example(N_("整3年前移出"), 0, (Past("abnormal.1", 1500, 1095),)),
            Example(N_("一年内移出3次"), 80, tuple(Past("abnormal.1", days + 50, days) for days in (20, 120, 220))),
        ),
    ),
    Indicator(
        code="3.03",
        key="penalty",
        label="行政处罚",
        label_en="Administrative penalties",
        basis=PENALTY,
        formula=N_("从决定日起算：一般处罚计12个月，严重处罚计36个月并按时间递减；警告、简易程序和轻微的不计；完成信用修复、公示期满或决定被撤销的，自当日起不计。"),
        group="supervision",
        rule=Sum(
            (
                Weight("penalty.2", 80, 365),
                Weight("penalty.6", 80, 365),
                Weight("penalty.3", 200, 1095),
                Weight("penalty.7", 200, 1095),
            ),
            400,
            THREE_YEARS,
        ),
        examples=(
            Example(N_("2个月前一般处罚1次"), 80, (Past("penalty.2", 60),)),
            Example(N_("13个月前一般处罚1次"), 0, (Past("penalty.2", 400),)),
            Example(N_("13个月前严重处罚1次"), 120, (Past("penalty.3", 400),)),
            Example(N_("简易程序罚款1次"), 0, (Past("penalty.0", 10),)),
            Example(N_("一年内严重处罚3次"), 400, tuple(Past("penalty.3", days) for days in (10, 100, 200))),
        ),
    ),
    Indicator(
        code="3.04",
        key="repeated_penalty",
        label="24个月内再次受到处罚",
        label_en="Penalised again within 24 months",
        basis="行政处罚法；国市监信发〔2022〕6号",
        formula=N_("近24个月内受到一般或严重处罚的次数。"),
        group="supervision",
        rule=Count(("penalty.2", "penalty.3", "penalty.6", "penalty.7"), 730, ((2, 80),)),
        examples=(
            Example(N_("两年内处罚1次"), 0, (Past("penalty.3", 100),)),
            Example(N_("两年内处罚2次"), 80, (Past("penalty.3", 100), Past("penalty.2", 700))),
        ),
    ),
    Indicator(
        code="3.05",
        key="key_field_penalty",
        label="食品、药品、特种设备处罚加重",
        label_en="Penalties for food, drugs, special equipment",
        basis=PENALTY,
        formula=N_("食品、药品、特种设备领域的处罚，在3.03之外加计四分之一，起止和递减与3.03相同。"),
        group="supervision",
        rule=Sum((Weight("penalty.6", 20, 365), Weight("penalty.7", 50, 1095)), 100, THREE_YEARS),
        examples=(
            Example(N_("2个月前食品领域一般处罚1次"), 20, (Past("penalty.6", 60),)),
            Example(N_("13个月前药品领域严重处罚1次"), 30, (Past("penalty.7", 400),)),
        ),
    ),
    Indicator(
        code="3.06",
        key="check",
        label="抽查检查结果",
        label_en="Results of checks",
        basis=CHECK,
        formula=N_("未发现问题的减分；责令改正的自完成（复查合格）之日起计6个月；待后续处理的计到办结为止；不配合检查情节严重的计24个月。本组合计不低于0分。"),
        group="supervision",
        rule=Sum(
            (
                Weight("check.1", -20, 365),
                Weight("check.2", 30, 182),
                Weight("check.3", 120, 0, "open"),
                Weight("check.4", 300, 730),
                Weight("check.5", 30, 182),
                Weight("check.6", 60, 365),
                Weight("check.7", 60, 365),
            ),
            300,
        ),
        examples=(
            Example(N_("3个月前抽查未发现问题"), -20, (Past("check.1", 90),)),
            Example(N_("责令改正，1个月前复查合格"), 30, (Past("check.2", 400, 30),)),
            Example(N_("发现问题待后续处理，尚未办结"), 120, (Past("check.3", 500),)),
            Example(N_("发现问题待后续处理，已办结"), 0, (Past("check.3", 500, 3),)),
            Example(N_("1年半前不配合检查情节严重"), 300, (Past("check.4", 550),)),
        ),
    ),
    Indicator(
        code="3.07",
        key="overdue_rectification",
        label="责令改正逾期未改",
        label_en="Ordered rectification overdue",
        basis="行政处罚法第二十八条；国市监信发〔2022〕6号",
        formula=N_("责令改正期满仍未改正，计到改正为止。"),
        group="supervision",
        rule=Listing({"overdue_rectification.0": 100}),
        examples=(Example(N_("逾期未改"), 100, (Past("overdue_rectification.0", 15),)),),
    ),
    Indicator(
        code="3.08",
        key="failed_tests",
        label="产品、食品抽检不合格",
        label_en="Products failed in tests",
        basis="产品质量监督抽查公示信息；国市监信发〔2022〕6号",
        formula=N_("近12个月内抽检不合格的批次，每批次分别计。"),
        group="supervision",
        rule=Sum((Weight("product_test.2", 80, 365),), 200),
        examples=(
            Example(
                N_("一年内不合格1批次、合格3批次"), 80, (Past("product_test.2", 30), *(Past("product_test.1", 60),) * 3)
            ),
            Example(N_("一年内不合格3批次"), 200, tuple(Past("product_test.2", days) for days in (30, 60, 90))),
        ),
    ),
    Indicator(
        code="3.09",
        key="unpaid_penalty",
        label="逾期不履行处罚决定",
        label_en="Penalty not obeyed in time",
        basis="行政处罚法；国市监信发〔2022〕6号",
        formula=N_("当前有逾期未履行的处罚决定，履行完毕之日起不计。"),
        group="supervision",
        rule=Listing({"unpaid_penalty.0": 100}),
        examples=(
            Example(N_("罚款逾期3个月未缴"), 100, (Past("unpaid_penalty.0", 90),)),
            Example(N_("罚款已于昨日缴清"), 0, (Past("unpaid_penalty.0", 90, 1),)),
        ),
    ),
    Indicator(
        code="3.10",
        key="other_abnormal",
        label="其他部门异常状态",
        label_en="Abnormal with another authority",
        basis="部门共享信息；国市监信发〔2022〕6号",
        formula=N_("当前被税务等部门认定为非正常户或处于异常状态，解除之日起不计。"),
        group="supervision",
        rule=Listing({"other_abnormal.0": 150}),
        examples=(Example(N_("税务非正常户"), 150, (Past("other_abnormal.0", 90),)),),
    ),
    Indicator(
        code="3.11",
        key="serious",
        label="当前列入严重违法失信名单",
        label_en="On the serious-violation list now",
        basis=f"{DIRECT}；市场监督管理严重违法失信名单管理办法（总局令第44号）",
        formula=N_("当前在列的直接判定为D；移出当日起恢复按分值分类。"),
        group="supervision",
        rule=Direct("serious.0", "SERIOUS"),
        examples=(
            Example(N_("在列"), 0, (Past("serious.0", 200),), flags=Flag.SERIOUS),
            Example(N_("今日移出"), 0, (Past("serious.0", 200, 0),)),
        ),
    ),
    Indicator(
        code="3.12",
        key="defaulter",
        label="当前为失信被执行人",
        label_en="Court defaulter now",
        basis=DIRECT,
        formula=N_("当前被人民法院列为失信被执行人的直接判定为D；屏蔽或删除当日起恢复按分值分类。"),
        group="supervision",
        rule=Direct("defaulter.0", "DEFAULTER"),
        examples=(
            Example(N_("当前为失信被执行人"), 0, (Past("defaulter.0", 30),), flags=Flag.DEFAULTER),
            Example(N_("昨日已屏蔽"), 0, (Past("defaulter.0", 30, 1),)),
        ),
    ),
)  # fmt: skip
