"""Single records: kept once, versions, the four different things that may befall one, grades handed down, pools."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from casework.core import clock
from casework.core.actor import SYSTEM
from casework.core.db import session
from casework.core.errors import NotFound, Refusal
from casework.core.ledger import OutboxMessage
from casework.registry import operations as registry
from casework.registry import queries
from casework.registry.models import CreditRecord
from casework.registry.rules import KIND_BY_NUMBER, KINDS, MARKS, Marks, state_of, verbs_for, why_not
from tests import make

DAY = date(2026, 3, 5)
DAYS = st.dates(date(2024, 1, 1), date(2026, 12, 31))


def changes():
    return session.scalar(
        select(func.count()).select_from(OutboxMessage).where(OutboxMessage.name == "registry.RecordsChanged")
    )


def test_the_same_record_is_kept_once_and_other_content_is_a_new_version(world):
    subject = make.enterprise()
    facts = {"kind": "check", "klass": 2, "source": "disclosure", "source_key": "case-1/food"}
    first = make.credit_record(subject, **facts)
    assert make.credit_record(subject, **facts).id == first.id
    second = make.credit_record(subject, **{**facts, "klass": 1})
    assert (second.version, first.superseded_at is not None) == (2, True)
    assert [record.id for record in queries.records(subject.id)] == [second.id]
    assert changes() == 2


def test_marks_set_here_survive_a_new_version_from_the_source(world):
    subject = make.enterprise()
    facts = {"kind": "penalty", "klass": 2, "source": "x", "source_key": "1"}
    record = make.credit_record(subject, **facts)
    registry.repair_record(record.id, on=date(2026, 6, 1), note="已履行", actor=SYSTEM)
    newer = make.credit_record(subject, **{**facts, "klass": 3})
    assert (newer.version, newer.repaired_on) == (3, date(2026, 6, 1))


def test_an_unknown_kind_or_class_or_enterprise_is_refused(world):
    subject = make.enterprise()
    for facts in ({"kind": "gossip", "klass": 0}, {"kind": "penalty", "klass": 9}, {"kind": "filing", "klass": 1}):
        with pytest.raises(Refusal):
            make.credit_record(subject, **facts)
    subject.id += 1_000_000
    with session.no_autoflush, pytest.raises(NotFound):
        make.credit_record(subject)
    session.expunge(subject)


def test_removal_repair_correction_and_objection_are_four_things(world):
    subject = make.enterprise()
    marks = {
        "remove": ("ends_on", "ended"),
        "repair": ("repaired_on", "repaired"),
        "revoke": ("revoked_on", "revoked"),
        "object": ("objected_on", "objected"),
    }
    for verb, (column, state) in marks.items():
        record = make.credit_record(subject, kind="abnormal", klass=4, happened_on=DAY)
        on = date(2026, 6, 1)
        marked = registry.MARKING[verb](record.id, on=on, note="依申请", document_no="周市监〔2026〕9号", actor=SYSTEM)
        assert getattr(marked, column) == on
        assert state_of(queries.marks_of(marked), date(2026, 7, 1)) == state
        assert marked.detail[verb]["document_no"] == "周市监〔2026〕9号"
    closed = registry.close_objection(marked.id, on=date(2026, 6, 4), note="核实无误", actor=SYSTEM)
    assert state_of(queries.marks_of(closed), date(2026, 7, 1)) == "in_force"


def test_an_old_version_cannot_be_marked(world):
    record = make.credit_record(make.enterprise())
    registry.repair_record(record.id, on=date(2026, 6, 1), note="已履行", actor=SYSTEM)
    with pytest.raises(Refusal, match="新的版本"):
        registry.revoke_record(record.id, on=date(2026, 6, 2), note="有误", actor=SYSTEM)


def test_marks_that_make_no_sense_are_refused(world):
    penalty = make.credit_record(make.enterprise(), kind="penalty", happened_on=DAY)
    licence = make.credit_record(make.enterprise(), kind="licence", klass=1, happened_on=DAY)
    for record, verb, on, says in (
        (penalty, "remove", date(2026, 6, 1), "没有期限"),
        (licence, "repair", date(2026, 6, 1), "不是失信信息"),
        (penalty, "repair", date(2026, 1, 1), "早于"),
        (penalty, "revoke", date(2999, 1, 1), "晚于今天"),
        (penalty, "close_objection", date(2026, 6, 1), "没有正在处理的异议"),
    ):
        with pytest.raises(Refusal, match=says):
            registry.MARKING[verb](record.id, on=on, note="试", actor=SYSTEM)


@given(st.sampled_from(sorted(KIND_BY_NUMBER)), DAYS, st.none() | DAYS, st.none() | DAYS, st.none() | DAYS, DAYS)
def test_a_revoked_record_stays_revoked_whatever_else_is_known(kind, happened, ends, repaired, revoked, day):
    marks = Marks(kind, happened, ends, repaired, revoked)
    assert (state_of(marks, day) == "revoked") == (revoked is not None and revoked <= day)
    if revoked is not None:
        assert verbs_for(marks, day) == []


@given(st.sampled_from(sorted(KIND_BY_NUMBER)), DAYS, st.sampled_from(sorted(MARKS)), DAYS)
def test_what_is_offered_is_allowed(kind, happened, verb, today):
    marks = Marks(kind, happened)
    if verb in verbs_for(marks, today):
        assert why_not(verb, marks, max(happened, today), today) is None


def test_grades_are_handed_down_and_since_moves_only_with_the_grade(world):
    first, second = make.enterprise(), make.enterprise()
    rows = [(first.id, "A", 1200), (second.id, "D", 8000)]
    assert registry.hand_down_grades(rows, run_id=1, day=date(2026, 1, 1)) == 2
    assert registry.hand_down_grades(rows, run_id=2, day=date(2026, 2, 1)) == 0
    assert (
        registry.hand_down_grades([(first.id, "A", 1300), (second.id, "C", 6000)], run_id=3, day=date(2026, 3, 1)) == 2
    )
    known = queries.grades([first.id, second.id])
    assert [(known[each.id].grade, known[each.id].since) for each in (first, second)] == [
        ("A", date(2026, 1, 1)),
        ("C", date(2026, 3, 1)),
    ]
    registry.take_back_grades([first.id])
    assert set(queries.grades([first.id, second.id])) == {second.id}


def test_a_pool_is_streamed_in_the_order_of_its_codes(world):
    unit = make.unit("川汇区局")
    members = [make.enterprise(uscc=make.uscc(number)) for number in (30, 10, 20)]
    make.enterprise(status="deregistered")
    make.enterprise(unit="淮阳区局")
    make.enterprise(industry_section="H", industry_code="6210")
    licensed = make.enterprise(subject_class="individual")
    make.credit_record(licensed, kind="licence", klass=1, happened_on=DAY, ends_on=date(2030, 1, 1))
    expired = make.enterprise(subject_class="individual")
    make.credit_record(expired, kind="licence", klass=1, happened_on=DAY, ends_on=date(2026, 4, 1))
    registry.hand_down_grades([(members[0].id, "B", 3000)], run_id=1, day=DAY)

    def pool(**wanted):
        return list(queries.stream_pool(queries.PoolFilter(unit_ids=(unit.id,), **wanted)))

    shops = pool(subject_classes=("company",), industries=("F52",))
    assert [row.code for row in shops] == sorted(member.uscc for member in members)
    assert {row.enterprise_id: row.grade for row in shops}[members[0].id] == "B"
    assert [row.enterprise_id for row in pool(licence_classes=(1,), day=date(2026, 11, 1))] == [licensed.id]
    assert len(pool(industries=("H",))) == 1
    narrow = queries.PoolFilter(unit_ids=(unit.id,), industries=("52",), subject_classes=("company",))
    assert queries.pool_size(narrow) == 3


def test_a_large_register_is_counted_by_census_and_a_small_one_for_each_page(world, monkeypatch):
    here, there = make.unit("川汇区局"), make.unit("淮阳区局")
    members = [make.enterprise(unit=name) for name in ("川汇区局", "川汇区局", "淮阳区局")]
    gone = make.enterprise(unit="川汇区局", status="deregistered")
    registry.hand_down_grades([(one.id, "B", 3000) for one in (members[0], members[2], gone)], run_id=1, day=DAY)

    assert queries.census().by_grade() == {"B": 2, None: 1}
    assert registry.take_census(actor=SYSTEM) == registry.take_census(actor=SYSTEM) == 4
    monkeypatch.setattr(queries, "CENSUS_FROM", -1)
    kept = queries.census()
    assert kept.by_grade() == {"B": 2, None: 1}
    assert kept.taken_at == queries.census_moment()
    registry.hand_down_grades([(members[1].id, "D", 9000)], run_id=2, day=DAY)
    assert queries.census() == kept
    registry.take_census(actor=SYSTEM)
    assert queries.census().by_grade() == {"B": 2, "D": 1}
    rows = queries.census(make.actor("county", unit="淮阳区局")).rows
    assert [(row.org_id, row.grade, row.number) for row in rows] == [(there.id, "B", 1)]
    assert here.id in {row.org_id for row in queries.census().rows}


def test_the_database_counts_versions_without_gaps(world):
    record = make.credit_record(make.enterprise(), kind="abnormal", klass=1)
    for verb in ("object", "close_objection", "remove"):
        record = registry.MARKING[verb](record.id, on=clock.today(), note="试办", actor=SYSTEM)
    versions = session.scalars(select(CreditRecord.version).where(CreditRecord.source_key == record.source_key)).all()
    assert sorted(versions) == [1, 2, 3, 4]


def test_every_kind_has_a_number_of_its_own():
    assert len(KIND_BY_NUMBER) == len(KINDS)
