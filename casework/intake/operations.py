"""Verbs of the intake room: register, send out, accept or refuse, mediate, verify, check, decide, tell, archive."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from casework.accounts import queries as staff
from casework.cases import operations as cases
from casework.cases import queries as case_queries
from casework.cases.rules import Item, NewCase, Origin
from casework.core import clock, parameters
from casework.core.actor import SYSTEM, Actor
from casework.core.db import flush_or_refuse, session
from casework.core.deadlines import note_overdue
from casework.core.errors import NotAllowed, NotFound, Refusal
from casework.core.i18n import _
from casework.core.ledger import move, record
from casework.documents import operations as documents
from casework.intake import papers, queries, sealing
from casework.intake.models import Informant, IntakeItem, IntakePause
from casework.intake.rules import (
    CATEGORY_LINES,
    KINDS,
    UNFULFILLED,
    Ground,
    Person,
    grounds,
    next_unit,
    redact,
)
from casework.registry import operations as registry
from casework.registry import queries as enterprises
from casework.registry.rules import INSPECTABLE
from casework.sampling import queries as sampling

SOURCE = "intake"
"""Source of the credit records that items become."""

# ---- How a move is made ----------------------------------------------------------------------------------------------


@contextmanager
def _moving(item: IntakeItem, name: str, *, actor: Actor, note: str | None = None, **facts: Any) -> Iterator[None]:
    """Makes one move by somebody who may: decides, lets the caller set what comes with it, restarts the clock."""
    workflow = queries.kind_of(item).workflow
    before = item.state
    move(item, workflow, name, actor=actor, facts=facts, note=note)
    with session.no_autoflush:
        yield
        if item.state != before:
            item.entered_on = clock.today()
        item.due_on = queries.step_due_on(item)
    session.flush()


def _locked(item_id: int, actor: Actor) -> IntakeItem:
    """The item under a row lock, if the actor may see it."""
    session.flush()
    item = session.get(IntakeItem, item_id, with_for_update=True, populate_existing=True)
    if item is None:
        raise NotFound(_("没有这一来件。"))
    return item if actor.is_system else queries.find(item_id, actor)


def _said(item: IntakeItem, text: str) -> str:
    """What an officer wrote, without anything of the informant: it goes to the ledger, papers and credit records."""
    return redact(text.strip(), queries.person_of(item))


def _ground(item: IntakeItem, list_: str, code: str) -> Ground | None:
    return grounds(list_, item.received_on).get(code)


# ---- Registration ----------------------------------------------------------------------------------------------------


def register(
    *,
    kind: str,
    channel: str,
    category: str,
    facts: str,
    received_on: date,
    actor: Actor,
    enterprise_id: int | None = None,
    subject_name: str = "",
    informant: Person | None = None,
    also_report: bool = False,
    send_to: int | None = None,
    external_no: str | None = None,
    sender: str | None = None,
    sender_no: str | None = None,
    subject_address: str | None = None,
    subject_contact: str | None = None,
    goods: str | None = None,
    trade: str | None = None,
    platform: str | None = None,
    happened_on: date | None = None,
    amount: Decimal | None = None,
    evidence: str | None = None,
    demands: Collection[str] = (),
    publishable: bool = False,
    delegable: bool = False,
) -> IntakeItem:
    """Takes a message in. The informant is sealed apart; every text that is kept readable is redacted first.

    `also_report`: a complaint that reports a violation as well becomes two items, linked, each with its own clock.
    `send_to` sends it out at once. Idempotence key: (channel, external number, kind) where there is a number.
    """
    _check(kind, channel, received_on, happened_on)
    person = informant if informant and informant.known else None
    if person and not KINDS[kind].private:
        raise Refusal(_("这类来件没有投诉举报人；由个人反映的，请登记为投诉或者举报。"), field="kind")
    if enterprise_id is not None:
        subject_name = subject_name.strip() or enterprises.find(enterprise_id).name
    if not subject_name.strip():
        raise Refusal(_("请填写被投诉举报的主体名称或者招牌。"), field="subject_name")
    told = {
        "facts": facts, "evidence": evidence, "goods": goods, "platform": platform, "sender": sender,
        "sender_no": sender_no, "subject_name": subject_name, "subject_address": subject_address,
        "subject_contact": subject_contact,
    }  # fmt: skip
    about = {name: redact(text.strip(), person) if text else None for name, text in told.items()} | {
        "channel": channel,
        "category": category,
        "line": CATEGORY_LINES.get(category),
        "external_no": external_no,
        "received_on": received_on,
        "enterprise_id": enterprise_id,
        "trade": trade,
        "happened_on": happened_on,
        "amount": amount,
        "informant_id": _keep_informant(person, facts.strip()) if person else None,
        "office_id": _office(actor),
        "org_id": _office(actor),
    }
    named = person is not None and person.named
    wishes = {"demands": list(demands), "publishable": publishable, "delegable": delegable}
    item = _enter(kind, actor, owes_answer=_owes_answer(kind, named=named, sender=sender), **about, **wishes)
    twins = [item]
    if also_report and kind == "complaint":
        twins.append(_enter("report", actor, owes_answer=named, **about, from_item_id=item.id, relation="twin"))
    if send_to is not None:
        for twin in twins:
            distribute(twin.id, org_id=send_to, actor=actor)
    return item


def _check(kind: str, channel: str, received_on: date, happened_on: date | None) -> None:
    if kind not in KINDS or channel not in KINDS[kind].channels:
        raise Refusal(_("来源与来件类型不符，请重新选择。"), field="channel")
    if received_on > clock.today():
        raise Refusal(_("收到日期不能晚于今天。"), field="received_on")
    if happened_on is not None and happened_on > received_on:
        raise Refusal(_("发生日期不能晚于收到日期。"), field="happened_on")


def _office(actor: Actor) -> int:
    if actor.org_id is None:
        raise Refusal(_("来件须由投诉举报中心的人员登记。"))
    return actor.org_id


def _owes_answer(kind: str, *, named: bool, sender: str | None) -> bool:
    return named if KINDS[kind].private else kind == "transfer" and bool(sender)


def _enter(kind: str, actor: Actor, **columns: Any) -> IntakeItem:
    item = IntakeItem(
        kind=kind,
        **{"state": KINDS[kind].workflow.initial, "entered_on": clock.today()} | columns,
        registered_at=clock.now(),
        registered_by=actor.name,
    )
    item.due_on = queries.step_due_on(item)
    session.add(item)
    flush_or_refuse(
        _("该来件已经登记：同一来源的编号 %(number)s。", number=item.external_no or "—"), field="external_no"
    )
    record(
        "intake.register",
        item,
        actor=actor,
        after={"kind": kind, "number": item.number, "channel": item.channel, "category": item.category},
    )
    return item


def _keep_informant(person: Person, statement: str) -> int:
    told = {**vars(person), "statement": statement if redact(statement, person) != statement else None}
    informant = Informant(sealed=sealing.seal(told), keys=sealing.keys_of(person))
    session.add(informant)
    session.flush()
    return informant.id


def competent_unit(enterprise_id: int | None, actor: Actor) -> int | None:
    """Where what comes in about an enterprise is sent: one step from the actor's unit towards the unit in charge."""
    if enterprise_id is None:
        return None
    unit = staff.unit(enterprises.find(enterprise_id).org_id)
    wanted = next_unit(actor.org_path, unit.path)
    return next((one.id for one in staff.units(actor) if one.path == wanted), None)


