"""Nouns of grading: models in force, runs, who moved, and why an enterprise has its grade."""

import hashlib
import json
from bisect import bisect_left
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property, lru_cache, reduce
from random import Random
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ARRAY, BigInteger, Date, Row, any_, bindparam, func, literal, select, true
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import aliased

from casework.core import clock, jobs, paging, parameters
from casework.core.actor import Actor
from casework.core.db import session
from casework.core.errors import NotFound, Refusal
from casework.core.i18n import _
from casework.core.jobs import Job
from casework.grading import reference
from casework.grading.models import (
    Adjustment,
    Calibration,
    ClassificationRun,
    GradeFile,
    GradeHistory,
    GradingModel,
    OfficialBatch,
    OfficialGrade,
    PeerNorms,
    Rating,
    ReplayCheck,
    SharingClient,
    SharingRead,
    SimulatedMove,
    Simulation,
)
from casework.grading.peers import UNMEASURED, Norms, questions
from casework.grading.rules import DIRECT, FLAG_LABELS, GRADES, NOBODY, TENTH, Model, Peers
from casework.registry import queries as registry
from casework.registry import snapshot
from casework.registry.rules import SUBJECT_CLASSES

_loaded: dict[str, Model] = {}
"""Models by sha256: what was read once need not be read again."""

_measured: dict[str, Norms] = {}
"""Measurements of what is usual among peers, likewise."""


@dataclass(frozen=True)
class Basis:
    """What grades rest on a day: for each subject class the model in force and its id, and the thresholds in points.

    `suspends`: records to which an objection is open do not count. `norms` with their id: what is usual among peers.
    """

    models: Mapping[str, tuple[int, Model]]
    thresholds: Mapping[str, int]
    suspends: bool
    norms_id: int | None = None
    norms: Norms = UNMEASURED

    @property
    def questions(self) -> dict[str, Peers]:
        """Everything that the models want measured."""
        return {name: rule for _id, model in self.models.values() for name, rule in questions(model).items()}

    @cached_property
    def wanted(self) -> snapshot.Wanted:
        """The records that any of the models looks at."""
        each = (snapshot.Wanted(model.records, self.suspends) for _id, model in self.models.values())
        return reduce(snapshot.Wanted.or_those_of, each)

    def to_data(self) -> dict[str, Any]:
        """The basis as JSON values, to see later whether it is still the same."""
        return {
            "thresholds": dict(self.thresholds),
            "models": {subject_class: model_id for subject_class, (model_id, _model) in self.models.items()},
            "suspends": self.suspends,
            "norms": self.norms_id,
        }


FINE, ABSENT = 1, frozenset({7, 8, 9})
"""Classes of `check`: nothing was found; the check could not be made."""

CASES_FOR = timedelta(days=1095)


@dataclass(frozen=True)
class ClosedCases:
    """Checks, with the points [case, indicator] in tenths before each of them, and whether it found a problem."""

    days: Sequence[date]
    points: NDArray[np.int64]
    problem: NDArray[np.bool_]


@dataclass(frozen=True)
class Explanation:
    """Why an enterprise has its grade today: the receipt, worked out anew, beside what is stored of it."""

    dossier: snapshot.Dossier
    receipt: reference.Receipt
    model: GradingModel
    rating: Rating | None
    since: date | None
    """The day from which the stored letter holds."""

    @property
    def is_current(self) -> bool:
        """Whether the stored result is the one that follows from today's records."""
        stored = self.rating
        points = [line.points for line in self.receipt.lines]
        return stored is not None and (stored.pts, stored.flags) == (points, self.receipt.flags)


def basis(day: date) -> Basis:
    """The basis on a day; a Refusal when a subject class has no model."""
    found = session.execute(_NEWEST, {"day": day}).all()
    measured = next(((row.norms_id, row.norms_sha256) for row in found if row.norms_id is not None), None)
    thresholds = parameters.value("grading.thresholds", day)
    return _basis(tuple(row[:3] for row in found), tuple(thresholds.items()), suspends(day), measured)


_MEASURED = select(PeerNorms.id).order_by(PeerNorms.id.desc()).limit(1)


