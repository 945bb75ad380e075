"""The organisation tree, the staff's accounts and the directory of enforcement officers."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from casework.accounts.rules import CERTIFICATE_KINDS, EXPERT_KINDS
from casework.core.db import Base, BigId


class OrgUnit(Base):
    """市局 → 县(市、区)局 → 市场监管所. `path` lists the ids from the root, e.g. `/1/4/17/`; a prefix is a subtree."""

    __tablename__ = "org_unit"
    __table_args__ = (
        CheckConstraint("kind IN ('city', 'county', 'office')", name="kind"),
        CheckConstraint("(kind = 'city') = (parent_id IS NULL)", name="root"),
        Index("ix_org_unit_path", "path", postgresql_ops={"path": "text_pattern_ops"}),
    )

    id: Mapped[BigId]
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("org_unit.id"))
    kind: Mapped[str]
    name: Mapped[str] = mapped_column(unique=True)
    short_name: Mapped[str]
    division_code: Mapped[str] = mapped_column(index=True)
    path: Mapped[str]
    telephone: Mapped[str | None]
    address: Mapped[str | None]


class Account(Base):
    """One person's sign-in. `epoch` grows when all sessions of the account shall end."""

    __tablename__ = "account"
    __table_args__ = (CheckConstraint("failures >= 0", name="failures"),)

    id: Mapped[BigId]
    login: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    password_hash: Mapped[str]
    org_id: Mapped[int] = mapped_column(ForeignKey("org_unit.id"), index=True)
    roles: Mapped[list[str]]
    lines: Mapped[list[str]] = mapped_column(default=list)
    active: Mapped[bool] = mapped_column(default=True)
    failures: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None]
    epoch: Mapped[int] = mapped_column(default=1)
    password_set_at: Mapped[datetime]
    last_sign_in_at: Mapped[datetime | None]


class Officer(Base):
    """执法检查人员名录: who may be drawn and sent. An expired certificate leaves every roster by itself.

    `item_codes` narrows the scope (执法事项范围) within `lines` to single items; empty: all items of the lines.
    `qualifications_until` tells the last day of those qualifications that end.
    """

    __tablename__ = "officer"
    __table_args__ = (
        Index("ix_officer_org_id", "org_id", "active"),
        CheckConstraint(f"certificate_kind IN {tuple(CERTIFICATE_KINDS)}", name="certificate_kind"),
        CheckConstraint("absent_from IS NULL OR absent_from <= absent_until", name="absence"),
    )

    id: Mapped[BigId]
    roster_id: Mapped[str] = mapped_column(unique=True)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"), unique=True)
    org_id: Mapped[int] = mapped_column(ForeignKey("org_unit.id"))
    name: Mapped[str]
    certificate_no: Mapped[str] = mapped_column(unique=True)
    certificate_valid_until: Mapped[date]
    lines: Mapped[list[str]]
    qualifications: Mapped[list[str]] = mapped_column(default=list)
    active: Mapped[bool] = mapped_column(default=True)
    absent_until: Mapped[date | None]
    absent_from: Mapped[date | None]
    absent_reason: Mapped[str | None]
    staff_no: Mapped[str | None]
    duty: Mapped[str | None]
    post_category: Mapped[str | None]
    in_post_since: Mapped[date | None]
    education: Mapped[str | None]
    certificate_kind: Mapped[str | None]
    item_codes: Mapped[list[str]] = mapped_column(default=list)
    qualifications_until: Mapped[dict[str, Any]] = mapped_column(default=dict)


class Expert(Base):
    """专家库: experts and professional bodies. They assist and give opinions; no draw and no team can take them in."""

    __tablename__ = "expert"
    __table_args__ = (
        CheckConstraint(f"kind IN {tuple(EXPERT_KINDS)}", name="kind"),
        CheckConstraint("number <> '' AND name <> '' AND field <> ''", name="filled"),
    )

    id: Mapped[BigId]
    number: Mapped[str] = mapped_column(unique=True)
    org_id: Mapped[int] = mapped_column(ForeignKey("org_unit.id"))
    kind: Mapped[str]
    name: Mapped[str]
    employer: Mapped[str | None]
    field: Mapped[str]
    title: Mapped[str | None]
    lines: Mapped[list[str]]
    valid_until: Mapped[date | None]
    active: Mapped[bool] = mapped_column(default=True)