# ---- Sending out -----------------------------------------------------------------------------------------------------


def distribute(item_id: int, *, org_id: int, actor: Actor, note: str | None = None) -> IntakeItem:
    """分送: gives an item to a competent unit of the office's own tree, the office itself among them."""
    item = _locked(item_id, actor)
    within = org_id in staff.subtree(item.office_id)
    with _moving(item, "distribute", actor=actor, note=_said(item, note or "") or None, within=within):
        item.org_id, item.distributed_on, item.returned_because = org_id, clock.today(), None
    return item


def return_item(item_id: int, *, reason: str, actor: Actor) -> IntakeItem:
    """退回分送机构: a unit without authority gives the item back to the office that sent it; it never passes it on."""
    item = _locked(item_id, actor)
    reason = _said(item, reason)
    with _moving(item, "return_item", actor=actor, note=reason, reason=reason):
        item.org_id, item.distributed_on, item.returned_because = item.office_id, None, reason
    return item


def hand_down(item_id: int, *, org_id: int, actor: Actor) -> IntakeItem:
    """交下级机构办理: the competent unit has one of its own offices do the work."""
    item = _locked(item_id, actor)
    within = org_id != item.org_id and org_id in staff.subtree(item.org_id)
    with _moving(item, "hand_down", actor=actor, note=staff.unit(org_id).name if within else None, within=within):
        item.org_id = org_id
    return item


