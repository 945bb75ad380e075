"""Signals about single enterprises: grade, licences, changes, equity, complaints, corrections, listings."""

from casework.core.i18n import N_
from casework.warning.rules import Example, Firms, Past, Signal
from casework.warning.signals._sql import IN_FORCE, STANDS, kind, of_enterprise

LICENCE_LINE = "CASE r.klass WHEN 1 THEN 'food' WHEN 2 THEN 'drug' WHEN 3 THEN 'equipment' END"
"""The business line of a licence `r`."""

_RENEWED = """EXISTS (
    SELECT FROM credit_record n WHERE n.enterprise_id = r.enterprise_id AND n.kind = r.kind AND n.klass = r.klass
    AND n.superseded_at IS NULL AND n.revoked_on IS NULL AND n.id <> r.id
    AND (n.ends_on IS NULL OR n.ends_on > greatest(r.ends_on, CAST(:day AS date))))"""


def _licence(*records: Past) -> tuple[Firms, ...]:
    return (Firms(records=records),)


def _complaints(recent: int, earlier: int) -> tuple[Firms, ...]:
    """So many complaints within thirty days, and so many spread over the year before."""
    return (
        Firms(
            records=tuple(Past("complaint.1", 1 + number % 29) for number in range(recent))
            + tuple(Past("complaint.1", 40 + 7 * number % 320) for number in range(earlier))
        ),
    )


GRADE_WORSE = Signal(
    key="grade_worse",
    label=N_("信用风险等级上升"),
    scope="enterprise",
    basis="豫市监办〔2022〕100号",
    sentence=N_("信用风险等级由 %(before)s 升为 %(after)s。"),
    advice=N_("先看等级评分单中新增的分值来自哪些记录，再决定是否到现场。"),
    validity=90,
    examples=(
        Example(N_("由 A 升为 B"), "yellow", moved=("A", "B")),
        Example(N_("由 A 升为 C"), "orange", moved=("A", "C")),
        Example(N_("由 C 升为 D"), "red", moved=("C", "D")),
        Example(N_("由 C 降为 B"), None, moved=("C", "B")),
        Example(N_("首次分类为 D"), None, moved=(None, "D")),
    ),
)

LICENCE_EXPIRING = Signal(
    key="licence_expiring",
    label=N_("许可证即将到期"),
    scope="enterprise",
    basis="行政许可法第五十条",
    sentence=N_("“%(title)s”有效期至 %(on)s，还有 %(value)s 天，没有延续。"),
    advice=N_("提醒企业在到期三十日前申请延续。"),
    validity=120,
    falling=True,
    sql=of_enterprise(
        source="JOIN credit_record r ON r.enterprise_id = e.id",
        where=f"r.kind = {kind('licence')} AND {IN_FORCE} AND r.ends_on IS NOT NULL"
        f" AND r.ends_on - 1 - CAST(:day AS date) <= :threshold AND NOT {_RENEWED}",
        period="r.source || '/' || r.source_key || '/' || r.ends_on",
        value="r.ends_on - 1 - CAST(:day AS date)",
        facts="'title', r.title, 'on', r.ends_on - 1, 'records', jsonb_build_array(r.id)",
        line=LICENCE_LINE,
    ),
    examples=(
        Example(N_("食品许可证还有 91 天"), None, _licence(Past("licence.1", 1700, 92))),
        Example(N_("食品许可证还有 90 天"), "yellow", _licence(Past("licence.1", 1700, 91))),
        Example(N_("食品许可证还有 30 天"), "orange", _licence(Past("licence.1", 1700, 31))),
        Example(N_("食品许可证今天到期"), "red", _licence(Past("licence.1", 1700, 1))),
        Example(N_("还有 30 天，已换发新证"), None, _licence(Past("licence.1", 1700, 31), Past("licence.1", 5, 1800))),
    ),
)

