"""Signals about addresses: many enterprises behind one door. Registered clusters (集群地址) are meant to be so."""

from casework.core.i18n import N_
from casework.warning.rules import Example, Firms, Signal
from casework.warning.signals._sql import SUBJECT

BASIS = "市场主体登记管理条例第十一条；国市监信发〔2022〕6号"
_DOOR = {"address": "周口市川汇区样例路1号301室", "address_key": "周口市川汇区样例路1号301室"}


def _grouped(which: str, period: str) -> str:
    return f"""
        SELECT e.address_key AS subject, array_agg(e.id ORDER BY e.id) AS enterprise_ids,
               array_agg(DISTINCT e.org_id) AS org_ids, NULL AS line,
               {period} AS period, count(*) AS value, jsonb_build_object('subject', min(e.address)) AS facts
        FROM enterprise e WHERE e.address_key IS NOT NULL AND NOT e.cluster_address AND {SUBJECT} AND {which}
        GROUP BY e.address_key HAVING count(*) >= :threshold"""


ADDRESS_CROWDED = Signal(
    key="address_crowded",
    label=N_("一址多户"),
    scope="address",
    basis=BASIS,
    sentence=N_("同一住所“%(subject)s”登记有 %(value)s 户存续主体，不是登记的集群地址。"),
    advice=N_("到住所核实是否真实存在、能否容纳，核对住所使用证明。"),
    validity=365,
    sql=_grouped("true", "extract(year FROM CAST(:day AS date)) || ':' || count(*)"),
    examples=(
        Example(N_("同一住所 19 户"), None, (Firms(19, columns=_DOOR),)),
        Example(N_("同一住所 20 户"), "yellow", (Firms(20, columns=_DOOR),)),
        Example(N_("同一住所 50 户"), "orange", (Firms(50, columns=_DOOR),)),
        Example(N_("集群地址 50 户"), None, (Firms(50, columns=_DOOR | {"cluster_address": True}),)),
    ),
)

ADDRESS_GROWTH = Signal(
    key="address_growth",
    label=N_("同一住所集中设立"),
    scope="address",
    basis=BASIS,
    sentence=N_("三十天内在同一住所“%(subject)s”新设 %(value)s 户。"),
    advice=N_("核对申请人、代办人和住所使用证明，警惕虚假注册。"),
    validity=90,
    sql=_grouped(
        "e.established_on > CAST(:day AS date) - 30 AND e.established_on <= :day",
        "max(e.established_on) || ':' || count(*)",
    ),
    examples=(
        Example(
            N_("三十天内新设 4 户"),
            None,
            (Firms(4, columns=_DOOR | {"days_old": 10}), Firms(9, columns=_DOOR | {"days_old": 31})),
        ),
        Example(N_("三十天内新设 5 户"), "orange", (Firms(5, columns=_DOOR | {"days_old": 10}),)),
    ),
)