def identify(item_id: int, *, enterprise_id: int, actor: Actor) -> IntakeItem:
    """Says which enterprise of the register an item is about; a credit record that was kept follows."""
    item = _locked(item_id, actor)
    enterprise = enterprises.find(enterprise_id)
    with _moving(item, "identify", actor=actor, note=enterprise.name):
        item.enterprise_id = enterprise_id
    if item.accepted_on is not None:
        _keep_record(item, actor=actor)
    return item


# ---- Identity --------------------------------------------------------------------------------------------------------


def ask_identity(item_id: int, *, until: date, reason: str, actor: Actor) -> IntakeItem:
    """限期提供身份证明材料: the time until the proof is there does not count."""
    item = _locked(item_id, actor)
    reason = _said(item, reason)
    facts = {
        "person": item.informant_id,
        "reason": reason,
        "until": until if until > clock.today() else None,
    }
    with _moving(item, "ask_identity", actor=actor, note=reason, **facts):
        item.identity_until = until
        _begin_pause(item, "identity", reason)
    return item


def take_identity(item_id: int, *, person: Person, actor: Actor) -> IntakeItem:
    """Seals what the complainant has supplied of himself; the clock goes on."""
    item = _locked(item_id, actor)
    with _moving(item, "take_identity", actor=actor, named=person.named):
        item.owes_answer, item.identity_until = True, None
        item.facts = redact(item.facts, person)
        item.informant_id = _keep_informant(person, queries.statement_of(item))
        _end_pause(item)
    return item


def reveal(item_id: int, *, reason: str, actor: Actor) -> tuple[Person, str]:
    """Who stands behind an item, and the message in his own words; the ledger notes who asked, and why."""
    item = queries.find(item_id, actor)
    if not actor.may("intake.reveal"):
        raise NotAllowed(_("您的岗位不能查看投诉举报人信息。"))
    person = queries.person_of(item)
    if person is None:
        raise NotFound(_("这一来件没有投诉举报人信息。"))
    if len(reason.strip()) < 4:
        raise Refusal(_("请说明查看的理由，例如“电话告知受理结果”。"), field="reason")
    record("intake.reveal", item, actor=actor, note=redact(reason.strip(), person))
    return person, queries.statement_of(item)


def search_informant(text: str, *, actor: Actor) -> Sequence[Any]:
    """The items of whoever has this name or number; the ledger notes that somebody searched, not for whom."""
    if not actor.may("intake.reveal"):
        raise NotAllowed(_("您的岗位不能按投诉举报人查询。"))
    found = queries.by_informant(text, actor)
    record("intake.search_informant", ("informant", "*"), actor=actor, after={"found": len(found)})
    return found


# ---- Pauses and extensions -------------------------------------------------------------------------------------------


def pause(item_id: int, *, reason: str, actor: Actor) -> IntakeItem:
    """The clock stands still while something is tested, inspected or appraised (检定、检验、检测、鉴定)."""
    item = _locked(item_id, actor)
    reason = _said(item, reason)
    with _moving(item, "pause", actor=actor, note=reason, paused=item.paused, reason=reason):
        _begin_pause(item, "testing", reason)
    return item


def resume(item_id: int, *, note: str | None = None, actor: Actor) -> IntakeItem:
    """The result is there: the clock goes on."""
    item = _locked(item_id, actor)
    with _moving(item, "resume", actor=actor, note=_said(item, note or "") or None, paused=item.paused):
        _end_pause(item)
    return item


def _begin_pause(item: IntakeItem, cause: str, reason: str) -> None:
    item.pauses.append(IntakePause(cause=cause, reason=reason, since=clock.today()))


def _end_pause(item: IntakeItem) -> None:
    for one in item.pauses:
        one.until = one.until or clock.today()


def ask_extension(item_id: int, *, reason: str, actor: Actor) -> IntakeItem:
    """Asks for more time to verify."""
    item = _locked(item_id, actor)
    reason = _said(item, reason)
    facts = {"extended": item.extended_on, "asked": item.extension_reason, "reason": reason}
    with _moving(item, "ask_extension", actor=actor, note=reason, **facts):
        item.extension_reason, item.extension_asked_by = reason, actor.id
    return item


