"""The province's grades: taken in whole, in force when the parameter says so, shared by token; every read is noted."""

import json
from datetime import timedelta
from io import BytesIO

import pytest
from sqlalchemy import select

from casework.core import clock, parameters
from casework.core.actor import SYSTEM
from casework.core.db import session, transaction
from casework.core.errors import Refusal
from casework.core.ledger import AuditEntry
from casework.grading import operations as grading
from casework.grading import queries
from casework.grading.models import OfficialGrade, SharingRead
from casework.grading.rules import FILE_FORMS
from casework.registry.models import CurrentGrade
from tests import make
from tests.make.grading import adjustment, fact_of, models, subject
from workers.inline import deliver as carried_out


@pytest.fixture
def two(world):
    """One without a blemish, one on a list, both graded."""
    models()
    known = [subject(org="川汇区一所"), subject(org="淮阳区一所")]
    fact_of(known[1], "abnormal.1", clock.today() - timedelta(days=3))
    grading.run_now(actor=SYSTEM)
    return known


def deliver(text: str, *, days_ago: int = 1, name: str = "省级.csv"):
    issued = clock.today() - timedelta(days=days_ago)
    file = BytesIO(text.encode("gb18030"))
    return grading.import_official(file, name=name, source="省系统", issued_on=issued, actor=SYSTEM)


def in_force(enterprise) -> str:
    return session.get(CurrentGrade, enterprise.id, populate_existing=True).grade


def test_official_grades_hold_when_the_parameter_says_so(two):
    clean, listed = two
    rows = [f"{clean.uscc},甲,C级", f"{listed.uscc},乙,Ｂ", "91410000MA00000000,丙,A"]
    batch = deliver("\n".join(["统一社会信用代码,企业名称,风险等级", *rows]))
    assert (batch.read, batch.matched, batch.unmatched) == (3, 2, 1)
    assert batch.strangers == [{"row": 4, "code": "91410000MA00000000"}]
    assert [in_force(each) for each in two] == ["A", "B"]
    assert queries.reconciliation(make.actor("credit")) == {"CA": 1, "BB": 1}
    (row,) = queries.unreconciled(make.actor("credit")).rows
    assert (row.enterprise_id, row.official, row.Rating.grade) == (clean.id, "C", "A")
    today = clock.today()
    parameters.set_value("grading.in_force", "official", effective_from=today, document_no="试1号", actor=SYSTEM)
    deliver(f"注册号,等级,信用代码\n,D,{clean.uscc}\n", days_ago=0)
    assert [in_force(each) for each in two] == ["D", "B"]
    grading.approve_adjustment(adjustment(clean, "B").id, actor=make.actor("deputy"))
    assert in_force(clean) == "B"
    fact_of(clean, "penalty.3", today)
    grading.regrade(clean.id, actor=SYSTEM)
    assert in_force(clean) == "B"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("名称,等级\n甲,A\n", "没有这些列：统一社会信用代码"),
        ("统一社会信用代码,等级\n", "没有任何数据"),
        ("", "空"),
        ("统一社会信用代码,等级\n{0},E\n{1},A\n", "1 处错误"),
        ("统一社会信用代码,等级\n{0},A\n{0},B\n", "第 2 行与第 3 行"),
    ],
)
def test_a_delivery_is_taken_whole_or_not_at_all(two, text, words):
    with pytest.raises(Refusal, match=words):
        deliver(text.format(*(each.uscc for each in two)))
    assert session.scalars(select(OfficialGrade)).all() == []


def test_a_file_is_taken_once(two):
    text = f"统一社会信用代码,等级\n{two[0].uscc},A\n"
    deliver(text)
    with pytest.raises(Refusal, match="已经导入"):
        deliver(text)


def test_the_page_reconciles_what_is_in_sight(two, as_role):
    clean, listed = two
    file = f"统一社会信用代码,等级\n{clean.uscc},B\n{listed.uscc},A\n".encode()
    session.commit()
    form = {"source": "省系统", "issued_on": clock.today().isoformat(), "file": (BytesIO(file), "省级.csv")}
    assert as_role("inspector").post("/grading/official/new", data=dict(form)).status_code == 403
    form["file"] = (BytesIO(file), "省级.csv")
    assert as_role("credit").post("/grading/official/new", data=form).status_code == 303
    page = as_role("credit").get("/grading/official").text
    assert clean.name in page
    assert "当前列入经营异常名录" in page
    county = as_role("county", unit="川汇区局").get("/grading/official").text
    assert clean.name in county
    assert listed.name not in county


