"""The pool of a campaign: who belongs to it and who may be drawn, who may be sent, and how both are sealed and read.

The wizard's preview and the freeze look at the same candidates, one at a time: a million of them never stand in memory.
"""

import os
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import islice
from typing import Any, NamedTuple, TypeVar

from psycopg import Cursor
from psycopg.types.json import Jsonb
from sqlalchemy import ARRAY, Text, cast, extract, or_, select
from sqlalchemy.dialects.postgresql import distinct_on

from casework.accounts import queries as staff
from casework.cases import queries as cases
from casework.cases.rules import near_cap
from casework.core import clock, parameters
from casework.core.db import session
from casework.core.errors import Refusal
from casework.core.i18n import _
from casework.core.jobs import progress
from casework.registry import queries as registry
from casework.sampling.draw import IN, OUT, SALT_BYTES, Member, seal_of
from casework.sampling.models import (
    Campaign,
    DirectoryEntry,
    DrawnMember,
    InspectionItem,
    ObjectDirectory,
    OfficerTie,
    PoolOfficer,
    Recusal,
)
from casework.sampling.rules import (
    DEREGISTERING,
    DRAWN,
    GRADES,
    AreaCount,
    Demands,
    StratumCount,
    counts_as_employer,
    label_of,
    not_sent_because,
    officer_days,
    out_reason,
    published_reasons,
)

T = TypeVar("T")

CHUNK = 10_000
"""So many candidates are looked up in the other rooms at once."""


@dataclass(frozen=True)
class Scheme:
    """What a campaign draws from and how much, on a day."""

    org_id: int
    items: Sequence[InspectionItem]
    pool: Mapping[str, Any]
    rates_bp: Mapping[str, int]
    sizes: Mapping[str, int]
    officers_per_case: int
    day: date

    @property
    def on_site(self) -> bool:
        """Whether it costs visits, of which an enterprise has so many a year."""
        return any(item.on_site for item in self.items)

    @property
    def grades(self) -> list[str]:
        """The grades that are drawn from, in drawing order."""
        return [grade for grade in GRADES if grade in self.rates_bp]

    @property
    def filter(self) -> registry.PoolFilter:
        """The filter of the register: the unit's subtree, the directories picked, and what the scheme narrows them to."""
        narrowed = {name: tuple(values) for name, values in self.pool.items() if name != "directories"}
        return registry.PoolFilter(
            unit_ids=tuple(staff.subtree(self.org_id)),
            day=self.day,
            any_of=tuple(directory_filter(directory, self.day) for directory in self.directories),
            **narrowed,
        )

    @property
    def directories(self) -> list[ObjectDirectory]:
        """The directories picked, as they are in force on the day; who is in several of them counts once."""
        return directories_in_force(self.pool.get("directories", ()), self.day)


def directories_in_force(codes: Collection[str] | None, day: date) -> list[ObjectDirectory]:
    """The versions of these directories (None: of all) that are published on a day, in the order of the codes."""
    newest = (
        select(ObjectDirectory)
        .where(ObjectDirectory.published_on <= day)
        .ext(distinct_on(ObjectDirectory.code))
        .order_by(ObjectDirectory.code, ObjectDirectory.version.desc())
    )
    if codes is not None:
        newest = newest.where(ObjectDirectory.code.in_(codes))
    return [directory for directory in session.scalars(newest) if not directory.withdrawn]


def directory_filter(directory: ObjectDirectory, day: date) -> registry.PoolFilter:
    """Who is in a directory on a day: by its filter, or everybody whose listed permit has not run out."""
    if not directory.listed:
        return registry.PoolFilter(day=day, **{name: tuple(values) for name, values in directory.pool.items()})
    in_term = or_(DirectoryEntry.valid_until.is_(None), DirectoryEntry.valid_until >= day)
    holders = (
        select(DirectoryEntry.enterprise_id).where(DirectoryEntry.directory_id == directory.id, in_term).distinct()
    )
    return registry.PoolFilter(ids=tuple(session.scalars(holders)))


class Candidate(NamedTuple):
    """A subject of the pool; `reason` says why it may not be drawn, `grade` is None while it is not classified.

    `near_cap`: one more visit uses up four fifths of the year's or more.
    """

    enterprise_id: int
    code: str
    org_id: int
    grade: str | None
    reason: str | None
    near_cap: bool = False


class Sent(NamedTuple):
    """An officer who may be sent, and the county bureau (or the city's) for which."""

    officer_id: int
    roster_id: str
    area_id: int


