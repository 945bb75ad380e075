"""The import: every row accounted for, whole or nothing, twice is once, dry is dry, records wait and find."""

import csv
import gzip
import io
import os
from datetime import date, timedelta

import psycopg
import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DatabaseError

from casework.core import clock, files
from casework.core.actor import SYSTEM
from casework.core.db import session
from casework.core.errors import Refusal
from casework.core.ledger import OutboxMessage
from casework.registry import operations as registry
from casework.registry import queries
from casework.registry.models import CreditRecord, Enterprise, ImportBatch, WaitingRow
from casework.registry.sources import _enterprises as enterprise_merge
from tests import make

COUNTS = ("read", "new", "changed", "unchanged", "waiting", "rejected")


def counts(batch):
    return tuple(getattr(batch, name) for name in COUNTS)


def register(*lines: str, header: str = "统一社会信用代码,名称,住所,法定代表人"):
    return make.import_file("enterprises", "\n".join([header, *lines]) + "\n")


def fates(batch):
    with gzip.open(io.BytesIO(files.read(batch.report_sha256)), "rt", encoding="utf-8-sig", newline="") as report:
        return {int(row["行号"]): (row["结果"], row["字段"], row["说明"]) for row in csv.DictReader(report)}


def announced(name: str) -> int:
    return session.scalar(select(func.count()).select_from(OutboxMessage).where(OutboxMessage.name == name))


def find(number: str) -> Enterprise:
    return queries.find(queries.by_number(number).id)


def test_every_row_is_accounted_for_with_row_field_and_reason(world):
    batch = register(
        f"{make.uscc(1)},周口市甲商贸有限公司,周口市川汇区七一路1号,张三",
        "4.11628E+17,周口市乙商贸有限公司,,",
        f"{make.uscc(2)[:17]}{'0' if make.uscc(2)[17] != '0' else '1'},周口市丙商贸有限公司,,",
        f"{make.uscc(3)},,,",
        f"{make.uscc(1)},周口市甲商贸有限公司,周口市川汇区七一路2号,张三",
        f"{make.uscc(4)},周口市丁商贸有限公司,地址,法人,多出的一列",
    )
    assert counts(batch) == (6, 2, 0, 1, 0, 3)
    assert batch.warnings == 1
    told = fates(batch)
    assert told[2] == ("无变化", "", "与第 6 行相同，以该行为准。")
    assert told[3][:2] == ("未导入", "统一社会信用代码")
    assert "科学计数法" in told[3][2]
    assert told[4][0] == "新增"
    assert "校验位" in told[4][2]
    assert told[5] == ("未导入", "名称", "必填项为空。")
    assert told[6][0] == "新增"
    assert told[7][0] == "未导入"
    assert "比表头多" in told[7][2]
    assert find(make.uscc(1)).address == "周口市川汇区七一路2号"


def test_the_same_file_again_changes_nothing(world):
    lines = [f"{make.uscc(n)},周口市{n}号商贸有限公司,周口市川汇区七一路{n}号,张三" for n in range(50)]
    first = register(*lines)
    before = announced("registry.BatchReceived")
    again = register(*lines)
    assert counts(first) == (50, 50, 0, 0, 0, 0)
    assert counts(again) == (50, 0, 0, 50, 0, 0)
    assert announced("registry.BatchReceived") == before == 1
    assert queries.touched_by(again.id) == []
    assert len(queries.touched_by(first.id)) == 50


def test_a_dry_run_changes_nothing_and_tells_the_same(world):
    content = f"统一社会信用代码,名称\n{make.uscc(1)},周口市甲商贸有限公司\n坏,坏\n"
    dry = make.import_file("enterprises", content, dry_run=True)
    assert (dry.state, counts(dry)) == ("checked", (2, 1, 0, 0, 0, 1))
    assert session.scalar(select(func.count()).select_from(Enterprise)) == 0
    assert announced("registry.BatchReceived") == 0
    real = make.import_file("enterprises", content)
    assert (counts(real), fates(real)) == (counts(dry), fates(dry))


