"""A result becomes public, enters the credit records, is corrected by a new edition, is taken back by two people."""

from datetime import date, timedelta

import pytest
from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import IntegrityError

from casework.cases import operations as cases
from casework.core import clock, parameters
from casework.core.actor import SYSTEM
from casework.core.db import savepoint, session
from casework.core.errors import NotFound, Refusal
from casework.core.ledger import OutboxMessage
from casework.disclosure import operations as disclosure
from casework.disclosure import queries, rules
from casework.disclosure.models import Publication
from casework.documents import queries as documents
from casework.grading import operations as grading
from casework.grading.models import GradeHistory
from casework.registry import queries as registry
from casework.registry.models import CreditRecord
from tests import make
from tests.make import cases as make_cases
from tests.make import disclosure as make_disclosure


def records(publication):
    """Every version of the credit records of a result, in the order of their versions."""
    return session.scalars(
        select(CreditRecord)
        .where(CreditRecord.source == "disclosure", CreditRecord.source_key.startswith(publication.number))
        .order_by(CreditRecord.source_key, CreditRecord.version)
    ).all()


def announced(name):
    return session.scalars(select(func.count()).where(OutboxMessage.name == name)).one()


def test_a_released_result_is_public_at_once_with_its_paper_and_its_clock(world):
    case = make_disclosure.check(make_cases.case("trigger", by=make_cases.team()))
    publication = disclosure.publish_result(case.id, 1, actor=SYSTEM)
    term = parameters.term("cases.term.publish", case.concluded_on)
    assert publication.due_on == term.due_on(case.concluded_on, parameters.calendar())
    assert (publication.state, publication.type, publication.edition) == ("published", "检查", 1)
    assert publication.facts_sha256 == rules.digest(publication.facts)
    paper = documents.find(publication.document_id)
    assert (paper.kind, paper.state, paper.facts["enterprise"]["name"]) == (
        "check_result",
        "issued",
        publication.enterprise_name,
    )
    assert announced("disclosure.ResultPublished") == 1


def test_publishing_and_feeding_back_twice_changes_nothing(world):
    publication = make_disclosure.published()
    told = announced("disclosure.ResultPublished"), announced("registry.RecordsChanged")
    disclosure.publish_result(publication.subject_id, 1, actor=SYSTEM)
    disclosure.feed_back(publication.id, actor=SYSTEM)
    assert session.scalars(select(func.count()).select_from(Publication)).one() == 1
    assert [(one.version, one.klass) for one in records(publication)] == [(1, 1), (1, 1)]
    assert (announced("disclosure.ResultPublished"), announced("registry.RecordsChanged")) == told


def test_the_grade_follows_in_the_transaction_of_the_records_and_only_once(world):
    grading.ensure_default_models(actor=SYSTEM)
    case = make_disclosure.check(make_cases.case("trigger", by=make_cases.team()), codes=("3",), finding="台账不实")
    grading.regrade(case.enterprise_id, actor=SYSTEM)
    before = registry.grades([case.enterprise_id])[case.enterprise_id]
    publication = make_disclosure.publish(case)

    after = registry.grades([case.enterprise_id])[case.enterprise_id]
    assert after.score != before.score
    assert {one.klass for one in records(publication)} == {3}
    told = session.scalars(select(OutboxMessage).where(OutboxMessage.name == "registry.RecordsChanged"))
    ours = [one.payload for one in told if one.payload["enterprise_id"] == case.enterprise_id]
    assert [(one["kin"], one["graded"]) for one in ours] == [(False, True)] * 2

    seen = announced("grading.GradeChanged")
    kept = session.scalar(select(func.count()).select_from(GradeHistory))
    for one in ours:
        grading.regrade(**one, actor=SYSTEM)
    assert announced("grading.GradeChanged") == seen
    assert session.scalar(select(func.count()).select_from(GradeHistory)) == kept
    grading.regrade(case.enterprise_id, actor=SYSTEM)
    assert session.scalar(select(func.count()).select_from(GradeHistory)) == kept


