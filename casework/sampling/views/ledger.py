"""The public draw ledger."""

from io import BytesIO
from typing import Any

from flask import render_template, send_file

from casework.core.web import PUBLIC, audience
from casework.sampling import queries
from casework.sampling.chain import EVENTS, ledger_tsv
from casework.sampling.views.base import neighbours, views


@views.get("/public/draw-ledger")
@audience(PUBLIC)
def draw_ledger() -> Any:
    """Every commitment, draw and end in order, each line sealed with the one before it."""
    entries, found = queries.draw_ledger(**neighbours())
    return render_template(
        "public/draw_ledger.html",
        entries=entries,
        found=found,
        events=EVENTS,
        broken_at=queries.draw_ledger_broken_at(),
    )


@views.get("/public/draw-ledger.tsv")
@audience(PUBLIC)
def draw_ledger_file() -> Any:
    """The whole ledger, for `verify.py --ledger`."""
    written = BytesIO(b"".join(ledger_tsv(queries.draw_ledger_lines())))
    return send_file(written, mimetype="text/tab-separated-values", as_attachment=True, download_name="draw-ledger.tsv")
