"""Signing in, being locked out, and being shown only what the post allows."""

import pytest

from casework.accounts import operations as staff
from casework.accounts import queries
from casework.accounts.models import Account
from casework.core import clock
from casework.core.db import session
from casework.core.errors import Refusal
from tests import make


def test_five_failures_lock_the_account_even_for_the_right_password(world):
    account = make.account("credit")
    for _ in range(5):
        with pytest.raises(Refusal):
            staff.sign_in(account.login, "wrong", address=None)
        session.expire_all()
    with pytest.raises(Refusal):
        staff.sign_in(account.login, make.PASSWORD, address=None)
    assert session.get(Account, account.id).locked_until > clock.now()


def test_the_right_password_signs_in_and_clears_the_count(world):
    account = make.account("credit")
    with pytest.raises(Refusal):
        staff.sign_in(account.login, "wrong", address=None)
    session.expire_all()
    assert staff.sign_in(account.login.upper(), make.PASSWORD, address=None).failures == 0


@pytest.mark.parametrize("weak", ["short1A", "alllowercaseletters", "NoDigitsOrSigns", "x credit-one 7 X"])
def test_weak_passwords_are_refused(world, weak):
    with pytest.raises(Refusal):
        staff.create_account(
            login="credit-one", name="甲", password=weak, org_id=make.unit().id, roles=["credit"], actor=make.actor()
        )


def test_administrators_of_the_three_kinds_are_separate(world):
    with pytest.raises(Refusal):
        staff.create_account(
            login="both",
            name="甲",
            password=make.PASSWORD,
            org_id=make.unit().id,
            roles=["sysadmin", "auditadmin"],
            actor=make.actor(),
        )


def test_a_changed_account_loses_its_sessions(world):
    account = make.account("credit")
    assert queries.actor_of(account.id, epoch=account.epoch) is not None
    epoch = account.epoch
    staff.change_account(
        account.id, roles=["inspector"], lines=[], org_id=account.org_id, active=True, actor=make.actor("secadmin")
    )
    assert queries.actor_of(account.id, epoch=epoch) is None


def test_a_county_officer_sees_only_the_own_subtree(world):
    clerk = make.actor("county", unit="川汇区局")
    assert {unit.short_name for unit in queries.units(clerk)} == {"川汇区局", "川汇区一所", "川汇区二所"}
    assert queries.sees_unit(clerk, make.unit("川汇区一所").id)
    assert not queries.sees_unit(clerk, make.unit("淮阳区一所").id)
    assert not queries.sees_unit(clerk, make.unit("市局").id)


def test_nobody_signs_in_to_an_account_without_a_password_until_one_is_set(world):
    account = staff.create_account(
        login="officer-one", name="甲", password=None, org_id=make.unit().id, roles=["inspector"], actor=make.actor()
    )
    for guess in ("", "nobody has this password"):
        with pytest.raises(Refusal):
            staff.sign_in("officer-one", guess, address=None)
    staff.reset_password(account.id, make.PASSWORD, actor=make.actor("secadmin"))
    assert staff.sign_in("officer-one", make.PASSWORD, address=None).id == account.id
