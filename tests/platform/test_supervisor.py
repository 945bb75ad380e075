"""The supervisor: what dies is started again, what dies too often ends the run, all end in order."""

import os
import signal
import time
from pathlib import Path

import pytest
from launch import ports, supervisor
from launch.console import Stop
from launch.supervisor import Process, supervise

pytestmark = pytest.mark.servers

STEADY = """
import os, signal, sys, time
def end(*_):
    with open("{diary}", "a") as diary:
        diary.write(sys.argv[1] + "\\n")
    sys.exit()
signal.signal(signal.SIGTERM, end)
child = os.fork()
with open("{pids}", "a") as pids:
    pids.write(str(os.getpid()) + "\\n")
while True:
    time.sleep(0.05)
"""
FLAKY = """
with open("{diary}", "a") as diary:
    diary.write("tried\\n")
raise SystemExit(3)
"""


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(supervisor, "LOOK_EVERY_SECONDS", 0.02)
    monkeypatch.setattr(supervisor, "BACK_OFF_SECONDS", (0.01, 0.01))


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    for name, text in (("steady", STEADY), ("flaky", FLAKY)):
        (tmp_path / f"{name}.py").write_text(text.format(diary=tmp_path / "diary", pids=tmp_path / "pids"))
    return os.environ | {"PYTHONPATH": str(tmp_path)}


def test_lines_end_one_after_the_other_and_leave_no_orphan(tmp_path: Path, environment: dict[str, str]):
    table = [
        [Process("first", "steady first")],
        [Process("second", "steady second")],
        [Process("third", "steady third")],
    ]

    def when_all_are_up() -> bool:
        if len(_lines(tmp_path / "pids")) < 2 * len(table):
            return False
        os.kill(os.getpid(), signal.SIGTERM)
        return True

    with ports.listen("127.0.0.1", ports.any_free()) as listener:
        supervise(table, environment, tmp_path, listener, lambda: None, when_all_are_up)
    assert _lines(tmp_path / "diary") == ["first", "second", "third"]
    _assert_nobody_is_left(tmp_path / "pids")


def test_what_dies_again_and_again_ends_the_run_with_its_log(tmp_path: Path, environment: dict[str, str]):
    table = [[Process("flaky", "flaky"), Process("steady", "steady last")]]
    with ports.listen("127.0.0.1", ports.any_free()) as listener, pytest.raises(Stop, match="flaky ended 3 times"):
        supervise(table, environment, tmp_path, listener, lambda: None, lambda: False)
    assert _lines(tmp_path / "diary").count("tried") == 3
    _assert_nobody_is_left(tmp_path / "pids")


def _lines(file: Path) -> list[str]:
    return file.read_text().split() if file.exists() else []


def _assert_nobody_is_left(pids: Path) -> None:
    deadline = time.monotonic() + 5
    while left := [pid for pid in _lines(pids) if _is_alive(int(pid))]:
        assert time.monotonic() < deadline, left
        time.sleep(0.02)


def _is_alive(pid: int) -> bool:
    """A zombie that nobody waits for any more is dead."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False
