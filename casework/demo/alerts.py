"""What people do with the alerts of the demo year: some are false alarms, most are looked into and disposed of, some lie."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from casework.core import clock
from casework.core.actor import SYSTEM, Actor
from casework.demo import words
from casework.demo.diary import Errand, in_days, working
from casework.demo.dice import Dice
from casework.demo.inspections import handle, team_for
from casework.demo.world import World
from casework.registry import queries as registry
from casework.registry.rules import INSPECTABLE
from casework.warning import operations as warning
from casework.warning import queries as alerts
from casework.warning.rules import ALERT, GROUPS

JUDGED: Mapping[str, tuple[int, int]] = {"red": (0, 0), "orange": (0, 2), "yellow": (1, 4)}
VERIFIED: Mapping[str, tuple[int, int]] = {"red": (1, 4), "orange": (3, 8), "yellow": (5, 15)}
"""Working days that people take who keep the terms of a level."""
FALSE_ALARM, RETURNED, CHECKED, SENT_BACK, FORGOTTEN = 0.2, 0.06, 0.12, 0.08, 0.035

MEASURES: Mapping[str, float] = {"remind": 46, "none": 20, "interview": 14, "order": 14, "transfer": 6}


@dataclass
class Matter:
    """One alert with the people who handle it."""

    world: World
    alert: int
    home: int
    level: str
    dice: Dice

    @property
    def area(self) -> int:
        return self.world.area(self.home)

    @property
    def hand(self) -> Actor:
        """Who verifies."""
        return self.world.staff.leader(self.area, self.alert)

    def judge(self, number: int = 0) -> Actor:
        """Who decides; number 1 is somebody else."""
        return self.world.staff.head(self.area, self.alert + number)

    def soon(self, low: int, high: int) -> Any:
        return in_days(self.dice, *((8, 30) if self.dice.chance(FORGOTTEN) else (low, high)))


def sittings(world: World) -> Errand:
    """Each working day somebody takes up the alerts that came, also those that came again."""
    in_hand: set[int] = set()
    while True:
        for row in list(_waiting(in_hand)):
            in_hand.add(row.id)
            matter = Matter(world, row.id, row.org_id, row.level, world.dice(95, row.id + (row.times << 32)))
            world.diary.write(clock.now(), _taken_up(matter, in_hand))
        yield working(clock.today() + timedelta(days=1), 8, 50)


def _waiting(in_hand: Collection[int]) -> Iterator[Any]:
    """Alerts to be judged that nobody has taken up."""
    after = None
    while True:
        page = alerts.alerts(SYSTEM, state=ALERT.initial, after=after)
        yield from (row for row in page.rows if row.id not in in_hand)
        after = page.older
        if after is None:
            return


def _taken_up(matter: Matter, in_hand: set[int]) -> Errand:
    try:
        yield from _judged(matter)
    finally:
        in_hand.discard(matter.alert)


def _judged(matter: Matter) -> Errand:
    """待研判 → 误报, or 核查中 and on."""
    yield matter.soon(*JUDGED[matter.level])
    dice, alert = matter.dice, matter.alert
    if alerts.find(alert, SYSTEM).state != ALERT.initial:
        return  # somebody was quicker
    if dice.chance(FALSE_ALARM):
        warning.dismiss(alert, reason=dice.pick(words.FALSE_ALARMS), actor=matter.judge())
        return
    warning.dispatch(alert, org_id=matter.home, note="请先书面、电话核查，必要时再到现场。", actor=matter.judge())
    yield matter.soon(*VERIFIED[matter.level])
    if dice.chance(RETURNED):
        warning.return_alert(alert, reason="该主体实际经营地不在本辖区，建议改派。", actor=matter.hand)
        yield matter.soon(*JUDGED[matter.level])
        warning.dispatch(alert, org_id=matter.home, note="已核对登记住所，仍由你单位核查。", actor=matter.judge())
        yield matter.soon(1, 4)
    warning.report_check(alert, finding=dice.pick(words.VERIFIED), actor=matter.hand)
    yield matter.soon(1, 4)
    checked = dice.chance(CHECKED) and _checked_on_the_spot(matter)
    measures = ["check"] if checked else [dice.among(MEASURES)]
    yield from _disposed(matter, measures)


def _disposed(matter: Matter, measures: list[str]) -> Errand:
    """处置中 → 待审核 → 已销号, the last step by somebody else."""
    said = words.DISPOSED[measures[0]]
    warning.dispose(matter.alert, measures=measures, note=said, actor=matter.judge())
    yield matter.soon(1, 3)
    if matter.dice.chance(SENT_BACK):
        warning.send_back(matter.alert, reason="处置情况过于简略，请补充依据。", actor=matter.judge(1))
        yield matter.soon(1, 3)
        warning.dispose(matter.alert, measures=measures, note=f"{said}相关材料已归档。", actor=matter.judge())
        yield matter.soon(0, 2)
    warning.close(matter.alert, actor=matter.judge(1))


def _checked_on_the_spot(matter: Matter) -> bool:
    """Opens a check outside the draw, where the alert is about somebody who can be checked and enough officers are fit."""
    known = alerts.find(matter.alert, SYSTEM)
    team = team_for(matter.world, matter.area, known.line or "registration", matter.dice)
    subject = registry.brief(known.enterprise_ids[:1])
    if known.scope in GROUPS or team is None or any(one.status not in INSPECTABLE for one in subject.values()):
        return False
    item, officers = team
    opened = warning.open_check(
        matter.alert,
        enterprise_ids=list(subject),
        item_codes=[item],
        officer_ids=officers,
        reason="书面核查后疑点仍未排除，需到现场核实。",
        override_reason="预警线索具体，须现场核查。",
        actor=matter.judge(),
    )
    for case in opened:
        matter.world.diary.write(clock.now() + timedelta(hours=1), handle(matter.world, case.id))
    return bool(opened)
