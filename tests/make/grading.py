"""Readings and dossiers for tests of grading, in memory and in the database."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from io import BytesIO
from itertools import count
from typing import Any

import numpy as np

from casework.core import clock
from casework.core.actor import SYSTEM
from casework.core.db import session
from casework.grading import model_files, queries
from casework.grading import operations as grading
from casework.grading.calibration import Line, Scorecard
from casework.grading.indicators import INDICATORS
from casework.grading.models import Adjustment, Calibration, GradeFile, GradingModel, Simulation
from casework.grading.peers import UNKNOWN_SECTION, UNKNOWN_SIZE, Cell, Counts, Norms, questions
from casework.grading.rules import COLUMNS, FEATURES, Bands, Example, Model, Past, default_model
from casework.registry.models import CreditRecord, Enterprise
from casework.registry.rules import CODE_BASE, KINDS
from casework.registry.snapshot import CLASSES, OPEN, UNKNOWN, Dossier, Fact, Reading, Wanted, industry_number, standing
from tests.make.accounts import actor, unit

DAY = date(2026, 11, 2)


def dossier_of(example: Example, subject_class: str = "company") -> Dossier:
    """The enterprise that an example tells of, seen on DAY."""
    columns = dict.fromkeys(COLUMNS, UNKNOWN) | dict(example.columns)
    if example.industry:
        columns["industry"] = industry_number(example.industry)[0]
    facts = [fact(number, past) for number, past in enumerate(example.records)]
    return Dossier(1, subject_class, columns, dict.fromkeys(FEATURES, 0) | dict(example.features), facts)


def fact(number: int, past: Past) -> Fact:
    kind, klass = past.record.split(".")
    return Fact(
        id=number,
        kind=KINDS[kind].number,
        klass=int(klass),
        happened_on=DAY - timedelta(days=past.days_ago),
        ends_on=None if past.ended_days_ago is None else DAY - timedelta(days=past.ended_days_ago),
    )


EVERYTHING = Wanted({kind.code(klass): OPEN for kind in KINDS.values() for klass in range(CODE_BASE)})
"""Every record, however old."""


def norms_of(model: Model, example: Example) -> Norms:
    """The peers that an example tells of, as the answer to whatever a model wants measured."""
    return norms_for(model, {str(Cell(example.industry[:1] or UNKNOWN_SECTION, UNKNOWN_SIZE)): example.peers})


def norms_for(model: Model, cells: Mapping[str, Counts]) -> Norms:
    """A measurement that finds the same in answer to every question of a model."""
    return Norms(dict.fromkeys(questions(model), cells), DAY)


def reading_of(dossiers: Sequence[Dossier], day: date = DAY, wanted: Wanted = EVERYTHING) -> Reading:
    """What the snapshot would read of these enterprises; they are of one class, or in the order of the classes."""
    events = []
    for row, each in enumerate(dossiers):
        for record in standing(each.facts, day):
            if not record.matters_on(day, wanted):
                continue
            change = record.changes_after(day)
            stop = OPEN if change is None else min((change - day).days, OPEN)
            coming = record.happened_on > day
            told = (0, False, -record.code) if coming else (record.age_on(day), record.ended_on(day), record.code)
            events.append((row, stop, *told))
    events.sort(key=lambda event: (CLASSES.index(dossiers[event[0]].subject_class), event[4]))
    row, stop, age, ended, code = np.array(events, int).reshape(-1, 5).T
    return Reading(
        as_of=day,
        ids=np.array([each.enterprise_id for each in dossiers], np.int64),
        subject_class=np.array([CLASSES.index(each.subject_class) for each in dossiers], np.int32),
        columns={name: np.array([each.columns[name] for each in dossiers], np.int32) for name in COLUMNS},
        features={name: np.array([each.features[name] for each in dossiers], np.int32) for name in FEATURES},
        row=row.astype(np.int32),
        age=age.astype(np.int16),
        stop=stop.astype(np.int16),
        ended=ended.astype(bool),
        code=code.astype(np.int16),
    )


def models() -> None:
    """The shipped models in force."""
    grading.ensure_default_models(actor=SYSTEM)


def draft(**changes: Any) -> GradingModel:
    """The shipped model of companies as a draft in which every company is risky from its first day on."""
    shipped = default_model("company", INDICATORS.values())
    certain = Bands("age_days", ((1, 80),), 80)
    risky = [replace(each, rule=certain) if each.key == "age" else each for each in shipped.indicators]
    risky_model = replace(shipped, indicators=tuple(risky), thresholds={"B": 60, "C": 500, "D": 750}, **changes)
    content = model_files.ModelFile(risky_model, clock.today(), "试〔2026〕2号")
    return grading.draft_model(model_files.write(content).encode(), actor=SYSTEM)


def simulation() -> Simulation:
    """A draft, tried on everybody."""
    asked = grading.request_simulation(draft(title=f"试算{next(_numbers)}").id, actor=SYSTEM)
    grading.carry_out_simulation(asked.id, actor=SYSTEM)
    return asked


def grade_file() -> GradeFile:
    """Everybody's grade, written."""
    asked = grading.request_grade_file("csv", actor=SYSTEM)
    grading.write_grade_file(asked.id, actor=SYSTEM)
    return asked


