"""Pages for auditors: what is behind the seals."""

from typing import Any

from flask import render_template, request, send_file

from casework.cases.rules import STANDARD
from casework.core.errors import NotFound
from casework.core.i18n import _
from casework.core.ledger import history
from casework.core.web import Form, actor, audience
from casework.sampling import audit as audits
from casework.sampling import operations as sampling
from casework.sampling import queries
from casework.sampling.schemas import Reason
from casework.sampling.views.base import neighbours, survey_words, views


@views.get("/sampling/campaigns/<int:campaign_id>/audit")
@audience("sampling.audit")
def audit(campaign_id: int) -> Any:
    """What is behind the seals: for auditors alone."""
    return _audit_page(campaign_id, Form(Reason()))


@views.get("/sampling/campaigns/<int:campaign_id>/audit/findings")
@audience("sampling.audit")
def audit_findings(campaign_id: int) -> Any:
    """Whether seals, strata, grades of the run, officers, draw and ledger agree."""
    known = queries.campaign(campaign_id, actor())
    if known.commitment is None:
        raise NotFound(_("承诺公布之前没有可以核对的封签。"))
    return render_template("sampling/audit_findings.html", campaign=known, findings=audits.findings(known))


@views.post("/sampling/campaigns/<int:campaign_id>/open-seals")
@audience("sampling.audit")
def open_seals(campaign_id: int) -> Any:
    form = Form(Reason(), request.form)
    if form.valid:
        with form.refusals():
            opened = sampling.open_seals(campaign_id, **form.data, actor=actor())
            return send_file(opened, mimetype="text/csv", as_attachment=True, download_name="openings.csv")
    return _audit_page(campaign_id, form)


def _audit_page(campaign_id: int, form: Form) -> Any:
    known = queries.campaign(campaign_id, actor())
    opened, found = queries.opened(known, **neighbours())
    page = render_template(
        "sampling/audit.html",
        campaign=known,
        form=form,
        opened=opened,
        found=found,
        case_states=STANDARD,
        replacements=queries.replacement_words(known.id),
        asked=[entry for entry in history("campaign", known.id) if entry.action == "sampling.open_seals"],
        **survey_words(),
    )
    return page, 422 if form.submitted else 200
