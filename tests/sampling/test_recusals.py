"""回避: declared and decided by the head, found by rule from what officers told, each exclusion with its reason."""

import csv
import io
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from casework.core import clock, parameters
from casework.core.actor import SYSTEM
from casework.core.db import session
from casework.core.errors import NotAllowed, Refusal
from casework.registry import queries as registry
from casework.registry.models import Enterprise
from casework.sampling import operations as sampling
from casework.sampling import pool, queries
from casework.sampling.models import OfficerTie, PoolMember, Recusal
from casework.sampling.rules import counts_as_employer
from casework.sampling.schemas import RECUSALS
from tests import make
from tests.make import sampling as draws

ID_NUMBER = "11010519491231002X"  # the example of GB 11643


@pytest.fixture
def city(world):
    return draws.graded_pool({"A": 10, "D": 5})


def frozen():
    return draws.campaign(rates_bp={"A": 10_000, "D": 10_000}, until="frozen")


def recused(campaign):
    """(enterprise, officer) pairs that the frozen pool keeps apart."""
    seats = queries.roster(campaign.id)
    return {
        (row.enterprise_id, seats[place].officer_id)
        for row in session.execute(
            select(PoolMember.enterprise_id, PoolMember.recused).where(PoolMember.campaign_id == campaign.id)
        )
        for place in row.recused or ()
    }


def test_a_former_employer_and_its_branches_are_found_until_the_years_have_passed(city):
    officers = draws.roster(4)
    head, branch = (session.get_one(Enterprise, one) for one in city[:2])
    branch.parent_id = head.id
    left = clock.today() - timedelta(days=400)
    sampling.declare_tie(
        officer_id=officers[0].id,
        kind="former_employer",
        employer_no=head.uscc,
        left_on=left,
        actor=draws.person("legal"),
    )
    pairs = {(head.id, officers[0].id), (branch.id, officers[0].id)}
    assert recused(frozen()) == pairs
    parameters.set_value(
        "sampling.former_employer_years", 1, effective_from=clock.today(), document_no="周市监〔2026〕8号", actor=SYSTEM
    )
    assert pool.grounds([officers[0].id], clock.today()) == {}


@pytest.mark.parametrize(
    ("left", "years", "kept"),
    [
        (date(2023, 12, 2), 3, True), (date(2023, 12, 1), 3, False), (date(2020, 1, 1), None, True),
        (None, 3, True), (date(2024, 2, 29), 1, False),
    ],
)  # fmt: skip
def test_the_years_after_an_employment_end_on_their_day(left, years, kept):
    assert counts_as_employer(left, date(2026, 12, 1), years) is kept


def test_a_relative_is_found_by_identity_and_the_number_is_not_kept(city):
    officers = draws.roster(4)
    owned = session.get_one(Enterprise, city[3])
    owned.person_key = registry.person_key(ID_NUMBER)
    session.flush()
    keeper = draws.person("legal")
    with pytest.raises(Refusal, match="校验位"):
        sampling.declare_tie(officer_id=officers[1].id, kind="relative", id_number=ID_NUMBER[:-1] + "1", actor=keeper)
    with pytest.raises(Refusal, match="请填写近亲属"):
        sampling.declare_tie(officer_id=officers[1].id, kind="relative", actor=keeper)
    tie = sampling.declare_tie(
        officer_id=officers[1].id, kind="relative", relation="配偶", id_number=ID_NUMBER, actor=keeper
    )
    assert ID_NUMBER not in str({column.key: getattr(tie, column.key) for column in OfficerTie.__table__.columns})
    assert recused(frozen()) == {(owned.id, officers[1].id)}
    sampling.end_tie(tie.id, actor=keeper)
    assert recused(frozen()) == set()


def test_the_head_decides_and_a_refused_one_no_longer_keeps_away(city):
    officers = draws.roster(4)
    clerk, head = draws.person("legal"), draws.person("deputy")
    known = [
        sampling.declare_recusal(
            officer_id=officers[place].id, enterprise_id=city[0], kind="interest", declared_by="bureau", reason="入股",
            actor=clerk,
        )
        for place in (0, 1)
    ]  # fmt: skip
    both = {(city[0], officers[0].id), (city[0], officers[1].id)}
    assert recused(frozen()) == both, "it keeps away while nobody has decided"
    with pytest.raises(NotAllowed):
        sampling.decide_recusal(known[0].id, decision="granted", note="属实", actor=clerk)
    with pytest.raises(Refusal, match="理由"):
        sampling.decide_recusal(known[0].id, decision="granted", note=" ", actor=head)
    sampling.decide_recusal(known[0].id, decision="granted", note="属实", actor=head)
    sampling.decide_recusal(known[1].id, decision="refused", note="查无此事", actor=head)
    assert recused(frozen()) == {(city[0], officers[0].id)}
    with pytest.raises(Refusal, match="已经决定"):
        sampling.decide_recusal(known[1].id, decision="granted", note="改", actor=head)


