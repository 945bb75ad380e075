"""Items, plans, campaigns with their sealed pools and draws, witnesses, tombstones, withdrawals and replacements."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, Integer, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from casework.accounts.rules import LINES, QUALIFICATIONS
from casework.core.db import Base, BigId, Small
from casework.sampling.chain import EVENTS
from casework.sampling.draw import LONGEST_CONTRIBUTION
from casework.sampling.rules import (
    CADENCES,
    CAMPAIGN,
    COMMITTED,
    DIRECTORY_KINDS,
    DRAWN,
    FROZEN,
    IMPORTANCE,
    LONGEST_NAME,
    NUMBERED,
    PLAN,
    PLAN_IN_FORCE,
    RECUSAL_DECISIONS,
    RECUSAL_KINDS,
    RECUSAL_SOURCES,
    SOURCES,
    TIE_KINDS,
)

ENDING = ("running", "done", "cancelled")
"""What comes after the draw, or instead of it."""


class InspectionItem(Base):
    """One version of an item of the 抽查事项清单, in force from `valid_from` until the next published version begins.

    A published version is never edited; `withdrawn` versions end the item. `pool` is the filter of the subjects that
    the item is for (`registry.queries.PoolFilter`), `scope` the same in words.
    """

    __tablename__ = "inspection_item"
    __table_args__ = (
        UniqueConstraint("code", "valid_from"),
        CheckConstraint(f"line IN {tuple(LINES)}", name="line"),
        CheckConstraint(f"importance IN {tuple(IMPORTANCE)}", name="importance"),
        CheckConstraint(f"qualification IN {tuple(QUALIFICATIONS)}", name="qualification"),
        CheckConstraint("code <> '' AND name <> '' AND basis <> ''", name="filled"),
        CheckConstraint("cardinality(checklist) > 0", name="has_checklist"),
    )

    id: Mapped[BigId]
    code: Mapped[str]
    valid_from: Mapped[date]
    withdrawn: Mapped[bool] = mapped_column(default=False)
    category: Mapped[str]
    name: Mapped[str]
    checklist: Mapped[list[str]]
    basis: Mapped[str]
    levels: Mapped[list[str]]
    scope: Mapped[str]
    pool: Mapped[dict[str, Any]] = mapped_column(default=dict)
    ratio: Mapped[str]
    frequency: Mapped[str]
    on_site: Mapped[bool]
    qualification: Mapped[str | None]
    importance: Mapped[str]
    line: Mapped[str]
    section: Mapped[str]
    note: Mapped[str | None]
    written_by: Mapped[str]
    written_at: Mapped[datetime]
    published_on: Mapped[date | None]
    published_by: Mapped[str | None]


class ObjectDirectory(Base):
    """One version of a directory of the 检查对象名录库: the general one, or a special one (专项库) of a licence or trade.

    Either a `pool` filter of the register says who is in it, or (`listed`) a list with permits does. A published version
    is never edited. `objects` counts permits, `enterprises` those who hold them, once each, on the day of publication.
    """

    __tablename__ = "object_directory"
    __table_args__ = (
        UniqueConstraint("code", "version"),
        CheckConstraint(f"kind IN {tuple(DIRECTORY_KINDS)}", name="kind"),
        CheckConstraint(f"line IN {tuple(LINES)}", name="line"),
        CheckConstraint("code <> '' AND name <> ''", name="filled"),
        CheckConstraint("NOT listed OR pool = '{}'", name="listed"),
        CheckConstraint("(published_on IS NULL) = (enterprises IS NULL)", name="counted"),
        Index("uq_object_directory_draft", "code", unique=True, postgresql_where=text("published_on IS NULL")),
    )

    id: Mapped[BigId]
    code: Mapped[str]
    version: Mapped[Small]
    name: Mapped[str]
    kind: Mapped[str]
    line: Mapped[str | None]
    org_id: Mapped[int] = mapped_column(ForeignKey("org_unit.id"))
    listed: Mapped[bool] = mapped_column(default=False)
    pool: Mapped[dict[str, Any]] = mapped_column(default=dict)
    note: Mapped[str | None]
    withdrawn: Mapped[bool] = mapped_column(default=False)
    written_by: Mapped[str]
    written_at: Mapped[datetime]
    published_on: Mapped[date | None]
    published_by: Mapped[str | None]
    objects: Mapped[int | None]
    enterprises: Mapped[int | None]


class DirectoryEntry(Base):
    """One permit in a listed directory. An enterprise with several permits stands there several times, and counts once."""

    __tablename__ = "directory_entry"
    __table_args__ = (
        UniqueConstraint("directory_id", "enterprise_id", "permit_no"),
        CheckConstraint("permit_name <> ''", name="permit_name"),
    )

    id: Mapped[BigId]
    directory_id: Mapped[int] = mapped_column(ForeignKey("object_directory.id", ondelete="CASCADE"))
    enterprise_id: Mapped[int] = mapped_column(ForeignKey("enterprise.id"), index=True)
    permit_name: Mapped[str]
    permit_no: Mapped[str]
    issued_on: Mapped[date | None]
    valid_until: Mapped[date | None]
    authority: Mapped[str | None]


class Plan(Base):
    """年度抽查工作计划 of a bureau: one version. `reason` says why a later version was made."""

    __tablename__ = "plan"
    __table_args__ = (
        UniqueConstraint("org_id", "year", "version"),
        CheckConstraint(f"state IN {PLAN.state_names}", name="state"),
        CheckConstraint("version = 1 OR reason IS NOT NULL", name="a_new_version_has_a_reason"),
        CheckConstraint("approved_by <> author_id", name="approved_by_another"),
        CheckConstraint("published_by <> approved_by", name="published_by_another"),
        CheckConstraint(
            f"approved_by IS NOT NULL OR state NOT IN {('approved', 'filed', *PLAN_IN_FORCE)}", name="approved"
        ),
        CheckConstraint(f"filed_no IS NOT NULL OR state NOT IN {('filed', *PLAN_IN_FORCE)}", name="filed"),
        CheckConstraint(f"published_on IS NOT NULL OR state NOT IN {PLAN_IN_FORCE}", name="published"),
        Index("uq_plan_in_force", "org_id", "year", unique=True, postgresql_where=text(f"state IN {PLAN_IN_FORCE}")),
    )

    id: Mapped[BigId]
    org_id: Mapped[int] = mapped_column(ForeignKey("org_unit.id"))
    year: Mapped[Small]
    version: Mapped[Small]
    title: Mapped[str]
    state: Mapped[str] = mapped_column(default=PLAN.initial)
    reason: Mapped[str | None]
    author_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    author_name: Mapped[str]
    made_at: Mapped[datetime]
    approved_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    approved_name: Mapped[str | None]
    approved_at: Mapped[datetime | None]
    filed_no: Mapped[str | None]
    published_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    published_name: Mapped[str | None]
    published_on: Mapped[date | None]

    lines: Mapped[list["PlanLine"]] = relationship(
        order_by="PlanLine.position", cascade="all, delete-orphan", passive_deletes=True
    )


class PlanLine(Base):
    """One row of a plan: what is drawn where, how much and when. `root_id` is the same in all versions of the plan."""

    __tablename__ = "plan_line"
    __table_args__ = (
        UniqueConstraint("plan_id", "position"),
        CheckConstraint(f"cadence IN {tuple(CADENCES)}", name="cadence"),
        CheckConstraint("last_on >= first_on", name="days"),
        CheckConstraint("officers_per_case >= 2", name="two_officers"),
        CheckConstraint("workdays >= 1", name="workdays"),
        CheckConstraint("cardinality(item_codes) > 0", name="has_items"),
        CheckConstraint("rates_bp <> '{}'", name="has_rates"),
    )

    id: Mapped[BigId]
    plan_id: Mapped[int] = mapped_column(ForeignKey("plan.id", ondelete="CASCADE"))
    root_id: Mapped[int | None] = mapped_column(index=True)
    position: Mapped[Small]
    title: Mapped[str]
    org_id: Mapped[int] = mapped_column(ForeignKey("org_unit.id"))
    item_codes: Mapped[list[str]]
    pool: Mapped[dict[str, Any]] = mapped_column(default=dict)
    rates_bp: Mapped[dict[str, Any]]
    officers_per_case: Mapped[Small]
    cadence: Mapped[str]
    first_on: Mapped[date]
    last_on: Mapped[date]
    workdays: Mapped[Small]
    public_list: Mapped[bool] = mapped_column(default=True)
    partners: Mapped[list[str]] = mapped_column(default=list)


class Campaign(Base):
    """抽查活动: one scheme, one frozen pool, one draw.

    `org_id` is the unit whose subtree is drawn from, `organ_id` the bureau in whose name; `line` is the business line
    where all items share one. `items` is the snapshot made at the freeze, `rates_bp` (and `sizes`, where a grade has
    one) the ratio of each grade. `public_source` names a public value (a lottery result) that goes into the seed and
    is not known before `public_on`. `nonce` is secret until the draw. The database itself refuses to change what was
    committed or to set a second seed.
    """

    __tablename__ = "campaign"
    __table_args__ = (
        UniqueConstraint("plan_line_id", "period"),
        CheckConstraint(f"state IN {CAMPAIGN.state_names}", name="state"),
        CheckConstraint(f"source IN {tuple(SOURCES)}", name="source"),
        CheckConstraint("(source = 'plan') = (plan_line_id IS NOT NULL)", name="source_of_a_plan"),
        CheckConstraint("(plan_line_id IS NULL) = (period IS NULL)", name="period"),
        CheckConstraint("officers_per_case >= 2", name="two_officers"),
        CheckConstraint("cardinality(item_codes) > 0", name="has_items"),
        CheckConstraint("rates_bp <> '{}'", name="has_rates"),
        CheckConstraint(f"number IS NOT NULL OR state NOT IN {(*NUMBERED, *ENDING)}", name="numbered"),
        CheckConstraint("(number IS NULL) = (approved_at IS NULL)", name="approved"),
        CheckConstraint(f"frozen_at IS NOT NULL OR state NOT IN {FROZEN}", name="frozen"),
        CheckConstraint(
            "(frozen_at IS NULL) = (nonce IS NULL) AND (frozen_at IS NULL) = (items IS NULL)", name="freeze_whole"
        ),
        CheckConstraint(f"commitment IS NOT NULL OR state NOT IN {COMMITTED}", name="committed"),
        CheckConstraint("(commitment IS NULL) = (committed_at IS NULL)", name="commitment_whole"),
        CheckConstraint("commitment IS NULL OR frozen_at IS NOT NULL", name="frozen_before_commitment"),
        CheckConstraint(f"seed IS NOT NULL OR state NOT IN {DRAWN}", name="drawn"),
        CheckConstraint("(seed IS NULL) = (drawn_at IS NULL)", name="draw_whole"),
        CheckConstraint("seed IS NULL OR commitment IS NOT NULL", name="commitment_before_seed"),
        CheckConstraint(
            "octet_length(nonce) = 32 AND octet_length(commitment) = 32 AND octet_length(seed) = 32", name="bytes"
        ),
        CheckConstraint("approved_by <> made_by", name="approved_by_another"),
        CheckConstraint("frozen_by <> approved_by AND drawn_by <> approved_by", name="drawn_by_another"),
        CheckConstraint(
            "committed_by <> approved_by AND committed_by <> frozen_by AND committed_by <> drawn_by",
            name="published_by_a_third",
        ),
        CheckConstraint("decided_by <> frozen_by", name="decided_by_another"),
        CheckConstraint("(decision IS NULL) = (decided_at IS NULL)", name="decision_whole"),
        CheckConstraint("(public_source IS NULL) = (public_on IS NULL)", name="public_source_whole"),
        CheckConstraint("public_source IS NULL OR NOT unattended", name="public_source_attended"),
        Index("ix_campaign_org_id", "org_id", "id"),
        Index("ix_campaign_state", "state", "id"),
        Index("ix_campaign_committed_at", "committed_at", postgresql_where=text("committed_at IS NOT NULL")),
    )  # fmt: skip

    id: Mapped[BigId]
    number: Mapped[str | None] = mapped_column(unique=True)
    title: Mapped[str]
    state: Mapped[str] = mapped_column(default=CAMPAIGN.initial)
    source: Mapped[str]
    directed: Mapped[bool]
    unattended: Mapped[bool]
    org_id: Mapped[int] = mapped_column(ForeignKey("org_unit.id"))
    organ_id: Mapped[int] = mapped_column(ForeignKey("org_unit.id"))
    line: Mapped[str | None]
    plan_line_id: Mapped[int | None] = mapped_column(ForeignKey("plan_line.id"))
    period: Mapped[str | None]
    item_codes: Mapped[list[str]]
    pool: Mapped[dict[str, Any]] = mapped_column(default=dict)
    rates_bp: Mapped[dict[str, Any]]
    sizes: Mapped[dict[str, Any]] = mapped_column(default=dict)
    officers_per_case: Mapped[Small]
    workdays: Mapped[Small]
    public_list: Mapped[bool]
    public_source: Mapped[str | None]
    public_on: Mapped[date | None]
    partners: Mapped[list[str]] = mapped_column(default=list)

    made_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    made_name: Mapped[str]
    made_at: Mapped[datetime]
    approved_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    approved_name: Mapped[str | None]
    approved_at: Mapped[datetime | None]

    freeze_message_id: Mapped[UUID | None]
    items: Mapped[list[Any] | None]
    directories: Mapped[list[Any] | None]
    run_id: Mapped[int | None]
    run_on: Mapped[date | None]
    ungraded: Mapped[int | None]
    nonce: Mapped[bytes | None] = mapped_column(deferred=True)
    frozen_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    frozen_name: Mapped[str | None]
    frozen_at: Mapped[datetime | None]

    decision: Mapped[str | None]
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    decided_name: Mapped[str | None]
    decided_at: Mapped[datetime | None]

    commitment: Mapped[bytes | None]
    committed_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    committed_name: Mapped[str | None]
    committed_at: Mapped[datetime | None]

    seed: Mapped[bytes | None]
    drawn_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    drawn_name: Mapped[str | None]
    drawn_at: Mapped[datetime | None]
    due_on: Mapped[date | None]
    bundle_sha256: Mapped[str | None] = mapped_column(ForeignKey("stored_file.sha256"))

    strata: Mapped[list["CampaignStratum"]] = relationship(order_by="CampaignStratum.position", lazy="selectin")
    contributions: Mapped[list["Contribution"]] = relationship(order_by="Contribution.position")
    cancellation: Mapped["Cancellation | None"] = relationship()

    @property
    def tasks(self) -> int:
        """How many were (or will be) drawn."""
        return sum(stratum.drawn for stratum in self.strata)

    @property
    def drawn_by_three(self) -> bool:
        """Whether three people approved, published and drew: the CHECKs keep them apart where all are people."""
        return None not in (self.approved_by, self.committed_by, self.drawn_by)

    @property
    def short(self) -> bool:
        """Whether some stratum has fewer eligible members, or some member fewer officers, than the scheme asks for."""
        return any(stratum.shortfall or stratum.understaffed for stratum in self.strata)


class CampaignStratum(Base):
    """The figures of one stratum of a frozen pool: `excluded` by recorded reason, `rate_bp` never below `floor_bp`.

    `by_unit` says how many members are in the charge of which unit (for statistics; never public).
    `understaffed` members may be drawn though withdrawals (回避) leave them fewer officers than a case needs.
    """

    __tablename__ = "campaign_stratum"
    __table_args__ = (
        UniqueConstraint("campaign_id", "label"),
        CheckConstraint("rate_bp >= floor_bp", name="floor"),
        CheckConstraint("drawn <= eligible AND eligible <= members AND drawn <= required", name="counts"),
    )

    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"), primary_key=True)
    position: Mapped[Small] = mapped_column(primary_key=True)
    label: Mapped[str]
    grade: Mapped[str]
    floor_bp: Mapped[int]
    rate_bp: Mapped[int]
    size: Mapped[int | None]
    members: Mapped[int]
    eligible: Mapped[int]
    required: Mapped[int]
    drawn: Mapped[int]
    excluded: Mapped[dict[str, Any]] = mapped_column(default=dict)
    by_unit: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}", deferred=True)
    understaffed: Mapped[int] = mapped_column(default=0)

    @property
    def shortfall(self) -> int:
        return self.required - self.drawn


class PoolMember(Base):
    """One sealed member of a frozen pool, kept once by (campaign, enterprise); rows lie in the order of their seals.

    `status` is what the bundle says, `reason` why the member may not be drawn, `recused` are positions in the roster.
    The database refuses to change a row. There are no foreign keys: a million of them would cost more than the freeze,
    and the one statement that writes the rows reads them from the register.
    """

    __tablename__ = "pool_member"
    __table_args__ = (
        UniqueConstraint("campaign_id", "enterprise_id"),
        CheckConstraint("(status = 'in') = (reason IS NULL)", name="reason"),
    )

    campaign_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    seal: Mapped[bytes] = mapped_column(primary_key=True)
    enterprise_id: Mapped[int]
    code: Mapped[str]
    salt: Mapped[bytes]
    org_id: Mapped[int]
    stratum: Mapped[str]
    status: Mapped[str]
    reason: Mapped[str | None]
    recused: Mapped[list[int] | None] = mapped_column(ARRAY(Integer))


class PoolOfficer(Base):
    """One sealed officer of a frozen roster; `position` counts in the order of the seals, from 0."""

    __tablename__ = "pool_officer"
    __table_args__ = (UniqueConstraint("campaign_id", "officer_id"), UniqueConstraint("campaign_id", "seal"))

    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    officer_id: Mapped[int] = mapped_column(ForeignKey("officer.id"))
    roster_id: Mapped[str]
    seal: Mapped[bytes]
    salt: Mapped[bytes]
    area_id: Mapped[int]


class DrawnMember(Base):
    """One drawn member with its officers: a line of `draw.tsv` and of `duty.tsv`. The database refuses to change a row.

    `position` counts in the order of the codes, from 1: cases are numbered in this order, and one by tickets would join
    names to seals. `eligible` and `chosen` are positions in the roster.
    """

    __tablename__ = "drawn_member"
    __table_args__ = (
        UniqueConstraint("campaign_id", "enterprise_id"),
        UniqueConstraint("campaign_id", "seal"),
        ForeignKeyConstraint(
            ["campaign_id", "seal"], ["pool_member.campaign_id", "pool_member.seal"], name="fk_drawn_member_seal"
        ),
        Index("ix_drawn_member_enterprise_id", "enterprise_id"),
    )

    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    enterprise_id: Mapped[int] = mapped_column(ForeignKey("enterprise.id"))
    org_id: Mapped[int]
    code: Mapped[str]
    stratum: Mapped[str]
    seal: Mapped[bytes]
    ticket: Mapped[bytes]
    eligible: Mapped[list[int]] = mapped_column(ARRAY(Integer))
    chosen: Mapped[list[int]] = mapped_column(ARRAY(Integer))


class Invitation(Base):
    """A witness's one-time link; only the hash of its token is kept."""

    __tablename__ = "invitation"
    __table_args__ = (Index("ix_invitation_campaign_id", "campaign_id"),)

    id: Mapped[BigId]
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"))
    name: Mapped[str]
    token_sha256: Mapped[str] = mapped_column(unique=True)
    expires_at: Mapped[datetime]
    invited_by: Mapped[str]
    invited_at: Mapped[datetime]


