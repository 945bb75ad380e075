"""Nouns of the registry: enterprises found and listed, their records, pools for a draw, imports and what waits."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from flask import current_app
from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Row,
    Select,
    Text,
    and_,
    any_,
    cast,
    exists,
    func,
    or_,
    select,
    text,
    true,
    union,
)
from sqlalchemy.orm import aliased

from casework.accounts import queries as staff
from casework.core import clock, jobs
from casework.core.actor import Actor
from casework.core.db import session, streamed
from casework.core.errors import NotFound, Refusal
from casework.core.i18n import _
from casework.core.paging import Page, page
from casework.registry.models import (
    CensusRow,
    CreditRecord,
    CurrentGrade,
    Enterprise,
    ImportBatch,
    KeyObject,
    WaitingRow,
)
from casework.registry.rules import INSPECTABLE, KINDS, Marks
from casework.registry.sources._sealing import Seal
from casework.registry.sources._values import Unreadable, bigrams, fold, name_key
from casework.registry.sources._values import id_number as checked_id_number

MOST_COUNTED = 1000
"""A list says how many rows it has up to here, and `1000+` beyond."""

# One enterprise ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Brief:
    """What other rooms show of an enterprise."""

    id: int
    uscc: str | None
    reg_no: str | None
    name: str
    org_id: int
    status: str
    subject_class: str
    industry_section: str | None
    division_code: str | None
    address: str | None

    @property
    def number(self) -> str:
        """The unified social credit code, else the registration number."""
        return self.uscc or self.reg_no or ""


@dataclass(frozen=True)
class Grade:
    """The grade kept under an enterprise; score in tenths of a point."""

    grade: str
    score: int
    since: date


_BRIEF = tuple(getattr(Enterprise, name) for name in Brief.__dataclass_fields__)


def find(enterprise_id: int, actor: Actor | None = None) -> Enterprise:
    """The enterprise; NotFound if there is none, or none that the actor (when given) may see."""
    statement = select(Enterprise).where(Enterprise.id == enterprise_id)
    if actor is not None:
        statement = staff.visible(statement, actor, unit=Enterprise.org_id)
    found = session.scalars(statement).first()
    if found is None:
        raise NotFound(_("没有这个经营主体，或者不在您的管辖范围。"))
    return found


def by_number(number: str) -> Brief | None:
    """The enterprise of a unified social credit code or a registration number, however it is written."""
    wanted = fold(number).replace(" ", "").upper()
    row = session.execute(select(*_BRIEF).where(or_(Enterprise.uscc == wanted, Enterprise.reg_no == wanted))).first()
    return Brief(*row) if row else None


def person_key(id_number: str) -> str:
    """What stands for a person in comparisons; a Refusal where it is no identity number."""
    try:
        return Seal(current_app.config["CASEWORK"].secret_key).key_of(checked_id_number(id_number))
    except Unreadable as wrong:
        raise Refusal(str(wrong), field="id_number") from None


def run_by(person_keys: Collection[str]) -> dict[str, list[int]]:
    """The enterprises whose legal representative or head is one of these people, by their keys."""
    found: dict[str, list[int]] = {}
    wanted = Enterprise.person_key == any_(cast(list(person_keys), ARRAY(Text)))
    for key, enterprise_id in session.execute(select(Enterprise.person_key, Enterprise.id).where(wanted)):
        found.setdefault(str(key), []).append(enterprise_id)
    return found


def with_branches(numbers: Collection[str]) -> dict[str, list[int]]:
    """The enterprises of these codes or registration numbers, each with its branches."""
    heads = ids_by_number(list(numbers))
    found = {number: [head] for number, head in heads.items()}
    below = select(Enterprise.parent_id, Enterprise.id).where(among(Enterprise.parent_id, heads.values()))
    branches = session.execute(below).all()
    for number, head in heads.items():
        found[number] += [branch for parent, branch in branches if parent == head]
    return found


def ids_by_number(numbers: Sequence[str]) -> dict[str, int]:
    """The enterprises of many codes or registration numbers, as they stand in the register."""
    wanted = any_(cast(list(numbers), ARRAY(Text)))
    found: dict[str, int] = {}
    for column in (Enterprise.reg_no, Enterprise.uscc):
        found.update(session.execute(select(column, Enterprise.id).where(column == wanted)).all())
    return found


def every_grade() -> Iterator[Any]:
    """Code, name, grade, day since when and run of everybody who has a grade, as of one moment. Internal."""
    return streamed(
        select(
            func.coalesce(Enterprise.uscc, Enterprise.reg_no).label("code"),
            Enterprise.name,
            CurrentGrade.grade,
            CurrentGrade.since,
            CurrentGrade.run_id,
        )
        .join(CurrentGrade, CurrentGrade.enterprise_id == Enterprise.id)
        .order_by(Enterprise.id)
    )


def by_exact_name(name: str) -> list[Brief]:
    """Enterprises of exactly that name, brackets and spaces aside; a name alone proves nothing (at most 20)."""
    rows = session.execute(
        select(*_BRIEF).where(Enterprise.name_key == name_key(name)).order_by(Enterprise.id).limit(20)
    )
    return [Brief(*row) for row in rows]


def brief(ids: Iterable[int]) -> dict[int, Brief]:
    """What other rooms show, by id."""
    rows = session.execute(select(*_BRIEF).where(among(Enterprise.id, ids)))
    return {row.id: Brief(*row) for row in rows}


def among(column: Any, ids: Iterable[int]) -> ColumnElement[bool]:
    """Whether an id is one of many: one array, however many there are."""
    found: ColumnElement[bool] = column == any_(cast(list(ids), ARRAY(BigInteger)))
    return found


def in_sight(statement: Select[Any], actor: Actor, *, enterprise: Any) -> Select[Any]:
    """Keeps the rows about enterprises that the actor may see; `enterprise` is the column with the enterprise's id."""
    joined = statement.join(Enterprise, Enterprise.id == enterprise)
    return staff.visible(joined, actor, unit=Enterprise.org_id)