def test_an_error_in_the_middle_leaves_nothing(world, monkeypatch):
    batch = registry.receive_file(
        "enterprises",
        io.BytesIO(f"统一社会信用代码,名称\n{make.uscc(1)},周口市甲商贸有限公司\n".encode()),
        name="x.csv",
        dry_run=False,
        actor=SYSTEM,
    )
    session.flush()
    monkeypatch.setattr(enterprise_merge, "_PARENTS", "SELECT 1/0")
    monkeypatch.setattr(enterprise_merge, "_any", lambda cursor, condition: True)
    with pytest.raises(psycopg.errors.DivisionByZero), session.begin_nested():
        registry.read_batch(batch.id, actor=SYSTEM)
    assert session.scalar(select(func.count()).select_from(Enterprise)) == 0
    assert session.scalar(select(ImportBatch.state).where(ImportBatch.id == batch.id)) == "received"


def test_a_batch_is_read_once_however_often_it_is_asked(world):
    batch = make.import_file("enterprises", f"统一社会信用代码,名称\n{make.uscc(1)},周口市甲商贸有限公司\n")
    finished = batch.finished_at
    registry.read_batch(batch.id, actor=SYSTEM)
    assert batch.finished_at == finished


def test_what_cannot_be_read_is_refused_and_kept_as_refused(world):
    content = "统一社会信用代码,名称\n" + f"{make.uscc(1)},甲公司\n" * 20 + f'{make.uscc(2)},"乙公司\n'
    batch = registry.receive_file(
        "enterprises", io.BytesIO(content.encode()), name="x.csv", dry_run=False, actor=SYSTEM
    )
    session.flush()
    registry.read_batch(batch.id, actor=SYSTEM)
    assert batch.state == "refused"
    assert "第 22 行" in batch.refusal
    with pytest.raises(Refusal, match="引号不成对"):
        make.import_file("enterprises", content)


def test_missing_columns_are_named(world):
    with pytest.raises(Refusal, match="决定书文号、决定日期"):
        make.import_file("penalties", "名称,案由\n甲,乙\n")


def test_too_many_rows_are_refused(world, monkeypatch):
    settings = world.config["CASEWORK"]
    monkeypatch.setitem(world.config, "CASEWORK", type(settings)(**{**vars(settings), "import_rows_limit": 3}))
    with pytest.raises(Refusal, match="超过 3 行"):
        register(*[f"{make.uscc(n)},周口市{n}号公司,," for n in range(4)])


def test_a_file_over_the_configured_size_is_refused(world, monkeypatch):
    settings = world.config["CASEWORK"]
    monkeypatch.setitem(world.config, "CASEWORK", type(settings)(**{**vars(settings), "upload_limit": 100}))
    with pytest.raises(Refusal, match="上限"):
        register(*[f"{make.uscc(n)},周口市{n}号公司,," for n in range(4)])


# Master data ---------------------------------------------------------------------------------------------------------


def test_blank_cells_erase_nothing(world):
    register(f"{make.uscc(1)},周口市甲商贸有限公司,周口市川汇区七一路1号,张三")
    batch = register(f"{make.uscc(1)},周口市甲商贸有限公司,,")
    assert counts(batch) == (1, 0, 0, 1, 0, 0)
    assert find(make.uscc(1)).legal_representative == "张三"


def test_a_new_name_keeps_the_former_one_and_is_a_change_on_record(world):
    register(f"{make.uscc(1)},周口市甲商贸有限公司,,")
    batch = register(f"{make.uscc(1)},周口市新甲商贸有限公司,,")
    assert counts(batch) == (1, 0, 1, 0, 0, 0)
    known = find(make.uscc(1))
    assert (known.name, known.former_names) == ("周口市新甲商贸有限公司", ["周口市甲商贸有限公司"])
    [change] = queries.records(known.id, "change")
    assert (change.klass, change.detail["before"], change.detail["after"]) == (
        3,
        "周口市甲商贸有限公司",
        "周口市新甲商贸有限公司",
    )
    found = queries.search(queries.Search(words="市甲商"), SYSTEM).rows
    assert [row.id for row in found] == [known.id], "the former name still finds it"