class Contribution(Base):
    """A line of text that goes into the seed, public in order of arrival. The database refuses to change a row.

    It came by a witness's link, from a witness's account, or is the public value that was named in advance.
    """

    __tablename__ = "contribution"
    __table_args__ = (
        UniqueConstraint("campaign_id", "account_id"),
        CheckConstraint("num_nonnulls(invitation_id, account_id) + is_public_value::int = 1", name="one_way_in"),
        Index("uq_contribution_public_value", "campaign_id", unique=True, postgresql_where=text("is_public_value")),
        CheckConstraint(f"by <> '' AND char_length(by) <= {LONGEST_NAME}", name="by"),
        CheckConstraint(f"text <> '' AND char_length(text) <= {LONGEST_CONTRIBUTION}", name="text"),
    )

    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"), primary_key=True)
    position: Mapped[Small] = mapped_column(primary_key=True)
    by: Mapped[str]
    text: Mapped[str]
    given_at: Mapped[datetime]
    invitation_id: Mapped[int | None] = mapped_column(ForeignKey("invitation.id"), unique=True)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    is_public_value: Mapped[bool] = mapped_column(default=False)


class DrawLedgerEntry(Base):
    """One line of the draw ledger (`chain.py`), numbered without gaps. The database refuses to change a row."""

    __tablename__ = "draw_ledger_entry"
    __table_args__ = (
        UniqueConstraint("campaign_id", "event"),
        CheckConstraint(f"event IN {tuple(EVENTS)}", name="event"),
        CheckConstraint("octet_length(hash) = 32", name="hash"),
    )

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"))
    event: Mapped[str]
    entered_at: Mapped[datetime]
    entry: Mapped[str]
    hash: Mapped[bytes]


