"""The bureau of the demo city: the organisation tree, an account for each role, and the directory of officers."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import count
from typing import Any, NamedTuple

from casework.accounts import operations as accounts
from casework.accounts import queries
from casework.accounts.rules import DEMO_PASSWORD, LINES, QUALIFICATIONS
from casework.core import clock
from casework.core.actor import SYSTEM, Actor
from casework.demo import words
from casework.demo.dice import Dice
from casework.demo.population import person_name, towns_by_size
from casework.registry.reference import towns

SEATS = 2
"""So many towns of a county seat have an office of their own; further out two share one."""


class Post(NamedTuple):
    """A demo account: sign-in name, role, and the kind of unit at which it sits."""

    login: str
    role: str
    at: str = "city"


POSTS = (
    Post("director", "director"), Post("deputy", "deputy"), Post("deputy2", "deputy"), Post("credit", "credit"),
    Post("credit2", "credit"), Post("line", "line"), Post("legal", "legal"), Post("enforcement", "enforcement"),
    Post("intake", "intake"), Post("county", "county", "county"), Post("leader", "leader", "office"),
    Post("inspector", "inspector", "office"), Post("supervisor", "supervisor"), Post("auditor", "auditor"),
    Post("sysadmin", "sysadmin"), Post("secadmin", "secadmin"), Post("auditadmin", "auditadmin"),
)  # fmt: skip
"""One account of each role, and second ones where two people have to act one after the other."""

STREET = ("registration", "food", "price", "quality")
STREET_TOO = ("registration", "food", "advertising", "online", "metrology")
"""What the two officers of an office are certified for."""

SPECIALISTS = (
    (("equipment", "quality"), ("equipment",)), (("equipment", "quality"), ("equipment",)), (("equipment", "metrology"), ("equipment",)),
    (("drug", "food"), ("drug", "device")), (("drug", "food"), ("drug", "device")), (("drug", "food"), ("drug",)),
    (("food", "registration"), ("food",)), (("food", "registration"), ("food",)), (("food", "quality"), ("food",)),
    (("ip", "advertising", "online"), ()), (("ip", "advertising", "price"), ()), (("quality", "metrology", "registration"), ()),
)  # fmt: skip
"""Lines and qualifications of the officers at a county bureau."""

AT_THE_CITY = 12

EXPIRED, ENDING, ABSENT, LEFT = 0.03, 0.03, 0.03, 0.02
"""Shares of officers whose certificate runs out in the year or soon after it, who are away at its end, who have left."""


@dataclass
class Staff:
    """The people of the bureau, as they act."""

    city: int
    counties: Sequence[int] = ()
    """The ids of the county bureaus."""
    by_login: dict[str, int] = field(default_factory=dict)
    heads: dict[int, list[int]] = field(default_factory=dict)
    """Account ids of the heads by county bureau."""
    leaders: dict[int, list[int]] = field(default_factory=dict)
    """Account ids of the team leaders at a county bureau, or at the city's."""
    office_leaders: dict[int, int] = field(default_factory=dict)
    """Account ids of the leaders of the offices."""
    directory: list[dict[str, Any]] = field(default_factory=list)
    """The entries of the officers who are not introduced, as `keep_officer` takes them."""
    acting: dict[int, Actor] = field(default_factory=dict)

    def person(self, login: str) -> Actor:
        """Who signs in by this name."""
        return self.account(self.by_login[login])

    def account(self, account_id: int) -> Actor:
        """Who stands behind an account."""
        if account_id not in self.acting:
            found = queries.actor_of(account_id)
            assert found is not None
            self.acting[account_id] = found
        return self.acting[account_id]

    def officers(self, officer_ids: Sequence[int]) -> list[Actor]:
        """Who stands behind these entries of the directory, in the same order."""
        known = queries.officers(officer_ids)
        return [self.account(known[each].account_id or 0) for each in officer_ids]

    def head(self, area: int, number: int = 0) -> Actor:
        """The head of a county bureau, or a deputy director of the city's."""
        if area not in self.heads:
            return self.person(("deputy", "deputy2")[number % 2])
        return self.account(self.heads[area][number % len(self.heads[area])])

    def leader(self, area: int, number: int) -> Actor:
        """A team leader of a county bureau, or of the city's."""
        return self.account(self.leaders[area][number % len(self.leaders[area])])

    def reviewer(self, unit: int, area: int, number: int, besides: Sequence[int | None]) -> Actor:
        """A leader who sees the cases of a unit and is none of these people: of its own office, or of its bureau."""
        own = [self.office_leaders[unit]] if unit in self.office_leaders else []
        others = [each for each in (*own, *self.leaders[area]) if each not in besides]
        return self.account(others[0 if number % 2 else number % len(others)])


