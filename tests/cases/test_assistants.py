"""Experts and third parties in a case: beside the officers, never counted among them, arranged by who answers for it."""

from datetime import timedelta

import pytest

from casework.accounts import operations as staff
from casework.cases import operations as cases
from casework.cases import queries
from casework.core import clock
from casework.core.actor import SYSTEM
from casework.core.db import session
from casework.core.errors import NotAllowed, Refusal
from tests.make import cases as make_cases
from tests.make.accounts import unit


def expert(number="ZJ1", **more):
    known = {"name": "李某某", "org_id": unit().id, "kind": "expert", "field": "锅炉", "actor": SYSTEM}
    return staff.keep_expert(number=number, **known | more)


def test_an_assistant_stands_beside_the_team_and_does_not_count(world):
    case = make_cases.case("trigger")
    crew = make_cases.crew(case)
    before = list(case.officer_ids)
    asked = expert()
    for task in ("外观检验", "内部检验"):
        cases.ask_assistant(case.id, expert_id=asked.id, task=task, actor=crew["leader"])
    assert [(one.expert.id, one.task) for one in queries.assistants(case)] == [(asked.id, "内部检验")]
    assert case.officer_ids == before
    assert len(queries.team(case)) == len(before)
    cases.release_assistant(case.id, asked.id, actor=crew["approver"])
    assert queries.assistants(case) == []


def test_only_who_answers_for_the_check_arranges_it_and_only_with_engaged_experts(world):
    case = make_cases.case("trigger")
    crew = make_cases.crew(case)
    asked = expert()
    with pytest.raises(NotAllowed):
        cases.ask_assistant(case.id, expert_id=asked.id, task="检验", actor=make_cases.inspector())
    over = expert("ZJ2", valid_until=clock.today() - timedelta(days=1))
    gone = expert("ZJ3", active=False)
    for other in (over, gone):
        with pytest.raises(Refusal, match="在聘"):
            cases.ask_assistant(case.id, expert_id=other.id, task="检验", actor=crew["leader"])


def test_the_pages_show_and_change_who_assists(world, as_role):
    case = make_cases.case("trigger")
    asked = expert()
    deputy = as_role("deputy")
    page = f"/cases/{case.id}/assistants"
    assert "本案没有辅助人员" in deputy.get(page).text
    assert deputy.post(page, data={"expert_id": asked.id, "task": ""}).status_code == 422
    assert deputy.post(page, data={"expert_id": asked.id, "task": "样品检测"}).status_code == 303
    assert "样品检测" in deputy.get(page).text
    assert "辅助：李某某" in deputy.get(f"/cases/{case.id}").text
    assert deputy.post(f"{page}/{asked.id}/release").status_code == 303
    session.expire_all()
    assert queries.assistants(case) == []
