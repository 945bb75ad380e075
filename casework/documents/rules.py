"""The life of a paper, and how its number is written."""

from casework.core.errors import Refusal
from casework.core.i18n import N_, _
from casework.core.workflow import Move, State, Workflow

DOCUMENT = Workflow(
    name="documents",
    initial="draft",
    states=(
        State("draft", N_("草稿")),
        State("issued", N_("已签发")),
        State("superseded", N_("已更正"), final=True),
        State("voided", N_("已作废"), final=True),
    ),
    moves=(
        Move("issue", N_("签发"), "draft", "issued"),
        Move("supersede", N_("以新稿代替"), ("draft", "issued"), "superseded"),
        Move("void", N_("作废"), ("draft", "issued"), "voided"),
    ),
)
"""A number is given by `issue` and never taken back: a voided or corrected paper keeps it."""

PAPERS = ("official", "form")
"""公文 after GB/T 9704-2012, and 执法文书 (tables, page signatures)."""

CODE_LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
CODE_LENGTH = 16
"""A check code: 16 of 32 letters that nobody mistakes for another, 80 random bits."""


def organ_code(codes: dict[str, str], *, level: str, short_name: str) -> str:
    """机关代字: the city's own, and for a county its place before the common part (`川汇区局` → `川汇市监`)."""
    if level == "city":
        return codes["city"]
    place = short_name.removesuffix("局")
    return (place[:-1] if len(place) > 2 and place[-1] in "区县市" else place) + codes["county"]


def number_text(pattern: str, *, organ: str, series: str, year: int, serial: int | str) -> str:
    """`周市监检通〔2026〕12号` (GB/T 9704-2012 7.2.5): the year in full in 〔〕, the serial without leading zeros."""
    try:
        return pattern.format(organ=organ, series=series, year=year, serial=serial)
    except (KeyError, IndexError, ValueError, AttributeError) as error:
        raise Refusal(
            _("参数“文书编号格式”有误（%(pattern)s），请改正后再签发。", pattern=pattern),
            rule="documents.number_pattern",
        ) from error


def code_as_typed(text: str) -> str:
    """A check code however somebody typed it: small letters, blanks and dashes do not matter."""
    return "".join(letter for letter in text.upper() if letter in CODE_LETTERS)


def code_in_groups(code: str) -> str:
    """`ABCD-EFGH-JKLM-NPQR`, for reading aloud and typing."""
    return "-".join(code[start : start + 4] for start in range(0, len(code), 4))
