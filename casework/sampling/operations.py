"""Verbs of the sampling room: items, plans, campaigns from scheme to draw, witnesses, officers, cases."""

import hashlib
import secrets
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any

import yaml
from sqlalchemy import ARRAY, LargeBinary, any_, func, insert, literal, select, tuple_

from casework.accounts import queries as staff
from casework.cases import operations as cases
from casework.cases import queries as case_queries
from casework.cases.rules import Item, NewCase, Origin
from casework.core import clock, files, parameters
from casework.core.actor import SYSTEM, Actor
from casework.core.db import flush_or_refuse, savepoint, session
from casework.core.errors import NotAllowed, NotFound, Refusal
from casework.core.i18n import _
from casework.core.ledger import announce, announce_all, move, record
from casework.core.messages import Message
from casework.core.workflow import Workflow
from casework.documents import operations as documents
from casework.documents import queries as document_queries
from casework.grading import queries as grading
from casework.registry import queries as registry
from casework.sampling import draw as engine
from casework.sampling import pool, queries
from casework.sampling.messages import CampaignDrawn, CampaignDue, CasesDue, CommitmentPublished, FreezeRequested
from casework.sampling.models import (
    Campaign,
    CampaignStratum,
    Cancellation,
    Contribution,
    DrawnMember,
    InspectionItem,
    Invitation,
    Plan,
    PlanLine,
    PoolMember,
    PoolOfficer,
    Recusal,
    Replacement,
)
from casework.sampling.rules import (
    CAMPAIGN,
    LONGEST_NAME,
    PLAN,
    PLAN_IN_FORCE,
    WITNESS_DAYS,
    Batch,
    StratumCount,
    batches,
)

SHIPPED_ITEMS = Path(__file__).with_name("items.yaml")
SHIPPED_BY = "随系统提供"
SERIES = "抽"
"""The number series of campaigns: 周市监抽〔2026〕1号."""
CASES_AT_ONCE = 500
LATE_AFTER = timedelta(minutes=10)
"""A draw so old without all its cases has lost some of its messages."""

# ---- How a move is made ----------------------------------------------------------------------------------------------


@contextmanager
def _moving(
    subject: Plan | Campaign,
    workflow: Workflow,
    name: str,
    *,
    actor: Actor,
    note: str | None = None,
    announces: Message | None = None,
    **facts: Any,
) -> Iterator[None]:
    """Makes one move by somebody who may: decides, lets the caller set what comes with it, writes it all at once."""
    _allowed(workflow, name, subject.state, actor)
    move(subject, workflow, name, actor=actor, facts={"by": actor.id, **facts}, note=note)
    with session.no_autoflush:
        yield
    session.flush()
    if announces is not None:
        announce(announces, actor=actor)


def _allowed(workflow: Workflow, name: str, state: str, actor: Actor) -> None:
    permission = workflow.find(name, state).permission
    if permission and not actor.is_system and not actor.may(permission):
        raise NotAllowed(_("您的岗位没有办理此事项的权限。"))


def _locked_campaign(campaign_id: int, actor: Actor) -> Campaign:
    """The campaign under a row lock, if the actor may see it."""
    session.flush()
    campaign = session.get(Campaign, campaign_id, with_for_update=True, populate_existing=True)
    if campaign is None:
        raise NotFound(_("没有这个抽查活动。"))
    return campaign if actor.is_system else queries.campaign(campaign_id, actor)


def _locked_plan(plan_id: int, actor: Actor) -> Plan:
    session.flush()
    plan = session.get(Plan, plan_id, with_for_update=True, populate_existing=True)
    if plan is None:
        raise NotFound(_("没有这个抽查计划。"))
    return plan if actor.is_system else queries.plan(plan_id, actor)


# ---- Items -----------------------------------------------------------------------------------------------------------


def ensure_default_items(*, actor: Actor = SYSTEM) -> int:
    """Fills an empty 抽查事项清单 with the shipped one, published from its first day; returns how many were entered.

    Idempotence key: the list is not empty any more.
    """
    if session.scalar(select(InspectionItem.id).limit(1)) is not None:
        return 0
    shipped = yaml.safe_load(SHIPPED_ITEMS.read_text(encoding="utf-8"))
    optional = {"pool": {}, "qualification": None, "note": None}
    rows = [
        {
            **optional,
            **shipped["defaults"],
            **entry,
            "withdrawn": False,
            "written_by": SHIPPED_BY,
            "written_at": clock.now(),
            "published_on": shipped["defaults"]["valid_from"],
            "published_by": SHIPPED_BY,
        }
        for entry in shipped["items"]
    ]
    session.execute(insert(InspectionItem), rows)
    record("sampling.ensure_default_items", ("inspection_item", "*"), actor=actor, after={"entered": len(rows)})
    return len(rows)


def keep_item(*, code: str, valid_from: date, actor: Actor, **content: Any) -> InspectionItem:
    """Drafts the version of an item for the time from a day on. Idempotence key: (code, day) until it is published."""
    item = session.scalars(
        select(InspectionItem).where(InspectionItem.code == code, InspectionItem.valid_from == valid_from)
    ).first()
    if item is not None and item.published_on is not None:
        raise Refusal(_("这一天生效的版本已经公布，不能更改；请另定生效日期，作为新版本。"), field="valid_from")
    if item is None:
        item = InspectionItem(code=code, valid_from=valid_from)
        session.add(item)
    for name, value in content.items():
        setattr(item, name, value)
    item.withdrawn, item.written_by, item.written_at = False, actor.name, clock.now()
    flush_or_refuse(_("事项内容不完整，请检查名称、依据和检查内容。"), field="name")
    record("sampling.keep_item", item, actor=actor, after={"code": code, "from": valid_from.isoformat()})
    return item


def publish_item(item_id: int, *, actor: Actor) -> InspectionItem:
    """Puts a drafted version on the public list; from then on nobody edits it. Idempotence key: the version."""
    item = session.get(InspectionItem, item_id, with_for_update=True)
    if item is None:
        raise NotFound(_("没有这个抽查事项。"))
    if item.published_on is None:
        item.published_on, item.published_by = clock.today(), actor.name
        record("sampling.publish_item", item, actor=actor, after={"code": item.code})
    return item


