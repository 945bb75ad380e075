"""A small year whose figures were counted by hand (domain B.10), and the same figures as the statistics tell them."""

from datetime import date, timedelta

import pytest

from casework.cases import operations as cases
from casework.core import clock
from casework.core.actor import SYSTEM
from casework.insight import queries, tables
from casework.insight.queries import Scope
from casework.insight.rules import Rate
from casework.sampling import queries as sampling
from tests import make
from tests.insight.worlds import Check, Draw, keep_check, keep_draw
from tests.make import cases as make_cases
from tests.make import sampling as make_sampling

MAY, JUNE = date(2026, 5, 11), date(2026, 6, 1)
DUE = date(2026, 6, 12)
"""20 working days after 15 May 2026 (no holiday among them)."""


def check(grade: str | None, unit: str, day: date, concluded: int = 0, published: date | None = None, **more) -> Check:
    """A check that was handed in on a day of May (0: not yet)."""
    items = more.get("items", ("A01",))
    found = more.pop("found", ())
    return Check(
        grade, unit, day, concluded_on=date(2026, 5, concluded) if concluded else None, published_on=published,
        due_on=DUE if concluded else None, outcomes=tuple(zip(items, found, strict=False)), **more,
    )  # fmt: skip


@pytest.fixture
def year(world):
    """Two draws that stand, one that was cancelled, one triggered check.

    The city's draw of May (items A01 and B03, of two lines): pool A 100, D 10 (of 川汇区一所 60 and 6, of 淮阳区局 40
    and 4); drawn 2 A and 2 D. The county's draw of June (item A01): pool of one grade C, 20 in 川汇区二所, 2 drawn.
    """
    both = ("A01", "B03")
    keep_draw(
        Draw(
            {"A": (100, 2), "D": (10, 2)}, "市局", MAY, items=both, joint=True, done=True,
            by_unit={"A": {"川汇区一所": 60, "淮阳区局": 40}, "D": {"川汇区一所": 6, "淮阳区局": 4}},
        ),
        [
            check("A", "川汇区一所", MAY, 15, date(2026, 6, 5), closed=True, items=both, found=("fine", "fine")),
            check("A", "淮阳区局", MAY, 15, date(2026, 6, 15), items=both, found=("fine", "problem")),  # too late
            check("D", "川汇区一所", MAY, 15, DUE, closed=True, items=both, found=("problem", "problem")),
            check("D", "淮阳区局", MAY, 15, items=both),  # never published, and overdue
        ],
    )  # fmt: skip
    keep_draw(
        Draw({"C": (20, 2)}, "川汇区局", JUNE, by_unit={"C": {"川汇区二所": 20}}),
        [
            check("C", "川汇区二所", JUNE),  # not checked yet
            check("C", "川汇区二所", JUNE, 15, date(2026, 6, 8), closed=True, found=("absent",)),
        ],
    )
    keep_draw(Draw({"A": (50, 1)}, "市局", JUNE, by_unit={"A": {"淮阳区局": 50}}, cancelled=True), [])
    keep_check(check(None, "淮阳区局", JUNE, 15, date(2026, 6, 3), closed=True, found=("problem",)), "trigger", 1)
    with clock.at(clock.local_moment(date(2026, 7, 1))):
        yield Scope(SYSTEM, date(2026, 1, 1), date(2026, 6, 30))


def rates(counts):
    return {
        "检查完成率": counts.checking, "抽查完成率": counts.completion, "公示率": counts.publicity,
        "公示及时率": counts.punctuality, "完结率": counts.settlement, "问题发现率": counts.problems,
    }  # fmt: skip


def test_all_draws_together(year):
    assert rates(queries.total(year)) == {
        "检查完成率": Rate(5, 6),
        "抽查完成率": Rate(4, 6),
        "公示率": Rate(4, 5),
        "公示及时率": Rate(3, 5),  # four published, one never; three of them by 12 June
        "完结率": Rate(3, 4),
        "问题发现率": Rate(2, 3),  # the absent one was not checked
    }
    assert queries.coverage(year) == Rate(6, 130)
    assert queries.total(year).absent == 1


def test_by_area_and_by_office_of_one(year):
    assert {one.label: (one.coverage, one.counts.problems) for one in queries.by_area(year)} == {
        "川汇区局": (Rate(4, 86), Rate(1, 2)),
        "淮阳区局": (Rate(2, 44), Rate(1, 1)),
    }
    within = Scope(SYSTEM, year.first, year.last, area=make.unit("川汇区局").id)
    assert {one.label: (one.counts.ordered, one.coverage) for one in queries.by_area(within)} == {
        "川汇区一所": (2, Rate(2, 66)),
        "川汇区二所": (2, Rate(2, 20)),
    }


