"""`casework import`: what scripts rely on."""

import json

import pytest
from click.testing import CliRunner
from sqlalchemy import delete

from casework import cli
from casework.accounts import queries as staff
from casework.accounts.models import OrgUnit
from casework.core.db import session
from casework.registry.sources import SOURCES
from tests import make


@pytest.fixture
def command(world, monkeypatch):
    monkeypatch.setattr(cli, "application", lambda: world)
    return lambda *arguments: CliRunner().invoke(cli.main, ["import", *map(str, arguments)])


def test_one_line_of_counts_that_add_up(command, tmp_path):
    file = tmp_path / "register.csv"
    file.write_text(f"uscc,name\n{make.uscc(1)},周口市甲商贸有限公司\nbad,坏\n", encoding="gb18030")
    dry = json.loads(command("enterprises", file, "--dry-run", "--json").stdout)
    assert dry == {"read": 2, "new": 1, "changed": 0, "unchanged": 0, "waiting": 0, "rejected": 1}
    assert json.loads(command("enterprises", file, "--json").stdout) == dry
    again = json.loads(command("enterprises", file, "--json", "--report", tmp_path / "report.csv.gz").stdout)
    assert again == {"read": 2, "new": 0, "changed": 0, "unchanged": 1, "waiting": 0, "rejected": 1}
    assert (tmp_path / "report.csv.gz").stat().st_size > 0


def test_a_refusal_is_one_clear_line_and_a_failure(command, tmp_path):
    file = tmp_path / "register.pdf"
    file.write_bytes(b"%PDF-1.7")
    result = command("enterprises", file, "--json")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "PDF" in result.stderr
    assert command("gossip", file).exit_code == 1
    assert command("enterprises").exit_code == 2


def test_the_sources_are_listed(command):
    listed = command("--list").stdout
    assert all(key in listed for key in SOURCES)


def test_a_register_that_comes_before_any_unit_is_kept_by_the_city_bureau(command, tmp_path):
    session.execute(delete(OrgUnit))
    file = tmp_path / "register.csv"
    file.write_text(f"uscc,name,address\n{make.uscc(1)},周口市甲商贸有限公司,周口市川汇区七一路1号\n", encoding="utf-8")
    assert json.loads(command("enterprises", file, "--json").stdout)["new"] == 1
    assert [unit.name for unit in staff.units()] == ["周口市市场监督管理局"]
