"""Back-tests: a city's inspection history graded as of a day by the product's own engine, held against what came."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from casework.core import clock, parameters
from casework.core.errors import Invalid, Refusal
from casework.core.i18n import _
from casework.grading import engine, model_files
from casework.grading.backtest import histories, records
from casework.grading.backtest.histories import History, Inspection
from casework.grading.prediction import Estimate, Evaluation, cut, evaluate
from casework.grading.rules import Model
from casework.registry import snapshot, throwaway

SHIPPED_MODEL = Path(__file__).with_name("history_model.yaml")


@dataclass(frozen=True)
class Question:
    """What is asked: grades as of a day, by rank of score in `shares` or by thresholds, and what the window brought."""

    as_of: date
    window: int
    kind: str | None = None
    shares: tuple[float, ...] | None = None
    unseen: bool = False
    """Whether those count who were never inspected by the day; the register of the day does not know them."""
    seeds: int = 1000


@dataclass(frozen=True)
class Answer:
    """What came out, and what was left out."""

    question: Question
    model: str
    evaluation: Evaluation
    visits: int
    """Inspections up to the day."""
    unseen: int
    """Inspected in the window for the first time."""

    undecided: int = 0
    """Inspections that do not say how they ended."""

    def to_data(self) -> dict[str, Any]:
        """As JSON values: what any two back-tests are compared by."""
        found = self.evaluation
        return {
            "n": found.n,
            "base_rate": _round(found.base.value),
            "auc": _round(found.auc.value),
            "hit_rate": {one.grade: _round(one.rate.value) for one in found.grades},
            "draw_rate": _round(found.draw_rate.value),
            "lift": _round(found.lift.value),
            "lift_low": _round(found.lift.low),
            "lift_high": _round(found.lift.high),
        }

    def details(self) -> dict[str, Any]:
        """As JSON values: intervals, sizes and what was left out."""
        found = self.evaluation
        return {
            "auc_low": _round(found.auc.low),
            "auc_high": _round(found.auc.high),
            "draw_rate_low": _round(found.draw_rate.low),
            "draw_rate_high": _round(found.draw_rate.high),
            "hit_rate_low": {one.grade: _round(one.rate.low) for one in found.grades},
            "hit_rate_high": {one.grade: _round(one.rate.high) for one in found.grades},
            "grades": {one.grade: one.n for one in found.grades},
            "seeds": found.draws.seeds,
            "seeded_draw": _round(found.draws.rate.value),
            "seeded_uniform": _round(found.draws.uniform.value),
            "seeded_better": _round(found.draws.better),
            "unseen": self.unseen,
            "undecided": self.undecided,
            "history": self.visits,
            "as_of": self.question.as_of.isoformat(),
            "window": self.question.window,
            "model": self.model,
        }

    def in_words(self) -> str:
        """A few lines for somebody who reads."""
        found, question = self.evaluation, self.question
        lines = [
            _(
                "%(day)s 评定，此后 %(window)s 日内 %(n)s 户有首次检查结果，不合格率 %(base)s；AUC %(auc)s。",
                day=question.as_of,
                window=question.window,
                n=f"{found.n:,}",
                base=f"{found.base.value:.2%}",
                auc=_with_interval(found.auc, "{:.3f}"),
            )
        ]
        lines += [
            _(
                "%(grade)s 级 %(n)s 户，不合格率 %(rate)s",
                grade=one.grade,
                n=f"{one.n:,}",
                rate=_with_interval(one.rate, "{:.2%}"),
            )
            for one in found.grades
        ]
        lines.append(
            _(
                "按等级抽查的发现率 %(rate)s，是均匀抽查的 %(lift)s 倍。"
                "以 %(seeds)s 个种子各抽 %(size)s 户，%(better)s 的次数优于均匀抽查。",
                rate=_with_interval(found.draw_rate, "{:.2%}"),
                lift=_with_interval(found.lift, "{:.2f}"),
                seeds=found.draws.seeds,
                size=found.draws.size,
                better=f"{found.draws.better:.1%}",
            )
        )
        told = (
            _("未计入 %(number)s 户：此前没有检查记录。")
            if not question.unseen
            else _("其中 %(number)s 户此前没有检查记录，按同类水平评定。")
        )
        lines.append(told % {"number": f"{self.unseen:,}"})
        if self.undecided:
            lines.append(_("未计入 %(number)s 次检查：没有写明结果。", number=f"{self.undecided:,}"))
        return "\n".join(lines)


def _with_interval(found: Estimate, form: str) -> str:
    if np.isnan(found.value):
        return "—"
    return _(
        "%(value)s（95%% 区间 %(low)s—%(high)s）",
        value=form.format(found.value),
        low=form.format(found.low),
        high=form.format(found.high),
    )


def _round(value: float) -> float | None:
    return None if np.isnan(value) else round(value, 4)


def run(folder: Path, question: Question, *, database: str, model: Path = SHIPPED_MODEL) -> Answer:
    """Answers a question about the history in a folder. `database` is the address beside which a register is made."""
    graded_by, thresholds = read_model(model)
    history = histories.read(folder, kind=question.kind, known_on=question.as_of)
    outcomes = _outcomes(history, question)
    seen = {one.establishment for one in history.inspections if one.on <= question.as_of}
    asked = [key for key in outcomes if question.unseen or key in seen]
    past = records.known_on(question.as_of, history, others=asked)
    failed = np.array([outcomes[key].failed for key in asked], bool)
    _refuse_what_cannot_be_told(failed, folder)
    graded_by = records.measured(graded_by, past)
    with throwaway.register(database, past.subjects.values(), past.records, clock.now()) as connection:
        everybody = range(1, 1 + len(past.subjects))
        reading = snapshot.read(connection, everybody, question.as_of, snapshot.Wanted(graded_by.records))
        graded = engine.grade(graded_by, thresholds, reading)
    place = np.searchsorted(graded.ids, [past.subjects[key].id for key in asked])
    score = graded.score[place].astype(np.int64)
    grade = graded.grade[place].astype(np.int64)
    if question.shares is not None:
        grade = cut(score, [_lot(key) for key in asked], question.shares)
    ratios = {letter: bp / 10_000 for letter, bp in _floors().items()}
    return Answer(
        question=question,
        model=graded_by.key,
        evaluation=evaluate(score, grade, failed, ratios, seeds=question.seeds),
        visits=sum(one.on <= question.as_of for one in history.inspections),
        unseen=len(outcomes.keys() - seen),
        undecided=history.undecided,
    )


def _floors() -> Mapping[str, int]:
    """The shipped ratios of the draw, in basis points: a back-test knows no city's own."""
    floors: Mapping[str, int] = parameters.definitions()["sampling.floors_bp"].shipped[-1].value
    return floors


