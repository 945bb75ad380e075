"""What the cells of a file mean: codes, days, money, words. Pure; nothing here knows a table or a source."""

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from decimal import Decimal
from functools import cache, lru_cache
from operator import add, mul
from typing import Any, NamedTuple

from casework.core.i18n import _
from casework.registry.reference import (
    divisions,
    entity_type_codes,
    entity_types,
    industry_codes_by_name,
    sections_by_division,
)


class Unreadable(Exception):
    """A cell that cannot mean what its column says. The sentence tells the reader what would be right."""


class Doubtful(Exception):
    """A cell that can be read, though somebody should look at it: `value` is what it is taken for."""

    def __init__(self, value: Any, sentence: str) -> None:
        super().__init__(sentence)
        self.value = value


Parser = Callable[[str], Any]
"""Reads a cell that is not blank; None says that it holds nothing. Raises Unreadable or Doubtful."""


# Text ----------------------------------------------------------------------------------------------------------------

_SPACES = re.compile(r"\s+")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028\u2029\ufeff\ud800-\udfff]+")
_OUTSIDE_A_KEY = re.compile(r"[\s·•‧∙・･.*＊'\"“”‘’`]+")
_BRACKETS = str.maketrans("〔[【{〈《〕]】}〉》", "(((((())))))")
_PLAIN = re.compile(r"[^\x00-\x20\x7f-\xa0\u2000-\u200f\u2028-\u202f\u205f\u3000\ufeff\ud800-\udfff]*")


def fold(text: str) -> str:
    """Full-width letters, digits and brackets as half-width ones (NFKC), without space at the ends."""
    return unicodedata.normalize("NFKC", text).strip()


def text(cell: str) -> str:
    """Words as they were written, without control characters and doubled space."""
    if _PLAIN.fullmatch(cell):
        return cell
    return _SPACES.sub(" ", _CONTROLS.sub(" ", cell)).strip()


def name(cell: str) -> str:
    """The name of a subject: at most 200 characters, more than digits and signs."""
    words = text(cell)
    if len(words) > 200:
        raise Unreadable(_("名称超过 200 字，可能是列错位。"))
    if not any(letter.isalpha() for letter in words):
        raise Unreadable(_("“%(cell)s”不是名称。", cell=words[:30]))
    return words


_KEY_ALREADY = re.compile(r"[0-9A-Z()\u4e00-\u9fff]*")


def name_key(words: str) -> str:
    """One spelling of a name to compare and search: half-width, upper case, one kind of bracket, no dots or space."""
    if _KEY_ALREADY.fullmatch(words):
        return words
    return _OUTSIDE_A_KEY.sub("", unicodedata.normalize("NFKC", words).translate(_BRACKETS)).upper()


def bigrams(key: str) -> list[str]:
    """All pairs of neighbouring characters, each once, in order: what two-character searches are answered from."""
    return list(dict.fromkeys(map(add, key, key[1:])))


def squash(words: str) -> str:
    """Letters and digits alone, half-width: two spellings of one address or scope compare equal."""
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKC", words)))


_DIGIT = re.compile(r"\d")
_ADDRESS_NOISE = re.compile(r"[\s,，.。、;；:：()（）\-—_#＃·\"'“”]+")


@cache
def _address_head() -> re.Pattern[str]:
    """Province and prefecture, which one office writes and the next leaves out."""
    names = [name.removesuffix("市") for code, name in divisions().items() if code.endswith("00") and name[-1] == "市"]
    return re.compile(rf"^(?:中国)?(?:河南省?)?(?:(?:{'|'.join(names)})市)?(?:市辖区)?")


def address_key(cell: str) -> str | None:
    """One spelling of an address that names a door; None where it names only a village or a road, which many share."""
    key = _ADDRESS_NOISE.sub("", unicodedata.normalize("NFKC", cell)).upper()
    key = _address_head().sub("", key)
    return key[:200] if len(key) >= 6 and _DIGIT.search(key) else None


# Numbers of subjects -------------------------------------------------------------------------------------------------

_CODE_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_CODE_VALUES = {letter: value for value, letter in enumerate(_CODE_ALPHABET)}
_CODE_WEIGHTS = tuple(pow(3, place, 31) for place in range(17))
_BODY_VALUES = {letter: value for value, letter in enumerate("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ")}
_BODY_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
_CODE = re.compile(rf"[{_CODE_ALPHABET}]{{18}}")
_MANGLED = re.compile(r"[\d.]+E\+?\d+", re.IGNORECASE)
_NUMBER_NOISE = re.compile(r"[\s'`’‘\-]+")


