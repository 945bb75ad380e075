"""Models of grading, the present rating of each enterprise, its history, and the runs that made them."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from casework.core.db import Base, BigId, Small
from casework.grading.rules import ADJUSTMENT, FILE_FORMS, GRADES, MODEL, RUN_KINDS
from casework.registry.rules import SUBJECT_CLASSES


class GradingModel(Base):
    """One version of a model, in full. The database refuses to change anything but its state."""

    __tablename__ = "grading_model"
    __table_args__ = (
        UniqueConstraint("key", "version"),
        CheckConstraint(f"state IN {MODEL.state_names}", name="state"),
        CheckConstraint(f"subject_class IN {tuple(SUBJECT_CLASSES)}", name="subject_class"),
        CheckConstraint("version >= 1", name="version"),
        Index(
            "uq_grading_model_active",
            "subject_class",
            "effective_from",
            unique=True,
            postgresql_where=text("state = 'active'"),
        ),
    )

    id: Mapped[BigId]
    key: Mapped[str]
    version: Mapped[int]
    subject_class: Mapped[str]
    effective_from: Mapped[date]
    document_no: Mapped[str]
    definition: Mapped[dict[str, Any]]
    sha256: Mapped[str]
    state: Mapped[str] = mapped_column(default=MODEL.initial)
    drafted_by: Mapped[str]
    drafted_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    drafted_at: Mapped[datetime]


class ClassificationRun(Base):
    """One run over the whole register, over those that are due, or over a batch. Done when `finished_at` is set."""

    __tablename__ = "classification_run"
    __table_args__ = (
        CheckConstraint(f"kind IN {tuple(RUN_KINDS)}", name="kind"),
        CheckConstraint("finished_at IS NULL OR (looked_at >= changed AND whole IS NOT NULL)", name="counted"),
        CheckConstraint("(finished_at IS NOT NULL AND whole) = (distribution IS NOT NULL)", name="distribution"),
        Index("ix_classification_run_finished_at", "finished_at", postgresql_where=text("finished_at IS NOT NULL")),
    )

    id: Mapped[BigId]
    kind: Mapped[str]
    key: Mapped[str | None] = mapped_column(unique=True)
    """What makes a scheduled run the only one of its day or month (`due:2026-11-22`); None for the others."""
    message_id: Mapped[UUID | None]
    requested_by: Mapped[str]
    requested_at: Mapped[datetime]
    as_of: Mapped[date | None]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    whole: Mapped[bool | None]
    """Whether it looked at everybody, as asked or because that was cheaper or necessary."""
    looked_at: Mapped[int | None]
    changed: Mapped[int | None]
    basis: Mapped[dict[str, Any] | None]
    """Thresholds and model ids that were in force: when they differ from today's, everybody is due."""
    distribution: Mapped[dict[str, Any] | None]
    """Enterprises by subject class and grade after a run over everybody."""
    moves: Mapped[dict[str, Any] | None]
    """Enterprises that moved, by letters before and after: `AB`; `-A` newly classified; `C-` left the register."""


class Rating(Base):
    """The present result of an enterprise, with the points of every indicator of its model in the model's order.

    Points and score are tenths. `as_of` is the day of the last change, `next_due` the first day on which the result
    could change by itself, `fingerprint` stands for all of it: a run finds what changed without reading the points.
    """

    __tablename__ = "rating"
    __table_args__ = (
        CheckConstraint(f"grade IN {GRADES}", name="grade"),
        CheckConstraint("score BETWEEN 0 AND 10000", name="score"),
        Index("ix_rating_next_due", "next_due", postgresql_where=text("next_due IS NOT NULL")),
    )

    enterprise_id: Mapped[int] = mapped_column(ForeignKey("enterprise.id"), primary_key=True, autoincrement=False)
    grade: Mapped[str]
    score: Mapped[Small]
    flags: Mapped[Small]
    model_id: Mapped[int] = mapped_column(ForeignKey("grading_model.id"))
    run_id: Mapped[int | None]
    as_of: Mapped[date]
    next_due: Mapped[date | None]
    fingerprint: Mapped[int]
    pts: Mapped[list[int]] = mapped_column(ARRAY(SmallInteger))