def test_a_draw_is_published_as_抽查_with_plan_and_task(world):
    campaign, drawn = make_disclosure.drawn()
    publication = make_disclosure.publish(make_disclosure.check(drawn[0]))
    assert publication.type == "抽查"
    assert publication.campaign_id == campaign.id
    assert publication.facts["task"]["number"] == campaign.number
    assert documents.find(publication.document_id).facts["task"]["draw_type"] == "不定向"


def test_several_results_of_an_item_count_by_the_gravest(world):
    publication = make_disclosure.published(codes=("L", "D"), finding="标签脱落；台账不实")
    assert {(one.klass, one.chain) for one in records(publication)} == {(3, publication.number)}
    assert publication.outcome == "problem"
    assert publication.item_outcomes == ["problem", "problem"]


def test_a_check_that_could_not_be_made_is_published_too_under_an_old_number_as_well(world, client):
    closed = make.enterprise(name="周口市已注销商行", uscc=None, reg_no="411602600012345")
    case = make_cases.case("trigger", by=make_cases.team(), of=closed)
    crew = make_cases.crew(case)
    cases.terminate(case.id, code="9", reason="登记系统显示已注销", actor=crew["member"])
    make_cases.walk(case, to="closed", crew=crew)
    publication = make_disclosure.publish(case)
    assert (publication.outcome, publication.enterprise_code) == ("absent", "411602600012345")
    assert {(one.klass, one.chain) for one in records(publication)} == {(9, None)}
    page = client.get(f"/public/results/{publication.number}").text
    assert "未能实施检查" in page
    assert "注册号" in page
    assert client.get("/public/enterprises?q=411602600012345").location == "/public/enterprises/411602600012345"


def test_a_correction_is_a_new_edition_and_the_old_one_stays(world):
    first = make_disclosure.published(codes=("D",), finding="台账不实")
    frozen = dict(first.facts)
    second = make_disclosure.correct(first, codes=("1",), reason="查错货架")
    session.refresh(first)
    assert (first.state, second.state, second.edition) == ("corrected", "published", 2)
    assert first.facts == frozen
    assert [one.edition for one in queries.editions(first.number)] == [2, 1]
    assert [(one.version, one.klass, one.superseded_at is None) for one in records(first)] == [
        (1, 3, False), (2, 1, True), (1, 3, False), (2, 1, True),
    ]  # fmt: skip
    old, new = documents.find(first.document_id), documents.find(second.document_id)
    assert (old.state, new.state, new.replaces_id, new.facts["correction"]) == (
        "superseded",
        "issued",
        old.id,
        "查错货架",
    )


def test_an_edition_that_comes_late_does_not_push_out_the_newer_one(world):
    case = make_disclosure.check(make_cases.case("trigger", by=make_cases.team()), codes=("D",), finding="台账不实")
    crew = make_cases.crew(case)
    cases.correct(case.id, reason="录错代码", actor=crew["member"])
    make_cases.record_all(case, by=crew["member"])
    make_cases.walk(case, to="closed", crew=crew)
    newest = disclosure.publish_result(case.id, 2, actor=SYSTEM)
    late = disclosure.publish_result(case.id, 1, actor=SYSTEM)
    assert (newest.state, late.state, late.document_id) == ("published", "corrected", None)
    disclosure.feed_back(late.id, actor=SYSTEM)
    assert records(late) == []


def approver(**where):
    return make_cases.person("deputy", **where)