class _Hand:
    """Writes accounts and the directory."""

    def __init__(self, staff: Staff, seed: int, as_of: date) -> None:
        self._staff, self._as_of = staff, as_of
        self._dice = Dice(seed, 60)
        self._numbers = count(1)
        self._introduced: set[int] = set()
        self._names: dict[int, str] = {}

    def account(self, login: str, role: str, org_id: int, *, password: str | None = None) -> int:
        """An account; only those who are introduced can sign in."""
        name = person_name(self._dice)
        made = accounts.create_account(
            login=login, name=name, password=password, org_id=org_id, roles=[role], actor=SYSTEM
        )
        self._names[made.id] = name
        self._staff.by_login[login] = made.id
        if password is not None:
            self._introduced.add(made.id)
        return made.id

    def officer(
        self, account_id: int, org_id: int, code: str, lines: Sequence[str], qualifications: Sequence[str] = ()
    ) -> None:
        """The entry of somebody in the directory; now and then a certificate runs out within the year."""
        number, throw = next(self._numbers), self._dice.number()
        introduced = account_id in self._introduced
        valid = self._dice.whole(200, 1500)
        if not introduced and throw < EXPIRED + ENDING:
            valid = -self._dice.whole(5, 200) if throw < EXPIRED else self._dice.whole(3, 28)
        entry = {
            "roster_id": f"ZK{number:05d}",
            "name": self._names[account_id],
            "org_id": org_id,
            "certificate_no": f"16{code[2:6]}{number:05d}",
            "certificate_valid_until": self._as_of + timedelta(days=valid),
            "lines": list(lines),
            "qualifications": list(qualifications),
            "account_id": account_id,
        }
        accounts.keep_officer(**entry, actor=SYSTEM)
        if not introduced:
            self._staff.directory.append(entry)


def thin_out(staff: Staff, *, seed: int) -> None:
    """Some officers are away for a while, some have left."""
    dice = Dice(seed, 61)
    for entry in staff.directory:
        throw = dice.number()
        if throw < LEFT:
            accounts.keep_officer(**entry, active=False, actor=staff.person("legal"))
        elif throw < LEFT + ABSENT:
            until = clock.today() + timedelta(days=dice.whole(5, 60))
            accounts.keep_officer(**entry, absent_until=until, actor=staff.person("legal"))


def found(*, seed: int, as_of: date) -> Staff:
    """Makes units, accounts and officers in an empty database, as they will be known on a day."""
    root = accounts.create_unit(
        kind="city",
        name="周口市市场监督管理局",
        short_name="市局",
        division_code=words.CITY[0],
        parent_id=None,
        telephone="0394-0000000",
        address="周口市川汇区示范路1号",
        actor=SYSTEM,
    )
    staff = Staff(root.id)
    hand = _Hand(staff, seed, as_of)
    sites = {"city": root.id}
    counties, offices = [], []
    for number, (code, (name, _share)) in enumerate(words.COUNTIES.items(), 1):
        county = accounts.create_unit(
            kind="county",
            name=f"{name}市场监督管理局",
            short_name=f"{name}局",
            division_code=code,
            parent_id=root.id,
            telephone=f"0394-000{number:04d}",
            address=f"{name}示范路{number}号",
            actor=SYSTEM,
        )
        counties.append((county.id, code))
        offices += [(_office(county.id, name, beat), beat[0]) for beat in _beats(code)]
        sites.setdefault("county", county.id)
        sites.setdefault("office", offices[0][0])
    staff.counties = [county_id for county_id, _code in counties]
    for post in POSTS:
        hand.account(post.login, post.role, sites[post.at], password=DEMO_PASSWORD)
    _man(staff, hand, root.id, counties, offices)
    return staff


def _beats(county: str) -> Iterator[tuple[str, ...]]:
    """The towns of a county by office."""
    ordered = towns_by_size(county)
    yield from ((town,) for town in ordered[:SEATS])
    yield from (ordered[first : first + 2] for first in range(SEATS, len(ordered), 2))


def _office(county_id: int, county: str, beat: Sequence[str]) -> int:
    seat, *others = [_base(town) for town in beat]
    also = f"（辖{'、'.join([seat, *others])}）" if others else ""
    short = county.removesuffix("区").removesuffix("县").removesuffix("市")
    return accounts.create_unit(
        kind="office",
        name=f"{county}市场监督管理局{seat}市场监管所{also}",
        short_name=f"{short}{seat}所",
        division_code=beat[0],
        parent_id=county_id,
        actor=SYSTEM,
    ).id


def _base(town: str) -> str:
    name = towns()[town]
    for ending in ("回族镇", "回族街道", "街街道", "路街道", "街道", "镇", "乡"):
        if name.endswith(ending) and len(name) > len(ending):
            return name.removesuffix(ending)
    return name


def _man(
    staff: Staff,
    hand: _Hand,
    city: int,
    counties: Sequence[tuple[int, str]],
    offices: Sequence[tuple[int, str]],
) -> None:
    """Gives every unit its people. Those who are introduced by name have their seats too."""
    introduced = {post.role: staff.by_login[post.login] for post in POSTS if post.at == "office"}
    for county_id, code in counties:
        first = (
            staff.by_login["county"] if county_id == counties[0][0] else hand.account(f"{code}-1", "county", county_id)
        )
        staff.heads[county_id] = [first, hand.account(f"{code}-2", "county", county_id)]
        leading = staff.leaders.setdefault(county_id, [])
        for number, (lines, qualifications) in enumerate(SPECIALISTS, 11):
            role = "leader" if number % 3 == 0 else "inspector"
            account_id = hand.account(f"{code}-{number}", role, county_id)
            hand.officer(account_id, county_id, code, lines, qualifications)
            leading += [account_id] if role == "leader" else []
    for office_id, town in offices:
        for role, lines in (("leader", STREET), ("inspector", STREET_TOO)):
            known = introduced.pop(role, None)
            account_id = known or hand.account(f"{town}-{role[0]}", role, office_id)
            hand.officer(account_id, office_id, town, lines)
            if role == "leader":
                staff.office_leaders[office_id] = account_id
    leading = staff.leaders.setdefault(city, [])
    for number in range(1, AT_THE_CITY + 1):
        role = "leader" if number % 3 == 0 else "inspector"
        account_id = hand.account(f"zd-{number}", role, city)
        hand.officer(account_id, city, words.CITY[0], list(LINES), list(QUALIFICATIONS))
        leading += [account_id] if role == "leader" else []
