"""An item lives: every verb in every state, clocks over holidays and regulations, what counts, the triggered check."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from casework.cases.models import Case
from casework.core import clock
from casework.core.clock import local_moment
from casework.core.db import savepoint, session
from casework.core.errors import NotAllowed, NotFound, Refusal
from casework.core.ledger import AuditEntry
from casework.documents import queries as documents
from casework.intake import operations as intake
from casework.intake import queries
from casework.intake.models import IntakeItem
from casework.intake.rules import COMPLAINT, KINDS, OUTCOMES, Person
from casework.registry import queries as registry
from tests import make
from tests.make import cases as make_cases
from tests.make import intake as make_intake
from tests.make import sampling as make_sampling

DESK = dict[str, Any]

# ---- Every pair of state and verb ------------------------------------------------------------------------------------

VERBS: dict[str, Callable[[IntakeItem, DESK], Any]] = {
    **{name: make_intake.STEPS[state] for name, state in {
        "distribute": "distributed", "ask_identity": "awaiting_identity", "accept": "mediating", "refuse": "refused",
        "settle": "settled", "terminate": "terminated", "sign_for": "verifying", "file": "filed", "decline": "declined",
        "hand_over": "handed_over", "inform": "informed", "archive": "archived",
    }.items()},
    "return_item": lambda item, desk: intake.return_item(item.id, reason="不属本局管辖", actor=desk["triage"]),
    "hand_down": lambda item, desk: intake.hand_down(item.id, org_id=make.unit("川汇区一所").id, actor=desk["triage"]),
    "identify": lambda item, desk: intake.identify(item.id, enterprise_id=make.enterprise().id, actor=desk["centre"]),
    "take_identity": lambda item, desk: intake.take_identity(
        item.id, person=make_intake.INFORMANT, actor=desk["triage"]
    ),
    "pause": lambda item, desk: intake.pause(item.id, reason="送检食用油", actor=desk["triage"]),
    "resume": lambda item, desk: intake.resume(item.id, actor=desk["triage"]),
    "find_clue": lambda item, desk: intake.find_clue(item.id, category="food", facts="无证经营", actor=desk["triage"]),
    "revisit": lambda item, desk: intake.revisit(item.id, fulfilled=True, note="已退款", actor=desk["triage"]),
    "merge": lambda item, desk: intake.merge(
        item.id, into_id=make_intake.item(item.kind, by=desk["centre"]).id, actor=desk["centre"]
    ),
    "ask_extension": lambda item, desk: intake.ask_extension(item.id, reason="取证困难", actor=desk["triage"]),
    "extend": lambda item, desk: intake.extend(item.id, actor=desk["head"]),
    "deny_extension": lambda item, desk: intake.deny_extension(item.id, reason="理由不足", actor=desk["head"]),
    "open_check": lambda item, desk: make_intake.check(item, desk["triage"], codes=(make_sampling.item().code,)),
}  # fmt: skip
PREPARED = {"resume": ("pause",), "extend": ("ask_extension",), "deny_extension": ("ask_extension",)}
"""Verbs that answer another one made in the same state."""
UNTOLD = Person(phone="13700001111")
"""Somebody who left a number and no name: no answer is owed."""


@pytest.mark.parametrize(
    ("kind", "state"), [(kind, state) for kind, ways in make_intake.ROUTES.items() for state in ways]
)
def test_every_verb_in_every_state(world, kind, state):
    """What the table knows is done and audited; anything else is refused and leaves no trace."""
    desk, flow = make_intake.desk(), KINDS[kind].workflow
    named, unnamed = (
        (make_intake.walked(kind, state, desk, informant=who) for who in (make_intake.INFORMANT, UNTOLD))
        if kind == "report" and state in OUTCOMES
        else [make_intake.walked(kind, state, desk)] * 2
    )
    for verb in sorted({move.name for move in flow.moves}):
        item = unnamed if verb == "archive" else named
        made = select(func.count()).where(
            AuditEntry.action == f"{flow.name}.{verb}", AuditEntry.subject_id == str(item.id)
        )
        move = next((one for one in flow.moves if one.name == verb and state in one.sources), None)
        before, trial = session.scalar(made), session.begin_nested()
        if move is None:
            with pytest.raises(Refusal):
                VERBS[verb](item, desk)
        else:
            for earlier in (*PREPARED.get(verb, ()), verb):
                VERBS[earlier](item, desk)
            assert (verb, item.state, session.scalar(made)) == (verb, move.target, before + 1)
            assert (item.due_on is None) == flow.is_final(item.state)
        trial.rollback()
        assert (verb, item.state, session.scalar(made)) == (verb, state, before)


# ---- Clocks ----------------------------------------------------------------------------------------------------------


def on(day: date) -> Any:
    """Life on another day, in the morning in China."""
    return clock.at(local_moment(day, 9))


def complaint_of(received: date, accepted: date, desk: DESK) -> IntakeItem:
    with on(received):
        item = make_intake.walked("complaint", "distributed", desk)
    with on(accepted):
        intake.accept(item.id, actor=desk["triage"])
    return item


def test_seven_working_days_run_over_a_holiday_and_its_working_saturday(world):
    with on(date(2026, 9, 30)):  # 1 to 7 October are off, Saturday the 10th is worked
        assert make_intake.item("complaint").due_on == date(2026, 10, 15)


@pytest.mark.parametrize(
    ("received", "accepted", "due", "document"),
    [
        (date(2026, 4, 14), date(2026, 4, 15), date(2026, 6, 22), "第20号"),  # 45 working days
        (date(2026, 4, 15), date(2026, 4, 16), date(2026, 6, 15), "第121号"),  # 60 days
        (date(2026, 4, 14), date(2026, 4, 23), date(2026, 6, 30), "第20号"),  # accepted later, received before
    ],
)
def test_mediation_keeps_the_clock_of_the_day_of_receipt(world, received, accepted, due, document):
    desk = make_intake.desk()
    item = complaint_of(received, accepted, desk)
    assert item.due_on == due
    with on(accepted):
        assert document in queries.deadline(item).rule


def test_grounds_are_those_of_the_day_of_receipt(world):
    desk = make_intake.desk()
    with on(date(2026, 4, 14)):
        old = make_intake.walked("complaint", "distributed", desk)
        with pytest.raises(Refusal, match="法定情形"), savepoint():
            intake.refuse(old.id, ground="7", reason="冒用他人名义", actor=desk["triage"])
    with on(date(2026, 4, 15)):
        new = make_intake.walked("complaint", "distributed", desk)
        assert intake.refuse(new.id, ground="7", reason="冒用他人名义", actor=desk["triage"]).state == "refused"


def test_time_for_testing_does_not_count(world):
    desk = make_intake.desk()
    item = complaint_of(date(2026, 4, 15), date(2026, 4, 16), desk)
    with on(date(2026, 4, 20)):
        intake.pause(item.id, reason="送检食用油", actor=desk["triage"])
        assert queries.deadline(item).paused
    with on(date(2026, 4, 30)):
        intake.resume(item.id, actor=desk["triage"])
    assert item.due_on == date(2026, 6, 25)


def test_time_for_proof_of_identity_does_not_count(world):
    desk = make_intake.desk()
    with on(date(2026, 5, 11)):
        item = make_intake.walked("complaint", "awaiting_identity", desk, informant=Person(phone="13812345678"))
        assert item.due_on == date(2026, 5, 18)  # the day until which the proof may come
    with on(date(2026, 5, 13)):
        intake.take_identity(item.id, person=make_intake.INFORMANT, actor=desk["triage"])
    assert item.due_on == date(2026, 5, 22)  # 7 working days from the 13th
    assert intake.accept(item.id, actor=desk["triage"]).state == "mediating"


def test_verification_may_be_extended_once_by_another_person(world):
    desk = make_intake.desk()
    with on(date(2026, 5, 11)):
        item = make_intake.walked("report", "verifying", desk)
        assert item.due_on == date(2026, 6, 1)
        intake.ask_extension(item.id, reason="取证困难", actor=desk["triage"])
        with pytest.raises(Refusal, match="不得批准自己"), savepoint():
            intake.extend(item.id, actor=desk["triage"])
        intake.extend(item.id, actor=desk["head"])
        assert item.due_on == date(2026, 6, 23)  # 19 June is off
        with pytest.raises(Refusal, match="只能延长一次"), savepoint():
            intake.ask_extension(item.id, reason="再延长", actor=desk["triage"])


def test_reports_about_published_information_have_a_clock_of_their_own(world):
    with on(date(2026, 5, 11)):
        assert make_intake.item("report", category="published_information").due_on == date(2026, 6, 8)


def test_what_is_overdue_is_noted_once_unless_the_clock_stands_still(world):
    desk = make_intake.desk()
    with on(date(2026, 5, 11)):
        late, waiting = (make_intake.walked("report", "verifying", desk) for _ in range(2))
        intake.pause(waiting.id, reason="送检", actor=desk["triage"])
    with on(date(2026, 7, 1)):
        assert (intake.remind_overdue(), intake.remind_overdue()) == (1, 0)
    noted = select(AuditEntry.subject_id).where(AuditEntry.action == "intake.remind_overdue")
    assert session.scalars(noted).all() == [str(late.id)]


# ---- What counts -----------------------------------------------------------------------------------------------------


def counted(item: IntakeItem) -> list[tuple[int, int, bool]]:
    """(kind, class, still counts) of the credit records that an item became."""
    records = registry.records(item.enterprise_id)
    return [(one.kind, one.klass, one.revoked_on is None) for one in records if one.source_key == item.number]


@pytest.mark.parametrize(
    ("kind", "state", "expected"),
    [
        ("complaint", "distributed", []),
        ("complaint", "refused", []),
        ("complaint", "mediating", [(13, 1, True)]),
        ("complaint", "settled", [(13, 1, True)]),
        ("report", "verifying", []),
        ("report", "declined", []),
        ("report", "handed_over", []),
        ("report", "filed", [(14, 1, True)]),
    ],
)
def test_only_accepted_complaints_and_filed_reports_count(world, kind, state, expected):
    assert counted(make_intake.walked(kind, state, make_intake.desk())) == expected


@pytest.mark.parametrize(("ground", "counts"), [("1a", False), ("1b", True), ("3", True), ("6a", False), ("6b", False)])
def test_what_was_withdrawn_or_should_not_have_been_accepted_stops_counting(world, ground, counts):
    desk = make_intake.desk()
    item = make_intake.walked("complaint", "mediating", desk)
    intake.terminate(item.id, ground=ground, reason="核实后认定", actor=desk["triage"])
    assert counted(item) == [(13, 1, counts)]


def test_a_broken_agreement_weighs_more_and_the_two_of_one_message_share_a_chain(world):
    desk = make_intake.desk()
    item = make_intake.walked("complaint", "informed", desk, also_report=True)
    intake.revisit(item.id, fulfilled=False, note="未按协议退款", actor=desk["triage"])
    assert counted(item) == [(13, 2, True)]
    twin = queries.links(item, desk["centre"])[0].item
    for state in ("distributed", "verifying", "filed"):
        make_intake.STEPS[state](twin, desk)
    chains = {record.chain for record in registry.records(item.enterprise_id)}
    assert (len(chains), counted(twin)) == (1, [(14, 1, True)])


def test_a_record_follows_the_enterprise_that_was_meant(world):
    desk = make_intake.desk()
    item = make_intake.walked("complaint", "mediating", desk)
    wrong, right = item.enterprise_id, make.enterprise()
    intake.identify(item.id, enterprise_id=right.id, actor=desk["triage"])
    assert not [one for one in registry.records(wrong) if one.source_key == item.number]
    assert counted(item) == [(13, 1, True)]


# ---- Two items of one message, duplicates ----------------------------------------------------------------------------


def test_one_message_becomes_a_complaint_and_a_report_with_two_clocks(world):
    with on(date(2026, 5, 11)):
        complaint = make_intake.item("complaint", also_report=True, send_to=make.unit("川汇区局").id)
    report = queries.links(complaint, make_intake.desk()["centre"])[0].item
    assert (complaint.state, report.state) == ("distributed", "distributed")
    assert (complaint.due_on, report.due_on) == (date(2026, 5, 20), date(2026, 6, 1))
    assert report.informant_id == complaint.informant_id


def test_the_same_platform_number_comes_in_once(world):
    made = make_intake.item("complaint", external_no="1411600202600000001")
    with pytest.raises(Refusal, match="已经登记"), savepoint():
        make_intake.item("complaint", external_no=made.external_no)
    assert make_intake.item("report", external_no=made.external_no)


def test_what_reads_alike_about_the_same_subject_is_shown(world):
    desk, subject = make_intake.desk(), make.enterprise()
    first = make_intake.item("report", by=desk["centre"], of=subject)
    make_intake.item("report", by=desk["centre"], of=subject, facts="电梯半年没有检验，运行时异响")
    make_intake.item("report", by=desk["centre"])
    again = "在该店购买散装食用油，没有任何标签，食用后身体不适，商家拒绝退款给我"
    found = queries.duplicates(desk["centre"], facts=again, enterprise_id=subject.id)
    assert [one.item.id for one in found] == [first.id]
    assert not queries.duplicates(make_cases.person("county", org="淮阳区局"), facts=again, enterprise_id=subject.id)


def test_complaints_of_different_consumers_are_not_merged(world):
    desk = make_intake.desk()
    first, other = (
        make_intake.item("complaint", by=desk["centre"], informant=Person(name=name, phone=phone))
        for name, phone in (("张一", "13900000001"), ("李二", "13900000002"))
    )
    with pytest.raises(Refusal, match="不同投诉人"), savepoint():
        intake.merge(other.id, into_id=first.id, actor=desk["centre"])
    same = make_intake.item("complaint", by=desk["centre"], informant=Person(name="张一一", phone="139-0000-0001"))
    assert intake.merge(same.id, into_id=first.id, actor=desk["centre"]).merged_into_id == first.id


def test_everybody_whose_report_was_merged_is_told(world):
    desk = make_intake.desk()
    first = make_intake.walked("report", "verifying", desk, informant=None)
    again = make_intake.item("report", by=desk["centre"])
    intake.merge(again.id, into_id=first.id, actor=desk["centre"])
    make_intake.STEPS["declined"](first, desk)
    with pytest.raises(Refusal, match="请先告知"), savepoint():
        intake.archive(first.id, actor=desk["triage"])
    intake.inform(first.id, way="paper", actor=desk["triage"])
    assert not documents.for_subject("intake_item", first.id)
    told = documents.for_subject("intake_item", again.id)
    assert [(paper.kind, paper.facts["number"]) for paper in told] == [("report_outcome", again.number)]


# ---- Who has it ------------------------------------------------------------------------------------------------------


def test_an_item_is_seen_by_the_centre_and_the_unit_that_has_it(world):
    desk = make_intake.desk()
    item = make_intake.walked("report", "distributed", desk)
    queries.find(item.id, desk["triage"])
    for stranger in (make_cases.person("county", org="淮阳区局"), make_cases.person("leader", org="川汇区一所")):
        with pytest.raises(NotFound):
            queries.find(item.id, stranger)
    intake.hand_down(item.id, org_id=make.unit("川汇区一所").id, actor=desk["triage"])
    queries.find(item.id, make_cases.person("leader", org="川汇区一所"))
    queries.find(item.id, desk["triage"])
    intake.return_item(item.id, reason="不属本局管辖", actor=desk["triage"])
    with pytest.raises(NotFound):
        queries.find(item.id, desk["triage"])
    assert (queries.find(item.id, desk["centre"]).state, item.returned_because) == ("registered", "不属本局管辖")


def test_a_unit_passes_nothing_on_sideways(world):
    desk = make_intake.desk()
    item = make_intake.walked("report", "distributed", desk)
    with pytest.raises(Refusal, match="退回分送机构"), savepoint():
        intake.hand_down(item.id, org_id=make.unit("淮阳区局").id, actor=desk["triage"])
    with pytest.raises(Refusal), savepoint():
        intake.distribute(item.id, org_id=make.unit("淮阳区局").id, actor=desk["centre"])
    intake.return_item(item.id, reason="不属本局管辖", actor=desk["triage"])
    with pytest.raises(NotAllowed), savepoint():
        intake.distribute(item.id, org_id=make.unit("淮阳区局").id, actor=make_cases.person("line"))
    assert intake.distribute(item.id, org_id=make.unit("淮阳区局").id, actor=desk["centre"]).state == "distributed"


def test_an_item_goes_one_step_towards_the_unit_in_charge(world):
    subject = make.enterprise(unit="川汇区一所")
    assert intake.competent_unit(subject.id, make_cases.person("intake")) == make.unit("川汇区局").id
    county = make_cases.person("intake", org="川汇区局")
    assert intake.competent_unit(subject.id, county) == make.unit("川汇区一所").id
    assert intake.competent_unit(None, county) is None


# ---- The triggered check ---------------------------------------------------------------------------------------------


def test_from_a_complaint_to_a_triggered_check_and_back(world):
    """One call is both: the dispute is mediated, the clue verified on the spot whatever the grade, each on its clock."""
    desk = make_intake.desk()
    subject = make.enterprise()
    county = make.unit("川汇区局").id
    complaint = make_intake.item("complaint", by=desk["centre"], of=subject, also_report=True, send_to=county)
    intake.accept(complaint.id, actor=desk["triage"])
    assert counted(complaint) == [(13, 1, True)]
    report = queries.links(complaint, desk["triage"])[0].item
    intake.sign_for(report.id, actor=desk["triage"])
    case = make_intake.check(report, desk["triage"], codes=(make_sampling.item(line="food").code,))
    assert (case.kind, case.origin_kind, case.source, case.enterprise_id) == (
        "triggered",
        "trigger",
        "complaint",
        subject.id,
    )
    assert (report.state, report.case_id, case.org_id) == ("verifying", case.id, report.org_id)
    assert KINDS["report"].label in case.title
    with pytest.raises(Refusal, match="现场检查还没有结果"), savepoint():
        intake.file(report.id, reason="证据充分", actor=desk["triage"])

    crew = make_cases.crew(case)
    make_cases.walk(case, to="closed", crew=crew)
    intake.take_back_outcome(case.id, actor=make.actor())
    written = session.scalar(select(func.count()).where(AuditEntry.action == "intake.take_back_outcome"))
    intake.take_back_outcome(case.id, actor=make.actor())
    assert written == session.scalar(select(func.count()).where(AuditEntry.action == "intake.take_back_outcome")) == 1
    assert report.check_outcome["number"] == case.number
    assert report.check_outcome["results"][0]["results"] == ["未发现问题"]
    assert intake.decline(report.id, ground="1", reason="现场检查未发现问题", actor=desk["triage"]).state == "declined"


def test_a_drawn_case_is_nobodys_outcome(world):
    case = make_cases.case("draw")
    intake.take_back_outcome(case.id, actor=make.actor())
    assert not session.scalar(select(func.count()).where(AuditEntry.action == "intake.take_back_outcome"))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"codes": ("X99",)}, "清单之外无检查"),
        ({"reason": " "}, "理由"),
        ({"officers": 1}, "不得少于 2 名"),
        ({"valid_until": date(2020, 1, 1)}, "不得少于 2 名"),
    ],
)
def test_a_check_needs_items_of_the_list_two_valid_officers_and_a_reason(world, change, sentence):
    desk = make_intake.desk()
    report = make_intake.walked("report", "verifying", desk)
    valid_until = change.get("valid_until", date(2030, 1, 1))
    officers = [make_cases.inspector(valid_until=valid_until) for _ in range(change.get("officers", 2))]
    codes = change.get("codes") or (make_sampling.item().code,)
    with pytest.raises(Refusal, match=sentence), savepoint():
        make_intake.check(report, desk["triage"], codes=codes, officers=officers, reason=change.get("reason", "核实"))
    assert report.case_id is None


def test_beyond_the_cap_it_takes_a_reason_and_an_approver(world):
    desk = make_intake.desk()
    line = make_cases.person("line")
    subject, code = make.enterprise(), make_sampling.item().code
    for _ in range(2):
        earlier = make_cases.case("trigger", of=subject)
        make_cases.walk(earlier, to="closed", crew=make_cases.crew(earlier))
    report = make_intake.walked("report", "verifying", desk, of=subject)
    with pytest.raises(Refusal, match="请填写超上限检查的理由"), savepoint():
        make_intake.check(report, desk["head"], codes=(code,))
    with pytest.raises(Refusal, match="分管局领导"), savepoint():
        make_intake.check(report, line, codes=(code,), override_reason="涉及食品安全")
    case = make_intake.check(report, desk["head"], codes=(code,), override_reason="涉及食品安全")
    assert (session.get(Case, case.id).state, report.override_reason) == ("opened", "涉及食品安全")


def test_a_clue_found_in_a_dispute_is_verified_on_its_own(world):
    desk = make_intake.desk()
    complaint = make_intake.walked("complaint", "mediating", desk)
    clue = intake.find_clue(complaint.id, category="food", facts="无证经营，欧阳建国可以作证", actor=desk["triage"])
    assert (clue.kind, clue.channel, clue.state, clue.informant_id) == ("statute", "mediation", "distributed", None)
    assert "欧阳" not in clue.facts
    assert intake.sign_for(clue.id, actor=desk["triage"]).state == "verifying"
    assert complaint.state == "mediating"
    assert COMPLAINT.is_final("archived")


def test_days_left_are_counted_as_the_clock_counts_them(world):
    desk = make_intake.desk()
    item = complaint_of(date(2026, 4, 15), date(2026, 4, 16), desk)
    with on(date(2026, 6, 12)):
        shown = queries.deadline(item)
    assert (shown.left, shown.unit) == (3, "natural")
    with on(item.due_on + timedelta(days=1)):
        assert queries.deadline(item).left == -1
