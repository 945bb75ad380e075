"""What the rooms put on the desk (工作台): a task that waits for the reader, with its clock and the one click to it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Task:
    """One thing to do, or to wait for: about what, which step, until when, and where it is done."""

    title: str
    about: str
    """Kind of work, number and state, in words."""
    verb: str
    """The words of its button; of a thing that waits for others, for what it waits."""
    url: str
    due_on: date | None = None
    left: int | None = None
    """Days to go, negative when overdue; None has no clock."""
    unit: str = "working"
    paused: bool = False


@dataclass(frozen=True)
class Agenda:
    """Tasks by urgency: what is due today or overdue, and what waits without haste."""

    due: Sequence[Task]
    waiting: Sequence[Task]


def agenda(tasks: Iterable[Task]) -> Agenda:
    """In the order of their clocks; what has none comes last."""
    known = sorted(tasks, key=lambda task: (task.left is None, task.left or 0))
    due = [task for task in known if task.left is not None and task.left <= 0 and not task.paused]
    return Agenda(due, [task for task in known if task not in due])
