"""The templates: each compiles, every link leads somewhere, nothing that the content security policy would block."""

import re

import pytest
from jinja2 import StrictUndefined, nodes
from jinja2.environment import Environment

from casework.app import ROOMS
from casework.settings import ROOT

TEMPLATES = sorted(
    path.relative_to(ROOT / "templates").as_posix()
    for path in (ROOT / "templates").rglob("*.html")
    if "notices" not in path.parts
)
"""All but the papers, which have an environment of their own and whose samples are printed in tests/documents."""
BLOCKED = re.compile(r"""<[^>]+\s(style|on[a-z]+)\s*=|javascript:|<script(?![^>]*(src|nonce)=)""", re.IGNORECASE)


@pytest.fixture(scope="module")
def environment(app) -> Environment:
    assert app.jinja_env.undefined is StrictUndefined
    return app.jinja_env


@pytest.mark.parametrize("name", TEMPLATES)
def test_it_compiles_and_its_links_lead_somewhere(app, environment, name):
    source, _path, _fresh = environment.loader.get_source(environment, name)
    tree = environment.parse(source)
    environment.compile(tree, name)
    if name.partition("/")[0] in ROOMS or "/" not in name:
        assert [endpoint for endpoint in _endpoints(tree) if _dead(app, endpoint)] == []


def _endpoints(tree: nodes.Template) -> list[str]:
    """The endpoints that the template names outright."""
    calls = [call for call in tree.find_all(nodes.Call) if isinstance(call.node, nodes.Name)]
    named = [call for call in calls if call.node.name in ("url_for", "may_use", "panel") and call.args]
    return [call.args[0].value for call in named if isinstance(call.args[0], nodes.Const)]


def _dead(app, endpoint: str) -> bool:
    """Leads nowhere, though the room that it names is open."""
    return endpoint not in app.view_functions and endpoint.partition(".")[0] in (*ROOMS, endpoint)


@pytest.mark.parametrize("name", TEMPLATES)
def test_nothing_in_it_needs_what_the_policy_forbids(name):
    source = (ROOT / "templates" / name).read_text(encoding="utf-8")
    assert [found.group() for found in BLOCKED.finditer(re.sub(r"{#.*?#}", "", source, flags=re.DOTALL))] == []