def candidates(scheme: Scheme) -> Iterator[Candidate]:
    """Everybody in the object directory, in the order of their codes."""
    cap = parameters.value("cases.annual_cap", scheme.day) if scheme.on_site else None
    codes = [item.code for item in scheme.items]
    drawn = drawn_for(codes, scheme.day.year)
    leaving = registry.PoolFilter(unit_ids=scheme.filter.unit_ids, tags=(DEREGISTERING,))
    deregistering = {row.enterprise_id for row in registry.stream_pool(leaving)}
    key = registry.key_objects(domains_kept_out(scheme.items, scheme.day))
    for rows in _chunks(registry.stream_pool(scheme.filter)):
        ids = [row.enterprise_id for row in rows]
        visits = cases.visits(ids, scheme.day.year) if cap is not None else {}
        occupied = cases.occupied(ids, codes, scheme.day.year)
        for row in rows:
            made = visits.get(row.enterprise_id, 0)
            reason = out_reason(
                status=row.status,
                deregistering=row.enterprise_id in deregistering,
                key=row.enterprise_id in key,
                occupied=occupied.get(row.enterprise_id),
                drawn=row.enterprise_id in drawn,
                visits=made,
                cap=cap,
            )
            near = cap is not None and made > 0 and near_cap(made + 1, cap)
            yield Candidate(row.enterprise_id, row.code, row.org_id, row.grade, reason, near)


def domains_kept_out(items: Sequence[InspectionItem], day: date) -> set[str]:
    """The key domains whose objects stay out of a draw of these items, because they are checked at a frequency of their
    own (优化营商环境条例第五十四条); none where the bureau lets them be drawn as others are."""
    set_for = parameters.value("sampling.key_objects", day)
    return {item.line for item in items if item.importance == "key" and set_for.get(item.line) == "exclude"}


def _chunks(rows: Iterable[T]) -> Iterator[list[T]]:
    remaining = iter(rows)
    while chunk := list(islice(remaining, CHUNK)):
        yield chunk


def drawn_for(item_codes: Sequence[str], year: int) -> set[int]:
    """Enterprises that were drawn in a year for one of these items, by a draw that stands."""
    statement = (
        select(DrawnMember.enterprise_id)
        .join(Campaign, Campaign.id == DrawnMember.campaign_id)
        .where(
            Campaign.state.in_(DRAWN),
            Campaign.item_codes.op("&&")(cast(list(item_codes), ARRAY(Text))),
            extract("year", Campaign.drawn_at.op("AT TIME ZONE")(clock.LOCAL_ZONE.key)) == year,
        )
    )
    return set(session.scalars(statement))


class Considered(NamedTuple):
    """An officer of the counties of a pool, and why he or she may not be sent (None: may be)."""

    officer: Any
    area_id: int
    objection: str | None


def considered(scheme: Scheme) -> list[Considered]:
    """Everybody in the directory of the counties of a pool, in the order of the roster numbers."""
    area_of = areas(scheme.day)
    wanted = {area_of[unit_id] for unit_id in staff.subtree(scheme.org_id)}
    demands = Demands.of((item.code, item.line, item.qualification) for item in scheme.items)
    return [
        Considered(officer, area_of[officer.org_id], not_sent_because(officer, scheme.day, demands))
        for officer in staff.officers_of([unit_id for unit_id, area_id in area_of.items() if area_id in wanted])
    ]


def roster(scheme: Scheme) -> list[Sent]:
    """The officers who may be sent: present, certificate valid that day, items covered, of the counties of the pool."""
    return [
        Sent(one.officer.id, one.officer.roster_id, one.area_id) for one in considered(scheme) if one.objection is None
    ]


def areas(day: date) -> dict[int, int]:
    """For every unit the county whose officers are sent to it; those that share officers count as the first of them."""
    county_of = staff.county_of()
    by_code = {unit.division_code: unit.id for unit in staff.units(kind="county")}
    groups = parameters.value("sampling.shared_rosters", day)
    first_of = {
        by_code[code]: by_code[known[0]]
        for known in ([code for code in group.split() if code in by_code] for group in groups)
        for code in known
    }
    return {unit_id: first_of.get(county_id, county_id) for unit_id, county_id in county_of.items()}


Grounds = dict[int, dict[int, str]]
"""Which officers may not be sent to an enterprise, and why (a key of GROUNDS): by enterprise, then by officer."""


