"""Signals about an industry in a county: what many enterprises together say."""

from casework.core.i18n import N_
from casework.warning.rules import Example, Firms, Past, Signal
from casework.warning.signals._sql import AREAS, STANDS, SUBJECT, kind

_GONE = {"status": "deregistered", "industry_section": "F"}


def _complaining(section: str, with_one: int, without: int) -> tuple[Firms, Firms]:
    """Enterprises of an industry, so many of them with a complaint."""
    columns = {"industry_section": section}
    return Firms(with_one, (Past("complaint.1", 30),), columns), Firms(without, columns=columns)


def _of_group(tables: str, *, value: str, facts: str, where: str) -> str:
    """A statement about groups `g` (area_id, section, …), the last of the named `tables`."""
    return f"""
        WITH areas AS ({AREAS}), {tables}
        SELECT g.area_id || '/' || g.section AS subject, CAST('{{}}' AS bigint[]) AS enterprise_ids,
               ARRAY[g.area_id] AS org_ids, NULL AS line, to_char(CAST(:day AS date) - 1, 'YYYY-MM') AS period,
               {value} AS value, jsonb_build_object('area', u.short_name, 'section', g.section, {facts}) AS facts
        FROM found g JOIN org_unit u ON u.id = g.area_id WHERE {where}"""


DEREGISTRATION_SURGE = Signal(
    key="deregistration_surge",
    label=N_("注销激增"),
    scope="group",
    basis="市场主体登记管理条例第三十一条；国市监信发〔2022〕6号",
    sentence=N_("%(area)s%(industry)s本月注销 %(value)s 户，前二十四个月平均每月 %(usual)s 户。"),
    advice=N_("核对是否政策、市场原因，关注预付卡消费、拖欠工资等涉众风险。"),
    validity=60,
    sql=_of_group(
        """bounds AS (SELECT date_trunc('month', CAST(:day AS date) - 1)::date AS month),
        monthly AS (
            SELECT a.area_id, e.industry_section AS section, date_trunc('month', e.status_on)::date AS month,
                   count(*) AS number
            FROM enterprise e JOIN areas a ON a.org_id = e.org_id CROSS JOIN bounds b
            WHERE e.status IN ('deregistered', 'revoked_deregistered') AND e.industry_section IS NOT NULL
              AND e.status_on >= b.month - interval '24 months' AND e.status_on <= :day
            GROUP BY 1, 2, 3),
        found AS (
            SELECT m.area_id, m.section, coalesce(sum(m.number) FILTER (WHERE m.month = b.month), 0) AS number,
                   coalesce(sum(m.number) FILTER (WHERE m.month < b.month), 0) / 24.0 AS mean,
                   coalesce(sum(m.number * m.number) FILTER (WHERE m.month < b.month), 0) / 24.0 AS square
            FROM monthly m CROSS JOIN bounds b GROUP BY m.area_id, m.section)""",
        value="g.number",
        facts="'usual', round(g.mean, 1)",
        where="g.number >= :threshold AND g.number > g.mean + :sigmas * sqrt(greatest(g.square - g.mean * g.mean, 0))",
    ),
    examples=(
        Example(N_("本月注销 19 户，平时没有"), None, (Firms(19, columns=_GONE | {"days_gone": 1}),)),
        Example(N_("本月注销 20 户，平时没有"), "orange", (Firms(20, columns=_GONE | {"days_gone": 1}),)),
        Example(N_("本月注销 60 户，平时没有"), "red", (Firms(60, columns=_GONE | {"days_gone": 1}),)),
        Example(
            N_("本月注销 20 户，平时每月约 20 户"),
            None,
            (
                Firms(20, columns=_GONE | {"days_gone": 1}),
                *(Firms(20, columns=_GONE | {"days_gone": 31 + 30 * month}) for month in range(24)),
            ),
        ),
    ),
)

COMPLAINT_RATE = Signal(
    key="complaint_rate",
    label=N_("投诉率偏高"),
    scope="group",
    basis="消费者权益保护法第四十六条",
    sentence=N_("%(area)s%(industry)s近十二个月投诉 %(complaints)s 件，每千户投诉是全市第 95 百分位的 %(value)s 倍。"),
    advice=N_("查看投诉集中的问题和主体，作为定向抽查的依据。"),
    validity=60,
    sql=_of_group(
        f"""complained AS (
            SELECT r.enterprise_id, count(*) AS number FROM credit_record r
            WHERE r.kind = {kind("complaint")} AND r.klass > 0 AND {STANDS}
              AND r.happened_on > CAST(:day AS date) - 365 AND r.happened_on <= :day GROUP BY 1),
        grouped AS (
            SELECT a.area_id, e.industry_section AS section, coalesce(sum(c.number), 0) AS complaints,
                   1000.0 * coalesce(sum(c.number), 0) / count(*) AS rate
            FROM enterprise e JOIN areas a ON a.org_id = e.org_id LEFT JOIN complained c ON c.enterprise_id = e.id
            WHERE {SUBJECT} AND e.industry_section IS NOT NULL GROUP BY 1, 2 HAVING count(*) >= :least),
        city AS (SELECT greatest(percentile_cont(0.95) WITHIN GROUP (ORDER BY rate), 1) AS p95 FROM grouped),
        found AS (SELECT g.*, g.rate / c.p95 AS times FROM grouped g CROSS JOIN city c)""",
        value="round(g.times::numeric, 2)",
        facts="'complaints', g.complaints",
        where="g.complaints >= :complaints AND g.times > :threshold",
    ),
    examples=(
        Example(
            N_("一个行业投诉率是其余行业的十倍"),
            "orange",
            (
                *_complaining("H", 30, 0),
                *(firms for section in "ABCDEFG" for firms in _complaining(section, 1, 30)),
                *(firms for section in "IJKLMNOPQRST" for firms in _complaining(section, 0, 30)),
            ),
        ),
        Example(
            N_("一个行业投诉率略高于其余行业"),
            "yellow",
            (
                *_complaining("H", 6, 54),
                *(firms for section in "ABCDEFGIJK" for firms in _complaining(section, 2, 28)),
            ),
        ),
        Example(N_("不足 30 户的行业不比较"), None, _complaining("H", 20, 0)),
    ),
)
