"""The catalogues: every item has its words and something to try it by; every parameter asked for is shipped."""

import ast
from collections.abc import Iterator
from importlib import import_module
from pkgutil import walk_packages

import pytest

import casework
from casework.app import ROOMS
from casework.core import parameters
from casework.core.catalog import Catalogue
from casework.settings import ROOT
from tests.house.test_structure import sources

PROOFS = ("examples", "sample", "workflow")
"""What an item brings along to be tried by: the tests of its room run it."""


def catalogues() -> dict[str, Catalogue]:
    """Every catalogue of the house by the name under which its module keeps it."""
    found = {}
    for info in walk_packages(casework.__path__, "casework."):
        for name, value in vars(import_module(info.name)).items():
            if isinstance(value, Catalogue) and id(value) not in map(id, found.values()):
                found[f"{info.name}.{name}"] = value
    return found


def items() -> Iterator[pytest.param]:
    for name, catalogue in catalogues().items():
        for key, item in catalogue.items():
            yield pytest.param(item, id=f"{name}-{key}")


@pytest.mark.parametrize("item", list(items()))
def test_every_item_has_a_label_and_something_to_be_tried_by(item):
    assert item.label.strip()
    assert any(getattr(item, proof, None) for proof in PROOFS)


def test_every_parameter_that_the_code_asks_for_is_shipped_with_its_document():
    asked = {key for _path, tree in sources("casework", "workers") for key in _keys(tree)}
    assert asked - parameters.definitions().keys() == set()
    for definition in parameters.definitions().values():
        assert definition.shipped
        assert all(dated.document_no for dated in definition.shipped)


def test_every_shipped_parameter_is_asked_for():
    """By its whole name, or by the beginning of a name that is put together; in the rooms that are open."""
    texts = [path.read_text(encoding="utf-8") for path in (ROOT / "casework").rglob("*.py")]
    keys = [key for key in parameters.definitions() if key.partition(".")[0] in ROOMS]
    assert {key for key in keys if not any(key in words or _stem(key) in words for words in texts)} == set()


def _stem(key: str) -> str:
    return f"{key.rpartition('.')[0]}.{{"


def _keys(tree: ast.Module) -> Iterator[str]:
    """Keys given outright to `parameters.value`, `term` or `in_force`."""
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in ("value", "term", "in_force")
            and isinstance(node.func.value, ast.Name)
            and node.func.value.id == "parameters"
            and node.args
            and isinstance(node.args[0], ast.Constant)
        ):
            yield node.args[0].value
