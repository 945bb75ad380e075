"""Full coverage of key domains in the demo year: a plan for each domain, its cases handled, one plan still waiting."""

from collections.abc import Mapping
from datetime import date, timedelta

from casework.cases import queries as cases
from casework.core import clock, parameters
from casework.core.actor import SYSTEM
from casework.demo.diary import Errand, in_days
from casework.demo.inspections import handle
from casework.demo.world import World
from casework.keydomains import operations as keydomains

MONTHLY: Mapping[str, int] = {"food": 2_500, "drug": 5_000, "equipment": 5_000}
"""One check a month for so many subjects of the city: what its officers manage beside everything else."""
BEFORE = 270
"""So many days before its first day the bureau counts from."""
TITLES = {"food": "食品安全", "drug": "药品医疗器械化妆品", "equipment": "特种设备"}


def begin(first: date) -> None:
    """The bureau counts minimum frequencies from the year before: older checks were never gathered in one place."""
    since = (first - timedelta(days=BEFORE)).isoformat()
    value = dict.fromkeys(parameters.value("keydomains.counted_from"), since)
    document = f"周市监信〔{first.year}〕2号"
    parameters.set_value("keydomains.counted_from", value, effective_from=first, document_no=document, actor=SYSTEM)


def plans(world: World, year: int, subjects: int) -> Errand:
    """The city's plans of a year, drafted by the business section and approved by a deputy director."""
    people, dice = world.staff, world.dice(84, year)
    author, made = people.person("line"), []
    for domain, for_one in MONTHLY.items():
        plan = keydomains.plan_coverage(
            org_id=people.city,
            domain=domain,
            year=year,
            title=f"{year}年{TITLES[domain]}全覆盖检查计划",
            monthly_most=max(2, subjects // for_one),
            officers_per_case=2,
            actor=author,
        )
        made.append(plan.id)
    yield in_days(dice, 1, 2)
    for plan_id in made:
        keydomains.submit_coverage(plan_id, actor=author)
    yield in_days(dice, 1, 3)
    for plan_id in made:
        keydomains.approve_coverage(plan_id, actor=people.person("deputy"))


def hand_out(world: World, known: set[int]) -> None:
    """Begins the errands of the cases that have been opened since the last look."""
    for row in cases.docket(SYSTEM, state="opened", kind="full_coverage", size=500).rows:
        if row.id not in known:
            known.add(row.id)
            if len(cases.find(row.id, SYSTEM).officer_ids) > 1:
                world.diary.write(clock.now(), handle(world, row.id))
