"""What this room puts on the desk."""

from collections.abc import Iterator

from flask import url_for

from casework.core.desk import Task
from casework.core.i18n import _
from casework.core.web import actor
from casework.sampling import queries


def desk_tasks() -> Iterator[Task]:
    """Plans and campaigns at a step that is the reader's."""
    for one in queries.desk(actor()) if actor().may("sampling.read") else ():
        about = _("双随机抽查 · %(state)s", state=_(one.state))
        yield Task(one.title, about, _(one.todo), url_for(one.endpoint, **one.values))
