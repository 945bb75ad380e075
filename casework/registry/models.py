"""Enterprises (经营主体), their credit records with valid and recorded time, the grade kept under them, imports."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ARRAY, CheckConstraint, Computed, ForeignKey, Index, SmallInteger, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from casework.core.db import Base, BigId, Small
from casework.registry.rules import INSPECTABLE, STATUSES, SUBJECT_CLASSES

BYTEWISE = Text(collation="C")
"""Text whose prefixes an index can find, and whose order is the same on every server."""


class Trait(NamedTuple):
    """One number of an enterprise inside a packed column: name, the number in SQL or -1 where not known, bits."""

    name: str
    number: str
    bits: int


PACKED: Mapping[str, tuple[Trait, ...]] = {
    "traits": (
        Trait("established", "coalesce(established_on - date '0001-01-01', -1)", 21),
        Trait("subject_class", f"array_position(ARRAY{list(SUBJECT_CLASSES)}, subject_class) - 1", 3),
        Trait("cluster_address", "cluster_address::int", 2),
        Trait(
            "industry",
            "coalesce((ascii(industry_section) & 127) * 16384 + coalesce("
            "(ascii(industry_code) & 127) * 128 + (ascii(substr(industry_code, 2, 1)) & 127), 0), -1)",
            22,
        ),
        Trait("employees", "least(greatest(employees, -1), 8000)", 13),
    ),
    "capitals": (
        Trait("capital", "least(greatest(floor(capital_wan)::bigint, -1), 2000000000)", 31),
        Trait("paid_capital", "least(greatest(ceil(paid_capital_wan)::bigint, -1), 2000000000)", 31),
    ),
}
"""What grading reads of an enterprise, each column one int8 that the database keeps: each number one higher than it is.

Capital is in 万元, employees count up to 8000; `greatest` passes over NULL, so what is not known becomes -1.
"""


def shifts(column: str) -> Iterator[tuple[Trait, int]]:
    """Each trait of a packed column with the number of bits below it."""
    shift = 0
    for trait in PACKED[column]:
        yield trait, shift
        shift += trait.bits


def _packed(column: str) -> Any:
    """The column, worked out by the database. Loaded by the snapshot alone."""
    sql = " + ".join(f"({trait.number} + 1) * {1 << shift}::bigint" for trait, shift in shifts(column))
    return mapped_column(Computed(sql, persisted=True), deferred=True)


IS_INSPECTABLE = "status IN ({})".format(", ".join(f"'{status}'" for status in sorted(INSPECTABLE)))


class Enterprise(Base):
    """The master row of one market subject. The unified social credit code is its key, though not always known.

    `bigrams` are the pairs of neighbouring characters of `name_key`: they answer searches by any two characters.
    """

    __tablename__ = "enterprise"
    __table_args__ = (
        CheckConstraint(f"subject_class IN {tuple(SUBJECT_CLASSES)}", name="subject_class"),
        CheckConstraint(f"status IN {tuple(STATUSES)}", name="status"),
        CheckConstraint("uscc IS NOT NULL OR reg_no IS NOT NULL", name="has_a_number"),
        Index("uq_enterprise_reg_no", "reg_no", unique=True, postgresql_where=text("reg_no IS NOT NULL")),
        Index("ix_enterprise_bigrams", "bigrams", postgresql_using="gin"),
        Index("ix_enterprise_org_id", "org_id", "id"),
        Index("ix_enterprise_name_key", "name_key"),
        Index("ix_enterprise_address_key", "address_key", postgresql_where=text("address_key IS NOT NULL")),
        Index("ix_enterprise_person_key", "person_key", postgresql_where=text("person_key IS NOT NULL")),
        Index("ix_enterprise_parent_id", "parent_id", postgresql_where=text("parent_id IS NOT NULL")),
        Index("ix_enterprise_industry_section", "industry_section", "id"),
        Index("ix_enterprise_status", "status", "id", postgresql_where=text("status <> 'active'")),
        Index(
            "ix_enterprise_inspectable", "id", postgresql_include=tuple(PACKED), postgresql_where=text(IS_INSPECTABLE)
        ),
    )

    id: Mapped[BigId]
    uscc: Mapped[str | None] = mapped_column(BYTEWISE, unique=True)
    reg_no: Mapped[str | None] = mapped_column(BYTEWISE)
    subject_class: Mapped[str]
    name: Mapped[str]
    name_key: Mapped[str] = mapped_column(BYTEWISE)
    bigrams: Mapped[list[str]]
    former_names: Mapped[list[str]] = mapped_column(default=list)
    type_code: Mapped[str | None]
    type_name: Mapped[str | None]
    legal_representative: Mapped[str | None]
    person_key: Mapped[str | None]
    """Stands for the legal representative's identity number in comparisons; the number itself is sealed."""
    person_id_sealed: Mapped[bytes | None]
    phone_sealed: Mapped[bytes | None]
    capital_wan: Mapped[Decimal | None]
    paid_capital_wan: Mapped[Decimal | None]
    currency: Mapped[str | None]
    established_on: Mapped[date | None]
    approved_on: Mapped[date | None]
    term_from: Mapped[date | None]
    term_to: Mapped[date | None]
    registrar: Mapped[str | None]
    status: Mapped[str] = mapped_column(default="active")
    status_on: Mapped[date | None]
    status_reason: Mapped[str | None]
    address: Mapped[str | None]
    business_address: Mapped[str | None]
    address_key: Mapped[str | None]
    """One spelling of an address that names a door; None where many share it (a village, a road)."""
    cluster_address: Mapped[bool] = mapped_column(default=False)
    division_code: Mapped[str | None]
    town_code: Mapped[str | None]
    org_id: Mapped[int] = mapped_column(ForeignKey("org_unit.id"))
    industry_section: Mapped[str | None]
    industry_code: Mapped[str | None]
    scope: Mapped[str | None]
    employees: Mapped[int | None]
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("enterprise.id"))
    is_branch: Mapped[bool] = mapped_column(default=False)
    tags: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)
    code_checked: Mapped[bool] = mapped_column(default=True)
    """False where the check character of the code is wrong."""
    source: Mapped[str]
    batch_id: Mapped[int | None] = mapped_column(ForeignKey("import_batch.id"))
    """The import that wrote the row last."""
    recorded_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    traits: Mapped[int] = _packed("traits")
    capitals: Mapped[int] = _packed("capitals")


