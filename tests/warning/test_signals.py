"""Every signal gives the levels that its examples say, sees the same thing once, and tells it in words."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from casework.core import clock, parameters
from casework.core.actor import SYSTEM
from casework.core.clock import local_moment
from casework.core.db import session
from casework.core.ledger import AuditEntry, OutboxMessage
from casework.grading.models import ClassificationRun, GradeHistory
from casework.registry.models import CreditRecord, CurrentGrade, Enterprise
from casework.warning import operations as warning
from casework.warning import queries
from casework.warning.models import Alert, RiskCount, Sighting
from casework.warning.rules import LEVELS, Counts, Firms, Matter, Past, follow, graver, level_of, risk_index, worse
from casework.warning.signals import SIGNALS
from tests import make
from tests.make import cases as make_cases
from tests.make import warning as make_warning

DAY = date(2026, 11, 20)
EXAMPLES = [
    pytest.param(signal, example, id=f"{signal.key}: {example.label}")
    for signal in SIGNALS.values()
    for example in signal.examples
    if example.moved is None
]


def on(day: date):
    return clock.at(local_moment(day, 9))


@pytest.mark.parametrize(("signal", "example"), EXAMPLES)
def test_examples(world, signal, example):
    with on(DAY.replace(day=1) - timedelta(days=1) if example.months > 1 else DAY):
        make_warning.world(example)
        warning.scan(actor=SYSTEM)
    with on(DAY):
        warning.scan(actor=SYSTEM)
    found = session.scalars(select(Alert).where(Alert.signal == signal.key)).all()
    assert [alert.level for alert in found] == ([example.level] if example.level else [])
    for alert in found:
        assert "%(" not in queries.why(alert)
        assert queries.subject_name(alert)


@pytest.mark.parametrize(("example"), [pytest.param(one, id=one.label) for one in SIGNALS["grade_worse"].examples])
def test_examples_of_grades(world, example):
    subject = make.enterprise()
    warning.judge_grade_change(subject.id, *example.moved, DAY, actor=SYSTEM)
    assert list(session.scalars(select(Alert.level))) == ([example.level] if example.level else [])


def test_every_signal_has_its_parameter_a_basis_and_examples_of_both_kinds():
    for signal in SIGNALS.values():
        settings = parameters.definitions()[signal.parameter].shipped[-1].value
        assert set(settings["levels"]) <= set(LEVELS)
        assert signal.basis
        assert signal.advice
        levels = {example.level for example in signal.examples}
        assert None in levels, signal.key
        assert levels >= set(settings["levels"]), signal.key


@given(st.floats(-1000, 1000), st.dictionaries(st.sampled_from(list(LEVELS)), st.integers(-100, 100), min_size=1))
def test_a_level_is_the_gravest_that_was_reached(value, thresholds):
    level = level_of(value, thresholds)
    reached = [one for one in thresholds if value >= thresholds[one]]
    assert (level is None) == (not reached)
    assert not any(graver(one, level) for one in reached)
    mirrored = {one: -threshold for one, threshold in thresholds.items()}
    assert level_of(-value, mirrored, falling=True) == level


# ---- Once ------------------------------------------------------------------------------------------------------------


def everybody() -> None:
    """A world in which every signal that needs no month before sees something."""
    for signal in SIGNALS.values():
        example = next(one for one in signal.examples if one.level)
        if example.moved is None:
            make_warning.world(example)


def kept() -> list[int]:
    return [
        session.scalar(select(func.count()).select_from(table)) for table in (Alert, Sighting, RiskCount, AuditEntry)
    ]


def test_a_second_scan_finds_nothing_new(world):
    with on(DAY):
        everybody()
        first = warning.scan(actor=SYSTEM)
        before = kept()
        assert (warning.scan(actor=SYSTEM), kept()) == (0, before)
    with on(DAY + timedelta(days=1)):
        assert warning.scan(actor=SYSTEM) <= first / 2  # another day changes a few figures, not everything


def test_a_scan_changes_no_grade_writes_no_record_and_tells_nobody(world):
    """An alert is a hint to look: never a finding, never a grade."""
    with on(DAY):
        everybody()
        tables = CreditRecord, CurrentGrade, OutboxMessage
        before = [session.scalar(select(func.count()).select_from(table)) for table in tables]
        assert warning.scan(actor=SYSTEM)
        assert [session.scalar(select(func.count()).select_from(table)) for table in tables] == before


def test_a_run_tells_whose_grade_became_worse(world):
    better, worsened = make.enterprise(), make.enterprise()
    run = ClassificationRun(kind="full", requested_by="测试", requested_at=clock.now())
    session.add(run)
    session.flush()
    for one, before, after in ((better, "C", "A"), (worsened, "A", "C")):
        row = {"enterprise_id": one.id, "run_id": run.id, "as_of": DAY, "recorded_at": clock.now()}
        session.add(GradeHistory(**row, before=before, grade=after, score=100, flags=0))
    session.flush()
    assert (warning.scan(run.id, actor=SYSTEM), warning.scan(run.id, actor=SYSTEM)) == (1, 0)
    raised = session.scalars(select(Alert)).one()
    assert (raised.subject, raised.level, raised.facts["after"]) == (str(worsened.id), "orange", "C")


def test_an_ordered_correction_that_is_overdue_is_seen_in_its_own_room(world):
    case = make_cases.case("trigger", line="food")
    crew = make_cases.crew(case)
    make_cases.walk(case, to="inspecting", crew=crew)
    make_cases.order_correction(case, by=crew["member"], due_on=clock.today() + timedelta(days=3))
    with clock.at(clock.now() + timedelta(days=13)):
        warning.scan(actor=SYSTEM)
    alert = session.scalars(select(Alert).where(Alert.signal == "rectification_overdue")).one()
    assert (alert.level, alert.enterprise_ids, alert.line) == ("orange", [case.enterprise_id], "food")


# ---- Recurrence ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "level", "days", "verdict"),
    [
        (None, "yellow", 0, "raise"),
        (("raised", "yellow"), "red", 400, "join"),
        (("closed", "yellow"), "yellow", 89, "reopen"),
        (("closed", "yellow"), "yellow", 91, "raise"),
        (("dismissed", "yellow"), "yellow", 89, "join"),
        (("dismissed", "yellow"), "orange", 89, "reopen"),
        (("dismissed", "yellow"), "yellow", 91, "raise"),
    ],
)
def test_what_happens_again(before, level, days, verdict):
    ended = None if before is None or before[0] == "raised" else DAY - timedelta(days=days)
    assert follow(before and Matter(*before, ended), level, DAY, 90) == verdict


def test_a_matter_that_goes_on_stays_one_alert_and_becomes_graver(world):
    with on(DAY):
        make_warning.world(next(one for one in SIGNALS["licence_expiring"].examples if one.level == "yellow"))
        warning.scan(actor=SYSTEM)
    alert = session.scalars(select(Alert)).one()
    assert (alert.level, alert.due_on) == ("yellow", date(2026, 11, 27))
    with on(DAY + timedelta(days=60)):
        assert warning.scan(actor=SYSTEM) == 1
    session.refresh(alert)
    assert (alert.level, alert.times, alert.due_on) == ("orange", 2, date(2026, 11, 25))
    assert [one.level for one in queries.sightings(alert)] == ["orange", "yellow"]


def test_what_was_closed_is_opened_again_when_it_recurs(world):
    who = make_warning.bureau()
    with on(DAY):
        alert = make_warning.walked("closed", who, before="A", after="B")
    with on(DAY + timedelta(days=30)):
        again = make_warning.alert("B", "C", of=session.get(Enterprise, alert.enterprise_ids[0]))
    assert (again.id, again.state, again.level, again.times, again.finding) == (alert.id, "raised", "orange", 2, None)
    with on(DAY + timedelta(days=31)):
        warning.dismiss(alert.id, reason="误报", actor=who["head"])
    with on(DAY + timedelta(days=200)):
        later = make_warning.alert("B", "C", of=session.get(Enterprise, alert.enterprise_ids[0]))
    assert later.id != alert.id


@pytest.mark.parametrize(
    ("before", "after", "expected"), [("A", "B", 1), ("A", "D", 3), ("D", "A", 0), (None, "D", 0), ("C", None, 0)]
)
def test_how_much_worse(before, after, expected):
    assert worse(before, after) == expected


# ---- The index -------------------------------------------------------------------------------------------------------

SETTINGS = {"risky": 0.5, "problems": 0.2, "complaints": 0.15, "abnormal": 0.15, "complaints_full": 50, "least": 30}


def test_the_index_follows_its_formula_and_says_nothing_of_few():
    counts = Counts(subjects=100, graded=80, c=6, d=2, checks=20, problems=5, complaints=4, abnormal=10)
    assert risk_index(counts, SETTINGS) == pytest.approx(100 * (0.5 * 0.1 + 0.2 * 0.25 + 0.15 * 40 / 50 + 0.15 * 0.1))
    assert risk_index(Counts(subjects=29, graded=29, d=29), SETTINGS) is None
    assert risk_index(Counts(subjects=30), SETTINGS) == 0


COUNTS = st.builds(Counts, *(st.integers(0, 500) for _ in range(8)))


@given(COUNTS, COUNTS)
def test_counts_of_a_whole_are_those_of_its_parts(one, other):
    assert vars(one + other) == {name: vars(one)[name] + vars(other)[name] for name in vars(one)}


def test_areas_and_industries_are_counted_as_the_register_stands(world):
    county, other = make.unit("川汇区局").id, make.unit("淮阳区局").id
    with on(DAY):
        for grade, many in (("A", 28), ("D", 4)):
            make_warning.firms(Firms(many, grade=grade, columns={"unit": "川汇区一所", "industry_section": "H"}))
        make_warning.firms(Firms(2, (Past("check.2", 10), Past("abnormal.1", 5)), {"unit": "淮阳区局"}))
        warning.count_risks(DAY)
        month = DAY.replace(day=1)
        seen = {one.label: one for one in queries.areas(make_cases.person("credit"), month)}
        assert (seen["川汇区局"].counts.subjects, seen["川汇区局"].counts.d) == (32, 4)
        assert seen["川汇区局"].index == pytest.approx(100 * 0.5 * 4 / 32)
        assert (seen["淮阳区局"].counts.problems, seen["淮阳区局"].counts.abnormal, seen["淮阳区局"].index) == (
            2,
            2,
            None,
        )
        own = make_cases.person("county", org="淮阳区局")
        assert [one.label for one in queries.areas(own, month)] == ["淮阳区局"]
        assert [one.key for one in queries.industries(own, month, area_id=other)] == ["F"]
        assert [one.key for one in queries.industries(own, month, area_id=county)] == []
