"""Steps that are due by a day: how lists ask for them, and how what ran out is told once."""

from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, select, true, update
from sqlalchemy.orm import InstrumentedAttribute

from casework.core import clock
from casework.core.actor import Actor
from casework.core.db import session
from casework.core.i18n import N_
from casework.core.ledger import record

DUE = {"overdue": N_("已逾期"), "today": N_("今天到期"), "week": N_("七日内到期")}
"""What a list can be narrowed to."""

WEEK = timedelta(days=7)


def due_within(column: InstrumentedAttribute[Any], due: str) -> ColumnElement[bool]:
    """Rows whose step is overdue, ends today, or ends within a week; `due` is a key of DUE."""
    today = clock.today()
    return {"overdue": column < today, "today": column == today, "week": column.between(today, today + WEEK)}[due]


def note_overdue(
    model: Any, told_for: str, action: str, *, actor: Actor, counting: ColumnElement[bool] | None = None
) -> int:
    """Writes an audit entry for each row whose `due_on` has passed, once for each day that was due; says for how many.

    `told_for` names the column that keeps the day told of last. `counting` leaves out clocks that stand still.
    """
    told: InstrumentedAttribute[Any] = getattr(model, told_for)
    overdue = (
        select(model.id)
        .where(
            model.due_on < clock.today(),
            told.is_distinct_from(model.due_on),
            true() if counting is None else counting,
        )
        .with_for_update(skip_locked=True)
    )
    noted = session.execute(
        update(model)
        .where(model.id.in_(overdue))
        .values({told_for: model.due_on})
        .returning(model.id, model.due_on)
        .execution_options(synchronize_session=False)
    ).all()
    for row in noted:
        record(action, (model.__tablename__, row.id), actor=actor, after={"due_on": row.due_on.isoformat()})
    return len(noted)