def extend(item_id: int, *, actor: Actor) -> IntakeItem:
    """Approves more time, by somebody else than who asked."""
    item = _locked(item_id, actor)
    facts = {
        "extended": item.extended_on,
        "asked": item.extension_reason,
        "own_request": actor.id is not None and actor.id == item.extension_asked_by,
    }
    with _moving(item, "extend", actor=actor, note=item.extension_reason, **facts):
        item.extended_on, item.extended_by = clock.today(), actor.id
    return item


def deny_extension(item_id: int, *, reason: str, actor: Actor) -> IntakeItem:
    """Does not approve more time."""
    item = _locked(item_id, actor)
    asked = item.extension_reason is not None and item.extended_on is None
    reason = _said(item, reason)
    with _moving(item, "deny_extension", actor=actor, note=reason, asked=asked, reason=reason):
        item.extension_reason = item.extension_asked_by = None
    return item


# ---- Complaints ------------------------------------------------------------------------------------------------------


def accept(item_id: int, *, actor: Actor) -> IntakeItem:
    """受理: mediation begins, the complaint becomes a credit record, 投诉受理决定书 is issued."""
    item = _locked(item_id, actor)
    with _moving(item, "accept", actor=actor, named=item.owes_answer):
        item.accepted_on = clock.today()
    _keep_record(item, actor=actor)
    _issue(item, "complaint_acceptance", papers.acceptance(item, by=actor), actor=actor)
    return item


def refuse(item_id: int, *, ground: str, reason: str, actor: Actor) -> IntakeItem:
    """不予受理 on one of the legal grounds; the paper says which, and where relief is to be had."""
    item = _locked(item_id, actor)
    known, reason = _ground(item, "refuse", ground), _said(item, reason)
    with _moving(item, "refuse", actor=actor, note=reason, ground=known, reason=reason):
        _decide(item, reason, ground)
        item.identity_until = None
        _end_pause(item)
    _issue(item, "complaint_refusal", papers.refusal(item, by=actor), actor=actor)
    return item


def settle(item_id: int, *, way: str, agreement: str, actor: Actor) -> IntakeItem:
    """调解成功, with what was agreed."""
    item = _locked(item_id, actor)
    agreement = _said(item, agreement)
    with _moving(item, "settle", actor=actor, paused=item.paused, agreement=agreement):
        _decide(item, agreement)
        item.mediation_way = way
    return item


def terminate(item_id: int, *, ground: str, reason: str, actor: Actor) -> IntakeItem:
    """终止调解 on one of the legal grounds; withdrawn, refusable and abusive complaints stop counting."""
    item = _locked(item_id, actor)
    known, reason = _ground(item, "terminate", ground), _said(item, reason)
    with _moving(item, "terminate", actor=actor, note=reason, ground=known, reason=reason):
        _decide(item, reason, ground)
        _end_pause(item)
    if known is not None and known.uncounts:
        _revoke_record(item, reason=known.label, actor=actor)
    return item


def revisit(item_id: int, *, fulfilled: bool, note: str, actor: Actor) -> IntakeItem:
    """回访: whether what was agreed is kept; if not, the credit record says so."""
    item = _locked(item_id, actor)
    note = _said(item, note)
    with _moving(item, "revisit", actor=actor, note=note, settled=item.outcome == "settled"):
        item.fulfilled = fulfilled
    if not fulfilled:
        _keep_record(item, klass=UNFULFILLED, actor=actor)
    return item


def find_clue(item_id: int, *, category: str, facts: str, actor: Actor) -> IntakeItem:
    """发现违法线索: what looks unlawful in a dispute becomes a clue of the same unit, to be verified on its own clock.

    Nobody stands behind it: the bureau found it. Not idempotent: every call registers another clue.
    """
    item = _locked(item_id, actor)
    with _moving(item, "find_clue", actor=actor):
        pass
    return _enter(
        "statute",
        actor,
        state="distributed",
        distributed_on=clock.today(),
        channel="mediation",
        category=category,
        line=CATEGORY_LINES.get(category),
        facts=_said(item, facts),
        received_on=clock.today(),
        enterprise_id=item.enterprise_id,
        subject_name=item.subject_name,
        subject_address=item.subject_address,
        subject_contact=item.subject_contact,
        office_id=item.office_id,
        org_id=item.org_id,
        from_item_id=item.id,
        relation="found",
    )


