"""What cells mean: the check characters of numbers against published vectors, days, money, spellings of names."""

import csv
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casework.core import tables
from casework.registry.sources import _values as values
from tests import make

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
CHINESE = st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5), min_size=2, max_size=30)


def vectors(shared, name):
    with (shared / "data/reference" / name).open(encoding="utf-8-sig", newline="") as table:
        yield from csv.DictReader(table)


def test_published_vectors_of_unified_codes(shared):
    for row in vectors(shared, "uscc_test_vectors.csv"):
        code = row["code"]
        assert values.is_valid_uscc(values.fold(code).upper()) == (row["valid_after_upper"] == "1"), code
        if code != code.upper():
            assert not values.is_valid_uscc(code)


def test_published_vectors_of_old_numbers(shared):
    for row in vectors(shared, "old_registration_no15_test_vectors.csv"):
        assert values.is_valid_reg_no(row["code"]) == (row["valid"] == "1"), row["code"]


@given(st.integers(0, 999_999), st.integers(0, 16), st.sampled_from(ALPHABET))
def test_any_single_slip_in_a_code_is_noticed(number, place, letter):
    code = make.uscc(number)
    slipped = code[:place] + letter + code[place + 1 :]
    assert values.is_valid_uscc(slipped) == (slipped == code)


@given(st.integers(0, 10**14 - 1))
def test_exactly_one_check_digit_fits_an_old_number(number):
    assert sum(values.is_valid_reg_no(f"{number:014d}{digit}") for digit in range(10)) == 1


@pytest.mark.parametrize(
    ("cell", "uscc", "reg_no"),
    [
        ("91411602MA4400008R", "91411602MA4400008R", None),
        (" ９１４１１６０２ma4400008r　", "91411602MA4400008R", None),
        ("9141 1602 MA44 0000 8R", "91411602MA4400008R", None),
        ("'411602600012344", None, "411602600012344"),
    ],
)
def test_numbers_as_they_are_written(cell, uscc, reg_no):
    assert values.subject_number(cell) == (uscc, reg_no, True)


def test_a_failing_check_character_is_a_warning():
    with pytest.raises(values.Doubtful) as doubt:
        values.subject_number("91350203M0001QAY9B")
    assert doubt.value.value == ("91350203M0001QAY9B", None, False)


@pytest.mark.parametrize(
    ("cell", "says"),
    [
        ("4.11628E+17", "科学计数法"),
        ("9141162E+10", "科学计数法"),
        ("9141160201234O678X", "字母 I、O"),
        ("4116020000123", "13 位"),
        ("51411602MA4400008R", "首位为“5”"),
        ("", "0 位"),
    ],
)
def test_what_is_no_number_says_why(cell, says):
    with pytest.raises(values.Unreadable, match=says):
        values.subject_number(cell)


@pytest.mark.parametrize(
    "cell",
    [
        "2026-03-05",
        "2026-3-5",
        "2026/3/5",
        "2026.3.5",
        "2026年3月5日",
        "２０２６年３月５日",
        "20260305",
        "46086",
        "46086.5",
        "2026-03-05 00:00:00",
        "2026-03-05T09:30:00Z",
        " 2026 年 3 月 5 日 ",
    ],
)
def test_days_as_they_are_written(cell):
    assert values.day(cell) == date(2026, 3, 5)


@pytest.mark.parametrize(
    "cell", ["2026-13-05", "2026-02-30", "26-3-5", "2026年3月", "20261305", "明天", "0001-01-01", "99999"]
)
def test_what_is_no_day_is_unreadable(cell):
    with pytest.raises(values.Unreadable):
        values.day(cell)


@given(st.dates(date(1900, 3, 1), date(2100, 12, 31)))
def test_every_spelling_of_a_day_is_that_day(day):
    serial = (day - date(1899, 12, 30)).days
    spellings = [
        day.isoformat(),
        f"{day.year}年{day.month}月{day.day}日",
        f"{day.year}/{day.month}/{day.day}",
        f"{day:%Y%m%d}",
    ]
    if serial >= 10_000:
        spellings.append(str(serial))
    assert {values.day(spelling) for spelling in spellings} == {day}
    assert values.day_after(day.isoformat()) == day + timedelta(days=1)


