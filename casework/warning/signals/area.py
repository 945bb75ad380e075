"""Signals about a county: how it stands beside the city, month by month, from the counts that the index keeps."""

from casework.core.i18n import N_
from casework.warning.rules import Example, Firms, Signal

AREA_D_SHARE = Signal(
    key="area_d_share",
    label=N_("D 级占比偏高"),
    scope="area",
    basis="豫市监办〔2022〕100号",
    sentence=N_("%(area)s D 级主体占 %(share)s%%，连续两个月是全市（%(city)s%%）的 %(value)s 倍以上。"),
    advice=N_("查看 D 级集中的行业和记录来源，安排定向抽查或者专项整治。"),
    validity=90,
    sql="""
        WITH months AS (SELECT date_trunc('month', CAST(:day AS date))::date AS month, 1 AS place
                        UNION ALL SELECT (date_trunc('month', CAST(:day AS date)) - interval '1 month')::date, 2),
        areas AS (SELECT m.place, n.area_id, sum(n.graded) AS graded,
                         sum(n.d)::numeric / nullif(sum(n.graded), 0) AS share
                  FROM risk_count n JOIN months m USING (month) GROUP BY 1, 2),
        city AS (SELECT m.place, sum(n.d)::numeric / nullif(sum(n.graded), 0) AS share
                 FROM risk_count n JOIN months m USING (month) GROUP BY 1),
        found AS (SELECT a.area_id, min(a.share / c.share) AS times, max(a.share) FILTER (WHERE a.place = 1) AS share,
                         max(c.share) FILTER (WHERE a.place = 1) AS city
                  FROM areas a JOIN city c USING (place) WHERE c.share > 0 AND a.graded >= :least
                  GROUP BY 1 HAVING count(*) = 2)
        SELECT g.area_id::text AS subject, CAST('{}' AS bigint[]) AS enterprise_ids, ARRAY[g.area_id] AS org_ids,
               NULL AS line, to_char(CAST(:day AS date), 'YYYY-MM') AS period, round(g.times, 2) AS value,
               jsonb_build_object('area', u.short_name, 'share', round(100 * g.share, 1),
                                  'city', round(100 * g.city, 1)) AS facts
        FROM found g JOIN org_unit u ON u.id = g.area_id WHERE g.times > :threshold""",
    examples=(
        Example(
            N_("连续两个月 D 级占比是全市的两倍"),
            "orange",
            (
                Firms(10, grade="D"),
                Firms(90, grade="A"),
                Firms(100, columns={"unit": "淮阳区局"}, grade="A"),
            ),
            months=2,
        ),
        Example(
            N_("连续两个月 D 级占比是全市的四倍"),
            "red",
            (
                Firms(30, grade="D"),
                Firms(70, grade="A"),
                Firms(300, columns={"unit": "淮阳区局"}, grade="A"),
            ),
            months=2,
        ),
        Example(
            N_("只有一个月"),
            None,
            (Firms(10, grade="D"), Firms(90, grade="A"), Firms(100, columns={"unit": "淮阳区局"}, grade="A")),
        ),
        Example(
            N_("已分类主体不足 100 户"),
            None,
            (Firms(10, grade="D"), Firms(100, columns={"unit": "淮阳区局"}, grade="A")),
            months=2,
        ),
    ),
)