# ---- Reports and other clues -----------------------------------------------------------------------------------------


def sign_for(item_id: int, *, actor: Actor) -> IntakeItem:
    """签收: the unit takes the clue and verifies it."""
    item = _locked(item_id, actor)
    with _moving(item, "sign_for", actor=actor):
        pass
    return item


def open_check(
    item_id: int,
    *,
    item_codes: Sequence[str],
    officer_ids: Sequence[int],
    reason: str,
    actor: Actor,
    override_reason: str | None = None,
) -> Any:
    """开展现场检查: opens a triggered case about the subject, whatever its grade, with officers who are named.

    `item_codes` are of the public list, the first of `officer_ids` leads. Beyond the year's cap it takes a reason and
    somebody who may approve. Returns the case. Idempotence key: the item.
    """
    item = _locked(item_id, actor)
    found = sampling.items_of(item_codes, clock.today())
    reason, override = _said(item, reason), _said(item, override_reason or "") or None
    facts = _arrangement(item, found, officer_ids) | {
        "reason": reason,
        "override_reason": override,
        "may_approve": actor.is_system or actor.may("intake.approve"),
    }
    with _moving(item, "open_check", actor=actor, note=reason, **facts):
        origin = Origin(
            kind="trigger",
            id=item.id,
            number=item.number,
            title=papers.check_title(item),
            case_kind="triggered",
            source=queries.kind_of(item).source,
            items=[Item(one.code, one.name, one.basis, one.line, one.on_site) for one in found],
            org_id=item.org_id,
        )
        new = NewCase(item.enterprise_id or 0, item.org_id, list(officer_ids), item.line)
        case = cases.open_case(origin, new, actor=actor)
        item.case_id, item.check_reason, item.override_reason = case.id, reason, override
    return case


def _arrangement(item: IntakeItem, found: Sequence[Any], officer_ids: Sequence[int]) -> dict[str, Any]:
    """The facts on which a check may be ordered."""
    known = enterprises.brief([item.enterprise_id] if item.enterprise_id else []).get(item.enterprise_id or 0)
    year = clock.today().year
    return {
        "enterprise": known,
        "inspectable": known is not None and known.status in INSPECTABLE,
        "opened": item.case_id,
        "items": found,
        "on_site": any(one.on_site for one in found),
        "officers": list(staff.officers(list(officer_ids)).values()),
        "lines": sorted({one.line for one in found}),
        "day": clock.today(),
        "least_officers": parameters.value("sampling.officers_per_case"),
        "visits": case_queries.visits([known.id], year).get(known.id, 0) if known else 0,
        "cap": parameters.value("cases.annual_cap"),
        "bound_by_cap": False,
    }


def take_back_outcome(case_id: int, *, actor: Actor) -> None:
    """Writes what a check found back to the item that set it off. Idempotence key: the case and its released edition.

    Cases that no item set off are not this room's concern.
    """
    item = queries.of_case(case_id)
    if item is None:
        return
    item = _locked(item.id, SYSTEM)
    outcome = papers.outcome_of(case_id)
    if item.check_outcome == outcome:
        return
    item.check_outcome = outcome
    record(
        "intake.take_back_outcome", item, actor=actor, after={"case": outcome["number"], "edition": outcome["edition"]}
    )


def file(item_id: int, *, reason: str, actor: Actor) -> IntakeItem:
    """立案: the clue is verified; a report becomes a credit record."""
    item = _locked(item_id, actor)
    reason = _said(item, reason)
    with _moving(item, "file", actor=actor, note=reason, reason=reason, **_checked(item)):
        _decide(item, reason)
    _keep_record(item, actor=actor)
    return item


def decline(item_id: int, *, ground: str, reason: str, actor: Actor) -> IntakeItem:
    """不予立案 on one of the legal grounds."""
    item = _locked(item_id, actor)
    known, reason = _ground(item, "decline", ground), _said(item, reason)
    with _moving(item, "decline", actor=actor, note=reason, ground=known, reason=reason, **_checked(item)):
        _decide(item, reason, ground)
    return item