class Cancellation(Base):
    """The tombstone of a campaign: proposed by one person of office, confirmed by another. Their posts are public."""

    __tablename__ = "cancellation"
    __table_args__ = (
        CheckConstraint("confirmed_by <> proposed_by", name="two_people"),
        CheckConstraint("(confirmed_by IS NULL) = (confirmed_at IS NULL)", name="confirmation_whole"),
        CheckConstraint("reason <> ''", name="reason"),
    )

    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"), primary_key=True)
    reason: Mapped[str]
    proposed_by: Mapped[int] = mapped_column(ForeignKey("account.id"))
    proposed_name: Mapped[str]
    proposed_office: Mapped[str | None]
    proposed_at: Mapped[datetime]
    confirmed_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    confirmed_name: Mapped[str | None]
    confirmed_office: Mapped[str | None]
    confirmed_at: Mapped[datetime | None]


class Recusal(Base):
    """回避: an officer who may not inspect an enterprise, in force until `ended_on`.

    It keeps the officer away from the day on which it is declared; the head decides, and one refused has ended.
    """

    __tablename__ = "recusal"
    __table_args__ = (
        CheckConstraint(f"kind IN {tuple(RECUSAL_KINDS)}", name="kind"),
        CheckConstraint(f"declared_by IN {tuple(RECUSAL_SOURCES)}", name="declared_by"),
        CheckConstraint("reason <> ''", name="reason"),
        CheckConstraint(f"decision IN {tuple(RECUSAL_DECISIONS)}", name="decision"),
        CheckConstraint("(decision IS NULL) = (decided_at IS NULL)", name="decision_whole"),
        CheckConstraint("decision IS DISTINCT FROM 'refused' OR ended_on IS NOT NULL", name="refused_ends"),
        Index("ix_recusal_enterprise_id", "enterprise_id"),
        Index(
            "uq_recusal_in_force", "officer_id", "enterprise_id", unique=True, postgresql_where=text("ended_on IS NULL")
        ),
    )

    id: Mapped[BigId]
    officer_id: Mapped[int] = mapped_column(ForeignKey("officer.id"))
    enterprise_id: Mapped[int] = mapped_column(ForeignKey("enterprise.id"))
    org_id: Mapped[int] = mapped_column(ForeignKey("org_unit.id"))
    kind: Mapped[str]
    declared_by: Mapped[str]
    reason: Mapped[str]
    recorded_by: Mapped[str]
    recorded_at: Mapped[datetime]
    recorded_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    decision: Mapped[str | None]
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    decided_name: Mapped[str | None]
    decided_at: Mapped[datetime | None]
    decision_note: Mapped[str | None]
    ended_on: Mapped[date | None]
    ended_by: Mapped[str | None]