def discard_item(item_id: int, *, actor: Actor) -> None:
    """Throws away a version that was not published."""
    item = session.get(InspectionItem, item_id, with_for_update=True)
    if item is None or item.published_on is not None:
        raise Refusal(_("只能删除尚未公布的版本；已经公布的事项可以停用。"))
    record("sampling.discard_item", item, actor=actor, before={"code": item.code})
    session.delete(item)


def withdraw_item(code: str, *, valid_from: date, note: str, actor: Actor) -> InspectionItem:
    """Ends an item from a day on, by a version that says so. Idempotence key: (code, day)."""
    last = queries.item(code, valid_from)
    if last is None:
        raise Refusal(_("事项 %(code)s 在这一天本来就不在清单内。", code=code), field="valid_from")
    if last.valid_from == valid_from:
        raise Refusal(_("这一天有一个新版本生效，请另选停用日期。"), field="valid_from")
    copied = {
        column.key: getattr(last, column.key)
        for column in InspectionItem.__table__.columns
        if column.key not in ("id", "valid_from")
    }
    item = InspectionItem(
        **copied
        | {
            "valid_from": valid_from,
            "withdrawn": True,
            "note": note,
            "written_by": actor.name,
            "written_at": clock.now(),
            "published_on": clock.today(),
            "published_by": actor.name,
        }
    )
    session.add(item)
    flush_or_refuse(_("这一天已有另一个版本。"), field="valid_from")
    record("sampling.withdraw_item", item, actor=actor, after={"code": code, "from": valid_from.isoformat()}, note=note)
    return item


# ---- Plans -----------------------------------------------------------------------------------------------------------


def create_plan(*, year: int, title: str, org_id: int, actor: Actor) -> Plan:
    """Begins the annual plan of a bureau. Idempotence key: (unit, year); later versions come from `revise_plan`."""
    if not staff.sees_unit(actor, org_id):
        raise Refusal(_("请选择本单位或下级机构。"), field="org_id")
    plan = Plan(
        year=year,
        title=title,
        org_id=document_queries.organ_of(org_id),
        version=1,
        author_id=actor.id,
        author_name=actor.name,
        made_at=clock.now(),
    )
    session.add(plan)
    flush_or_refuse(_("该单位这一年度已有抽查计划；需要调整的，请在原计划上制定新版本。"), field="year")
    record("sampling.create_plan", plan, actor=actor, after={"year": year, "org": plan.org_id})
    return plan


def revise_plan(plan_id: int, *, reason: str, actor: Actor) -> Plan:
    """Begins the next version of a published plan, with its lines, to go through all steps again.

    Idempotence key: the version; a second call finds it there and is refused.
    """
    plan = _locked_plan(plan_id, actor)
    if plan.state not in PLAN_IN_FORCE:
        raise Refusal(_("只有已公示的计划才需要制定新版本；未公示的计划退回后可以直接修改。"))
    newer = Plan(
        year=plan.year,
        title=plan.title,
        org_id=plan.org_id,
        version=plan.version + 1,
        reason=reason,
        author_id=actor.id,
        author_name=actor.name,
        made_at=clock.now(),
    )
    kept = [column.key for column in PlanLine.__table__.columns if column.key not in ("id", "plan_id")]
    newer.lines = [PlanLine(**{key: getattr(line, key) for key in kept}) for line in plan.lines]
    session.add(newer)
    flush_or_refuse(_("该计划已有正在编制的新版本。"), field="reason")
    record("sampling.revise_plan", newer, actor=actor, after={"version": newer.version}, note=reason)
    return newer


def keep_line(plan_id: int, *, line_id: int | None = None, actor: Actor, **content: Any) -> PlanLine:
    """Adds a line to a draft plan, or changes one. Ratios below the floor and items not on the list are refused."""
    plan = _editable(plan_id, actor)
    for field in ("first_on", "last_on"):
        if content[field].year != plan.year:
            raise Refusal(_("批次须安排在 %(year)s 年度之内。", year=plan.year), field=field)
    queries.checked_scheme(content, max(content["first_on"], clock.today()), actor)
    line = next((line for line in plan.lines if line.id == line_id), None)
    if line is None:
        line = PlanLine(position=max((line.position for line in plan.lines), default=0) + 1)
        plan.lines.append(line)
    for name, value in content.items():
        setattr(line, name, value)
    session.flush()
    line.root_id = line.root_id or line.id
    record("sampling.keep_line", plan, actor=actor, after={"line": line.position, "title": line.title})
    return line


def remove_line(plan_id: int, *, line_id: int, actor: Actor) -> None:
    """Takes a line out of a draft plan."""
    plan = _editable(plan_id, actor)
    line = next((line for line in plan.lines if line.id == line_id), None)
    if line is not None:
        plan.lines.remove(line)
        record("sampling.remove_line", plan, actor=actor, before={"line": line.position, "title": line.title})


def _editable(plan_id: int, actor: Actor) -> Plan:
    plan = _locked_plan(plan_id, actor)
    if plan.state != PLAN.initial:
        raise Refusal(_("计划已经提交，不能直接修改。需要修改的，请先退回；已公示的，请制定新版本。"))
    return plan


def submit_plan(plan_id: int, *, actor: Actor) -> Plan:
    """草稿 → 科室提交."""
    return _step(plan_id, "submit", actor=actor)


def consolidate_plan(plan_id: int, *, actor: Actor) -> Plan:
    """科室提交 → 信用监管科汇总."""
    return _step(plan_id, "consolidate", actor=actor)


def pass_plan_review(plan_id: int, *, actor: Actor) -> Plan:
    """汇总 → 法规科审核."""
    return _step(plan_id, "pass_review", actor=actor)


def approve_plan(plan_id: int, *, actor: Actor) -> Plan:
    """法规科审核 → 分管领导批准; whoever wrote the plan cannot."""
    plan = _locked_plan(plan_id, actor)
    with _moving(plan, PLAN, "approve", actor=actor, author=plan.author_id):
        plan.approved_by, plan.approved_name, plan.approved_at = actor.id, actor.name, clock.now()
    return plan


