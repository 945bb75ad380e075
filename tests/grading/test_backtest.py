"""Back-tests: only what was known counts, grades foretell, bad folders are refused in words, nothing is left behind."""

import csv
import gzip
import json
import os
import random
import signal
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any, TextIO

import psycopg
import pytest
from click.testing import CliRunner, Result
from sqlalchemy import make_url

from casework.cli import _ending_in_order, main
from casework.core import clock
from casework.grading import model_files
from casework.grading.backtest import SHIPPED_MODEL, histories, read_model, records
from casework.grading.indicators import INDICATORS
from casework.grading.rules import default_model
from casework.registry import throwaway
from casework.settings import Settings

AS_OF = date(2025, 12, 31)
SLOW = os.environ.get("CASEWORK_SLOW_TESTS") == "1"

Rows = list[dict[str, Any]]


@pytest.fixture(scope="module")
def database(clone_database: Callable[[str], str]) -> str:
    """A database of this worker's own, so that the throw-away ones beside it are ours."""
    return clone_database("backtest")


@pytest.fixture(autouse=True)
def _beside_it(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", database)


@pytest.fixture
def history(tmp_path: Path) -> Path:
    """A small city of three years: every third place is bad, finds more findings and fails more often."""
    dice = random.Random(4116)
    places = [{"est_id": f"E{n}", "type": ("食堂", "餐馆")[n % 2], "opened": "2020-01-01"} for n in range(120)]
    visits = []
    for number, place in enumerate(places):
        bad = number % 3 == 0
        for month in range(0, 36, 5):
            failed = dice.random() < (0.5 if bad else 0.08)
            visits.append(
                {
                    "inspection_id": f"V{number}-{month}",
                    "est_id": place["est_id"],
                    "date": date(2024 + month // 12, month % 12 + 1, 1 + number % 28).isoformat(),
                    "kind": "routine",
                    "fail": int(failed),
                    "n_minor": dice.randint(0, 2) + 3 * bad + 2 * failed,
                }
            )
    _write(tmp_path / "establishments.csv", places)
    _write(tmp_path / "inspections.csv.gz", visits)
    return tmp_path


def _open(path: Path, mode: str) -> TextIO:
    return gzip.open(path, mode, newline="") if path.suffix == ".gz" else path.open(mode, newline="")


def _write(path: Path, rows: Rows) -> None:
    with _open(path, "wt") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def _read(path: Path) -> Rows:
    with _open(path, "rt") as stream:
        return list(csv.DictReader(stream))


def _run(folder: Path, *more: str, as_of: date = AS_OF, window: int = 365) -> Result:
    return CliRunner().invoke(
        main, ["backtest", str(folder), "--as-of", as_of.isoformat(), "--window", str(window), *more]
    )


def _answer(folder: Path, *more: str, **asked: Any) -> dict[str, Any]:
    result = _run(folder, "--json", "--details", *more, **asked)
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def _databases() -> list[str]:
    with _server() as server:
        prefix = throwaway.prefix_beside(server.info.dbname)
        found = server.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [prefix])
        return [name for (name,) in found]


def _server() -> psycopg.Connection:
    url = make_url(Settings.from_environment().database_url)
    address = url.set(drivername="postgresql").render_as_string(hide_password=False)
    return psycopg.connect(address, autocommit=True)


def test_grades_foretell_and_the_answer_adds_up(history):
    found = _answer(history, "--shares", "50,30,15,5")
    assert found["n"] == 120
    assert found["grades"] == {"A": 60, "B": 36, "C": 18, "D": 6}
    hits = {grade: found["hit_rate"][grade] * found["grades"][grade] for grade in "ABCD"}
    assert sum(hits.values()) / 120 == pytest.approx(found["base_rate"], abs=1e-3)
    drawn = {"A": 0.01, "B": 0.03, "C": 0.1, "D": 0.2}
    expected = sum(hits[g] * drawn[g] for g in "ABCD") / sum(found["grades"][g] * drawn[g] for g in "ABCD")
    assert found["draw_rate"] == pytest.approx(expected, abs=1e-3)
    assert found["lift"] == pytest.approx(expected / found["base_rate"], abs=1e-2)
    assert found["auc"] > 0.7
    assert found["lift_low"] < found["lift"] < found["lift_high"]
    assert found["hit_rate"]["D"] > found["hit_rate"]["A"]
    assert found == _answer(history, "--shares", "50,30,15,5"), "the same question has the same answer"
    assert sum(_answer(history)["grades"].values()) == 120, "by the model's thresholds"
    assert not _databases()


def test_nothing_that_was_known_later_enters_a_grade(history):
    """Visits, complaints, licences and violations after the day change neither a score nor what is usual."""
    before = _answer(history)
    visits, places = _read(history / "inspections.csv.gz"), _read(history / "establishments.csv")
    later = AS_OF + timedelta(days=400)
    planted = [
        {
            **visits[0],
            "inspection_id": f"P{n}",
            "est_id": place["est_id"],
            "date": later.isoformat(),
            "fail": 1,
            "n_minor": 99,
        }
        for n, place in enumerate(places[:60])
    ]
    _write(history / "inspections.csv.gz", [*visits, *planted])
    _write(history / "establishments.csv", [{**place, "opened": later.isoformat()} for place in places])
    told = {"date": (AS_OF + timedelta(days=1)).isoformat(), "closed": "2024-02-01", "status": "Conviction"}
    _write(history / "complaints.csv", [{"est_id": place["est_id"], **told} for place in places])
    assert _answer(history) == before


def test_violations_found_out_later_are_not_read(history):
    visits = _read(history / "inspections.csv.gz")
    for visit in visits:
        del visit["n_minor"]
    _write(history / "inspections.csv.gz", visits)
    told = [{"inspection_id": visits[n]["inspection_id"], "date": "2024-03-01"} for n in range(0, 300, 7)]
    _write(history / "violations.csv", told)
    before = histories.read(history, known_on=AS_OF).inspections
    late = [{"inspection_id": visit["inspection_id"], "date": "2026-01-01"} for visit in visits]
    _write(history / "violations.csv", [*told, *late])
    assert histories.read(history, known_on=AS_OF).inspections == before
    assert len({one.findings for one in before}) == 2


@pytest.mark.parametrize("better", [1, -1])
def test_a_mark_may_say_how_good_or_how_bad(history, better):
    """More findings, a worse mark, whichever way the history counts: the classes of the visits are the same."""
    counted = histories.read(history, known_on=AS_OF)
    visits = _read(history / "inspections.csv.gz")
    marked = [{**visit, "score": 100 - better * int(visit.pop("n_minor"))} for visit in visits]
    _write(history / "inspections.csv.gz", marked)
    past = [
        {one.key: one.record for one in records.known_on(AS_OF, known).records}
        for known in (counted, histories.read(history, known_on=AS_OF))
    ]
    assert past[0] == past[1]


def test_what_was_known_becomes_records_and_what_is_usual_is_measured(history):
    past = records.known_on(AS_OF, histories.read(history, known_on=AS_OF))
    assert len(past.subjects) == 120
    assert all(one.happened_on <= AS_OF for one in past.records)
    assert {one.industry[0] for one in past.subjects.values()} == {records.SECTION}
    model = records.measured(read_model(SHIPPED_MODEL)[0], past)
    rule = model.indicators[0].rule
    assert len(rule.norms) == 2
    assert min(rule.norms.values()) <= rule.usual <= max(rule.norms.values())


def test_a_model_of_the_product_can_be_tried_on_it(history):
    """Visits are results of checks too: the shipped model of companies counts those."""
    file = history / "company.yaml"
    shipped = default_model("company", INDICATORS.values())
    file.write_text(model_files.write(model_files.ModelFile(shipped, AS_OF, "试")), encoding="utf-8")
    found = _answer(history, "--shares", "50,30,15,5", "--model", str(file))
    assert found["model"] == shipped.key
    assert found["auc"] > 0.5


def test_those_never_seen_before_are_left_out_and_said(history):
    visits = _read(history / "inspections.csv.gz")
    new = [{**visits[0], "inspection_id": f"N{n}", "est_id": f"NEW{n}", "date": "2026-02-01"} for n in range(10)]
    _write(history / "inspections.csv.gz", [*visits, *new])
    left_out, counted = _answer(history), _answer(history, "--unseen")
    assert (left_out["n"], left_out["unseen"]) == (120, 10)
    assert (counted["n"], counted["unseen"]) == (130, 10)


@pytest.mark.parametrize("name", ["picture.svg", "picture.PNG"])
def test_the_picture(history, name):
    _answer(history, "--picture", str(history / name))
    start = (history / name).read_bytes()[:8]
    assert start in (b"<svg xml", b"\x89PNG\r\n\x1a\n")


def _without(column: str) -> Callable[[Rows], Rows]:
    return lambda rows: [{name: value for name, value in row.items() if name != column} for row in rows]


def _with(row: int, **values: Any) -> Callable[[Rows], Rows]:
    return lambda rows: [*rows[:row], {**rows[row], **values}, *rows[row + 1 :]]


@pytest.mark.parametrize(
    ("file", "change", "words"),
    [
        ("inspections.csv.gz", _without("fail"), ["inspections.csv.gz", "fail"]),
        ("establishments.csv", _without("est_id"), ["establishments.csv", "est_id"]),
        ("inspections.csv.gz", _with(4, inspection_id="V0-0"), ["第 6 行", "inspection_id", "V0-0", "第 2 行"]),
        ("establishments.csv", _with(1, est_id="E0"), ["第 3 行", "est_id", "E0"]),
        ("inspections.csv.gz", _with(1, date="2024-13-01"), ["第 3 行", "date", "2024-13-01"]),
        ("inspections.csv.gz", _with(1, fail="yes"), ["第 3 行", "fail", "yes"]),
        ("inspections.csv.gz", _with(1, n_minor="many"), ["第 3 行", "n_minor", "many"]),
        ("inspections.csv.gz", _with(1, est_id=" "), ["第 3 行", "est_id", "不能为空"]),
        ("inspections.csv.gz", lambda rows: [{**row, "fail": 0} for row in rows], ["全部合格"]),
    ],
)
def test_a_bad_folder_is_refused_by_file_row_and_field(history, file, change, words):
    _write(history / file, change(_read(history / file)))
    result = _run(history, "--picture", str(history / "out.svg"))
    assert result.exit_code == 1
    assert all(word in result.output for word in words), result.output
    assert not (history / "out.svg").exists()
    assert not _databases()


def test_bad_questions_are_refused(history):
    assert "最早的检查" in _run(history, as_of=date(2020, 1, 1)).output
    assert "没有检查结果" in _run(history, as_of=date(2027, 6, 1)).output
    assert "没有符合条件的检查" in _run(history, "--kind", "complaint").output
    assert "正则" in _run(history, "--kind", "(").output
    assert _run(history, "--shares", "50,30,15,4").exit_code == 2
    assert _run(history, "--picture", "x.gif").exit_code == 2
    (history / "inspections.csv.gz").write_bytes((history / "inspections.csv.gz").read_bytes()[:500])
    assert "读不出来" in _run(history).output
    (history / "model.yaml").write_text("key: x")
    spoilt = _run(history, "--model", str(history / "model.yaml"))
    assert spoilt.exit_code == 1
    assert "model.yaml" in spoilt.output
    assert "indicators" in spoilt.output


def test_a_byte_order_mark_and_repeated_rows_do_no_harm(history):
    before = _answer(history)
    path = history / "establishments.csv"
    lines = path.read_text().splitlines()
    path.write_text("\n".join([*lines, lines[3]]), encoding="utf-8-sig")
    assert _answer(history) == before


def test_the_line_of_json_has_these_fields_and_no_other(history):
    (line,) = _run(history, "--json").stdout.splitlines()
    told = json.loads(line)
    assert list(told) == ["n", "base_rate", "auc", "hit_rate", "draw_rate", "lift", "lift_low", "lift_high"]
    assert list(told["hit_rate"]) == ["A", "B", "C", "D"]


def test_files_that_went_through_other_tools_are_read_alike(history):
    before = _answer(history)
    visits, places = _read(history / "inspections.csv.gz"), _read(history / "establishments.csv")
    (history / "inspections.csv.gz").unlink()
    rewritten = [{**visit, "fail": f"{visit['fail']}.0", "date": f"{visit['date']}T09:30:00"} for visit in visits]
    closed = {**rewritten[0], "inspection_id": "closed", "est_id": places[-1]["est_id"], "fail": ""}
    _write(history / "inspections.csv", [*rewritten, closed])
    _write(history / "inspections_of_another_year.csv", visits[:3])
    assert _answer(history) == before | {"undecided": 1}
    assert "1 次检查：没有写明结果" in _run(history).output


def test_nothing_is_left_behind_however_it_ends(database):
    """Interrupted, or asked to end: taken away. Killed: the next one does it, and leaves alone what is in use."""

    def ended() -> None:
        with _ending_in_order(), throwaway.register(database, [], [], clock.now()):
            assert len(_databases()) == 1
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(10)

    with pytest.raises(KeyboardInterrupt):
        ended()
    assert not _databases()
    orphan = throwaway.prefix_beside(str(make_url(database).database)) + "orphan"
    with throwaway.register(database, [], [], clock.now()), _server() as server:
        (held,) = _databases()
        server.execute(f'CREATE DATABASE "{orphan}"')
        with throwaway.register(database, [], [], clock.now()):
            assert held in _databases()
            assert orphan not in _databases()
    assert not _databases()


PUBLIC = "reference_backtest_public.csv"


def _public() -> list[Any]:
    """The public sets with what a simple rule reaches on them; a small one always, the others where time allows."""
    path = Path(__file__).resolve().parents[3] / "shared" / "data" / "inspections" / PUBLIC
    rows = list(csv.DictReader(path.read_text().splitlines())) if path.is_file() else []
    return [
        pytest.param(row, id=f"{row['dataset']}-{row['T']}") for row in rows if SLOW or "syracuse" in row["dataset"]
    ]


@pytest.mark.parametrize("row", _public())
def test_one_model_is_better_than_the_reference_rule_in_every_city(shared, row):
    as_of = date.fromisoformat(row["T"])
    months = as_of.month + int(row["window_months"])
    window = (date(as_of.year + months // 12, months % 12 + 1, 1) - timedelta(days=1) - as_of).days
    kind = () if row["kind"] == "all" else ("--kind", row["kind"])
    folder = shared / "data" / "inspections" / row["dataset"]
    found = _answer(folder, "--shares", "50,30,15,5", *kind, as_of=as_of, window=window)
    assert found["lift"] >= float(row["lift"])
    assert found["auc"] >= float(row["auc"]) - 0.01
