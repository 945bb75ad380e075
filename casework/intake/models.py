"""Items of intake, the time that does not count for them, and, apart and sealed, who stands behind them."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Computed, ForeignKey, Index, Numeric, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from casework.core.db import Base, BigId
from casework.intake.rules import (
    CATEGORIES,
    CHANNELS,
    CLUE,
    COMPLAINT,
    ENDED,
    KINDS,
    MEDIATION_WAYS,
    NOTICE_WAYS,
    OUTCOMES,
    RELATIONS,
    TRADES,
)

_LETTERS = " ".join(f"WHEN '{kind.key}' THEN '{kind.letters}'" for kind in KINDS.values())
_PRIVATE = tuple(kind.key for kind in KINDS.values() if kind.private)
_MEDIATED = ("mediating", "settled", "terminated")
_ON_GROUND = ("refused", "terminated", "declined")


class Informant(Base):
    """Who sent a message in: everything sealed, `keys` to find him again (see `sealing`). One row for each message."""

    __tablename__ = "informant"
    __table_args__ = (Index("ix_informant_keys", "keys", postgresql_using="gin"),)

    id: Mapped[BigId]
    sealed: Mapped[bytes] = mapped_column(deferred=True)
    keys: Mapped[list[str]]


class IntakeItem(Base):
    """One complaint, report or other clue about one subject. `facts` and every other text are free of the informant.

    `office_id` registered it and sends it out, `org_id` has it now. `entered_on` is the day of the present step,
    `due_on` its last day (None when the item has ended). Items and alerts count in one sequence: their ids are the
    origins of triggered cases, which must differ.
    """

    __tablename__ = "intake_item"
    __table_args__ = (
        CheckConstraint(f"kind IN {tuple(KINDS)}", name="kind"),
        CheckConstraint(f"channel IN {tuple(CHANNELS)}", name="channel"),
        CheckConstraint(f"category IN {tuple(CATEGORIES)}", name="category"),
        CheckConstraint(f"trade IN {tuple(TRADES)}", name="trade"),
        CheckConstraint(f"state IN {COMPLAINT.state_names} OR kind <> 'complaint'", name="state_of_a_complaint"),
        CheckConstraint(f"state IN {CLUE.state_names} OR kind = 'complaint'", name="state_of_a_clue"),
        CheckConstraint(f"(due_on IS NULL) = (state IN {ENDED})", name="clock_runs_until_the_end"),
        CheckConstraint("facts <> '' AND subject_name <> ''", name="filled"),
        CheckConstraint(f"informant_id IS NULL OR kind IN {_PRIVATE}", name="informant"),
        CheckConstraint("(from_item_id IS NULL) = (relation IS NULL)", name="came_from"),
        CheckConstraint(f"relation IN {tuple(RELATIONS)}", name="relation"),
        CheckConstraint("(merged_into_id IS NULL) = (state <> 'merged') AND merged_into_id <> id", name="merged"),
        CheckConstraint("distributed_on IS NOT NULL OR state IN ('registered', 'merged')", name="distributed"),
        CheckConstraint("(identity_until IS NULL) = (state <> 'awaiting_identity')", name="identity_until"),
        CheckConstraint(f"accepted_on IS NOT NULL OR state NOT IN {_MEDIATED}", name="accepted"),
        CheckConstraint(f"outcome IN {OUTCOMES}", name="outcome"),
        CheckConstraint(f"outcome = state OR state NOT IN {OUTCOMES}", name="outcome_is_the_state"),
        CheckConstraint("outcome IS NOT NULL OR state NOT IN ('informed', 'archived')", name="decided"),
        CheckConstraint("(outcome IS NULL) = (decided_on IS NULL)", name="decided_on"),
        CheckConstraint(f"ground IS NOT NULL OR outcome NOT IN {_ON_GROUND}", name="on_ground"),
        CheckConstraint(f"mediation_way IN {tuple(MEDIATION_WAYS)}", name="mediation_way"),
        CheckConstraint(f"informed_way IN {tuple(NOTICE_WAYS)}", name="informed_way"),
        CheckConstraint("(informed_on IS NULL) = (informed_way IS NULL)", name="informed_whole"),
        CheckConstraint("extended_by <> extension_asked_by", name="extended_by_another"),
        CheckConstraint("extended_on IS NULL OR extension_reason IS NOT NULL", name="extension"),
        CheckConstraint("(case_id IS NULL) = (check_reason IS NULL)", name="check_whole"),
        Index(
            "uq_intake_item_external_no",
            "channel",
            "external_no",
            "kind",
            unique=True,
            postgresql_where=text("external_no IS NOT NULL"),
        ),
        Index("ix_intake_item_due_on", "due_on", "id", postgresql_where=text("due_on IS NOT NULL")),
        Index("ix_intake_item_org_id", "org_id", "due_on", "id"),
        Index("ix_intake_item_enterprise_id", "enterprise_id", "received_on"),
        Index("ix_intake_item_informant_id", "informant_id", postgresql_where=text("informant_id IS NOT NULL")),
        Index("ix_intake_item_case_id", "case_id", postgresql_where=text("case_id IS NOT NULL")),
        Index("ix_intake_item_from_item_id", "from_item_id", postgresql_where=text("from_item_id IS NOT NULL")),
        Index("ix_intake_item_merged_into_id", "merged_into_id", postgresql_where=text("merged_into_id IS NOT NULL")),
    )

    id: Mapped[int] = mapped_column(BigInteger, server_default=text("nextval('trigger_id_seq')"), primary_key=True)
    number: Mapped[str] = mapped_column(
        Computed(
            f"CASE kind {_LETTERS} END || extract(year FROM received_on)::text || '-' "
            "|| lpad(id::text, greatest(6, length(id::text)), '0')",
            persisted=True,
        ),
        unique=True,
    )
    kind: Mapped[str]
    channel: Mapped[str]
    external_no: Mapped[str | None]
    sender: Mapped[str | None]
    sender_no: Mapped[str | None]
    received_on: Mapped[date]
    registered_at: Mapped[datetime]
    registered_by: Mapped[str]
    office_id: Mapped[int] = mapped_column(ForeignKey("org_unit.id"))
    org_id: Mapped[int] = mapped_column(ForeignKey("org_unit.id"))
    line: Mapped[str | None]
    state: Mapped[str]
    entered_on: Mapped[date]
    due_on: Mapped[date | None]
    reminded_for: Mapped[date | None]

    enterprise_id: Mapped[int | None] = mapped_column(ForeignKey("enterprise.id"))
    subject_name: Mapped[str]
    subject_address: Mapped[str | None]
    subject_contact: Mapped[str | None]
    category: Mapped[str]
    goods: Mapped[str | None]
    trade: Mapped[str | None]
    platform: Mapped[str | None]
    happened_on: Mapped[date | None]
    amount: Mapped[Decimal | None] = mapped_column(Numeric(12, 2))
    facts: Mapped[str]
    evidence: Mapped[str | None]
    demands: Mapped[list[str]] = mapped_column(default=list, server_default="{}")
    publishable: Mapped[bool] = mapped_column(default=False, server_default="false")
    """Whether the complainant agrees that the complaint is made public (同意公示投诉信息)."""
    delegable: Mapped[bool] = mapped_column(default=False, server_default="false")
    """Whether the complainant agrees to mediation by somebody else (同意委托调解)."""
    informant_id: Mapped[int | None] = mapped_column(ForeignKey("informant.id"))
    owes_answer: Mapped[bool] = mapped_column(default=False, server_default="false")
    """Whether somebody known by name waits to be told what came of it."""

    from_item_id: Mapped[int | None] = mapped_column(ForeignKey("intake_item.id"))
    relation: Mapped[str | None]
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("intake_item.id"))

    distributed_on: Mapped[date | None]
    returned_because: Mapped[str | None]
    identity_until: Mapped[date | None]
    accepted_on: Mapped[date | None]
    mediation_way: Mapped[str | None]
    extension_reason: Mapped[str | None]
    extension_asked_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    extended_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    extended_on: Mapped[date | None]
    case_id: Mapped[int | None] = mapped_column(ForeignKey("case.id"))
    check_reason: Mapped[str | None]
    override_reason: Mapped[str | None]
    check_outcome: Mapped[dict[str, Any] | None]
    outcome: Mapped[str | None]
    """How it was decided (a key of OUTCOMES); it stays when the item is informed of and archived."""
    ground: Mapped[str | None]
    decision: Mapped[str | None]
    """Why it was decided so, in the officer's words; of a settled complaint what was agreed."""
    receiver: Mapped[str | None]
    """The organ to which a clue was handed over."""
    decided_on: Mapped[date | None]
    informed_on: Mapped[date | None]
    informed_way: Mapped[str | None]
    fulfilled: Mapped[bool | None]
    """What a later visit found about the agreement."""

    pauses: Mapped[list["IntakePause"]] = relationship(order_by="IntakePause.id", lazy="selectin")

    @property
    def paused(self) -> bool:
        """Whether the clock stands still."""
        return any(pause.until is None for pause in self.pauses)


class IntakePause(Base):
    """Time that does not count for an item: the days after `since` up to `until`."""

    __tablename__ = "intake_pause"
    __table_args__ = (
        CheckConstraint("cause IN ('identity', 'testing')", name="cause"),
        CheckConstraint("until >= since", name="days"),
        CheckConstraint("reason <> ''", name="reason"),
        Index("uq_intake_pause_open", "item_id", unique=True, postgresql_where=text("until IS NULL")),
        Index("ix_intake_pause_item_id", "item_id"),
    )

    id: Mapped[BigId]
    item_id: Mapped[int] = mapped_column(ForeignKey("intake_item.id"))
    cause: Mapped[str]
    reason: Mapped[str]
    since: Mapped[date]
    until: Mapped[date | None]
