"""Verbs of grading: a run over everybody or over those that are due, one enterprise at once; keeping what changed."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, delete, func, insert, select, text

from casework.core import clock, jobs
from casework.core.actor import Actor
from casework.core.db import session
from casework.core.errors import NotFound, Refusal
from casework.core.i18n import _
from casework.core.ledger import announce, announce_all, record
from casework.grading import engine, queries
from casework.grading.messages import GradeChanged, RunFinished, RunRequested
from casework.grading.models import ClassificationRun, GradeHistory, Rating
from casework.grading.operations.in_force import hand_down_results
from casework.grading.operations.norms import with_norms
from casework.grading.queries import Basis
from casework.grading.rules import DUE_SHARE, GRADES, NOBODY, RUN_KINDS
from casework.registry import operations as registry
from casework.registry import queries as registry_queries
from casework.registry import snapshot

GRADER_LOCK = 4_116_004
"""Key of the advisory lock: one transaction grades at a time, so that no older reading overwrites a newer one."""

KEPT_AT_ONCE = 20_000

Ids = NDArray[np.int64]
Change = tuple[int, str | None, str | None]
"""Enterprise, grade before, grade after (None: not classified)."""


def request_run(kind: str = "full", *, actor: Actor, key: str | None = None) -> ClassificationRun:
    """Asks a worker for a run; refused while another one is under way. Idempotence key: `key` of a scheduled run."""
    if kind not in RUN_KINDS:
        raise Refusal(_("没有名为 %(kind)s 的分类方式。", kind=kind), field="kind")
    waiting = queries.open_run()
    if waiting is not None and key is None:
        raise Refusal(_("第 %(id)s 次分类正在进行，请等它完成。", id=waiting.id))
    run = _new_run(kind, key=key, actor=actor)
    run.message_id = announce(RunRequested(run_id=run.id), actor=actor)
    record("grading.request_run", run, actor=actor, after={"kind": kind})
    return run


def request_monthly_run(*, actor: Actor) -> None:
    """Asks for the run over everybody of this month, if nobody has yet. Idempotence key: the month."""
    _request_once("monthly", f"monthly:{clock.today():%Y-%m}", actor=actor)


def request_due_run(*, actor: Actor) -> None:
    """Asks for today's run over those that are due, if nobody has yet. Idempotence key: the day."""
    _request_once("due", f"due:{clock.today().isoformat()}", actor=actor)


def run_now(kind: str = "full", *, actor: Actor) -> ClassificationRun:
    """A run in the foreground, kept with the caller's transaction and reading through it."""
    one_at_a_time()
    run = _new_run(kind, actor=actor)
    _carry_out(run, session.connection(), actor=actor)
    return run


def carry_out_run(run_id: int, *, actor: Actor) -> None:
    """Grades everybody, or those that are due, as of one committed moment. Idempotence key: the unfinished run."""
    run = session.get(ClassificationRun, run_id, with_for_update=True)
    if run is None:
        raise NotFound(_("没有这次分类运行。"))
    if run.finished_at is None:
        one_at_a_time()
        with snapshot.reading() as connection:
            _carry_out(run, connection, actor=actor)


def regrade_batch(batch_id: int, day: date, *, actor: Actor) -> None:
    """Grades the enterprises that an import touched, and those related to them. Twice changes nothing."""
    one_at_a_time()
    touched = registry_queries.touched_by(batch_id)
    if touched:
        connection = session.connection()
        ids = snapshot.related(connection, touched, by_address=True)
        _carry_out(_new_run("batch", actor=actor), connection, ids, day=max(day, clock.today()), actor=actor)


