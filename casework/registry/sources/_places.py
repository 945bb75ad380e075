"""Where a subject belongs: from address and codes to the division, the town and the unit that supervises it."""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple, Protocol

from casework.registry.reference import divisions, renumbered, towns
from casework.registry.sources._values import fold

_TOWN_ENDING = re.compile(r"(回族)?(镇|乡|街道|办事处)$")
_HEAD = 30
"""How many characters of an address may name its division: further in stand names of shops and roads."""


class Unit(Protocol):
    """What is asked of a unit of the organisation tree."""

    @property
    def id(self) -> int: ...
    @property
    def kind(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def division_code(self) -> str: ...
    @property
    def parent_id(self) -> int | None: ...


class Place(NamedTuple):
    """Division and town by code, the unit in charge, and whether the address or a county's own code says so.

    An unsure place (the number's prefix, which stays for life) never moves a subject that is known already.
    """

    division_code: str | None
    town_code: str | None
    org_id: int
    sure: bool


class Places:
    """The map of one city: its counties, their towns, and the units of the organisation tree."""

    def __init__(self, units: Iterable[Unit]) -> None:
        tree = list(units)
        root = next(unit for unit in tree if unit.kind == "city")
        self._root = root.id
        self._prefix = root.division_code[:4]
        self._city = root.division_code
        self._city_name = divisions().get(root.division_code, "").removesuffix("市")
        self._county_units = {unit.division_code: unit.id for unit in reversed(tree) if unit.kind == "county"}
        names = _county_names(self._prefix)
        self._county_by_name = names
        self._county_pattern = re.compile("|".join(sorted(names, key=len, reverse=True)) or r"(?!)")
        self._towns = {code: _town_finder(code) for code in set(names.values())}
        self._offices = _offices(tree)

    def find(self, row: Mapping[str, Any], number: str) -> Place:
        """The place of one row. The address decides; then a code of the file; then the prefix of the number."""
        address: str | None = row["address"]
        given = _present(row["division_code"] or "")
        code = given or _present(number[2:8] if len(number) == 18 else number[:6])
        named = self._named(address, row["city"], code)
        if named is not None:
            return self._inside(named, address or "", sure=True)
        if code.startswith(self._prefix):
            elsewhere = row["city"] is not None and self._city_name not in row["city"]
            return self._inside(code, address or "", sure=bool(given) and not elsewhere and not code.endswith("00"))
        if row["city"] is not None and self._city_name and row["city"].startswith(self._city_name):
            return Place(self._city, None, self._root, True)
        return Place(code or None, None, self._root, address is not None)

    def _named(self, address: str | None, city: str | None, code: str) -> str | None:
        """The county that an address of this city names."""
        if address is None:
            return None
        found = self._county_pattern.search(address, 0, _HEAD)
        if found is None:
            return None
        here = code.startswith(self._prefix) or self._city_name in address[:_HEAD] or self._city_name in (city or "")
        return self._county_by_name[found[0]] if here else None

    def _inside(self, code: str, address: str, *, sure: bool) -> Place:
        county = self._county_units.get(code)
        town = self._town(code, address)
        if county is None:
            return Place(code, town, self._root, sure)
        return Place(code, town, self._office(county, town) or county, sure)

    def _town(self, county: str, address: str) -> str | None:
        finder = self._towns.get(county)
        found = finder[0].search(address, 0, _HEAD) if finder else None
        return finder[1][found[1]] if finder and found else None

    def _office(self, county: int, town: str | None) -> int | None:
        """The office that has the town's code, or its name: 城关镇 is looked after by 城关市场监管所."""
        if town is None:
            return None
        known = self._offices.get(county, {})
        base = _TOWN_ENDING.sub("", towns()[town])
        return known.get(town) or next((office for name, office in known.items() if base in name), None)


@lru_cache(maxsize=8192)
def _present(code: str) -> str:
    """A six-digit code as the place is numbered today; anything else is no code."""
    code = fold(code)[:6]
    return renumbered().get(code, code) if len(code) == 6 and code.isdigit() else ""


def _county_names(prefix: str) -> dict[str, str]:
    """Present codes by every name that a county of the city has or had."""
    city = divisions().get(f"{prefix}00")
    present = {code: renumbered().get(code, code) for code in divisions()}
    return {
        name: present[code]
        for code, name in divisions().items()
        if present[code].startswith(prefix) and not present[code].endswith("00") and name != city
    }


def _town_finder(county: str) -> tuple[re.Pattern[str], dict[str, str]]:
    """Finds a town of one county in an address; 柴岗乡 is also found where it has become 柴岗镇."""
    bases = {_TOWN_ENDING.sub("", name): code for code, name in towns().items() if code.startswith(county)}
    if not bases:
        return re.compile(r"(?!)"), {}
    words = "|".join(sorted(bases, key=len, reverse=True))
    return re.compile(rf"({words})(?:回族)?(?:镇|乡|街道|办事处)"), bases


def _offices(tree: list[Unit]) -> dict[int, dict[str, int]]:
    """Offices of each county by code and by name."""
    offices: dict[int, dict[str, int]] = {}
    for unit in tree:
        if unit.kind == "office" and unit.parent_id is not None:
            known = offices.setdefault(unit.parent_id, {})
            known.setdefault(unit.name, unit.id)
            if len(unit.division_code) == 9:
                known[unit.division_code] = unit.id
    return offices