def _lot(key: str) -> bytes:
    """Orders equals by chance, and always alike."""
    return hashlib.sha256(key.encode()).digest()


def _outcomes(history: History, question: Question) -> dict[str, Inspection]:
    """The first inspection of each establishment in the window."""
    if not history.inspections:
        raise Refusal(_("没有符合条件的检查，无从回溯；请看 --kind 是否写对。"))
    first, last = history.inspections[0].on, history.inspections[-1].on
    if first > question.as_of:
        raise Refusal(
            _("最早的检查在 %(first)s，%(day)s 之前没有可用的历史。", first=first, day=question.as_of), field="as-of"
        )
    end = question.as_of + timedelta(days=question.window)
    outcomes: dict[str, Inspection] = {}
    for one in history.inspections:
        if question.as_of < one.on <= end:
            outcomes.setdefault(one.establishment, one)
    if not outcomes:
        words = _(
            "%(day)s 之后 %(window)s 日内没有检查结果可供比较；最后的检查在 %(last)s。",
            day=question.as_of,
            window=question.window,
            last=last,
        )
        raise Refusal(words, field="window")
    return outcomes


def _refuse_what_cannot_be_told(failed: np.ndarray, folder: Path) -> None:
    if not len(failed):
        raise Refusal(
            _(
                "%(folder)s：窗口内被检查的都是第一次检查，没有历史可用；可加 --unseen 按同类水平一并计算。",
                folder=folder,
            )
        )
    if failed.all() or not failed.any():
        words = _("全部不合格") if failed.all() else _("全部合格")
        raise Refusal(_("%(folder)s：窗口内的检查%(words)s，分不出先后，无法比较。", folder=folder, words=words))


def read_model(path: Path) -> tuple[Model, Mapping[str, int]]:
    """A model with its thresholds from a YAML file; a Refusal names the file and every mistake in it."""
    shipped = parameters.definitions()["grading.thresholds"].shipped[-1].value
    try:
        model = model_files.read(path.read_bytes(), thresholds=shipped).model
    except Refusal as refusal:
        told = refusal.errors["file"] if isinstance(refusal, Invalid) else [refusal.message]
        raise Refusal("\n".join([_("模型文件 %(file)s 不能用：", file=path.name), *told])) from refusal
    except OSError as error:
        raise Refusal(_("模型文件 %(file)s 读不出来：%(error)s。", file=path.name, error=error.strerror)) from error
    return model, model.thresholds or shipped