def file_plan(plan_id: int, *, filed_no: str, actor: Actor) -> Plan:
    """批准 → 上级备案, with the number that the higher authority gave it."""
    plan = _locked_plan(plan_id, actor)
    with _moving(plan, PLAN, "file", actor=actor, filed_no=filed_no):
        plan.filed_no = filed_no
    return plan


def publish_plan(plan_id: int, *, actor: Actor) -> Plan:
    """备案 → 公示; the version that was in force until now goes out of it."""
    plan = _locked_plan(plan_id, actor)
    _allowed(PLAN, "publish", plan.state, actor)
    before = session.scalars(
        select(Plan)
        .where(Plan.org_id == plan.org_id, Plan.year == plan.year, Plan.state.in_(PLAN_IN_FORCE))
        .with_for_update()
    ).first()
    if before is not None:
        with _moving(before, PLAN, "supersede", actor=actor):
            pass
    with _moving(plan, PLAN, "publish", actor=actor):
        plan.published_on = clock.today()
    return plan


def send_plan_back(plan_id: int, *, reason: str, actor: Actor) -> Plan:
    """Any review → 草稿, with the reason."""
    plan = _locked_plan(plan_id, actor)
    with _moving(plan, PLAN, "send_back", actor=actor, note=reason, reason=reason.strip()):
        pass
    return plan


def _step(plan_id: int, name: str, *, actor: Actor) -> Plan:
    plan = _locked_plan(plan_id, actor)
    with _moving(plan, PLAN, name, actor=actor, lines=plan.lines, author=plan.author_id):
        pass
    return plan


# ---- The scheme of a campaign ----------------------------------------------------------------------------------------


def create_campaign(*, actor: Actor, **scheme: Any) -> Campaign:
    """Drafts a campaign outside the plan. Not idempotent: every call is another draft.

    `scheme`: title, org_id, item_codes, pool, rates_bp, sizes, officers_per_case, workdays, public_list, unattended.
    """
    organ_id = document_queries.organ_of(scheme["org_id"] if actor.org_id is None else actor.org_id)
    campaign = Campaign(
        source="temporary", organ_id=organ_id, made_by=actor.id, made_name=actor.name, made_at=clock.now()
    )
    _set_scheme(campaign, scheme, actor)
    session.add(campaign)
    session.flush()
    record("sampling.create_campaign", campaign, actor=actor, after={"title": campaign.title})
    return campaign


def change_campaign(campaign_id: int, *, actor: Actor, **scheme: Any) -> Campaign:
    """Changes the scheme of a campaign that was not submitted yet, or was sent back."""
    campaign = _draft(campaign_id, actor)
    _set_scheme(campaign, scheme, actor)
    record("sampling.change_campaign", campaign, actor=actor, after={"title": campaign.title})
    return campaign


def discard_campaign(campaign_id: int, *, actor: Actor) -> None:
    """Throws a draft away: it has no number yet, so nobody was promised anything."""
    campaign = _draft(campaign_id, actor)
    if campaign.plan_line_id is not None:
        raise Refusal(_("年度计划安排的抽查不能删除方案。"))
    record("sampling.discard_campaign", campaign, actor=actor, before={"title": campaign.title})
    session.delete(campaign)


def _draft(campaign_id: int, actor: Actor) -> Campaign:
    campaign = _locked_campaign(campaign_id, actor)
    if campaign.state != CAMPAIGN.initial:
        raise Refusal(_("方案已经提交，不能修改或删除。需要修改的，请先退回。"))
    return campaign


def _set_scheme(campaign: Campaign, scheme: Mapping[str, Any], actor: Actor) -> None:
    queries.checked_scheme(scheme, clock.today(), actor)
    for name, value in scheme.items():
        setattr(campaign, name, value)
    campaign.directed = bool(campaign.pool)
    campaign.line = _line_of(queries.items_of(campaign.item_codes, clock.today()))


def _line_of(items: Sequence[InspectionItem]) -> str | None:
    """The business line that all items share, if they do."""
    lines = {item.line for item in items}
    return lines.pop() if len(lines) == 1 else None


def _orderly_facts(campaign: Campaign) -> dict[str, Any]:
    return queries.scheme_facts(campaign.item_codes, campaign.rates_bp, clock.today())


def submit_campaign(campaign_id: int, *, actor: Actor) -> Campaign:
    """方案拟定 → 待批准."""
    campaign = _locked_campaign(campaign_id, actor)
    with _moving(campaign, CAMPAIGN, "submit", actor=actor, **_orderly_facts(campaign)):
        pass
    return campaign


def send_campaign_back(campaign_id: int, *, reason: str, actor: Actor) -> Campaign:
    """待批准 → 方案拟定, with the reason."""
    campaign = _locked_campaign(campaign_id, actor)
    with _moving(campaign, CAMPAIGN, "send_back", actor=actor, note=reason, reason=reason.strip()):
        pass
    return campaign


def approve_campaign(campaign_id: int, *, actor: Actor) -> Campaign:
    """待批准 → 已批准, by somebody else than the maker; the campaign gets its number."""
    campaign = _locked_campaign(campaign_id, actor)
    facts = _orderly_facts(campaign) | {"maker": campaign.made_by}
    with _moving(campaign, CAMPAIGN, "approve", actor=actor, **facts):
        _number(campaign, actor=actor)
        campaign.approved_by, campaign.approved_name, campaign.approved_at = actor.id, actor.name, clock.now()
    return campaign


def begin_unattended(*, item_codes: Sequence[str], org_id: int, actor: Actor) -> Campaign:
    """An unattended campaign from its scheme to the published commitment, at the floors of the day: for scripts.

    The operator of the machine answers for the approval. Not idempotent: every call is another campaign.
    """
    items = queries.items_of(item_codes, clock.today())
    pools = [item.pool for item in items]
    campaign = create_campaign(
        title="、".join(item.name for item in items) or "随机抽查",
        org_id=org_id,
        item_codes=list(item_codes),
        pool=pools[0] if pools and all(each == pools[0] for each in pools) else {},
        rates_bp=parameters.value("sampling.floors_bp"),
        sizes={},
        officers_per_case=parameters.value("sampling.officers_per_case"),
        workdays=parameters.value("cases.term.inspect")["days"],
        public_list=True,
        unattended=True,
        actor=actor,
    )
    for verb in (submit_campaign, approve_campaign, freeze_pool, publish_commitment):
        verb(campaign.id, actor=actor)
    return campaign


