"""The launcher's decisions: ports, locks, environment, what `exec` and `test` were asked."""

import json
import socket
from pathlib import Path
from xml.etree import ElementTree

import dev
import pytest
from launch import ports, venv
from launch.console import Stop
from launch.instance import Instance
from launch.project import ROOT, Users


def test_a_taken_port_leads_to_the_next_free_one():
    with ports.listen("127.0.0.1", ports.any_free()) as first:
        taken = first.getsockname()[1]
        assert not ports.is_free(taken)
        with ports.listen("127.0.0.1", taken) as second:
            assert taken < second.getsockname()[1] < taken + ports.HOW_FAR


def test_no_free_port_is_said_in_one_line():
    with pytest.raises(Stop, match="set PORT"):
        ports.listen("127.0.0.1", 70_000)


def test_a_port_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PORT", "eighty")
    with pytest.raises(Stop, match="PORT=eighty"):
        dev._wanted_port()


def test_locks_are_hashed_name_no_registry_and_dev_contains_prod():
    pins = {kind: _pins(venv.LOCKS / f"{kind}.txt") for kind in ("prod", "dev", "installer", "browser")}
    assert pins["prod"].items() <= pins["dev"].items()
    for lock in pins.values():
        assert lock
        assert all("--hash=sha256:" in hashes for hashes in lock.values())
        assert "://" not in "".join(lock) + "".join(lock.values())


def _pins(lock: Path) -> dict[str, str]:
    """Requirement -> its hashes."""
    entries = lock.read_text().replace("\\\n", " ").splitlines()
    return {entry.split(" --hash")[0].strip(): entry for entry in entries if entry and not entry.startswith("#")}


def test_the_environment_is_made_again_when_the_lock_or_the_folder_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(venv, "LOCKS", tmp_path)
    monkeypatch.setattr(venv, "STAMP", tmp_path / "stamp.json")
    lock = tmp_path / "prod.txt"
    lock.write_text("flask==3.1.3\n")
    assert not venv.is_current("prod")
    venv.STAMP.write_text(json.dumps({"root": str(ROOT), "prod": venv.digest("prod")}))
    assert venv.is_current("prod")
    venv.STAMP.write_text(json.dumps({"root": "/elsewhere", "prod": venv.digest("prod")}))
    assert not venv.is_current("prod")
    venv.STAMP.write_text(json.dumps({"root": str(ROOT), "prod": venv.digest("prod")}))
    lock.write_text("flask==3.1.4\n")
    assert not venv.is_current("prod")


@pytest.mark.parametrize(
    "given", ["postgresql://me@db/city", "postgres://me@db/city", "postgresql+psycopg://me@db/city"]
)
def test_existing_servers_are_used_where_they_are_named(given: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("DATABASE_URL", given)
    monkeypatch.setenv("REDIS_URL", "redis://queue/0")
    instance = Instance(tmp_path)
    environment = instance.environment()
    assert (instance.postgres, instance.valkey) == (None, None)
    assert environment["DATABASE_URL"] == "postgresql+psycopg://me@db/city"
    assert environment["REDIS_URL"] == "redis://queue/0"
    assert environment["CASEWORK_VAR"] == str(tmp_path)


def test_the_operators_own_fonts_stand_beside_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    own = tmp_path / "仿宋 & 小标宋"
    monkeypatch.setenv("DATABASE_URL", "postgresql://db/city")
    monkeypatch.setenv("REDIS_URL", "redis://queue/0")
    monkeypatch.setenv("CASEWORK_FONTS", str(own))
    conf = ElementTree.parse(Instance(tmp_path).environment()["FONTCONFIG_FILE"])  # noqa: S314 - our own file
    assert [folder.text for folder in conf.iter("dir")] == [str(ROOT / "fonts"), str(own)]


@pytest.mark.parametrize(
    ("asked", "understood"),
    [
        (["--", "casework", "doctor"], (False, ["casework", "doctor"])),
        (["--fresh", "--", "sh", "-c", "exit 3"], (True, ["sh", "-c", "exit 3"])),
        (["casework", "--help"], (False, ["casework", "--help"])),
        (["--fresh", "pytest", "--fresh"], (True, ["pytest", "--fresh"])),
    ],
)
def test_what_exec_was_asked(asked: list[str], understood: tuple[bool, list[str]]):
    assert dev._fresh_and_command(asked) == understood


@pytest.mark.parametrize("asked", [[], ["--"], ["--fresh"], ["--frehs", "--", "true"]])
def test_an_exec_without_a_command_is_refused(asked: list[str]):
    with pytest.raises(Stop, match="usage"):
        dev._fresh_and_command(asked)


@pytest.mark.parametrize("own", [["-n0"], ["-n", "4"], ["--pdb"], ["-p", "no:xdist"], ["--collect-only"]])
def test_all_cores_unless_the_caller_chose(own: list[str]):
    assert dev._on_all_cores(["tests/core", *own]) == []
    assert dev._on_all_cores(["tests/core"])[0] == "-n"


def test_the_last_launcher_that_leaves_is_told_so(tmp_path: Path):
    first, second = Users(tmp_path / "users"), Users(tmp_path / "users")
    first.join()
    second.join()
    assert not first.leave()
    assert second.leave()


def test_a_listening_socket_outlives_the_process_that_uses_it():
    """Why the launcher listens and not the web server: between two of those the port stays ours."""
    with ports.listen("127.0.0.1", ports.any_free()) as listener:
        host, port = listener.getsockname()
        for _ in range(2):
            with socket.create_connection((host, port)) as caller, listener.accept()[0] as served:
                served.sendall(b"ok")
                assert caller.recv(2) == b"ok"
        assert not ports.is_free(port)
