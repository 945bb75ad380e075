"""Nouns of the key domains: who may see which, how objects stand, who is due, deliveries, coverage plans."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, func, select
from sqlalchemy.dialects.postgresql import distinct_on

from casework.accounts import queries as staff
from casework.cases import queries as cases
from casework.core import clock, parameters
from casework.core.actor import Actor
from casework.core.db import session
from casework.core.errors import NotFound
from casework.core.i18n import _
from casework.core.paging import Page, page
from casework.keydomains.assessment import Imported
from casework.keydomains.domains import DOMAINS
from casework.keydomains.models import (
    CoverageBatch,
    CoveragePlan,
    KeySubject,
    ProfessionalBatch,
    ProfessionalGrade,
    SupervisionTier,
)
from casework.keydomains.rules import Domain
from casework.registry import queries as registry

MOST_EXPORTED = 5_000

# ---- Who may see which domain ----------------------------------------------------------------------------------------

LEADS = frozenset({"director", "deputy", "county"})
"""Posts that supervise all lines; everybody else sees the domains of the lines that they serve."""


def domains_of(actor: Actor) -> dict[str, Domain]:
    """The domains whose professional grades an actor may see, in the order of the lines.

    Officers of a business line see it: those whose account is limited to lines see these; who inspects sees the lines
    on their own certificate.
    """
    if not actor.is_system and not actor.may("keydomains.read"):
        return {}
    lines = set(actor.lines) or set(DOMAINS)
    if actor.officer_id is not None and not LEADS & set(actor.roles):
        known = staff.officers([actor.officer_id]).get(actor.officer_id)
        lines &= set(known.lines) if known else set()
    return {key: DOMAINS[key] for key in ORDER if key in lines}


ORDER = ("food", "drug", "equipment")


def domain_for(actor: Actor, key: str) -> Domain:
    """One of these domains, or NotFound: who may not see it need not know of it."""
    found = domains_of(actor).get(key)
    if found is None:
        raise NotFound(_("没有这个重点领域，或者不属于您的业务条线。"))
    return found


# ---- What an assessment compares with --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Kept:
    """How an object was kept last: the row, its own grade with the points behind it, and the receipt of its tier."""

    enterprise_id: int
    domain: str
    trades: list[str]
    since: date
    grade: str
    grade_id: int
    computed_id: int
    tier: int
    tier_id: int
    last_visit_on: date | None
    due_on: date
    left_on: date | None
    own_grade: str
    score: int
    static: int
    dynamic: int
    factors: list[Any]
    receipt: dict[str, Any]


_KEPT = (
    select(
        *(getattr(KeySubject, name) for name in list(Kept.__dataclass_fields__)[:12]),
        ProfessionalGrade.grade.label("own_grade"),
        ProfessionalGrade.score,
        ProfessionalGrade.static,
        ProfessionalGrade.dynamic,
        ProfessionalGrade.factors,
        SupervisionTier.receipt,
    )
    .join(ProfessionalGrade, ProfessionalGrade.id == KeySubject.computed_id)
    .join(SupervisionTier, SupervisionTier.id == KeySubject.tier_id)
)


def kept(ids: Collection[int] | None = None) -> dict[tuple[int, str], Kept]:
    """How everybody (or these) were kept last, by enterprise and domain; those that left among them."""
    statement = _KEPT if ids is None else _KEPT.where(registry.among(KeySubject.enterprise_id, ids))
    return {(row.enterprise_id, row.domain): Kept(*row) for row in session.execute(statement)}


def imported(day: date, ids: Collection[int] | None = None) -> dict[tuple[int, str], Imported]:
    """The newest grade of the professional system that is valid on a day, by enterprise and domain."""
    statement = (
        select(ProfessionalGrade)
        .ext(distinct_on(ProfessionalGrade.enterprise_id, ProfessionalGrade.domain))
        .where(ProfessionalGrade.source == "imported", ProfessionalGrade.valid_from <= day)
        .order_by(
            ProfessionalGrade.enterprise_id,
            ProfessionalGrade.domain,
            ProfessionalGrade.valid_from.desc(),
            ProfessionalGrade.id.desc(),
        )
    )
    if ids is not None:
        statement = statement.where(registry.among(ProfessionalGrade.enterprise_id, ids))
    return {
        (one.enterprise_id, one.domain): Imported(one.id, one.grade, one.score, one.valid_from, one.document_no)
        for one in session.scalars(statement)
    }


def last_imported(domain: str, ids: Collection[int]) -> dict[int, tuple[str, int | None, date, str]]:
    """What was taken in last for these enterprises: grade, score, valid from, document."""
    statement = (
        select(ProfessionalGrade)
        .ext(distinct_on(ProfessionalGrade.enterprise_id))
        .where(
            ProfessionalGrade.source == "imported",
            ProfessionalGrade.domain == domain,
            registry.among(ProfessionalGrade.enterprise_id, ids),
        )
        .order_by(ProfessionalGrade.enterprise_id, ProfessionalGrade.id.desc())
    )
    return {
        one.enterprise_id: (one.grade, one.score, one.valid_from, one.document_no) for one in session.scalars(statement)
    }


# ---- Objects ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Wanted:
    """Which objects of a domain are listed; None means all."""

    tier: int | None = None
    due: str | None = None
    grade: str | None = None
    trade: str | None = None
    unit_id: int | None = None

    @property
    def filters(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if value is not None}


def subjects(domain: str, wanted: Wanted, actor: Actor, *, after: str | None, before: str | None) -> Page:
    """One page of the objects that the actor may see, the longest overdue first; rows are `(KeySubject, …)`."""
    statement = _narrowed(select(KeySubject, KeySubject.due_on, KeySubject.enterprise_id), domain, wanted, actor)
    return page(statement, (KeySubject.due_on, KeySubject.enterprise_id), after=after, before=before)


def count(domain: str, wanted: Wanted, actor: Actor) -> int:
    """How many these are."""
    return session.scalar(_narrowed(select(func.count()).select_from(KeySubject), domain, wanted, actor)) or 0


def export(domain: str, wanted: Wanted, actor: Actor) -> Sequence[KeySubject]:
    """Rows for a list that leaves the house, of the actor's own area: at most MOST_EXPORTED, the longest overdue."""
    statement = _narrowed(select(KeySubject), domain, wanted, actor)
    return session.scalars(statement.order_by(KeySubject.due_on, KeySubject.enterprise_id).limit(MOST_EXPORTED)).all()