def below(unit_ids: Iterable[int], *, enterprise: Any) -> ColumnElement[bool]:
    """Whether an enterprise belongs to one of these units; `enterprise` is the column with the enterprise's id."""
    located = aliased(Enterprise)  # the statement may have joined the enterprise for its scope
    return exists().where(located.id == enterprise, among(located.org_id, unit_ids))


def grades(ids: Iterable[int]) -> dict[int, Grade]:
    """The grades kept under enterprises, by id; those never graded are not there. Internal."""
    rows = session.execute(
        select(CurrentGrade.enterprise_id, CurrentGrade.grade, CurrentGrade.score, CurrentGrade.since).where(
            among(CurrentGrade.enterprise_id, ids)
        )
    )
    return {row.enterprise_id: Grade(row.grade, row.score, row.since) for row in rows}


def telephone(enterprise: Enterprise, *, whole: bool = False) -> str | None:
    """The telephone of an enterprise, by default with its middle hidden (138****1234)."""
    if enterprise.phone_sealed is None:
        return None
    number = Seal(current_app.config["CASEWORK"].secret_key).unseal(enterprise.phone_sealed)
    return number if whole else f"{number[:3]}{'*' * max(len(number) - 7, 1)}{number[-4:]}"


def branches(enterprise_id: int, actor: Actor) -> list[Brief]:
    """Branches of an enterprise that the actor may see (at most 50)."""
    statement = select(*_BRIEF).where(Enterprise.parent_id == enterprise_id).order_by(Enterprise.id).limit(50)
    return [Brief(*row) for row in session.execute(staff.visible(statement, actor, unit=Enterprise.org_id))]


# Lists ---------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Search:
    """What a reader looks for. `words` is free text: parts of a name (each of two characters or more), or a number."""

    words: str = ""
    unit_id: int | None = None
    section: str | None = None
    grade: str | None = None
    status: str | None = None
    subject_class: str | None = None

    @property
    def filters(self) -> dict[str, Any]:
        """Those that are set."""
        return {name: value for name, value in vars(self).items() if value not in (None, "")}


