"""`casework grade`: a run from the shell, kept as a whole."""

import json

from click.testing import CliRunner

from casework.cli import main
from casework.core import clock
from casework.core.db import transaction
from casework.grading import queries
from tests.make.grading import fact_of, models, subject


def test_grading_from_the_shell(live):
    with transaction():
        models()
        fact_of(subject(), "abnormal.1", clock.today())
        subject()
    answer = CliRunner().invoke(main, ["grade", "--json"])
    assert answer.exit_code == 0, answer.output
    assert json.loads(answer.stdout) == {"looked_at": 2, "changed": 2, "A": 1, "B": 1, "C": 0, "D": 0}
    assert json.loads(CliRunner().invoke(main, ["grade", "--due", "--json"]).stdout)["changed"] == 0
    assert "分类 2 户" in CliRunner().invoke(main, ["grade", "--full"]).stdout
    assert queries.last_run().requested_by
