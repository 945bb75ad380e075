"""Who sees professional grades, and what the pages say. Nobody outside the business line, and nobody in public."""

import re

import pytest

from casework.accounts.models import Account
from casework.accounts.rules import ROLES
from casework.core import clock
from casework.core.db import session
from casework.keydomains.rules import GRADE_LABELS
from tests import make
from tests.make import cases as make_cases
from tests.make import keydomains as make_key

READERS = {"director", "deputy", "line", "county", "leader", "inspector"}


@pytest.fixture
def signed_in(world):
    """`signed_in(role, unit, lines)` is a client of somebody who holds one role and serves these lines."""

    def sign_in(role: str, *, unit: str | None = None, lines: tuple[str, ...] = (), account: int | None = None):
        known = session.get_one(Account, account) if account else make.account("inspector", unit=unit)
        known.roles, known.lines = [role], list(lines)
        session.flush()
        client = world.test_client()
        with client.session_transaction() as cookie:
            cookie.update(account=known.id, epoch=known.epoch, seen=2**40, locale="zh")
        return client

    return sign_in


def shows_it(text: str) -> bool:
    return bool(re.search(r"专业 [A-D] · ", text)) or "监管级别的依据" in text or "重点领域监管" in text


def test_only_readers_of_the_line_open_the_pages(signed_in):
    shop = make_key.subject("food")
    addresses = ["/key-domains/food", f"/key-domains/food/{shop.enterprise_id}", "/key-domains/plans"]
    for role in ROLES:
        client = signed_in(role)
        for address in addresses:
            assert client.get(address).status_code == (200 if role in READERS else 403), (role, address)
        assert client.post("/key-domains/food/export").status_code == (200 if role in READERS else 403)


def test_the_page_of_an_enterprise_shows_it_to_readers_only(signed_in):
    shop = make_key.subject("food")
    for role in ROLES:
        answer = signed_in(role).get(f"/enterprises/{shop.enterprise_id}")
        if answer.status_code == 200:
            assert shows_it(answer.text) == (role in READERS), role


def test_another_line_is_not_even_there(signed_in):
    shop = make_key.subject("food")
    client = signed_in("line", lines=("drug", "equipment"))
    assert client.get("/key-domains/food").status_code == 404
    assert client.get(f"/key-domains/food/{shop.enterprise_id}").status_code == 404
    assert client.post("/key-domains/food/export").status_code == 404
    assert client.get("/key-domains/drug").status_code == 200
    assert "食品安全" not in client.get("/key-domains/drug").text.partition("<main")[2]
    assert not shows_it(client.get(f"/enterprises/{shop.enterprise_id}").text)


def test_an_inspector_sees_the_lines_of_the_own_certificate(signed_in):
    shop, pharmacy = make_key.subject("food"), make_key.subject("drug")
    person = make_cases.inspector(org="市局", lines=("drug",))
    client = signed_in("inspector", account=person.id)
    assert client.get(f"/key-domains/drug/{pharmacy.enterprise_id}").status_code == 200
    assert client.get(f"/key-domains/food/{shop.enterprise_id}").status_code == 404


def test_another_area_is_not_there(signed_in):
    shop = make_key.subject("food", unit="淮阳区局")
    client = signed_in("county", unit="川汇区局")
    assert client.get(f"/key-domains/food/{shop.enterprise_id}").status_code == 404
    name = session.get_one(make.enterprise().__class__, shop.enterprise_id).name
    assert name not in client.get("/key-domains/food").text
    assert name not in client.post("/key-domains/food/export").text


def test_no_public_page_says_it(world):
    shop = make_key.licensed("food")
    make_key.subject("food", of=shop)
    public = world.test_client()
    for address in ("/", "/public", f"/public/enterprises/{shop.uscc}", "/public/enterprises"):
        text = public.get(address, follow_redirects=True).text
        assert not shows_it(text), address
        assert not any(f">{words}<" in text for words in GRADE_LABELS.values()), address


def test_the_receipt_names_grades_function_document_and_law(signed_in):
    shop = make_key.licensed("food")
    make.credit_record(shop, kind="product_test", klass=2, happened_on=clock.today(), title="示例糕点抽检不合格")
    known = make_key.subject("food", of=shop)
    page = signed_in("line").get(f"/key-domains/food/{known.enterprise_id}").text
    for words in (
        "加权相加",
        "监督抽检不合格",
        "示例糕点抽检不合格",
        "总局令第49号",
        "参照安徽省",
        "每 24 个月至少一次",
    ):
        assert words in page


def test_an_export_has_no_credit_grade_and_is_written_down(signed_in):
    from casework.core.ledger import history

    make_key.subject("food")
    answer = signed_in("line").post("/key-domains/food/export", data={"due": "later"})
    header = answer.text.splitlines()[0]
    assert "专业等级" in header
    assert "信用" not in header.replace("统一社会信用代码", "")
    (entry,) = history("export", "keydomains.food")
    assert entry.after["filters"] == {"due": "later"}


def test_a_plan_from_draft_to_force_by_two_people(signed_in):
    from casework.sampling import operations as sampling

    sampling.ensure_default_items()
    author, approver = signed_in("county", unit="川汇区局"), signed_in("deputy")
    unit_id = make.unit("川汇区局").id
    answers = {"org_id": unit_id, "domain": "food", "year": clock.today().year, "title": "食品全覆盖检查",
               "monthly_most": "5", "officers_per_case": "2"}  # fmt: skip
    assert author.post("/key-domains/plans/new", data=answers | {"officers_per_case": "1"}).status_code == 422
    made = author.post("/key-domains/plans/new", data=answers)
    assert made.status_code == 303
    page = made.location
    assert author.post("/key-domains/plans/new", data=answers).status_code == 422
    assert author.post(f"{page}/submit").status_code == 303
    assert "批准计划</button>" not in author.get(page).text
    assert author.post(f"{page}/approve").status_code == 422
    assert approver.post(f"{page}/send-back", data={}).status_code == 422
    assert approver.post(f"{page}/approve").status_code == 303
    assert "执行中" in approver.get(page).text
