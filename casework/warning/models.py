"""Alerts, the occurrences that raised them, and the monthly counts behind the risk index."""

from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Computed, ForeignKey, Index, Numeric, text
from sqlalchemy.orm import Mapped, mapped_column

from casework.core.db import Base
from casework.warning.rules import ALERT, ENDED, LEVELS, SCOPES


class Alert(Base):
    """One matter that a signal pointed to. It changes no grade and is no finding.

    `home_id` is the unit about which it was raised, `org_id` has it now. `entered_on` is the day of the present step,
    `due_on` its last day (None when it has ended); `escalated_for` is a last day that passed, so that the head was
    told. Alerts and items of intake count in one sequence: their ids are the origins of triggered cases, which must
    differ.
    """

    __tablename__ = "alert"
    __table_args__ = (
        CheckConstraint(f"level IN {tuple(LEVELS)}", name="level"),
        CheckConstraint(f"scope IN {tuple(SCOPES)}", name="scope"),
        CheckConstraint(f"state IN {ALERT.state_names}", name="state"),
        CheckConstraint(f"(due_on IS NULL) = (state IN {ENDED})", name="clock_runs_until_the_end"),
        CheckConstraint(f"(ended_on IS NULL) = (state NOT IN {ENDED})", name="ended_on"),
        CheckConstraint("(merged_into_id IS NULL) = (state <> 'merged') AND merged_into_id <> id", name="merged"),
        CheckConstraint("finding IS NOT NULL OR state NOT IN ('disposing', 'reviewing', 'closed')", name="checked"),
        CheckConstraint("cardinality(measures) > 0 OR state NOT IN ('reviewing', 'closed')", name="disposed"),
        CheckConstraint("reviewed_by <> disposed_by", name="reviewed_by_another"),
        CheckConstraint("times >= 1", name="times"),
        Index("uq_alert_open", "signal", "subject", unique=True, postgresql_where=text("due_on IS NOT NULL")),
        Index("ix_alert_subject", "signal", "subject", "id"),
        Index("ix_alert_due_on", "due_on", "id", postgresql_where=text("due_on IS NOT NULL")),
        Index("ix_alert_org_id", "org_id", "due_on", "id"),
        Index("ix_alert_enterprise_ids", "enterprise_ids", postgresql_using="gin"),
    )

    id: Mapped[int] = mapped_column(BigInteger, server_default=text("nextval('trigger_id_seq')"), primary_key=True)
    number: Mapped[str] = mapped_column(
        Computed(
            "'YJ' || extract(year FROM raised_on)::text || '-' || lpad(id::text, greatest(6, length(id::text)), '0')",
            persisted=True,
        ),
        unique=True,
    )
    signal: Mapped[str]
    scope: Mapped[str]
    subject: Mapped[str]
    level: Mapped[str]
    state: Mapped[str]
    home_id: Mapped[int] = mapped_column(ForeignKey("org_unit.id"))
    org_id: Mapped[int] = mapped_column(ForeignKey("org_unit.id"))
    line: Mapped[str | None]
    enterprise_ids: Mapped[list[int]]
    value: Mapped[Decimal] = mapped_column(Numeric(14, 2))
    facts: Mapped[dict[str, Any]]
    raised_on: Mapped[date]
    seen_on: Mapped[date]
    times: Mapped[int]
    entered_on: Mapped[date]
    due_on: Mapped[date | None]
    escalated_for: Mapped[date | None]

    finding: Mapped[str | None]
    """What the verification found, in the officer's words."""
    measures: Mapped[list[str]] = mapped_column(default=list, server_default="{}")
    disposal: Mapped[str | None]
    disposed_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    reviewed_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    campaign_id: Mapped[int | None] = mapped_column(ForeignKey("campaign.id"))
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("alert.id"))
    ended_on: Mapped[date | None]


class Sighting(Base):
    """One occurrence of a signal, seen once, and the alert that it raised, joined or reopened."""

    __tablename__ = "sighting"
    __table_args__ = (
        CheckConstraint(f"level IN {tuple(LEVELS)}", name="level"),
        Index("ix_sighting_alert_id", "alert_id"),
    )

    signal: Mapped[str] = mapped_column(primary_key=True)
    subject: Mapped[str] = mapped_column(primary_key=True)
    period: Mapped[str] = mapped_column(primary_key=True)
    alert_id: Mapped[int] = mapped_column(ForeignKey("alert.id"))
    level: Mapped[str]
    value: Mapped[Decimal] = mapped_column(Numeric(14, 2))
    facts: Mapped[dict[str, Any]]
    seen_on: Mapped[date]


class RiskCount(Base):
    """What the index of an area and an industry is made from, at the last scan of a month (its first day)."""

    __tablename__ = "risk_count"

    month: Mapped[date] = mapped_column(primary_key=True)
    area_id: Mapped[int] = mapped_column(ForeignKey("org_unit.id"), primary_key=True)
    section: Mapped[str] = mapped_column(primary_key=True)
    """A section of GB/T 4754; empty where the register does not say."""
    subjects: Mapped[int]
    graded: Mapped[int]
    c: Mapped[int]
    d: Mapped[int]
    checks: Mapped[int]
    problems: Mapped[int]
    complaints: Mapped[int]
    abnormal: Mapped[int]
    counted_on: Mapped[date]
