"""Verbs of the disclosure room: publish what was released, feed it back, correct it, take it back."""

import logging
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import select, update

from casework.accounts import queries as staff
from casework.cases import operations as case_work
from casework.cases import queries as cases
from casework.cases.rules import gravest
from casework.core import clock, parameters
from casework.core.actor import SYSTEM, Actor
from casework.core.db import savepoint, session
from casework.core.errors import Invalid, NotFound, Refusal
from casework.core.i18n import _
from casework.core.ledger import announce, move, record
from casework.disclosure import queries, rules
from casework.disclosure.messages import ResultPublished
from casework.disclosure.models import Publication, Withdrawal
from casework.disclosure.rules import CHECK_RESULT, PUBLICATION
from casework.documents import operations as documents
from casework.grading import operations as grading
from casework.intake import queries as intake
from casework.registry import operations as registry
from casework.registry import queries as enterprises
from casework.registry.rules import FOUND_NOTHING

log = logging.getLogger("casework.disclosure")

SOURCE = "disclosure"
"""Source of the credit records that published results become."""


def publish_result(case_id: int, edition: int, *, actor: Actor) -> Publication:
    """Puts a released result on the public portal, at once, and has its paper made. Idempotence key: (case, edition).

    An edition that comes after a newer one was published is kept as corrected: the newest stays in force.
    """
    known = queries.edition(case_id, edition)
    if known is not None:
        return known
    facts = queries.facts_to_publish(case_id, edition)
    older = _lock_editions(case_id)
    newest = all(one.edition < edition for one in older)
    publication = _publication(case_id, facts, older, in_force=newest)
    if newest:
        for one in older:
            _replace(one, actor=actor)
        session.flush()
        publication.document_id = _issue_paper(publication, older, actor=actor)
    session.add(publication)
    after = {"number": publication.number, "edition": edition, "facts_sha256": publication.facts_sha256}
    record("disclosure.publish_result", publication, actor=actor, after=after)
    if newest:
        announce(ResultPublished(publication_id=publication.id), actor=actor)
    return publication


def publish_missed(*, actor: Actor = SYSTEM) -> int:
    """Publishes what was released an hour ago or more and is not public yet: no term is missed because a job failed.

    Idempotence key: (case, edition). Returns how many were published; what is refused stays in the job ledger.
    """
    published = 0
    for case_id, edition in queries.missed():
        try:
            with savepoint():
                publish_result(case_id, edition, actor=actor)
            published += 1
        except Refusal as refusal:
            log.warning("case %s edition %s is not published: %s", case_id, edition, refusal)
    return published


def _lock_editions(case_id: int) -> list[Publication]:
    """The editions that are there, oldest first; two editions of one case are published one after the other."""
    statement = select(Publication).where(Publication.kind == CHECK_RESULT, Publication.subject_id == case_id)
    return list(session.scalars(statement.order_by(Publication.edition).with_for_update()))


def _publication(
    case_id: int, facts: Mapping[str, Any], older: Sequence[Publication], *, in_force: bool
) -> Publication:
    case = cases.find(case_id, SYSTEM)
    enterprise = enterprises.brief([case.enterprise_id])[case.enterprise_id]
    finished_on = date.fromisoformat(facts["concluded_on"])
    term = parameters.term("cases.term.publish", finished_on)
    now = clock.now()
    return Publication(
        kind=CHECK_RESULT,
        subject_id=case_id,
        edition=facts["edition"],
        since_edition=_since(older, facts["edition"]),
        state=PUBLICATION.initial if in_force else "corrected",
        facts=facts,
        facts_sha256=rules.digest(facts),
        number=facts["number"],
        type=facts["type"],
        campaign_id=facts["task"]["id"] if facts["task"] else None,
        enterprise_id=case.enterprise_id,
        enterprise_code=facts["enterprise"]["uscc"] or enterprise.number,
        enterprise_name=facts["enterprise"]["name"],
        name_pairs=rules.pairs(facts["enterprise"]["name"]),
        division_code=enterprise.division_code,
        org_id=case.org_id,
        line=case.line,
        item_codes=[item["code"] for item in facts["items"]],
        item_outcomes=[rules.outcome(_classes(item)) for item in facts["items"]],
        outcome=rules.outcome([klass for item in facts["items"] for klass in _classes(item)]),
        finished_on=finished_on,
        due_on=term.due_on(finished_on, parameters.calendar()),
        published_at=now,
        published_on=clock.local_day(now),
        ended_at=None if in_force else now,
    )