_NEWEST = (
    select(
        GradingModel.subject_class,
        GradingModel.id,
        GradingModel.sha256,
        _MEASURED.scalar_subquery().label("norms_id"),
        _MEASURED.with_only_columns(PeerNorms.sha256).scalar_subquery().label("norms_sha256"),
    )
    .where(GradingModel.state == "active", GradingModel.effective_from <= bindparam("day", type_=Date))
    .ext(distinct_on(GradingModel.subject_class))
    .order_by(GradingModel.subject_class, GradingModel.effective_from.desc(), GradingModel.version.desc())
)


@lru_cache(maxsize=8)
def _basis(
    in_force: tuple[tuple[str, int, str], ...],
    thresholds: tuple[tuple[str, int], ...],
    suspends: bool,
    newest: tuple[int, str] | None,
) -> Basis:
    """What was put together once for the same models and numbers is not put together again."""
    known = {name: (model_id, sha256) for name, model_id, sha256 in in_force}
    missing = [_(label) for name, label in SUBJECT_CLASSES.items() if name not in known]
    if missing:
        raise Refusal(_("%(classes)s没有启用的分类模型，不能分类。", classes=_("、").join(missing)))
    models = {name: (known[name][0], load(*known[name])) for name in SUBJECT_CLASSES}
    measured = {"norms_id": newest[0], "norms": norms(*newest)} if newest else {}
    return Basis(models, dict(thresholds), suspends, **measured)


def norms(norms_id: int, sha256: str) -> Norms:
    """A stored measurement of what is usual among peers, ready to be used."""
    if sha256 not in _measured:
        known = session.get_one(PeerNorms, norms_id)
        _measured[sha256] = Norms(
            {
                asked: {cell: {int(n): times for n, times in counts.items()} for cell, counts in cells.items()}
                for asked, cells in known.groups.items()
            },
            known.as_of,
        )
    return _measured[sha256]


def norms_at(moment: datetime) -> Norms:
    """What was usual among peers by the last measurement until a moment."""
    until = select(PeerNorms.id, PeerNorms.sha256).where(PeerNorms.measured_at <= moment)
    found = session.execute(until.order_by(PeerNorms.id.desc()).limit(1)).first()
    return UNMEASURED if found is None else norms(found.id, found.sha256)


def norms_by_result() -> Callable[[GradeHistory], Norms]:
    """Tells of each stored result with which measurement it was compared."""
    measured = session.execute(
        select(PeerNorms.after_id, PeerNorms.id, PeerNorms.sha256).order_by(PeerNorms.after_id, PeerNorms.id)
    ).all()
    begins = [each.after_id for each in measured]

    def of(stored: GradeHistory) -> Norms:
        place = bisect_left(begins, stored.id)
        return norms(measured[place - 1].id, measured[place - 1].sha256) if place else UNMEASURED

    return of


def suspends(day: date) -> bool:
    """Whether records to which an objection is open are left out, by the parameter of a day."""
    return bool(parameters.value("grading.objected", day) == "suspended")


def load(model_id: int, sha256: str | None = None) -> Model:
    """A stored model, ready to be used."""
    sha256 = sha256 or model(model_id).sha256
    if sha256 not in _loaded:
        _loaded[sha256] = Model.from_data(model(model_id).definition)
    return _loaded[sha256]


