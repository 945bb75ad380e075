"""Papers and the counters of their numbers."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from casework.core.db import Base, BigId
from casework.documents.rules import DOCUMENT

ALIVE = "state IN ('draft', 'issued')"
UNPRINTED = "issued_at IS NOT NULL AND pdf_sha256 IS NULL"


class Document(Base):
    """One paper. Facts are frozen when it is drafted, the number when it is issued; a trigger refuses any change."""

    __tablename__ = "document"
    __table_args__ = (
        CheckConstraint(f"state IN {DOCUMENT.state_names}", name="state"),
        CheckConstraint("state <> 'draft' OR issued_at IS NULL", name="draft_is_not_issued"),
        CheckConstraint("state <> 'issued' OR issued_at IS NOT NULL", name="issued_is_dated"),
        CheckConstraint("(issued_at IS NULL) = (issued_by IS NULL)", name="issued_by"),
        CheckConstraint("(issued_at IS NULL) = (check_code IS NULL)", name="check_code"),
        CheckConstraint("(number IS NULL) = (issued_at IS NULL OR series IS NULL)", name="numbered_when_issued"),
        CheckConstraint("(number IS NULL) = (year IS NULL)", name="year"),
        CheckConstraint("(number IS NULL) = (serial IS NULL)", name="number_has_serial"),
        CheckConstraint("serial > 0", name="serial"),
        CheckConstraint("(state = 'voided') = (void_reason IS NOT NULL) AND void_reason <> ''", name="void_reason"),
        CheckConstraint("(void_reason IS NULL) = (voided_at IS NULL)", name="voided_at"),
        CheckConstraint("edition > 0 AND (edition = 1) = (replaces_id IS NULL)", name="edition"),
        CheckConstraint("pdf_sha256 IS NULL OR issued_at IS NOT NULL", name="printed_when_issued"),
        UniqueConstraint("organ_id", "series", "year", "serial"),
        Index("ix_document_subject", "subject_kind", "subject_id"),
        Index(
            "uq_document_facts",
            *("kind", "subject_kind", "subject_id", "facts_sha256"),
            unique=True,
            postgresql_where=text(ALIVE),
        ),
        Index("ix_document_unprinted", "id", postgresql_where=text(UNPRINTED)),
        Index("uq_document_replaces_id", "replaces_id", unique=True, postgresql_where=text(ALIVE)),
    )

    id: Mapped[BigId]
    kind: Mapped[str]
    subject_kind: Mapped[str]
    subject_id: Mapped[int]
    org_id: Mapped[int] = mapped_column(ForeignKey("org_unit.id"), index=True)
    organ_id: Mapped[int] = mapped_column(ForeignKey("org_unit.id"))
    series: Mapped[str | None]
    year: Mapped[int | None]
    serial: Mapped[int | None]
    number: Mapped[str | None] = mapped_column(unique=True)
    edition: Mapped[int]
    replaces_id: Mapped[int | None] = mapped_column(ForeignKey("document.id"))
    facts: Mapped[dict[str, Any]]
    facts_sha256: Mapped[str]
    state: Mapped[str]
    drafted_at: Mapped[datetime]
    issued_at: Mapped[datetime | None]
    issued_by: Mapped[str | None]
    check_code: Mapped[str | None] = mapped_column(unique=True)
    pdf_sha256: Mapped[str | None] = mapped_column(ForeignKey("stored_file.sha256"))
    pdf_asked_at: Mapped[datetime | None]
    """When the press was last asked for the PDF."""
    void_reason: Mapped[str | None]
    voided_at: Mapped[datetime | None]


class NumberSeries(Base):
    """The last number given per organ, series and year. Its row stays locked until the paper that took it is kept."""

    __tablename__ = "number_series"
    __table_args__ = (CheckConstraint("last > 0", name="last"),)

    organ_id: Mapped[int] = mapped_column(ForeignKey("org_unit.id"), primary_key=True)
    series: Mapped[str] = mapped_column(primary_key=True)
    year: Mapped[int] = mapped_column(primary_key=True)
    last: Mapped[int]