def _since(older: Sequence[Publication], edition: int) -> int:
    """The edition with which the life of this one began: what was withdrawn does not come back."""
    if not older or older[-1].edition > edition:
        return 1
    return edition if older[-1].state == "withdrawn" else older[-1].since_edition


def _classes(item: Mapping[str, Any]) -> list[int]:
    return [result["klass"] for result in item["results"]]


def _replace(old: Publication, *, actor: Actor) -> None:
    """An edition in force gives way to a newer one; a request to take it back has become pointless."""
    if old.state != "published":
        return
    move(old, PUBLICATION, "replace", actor=actor)
    old.ended_at = clock.now()
    session.execute(
        update(Withdrawal)
        .where(Withdrawal.publication_id == old.id, Withdrawal.granted.is_(None))
        .values(granted=False, decided_at=clock.now(), note="已由更正后的版本代替")
    )


def _issue_paper(publication: Publication, older: list[Publication], *, actor: Actor) -> int:
    """The paper of an edition: a new edition of the last one's paper, or the first."""
    before = older[-1] if older else None
    stated = queries.paper_facts(publication)
    if before is not None and before.state == "corrected" and before.document_id is not None:
        drafted = documents.revise(before.document_id, facts=stated, actor=actor)
    else:
        subject = ("case", publication.subject_id)
        drafted = documents.draft(CHECK_RESULT, subject=subject, facts=stated, org_id=publication.org_id, actor=actor)
    return documents.issue(drafted.id, actor=actor).id


def feed_back(publication_id: int, *, actor: Actor) -> None:
    """Writes a published result into the credit records, one record per item, and grades the enterprise with them.

    One transaction: nobody ever sees the record without the grade that follows from it. It is not the one that
    publishes: that one holds the numbers of the bureau's papers, which must not wait behind a run over everybody.

    Idempotence key: (case number, item) with its content; a corrected edition becomes a new version of the same
    records. An edition that is not in force any more changes nothing. What was found shares the chain of the message
    that led to the check; a penalty that names the same number goes on with it.
    """
    publication = _locked(publication_id)
    if publication.state != "published":
        return
    message = intake.of_case(publication.subject_id)
    chain = intake.chain_of(message) if message else publication.number
    for item in publication.facts["items"]:
        klass = gravest(_classes(item))
        if klass is None:
            continue
        registry.record_credit_record(
            enterprise_id=publication.enterprise_id,
            kind="check",
            klass=klass,
            happened_on=publication.finished_on,
            title=f"{publication.type}：{item['name']}",
            authority=publication.facts["organ"]["name"],
            document_no=publication.number,
            chain=None if klass in FOUND_NOTHING else chain,
            detail={
                "type": publication.type,
                "item": item["code"],
                "results": [result["label"] for result in item["results"]],
                "publication": publication.id,
            },
            source=SOURCE,
            source_key=_record_key(publication, item["code"]),
            graded=True,
            actor=actor,
        )
    grading.regrade(publication.enterprise_id, kin=False, actor=actor)
    if publication.fed_back_at is None:
        publication.fed_back_at = clock.now()
        record("disclosure.feed_back", publication, actor=actor)