def grounds(officer_ids: Collection[int], day: date) -> Grounds:
    """Whom of these officers may not be sent where on a day (回避): declared, and found by rule."""
    found = _standing(officer_ids, day)
    rotation = parameters.value("sampling.rotation_days", day)
    if rotation:
        known = set(officer_ids)
        for enterprise_id, team in cases.last_teams(day - timedelta(days=rotation)).items():
            for officer_id in known.intersection(team):
                found.setdefault(enterprise_id, {}).setdefault(officer_id, "served")
    return found


def _standing(officer_ids: Collection[int], day: date) -> Grounds:
    """What does not come of the last check: withdrawals in force, former employers, near relatives."""
    found: Grounds = {}
    declared = select(Recusal.enterprise_id, Recusal.officer_id).where(
        Recusal.officer_id.in_(officer_ids), Recusal.ended_on.is_(None)
    )
    for enterprise_id, officer_id in session.execute(declared):
        found.setdefault(enterprise_id, {})[officer_id] = "declared"
    told = select(OfficerTie).where(OfficerTie.officer_id.in_(officer_ids), OfficerTie.ended_on.is_(None))
    ties = session.scalars(told).all()
    years = parameters.value("sampling.former_employer_years", day)
    worked = registry.with_branches({tie.employer_no for tie in ties if tie.employer_no})
    owned = registry.run_by({tie.person_key for tie in ties if tie.person_key})
    for tie in ties:
        if tie.kind == "relative":
            kept_from = owned.get(str(tie.person_key), [])
        elif counts_as_employer(tie.left_on, day, years):
            kept_from = worked.get(str(tie.employer_no), [])
        else:
            kept_from = []
        for enterprise_id in kept_from:
            found.setdefault(enterprise_id, {}).setdefault(tie.officer_id, tie.kind)
    return found


@dataclass(frozen=True)
class Survey:
    """The figures of a pool: strata, counties with their officers, subjects without a grade (they stay outside)."""

    strata: list[StratumCount]
    areas: list[AreaCount]
    ungraded: int
    near_cap: int
    on_site: bool
    officers_per_case: int

    @property
    def members(self) -> int:
        return sum(stratum.members for stratum in self.strata)

    @property
    def drawn(self) -> int:
        return sum(stratum.drawn for stratum in self.strata)

    @property
    def visits(self) -> int:
        """On-site visits that the draw will cost."""
        return self.drawn if self.on_site else 0

    @property
    def officer_days(self) -> int:
        return officer_days(self.drawn, self.officers_per_case, parameters.value("sampling.visits_per_team_day"))

    @property
    def understaffed(self) -> list[AreaCount]:
        return [area for area in self.areas if area.understaffed]


class Census:
    """Counts the candidates as they pass by, and leaves out those who have no grade or one that is not drawn from."""

    def __init__(self, scheme: Scheme) -> None:
        self._scheme = scheme
        self._area_of = areas(scheme.day)
        self._officers = roster(scheme)
        self._in_unit: dict[str, Counter[int]] = {grade: Counter() for grade in scheme.grades}
        self._excluded: dict[str, Counter[str]] = {grade: Counter() for grade in scheme.grades}
        self._eligible_in: Counter[int] = Counter()
        self._ungraded = 0
        self._near_cap = 0

    def watch(self, passing: Iterable[Candidate]) -> Iterator[Candidate]:
        """The members of the pool among the candidates."""
        for candidate in passing:
            if candidate.grade in self._excluded:
                self._in_unit[candidate.grade][candidate.org_id] += 1
                if candidate.reason:
                    self._excluded[candidate.grade][candidate.reason] += 1
                else:
                    self._eligible_in[self._area_of[candidate.org_id]] += 1
                    self._near_cap += candidate.near_cap
                yield candidate
            elif candidate.grade is None:
                self._ungraded += 1

    def take(self, passing: Iterable[Candidate]) -> Survey:
        """The figures of all candidates."""
        for _member in self.watch(passing):
            pass
        return self.survey()

    def survey(self) -> Survey:
        """The figures of those that have passed."""
        scheme = self._scheme
        floors = parameters.value("sampling.floors_bp", scheme.day)
        names = staff.unit_names()
        officers = Counter(officer.area_id for officer in self._officers)
        return Survey(
            strata=[
                StratumCount(
                    label=label_of(grade, scheme.grades),
                    grade=grade,
                    floor_bp=floors[grade],
                    rate_bp=scheme.rates_bp[grade],
                    size=scheme.sizes.get(grade),
                    members=self._in_unit[grade].total(),
                    excluded=dict(self._excluded[grade]),
                    by_unit={str(unit_id): members for unit_id, members in self._in_unit[grade].items()},
                )
                for grade in scheme.grades
            ],
            areas=[
                AreaCount(
                    area_id, names[area_id], self._eligible_in[area_id], officers[area_id], scheme.officers_per_case
                )
                for area_id in sorted({*self._eligible_in, *officers})
            ],
            ungraded=self._ungraded,
            near_cap=self._near_cap,
            on_site=scheme.on_site,
            officers_per_case=scheme.officers_per_case,
        )


