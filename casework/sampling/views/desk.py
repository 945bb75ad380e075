"""The panel of the desk."""

from typing import Any

from flask import render_template

from casework.core.web import actor, audience
from casework.sampling import queries
from casework.sampling.views.base import views


@views.get("/sampling/desk")
@audience("sampling.read")
def desk_panel() -> Any:
    """What waits for the reader: plans and campaigns at a step that is his."""
    waiting = queries.desk(actor())
    return render_template("sampling/desk_panel.html", waiting=waiting) if waiting else ""
