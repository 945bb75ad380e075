"""A model tried beside another one on the same reading: who would move, and what would do it. Pure numpy."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from casework.grading.engine import SECTION_SHIFT, Graded, Ints
from casework.grading.rules import DIRECT, GRADES, Flag, Model
from casework.registry.snapshot import UNKNOWN


@dataclass(frozen=True)
class Comparison:
    """Two results of the same subjects: letters before and after as places in GRADES, and the movers with reasons."""

    before: Graded
    after: Graded
    movers: Ints
    reasons: list[str]
    changes: list[int]

    def matrix(self, rows: Ints | None = None) -> dict[str, int]:
        """How many of some rows (or of all) have which letters before and after: `AB`; nothing where there is none."""
        chosen = slice(None) if rows is None else rows
        pairs = self.before.grade[chosen].astype(np.int64) * len(GRADES) + self.after.grade[chosen]
        counts = np.bincount(pairs, minlength=len(GRADES) ** 2)
        return {
            GRADES[place // len(GRADES)] + GRADES[place % len(GRADES)]: int(number)
            for place, number in enumerate(counts.tolist())
            if number
        }


def compare(before: Graded, after: Graded, old: Model, new: Model) -> Comparison:
    """Holds two results of the same subjects against each other; of each mover, what differs most."""
    movers = np.flatnonzero(before.grade != after.grade)
    keys = list(dict.fromkeys(each.key for each in (*old.indicators, *new.indicators)))
    differences = _by_key(after, new, keys)[movers] - _by_key(before, old, keys)[movers]
    largest = np.abs(differences).argmax(axis=1) if len(movers) else np.zeros(0, np.int64)
    flipped = before.flags[movers] ^ after.flags[movers]
    reasons, changes = [], []
    for row, (place, flags) in enumerate(zip(largest.tolist(), flipped.tolist(), strict=True)):
        direct = next((flag for flag in DIRECT if flags & flag), None)
        change = int(differences[row, place])
        reasons.append(_name(direct) if direct else keys[place] if change else "")
        changes.append(0 if direct else change)
    return Comparison(before, after, movers, reasons, changes)


def _by_key(graded: Graded, model: Model, keys: list[str]) -> Ints:
    """Points with one column for each key; 0 for indicators that a model does not have."""
    points = np.zeros((len(graded.ids), len(keys)), np.int32)
    for column, indicator in enumerate(model.indicators):
        points[:, keys.index(indicator.key)] = graded.points[:, column]
    return points


def _name(flag: Flag) -> str:
    return str(flag.name)


def sections(industry: Ints) -> dict[str, Ints]:
    """The rows of each section of GB/T 4754; those of none under an empty name."""
    letters = np.where(industry == UNKNOWN, 0, industry >> SECTION_SHIFT)
    return {chr(letter) if letter else "": np.flatnonzero(letters == letter) for letter in np.unique(letters).tolist()}


def counts_of(matrix: Mapping[str, int], *, after: bool) -> dict[str, int]:
    """Enterprises by letter, before or after."""
    place = 1 if after else 0
    return {letter: sum(number for letters, number in matrix.items() if letters[place] == letter) for letter in GRADES}


def inspections(counts: Mapping[str, int], floors_bp: Mapping[str, int]) -> dict[str, int]:
    """How many a draw over each library takes at least, by letter: the floor of each rounded up (万分比)."""
    return {letter: -(-counts[letter] * floors_bp[letter] // 10_000) for letter in GRADES}