def calibration() -> Calibration:
    """A finished calibration that proposes half as many points again for the first indicator."""
    basis = queries.basis(clock.today())
    model_id, model = basis.models["company"]
    lines = [
        Line(each.key, 60, 20, 1.5 if place == 0 else 1.0, place == 0) for place, each in enumerate(model.indicators)
    ]
    known = Calibration(
        model_id=model_id,
        requested_by="测试",
        requested_at=clock.now(),
        first=clock.today() - timedelta(days=400),
        last=clock.today() - timedelta(days=9),
        finished_at=clock.now(),
        proposal=Scorecard(300, 60, 4.0, 0.5, 0.48, 0.6, 0.64, tuple(lines)).to_data(),
    )
    session.add(known)
    session.flush()
    return known


def adjustment(enterprise: Enterprise, grade: str = "C", **changes: Any) -> Adjustment:
    """A proposal of the credit section that an enterprise be of another grade for a month."""
    today = clock.today()
    wanted = {"starts_on": today, "ends_on": today + timedelta(days=30)} | changes
    return grading.propose_adjustment(
        enterprise.id,
        grade=grade,
        reason=f"{enterprise.name}多次被投诉",
        document_no="周市监〔2026〕9号",
        evidence=BytesIO(b"evidence"),
        evidence_name="会议纪要.pdf",
        **({"actor": actor("credit")} | wanted),
    )


_numbers = count(1)


def subject(**columns: Any) -> Enterprise:
    """A plain old company without a blemish; `columns` say what is different."""
    number = next(_numbers)
    org = columns.pop("org", "川汇区一所")
    row = {
        "uscc": f"91411602MA{number:08d}",
        "subject_class": "company",
        "name": f"周口市第{number}号试验有限公司",
        "name_key": f"周口市第{number}号试验有限公司",
        "bigrams": [],
        "status": "active",
        "established_on": date(2010, 5, 4),
        "org_id": unit(org).id,
        "source": "test",
        "recorded_at": clock.now(),
        "updated_at": clock.now(),
    }
    enterprise = Enterprise(**(row | columns))
    session.add(enterprise)
    session.flush()
    return enterprise


def fact_of(enterprise: Enterprise, record: str, on: date, **columns: Any) -> CreditRecord:
    """A record of an enterprise, kept as it is: any dates, no message."""
    kind, klass = record.split(".")
    row = CreditRecord(
        enterprise_id=enterprise.id,
        kind=KINDS[kind].number,
        klass=int(klass),
        happened_on=on,
        **(
            {
                "title": KINDS[kind].label,
                "source": "test",
                "source_key": f"t{next(_numbers)}",
                "recorded_at": clock.now(),
            }
            | columns
        ),
    )
    session.add(row)
    session.flush()
    return row