_IN_A_LIST = (
    Enterprise.id,
    Enterprise.uscc,
    Enterprise.reg_no,
    Enterprise.name,
    Enterprise.subject_class,
    Enterprise.status,
    Enterprise.industry_section,
    Enterprise.org_id,
    Enterprise.established_on,
)
_GRADED = select(*_IN_A_LIST, CurrentGrade.grade, CurrentGrade.score).join(
    CurrentGrade, CurrentGrade.enterprise_id == Enterprise.id
)
_ITS_GRADE = (
    select(CurrentGrade.grade, CurrentGrade.score)
    .where(CurrentGrade.enterprise_id == Enterprise.id)
    .limit(1)
    .lateral("its_grade")
)
"""Looked up for each row shown: a plain outer join may be merged, and reads all grades before a page far down."""
_LISTED = select(*_IN_A_LIST, _ITS_GRADE.c.grade, _ITS_GRADE.c.score).outerjoin(_ITS_GRADE, true())
_EXPORTED = select(
    Enterprise.id,
    Enterprise.uscc,
    Enterprise.reg_no,
    Enterprise.name,
    Enterprise.subject_class,
    Enterprise.type_name,
    Enterprise.status,
    Enterprise.legal_representative,
    Enterprise.established_on,
    Enterprise.capital_wan,
    Enterprise.currency,
    Enterprise.industry_section,
    Enterprise.industry_code,
    Enterprise.org_id,
    Enterprise.address,
    Enterprise.scope,
).outerjoin(CurrentGrade, CurrentGrade.enterprise_id == Enterprise.id)


def search(
    wanted: Search, actor: Actor, *, after: str | None = None, before: str | None = None, size: int = 50
) -> Page:
    """One page of the enterprises that the actor may see, in the order of the register.

    Rows have id, uscc, reg_no, name, subject_class, status, industry_section, org_id, established_on, grade, score; who
    may not see grades is not to be shown the last two.
    """
    statement, joined = (_LISTED, ()) if wanted.grade is None else (_GRADED, ((CurrentGrade.enterprise_id,),))
    narrowed = _narrowed(statement, wanted, actor)
    return page(narrowed, (Enterprise.id,), joined=joined, after=after, before=before, size=size)


def count(wanted: Search, actor: Actor) -> int:
    """How many there are, counted up to `MOST_COUNTED` + 1."""
    some = _narrowed(select(Enterprise.id), wanted, actor, graded=wanted.grade is not None).limit(MOST_COUNTED + 1)
    return session.scalar(select(func.count()).select_from(some.subquery())) or 0


def export(wanted: Search, actor: Actor, *, limit: int) -> Sequence[Any]:
    """Rows for a list that leaves the house: no grade, nothing sealed; at most `limit`, the first of the register."""
    return session.execute(_narrowed(_EXPORTED, wanted, actor).order_by(Enterprise.id).limit(limit)).all()


def _narrowed(statement: Select[Any], wanted: Search, actor: Actor, *, graded: bool = False) -> Select[Any]:
    if graded:
        statement = statement.join(CurrentGrade, CurrentGrade.enterprise_id == Enterprise.id)
    for condition in _conditions(wanted):
        statement = statement.where(condition)
    return staff.visible(statement, actor, unit=Enterprise.org_id)


def _conditions(wanted: Search) -> Iterator[Any]:
    for part in wanted.words.split():
        yield from _named(part)
    if wanted.unit_id is not None:
        yield Enterprise.org_id.in_(staff.subtree(wanted.unit_id))
    if wanted.section is not None:
        yield Enterprise.industry_section == wanted.section
    if wanted.grade is not None:
        yield CurrentGrade.grade == wanted.grade
    if wanted.status is not None:
        yield Enterprise.status == wanted.status
    if wanted.subject_class is not None:
        yield Enterprise.subject_class == wanted.subject_class


_NUMBER = re.compile(r"[0-9A-Z]{6,18}")


def _named(part: str) -> Iterator[Any]:
    """A number by its beginning; a name, present or former, by any two or more neighbouring characters of it."""
    key = name_key(part)
    if _NUMBER.fullmatch(key) and any(letter.isdigit() for letter in key):
        yield or_(Enterprise.uscc.startswith(key), Enterprise.reg_no.startswith(key))
    elif len(key) == 1:
        yield Enterprise.name_key.startswith(key, autoescape=True)
    elif key:
        yield Enterprise.bigrams.op("@>")(cast(bigrams(key), ARRAY(Text)))
        yield or_(
            Enterprise.name_key.contains(key, autoescape=True),
            func.array_to_string(Enterprise.former_names, " ").contains(part, autoescape=True),
        )


# Records -------------------------------------------------------------------------------------------------------------


def records(enterprise_id: int, kind: str | None = None) -> Sequence[CreditRecord]:
    """The current versions of an enterprise's records, newest first."""
    statement = select(CreditRecord).where(
        CreditRecord.enterprise_id == enterprise_id, CreditRecord.superseded_at.is_(None)
    )
    if kind is not None:
        statement = statement.where(CreditRecord.kind == KINDS[kind].number)
    return session.scalars(statement.order_by(CreditRecord.happened_on.desc(), CreditRecord.id.desc())).all()