def test_other_departments_read_grades_by_token_and_nothing_else(live):
    with transaction():
        models()
        known = [subject(), subject()]
        fact_of(known[1], "abnormal.1", clock.today())
        grading.run_now(actor=SYSTEM)
        soon = clock.today() + timedelta(days=9)
        client, token = grading.admit_client(department="市税务局", purpose="联合监管", expires_on=soon, actor=SYSTEM)
        codes, name, client_id = [each.uscc for each in known], known[1].name, client.id
    visitor, heading = live.test_client(), {"Authorization": f"Bearer {token}"}
    one = visitor.get(f"/api/v1/grades/{codes[1]}", headers=heading).get_json()
    assert one == {"code": codes[1], "name": name, "grade": "B", "since": clock.today().isoformat()}
    assert visitor.get("/api/v1/grades/unknown", headers=heading).status_code == 404
    assert visitor.get("/api/v1/grades.jsonl", headers=heading).status_code == 404
    carried_out()
    assert {queries.job_of(queries.last_grade_file(form)).state for form in FILE_FORMS} == {"done"}
    lines = [json.loads(line) for line in visitor.get("/api/v1/grades.jsonl", headers=heading).text.splitlines()]
    assert [line["grade"] for line in lines] == ["A", "B"]
    assert set(lines[0]) == {"code", "name", "grade", "since", "run_id"}
    assert visitor.get("/api/v1/grades.csv", headers=heading).text.count("\n") == 3
    for wrong in ({}, {"Authorization": "Bearer x"}, {"Authorization": token}):
        assert visitor.get(f"/api/v1/grades/{codes[0]}", headers=wrong).status_code == 401
    reads = session.execute(select(SharingRead.asked, SharingRead.given).order_by(SharingRead.id)).all()
    assert reads == [(codes[1], 1), ("unknown", 0), ("grades.jsonl", 0), ("grades.jsonl", 2), ("grades.csv", 2)]
    with transaction():
        grading.dismiss_client(client_id, actor=SYSTEM)
    assert visitor.get("/api/v1/grades.csv", headers=heading).status_code == 401


def test_the_credit_section_has_a_file_written_and_takes_it_away(world, as_role):
    models()
    subject()
    grading.run_now(actor=SYSTEM)
    session.commit()
    clerk = as_role("credit")
    assert as_role("inspector").post("/grading/sharing/files/csv").status_code == 403
    assert clerk.post("/grading/sharing/files/csv").status_code == 303
    assert clerk.post("/grading/sharing/files/csv").status_code == 409
    asked = queries.last_grade_file("csv")
    assert 'id="progress-csv"' in clerk.get("/grading/sharing").text
    place = f"/grading/sharing/files/{asked.id}/download"
    assert clerk.post(place).status_code == 409
    for _twice in range(2):
        grading.write_grade_file(asked.id, actor=SYSTEM)
    session.commit()
    assert 'id="progress-csv"' not in clerk.get("/grading/sharing").text
    file = clerk.post(place)
    assert file.text.splitlines()[0].endswith("code,name,grade,since,run_id")
    assert len(file.text.splitlines()) == 2
    assert session.scalar(select(AuditEntry).where(AuditEntry.action == "grading.download_grade_file")) is not None


def test_a_token_is_told_once(world, as_role):
    clerk, until = as_role("credit"), (clock.today() + timedelta(days=9)).isoformat()
    typed = {"department": "市税务局", "purpose": "联合监管", "expires_on": until}
    token = clerk.post("/grading/sharing", data=typed).text.split('<p class="num">')[1].split("</p>")[0]
    again = clerk.get("/grading/sharing").text
    assert "市税务局" in again
    assert token not in again
    assert queries.client_of(token) is not None


def test_an_expired_token_opens_nothing(world):
    known, token = grading.admit_client(
        department="法院", purpose="核对", expires_on=clock.today() + timedelta(days=1), actor=SYSTEM
    )
    assert queries.client_of(token).id == known.id
    with clock.at(clock.now() + timedelta(days=1)):
        assert queries.client_of(token) is None
    with pytest.raises(Refusal, match="有效期"):
        grading.admit_client(department="法院", purpose="核对", expires_on=clock.today(), actor=SYSTEM)
