"""Professional grades and supervision tiers (append-only), how each object stands now, deliveries, coverage plans."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import ARRAY, CheckConstraint, ForeignKey, Index, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from casework.core.db import Base, BigId, Small
from casework.keydomains.domains import DOMAINS
from casework.keydomains.rules import COVERAGE, GRADES, HIGHEST, MILDEST, SOURCES, STRICTEST

DOMAIN = f"domain IN {tuple(sorted(DOMAINS))}"
TIER = f"tier BETWEEN {STRICTEST} AND {MILDEST}"


class ProfessionalGrade(Base):
    """One professional grade that an enterprise got in a domain, with the points behind it. Append-only.

    Another object than the credit grade, with other readers: only the business line and those who lead it.
    """

    __tablename__ = "professional_grade"
    __table_args__ = (
        CheckConstraint(DOMAIN, name="domain"),
        CheckConstraint(f"source IN {tuple(SOURCES)}", name="source"),
        CheckConstraint(f"grade IN {GRADES}", name="grade"),
        CheckConstraint(f"score BETWEEN 0 AND {HIGHEST}", name="score"),
        CheckConstraint("(source = 'imported') = (batch_id IS NOT NULL)", name="batch"),
        CheckConstraint("source = 'imported' OR score IS NOT NULL", name="computed_has_score"),
        Index("ix_professional_grade_enterprise_id", "enterprise_id", "domain", "source", "id"),
    )

    id: Mapped[BigId]
    enterprise_id: Mapped[int] = mapped_column(ForeignKey("enterprise.id"))
    domain: Mapped[str]
    source: Mapped[str]
    grade: Mapped[str]
    score: Mapped[Small | None]
    static: Mapped[Small | None]
    dynamic: Mapped[Small | None]
    factors: Mapped[list[Any]] = mapped_column(JSONB, default=list)
    """Of each factor with points: key, points, how often, and the ids of the records that show it."""
    valid_from: Mapped[date]
    document_no: Mapped[str]
    batch_id: Mapped[int | None] = mapped_column(ForeignKey("professional_batch.id"))
    recorded_at: Mapped[datetime]


class SupervisionTier(Base):
    """One supervision tier that an enterprise got in a domain, with its receipt. Append-only."""

    __tablename__ = "supervision_tier"
    __table_args__ = (
        CheckConstraint(DOMAIN, name="domain"),
        CheckConstraint(TIER, name="tier"),
        CheckConstraint("months > 0", name="months"),
        Index("ix_supervision_tier_enterprise_id", "enterprise_id", "domain", "id"),
    )

    id: Mapped[BigId]
    enterprise_id: Mapped[int] = mapped_column(ForeignKey("enterprise.id"))
    domain: Mapped[str]
    tier: Mapped[Small]
    months: Mapped[Small]
    receipt: Mapped[dict[str, Any]] = mapped_column(JSONB)
    as_of: Mapped[date]
    recorded_at: Mapped[datetime]


class KeySubject(Base):
    """How an object of a domain stands now. `left_on`: the day on which it was found to be none any more."""

    __tablename__ = "key_subject"
    __table_args__ = (
        CheckConstraint(DOMAIN, name="domain"),
        CheckConstraint(TIER, name="tier"),
        CheckConstraint(f"grade IN {GRADES}", name="grade"),
        CheckConstraint("cardinality(trades) > 0", name="has_trades"),
        Index("ix_key_subject_due_on", "domain", "due_on", "enterprise_id", postgresql_where=text("left_on IS NULL")),
    )

    enterprise_id: Mapped[int] = mapped_column(ForeignKey("enterprise.id"), primary_key=True, autoincrement=False)
    domain: Mapped[str] = mapped_column(primary_key=True)
    trades: Mapped[list[str]] = mapped_column(ARRAY(Text))
    since: Mapped[date]
    grade: Mapped[str]
    grade_id: Mapped[int] = mapped_column(ForeignKey("professional_grade.id"))
    computed_id: Mapped[int] = mapped_column(ForeignKey("professional_grade.id"))
    tier: Mapped[Small]
    tier_id: Mapped[int] = mapped_column(ForeignKey("supervision_tier.id"))
    last_visit_on: Mapped[date | None]
    due_on: Mapped[date]
    left_on: Mapped[date | None]


class ProfessionalBatch(Base):
    """One delivery of professional grades from the professional system: what became of each of its rows."""

    __tablename__ = "professional_batch"
    __table_args__ = (
        CheckConstraint(DOMAIN, name="domain"),
        CheckConstraint("read = new + unchanged + unmatched + rejected", name="every_row_accounted_for"),
    )

    id: Mapped[BigId]
    domain: Mapped[str]
    source: Mapped[str]
    issued_on: Mapped[date]
    document_no: Mapped[str]
    file_sha256: Mapped[str] = mapped_column(ForeignKey("stored_file.sha256"))
    file_name: Mapped[str]
    dry_run: Mapped[bool]
    read: Mapped[int]
    new: Mapped[int]
    unchanged: Mapped[int]
    unmatched: Mapped[int]
    rejected: Mapped[int]
    problems: Mapped[list[Any]] = mapped_column(JSONB)
    """Rows that were not kept: number of the row, code, field and why."""
    imported_by: Mapped[str]
    imported_at: Mapped[datetime]


class CoveragePlan(Base):
    """全覆盖检查计划: the checks of a year that a bureau owes to the key objects of a domain."""

    __tablename__ = "coverage_plan"
    __table_args__ = (
        CheckConstraint(DOMAIN, name="domain"),
        CheckConstraint(f"state IN {COVERAGE.state_names}", name="state"),
        CheckConstraint("monthly_most > 0 AND officers_per_case >= 2", name="size"),
        CheckConstraint("approved_by <> author_id", name="approved_by_another"),
        CheckConstraint("(number IS NULL) = (approved_by IS NULL)", name="numbered_when_approved"),
        CheckConstraint("state NOT IN ('approved', 'ended') OR approved_by IS NOT NULL", name="approved"),
        Index(
            "uq_coverage_plan_open",
            "org_id",
            "domain",
            "year",
            unique=True,
            postgresql_where=text("state <> 'ended'"),
        ),
    )

    id: Mapped[BigId]
    org_id: Mapped[int] = mapped_column(ForeignKey("org_unit.id"))
    domain: Mapped[str]
    year: Mapped[Small]
    title: Mapped[str]
    monthly_most: Mapped[int]
    officers_per_case: Mapped[Small]
    state: Mapped[str] = mapped_column(default=COVERAGE.initial)
    number: Mapped[str | None]
    author_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    author_name: Mapped[str]
    made_at: Mapped[datetime]
    approved_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    approved_name: Mapped[str | None]
    approved_at: Mapped[datetime | None]


class CoverageBatch(Base):
    """The objects of one trade that came due in a month of a plan: what their cases have as origin."""

    __tablename__ = "coverage_batch"
    __table_args__ = (UniqueConstraint("plan_id", "period", "trade"),)

    id: Mapped[BigId]
    plan_id: Mapped[int] = mapped_column(ForeignKey("coverage_plan.id"))
    period: Mapped[str]
    trade: Mapped[str]
    opened: Mapped[int] = mapped_column(default=0)
