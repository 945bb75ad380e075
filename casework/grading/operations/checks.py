"""Verbs of checking: stored results are worked out again."""

from typing import Any

from casework.core import clock, jobs
from casework.core.actor import Actor
from casework.core.db import session
from casework.core.ledger import record
from casework.grading import queries, replay
from casework.grading.models import GradeHistory, ReplayCheck
from casework.grading.operations.runs import one_at_a_time
from casework.grading.reference import Receipt

REPLAYED_EACH_DAY = 200
"""So many present results, and as many past ones, are worked out again every day."""


def check_replay(*, actor: Actor) -> None:
    """Works a sample of stored results out again and keeps what does not follow. Idempotence key: the day."""
    one_at_a_time()
    day = clock.today()
    if session.get(ReplayCheck, day) is not None:
        return
    chosen = queries.sample_of_results(REPLAYED_EACH_DAY, seed=day.toordinal())
    overtaken, differing = 0, []
    for done, (stored, again) in enumerate(zip(chosen, replay.results(chosen), strict=True), start=1):
        if again.agrees:
            continue
        following = replay.next_result(stored)
        if following is not None and replay.follows(again.receipt, following):
            overtaken += 1
        else:
            differing.append(_difference(stored, again.receipt))
        jobs.progress(done, len(chosen))
    check = ReplayCheck(day=day, checked_at=clock.now(), checked=len(chosen), overtaken=overtaken, differing=differing)
    session.add(check)
    record(
        "grading.check_replay",
        ("replay_check", day.isoformat()),
        actor=actor,
        after={"checked": len(chosen), "overtaken": overtaken, "differing": len(differing)},
    )


def _difference(stored: GradeHistory, receipt: Receipt) -> dict[str, Any]:
    return {
        "enterprise_id": stored.enterprise_id,
        "day": stored.as_of.isoformat(),
        "stored": {"grade": stored.grade, "score": stored.score},
        "replayed": {"grade": receipt.grade, "score": receipt.score},
    }