def _narrowed(statement: Select[Any], domain: str, wanted: Wanted, actor: Actor) -> Select[Any]:
    statement = _seen(statement, domain, actor)
    if wanted.tier is not None:
        statement = statement.where(KeySubject.tier == wanted.tier)
    if wanted.grade is not None:
        statement = statement.where(KeySubject.grade == wanted.grade)
    if wanted.trade is not None:
        statement = statement.where(KeySubject.trades.any(wanted.trade))
    if wanted.due is not None:
        statement = statement.where(is_due(wanted.due))
    if wanted.unit_id is not None:
        statement = statement.where(registry.below(staff.subtree(wanted.unit_id), enterprise=KeySubject.enterprise_id))
    return statement


def _seen(statement: Select[Any], domain: str, actor: Actor) -> Select[Any]:
    statement = statement.where(KeySubject.domain == domain, KeySubject.left_on.is_(None))
    return registry.in_sight(statement, actor, enterprise=KeySubject.enterprise_id)


def is_due(state: str) -> ColumnElement[bool]:
    """The condition of one of `rules.DUE`."""
    today = clock.today()
    soon = today + timedelta(days=parameters.value("keydomains.lead_days", today))
    return {
        "overdue": KeySubject.due_on < today,
        "soon": KeySubject.due_on.between(today, soon),
        "later": KeySubject.due_on > soon,
    }[state]


@dataclass(frozen=True)
class Figures:
    """The figures of a domain in an actor's area: objects by tier and by due state, and who was checked this year."""

    objects: int
    tiers: Mapping[int, int]
    due: Mapping[str, int]
    covered: int
    never: int
    next_due: date | None

    @property
    def coverage(self) -> float:
        """Percent of the objects that were checked this year."""
        return 100 * self.covered / self.objects if self.objects else 0.0


def figures(domain: str, actor: Actor) -> Figures:
    """Counts of one domain, in one reading."""
    first = date(clock.today().year, 1, 1)
    states = {state: func.count().filter(is_due(state)).label(f"due_{state}") for state in ("overdue", "soon", "later")}
    tiers = {tier: func.count().filter(KeySubject.tier == tier).label(f"tier_{tier}") for tier in (1, 2, 3, 4)}
    row = session.execute(
        _seen(
            select(
                func.count().label("objects"),
                func.count().filter(KeySubject.last_visit_on >= first).label("covered"),
                func.count().filter(KeySubject.last_visit_on.is_(None)).label("never"),
                func.min(KeySubject.due_on).filter(KeySubject.due_on >= clock.today()).label("next_due"),
                *tiers.values(),
                *states.values(),
            ).select_from(KeySubject),
            domain,
            actor,
        )
    ).one()
    return Figures(
        row.objects,
        {tier: row._mapping[f"tier_{tier}"] for tier in tiers},
        {state: row._mapping[f"due_{state}"] for state in states},
        row.covered,
        row.never,
        row.next_due,
    )


def subject(domain: str, enterprise_id: int, actor: Actor) -> KeySubject:
    """How one enterprise stands in a domain; NotFound where it is no object or not the actor's to see."""
    found = session.scalars(_seen(select(KeySubject), domain, actor).where(KeySubject.enterprise_id == enterprise_id))
    known = found.first()
    if known is None:
        raise NotFound(_("这个主体不是该领域的重点监管对象，或者不在您的管辖范围。"))
    return known


