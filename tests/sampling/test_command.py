"""The command line: a campaign from a script, and the check of its bundle."""

import json
from pathlib import Path

from click.testing import CliRunner

from casework.cli import main
from casework.core.actor import SYSTEM
from casework.core.db import session
from casework.sampling import operations as sampling
from casework.sampling import queries
from casework.sampling.chain import ledger_tsv
from casework.sampling.models import Campaign
from tests.make import sampling as draws


def call(*arguments):
    return CliRunner().invoke(main, list(map(str, arguments)), catch_exceptions=False)


def test_a_script_draws_a_campaign_and_anyone_checks_it(live, tmp_path: Path):
    draws.roster(4)
    draws.graded_pool({"A": 150, "B": 40, "C": 12, "D": 6})
    sampling.ensure_default_items(actor=SYSTEM)
    session.commit()
    bundle, openings = tmp_path / "bundle.zip", tmp_path / "openings.csv"
    answer = call(
        "campaign", "run", "--item", "A08", "--area", "411602", "--json", "--bundle", bundle, "--openings", openings
    )
    told = json.loads(answer.stdout)
    assert {one["label"]: (one["members"], one["drawn"]) for one in told["strata"]} == {
        "A": (150, 2), "B": (40, 2), "C": (12, 2), "D": (6, 2),
    }  # fmt: skip
    assert (told["drawn"], told["cases"]) == (8, 8)
    campaign = session.get_one(Campaign, told["id"])
    assert (campaign.number, campaign.commitment.hex(), campaign.seed.hex(), campaign.state) == (
        told["campaign"], told["commitment"], told["seed"], "running",
    )  # fmt: skip
    checked = call("verify", bundle, "--openings", openings, "--commitment", told["commitment"])
    assert checked.exit_code == 0, checked.stdout
    assert "未发现问题" in checked.stdout
    assert call("verify", bundle, "--commitment", "00" * 32).exit_code == 1
    ledger = tmp_path / "draw-ledger.tsv"
    ledger.write_bytes(b"".join(ledger_tsv(queries.draw_ledger_lines())))
    assert "抽取台账：共 2 行" in call("verify", bundle, "--ledger", ledger).stdout
    ledger.write_bytes(ledger.read_bytes().splitlines(keepends=True)[0])
    assert call("verify", bundle, "--ledger", ledger).exit_code == 1


def test_what_the_rules_refuse_is_one_line_and_leaves_nothing(live, tmp_path: Path):
    draws.graded_pool({"A": 10})
    session.commit()
    unknown = call("campaign", "run", "--item", "X99")
    assert (unknown.exit_code, unknown.stdout) == (1, "")
    assert "X99" in unknown.stderr
    assert "没有区划代码" in call("campaign", "run", "--item", "X99", "--area", "990000").stderr
    kept = tmp_path / "bundle.zip"
    kept.write_text("an earlier draw")
    for target, why in ((kept, "已有内容"), (tmp_path / "nowhere/bundle.zip", "没有文件夹")):
        for option in ("--bundle", "--openings"):
            answer = call("campaign", "run", "--item", "X99", option, target)
            assert (answer.exit_code, answer.stdout) == (1, "")
            assert why in answer.stderr
    assert kept.read_text() == "an earlier draw"
    assert session.query(Campaign).count() == 0
