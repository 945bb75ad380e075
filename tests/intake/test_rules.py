"""What the rules of intake decide: terms that stand still, texts without their informant, likeness, pasted sheets."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casework.core.calendar import Term, WorkCalendar
from casework.intake.rules import (
    CLUE,
    COMPLAINT,
    HIDDEN,
    KINDS,
    Pause,
    Person,
    due_on,
    grounds,
    likeness,
    mask_name,
    mask_number,
    next_unit,
    read_sheet,
    redact,
)

CALENDAR = WorkCalendar({date(2026, 10, day): False for day in range(1, 8)} | {date(2026, 10, 10): True})
DAYS = st.dates(date(2026, 1, 1), date(2026, 12, 1))
TERMS = st.builds(Term, st.integers(1, 60), st.booleans())
PEOPLE = st.builds(
    Person,
    name=st.text("张王李建国一二三欧阳", min_size=2, max_size=4),
    phone=st.from_regex(r"1[3-9]\d{9}", fullmatch=True),
    id_number=st.from_regex(r"411602(19|20)\d{2}(0[1-9]|1[0-2])(0[1-9]|1\d|2[0-8])\d{3}[\dX]", fullmatch=True),
)


@given(TERMS, DAYS)
def test_without_pauses_a_term_is_that_of_the_calendar(term, start):
    assert due_on(term, start, [], CALENDAR, start) == term.due_on(start, CALENDAR)


@given(TERMS, DAYS, st.integers(0, 20), st.integers(1, 30))
def test_a_pause_only_ever_gives_more_time_and_no_day_of_it_counts(term, start, after, length):
    pause = Pause("testing", start + timedelta(days=after), start + timedelta(days=after + length))
    plain, stretched = (due_on(term, start, pauses, CALENDAR, start) for pauses in ([], [pause]))
    assert stretched >= plain
    last = plain if term.working else start + timedelta(days=term.days)
    if pause.since >= last:
        assert stretched == plain
    elif not term.working:
        assert stretched == CALENDAR.on_or_after(last + timedelta(days=length))


@given(PEOPLE, st.text("他她说店里油，。 买了", max_size=20), st.sampled_from(["", " ", "-", "  - "]))
def test_nothing_of_an_informant_is_left_in_a_text(person, words, gap):
    spelled = gap.join(person.phone), gap.join(person.name), person.id_number
    text = f"{words}我是{spelled[1]}，电话{spelled[0]}，证件{spelled[2]}{words}"
    found = redact(text, person)
    squeezed = found.replace(" ", "").replace("-", "")
    assert not any(own in squeezed for own in (person.name, person.phone, person.id_number))
    assert HIDDEN in found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("店主电话１３９９９９９８８８８", f"店主电话{HIDDEN}"),
        ("统一社会信用代码91411602MA44T1234X", "统一社会信用代码91411602MA44T1234X"),
        ("工单1411600202600000001，花了13800元", "工单1411600202600000001，花了13800元"),
    ],
)
def test_numbers_of_other_people_are_hidden_and_other_numbers_stay(text, expected):
    assert redact(text, None) == expected


def test_masks():
    assert [mask_name(name) for name in ("张小三", "张三", "欧阳建国", "张")] == ["张*三", "张*", "欧**国", "张*"]
    assert [mask_number(number) for number in ("13812341234", "8200000", "110")] == ["138****1234", "*******", "***"]


@given(st.text(max_size=60), st.text(max_size=60))
def test_likeness_is_symmetric_and_whole_for_the_same_text(one, other):
    assert likeness(one, other) == likeness(other, one)
    assert 0 <= likeness(one, other) <= 100
    assert likeness(one, one) in (0, 100)


def test_every_state_can_be_reached_and_every_decision_has_its_grounds():
    assert all(flow.reachable() == set(flow.state_names) for flow in (COMPLAINT, CLUE))
    old, new = date(2026, 4, 14), date(2026, 4, 15)
    assert [len(grounds("refuse", day)) for day in (old, new)] == [6, 7]
    assert "第20号" in grounds("terminate", old)["5"].document
    assert "六十日" in grounds("terminate", new)["5"].label
    assert len({kind.letters for kind in KINDS.values()}) == len(KINDS)


def test_a_pasted_sheet_fills_the_form():
    sheet = (
        "工单编号：1411600\n投诉人：张建国\n联系电话: 13812345678\n被投诉人：好又多超市\n消费时间：2026年3月5日 10:20\n"
        "涉及金额：1,280.50元\n投诉内容：买到过期食品，\n商家说：不退"
    )
    assert read_sheet(sheet) == {
        "external_no": "1411600",
        "name": "张建国",
        "phone": "13812345678",
        "subject_name": "好又多超市",
        "happened_on": "2026-03-05",
        "amount": "1280.50",
        "facts": "买到过期食品，\n商家说：不退",
    }
    assert read_sheet("没有标签的油") == {"facts": "没有标签的油"}


@pytest.mark.parametrize(
    ("office", "unit", "expected"),
    [
        ("/1/", "/1/4/17/", "/1/4/"),
        ("/1/4/", "/1/4/17/", "/1/4/17/"),
        ("/1/", "/1/", "/1/"),
        ("/1/4/", "/1/5/", "/1/4/"),
    ],
)
def test_an_office_sends_one_step_down(office, unit, expected):
    assert next_unit(office, unit) == expected
