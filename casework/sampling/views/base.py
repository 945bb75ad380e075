"""What the pages of this room share: their blueprint, options of forms, the timeline, words of tables."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, request

from casework.accounts import queries as staff
from casework.core import clock
from casework.core.actor import SYSTEM
from casework.core.i18n import _
from casework.core.ledger import history
from casework.core.web import actor
from casework.core.workflow import move_label
from casework.registry.rules import SUBJECT_CLASSES
from casework.sampling import queries
from casework.sampling.rules import ACTIONS, OUT_REASONS, percent
from casework.sampling.schemas import LICENCES

views = Blueprint("sampling", __name__)


def options(table: Mapping[Any, str]) -> list[tuple[Any, str]]:
    return [(key, _(label)) for key, label in table.items()]


def neighbours() -> dict[str, str | None]:
    """The tokens of the page asked for."""
    return {"after": request.args.get("after"), "before": request.args.get("before")}


def unit_options() -> list[tuple[int, str]]:
    """Units that the actor sees, indented by level."""
    units = staff.units(actor())
    top = min((unit.path.count("/") for unit in units), default=0)
    return [(unit.id, "　" * (unit.path.count("/") - top) + unit.name) for unit in units]


def events_of(kind: str, key: int) -> list[dict[str, Any]]:
    """What was done to a plan or campaign, newest first, for a timeline."""
    events = []
    for entry in history(kind, key):
        move = move_label(entry.action)
        label = move or ACTIONS.get(entry.action)
        if label is not None:
            who = _("系统") if entry.actor_name == SYSTEM.name else entry.actor_name
            events.append(
                {
                    "when": entry.at.astimezone(clock.LOCAL_ZONE).strftime("%Y-%m-%d %H:%M"),
                    "title": _(label),
                    "text": _("，").join(filter(None, (who, entry.note))),
                    "url": None,
                    "kind": "strong" if move else "plain",
                }
            )
    return events


def pool_words() -> dict[str, Any]:
    return {"licences": LICENCES, "classes": SUBJECT_CLASSES, "directory_names": queries.directory_names()}


def pool_options() -> dict[str, Any]:
    return {"licence_options": options(LICENCES), "class_options": options(SUBJECT_CLASSES)}


def open_moves(workflow: Any, state: str) -> dict[str, Any]:
    """The moves out of a state that the reader may make, by name."""
    me = actor()
    return {
        move.name: move
        for move in workflow.moves_from(state)
        if move.permission is not None and me.may(move.permission)
    }


def survey_words() -> dict[str, Any]:
    return {"percent": percent, "reasons": OUT_REASONS}
