"""The subjects of the demo city: who they are, where they sit, and the hidden frailty that drives whatever befalls them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from itertools import accumulate
from math import exp
from typing import NamedTuple

from casework.demo import words
from casework.demo.dice import Dice, monday_to_friday
from casework.demo.words import Trade
from casework.registry.reference import towns
from casework.registry.sources._values import is_valid_reg_no, organisation_check_character, uscc_check_character

SHARES = {"individual": 70.5, "company": 26.5, "cooperative": 3.0}
CODES_SINCE = date(2015, 10, 1)
"""From then on every registration got a unified code; before, a 15-digit number, and many a code of its own later."""

ERAS = ((1985, 2009, 8), (2010, 2014, 14), (2015, 2019, 33), (2020, 2024, 45))
LATER = 9
"""Weight of each year after the last era."""

EXIT = {"individual": 0.08, "company": 0.05, "cooperative": 0.04}
"""How many leave the register in a year."""

DORMANT = {"individual": 0.15, "company": 0.115, "cooperative": 0.14}
"""How many have gone quiet: nobody reports, nobody is found at the door."""

IDLE = {"company": 0.48, "individual": 0.5, "cooperative": 0.5}
"""How many hardly trade: they report zeros, and late, and sooner or later the tax office calls them abnormal."""

SPREAD = 1.03
"""Standard deviation of the risk: frailty with the terms of industry, age, form and place."""

OLD_NUMBER_ONLY = 0.007
"""Of those from before unified codes: a quarter of a percent of the register."""
WRONG_CHECK = 0.00015
SAME_NAME = 0.00006
"""Rates of slips that registers keep: wrong check characters, one name for two subjects."""

DRAWN_AGAIN = 40
"""How often a name that is taken is drawn again before a number is put behind it."""


@dataclass(slots=True)
class Subject:
    """One market subject as it was registered. `risk` is hidden: no file tells it."""

    index: int
    kind: str
    county: str
    town: str
    trade: Trade
    type_code: str
    name: str
    uscc: str | None
    reg_no: str | None
    late_uscc: str | None
    person: str
    person_id: str | None
    capital_wan: float | None
    paid_wan: float | None
    employees: int | None
    established_on: date
    address: str
    cluster: bool
    parent: str | None
    risk: float
    idle: bool
    dormant_on: date | None
    left_on: date | None
    left_as: str | None

    @property
    def number(self) -> str:
        """By which it is known: the code, else the old registration number."""
        return self.uscc or self.reg_no or ""

    def lift(self, weight: float = 1.0) -> float:
        """How many times the average rate befalls this subject; 1 on average over everybody."""
        return _lift(self.risk, weight)

    def is_dormant(self, day: date) -> bool:
        return self.dormant_on is not None and self.dormant_on <= day


def _lift(risk: float, weight: float) -> float:
    return exp(weight * risk - weight * weight * SPREAD * SPREAD / 2)


class Span(NamedTuple):
    """The time that the files tell of: records from `first` on; the first delivery is made at `start`, the last at `as_of`."""

    first: date
    start: date
    as_of: date


class _Company(NamedTuple):
    name: str
    number: str
    person: str
    person_id: str | None


class Population:
    """Subjects one after the other; the same seed gives the same ones, and the first thousand do not depend on the rest."""

    def __init__(self, seed: int, count: int, span: Span) -> None:
        self._seed, self._count, self._span = seed, count, span
        self._names: set[str] = set()
        self._last_name = ""
        self._companies: list[_Company] = []
        dice = Dice(seed, 0)
        self._rough_towns = {code for code in _towns_of_city() if dice.chance(0.1)}
        self._doors = {county: _door(dice, county) for county in words.COUNTIES}
        self._years = _years(span.as_of.year)

    def __iter__(self) -> Iterator[Subject]:
        for index in range(self._count):
            yield self._subject(index, Dice(self._seed, 1, index))

    def _subject(self, index: int, dice: Dice) -> Subject:
        kind = dice.among(SHARES)
        county = dice.among({code: share for code, (_name, share) in words.COUNTIES.items()})
        town = dice.weigh(*_towns(county))
        section = dice.among(words.SECTIONS[kind])
        trade = dice.weigh(*_trades(kind, section))
        established_on = self._established_on(kind, dice)
        type_code = _type_code(kind, dice)
        parent = dice.pick(self._companies) if type_code == "2130" and self._companies else None
        if type_code == "2130" and parent is None:
            type_code = "1130"
        uscc, reg_no, late_uscc = _numbers(index, kind, county, established_on, dice)
        person, person_id = self._person(index, kind, parent, dice)
        risk = self._risk(kind, type_code, trade, town, established_on, dice)
        dormant_on = self._dormant_on(kind, risk, established_on, dice)
        left_on, left_as = self._leaving(kind, established_on, dormant_on, dice)
        capital = _capital(kind, type_code, dice)
        address, cluster = self._address(kind, county, town, trade, dice)
        subject = Subject(
            index=index,
            kind=kind,
            county=county,
            town=town,
            trade=trade,
            type_code=type_code,
            name=self._new_name(kind, county, trade, type_code, dice, parent=parent.name if parent else None),
            uscc=uscc,
            reg_no=reg_no,
            late_uscc=late_uscc,
            person=person,
            person_id=person_id,
            capital_wan=capital,
            paid_wan=_paid(kind, capital, established_on, dice),
            employees=_employees(kind, dormant_on, dice),
            established_on=established_on,
            address=address,
            cluster=cluster,
            parent=parent.number if parent else None,
            risk=risk,
            idle=dice.chance(min(0.9, IDLE[kind] * _lift(risk, 0.8))),
            dormant_on=dormant_on,
            left_on=left_on,
            left_as=left_as,
        )
        if kind == "company" and uscc and type_code != "2130":
            self._remember(_Company(subject.name, uscc, person, person_id))
        return subject

    def _remember(self, company: _Company) -> None:
        """The last few hundred companies: their branches and their representatives' other firms come after them."""
        self._companies.append(company)
        del self._companies[:-300]

    # ---- Time --------------------------------------------------------------------------------------------------------

    def _established_on(self, kind: str, dice: Dice) -> date:
        first = date(2007, 7, 2) if kind == "cooperative" else date(1985, 1, 2)
        while True:
            year = dice.weigh(*self._years)
            day = monday_to_friday(date(year, 1, 1) + timedelta(days=dice.whole(4, 358)))
            if first <= day <= self._span.as_of - timedelta(days=3):
                return day

    def _dormant_on(self, kind: str, risk: float, established_on: date, dice: Dice) -> date | None:
        earliest = max(established_on + timedelta(days=300), self._span.as_of - timedelta(days=4 * 365))
        latest = self._span.as_of - timedelta(days=30)
        gone_quiet = dice.chance(DORMANT[kind] * _lift(risk, 1.0))
        return dice.day(earliest, latest) if gone_quiet and earliest < latest else None

    def _leaving(
        self, kind: str, established_on: date, dormant_on: date | None, dice: Dice
    ) -> tuple[date | None, str | None]:
        """When and how a subject has left the register: before the first delivery (a few), or between the deliveries."""
        span = self._span
        if dice.chance(0.05):
            first, last = established_on + timedelta(days=200), span.start - timedelta(days=20)
            first = max(first, last - timedelta(days=3 * 365))
        elif dice.chance(EXIT[kind] * ((span.as_of - span.start).days / 365) * (1.6 if dormant_on else 0.95)):
            first, last = max(established_on + timedelta(days=120), span.start), span.as_of - timedelta(days=5)
        else:
            return None, None
        if first >= last:
            return None, None
        ways = (
            {"注销": 60.0, "吊销，未注销": 30.0, "撤销": 2.0}
            if dormant_on
            else {"注销": 92.0, "吊销，未注销": 3.0, "迁出": 4.0, "撤销": 1.0}
        )
        return dice.day(first, last), dice.among(ways)

    # ---- Risk --------------------------------------------------------------------------------------------------------

    def _risk(self, kind: str, type_code: str, trade: Trade, town: str, established_on: date, dice: Dice) -> float:
        age = (self._span.as_of - established_on).days / 365
        return (
            dice.normal()
            + {"food": 0.2, "drug": 0.1, "equipment": 0.1}.get(trade.domain, 0.0)
            + {"E": 0.15, "H": 0.1, "A": -0.15, "M": -0.1}.get(trade.section, 0.0)
            + (0.15 if age < 1 else 0.3 if age < 3 else 0.05 if age < 8 else -0.2)
            + {"1219": -0.3, "2130": -0.1, "4540": 0.1}.get(type_code, 0.0)
            + (0.1 if kind == "cooperative" else 0.0)
            + (0.3 if town in self._rough_towns else 0.0)
            - 0.15
        )

    # ---- Names, persons, addresses -----------------------------------------------------------------------------------

    def _new_name(
        self, kind: str, county: str, trade: Trade, type_code: str, dice: Dice, *, parent: str | None = None
    ) -> str:
        """A name that nobody in the demo city has, and, by its brand, nobody in the real one."""
        if self._names and dice.chance(SAME_NAME):
            return self._last_name
        for _attempt in range(DRAWN_AGAIN):
            name = _name(kind, county, trade, type_code, dice, parent)
            if name not in self._names:
                break
        else:
            name = f"{name[:-2]}{len(self._names)}号{name[-2:]}"
        self._names.add(name)
        self._last_name = name
        return name

    def another_name(self, subject: Subject, dice: Dice) -> str:
        """A new name for somebody who changes it."""
        return self._new_name(subject.kind, subject.county, subject.trade, subject.type_code, dice)

    def _person(self, index: int, kind: str, parent: _Company | None, dice: Dice) -> tuple[str, str | None]:
        """A made-up person. The number says so: no place of China begins with 99."""
        if kind == "company" and self._companies and dice.chance(0.12):
            known = parent or dice.pick(self._companies)
            return known.person, known.person_id
        person = person_name(dice)
        body = f"99{index % 10_000:04d}{dice.whole(1958, 2001)}{dice.whole(1, 12):02d}{dice.whole(1, 28):02d}{dice.whole(0, 999):03d}"
        return person, body + _id_check_character(body) if dice.chance(0.7) else None

    def _address(self, kind: str, county: str, town: str, trade: Trade, dice: Dice) -> tuple[str, bool]:
        if kind == "company" and dice.chance(0.015):
            return f"{_place(county, town)}{dice.pick(words.CLUSTERS)}{dice.whole(1, 999)}号", True
        if kind == "company" and dice.chance(0.02):
            return self._doors[county], False
        return address(county, town, trade, dice), False


