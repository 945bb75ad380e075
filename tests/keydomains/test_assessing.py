"""Assessments against the database: who is an object, what is kept of it, and that nothing is written twice."""

from datetime import date

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from casework.core import clock, parameters
from casework.core.actor import SYSTEM
from casework.core.db import session
from casework.grading import operations as grading
from casework.keydomains import operations as keydomains
from casework.keydomains import queries
from casework.keydomains.models import KeySubject, ProfessionalGrade, SupervisionTier
from casework.registry import operations as registry
from casework.registry import queries as enterprises
from tests import make
from tests.make import cases as make_cases
from tests.make import keydomains as make_key

pytestmark = pytest.mark.usefixtures("world")


def stands(enterprise, domain: str = "food") -> queries.Kept:
    return queries.kept([enterprise.id])[enterprise.id, domain]


def rows() -> tuple[int, int]:
    return tuple(
        session.scalar(select(func.count()).select_from(model)) for model in (ProfessionalGrade, SupervisionTier)
    )


def test_a_licence_makes_an_object_and_its_end_unmakes_it():
    shop = make_key.licensed()
    found = keydomains.reassess(shop.id, actor=SYSTEM)
    assert (found.looked_at, found.entered) == (1, 1)
    assert stands(shop).trades == ["sales"]
    assert enterprises.key_objects(["food"]) >= {shop.id}
    (licence,) = enterprises.records(shop.id, "licence")
    registry.remove_record(licence.id, on=clock.today(), note="注销", actor=SYSTEM)
    assert keydomains.reassess(shop.id, actor=SYSTEM).left == 1
    assert stands(shop).left_on == clock.today()
    assert shop.id not in enterprises.key_objects(["food"])


def test_the_same_world_twice_writes_nothing():
    for domain in ("food", "drug", "equipment"):
        make_key.licensed(domain)
    first = keydomains.assess_everybody(clock.today(), actor=SYSTEM)
    assert first.regraded >= 3
    before = rows()
    again = keydomains.assess_everybody(clock.today(), actor=SYSTEM)
    assert (again.regraded, again.moved, again.entered, again.left) == (0, 0, 0, 0)
    assert rows() == before


def test_one_at_a_time_finds_what_all_at_once_finds():
    shops = [make_key.licensed() for _each in range(3)]
    make.credit_record(shops[0], kind="product_test", klass=2, happened_on=clock.today(), title="示例抽检不合格")
    for shop in shops:
        keydomains.reassess(shop.id, actor=SYSTEM)
    assert keydomains.assess_everybody(clock.today(), actor=SYSTEM).moved == 0


def test_a_failed_test_raises_the_score_and_the_tier_says_why():
    shop = make_key.licensed()
    keydomains.reassess(shop.id, actor=SYSTEM)
    before = stands(shop)
    test = make.credit_record(shop, kind="product_test", klass=2, happened_on=clock.today(), title="示例饮品抽检不合格")
    keydomains.reassess(shop.id, actor=SYSTEM)
    after = stands(shop)
    assert after.score == before.score + 15
    assert next(line for line in after.factors if line["key"] == "failed_test")["records"] == [test.id]
    assert after.tier < before.tier
    assert after.receipt["function"] == "additive"
    assert after.receipt["parameters"]["combination"]["document"]
    assert next(each.grade for each in queries.grade_history("food", shop.id)) == after.own_grade


def test_a_run_is_followed_by_everybody_the_one_of_an_import_by_those_it_moved():
    shops = [make_key.licensed() for _each in range(3)]
    run = grading.run_now("batch", actor=SYSTEM)
    assert keydomains.assess_after_run(run.id, actor=SYSTEM).looked_at >= 3  # all of them are classified anew
    again = grading.run_now("batch", actor=SYSTEM)
    assert keydomains.assess_after_run(again.id, actor=SYSTEM).looked_at == 0
    monthly = grading.run_now("monthly", actor=SYSTEM)
    assert keydomains.assess_after_run(monthly.id, actor=SYSTEM).looked_at >= 3
    assert stands(shops[0]).receipt["credit"]["grade"] in ("A", "B", "C", "D")


def test_the_histories_are_append_only():
    make_key.subject()
    for table in ("professional_grade", "supervision_tier"):
        with pytest.raises(DBAPIError), session.begin_nested():
            session.execute(text(f"UPDATE {table} SET recorded_at = now()"))


def test_serious_listing_goes_to_the_strictest_tier_until_it_ends():
    shop = make_key.licensed()
    listing = make.credit_record(shop, kind="serious", klass=0, happened_on=date(2026, 1, 5))
    keydomains.reassess(shop.id, actor=SYSTEM)
    assert stands(shop).tier == 1
    registry.remove_record(listing.id, on=clock.today(), note="移出", actor=SYSTEM)
    keydomains.reassess(shop.id, actor=SYSTEM)
    assert stands(shop).tier > 1


def test_a_check_of_the_domain_moves_the_due_day_and_another_one_does_not():
    shop = make_key.licensed(since=date(2025, 1, 10))
    keydomains.reassess(shop.id, actor=SYSTEM)
    assert (stands(shop).last_visit_on, stands(shop).due_on) == (None, date(2027, 1, 10))
    make.credit_record(shop, kind="check", klass=1, title="登记事项检查：未发现问题", happened_on=date(2026, 3, 1))
    make.credit_record(shop, kind="check", klass=7, title="食品经营检查：无法联系", happened_on=date(2026, 4, 1))
    keydomains.reassess(shop.id, actor=SYSTEM)
    assert stands(shop).last_visit_on is None
    make.credit_record(
        shop, kind="check", klass=1, title="食品经营单位证后监管：未发现问题", happened_on=date(2026, 5, 1)
    )
    keydomains.reassess(shop.id, actor=SYSTEM)
    assert (stands(shop).last_visit_on, stands(shop).due_on) == (date(2026, 5, 1), date(2028, 5, 1))


def test_an_own_case_is_a_visit_before_it_is_published():
    shop = make_key.licensed()
    case = make_cases.case(of=shop)
    make_cases.walk(case, to="inspecting", crew=make_cases.crew(case))
    keydomains.reassess(shop.id, actor=SYSTEM)
    assert stands(shop).last_visit_on == clock.today()


def test_equipment_comes_from_its_register_and_overdue_inspections_count():
    mall = make.enterprise(name="周口示例商场有限公司")
    make.import_file(
        "equipment",
        "统一社会信用代码,使用登记证编号,设备种类,是否公众聚集场所,使用登记日期,下次检验日期\n"
        f"{mall.uscc},梯11豫P900001,自动扶梯,是,2021-03-01,2025-03-01\n",
    )
    keydomains.reassess(mall.id, actor=SYSTEM)
    known = stands(mall, "equipment")
    assert known.trades == ["gathering"]
    assert {line["key"] for line in known.factors} == {"gathering", "number", "overdue_inspection"}
    assert known.receipt["statutory"] == 12


def test_a_minimum_by_law_is_kept_when_the_bureau_sets_a_milder_tier():
    now = parameters.value("keydomains.tiers.food")
    tiers = {key: {**value, "months": 48} for key, value in now.items()}
    parameters.set_value(
        "keydomains.tiers.food", tiers, effective_from=clock.today(), document_no="周市监〔2026〕9号", actor=SYSTEM
    )
    known = make_key.subject(since=date(2026, 1, 1))
    assert known.receipt["months"] == 24
    assert known.receipt["of_tier"] == 48
    assert session.get(KeySubject, (known.enterprise_id, "food")).due_on == date(2028, 1, 1)
