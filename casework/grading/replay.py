"""A grade worked out again: on a past day, by what was known then or what is known now; ahead in time; and on trial.

Reads only. What was known then: the versions of the records known at that moment, with the registration data that the
stored result rests on (`rules.INPUTS`). What is known now: all corrections since, read for that day.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select

from casework.core import clock, parameters
from casework.core.db import session
from casework.core.errors import NotFound, Refusal
from casework.core.i18n import _
from casework.grading import queries, reference
from casework.grading.models import GradeHistory, GradingModel, Rating
from casework.grading.peers import Level, Norms
from casework.grading.reference import Receipt
from casework.grading.rules import COLUMNS, FEATURES, INPUTS, TENTH, Flag, Peers, Rule
from casework.registry import queries as registry
from casework.registry import snapshot
from casework.registry.rules import KIND_BY_NUMBER
from casework.registry.snapshot import UNKNOWN, Dossier, Fact

TRIED_BY = {"repaired": "repaired_on", "removed": "ends_on", "revoked": "revoked_on"}
"""The date of a record that says what it is tried as."""

STEPS_AHEAD = 60
"""So many dates ahead are tried for the next change of the grade."""


@dataclass(frozen=True)
class Replay:
    """The receipt of one enterprise on a day, with what was stored as the result in force at the end of that day."""

    knowledge: str
    day: date
    known_at: datetime
    dossier: Dossier
    receipt: Receipt
    model: GradingModel
    thresholds: Mapping[str, int]
    suspends: bool
    norms: Norms
    stored: GradeHistory | None

    @property
    def agrees(self) -> bool | None:
        """Whether what was stored is what follows; None where nothing was stored."""
        return None if self.stored is None else follows(self.receipt, self.stored)


@dataclass(frozen=True)
class Ahead:
    """What changes by itself on a day to come, if nothing new is recorded: indicators with points before and after."""

    day: date
    score: int
    grade: str
    flags: int
    lines: Sequence[tuple[reference.Line, int, int]]


def follows(receipt: Receipt, stored: GradeHistory | Rating) -> bool:
    """Whether a stored result is this receipt, to the last tenth of a point."""
    points = [line.points for line in receipt.lines]
    return (stored.pts, stored.score, stored.flags, stored.grade) == (
        points,
        receipt.score,
        receipt.flags,
        receipt.grade,
    )


def replay(enterprise_id: int, day: date, knowledge: str = "then") -> Replay:
    """The grade of a past day (or today); a Refusal for days to come and days before the first result."""
    if day > clock.today():
        raise Refusal(_("日期不能晚于今天。"), field="on")
    end = min(clock.local_moment(day + timedelta(days=1), 0) - timedelta(microseconds=1), clock.now())
    stored = in_force(enterprise_id, end)
    if stored is None:
        raise Refusal(_("%(day)s 还没有这户主体的分类结果。", day=day), field="on")
    if stored.grade is None or stored.model_id is None:
        raise Refusal(_("这户主体在 %(day)s 已退出分类。", day=day), field="on")
    if knowledge == "then":
        return _as_known(stored, day, end, _books([stored]), queries.norms_at(end))
    dossier = snapshot.dossier(enterprise_id, day)
    return _worked_out(dossier, day, stored, knowledge, clock.now(), queries.norms_at(end))


def result(stored: GradeHistory) -> Replay:
    """A stored result, worked out again as of its own day and moment."""
    return next(results([stored]))


def results(stored: Collection[GradeHistory]) -> Iterator[Replay]:
    """Stored results, each worked out again as of its own day and moment; the records of all are read at once."""
    books, norms_of = _books(stored), queries.norms_by_result()
    for one in stored:
        yield _as_known(one, one.as_of, one.recorded_at, books, norms_of(one))


def in_force(enterprise_id: int, moment: datetime) -> GradeHistory | None:
    """The stored result that stood at a moment."""
    return session.scalars(
        select(GradeHistory)
        .where(GradeHistory.enterprise_id == enterprise_id, GradeHistory.recorded_at <= moment)
        .order_by(GradeHistory.id.desc())
        .limit(1)
    ).first()


def next_result(stored: GradeHistory) -> GradeHistory | None:
    """The result that followed a stored one."""
    return session.scalars(
        select(GradeHistory)
        .where(GradeHistory.enterprise_id == stored.enterprise_id, GradeHistory.id > stored.id)
        .order_by(GradeHistory.id)
        .limit(1)
    ).first()


def ahead(told: Replay) -> Iterator[Ahead]:
    """The dates on which the result changes by itself, up to the one on which the letter does.

    Relations to others are taken as they are; thresholds and model too.
    """
    before = told.receipt
    for _step in range(STEPS_AHEAD):
        if before.next_due is None:
            return
        day = before.next_due
        after = worked_out(told, aged(told.dossier, told.day, day), day)
        lines = [
            (line, was.points, line.points)
            for was, line in zip(before.lines, after.lines, strict=True)
            if was.points != line.points
        ]
        if lines or after.flags != before.flags:
            yield Ahead(day, after.score, after.grade, after.flags, lines)
        if after.grade != before.grade:
            return
        before = after


def worked_out(told: Replay, dossier: Dossier, day: date) -> Receipt:
    """Another receipt by the same model and parameters: of another day, or with other records."""
    return reference.grade(
        queries.load(told.model.id), told.thresholds, dossier, day, suspends=told.suspends, norms=told.norms
    )


def aged(dossier: Dossier, read_on: date, day: date) -> Dossier:
    """What was read on one day, as it stands on another if nothing else happens."""
    age = dossier.columns["age_days"]
    if age == UNKNOWN:
        return dossier
    return replace(dossier, columns={**dossier.columns, "age_days": age + (day - read_on).days})


def trial(enterprise_id: int, marks: Mapping[int, str]) -> tuple[Replay, Dossier]:
    """Today's grade as it is, and the dossier with some records marked (record id → a key of `rules.TRIALS`)."""
    day = clock.today()
    now = replay(enterprise_id, day, "now")
    unknown = marks.keys() - {fact.id for fact in now.dossier.facts}
    if unknown:
        raise NotFound(_("没有这条信用记录。"))
    facts = [
        replace(fact, **{TRIED_BY[marks[fact.id]]: day}) if fact.id in marks else fact for fact in now.dossier.facts
    ]
    return now, replace(now.dossier, facts=facts)


