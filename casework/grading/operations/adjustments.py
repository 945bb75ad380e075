"""Verbs of adjustments by decision: proposed, decided by a second person, lifted, ended by themselves."""

from datetime import date
from typing import BinaryIO

from casework.core import clock, files, parameters
from casework.core.actor import Actor
from casework.core.db import flush_or_refuse, session
from casework.core.errors import Refusal
from casework.core.i18n import _
from casework.core.ledger import move, record
from casework.grading import queries
from casework.grading.models import Adjustment
from casework.grading.operations.in_force import hand_down
from casework.grading.rules import ADJUSTMENT

EVIDENCE_LIMIT = 20 * 1024 * 1024
HIGHEST_POST = "director"
"""Who must approve a grade that is better than the one in force."""


def propose_adjustment(
    enterprise_id: int,
    *,
    grade: str,
    reason: str,
    document_no: str,
    starts_on: date,
    ends_on: date,
    evidence: BinaryIO,
    evidence_name: str,
    actor: Actor,
) -> Adjustment:
    """Proposes another grade than the one in force. Idempotence key: the enterprise's one open adjustment."""
    known = queries.computed_grade(enterprise_id)
    if known is None:
        raise Refusal(_("这户主体没有分类结果，不能调整。"))
    if grade == known:
        raise Refusal(_("拟调等级与现有等级相同。"), field="grade")
    longest = parameters.value("grading.adjustment_days", starts_on)
    if starts_on < clock.today():
        raise Refusal(_("开始日期不能早于今天。"), field="starts_on")
    if not 0 < (ends_on - starts_on).days <= longest:
        raise Refusal(_("截止日期应晚于开始日期，且不超过 %(days)s 日。", days=longest), field="ends_on")
    kept = files.store(evidence, name=evidence_name, media_type="application/octet-stream", limit=EVIDENCE_LIMIT)
    adjustment = Adjustment(
        enterprise_id=enterprise_id,
        grade=grade,
        computed=known,
        reason=reason,
        document_no=document_no,
        evidence_sha256=kept.sha256,
        evidence_name=evidence_name,
        starts_on=starts_on,
        ends_on=ends_on,
        proposed_by=actor.name,
        proposed_by_id=actor.id,
        proposed_at=clock.now(),
    )
    session.add(adjustment)
    flush_or_refuse(_("这户主体已有待审批或有效的调整。"), field="grade")
    record(
        "adjustment.propose",
        adjustment,
        actor=actor,
        before={"grade": known},
        after={"grade": grade, "from": starts_on.isoformat(), "to": ends_on.isoformat()},
        note=reason,
    )
    return adjustment


def approve_adjustment(adjustment_id: int, *, actor: Actor) -> Adjustment:
    """Lets an adjustment hold from its first day on; by another person, and by the head where the grade gets better."""
    adjustment = queries.adjustment(adjustment_id)
    facts = {
        "own": actor.id is not None and actor.id == adjustment.proposed_by_id,
        "high_enough": adjustment.grade > adjustment.computed or HIGHEST_POST in actor.roles,
    }
    ADJUSTMENT.decide("approve", adjustment.state, facts)
    _decided(adjustment, actor)
    move(adjustment, ADJUSTMENT, "approve", actor=actor, facts=facts)
    hand_down([adjustment.enterprise_id])
    return adjustment


def refuse_adjustment(adjustment_id: int, *, actor: Actor) -> Adjustment:
    """Declines a proposal."""
    adjustment = queries.adjustment(adjustment_id)
    if adjustment.proposed_by_id != actor.id:
        _decided(adjustment, actor)
    move(adjustment, ADJUSTMENT, "refuse", actor=actor)
    return adjustment


def withdraw_adjustment(adjustment_id: int, *, actor: Actor) -> Adjustment:
    """Takes a proposal back."""
    adjustment = queries.adjustment(adjustment_id)
    move(adjustment, ADJUSTMENT, "withdraw", actor=actor)
    return adjustment


def lift_adjustment(adjustment_id: int, *, actor: Actor) -> Adjustment:
    """Ends an adjustment before its last day; the grade in force is the computed or official one again."""
    adjustment = queries.adjustment(adjustment_id)
    move(adjustment, ADJUSTMENT, "lift", actor=actor)
    hand_down([adjustment.enterprise_id])
    return adjustment


def settle_adjustments(*, actor: Actor) -> None:
    """Begins and ends what is due by the calendar. Idempotence key: state and days."""
    today = clock.today()
    for adjustment in queries.adjustments_begun(today):
        if adjustment.ends_on <= today:
            move(adjustment, ADJUSTMENT, "end", actor=actor)
        hand_down([adjustment.enterprise_id])


def _decided(adjustment: Adjustment, actor: Actor) -> None:
    adjustment.decided_by, adjustment.decided_by_id, adjustment.decided_at = actor.name, actor.id, clock.now()