def credit_record(record_id: int, actor: Actor) -> CreditRecord:
    """One version of a record; NotFound where its enterprise is not the actor's to see."""
    statement = select(CreditRecord).join(Enterprise, Enterprise.id == CreditRecord.enterprise_id)
    statement = staff.visible(statement.where(CreditRecord.id == record_id), actor, unit=Enterprise.org_id)
    found = session.scalars(statement).first()
    if found is None:
        raise NotFound(_("没有这条信用记录，或者不在您的管辖范围。"))
    return found


def versions(known: CreditRecord) -> Sequence[CreditRecord]:
    """All versions of a record, newest first."""
    return session.scalars(
        select(CreditRecord)
        .where(CreditRecord.source == known.source, CreditRecord.source_key == known.source_key)
        .order_by(CreditRecord.version.desc())
    ).all()


_VERSION = tuple(column for column in CreditRecord.__table__.columns if column.name != "detail")


def histories(ids: Iterable[int]) -> Sequence[Row[Any]]:
    """Every version of the records of some enterprises, superseded ones too, in plain columns without `detail`."""
    wanted = among(CreditRecord.enterprise_id, ids)
    return session.execute(select(*_VERSION).where(wanted).order_by(CreditRecord.happened_on, CreditRecord.id)).all()


def marks_of(known: CreditRecord) -> Marks:
    """The days of a record that its rules look at."""
    return Marks(**{name: getattr(known, name) for name in Marks.__dataclass_fields__})


_HELD = aliased(CreditRecord)


class KeyRecord(NamedTuple):
    """A record beside the enterprise that it is about and the grade kept under it, for the key domains. Internal."""

    enterprise_id: int
    org_id: int
    name: str
    subject_class: str
    industry: str
    credit: str | None
    id: int
    kind: int
    klass: int
    happened_on: date
    ends_on: date | None
    words: str
    detail: Mapping[str, Any]


def key_records(
    kinds: Iterable[str], day: date, *, grounds: Mapping[str, Iterable[int]], ids: Iterable[int] | None = None
) -> Iterator[KeyRecord]:
    """Records of some kinds that stand on a day, enterprise by enterprise, of those that are inspectable and hold one
    of the `grounds`: a licence or a registration in force, by kind and classes. Repaired and revoked ones are left out.
    """
    holds = exists().where(
        _HELD.enterprise_id == Enterprise.id,
        _HELD.superseded_at.is_(None),
        _HELD.revoked_on.is_(None),
        _HELD.happened_on <= day,
        or_(_HELD.ends_on.is_(None), _HELD.ends_on > day),
        or_(*((_HELD.kind == KINDS[kind].number) & _HELD.klass.in_(tuple(of)) for kind, of in grounds.items())),
    )
    section = func.coalesce(Enterprise.industry_section, "")
    statement = (
        select(
            Enterprise.id.label("enterprise_id"),
            Enterprise.org_id,
            Enterprise.name,
            Enterprise.subject_class,
            (section + func.coalesce(Enterprise.industry_code, "")).label("industry"),
            CurrentGrade.grade.label("credit"),
            CreditRecord.id,
            CreditRecord.kind,
            CreditRecord.klass,
            CreditRecord.happened_on,
            CreditRecord.ends_on,
            func.concat_ws(" ", CreditRecord.title, CreditRecord.document_no, cast(CreditRecord.detail, Text)),
            CreditRecord.detail,
        )
        .join(CreditRecord, CreditRecord.enterprise_id == Enterprise.id)
        .outerjoin(CurrentGrade, CurrentGrade.enterprise_id == Enterprise.id)
        .where(
            Enterprise.status.in_(sorted(INSPECTABLE)),
            CreditRecord.superseded_at.is_(None),
            CreditRecord.revoked_on.is_(None),
            or_(CreditRecord.repaired_on.is_(None), CreditRecord.repaired_on > day),
            CreditRecord.kind.in_([KINDS[kind].number for kind in kinds]),
            CreditRecord.happened_on <= day,
            holds,
        )
        .order_by(Enterprise.id, CreditRecord.id)
    )
    if ids is not None:
        statement = statement.where(among(Enterprise.id, ids))
    for row in streamed(statement) if ids is None else session.execute(statement):
        yield KeyRecord(*row)