LICENCE_LAPSED = Signal(
    key="licence_lapsed",
    label=N_("许可证过期仍存续"),
    scope="enterprise",
    basis="行政许可法第七十条",
    sentence=N_("“%(title)s”已于 %(on)s 到期，过期 %(value)s 天，没有同类有效许可证。"),
    advice=N_("先电话核实是否仍在从事许可事项，仍在经营的开展检查。"),
    validity=180,
    sql=of_enterprise(
        source="JOIN credit_record r ON r.enterprise_id = e.id",
        where=f"r.kind = {kind('licence')} AND {STANDS} AND r.ends_on <= :day"
        f" AND r.ends_on > CAST(:day AS date) - CAST(:days AS int) AND NOT r.detail ? 'remove' AND NOT {_RENEWED}",
        period="r.source || '/' || r.source_key || '/' || r.ends_on",
        value="CAST(:day AS date) - r.ends_on + 1",
        facts="'title', r.title, 'on', r.ends_on - 1, 'records', jsonb_build_array(r.id)",
        line=LICENCE_LINE,
    ),
    examples=(
        Example(N_("昨天到期"), "orange", _licence(Past("licence.2", 1826, 0))),
        Example(N_("过期九十天"), "red", _licence(Past("licence.2", 1916, -89))),
        Example(N_("过期一年以上"), None, _licence(Past("licence.2", 2300, -366))),
        Example(N_("过期，已另有同类许可证"), None, _licence(Past("licence.2", 1826, -3), Past("licence.2", 3, 1800))),
        Example(
            N_("过期，主体已注销"),
            None,
            (Firms(records=(Past("licence.2", 1826, -3),), columns={"status": "deregistered"}),),
        ),
    ),
)

FREQUENT_CHANGES = Signal(
    key="frequent_changes",
    label=N_("登记事项频繁变更"),
    scope="enterprise",
    basis="市场主体登记管理条例；国市监信发〔2022〕6号",
    sentence=N_("十二个月内变更法定代表人 %(representative)s 次、住所 %(address)s 次，共变更 %(kinds)s 种事项。"),
    advice=N_("核对变更原因，与一人多企、一址多户的预警对照。"),
    validity=180,
    sql=of_enterprise(
        source=f"""JOIN (
            SELECT r.enterprise_id, count(DISTINCT r.klass) AS kinds, max(r.happened_on) AS last,
                   count(*) FILTER (WHERE r.klass = 1) AS representative,
                   count(*) FILTER (WHERE r.klass = 2) AS address,
                   jsonb_agg(r.id ORDER BY r.happened_on DESC) AS records
            FROM credit_record r WHERE r.kind = {kind("change")} AND {STANDS}
            AND r.happened_on > CAST(:day AS date) - 365 AND r.happened_on <= :day GROUP BY 1) c
            ON c.enterprise_id = e.id
            CROSS JOIN LATERAL (SELECT (c.representative >= :representative)::int + (c.address >= :address)::int
            + (c.kinds >= :kinds)::int AS reached) v""",
        where="v.reached >= :threshold",
        period="c.last::text",
        value="v.reached",
        facts="'representative', c.representative, 'address', c.address, 'kinds', c.kinds, 'records', c.records",
    ),
    examples=(
        Example(
            N_("一年内变更法定代表人 2 次"), "yellow", (Firms(records=(Past("change.1", 20), Past("change.1", 300))),)
        ),
        Example(N_("一年内变更法定代表人 1 次"), None, (Firms(records=(Past("change.1", 20), Past("change.1", 365))),)),
        Example(
            N_("一年内变更法定代表人 2 次、住所 2 次"),
            "orange",
            (Firms(records=tuple(Past(f"change.{klass}", days) for klass in (1, 2) for days in (20, 300))),),
        ),
        Example(
            N_("一年内变更三种事项"),
            "yellow",
            (Firms(records=tuple(Past(f"change.{klass}", 30) for klass in (1, 3, 4))),),
        ),
    ),
)