class GradeHistory(Base):
    """Every result that an enterprise ever had. Append-only; a grade of None: left the register, no longer classified.

    `inputs` are what the result rests on besides records (`rules.INPUTS`): the register keeps no versions of that.
    Rows are written together with the rating, whose keys hold for both: a check more costs a third of a first run.
    """

    __tablename__ = "grade_history"
    __table_args__ = (
        CheckConstraint(f"grade IS NULL OR grade IN {GRADES}", name="grade"),
        Index("ix_grade_history_enterprise_id", "enterprise_id", "id"),
        Index(
            "ix_grade_history_moved",
            "run_id",
            "enterprise_id",
            postgresql_where=text("before IS DISTINCT FROM grade AND run_id IS NOT NULL"),
        ),
    )

    id: Mapped[BigId]
    enterprise_id: Mapped[int] = mapped_column(ForeignKey("enterprise.id"))
    run_id: Mapped[int | None]
    as_of: Mapped[date]
    recorded_at: Mapped[datetime]
    before: Mapped[str | None]
    grade: Mapped[str | None]
    score: Mapped[int | None] = mapped_column(SmallInteger)
    flags: Mapped[int | None] = mapped_column(SmallInteger)
    model_id: Mapped[int | None]
    pts: Mapped[list[int] | None] = mapped_column(ARRAY(SmallInteger))
    inputs: Mapped[list[int] | None] = mapped_column(ARRAY(Integer))


class PeerNorms(Base):
    """What is usual among peers, as a run over everybody measured it. Append-only.

    `after_id` is the last row of the history before it: whatever was stored later was compared with it, or a newer one.
    """

    __tablename__ = "peer_norms"

    id: Mapped[BigId]
    run_id: Mapped[int] = mapped_column(ForeignKey("classification_run.id"))
    as_of: Mapped[date]
    measured_at: Mapped[datetime]
    after_id: Mapped[int] = mapped_column(BigInteger)
    groups: Mapped[dict[str, Any]] = mapped_column(JSONB)
    """By question and cell (`casework.grading.peers`): how many enterprises have so many records."""
    sha256: Mapped[str]


class ReplayCheck(Base):
    """One day's sample of stored results, each worked out again from the records known at its moment."""

    __tablename__ = "replay_check"
    __table_args__ = (CheckConstraint("jsonb_array_length(differing) <= checked", name="counted"),)

    day: Mapped[date] = mapped_column(primary_key=True)
    checked_at: Mapped[datetime]
    checked: Mapped[int]
    overtaken: Mapped[int]
    """Results that lack a record written at the same moment; the next result has it."""
    differing: Mapped[list[Any]] = mapped_column(JSONB)
    """Of each result that does not follow: enterprise, day, and both answers."""


class Simulation(Base):
    """A draft tried on the whole register beside the model in force: who would move, where, and what it would cost.

    Done when `finished_at` is set. Letters in `moves` are before and after, those who stay among them: `AA`, `AB`.
    """

    __tablename__ = "simulation"
    __table_args__ = (
        CheckConstraint("(finished_at IS NULL) = (moves IS NULL)", name="moves"),
        Index("ix_simulation_model_id", "model_id", "id"),
    )

    id: Mapped[BigId]
    model_id: Mapped[int] = mapped_column(ForeignKey("grading_model.id"))
    against_id: Mapped[int | None] = mapped_column(ForeignKey("grading_model.id"))
    message_id: Mapped[UUID | None]
    requested_by: Mapped[str]
    requested_at: Mapped[datetime]
    as_of: Mapped[date | None]
    finished_at: Mapped[datetime | None]
    looked_at: Mapped[int | None]
    moves: Mapped[dict[str, Any] | None]
    areas: Mapped[dict[str, Any] | None]
    """By county (id of the unit): letters before and after with their numbers, as in `moves`."""
    industries: Mapped[dict[str, Any] | None]
    """By section of GB/T 4754, likewise."""


class SimulatedMove(Base):
    """One enterprise that would get another letter, and what would do it: an indicator or a direct rule."""

    __tablename__ = "simulated_move"
    __table_args__ = (CheckConstraint(f"before IN {GRADES} AND after IN {GRADES} AND before <> after", name="letters"),)

    simulation_id: Mapped[int] = mapped_column(ForeignKey("simulation.id"), primary_key=True, autoincrement=False)
    enterprise_id: Mapped[int] = mapped_column(ForeignKey("enterprise.id"), primary_key=True, autoincrement=False)
    before: Mapped[str]
    after: Mapped[str]
    score_before: Mapped[Small]
    score_after: Mapped[Small]
    reason: Mapped[str]
    """Key of the indicator whose points differ most, name of a flag, or empty: the thresholds."""
    change: Mapped[Small]
    """By so many tenths."""


class Calibration(Base):
    """New points proposed for a model from closed cases. Done when `finished_at` is set; a draft only if asked for."""

    __tablename__ = "calibration"
    __table_args__ = (CheckConstraint("(finished_at IS NULL) = (proposal IS NULL)", name="proposal"),)

    id: Mapped[BigId]
    model_id: Mapped[int] = mapped_column(ForeignKey("grading_model.id"))
    message_id: Mapped[UUID | None]
    requested_by: Mapped[str]
    requested_at: Mapped[datetime]
    first: Mapped[date | None]
    last: Mapped[date | None]
    """The days of the first and the last check that it rests on."""
    finished_at: Mapped[datetime | None]
    proposal: Mapped[dict[str, Any] | None]
    drafted_id: Mapped[int | None] = mapped_column(ForeignKey("grading_model.id"))


