"""What the source itself must keep: the staircase, private tables, three doors to a commit, a word for every module."""

import ast
import subprocess
from collections.abc import Iterator

import grimp
import pytest
from importlinter.cli import lint_imports

from casework.settings import ROOT

CODE = ("casework", "workers")
DOORS = {"casework/core/db.py", "casework/core/web.py"}
"""`transaction()` of commands, workers and schedule, and the web's after-request hook."""


def sources(*folders: str) -> Iterator[tuple[str, ast.Module]]:
    """Every module below the folders: its path from the root, and its syntax tree."""
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            yield path.relative_to(ROOT).as_posix(), ast.parse(path.read_text(encoding="utf-8"))


def rooms() -> list[str]:
    return sorted(path.parent.name for path in (ROOT / "casework").glob("*/__init__.py") if path.parent.name != "core")


def test_import_contracts_hold(monkeypatch, capsys):
    monkeypatch.chdir(ROOT)
    assert lint_imports(config_filename="pyproject.toml", cache_dir=None) == 0, capsys.readouterr().out


def test_the_tables_of_a_room_are_imported_by_that_room_only():
    graph = grimp.build_graph(*CODE, cache_dir=None)
    homes = {f"casework.{room}.models" for room in rooms()} & graph.modules
    strangers = {
        f"{importer} imports {models}"
        for models in homes
        for importer in graph.find_modules_that_directly_import(models)
        if not importer.startswith(models.removesuffix("models"))
    }
    assert not strangers


def test_commit_stands_only_at_the_doors():
    found = {
        path
        for path, tree in sources(*CODE)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "commit"
    }
    assert found <= DOORS


def test_every_module_says_what_it_is_for():
    silent = [
        path
        for path, tree in sources(*CODE, "migrations", "scripts", "tests")
        if tree.body and not (ast.get_docstring(tree) or "").strip()
    ]
    assert silent == []


def test_the_map_of_the_readme_names_every_room():
    readme = ROOT / "README.md"
    if not readme.exists():
        pytest.skip("README.md is not written yet")
    words = readme.read_text(encoding="utf-8")
    assert [room for room in rooms() if f"{room}/" not in words] == []


def test_nothing_kept_names_the_place_where_it_was_made():
    """No path of somebody's machine, no address of a package registry."""
    if not (ROOT / ".git").exists():
        pytest.skip("not a clone")
    strange = ["/work/" + "main", "/work/" + "shared", "far" + "m-", "." + "library", "shared/" + "hooks"]
    command = [
        "git",
        "grep",
        "-I",
        "-l",
        "-F",
        *(part for words in strange for part in ("-e", words)),
        "--",
        ":!*.min.*",
    ]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert found.stdout.split() == []
    assert [path.name for path in (ROOT / "requirements").iterdir() if "://" in path.read_text()] == []