class SubjectNumber(NamedTuple):
    """The number of a market subject: a unified social credit code or the 15-digit registration number before 2015."""

    uscc: str | None
    reg_no: str | None
    checked: bool


def uscc_check_character(body: str) -> str:
    """The 18th character for the first 17 (GB 32100-2015: weights 3^(i-1) mod 31)."""
    return _CODE_ALPHABET[-sum(map(mul, _CODE_WEIGHTS, map(_CODE_VALUES.__getitem__, body))) % 31]


def organisation_check_character(body: str) -> str:
    """The 9th character of an organisation code for its first 8 (GB 11714-1997)."""
    check = 11 - sum(map(mul, _BODY_WEIGHTS, map(_BODY_VALUES.__getitem__, body))) % 11
    return "X" if check == 10 else str(check % 11)


def is_valid_uscc(code: str) -> bool:
    """Whether 18 characters are a well-formed code whose check character is right."""
    return _CODE.fullmatch(code) is not None and uscc_check_character(code[:17]) == code[17]


def is_valid_reg_no(number: str) -> bool:
    """Whether a 15-digit registration number has the right check digit (GS 15-2006: ISO 7064 MOD 11,10)."""
    product = 10
    for digit in number[:-1]:
        product = (product + int(digit)) % 10 or 10
        product = product * 2 % 11
    return (product + int(number[-1])) % 10 == 1


def subject_number(cell: str) -> SubjectNumber:
    """A unified social credit code or an old registration number. A wrong check character is doubtful, not refused."""
    number = cell if _CODE.fullmatch(cell) else _NUMBER_NOISE.sub("", fold(cell)).upper()
    if len(number) == 18 and _CODE.fullmatch(number):
        return _unified(number)
    if len(number) == 15 and number.isdigit():
        return SubjectNumber(None, registration_number(number), True)
    raise Unreadable(_why_no_number(number))


def _unified(code: str) -> SubjectNumber:
    if code[0] != "9":
        raise Unreadable(_("代码首位为“%(first)s”，不是市场监管部门登记的经营主体。", first=code[0]))
    if uscc_check_character(code[:17]) != code[17]:
        raise Doubtful(SubjectNumber(code, None, False), _("统一社会信用代码校验位不符，请核对。"))
    return SubjectNumber(code, None, True)


def registration_number(cell: str) -> str:
    """The 15-digit registration number of before 2015."""
    number = cell if len(cell) == 15 and cell.isdecimal() and cell.isascii() else _NUMBER_NOISE.sub("", fold(cell))
    if not (len(number) == 15 and number.isascii() and number.isdigit()):
        raise Unreadable(_why_no_number(number.upper()))
    if not is_valid_reg_no(number):
        raise Doubtful(number, _("15 位注册号校验位不符，请核对。"))
    return number


def _why_no_number(number: str) -> str:
    if _MANGLED.fullmatch(number):
        return _(
            "“%(number)s”已被 Excel 变为科学计数法，原号码已丢失。请从原系统重新导出，打开时把该列设为“文本”。",
            number=number,
        )
    if len(number) == 18 and set(number) & set("IOSVZ"):
        return _("代码中不使用字母 I、O、S、V、Z，请核对是否误把数字 1、0、5、2 写成了字母。")
    return _("号码为 %(length)s 位，既不是 18 位统一社会信用代码，也不是 15 位注册号。", length=len(number))


def whole_number_text(cell: str) -> str:
    """A number that is a name (document, licence, certificate): kept as it is, unless Excel has destroyed it."""
    words = text(cell)
    if "E" in words.upper() and _MANGLED.fullmatch(fold(words)):
        raise Unreadable(_why_no_number(words))
    return words


# Days ----------------------------------------------------------------------------------------------------------------