def test_two_people_take_a_publication_back_and_the_tombstone_stays(world):
    publication = make_disclosure.published(codes=("D",), finding="台账不实")
    asking = approver()
    with pytest.raises(Refusal):
        disclosure.withdraw(publication.id, actor=approver())
    disclosure.ask_withdrawal(publication.id, reason="查错了对象", actor=asking)
    with pytest.raises(Refusal):
        disclosure.ask_withdrawal(publication.id, reason="再申请一次", actor=approver())
    with pytest.raises(Refusal):
        disclosure.withdraw(publication.id, actor=asking)
    disclosure.withdraw(publication.id, actor=approver())
    assert publication.state == "withdrawn"
    assert queries.granted_withdrawal(publication).reason == "查错了对象"
    assert documents.find(publication.document_id).state == "voided"
    assert {one.revoked_on for one in records(publication) if one.superseded_at is None} == {clock.today()}
    disclosure.feed_back(publication.id, actor=SYSTEM)
    assert {one.revoked_on for one in records(publication) if one.superseded_at is None} == {clock.today()}


def test_a_refused_request_lets_the_publication_stand_and_may_be_made_again(world):
    publication = make_disclosure.published()
    asking = approver()
    disclosure.ask_withdrawal(publication.id, reason="疑似错误", actor=asking)
    with pytest.raises(Refusal):
        disclosure.refuse_withdrawal(publication.id, note="不行", actor=asking)
    disclosure.refuse_withdrawal(publication.id, note="核实无误", actor=approver())
    assert publication.state == "published"
    disclosure.ask_withdrawal(publication.id, reason="又有新证据", actor=asking)


def test_what_was_withdrawn_may_be_published_again_with_records_of_its_own(world):
    first = make_disclosure.published(codes=("D",), finding="台账不实")
    disclosure.ask_withdrawal(first.id, reason="依据撤销", actor=approver())
    disclosure.withdraw(first.id, actor=approver())
    again = make_disclosure.correct(first, codes=("1",))
    assert (again.edition, again.since_edition, again.state) == (2, 2, "published")
    alive = [one for one in records(first) if one.superseded_at is None and one.revoked_on is None]
    assert [one.klass for one in alive] == [1, 1]


def test_a_correction_settles_a_request_that_was_still_open(world):
    first = make_disclosure.published(codes=("D",), finding="台账不实")
    disclosure.ask_withdrawal(first.id, reason="疑似错误", actor=approver())
    make_disclosure.correct(first, codes=("1",))
    session.refresh(first)
    assert first.withdrawals[0].granted is False


def test_the_database_refuses_to_change_or_delete_what_was_published(world):
    publication = make_disclosure.published()
    for statement in (
        update(Publication).where(Publication.id == publication.id).values(facts={"items": []}),
        update(Publication).where(Publication.id == publication.id).values(due_on=date(2030, 1, 1)),
        delete(Publication).where(Publication.id == publication.id),
    ):
        with pytest.raises(IntegrityError), savepoint():
            session.execute(statement)


def test_a_release_whose_message_failed_is_published_by_the_schedule_once(world):
    case = make_disclosure.check(make_cases.case("trigger", by=make_cases.team()))
    assert disclosure.publish_missed() == 0
    with clock.at(clock.now() + timedelta(hours=2)):
        assert disclosure.publish_missed() == 1
        assert disclosure.publish_missed() == 0
    assert queries.edition(case.id, 1).state == "published"


def test_nothing_is_published_that_was_not_released(world):
    unreleased = make_cases.case("trigger", by=make_cases.team())
    with pytest.raises(NotFound):
        disclosure.publish_result(unreleased.id, 1, actor=SYSTEM)


@pytest.mark.parametrize(
    ("classes", "outcome"),
    [
        ([1], "fine"),
        ([1, 1], "fine"),
        ([2], "problem"),
        ([7], "absent"),
        ([1, 9], "absent"),
        ([7, 3], "problem"),
        ([10], "problem"),
    ],
)
def test_a_check_counts_by_what_its_results_say(classes, outcome):
    assert rules.outcome(classes) == outcome


def test_staff_of_another_county_do_not_find_a_publication(world):
    publication = make_disclosure.published()
    assert queries.find(publication.id, make.actor("county", unit="川汇区局")).id == publication.id
    with pytest.raises(NotFound):
        queries.find(publication.id, make.actor("county", unit="淮阳区局"))