def _number(campaign: Campaign, *, actor: Actor) -> None:
    year = clock.today().year
    serial = documents.next_number(campaign.organ_id, SERIES, year, actor=actor)
    campaign.number = document_queries.number_text(campaign.organ_id, SERIES, year, serial)


# ---- Freeze, decision, commitment ------------------------------------------------------------------------------------


def request_freeze(campaign_id: int, *, actor: Actor) -> Campaign:
    """Has a worker freeze the pool, since a large one takes its time; what the rules refuse is refused here already."""
    campaign = _locked_campaign(campaign_id, actor)
    _allowed(CAMPAIGN, "freeze", campaign.state, actor)
    CAMPAIGN.decide("freeze", campaign.state, _freeze_facts(campaign) | {"by": actor.id})
    if queries.is_freezing(campaign):
        raise Refusal(_("名录正在冻结，请稍候。"))
    campaign.freeze_message_id = announce(FreezeRequested(campaign_id=campaign.id), actor=actor)
    return campaign


def freeze_for(campaign_id: int, *, actor: Actor) -> None:
    """Freezes the pool for the person who asked. Idempotence key: the campaign."""
    person = staff.actor_of(actor.id) if actor.id is not None else SYSTEM
    if person is None:
        raise NotAllowed(_("申请冻结的账号已停用。"))
    freeze_pool(campaign_id, actor=replace(person, request_id=actor.request_id))


def freeze_pool(campaign_id: int, *, actor: Actor) -> Campaign:
    """已批准 → 已冻结: seals the object library as graded by the last run, and the roster of officers.

    Whole or nothing; works in bounded memory for any number of members. Idempotence key: (campaign, enterprise).
    """
    campaign = _locked_campaign(campaign_id, actor)
    with _moving(campaign, CAMPAIGN, "freeze", actor=actor, **_freeze_facts(campaign)):
        run = grading.last_run()
        if run is None:
            raise Refusal(_("还没有完成过信用风险分类，无法确定各等级对象。请先运行分类。"))
        scheme = queries.scheme_of(campaign)
        campaign.frozen_by, campaign.frozen_name, campaign.frozen_at = actor.id, actor.name, clock.now()
        campaign.nonce = secrets.token_bytes(engine.NONCE_BYTES)
        campaign.run_id, campaign.run_on = run.id, run.as_of
        campaign.items = [_snapshot(item) for item in scheme.items]
        sealed = pool.seal(campaign.id, scheme)
        campaign.ungraded = sealed.survey.ungraded
        campaign.strata = [
            CampaignStratum(position=position, understaffed=sealed.understaffed[count.grade], **_figures(count))
            for position, count in enumerate(sealed.survey.strata, 1)
        ]
    return campaign


def _freeze_facts(campaign: Campaign) -> dict[str, Any]:
    return _orderly_facts(campaign) | {"approver": campaign.approved_by}


def _snapshot(item: InspectionItem) -> dict[str, Any]:
    """What cases and papers say about an item, as it stood on the list."""
    kept = ("code", "name", "basis", "line", "on_site", "qualification", "checklist")
    return {key: getattr(item, key) for key in kept} | {"valid_from": item.valid_from.isoformat()}


def _figures(count: StratumCount) -> dict[str, Any]:
    names = ("label", "grade", "floor_bp", "rate_bp", "size", "members", "eligible", "required", "drawn", "excluded")
    return {name: getattr(count, name) for name in names}


def decide_shortfall(campaign_id: int, *, reason: str, actor: Actor) -> Campaign:
    """Records why a pool with too few eligible members, or members with too few officers, is drawn all the same.

    Somebody else than who froze it decides; it then goes on. Idempotence key: the campaign; the first decision stands.
    """
    campaign = _locked_campaign(campaign_id, actor)
    if campaign.decision is not None:
        raise Refusal(_("已经作出过决定：%(decision)s", decision=campaign.decision))
    facts = {"short": campaign.short, "freezer": campaign.frozen_by, "reason": reason.strip()}
    goes_on = CampaignDue(campaign_id=campaign.id) if campaign.unattended else None
    with _moving(campaign, CAMPAIGN, "decide", actor=actor, note=reason, announces=goes_on, **facts):
        campaign.decision, campaign.decided_at = reason.strip(), clock.now()
        campaign.decided_by, campaign.decided_name = actor.id, actor.name
    return campaign


def publish_commitment(campaign_id: int, *, actor: Actor) -> Campaign:
    """已冻结 → 承诺已公布: from here on pool, roster and ratios cannot change, and witnesses may contribute."""
    campaign = _locked_campaign(campaign_id, actor)
    facts = {"approver": campaign.approved_by, "settled": not campaign.short or campaign.decision is not None}
    published = CommitmentPublished(campaign_id=campaign.id)
    with _moving(campaign, CAMPAIGN, "commit", actor=actor, announces=published, **facts):
        campaign.commitment = engine.commitment_of(
            queries.parameters_of(campaign),
            pool.members(campaign.id),
            [officer.seal for officer in queries.roster(campaign.id)],
        )
        campaign.committed_at = clock.now()
    return campaign


# ---- Witnesses -------------------------------------------------------------------------------------------------------


def invite(campaign_id: int, *, name: str, actor: Actor) -> str:
    """Makes a one-time link for a witness and returns its token; only its hash is kept."""
    campaign = _locked_campaign(campaign_id, actor)
    _allowed(CAMPAIGN, "draw", "committed", actor)
    _check_open(campaign)
    token = secrets.token_urlsafe(24)
    session.add(
        Invitation(
            campaign_id=campaign.id,
            name=name,
            token_sha256=token_hash(token),
            expires_at=clock.now() + timedelta(days=WITNESS_DAYS),
            invited_by=actor.name,
            invited_at=clock.now(),
        )
    )
    record("sampling.invite", campaign, actor=actor, after={"witness": name})
    return token