_DAY = re.compile(
    r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?(?:[T\s]+\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?"
)
_COMPACT_DAY = re.compile(r"(\d{4})(\d{2})(\d{2})")
_SERIAL = re.compile(r"(\d{5})(?:\.\d+)?")
_EXCEL_EPOCH = date(1899, 12, 30)
_NO_END = frozenset({"长期", "永久", "永久有效", "长期有效", "无固定期限", "无期限"})
FIRST_YEAR, LAST_YEAR = 1900, 2100


def day(cell: str) -> date:
    """A day: 2026-03-05, 2026/3/5, 2026.3.5, 2026年3月5日, 20260305, with or without a time; Excel's serial too."""
    try:
        found = date.fromisoformat(cell) if len(cell) == 10 and cell[4] == "-" else _other_day(fold(cell))
    except ValueError:
        found = None
    if found is None:
        raise Unreadable(_("“%(cell)s”不是日期，应如 2026-03-05 或 2026年3月5日。", cell=cell[:30]))
    if not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise Unreadable(_("日期 %(day)s 不在合理范围内，请核对。", day=found.isoformat()))
    return found


def _other_day(cell: str) -> date | None:
    if parts := _DAY.fullmatch(cell) or _COMPACT_DAY.fullmatch(cell):
        return date(*map(int, parts.groups()))
    if serial := _SERIAL.fullmatch(cell):
        return _EXCEL_EPOCH + timedelta(days=int(serial[1]))
    return None


def last_day(cell: str) -> date | None:
    """The end of a term; 长期 and 9999-12-31 mean that there is none."""
    words = fold(cell)
    return None if words in _NO_END or words.startswith("9999") else day(cell)


def day_after(cell: str) -> date | None:
    """The day on which something that is valid through the given day is over; None where it has no end."""
    through = last_day(cell)
    return None if through is None else through + timedelta(days=1)


def year(cell: str) -> int:
    """A calendar year: 2025, 2025年, 2025年度."""
    words = fold(cell).removesuffix("度").removesuffix("年")
    if not (words.isascii() and words.isdigit() and FIRST_YEAR <= int(words) <= LAST_YEAR):
        raise Unreadable(_("“%(cell)s”不是年份，应如 2025。", cell=cell[:30]))
    return int(words)


# Money and counts ----------------------------------------------------------------------------------------------------


class Capital(NamedTuple):
    """Registered capital in 10,000 units of its currency (ISO 4217)."""

    wan: Decimal
    currency: str


_QUANTITY = re.compile(r"([\d,]*\.?\d+(?:E-?\d+)?)(.*)", re.IGNORECASE)
_PHONE = re.compile(r"1[3-9]\d{9}|0\d{2,3}-?\d{7,8}")
_CURRENCIES = (
    ("美", "USD"),
    ("港", "HKD"),
    ("欧", "EUR"),
    ("日", "JPY"),
    ("英镑", "GBP"),
    ("澳大利亚", "AUD"),
    ("澳元", "AUD"),
    ("新加坡", "SGD"),
    ("加拿大", "CAD"),
    ("加元", "CAD"),
    ("马克", "DEM"),
    ("瑞士", "CHF"),
    ("法国法郎", "FRF"),
    ("台币", "TWD"),
    ("韩", "KRW"),
    ("澳门", "MOP"),
)
MOST_CAPITAL_WAN = Decimal(20_000_000)
"""200 billion: no subject of a Chinese register has more; a larger number is a phone number or a slip."""


@lru_cache(maxsize=65536)
def capital(cell: str) -> Capital | None:
    """Registered capital: `100(万元)`, `20万元人民币`, `1,000(万元)`, `10(万美元)`, `1.5亿元`, `50000元`.

    A number without a unit counts 10,000 yuan, as registers do. What cannot be capital is doubtful and left out.
    """
    words = fold(cell).replace(" ", "").upper()
    if words in ("-", "--", "/", "无"):
        return None
    if _PHONE.match(words):
        raise Doubtful(None, _("“%(cell)s”像是电话号码，未作为注册资本。", cell=cell[:30]))
    parts = _QUANTITY.fullmatch(words)
    if parts is None:
        raise Doubtful(None, _("“%(cell)s”不是金额，未作为注册资本。", cell=cell[:30]))
    unit = parts[2].strip("()")
    wan = (Decimal(parts[1].replace(",", "")) * _in_wan(unit)).quantize(Decimal("0.000001"))
    if wan > MOST_CAPITAL_WAN:
        raise Doubtful(None, _("注册资本 %(cell)s 超出合理范围，未采用。", cell=cell[:30]))
    return Capital(wan, next((code for word, code in _CURRENCIES if word in unit), "CNY"))


def _in_wan(unit: str) -> Decimal:
    if "亿" in unit:
        return Decimal(10_000)
    return Decimal(1) if "万" in unit or not unit else Decimal("0.0001")


def money(cell: str) -> Decimal:
    """An amount in yuan: `5000`, `5,000.00元`, `1.5万元`."""
    words = fold(cell).replace(" ", "").removeprefix("¥").removeprefix("￥")
    parts = _QUANTITY.fullmatch(words)
    if parts is None or parts[2] not in ("", "元", "圆", "人民币", "元人民币", "万", "万元", "万元人民币"):
        raise Unreadable(_("“%(cell)s”不是金额，应如 5000 或 1.5万元。", cell=cell[:30]))
    yuan = Decimal(parts[1].replace(",", "")) * (10_000 if "万" in parts[2] else 1)
    if yuan > Decimal(10) ** 12:
        raise Unreadable(_("金额 %(cell)s 超出合理范围，请核对。", cell=cell[:30]))
    return yuan.quantize(Decimal("0.01"))


def count(cell: str) -> int:
    """A whole number, with or without its measure word: `12`, `12人`, `1,200户`."""
    words = fold(cell).replace(",", "").rstrip("人户件个名家次").removesuffix(".0")
    if not (words.isascii() and words.isdigit() and len(words) <= 9):
        raise Unreadable(_("“%(cell)s”不是整数。", cell=cell[:30]))
    return int(words)


def share(cell: str) -> Decimal:
    """A percentage: `35%`, `35`, between 0 and 100."""
    words = fold(cell).removesuffix("%").strip()
    try:
        percent = Decimal(words)
    except ArithmeticError:
        percent = Decimal(-1)
    if not 0 <= percent <= 100:
        raise Unreadable(_("“%(cell)s”不是 0 到 100 的百分比。", cell=cell[:30]))
    return percent


# Words that stand for something --------------------------------------------------------------------------------------

_YES = frozenset({"是", "有", "1", "Y", "YES", "TRUE", "T", "√", "✓"})
_NO = frozenset({"否", "无", "0", "N", "NO", "FALSE", "F", "×", "X", "非"})


def flag(cell: str) -> bool:
    """是 or 否 in the spellings that files use."""
    words = fold(cell).upper()
    if words in _YES:
        return True
    if words in _NO:
        return False
    raise Unreadable(_("“%(cell)s”应填“是”或“否”。", cell=cell[:30]))


def one_of(options: Mapping[str, Any]) -> Parser:
    """A parser of words: the longest listed word that the cell contains decides; nothing found is unreadable."""
    words = sorted(options, key=len, reverse=True)
    hint = "、".join(list(options)[:6])

    @lru_cache(maxsize=4096)
    def parse(cell: str) -> Any:
        folded = fold(cell).upper()
        if folded in options:
            return options[folded]
        found = next((word for word in words if len(word) > 1 and word in folded), None)
        if found is None:
            raise Unreadable(_("“%(cell)s”不在可识别的取值中（如 %(hint)s）。", cell=cell[:30], hint=hint))
        return options[found]

    return parse


class Industry(NamedTuple):
    """Section letter and, where known, the code below it (GB/T 4754)."""

    section: str
    code: str | None


@lru_cache(maxsize=8192)
def industry(cell: str) -> Industry:
    """An industry by section letter, by code with or without its letter, or by its name in GB/T 4754-2017."""
    words = fold(cell).upper()
    by_name = industry_codes_by_name().get(fold(cell))
    digits = words.lstrip("ABCDEFGHIJKLMNOPQRST") or ""
    letter = words[: len(words) - len(digits)]
    if by_name:
        return Industry(by_name[0], by_name[1:] or None)
    if digits.isascii() and digits.isdigit() and 2 <= len(digits) <= 4 and len(letter) <= 1:
        section = sections_by_division().get(digits[:2])
        if section and letter in ("", section):
            return Industry(section, digits)
    if len(words) == 1 and words in "ABCDEFGHIJKLMNOPQRST":
        return Industry(words, None)
    raise Unreadable(_("“%(cell)s”不是国民经济行业分类（GB/T 4754-2017）的代码或名称。", cell=cell[:30]))


class EntityType(NamedTuple):
    """Type of a market subject: code where known, and its words."""

    code: str | None
    name: str


@lru_cache(maxsize=8192)
def entity_type(cell: str) -> EntityType:
    """A type by its four-digit code or its words; words outside the code table are kept as they are."""
    words = text(cell)
    folded = fold(words)
    if folded in entity_types():
        return EntityType(folded, entity_types()[folded])
    return EntityType(entity_type_codes().get(folded), words)


_ID_CARD = re.compile(r"\d{17}[\dX]")


def id_number(cell: str) -> str:
    """A resident's identity number (GB 11643): 18 characters with the right check character."""
    number = _NUMBER_NOISE.sub("", fold(cell)).upper()
    if not _ID_CARD.fullmatch(number):
        raise Unreadable(_("证件号码应为 18 位居民身份证号码。"))
    weighted = sum(int(digit) * pow(2, 17 - place, 11) for place, digit in enumerate(number[:17]))
    if "10X98765432"[weighted % 11] != number[17]:
        raise Unreadable(_("居民身份证号码校验位不符。"))
    return number


def phone(cell: str) -> str:
    """A telephone number as digits."""
    digits = re.sub(r"[^\d+]", "", fold(cell))
    if not 7 <= len(digits) <= 16:
        raise Unreadable(_("电话号码位数不正确。"))
    return digits