def regrade(enterprise_id: int, kin: bool = True, graded: bool = False, *, actor: Actor) -> None:
    """Grades one enterprise at once, and (with its `kin`) those whose relations look at it. Twice changes nothing.

    Those who shared its former person or address need a message of their own, or wait for the next run over everybody.
    `graded`: what the message tells of has been graded with the transaction that announced it.
    """
    if graded:
        return
    one_at_a_time(few=True)
    session.flush()
    day, connection = clock.today(), session.connection()
    ids = np.array([enterprise_id], np.int64)
    if kin:
        ids = snapshot.related(connection, [enterprise_id], by_address=True)
    steps = _grade(connection, ids, queries.basis(day), day, run_id=None)
    changes = [change for step in steps for change in step.changes]
    announce_all(
        (GradeChanged(enterprise_id=one, before=before, after=after, day=day) for one, before, after in changes),
        actor=actor,
    )


def _new_run(kind: str, *, actor: Actor, key: str | None = None) -> ClassificationRun:
    run = ClassificationRun(kind=kind, key=key, requested_by=actor.name, requested_at=clock.now())
    session.add(run)
    session.flush()
    return run


def _request_once(kind: str, key: str, *, actor: Actor) -> None:
    if session.scalar(select(ClassificationRun.id).where(ClassificationRun.key == key)) is None:
        request_run(kind, actor=actor, key=key)


def one_at_a_time(*, few: bool = False) -> None:
    """Waits for the lock of graders; it is held until the transaction ends.

    `few`: what follows is about a handful of enterprises, and a plan made once is as good as one made for them.
    """
    session.execute(_LOCK_AND_PLAN_ONCE if few else _LOCK)


_LOCK = select(func.pg_advisory_xact_lock(GRADER_LOCK))
_LOCK_AND_PLAN_ONCE = _LOCK.add_columns(func.set_config("plan_cache_mode", "force_generic_plan", True))


def _due(day: date, since: date) -> Ids:
    """Whose result can have changed by itself since it was stored, and the kin of those whose lists did."""
    due = session.scalars(select(Rating.enterprise_id).where(Rating.next_due <= day)).all()
    turned = snapshot.turned(session.connection(), since, day)
    return np.union1d(np.array(due, np.int64), snapshot.related(session.connection(), turned, by_address=False))


@dataclass(frozen=True)
class _Step:
    """A part of the work: so many looked at, so many kept anew, whose letter changed, and how many have each letter."""

    looked_at: int
    changed: int = 0
    changes: Sequence[Change] = ()
    counts: Mapping[str, Mapping[str, int]] = field(default_factory=dict)


@dataclass
class _Tally:
    """What a run has done so far; `moves` counts by letters before and after: `AB`, `-A` (new), `C-` (left)."""

    looked_at: int = 0
    changed: int = 0
    moves: Counter[str] = field(default_factory=Counter)
    distribution: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))

    def add(self, step: _Step) -> None:
        for subject_class, counts in step.counts.items():
            self.distribution[subject_class].update(counts)
        self.looked_at += step.looked_at
        self.changed += step.changed
        self.moves.update(f"{before or NOBODY}{after or NOBODY}" for _one, before, after in step.changes)


def _carry_out(
    run: ClassificationRun,
    connection: Connection,
    ids: Ids | None = None,
    *,
    actor: Actor,
    day: date | None = None,
) -> None:
    """Grades the ids (of a due run: those that are due), or everybody where that is asked, needed or cheaper."""
    session.flush()
    day = day or clock.today()
    basis, last = queries.basis(day), queries.last_full_run()
    size = (last.looked_at or 0) if last else 0
    if run.kind == "due" and last is not None and last.basis == basis.to_data():
        ids = _due(day, queries.last_due_day() or day)
    if ids is not None and len(ids) * 100 > size * DUE_SHARE:
        ids = None
    run.started_at, run.as_of, run.whole = clock.now(), day, ids is None
    session.flush()
    snapshot.tune(connection)
    if run.whole:
        basis = with_norms(basis, run, connection)
    run.basis = basis.to_data()
    tally = _Tally()
    for scope in snapshot.shards(connection) if ids is None else snapshot.parts(ids):
        for step in _grade(connection, scope, basis, day, run_id=run.id):
            tally.add(step)
            jobs.progress(tally.looked_at, max(size if ids is None else len(ids), tally.looked_at))
    run.looked_at, run.changed, run.moves = tally.looked_at, tally.changed, dict(tally.moves)
    if run.whole:
        run.distribution = tally.distribution
    run.finished_at = clock.now()
    record("grading.carry_out_run", run, actor=actor, after={"looked_at": run.looked_at, "changed": run.changed})
    announce(RunFinished(run_id=run.id), actor=actor)