def token_hash(token: str) -> str:
    """What is kept of a one-time link."""
    return hashlib.sha256(token.encode()).hexdigest()


def contribute(campaign_id: int, *, text: str, actor: Actor) -> Contribution:
    """A line of text from a signed-in witness, who has no hand in the draw. Idempotence key: (campaign, account)."""
    campaign = _locked_campaign(campaign_id, actor)
    if actor.id in (campaign.made_by, campaign.approved_by, campaign.frozen_by):
        raise Refusal(_("编制、批准方案和组织抽取的人员不能作为见证人。"))
    given = session.scalars(
        select(Contribution).where(Contribution.campaign_id == campaign.id, Contribution.account_id == actor.id)
    ).first()
    if given is not None:
        raise Refusal(_("您已经提交过见证文本，每人只能提交一次。"), field="text")
    by = f"{actor.name}（{actor.org_name}）"[:LONGEST_NAME]
    return _contribute(campaign, by=by, text=text, account_id=actor.id, actor=actor)


def contribute_by_link(token: str, *, by: str, text: str, address: str | None = None) -> Contribution:
    """A line of text from the witness who was given the link. Idempotence key: the link."""
    invitation = queries.open_invitation(token_hash(token))
    campaign = _locked_campaign(invitation.campaign_id, SYSTEM)
    if queries.contribution_of(invitation.id) is not None:
        raise Refusal(_("这个链接已经用过，每个链接只能提交一次。"), field="text")
    witness = Actor(id=None, name=by, roles=("witness",), address=address)
    return _contribute(campaign, by=by, text=text, invitation_id=invitation.id, actor=witness)


def _contribute(campaign: Campaign, *, by: str, text: str, actor: Actor, **source: int | None) -> Contribution:
    _check_open(campaign)
    by, text = (unicodedata.normalize("NFC", line).strip() for line in (by, text))
    if not text:
        raise Refusal(_("请填写见证文本。"), field="text")
    engine.check_contribution(text)
    if not by or len(by) > LONGEST_NAME or not by.isprintable():
        raise Refusal(_("请填写见证人姓名，不超过 %(longest)s 字。", longest=LONGEST_NAME), field="by")
    last = session.scalar(select(func.max(Contribution.position)).where(Contribution.campaign_id == campaign.id))
    given = Contribution(
        campaign_id=campaign.id, position=(last or 0) + 1, by=by, text=text, given_at=clock.now(), **source
    )
    session.add(given)
    record("sampling.contribute", campaign, actor=actor, after={"position": given.position, "by": by, "text": text})
    session.flush()
    return given


def _check_open(campaign: Campaign) -> None:
    if campaign.state != "committed":
        raise Refusal(
            _(
                "现在不接受见证：当前状态为“%(state)s”。见证只在公布承诺之后、抽取之前进行。",
                state=_(CAMPAIGN.label(campaign.state)),
            )
        )
    if campaign.unattended:
        raise Refusal(_("本次抽查按无见证方式进行，不接受见证文本。"))


# ---- The draw --------------------------------------------------------------------------------------------------------

DRAWN_COLUMNS = (
    "campaign_id", "position", "enterprise_id", "org_id", "code", "stratum", "seal", "ticket", "eligible", "chosen",
)  # fmt: skip
DRAWN_TYPES = ("int8", "int8", "int8", "int8", "text", "text", "bytea", "bytea", "int4[]", "int4[]")


def draw(campaign_id: int, *, actor: Actor) -> Campaign:
    """承诺已公布 → 已抽取: reveals, makes the seed, draws enterprises and officers; once, whole and for good.

    Two operators who press at the same time wait for each other, and the second is refused; a process that dies in the
    middle leaves the campaign as it was, and the next draw uses the same nonce.
    """
    campaign = _locked_campaign(campaign_id, actor)
    given = session.scalars(
        select(Contribution).where(Contribution.campaign_id == campaign.id).order_by(Contribution.position)
    ).all()
    facts = {
        "approver": campaign.approved_by,
        "unattended": campaign.unattended,
        "contributions": given,
        "witnesses": {one.account_id for one in given if one.account_id is not None},
    }
    drawn = CampaignDrawn(campaign_id=campaign.id)
    with _moving(campaign, CAMPAIGN, "draw", actor=actor, announces=drawn, **facts):
        seed = engine.seed_of(campaign.commitment or b"", campaign.nonce or b"", [one.text for one in given])
        outcome = engine.draw(
            queries.parameters_of(campaign).strata,
            pool.members(campaign.id),
            seed,
            sizes={stratum.label: stratum.members for stratum in campaign.strata},
        )
        _keep_drawn(campaign, outcome.drawn, seed)
        campaign.seed, campaign.drawn_at = seed, clock.now()
        campaign.drawn_by, campaign.drawn_name = actor.id, actor.name
        campaign.due_on = parameters.calendar().add(clock.today(), campaign.workdays)
    return campaign


def _keep_drawn(campaign: Campaign, drawn: Sequence[engine.Drawn], seed: bytes) -> None:
    """Assigns officers (step 8) and writes the drawn in the order of their codes."""
    behind = _behind([one.seal for one in drawn], campaign.id)
    officers = queries.roster(campaign.id)
    seals = [officer.seal for officer in officers]
    place_of = {seal: place for place, seal in enumerate(seals)}
    crew_of = pool.crews(officers)
    crews = {one.seal: crew_of(behind[one.seal]) for one in drawn}
    eligible = ((seal, [seals[place] for place in crew]) for seal, crew in crews.items())
    chosen = {duty.seal: duty.chosen for duty in engine.assign(eligible, seed, campaign.officers_per_case)}
    in_order = sorted(drawn, key=lambda one: behind[one.seal].code)
    rows = (
        (
            campaign.id,
            position,
            behind[one.seal].enterprise_id,
            behind[one.seal].org_id,
            behind[one.seal].code,
            one.stratum,
            one.seal,
            one.ticket,
            crews[one.seal],
            [place_of[seal] for seal in chosen[one.seal]],
        )
        for position, one in enumerate(in_order, 1)
    )
    with pool.driver_cursor() as cursor:
        pool.copy_rows(cursor, "drawn_member", DRAWN_COLUMNS, DRAWN_TYPES, rows)