class Adjustment(Base):
    """An overlay of a grade by decision: proposed by one, approved by another, from a day to a day, with evidence."""

    __tablename__ = "adjustment"
    __table_args__ = (
        CheckConstraint(f"grade IN {GRADES} AND computed IN {GRADES} AND grade <> computed", name="grade"),
        CheckConstraint(f"state IN {ADJUSTMENT.state_names}", name="state"),
        CheckConstraint("ends_on > starts_on AND ends_on <= starts_on + 366", name="days"),
        CheckConstraint("decided_by_id IS NULL OR decided_by_id <> proposed_by_id", name="two_people"),
        CheckConstraint("state NOT IN ('approved', 'ended', 'lifted') OR decided_at IS NOT NULL", name="decided"),
        Index(
            "uq_adjustment_open",
            "enterprise_id",
            unique=True,
            postgresql_where=text("state IN ('proposed', 'approved')"),
        ),
    )

    id: Mapped[BigId]
    enterprise_id: Mapped[int] = mapped_column(ForeignKey("enterprise.id"))
    grade: Mapped[str]
    computed: Mapped[str]
    """The grade in force when it was proposed."""
    reason: Mapped[str]
    document_no: Mapped[str]
    evidence_sha256: Mapped[str] = mapped_column(ForeignKey("stored_file.sha256"))
    evidence_name: Mapped[str]
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    """The first day on which it no longer holds."""
    state: Mapped[str] = mapped_column(default=ADJUSTMENT.initial)
    proposed_by: Mapped[str]
    proposed_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    proposed_at: Mapped[datetime]
    decided_by: Mapped[str | None]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    decided_at: Mapped[datetime | None]


class OfficialBatch(Base):
    """One delivery of the province's own grades: from where, of which day, and what became of its rows."""

    __tablename__ = "official_batch"
    __table_args__ = (CheckConstraint("read = matched + unmatched", name="every_row_accounted_for"),)

    id: Mapped[BigId]
    source: Mapped[str]
    issued_on: Mapped[date]
    file_sha256: Mapped[str] = mapped_column(ForeignKey("stored_file.sha256"), unique=True)
    file_name: Mapped[str]
    read: Mapped[int]
    matched: Mapped[int]
    unmatched: Mapped[int]
    strangers: Mapped[list[Any]] = mapped_column(JSONB)
    """The first rows whose enterprise is not in the register: number of the row and code."""
    imported_by: Mapped[str]
    imported_at: Mapped[datetime]


class OfficialGrade(Base):
    """The grade that the province gave an enterprise in a delivery."""

    __tablename__ = "official_grade"
    __table_args__ = (
        CheckConstraint(f"grade IN {GRADES}", name="grade"),
        Index("ix_official_grade_enterprise_id", "enterprise_id", "batch_id"),
    )

    batch_id: Mapped[int] = mapped_column(ForeignKey("official_batch.id"), primary_key=True, autoincrement=False)
    enterprise_id: Mapped[int] = mapped_column(ForeignKey("enterprise.id"), primary_key=True, autoincrement=False)
    grade: Mapped[str]


class SharingClient(Base):
    """Another department's system that may read grades: only the sha256 of its token is kept."""

    __tablename__ = "sharing_client"

    id: Mapped[BigId]
    department: Mapped[str]
    purpose: Mapped[str]
    token_sha256: Mapped[str] = mapped_column(unique=True)
    expires_on: Mapped[date]
    created_by: Mapped[str]
    created_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class SharingRead(Base):
    """One reading by another department: what was asked, from where, and how many grades were given. Append-only."""

    __tablename__ = "sharing_read"
    __table_args__ = (Index("ix_sharing_read_client_id", "client_id", "id"),)

    id: Mapped[BigId]
    client_id: Mapped[int] = mapped_column(ForeignKey("sharing_client.id"))
    at: Mapped[datetime]
    address: Mapped[str | None]
    asked: Mapped[str]
    given: Mapped[int]


class GradeFile(Base):
    """Everybody's grade in force, written to a file for other departments. Done when `finished_at` is set."""

    __tablename__ = "grade_file"
    __table_args__ = (
        CheckConstraint(f"form IN {tuple(FILE_FORMS)}", name="form"),
        CheckConstraint(
            "(finished_at IS NULL) = (file_sha256 IS NULL) AND (finished_at IS NULL) = (given IS NULL)", name="finished"
        ),
        Index("ix_grade_file_form", "form", "id"),
    )

    id: Mapped[BigId]
    form: Mapped[str]
    message_id: Mapped[UUID | None]
    requested_by: Mapped[str]
    requested_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    given: Mapped[int | None]
    """So many enterprises are in it."""
    file_sha256: Mapped[str | None] = mapped_column(ForeignKey("stored_file.sha256"))
