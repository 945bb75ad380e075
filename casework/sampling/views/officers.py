"""Pages of officers in a draw: withdrawals (回避), replacements."""

from typing import Any

from flask import render_template, request

from casework.accounts import queries as staff
from casework.cases import queries as cases
from casework.core.errors import Refusal
from casework.core.i18n import _
from casework.core.web import STAFF, Form, actor, audience, done
from casework.registry import queries as registry
from casework.sampling import operations as sampling
from casework.sampling import queries
from casework.sampling.rules import RECUSAL_KINDS, RECUSAL_SOURCES
from casework.sampling.schemas import RecusalEntry, ReplacementEntry
from casework.sampling.views.base import neighbours, options, views


@views.route("/sampling/recusals", methods=["GET", "POST"])
@audience(STAFF)
def recusals() -> Any:
    """回避: which officers may not inspect which enterprises; each declares for himself, the bureau for others."""
    me = actor()
    form = Form(RecusalEntry(), request.form if request.method == "POST" else None, defaults={"declared_by": "officer"})
    if form.valid:
        with form.refusals():
            enterprise = registry.by_number(form.data.pop("number"))
            if enterprise is None:
                raise Refusal(_("没有这个统一社会信用代码或注册号的主体，请核对。"), field="number")
            sampling.declare_recusal(**form.data, enterprise_id=enterprise.id, actor=me)
            return done(_("回避已登记，之后的抽取不再把该主体派给此人。"), ".recusals")
    found = queries.recusals(me, **neighbours())
    officers = staff.officers([row.Recusal.officer_id for row in found.rows])
    page = render_template(
        "sampling/recusals.html",
        form=form,
        found=found,
        officers=officers,
        enterprises=registry.brief([row.Recusal.enterprise_id for row in found.rows]),
        officer_options=queries.officers_to_recuse(me),
        kinds=RECUSAL_KINDS,
        declared=RECUSAL_SOURCES,
        kind_options=options(RECUSAL_KINDS),
        source_options=options(RECUSAL_SOURCES),
    )
    return page, 422 if form.submitted else 200


@views.post("/sampling/recusals/<int:recusal_id>/end")
@audience("accounts.officers")
def end_recusal(recusal_id: int) -> Any:
    sampling.end_recusal(recusal_id, actor=actor())
    return done(_("回避已解除。"), ".recusals")


@views.route("/sampling/cases/<int:case_id>/officer", methods=["GET", "POST"])
@audience("cases.approve")
def replace_officer(case_id: int) -> Any:
    """Gives the seat of an officer who cannot go to the next in the ranking of the draw."""
    case = cases.find(case_id, actor())
    form = Form(ReplacementEntry(), request.form if request.method == "POST" else None)
    if form.valid:
        with form.refusals():
            replaced = sampling.replace_officer(case_id, **form.data, actor=actor())
            joined = queries.officer_at(replaced.campaign_id, replaced.in_position)
            return done(_("已按抽取时的排序由 %(name)s 接替。", name=joined.name), ".replace_officer", case_id=case_id)
    member = queries.drawn_member(case.origin_id, case.enterprise_id)
    page = render_template(
        "sampling/replace_officer.html",
        form=form,
        case=case,
        enterprise=registry.brief([case.enterprise_id])[case.enterprise_id],
        team=cases.team(case),
        eligible=len(member.eligible),
        replacements=queries.replacement_words(member.campaign_id, member.position),
    )
    return page, 422 if form.submitted else 200
