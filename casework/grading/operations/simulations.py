"""Verbs of simulations: a draft is tried on the whole register beside the model in force; no grade changes."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field

import numpy as np
from sqlalchemy import text

from casework.accounts import queries as staff
from casework.core import clock, jobs
from casework.core.actor import Actor
from casework.core.db import session
from casework.core.errors import NotFound, Refusal
from casework.core.i18n import _
from casework.core.ledger import announce, record
from casework.grading import engine, queries
from casework.grading.engine import Ints
from casework.grading.messages import SimulationRequested
from casework.grading.models import Simulation
from casework.grading.operations.norms import measured
from casework.grading.peers import questions
from casework.grading.rules import GRADES
from casework.grading.simulation import Comparison, compare, sections
from casework.registry import snapshot


def request_simulation(model_id: int, *, actor: Actor) -> Simulation:
    """Asks a worker to try a draft on the whole register; refused while that is under way."""
    model = queries.model(model_id)
    if model.state != "draft":
        raise Refusal(_("只有草案可以试算。"))
    last = queries.last_simulation(model_id)
    if last is not None and queries.is_open(last):
        raise Refusal(_("这份草案正在试算，请等它完成。"))
    simulation = Simulation(model_id=model_id, requested_by=actor.name, requested_at=clock.now())
    session.add(simulation)
    session.flush()
    simulation.message_id = announce(SimulationRequested(simulation_id=simulation.id), actor=actor)
    record("grading.request_simulation", simulation, actor=actor, after={"model": model_id})
    return simulation


def carry_out_simulation(simulation_id: int, *, actor: Actor) -> None:
    """Grades a class by the draft and by the model in force. Idempotence key: the unfinished simulation."""
    simulation = session.get(Simulation, simulation_id, with_for_update=True)
    if simulation is None:
        raise NotFound(_("没有这次试算。"))
    if simulation.finished_at is not None:
        return
    day, model = clock.today(), queries.model(simulation.model_id)
    basis, new = queries.basis(day), queries.load(model.id)
    against_id, old = basis.models[model.subject_class]
    counted = _Simulated()
    with snapshot.reading() as connection:
        snapshot.tune(connection)
        shards = snapshot.shards(connection)
        norms = measured(questions(old) | questions(new), basis, connection, day)
        wanted = snapshot.Wanted(old.records, basis.suspends).or_those_of(snapshot.Wanted(new.records))
        for done, scope in enumerate(shards):
            jobs.progress(done, len(shards))
            part = snapshot.read(connection, scope, day, wanted).of_class(model.subject_class)
            before, after = (engine.grade(each, basis.thresholds, part, norms=norms) for each in (old, new))
            counted.add(compare(before, after, old, new), part, snapshot.units(connection, scope, part.ids))
            _keep_moves(simulation_id, counted.latest)
    simulation.as_of, simulation.against_id, simulation.looked_at = day, against_id, counted.moves.total()
    simulation.moves, simulation.areas, simulation.industries = counted.moves, counted.areas, counted.industries
    simulation.finished_at = clock.now()
    record("grading.carry_out_simulation", simulation, actor=actor, after={"looked_at": simulation.looked_at})


@dataclass
class _Simulated:
    """What the shards of a simulation add up to."""

    moves: Counter[str] = field(default_factory=Counter)
    areas: dict[int, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    industries: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    latest: Comparison | None = None

    def add(self, compared: Comparison, part: snapshot.Reading, units: Ints) -> None:
        self.latest = compared
        self.moves.update(compared.matrix())
        county_of = staff.county_of()
        for unit_id in np.unique(units).tolist():
            self.areas[county_of[unit_id]].update(compared.matrix(np.flatnonzero(units == unit_id)))
        for section, rows in sections(part.columns["industry"]).items():
            self.industries[section].update(compared.matrix(rows))


def _keep_moves(simulation_id: int, compared: Comparison | None) -> None:
    if compared is None or not len(compared.movers):
        return
    rows = compared.movers
    letters = [[GRADES[place] for place in result.grade[rows].tolist()] for result in (compared.before, compared.after)]
    session.execute(
        text(
            """
            INSERT INTO simulated_move
                (simulation_id, enterprise_id, before, after, score_before, score_after, reason, change)
            SELECT :simulation, * FROM unnest(CAST(:ids AS bigint[]), CAST(:before AS text[]), CAST(:after AS text[]),
                CAST(:was AS smallint[]), CAST(:now AS smallint[]), CAST(:reasons AS text[]),
                CAST(:changes AS smallint[]))
            """
        ),
        {
            "simulation": simulation_id,
            "ids": compared.before.ids[rows].tolist(),
            "before": letters[0],
            "after": letters[1],
            "was": compared.before.score[rows].tolist(),
            "now": compared.after.score[rows].tolist(),
            "reasons": compared.reasons,
            "changes": compared.changes,
        },
    )