def test_another_spelling_of_a_name_is_no_change_on_record(world):
    register(f"{make.uscc(1)},河南（周口）甲有限公司,,")
    batch = register(f"{make.uscc(1)},河南(周口)甲有限公司,,")
    assert counts(batch) == (1, 0, 1, 0, 0, 0)
    assert queries.records(find(make.uscc(1)).id) == []


def test_a_move_changes_the_unit_and_is_on_record_once(world):
    register(f"{make.uscc(1)},周口市甲商贸有限公司,周口市川汇区七一路1号,")
    assert find(make.uscc(1)).org_id == make.unit("川汇区局").id
    register(f"{make.uscc(1)},周口市甲商贸有限公司,河南省周口市川汇区七一路1号,")
    register(f"{make.uscc(1)},周口市甲商贸有限公司,周口市淮阳区文化路2号,")
    known = find(make.uscc(1))
    assert (known.org_id, known.division_code) == (make.unit("淮阳区局").id, "411603")
    [move] = queries.records(known.id, "change")
    assert (move.klass, move.detail["after"]) == (2, "周口市淮阳区文化路2号")
    same = make.import_file(
        "changes",
        f"统一社会信用代码,变更事项,变更前,变更后,变更日期\n{make.uscc(1)},住所,河南省周口市川汇区七一路1号,周口市淮阳区文化路2号,2026-03-05\n",
    )
    assert counts(same) == (1, 0, 1, 0, 0, 0)
    [told] = queries.records(known.id, "change")
    assert (told.version, told.happened_on) == (2, date(2026, 3, 5))


def test_a_code_alone_moves_nobody(world):
    register(f"{make.uscc(1, prefix='91411600')},周口市甲商贸有限公司,淮阳区文化路2号,")
    assert find(make.uscc(1, prefix="91411600")).division_code == "411603"
    make.import_file("enterprises", f"uscc,name\n{make.uscc(1, prefix='91411600')},周口市甲商贸有限公司\n")
    assert find(make.uscc(1, prefix="91411600")).org_id == make.unit("淮阳区局").id


def test_subjects_of_other_places_stay_with_the_city_bureau(world):
    register(f"{make.uscc(1, prefix='91310115')},上海某某贸易有限公司,,")
    known = find(make.uscc(1, prefix="91310115"))
    assert (known.org_id, known.division_code) == (make.unit("市局").id, "310115")


def test_an_old_number_gets_its_code_later(world):
    register("411602600012344,川汇区示例经营部,,")
    header = "统一社会信用代码,注册号,名称"
    code = make.uscc(9, prefix="92411602")
    batch = register(f"{code},411602600012344,川汇区示例经营部", header=header)
    assert counts(batch) == (1, 0, 1, 0, 0, 0)
    known = find(code)
    assert (known.reg_no, known.subject_class) == ("411602600012344", "individual")
    again = register(f"{code},411602600012344,川汇区示例经营部", "411602600012344,,川汇区示例经营部", header=header)
    assert counts(again) == (2, 0, 0, 2, 0, 0)


def test_a_registration_number_that_belongs_to_another_is_left_out_with_a_warning(world):
    header = "统一社会信用代码,注册号,名称"
    register(f"{make.uscc(1)},411602600012344,甲公司", header=header)
    batch = register(f"{make.uscc(2)},411602600012344,乙公司", header=header)
    assert counts(batch) == (1, 1, 0, 0, 0, 0)
    assert find(make.uscc(2)).reg_no is None
    assert "另一主体" in fates(batch)[2][2]


def test_branches_find_their_head_office_in_the_same_file(world):
    header = "统一社会信用代码,名称,隶属企业代码"
    register(f"{make.uscc(2)},甲公司周口分公司,{make.uscc(1)}", f"{make.uscc(1)},甲公司,", header=header)
    branch = find(make.uscc(2))
    assert (branch.is_branch, branch.parent_id) == (True, find(make.uscc(1)).id)


