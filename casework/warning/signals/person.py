"""Signals about persons: many enterprises of one legal representative. The identity number counts, not the name."""

from casework.core.i18n import N_
from casework.warning.rules import Example, Firms, Past, Signal
from casework.warning.signals._sql import IN_FORCE, SUBJECT, kind

BASIS = "市场主体登记管理条例第十二条、第四十条；国市监信发〔2022〕6号"
_ONE = {"person_key": "example-person", "legal_representative": "某某"}


def _grouped(which: str) -> str:
    """Enterprises of one person, those that `which` says, counted."""
    return f"""
        SELECT e.person_key AS subject, array_agg(e.id ORDER BY e.id) AS enterprise_ids,
               array_agg(DISTINCT e.org_id) AS org_ids, NULL AS line,
               extract(year FROM CAST(:day AS date)) || ':' || count(*) AS period, count(*) AS value,
               jsonb_build_object('subject', min(e.legal_representative)) AS facts
        FROM enterprise e WHERE e.person_key IS NOT NULL AND {which}
        GROUP BY e.person_key HAVING count(*) >= :threshold"""


PERSON_MANY = Signal(
    key="person_many",
    label=N_("一人名下主体过多"),
    scope="person",
    basis=BASIS,
    sentence=N_("%(subject)s 是 %(value)s 户存续主体的法定代表人（负责人）。"),
    advice=N_("核对是否本人真实意愿登记，是否为空壳、代办集中注册。"),
    validity=365,
    sql=_grouped(SUBJECT),
    examples=(
        Example(N_("一人 9 户"), None, (Firms(9, columns=_ONE),)),
        Example(N_("一人 10 户"), "yellow", (Firms(10, columns=_ONE),)),
        Example(N_("一人 20 户"), "orange", (Firms(20, columns=_ONE),)),
        Example(
            N_("一人 10 户，1 户已注销"),
            None,
            (Firms(9, columns=_ONE), Firms(columns=_ONE | {"status": "deregistered"})),
        ),
        Example(N_("十人同名，证件不同"), None, (Firms(10, columns={"legal_representative": "某某"}),)),
    ),
)

PERSON_TROUBLED = Signal(
    key="person_troubled",
    label=N_("一人名下多户异常"),
    scope="person",
    basis=BASIS,
    sentence=N_("%(subject)s 名下有 %(value)s 户列入经营异常名录或者被吊销。"),
    advice=N_("核对名下其他主体的经营情况，关注任职资格限制。"),
    validity=365,
    sql=_grouped(
        f"""(e.status IN ('revoked', 'revoked_deregistered') OR {SUBJECT} AND EXISTS (
            SELECT FROM credit_record r WHERE r.enterprise_id = e.id AND r.kind = {kind("abnormal")} AND {IN_FORCE}))"""
    ),
    examples=(
        Example(N_("2 户列异"), None, (Firms(2, (Past("abnormal.1", 100),), _ONE), Firms(5, columns=_ONE))),
        Example(
            N_("2 户列异、1 户吊销"),
            "orange",
            (Firms(2, (Past("abnormal.1", 100),), _ONE), Firms(columns=_ONE | {"status": "revoked"})),
        ),
        Example(N_("5 户列异"), "red", (Firms(5, (Past("abnormal.1", 100),), _ONE),)),
        Example(
            N_("3 户列异，1 户已移出"),
            None,
            (Firms(2, (Past("abnormal.1", 100),), _ONE), Firms(1, (Past("abnormal.1", 100, -9),), _ONE)),
        ),
    ),
)
