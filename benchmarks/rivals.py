"""What grading is held against: a decent loop through the ORM, and a rule engine (zen-engine, where installed)."""

import importlib.util
import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from sqlalchemy import select

from casework.core import clock
from casework.core.db import session, transaction
from casework.grading import queries, reference
from casework.grading.models import Rating
from casework.grading.rules import FEATURES, TENTH, Count, Model, Peers, Relation, Sum
from casework.registry.models import CreditRecord, Enterprise
from casework.registry.snapshot import UNKNOWN, Dossier, Fact

BATCH = 500


def orm_loop(ids: Sequence[int]) -> int:
    """Grades enterprises as a careful program without a snapshot would, by objects in batches; how many would change.

    Industries and relations to others are left out and nothing is written, which favours the loop.
    """
    day, changed = clock.today(), 0
    for first in range(0, len(ids), BATCH):
        with transaction():
            basis, part = queries.basis(day), ids[first : first + BATCH]
            facts: dict[int, list[Fact]] = defaultdict(list)
            for record in session.scalars(
                select(CreditRecord).where(CreditRecord.enterprise_id.in_(part), CreditRecord.superseded_at.is_(None))
            ):
                facts[record.enterprise_id].append(_fact(record))
            ratings = {each.enterprise_id: each for each in session.scalars(_of(Rating, Rating.enterprise_id, part))}
            for enterprise in session.scalars(_of(Enterprise, Enterprise.id, part)):
                _model_id, model = basis.models[enterprise.subject_class]
                age = (day - enterprise.established_on).days if enterprise.established_on else UNKNOWN
                columns = {
                    "age_days": age,
                    "capital": _known(enterprise.capital_wan),
                    "paid_capital": _known(enterprise.paid_capital_wan),
                    "employees": _known(enterprise.employees),
                    "cluster_address": int(enterprise.cluster_address),
                    "industry": UNKNOWN,
                }
                own, relations = facts[enterprise.id], dict.fromkeys(FEATURES, 0)
                dossier = Dossier(enterprise.id, enterprise.subject_class, columns, relations, own)
                receipt = reference.grade(model, basis.thresholds, dossier, day, norms=basis.norms)
                rating = ratings.get(enterprise.id)
                changed += rating is None or (rating.grade, rating.score) != (receipt.grade, receipt.score)
    return changed


def _known(number: Any) -> int:
    return UNKNOWN if number is None else int(number)


def _of(entity: Any, column: Any, ids: Sequence[int]) -> Any:
    return select(entity).where(column.in_(ids))


def _fact(record: CreditRecord) -> Fact:
    return Fact(
        id=record.id,
        kind=record.kind,
        klass=record.klass,
        happened_on=record.happened_on,
        ends_on=record.ends_on,
        publicity_until=record.publicity_until,
        repaired_on=record.repaired_on,
        revoked_on=record.revoked_on,
        amount=record.amount,
        chain=record.chain,
        title=record.title,
    )


class Zen:
    """The model of companies as one decision of zen-engine: one expression an indicator, one a group, one in all.

    Its numbers come ready: what is counted and added up of records is not part of its work.
    """

    def __init__(self, model: Model) -> None:
        zen = importlib.import_module("zen")
        nodes = [
            {"id": "in", "type": "inputNode", "name": "in"},
            {"id": "sums", "type": "expressionNode", "name": "sums", "content": {"expressions": list(_sums(model))}},
            {"id": "out", "type": "outputNode", "name": "out"},
        ]
        edges = [
            {"id": "1", "sourceId": "in", "targetId": "sums"},
            {"id": "2", "sourceId": "sums", "targetId": "out"},
        ]
        self._keys = [f"n_{indicator.key}" for indicator in model.indicators]
        self._decision = zen.ZenEngine().create_decision(json.dumps({"nodes": nodes, "edges": edges}))

    def loop(self, subjects: int) -> None:
        """Scores so many subjects, three numbers of a hundred being more than 0, as in a real register."""
        dice = np.random.default_rng(1)
        numbers = (dice.random((subjects, len(self._keys))) < 0.03) * dice.integers(1, 4, (subjects, len(self._keys)))
        for row in numbers.tolist():
            self._decision.evaluate(dict(zip(self._keys, row, strict=True)))


def zen_is_installed() -> bool:
    """Whether the rule engine can be imported; it is a dependency of this benchmark only (requirements/bench.txt)."""
    return importlib.util.find_spec("zen") is not None


def _sums(model: Model) -> Iterator[dict[str, str]]:
    for indicator in model.indicators:
        key = f"n_{indicator.key}"
        match indicator.rule:
            case Count(steps=steps) | Relation(steps=steps):
                words = "0"
                for step, points in steps:
                    words = f"({key} >= {step} ? {points * TENTH:g} : {words})"
            case Peers(limits=limits):
                words = "0"
                for limit in limits:
                    words = f"({key} >= {limit.at_least} ? {limit.points * TENTH:g} : {words})"
            case Sum(weights=weights, cap=cap):
                words = f"min([{key} * {weights[0].points * TENTH:g}, {cap * TENTH:g}])"
            case _:
                words = f"{key} * 100"
        yield {"id": indicator.key, "key": f"p_{indicator.key}", "value": words}
    for group, cap in model.caps.items():
        whole = " + ".join(f"$.p_{each.key}" for each in model.indicators if each.group == group)
        yield {"id": f"g_{group}", "key": f"g_{group}", "value": f"max([0, min([{whole}, {cap * TENTH:g}])])"}
    yield {"id": "score", "key": "score", "value": " + ".join(f"$.g_{group}" for group in model.caps)}