def test_persons_are_sealed_and_compared_without_being_opened(world):
    header = "统一社会信用代码,名称,联系电话,证件号码"
    lines = [f"{make.uscc(n)},第{n}公司,13800001234,11010519491231002X" for n in (1, 2)]
    register(*lines, header=header)
    first, second = find(make.uscc(1)), find(make.uscc(2))
    assert first.person_key == second.person_key
    assert b"13800001234" not in bytes(first.phone_sealed)
    assert queries.telephone(first) == "138****1234"
    assert queries.telephone(first, whole=True) == "13800001234"
    assert counts(register(*lines, header=header)) == (2, 0, 0, 2, 0, 0)


# Records -------------------------------------------------------------------------------------------------------------

LISTED = "统一社会信用代码,名称,列入原因,列入日期,移出日期,撤销日期"


def listed(*lines: str) -> ImportBatch:
    return make.import_file("abnormal_list", "\n".join([LISTED, *lines]) + "\n")


def test_records_find_their_enterprise_by_code_then_number_then_a_name_that_only_one_has(world):
    by_code = make.enterprise()
    by_number = make.enterprise(uscc=None, reg_no="411602600012344")
    by_name = make.enterprise(name="周口市独一无二商贸有限公司")
    for _ in range(2):
        make.enterprise(name="周口市同名商贸有限公司")
    batch = listed(
        f"{by_code.uscc},别的名字,无法联系,2025-08-08,,",
        "411602600012344,,无法联系,2025-08-08,,",
        ",周口市 独一无二商贸有限公司,无法联系,2025-08-08,,",
        ",周口市同名商贸有限公司,无法联系,2025-08-08,,",
        f"{make.uscc(7)},周口市独一无二商贸有限公司,无法联系,2025-08-08,,",
        ",没有人知道的公司,无法联系,2025-08-08,,",
    )
    assert counts(batch) == (6, 3, 0, 0, 3, 0)
    assert [len(queries.records(each.id)) for each in (by_code, by_number, by_name)] == [1, 1, 1]
    assert queries.waiting_counts() == {"ambiguous": 1, "conflict": 1, "unknown": 1}
    assert counts(listed(",没有人知道的公司,无法联系,2025-08-08,,")) == (1, 0, 0, 0, 1, 0)


def test_a_waiting_record_finds_its_enterprise_when_it_arrives(world):
    waiting = listed(f"{make.uscc(1)},周口市甲商贸有限公司,无法联系,2025-08-08,,")
    batch = register(f"{make.uscc(1)},周口市甲商贸有限公司,,")
    assert batch.settled == 1
    [record] = queries.records(find(make.uscc(1)).id)
    assert (record.kind, record.klass, record.batch_id, record.row_no) == (9, 4, waiting.id, 2)
    assert queries.waiting_counts() == {}
    assert queries.touched_by(batch.id) == [record.enterprise_id]
    again = listed(f"{make.uscc(1)},周口市甲商贸有限公司,无法联系,2025-08-08,,")
    assert counts(again) == (1, 0, 0, 1, 0, 0)


def test_a_correction_is_a_new_version_and_removal_and_correction_differ(world):
    subject = make.enterprise()
    line = f"{subject.uscc},,无法联系,2025-08-08"
    listed(f"{line},,")
    assert counts(listed(f"{line},2025-09-01,")) == (1, 0, 1, 0, 0, 0)
    assert counts(listed(f"{line},2025-09-01,")) == (1, 0, 0, 1, 0, 0)
    assert counts(listed(f"{line},,2025-10-01")) == (1, 0, 1, 0, 0, 0)
    [current] = queries.records(subject.id)
    assert (current.version, current.ends_on, current.revoked_on) == (3, date(2025, 9, 1), date(2025, 10, 1))
    assert [each.version for each in queries.versions(current)] == [3, 2, 1]


def test_a_file_does_not_undo_what_was_marked_here(world):
    subject = make.enterprise()
    line = f"{subject.uscc},,无法联系,2025-08-08,,"
    listed(line)
    [record] = queries.records(subject.id)
    registry.repair_record(record.id, on=date(2025, 12, 1), note="申请材料齐全", actor=SYSTEM)
    assert counts(listed(line)) == (1, 0, 0, 1, 0, 0)
    assert queries.records(subject.id)[0].repaired_on == date(2025, 12, 1)


