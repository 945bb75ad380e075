"""Cases with their officers, results, evidence, ordered corrections, follow-up, and what was released of them."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Computed, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from casework.cases.rules import (
    ENDED,
    MEASURES,
    ORIGIN_KINDS,
    RECTIFICATION_OUTCOMES,
    RELEASED,
    SOURCES,
    STANDARD,
    SUSPENDED,
)
from casework.core.db import Base, BigId, Small

_WITHOUT_CODE = ("opened", "awaiting_approval", SUSPENDED.name)


class JointVisit(Base):
    """综合查一次: one visit that several cases of an enterprise share; each keeps its origin, officers and results."""

    __tablename__ = "joint_visit"

    id: Mapped[BigId]
    enterprise_id: Mapped[int] = mapped_column(ForeignKey("enterprise.id"))
    made_at: Mapped[datetime]


class Case(Base):
    """One enterprise × one task, or one trigger (domain Y.3). `items` is the snapshot of what is to be inspected.

    `entered_on` is the day of the present step, `due_on` its last day (None when the case has ended); `task_due_on`
    ends the whole task. `checked_on` is the day of the check, `concluded_on` the day on which the present edition was
    first handed in. `code` opens the check-in. `number` ends in the id. The edition being worked on is
    `released_edition + 1`. Cases with the same `joint_visit_id` are checked in one visit.
    """

    __tablename__ = "case"
    __table_args__ = (
        UniqueConstraint("origin_kind", "origin_id", "enterprise_id"),
        CheckConstraint(f"origin_kind IN {tuple(ORIGIN_KINDS)}", name="origin_kind"),
        CheckConstraint(f"source IN {tuple(SOURCES)}", name="source"),
        CheckConstraint(f"state IN {STANDARD.state_names}", name="state"),
        CheckConstraint("jsonb_array_length(items) > 0", name="has_items"),
        CheckConstraint(f"(due_on IS NULL) = (state IN {ENDED})", name="clock_runs_until_the_end"),
        CheckConstraint(f"(closed_on IS NULL) = (state NOT IN {ENDED})", name="closed_when_ended"),
        CheckConstraint(f"(suspended_until IS NULL) = (state <> '{SUSPENDED.name}')", name="suspended_until"),
        CheckConstraint(
            f"code IS NOT NULL OR emergency OR ended_by IS NOT NULL OR state IN {_WITHOUT_CODE}",
            name="no_check_without_code",
        ),
        CheckConstraint(
            "(code IS NULL) = (approved_on IS NULL) AND (code IS NULL) = (approved_by IS NULL)", name="approved_whole"
        ),
        CheckConstraint("notified_on IS NULL OR approved_on IS NOT NULL", name="notice_after_approval"),
        CheckConstraint("state <> 'inspecting' OR checked_on IS NOT NULL", name="checked_on"),
        CheckConstraint("(ended_by IS NULL) = (ended_because IS NULL)", name="ended_because"),
        CheckConstraint("state NOT IN ('reviewing', 'releasing') OR concluded_by IS NOT NULL", name="concluded"),
        CheckConstraint("state <> 'releasing' OR reviewed_by IS NOT NULL", name="reviewed"),
        CheckConstraint("reviewed_by <> concluded_by", name="reviewed_by_another"),
        CheckConstraint("joint_visit_id IS NULL OR on_site", name="joint_on_site"),
        CheckConstraint("released_edition >= 0", name="released_edition"),
        CheckConstraint(f"released_edition > 0 OR state NOT IN {RELEASED}", name="released"),
        Index("uq_case_code", "code", unique=True, postgresql_where=text("code IS NOT NULL")),
        Index("ix_case_due_on", "due_on", "id", postgresql_where=text("due_on IS NOT NULL")),
        Index("ix_case_org_id", "org_id", "due_on", "id"),
        Index("ix_case_state", "state", "due_on", "id"),
        Index("ix_case_enterprise_id", "enterprise_id", "checked_on"),
        Index("ix_case_joint_visit_id", "joint_visit_id", postgresql_where=text("joint_visit_id IS NOT NULL")),
    )  # fmt: skip

    id: Mapped[BigId]
    number: Mapped[str] = mapped_column(
        Computed("'JC' || extract(year FROM opened_on)::text || '-' || lpad(id::text, 6, '0')", persisted=True)
    )
    origin_kind: Mapped[str]
    origin_id: Mapped[int]
    origin_number: Mapped[str]
    title: Mapped[str]
    source: Mapped[str]
    kind: Mapped[str]
    enterprise_id: Mapped[int] = mapped_column(ForeignKey("enterprise.id"))
    org_id: Mapped[int] = mapped_column(ForeignKey("org_unit.id"))
    line: Mapped[str | None]
    items: Mapped[list[Any]]
    on_site: Mapped[bool]
    state: Mapped[str]
    opened_on: Mapped[date]
    entered_on: Mapped[date]
    due_on: Mapped[date | None]
    task_due_on: Mapped[date | None]
    reminded_for: Mapped[date | None]
    suspended_until: Mapped[date | None]

    joint_visit_id: Mapped[int | None] = mapped_column(ForeignKey("joint_visit.id"))
    emergency: Mapped[bool] = mapped_column(default=False, server_default="false")
    surprise: Mapped[bool] = mapped_column(default=False, server_default="false")
    code: Mapped[str | None]
    approved_on: Mapped[date | None]
    approved_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    override_reason: Mapped[str | None]
    notified_on: Mapped[date | None]

    checked_on: Mapped[date | None]
    methods: Mapped[list[str]] = mapped_column(default=list, server_default="{}")
    measures: Mapped[list[str]] = mapped_column(default=list, server_default="{}")
    ended_by: Mapped[str | None]
    ended_because: Mapped[str | None]
    concluded_on: Mapped[date | None]
    concluded_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    reviewed_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    released_edition: Mapped[Small] = mapped_column(default=0, server_default="0")
    correction_reason: Mapped[str | None]
    closed_on: Mapped[date | None]
    outcome: Mapped[str | None]

    seats: Mapped[list["CaseOfficer"]] = relationship(
        order_by="CaseOfficer.ordinal", lazy="selectin", cascade="all, delete-orphan"
    )
    visit: Mapped["CaseVisit | None"] = relationship()
    results: Mapped[list["CaseResult"]] = relationship(cascade="all, delete-orphan")
    evidence: Mapped[list["Evidence"]] = relationship(order_by="Evidence.id", cascade="all, delete-orphan")
    rectifications: Mapped[list["Rectification"]] = relationship(order_by="Rectification.id")
    follow_ups: Mapped[list["FollowUp"]] = relationship(order_by="FollowUp.id")
    releases: Mapped[list["CaseRelease"]] = relationship(order_by="CaseRelease.edition")

    @property
    def officer_ids(self) -> list[int]:
        """Who is to inspect, the leader first."""
        return [seat.officer_id for seat in self.seats if seat.replaced_on is None]

    @property
    def approval_owed(self) -> bool:
        """Whether an urgent check still waits for its approval."""
        return self.emergency and self.approved_on is None

    @property
    def notice_owed(self) -> bool:
        """Whether the notice of an approved check was not handed over yet."""
        return self.approved_on is not None and self.notified_on is None and self.ended_by is None

    @property
    def open_follow_up(self) -> int:
        """How many corrections and measures wait for their outcome."""
        return sum(row.outcome is None for row in (*self.rectifications, *self.follow_ups))


class CaseOfficer(Base):
    """One officer's seat in a case; the first leads. Whoever was replaced stays on record with the reason."""

    __tablename__ = "case_officer"
    __table_args__ = (
        CheckConstraint("ordinal >= 1", name="ordinal"),
        CheckConstraint("(replaced_on IS NULL) = (replaced_because IS NULL)", name="replaced_because"),
        Index("uq_case_officer_seat", "case_id", "ordinal", unique=True, postgresql_where=text("replaced_on IS NULL")),
        Index("ix_case_officer_officer_id", "officer_id", "case_id", postgresql_where=text("replaced_on IS NULL")),
    )

    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"), primary_key=True)
    officer_id: Mapped[int] = mapped_column(ForeignKey("officer.id"), primary_key=True)
    ordinal: Mapped[Small]
    replaced_on: Mapped[date | None]
    replaced_because: Mapped[str | None]