EQUITY_PLEDGED = Signal(
    key="equity_pledged",
    label=N_("股权高比例出质"),
    scope="enterprise",
    basis="企业信息公示暂行条例（股权出质登记）",
    sentence=N_("有效的股权出质合计占注册资本的 %(value)s%%。"),
    advice=N_("了解经营和偿债情况，预付卡等涉众行业优先核查。"),
    validity=365,
    sql=of_enterprise(
        source="JOIN credit_record r ON r.enterprise_id = e.id",
        where=f"r.kind = {kind('equity_pledge')} AND {IN_FORCE} AND r.amount > 0 AND e.capital_wan > 0",
        group="GROUP BY e.id HAVING floor(sum(r.amount) * 100 / e.capital_wan) >= :threshold",
        period="max(r.happened_on)::text",
        value="least(floor(sum(r.amount) * 100 / e.capital_wan), 1000)",
        facts="'records', jsonb_agg(r.id ORDER BY r.happened_on DESC)",
    ),
    examples=(
        Example(
            N_("出质占注册资本 79%%"),
            None,
            (Firms(records=(Past("equity_pledge.0", 90, amount=79),), columns={"capital_wan": 100}),),
        ),
        Example(
            N_("两笔出质合计占注册资本 80%%"),
            "orange",
            (
                Firms(
                    records=(Past("equity_pledge.0", 90, amount=50), Past("equity_pledge.0", 5, amount=30)),
                    columns={"capital_wan": 100},
                ),
            ),
        ),
    ),
)

EQUITY_FROZEN = Signal(
    key="equity_frozen",
    label=N_("股权被冻结"),
    scope="enterprise",
    basis="司法协助公示信息",
    sentence=N_("有 %(value)s 笔股权冻结在执行中。"),
    advice=N_("查看司法协助信息，了解是否影响正常经营。"),
    validity=365,
    sql=of_enterprise(
        source="JOIN credit_record r ON r.enterprise_id = e.id",
        where=f"r.kind = {kind('equity_freeze')} AND {IN_FORCE}",
        group="GROUP BY e.id HAVING count(*) >= :threshold",
        period="max(r.happened_on)::text",
        value="count(*)",
        facts="'records', jsonb_agg(r.id ORDER BY r.happened_on DESC)",
    ),
    examples=(
        Example(N_("股权冻结中"), "orange", (Firms(records=(Past("equity_freeze.0", 400),)),)),
        Example(N_("冻结已解除"), None, (Firms(records=(Past("equity_freeze.0", 400, 0),)),)),
    ),
)

COMPLAINT_SURGE = Signal(
    key="complaint_surge",
    label=N_("投诉激增"),
    scope="enterprise",
    basis="消费者权益保护法第四十六条；市场监督管理投诉举报处理办法（总局令第121号）",
    sentence=N_("近三十天受理投诉 %(value)s 件，此前十二个月平均每三十天 %(usual)s 件。"),
    advice=N_("查看投诉集中的问题类别，先约谈；涉及安全的开展检查。"),
    validity=90,
    sql=of_enterprise(
        source=f"""JOIN (
            SELECT r.enterprise_id, count(*) FILTER (WHERE r.happened_on > CAST(:day AS date) - 30) AS recent,
                   count(*) FILTER (WHERE r.happened_on <= CAST(:day AS date) - 30) * 30 / 365.0 AS usual
            FROM credit_record r WHERE r.kind = {kind("complaint")} AND r.klass > 0 AND {STANDS}
            AND r.happened_on > CAST(:day AS date) - 395 AND r.happened_on <= :day GROUP BY 1) c
            ON c.enterprise_id = e.id""",
        where="c.recent >= :threshold AND c.recent >= c.usual * :ratio",
        period="to_char(CAST(:day AS date), 'YYYY-MM')",
        value="c.recent",
        facts="'usual', round(c.usual, 1)",
    ),
    examples=(
        Example(N_("三十天 9 件，平时没有"), None, _complaints(9, 0)),
        Example(N_("三十天 10 件，平时没有"), "orange", _complaints(10, 0)),
        Example(N_("三十天 10 件，平时每月约 4 件"), None, _complaints(10, 48)),
        Example(N_("三十天 30 件，平时每月约 3 件"), "red", _complaints(30, 40)),
    ),
)