def test_a_record_with_the_right_code_at_last_moves_to_its_owner_and_both_are_touched(world):
    wrong, right = make.enterprise(), make.enterprise()
    content = "记录编号,统一社会信用代码,列入原因,列入日期\nA1,{},无法联系,2025-08-08\n"
    make.import_file("abnormal_list", content.format(wrong.uscc))
    batch = make.import_file("abnormal_list", content.format(right.uscc))
    assert counts(batch) == (1, 0, 1, 0, 0, 0)
    assert (len(queries.records(wrong.id)), len(queries.records(right.id))) == (0, 1)
    assert queries.touched_by(batch.id) == sorted([wrong.id, right.id])


def test_days_that_contradict_each_other_are_rejected(world):
    subject = make.enterprise()
    batch = listed(
        f"{subject.uscc},,无法联系,2025-08-08,2025-01-01,",
        f"{subject.uscc},,无法联系,2025-08-09,,2025-01-01",
        f"{subject.uscc},,说不清,2025-08-10,,",
    )
    assert counts(batch) == (3, 0, 0, 0, 0, 3)
    assert [fates(batch)[row][1] for row in (2, 3, 4)] == ["移出日期", "撤销（更正）日期", "列入原因"]
    with clock.at(clock.local_moment(date(2025, 1, 1))):
        early = make.import_file(
            "penalties", f"统一社会信用代码,决定书文号,决定日期\n{subject.uscc},周市监处罚〔2025〕1号,2025-01-02\n"
        )
    assert "晚于今天" in fates(early)[2][2]


def test_validity_ends_after_it_begins_and_nobody_does_wrong_tomorrow(world):
    number = make.enterprise().uscc
    tomorrow = (clock.today() + timedelta(days=1)).isoformat()
    penalties = make.import_file(
        "penalties",
        "统一社会信用代码,决定书文号,决定日期,公示截止期\n"
        f"{number},周市监处罚〔2025〕1号,2025-05-02,2025-04-01\n{number},周市监处罚〔2025〕2号,2025-05-02,2028-05-02\n",
    )
    assert [fate[0] for fate in fates(penalties).values()] == ["未导入", "新增"]
    assert "2025-04-01 早于发生日期 2025-05-02" in fates(penalties)[2][2]
    assert "晚于今天" in fates(listed(f"{number},,无法联系,{tomorrow},,"))[2][2]
    licence = make.import_file(
        "licences", f"统一社会信用代码,许可文件编号,许可文件名称,有效期自,有效期至\n{number},JY1411600000001,食品经营许可证,{tomorrow},2099-01-01\n"
    )
    assert counts(licence)[1] == 1


def test_a_second_open_listing_for_one_reason_is_told(world):
    number = make.enterprise().uscc
    first = listed(f"{number},,无法联系,2025-08-08,,", f"{number},,未按期公示年度报告,2025-07-08,,")
    assert first.warnings == 0
    again = listed(f"{number},,无法联系,2025-09-09,,")
    assert (again.new, again.warnings) == (1, 1)
    assert "另有同一情形的列入（2025-08-08）尚未移出" in fates(again)[2][2]
    assert listed(f"{number},,无法联系,2025-08-08,2025-09-01,").warnings == 0


def test_a_discarded_record_does_not_come_back_until_it_is_restored(world):
    line = f"{make.uscc(1)},外地公司,无法联系,2025-08-08,,"
    listed(line)
    row = session.scalars(select(WaitingRow)).one()
    registry.discard_waiting(row.id, reason="不属于本市管辖", actor=make.actor())
    again = listed(line)
    assert counts(again) == (1, 0, 0, 0, 0, 1)
    assert "不属于本市管辖" in fates(again)[2][2]
    registry.restore_waiting(row.id, actor=SYSTEM)
    assert counts(listed(line)) == (1, 0, 0, 0, 1, 0)