def test_a_term_without_end():
    assert values.last_day("长期") is values.last_day("9999-12-31") is values.day_after("永久有效") is None


@pytest.mark.parametrize(
    ("cell", "wan", "currency"),
    [
        ("100(万元)", "100", "CNY"),
        ("20万元人民币", "20", "CNY"),
        ("1,000(万元)", "1000", "CNY"),
        ("10(万美元)", "10", "USD"),
        ("34,932,123.4600(万元人民币)", None, None),
        ("300（万元）", "300", "CNY"),
        ("500( 万人民币元)", "500", "CNY"),
        ("1.5亿元", "15000", "CNY"),
        ("500000(人民币元)", "50", "CNY"),
        ("80(万元(港币))", "80", "HKD"),
        ("100()", "100", "CNY"),
        ("5E-1万人民币", "0.5", "CNY"),
        ("２００万", "200", "CNY"),
        ("30万日元", "30", "JPY"),
        ("0", "0", "CNY"),
        ("13812345678", None, None),
        ("张三", None, None),
        ("万人民币", None, None),
    ],
)
def test_capital_as_registers_write_it(cell, wan, currency):
    if wan is None:
        with pytest.raises(values.Doubtful) as doubt:
            values.capital(cell)
        assert doubt.value.value is None
    else:
        assert values.capital(cell) == (Decimal(wan), currency)


@given(st.decimals(0, 19_000_000, places=2))
def test_thousands_separators_do_not_change_an_amount(amount):
    assert values.capital(f"{amount:,}(万元)") == values.capital(f"{amount}万元")


@pytest.mark.parametrize(("cell", "yuan"), [("5,000.00元", "5000"), ("1.5万元", "15000"), ("¥300", "300"), ("0", "0")])
def test_money(cell, yuan):
    assert values.money(cell) == Decimal(yuan)


def test_money_that_is_none_is_refused_not_guessed():
    with pytest.raises(values.Unreadable):
        values.money("约五千")


def test_spellings_of_one_name_have_one_key():
    spellings = [
        "河南（周口）约翰·史密斯有限公司",
        "河南(周口)约翰史密斯有限公司",
        " 河南〔周口〕约翰•史密斯　有限公司",
    ]
    assert len({values.name_key(spelling) for spelling in spellings}) == 1


@given(CHINESE)
def test_a_key_is_its_own_key(name):
    key = values.name_key(name)
    assert values.name_key(key) == key


@given(CHINESE, st.data())
def test_the_pairs_of_any_part_of_a_name_are_among_its_pairs(name, data):
    start = data.draw(st.integers(0, len(name) - 2))
    end = data.draw(st.integers(start + 2, len(name)))
    assert set(values.bigrams(name[start:end])) <= set(values.bigrams(name))


def test_an_address_has_a_key_only_where_it_names_a_door():
    doors = ["河南省周口市川汇区七一路 12 号", "周口市川汇区七一路12号", "川汇区七一路１２号"]
    assert {values.address_key(door) for door in doors} == {"川汇区七一路12号"}
    assert values.address_key("项城市南顿镇李庄村") is None


def test_industries_by_code_and_by_name():
    assert values.industry("F5211") == values.industry("5211") == ("F", "5211")
    assert values.industry("餐饮业") == ("H", "62")
    assert values.industry("F") == ("F", None)
    with pytest.raises(values.Unreadable):
        values.industry("A5211")


def test_whole_numbers_of_a_workbook_that_lost_their_end_say_so():
    assert tables.cell_of(411602600012344) == "411602600012344"
    assert tables.cell_of(914116020000000000) == "9.14116E+17"
    assert tables.cell_of(3.0) == "3"