# Grading and keeping.


def _grade(
    connection: Connection, scope: snapshot.Scope, basis: Basis, day: date, *, run_id: int | None
) -> Iterator[_Step]:
    """Grades a scope as `connection` sees it and keeps what differs from what is stored."""
    reading = snapshot.read(connection, scope, day, basis.wanted)
    ids, marks = _stored(scope)
    yield _forget(np.setdiff1d(ids, reading.ids, assume_unique=True), day, run_id)
    for subject_class, (model_id, model) in basis.models.items():
        part = reading.of_class(subject_class)
        if not len(part.ids):
            continue
        graded = engine.grade(model, basis.thresholds, part, norms=basis.norms)
        fresh = engine.fingerprints(graded, model_id, day)
        changed = np.flatnonzero(fresh != _aligned(graded.ids, ids, marks))
        counts = dict(zip(GRADES, np.bincount(graded.grade, minlength=len(GRADES)).tolist(), strict=True))
        yield _Step(len(graded.ids) - len(changed), counts={subject_class: counts})
        for first in range(0, len(changed), KEPT_AT_ONCE):
            yield _keep(graded, fresh, changed[first : first + KEPT_AT_ONCE], model_id, day, run_id)


def _stored(scope: snapshot.Scope) -> tuple[Ids, Ids]:
    """Ids, ascending, and fingerprints of what is stored for a scope."""
    if isinstance(scope, range):
        packed = session.scalar(_STORED_WITHIN, {"low": scope.start, "high": scope.stop})
    else:
        packed = session.scalar(_STORED_OF, {"ids": scope.tolist()})
    pairs = np.frombuffer(packed or b"", ">i8").astype(np.int64).reshape(-1, 2)
    pairs = pairs[np.argsort(pairs[:, 0], kind="stable")]
    return pairs[:, 0], pairs[:, 1]


_STORED = "SELECT string_agg(int8send(enterprise_id) || int8send(fingerprint), '') FROM rating WHERE "
_STORED_WITHIN = text(_STORED + "enterprise_id >= :low AND enterprise_id < :high")
_STORED_OF = text(_STORED + "enterprise_id = ANY(:ids)")


def _aligned(wanted: Ids, ids: Ids, marks: Ids) -> Ids:
    """The mark of each wanted id; what has none gets 0, which no result has but by an accident of 1 in 2^64."""
    if not len(ids):
        return np.zeros(len(wanted), np.int64)
    places = np.minimum(np.searchsorted(ids, wanted), len(ids) - 1)
    return np.where(ids[places] == wanted, marks[places], 0)


