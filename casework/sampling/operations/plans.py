"""The annual plan: its lines, and its way through every hand (domain Y.1)."""

from typing import Any

from sqlalchemy import select

from casework.accounts import queries as staff
from casework.core import clock
from casework.core.actor import Actor
from casework.core.db import flush_or_refuse, session
from casework.core.errors import Refusal
from casework.core.i18n import _
from casework.core.ledger import ask_permission, record
from casework.documents import queries as document_queries
from casework.sampling import queries
from casework.sampling.models import Plan, PlanLine
from casework.sampling.operations.moving import locked_plan, moving
from casework.sampling.rules import PLAN, PLAN_IN_FORCE


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
    plan = locked_plan(plan_id, actor)
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
    plan = locked_plan(plan_id, actor)
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
    plan = locked_plan(plan_id, actor)
    with moving(plan, PLAN, "approve", actor=actor, author=plan.author_id):
        plan.approved_by, plan.approved_name, plan.approved_at = actor.id, actor.name, clock.now()
    return plan


def file_plan(plan_id: int, *, filed_no: str, actor: Actor) -> Plan:
    """批准 → 上级备案, with the number that the higher authority gave it."""
    plan = locked_plan(plan_id, actor)
    with moving(plan, PLAN, "file", actor=actor, filed_no=filed_no):
        plan.filed_no = filed_no
    return plan


def publish_plan(plan_id: int, *, actor: Actor) -> Plan:
    """备案 → 公示; the version that was in force until now goes out of it."""
    plan = locked_plan(plan_id, actor)
    ask_permission(PLAN, "publish", plan.state, actor=actor)
    before = session.scalars(
        select(Plan)
        .where(Plan.org_id == plan.org_id, Plan.year == plan.year, Plan.state.in_(PLAN_IN_FORCE))
        .with_for_update()
    ).first()
    if before is not None:
        with moving(before, PLAN, "supersede", actor=actor):
            pass
    with moving(plan, PLAN, "publish", actor=actor, approver=plan.approved_by):
        plan.published_by, plan.published_name, plan.published_on = actor.id, actor.name, clock.today()
    return plan


def send_plan_back(plan_id: int, *, reason: str, actor: Actor) -> Plan:
    """Any review → 草稿, with the reason."""
    plan = locked_plan(plan_id, actor)
    with moving(plan, PLAN, "send_back", actor=actor, note=reason, reason=reason.strip()):
        pass
    return plan


def _step(plan_id: int, name: str, *, actor: Actor) -> Plan:
    plan = locked_plan(plan_id, actor)
    with moving(plan, PLAN, name, actor=actor, lines=plan.lines, author=plan.author_id):
        pass
    return plan
