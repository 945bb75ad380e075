"""Stored grades follow from what was known at their moment, whatever is recorded, corrected or repaired later."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from sqlalchemy import select, text

from casework.core import clock, parameters
from casework.core.actor import SYSTEM
from casework.core.db import session
from casework.core.errors import Refusal
from casework.grading import operations as grading
from casework.grading import queries, replay
from casework.grading.models import GradeHistory, Rating, ReplayCheck
from casework.registry import operations as registry
from casework.registry.models import Enterprise
from tests.make.grading import DAY, fact_of, models, subject


@contextmanager
def on(day: date, hour: int = 4) -> Iterator[None]:
    with clock.at(datetime(day.year, day.month, day.day, hour, tzinfo=UTC)):
        yield


def later(days: int) -> date:
    return DAY + timedelta(days=days)


def test_a_past_day_is_told_in_two_senses(world):
    models()
    with on(DAY):
        one = subject()
        fined = fact_of(one, "penalty.3", DAY - timedelta(days=10), document_no="周市监罚〔2026〕1号")
        grading.regrade(one.id, actor=SYSTEM)
    with on(later(5)):
        registry.revoke_record(fined.id, on=later(5), note="复议撤销", actor=SYSTEM)
        fact_of(one, "abnormal.1", DAY - timedelta(days=2))
        one.employees = 0
        grading.regrade(one.id, actor=SYSTEM)
        then, now = (replay.replay(one.id, later(1), sense) for sense in ("then", "now"))
        assert (then.receipt.score, now.receipt.score) == (2000, 2000 + 2200 + 100)
        assert then.agrees
        assert not now.agrees
        assert replay.replay(one.id, later(5), "now").receipt.score == 2200 + 100
        assert replay.replay(one.id, later(5)).agrees
        with pytest.raises(Refusal, match="还没有"):
            replay.replay(one.id, DAY - timedelta(days=1))
        with pytest.raises(Refusal, match="不能晚于今天"):
            replay.replay(one.id, later(6))


def test_what_is_to_come_is_told_up_to_the_next_letter(world):
    models()
    with on(DAY):
        one = subject()
        fact_of(one, "penalty.3", DAY - timedelta(days=300))
        fact_of(one, "change.3", DAY - timedelta(days=360))
        fact_of(one, "change.3", DAY - timedelta(days=10))
        grading.regrade(one.id, actor=SYSTEM)
        told = replay.replay(one.id, DAY)
        assert told.receipt.grade == "B"
        coming = list(replay.ahead(told))
        assert [(step.day, step.score, step.grade) for step in coming] == [
            (later(5), 2000, "B"),
            (later(65), 1200, "A"),
        ]


def test_a_trial_tells_what_would_be_and_stores_nothing(world):
    models()
    with on(DAY):
        one = subject()
        listed, fined = fact_of(one, "abnormal.1", later(-30)), fact_of(one, "penalty.2", later(-30))
        grading.regrade(one.id, actor=SYSTEM)
        now, dossier = replay.trial(one.id, {listed.id: "removed", fined.id: "repaired"})
        tried = replay.worked_out(now, dossier, DAY)
        assert (now.receipt.score, tried.score) == (3000, 400)
        assert replay.trials_of(next(fact for fact in now.dossier.facts if fact.id == fined.id), DAY) == [
            "repaired", "revoked",
        ]  # fmt: skip
        session.expire_all()
        assert session.get(Rating, one.id).score == 3000


def test_a_contested_record_counts_or_is_suspended_as_the_parameter_says(world):
    models()
    with on(DAY):
        one = subject()
        fined = fact_of(one, "penalty.3", later(-10))
        kept = registry.object_to_record(fined.id, on=DAY, note="异议", actor=SYSTEM)
        grading.regrade(one.id, actor=SYSTEM)
        assert session.get(Rating, one.id).score == 2000
    parameters.set_value("grading.objected", "suspended", effective_from=later(1), document_no="试1号", actor=SYSTEM)
    with on(later(1)):
        run = grading.run_now("due", actor=SYSTEM)
        assert (run.whole, run.moves) == (True, {"BA": 1})
        told = replay.replay(one.id, later(1))
        assert (told.receipt.score, told.agrees, told.suspends) == (0, True, True)
        assert queries.explanation(one.id).is_current
        registry.close_objection(kept.id, on=later(1), note="维持", actor=SYSTEM)
        grading.regrade(one.id, actor=SYSTEM)
        assert session.get(Rating, one.id, populate_existing=True).score == 2000
        assert all(replay.result(stored).agrees for stored in session.scalars(select(GradeHistory)))
        assert replay.replay(one.id, DAY).receipt.score == 2000


def test_the_daily_check_finds_a_result_that_does_not_follow(world):
    models()
    with on(DAY):
        enterprises = [subject() for _ in range(3)]
        fact_of(enterprises[0], "abnormal.1", later(-30))
        grading.run_now(actor=SYSTEM)
    with on(later(1)):
        grading.check_replay(actor=SYSTEM)
        grading.check_replay(actor=SYSTEM)
        (check,) = queries.replay_checks()
        assert (check.checked, check.overtaken, check.differing) == (3, 0, [])
    session.execute(text("ALTER TABLE grade_history DISABLE TRIGGER USER"))
    session.execute(
        text("UPDATE grade_history SET score = 1, pts[1] = 10 WHERE id = (SELECT min(id) FROM grade_history)")
    )
    session.expire_all()
    with on(later(2)):
        grading.check_replay(actor=SYSTEM)
        found = session.get(ReplayCheck, later(2)).differing
        assert [each["enterprise_id"] for each in found] == [
            session.scalar(select(GradeHistory.enterprise_id).order_by(GradeHistory.id))
        ]


deeds = some.lists(
    some.tuples(
        some.integers(0, 2),
        some.integers(1, 50),
        some.sampled_from(["abnormal.1", "penalty.3", "penalty.2", "check.3", "complaint.1", "licence.1", "serious.0"]),
        some.integers(0, 500),
        some.sampled_from([None, "repair", "remove", "revoke", "object"]),
        some.sampled_from([None, ("employees", 0), ("employees", 9), ("capital_wan", 1500), ("established_on", DAY)]),
    ),
    min_size=1,
    max_size=8,
)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(deeds)
def test_whatever_happens_every_stored_result_can_be_replayed(world, deeds):
    """Each result at its own moment, and the result in force at the end of each day."""
    with session.begin_nested() as attempt:
        models()
        with on(DAY):
            three = [subject(person_key="one person", paid_capital_wan=0) for _ in range(3)]
            grading.run_now(actor=SYSTEM)
        day, seen = DAY, []
        for who, days, kind, ago, mark, change in deeds:
            day += timedelta(days=days)
            with on(day):
                grading.run_now("due", actor=SYSTEM)
                _happens(three[who], day, kind, ago, mark, change)
                grading.regrade(three[who].id, actor=SYSTEM)
                seen += [(each.id, day, session.get(Rating, each.id, populate_existing=True).score) for each in three]
        with on(day + timedelta(days=400)):
            grading.run_now(actor=SYSTEM)
            for stored in session.scalars(select(GradeHistory)):
                assert replay.result(stored).agrees
            for enterprise_id, then, score in seen:
                told = replay.replay(enterprise_id, then)
                assert told.agrees
                assert told.receipt.score == score
        attempt.rollback()


def _happens(enterprise: Enterprise, day: date, kind: str, ago: int, mark: str | None, change: tuple | None) -> None:
    happened = fact_of(enterprise, kind, day - timedelta(days=ago))
    with pytest.MonkeyPatch.context() as patch:
        if mark is not None:
            patch.setattr(registry, "why_not", lambda *_: None)
            registry.MARKING[mark](happened.id, on=day, note="试", actor=SYSTEM)
    if change is not None:
        setattr(enterprise, *change)
    session.flush()