class CaseAssistant(Base):
    """An expert or professional body asked to assist in a case: beside the officers, never counted among them."""

    __tablename__ = "case_assistant"
    __table_args__ = (CheckConstraint("task <> ''", name="task"),)

    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"), primary_key=True)
    expert_id: Mapped[int] = mapped_column(ForeignKey("expert.id"), primary_key=True)
    task: Mapped[str]
    asked_by: Mapped[str]
    asked_at: Mapped[datetime]


class CaseVisit(Base):
    """The officers' presence on the spot: in and out (only these two places are kept), who was there, what was said."""

    __tablename__ = "case_visit"
    __table_args__ = (
        CheckConstraint("out_at >= in_at", name="out_after_in"),
        CheckConstraint("signature IN ('signed', 'refused')", name="signature"),
        CheckConstraint("signature <> 'refused' OR refusal IS NOT NULL", name="refusal_is_explained"),
    )

    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"), primary_key=True)
    in_at: Mapped[datetime]
    in_by: Mapped[str]
    in_place: Mapped[str]
    out_at: Mapped[datetime | None]
    out_place: Mapped[str | None]
    present_name: Mapped[str | None]
    present_position: Mapped[str | None]
    told: Mapped[list[Any]] = mapped_column(default=list)
    read_aloud: Mapped[bool] = mapped_column(default=False)
    opinion: Mapped[str | None]
    signature: Mapped[str | None]
    refusal: Mapped[str | None]
    witness: Mapped[str | None]