def fingerprint_of(definition: Mapping[str, Any]) -> str:
    """The sha256 of a model's definition or of a measurement, whatever the order of its keys."""
    return hashlib.sha256(json.dumps(definition, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


def model(model_id: int) -> GradingModel:
    """One model, or NotFound."""
    found = session.get(GradingModel, model_id)
    if found is None:
        raise NotFound(_("没有这个分类模型。"))
    return found


def models() -> Sequence[GradingModel]:
    """All models, the newest of each subject class first."""
    return session.scalars(
        select(GradingModel).order_by(
            GradingModel.subject_class, GradingModel.effective_from.desc(), GradingModel.id.desc()
        )
    ).all()


def versions_of(key: str) -> Sequence[GradingModel]:
    """All versions of one model."""
    return session.scalars(select(GradingModel).where(GradingModel.key == key)).all()


def simulation(simulation_id: int) -> Simulation:
    """One simulation, or NotFound."""
    found = session.get(Simulation, simulation_id)
    if found is None:
        raise NotFound(_("没有这次试算。"))
    return found


def last_simulation(model_id: int) -> Simulation | None:
    """The newest simulation of a model."""
    return session.scalars(
        select(Simulation).where(Simulation.model_id == model_id).order_by(Simulation.id.desc()).limit(1)
    ).first()


def finished_simulation(model_id: int) -> Simulation | None:
    """The newest simulation of a model that is done."""
    return session.scalars(
        select(Simulation)
        .where(Simulation.model_id == model_id, Simulation.finished_at.is_not(None))
        .order_by(Simulation.id.desc())
        .limit(1)
    ).first()


def simulated_moves(
    known: Simulation,
    actor: Actor,
    *,
    before_grade: str | None = None,
    after_grade: str | None = None,
    after: str | None = None,
    before: str | None = None,
) -> paging.Page:
    """Who would move, as far as the actor sees them."""
    statement = select(SimulatedMove.enterprise_id, SimulatedMove).where(SimulatedMove.simulation_id == known.id)
    for column, letter in ((SimulatedMove.before, before_grade), (SimulatedMove.after, after_grade)):
        if letter is not None:
            statement = statement.where(column == letter)
    statement = registry.in_sight(statement, actor, enterprise=SimulatedMove.enterprise_id)
    return paging.page(statement, [SimulatedMove.enterprise_id], after=after, before=before, size=50)


def calibration(calibration_id: int) -> Calibration:
    """One calibration, or NotFound."""
    found = session.get(Calibration, calibration_id)
    if found is None:
        raise NotFound(_("没有这次校准。"))
    return found


def calibrations(limit: int = 20) -> Sequence[Calibration]:
    """The latest calibrations, newest first."""
    return session.scalars(select(Calibration).order_by(Calibration.id.desc()).limit(limit)).all()


def closed_cases(model_id: int) -> ClosedCases:
    """Checks by random draw of the last three years, with the points that a model gave before each of them.

    Those that could not be made tell nothing and are left out; so are those graded by another model.
    """
    found = registry.drawn_results(clock.today() - CASES_FOR)
    told = [row for row in found if not ABSENT.issuperset(row.classes)]
    asked = func.unnest(
        literal([row.enterprise_id for row in told], ARRAY(BigInteger)),
        literal([row.happened_on for row in told], ARRAY(Date)),
    ).table_valued("enterprise_id", "day", with_ordinality="place")
    asked = asked.render_derived(name="asked")
    before = (
        select(GradeHistory.model_id, GradeHistory.pts)
        .where(GradeHistory.enterprise_id == asked.c.enterprise_id, GradeHistory.as_of < asked.c.day)
        .order_by(GradeHistory.id.desc())
        .limit(1)
        .lateral("before")
    )
    rows = session.execute(
        select(asked.c.place, before.c.pts)
        .select_from(asked.join(before, true()))
        .where(before.c.model_id == model_id, before.c.pts.is_not(None))
        .order_by(asked.c.place)
    ).all()
    kept = [told[place - 1] for place, _pts in rows]
    return ClosedCases(
        days=[row.happened_on for row in kept],
        points=np.array([pts for _place, pts in rows], np.int64).reshape(len(rows), len(load(model_id).indicators)),
        problem=np.array([bool(set(row.classes) - ABSENT - {FINE}) for row in kept], bool),
    )


def active_models(subject_class: str) -> Sequence[GradingModel]:
    """The models of a subject class that are in force or will be."""
    return session.scalars(
        select(GradingModel).where(GradingModel.subject_class == subject_class, GradingModel.state == "active")
    ).all()


def run(run_id: int) -> ClassificationRun:
    """One run, or NotFound."""
    found = session.get(ClassificationRun, run_id)
    if found is None:
        raise NotFound(_("没有这次分类运行。"))
    return found


def runs(*, after: str | None = None, before: str | None = None) -> paging.Page:
    """Runs, newest first."""
    return paging.page(
        select(ClassificationRun, ClassificationRun.id),
        [ClassificationRun.id],
        after=after,
        before=before,
        size=25,
        descending=True,
    )


def job_of(work: ClassificationRun | Simulation | Calibration | GradeFile) -> Job | None:
    """The job that carries out some work; None before a worker takes it, and in the foreground."""
    return jobs.find(work.message_id) if work.message_id else None


def is_open(work: ClassificationRun | Simulation | Calibration | GradeFile) -> bool:
    """Whether it is asked for and neither done nor given up."""
    job = job_of(work)
    return work.finished_at is None and (job is None or job.state in ("queued", "running"))


def open_run() -> ClassificationRun | None:
    """The run that is asked for and not yet done, if any."""
    for waiting in session.scalars(
        select(ClassificationRun)
        .where(ClassificationRun.finished_at.is_(None), ClassificationRun.message_id.is_not(None))
        .order_by(ClassificationRun.id.desc())
        .limit(5)
    ):
        if is_open(waiting):
            return waiting
    return None


def last_full_run() -> ClassificationRun | None:
    """The newest finished run over everybody."""
    return session.scalars(
        select(ClassificationRun)
        .where(ClassificationRun.finished_at.is_not(None), ClassificationRun.whole)
        .order_by(ClassificationRun.finished_at.desc())
        .limit(1)
    ).first()


def last_due_day() -> date | None:
    """The day up to which everybody who was due has been graded."""
    return session.scalar(
        select(func.max(ClassificationRun.as_of)).where(
            ClassificationRun.finished_at.is_not(None), ClassificationRun.whole | (ClassificationRun.kind == "due")
        )
    )


def last_run() -> ClassificationRun | None:
    """The newest finished run of any kind."""
    return session.scalars(
        select(ClassificationRun)
        .where(ClassificationRun.finished_at.is_not(None))
        .order_by(ClassificationRun.finished_at.desc())
        .limit(1)
    ).first()


def distribution(run: ClassificationRun) -> dict[str, int]:
    """Enterprises by grade after a run over everybody, all subject classes together."""
    counted = run.distribution or {}
    return {grade: sum(by_grade.get(grade, 0) for by_grade in counted.values()) for grade in GRADES}


def present_distribution() -> dict[str, int]:
    """Enterprises by grade as they stand now."""
    rows = session.execute(select(Rating.grade, func.count()).group_by(Rating.grade))
    return dict.fromkeys(GRADES, 0) | dict(rows.all())


def trend(months: int = 12) -> list[ClassificationRun]:
    """The last run over everybody of each of the latest months, oldest first."""
    month = func.date_trunc("month", ClassificationRun.as_of)
    newest = (
        select(ClassificationRun)
        .where(ClassificationRun.finished_at.is_not(None), ClassificationRun.whole)
        .ext(distinct_on(month))
        .order_by(month.desc(), ClassificationRun.finished_at.desc())
        .limit(months)
    )
    return list(reversed(session.scalars(newest).all()))


def whole_runs(limit: int = 36) -> Sequence[ClassificationRun]:
    """Finished runs over everybody, newest first."""
    return session.scalars(
        select(ClassificationRun)
        .where(ClassificationRun.finished_at.is_not(None), ClassificationRun.whole)
        .order_by(ClassificationRun.id.desc())
        .limit(limit)
    ).all()


def flow(one: ClassificationRun, other: ClassificationRun) -> dict[str, int]:
    """Enterprises by letter after one run and after another: `AB`; `-A` newly classified since, `C-` left."""

    def letters(run: ClassificationRun) -> Any:
        return (
            select(GradeHistory.enterprise_id, GradeHistory.grade)
            .where(GradeHistory.recorded_at <= run.finished_at)
            .ext(distinct_on(GradeHistory.enterprise_id))
            .order_by(GradeHistory.enterprise_id, GradeHistory.id.desc())
            .subquery()
        )

    first, second = letters(one), letters(other)
    counted = (
        select(first.c.grade, second.c.grade, func.count())
        .select_from(first.join(second, first.c.enterprise_id == second.c.enterprise_id, full=True))
        .group_by(first.c.grade, second.c.grade)
    )
    rows = session.execute(counted)
    return {f"{before or NOBODY}{after or NOBODY}": number for before, after, number in rows if before or after}


def moves_of(run_id: int) -> Iterator[tuple[int, str | None, str | None]]:
    """(enterprise, grade before, grade after) of everybody whose letter a run changed; None: not classified."""
    rows = session.execute(
        select(GradeHistory.enterprise_id, GradeHistory.before, GradeHistory.grade)
        .where(GradeHistory.run_id == run_id, GradeHistory.before.is_distinct_from(GradeHistory.grade))
        .order_by(GradeHistory.enterprise_id)
        .execution_options(yield_per=10_000)
    )
    for row in rows:
        yield row.enterprise_id, row.before, row.grade


def moved(
    run: ClassificationRun,
    actor: Actor,
    *,
    before_grade: str | None = None,
    after_grade: str | None = None,
    after: str | None = None,
    before: str | None = None,
) -> paging.Page:
    """Who moved in a run, as far as the actor sees them, with the result before, for the reason."""
    past = aliased(GradeHistory)

    def earlier(column: Any) -> Any:
        latest = select(column).where(past.enterprise_id == GradeHistory.enterprise_id, past.id < GradeHistory.id)
        return latest.order_by(past.id.desc()).limit(1).correlate(GradeHistory).scalar_subquery()

    statement = select(
        GradeHistory.enterprise_id,
        GradeHistory.before,
        GradeHistory.grade,
        GradeHistory.score,
        GradeHistory.flags,
        GradeHistory.model_id,
        GradeHistory.pts,
        earlier(past.pts).label("earlier_pts"),
        earlier(past.flags).label("earlier_flags"),
    ).where(GradeHistory.run_id == run.id, GradeHistory.before.is_distinct_from(GradeHistory.grade))
    for column, letter in ((GradeHistory.before, before_grade), (GradeHistory.grade, after_grade)):
        if letter is not None:
            statement = statement.where(column.is_(None) if letter == NOBODY else column == letter)
    statement = registry.in_sight(statement, actor, enterprise=GradeHistory.enterprise_id)
    return paging.page(statement, [GradeHistory.enterprise_id], after=after, before=before, size=50)


def reason(row: Row[Any]) -> str:
    """What did it: a direct rule, or the indicator whose points changed most between two results, in words."""
    if row.pts is None:
        return _("退出登记，不再分类")
    if row.before is None:
        return _("首次分类")
    direct = next((flag for flag in DIRECT if (row.flags ^ row.earlier_flags) & flag), None)
    if direct is not None:
        words = _(FLAG_LABELS[direct])
        return words if row.flags & direct else _("不再适用：%(words)s", words=words)
    if len(row.earlier_pts) != len(row.pts):
        return _("模型更换")
    changes = [after - before for after, before in zip(row.pts, row.earlier_pts, strict=True)]
    largest = max(range(len(changes)), key=lambda place: abs(changes[place]))
    if not changes[largest]:
        return _("分值界限变化")
    label = load(row.model_id).indicators[largest].name
    return f"{label} {changes[largest] / TENTH:+g}"


def history(enterprise_id: int, *, limit: int = 50) -> Sequence[GradeHistory]:
    """The results of an enterprise, newest first."""
    return session.scalars(
        select(GradeHistory)
        .where(GradeHistory.enterprise_id == enterprise_id)
        .order_by(GradeHistory.id.desc())
        .limit(limit)
    ).all()


def computed_grade(enterprise_id: int) -> str | None:
    """The letter of the present result."""
    return session.scalar(select(Rating.grade).where(Rating.enterprise_id == enterprise_id))


def held_instead(ids: Sequence[int], day: date) -> dict[int, str]:
    """The grades that hold on a day instead of the computed ones: official if the parameter says so, then decided."""
    official = official_grades(ids) if parameters.value("grading.in_force", day) == "official" else {}
    decided = session.execute(_DECIDED, {"ids": list(ids), "day": day})
    return official | {row.enterprise_id: row.grade for row in decided}


_DECIDED = select(Adjustment.enterprise_id, Adjustment.grade).where(
    Adjustment.state == "approved",
    Adjustment.starts_on <= bindparam("day", type_=Date),
    Adjustment.ends_on > bindparam("day", type_=Date),
    Adjustment.enterprise_id == any_(bindparam("ids", type_=ARRAY(BigInteger))),
)


def official_grades(ids: Sequence[int]) -> dict[int, str]:
    """The latest grades of the province for some enterprises."""
    rows = session.execute(
        select(OfficialGrade.enterprise_id, OfficialGrade.grade)
        .join(OfficialBatch, OfficialBatch.id == OfficialGrade.batch_id)
        .where(registry.among(OfficialGrade.enterprise_id, ids))
        .ext(distinct_on(OfficialGrade.enterprise_id))
        .order_by(OfficialGrade.enterprise_id, OfficialBatch.issued_on.desc(), OfficialBatch.id.desc())
    )
    return {row.enterprise_id: row.grade for row in rows}


def official_batches() -> Sequence[OfficialBatch]:
    """Deliveries of the province, newest first."""
    return session.scalars(
        select(OfficialBatch).order_by(OfficialBatch.issued_on.desc(), OfficialBatch.id.desc()).limit(50)
    ).all()


def _latest_official() -> Any:
    return (
        select(OfficialGrade.enterprise_id, OfficialGrade.grade.label("official"), OfficialBatch.issued_on)
        .join(OfficialBatch, OfficialBatch.id == OfficialGrade.batch_id)
        .ext(distinct_on(OfficialGrade.enterprise_id))
        .order_by(OfficialGrade.enterprise_id, OfficialBatch.issued_on.desc(), OfficialBatch.id.desc())
        .subquery()
    )


def reconciliation(reader: Actor) -> dict[str, int]:
    """How many enterprises in sight have which official and which computed letter: `AB`."""
    official = _latest_official()
    statement = (
        select(official.c.official, Rating.grade, func.count())
        .join(Rating, Rating.enterprise_id == official.c.enterprise_id)
        .group_by(official.c.official, Rating.grade)
    )
    statement = registry.in_sight(statement, reader, enterprise=official.c.enterprise_id)
    return {f"{one}{other}": number for one, other, number in session.execute(statement)}


def unreconciled(
    reader: Actor,
    *,
    official_grade: str | None = None,
    computed: str | None = None,
    after: str | None = None,
    before: str | None = None,
) -> paging.Page:
    """Enterprises in sight whose official letter is not the computed one, with the result that says why."""
    official = _latest_official()
    statement = (
        select(official.c.enterprise_id, official.c.official, official.c.issued_on, Rating)
        .join(Rating, Rating.enterprise_id == official.c.enterprise_id)
        .where(official.c.official != Rating.grade)
    )
    for column, letter in ((official.c.official, official_grade), (Rating.grade, computed)):
        if letter is not None:
            statement = statement.where(column == letter)
    statement = registry.in_sight(statement, reader, enterprise=official.c.enterprise_id)
    return paging.page(statement, [official.c.enterprise_id], after=after, before=before, size=50)


def weightiest(rating: Rating, most: int = 3) -> list[tuple[str, str, int]]:
    """What a result mostly consists of: key, label and points in tenths of its largest indicators."""
    indicators = load(rating.model_id).indicators
    points = sorted(zip(rating.pts, indicators, strict=True), key=lambda pair: -pair[0])[:most]
    return [(indicator.key, indicator.name, tenths) for tenths, indicator in points if tenths > 0]


def sharing_clients() -> Sequence[Row[Any]]:
    """Departments that may read, with how often and when last they did."""
    reads = (
        select(
            SharingRead.client_id,
            func.count().label("times"),
            func.sum(SharingRead.given).label("given"),
            func.max(SharingRead.at).label("last"),
        )
        .group_by(SharingRead.client_id)
        .subquery()
    )
    return session.execute(
        select(SharingClient, reads.c.times, reads.c.given, reads.c.last)
        .outerjoin(reads, reads.c.client_id == SharingClient.id)
        .order_by(SharingClient.id.desc())
    ).all()


def sharing_reads(limit: int = 50) -> Sequence[SharingRead]:
    """What was read, newest first."""
    return session.scalars(select(SharingRead).order_by(SharingRead.id.desc()).limit(limit)).all()


def may_anybody_read() -> bool:
    """Whether the token of any department is in force."""
    usable = (SharingClient.revoked_at.is_(None), SharingClient.expires_on > clock.today())
    return session.scalar(select(SharingClient.id).where(*usable).limit(1)) is not None


def grade_file(grade_file_id: int) -> GradeFile:
    """One file with everybody's grade, or NotFound."""
    found = session.get(GradeFile, grade_file_id)
    if found is None:
        raise NotFound(_("没有这个等级文件。"))
    return found


def last_grade_file(form: str, *, finished: bool = False) -> GradeFile | None:
    """The newest file of a form; `finished`: the newest that can be read."""
    statement = select(GradeFile).where(GradeFile.form == form).order_by(GradeFile.id.desc()).limit(1)
    return session.scalars(statement.where(GradeFile.finished_at.is_not(None)) if finished else statement).first()


def client_of(token: str) -> SharingClient | None:
    """The department whose token this is, if it may still read."""
    known = session.scalars(
        select(SharingClient).where(SharingClient.token_sha256 == hashlib.sha256(token.encode()).hexdigest())
    ).first()
    usable = known is not None and known.revoked_at is None and clock.today() < known.expires_on
    return known if usable else None


def adjustment(adjustment_id: int, reader: Actor | None = None) -> Adjustment:
    """One adjustment, or NotFound; with a reader, only of an enterprise in sight."""
    found = session.get(Adjustment, adjustment_id)
    if found is None:
        raise NotFound(_("没有这项调整。"))
    if reader is not None:
        registry.find(found.enterprise_id, reader)
    return found


def adjustments(reader: Actor, *, state: str | None = None, after: str | None, before: str | None) -> paging.Page:
    """Adjustments in sight, newest first."""
    statement = select(Adjustment.id, Adjustment)
    if state:
        statement = statement.where(Adjustment.state == state)
    statement = registry.in_sight(statement, reader, enterprise=Adjustment.enterprise_id)
    return paging.page(statement, [Adjustment.id], after=after, before=before, size=25, descending=True)


def adjustments_begun(day: date) -> Sequence[Adjustment]:
    """Approved adjustments whose first day has come."""
    return session.scalars(
        select(Adjustment).where(Adjustment.state == "approved", Adjustment.starts_on <= day).order_by(Adjustment.id)
    ).all()


def open_adjustment(enterprise_id: int) -> Adjustment | None:
    """The adjustment of an enterprise that waits or holds, if any."""
    return session.scalars(
        select(Adjustment).where(
            Adjustment.enterprise_id == enterprise_id, Adjustment.state.in_(("proposed", "approved"))
        )
    ).first()


def letters_at(enterprise_ids: Collection[int], moment: datetime) -> dict[int, str | None]:
    """The letter that each of these enterprises had at a moment; those without a result until then are left out."""
    statement = (
        select(GradeHistory.enterprise_id, GradeHistory.grade)
        .where(registry.among(GradeHistory.enterprise_id, enterprise_ids), GradeHistory.recorded_at <= moment)
        .ext(distinct_on(GradeHistory.enterprise_id))
        .order_by(GradeHistory.enterprise_id, GradeHistory.id.desc())
    )
    return dict(session.execute(statement).all())


def sample_of_results(number: int, *, seed: int) -> Sequence[GradeHistory]:
    """So many of the latest results and as many of all, by chance; those that can be worked out again."""
    replayable = (GradeHistory.grade.is_not(None), GradeHistory.inputs.is_not(None))
    everybody = session.scalars(select(Rating.enterprise_id).order_by(Rating.enterprise_id)).all()
    dice = Random(seed)  # noqa: S311 - a sample, no secret
    lucky = dice.sample(everybody, min(number, len(everybody)))
    latest = (
        select(GradeHistory)
        .where(GradeHistory.enterprise_id.in_(lucky), *replayable)
        .ext(distinct_on(GradeHistory.enterprise_id))
        .order_by(GradeHistory.enterprise_id, GradeHistory.id.desc())
    )
    highest = session.scalar(select(func.max(GradeHistory.id))) or 0
    drawn = {dice.randint(1, highest) for _each in range(number)} if highest else set()
    any_time = select(GradeHistory).where(GradeHistory.id.in_(drawn), *replayable)
    found = {each.id: each for statement in (latest, any_time) for each in session.scalars(statement)}
    return list(found.values())


def replay_checks(limit: int = 30) -> Sequence[ReplayCheck]:
    """The daily checks, newest first."""
    return session.scalars(select(ReplayCheck).order_by(ReplayCheck.day.desc()).limit(limit)).all()


def explanation(enterprise_id: int) -> Explanation:
    """The receipt of an enterprise's grade as of today, by the model of its stored result, else by the one in force."""
    day = clock.today()
    dossier = snapshot.dossier(enterprise_id, day)
    rating = session.get(Rating, enterprise_id)
    in_force = basis(day)
    model_id = rating.model_id if rating else in_force.models[dossier.subject_class][0]
    since = session.scalars(
        select(GradeHistory.as_of)
        .where(GradeHistory.enterprise_id == enterprise_id, GradeHistory.before.is_distinct_from(GradeHistory.grade))
        .order_by(GradeHistory.id.desc())
        .limit(1)
    ).first()
    return Explanation(
        dossier=dossier,
        receipt=reference.grade(
            load(model_id), in_force.thresholds, dossier, day, suspends=in_force.suspends, norms=in_force.norms
        ),
        model=model(model_id),
        rating=rating,
        since=since,
    )
