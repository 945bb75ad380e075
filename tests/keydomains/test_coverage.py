"""Full coverage: an approved plan opens the cases that are due, once, outside the draw; draws leave the objects out."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from casework.cases import operations as cases
from casework.cases import queries as case_queries
from casework.cases.models import Case
from casework.core import clock, parameters
from casework.core.actor import SYSTEM
from casework.core.db import session
from casework.core.errors import Refusal
from casework.keydomains import operations as keydomains
from casework.sampling import pool
from tests import make
from tests.make import cases as make_cases
from tests.make import keydomains as make_key
from tests.make import sampling as make_sampling

LONG_AGO = date(2022, 6, 10)
pytestmark = pytest.mark.usefixtures("world")


def people():
    return make_cases.person("county", org="川汇区局"), make_cases.person("deputy")


def opened() -> list[Case]:
    return list(session.scalars(select(Case).where(Case.origin_kind == "coverage").order_by(Case.id)))


def test_only_what_is_due_gets_a_case_once_marked_as_a_check_by_plan():
    author, approver = people()
    for _each in range(3):
        make.officer(lines=("food",))
    late, later = make_key.subject(since=LONG_AGO), make_key.subject(since=clock.today() - timedelta(days=30))
    make_key.subject(since=LONG_AGO, unit="淮阳区局")
    plan = make_key.plan(author)
    assert keydomains.open_due_cases(actor=SYSTEM) == 0
    keydomains.submit_coverage(plan.id, actor=author)
    with pytest.raises(Refusal, match="编制人不得批准"):
        keydomains.approve_coverage(plan.id, actor=author)
    keydomains.approve_coverage(plan.id, actor=approver)
    assert keydomains.open_due_cases(actor=SYSTEM) == 1
    assert keydomains.open_due_cases(actor=SYSTEM) == 0
    (case,) = opened()
    assert (case.enterprise_id, case.source, case.kind, case.line) == (
        late.enterprise_id,
        "plan",
        "full_coverage",
        "food",
    )
    assert later.enterprise_id != case.enterprise_id
    assert [item["code"] for item in case.items] == ["B03"]
    assert case.origin_number == plan.number
    assert len(case.officer_ids) == 2


def test_the_month_has_room_for_so_many_the_longest_overdue_first():
    author, approver = people()
    subjects = [make_key.subject(since=LONG_AGO + timedelta(days=each)) for each in (3, 1, 2)]
    make_key.plan(author, approver=approver, monthly_most=2)
    assert keydomains.open_due_cases(actor=SYSTEM) == 2
    assert keydomains.open_due_cases(actor=SYSTEM) == 0
    assert {case.enterprise_id for case in opened()} == {subjects[1].enterprise_id, subjects[2].enterprise_id}


def test_the_minimum_by_law_is_not_cut_by_the_years_cap():
    """Its visits count in the cap all the same."""
    author, approver = people()
    team = make_cases.team()
    shop = make_key.licensed(since=LONG_AGO)
    for _each in range(parameters.value("cases.annual_cap")):
        other = make_cases.case("trigger", by=team, of=shop, items=make_cases.ITEMS[:1])
        make_cases.walk(other, to="inspecting", crew=make_cases.crew(other))
    keydomains.reassess(shop.id, actor=SYSTEM)
    make_key.plan(author, approver=approver)
    assert keydomains.open_due_cases(actor=SYSTEM) == 1
    (case,) = opened()
    cases.submit(case.id, actor=team[0])
    cases.approve(case.id, actor=approver)
    assert case.state == "approved"
    assert case_queries.visits_of(case).reached


def test_objects_stay_out_of_draws_of_key_items_and_count_in_the_base():
    sampling_item = make_sampling.item(line="food", importance="key")
    general = make_sampling.item(line="food", importance="general")
    shop = make_key.subject()

    def reasons(item) -> dict[int, str | None]:
        scheme = pool.Scheme(
            org_id=make.unit("川汇区局").id,
            items=[item],
            pool={},
            rates_bp=make_sampling.FLOORS,
            sizes={},
            officers_per_case=2,
            day=clock.today(),
        )
        return {each.enterprise_id: each.reason for each in pool.candidates(scheme)}

    assert reasons(sampling_item)[shop.enterprise_id] == "key"
    assert reasons(general)[shop.enterprise_id] is None
    value = {**parameters.value("sampling.key_objects"), "food": "draw"}
    parameters.set_value(
        "sampling.key_objects", value, effective_from=clock.today(), document_no="周市监〔2026〕6号", actor=SYSTEM
    )
    assert reasons(sampling_item)[shop.enterprise_id] is None