# ---- Places ----------------------------------------------------------------------------------------------------------


@cache
def _towns_of_city() -> tuple[str, ...]:
    return tuple(code for code in towns() if code[:6] in words.COUNTIES)


@cache
def towns_by_size(county: str) -> tuple[str, ...]:
    """The towns of a county, the county seat first, townships last."""
    own = [code for code in _towns_of_city() if code.startswith(county)]
    return tuple(sorted(own, key=lambda code: ("城关" not in towns()[code], code)))


@cache
def _towns(county: str) -> tuple[Sequence[str], Sequence[float]]:
    """The towns of a county with the running sums of their sizes (Zipf)."""
    ordered = towns_by_size(county)
    return ordered, tuple(accumulate(1 / rank for rank in range(1, len(ordered) + 1)))


def _place(county: str, town: str) -> str:
    name = words.COUNTIES[county][0]
    city = "" if name.endswith(("县", "市")) else words.CITY[1]
    return f"{city}{name}{towns()[town]}"


def _door(dice: Dice, county: str) -> str:
    return f"{_place(county, towns_by_size(county)[0])}{dice.pick(words.ROADS)}{dice.whole(1, 200)}号商务楼{dice.whole(2, 9)}层"


def address(county: str, town: str, trade: Trade, dice: Dice) -> str:
    """An address in a town: farms in villages, shops on roads, some in markets and estates."""
    place = _place(county, town)
    if trade.section == "A" or (towns()[town].endswith("乡") and dice.chance(0.6)):
        return f"{place}{dice.pick(words.VILLAGES)}{dice.whole(1, 260)}号"
    if dice.chance(0.06):
        return f"{place}{dice.pick(words.MARKETS)}{dice.pick('ABCD')}区{dice.whole(1, 30)}栋{dice.whole(1, 60)}号"
    return f"{place}{dice.pick(words.ROADS)}{dice.whole(1, 480)}{dice.pick(words.PREMISES)}"


