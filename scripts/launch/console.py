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
    """Print a line of the answer, at once."""
    print(text, flush=True)


def note(text: str) -> None:
    """Print what is being done, beside the output that a script may read."""
    print(text, file=sys.stderr, flush=True)


def warn(text: str) -> None:
    """Print a line that asks for attention."""
    note(f"! {text}")


@contextmanager
def undisturbed() -> Iterator[None]:
    """Clear up to the end, even when somebody presses Ctrl-C again."""
    before = {number: signal.signal(number, signal.SIG_IGN) for number in ENDING}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