def key_objects(domains: Iterable[str]) -> set[int]:
    """The key-supervision objects of some domains."""
    return set(session.scalars(select(KeyObject.enterprise_id).where(KeyObject.domain.in_(list(domains)))))


# Pools ---------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class PoolFilter:
    """Which enterprises a draw is about; an empty tuple means no limit. Only 存续 and 歇业 subjects can be drawn.

    `industries` are GB/T 4754 prefixes with or without their section letter (`F`, `F52`, `5211`); `licence_classes` ask
    for a licence of that class in force on `day`; `tags` ask for one of the supervision tags. `any_of` are several filters
    of which one must let it through; `ids` names the members one by one (None: no list).
    """

    unit_ids: tuple[int, ...] = ()
    subject_classes: tuple[str, ...] = ()
    industries: tuple[str, ...] = ()
    licence_classes: tuple[int, ...] = ()
    tags: tuple[str, ...] = ()
    day: date | None = None
    any_of: tuple["PoolFilter", ...] = ()
    ids: tuple[int, ...] | None = None


@dataclass(frozen=True)
class PoolRow:
    """One member of a pool. `code` is the unified social credit code, else the registration number."""

    enterprise_id: int
    code: str
    org_id: int
    grade: str | None
    status: str


_CODE = func.coalesce(Enterprise.uscc, Enterprise.reg_no).collate("C")


def stream_pool(wanted: PoolFilter) -> Iterator[PoolRow]:
    """The members of a pool in the byte order of their codes, a chunk in memory at a time."""
    statement = (
        select(Enterprise.id, _CODE.label("code"), Enterprise.org_id, CurrentGrade.grade, Enterprise.status)
        .outerjoin(CurrentGrade, CurrentGrade.enterprise_id == Enterprise.id)
        .where(*_in_pool(wanted))
        .order_by(text("code"))
    )
    for row in streamed(statement):
        yield PoolRow(*row)


def pool_grades(wanted: PoolFilter) -> dict[str | None, int]:
    """How many members of a pool have each grade; None: not graded."""
    statement = (
        select(CurrentGrade.grade, func.count())
        .select_from(Enterprise)
        .outerjoin(CurrentGrade, CurrentGrade.enterprise_id == Enterprise.id)
        .where(*_in_pool(wanted))
        .group_by(CurrentGrade.grade)
    )
    return dict(session.execute(statement).all())


def pool_size(wanted: PoolFilter) -> int:
    """How many members a pool has."""
    return session.scalar(select(func.count()).select_from(Enterprise).where(*_in_pool(wanted))) or 0


# The census ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Census:
    """How many enterprises have each grade, by unit or by section of industry, as of a moment.

    Rows have org_id or industry_section, grade (None: not graded), inspectable (存续 or 歇业) and number.
    """

    rows: Sequence[Row[Any]]
    taken_at: datetime

    def by_grade(self) -> dict[str | None, int]:
        """Of those who can be inspected, how many have each grade; None: not graded."""
        counts: dict[str | None, int] = {}
        for row in self.rows:
            if row.inspectable:
                counts[row.grade] = counts.get(row.grade, 0) + row.number
        return counts


CENSUS_FROM = 100_000
"""A register of so many is not counted for a page: that reads all of it. The page shows the last census and its moment."""

_INSPECTABLE = Enterprise.status.in_(sorted(INSPECTABLE))
COUNTED = (
    select(
        Enterprise.org_id,
        Enterprise.industry_section,
        CurrentGrade.grade,
        _INSPECTABLE.label("inspectable"),
        func.count().label("number"),
    )
    .select_from(Enterprise)
    .outerjoin(CurrentGrade, CurrentGrade.enterprise_id == Enterprise.id)
    .group_by(Enterprise.org_id, Enterprise.industry_section, CurrentGrade.grade, _INSPECTABLE)
)
CENSUS_COLUMNS = ("org_id", "industry_section", "grade", "inspectable", "number")
_ADDED_UP = cast(func.sum(CensusRow.number), BigInteger)
_SIZE = select(func.sum(text("reltuples"))).select_from(text("pg_class")).where(text("oid = 'enterprise'::regclass"))
"""What the planner believes: near enough, and free."""