# ---- Kinds, years, capital -------------------------------------------------------------------------------------------


@cache
def _trades(kind: str, section: str) -> tuple[Sequence[Trade], Sequence[float]]:
    """The trades of a section that a class of subjects follows, with the running sums of their shares."""
    if kind == "cooperative":
        own = [trade for trade in words.TRADES if trade.code in words.COOPERATIVES]
    else:
        own = [
            trade
            for trade in words.TRADES
            if trade.section == section and (trade.words if kind == "company" else trade.shops)
        ]
    shares = [max(trade.individuals if kind == "individual" else trade.companies, 0.1) for trade in own]
    return own, tuple(accumulate(shares))


def _years(last: int) -> tuple[Sequence[int], Sequence[float]]:
    weights: dict[int, float] = {}
    for first, until, share in ERAS:
        slope = {year: (year - first + 3) if until < 2010 else 1 for year in range(first, until + 1)}
        weights |= {year: share * rise / sum(slope.values()) for year, rise in slope.items()}
    weights |= dict.fromkeys(range(ERAS[-1][1] + 1, last + 1), float(LATER))
    return tuple(weights), tuple(accumulate(weights.values()))


def _type_code(kind: str, dice: Dice) -> str:
    if kind == "individual":
        return "9500"
    if kind == "cooperative":
        return "9100"
    return dice.among({"1130": 41.0, "1151": 34.0, "2130": 12.0, "4540": 8.0, "1153": 2.5, "1219": 1.0, "4553": 1.5})