def check_survey(survey: Survey) -> None:
    """Refuses a pool that nobody may draw from, whoever decides: nobody is in it, or a county has too few officers."""
    if not any(stratum.eligible for stratum in survey.strata):
        raise Refusal(_("抽查库为空：按方案的条件没有可以抽取的对象，请放宽筛选条件，或先运行信用风险分类。"))
    if survey.understaffed:
        raise Refusal(
            _(
                "以下辖区符合条件的执法检查人员不足 %(needed)s 名：%(areas)s。请在执法检查人员名录中补充后再冻结。",
                needed=survey.officers_per_case,
                areas=_("；").join(
                    _("%(name)s %(count)s 名", name=a.name, count=a.officers) for a in survey.understaffed
                ),
            ),
            rule="行政处罚法第四十二条",
        )


# ---- Sealing ---------------------------------------------------------------------------------------------------------

SEALING = """
    CREATE TEMPORARY TABLE sealing (
        seal bytea, enterprise_id bigint, code text, salt bytea, org_id bigint, stratum text, reason text,
        recused integer[]
    ) ON COMMIT DROP
"""
SEALING_TYPES = ("bytea", "int8", "text", "bytea", "int8", "text", "text", "int4[]")
KEEP_SEALED = """
    INSERT INTO pool_member (campaign_id, seal, enterprise_id, code, salt, org_id, stratum, status, reason, recused)
    SELECT %(campaign)s, seal, enterprise_id, code, salt, org_id, stratum,
           CASE WHEN reason IS NULL THEN %(inside)s ELSE %(outside)s || (%(published)s::jsonb ->> reason) END,
           reason, recused
    FROM sealing ORDER BY seal
"""
"""In the order of the seals: so they are read without jumping about, and where a row lies tells nothing of its code."""


@dataclass(frozen=True)
class Sealed:
    """What was sealed: the figures, and by grade how many eligible members withdrawals leave with too few officers."""

    survey: Survey
    understaffed: Mapping[str, int]


def seal(campaign_id: int, scheme: Scheme) -> Sealed:
    """Writes roster and pool of a campaign under their seals, whole or not at all, in memory that does not grow."""
    officers = _seal_officers(campaign_id, scheme)
    places = {officer.officer_id: officer.position for officer in officers}
    withdrawn = {
        enterprise_id: sorted(places[officer_id] for officer_id in why)
        for enterprise_id, why in grounds(places, scheme.day).items()
    }
    labels = {grade: label_of(grade, scheme.grades) for grade in scheme.grades}
    watch = _StaffingWatch(officers, scheme)
    census = Census(scheme)
    members = census.watch(candidates(scheme))
    done, total = 0, registry.pool_size(scheme.filter)
    with driver_cursor() as cursor:
        cursor.execute(SEALING)
        while chunk := list(islice(members, CHUNK)):
            for member in chunk:
                watch.look(member, withdrawn.get(member.enterprise_id, ()))
            copy_rows(cursor, "sealing", None, SEALING_TYPES, _sealed(chunk, labels, withdrawn))
            done += len(chunk)
            progress(done, total)
        survey = census.survey()
        check_survey(survey)
        small = parameters.value("disclosure.small_stratum", scheme.day)
        published = published_reasons([stratum.excluded for stratum in survey.strata], small)
        values = {"campaign": campaign_id, "inside": IN, "outside": OUT, "published": Jsonb(published)}
        cursor.execute(KEEP_SEALED, values)
        cursor.execute("DROP TABLE sealing")
        cursor.execute(
            "ANALYZE pool_member"
        )  # or the planner takes the new pool for a small one, and sorts it again and again
    return Sealed(survey, {grade: watch.understaffed[grade] for grade in scheme.grades})