def census(actor: Actor | None = None, *, by: str = "org_id") -> Census:
    """The grades of the enterprises that an actor may see (or of all), by unit or by `industry_section`.

    Counted now, or as the last census tells.
    """
    taken_at = _last_census()
    source, number = (Enterprise, func.count()) if taken_at is None else (CensusRow, _ADDED_UP)
    grade, inspectable = (
        (CurrentGrade.grade, _INSPECTABLE) if taken_at is None else (CensusRow.grade, CensusRow.inspectable)
    )
    groups = (getattr(source, by), grade, inspectable)
    statement = select(*groups[:2], inspectable.label("inspectable"), number.label("number")).group_by(*groups)
    if taken_at is None:
        statement = statement.select_from(Enterprise).outerjoin(
            CurrentGrade, CurrentGrade.enterprise_id == Enterprise.id
        )
    if actor is not None:
        statement = staff.visible(statement, actor, unit=source.org_id)
    return Census(session.execute(statement).all(), taken_at or clock.now())


def census_moment() -> datetime:
    """The moment of which `census` tells."""
    return _last_census() or clock.now()


def _last_census() -> datetime | None:
    large = (session.scalar(_SIZE) or 0) >= CENSUS_FROM
    return session.scalar(select(func.max(CensusRow.taken_at))) if large else None


def _in_pool(wanted: PoolFilter) -> Iterator[Any]:
    yield Enterprise.status.in_(sorted(INSPECTABLE))
    yield from _let_through(wanted)


def _let_through(wanted: PoolFilter) -> Iterator[Any]:
    if wanted.any_of:
        yield or_(*(and_(true(), *_let_through(one)) for one in wanted.any_of))
    if wanted.ids is not None:
        yield among(Enterprise.id, wanted.ids)
    if wanted.unit_ids:
        yield Enterprise.org_id.in_(wanted.unit_ids)
    if wanted.subject_classes:
        yield Enterprise.subject_class.in_(wanted.subject_classes)
    if wanted.industries:
        yield or_(*map(_in_industry, wanted.industries))
    if wanted.tags:
        yield Enterprise.tags.op("&&")(cast(list(wanted.tags), ARRAY(Text)))
    if wanted.licence_classes:
        day = wanted.day or clock.today()
        yield exists().where(
            CreditRecord.enterprise_id == Enterprise.id,
            CreditRecord.superseded_at.is_(None),
            CreditRecord.kind == KINDS["licence"].number,
            CreditRecord.klass.in_(wanted.licence_classes),
            CreditRecord.happened_on <= day,
            or_(CreditRecord.ends_on.is_(None), CreditRecord.ends_on > day),
            CreditRecord.revoked_on.is_(None),
        )


def _in_industry(prefix: str) -> Any:
    letter, digits = (prefix[0], prefix[1:]) if prefix[:1].isalpha() else ("", prefix)
    return Enterprise.industry_code.startswith(digits) if digits else Enterprise.industry_section == letter


# Imports -------------------------------------------------------------------------------------------------------------


def imports(*, after: str | None = None, before: str | None = None, size: int = 25) -> Page:
    """Batches, newest first."""
    return page(
        select(ImportBatch.id, ImportBatch), (ImportBatch.id,), after=after, before=before, size=size, descending=True
    )


def import_batch(batch_id: int) -> ImportBatch:
    """One batch."""
    batch = session.get(ImportBatch, batch_id)
    if batch is None:
        raise NotFound(_("没有这个导入批次。"))
    return batch


def file_names(batch_ids: Iterable[int]) -> dict[int, str]:
    """The names of the files of some batches."""
    found = session.execute(select(ImportBatch.id, ImportBatch.file_name).where(among(ImportBatch.id, batch_ids)))
    return dict(found.all())


def unconfirmed() -> Sequence[ImportBatch]:
    """Dry runs that nobody has confirmed, and files whose columns nobody has explained, newest first (at most 10)."""
    open_ones = or_(ImportBatch.state == "checked", (ImportBatch.state == "received") & (ImportBatch.mapping == {}))
    return session.scalars(select(ImportBatch).where(open_ones).order_by(ImportBatch.id.desc()).limit(10)).all()


def kept_before(batch: ImportBatch) -> ImportBatch | None:
    """An earlier batch that kept the same file for the same source."""
    return session.scalars(
        select(ImportBatch)
        .where(
            ImportBatch.file_sha256 == batch.file_sha256,
            ImportBatch.source == batch.source,
            ImportBatch.state == "kept",
            ImportBatch.id != batch.id,
        )
        .order_by(ImportBatch.id.desc())
    ).first()