class CreditRecord(Base):
    """Something that happened to an enterprise. Append-only: a correction is a new version, the old one superseded.

    Valid time: `happened_on` … `ends_on` (exclusive; open while None). Recorded time: `recorded_at` … `superseded_at`.
    Removed (`ends_on` set: history), corrected (`revoked_on`: as if it had never happened), repaired (`repaired_on`:
    not used from that day) and objected (`objected_on` … `objection_closed_on`: in doubt) are four different things.
    `chain` names the chain of events (事件链): what appears at several stages counts once.
    """

    __tablename__ = "credit_record"
    __table_args__ = (
        UniqueConstraint("source", "source_key", "version"),
        CheckConstraint("ends_on IS NULL OR ends_on >= happened_on", name="ends_after_it_happened"),
        CheckConstraint("repaired_on IS NULL OR repaired_on >= happened_on", name="repaired_after_it_happened"),
        CheckConstraint("revoked_on IS NULL OR revoked_on >= happened_on", name="revoked_after_it_happened"),
        CheckConstraint("objection_closed_on IS NULL OR objected_on IS NOT NULL", name="objection"),
        CheckConstraint("version >= 1", name="version"),
        CheckConstraint("superseded_at IS NULL OR superseded_at >= recorded_at", name="recorded_time"),
        Index("ix_credit_record_enterprise_id", "enterprise_id", postgresql_where=text("superseded_at IS NULL")),
        Index("ix_credit_record_superseded", "enterprise_id", postgresql_where=text("superseded_at IS NOT NULL")),
        Index(
            "uq_credit_record_current",
            "source",
            "source_key",
            unique=True,
            postgresql_where=text("superseded_at IS NULL"),
        ),
        Index("ix_credit_record_batch_id", "batch_id", postgresql_where=text("batch_id IS NOT NULL")),
        Index(
            "ix_credit_record_chain",
            "enterprise_id",
            "chain",
            postgresql_where=text("chain IS NOT NULL AND superseded_at IS NULL"),
        ),
        Index(
            "ix_credit_record_code",
            "kind",
            "klass",
            "enterprise_id",
            postgresql_include=(
                "id",
                "happened_on",
                "ends_on",
                "repaired_on",
                "revoked_on",
                "publicity_until",
                "objected_on",
                "objection_closed_on",
                "chain",
            ),
            postgresql_where=text("superseded_at IS NULL"),
        ),  # all that a run over everybody asks of the records, without the records
        Index(
            "ix_credit_record_listed",
            "kind",
            "enterprise_id",
            postgresql_include=("happened_on", "ends_on", "revoked_on", "repaired_on", "publicity_until"),
            postgresql_where=text("superseded_at IS NULL AND kind IN (4, 9, 10, 11)"),
        ),
    )

    id: Mapped[BigId]
    enterprise_id: Mapped[int] = mapped_column(ForeignKey("enterprise.id"))
    kind: Mapped[Small]
    klass: Mapped[Small] = mapped_column(SmallInteger, default=0)
    happened_on: Mapped[date]
    ends_on: Mapped[date | None]
    publicity_until: Mapped[date | None]
    repaired_on: Mapped[date | None]
    revoked_on: Mapped[date | None]
    objected_on: Mapped[date | None]
    objection_closed_on: Mapped[date | None]
    amount: Mapped[Decimal | None]
    title: Mapped[str]
    document_no: Mapped[str | None]
    authority: Mapped[str | None]
    chain: Mapped[str | None]
    detail: Mapped[dict[str, Any]] = mapped_column(default=dict)
    source: Mapped[str]
    source_key: Mapped[str]
    version: Mapped[int] = mapped_column(default=1)
    batch_id: Mapped[int | None] = mapped_column(ForeignKey("import_batch.id"))
    row_no: Mapped[int | None]
    recorded_at: Mapped[datetime]
    superseded_at: Mapped[datetime | None]


