"""Pages of officers in a draw: withdrawals (回避), replacements."""

from typing import Any

from flask import render_template, request

from casework.accounts import queries as staff
from casework.cases import queries as cases
from casework.core import parameters
from casework.core.errors import Refusal
from casework.core.i18n import _
from casework.core.uploads import template_of, upload_page
from casework.core.web import STAFF, Form, actor, audience, done
from casework.registry import queries as registry
from casework.sampling import operations as sampling
from casework.sampling import queries
from casework.sampling.rules import GROUNDS, RECUSAL_DECISIONS, RECUSAL_KINDS, RECUSAL_SOURCES, TIE_KINDS
from casework.sampling.schemas import RECUSALS, RecusalDecision, RecusalEntry, ReplacementEntry, TieEntry
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
        decisions=RECUSAL_DECISIONS,
        kind_options=options(RECUSAL_KINDS),
        source_options=options(RECUSAL_SOURCES),
    )
    return page, 422 if form.submitted else 200


@views.route("/sampling/recusals/<int:recusal_id>", methods=["GET", "POST"])
@audience(STAFF)
def recusal(recusal_id: int) -> Any:
    """One withdrawal with the head's decision; the operation asks who may decide."""
    me = actor()
    known = queries.recusal(recusal_id, me)
    form = Form(RecusalDecision(), request.form if request.method == "POST" else None, defaults={"decision": "granted"})
    if form.valid:
        with form.refusals():
            sampling.decide_recusal(recusal_id, **form.data, actor=me)
            return done(_("回避决定已记录。"), ".recusal", recusal_id=recusal_id)
    page = render_template(
        "sampling/recusal.html",
        form=form,
        recusal=known,
        officer=staff.officers([known.officer_id])[known.officer_id],
        enterprise=registry.brief([known.enterprise_id])[known.enterprise_id],
        kinds=RECUSAL_KINDS,
        declared=RECUSAL_SOURCES,
        decisions=RECUSAL_DECISIONS,
        decision_options=options(RECUSAL_DECISIONS),
        decides=me.may("cases.approve") and me.id != known.recorded_by_id and me.officer_id != known.officer_id,
    )
    return page, 422 if form.submitted else 200


@views.route("/sampling/recusals/import", methods=["GET", "POST"])
@audience("accounts.officers")
def import_recusals() -> Any:
    """Withdrawals from a table."""
    return upload_page(
        RECUSALS,
        sampling.import_recusals,
        saved=lambda count: _("已导入 %(count)s 条回避，由负责人逐条决定。", count=count),
        lead=_("每行一名人员、一个主体。已经登记的不重复登记。"),
        back=(_("回避登记"), ".recusals"),
        template=".recusals_template",
    )


@views.get("/sampling/recusals/template")
@audience("accounts.officers")
def recusals_template() -> Any:
    """The table to fill in, with one example."""
    return template_of(RECUSALS)


@views.route("/sampling/ties", methods=["GET", "POST"])
@audience(STAFF)
def ties() -> Any:
    """任职与亲属申报: what an officer tells once, so that the system finds whom to keep him from."""
    me = actor()
    submitted = request.form if request.method == "POST" else None
    form = Form(TieEntry(), submitted, defaults={"kind": "former_employer"})
    if form.valid:
        with form.refusals():
            sampling.declare_tie(**form.data, actor=me)
            return done(_("申报已登记，抽取时按规则自动回避。"), ".ties")
    found = queries.ties(me)
    page = render_template(
        "sampling/ties.html",
        form=form,
        found=found,
        officers=staff.officers([one.officer_id for one in found]),
        officer_options=queries.officers_to_recuse(me),
        kinds=TIE_KINDS,
        kind_options=options(TIE_KINDS),
        years=parameters.value("sampling.former_employer_years"),
    )
    return page, 422 if form.submitted else 200


@views.post("/sampling/ties/<int:tie_id>/end")
@audience("accounts.officers")
def end_tie(tie_id: int) -> Any:
    sampling.end_tie(tie_id, actor=actor())
    return done(_("申报已撤销。"), ".ties")


@views.get("/sampling/campaigns/<int:campaign_id>/officers/<int:officer_id>")
@audience("sampling.read")
def exclusions(campaign_id: int, officer_id: int) -> Any:
    """One officer of a campaign: whether he may be sent, and to whom not, each with the reason."""
    known = queries.campaign(campaign_id, actor())
    candidacy, found = queries.exclusions_of(known, officer_id)
    return render_template("sampling/exclusions.html", campaign=known, one=candidacy, found=found, grounds=GROUNDS)


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
