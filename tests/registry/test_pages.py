"""The pages: each shows what is asked for, to those who may see it, and never a row of another area."""

import csv
import io
import re
from datetime import date

import pytest
from sqlalchemy import select

from casework.core.actor import SYSTEM
from casework.core.db import session
from casework.core.ledger import history
from casework.registry import operations as registry
from casework.registry import queries
from casework.registry.models import ImportBatch, WaitingRow
from tests import make

UPLOAD = f"统一社会信用代码,名称\n{make.uscc(1)},周口市上传商贸有限公司\n"


@pytest.fixture
def two_areas(world):
    here = make.enterprise(name="川汇区本地商贸有限公司", unit="川汇区一所")
    there = make.enterprise(name="淮阳区外地商贸有限公司", unit="淮阳区一所")
    record = make.credit_record(there)
    registry.hand_down_grades([(here.id, "B", 3000), (there.id, "D", 9000)], run_id=1, day=date(2026, 1, 1))
    return here, there, record


def listed(page):
    return re.findall(r'href="/enterprises/(\d+)"', page.get_data(as_text=True))


def exported(page):
    return list(csv.reader(io.StringIO(page.get_data(as_text=True).removeprefix("\ufeff"))))


def test_an_officer_of_one_area_sees_no_row_of_another(as_role, two_areas):
    here, there, record = two_areas
    clerk = as_role("county", unit="川汇区局")
    assert listed(clerk.get("/enterprises")) == [str(here.id)]
    for words in ("商贸", there.uscc, there.name):
        assert str(there.id) not in listed(clerk.get("/enterprises", query_string={"words": words}))
    assert [row[2] for row in exported(clerk.post("/enterprises/export"))[1:]] == [here.name]
    assert clerk.get(f"/enterprises/{there.id}").status_code == 404
    assert clerk.get(f"/records/{record.id}").status_code == 404
    assert clerk.get("/enterprises", query_string={"unit_id": make.unit("淮阳区局").id}).status_code == 404
    assert clerk.get(f"/enterprises/{here.id}").status_code == 200


@pytest.mark.parametrize(
    ("question", "found"),
    [
        ({"words": "云帆"}, ["云帆"]),
        ({"words": "周口 云帆"}, ["云帆"]),
        ({"words": "云帆（河南"}, ["云帆"]),
        ({"words": "老云"}, ["云帆"]),
        ({"words": "帆云"}, []),
        ({"words": "100%"}, []),
        ({"words": "周"}, ["云帆", "面馆"]),
        ({"section": "H"}, ["面馆"]),
        ({"status": "suspended"}, ["面馆"]),
        ({"subject_class": "individual"}, ["面馆"]),
        ({"grade": "D"}, ["云帆"]),
        ({"words": "周口", "grade": "A"}, []),
    ],
)
def test_search_and_filters(as_role, question, found):
    known = {
        "云帆": make.enterprise(name="周口云帆（河南）科技有限公司", former_names=["周口老云商行"]),
        "面馆": make.enterprise(
            name="周口老街面馆",
            status="suspended",
            industry_section="H",
            industry_code="6210",
            subject_class="individual",
        ),
    }
    known["云帆"].bigrams = [*known["云帆"].bigrams, "口老", "老云"]
    registry.hand_down_grades([(known["云帆"].id, "D", 9000)], run_id=1, day=date(2026, 1, 1))
    page = as_role("credit").get("/enterprises", query_string=question)
    assert listed(page) == [str(known[name].id) for name in found]


def test_search_by_the_beginning_of_a_code(as_role, two_areas):
    here, there, _record = two_areas
    shared = next(place for place, pair in enumerate(zip(here.uscc, there.uscc, strict=True)) if len({*pair}) == 2)
    until_they_differ = here.uscc[: shared + 1]
    page = as_role("credit").get("/enterprises", query_string={"words": until_they_differ.lower()})
    assert listed(page) == [str(here.id)]


def test_pages_follow_each_other_without_a_gap(as_role):
    ids = [str(make.enterprise().id) for _ in range(120)]
    client, seen, address = as_role("credit"), [], "/enterprises"
    while address:
        page = client.get(address)
        seen += listed(page)
        following = re.search(r'rel="next" href="([^"]+)"', page.get_data(as_text=True))
        address = following[1].replace("&amp;", "&") if following else None
    assert seen == ids


def test_the_export_has_no_grade_no_formula_and_is_written_down(as_role, world):
    make.enterprise(name="=SUM(1)公司")
    page = as_role("credit").post("/enterprises/export", data={"section": "F"})
    header, row = exported(page)
    assert "风险等级" not in header
    assert row[2] == "'=SUM(1)公司"
    entry = history("export", "enterprises")[0]
    assert entry.after == {"filters": {"section": "F"}, "rows": 1}


def test_grades_are_shown_to_supervisors_only(as_role, two_areas):
    here, _there, _record = two_areas
    for role, sees in (("credit", True), ("inspector", True), ("intake", False), ("enforcement", False)):
        client = as_role(role)
        assert ("风险一般" in client.get("/enterprises").get_data(as_text=True)) == sees
        assert ("风险一般" in client.get(f"/enterprises/{here.id}").get_data(as_text=True)) == sees
        assert client.get("/enterprises?grade=B").status_code == (200 if sees else 403)


