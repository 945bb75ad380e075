"""The project's `.venv`, made from the hashed locks and left alone while they stay the same."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Literal

from .console import Stop, note, warn
from .project import PYTHON, ROOT, VAR, VENV, locked, private_folder

LOCKS = ROOT / "requirements"
STAMP = VENV / "casework.json"

Kind = Literal["prod", "dev"]

CONSOLE_SCRIPT = """#!{python}
import sys

from casework.cli import main

sys.exit(main())
"""


def ensure(kind: Kind) -> None:
    """Packages of `kind` installed (dev contains prod) and the project importable; at once if the lock is unchanged."""
    if VENV.is_symlink():
        return  # borrowed from another clone, which looks after it
    with locked(private_folder(VAR) / "setup.lock"):
        if is_current(kind):
            return
        if not _works():
            _make()
        note(f"Installing the {kind} packages into .venv …")
        install(LOCKS / f"{kind}.txt")
        _install_project()
        STAMP.write_text(json.dumps(_stamp() | {"root": str(ROOT), "prod": digest("prod"), kind: digest(kind)}))


def is_current(kind: Kind) -> bool:
    """Whether `.venv` was made in this folder from the lock as it is now."""
    stamp = _stamp()
    return stamp.get("root") == str(ROOT) and stamp.get(kind) == digest(kind) and _works()


def digest(kind: Kind) -> str:
    return hashlib.sha256((LOCKS / f"{kind}.txt").read_bytes()).hexdigest()


def install(lock: Path) -> None:
    """Install a hashed lock with uv, which takes seconds; with pip where uv cannot be had or finds no registry."""
    uv = VENV / "bin" / "uv"
    has_uv = uv.exists() or _pip_install(LOCKS / "installer.txt")
    from_lock: list[str | Path] = ["--quiet", "--require-hashes", "--requirement", lock]
    if has_uv and _succeeds([uv, "pip", "install", "--python", PYTHON, *from_lock], _uv_environment()):
        return
    warn("uv could not install the packages; trying pip, which takes a minute")
    if not _pip_install(lock):
        raise Stop(f"the packages of {lock.name} could not be installed; is a Python package registry reachable?")


def _pip_install(lock: Path) -> bool:
    quiet = ["--quiet", "--disable-pip-version-check", "--no-input"]
    return _succeeds([PYTHON, "-m", "pip", "install", *quiet, "--require-hashes", "--requirement", lock])


def _uv_environment() -> dict[str, str]:
    """uv with bytecode compiled, no Python of its own, and pip's mirror if one is set (uv does not read that)."""
    environment = os.environ | {"UV_COMPILE_BYTECODE": "1", "UV_PYTHON_DOWNLOADS": "never"}
    if not environment.keys() & {"UV_DEFAULT_INDEX", "UV_INDEX_URL"}:
        asked = subprocess.run(
            [PYTHON, "-m", "pip", "config", "get", "global.index-url"], capture_output=True, text=True
        )
        mirror = os.environ.get("PIP_INDEX_URL") or asked.stdout.strip()
        if mirror:
            environment["UV_DEFAULT_INDEX"] = mirror
    if "PIP_CERT" in environment:
        environment.setdefault("SSL_CERT_FILE", environment["PIP_CERT"])
    return environment


def _make() -> None:
    if importlib.util.find_spec("ensurepip") is None:
        raise Stop("Python's venv module is incomplete here; on Debian or Ubuntu: sudo apt install python3-venv")
    note("Making .venv …")
    if not _succeeds([sys.executable, "-m", "venv", "--clear", VENV]):
        shutil.rmtree(VENV, ignore_errors=True)
        raise Stop("python3 -m venv failed; on Debian or Ubuntu: sudo apt install python3-venv")


def _works() -> bool:
    """The interpreter runs, and its scripts point here (a moved clone's do not)."""
    if _stamp().get("root", str(ROOT)) != str(ROOT) or not PYTHON.exists():
        return False
    check = "import sys, pip; sys.exit(sys.version_info < (3, 11))"
    return subprocess.run([PYTHON, "-c", check], capture_output=True).returncode == 0


def _install_project() -> None:
    """Make the clone importable and give it its command: what an editable install does, without a build."""
    ask = "import sysconfig; print(sysconfig.get_path('purelib'))"
    packages = subprocess.run([PYTHON, "-c", ask], capture_output=True, text=True, check=True).stdout.strip()
    (Path(packages) / "casework.pth").write_text(f"{ROOT}\n")
    script = VENV / "bin" / "casework"
    script.write_text(CONSOLE_SCRIPT.format(python=PYTHON))
    script.chmod(0o755)


def _stamp() -> dict[str, str]:
    try:
        stamp: dict[str, str] = json.loads(STAMP.read_text())
    except (OSError, ValueError):
        return {}
    return stamp


def _succeeds(command: list[str | Path], environment: dict[str, str] | None = None) -> bool:
    return subprocess.run(command, env=environment, stdin=subprocess.DEVNULL).returncode == 0