def _behind(seals: Sequence[bytes], campaign_id: int) -> dict[bytes, Any]:
    """The pool rows of these seals."""
    columns = PoolMember.seal, PoolMember.enterprise_id, PoolMember.org_id, PoolMember.code, PoolMember.recused
    these = any_(literal(list(seals), ARRAY(LargeBinary)))
    rows = session.execute(select(*columns).where(PoolMember.campaign_id == campaign_id, PoolMember.seal == these))
    return {row.seal: row for row in rows}


def keep_bundle(campaign_id: int, *, actor: Actor) -> None:
    """Keeps the bundle of a drawn campaign as a file, so that downloads cost nothing. Idempotence key: the campaign."""
    campaign = session.get_one(Campaign, campaign_id, with_for_update=True)
    if campaign.bundle_sha256 is None and campaign.seed is not None:
        with TemporaryFile() as file:
            engine.write_zip(queries.bundle_of(campaign), file)
            file.seek(0)
            kept = files.store(file, name=f"{campaign.number}.zip", media_type="application/zip")
        campaign.bundle_sha256 = kept.sha256
        record("sampling.keep_bundle", campaign, actor=actor, after={"sha256": kept.sha256})


def open_seals(campaign_id: int, *, reason: str, actor: Actor) -> IO[bytes]:
    """`openings.csv` for an auditor, from its beginning; who asked and why is on record."""
    campaign = queries.campaign(campaign_id, actor)
    if not actor.may("sampling.audit"):
        raise NotAllowed(_("只有抽取监督员可以查看密封对应关系。"))
    if not reason.strip():
        raise Refusal(_("请填写查看密封对应关系的理由。"), field="reason")
    record("sampling.open_seals", campaign, actor=actor, note=reason.strip())
    return write_openings(campaign)


def write_openings(campaign: Campaign) -> IO[bytes]:
    """`openings.csv` of a committed campaign in a file that is gone when it is closed."""
    if campaign.commitment is None:
        raise Refusal(_("承诺公布之前没有可以核对的封签。"))
    target: IO[bytes] = TemporaryFile()  # noqa: SIM115 - the caller closes it
    target.writelines(engine.openings_csv(queries.openings(campaign.id)))
    target.seek(0)
    return target


# ---- Cancelling ------------------------------------------------------------------------------------------------------


def propose_cancel(campaign_id: int, *, reason: str, actor: Actor) -> Campaign:
    """Asks that a numbered campaign be cancelled; another person of office decides. Idempotence key: the campaign."""
    campaign = _locked_campaign(campaign_id, actor)
    if not (actor.may("sampling.draw") or actor.may("sampling.cancel")):
        raise NotAllowed(_("您的岗位没有办理此事项的权限。"))
    CAMPAIGN.find("cancel", campaign.state)
    if not reason.strip():
        raise Refusal(_("请填写作废的理由，理由将向社会公示。"), field="reason")
    if session.get(Cancellation, campaign.id) is not None:
        raise Refusal(_("已有作废申请等待批准。"), field="reason")
    session.add(
        Cancellation(
            campaign_id=campaign.id,
            reason=reason.strip(),
            proposed_by=actor.id,
            proposed_name=actor.name,
            proposed_at=clock.now(),
        )
    )
    record("sampling.propose_cancel", campaign, actor=actor, note=reason.strip())
    session.flush()
    return campaign


def drop_cancel(campaign_id: int, *, actor: Actor) -> Campaign:
    """Takes back, or refuses, a proposal to cancel: the campaign goes on."""
    campaign = _locked_campaign(campaign_id, actor)
    proposal = session.get(Cancellation, campaign.id)
    if proposal is None or proposal.confirmed_at is not None:
        raise Refusal(_("没有等待批准的作废申请。"))
    if actor.id != proposal.proposed_by and not actor.may("sampling.cancel"):
        raise NotAllowed(_("您的岗位没有办理此事项的权限。"))
    session.delete(proposal)
    record("sampling.drop_cancel", campaign, actor=actor, before={"reason": proposal.reason})
    session.flush()
    return campaign


def cancel(campaign_id: int, *, actor: Actor) -> Campaign:
    """Confirms a proposed cancellation: what is left is a public tombstone with the reason and two names of office."""
    campaign = _locked_campaign(campaign_id, actor)
    proposal = session.get(Cancellation, campaign.id)
    facts = {"proposed": proposal is not None, "proposer": proposal.proposed_by if proposal else None}
    note = proposal.reason if proposal else None
    with _moving(campaign, CAMPAIGN, "cancel", actor=actor, note=note, **facts):
        if proposal is not None:
            proposal.confirmed_by, proposal.confirmed_name, proposal.confirmed_at = actor.id, actor.name, clock.now()
    return campaign


# ---- Cases -----------------------------------------------------------------------------------------------------------


def chunk_cases(campaign_id: int, *, actor: Actor) -> None:
    """已抽取 → 实施中: announces the cases in chunks. Idempotence key: the state."""
    campaign = _locked_campaign(campaign_id, SYSTEM)
    if campaign.state == "drawn":
        with _moving(campaign, CAMPAIGN, "dispatch", actor=SYSTEM):
            pass
        announce_all(
            (CasesDue(campaign_id=campaign.id, first=first, last=last) for first, last in _chunks(campaign.tasks)),
            actor=actor,
        )


def _chunks(count: int) -> Iterator[tuple[int, int]]:
    """The first and last position of each chunk of so many cases."""
    for first in range(1, count + 1, CASES_AT_ONCE):
        yield first, min(first + CASES_AT_ONCE - 1, count)


