"""Which grade holds: the computed or the official one, as the parameter says, unless somebody decided otherwise."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import select

from casework.core import clock
from casework.core.db import session
from casework.grading import queries
from casework.grading.models import Rating
from casework.registry import operations as registry

AT_ONCE = 20_000


def hand_down(ids: Sequence[int]) -> None:
    """Keeps the grade in force under some enterprises. Idempotent by content."""
    session.flush()
    rows = session.execute(
        select(Rating.enterprise_id, Rating.grade, Rating.score).where(Rating.enterprise_id.in_(ids))
    ).all()
    hand_down_results([(row.enterprise_id, row.grade, row.score) for row in rows], run_id=None, day=clock.today())


def hand_down_everybody() -> None:
    """Keeps the grade in force under everybody who is classified; writes where it differs. Idempotent by content."""
    ids = session.scalars(select(Rating.enterprise_id).order_by(Rating.enterprise_id)).all()
    for first in range(0, len(ids), AT_ONCE):
        hand_down(ids[first : first + AT_ONCE])


def hand_down_results(rows: Sequence[tuple[int, str, int]], *, run_id: int | None, day: date) -> None:
    """Keeps computed results (enterprise, grade, score in tenths), or what holds instead of them on the day."""
    instead = queries.held_instead([one for one, _grade, _score in rows], day)
    if rows:
        registry.hand_down_grades(
            [(one, instead.get(one, grade), score) for one, grade, score in rows], run_id=run_id, day=day
        )