def job_of(batch: ImportBatch) -> Mapping[str, Any] | None:
    """How far the reading of a batch is, as the job ledger tells it; None where no worker was asked."""
    if batch.message_id is None:
        return None
    job = jobs.find(UUID(str(batch.message_id)))
    if job is None:
        return {"state": "queued", "done": None, "total": None, "note": None}
    return {"state": job.state, "done": job.done, "total": job.total, "note": job.note}


def touched_by(batch_id: int) -> list[int]:
    """Enterprises whose master data or records a batch wrote, those that lost a record to another one included."""
    written, same = aliased(CreditRecord), aliased(CreditRecord)
    by_records = (
        select(same.enterprise_id)
        .join(written, (written.source == same.source) & (written.source_key == same.source_key))
        .where(written.batch_id == batch_id)
    )
    by_master = select(Enterprise.id).where(Enterprise.batch_id == batch_id)
    return sorted(session.scalars(union(by_master, by_records)))


def drawn_results(since: date) -> Sequence[Row[Any]]:
    """Results of checks by random draw that were fed back: enterprise, day, classes of all items; oldest first.

    They stand: neither withdrawn nor replaced by a corrected edition.
    """
    statement = (
        select(
            CreditRecord.enterprise_id, CreditRecord.happened_on, func.array_agg(CreditRecord.klass).label("classes")
        )
        .where(
            CreditRecord.kind == KINDS["check"].number,
            CreditRecord.source == "disclosure",
            CreditRecord.detail["type"].astext == "抽查",
            CreditRecord.superseded_at.is_(None),
            CreditRecord.revoked_on.is_(None),
            CreditRecord.happened_on >= since,
        )
        .group_by(CreditRecord.enterprise_id, CreditRecord.happened_on, CreditRecord.document_no)
        .order_by(CreditRecord.happened_on, CreditRecord.enterprise_id)
    )
    return session.execute(statement).all()


# What waits for a match ----------------------------------------------------------------------------------------------


def waiting(
    *, discarded: bool = False, reason: str | None = None, after: str | None = None, before: str | None = None
) -> Page:
    """Records that wait for their enterprise, oldest first; or those that were discarded."""
    statement = select(WaitingRow.id, WaitingRow).where(
        WaitingRow.discarded_at.is_not(None) if discarded else WaitingRow.discarded_at.is_(None)
    )
    if reason is not None:
        statement = statement.where(WaitingRow.reason == reason)
    return page(statement, (WaitingRow.id,), after=after, before=before, size=25)


def waiting_counts() -> dict[str, int]:
    """How many records wait, by reason."""
    rows = session.execute(
        select(WaitingRow.reason, func.count()).where(WaitingRow.discarded_at.is_(None)).group_by(WaitingRow.reason)
    )
    return dict(rows.all())


def waiting_row(waiting_id: int) -> WaitingRow:
    """One record that waits."""
    row = session.get(WaitingRow, waiting_id)
    if row is None:
        raise NotFound(_("这条待匹配记录已经处理。"))
    return row


def candidates(row: WaitingRow, words: str, actor: Actor) -> list[Brief]:
    """Enterprises that a waiting record may belong to: by what a person looks for, else by its own number and name."""
    found: dict[int, Brief] = {}
    if words:
        hits = search(Search(words=words), actor, size=20).rows
        return list(brief(hit.id for hit in hits).values())
    for number in filter(None, (row.uscc, row.reg_no)):
        hit = by_number(number)
        if hit:
            found[hit.id] = hit
    if row.name:
        found.update((each.id, each) for each in by_exact_name(row.name))
        hits = search(Search(words=_core(row.name)), actor, size=10).rows if not found else []
        found.update(brief(hit.id for hit in hits))
    return list(found.values())


def _core(name: str) -> str:
    """The telling part of a name: without its place in front and its form at the end."""
    key = name_key(name)
    key = re.sub(r"^(河南省?)?(周口市?)?(.{2}[县区市])?", "", key)
    return (
        re.sub(r"(有限责任公司|股份有限公司|有限公司|专业合作社|合作社|经营部|门市部|商行|商店)$", "", key)[:6]
        or key[:6]
    )