def open_drawn_cases(campaign_id: int, first: int, last: int, *, actor: Actor) -> int:
    """Opens the cases of these positions of the drawn; returns how many are new. Idempotence key: that of the cases."""
    campaign = session.get_one(Campaign, campaign_id)
    if campaign.state not in ("running", "done"):
        return 0
    seats = select(PoolOfficer.position, PoolOfficer.officer_id).where(PoolOfficer.campaign_id == campaign.id)
    officers = dict(session.execute(seats).all())
    rows = session.execute(
        select(DrawnMember.enterprise_id, DrawnMember.org_id, DrawnMember.chosen)
        .where(DrawnMember.campaign_id == campaign.id, DrawnMember.position.between(first, last))
        .order_by(DrawnMember.position)
    )
    new = [
        NewCase(row.enterprise_id, row.org_id, [officers[place] for place in row.chosen], campaign.line) for row in rows
    ]
    return cases.open_many(_origin(campaign), new, actor=actor)


def _origin(campaign: Campaign) -> Origin:
    named = ("code", "name", "basis", "line", "on_site")
    return Origin(
        kind="draw",
        id=campaign.id,
        number=str(campaign.number),
        title=campaign.title,
        case_kind="spot_check",
        source=campaign.source,
        items=[Item(**{name: item[name] for name in named}) for item in campaign.items or ()],
        org_id=campaign.organ_id,
        due_on=campaign.due_on,
    )


def open_missing_cases(*, actor: Actor) -> int:
    """Opens the cases of drawn members that have none though their draw is not new; returns how many were missing."""
    opened = 0
    late = session.scalars(
        select(Campaign).where(Campaign.state.in_(("drawn", "running")), Campaign.drawn_at < clock.now() - LATE_AFTER)
    ).all()
    for campaign in late:
        chunk_cases(campaign.id, actor=actor)
        if queries.progress(campaign).opened < campaign.tasks:
            opened += open_all_cases(campaign.id, actor=actor)
    return opened


def open_all_cases(campaign_id: int, *, actor: Actor) -> int:
    """Opens every case of a campaign that is not open yet; returns how many are new."""
    tasks = session.get_one(Campaign, campaign_id).tasks
    return sum(open_drawn_cases(campaign_id, first, last, actor=actor) for first, last in _chunks(tasks))


def finish_campaigns(*, actor: Actor) -> int:
    """Ends campaigns whose cases have all ended, and plans of past years whose campaigns have; returns how many."""
    finished = 0
    for campaign in session.scalars(select(Campaign).where(Campaign.state == "running").with_for_update()).all():
        if queries.progress(campaign).ended == campaign.tasks:
            with _moving(campaign, CAMPAIGN, "finish", actor=actor):
                finished += 1
    for plan in session.scalars(select(Plan).where(Plan.state == "running", Plan.year < clock.today().year)).all():
        if all(
            campaign.state in ("done", "cancelled")
            for line in plan.lines
            for campaign in queries.started(line).values()
        ):
            with _moving(plan, PLAN, "finish", actor=actor):
                finished += 1
    return finished


# ---- The schedule ----------------------------------------------------------------------------------------------------


def start_due_campaigns(*, actor: Actor) -> int:
    """Begins the campaigns of plan lines whose batch is due; returns how many. Idempotence key: (plan line, period).

    Of batches that were missed only the last is made up, and none from before the publication of the plan.
    """
    begun = 0
    for plan in session.scalars(select(Plan).where(Plan.state.in_(PLAN_IN_FORCE)).order_by(Plan.id)).all():
        for line in plan.lines:
            batch = _due_batch(plan, line)
            if batch is not None and batch.period not in queries.started(line):
                _begin(plan, line, batch, actor=actor)
                begun += 1
    return begun


def _due_batch(plan: Plan, line: PlanLine) -> Batch | None:
    calendar, today = parameters.calendar(), clock.today()
    due = [
        batch
        for batch in batches(line.cadence, line.first_on, line.last_on)
        if calendar.on_or_after(batch.starts_on) <= today and batch.starts_on >= (plan.published_on or today)
    ]
    return due[-1] if due else None


def _begin(plan: Plan, line: PlanLine, batch: Batch, *, actor: Actor) -> None:
    """Makes the unattended campaign of a batch, approved with its plan; one that is not in order waits as a draft."""
    if plan.state == "published":
        with _moving(plan, PLAN, "start", actor=actor):
            pass
    campaign = Campaign(
        source="plan",
        title=f"{line.title}（{batch.period}）",
        directed=bool(line.pool),
        unattended=True,
        org_id=line.org_id,
        organ_id=plan.org_id,
        line=_line_of(queries.items_of(line.item_codes, clock.today())),
        plan_line_id=line.root_id,
        period=batch.period,
        made_by=plan.author_id,
        made_name=plan.author_name,
        made_at=clock.now(),
        **{
            name: getattr(line, name)
            for name in ("item_codes", "pool", "rates_bp", "officers_per_case", "workdays", "public_list")
        },
    )
    session.add(campaign)
    session.flush()
    try:
        with savepoint():
            _approve_with_plan(campaign, plan, actor=actor)
    except Refusal as refusal:
        session.refresh(campaign)
        record("sampling.hold_campaign", campaign, actor=actor, note=str(refusal))


def _approve_with_plan(campaign: Campaign, plan: Plan, *, actor: Actor) -> None:
    """The plan's approval is the campaign's: its number, and the word that it is due."""
    facts = _orderly_facts(campaign)
    with _moving(campaign, CAMPAIGN, "submit", actor=actor, **facts):
        pass
    due = CampaignDue(campaign_id=campaign.id)
    with _moving(campaign, CAMPAIGN, "approve", actor=actor, announces=due, **facts):
        _number(campaign, actor=actor)
        campaign.approved_by, campaign.approved_name = plan.approved_by, plan.approved_name
        campaign.approved_at = clock.now()


def prepare_unattended(campaign_id: int, *, actor: Actor) -> None:
    """Freezes and commits an unattended campaign, as far as nobody needs to decide. Idempotence key: the state."""
    system = replace(SYSTEM, request_id=actor.request_id)
    campaign = _locked_campaign(campaign_id, system)
    if campaign.state == "approved":
        freeze_pool(campaign_id, actor=system)
    if campaign.state == "frozen" and (not campaign.short or campaign.decision is not None):
        publish_commitment(campaign_id, actor=system)


