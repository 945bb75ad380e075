"""Every page at once: who may open it, that looking changes nothing, and that nobody sees another area's rows.

A new route is covered by itself; `tests/house/walk.py` must know what its parameters may be.
"""

import re

import pytest

from casework.accounts.rules import PERMISSIONS, ROLES
from casework.core import web
from casework.core.web import PUBLIC, STAFF, audience_of
from tests.house.digest import digest, moment, words_since
from tests.house.walk import Things, addresses, is_public, routes

HERE, ELSEWHERE = "淮阳区局", "川汇区局"
ADMINISTRATORS = {"sysadmin", "secadmin", "auditadmin"}
"""They serve the whole system: what they see is not a row of the bureau's business."""

PUBLIC_FORMS = {"accounts.sign_in_submit", "accounts.sign_out", "sampling.witness"}
"""Forms that anybody may send; a witness comes by the link of an invitation."""


@pytest.fixture(scope="module")
def here(city) -> Things:
    return Things(HERE)


@pytest.fixture(scope="module")
def elsewhere(here) -> Things:
    return Things(ELSEWHERE, here)


def test_a_view_without_an_audience_stops_the_start(app):
    app.view_functions["probe"] = lambda: ""
    try:
        with pytest.raises(web.UndeclaredAudience, match="probe"):
            web.check_audiences(app, PERMISSIONS)
    finally:
        del app.view_functions["probe"]


def test_every_permission_opens_something_to_somebody(app):
    granted = {permission for role in ROLES.values() for permission in role.permissions}
    assert granted == set(PERMISSIONS)


def test_visitors_are_led_to_the_sign_in_and_staff_without_a_role_are_turned_away(city, holding, here):
    visitor, nobody = city.test_client(), holding([])
    for method in ("GET", "POST"):
        for rule in routes(city, method):
            if is_public(city, rule):
                continue
            for address in addresses(city, rule, here):
                answer = visitor.open(address, method=method)
                assert (answer.status_code, answer.location[:8]) == (303, "/sign-in"), address
                if audience_of(city, rule.endpoint) != STAFF:
                    assert nobody.open(address, method=method).status_code == 403, address


def test_forms_of_the_staff_are_for_the_staff(app):
    assert {rule.endpoint for rule in routes(app, "POST") if audience_of(app, rule.endpoint) == PUBLIC} <= PUBLIC_FORMS


def test_no_form_is_accepted_from_another_site(city, holding, here):
    somebody = holding(list(ROLES))
    city.config["WTF_CSRF_ENABLED"] = True
    try:
        for rule in routes(city, "POST"):
            for address in addresses(city, rule, here):
                assert somebody.post(address).status_code == 400, address
    finally:
        city.config["WTF_CSRF_ENABLED"] = False


def test_looking_changes_nothing(city, holding, here):
    """Every page works for somebody who may open all of them, and not a row is written."""
    somebody = holding(list(ROLES))
    asked = [(rule, address) for rule in routes(city, "GET") for address in addresses(city, rule, here)]
    before = digest()
    answers = {(rule.endpoint, address): outcome(somebody, address) for rule, address in asked}
    assert {page: seen for page, seen in answers.items() if not isinstance(seen, int) or seen >= 500} == {}
    assert digest() == before


def outcome(visitor, address: str) -> int | str:
    """The status of a page, or what broke while its body was streamed."""
    try:
        return visitor.get(address).status_code
    except Exception as error:
        return f"{type(error).__name__}: {str(error).splitlines()[0]}"


def test_nobody_sees_rows_of_another_area(city, holding, here, elsewhere):
    """Lists, searches, exports, papers: none shows a word that only rows of the other area hold."""
    officer = holding(sorted(ROLES.keys() - ADMINISTRATORS), unit=HERE)
    own = reading(city, here)
    mark = moment()
    foreign = reading(city, elsewhere) - own
    secrets = words_since(mark)
    assert secrets
    leaks = []
    for endpoint, method, address in sorted(own | foreign):
        answer = officer.open(address, method=method)
        shown = answer.text if answer.mimetype.startswith("text/") else ""
        leaks += [(endpoint, address, word) for word in secrets if word in shown and _stands_alone(word, shown)]
        if (endpoint, method, address) in foreign and answer.status_code == 200 and not shown:
            leaks.append((endpoint, address, answer.mimetype))
    assert leaks == []


def reading(city, things: Things) -> set[tuple[str, str, str]]:
    """(endpoint, method, address) of all that only shows, for the staff: pages, searches, exports, papers."""
    rules = [("GET", rule) for rule in routes(city, "GET") if not is_public(city, rule)]
    rules += [("POST", rule) for rule in routes(city, "POST") if "export" in rule.endpoint]
    return {(rule.endpoint, method, address) for method, rule in rules for address in addresses(city, rule, things)}


def _stands_alone(word: str, shown: str) -> bool:
    """Whether the word is more than the beginning of a longer number."""
    return re.search(rf"(?<!\d){re.escape(word)}(?!\d)", shown) is not None
