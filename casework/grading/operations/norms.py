"""Verbs of norms: what is usual among peers is measured once a month, so that all who are graded in it are equal."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from datetime import date

from sqlalchemy import Connection, func, select

from casework.core import clock
from casework.core.db import session
from casework.grading import queries
from casework.grading.models import ClassificationRun, GradeHistory, PeerNorms
from casework.grading.peers import UNKNOWN_SECTION, Cell, Counts, Norms
from casework.grading.queries import Basis
from casework.grading.rules import Peers, code_of
from casework.registry import snapshot

MEASURING = ("full", "monthly")
"""Kinds of runs that measure anew in a new month; the others only what no run has measured yet."""


def with_norms(basis: Basis, run: ClassificationRun, connection: Connection) -> Basis:
    """The basis of a run over everybody, with what is usual; kept when it had to be measured.

    Idempotence key: the month. Until the next one, whoever is graded, alone or with all, is held against the same.
    """
    assert run.as_of is not None
    asked = basis.questions
    last = basis.norms.as_of
    stale = run.kind in MEASURING and last is not None and (last.year, last.month) != (run.as_of.year, run.as_of.month)
    if not asked or (asked.keys() <= basis.norms.groups.keys() and not stale):
        return basis
    norms = measured(asked, basis if not stale else replace(basis, norms=Norms()), connection, run.as_of)
    kept = PeerNorms(
        run_id=run.id,
        as_of=norms.as_of,
        measured_at=clock.now(),
        after_id=session.scalar(select(func.max(GradeHistory.id))) or 0,
        groups=_plain(norms),
        sha256=queries.fingerprint_of({"as_of": f"{norms.as_of}", "groups": _plain(norms)}),
    )
    session.add(kept)
    session.flush()
    return replace(basis, norms_id=kept.id, norms=norms)


def measured(asked: Mapping[str, Peers], basis: Basis, connection: Connection, day: date) -> Norms:
    """What is usual by the basis, with what it lacks of the questions measured now. Stores nothing.

    The day stays that of the oldest answer, so that a new month asks everything anew.
    """
    missing = {
        question: _histogram(question.partition("|")[0], rule, basis, connection, day)
        for question, rule in asked.items()
        if question not in basis.norms.groups
    }
    return replace(basis.norms, groups={**basis.norms.groups, **missing}, as_of=basis.norms.as_of or day)


def _histogram(
    subject_class: str, rule: Peers, basis: Basis, connection: Connection, day: date
) -> Mapping[str, Counts]:
    codes = [code_of(record) for record in rule.records]
    counted = snapshot.Counted(subject_class, codes, rule.days, rule.sizes)
    cells: dict[str, dict[int, int]] = defaultdict(dict)
    for section, size, number, enterprises in snapshot.histogram(connection, day, counted, suspends=basis.suspends):
        cells[str(Cell(section or UNKNOWN_SECTION, size))][number] = enterprises
    return dict(cells)


def _plain(norms: Norms) -> dict[str, dict[str, dict[str, int]]]:
    """As JSON values, whose keys are words."""
    return {
        question: {cell: {str(number): times for number, times in counts.items()} for cell, counts in cells.items()}
        for question, cells in norms.groups.items()
    }
