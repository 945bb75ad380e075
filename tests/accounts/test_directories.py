"""The directories of officers and experts: filled from tables, and who of them may be sent."""

import csv
import io
from datetime import date, timedelta

import openpyxl
import pytest
from sqlalchemy import select

from casework.accounts import operations as staff
from casework.accounts import queries
from casework.accounts.models import Expert, Officer
from casework.accounts.rules import qualifications_on
from casework.accounts.schemas import EXPERTS, OFFICERS
from casework.core import clock
from casework.core.actor import SYSTEM
from casework.core.db import session
from tests import make


def table(listing, *changes):
    target = io.StringIO()
    writer = csv.writer(target)
    writer.writerow(listing.headings)
    for change in changes:
        writer.writerow(change.get(column.heading, column.example) for column in listing.columns.values())
    return target.getvalue().encode()


def post(visitor, what, content, **more):
    return visitor.post(f"/{what}/import", data={"file": (io.BytesIO(content), "table"), **more})


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_the_template_of_officers_comes_in_as_it_is_and_twice_is_once(world, as_role, kind):
    legal = as_role("legal")
    template = legal.get(f"/officers/template?as={kind}").data
    for _again in range(2):
        assert post(legal, "officers", template).status_code == 303
    [officer] = session.scalars(select(Officer).where(Officer.roster_id == "ZK01001")).all()
    assert (officer.lines, officer.qualifications) == (["food", "registration"], ["food"])
    assert officer.qualifications_until == {"food": "2028-06-30"}
    assert (officer.duty, officer.certificate_kind, officer.in_post_since) == (
        "四级主任科员", "province", date(2019, 3, 1),
    )  # fmt: skip
    assert officer.active


def test_a_dry_run_keeps_nothing_and_says_how_many_rows_are_right(world, as_role):
    legal = as_role("legal")
    answer = post(legal, "officers", table(OFFICERS, {}, {"名录编号": "ZK2", "执法证号": "2"}), check="1")
    assert answer.status_code == 200
    assert "检查通过：2 行" in answer.text
    assert session.scalars(select(Officer)).all() == []


def test_mistakes_of_both_kinds_are_named_by_row_and_column_and_nothing_is_kept(world, as_role):
    rows = (
        {"名录编号": "ZK1", "执法证号": "1"},
        {"名录编号": "ZK2", "执法证号": "1"},  # the certificate of another
        {"名录编号": "ZK3", "执法证号": "3", "所在机构": "航天局"},
        {"名录编号": "ZK4", "执法证号": "4", "执法证有效期至": "永久"},
        {"名录编号": "", "执法证号": "5"},
    )
    answer = post(as_role("legal"), "officers", table(OFFICERS, *rows))
    assert answer.status_code == 422
    for told in ("第 3 行“执法证号”", "第 4 行“所在机构”", "第 5 行“执法证有效期至”", "第 6 行“名录编号”"):
        assert told in answer.text
    assert session.scalars(select(Officer)).all() == []


def test_a_county_brings_in_its_own_people_only(world, as_role):
    legal = as_role("legal", unit="川汇区局")
    assert post(legal, "officers", table(OFFICERS, {})).status_code == 303
    foreign = post(legal, "officers", table(OFFICERS, {"名录编号": "ZK2", "执法证号": "2", "所在机构": "淮阳区局"}))
    assert "请选择本单位或下级机构" in foreign.text


def test_what_the_table_does_not_tell_of_somebody_stays(world, as_role):
    account = make.account("inspector", unit="川汇区局")
    until = clock.today() + timedelta(days=9)
    known = make.officer(account_id=account.id)
    known.absent_until, known.active = until, False
    session.flush()
    change = {"名录编号": known.roster_id, "执法证号": known.certificate_no, "姓名": "新名"}
    assert post(as_role("legal"), "officers", table(OFFICERS, change)).status_code == 303
    session.expire_all()
    assert (known.name, known.account_id, known.absent_until, known.active) == ("新名", account.id, until, False)


def test_an_expired_certificate_and_a_leave_leave_the_roster_by_themselves(world):
    today = clock.today()
    ending = make.officer(valid_until=today)
    away = make.officer()
    away.absent_from, away.absent_until = today + timedelta(days=2), today + timedelta(days=3)
    session.flush()

    def drawable(days):
        return {one.id for one in queries.drawable_officers(today + timedelta(days=days))} & {ending.id, away.id}

    assert [drawable(days) for days in range(5)] == [{ending.id, away.id}, {away.id}, set(), set(), {away.id}]


def test_a_qualification_ends_on_its_day(world):
    today = clock.today()
    officer = make.officer(qualifications=("equipment", "food"))
    officer.qualifications_until = {"equipment": today.isoformat()}
    assert qualifications_on(officer, today) == {"equipment", "food"}
    assert qualifications_on(officer, today + timedelta(days=1)) == {"food"}


def test_the_form_of_an_officer_keeps_every_field(world, as_role):
    officer = make.officer()
    data = {
        "name": "张三", "org_id": officer.org_id, "certificate_no": "77", "certificate_valid_until": "2030-01-01",
        "lines": ["equipment"], "qualifications": ["equipment"], "until_equipment": "2027-02-03", "item_codes": "c11、C12",
        "active": "1", "absent_from": "2026-12-24", "absent_until": "2026-12-20", "duty": "科长", "certificate_kind": "department",
    }  # fmt: skip
    legal = as_role("legal")
    assert "请假的结束日期不得早于开始日期" in legal.post(f"/officers/{officer.id}", data=data).text
    assert legal.post(f"/officers/{officer.id}", data=data | {"absent_until": "2026-12-30"}).status_code == 303
    session.expire_all()
    assert (officer.item_codes, officer.qualifications_until) == (["C11", "C12"], {"equipment": "2027-02-03"})
    shown = legal.get(f"/officers/{officer.id}").text
    for value in ("C11、C12", "2027-02-03", "2026-12-24", "科长"):
        assert value in shown
    assert "仅限事项：C11、C12" in legal.get("/officers").text


def test_experts_come_in_from_a_table_and_no_roster_knows_them(world, as_role):
    legal = as_role("legal")
    workbook = legal.get("/experts/template?as=xlsx").data
    assert openpyxl.load_workbook(io.BytesIO(workbook)).active["A1"].value == "编号"
    assert post(legal, "experts", workbook).status_code == 303
    [expert] = session.scalars(select(Expert)).all()
    assert (expert.number, expert.kind, expert.lines) == ("ZJ001", "expert", ["equipment"])
    assert expert.name in legal.get("/experts?q=锅炉").text
    assert queries.drawable_officers() == []
    assert [one.id for one in queries.engaged_experts()] == [expert.id]
    bad = post(legal, "experts", table(EXPERTS, {"编号": "ZJ002", "类别": "网格员"}))
    assert "第 2 行“类别”" in bad.text
    staff.keep_expert(
        number="ZJ001", name="李某某", org_id=expert.org_id, kind="expert", field="锅炉", active=False, actor=SYSTEM
    )
    assert queries.engaged_experts() == []
    assert as_role("line").get("/experts/import").status_code == 403
