"""What the launcher says, and how it ends: one clear line, never a traceback, nothing left half cleared up."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stop(Exception):
    """The launcher cannot go on; the text says why and what to do."""


def say(text: str) -> None:
    """Print one line for the person at the terminal, at once."""
    print(text, flush=True)


def warn(text: str) -> None:
    """Print one line that asks for attention; it stays visible when stdout is piped away."""
    print(f"! {text}", file=sys.stderr, flush=True)


@contextmanager
def undisturbed() -> Iterator[None]:
    """Clear up to the end, even when somebody presses Ctrl-C again."""
    before = {number: signal.signal(number, signal.SIG_IGN) for number in ENDING}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
