"""The packed reading of the register for grading: subjects, records that count, relations, as flat arrays."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from psycopg import Connection as DriverConnection
from psycopg import RawCursor
from sqlalchemy import Connection, select

from casework.core.db import Session, db, session
from casework.core.errors import NotFound
from casework.core.i18n import _
from casework.registry.models import IS_INSPECTABLE, PACKED, CreditRecord, Enterprise, shifts
from casework.registry.rules import CODE_BASE, KINDS, SUBJECT_CLASSES

SHARD = 1 << 20
"""So many ids are read at once: the arrays of a shard stay below half a gigabyte."""

UNKNOWN = -(2**31)
"""In a column: the register does not say."""

OPEN = (1 << 14) - 1
"""In `stop`: nothing is known that will end or change the record. 14 bits of days are 44 years."""

FEW = 200
"""Up to so many ids a reading costs less than its plan."""

CROWD = 10
"""An address shared by fewer is no signal and not carried."""

CLASSES = tuple(SUBJECT_CLASSES)
REVOKED = ("revoked", "revoked_deregistered")
PLEDGE = KINDS["equity_pledge"].number
TROUBLE = tuple(KINDS[key].number for key in ("abnormal", "serious", "defaulter"))
"""Lists on which a related enterprise casts a shadow; those after the first mean grade D at once."""

LASTING = tuple(kind.number for kind in KINDS.values() if kind.lasts)
"""Records of these kinds grow old from the day they ended; the others from the day they happened."""

STAGES = tuple(KINDS[key].number for key in ("complaint", "report", "check", "penalty"))
"""One act (records with one `chain`) counts once, at the highest stage it has reached."""

Ints = NDArray[Any]


@dataclass(frozen=True)
class Wanted:
    """Which records are asked for: by code, for how many days a record matters once it is over (`OPEN`: for ever).

    `suspends`: records to which an objection is open are left out.
    """

    days: Mapping[int, int]
    suspends: bool = False

    def or_those_of(self, other: "Wanted") -> "Wanted":
        """What either asks for."""
        codes = self.days.keys() | other.days.keys()
        days = {code: max(self.days.get(code, 0), other.days.get(code, 0)) for code in codes}
        return Wanted(days, self.suspends or other.suspends)


@dataclass(frozen=True)
class Fact:
    """One current credit record, with the reading that grading gives it on a day.

    The methods say in words what `_EVENTS` does in SQL for a million enterprises; a test holds the two together.
    """

    id: int
    kind: int
    klass: int
    happened_on: date
    ends_on: date | None = None
    publicity_until: date | None = None
    repaired_on: date | None = None
    revoked_on: date | None = None
    objected_on: date | None = None
    objection_closed_on: date | None = None
    amount: Decimal | None = None
    chain: str | None = None
    title: str = ""
    document_no: str | None = None
    authority: str | None = None
    source: str = ""
    source_key: str = ""
    batch_id: int | None = None
    row_no: int | None = None

    @property
    def code(self) -> int:
        """Kind and class in one number, as models refer to them."""
        return self.kind * 16 + self.klass

    def stands_on(self, day: date) -> bool:
        """Neither withdrawn as wrong, nor repaired, nor past its publicity (domain E.4, E.5)."""
        over = self.publicity_until is not None and self.publicity_until < day
        return not (over or _reached(self.revoked_on, day) or _reached(self.repaired_on, day))

    def ended_on(self, day: date) -> bool:
        """Removed from the list, closed, expired: history, which is not the same as never having happened."""
        return _reached(self.ends_on, day)

    def age_on(self, day: date) -> int:
        """Days since it happened; of an ended listing or check, since it ended."""
        start = self.ends_on if self.ended_on(day) and self.kind in LASTING else self.happened_on
        return (day - (start or self.happened_on)).days

    def matters_on(self, day: date, wanted: "Wanted") -> bool:
        """Whether it can still count, or will: asked for, and not over for longer than it is remembered."""
        if self.code not in wanted.days:
            return False
        lasts = self.kind in LASTING and not self.ended_on(day)
        return self.happened_on > day or lasts or self.age_on(day) < wanted.days[self.code]

    def disputed_on(self, day: date) -> bool:
        """存疑: an objection is noted and not yet closed. The record is shown as in doubt; it counts, or does not."""
        return _reached(self.objected_on, day) and not _reached(self.objection_closed_on, day)

    def changes_after(self, day: date) -> date | None:
        """The next day on which a date of the record itself makes it read differently."""
        if self.happened_on > day:
            return self.happened_on
        over = None if self.publicity_until is None else self.publicity_until + timedelta(days=1)
        coming = [on for on in (self.ends_on, self.repaired_on, self.revoked_on, over) if on is not None and on > day]
        return min(coming, default=None)


def _reached(on: date | None, day: date) -> bool:
    return on is not None and on <= day


def standing(facts: Sequence[Fact], day: date, *, suspends: bool = False) -> list[Fact]:
    """The records that stand on a day, those to come among them; no acts that have reached a higher stage.

    `suspends`: nor those to which an objection is open.
    """
    highest: dict[str, int] = {}
    for fact in facts:
        if fact.chain and fact.kind in STAGES and fact.happened_on <= day and not _reached(fact.revoked_on, day):
            highest[fact.chain] = max(highest.get(fact.chain, 0), STAGES.index(fact.kind))
    return [
        fact
        for fact in facts
        if fact.stands_on(day) and not _overtaken(fact, highest) and not (suspends and fact.disputed_on(day))
    ]


def _overtaken(fact: Fact, highest: Mapping[str, int]) -> bool:
    return fact.kind in STAGES and STAGES.index(fact.kind) < highest.get(fact.chain or "", 0)


@dataclass(frozen=True)
class Dossier:
    """Everything that grading looks at for one enterprise, in plain values."""

    enterprise_id: int
    subject_class: str
    columns: Mapping[str, int]
    features: Mapping[str, int]
    facts: Sequence[Fact]


@dataclass(frozen=True)
class Reading:
    """Many enterprises on one day. Subjects are rows 0 … n-1, those of a class together; events name them by row.

    `columns` and `features` are int32[n] by name (`UNKNOWN`: the register does not say; features are 0 by default).
    Events lie together by class, then by code; aligned: `row` int32, `age` and `stop` int16 days (`OPEN`: nothing known
    that will end or change it), `ended` bool, `code` int16, negative for a record still to come (in `stop` days).
    """

    as_of: date
    ids: Ints
    subject_class: Ints
    columns: Mapping[str, Ints]
    features: Mapping[str, Ints]
    row: Ints
    age: Ints
    stop: Ints
    ended: Ints
    code: Ints

    def of_class(self, subject_class: str) -> "Reading":
        """The subjects of one class with their events; rows are counted anew. Nothing is copied but these."""
        place = CLASSES.index(subject_class)
        mine = slice(*np.searchsorted(self.subject_class, (place, place + 1)))
        theirs = slice(*np.searchsorted(self.subject_class[self.row], (place, place + 1)))
        return replace(
            self,
            ids=self.ids[mine],
            subject_class=self.subject_class[mine],
            columns={name: values[mine] for name, values in self.columns.items()},
            features={name: values[mine] for name, values in self.features.items()},
            row=self.row[theirs] - mine.start,
            age=self.age[theirs],
            stop=self.stop[theirs],
            ended=self.ended[theirs],
            code=self.code[theirs],
        )


Scope = range | NDArray[np.int64]
"""Which enterprises: a range of ids (a shard of the register), or sorted ids."""


@contextmanager
def reading() -> Iterator[Connection]:
    """A connection on which every read sees the same committed moment (in tests: the one transaction)."""
    if Session.pinned is not None:
        yield Session.pinned
    else:
        engine = db.engines[None].execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        with engine.connect() as connection:
            yield connection


def tune(connection: Connection) -> None:
    """Makes the transaction fit for reading much: sorts in memory, indexes for lists of ids, and no helpers.

    Parallel workers halve the time of some of these readings and double their cost: the other cores have work to do.
    """
    for setting, value in (
        ("work_mem", "'256MB'"),
        ("random_page_cost", "1.1"),
        ("max_parallel_workers_per_gather", "0"),
    ):
        connection.exec_driver_sql(f"SET LOCAL {setting} = {value}")


def shards(connection: Connection, size: int = SHARD) -> list[range]:
    """The whole register as ranges of ids."""
    row = _driver(connection).execute("SELECT min(id), max(id) FROM enterprise").fetchone()
    if row is None or row[0] is None:
        return []
    return [range(low, min(low + size, row[1] + 1)) for low in range(row[0], row[1] + 1, size)]


def parts(ids: NDArray[np.int64], size: int = SHARD) -> list[NDArray[np.int64]]:
    """A list of ids in pieces that `read` takes."""
    return [ids[first : first + size] for first in range(0, len(ids), size)]


def read(connection: Connection, scope: Scope, day: date, wanted: Wanted) -> Reading:
    """The inspectable enterprises of a scope (at most `SHARD` ids), their wanted records and relations on a day."""
    few, ranged = len(scope) <= FEW, isinstance(scope, range)
    longest = max(wanted.days.values(), default=0)
    asked = {
        "codes": sorted(wanted.days),
        "since": date.min if longest >= OPEN else day - timedelta(days=longest),
        **({} if few else _shared(connection, scope, day)),
    }
    *subjects, events = _fetch(connection, _reading_sql(ranged, few, wanted.suspends), scope, day, asked)
    subjects, relations = subjects[: -len(_FEATURES)], subjects[-len(_FEATURES) :]
    ids, columns = _subjects(subjects, day)
    together = np.argsort(columns["subject_class"].astype(np.int8), kind="stable")
    ids, columns = ids[together], {name: values[together] for name, values in columns.items()}
    subject_class = columns.pop("subject_class")
    rows = np.full(len(scope), -1, np.int32)
    rows[_places(scope, ids)] = np.arange(len(ids), dtype=np.int32)
    return Reading(
        as_of=day,
        ids=ids,
        subject_class=subject_class,
        columns=columns,
        features=_features(relations, scope, rows, len(ids)),
        **_events(events, rows, subject_class),
    )


@dataclass(frozen=True)
class Counted:
    """What is counted of each enterprise of a class: records of some codes within some days; size by employees."""

    subject_class: str
    codes: Sequence[int]
    days: int
    sizes: Sequence[int]


def histogram(
    connection: Connection, day: date, counted: Counted, *, suspends: bool = False
) -> list[tuple[str, int, int, int]]:
    """The whole register in groups: section of industry (empty: unknown), class of size (0: unknown), records, n."""
    sql = _HISTOGRAM.format(certain=_CERTAIN if suspends else "true")
    given = {
        "day": day,
        "since": day - timedelta(days=counted.days),
        "codes": list(counted.codes),
        "sizes": [0, *counted.sizes],
        "subject_class": counted.subject_class,
    }
    return _driver(connection).execute(sql, given).fetchall()


def turned(connection: Connection, after: date, until: date) -> list[int]:
    """Enterprises, graded or not, whose lists begin or end in some days: those related to them may feel it."""
    days = ("r.happened_on", "r.ends_on", "r.repaired_on", "r.revoked_on", "r.publicity_until + 1")
    changing = " OR ".join(f"{day} > %(after)s AND {day} <= %(until)s" for day in days)
    sql = (
        "SELECT DISTINCT r.enterprise_id FROM credit_record r"
        f" WHERE r.superseded_at IS NULL AND r.kind IN {TROUBLE} AND ({changing})"
    )
    return [row[0] for row in _driver(connection).execute(sql, {"after": after, "until": until})]


def units(connection: Connection, scope: Scope, ids: Ints) -> Ints:
    """The unit in charge of each of some enterprises of a scope; `ids` ascend."""
    among = _among(isinstance(scope, range), "e.id")
    sql = f"SELECT string_agg(int8send(e.id) || int8send(e.org_id), '') FROM enterprise e WHERE {among}"
    known, org_ids = _numbers(_fetch(connection, sql, scope, date.min)[0]).reshape(-1, 2).T
    order = np.argsort(known)
    return org_ids[order][np.searchsorted(known[order], ids)]


def related(connection: Connection, ids: Sequence[int], *, by_address: bool) -> NDArray[np.int64]:
    """Those enterprises and others whose relations look at them: same person, branches, same address if asked."""
    found = _driver(connection).execute(_RELATED_BY_ADDRESS if by_address else _RELATED, {"ids": list(ids)})
    return np.array(sorted(row[0] for row in found), np.int64)


def dossier(enterprise_id: int, day: date, *, known_at: datetime | None = None) -> Dossier:
    """One enterprise in plain values, whatever its state, records oldest first.

    `known_at` takes the versions of its records that were known at that moment; all else is as it is known now.
    """
    known = session.get(Enterprise, enterprise_id)
    if known is None:
        raise NotFound(_("没有这个经营主体。"))
    valid = CreditRecord.superseded_at.is_(None)
    if known_at is not None:
        valid = (CreditRecord.recorded_at <= known_at) & (valid | (CreditRecord.superseded_at > known_at))
    records = session.scalars(
        select(CreditRecord)
        .where(CreditRecord.enterprise_id == enterprise_id, valid)
        .order_by(CreditRecord.happened_on, CreditRecord.id)
    )
    connection, scope, row = session.connection(), np.array([enterprise_id], np.int64), np.zeros(1, np.int32)
    facts = f"SELECT s.*, {_features_sql(False, True)} FROM ({_subjects_sql(False, 'true')}) AS s"
    found = _fetch(connection, facts, scope, day)
    _ids, columns = _subjects(found[: -len(_FEATURES)], day)
    features = _features(found[-len(_FEATURES) :], scope, row, 1)
    return Dossier(
        enterprise_id=enterprise_id,
        subject_class=known.subject_class,
        columns={name: int(values[0]) for name, values in columns.items() if name != "subject_class"},
        features={name: int(values[0]) for name, values in features.items()},
        facts=[Fact(**{field.name: getattr(record, field.name) for field in fields(Fact)}) for record in records],
    )


def industry_number(prefix: str) -> tuple[int, int]:
    """A GB/T 4754 prefix (section letter, up to two digits: `H62`) as (number, mask) over the column `industry`."""
    number = mask = 0
    for place, letter in zip((14, 7, 0), prefix, strict=False):
        number |= ord(letter) << place
        mask |= 127 << place
    return number, mask


_INSPECTABLE = f"e.{IS_INSPECTABLE}"

_STANDS = """r.superseded_at IS NULL
    AND (r.revoked_on IS NULL OR r.revoked_on > %(day)s)
    AND (r.repaired_on IS NULL OR r.repaired_on > %(day)s)
    AND (r.publicity_until IS NULL OR r.publicity_until >= %(day)s)"""

_IN_FORCE = _STANDS + " AND r.happened_on <= %(day)s AND (r.ends_on IS NULL OR r.ends_on > %(day)s)"

_CERTAIN = """(r.objected_on IS NULL OR r.objected_on > %(day)s OR r.objection_closed_on <= %(day)s)"""

_OVER = "least(r.repaired_on, r.revoked_on, r.publicity_until + 1)"
"""The first day on which a record does not stand any more; NULL: none is known."""

_OVERTAKEN = f"""
    SELECT low.id FROM credit_record low JOIN credit_record higher USING (enterprise_id, chain)
    WHERE low.chain IS NOT NULL AND low.superseded_at IS NULL AND {{lower}}
      AND higher.superseded_at IS NULL AND higher.happened_on <= %(day)s
      AND (higher.revoked_on IS NULL OR higher.revoked_on > %(day)s)
      AND array_position(ARRAY{list(STAGES)}, higher.kind::int) > array_position(ARRAY{list(STAGES)}, low.kind::int)"""

_STOP, _AGE = (f"{1 << bits}::bigint" for bits in (14, 28))

_EVENTS = f"""
    SELECT string_agg(int8send({{place}} * {1 << 42} + r.kind * 16 + r.klass + CASE
        WHEN r.happened_on > %(day)s THEN
            {1 << 13} + least(least(r.happened_on, {_OVER}) - %(day)s, {OPEN}) * {_STOP}
        WHEN r.ends_on > %(day)s THEN
            least(least(r.ends_on, {_OVER}) - %(day)s, {OPEN}) * {_STOP}
            + least(%(day)s - r.happened_on, {OPEN}) * {_AGE}
        WHEN r.ends_on IS NULL THEN
            least({_OVER} - %(day)s, {OPEN}) * {_STOP} + least(%(day)s - r.happened_on, {OPEN}) * {_AGE}
        ELSE
            {1 << 12} + least({_OVER} - %(day)s, {OPEN}) * {_STOP}
            + least(%(day)s - CASE WHEN r.kind IN {LASTING} THEN r.ends_on ELSE r.happened_on END, {OPEN}) * {_AGE}
        END), '')
    FROM {{source}}
    WHERE {_STANDS} AND {{among}} AND {{certain}}
      AND CASE WHEN r.kind IN {LASTING} THEN coalesce(r.ends_on, 'infinity') ELSE r.happened_on END > %(since)s
      AND (r.chain IS NULL OR r.id NOT IN ({_OVERTAKEN}))
    """
"""One int8 a record: place of the subject · age (14 bits) · stop (14) · to come · ended · code (12).

