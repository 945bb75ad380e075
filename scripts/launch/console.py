"""What the launcher says, and how it gives up: one clear line, never a traceback."""

from __future__ import annotations

import sys


class Stop(Exception):  # noqa: N818 - not a fault of the program: the launcher cannot go on, and says why
    """The launcher cannot go on; the text says why and what to do."""


def say(text: str) -> None:
    """Print one line for the person at the terminal, at once."""
    print(text, flush=True)


def warn(text: str) -> None:
    """Print one line that asks for attention; it stays visible when stdout is piped away."""
    print(f"! {text}", file=sys.stderr, flush=True)