def test_by_organ_item_and_grade(year):
    assert {one.label: (one.counts.ordered, one.coverage) for one in queries.by_organ(year)} == {
        "市局": (4, Rate(4, 110)),
        "川汇区局": (2, Rate(2, 20)),
    }
    assert {one.key: (one.counts.problems, one.coverage) for one in queries.by_item(year)} == {
        "A01": (Rate(1, 3), Rate(6, 130)),
        "B03": (Rate(2, 3), Rate(4, 110)),
    }
    assert {one.key: (one.counts.problems, one.coverage) for one in queries.by_grade(year)} == {
        "A": (Rate(1, 2), Rate(2, 100)),
        "C": (Rate(0, 0), Rate(2, 20)),
        "D": (Rate(1, 1), Rate(2, 10)),
    }


def test_tasks_plans_and_joint_draws(year):
    code = make_sampling.item().code
    make_sampling.published_plan(code)
    found = queries.progress(year)
    assert (found.tasks, found.joint, found.plans) == (Rate(1, 2), Rate(1, 2), Rate(0, 1))
    assert [(one.label, one.tasks, one.joint) for one in queries.tasks_by_organ(year)] == [
        ("市局", Rate(1, 1), Rate(1, 1)),
        ("川汇区局", Rate(0, 1), Rate(0, 1)),
    ]


def test_triggered_checks_stand_apart(year):
    triggered = Scope(SYSTEM, year.first, year.last, "trigger")
    assert rates(queries.total(triggered))["问题发现率"] == Rate(1, 1)
    assert {one.label: one.coverage for one in queries.by_organ(triggered)} == {"淮阳区局": Rate(0, 0)}


def test_today_counts_tomorrow(year):
    """What happened today is told tomorrow: all day long the figures are the same."""
    with clock.at(clock.local_moment(date(2026, 6, 15))):  # the late one is published today
        before = rates(queries.total(Scope(SYSTEM, year.first, queries.as_of())))
    assert before["抽查完成率"] == Rate(3, 6)
    assert before["公示及时率"] == Rate(3, 5), "two are overdue since 12 June"


def test_every_figure_of_the_tables_is_defined():
    defined = {label for label, _meaning in tables.DEFINITIONS}
    assert {"抽查率", "检查完成率", "抽查完成率", "公示率", "公示及时率", "完结率", "问题发现率"} <= defined
    assert {"任务完成率", "计划完成率", "部门联合抽查占比"} <= defined


# ---- Visits ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def visits(world):
    """川汇区局 visited one firm three times (a complaint beyond the cap of two), one for two cases at once, one once."""
    often, joint, once = (make.enterprise(unit="川汇区局") for _ in range(3))
    for firm in (often, often, often, once):
        case = make_cases.case("trigger", of=firm, by=make_cases.team())
        crew = make_cases.crew(case)
        cases.submit(case.id, actor=crew["member"])
        cases.approve(case.id, override_reason="群众投诉集中" if firm is often else None, actor=crew["approver"])
        make_cases.walk(case, to="inspecting", crew=crew)
    pair = [make_cases.case("trigger", of=joint, by=make_cases.team()) for _ in range(2)]
    make_cases.walk(pair[0], to="inspecting", crew=make_cases.crew(pair[0]))
    with clock.at(clock.now() + timedelta(days=1)):
        yield Scope(SYSTEM, queries.as_of().replace(month=1, day=1), queries.as_of()), often


def test_visits_are_counted_whatever_their_source_and_joint_ones_once(visits):
    scope, often = visits
    [found] = queries.frequency(scope)
    assert (found.label, found.visits, found.visited) == ("川汇区局", 5, 3)
    assert (found.near, found.reached, found.beyond, found.reasons) == (0, 0, 1, 1)
    [beyond] = queries.too_often(scope)
    assert (beyond.enterprise_id, beyond.visits, beyond.reasons) == (often.id, 3, ["群众投诉集中"])
    elsewhere = Scope(make.actor("county", unit="淮阳区局"), scope.first, scope.last)
    assert queries.frequency(elsewhere) == []
    assert queries.too_often(elsewhere) == []


def test_a_merged_visit_is_one_that_was_not_made(visits):
    scope, _often = visits
    assert sampling.merged_by_grade(SYSTEM, scope.first, scope.last) == {None: 1}
    assert sampling.restraint(scope.last.year, SYSTEM).merged == 1