class CaseResult(Base):
    """What was found about one item; a row appears with the first answer. `revision` counts its changes."""

    __tablename__ = "case_result"
    __table_args__ = (
        CheckConstraint("cardinality(codes) > 0", name="has_codes"),
        CheckConstraint("finding <> '' AND disposal <> ''", name="filled_or_none"),
        CheckConstraint("revision >= 1", name="revision"),
    )

    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"), primary_key=True)
    item_code: Mapped[str] = mapped_column(primary_key=True)
    codes: Mapped[list[str]]
    finding: Mapped[str]
    disposal: Mapped[str]
    recorded_by: Mapped[str]
    recorded_at: Mapped[datetime]
    revision: Mapped[Small] = mapped_column(default=1)


class Evidence(Base):
    """A photo or paper of a case as it was taken: its bytes are never altered, their hash stands on the record."""

    __tablename__ = "evidence"
    __table_args__ = (UniqueConstraint("case_id", "file_sha256"),)

    id: Mapped[BigId]
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"))
    item_code: Mapped[str | None]
    file_sha256: Mapped[str] = mapped_column(ForeignKey("stored_file.sha256"))
    media_type: Mapped[str]
    size: Mapped[int]
    note: Mapped[str | None]
    added_at: Mapped[datetime]
    added_by: Mapped[str]


class Rectification(Base):
    """责令改正: what is to be put right by when, and what the re-check found. Several lines are several paragraphs."""

    __tablename__ = "rectification"
    __table_args__ = (
        CheckConstraint(f"outcome IN {tuple(RECTIFICATION_OUTCOMES)}", name="outcome"),
        CheckConstraint("(outcome IS NULL) = (rechecked_on IS NULL)", name="rechecked"),
        CheckConstraint("due_on >= ordered_on AND rechecked_on >= ordered_on", name="days"),
        Index("ix_rectification_case_id", "case_id"),
        Index("ix_rectification_due_on", "due_on", postgresql_where=text("outcome IS NULL")),
    )

    id: Mapped[BigId]
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"))
    violation: Mapped[str]
    violated: Mapped[str]
    basis: Mapped[str]
    demands: Mapped[str]
    ordered_on: Mapped[date]
    due_on: Mapped[date]
    document_id: Mapped[int | None] = mapped_column(ForeignKey("document.id"))
    rechecked_on: Mapped[date | None]
    outcome: Mapped[str | None]
    recheck_note: Mapped[str | None]


class FollowUp(Base):
    """后续处置: one measure after the check, until its outcome is known."""

    __tablename__ = "follow_up"
    __table_args__ = (
        CheckConstraint(f"measure IN {tuple(MEASURES)}", name="measure"),
        CheckConstraint("(outcome IS NULL) = (finished_on IS NULL) AND outcome <> ''", name="finished"),
        CheckConstraint("due_on >= ordered_on AND finished_on >= ordered_on", name="days"),
        Index("uq_follow_up_open", "case_id", "measure", unique=True, postgresql_where=text("outcome IS NULL")),
        Index("ix_follow_up_case_id", "case_id"),
    )

    id: Mapped[BigId]
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"))
    measure: Mapped[str]
    note: Mapped[str | None]
    ordered_on: Mapped[date]
    due_on: Mapped[date]
    finished_on: Mapped[date | None]
    outcome: Mapped[str | None]


class CaseRelease(Base):
    """One edition of a result as it was approved for publication: frozen facts, and the three people behind it."""

    __tablename__ = "case_release"
    __table_args__ = (
        CheckConstraint("edition >= 1", name="edition"),
        CheckConstraint(
            "reviewed_by <> concluded_by AND released_by <> reviewed_by AND released_by <> concluded_by",
            name="three_people",
        ),
    )

    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"), primary_key=True)
    edition: Mapped[Small] = mapped_column(primary_key=True)
    facts: Mapped[dict[str, Any]]
    concluded_by: Mapped[int] = mapped_column(ForeignKey("account.id"))
    reviewed_by: Mapped[int] = mapped_column(ForeignKey("account.id"))
    released_by: Mapped[int] = mapped_column(ForeignKey("account.id"))
    released_at: Mapped[datetime]