def test_the_file_of_an_enterprise_tells_the_states_of_its_records_apart(as_role, world):
    subject = make.enterprise()
    for verb in ("remove", "repair", "revoke", "object"):
        record = make.credit_record(subject, kind="abnormal", klass=4, title=f"列入-{verb}")
        registry.MARKING[verb](record.id, on=date(2026, 6, 1), note="依申请", actor=SYSTEM)
    make.credit_record(subject, kind="abnormal", klass=1, title="列入-现行")
    page = as_role("credit").get(f"/enterprises/{subject.id}").get_data(as_text=True)
    for word in ("已结束", "已修复", "已撤销", "异议中", "有效"):
        assert word in page
    assert page.index("列入-现行") < page.index("大事记</h2>")


def test_a_record_is_repaired_on_its_page(as_role, world):
    record = make.credit_record(make.enterprise())
    client = as_role("credit")
    assert "信用修复" in client.get(f"/records/{record.id}").get_data(as_text=True)
    wrong = client.post(f"/records/{record.id}/repair", data={"on": "2020-01-01", "note": "已履行义务"})
    assert (wrong.status_code, "早于" in wrong.get_data(as_text=True)) == (422, True)
    done = client.post(
        f"/records/{record.id}/repair", data={"on": "2026-06-01", "note": "已履行义务"}, follow_redirects=True
    )
    assert "已修复" in done.get_data(as_text=True)
    assert as_role("inspector").get(f"/records/{record.id}/repair").status_code == 403
    assert client.get(f"/records/{record.id}/forget").status_code == 404


def upload(client, content, source="enterprises", name="名单.csv"):
    data = {"source": source, "file": (io.BytesIO(content.encode() if isinstance(content, str) else content), name)}
    return client.post("/imports/new", data=data, content_type="multipart/form-data")


def test_an_import_from_upload_to_confirmation(as_role, world):
    client = as_role("credit")
    address = upload(client, UPLOAD).location
    assert "排队中" in client.get(address).get_data(as_text=True)
    batch = session.query(ImportBatch).one()
    registry.read_batch(batch.id, actor=SYSTEM)
    polled = client.get(address, headers={"HX-Request": "true"})
    assert "确认导入" in client.get(address).get_data(as_text=True)
    assert polled.status_code == 200
    client.post(f"{address}/keep")
    registry.read_batch(batch.id, actor=SYSTEM)
    assert "已导入" in client.get(address).get_data(as_text=True)
    report = client.get(f"{address}/report")
    assert report.headers["Content-Disposition"].isascii()
    assert report.data[:2] == b"\x1f\x8b"
    assert client.post(f"{address}/keep").status_code == 409


def test_unknown_columns_are_said_by_hand(as_role, world):
    client = as_role("credit")
    address = upload(client, UPLOAD.replace("统一社会信用代码,名称", "代号,单位全称")).location
    assert address.endswith("/columns")
    assert "单位全称" in client.get(address).get_data(as_text=True)
    wrong = client.post(address, data={"column_0": "uscc", "column_1": "uscc"})
    assert (wrong.status_code, "只能对应一列" in wrong.get_data(as_text=True)) == (422, True)
    right = client.post(address, data={"column_0": "uscc", "column_1": "name"})
    assert right.status_code == 303
    again = upload(client, UPLOAD.replace("统一社会信用代码,名称", "代号,单位全称"))
    assert not again.location.endswith("/columns")


def test_a_wrong_file_is_refused_beside_the_form_and_leaves_nothing(as_role, world):
    client = as_role("credit")
    page = upload(client, b"%PDF-1.7", name="名单.pdf")
    assert (page.status_code, "PDF" in page.get_data(as_text=True)) == (422, True)
    assert upload(client, UPLOAD, source="gossip").status_code == 422
    assert client.post("/imports/new", data={"source": "enterprises"}).status_code == 422
    assert session.query(ImportBatch).count() == 0


def test_a_record_that_waits_is_matched_or_discarded_on_its_page(as_role, world):
    subject = make.enterprise(name="周口市甲商贸有限公司")
    make.enterprise(name="周口市甲商贸有限公司")
    make.import_file(
        "abnormal_list",
        "名称,列入原因,列入日期\n周口市甲商贸有限公司,无法联系,2025-08-08\n外地公司,无法联系,2025-08-08\n",
    )
    client = as_role("credit")
    assert "多个同名主体" in client.get("/waiting").get_data(as_text=True)
    first, second = session.scalars(select(WaitingRow.id).order_by(WaitingRow.id)).all()
    assert subject.uscc[8:13] in client.get(f"/waiting/{first}").get_data(as_text=True)
    assert client.post(f"/waiting/{first}/match", data={"enterprise_id": subject.id}).status_code == 303
    assert len(queries.records(subject.id)) == 1
    assert client.post(f"/waiting/{second}/discard", data={"reason": ""}).status_code == 422
    assert client.post(f"/waiting/{second}/discard", data={"reason": "不在本市"}).status_code == 303
    assert "不在本市" in client.get("/waiting?reason=discarded").get_data(as_text=True)
    assert client.get(f"/waiting/{first}").status_code == 404


def test_pages_of_the_import_are_for_those_who_import(as_role, world):
    for path in (
        "/imports",
        "/imports/new",
        "/waiting",
        "/imports/sources/penalties",
        "/imports/sources/penalties/template.csv",
    ):
        assert as_role("credit").get(path).status_code == 200
        assert as_role("inspector").get(path).status_code == 403
    assert as_role("credit").get("/imports/sources/gossip").status_code == 409


def test_the_desk_says_what_waits(as_role, world):
    client = as_role("credit")
    assert "数据归集" not in client.get("/registry/desk-panel").get_data(as_text=True)
    make.import_file("enterprises", UPLOAD, dry_run=True)
    assert "待确认的导入" in client.get("/registry/desk-panel").get_data(as_text=True)
    assert "测试.csv" in client.get("/desk").get_data(as_text=True)
