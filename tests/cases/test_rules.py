"""The pure part: result codes and their exclusions, officers, caps, endings, and the shape of the workflow."""

from dataclasses import dataclass, field
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casework.accounts.rules import PERMISSIONS
from casework.cases import rules
from casework.cases.kinds import KINDS
from casework.core.errors import Refusal
from casework.core.parameters import definitions
from casework.registry.rules import KINDS as RECORD_KINDS

DAY = date(2026, 3, 5)
CODES = rules.result_codes(DAY)

some_codes = st.lists(st.sampled_from(sorted(CODES)), min_size=1, max_size=4, unique=True)
words = st.sampled_from(["无", "货架有过期食品三袋", "当场下架"])


@dataclass
class Somebody:
    name: str = "甲"
    certificate_no: str = "1"
    certificate_valid_until: date = DAY
    lines: list[str] = field(default_factory=lambda: ["food", "equipment"])
    qualifications: list[str] = field(default_factory=list)
    qualifications_until: dict[str, str] = field(default_factory=dict)
    active: bool = True


@given(some_codes, words, words)
def test_a_code_that_excludes_others_never_stands_beside_one(codes, finding, disposal):
    defect = rules.result_defect(codes, finding, disposal, CODES)
    exclusive = [code for code in codes if CODES[code].exclusive]
    if exclusive and len(codes) > 1:
        assert defect
    if defect is None:
        assert not exclusive or codes == exclusive
        assert finding != "无" or all(CODES[code].group in ("fine", "absent") for code in codes)


@given(st.lists(some_codes, min_size=1, max_size=5))
def test_a_check_ends_early_only_if_every_item_has_the_one_code_that_says_so(results):
    code = rules.exit_code(results, CODES)
    if code is None:
        assert len({code for codes in results for code in codes}) > 1 or not CODES[results[0][0]].exit
    else:
        assert all(codes == [code] for codes in results)
        assert CODES[code].exit in {state.name for state in rules.EXITS}


some_classes = st.sets(st.sampled_from(sorted({line.klass for line in CODES.values()})), min_size=1)


@given(some_classes, some_classes)
def test_several_results_count_by_the_gravest_of_them(some, others):
    assert rules.gravest(some) in some
    assert rules.gravest(some | others) in {rules.gravest(some), rules.gravest(others)}
    assert rules.gravest({rules.gravest(some), rules.gravest(others)}) == rules.gravest(some | others)


def test_every_code_maps_to_a_class_of_the_credit_record_and_to_known_words():
    assert {line.klass for line in CODES.values()} <= RECORD_KINDS["check"].classes.keys()
    assert {line.group for line in CODES.values()} <= rules.RESULT_GROUPS.keys()
    assert {line.measure for line in CODES.values()} - {None} <= rules.MEASURES.keys()
    assert {code for code, line in CODES.items() if line.exit} == {"6", "7", "9", "10", "11", "12", "F"}


def test_a_code_reads_as_the_law_worded_it_that_day():
    assert rules.result_codes(date(2018, 12, 31))["D"].label == "违反其他工商行政管理规定"
    assert rules.result_codes(date(2019, 1, 1))["D"].label == "违反其他市场监督管理规定"
    assert "L" not in rules.result_codes(date(2021, 7, 14))


def test_a_certificate_is_valid_on_its_last_day_and_not_after():
    assert rules.officer_defects(Somebody(), ["food"], DAY) == []
    assert rules.officer_defects(Somebody(), ["food"], DAY + timedelta(days=1))
    assert rules.officer_defects(Somebody(active=False), [], DAY)


def test_special_equipment_needs_the_special_qualification():
    assert rules.officer_defects(Somebody(), ["equipment"], DAY)
    assert rules.officer_defects(Somebody(qualifications=["equipment"]), ["equipment"], DAY) == []


def test_one_officer_too_few_is_told_by_name():
    facts = {
        "officers": [Somebody(), Somebody(name="乙", certificate_valid_until=DAY - timedelta(days=1))],
        "lines": ["food"],
        "day": DAY,
        "least_officers": 2,
    }
    assert "乙" in (rules.enough_officers(facts) or "")
    facts["officers"].append(Somebody(name="丙"))
    assert rules.enough_officers(facts) is None


@pytest.mark.parametrize(
    ("visits", "bound", "reason", "allowed"),
    [
        (1, True, None, True),
        (2, True, None, False),
        (2, True, "上级交办", False),
        (2, False, None, False),
        (2, False, "上级交办", True),
    ],
)
def test_the_cap_stops_scheduled_checks_and_asks_the_others_for_a_reason(visits, bound, reason, allowed):
    facts = {"on_site": True, "visits": visits, "cap": 2, "bound_by_cap": bound, "override_reason": reason}
    assert (rules.within_cap(facts) is None) == allowed
    assert rules.within_cap({**facts, "on_site": False}) is None


@given(st.integers(0, 30), st.integers(1, 20))
def test_the_warning_comes_before_the_stop(visits, cap):
    if visits >= cap:
        assert rules.near_cap(visits, cap)
    if rules.near_cap(visits, cap):
        assert rules.near_cap(visits + 1, cap)
        assert visits / cap >= 0.8


def test_a_person_is_not_another_person():
    decide = rules.STANDARD.decide
    with pytest.raises(Refusal):
        decide("release", "releasing", {"by": 7, "reviewed_by": 7, "concluded_by": 8})
    with pytest.raises(Refusal):
        decide("release", "releasing", {"by": 7, "reviewed_by": 8, "concluded_by": 7})
    with pytest.raises(Refusal):
        decide("release", "releasing", {"by": None, "reviewed_by": 8, "concluded_by": 9})
    assert decide("release", "releasing", {"by": 7, "reviewed_by": 8, "concluded_by": 9}).target == "published"


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_every_state_is_reached_and_every_word_is_known(kind):
    assert kind.workflow.reachable() == set(kind.workflow.state_names)
    assert {move.permission for move in kind.workflow.moves} <= PERMISSIONS.keys()
    assert set(kind.sources) <= rules.SOURCES.keys()
    open_states = {state.name for state in kind.workflow.states if not state.final}
    assert open_states == kind.clocks.keys() | {"following_up", rules.SUSPENDED.name}
    assert {clock.term for clock in (*kind.clocks.values(), rules.AFTERWARDS)} <= definitions().keys()


def test_a_move_goes_one_way_from_one_state():
    pairs = [(move.name, source) for move in rules.STANDARD.moves for source in move.sources]
    assert len(pairs) == len(set(pairs))


@pytest.mark.parametrize(
    ("head", "media_type"),
    [
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "image/webp"),
        (b"%PDF-1.7", "application/pdf"),
        (b"RIFF\x00\x00\x00\x00WAVEfmt ", None),
        (b"<svg xmlns=", None),
        (b"", None),
    ],
)
def test_a_file_is_what_its_bytes_say(head, media_type):
    assert rules.media_type_of(head) == media_type
