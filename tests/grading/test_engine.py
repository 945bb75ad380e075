"""The engine and the plain reference agree bit for bit on random models and worlds; and what the numbers obey."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as some

from casework.grading import engine, reference
from casework.grading.indicators import INDICATORS
from casework.grading.peers import Cell, percentile
from casework.grading.rules import (
    GRADES,
    GROUPS,
    Attention,
    Average,
    Bands,
    Condition,
    Count,
    Direct,
    Growth,
    Indicator,
    Industry,
    Lapsed,
    Limit,
    Listing,
    Model,
    Peers,
    Relation,
    Sum,
    Weight,
    When,
    default_model,
    grade_of,
)
from casework.registry.rules import KINDS, SUBJECT_CLASSES
from casework.registry.snapshot import UNKNOWN, Dossier, Fact, industry_number
from tests.make.grading import DAY, norms_for, reading_of

RECORDS = [f"{kind.key}.{klass}" for kind in KINDS.values() for klass in kind.classes or (0,)]
INDUSTRIES = ["C13", "C18", "F52", "H", "H61", "H62", "I64"]
THRESHOLDS = {"B": 200, "C": 500, "D": 750}

points = some.integers(-400, 400).map(lambda tenth: tenth / 10)
days = some.sampled_from([1, 30, 91, 365, 730, 1095])
records = some.sampled_from(RECORDS[:12])
some_records = some.lists(records, min_size=1, max_size=3, unique=True).map(tuple)
steps = some.lists(
    some.tuples(some.integers(1, 6), points), min_size=1, max_size=3, unique_by=lambda step: step[0]
).map(lambda found: tuple(sorted(found)))
decays = some.sampled_from([(), ((365, 100), (730, 60), (1095, 30)), ((30, 77), (365, 13))])
rules = some.one_of(
    some.builds(Bands, some.just("age_days"), some.just(((365, 30), (1095, 15))), points),
    some.builds(
        When,
        some.lists(
            some.builds(
                Condition,
                some.sampled_from(["age_days", "capital"]),
                some.sampled_from([">=", "="]),
                some.integers(0, 900),
            ),
            min_size=1,
            max_size=2,
        ).map(tuple),
        points,
    ),
    some.builds(Industry, some.dictionaries(some.sampled_from(INDUSTRIES), points)),
    some.builds(
        Sum,
        some.lists(
            some.builds(
                Weight, records, points, some.sampled_from([0, 30, 365]), some.sampled_from(["any", "open", "ended"])
            ),
            max_size=4,
        ).map(tuple),
        some.integers(0, 300),
        decays,
    ),
    some.builds(
        Average,
        some.dictionaries(records, points, min_size=1, max_size=4),
        some.sampled_from([((365, 100), (730, 60), (1095, 30)), ((30, 77), (365, 13))]),
        some.integers(0, 3),
        points,
        some.dictionaries(some.sampled_from(INDUSTRIES), points),
    ),
    some.builds(
        Count,
        some_records,
        days,
        steps,
        some.dictionaries(some.sampled_from(INDUSTRIES), some.sampled_from([50, 150, 300])),
    ),
    some.builds(
        Peers,
        some_records,
        days,
        some.lists(
            some.builds(Limit, some.integers(1, 99), some.integers(1, 4), points),
            min_size=1,
            max_size=3,
            unique_by=lambda limit: limit.percent,
        ).map(lambda found: tuple(sorted(found))),
        some.sampled_from([(), (2, 5), (10, 100)]),
        some.sampled_from([1, 5, 40]),
    ),
    some.builds(Listing, some.dictionaries(records, points, min_size=1), points),
    some.builds(Lapsed, some_records, days, points, some.integers(0, 100)),
    some.builds(Growth, some_records, days, some.integers(1, 4), some.sampled_from([0, 50, 200]), points),
    some.builds(Relation, some.sampled_from(["pledge_percent", "kin_in_trouble"]), steps),
    some.builds(Direct, records, some.sampled_from(["SERIOUS", "DEFAULTER"])),
)
indicators = some.builds(
    lambda rule, group: Indicator("0", "x", "x", "x", "x", "x", group, rule), rules, some.sampled_from(list(GROUPS))
)
attentions = some.builds(
    Attention,
    some.sampled_from(INDUSTRIES),
    some.sampled_from("CD"),
    some.just("文号"),
    some.integers(-30, 30).map(lambda ahead: DAY + timedelta(days=ahead)),
    some.none() | some.integers(31, 60).map(lambda ahead: DAY + timedelta(days=ahead)),
)
random_models = some.builds(
    Model,
    some.just("random"),
    some.just("company"),
    some.just("random"),
    some.fixed_dictionaries({group: some.integers(0, 400) for group in GROUPS}),
    some.lists(indicators, min_size=1, max_size=6).map(tuple),
    some.lists(attentions, max_size=2).map(tuple),
)
shipped_models = some.just(default_model("company", INDICATORS.values()))

near = some.integers(-40, 1300).map(lambda ago: DAY - timedelta(days=ago))


def _dated(fact: Fact, length: int | None, publicity: int | None, repaired: int | None, objected: int | None) -> Fact:
    def after(days: int | None) -> date | None:
        return None if days is None else fact.happened_on + timedelta(days=days)

    noted = after(objected)
    return replace(
        fact,
        ends_on=after(length),
        publicity_until=after(publicity),
        repaired_on=after(repaired),
        objected_on=noted if noted is not None and noted <= DAY else None,
    )


later = some.none() | some.integers(0, 1200)
facts = some.builds(
    _dated,
    some.builds(
        lambda record, on, revoked, chain: Fact(
            0,
            KINDS[record.split(".")[0]].number,
            int(record.split(".")[1]),
            on,
            revoked_on=DAY if revoked else None,
            chain=chain,
        ),
        records | some.sampled_from(RECORDS),
        near,
        some.sampled_from([False] * 9 + [True]),
        some.sampled_from([None, None, None, "a", "b"]),
    ),
    later,
    later,
    later,
    later,
)
dossiers = some.builds(
    Dossier,
    some.just(1),
    some.just("company"),
    some.fixed_dictionaries(
        {
            "age_days": some.just(UNKNOWN) | some.integers(-10, 1200),
            "capital": some.sampled_from([UNKNOWN, 0, 500, 1000]),
            "paid_capital": some.sampled_from([UNKNOWN, 0, 10]),
            "employees": some.sampled_from([UNKNOWN, 0, 3]),
            "cluster_address": some.sampled_from([0, 1]),
            "industry": some.just(UNKNOWN)
            | some.sampled_from(INDUSTRIES).map(lambda prefix: industry_number(prefix)[0]),
        }
    ),
    some.fixed_dictionaries(
        {
            "pledge_percent": some.sampled_from([0, 49, 50, 80]),
            "kin_in_trouble": some.integers(0, 4),
            "same_address": some.sampled_from([0, 20, 50]),
            "parent_listed": some.integers(0, 1),
        }
    ),
    some.lists(facts, max_size=8),
)
worlds = some.lists(dossiers, min_size=1, max_size=4)
cells = some.dictionaries(
    some.builds(Cell, some.sampled_from("CFHI-"), some.integers(0, 3)).map(str),
    some.dictionaries(some.integers(0, 5), some.integers(1, 30), min_size=1),
)


@settings(max_examples=120, deadline=None)
@given(random_models | shipped_models, worlds, cells)
def test_engine_and_reference_agree_on_everything(model, world, counted):
    norms = norms_for(model, counted)
    graded = engine.grade(model, THRESHOLDS, reading_of(world), norms=norms)
    for row, dossier in enumerate(world):
        receipt = reference.grade(model, THRESHOLDS, dossier, DAY, norms=norms)
        assert [line.points for line in receipt.lines] == graded.points[row].tolist()
        assert (receipt.score, receipt.flags) == (graded.score[row], graded.flags[row])
        assert receipt.grade == GRADES[graded.grade[row]]
        due = None if graded.due[row] == engine.NEVER else DAY + timedelta(days=int(graded.due[row]))
        assert receipt.next_due == due


@settings(max_examples=60, deadline=None)
@given(random_models | shipped_models, dossiers)
def test_nothing_changes_before_the_next_due_date(model, dossier):
    receipt = reference.grade(model, THRESHOLDS, dossier, DAY)
    last = (receipt.next_due or DAY + timedelta(days=2000)) - timedelta(days=1)
    aged = replace(dossier, columns=_aged(dossier, (last - DAY).days))
    later = reference.grade(model, THRESHOLDS, aged, last)
    assert [line.points for line in later.lines] == [line.points for line in receipt.lines]
    assert (later.flags, later.grade, later.next_due) == (receipt.flags, receipt.grade, receipt.next_due)


def _aged(dossier: Dossier, days: int) -> dict[str, int]:
    age = dossier.columns["age_days"]
    return {**dossier.columns, "age_days": age if age == UNKNOWN else age + days}


@given(some.integers(0, 10_000))
def test_grades_are_half_open(score):
    expected = "A" if score < 2000 else "B" if score < 5000 else "C" if score < 7500 else "D"
    assert grade_of(score, THRESHOLDS) == expected


@settings(max_examples=25, deadline=None)
@given(dossiers)
def test_a_direct_rule_ends_with_its_listing_and_leaves_the_score_alone(dossier):
    model = default_model("company", INDICATORS.values())
    kind = KINDS["serious"].number
    clean = replace(
        dossier, facts=[fact for fact in dossier.facts if fact.kind not in (kind, KINDS["defaulter"].number)]
    )
    listed = Fact(9, kind, 0, DAY - timedelta(days=100))
    plain = reference.grade(model, THRESHOLDS, clean, DAY)
    during = reference.grade(model, THRESHOLDS, replace(clean, facts=[*clean.facts, listed]), DAY)
    after = reference.grade(model, THRESHOLDS, replace(clean, facts=[*clean.facts, replace(listed, ends_on=DAY)]), DAY)
    assert during.grade == "D"
    assert during.score == plain.score == after.score
    assert after.grade == plain.grade


@settings(max_examples=25, deadline=None)
@given(worlds, some.integers(1, 5))
def test_a_fingerprint_tells_results_models_and_days_apart(world, model_id):
    model = default_model("company", INDICATORS.values())
    graded = engine.grade(model, THRESHOLDS, reading_of(world))
    marks = engine.fingerprints(graded, model_id, DAY)
    assert (marks == engine.fingerprints(graded, model_id, DAY)).all()
    assert (marks != engine.fingerprints(graded, model_id + 1, DAY)).all()
    other = replace(graded, points=graded.points + np.eye(*graded.points.shape, dtype=np.int16))
    changed = marks != engine.fingerprints(other, model_id, DAY)
    assert changed[: min(graded.points.shape)].all()


def test_every_class_has_its_own_points():
    old = {name: default_model(name, INDICATORS.values()).to_data()["indicators"] for name in SUBJECT_CLASSES}
    assert old["company"] != old["individual"] != old["cooperative"]


@given(some.dictionaries(some.integers(0, 9), some.integers(1, 50), min_size=1), some.integers(1, 99))
def test_a_percentile_is_the_least_number_that_so_many_do_not_exceed(counted, percent):
    everybody = sorted(number for number, times in counted.items() for _one in range(times))
    usual = percentile(counted, percent)
    assert sum(number <= usual for number in everybody) * 100 >= percent * len(everybody)
    assert sum(number < usual for number in everybody) * 100 < percent * len(everybody)


def test_a_small_group_gives_way_to_a_wider_one():
    rule = Peers(("complaint.1",), 365, (Limit(50, 2, 20),), sizes=(10,), least=10)
    model = Model("x", "company", "x", {"social": 100}, (Indicator("0", "x", "x", "x", "x", "x", "social", rule),))
    norms = norms_for(model, {"H1": {4: 10}, "H2": {7: 9}, "H0": {7: 3}, "C1": {0: 9}, "-0": {0: 60}})
    told = [norms.level(rule, "company", Cell(*cell)) for cell in (("H", 1), ("H", 2), ("H", 0), ("C", 1), ("-", 1))]
    assert [(level.width, level.n, level.bounds) for level in told] == [
        ("size", 10, (5,)),
        ("industry", 22, (8,)),
        ("industry", 22, (8,)),
        ("all", 91, (2,)),
        ("all", 91, (2,)),
    ]
    assert replace(norms, groups={}).level(rule, "company", Cell("H", 1)).width == "none"
    few = norms_for(model, {"H1": {4: 9}}).level(rule, "company", Cell("H", 1))
    assert (few.width, few.n, few.bounds) == ("none", 0, (2,))
