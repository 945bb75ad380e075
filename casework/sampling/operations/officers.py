"""Withdrawals (回避), and seats that the next of the ranking takes."""

from collections.abc import Sequence
from datetime import date
from typing import IO, Any

from sqlalchemy import select, tuple_

from casework.accounts import queries as staff
from casework.cases import operations as cases
from casework.cases import queries as case_queries
from casework.core import clock
from casework.core.actor import SYSTEM, Actor
from casework.core.db import flush_or_refuse, session
from casework.core.errors import NotAllowed, NotFound, Refusal
from casework.core.i18n import _
from casework.core.ledger import record
from casework.core.listing import take_in
from casework.registry import queries as registry
from casework.sampling import draw as engine
from casework.sampling import pool, queries
from casework.sampling.models import Campaign, DrawnMember, OfficerTie, PoolOfficer, Recusal, Replacement
from casework.sampling.operations.moving import locked_campaign
from casework.sampling.schemas import RECUSALS


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
        recorded_by_id=actor.id,
        recorded_at=clock.now(),
    )
    session.add(recusal)
    flush_or_refuse(_("该人员对这个主体的回避已经登记。"), field="enterprise_id")
    record("sampling.declare_recusal", recusal, actor=actor, after={"officer": officer_id, "enterprise": enterprise_id})
    return recusal


def import_recusals(file: IO[bytes], *, dry_run: bool = False, actor: Actor) -> int:
    """Declares every withdrawal of a table, whole or not at all; returns how many. One that is known stays as it is."""

    def keep(entry: dict[str, Any]) -> None:
        officer = staff.officer_by_roster_id(entry.pop("roster_id"))
        if officer is None:
            raise Refusal(_("名录中没有这个编号的人员。"), field="roster_id")
        enterprise = registry.by_number(entry.pop("number"))
        if enterprise is None:
            raise Refusal(_("没有这个统一社会信用代码或注册号的主体，请核对。"), field="number")
        known = select(Recusal.id).where(
            Recusal.officer_id == officer.id, Recusal.enterprise_id == enterprise.id, Recusal.ended_on.is_(None)
        )
        if session.scalar(known) is None:
            declare_recusal(officer_id=officer.id, enterprise_id=enterprise.id, **entry, actor=actor)

    return take_in(RECUSALS, file, keep, dry_run=dry_run)


def decide_recusal(recusal_id: int, *, decision: str, note: str, actor: Actor) -> Recusal:
    """The head decides on a withdrawal (行政处罚法第四十三条); one that is refused ends today.

    Neither the officer himself nor who declared it decides. Idempotence key: the withdrawal; the first decision stands.
    """
    recusal = session.get(Recusal, recusal_id, with_for_update=True)
    if recusal is None or not staff.sees_unit(actor, recusal.org_id):
        raise NotFound(_("没有这条回避登记。"))
    if not actor.may("cases.approve"):
        raise NotAllowed(_("回避由审批行政检查的负责人决定。"))
    if recusal.decision is not None or recusal.ended_on is not None:
        raise Refusal(_("这条回避已经决定或解除。"), field="decision")
    if actor.officer_id == recusal.officer_id or (actor.id is not None and actor.id == recusal.recorded_by_id):
        raise Refusal(_("申报或登记回避的人员不得自己作出决定，请由另一名负责人办理。"), field="decision")
    if not note.strip():
        raise Refusal(_("请填写决定的理由。"), field="note")
    recusal.decision, recusal.decision_note = decision, note.strip()
    recusal.decided_by, recusal.decided_name, recusal.decided_at = actor.id, actor.name, clock.now()
    if decision == "refused":
        recusal.ended_on, recusal.ended_by = clock.today(), actor.name
    session.flush()
    record("sampling.decide_recusal", recusal, actor=actor, note=note.strip(), after={"decision": decision})
    return recusal


def declare_tie(
    *,
    officer_id: int,
    kind: str,
    actor: Actor,
    employer_no: str | None = None,
    employer_name: str | None = None,
    left_on: date | None = None,
    relation: str | None = None,
    id_number: str | None = None,
) -> OfficerTie:
    """Notes where an officer once worked, or a near relative: the system finds the enterprises. Not idempotent.

    The relative's identity number is compared and not kept.
    """
    officer = staff.officers([officer_id]).get(officer_id)
    if officer is None or (actor.officer_id != officer_id and not _keeps_directory(actor, officer.org_id)):
        raise Refusal(_("请选择本人，或本单位及下级机构的检查人员。"), field="officer_id")
    if kind == "former_employer" and not employer_no:
        raise Refusal(_("请填写曾任职单位的统一社会信用代码。"), field="employer_no")
    if kind == "relative" and not id_number:
        raise Refusal(_("请填写近亲属的居民身份证号码；只用于比对，不保存号码。"), field="id_number")
    is_relative = kind == "relative"
    tie = OfficerTie(
        officer_id=officer_id,
        org_id=officer.org_id,
        kind=kind,
        employer_no=None if is_relative else str(employer_no).strip().upper(),
        employer_name=None if is_relative else employer_name,
        left_on=None if is_relative else left_on,
        relation=relation if is_relative else None,
        person_key=registry.person_key(str(id_number)) if is_relative else None,
        recorded_by=actor.name,
        recorded_at=clock.now(),
    )
    session.add(tie)
    session.flush()
    record("sampling.declare_tie", tie, actor=actor, after={"officer": officer_id, "kind": kind})
    return tie


def end_tie(tie_id: int, *, actor: Actor) -> None:
    """Takes a declared tie back, where it was wrong. Idempotence key: the tie."""
    tie = session.get(OfficerTie, tie_id, with_for_update=True)
    if tie is None or not staff.sees_unit(actor, tie.org_id):
        raise NotFound(_("没有这条申报。"))
    if not actor.may("accounts.officers"):
        raise NotAllowed(_("申报的撤销由负责名录的科室办理。"))
    if tie.ended_on is None:
        tie.ended_on = clock.today()
        record("sampling.end_tie", tie, actor=actor)


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
    campaign = locked_campaign(case.origin_id, SYSTEM)
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