def correct(publication_id: int, *, reason: str, actor: Actor) -> None:
    """Sends the case back to its officers for a corrected edition; what is published stays until that was reviewed."""
    publication = queries.find(publication_id, actor)
    if publication.state == "corrected":
        raise Refusal(_("这一版已经更正，请在现行版本上办理。"))
    case_work.correct(publication.subject_id, reason=reason, actor=actor)


def ask_withdrawal(publication_id: int, *, reason: str, actor: Actor) -> Withdrawal:
    """The first of two people asks to take a publication back. Idempotence key: one open request per publication."""
    publication = queries.find(publication_id, actor)
    if publication.state != "published":
        raise Refusal(_("这一版已不在公示中，不需要撤回。"))
    if queries.open_withdrawal(publication) is not None:
        raise Refusal(_("已有撤回申请等待审批。"))
    if not reason.strip():
        raise Invalid(_("请填写撤回理由。"), {"reason": [_("请填写撤回理由。")]})
    wish = Withdrawal(
        publication=publication,
        reason=reason.strip(),
        asked_by=actor.id,
        asked_by_name=actor.name,
        asked_at=clock.now(),
    )
    session.add(wish)
    record("disclosure.ask_withdrawal", publication, actor=actor, note=wish.reason)
    return wish


def withdraw(publication_id: int, *, actor: Actor) -> Publication:
    """The second person takes a publication back. Idempotence key: the publication.

    The public page becomes a tombstone with the day and the reason, the paper is void, the credit records are revoked.
    """
    publication = _locked(publication_id, actor)
    if publication.state == "withdrawn":
        return publication
    wish = queries.open_withdrawal(publication)
    facts = {"by": actor.id, "asked_by": wish and wish.asked_by, "reason": wish and wish.reason}
    move(publication, PUBLICATION, "withdraw", actor=actor, facts=facts, note=wish.reason if wish else None)
    publication.ended_at = clock.now()
    _decide(publication, granted=True, actor=actor)
    reason = wish.reason if wish else ""
    if publication.document_id is not None:
        documents.void(publication.document_id, reason=reason, actor=actor)
    _revoke_records(publication, reason=reason, actor=actor)
    return publication


def refuse_withdrawal(publication_id: int, *, note: str, actor: Actor) -> None:
    """The second person lets the publication stand."""
    publication = _locked(publication_id, actor)
    wish = queries.open_withdrawal(publication)
    if wish is None:
        raise Refusal(_("没有等待审批的撤回申请。"))
    if wish.asked_by == actor.id:
        raise Refusal(_("撤回公示的审批人不得是申请人。"))
    _decide(publication, granted=False, actor=actor, note=note.strip() or None)
    record("disclosure.refuse_withdrawal", publication, actor=actor, note=note.strip() or None)


def _decide(publication: Publication, *, granted: bool, actor: Actor, note: str | None = None) -> None:
    wish = queries.open_withdrawal(publication)
    if wish is not None:
        wish.granted, wish.decided_at, wish.note = granted, clock.now(), note
        wish.decided_by, wish.decided_by_name = actor.id, actor.name


def _revoke_records(publication: Publication, *, reason: str, actor: Actor) -> None:
    """The records of a withdrawn result count as if they had never been written."""
    keys = {_record_key(publication, code) for code in publication.item_codes}
    for known in enterprises.records(publication.enterprise_id, "check"):
        if known.source == SOURCE and known.source_key in keys and known.revoked_on is None:
            registry.revoke_record(known.id, on=clock.today(), note=reason, document_no=publication.number, actor=actor)


def _record_key(publication: Publication, item_code: str) -> str:
    return rules.record_key(publication.number, item_code, publication.since_edition)


def _locked(publication_id: int, actor: Actor | None = None) -> Publication:
    publication = session.get(Publication, publication_id, with_for_update=True, populate_existing=True)
    if publication is None or (actor is not None and not staff.sees_unit(actor, publication.org_id)):
        raise NotFound(_("没有这个公示事项。"))
    return publication