_KEEP = text(
    """
    WITH fresh AS (
        SELECT enterprise_id, grade, score, flags, CAST(:day AS date) + due AS next_due, fingerprint,
               pts::smallint[], inputs::int[]
        FROM unnest(CAST(:ids AS bigint[]), CAST(:grades AS text[]), CAST(:scores AS smallint[]),
                    CAST(:flags AS smallint[]), CAST(:due AS int[]), CAST(:marks AS bigint[]), CAST(:pts AS text[]),
                    CAST(:inputs AS text[]))
             AS fresh (enterprise_id, grade, score, flags, due, fingerprint, pts, inputs)
    ), before AS (
        SELECT r.* FROM rating r JOIN fresh USING (enterprise_id)
    ), kept AS (
        INSERT INTO rating (enterprise_id, grade, score, flags, model_id, run_id, as_of, next_due, fingerprint, pts)
        SELECT enterprise_id, grade, score, flags, CAST(:model_id AS bigint), CAST(:run_id AS bigint),
               CAST(:day AS date), next_due, fingerprint, pts
        FROM fresh
        ON CONFLICT (enterprise_id) DO UPDATE SET
            grade = excluded.grade, score = excluded.score, flags = excluded.flags, model_id = excluded.model_id,
            run_id = excluded.run_id, as_of = excluded.as_of, next_due = excluded.next_due,
            fingerprint = excluded.fingerprint, pts = excluded.pts
    ), noted AS (
        INSERT INTO grade_history (
            enterprise_id, run_id, as_of, recorded_at, before, grade, score, flags, model_id, pts, inputs)
        SELECT f.enterprise_id, CAST(:run_id AS bigint), CAST(:day AS date), :now, b.grade,
               f.grade, f.score, f.flags, CAST(:model_id AS bigint), f.pts, f.inputs
        FROM fresh f LEFT JOIN before b USING (enterprise_id)
        WHERE CASE
            WHEN b.enterprise_id IS NULL THEN true
            WHEN (b.grade, b.score, b.flags, b.model_id, b.pts)
                 IS DISTINCT FROM (f.grade, f.score, f.flags, CAST(:model_id AS bigint), f.pts) THEN true
            ELSE f.inputs IS DISTINCT FROM (
                SELECT h.inputs FROM grade_history h
                WHERE h.enterprise_id = f.enterprise_id ORDER BY h.id DESC LIMIT 1) END
    )
    SELECT f.enterprise_id, b.grade, f.grade FROM fresh f LEFT JOIN before b USING (enterprise_id)
    WHERE b.grade IS DISTINCT FROM f.grade
    """
)


def _keep(graded: engine.Graded, marks: Ids, rows: Ids, model_id: int, day: date, run_id: int | None) -> _Step:
    """Stores the results of some rows: rating, history and the grade under the enterprise, in two statements."""
    ids, scores = graded.ids[rows].tolist(), graded.score[rows].tolist()
    grades = [GRADES[place] for place in graded.grade[rows].tolist()]
    due = [None if days == engine.NEVER else days for days in graded.due[rows].tolist()]
    changes = session.execute(
        _KEEP,
        {
            "ids": ids,
            "grades": grades,
            "scores": scores,
            "flags": graded.flags[rows].tolist(),
            "due": due,
            "marks": marks[rows].tolist(),
            "pts": _arrays(graded.points[rows]),
            "inputs": _arrays(graded.inputs[rows]),
            "model_id": model_id,
            "run_id": run_id,
            "day": day,
            "now": clock.now(),
        },
    ).all()
    hand_down_results(list(zip(ids, grades, scores, strict=True)), run_id=run_id, day=day)
    return _Step(len(ids), len(ids), [(one, before, after) for one, before, after in changes])


def _arrays(numbers: NDArray[Any]) -> list[str]:
    """The rows of a matrix as PostgreSQL writes arrays."""
    return ["{" + ",".join(map(str, row)) + "}" for row in numbers.tolist()]


def _forget(ids: Ids, day: date, run_id: int | None) -> _Step:
    """Takes back the grades of those that left the register (deregistered, revoked, moved away)."""
    if not len(ids):
        return _Step(0)
    leaving = delete(Rating).where(Rating.enterprise_id.in_(ids.tolist())).returning(Rating.enterprise_id, Rating.grade)
    gone = session.execute(leaving).all()
    left = {"run_id": run_id, "as_of": day, "recorded_at": clock.now(), "grade": None}
    session.execute(insert(GradeHistory), [{**left, "enterprise_id": one, "before": before} for one, before in gone])
    registry.take_back_grades([one for one, _before in gone])
    return _Step(len(gone), len(gone), [(one, before, None) for one, before in gone])