def standings(enterprise_id: int, actor: Actor) -> list[KeySubject]:
    """How one enterprise stands in the domains that the actor may see."""
    registry.find(enterprise_id, actor)
    statement = select(KeySubject).where(KeySubject.enterprise_id == enterprise_id, KeySubject.left_on.is_(None))
    found = {known.domain: known for known in session.scalars(statement)}
    return [found[key] for key in domains_of(actor) if key in found]


def grade(grade_id: int) -> ProfessionalGrade:
    """One professional grade."""
    return session.get_one(ProfessionalGrade, grade_id)


def tier(tier_id: int) -> SupervisionTier:
    """One tier with its receipt."""
    return session.get_one(SupervisionTier, tier_id)


def grade_history(domain: str, enterprise_id: int) -> Sequence[ProfessionalGrade]:
    """Every professional grade, newest first (at most 50)."""
    return session.scalars(
        select(ProfessionalGrade)
        .where(ProfessionalGrade.domain == domain, ProfessionalGrade.enterprise_id == enterprise_id)
        .order_by(ProfessionalGrade.id.desc())
        .limit(50)
    ).all()


def tier_history(domain: str, enterprise_id: int) -> Sequence[SupervisionTier]:
    """Every tier, newest first (at most 50)."""
    return session.scalars(
        select(SupervisionTier)
        .where(SupervisionTier.domain == domain, SupervisionTier.enterprise_id == enterprise_id)
        .order_by(SupervisionTier.id.desc())
        .limit(50)
    ).all()


# ---- Deliveries ------------------------------------------------------------------------------------------------------


def batches(domain: str) -> Sequence[ProfessionalBatch]:
    """Deliveries of a domain, newest first (at most 20)."""
    return session.scalars(
        select(ProfessionalBatch)
        .where(ProfessionalBatch.domain == domain)
        .order_by(ProfessionalBatch.id.desc())
        .limit(20)
    ).all()


def batch(domain: str, batch_id: int) -> ProfessionalBatch:
    """One delivery."""
    found = session.get(ProfessionalBatch, batch_id)
    if found is None or found.domain != domain:
        raise NotFound(_("没有这个导入批次。"))
    return found


# ---- Full coverage ---------------------------------------------------------------------------------------------------


def plans(actor: Actor) -> Sequence[Row[Any]]:
    """The coverage plans of the domains and units that the actor may see, newest first."""
    statement = select(CoveragePlan).where(CoveragePlan.domain.in_(list(domains_of(actor))))
    statement = staff.visible(statement, actor, unit=CoveragePlan.org_id)
    return session.scalars(
        statement.order_by(CoveragePlan.year.desc(), CoveragePlan.domain, CoveragePlan.id.desc()).limit(200)
    ).all()


def plan(plan_id: int, actor: Actor) -> CoveragePlan:
    """One coverage plan, or NotFound."""
    found = session.get(CoveragePlan, plan_id)
    if (
        found is None
        or (not actor.is_system and found.domain not in domains_of(actor))
        or not staff.sees_unit(actor, found.org_id)
    ):
        raise NotFound(_("没有这个全覆盖检查计划，或者不在您的辖区和业务范围内。"))
    return found


def plans_in_force(year: int) -> Sequence[CoveragePlan]:
    """The approved plans of a year."""
    return session.scalars(
        select(CoveragePlan)
        .where(CoveragePlan.state == "approved", CoveragePlan.year == year)
        .order_by(CoveragePlan.id)
    ).all()


def batches_of(plan_id: int) -> Sequence[CoverageBatch]:
    """What a plan has opened so far, newest month first."""
    return session.scalars(
        select(CoverageBatch)
        .where(CoverageBatch.plan_id == plan_id)
        .order_by(CoverageBatch.period.desc(), CoverageBatch.trade)
    ).all()


def progress_of(batch_ids: Sequence[int]) -> dict[int, dict[str, int]]:
    """How many cases of each batch stand in each state."""
    return {batch_id: cases.progress_of("coverage", batch_id) for batch_id in batch_ids}


def opened_in(plan_id: int, period: str) -> int:
    """How many cases a plan opened in a month."""
    statement = select(func.coalesce(func.sum(CoverageBatch.opened), 0))
    return int(session.scalar(statement.where(CoverageBatch.plan_id == plan_id, CoverageBatch.period == period)) or 0)


def coming_due(domain: str, unit_ids: Sequence[int], until: date) -> Sequence[Row[Any]]:
    """Objects below these units whose check is due by a day, the longest overdue and the strictest first."""
    return session.execute(
        select(KeySubject.enterprise_id, KeySubject.trades, KeySubject.tier, KeySubject.due_on)
        .where(
            KeySubject.domain == domain,
            KeySubject.left_on.is_(None),
            KeySubject.due_on <= until,
            registry.below(unit_ids, enterprise=KeySubject.enterprise_id),
        )
        .order_by(KeySubject.due_on, KeySubject.tier, KeySubject.enterprise_id)
    ).all()


def missing_items(domain: Domain, listed: Collection[str]) -> list[str]:
    """The items by which a domain is checked that are not on the list in force."""
    return sorted({trade.item for trade in domain.trades} - set(listed))
