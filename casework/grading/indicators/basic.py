"""G1 企业基础属性信息: what an enterprise is, by its registration."""

from casework.core.i18n import N_
from casework.grading.rules import Bands, Condition, Example, Indicator, Industry, When

REGISTRATION = "市场主体登记管理条例第三十八条；市场主体登记管理条例实施细则第六十五条"

INDICATORS = (
    Indicator(
        code="1.01",
        key="age",
        label="成立年限",
        label_en="Years since establishment",
        basis=REGISTRATION,
        formula=N_("从成立日期到分类日的时间，一年按365日计；成立日期不明的不计。"),
        group="basic",
        rule=Bands("age_days", ((365, 30), (1095, 15), (1825, 5))),
        instead={"individual": Bands("age_days", ((365, 15), (1095, 5)))},
        examples=(
            Example(N_("成立200日"), 30, columns={"age_days": 200}),
            Example(N_("成立整1年"), 15, columns={"age_days": 365}),
            Example(N_("成立12年"), 0, columns={"age_days": 12 * 365}),
            Example(N_("成立日期不明"), 0),
        ),
    ),
    Indicator(
        code="1.02",
        key="unpaid_capital",
        label="高额认缴长期零实缴",
        label_en="Large capital, nothing paid in",
        basis=REGISTRATION,
        formula=N_("认缴注册资本1000万元以上，成立满3年，实缴资本仍为0。"),
        group="basic",
        rule=When(
            (Condition("capital", ">=", 1000), Condition("paid_capital", "=", 0), Condition("age_days", ">=", 1095)), 20
        ),
        instead={"individual": None, "cooperative": None},
        examples=(
            Example(
                N_("认缴1000万元，成立4年，实缴0元"), 20, columns={"capital": 1000, "paid_capital": 0, "age_days": 1460}
            ),
            Example(
                N_("认缴1000万元，成立2年，实缴0元"), 0, columns={"capital": 1000, "paid_capital": 0, "age_days": 730}
            ),
            Example(N_("认缴1000万元，成立4年，未填实缴"), 0, columns={"capital": 1000, "age_days": 1460}),
        ),
    ),
    Indicator(
        code="1.03",
        key="cluster_address",
        label="登记在集群（托管）地址",
        label_en="Registered at a cluster address",
        basis=REGISTRATION,
        formula=N_("住所登记为集群注册或商务秘书托管地址。"),
        group="basic",
        rule=When((Condition("cluster_address", "=", 1),), 10),
        examples=(
            Example(N_("住所为集群注册地址"), 10, columns={"cluster_address": 1}),
            Example(N_("住所为自有门店"), 0, columns={"cluster_address": 0}),
        ),
    ),
    Indicator(
        code="1.04",
        key="industry",
        label="行业固有风险",
        label_en="Inherent risk of the industry",
        basis="优化营商环境条例第五十三条至第五十六条；行业清单及分值周口待核",
        formula=N_("按国民经济行业分类（GB/T 4754）门类和大类查表，取最细一级的分值。"),
        group="basic",
        rule=Industry({"C13": 15, "C14": 20, "C15": 15, "C26": 15, "C27": 20, "F52": 5, "H62": 20}),
        examples=(
            Example(N_("餐饮业（H62）"), 20, industry="H62"),
            Example(N_("零售业（F52）"), 5, industry="F52"),
            Example(N_("软件和信息技术服务业（I65）"), 0, industry="I65"),
        ),
    ),
    Indicator(
        code="1.05",
        key="no_employees",
        label="从业人数为零",
        label_en="No employees",
        basis="企业信息公示暂行条例（年度报告）",
        formula=N_("最近一次年度报告的从业人数为0；未填的不计。"),
        group="basic",
        rule=When((Condition("employees", "=", 0),), 10),
        instead={"individual": None, "cooperative": None},
        examples=(
            Example(N_("年报从业人数0人"), 10, columns={"employees": 0}),
            Example(N_("年报从业人数5人"), 0, columns={"employees": 5}),
        ),
    ),
)
