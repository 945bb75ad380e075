"""The hall in which a draw is made, and the page behind a witness's link."""

from typing import Any

import segno
from flask import render_template, request
from markupsafe import Markup

from casework.accounts import queries as staff
from casework.core import clock
from casework.core.i18n import _
from casework.core.web import PUBLIC, Form, actor, audience, done
from casework.sampling import operations as sampling
from casework.sampling import queries
from casework.sampling.models import Campaign
from casework.sampling.rules import percent
from casework.sampling.schemas import SignedStatement
from casework.sampling.views.base import views
from casework.sampling.views.campaigns import items_today, present_step, steps_of

SECONDS_A_SCREEN = 6
"""So long the hall shows one screen of drawn seals."""


@views.get("/sampling/campaigns/<int:campaign_id>/hall")
@audience("sampling.read")
def hall(campaign_id: int) -> Any:
    """抽取大厅: the big screen of the room in which a draw is made."""
    return render_template("sampling/hall.html", **_hall(campaign_id))


@views.get("/sampling/campaigns/<int:campaign_id>/hall/scene")
@audience("sampling.read")
def hall_scene(campaign_id: int) -> Any:
    """What changes on the big screen; it asks every two seconds."""
    return render_template("sampling/_scene.html", **_hall(campaign_id))


def _hall(campaign_id: int) -> dict[str, Any]:
    known = queries.campaign(campaign_id, actor())
    screen = None
    if known.seed is not None and known.drawn_at is not None:
        since = int((clock.now() - known.drawn_at).total_seconds())
        screen = queries.screen(known, since // SECONDS_A_SCREEN)
    return {
        "campaign": known,
        "steps": steps_of(known),
        "present": present_step(known),
        "items": known.items or items_today(known),
        "organ": staff.unit(known.organ_id),
        "screen": screen,
        "qr": _qr(known),
        "percent": percent,
    }


def _qr(known: Campaign) -> Markup | None:
    """What a witness's telephone keeps: number and commitment, readable without any network."""
    if known.commitment is None:
        return None
    code = segno.make(f"sealed-draw/1\n{known.number}\n{known.commitment.hex()}", error="m")
    return Markup(code.svg_inline(scale=1, border=2, omitsize=True, svgclass="qr", lineclass=None))  # noqa: S704


@views.route("/witness/<token>", methods=["GET", "POST"])
@audience(PUBLIC)
def witness(token: str) -> Any:
    """The page behind a one-time link: what was promised, and one line of text."""
    invitation = queries.open_invitation(sampling.token_hash(token))
    form = Form(SignedStatement(), request.form if request.method == "POST" else None, defaults={"by": invitation.name})
    if form.valid:
        with form.refusals():
            sampling.contribute_by_link(token, **form.data, address=request.remote_addr)
            return done(_("您的见证文本已记录，并公开显示。"), ".witness", token=token)
    page = render_template(
        "sampling/witness.html",
        form=form,
        token=token,
        invitation=invitation,
        given=queries.contribution_of(invitation.id),
        promised=queries.public_campaign(invitation.campaign_id),
        percent=percent,
    )
    return page, 422 if form.submitted else 200
