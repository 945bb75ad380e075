"""What comes in at the intake office in the demo year: complaints, reports, transferred and monitored clues, in all states."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from casework.core import clock
from casework.core.actor import SYSTEM, Actor
from casework.demo import inspections, words
from casework.demo.diary import Errand, in_days
from casework.demo.dice import Dice
from casework.demo.population import person_name
from casework.demo.world import World
from casework.intake import operations as intake
from casework.intake import queries as items
from casework.intake.rules import Person
from casework.registry import queries as registry

KINDS: Mapping[str, float] = {"complaint": 58, "report": 24, "transfer": 8, "monitoring": 6, "statute": 4}
CHANNELS: Mapping[str, Mapping[str, float]] = {
    "complaint": {"platform_12315": 62, "hotline_12345": 30, "letter_or_visit": 8},
    "report": {"platform_12315": 55, "hotline_12345": 33, "letter_or_visit": 12},
    "transfer": {"superior": 45, "department": 40, "hotline_12345": 15},
    "monitoring": {"data": 55, "product_test": 30, "media": 15},
    "statute": {"patrol": 80, "self_report": 20},
}
FORGOTTEN = 0.05
"""How often nobody takes an item up in time."""


@dataclass
class Matter:
    """One item with the people who handle it."""

    world: World
    item: int
    dice: Dice
    office: Actor
    """The intake office."""
    unit: Actor
    """The head of the competent county bureau."""
    hand: Actor
    """The team leader who does the work."""


def incoming(world: World, number: int) -> Errand:
    """One message, from the telephone to the archive."""
    dice, office = world.dice(90, number), world.staff.person("intake")
    kind = dice.among(KINDS)
    subject = world.somebody(dice)
    area = world.area(subject.org_id)
    item = intake.register(**_said(kind, subject.enterprise_id, number, dice), actor=office)
    hand = world.staff.leader(area, number)
    matter = Matter(world, item.id, dice, office, world.staff.head(area, number), hand)
    yield _soon(matter, 0, 1)
    intake.distribute(matter.item, org_id=area, actor=office)
    if dice.chance(0.04):
        yield _soon(matter, 0, 1)
        intake.return_item(matter.item, reason="被反映主体不在本辖区经营，退回分送机构。", actor=matter.unit)
        yield _soon(matter, 0, 1)
        intake.distribute(matter.item, org_id=area, actor=office)
    yield _soon(matter, 0, 4)
    yield from (_mediated(matter) if kind == "complaint" else _verified(matter, kind))


def _soon(matter: Matter, low: int, high: int) -> Any:
    return in_days(matter.dice, *((8, 40) if matter.dice.chance(FORGOTTEN) else (low, high)))


def _said(kind: str, enterprise_id: int, number: int, dice: Dice, about: str | None = None) -> dict[str, Any]:
    """What the form of an item says (`about`: of this category only); the person behind it is made up."""
    category, goods, facts = dice.pick([each for each in words.MATTERS if about in (None, each[0])])
    channel = dice.among(CHANNELS[kind])
    message: dict[str, Any] = {
        "kind": kind,
        "channel": channel,
        "category": category,
        "enterprise_id": enterprise_id,
        "received_on": clock.today(),
        "facts": facts,
        "happened_on": clock.today() - timedelta(days=dice.whole(0, 20)),
        "goods": goods,
        "external_no": f"{clock.today():%Y%m%d}{number:08d}" if channel.startswith(("platform", "hotline")) else None,
    }
    if kind == "transfer":
        message |= {
            "sender": "省市场监督管理局" if channel == "superior" else "市公安局",
            "sender_no": f"转〔{clock.today().year}〕{number}号",
        }
    if kind == "complaint" or (kind == "report" and dice.chance(0.7)):
        message["informant"] = Person(name=person_name(dice), phone=f"1380000{dice.whole(0, 9999):04d}")
    if kind == "complaint":
        message |= {
            "amount": Decimal(dice.whole(20, 6000)),
            "trade": "online" if dice.chance(0.3) else "offline",
            "demands": [dice.pick(("refund", "exchange", "compensation", "repair"))],
            "delegable": dice.chance(0.3),
            "also_report": dice.chance(0.06),
        }
    return message


def at_the_office(world: World, number: int) -> Errand:
    """A clue from a patrol, checked by the inspector whom the demo introduces and a colleague from the county bureau."""
    dice, people = world.dice(91, number), world.staff
    office, inspector, head = people.person("intake"), people.person("inspector"), people.person("county")
    area = world.area(inspector.org_id)
    subject = world.somebody(dice, at=inspector.org_id)
    item = intake.register(
        **_said("statute", subject.enterprise_id, 5000 + number, dice, "registration"), actor=office
    ).id
    intake.distribute(item, org_id=area, actor=office)
    yield clock.now() + timedelta(minutes=30)
    intake.sign_for(item, actor=head)
    team = inspections.team_for(world, area, "registration", dice)
    if team is None or inspector.officer_id is None:
        return
    code, (colleague, other) = team
    case = intake.open_check(
        item,
        item_codes=[code],
        officer_ids=[inspector.officer_id, other if colleague == inspector.officer_id else colleague],
        reason="日常巡查发现疑点，需现场核实。",
        override_reason="巡查线索具体，须现场核查。",
        actor=head,
    )
    world.diary.write(clock.now() + timedelta(minutes=40), inspections.handle(world, case.id, hurry=True))


# ---- Complaints ------------------------------------------------------------------------------------------------------


def _mediated(matter: Matter) -> Errand:
    """受理 and 调解, or 不予受理."""
    item, dice, unit = matter.item, matter.dice, matter.unit
    if dice.chance(0.06):
        until = clock.today() + timedelta(days=10)
        intake.ask_identity(item, until=until, reason="请补充身份证明材料。", actor=unit)
        yield _soon(matter, 2, 6)
        intake.take_identity(item, person=Person(name=person_name(dice), phone="13800000000"), actor=unit)
        yield _soon(matter, 0, 2)
    if dice.chance(0.2):
        reason = "所述事项已由人民法院受理。" if dice.chance(0.5) else "不能证明与被投诉人存在消费者权益争议。"
        intake.refuse(item, ground="2" if "法院" in reason else "3", reason=reason, actor=unit)
        yield from _told(matter)
        return
    intake.accept(item, actor=unit)
    if dice.chance(0.05):
        intake.find_clue(item, category="food", facts="调解中发现经营者销售标签不合格食品。", actor=unit)
    if dice.chance(0.06):
        yield _soon(matter, 1, 4)
        intake.pause(item, reason="商品送检，等待检验结果。", actor=unit)
        yield _soon(matter, 5, 15)
        intake.resume(item, note="检验报告已出具。", actor=unit)
    yield _soon(matter, 3, 20)
    if dice.chance(0.62):
        agreement = f"经营者退还货款{dice.whole(20, 900)}元，双方再无争议。"
        way = dice.pick(("on_site", "remote", "remote"))
        intake.settle(item, way=way, agreement=agreement, actor=unit)
        yield from _told(matter, revisit=True)
        return
    ground, reason = dice.pick(
        (("1a", "投诉人撤回投诉。"), ("1b", "双方自行和解。"), ("3", "经组织调解，双方未能达成一致。"))
    )
    if ground == "3" and not items.find(item, SYSTEM).received_on.isoformat() >= "2026-04-15":
        ground = "4"
    intake.terminate(item, ground=ground, reason=reason, actor=unit)
    yield from _told(matter)


def _told(matter: Matter, *, revisit: bool = False) -> Errand:
    """告知, 回访, 归档."""
    yield _soon(matter, 0, 3)
    way = matter.dice.pick(("platform", "phone", "message"))
    if way == "phone" and items.person_of(items.find(matter.item, SYSTEM)) is not None:
        intake.reveal(matter.item, reason="电话告知办理结果。", actor=matter.office)
    intake.inform(matter.item, way=way, actor=matter.unit)
    if revisit and matter.dice.chance(0.8):
        yield _soon(matter, 3, 10)
        fulfilled = matter.dice.chance(0.92)
        note = "已按协议退款。" if fulfilled else "经营者未按协议履行。"
        intake.revisit(matter.item, fulfilled=fulfilled, note=note, actor=matter.unit)
    yield _soon(matter, 1, 8)
    intake.archive(matter.item, actor=matter.unit)


# ---- Reports and clues -----------------------------------------------------------------------------------------------


def _verified(matter: Matter, kind: str) -> Errand:
    """签收核查: some by a check on the spot outside the draw, some by paper alone; then 立案 or not."""
    item, dice, unit = matter.item, matter.dice, matter.unit
    intake.sign_for(item, actor=unit)
    if dice.chance(0.12):
        yield _soon(matter, 3, 9)
        intake.ask_extension(item, reason="需委托检验，申请延长核查期限。", actor=matter.hand)
        yield _soon(matter, 0, 2)
        intake.extend(item, actor=unit)
    yield _soon(matter, 1, 4)
    if dice.chance(0.6 if kind != "report" else 0.45):
        yield from _checked(matter)
    yield _soon(matter, 1, 4)
    while items.checking(items.find(item, SYSTEM)):
        yield _soon(matter, 3, 5)
    if dice.chance(0.07):
        intake.hand_over(item, receiver="卫生健康部门", reason="所涉事项由卫生健康部门管辖。", actor=unit)
    elif dice.chance(0.3):
        intake.file(item, reason="经核查，有证据初步证明存在违法行为，予以立案。", actor=unit)
    else:
        intake.decline(item, ground="1", reason="经核查，未发现所反映的违法行为。", actor=unit)
    if items.find(item, SYSTEM).owes_answer:
        yield from _told(matter)
    else:
        yield _soon(matter, 1, 6)
        intake.archive(item, actor=unit)


def _checked(matter: Matter) -> Errand:
    """A check outside the draw, whatever the grade, by officers who are named."""
    known = items.find(matter.item, SYSTEM)
    team = inspections.team_for(
        matter.world, matter.world.area(known.org_id), known.line or "registration", matter.dice
    )
    if team is None or registry.find(known.enterprise_id or 0).status != "active":
        return
    item, officers = team
    case = intake.open_check(
        matter.item,
        item_codes=[item],
        officer_ids=officers,
        reason="需现场核实所反映情况。",
        override_reason="举报线索具体，须现场核查。",
        actor=matter.unit,
    )
    matter.world.diary.write(clock.now(), inspections.handle(matter.world, case.id))
    yield _soon(matter, 4, 10)
