"""Publications: every edition of what the public was shown, and the requests to take one back."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from casework.core.db import Base, BigId, Small
from casework.disclosure.rules import OUTCOMES, PUBLICATION


class Publication(Base):
    """One edition of one published result. Its facts are frozen; a trigger refuses to change or delete them.

    `number` is the address under which the public finds it, `due_on` the last day on which it had to be public.
    `since_edition` is the edition with which its life began: 1, or the first one after a withdrawal. The columns after
    `facts_sha256` repeat facts for lists, filters and search.
    """

    __tablename__ = "publication"
    __table_args__ = (
        UniqueConstraint("kind", "subject_id", "edition"),
        CheckConstraint("kind = 'check_result'", name="kind"),
        CheckConstraint(f"state IN {PUBLICATION.state_names}", name="state"),
        CheckConstraint(f"outcome IN {tuple(OUTCOMES)}", name="outcome"),
        CheckConstraint("cardinality(item_codes) = cardinality(item_outcomes)", name="items"),
        CheckConstraint("since_edition BETWEEN 1 AND edition", name="edition"),
        CheckConstraint("(state = 'published') = (ended_at IS NULL)", name="ended"),
        CheckConstraint("finished_on <= published_on", name="finished_first"),
        Index(
            "uq_publication_in_force", "kind", "subject_id", unique=True, postgresql_where=text("state = 'published'")
        ),
        Index("ix_publication_published_on", "published_on", "id", postgresql_where=text("state = 'published'")),
        Index("ix_publication_number", "number", "edition"),
        Index("ix_publication_enterprise_id", "enterprise_id", "published_on"),
        Index("ix_publication_name_pairs", "name_pairs", postgresql_using="gin"),
        Index("ix_publication_item_codes", "item_codes", postgresql_using="gin"),
        Index("ix_publication_org_id", "org_id", "id"),
    )

    id: Mapped[BigId]
    kind: Mapped[str]
    subject_id: Mapped[int]
    edition: Mapped[Small]
    since_edition: Mapped[Small]
    state: Mapped[str]
    facts: Mapped[dict[str, Any]]
    facts_sha256: Mapped[str]

    number: Mapped[str]
    type: Mapped[str]
    campaign_id: Mapped[int | None] = mapped_column(ForeignKey("campaign.id"), index=True)
    enterprise_id: Mapped[int] = mapped_column(ForeignKey("enterprise.id"))
    enterprise_code: Mapped[str]
    enterprise_name: Mapped[str]
    name_pairs: Mapped[list[str]]
    division_code: Mapped[str | None]
    org_id: Mapped[int] = mapped_column(ForeignKey("org_unit.id"))
    line: Mapped[str | None]
    item_codes: Mapped[list[str]]
    item_outcomes: Mapped[list[str]]
    outcome: Mapped[str]

    finished_on: Mapped[date]
    due_on: Mapped[date]
    published_at: Mapped[datetime]
    published_on: Mapped[date]
    ended_at: Mapped[datetime | None]
    fed_back_at: Mapped[datetime | None]
    document_id: Mapped[int | None] = mapped_column(ForeignKey("document.id"))

    withdrawals: Mapped[list["Withdrawal"]] = relationship(order_by="Withdrawal.id", back_populates="publication")


class Withdrawal(Base):
    """A request to take a publication back, and what somebody else decided. The reason becomes public when granted."""

    __tablename__ = "withdrawal"
    __table_args__ = (
        CheckConstraint("decided_by <> asked_by", name="two_people"),
        CheckConstraint("reason <> ''", name="reason"),
        CheckConstraint("(granted IS NULL) = (decided_at IS NULL)", name="decided"),
        Index("uq_withdrawal_open", "publication_id", unique=True, postgresql_where=text("granted IS NULL")),
        Index("ix_withdrawal_publication_id", "publication_id"),
    )

    id: Mapped[BigId]
    publication_id: Mapped[int] = mapped_column(ForeignKey("publication.id"))
    reason: Mapped[str]
    asked_by: Mapped[int] = mapped_column(ForeignKey("account.id"))
    asked_by_name: Mapped[str]
    asked_at: Mapped[datetime]
    granted: Mapped[bool | None]
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    decided_by_name: Mapped[str | None]
    decided_at: Mapped[datetime | None]
    note: Mapped[str | None]

    publication: Mapped[Publication] = relationship(back_populates="withdrawals")