ROUND_WAN = (
    0.5, 1, 2, 3, 5, 8, 10, 20, 30, 50, 80, 100, 150, 200, 300, 500, 800, 1000, 1500, 2000, 3000, 5000, 10_000, 20_000,
)  # fmt: skip
"""The sums that people write as capital, in 10,000 yuan."""


def _capital(kind: str, type_code: str, dice: Dice) -> float | None:
    """In 10,000 yuan, as round as people choose it."""
    if type_code == "2130" or dice.chance({"individual": 0.49, "company": 0.14, "cooperative": 0.2}[kind]):
        return None
    amount = dice.lognormal(5, 20) if kind == "individual" else dice.lognormal(107, 1200)
    return round(amount, 1) if dice.chance(0.08) else min(ROUND_WAN, key=lambda step: abs(step - amount))


def _employees(kind: str, dormant_on: date | None, dice: Dice) -> int | None:
    if dice.chance(0.3):
        return None
    return 0 if dormant_on and dice.chance(0.5) else dice.times(3 if kind == "individual" else 9)


def _paid(kind: str, capital: float | None, established_on: date, dice: Dice) -> float | None:
    if kind != "company" or capital is None or dice.chance(0.45):
        return None
    if established_on > date(2014, 3, 1) and dice.chance(0.5):
        return 0.0
    return round(capital * dice.pick((1, 1, 0.5, 0.3)), 2)


# ---- Numbers ---------------------------------------------------------------------------------------------------------

