"""Approver, leader and publisher at their desks: each finds the case, sees what the rules ask, decides."""

from collections.abc import Callable

import pytest

from casework.cases import operations as cases
from casework.cases.models import Case
from casework.core.actor import Actor
from casework.core.db import transaction
from casework.documents import queries as documents
from tests import make
from tests.browser.reader import Reader
from tests.make import cases as make_cases
from tests.running import House

pytestmark = [pytest.mark.browser, pytest.mark.servers]

NAME = "周口市白云食品超市有限公司"
FINDING = "三种商品没有标价"


@pytest.fixture
def opened(house: House) -> tuple[Case, dict[str, Actor]]:
    """A triggered case that waits for its approval, and everybody whom it needs."""
    with transaction():
        case = make_cases.case("trigger", by=make_cases.team(), of=make.enterprise(name=NAME))
        crew = make_cases.crew(case)
        return make_cases.walk(case, to="awaiting_approval", crew=crew), crew


def test_two_reviews_and_the_public(
    house: House,
    opened: tuple[Case, dict[str, Actor]],
    staff_member: Callable[..., Reader],
    visitor: Callable[..., Reader],
) -> None:
    case, crew = opened
    approver, reviewer, publisher = (staff_member(crew[post].id) for post in ("approver", "reviewer", "publisher"))

    approver.open("/desk")
    approver.open("/cases/approvals")
    approver.follow(NAME)
    assert "清单之外无检查" in approver.text
    approver.press("批准检查")
    with transaction():
        make_cases.walk(case, to="inspecting", crew=crew)
        make_cases.record_all(case, by=crew["member"], codes=("D",), finding=FINDING)
        cases.begin_record(case.id, place="经营场所", actor=crew["member"])
        make_cases.walk(case, to="reviewing", crew=crew)

    reviewer.open("/desk")
    reviewer.open("/cases?state=reviewing")
    reviewer.follow(NAME)
    reviewer.follow("审核")
    assert FINDING in reviewer.text
    reviewer.press("审核通过")

    publisher.open("/cases?state=releasing")
    publisher.follow(NAME)
    publisher.follow("公示审批")
    assert "公众将看到" in publisher.text
    publisher.press("批准公示", sure=True)

    papers = house.until(lambda: [one for one in documents.for_subject("case", case.id) if one.kind == "check_result"])
    house.until(lambda: documents.find(papers[0].id).pdf_sha256)
    citizen = visitor()
    citizen.open(f"/public/results/{case.number}")
    assert "违反其他市场监督管理规定" in citizen.text
    assert FINDING not in citizen.text
