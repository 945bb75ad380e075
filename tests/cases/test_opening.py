"""Opening many cases at once: set-based, once however often and by however many, clocks across 调休."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import event, func, select

from casework.cases import operations as cases
from casework.cases import queries
from casework.cases.models import Case, CaseOfficer, CaseResult
from casework.cases.rules import Item, NewCase
from casework.core import clock, parameters
from casework.core.actor import SYSTEM
from casework.core.db import db, session, transaction
from casework.core.errors import Refusal
from casework.core.ledger import OutboxMessage
from tests import make
from tests.make import cases as make_cases


def chunk(count: int) -> list[NewCase]:
    office = make.unit("川汇区局").id
    officers = [make.officer().id, make.officer().id]
    return [NewCase(make.enterprise().id, office, officers, "food") for _ in range(count)]


def test_a_chunk_is_opened_once_in_a_statement_per_table(world):
    origin, wanted = make_cases.origin(), chunk(6)
    statements: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        statements.append(statement)

    event.listen(db.engines[None], "before_cursor_execute", note)
    try:
        assert cases.open_many(origin, wanted, actor=SYSTEM) == 6
    finally:
        event.remove(db.engines[None], "before_cursor_execute", note)
    assert sum(statement.startswith("INSERT INTO") for statement in statements) == 2
    assert cases.open_many(origin, wanted, actor=SYSTEM) == 0
    assert queries.progress_of("draw", origin.id) == {"opened": 6}
    seats = session.scalar(select(func.count()).select_from(CaseOfficer))
    results = session.scalar(select(func.count()).select_from(CaseResult))
    messages = session.scalar(select(func.count()).select_from(OutboxMessage).where(OutboxMessage.name.like("cases.%")))
    assert (seats, results, messages) == (12, 0, 0)


def test_the_same_enterprise_twice_in_a_chunk_is_one_case_with_the_first_team(world):
    origin, wanted = make_cases.origin(), chunk(1)
    other = NewCase(wanted[0].enterprise_id, wanted[0].org_id, [make.officer().id, make.officer().id])
    assert cases.open_many(origin, [wanted[0], other], actor=SYSTEM) == 1
    assert session.scalars(select(Case)).one().officer_ids == list(wanted[0].officer_ids)


def test_a_later_draw_opens_another_case_of_the_same_enterprise(world):
    wanted = chunk(1)
    assert cases.open_many(make_cases.origin(), wanted, actor=SYSTEM) == 1
    assert cases.open_many(make_cases.origin(), wanted, actor=SYSTEM) == 1


def test_a_triggered_case_is_announced_once(world):
    origin, wanted = make_cases.origin("trigger"), chunk(1)
    first = cases.open_case(origin, wanted[0], actor=SYSTEM)
    assert cases.open_case(origin, wanted[0], actor=SYSTEM) is first
    told = session.scalars(select(OutboxMessage.payload).where(OutboxMessage.name == "cases.CaseOpened")).all()
    assert told == [{"case_id": first.id}]


@pytest.mark.parametrize("wrong", [{"source": "complaint"}, {"items": ()}])
def test_a_draw_cannot_be_ordered_by_a_complaint_nor_without_items(world, wrong):
    with pytest.raises(Refusal):
        cases.open_many(make_cases.origin("draw", **wrong), chunk(1), actor=SYSTEM)


def test_workers_who_are_given_the_same_chunk_open_each_case_once(live):
    with transaction():
        origin, wanted = make_cases.origin(), chunk(40)

    def open_chunk(start: int) -> int:
        with live.app_context():
            with transaction():
                opened = cases.open_many(origin, wanted[start : start + 20], actor=SYSTEM)
            db.session.remove()
            return opened

    with ThreadPoolExecutor(4) as workers:
        opened = list(workers.map(open_chunk, [0, 10, 20, 0, 10, 20]))
    assert sum(opened) == 40
    assert queries.progress_of("draw", origin.id) == {"opened": 40}
    assert session.scalar(select(func.count()).select_from(CaseOfficer)) == 80


def test_an_answer_kept_meanwhile_by_a_colleague_is_not_overwritten(live):
    with transaction():
        case = make_cases.case("trigger")
        crew = make_cases.crew(case)
        make_cases.walk(case, to="inspecting", crew=crew)
        case_id = case.id
    answer = {"item_code": "A08", "finding": "无", "disposal": "无"}
    assert case.results == []  # what the leader's page read

    def colleague() -> None:
        with live.app_context():
            with transaction():
                cases.record_result(case_id, codes=["1"], actor=crew["member"], **answer)
            db.session.remove()

    with ThreadPoolExecutor(1) as other:
        other.submit(colleague).result()
    with pytest.raises(Refusal, match=crew["member"].name):
        cases.record_result(case_id, codes=["F"], actor=crew["leader"], **answer)


# ---- Clocks ----------------------------------------------------------------------------------------------------------


def on(day: date) -> Any:
    return clock.at(clock.local_moment(day, 10))


@pytest.mark.parametrize(
    ("submitted", "due"),
    [
        (date(2025, 9, 26), date(2025, 10, 10)),
        (date(2025, 9, 28), date(2025, 10, 11)),
        (date(2025, 10, 1), date(2025, 10, 14)),
    ],
)
def test_terms_count_working_days_across_a_holiday_and_its_make_up_days(world, submitted, due):
    """国庆节 2025: off 1 to 8 October, worked instead on Sunday 28 September and Saturday 11 October."""
    with on(submitted):
        case = make_cases.case("trigger")
        cases.submit(case.id, actor=make_cases.officers_of(case)[0])
        assert case.due_on == due


def test_a_step_is_also_bound_by_the_deadline_of_its_task(world):
    soon = clock.today() + timedelta(days=3)
    case = make_cases.case("draw", due_on=soon)
    crew = make_cases.crew(case)
    assert case.due_on == soon
    make_cases.walk(case, to="recording", crew=crew)
    assert case.due_on == parameters.term("cases.term.record").due_on(clock.today(), parameters.calendar())
    deadline = queries.deadline(case)
    assert deadline is not None
    assert "录入期限" in deadline.rule


def test_the_clock_of_publication_runs_from_the_first_handing_in(world):
    case = make_cases.case("draw")
    crew = make_cases.crew(case)
    first = date(2026, 3, 2)
    with on(first):
        make_cases.walk(case, to="reviewing", crew=crew)
    with on(date(2026, 3, 4)):
        cases.return_for_record(case.id, reason="缺照片", actor=crew["reviewer"])
    with on(date(2026, 3, 6)):
        cases.conclude(case.id, methods=["on_site"], actor=crew["member"])
        assert case.due_on == date(2026, 3, 11)
        cases.pass_review(case.id, actor=crew["reviewer"])
        assert case.due_on == parameters.calendar().add(first, 20)


def test_an_urgent_check_has_two_days_for_its_approval(world):
    case = make_cases.case("trigger", items=(Item("Z01", "烟花爆竹经营检查", "《安全生产法》第六十五条"),))
    crew = make_cases.crew(case)
    with on(date(2026, 2, 13)):  # a Friday; Saturday 14 is worked, then 春节 until 23 February
        cases.rush_in(case.id, place="仓库", duties=queries.kind_of(case).duties, reason="险情", actor=crew["member"])
        assert case.due_on == date(2026, 2, 24)
        assert queries.to_approve(crew["approver"]).rows[0].id == case.id
        cases.approve_afterwards(case.id, actor=crew["approver"])
        assert case.due_on > date(2026, 3, 1)