def trials_of(fact: Fact, day: date) -> list[str]:
    """What may be tried on a record, by its kind and state."""
    kind = KIND_BY_NUMBER[fact.kind]
    if not fact.stands_on(day) or fact.happened_on > day:
        return []
    possible = {"repaired": kind.repairable, "removed": kind.lasts and not fact.ended_on(day), "revoked": True}
    return [verb for verb, fits in possible.items() if fits]


def to_data(told: Replay) -> dict[str, Any]:
    """A receipt as JSON values, points as points. For the staff and their systems of supervision only."""
    receipt, model = told.receipt, told.model
    return {
        "enterprise_id": told.dossier.enterprise_id,
        "as_of": receipt.as_of.isoformat(),
        "knowledge": told.knowledge,
        "known_at": told.known_at.isoformat(),
        "model": {
            "title": model.definition["title"],
            "version": model.version,
            "sha256": model.sha256,
            "document_no": model.document_no,
            "effective_from": model.effective_from.isoformat(),
        },
        "thresholds": dict(told.thresholds),
        "grade": receipt.grade,
        "score": receipt.score / TENTH,
        "direct": [flag.name for flag in Flag if receipt.flags & flag],
        "changes_on": receipt.next_due.isoformat() if receipt.next_due else None,
        "agrees_with_stored": told.agrees,
        "registration": {**told.dossier.columns, **told.dossier.features},
        "groups": [
            {"key": group.key, "sum": group.sum / TENTH, "cap": group.cap / TENTH, "points": group.points / TENTH}
            for group in receipt.groups
        ],
        "indicators": [_line_to_data(line, receipt.as_of) for line in receipt.lines],
    }


def _line_to_data(line: reference.Line, day: date) -> dict[str, Any]:
    return {
        "code": line.indicator.code,
        "key": line.indicator.key,
        "label": line.indicator.label,
        "label_en": line.indicator.label_en,
        "group": line.indicator.group,
        "value": line.value,
        "points_before_cap": line.uncapped / TENTH,
        "points": line.points / TENTH,
        "valid_until": line.until.isoformat() if line.until else None,
        **({"peers": _level_to_data(line.level, line.indicator.rule)} if line.level else {}),
        "records": [_hit_to_data(hit, day) for hit in line.hits],
    }