class CurrentGrade(Base):
    """The grade kept under the enterprise (记于企业名下), handed down by grading. Internal; never public."""

    __tablename__ = "current_grade"
    __table_args__ = (
        CheckConstraint("grade IN ('A', 'B', 'C', 'D')", name="grade"),
        Index("ix_current_grade_grade", "grade", "enterprise_id"),
    )

    enterprise_id: Mapped[int] = mapped_column(ForeignKey("enterprise.id"), primary_key=True, autoincrement=False)
    grade: Mapped[str]
    score: Mapped[Small]
    """Tenths of a point, 0–10000."""
    since: Mapped[date]
    run_id: Mapped[int | None]


class KeyObject(Base):
    """A key-supervision object (重点监管对象) of a domain, handed down by the key domains: whom general draws spare.

    Neither grade nor tier stands here.
    """

    __tablename__ = "key_object"
    __table_args__ = (Index("ix_key_object_domain", "domain", "enterprise_id"),)

    enterprise_id: Mapped[int] = mapped_column(ForeignKey("enterprise.id"), primary_key=True, autoincrement=False)
    domain: Mapped[str] = mapped_column(primary_key=True)


class ImportBatch(Base):
    """One file given to one source: what it is, what was done with it, and what became of its rows.

    received: to be read · checked: a dry run is done, nothing kept · kept: done for good · refused: not readable.
    """

    __tablename__ = "import_batch"
    __table_args__ = (
        CheckConstraint("state IN ('received', 'checked', 'kept', 'refused')", name="state"),
        CheckConstraint(
            "read IS NULL OR read = new + changed + unchanged + waiting + rejected", name="every_row_accounted_for"
        ),
        CheckConstraint("(state = 'refused') = (refusal IS NOT NULL)", name="refusal"),
        CheckConstraint("state NOT IN ('checked', 'kept') OR read IS NOT NULL", name="counted"),
    )

    id: Mapped[BigId]
    source: Mapped[str]
    file_sha256: Mapped[str] = mapped_column(ForeignKey("stored_file.sha256"), index=True)
    file_name: Mapped[str]
    mapping: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """Column number (from 0) → field; empty until somebody has said what the columns mean."""
    dry_run: Mapped[bool]
    state: Mapped[str] = mapped_column(default="received")
    message_id: Mapped[UUID | None]
    """The request that a worker answers; None for a file read in the foreground."""
    read: Mapped[int | None]
    new: Mapped[int | None]
    changed: Mapped[int | None]
    unchanged: Mapped[int | None]
    waiting: Mapped[int | None]
    rejected: Mapped[int | None]
    warnings: Mapped[int | None]
    settled: Mapped[int | None]
    """Records of earlier files whose enterprise came with this one."""
    report_sha256: Mapped[str | None] = mapped_column(ForeignKey("stored_file.sha256"))
    refusal: Mapped[str | None]
    requested_by: Mapped[str]
    requested_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]


class WaitingRow(Base):
    """待匹配: a record whose enterprise is not certain. A discarded one stays, so that it does not come back."""

    __tablename__ = "waiting_row"
    __table_args__ = (
        UniqueConstraint("source", "source_key"),
        CheckConstraint("reason IN ('unknown', 'ambiguous', 'conflict')", name="reason"),
        CheckConstraint(
            "(discarded_at IS NULL) = (discarded_by IS NULL) AND (discarded_at IS NULL) = (discard_reason IS NULL)",
            name="discarded",
        ),
        Index("ix_waiting_row_open", "id", postgresql_where=text("discarded_at IS NULL")),
    )

    id: Mapped[BigId]
    source: Mapped[str]
    source_key: Mapped[str]
    uscc: Mapped[str | None]
    reg_no: Mapped[str | None]
    name: Mapped[str | None]
    name_key: Mapped[str | None]
    values: Mapped[dict[str, Any]]
    """The columns of the record to be."""
    reason: Mapped[str]
    batch_id: Mapped[int] = mapped_column(ForeignKey("import_batch.id"))
    row_no: Mapped[int]
    recorded_at: Mapped[datetime]
    discarded_at: Mapped[datetime | None]
    discarded_by: Mapped[str | None]
    discard_reason: Mapped[str | None]


class ColumnMapping(Base):
    """Which column of a file means which field, as a person once told the page; remembered by the heading."""

    __tablename__ = "column_mapping"
    __table_args__ = (UniqueConstraint("source", "heading_sha256"),)

    id: Mapped[BigId]
    source: Mapped[str]
    heading_sha256: Mapped[str]
    mapping: Mapped[dict[str, Any]]
    set_by: Mapped[str]
    set_at: Mapped[datetime]


class CensusRow(Base):
    """How many enterprises of a unit and a section of industry have a grade, as of a moment; counted anew as a whole."""

    __tablename__ = "register_census"

    id: Mapped[BigId]
    org_id: Mapped[int] = mapped_column(ForeignKey("org_unit.id"))
    industry_section: Mapped[str | None]
    grade: Mapped[str | None]
    inspectable: Mapped[bool]
    number: Mapped[int]
    taken_at: Mapped[datetime]