def _seal_officers(campaign_id: int, scheme: Scheme) -> list[PoolOfficer]:
    sealed = []
    for officer in roster(scheme):
        salt = os.urandom(SALT_BYTES)
        sealed.append((seal_of(officer.roster_id, salt), salt, officer))
    rows = [
        PoolOfficer(
            campaign_id=campaign_id,
            position=position,
            officer_id=officer.officer_id,
            roster_id=officer.roster_id,
            seal=seal_,
            salt=salt,
            area_id=officer.area_id,
        )
        for position, (seal_, salt, officer) in enumerate(sorted(sealed))
    ]
    session.add_all(rows)
    session.flush()
    return rows


def _sealed(
    members: Sequence[Candidate], labels: Mapping[str, str], withdrawn: Mapping[int, Sequence[int]]
) -> Iterator[tuple[Any, ...]]:
    """The rows of SEALING, each member with a salt of its own."""
    salts = os.urandom(SALT_BYTES * len(members))
    for start, (enterprise_id, code, org_id, grade, reason, _near) in zip(
        range(0, len(salts), SALT_BYTES), members, strict=True
    ):
        salt = salts[start : start + SALT_BYTES]
        recused = withdrawn.get(enterprise_id)
        yield seal_of(code, salt), enterprise_id, code, salt, org_id, labels[str(grade)], reason, recused


class _StaffingWatch:
    """Counts by grade the eligible members for whom withdrawals (回避) leave fewer officers than a case needs."""

    def __init__(self, officers: Iterable[PoolOfficer], scheme: Scheme) -> None:
        self.understaffed: Counter[str] = Counter()
        self._needed = scheme.officers_per_case
        self._area_of = areas(scheme.day)
        self._officers_of = by_area(officers)

    def look(self, member: Candidate, recused: Collection[int]) -> None:
        if recused and member.reason is None:
            left = self._officers_of.get(self._area_of[member.org_id], set()) - set(recused)
            self.understaffed[str(member.grade)] += len(left) < self._needed


def by_area(officers: Iterable[PoolOfficer]) -> dict[int, set[int]]:
    """The positions of a roster by county."""
    found: dict[int, set[int]] = {}
    for officer in officers:
        found.setdefault(officer.area_id, set()).add(officer.position)
    return found


def crews(officers: Sequence[PoolOfficer], day: date) -> Callable[[Any], list[int]]:
    """Who may be sent to a pool row (with `org_id` and `recused`): the positions of its county's officers.

    `day` is that of the freeze.
    Those who withdrew (回避) are left out; where nobody did, it is the same list again.
    """
    area_of = areas(day)
    whole = {area_id: sorted(places) for area_id, places in by_area(officers).items()}

    def crew(row: Any) -> list[int]:
        places = whole.get(area_of[row.org_id], [])
        return [place for place in places if place not in row.recused] if row.recused else places

    return crew


def fit_today(officers: Sequence[PoolOfficer], enterprise_id: int) -> set[int]:
    """The positions of those officers of a frozen roster who may be sent to an enterprise today."""
    present = {officer.id for officer in staff.drawable_officers()}
    barred = _standing([officer.officer_id for officer in officers], clock.today()).get(enterprise_id, {})
    return {
        officer.position for officer in officers if officer.officer_id in present and officer.officer_id not in barred
    }


def driver_cursor() -> Cursor[Any]:
    """The driver's cursor of this transaction, for COPY."""
    return session.connection().connection.cursor()  # type: ignore[return-value]


def copy_rows(
    cursor: Cursor[Any], table: str, columns: Sequence[str] | None, types: Sequence[str], rows: Iterable[Sequence[Any]]
) -> None:
    """Writes many rows by COPY in binary form; `types` are PostgreSQL's, in the order of the columns (None: all)."""
    named = f" ({', '.join(columns)})" if columns else ""
    with cursor.copy(f"COPY {table}{named} FROM STDIN (FORMAT BINARY)") as copy:  # type: ignore[arg-type]
        copy.set_types(types)
        for row in rows:
            copy.write_row(row)


# ---- Reading a frozen pool -------------------------------------------------------------------------------------------

READ_AT_ONCE = 20_000
NEXT_MEMBERS = """
    SELECT stratum, seal, status FROM pool_member
    WHERE campaign_id = %s AND seal > %s ORDER BY seal LIMIT %s
"""


def members(campaign_id: int) -> Iterator[Member]:
    """The lines of a frozen pool in the order of the seals, page by page: it works outside a transaction too.

    They come straight from the driver, in binary form: a million rows are not dressed up twice.
    """
    last = b""
    with driver_cursor() as cursor:
        while rows := cursor.execute(NEXT_MEMBERS, (campaign_id, last, READ_AT_ONCE), binary=True).fetchall():
            yield from map(Member._make, rows)
            last = rows[-1][1]