_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def _numbers(
    index: int, kind: str, county: str, established_on: date, dice: Dice
) -> tuple[str | None, str | None, str | None]:
    """Unified code, old number, and the code of those few that are known by their old number only until they get it.

    No real subject of Henan has such a body: MA0 was given out elsewhere, and nobody's begins with two zeros.
    """
    old = established_on < CODES_SINCE
    body = _body(index, old=old and not dice.chance(0.2))
    head = {"company": "91", "individual": "92", "cooperative": "93"}[kind] + _code_division(kind, county, dice)
    code = head + body + organisation_check_character(body)
    code = _misprinted(code + uscc_check_character(code), dice)
    if not old:
        return code, None, None
    sequence = {"company": 0, "cooperative": 1, "individual": 6}[kind] * 10_000_000 + index % 10_000_000
    reg_no = registration_number(county, sequence)
    return (None, reg_no, code) if dice.chance(OLD_NUMBER_ONLY) else (code, reg_no, None)


def _misprinted(code: str, dice: Dice) -> str:
    """Now and then a register keeps a code whose check character is wrong."""
    return code[:-1] + ("2" if code[-1] != "2" else "3") if dice.chance(WRONG_CHECK) else code


def _body(index: int, *, old: bool) -> str:
    if old:
        return f"00{index * 7919 % 1_000_000:06d}"
    scrambled, letters = index * 12_345_701 % 31**5, ""
    for _letter in range(5):
        scrambled, digit = divmod(scrambled, 31)
        letters += _ALPHABET[digit]
    return f"MA0{letters}"


def _code_division(kind: str, county: str, dice: Dice) -> str:
    """Where the code says the subject was registered: for life, and not always where it is now."""
    throw = dice.number()
    if kind == "individual":
        return county
    if throw < 0.28:
        return words.CITY[0]
    if county == "411603" and throw < 0.28 + 0.47:
        return "411626"
    return "411402" if throw > 0.999 else county


def registration_number(division: str, sequence: int) -> str:
    """A 15-digit registration number with its check digit."""
    body = f"{division}{sequence:08d}"
    return next(body + digit for digit in "0123456789" if is_valid_reg_no(body + digit))


def _id_check_character(body: str) -> str:
    weighted = sum(int(digit) * pow(2, 17 - place, 11) for place, digit in enumerate(body))
    return "10X98765432"[weighted % 11]


# ---- Words -----------------------------------------------------------------------------------------------------------


@cache
def _surnames() -> Mapping[str, float]:
    return {word[0]: float(word[1:]) for word in words.SURNAMES.split()}


def person_name(dice: Dice) -> str:
    """A made-up person's name."""
    given = dice.pick(words.GIVEN) + (dice.pick(words.GIVEN) if dice.chance(0.65) else "")
    return dice.among(_surnames()) + given


def _brand(dice: Dice) -> str:
    rare, common = dice.pick(words.RARE), dice.pick(words.COMMON)
    return rare + common if dice.chance(0.5) else common + rare


def _name(kind: str, county: str, trade: Trade, type_code: str, dice: Dice, parent: str | None) -> str:
    short, place = words.COUNTIES[county][0], words.COUNTIES[county][0]
    if kind == "company" and dice.chance(0.35):
        place = dice.pick(("周口", "周口市", "河南"))
    match kind:
        case "cooperative":
            return f"{short}{_brand(dice)}{dice.pick(words.COOPERATIVES[trade.code].split())}{dice.pick(('农民专业合作社', '专业合作社'))}"
        case "individual":
            brand = _brand(dice) if dice.chance(0.75) else f"{dice.pick(words.RARE)}{dice.pick('记家嫂姐')}"
            return f"{short}{brand}{dice.pick(trade.shops)}"
    if parent is not None:
        return f"{parent}{short.removesuffix('区').removesuffix('县').removesuffix('市')}{_brand(dice)}分公司"
    form = {"4540": "厂", "4553": "企业（有限合伙）", "1219": "股份有限公司"}.get(type_code) or dice.pick(
        ("有限公司",) * 9 + ("有限责任公司",)
    )
    word = dice.pick(trade.words)
    if form == "厂":
        form = dice.pick(("厂", "经营部", "中心"))
    return f"{place}{_brand(dice)}{word}{form}"
