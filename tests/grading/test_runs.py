"""Runs keep what changed and nothing else, a list equals everybody, and a killed run leaves nothing behind."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from casework.core import clock, jobs
from casework.core.actor import SYSTEM
from casework.core.db import session
from casework.core.errors import NotAllowed, Refusal
from casework.core.ledger import OutboxMessage
from casework.grading import operations as grading
from casework.grading import queries, replay
from casework.grading.indicators import INDICATORS
from casework.grading.messages import GradeChanged, RunFinished, RunRequested
from casework.grading.model_files import ModelFile
from casework.grading.models import ClassificationRun, GradeHistory, GradingModel, PeerNorms, Rating
from casework.grading.operations import modelling, runs
from casework.grading.peers import Cell, Level
from casework.grading.rules import DUE_SHARE, default_model
from casework.registry import operations as registry
from casework.registry.models import CurrentGrade, Enterprise
from casework.registry.rules import KINDS, SUBJECT_CLASSES
from tests import make
from tests.make.grading import DAY, fact_of, models, subject
from workers.run import carry_out


@pytest.fixture(autouse=True)
def today() -> Iterator[None]:
    with at(DAY):
        yield


def at(day: date):
    return clock.at(datetime(day.year, day.month, day.day, 4, tzinfo=UTC))


@pytest.fixture
def graded(world) -> dict[str, Enterprise]:
    """Five enterprises after their first run."""
    models()
    known = {
        "clean": subject(),
        "listed": subject(),
        "fined": subject(subject_class="individual"),
        "discredited": subject(),
        "young": subject(subject_class="cooperative", established_on=DAY - timedelta(days=364)),
    }
    fact_of(known["listed"], "abnormal.1", DAY - timedelta(days=30))
    fact_of(known["fined"], "penalty.3", DAY - timedelta(days=364))
    fact_of(known["discredited"], "serious.0", DAY - timedelta(days=100))
    grading.run_now(actor=SYSTEM)
    return known


def stored() -> dict[int, tuple]:
    """What is kept of everybody, without when and by which run."""
    rows = session.execute(
        select(Rating.enterprise_id, Rating.grade, Rating.score, Rating.flags, Rating.pts, Rating.next_due).order_by(
            Rating.enterprise_id
        )
    )
    return {row.enterprise_id: (row.grade, row.score, row.flags, tuple(row.pts), row.next_due) for row in rows}


def announced(kind: type) -> list[dict]:
    rows = session.execute(select(OutboxMessage.payload).where(OutboxMessage.name == kind.name))
    return [payload for (payload,) in rows]


def test_a_run_grades_everybody_and_hands_the_grades_down(graded):
    grades = {name: session.get(Rating, enterprise.id) for name, enterprise in graded.items()}
    assert {name: (rating.grade, rating.score) for name, rating in grades.items()} == {
        "clean": ("A", 0), "listed": ("B", 2200), "fined": ("B", 2000), "discredited": ("D", 0), "young": ("A", 300),
    }  # fmt: skip
    for name, enterprise in graded.items():
        kept = session.get(CurrentGrade, enterprise.id)
        assert (kept.grade, kept.score, kept.since) == (grades[name].grade, grades[name].score, DAY)
    run = queries.last_full_run()
    assert (run.looked_at, run.changed, run.moves) == (5, 5, {"-A": 2, "-B": 2, "-D": 1})
    assert queries.distribution(run) == {"A": 2, "B": 2, "C": 0, "D": 1}
    assert announced(RunFinished) == [{"run_id": run.id}]
    assert sorted(queries.moves_of(run.id)) == sorted(
        (each.id, None, grades[name].grade) for name, each in graded.items()
    )


def test_the_same_run_again_changes_nothing(graded):
    before, lines = stored(), session.scalar(select(func.count()).select_from(GradeHistory))
    run = grading.run_now(actor=SYSTEM)
    assert (run.looked_at, run.changed, run.moves) == (5, 0, {})
    assert stored() == before
    assert session.scalar(select(func.count()).select_from(GradeHistory)) == lines


def test_every_stored_point_is_explained(graded):
    for enterprise in graded.values():
        told = queries.explanation(enterprise.id)
        assert told.is_current
        assert told.receipt.grade == told.rating.grade
        assert told.receipt.score == told.rating.score
        assert told.receipt.next_due == told.rating.next_due
        assert told.since == DAY
    line = next(line for line in queries.explanation(graded["fined"].id).receipt.lines if line.points)
    assert [hit.fact.title for hit in line.hits] == ["行政处罚"]
    assert line.until == DAY + timedelta(days=1)


def test_the_daily_run_looks_only_at_those_who_are_due(graded):
    for _ in range(40):
        subject()
    grading.run_now(actor=SYSTEM)
    with at(DAY + timedelta(days=1)):
        run = grading.run_now("due", actor=SYSTEM)
        assert not run.whole
        assert (run.looked_at, run.changed) == (2, 2)
        assert run.moves == {"BA": 1}
        everybody = grading.run_now(actor=SYSTEM)
        assert everybody.changed == 0


def test_the_daily_run_feels_lists_of_those_who_are_not_graded(graded):
    for _ in range(80):
        subject()
    gone = subject(status="deregistered", person_key="one person")
    graded["clean"].person_key = "one person"
    fact_of(gone, "abnormal.1", DAY - timedelta(days=30), ends_on=DAY + timedelta(days=3))
    grading.run_now(actor=SYSTEM)
    assert session.get(Rating, graded["clean"].id, populate_existing=True).score == 150
    with at(DAY + timedelta(days=3)):
        assert not grading.run_now("due", actor=SYSTEM).whole
        assert session.get(Rating, graded["clean"].id, populate_existing=True).score == 0
        assert grading.run_now(actor=SYSTEM).changed == 0


@pytest.fixture
def town(world, monkeypatch) -> list[Enterprise]:
    """Twelve restaurants of one size with one complaint more each, under a model for which ten are enough."""
    models()
    social = [each for each in INDICATORS.values() if each.key == "complaints"]
    few = replace(social[0], rule=replace(social[0].rule, least=10), instead={})
    for kind in SUBJECT_CLASSES:
        content = ModelFile(default_model(kind, [few]), DAY, "试〔2026〕5号")
        modelling._draft(content, queries.versions_of(content.model.key), actor=SYSTEM).state = "active"
    places = [subject(industry_section="H", industry_code="62", employees=20) for _each in range(12)]
    for number, place in enumerate(places):
        for _each in range(number):
            fact_of(place, "complaint.1", DAY - timedelta(days=3))
    grading.run_now(actor=SYSTEM)
    return places


def test_complaints_are_compared_with_what_a_run_found_usual_among_peers(town):
    assert [session.get(Rating, place.id).score for place in town] == [0] * 11 + [200]
    line = queries.explanation(town[11].id).receipt.lines[0]
    assert (line.value, line.level) == (11, Level("size", Cell("H", 2), 12, (10, 11), (11, 12)))


def test_what_is_usual_stays_for_the_month_and_every_result_keeps_its_own(town):
    for place in town[:10]:
        for _each in range(12):
            fact_of(place, "complaint.1", DAY)
        grading.regrade(place.id, actor=SYSTEM)
    assert {session.get(Rating, place.id, populate_existing=True).score for place in town[:10]} == {500}
    with at(DAY + timedelta(days=1)):
        assert grading.run_now(actor=SYSTEM).changed == 0
    assert session.scalar(select(func.count()).select_from(PeerNorms)) == 1
    with at(DAY + timedelta(days=30)):
        monthly = grading.run_now("monthly", actor=SYSTEM)
        assert monthly.changed == 10 + 1
        assert [session.get(Rating, place.id, populate_existing=True).score for place in town] == [0] * 9 + [200, 0, 0]
        assert not grading.run_now("due", actor=SYSTEM).whole
    results = session.scalars(select(GradeHistory).where(GradeHistory.enterprise_id.in_([each.id for each in town])))
    assert all(replay.result(stored).agrees for stored in results)


def test_a_relation_that_the_model_does_not_look_at_changes_nothing(graded):
    """A household has no equity: what is pledged of it is not asked for, and nobody is due when the pledge ends."""
    for _ in range(80):
        subject()
    household = subject(subject_class="individual", capital_wan=10)
    fact_of(household, "equity_pledge.0", DAY - timedelta(days=30), ends_on=DAY + timedelta(days=3), amount=9)
    grading.run_now(actor=SYSTEM)
    with at(DAY + timedelta(days=3)):
        assert not grading.run_now("due", actor=SYSTEM).whole
        assert grading.run_now(actor=SYSTEM).changed == 0


def test_new_thresholds_make_everybody_due(graded):
    from casework.core import parameters

    parameters.set_value(
        "grading.thresholds",
        {"B": 100, "C": 150, "D": 900},
        effective_from=DAY + timedelta(days=1),
        document_no="试〔2026〕1号",
        actor=SYSTEM,
    )
    with at(DAY + timedelta(days=1)):
        run = grading.run_now("due", actor=SYSTEM)
        assert run.whole
        assert session.get(Rating, graded["listed"].id).grade == "C"
        assert grading.run_now("due", actor=SYSTEM).changed == 0


def test_one_enterprise_is_graded_at_once_and_its_kin_with_it(graded):
    graded["clean"].person_key = graded["young"].person_key = "same person"
    session.flush()
    fact_of(graded["clean"], "abnormal.4", DAY)
    fact_of(graded["clean"], "penalty.3", DAY)
    grading.regrade(graded["clean"].id, actor=SYSTEM)
    assert session.get(Rating, graded["clean"].id, populate_existing=True).score == 3200 + 2000
    assert session.get(Rating, graded["young"].id, populate_existing=True).score == 300 + 150
    assert announced(GradeChanged) == [
        {"enterprise_id": graded["clean"].id, "before": "A", "after": "C", "day": DAY.isoformat()}
    ]
    before = stored()
    grading.regrade(graded["clean"].id, actor=SYSTEM)
    assert stored() == before
    assert len(announced(GradeChanged)) == 1


def test_direct_d_ends_the_day_the_listing_ends(graded):
    one = graded["discredited"].id
    listing = session.execute(
        text("SELECT id FROM credit_record WHERE enterprise_id = :one"), {"one": one}
    ).scalar_one()
    registry.remove_record(listing, on=DAY, note="已移出", actor=SYSTEM)
    grading.regrade(one, actor=SYSTEM)
    assert session.get(Rating, one, populate_existing=True).grade == "A"


def test_who_leaves_the_register_loses_the_grade_and_keeps_the_history(graded):
    graded["listed"].status = "deregistered"
    run = grading.run_now(actor=SYSTEM)
    assert run.moves == {"B-": 1}
    assert session.get(Rating, graded["listed"].id) is None
    assert session.get(CurrentGrade, graded["listed"].id) is None
    assert [(each.before, each.grade) for each in queries.history(graded["listed"].id)] == [("B", None), (None, "B")]


def test_an_import_grades_those_it_touched(graded, monkeypatch):
    for _ in range(40):
        subject()
    grading.run_now(actor=SYSTEM)
    touched = [graded["clean"].id]
    monkeypatch.setattr("casework.registry.queries.touched_by", lambda batch_id: touched)
    fact_of(graded["clean"], "abnormal.1", DAY)
    fact_of(graded["young"], "abnormal.1", DAY)
    grading.regrade_batch(1, DAY, actor=SYSTEM)
    run = queries.last_run()
    assert (run.kind, run.whole, run.looked_at, run.moves) == ("batch", False, 1, {"AB": 1})
    touched[:] = list(stored())[: len(stored()) * DUE_SHARE // 100 + 1]
    grading.regrade_batch(1, DAY, actor=SYSTEM)
    assert queries.last_run().whole
    assert session.get(Rating, graded["young"].id, populate_existing=True).grade == "B"


def test_a_run_that_dies_leaves_nothing_and_its_second_delivery_completes(world):
    models()
    enterprises = [subject() for _ in range(3)]
    run = grading.request_run(actor=SYSTEM)
    session.commit()
    from workers.handlers import lines_for

    (line,) = lines_for(RunRequested.name)

    def die(*_args):
        raise RuntimeError("killed")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(jobs, "progress", die)
        with pytest.raises(RuntimeError):
            carry_out(line, run.message_id)
    assert not stored()
    assert queries.run(run.id).finished_at is None
    for _delivery in range(2):
        carry_out(line, run.message_id)
        assert len(stored()) == len(enterprises)
        assert session.scalar(select(func.count()).select_from(GradeHistory)) == len(enterprises)
    assert len(announced(RunFinished)) == 1
    assert jobs.find(run.message_id).state == "done"


def test_the_schedule_may_fire_twice(world):
    models()
    for _ in range(2):
        grading.request_monthly_run(actor=SYSTEM)
        grading.request_due_run(actor=SYSTEM)
    assert len(announced(RunRequested)) == 2
    with at(DAY + timedelta(days=1)):
        grading.request_monthly_run(actor=SYSTEM)
        grading.request_due_run(actor=SYSTEM)
    kinds = session.scalars(select(ClassificationRun.kind).order_by(ClassificationRun.id)).all()
    assert kinds == ["monthly", "due", "due"]


def test_a_second_run_by_hand_waits_for_the_first(world):
    models()
    grading.request_run(actor=SYSTEM)
    with pytest.raises(Refusal):
        grading.request_run(actor=SYSTEM)


def test_without_a_model_nothing_is_graded(world):
    subject()
    session.execute(text("UPDATE grading_model SET state = 'superseded'"))
    with pytest.raises(Refusal, match="没有启用的分类模型"):
        grading.run_now(actor=SYSTEM)


def test_shipped_models_are_kept_once_and_a_changed_catalogue_becomes_a_draft(world, monkeypatch):
    models()
    models()
    assert session.scalar(select(func.count()).select_from(GradingModel)) == len(SUBJECT_CLASSES)
    monkeypatch.setattr(modelling, "INDICATORS", {key: each for key, each in INDICATORS.items() if key != "age"})
    models()
    drafts = [model for model in queries.models() if model.state == "draft"]
    assert {(model.version, model.subject_class) for model in drafts} == {(2, name) for name in SUBJECT_CLASSES}
    young = subject(established_on=DAY - timedelta(days=10))
    grading.regrade(young.id, actor=SYSTEM)
    assert session.get(Rating, young.id).score == 300
    for draft in drafts:
        with pytest.raises(Refusal, match="试算"):
            grading.activate_model(draft.id, actor=make.actor("deputy"))
        grading.carry_out_simulation(grading.request_simulation(draft.id, actor=SYSTEM).id, actor=SYSTEM)
    head = make.actor("deputy")
    drafts[0].drafted_by_id = head.id
    session.flush()
    with pytest.raises(NotAllowed):
        grading.activate_model(drafts[0].id, actor=head)
    for draft in drafts:
        grading.activate_model(draft.id, actor=make.actor("deputy"))
    grading.regrade(young.id, actor=SYSTEM)
    assert session.get(Rating, young.id, populate_existing=True).score == 0


def test_models_and_history_cannot_be_rewritten(graded):
    for statement in (
        "UPDATE grade_history SET grade = 'A'",
        "DELETE FROM grade_history",
        "TRUNCATE grade_history",
        "UPDATE grading_model SET definition = '{}'",
        "DELETE FROM grading_model",
    ):
        with pytest.raises(DBAPIError, match="append-only"), session.begin_nested():
            session.execute(text(statement))


RECORDS = [f"{kind.key}.{klass}" for kind in KINDS.values() for klass in kind.classes or (0,)]
happenings = some.tuples(
    some.integers(0, 5),
    some.sampled_from(RECORDS),
    some.integers(-3, 800),
    some.none() | some.integers(0, 900),
    some.none() | some.integers(0, 900),
)
moves_house = some.tuples(
    some.integers(0, 5), some.sampled_from(["person_key", "address_key", "status"]), some.booleans()
)
life = some.lists(
    some.tuples(some.integers(1, 60), some.lists(happenings, max_size=2), some.lists(moves_house, max_size=1)),
    min_size=1,
    max_size=4,
)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(some.lists(happenings, max_size=10), life)
def test_single_and_daily_grading_arrive_where_a_run_over_everybody_does(world, past, future):
    with session.begin_nested() as attempt, pytest.MonkeyPatch.context() as patch:
        models()
        patch.setattr(runs, "DUE_SHARE", 100)
        six = [
            subject(
                person_key="p" if number % 2 else None,
                address_key="a",
                established_on=DAY - timedelta(days=300 * number),
            )
            for number in range(6)
        ]
        six += [subject(address_key="a") for _ in range(14)]
        for happening in past:
            _happen(six, DAY, happening)
        grading.run_now(actor=SYSTEM)
        day = DAY
        for days, records, changes in future:
            day += timedelta(days=days)
            with at(day):
                for happening in records:
                    grading.regrade(_happen(six, day, happening), actor=SYSTEM)
                for who, what, back in changes:
                    values = {
                        "person_key": (None, "p"),
                        "address_key": (None, "a"),
                        "status": ("deregistered", "active"),
                    }
                    left = [other.id for other in six if getattr(other, what) == getattr(six[who], what)]
                    setattr(six[who], what, values[what][back])
                    session.flush()
                    for told in {six[who].id, left[0], left[-1]}:
                        grading.regrade(told, actor=SYSTEM)
                run = grading.run_now("due", actor=SYSTEM)
                assert not run.whole
                arrived = stored()
                everybody = grading.run_now(actor=SYSTEM)
                assert stored() == arrived
                assert everybody.changed == 0
        attempt.rollback()


def _happen(enterprises: list[Enterprise], day: date, happening: tuple) -> int:
    who, record, ago, lasts, repaired = happening
    on = day - timedelta(days=ago)
    dates = {
        name: None if days is None else on + timedelta(days=days)
        for name, days in (("ends_on", lasts), ("repaired_on", repaired))
    }
    fact_of(enterprises[who], record, on, **dates)
    return enterprises[who].id