class OfficerTie(Base):
    """What an officer told of earlier employers and of near relatives: from it the system finds whom to keep away.

    `person_key` stands for the relative's identity number, which is not kept.
    """

    __tablename__ = "officer_tie"
    __table_args__ = (
        CheckConstraint(f"kind IN {tuple(TIE_KINDS)}", name="kind"),
        CheckConstraint("(kind = 'former_employer') = (employer_no IS NOT NULL)", name="employer"),
        CheckConstraint("(kind = 'relative') = (person_key IS NOT NULL)", name="relative"),
        Index("ix_officer_tie_officer_id", "officer_id"),
    )

    id: Mapped[BigId]
    officer_id: Mapped[int] = mapped_column(ForeignKey("officer.id"))
    org_id: Mapped[int] = mapped_column(ForeignKey("org_unit.id"))
    kind: Mapped[str]
    employer_no: Mapped[str | None]
    employer_name: Mapped[str | None]
    left_on: Mapped[date | None]
    relation: Mapped[str | None]
    person_key: Mapped[str | None]
    recorded_by: Mapped[str]
    recorded_at: Mapped[datetime]
    ended_on: Mapped[date | None]


class Replacement(Base):
    """An officer who could not go and the next one in the ranking of the draw. `passed_over` could not go either."""

    __tablename__ = "replacement"
    __table_args__ = (
        UniqueConstraint("campaign_id", "position", "out_position"),
        UniqueConstraint("campaign_id", "position", "in_position"),
        ForeignKeyConstraint(["campaign_id", "position"], ["drawn_member.campaign_id", "drawn_member.position"]),
        CheckConstraint("reason <> '' AND in_position <> out_position", name="reason"),
    )

    id: Mapped[BigId]
    campaign_id: Mapped[int]
    position: Mapped[int]
    out_position: Mapped[int]
    in_position: Mapped[int]
    passed_over: Mapped[list[int]] = mapped_column(ARRAY(Integer))
    reason: Mapped[str]
    approved_by: Mapped[int] = mapped_column(ForeignKey("account.id"))
    approved_name: Mapped[str]
    approved_at: Mapped[datetime]