def test_a_person_matches_a_waiting_record(world):
    subject = make.enterprise()
    listed(",改了名的公司,无法联系,2025-08-08,,")
    row = session.scalars(select(WaitingRow)).one()
    registry.match_waiting(row.id, subject.id, actor=SYSTEM)
    assert len(queries.records(subject.id)) == 1
    assert announced("registry.RecordsChanged") == 1
    assert counts(listed(",改了名的公司,无法联系,2025-08-08,,")) == (1, 0, 0, 1, 0, 0)


def test_reports_are_harmless_in_a_spreadsheet(world):
    batch = register(f"{make.uscc(1)},=HYPERLINK(恶意)公司,,", "+1,@公司,,")
    with gzip.open(io.BytesIO(files.read(batch.report_sha256)), "rt", encoding="utf-8-sig") as report:
        cells = [cell for row in csv.reader(report) for cell in row]
    assert not [cell for cell in cells if cell[:1] in "=+-@" and cell]
    assert "'=HYPERLINK(恶意)公司" in cells


def test_columns_said_by_hand_are_remembered(world):
    content = f"代号,单位全称\n{make.uscc(1)},周口市甲商贸有限公司\n".encode()
    actor = make.actor()
    first = registry.request_import("enterprises", io.BytesIO(content), name="x.csv", dry_run=True, actor=actor)
    assert first.mapping == {}
    assert announced("registry.ImportRequested") == 0
    with pytest.raises(Refusal):
        registry.map_columns(first.id, {0: "uscc", 1: "uscc"}, actor=actor)
    registry.map_columns(first.id, {0: "uscc", 1: "name"}, actor=actor)
    assert announced("registry.ImportRequested") == 1
    second = registry.request_import("enterprises", io.BytesIO(content), name="y.csv", dry_run=True, actor=actor)
    assert second.mapping == {"0": "uscc", "1": "name"}
    registry.read_batch(second.id, actor=actor)
    assert counts(second) == (1, 1, 0, 0, 0, 0)
    registry.keep_import(second.id, actor=actor)
    registry.read_batch(second.id, actor=actor)
    assert second.state == "kept"
    assert find(make.uscc(1)).name == "周口市甲商贸有限公司"


# The database itself -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE credit_record SET title = 'x'",
        "UPDATE credit_record SET superseded_at = now(), title = 'x'",
        "DELETE FROM credit_record",
        "TRUNCATE credit_record",
    ],
)
def test_records_are_append_only(world, statement):
    make.credit_record(make.enterprise())
    with pytest.raises(DatabaseError, match="append-only"), session.begin_nested():
        session.execute(text(statement))


def test_a_version_is_superseded_once(world):
    record = make.credit_record(make.enterprise())
    registry.repair_record(record.id, on=date(2026, 6, 1), note="已履行", actor=SYSTEM)
    with pytest.raises(DatabaseError, match="append-only"), session.begin_nested():
        session.execute(text("UPDATE credit_record SET superseded_at = now() WHERE version = 1"))


# Real files ----------------------------------------------------------------------------------------------------------


def test_the_register_of_zhoukou_goes_in_whole(world, shared):
    path = shared / "data/register/zhoukou_enterprises.csv.gz"
    for expected in ((8662, 8662, 0, 0, 0, 0), (8662, 0, 0, 8662, 0, 0)):
        batch = make.import_file("enterprises", path.read_bytes(), name=path.name)
        assert counts(batch) == expected
    assert len(fates(batch)) == 8662
    places = dict(
        session.execute(select(Enterprise.division_code, func.count()).group_by(Enterprise.division_code)).all()
    )
    assert places["411602"] > 1000
    assert "411626" not in places, "the code that 淮阳 had as a county stands for 淮阳区 today"


@pytest.mark.skipif(not os.environ.get("CASEWORK_SLOW_TESTS"), reason="half a minute; CASEWORK_SLOW_TESTS=1 runs it")
def test_the_register_of_henan_goes_in_whole(world, shared):
    path = shared / "data/register/henan_enterprises.csv.gz"
    batch = make.import_file("enterprises", path.read_bytes(), name=path.name)
    assert counts(batch) == (125_047, 125_047, 0, 0, 0, 0)
    assert session.scalar(select(func.count()).select_from(CreditRecord)) == 0
