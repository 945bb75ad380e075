"""Every example of the catalogue, worked out by the engine and by the reference."""

import json

import pytest

from casework.grading import engine, reference
from casework.grading.indicators import INDICATORS
from casework.grading.rules import GROUPS, Model, default_model
from casework.registry.rules import SUBJECT_CLASSES
from tests.make.grading import DAY, dossier_of, norms_of, reading_of

THRESHOLDS = {"B": 200, "C": 500, "D": 750}
EXAMPLES = [
    pytest.param(indicator, example, id=f"{indicator.code}-{example.words}")
    for indicator in INDICATORS.values()
    for example in indicator.examples
]


@pytest.mark.parametrize(("indicator", "example"), EXAMPLES)
def test_the_examples_hold_in_both_implementations(indicator, example):
    model = default_model("company", [indicator])
    dossier = dossier_of(example)
    norms = norms_of(model, example)
    receipt = reference.grade(model, THRESHOLDS, dossier, DAY, norms=norms)
    graded = engine.grade(model, THRESHOLDS, reading_of([dossier]), norms=norms)
    assert receipt.lines[0].points == graded.points[0, 0] == example.points * 10
    assert receipt.flags & 15 == graded.flags[0] & 15 == example.flags


def test_the_catalogue_covers_the_five_groups_and_every_class_has_a_model():
    table = {"basic": 5, "dynamic": 12, "supervision": 12, "relations": 4, "social": 6}
    codes = [f"{group}.{number:02}" for group, last in enumerate(table.values(), 1) for number in range(1, last + 1)]
    assert sorted(indicator.code for indicator in INDICATORS.values()) == codes
    assert all(list(table)[int(each.code[0]) - 1] == each.group for each in INDICATORS.values())
    for indicator in INDICATORS.values():
        assert all((indicator.label, indicator.label_en, indicator.basis, indicator.formula, indicator.examples))
        assert all(row.when for row in indicator.rule.rows())
    for subject_class in SUBJECT_CLASSES:
        model = default_model(subject_class, INDICATORS.values())
        assert {indicator.group for indicator in model.indicators} == set(GROUPS)


@pytest.mark.parametrize("subject_class", SUBJECT_CLASSES)
def test_a_model_survives_the_way_through_json(subject_class):
    model = default_model(subject_class, INDICATORS.values())
    assert Model.from_data(json.loads(json.dumps(model.to_data()))) == model
