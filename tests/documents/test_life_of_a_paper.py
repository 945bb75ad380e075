"""From draft to issued to void: what is frozen stays, and every number is given once, in order, without gaps."""

import threading
from datetime import date

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import DBAPIError

from casework.core import clock, parameters
from casework.core.actor import SYSTEM
from casework.core.db import savepoint, session, transaction
from casework.core.errors import Invalid, Refusal
from casework.documents import operations as documents
from casework.documents import queries
from casework.documents.catalogue import NOTICES
from casework.documents.models import Document
from casework.documents.rules import code_as_typed, code_in_groups
from tests import make


def test_a_draft_has_no_number_and_the_same_facts_are_the_same_paper(world):
    paper = make.document(subject=("case", 1))
    again = make.document(subject=("case", 1))
    other = make.document(subject=("case", 1), annual_cap=3)
    assert paper.id == again.id != other.id
    assert (paper.state, paper.number, paper.check_code) == ("draft", None, None)


def test_facts_that_are_missing_or_wrong_are_named(world):
    officers = [{"name": "张示例", "certificate_no": ""}]
    with pytest.raises(Invalid) as refused:
        make.document(officers=[*officers, *officers], task_number=None)
    assert refused.value.errors.keys() == {"officers.0.certificate_no", "officers.1.certificate_no", "task_number"}
    with pytest.raises(Invalid) as refused:
        make.document(officers=[{"name": "张示例", "certificate_no": "16000000001"}])
    assert refused.value.errors.keys() == {"officers"}


def test_only_facts_of_the_form_reach_the_paper(world):
    """A grade or an officer's certificate handed over by mistake is not even stored with a published result."""
    paper = make.document("check_result", grade="D", officers=[{"name": "张示例", "certificate_no": "16000000001"}])
    assert "grade" not in paper.facts
    assert "16000000001" not in str(paper.facts)


def test_issuing_numbers_dates_and_freezes_once(world):
    with clock.at(clock.local_moment(date(2026, 12, 31), 23, 59)):
        paper = make.document(issued=True)
        number, code = paper.number, paper.check_code
        documents.issue(paper.id, actor=SYSTEM)
    assert number == paper.number == "川汇市监检通〔2026〕1号"
    assert code == paper.check_code
    assert queries.by_check_code(code_in_groups(code).lower()) is paper


@pytest.mark.parametrize(
    ("kind", "unit", "number"),
    [
        ("inspection_notice", "市局", "周市监检通〔2026〕1号"),
        ("inspection_notice", "川汇区一所", "川汇市监检通〔2026〕1号"),
        ("rectification_order", "淮阳区局", "淮阳市监责改〔2026〕第1号"),
        ("inspection_record", "淮阳区局", None),
    ],
)
def test_numbers_are_those_of_the_bureau_that_signs(world, kind, unit, number):
    with clock.at(clock.local_moment(date(2026, 3, 5))):
        assert make.document(kind, unit=unit, issued=True).number == number


def test_each_organ_series_and_year_counts_from_one(world):
    organ, other = make.unit("川汇区局").id, make.unit("淮阳区局").id
    first, same, others = (organ, "检通", 2026), (organ, "检通", 2026), [(organ, "责改", 2026), (other, "检通", 2026)]
    asked = [first, same, *others, (organ, "检通", 2027), first]
    assert [documents.next_number(*series, actor=SYSTEM) for series in asked] == [1, 2, 1, 1, 1, 3]


def test_concurrent_papers_get_gap_free_numbers_and_a_rollback_leaves_none(live):
    with transaction():
        ids = [make.document().id for _paper in range(24)]
    session.remove()

    def issue_some(mine: list[int]) -> None:
        with live.app_context():
            for position, paper in enumerate(mine):
                documents.issue(paper, actor=SYSTEM)
                if position % 3 == 2:
                    session.rollback()
                    documents.issue(paper, actor=SYSTEM)
                session.commit()
            session.remove()

    threads = [threading.Thread(target=issue_some, args=(ids[start::4],)) for start in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(session.scalars(select(Document.serial))) == list(range(1, 25))


def test_a_voided_paper_keeps_its_number_and_the_next_one_does_not_get_it(world):
    paper = make.document(issued=True)
    with pytest.raises(Invalid):
        documents.void(paper.id, reason="  ", actor=SYSTEM)
    documents.void(paper.id, reason="送达前发现对象有误", actor=SYSTEM)
    assert (paper.state, paper.serial) == ("voided", 1)
    assert make.document(issued=True).serial == 2
    with pytest.raises(Refusal):
        documents.issue(paper.id, actor=SYSTEM)


def test_a_revised_paper_stays_in_force_until_its_new_edition_is_issued(world):
    first = make.document(issued=True)
    facts = {**NOTICES[first.kind].sample, "annual_cap": 4}
    assert documents.revise(first.id, facts=NOTICES[first.kind].sample, actor=SYSTEM) is first
    second = documents.revise(first.id, facts=facts, actor=SYSTEM)
    assert documents.revise(first.id, facts=facts, actor=SYSTEM) is second
    assert (first.state, second.state, second.edition) == ("issued", "draft", 2)
    with pytest.raises(Refusal):
        documents.revise(first.id, facts={**facts, "annual_cap": 5}, actor=SYSTEM)
    third = documents.revise(second.id, facts={**facts, "annual_cap": 5}, actor=SYSTEM)
    documents.issue(third.id, actor=SYSTEM)
    assert (first.state, second.state, third.state, third.edition) == ("superseded", "superseded", "issued", 2)
    assert (first.number, second.number, third.serial) == (first.number, None, 2)


@pytest.mark.parametrize(
    "change",
    [
        {"facts": {"other": "text"}},
        {"number": "周市监检通〔2026〕99号"},
        {"state": "draft"},
        {"issued_at": None},
        {"check_code": "A" * 16},
        {"state": "voided"},
    ],
)
def test_the_database_refuses_to_change_an_issued_paper(world, change):
    paper = make.document(issued=True)
    with pytest.raises(DBAPIError), savepoint():
        session.execute(update(Document).where(Document.id == paper.id).values(**change))


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM document",
        "DELETE FROM number_series",
        "UPDATE number_series SET last = last + 2",
        "UPDATE number_series SET last = last - 1",
        "UPDATE document SET number = '周市监检通〔2026〕9号', year = 2026, serial = 9 WHERE state = 'draft'",
    ],
)
def test_the_database_refuses_to_lose_a_paper_or_a_number(world, statement):
    make.document(issued=True)
    make.document(issued=True)
    make.document()
    with pytest.raises(DBAPIError), savepoint():
        session.execute(text(statement))


def test_wording_is_that_of_the_day_of_drafting(world):
    paper = make.document()
    parameters.set_value(
        "documents.discipline_text",
        "新的纪律文本",
        effective_from=clock.today(),
        document_no="示例〔2026〕1号",
        actor=SYSTEM,
    )
    assert paper.facts["texts"]["discipline"] != "新的纪律文本"
    assert make.document().facts["texts"]["discipline"] == "新的纪律文本"


def test_a_check_code_is_read_however_it_is_typed():
    assert code_as_typed(" abcd-efgh 2345.6789") == "ABCDEFGH23456789"