def _level_to_data(level: Level, rule: Rule) -> dict[str, Any]:
    assert isinstance(rule, Peers)
    limits = zip(rule.limits, level.percentiles, level.bounds, strict=True)
    return {
        "compared_with": level.width,
        "section": level.cell.section,
        "size": level.cell.size,
        "n": level.n,
        "limits": [
            {"percent": limit.percent, "usual": usual, "from": bound, "points": limit.points}
            for limit, usual, bound in limits
        ],
    }


def _hit_to_data(hit: reference.Hit, day: date) -> dict[str, Any]:
    fact = hit.fact
    dates = ("happened_on", "ends_on", "publicity_until")
    return {
        "record_id": fact.id,
        "kind": KIND_BY_NUMBER[fact.kind].key,
        "class": fact.klass,
        "title": fact.title,
        "document_no": fact.document_no,
        "authority": fact.authority,
        **{name: value.isoformat() if (value := getattr(fact, name)) else None for name in dates},
        "in_doubt": fact.disputed_on(day),
        "source": fact.source,
        "source_key": fact.source_key,
        "batch": fact.batch_id,
        "row": fact.row_no,
        "points_before_decay": None if hit.before is None else hit.before / TENTH,
        "points_after_decay": None if hit.after is None else hit.after / TENTH,
    }


@dataclass(frozen=True)
class _Books:
    """What some results rest on: classes of enterprises, all versions of their records, and the models."""

    classes: Mapping[int, str]
    versions: Mapping[int, Sequence[Any]]
    models: Mapping[int, GradingModel]

    def facts(self, enterprise_id: int, moment: datetime) -> Sequence[Fact]:
        """The versions that were known at a moment, oldest first."""
        return [
            Fact(*map(version._mapping.__getitem__, _FACT))
            for version in self.versions.get(enterprise_id, ())
            if version.recorded_at <= moment and (version.superseded_at is None or version.superseded_at > moment)
        ]


_FACT = tuple(field.name for field in fields(Fact))


def _books(stored: Collection[GradeHistory]) -> _Books:
    ids = {one.enterprise_id for one in stored}
    models = {one.model_id for one in stored if one.model_id is not None}
    versions: defaultdict[int, list[Any]] = defaultdict(list)
    for version in registry.histories(ids):
        versions[version.enterprise_id].append(version)
    classes = {known.id: known.subject_class for known in registry.brief(ids).values()}
    return _Books(classes, versions, {each: queries.model(each) for each in models})


def _as_known(stored: GradeHistory, day: date, moment: datetime, books: _Books, norms: Norms) -> Replay:
    """By what was known at a moment. Results from before registration data were kept with them take today's."""
    one = stored.enterprise_id
    if stored.inputs is None:
        dossier = snapshot.dossier(one, day, known_at=moment)
    else:
        dossier = _resting_on(one, books.classes[one], books.facts(one, moment), stored.inputs, day)
    return _worked_out(dossier, day, stored, "then", moment, norms)


def _resting_on(
    enterprise_id: int, subject_class: str, facts: Sequence[Fact], inputs: Sequence[int], day: date
) -> Dossier:
    known: dict[str, Any] = dict(zip(INPUTS, inputs, strict=True))
    established = known.pop("established")
    known["age_days"] = UNKNOWN if established == UNKNOWN else day.toordinal() - established
    columns, features = ({name: known[name] for name in names} for names in (COLUMNS, FEATURES))
    return Dossier(enterprise_id, subject_class, columns, features, facts)


def _worked_out(
    dossier: Dossier, day: date, stored: GradeHistory, knowledge: str, moment: datetime, norms: Norms
) -> Replay:
    assert stored.model_id is not None
    kept = queries.model(stored.model_id)
    model, suspends = queries.load(kept.id, kept.sha256), queries.suspends(day)
    thresholds = model.thresholds or parameters.value("grading.thresholds", day)
    return Replay(
        knowledge=knowledge,
        day=day,
        known_at=moment,
        dossier=dossier,
        receipt=reference.grade(model, thresholds, dossier, day, suspends=suspends, norms=norms),
        model=kept,
        thresholds=thresholds,
        suspends=suspends,
        norms=norms,
        stored=stored,
    )
