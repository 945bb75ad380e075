"""The staff pages: who gets in, how long a session lasts, and what an administrator can and cannot do."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from casework.accounts import operations as staff
from casework.accounts.models import Account, Officer, OrgUnit
from casework.accounts.rules import ROLES
from casework.core import clock
from casework.core.db import session
from casework.core.ledger import history
from tests import make


def sign_in(client, login, password=make.PASSWORD, **more):
    return client.post("/sign-in", data={"login": login, "password": password, **more})


def test_signing_in_leads_to_the_desk_and_out_again(client):
    account = make.account("inspector", unit="川汇区一所")
    answer = sign_in(client, account.login)
    assert (answer.status_code, answer.location) == (303, "/desk")
    desk = client.get("/desk").text
    assert account.name in desk
    assert "川汇区第一市场监管所" in desk
    assert "检查人员" in desk
    client.post("/sign-out")
    assert client.get("/desk").location.startswith("/sign-in")


def test_a_wrong_password_stays_on_the_page_and_is_audited(live):
    account = make.account("credit")
    answer = sign_in(live.test_client(), account.login, "Wrong-horse-7")
    assert answer.status_code == 422
    assert account.login in answer.text
    assert "Wrong-horse-7" not in answer.text
    assert history("account", account.id)[0].action == "accounts.fail_to_sign_in"


def test_a_lock_holds_for_a_quarter_of_an_hour_or_until_an_administrator_ends_it(live):
    visitor, account = live.test_client(), make.account("credit")

    def fail_five_times():
        for _ in range(5):
            assert sign_in(visitor, account.login, "Wrong-horse-7").status_code == 422

    fail_five_times()
    assert sign_in(visitor, account.login).status_code == 422
    with clock.at(clock.now() + timedelta(minutes=16)):
        assert sign_in(visitor, account.login).status_code == 303

    fail_five_times()
    administrator = live.test_client()
    sign_in(administrator, make.account("secadmin").login)
    assert "锁定中" in administrator.get(f"/accounts/{account.id}").text
    administrator.post(f"/accounts/{account.id}/unlock")
    assert sign_in(visitor, account.login).status_code == 303


def test_an_idle_session_ends_and_a_used_one_goes_on(client):
    sign_in(client, make.account("credit").login)
    start = clock.now()
    for minutes in (25, 50, 75):
        with clock.at(start + timedelta(minutes=minutes)):
            assert client.get("/desk").status_code == 200
    with clock.at(start + timedelta(minutes=75 + 31)):
        assert client.get("/desk").location.startswith("/sign-in?back=/desk")


@pytest.mark.parametrize(
    "end",
    [
        lambda account: staff.change_account(
            account.id, roles=["line"], lines=[], org_id=account.org_id, active=True, actor=make.actor("secadmin")
        ),
        lambda account: staff.reset_password(account.id, "New-horse-77", actor=make.actor("secadmin")),
        lambda account: staff.change_account(
            account.id, roles=["credit"], lines=[], org_id=account.org_id, active=False, actor=make.actor("secadmin")
        ),
    ],
    ids=["new post", "new password", "closed"],
)
def test_sessions_end_when_an_account_changes(client, end):
    account = make.account("credit")
    sign_in(client, account.login)
    assert client.get("/desk").status_code == 200
    end(account)
    assert client.get("/desk").status_code == 303


def test_ones_own_new_password_ends_all_sessions(client):
    account = make.account("credit")
    sign_in(client, account.login)
    other = client.application.test_client()
    sign_in(other, account.login)
    assert (
        client.post("/account/password", data={"old": "Wrong-horse-7", "password": "New-horse-77"}).status_code == 422
    )
    assert client.post("/account/password", data={"old": make.PASSWORD, "password": "short"}).status_code == 422
    assert client.post("/account/password", data={"old": make.PASSWORD, "password": "New-horse-77"}).status_code == 303
    assert client.get("/desk").status_code == other.get("/desk").status_code == 303
    assert sign_in(client, account.login, "New-horse-77").status_code == 303


@pytest.mark.parametrize(
    ("back", "leads_to"),
    [
        ("/officers?line=food", "/officers?line=food"),
        ("https://example.org/", "/desk"),
        ("//example.org/", "/desk"),
        ("/\\example.org/", "/desk"),
        ("/\t/example.org/", "/desk"),
        ("", "/desk"),
    ],
)
def test_after_sign_in_one_goes_back_only_within_the_house(client, back, leads_to):
    assert sign_in(client, make.account("credit").login, back=back).location == leads_to


def test_every_form_is_guarded_against_forgery(world, client):
    world.config["WTF_CSRF_ENABLED"] = True
    try:
        assert sign_in(client, make.account("credit").login).status_code == 400
        assert client.post("/sign-out").status_code == 400
    finally:
        world.config["WTF_CSRF_ENABLED"] = False


def test_who_sends_a_form_after_the_session_ended_signs_in_and_is_back_on_its_page(world, client):
    page = "http://localhost/intake/new?kind=report"
    world.config["WTF_CSRF_ENABLED"] = True
    try:
        answers = [client.post("/intake/new", headers={"Referer": page})]
    finally:
        world.config["WTF_CSRF_ENABLED"] = False
    answers.append(client.post("/intake/new", headers={"Referer": page}))
    for answer in answers:
        assert (answer.status_code, answer.location) == (303, "/sign-in?back=/intake/new?kind%3Dreport")
    assert "登录已过期" in client.get("/sign-in").text
    elsewhere = client.post("/intake/new", headers={"Referer": "https://example.org/trap"})
    assert elsewhere.location == "/sign-in"


def test_typing_is_not_idling(as_role, client):
    assert as_role("intake").get("/stay").status_code == 204
    assert client.get("/stay").status_code == 303


@pytest.mark.parametrize("role", sorted(ROLES))
def test_each_post_opens_its_own_pages_only(as_role, role):
    visitor = as_role(role)
    assert visitor.get("/desk").status_code == 200
    for path, permission in (
        ("/accounts", "accounts.manage"),
        ("/units", "accounts.manage"),
        ("/officers", "sampling.read"),
        ("/officers/new", "accounts.officers"),
    ):
        assert visitor.get(path).status_code == (200 if permission in ROLES[role].permissions else 403), path


def test_an_administrator_opens_finds_and_closes_an_account(as_role):
    administrator = as_role("secadmin")
    office = make.unit("川汇区一所").id
    entry = {
        "login": "zhao.xj",
        "name": "赵小军",
        "password": "Right-horse-8",
        "org_id": office,
        "roles": ["inspector"],
        "lines": ["food"],
    }
    assert administrator.post("/accounts/new", data=entry | {"roles": ["sysadmin", "inspector"]}).status_code == 422
    assert administrator.post("/accounts/new", data=entry).status_code == 303
    assert administrator.post("/accounts/new", data=entry | {"login": "ZHAO.xj"}).status_code == 422

    assert "zhao.xj" in administrator.get("/accounts?q=小军&role=inspector&state=active").text
    assert "zhao.xj" not in administrator.get("/accounts?q=小军&state=closed").text
    account = session.scalars(select(Account).where(Account.login == "zhao.xj")).one()
    administrator.post(f"/accounts/{account.id}", data={"org_id": office, "roles": ["inspector"]})
    assert "zhao.xj" in administrator.get("/accounts?q=小军&state=closed").text


def test_nobody_changes_the_own_post(as_role):
    administrator = as_role("secadmin")
    with administrator.session_transaction() as cookie:
        own = cookie["account"]
    answer = administrator.post(
        f"/accounts/{own}", data={"org_id": make.unit().id, "roles": ["director"], "active": "1"}
    )
    assert answer.status_code == 422
    assert session.get(Account, own).roles == ["secadmin"]


def test_a_county_administrator_reaches_the_own_subtree_only(as_role):
    administrator = as_role("secadmin", unit="川汇区局")
    above, beside, below = (
        make.account("credit"),
        make.account("county", unit="淮阳区局"),
        make.account("inspector", unit="川汇区一所"),
    )
    listed = administrator.get("/accounts").text
    assert below.login in listed
    assert above.login not in listed
    assert beside.login not in listed
    for stranger in (above, beside):
        assert administrator.get(f"/accounts/{stranger.id}").status_code == 404
        assert (
            administrator.post(f"/accounts/{stranger.id}/reset-password", data={"password": "New-horse-77"}).status_code
            == 404
        )
    moved = {"org_id": make.unit().id, "roles": ["director"], "active": "1"}
    assert administrator.post(f"/accounts/{below.id}", data=moved).status_code == 422
    assert administrator.get(f"/units/{make.unit('淮阳区局').id}").status_code == 404


def test_units_are_added_below_their_parent_and_renamed(as_role):
    administrator = as_role("secadmin")
    entry = {"kind": "office", "name": "川汇区第三市场监管所", "short_name": "川汇区三所", "division_code": "411602"}
    assert administrator.post("/units/new", data=entry | {"parent_id": make.unit().id}).status_code == 422
    assert administrator.post("/units/new", data=entry | {"parent_id": make.unit("川汇区局").id}).status_code == 303
    unit = session.scalars(select(OrgUnit).where(OrgUnit.short_name == "川汇区三所")).one()
    assert unit.path == f"{make.unit('川汇区局').path}{unit.id}/"
    taken = administrator.post(f"/units/{unit.id}", data={"name": "川汇区第一市场监管所", "short_name": "一"})
    assert taken.status_code == 422
    administrator.post(
        f"/units/{unit.id}", data={"name": "七一路市场监管所", "short_name": "七一路所", "telephone": "0394-8220000"}
    )
    assert "0394-8220000" in administrator.get("/units").text


def test_the_directory_shows_who_may_be_drawn(as_role):
    today = clock.today()
    gone, ending = make.officer(valid_until=today - timedelta(days=1)), make.officer(valid_until=today)
    keeper = as_role("credit")
    expired = keeper.get("/officers?certificate=expired").text
    assert gone.certificate_no in expired
    assert ending.certificate_no not in expired
    assert ending.certificate_no in keeper.get("/officers?certificate=ending&line=food").text
    assert ending.certificate_no not in keeper.get("/officers?line=price").text
    assert ending.certificate_no not in as_role("county", unit="淮阳区局").get("/officers").text


def test_an_officer_is_listed_once_and_kept_up_to_date(as_role):
    keeper = as_role("legal")
    entry = {
        "roster_id": "ZK0001", "name": "孙检", "org_id": make.unit("川汇区局").id, "certificate_no": "16041234567",
        "certificate_valid_until": "2030-12-31", "lines": ["food", "equipment"], "qualifications": ["equipment"],
        "active": "1",
    }  # fmt: skip
    assert keeper.post("/officers/new", data=entry | {"lines": []}).status_code == 422
    assert keeper.post("/officers/new", data=entry).status_code == 303
    assert keeper.post("/officers/new", data=entry | {"certificate_no": "16047654321"}).status_code == 422
    officer = session.scalars(select(Officer).where(Officer.roster_id == "ZK0001")).one()
    keeper.post(f"/officers/{officer.id}", data=entry | {"roster_id": "other", "certificate_valid_until": "2031-06-30"})
    session.expire_all()
    assert (officer.roster_id, officer.certificate_valid_until) == ("ZK0001", date(2031, 6, 30))


def test_an_officer_of_another_area_is_out_of_reach(as_role):
    stranger = make.officer(unit="淮阳区一所")
    keeper = as_role("legal", unit="川汇区局")
    assert keeper.get(f"/officers/{stranger.id}").status_code == 404
    entry = {
        "roster_id": stranger.roster_id, "name": "甲", "org_id": make.unit("川汇区局").id, "certificate_no": "1",
        "certificate_valid_until": "2030-12-31", "lines": ["food"],
    }  # fmt: skip
    assert keeper.post("/officers/new", data=entry).status_code == 422