RECTIFICATION_OVERDUE = Signal(
    key="rectification_overdue",
    label=N_("责令改正逾期"),
    scope="enterprise",
    basis="行政处罚法第二十八条",
    sentence=N_("责令改正逾期 %(value)s 天，没有复查合格。"),
    advice=N_("尽快复查；拒不改正的依法处理。"),
    validity=180,
    sql=of_enterprise(
        source=f"""JOIN (
            SELECT c.enterprise_id, 'case/' || o.id AS key, o.due_on AS since, c.line, NULL::bigint AS record
            FROM rectification o JOIN "case" c ON c.id = o.case_id WHERE o.outcome IS NULL AND o.due_on < :day
            UNION ALL
            SELECT r.enterprise_id, r.source || '/' || r.source_key, r.happened_on, NULL, r.id FROM credit_record r
            WHERE r.kind = {kind("overdue_rectification")} AND {IN_FORCE}) o ON o.enterprise_id = e.id""",
        where="CAST(:day AS date) - o.since >= :threshold",
        period="o.key",
        value="CAST(:day AS date) - o.since",
        facts="'records', CASE WHEN o.record IS NULL THEN '[]'::jsonb ELSE jsonb_build_array(o.record) END",
        line="o.line",
    ),
    examples=(
        Example(N_("逾期 1 天"), "yellow", (Firms(records=(Past("overdue_rectification.0", 1),)),)),
        Example(N_("逾期 10 天"), "orange", (Firms(records=(Past("overdue_rectification.0", 10),)),)),
        Example(N_("逾期 30 天"), "red", (Firms(records=(Past("overdue_rectification.0", 30),)),)),
        Example(N_("逾期后已改正"), None, (Firms(records=(Past("overdue_rectification.0", 30, 0),)),)),
    ),
)

PENALTY_UNPAID = Signal(
    key="penalty_unpaid",
    label=N_("行政处罚逾期未履行"),
    scope="enterprise",
    basis="行政处罚法第七十二条",
    sentence=N_("“%(title)s”逾期 %(value)s 天没有履行。"),
    advice=N_("催告；仍不履行的申请强制执行。"),
    validity=180,
    sql=of_enterprise(
        source="JOIN credit_record r ON r.enterprise_id = e.id",
        where=f"r.kind = {kind('unpaid_penalty')} AND {IN_FORCE} AND CAST(:day AS date) - r.happened_on >= :threshold",
        period="r.source || '/' || r.source_key",
        value="CAST(:day AS date) - r.happened_on",
        facts="'title', r.title, 'records', jsonb_build_array(r.id)",
    ),
    examples=(
        Example(N_("逾期 1 天"), "orange", (Firms(records=(Past("unpaid_penalty.0", 1),)),)),
        Example(N_("已履行"), None, (Firms(records=(Past("unpaid_penalty.0", 9, 0),)),)),
    ),
)

LISTED_LONG = Signal(
    key="listed_long",
    label=N_("列入经营异常名录即将满三年"),
    scope="enterprise",
    basis="企业信息公示暂行条例第十七条；市场监督管理严重违法失信名单管理办法（总局令第44号）",
    sentence=N_("列入经营异常名录已满 %(value)s 个月（%(title)s）。"),
    advice=N_("提示企业履行义务、申请移出；无法联系的核实登记住所。"),
    validity=365,
    sql=of_enterprise(
        source="""JOIN credit_record r ON r.enterprise_id = e.id CROSS JOIN LATERAL (
            SELECT extract(year FROM age(CAST(:day AS date), r.happened_on)) * 12
            + extract(month FROM age(CAST(:day AS date), r.happened_on)) AS months) m""",
        where=f"e.subject_class = 'company' AND r.kind = {kind('abnormal')} AND {IN_FORCE}"
        " AND m.months >= :threshold AND m.months < 36",
        period="r.source || '/' || r.source_key",
        value="m.months",
        facts="'title', r.title, 'records', jsonb_build_array(r.id)",
    ),
    examples=(
        Example(N_("列入两年九个月"), None, (Firms(records=(Past("abnormal.1", 1010),)),)),
        Example(N_("列入两年十个月"), "yellow", (Firms(records=(Past("abnormal.1", 1040),)),)),
        Example(N_("列入两年十一个月"), "orange", (Firms(records=(Past("abnormal.4", 1070),)),)),
        Example(
            N_("个体工商户标记为经营异常状态，三年没有后果"),
            None,
            (Firms(records=(Past("abnormal.1", 1040),), columns={"subject_class": "individual"}),),
        ),
        Example(N_("已移出"), None, (Firms(records=(Past("abnormal.1", 1040, 0),)),)),
    ),
)