def draw_unattended(campaign_id: int, *, actor: Actor) -> None:
    """Draws an unattended campaign whose commitment is public; one with witnesses waits. Idempotence key: the state."""
    system = replace(SYSTEM, request_id=actor.request_id)
    campaign = _locked_campaign(campaign_id, system)
    if campaign.unattended and campaign.state == "committed":
        draw(campaign_id, actor=system)


# ---- Officers --------------------------------------------------------------------------------------------------------


def declare_recusal(
    *, officer_id: int, enterprise_id: int, kind: str, declared_by: str, reason: str, actor: Actor
) -> Recusal:
    """Notes that an officer may not inspect an enterprise (回避). Idempotence key: both of them, while it is in force.

    An officer declares for himself; for others the bureau does. Cases already given out go on until they are re-seated.
    """
    officer = staff.officers([officer_id]).get(officer_id)
    if officer is None or (actor.officer_id != officer_id and not _keeps_directory(actor, officer.org_id)):
        raise Refusal(_("请选择本人，或本单位及下级机构的检查人员。"), field="officer_id")
    if enterprise_id not in registry.brief([enterprise_id]):
        raise Refusal(_("没有这个经营主体。"), field="enterprise_id")
    recusal = Recusal(
        officer_id=officer_id,
        enterprise_id=enterprise_id,
        org_id=officer.org_id,
        kind=kind,
        declared_by=declared_by,
        reason=reason,
        recorded_by=actor.name,
        recorded_at=clock.now(),
    )
    session.add(recusal)
    flush_or_refuse(_("该人员对这个主体的回避已经登记。"), field="enterprise_id")
    record("sampling.declare_recusal", recusal, actor=actor, after={"officer": officer_id, "enterprise": enterprise_id})
    return recusal


def _keeps_directory(actor: Actor, org_id: int) -> bool:
    return actor.may("accounts.officers") and staff.sees_unit(actor, org_id)


def end_recusal(recusal_id: int, *, actor: Actor) -> None:
    """Ends a withdrawal from today; past draws keep it. Idempotence key: the withdrawal."""
    recusal = session.get(Recusal, recusal_id, with_for_update=True)
    if recusal is None or not staff.sees_unit(actor, recusal.org_id):
        raise NotFound(_("没有这条回避登记。"))
    if not actor.may("accounts.officers"):
        raise NotAllowed(_("解除回避由负责名录的科室办理。"))
    if recusal.ended_on is None:
        recusal.ended_on, recusal.ended_by = clock.today(), actor.name
        record("sampling.end_recusal", recusal, actor=actor)


def replace_officer(case_id: int, *, leaves: int, reason: str, actor: Actor) -> Replacement:
    """Gives the seat of an officer who cannot go (回避, illness) to the next in the ranking of the draw; nobody picks.

    The head who approves cases decides, and is neither of the two. Those who cannot go today either are passed over.
    Idempotence key: (case, officer who leaves).
    """
    case = case_queries.find(case_id, actor)
    if case.origin_kind != "draw":
        raise Refusal(_("这个案件不是随机抽取产生的，请在案件中直接指定人员。"))
    if not reason.strip():
        raise Refusal(_("请填写更换检查人员的理由。"), field="reason")
    campaign = _locked_campaign(case.origin_id, SYSTEM)
    member = queries.drawn_member(campaign.id, case.enterprise_id)
    officers = queries.roster(campaign.id)
    leaving = next((officer.position for officer in officers if officer.officer_id == leaves), None)
    if leaving is None or leaves not in case.officer_ids:
        raise Refusal(_("请选择本案现在的检查人员。"), field="leaves")
    joining, passed_over = _next_in_ranking(campaign, member, officers, leaving)
    joins = officers[joining].officer_id
    if actor.officer_id in (leaves, joins):
        raise Refusal(_("更换检查人员不能由当事的检查人员本人批准。"))
    cases.replace_officer(case.id, leaves=leaves, joins=joins, reason=reason, actor=actor)
    replacement = Replacement(
        campaign_id=campaign.id,
        position=member.position,
        out_position=leaving,
        in_position=joining,
        passed_over=passed_over,
        reason=reason.strip(),
        approved_by=actor.id,
        approved_name=actor.name,
        approved_at=clock.now(),
    )
    session.add(replacement)
    session.flush()
    record(
        "sampling.replace_officer",
        campaign,
        actor=actor,
        note=reason.strip(),
        after={"case": case.id, "out": leaves, "in": joins},
    )
    return replacement


def _next_in_ranking(
    campaign: Campaign, member: DrawnMember, officers: Sequence[PoolOfficer], leaving: int
) -> tuple[int, list[int]]:
    """The position of who takes the seat, and of those before him who cannot go today."""
    seals = [officer.seal for officer in officers]
    before = session.execute(
        select(DrawnMember.seal, DrawnMember.chosen)
        .where(
            DrawnMember.campaign_id == campaign.id,
            tuple_(DrawnMember.ticket, DrawnMember.seal) < (member.ticket, member.seal),
        )
        .order_by(DrawnMember.ticket, DrawnMember.seal)
    )
    duties = [engine.Duty(row.seal, (), tuple(seals[place] for place in row.chosen)) for row in before]
    eligible, chosen = (tuple(seals[place] for place in places) for places in (member.eligible, member.chosen))
    duties.append(engine.Duty(member.seal, eligible, chosen))

    known = queries.replacements(campaign.id, member.position)
    unavailable = {leaving, *(place for one in known for place in (one.out_position, one.in_position))}
    fit = pool.fit_today(officers, member.enterprise_id)
    passed_over: list[int] = []
    while True:
        seal = engine.replacement(duties, campaign.seed or b"", member.seal, [seals[place] for place in unavailable])
        if seal is None:
            raise Refusal(
                _("抽取时排出的备选人员都已不能参加。请先在名录中安排符合条件的人员，并按程序作废或终止。"),
                field="leaves",
            )
        place = seals.index(seal)
        if place in fit:
            return place, passed_over
        passed_over.append(place)
        unavailable.add(place)