def test_who_declared_does_not_decide(city):
    officer = draws.roster(1)[0]
    both = draws.person("legal", "deputy")
    known = sampling.declare_recusal(
        officer_id=officer.id, enterprise_id=city[0], kind="other", declared_by="bureau", reason="同乡", actor=both
    )
    with pytest.raises(Refusal, match="不得自己作出决定"):
        sampling.decide_recusal(known.id, decision="refused", note="可以去", actor=both)


def test_each_exclusion_is_told_with_its_reason_on_a_page(city, as_role):
    officers = draws.roster(4)
    keeper = draws.person("legal")
    names = [registry.brief([one])[one].name for one in city[:2]]
    draws.recusal(officers[0].id, city[0])
    code = session.get_one(Enterprise, city[1]).uscc
    sampling.declare_tie(officer_id=officers[0].id, kind="former_employer", employer_no=code, actor=keeper)
    campaign = frozen()
    credit = as_role("credit")
    shown = credit.get(f"/sampling/campaigns/{campaign.id}/officers/{officers[0].id}").text
    for told in (*names, "登记的回避", "曾在该单位或其总部任职"):
        assert told in shown
    assert (
        credit.get(f"/sampling/campaigns/{campaign.id}/officers/{make.officer(unit='淮阳区局').id}").status_code == 404
    )
    assert as_role("county", unit="淮阳区局").get(
        f"/sampling/campaigns/{campaign.id}/officers/{officers[0].id}"
    ).status_code == 404  # fmt: skip


def test_withdrawals_come_in_from_a_table_once(city, as_role):
    officer = draws.roster(1)[0]
    code = session.get_one(Enterprise, city[0]).uscc
    legal = as_role("legal")

    def post(*rows):
        target = io.StringIO()
        writer = csv.writer(target)
        writer.writerow(RECUSALS.headings)
        writer.writerows([*row, "与当事人有利害关系", "单位决定", "入股"] for row in rows)
        data = {"file": (io.BytesIO(target.getvalue().encode()), "t.csv")}
        return legal.post("/sampling/recusals/import", data=data)

    wrong = post((officer.roster_id, code), ("无此人", code), (officer.roster_id, "91NOBODY"))
    assert "第 3 行“人员名录编号”" in wrong.text
    assert "第 4 行“统一社会信用代码或注册号”" in wrong.text
    assert session.scalars(select(Recusal)).all() == []
    for _again in range(2):
        assert post((officer.roster_id, code)).status_code == 303
    assert len(session.scalars(select(Recusal)).all()) == 1


def test_the_pages_of_decisions_and_ties(city, as_role):
    officer = draws.roster(1)[0]
    known = draws.recusal(officer.id, city[0])
    deputy = as_role("deputy")
    assert "等待负责人决定" in deputy.get("/sampling/recusals").text
    page = f"/sampling/recusals/{known.id}"
    assert "作出决定" in deputy.get(page).text
    assert deputy.post(page, data={"decision": "granted", "note": "属实"}).status_code == 303
    assert "决定回避" in deputy.get(page).text
    assert as_role("county", unit="淮阳区局").get(page).status_code == 404
    assert as_role("line").get(page).status_code == 404

    legal = as_role("legal")
    data = {"officer_id": officer.id, "kind": "former_employer"}
    assert "请填写曾任职单位" in legal.post("/sampling/ties", data=data).text
    assert legal.post("/sampling/ties", data=data | {"employer_no": "91X", "employer_name": "某厂"}).status_code == 303
    assert "某厂" in legal.get("/sampling/ties").text
    assert "某厂" not in as_role("legal", unit="淮阳区局").get("/sampling/ties").text
    assert as_role("line").post("/sampling/ties", data=data | {"employer_no": "91X"}).status_code == 422
