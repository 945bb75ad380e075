"""Code tables that the product ships: divisions of Henan, towns of Zhoukou, industries, types of market subjects.

| file | what | source |
|---|---|---|
| `divisions.csv` | counties and cities of Henan; `now`: present code of a dead one | GB/T 2260; statistics 2023 |
| `towns.csv` | townships and subdistricts of Zhoukou, 9-digit codes | statistical divisions 2023 |
| `industries.csv` | sections (A), divisions (A01), groups (A011), classes (A0111) | GB/T 4754-2017 |
| `entity_types.csv` | types of market subjects (1130, 9500 …) | SAMR's common code table |
"""

import csv
from functools import cache
from importlib.resources import files

GB_T_4754 = "GB/T 4754-2017"
"""The edition that `industries.csv` carries."""

CITY = "411600"
"""The city whose towns are shipped: 周口市."""


def _rows(name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(files(__name__).joinpath(name).read_text(encoding="utf-8").splitlines()))


@cache
def divisions() -> dict[str, str]:
    """Names by six-digit code, codes no longer in use among them."""
    return {row["code"]: row["name"] for row in _rows("divisions.csv")}


@cache
def renumbered() -> dict[str, str]:
    """Present codes by codes that are no longer given out: registered numbers keep the old one for life."""
    return {row["code"]: row["now"] for row in _rows("divisions.csv") if row["now"]}


@cache
def towns() -> dict[str, str]:
    """Names of townships and subdistricts by nine-digit code."""
    return {row["code"]: row["name"] for row in _rows("towns.csv")}


@cache
def industries() -> dict[str, str]:
    """Names by code with its section letter: `F`, `F52`, `F521`, `F5211`."""
    return {row["code"]: row["name"] for row in _rows("industries.csv")}


@cache
def industry_sections() -> dict[str, str]:
    """The twenty sections (门类) A to T."""
    return {code: name for code, name in industries().items() if len(code) == 1}


@cache
def sections_by_division() -> dict[str, str]:
    """The section letter of each two-digit division (大类)."""
    return {code[1:]: code[0] for code in industries() if len(code) == 3}


@cache
def industry_codes_by_name() -> dict[str, str]:
    """The finest code of each name; a name that several levels share means the finest of them."""
    return {name: code for code, name in sorted(industries().items(), key=lambda item: len(item[0]))}


@cache
def entity_types() -> dict[str, str]:
    """Names of types of market subjects by code."""
    return {row["code"]: row["name"] for row in _rows("entity_types.csv")}


@cache
def entity_type_codes() -> dict[str, str]:
    """The code of each type by its name, brackets folded to half-width."""
    return {name.replace("（", "(").replace("）", ")"): code for code, name in entity_types().items()}
