"""Professional grades and tiers worked out anew, set-based: only what changed is added to the history."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import func, insert, select, update
from sqlalchemy.dialects import postgresql

from casework.core import clock
from casework.core.actor import Actor
from casework.core.db import session
from casework.core.ledger import announce, record
from casework.grading import queries as grading
from casework.keydomains import queries
from casework.keydomains.assessment import Numbers, Standing, Visits, dossiers, standing
from casework.keydomains.domains import DOMAINS
from casework.keydomains.messages import AssessmentRequested
from casework.keydomains.models import KeySubject, ProfessionalGrade, SupervisionTier
from casework.registry import operations as registry
from casework.registry import queries as enterprises

ASSESSOR_LOCK = 4_116_080
"""Key of the advisory lock: one transaction assesses at a time, so that no older reading overwrites a newer one."""

KEPT_AT_ONCE = 5_000


@dataclass(frozen=True)
class Tally:
    """What an assessment found: objects looked at, grades and tiers that changed, who came in and who left."""

    looked_at: int
    regraded: int
    moved: int
    entered: int
    left: int


def request_assessment(*, actor: Actor) -> None:
    """Asks a worker to assess everybody anew, for instance after a parameter was set."""
    announce(AssessmentRequested(day=clock.today()), actor=actor)
    record("keydomains.request_assessment", ("key_subject", "*"), actor=actor)


def assess_everybody(day: date, *, actor: Actor) -> Tally:
    """Assesses everybody in all domains. Idempotent by content."""
    return _assess(None, max(day, clock.today()))


def assess_after_run(run_id: int, *, actor: Actor) -> Tally:
    """Assesses everybody after a monthly, daily or full run; after that of an import, whose letter it changed.

    The others of an import are `reassess_batch`'s. Idempotent by content.
    """
    if grading.run(run_id).kind != "batch":
        return _assess(None, clock.today())
    return _assess([enterprise_id for enterprise_id, _before, _after in grading.moves_of(run_id)], clock.today())


def reassess(enterprise_id: int, kin: bool = True, graded: bool = False, *, actor: Actor) -> Tally:
    """Assesses one enterprise whose licences, results, tests or penalties changed, without its kin. Idempotent."""
    return _assess([enterprise_id], clock.today())


def reassess_batch(batch_id: int, day: date, *, actor: Actor) -> Tally:
    """Assesses the enterprises that an import touched. Idempotent by content."""
    return _assess(enterprises.touched_by(batch_id), max(day, clock.today()))


def reassess_graded(enterprise_id: int, before: str | None, after: str | None, day: date, *, actor: Actor) -> Tally:
    """Assesses one enterprise whose credit grade changed. Idempotent by content."""
    return _assess([enterprise_id], clock.today())


def reassess_some(ids: Sequence[int]) -> Tally:
    """Assesses some enterprises within another operation. Idempotent by content."""
    return _assess(ids, clock.today())


def _assess(ids: Sequence[int] | None, day: date) -> Tally:
    if ids is not None and not ids:
        return Tally(0, 0, 0, 0, 0)
    session.flush()
    session.execute(select(func.pg_advisory_xact_lock(ASSESSOR_LOCK)))
    read = list(dossiers(day, ids))
    known = queries.kept(ids)
    if not read and not known:
        return Tally(0, 0, 0, 0, 0)
    found = _standings(read, day, ids)
    first = len(found)
    tally = [0, 0]
    for start in range(0, first, KEPT_AT_ONCE):
        for place, number in enumerate(_keep(found[start : start + KEPT_AT_ONCE], known, day)):
            tally[place] += number
    entered, left = _hand_down(found, known, day)
    return Tally(len(found), tally[0], tally[1], entered, left)


def _standings(read: Iterable[Any], day: date, ids: Collection[int] | None) -> list[Standing]:
    numbers = {key: Numbers.of(key, day) for key in DOMAINS}
    imported = queries.imported(day, ids) if any(each.source == "imported" for each in numbers.values()) else {}
    visits = Visits(ids)
    found = []
    for dossier, credit in read:
        for key, domain in DOMAINS.items():
            stands = standing(
                domain,
                dossier,
                credit,
                day,
                numbers[key],
                imported=imported.get((dossier.enterprise_id, key)),
                last_visit=visits.last(domain, dossier),
            )
            if stands is not None:
                found.append(stands)
    return found


def _keep(found: Sequence[Standing], known: dict[tuple[int, str], queries.Kept], day: date) -> tuple[int, int]:
    """Adds the grades and tiers that differ from those kept, and keeps how each object stands now."""
    graded = [each for each in found if _as_graded(each) != _kept_grade(known.get((each.enterprise_id, each.domain)))]
    moved = [
        each
        for each in found
        if (old := known.get((each.enterprise_id, each.domain))) is None or old.receipt != each.receipt
    ]
    now = clock.now()
    grade_ids = _added(
        ProfessionalGrade,
        graded,
        lambda each: {
            "source": "computed",
            "grade": each.assessment.grade,
            "score": each.assessment.score,
            "static": each.assessment.static,
            "dynamic": each.assessment.dynamic,
            "factors": each.factors,
            "valid_from": day,
            "document_no": Numbers.of(each.domain, day).factors.document_no,
            "recorded_at": now,
        },
    )
    tier_ids = _added(
        SupervisionTier,
        moved,
        lambda each: {
            "tier": each.tier,
            "months": each.least.months,
            "receipt": each.receipt,
            "as_of": day,
            "recorded_at": now,
        },
    )
    rows = []
    for each in found:
        key = each.enterprise_id, each.domain
        old = known.get(key)
        computed_id = grade_ids.get(key) or old.computed_id
        row = {
            "enterprise_id": each.enterprise_id,
            "domain": each.domain,
            "trades": list(each.trades),
            "since": each.since,
            "grade": each.grade,
            "grade_id": each.imported_id or computed_id,
            "computed_id": computed_id,
            "tier": each.tier,
            "tier_id": tier_ids.get(key) or old.tier_id,
            "last_visit_on": each.last_visit_on,
            "due_on": each.due_on,
            "left_on": None,
        }
        if old is None or any(getattr(old, name) != value for name, value in row.items()):
            rows.append(row)
    if rows:
        kept = postgresql.insert(KeySubject)
        session.execute(
            kept.on_conflict_do_update(
                index_elements=[KeySubject.enterprise_id, KeySubject.domain],
                set_={name: kept.excluded[name] for name in rows[0] if name not in ("enterprise_id", "domain")},
            ),
            rows,
        )
    return len(graded), len(moved)


def _as_graded(each: Standing) -> tuple[Any, ...]:
    own = each.assessment
    return own.grade, own.score, own.static, own.dynamic, each.factors


def _kept_grade(old: queries.Kept | None) -> tuple[Any, ...] | None:
    return None if old is None else (old.own_grade, old.score, old.static, old.dynamic, old.factors)


def _added(model: Any, of: Sequence[Standing], columns: Any) -> dict[tuple[int, str], int]:
    """The ids of new rows by enterprise and domain."""
    if not of:
        return {}
    rows = [{"enterprise_id": each.enterprise_id, "domain": each.domain, **columns(each)} for each in of]
    ids = session.scalars(insert(model).returning(model.id, sort_by_parameter_order=True), rows)
    return {(each.enterprise_id, each.domain): new for each, new in zip(of, ids, strict=True)}


def _hand_down(found: Sequence[Standing], known: dict[tuple[int, str], queries.Kept], day: date) -> tuple[int, int]:
    """Tells the registry who became an object of a domain and who is none any more."""
    seen = {(each.enterprise_id, each.domain) for each in found}
    present = {key for key, old in known.items() if old.left_on is None}
    enter, leave = defaultdict(list), defaultdict(list)
    for enterprise_id, domain in seen - present:
        enter[domain].append(enterprise_id)
    for enterprise_id, domain in present - seen:
        leave[domain].append(enterprise_id)
    for domain in sorted({*enter, *leave}):
        registry.hand_down_key_objects(domain, enter=enter[domain], leave=leave[domain])
        if leave[domain]:
            session.execute(
                update(KeySubject)
                .where(KeySubject.domain == domain, enterprises.among(KeySubject.enterprise_id, leave[domain]))
                .values(left_on=day)
            )
    return len(seen - present), len(present - seen)