def hand_over(item_id: int, *, receiver: str, reason: str, actor: Actor) -> IntakeItem:
    """移送: to another organ that has the power, or to the police."""
    item = _locked(item_id, actor)
    receiver, reason = _said(item, receiver), _said(item, reason)
    with _moving(item, "hand_over", actor=actor, note=f"{receiver}：{reason}", receiver=receiver, reason=reason):
        _decide(item, reason)
        item.receiver = receiver
        _end_pause(item)
    return item


def _checked(item: IntakeItem) -> dict[str, Any]:
    return {"paused": item.paused, "checking": queries.checking(item)}


def _decide(item: IntakeItem, decision: str, ground: str | None = None) -> None:
    item.outcome, item.decision, item.ground, item.decided_on = item.state, decision, ground, clock.today()


# ---- Ends ------------------------------------------------------------------------------------------------------------


def merge(item_id: int, *, into_id: int, actor: Actor) -> IntakeItem:
    """并案: a message about the same facts goes with the first; its informant is told together with the first's."""
    item, first = _locked(item_id, actor), queries.find(into_id, actor)
    facts = {
        "same_kind": item.kind == first.kind,
        "itself": item.id == first.id or first.state == "merged",
        "same_person": queries.same_informant(item, first),
        "checking": queries.checking(item),
    }
    with _moving(item, "merge", actor=actor, note=first.number, **facts):
        item.merged_into_id = first.id
        _end_pause(item)
    return item


def inform(item_id: int, *, way: str, note: str | None = None, actor: Actor) -> IntakeItem:
    """告知: notes how the informant was told.

    举报处理结果告知书 is issued of a report and of each one that was merged into it.
    """
    item = _locked(item_id, actor)
    told = [one for one in (item, *queries.merged(item)) if one.owes_answer]
    with _moving(item, "inform", actor=actor, note=_said(item, note or "") or None, named=bool(told)):
        item.informed_on, item.informed_way = clock.today(), way
    if item.kind == "report":
        for one in told:
            _issue(one, "report_outcome", papers.outcome(item, to=one, by=actor), actor=actor)
    return item


def archive(item_id: int, *, actor: Actor) -> IntakeItem:
    """归档: nothing is left to be done."""
    item = _locked(item_id, actor)
    owed = item.owes_answer or any(one.owes_answer for one in queries.merged(item))
    with _moving(item, "archive", actor=actor, named=owed):
        pass
    return item


# ---- Papers and credit records ---------------------------------------------------------------------------------------


def _issue(item: IntakeItem, kind: str, facts: dict[str, Any], *, actor: Actor) -> None:
    drafted = documents.draft(kind, subject=("intake_item", item.id), facts=facts, org_id=item.org_id, actor=actor)
    documents.issue(drafted.id, actor=actor)


def _keep_record(item: IntakeItem, *, actor: Actor, klass: int | None = None) -> None:
    """An accepted complaint or a filed report about a known enterprise counts; the two of one message share a chain."""
    recorded = queries.kind_of(item).record
    if recorded is None or item.enterprise_id is None:
        return
    kind, usual = recorded
    registry.record_credit_record(
        enterprise_id=item.enterprise_id,
        kind=kind,
        klass=klass or usual,
        happened_on=item.accepted_on or item.decided_on or clock.today(),
        title=papers.record_title(item),
        authority=staff.unit(item.org_id).name,
        document_no=item.number,
        chain=queries.chain_of(item),
        source=SOURCE,
        source_key=item.number,
        actor=actor,
    )


def _revoke_record(item: IntakeItem, *, reason: str, actor: Actor) -> None:
    """What should not have counted counts as if it had never been written."""
    recorded = queries.kind_of(item).record
    if recorded is None or item.enterprise_id is None:
        return
    for known in enterprises.records(item.enterprise_id, recorded[0]):
        if (known.source, known.source_key) == (SOURCE, item.number) and known.revoked_on is None:
            registry.revoke_record(known.id, on=clock.today(), note=reason, document_no=item.number, actor=actor)


# ---- Reminders -------------------------------------------------------------------------------------------------------


def remind_overdue(*, actor: Actor = SYSTEM) -> int:
    """Notes in an item's history, once for each clock that ran out, that it is overdue; returns how many were noted."""
    paused = select(IntakePause.item_id).where(IntakePause.until.is_(None))
    counting = IntakeItem.id.not_in(paused)
    return note_overdue(IntakeItem, "reminded_for", "intake.remind_overdue", actor=actor, counting=counting)