To come, open until a day, open, over: one branch each, since this is worked out millions of times.
"""

_HISTOGRAM = f"""
    WITH counted AS (
        SELECT r.enterprise_id, count(*) AS number FROM credit_record r
        WHERE {_STANDS} AND {{certain}} AND r.kind * 16 + r.klass = ANY(%(codes)s::int[]) AND r.happened_on <= %(day)s
          AND CASE WHEN r.kind IN {LASTING} AND r.ends_on <= %(day)s THEN r.ends_on ELSE r.happened_on END > %(since)s
          AND (r.chain IS NULL OR r.id NOT IN ({_OVERTAKEN.format(lower="true")}))
        GROUP BY r.enterprise_id
    )
    SELECT coalesce(e.industry_section, ''), width_bucket(coalesce(e.employees, -1), %(sizes)s::int[]),
           coalesce(c.number, 0), count(*)
    FROM enterprise e LEFT JOIN counted c ON c.enterprise_id = e.id
    WHERE {_INSPECTABLE} AND e.subject_class = %(subject_class)s GROUP BY 1, 2, 3"""
"""How many enterprises have so many records, by section and size: of a class of subjects, within some days."""
_PLACES = "unnest(%(ids)s::bigint[]) WITH ORDINALITY AS place (id, number)"
_CODES = f"""(
    SELECT (code / {CODE_BASE})::smallint AS kind, (code %% {CODE_BASE})::smallint AS klass
    FROM unnest(%(codes)s::int[]) AS asked (code)) AS asked"""
"""Many subjects are read code by code from one index; few by subject."""

_FEATURES = {
    "pledge_percent": f"""
        SELECT r.enterprise_id, least(floor(sum(r.amount) * 100 / e.capital_wan), 1000)::bigint
        FROM credit_record r JOIN enterprise e ON e.id = r.enterprise_id
        WHERE r.kind = {PLEDGE} AND {_IN_FORCE} AND r.amount > 0 AND e.capital_wan > 0 AND {{among}}
        GROUP BY r.enterprise_id, e.capital_wan""",
    "kin_in_trouble": f"""
        WITH kin AS MATERIALIZED (
            SELECT e.id, e.person_key, e.status IN {REVOKED} OR EXISTS (
                SELECT FROM credit_record r WHERE r.enterprise_id = e.id AND r.kind IN {TROUBLE} AND {_IN_FORCE}
            ) AS troubled
            FROM enterprise e WHERE e.person_key = ANY({{person}})
        ), counted AS (
            SELECT id, count(*) FILTER (WHERE troubled) OVER (PARTITION BY person_key) - troubled::int AS number
            FROM kin
        )
        SELECT e.id, e.number FROM counted e WHERE {{among}}""",
    "same_address": f"""
        WITH counted AS (
            SELECT e.id, e.cluster_address,
                   count(*) FILTER (WHERE {_INSPECTABLE}) OVER (PARTITION BY e.address_key) AS number
            FROM enterprise e WHERE e.address_key = ANY({{address}})
        )
        SELECT e.id, e.number FROM counted e WHERE NOT e.cluster_address AND e.number >= {CROWD} AND {{among}}""",
    "parent_listed": f"""
        SELECT e.id, 1::bigint FROM enterprise e WHERE {{among}} AND e.parent_id IS NOT NULL AND EXISTS (
            SELECT FROM credit_record r
            WHERE r.enterprise_id = e.parent_id AND r.kind IN {TROUBLE[1:]} AND {_IN_FORCE})""",
}
"""Relations as (enterprise, number): percent of the capital that is pledged; other enterprises of the same person that
are revoked or listed; enterprises at one address that is no registered cluster; head office on a list that means D.
They look at records, never at grades, so that no grade depends on another one."""

_TOGETHER = {"person": 2, "address": CROWD}
"""From how many enterprises on a person or an address is looked at."""

_RELATED = """
    SELECT unnest(%(ids)s::bigint[])
    UNION SELECT b.id FROM enterprise a JOIN enterprise b USING (person_key) WHERE a.id = ANY(%(ids)s)
    UNION SELECT b.id FROM enterprise b WHERE b.parent_id = ANY(%(ids)s)"""
_RELATED_BY_ADDRESS = (
    _RELATED + " UNION SELECT b.id FROM enterprise a JOIN enterprise b USING (address_key) WHERE a.id = ANY(%(ids)s)"
)


@cache
def _reading_sql(ranged: bool, few: bool, suspends: bool) -> str:
    """One statement, and one answer, for all that grading reads of a scope."""
    return (
        f"SELECT s.*, {_features_sql(ranged, few)}, ({_events_sql(ranged, suspends)})"
        f" FROM ({_subjects_sql(ranged, _INSPECTABLE)}) AS s"
    )


def _subjects_sql(ranged: bool, status: str) -> str:
    aggregated = ", ".join(f"string_agg(int8send(e.{word}), '') AS {word}" for word in ("id", *PACKED))
    return f"SELECT {aggregated} FROM enterprise e WHERE {_among(ranged, 'e.id')} AND {status}"


def _features_sql(ranged: bool, few: bool) -> str:
    """The relations, each as one column. Of a few enterprises, persons and addresses are looked up on the way."""
    keys = {
        key: f"ARRAY(SELECT {key}_key FROM enterprise WHERE {_among(ranged, 'id')})" if few else f"%({key})s"
        for key in _TOGETHER
    }
    return ", ".join(
        "(SELECT string_agg(int8send(id) || int8send(number), '')"
        f" FROM ({sql.format(among=_among(ranged, 'e.id'), **keys)}) AS f (id, number) WHERE number > 0) AS {name}"
        for name, sql in _FEATURES.items()
    )


def _events_sql(ranged: bool, suspends: bool) -> str:
    if ranged:
        place, among = "(r.enterprise_id - %(low)s)", _among(ranged, "r.enterprise_id")
        source = f"{_CODES} JOIN credit_record r USING (kind, klass)"
    else:
        place, among = "(place.number - 1)", "r.kind * 16 + r.klass = ANY(%(codes)s::int[])"
        source = f"{_PLACES} JOIN credit_record r ON r.enterprise_id = place.id"
    certain, lower = _CERTAIN if suspends else "true", _among(ranged, "low.enterprise_id")
    return _EVENTS.format(place=place, source=source, among=among, certain=certain, lower=lower)


def _subjects(packed: Sequence[bytes], day: date) -> tuple[Ints, dict[str, Ints]]:
    """Ids and columns of the enterprises that were read, aligned."""
    ids, *words = map(_numbers, packed)
    columns = {}
    for column, word in zip(PACKED, words, strict=True):
        for trait, shift in shifts(column):
            value = (word >> shift & ((1 << trait.bits) - 1)).astype(np.int32) - 1
            columns[trait.name] = np.where(value < 0, UNKNOWN, value)
    established = columns.pop("established")
    today = day.toordinal() - 1
    columns["age_days"] = np.where(established == UNKNOWN, UNKNOWN, today - established)
    return ids, columns


def _events(packed: bytes, rows: Ints, subject_class: Ints) -> dict[str, Ints]:
    """The events of `Reading`; `rows` gives the row of each place of the scope, -1 for what is not graded."""
    event = _numbers(packed)
    row = rows[event >> 42]
    graded = row >= 0
    event, row = event[graded], row[graded]
    code = (event & 4095).astype(np.int16)
    code[event & 1 << 13 != 0] *= -1
    order = np.argsort((subject_class[row] << 13) + code, kind="stable")
    event, row, code = event[order], row[order], code[order]
    return {
        "row": row,
        "age": (event >> 28 & OPEN).astype(np.int16),
        "stop": (event >> 14 & OPEN).astype(np.int16),
        "ended": event & 1 << 12 != 0,
        "code": code,
    }


def _features(packed: Sequence[bytes], scope: Scope, rows: Ints, count: int) -> dict[str, Ints]:
    """The relations as int32[count] by name; most enterprises have none."""
    features = {}
    for name, data in zip(_FEATURES, packed, strict=True):
        values = features[name] = np.zeros(count, np.int32)
        if data:
            ids, numbers = _numbers(data).reshape(-1, 2).T
            row = rows[_places(scope, ids)]
            values[row[row >= 0]] = numbers[row >= 0]
    return features


def _shared(connection: Connection, scope: Scope, day: date) -> dict[str, list[str]]:
    """The persons and the addresses with several enterprises, in the whole register or those of a list."""
    among = (
        "true" if isinstance(scope, range) else "e.{0}_key IN (SELECT {0}_key FROM enterprise WHERE id = ANY(%(ids)s))"
    )
    each = [
        f"ARRAY(SELECT e.{key}_key FROM enterprise e WHERE e.{key}_key IS NOT NULL AND {among.format(key)}"
        f" GROUP BY e.{key}_key HAVING count(*) >= {number})"
        for key, number in _TOGETHER.items()
    ]
    (row,) = _rows(connection, f"SELECT {', '.join(each)}", scope, day)
    return dict(zip(_TOGETHER, row, strict=True))


def _among(ranged: bool, column: str) -> str:
    if ranged:
        return f"{column} >= %(low)s AND {column} < %(high)s"
    return f"{column} = ANY(%(ids)s)"


def _places(scope: Scope, ids: Ints) -> Ints:
    """The place of each id in its scope."""
    return ids - scope.start if isinstance(scope, range) else np.searchsorted(scope, ids)


def _fetch(
    connection: Connection, sql: str, scope: Scope, day: date, more: Mapping[str, Any] | None = None
) -> list[bytes]:
    """One row of byte strings as they are on the wire."""
    (row,) = _rows(connection, sql, scope, day, more)
    return [value or b"" for value in row]


def _rows(
    connection: Connection, sql: str, scope: Scope, day: date, more: Mapping[str, Any] | None = None
) -> list[tuple[Any, ...]]:
    """Planned once for the few that change at once, and anew each time for more, since scopes differ a thousandfold."""
    given = {"low": scope.start, "high": scope.stop} if isinstance(scope, range) else {"ids": scope.tolist()}
    numbered, names = _numbered(sql)
    known = {"day": day, **given, **(more or {})}
    with RawCursor(_driver(connection)) as cursor:
        parameters = [known[name] for name in names]
        return cursor.execute(numbered, parameters, prepare=len(scope) <= FEW, binary=True).fetchall()


@cache
def _numbered(sql: str) -> tuple[str, tuple[str, ...]]:
    """A statement with its parameters as `$1`, and their names: psycopg would look for them in its length each time."""
    names = tuple(dict.fromkeys(re.findall(r"%\((\w+)\)s", sql)))
    for place, name in enumerate(names, start=1):
        sql = sql.replace(f"%({name})s", f"${place}")
    return sql.replace("%%", "%"), names


def _numbers(data: bytes) -> Ints:
    return np.frombuffer(data, ">i8").astype(np.int64)


def _driver(connection: Connection) -> DriverConnection[Any]:
    """psycopg's own connection: one byte string of many megabytes should not pass through more hands than needed."""
    driver = connection.connection.driver_connection
    assert isinstance(driver, DriverConnection)
    return driver
