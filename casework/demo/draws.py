"""Plans and campaigns of the demo year: walked through their approvals, frozen, witnessed, drawn, cancelled, left waiting."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from casework.core import clock, parameters
from casework.core.actor import SYSTEM
from casework.core.paging import Page
from casework.demo.diary import Errand, in_days
from casework.demo.inspections import handle
from casework.demo.world import World
from casework.sampling import operations as sampling
from casework.sampling import queries as campaigns

Scheme = Mapping[str, Any]

COMPANIES = {"subject_classes": ["company"]}
SHOPS = {"industries": ["F521", "F522"]}
RESTAURANTS = {"industries": ["H62"]}
PHARMACIES = {"industries": ["F525"]}
EQUIPMENT_USERS = {"tags": ["特种设备"]}
WITNESSES = ("市人大代表（邀请）", "市消费者协会代表", "企业代表", "纪检监察组代表")


def floors() -> dict[str, int]:
    """The lowest ratios that are allowed today."""
    return dict(parameters.value("sampling.floors_bp"))


# ---- The annual plan -------------------------------------------------------------------------------------------------


def _lines(world: World, year: int) -> list[dict[str, Any]]:
    """What a plan of the city orders: one great draw a year, and monthly and quarterly ones in key domains."""
    chuanhui, huaiyang, *_others, xiangcheng = world.staff.counties
    common = {
        "rates_bp": floors(),
        "officers_per_case": 2,
        "workdays": 30,
        "public_list": True,
        "last_on": date(year, 12, 20),
    }
    lines = (
        ("企业登记与公示信息综合抽查", world.staff.city, ["A08", "A09", "A10"], COMPANIES, "once", date(year, 9, 15)),
        ("食品销售单位证后监管抽查", huaiyang, ["B03"], SHOPS, "quarterly", date(year, 1, 20)),
        ("餐饮服务监督抽查", chuanhui, ["B04"], RESTAURANTS, "monthly", date(year, 1, 12)),
        ("药品零售企业抽查", world.staff.city, ["D01"], PHARMACIES, "quarterly", date(year, 3, 5)),
        ("特种设备使用单位抽查", world.staff.city, ["C11"], EQUIPMENT_USERS, "quarterly", date(year, 1, 26)),
        ("明码标价检查", xiangcheng, ["H01"], SHOPS, "quarterly", date(year, 3, 16)),
        ("网络交易经营者抽查", world.staff.city, ["J01"], {"industries": ["F529"]}, "once", date(year, 6, 15)),
    )  # fmt: skip
    return [
        {"title": f"{year}年{title}", "org_id": unit, "item_codes": codes, "pool": pool, "cadence": cadence, "first_on": first, **common}
        for title, unit, codes, pool, cadence, first in lines
    ]  # fmt: skip


def annual_plan(world: World, year: int) -> Errand:
    """From the first draft to the public: written, consolidated, reviewed, approved, filed, published."""
    people, dice = world.staff, world.dice(80, year)
    author, credit = people.person("line"), people.person("credit")
    plan = sampling.create_plan(year=year, title=f"{year}年度双随机抽查工作计划", org_id=people.city, actor=author).id
    for line in _lines(world, year):
        sampling.keep_line(plan, **line, actor=author)
    yield in_days(dice, 1, 2)
    sampling.submit_plan(plan, actor=author)
    yield in_days(dice, 0, 1)
    sampling.send_plan_back(plan, reason="请补充网络交易监管方面的安排说明。", actor=credit)
    yield in_days(dice, 0, 1)
    sampling.submit_plan(plan, actor=author)
    yield in_days(dice, 1, 2)
    sampling.consolidate_plan(plan, actor=credit)
    yield in_days(dice, 1, 2)
    sampling.pass_plan_review(plan, actor=people.person("legal"))
    yield in_days(dice, 0, 1)
    sampling.approve_plan(plan, actor=people.person("deputy"))
    yield in_days(dice, 1, 1)
    sampling.file_plan(plan, filed_no=f"豫市监备〔{year}〕{dice.whole(10, 99)}号", actor=credit)
    yield in_days(dice, 0, 1)
    sampling.publish_plan(plan, actor=credit)


def next_plan(world: World, year: int) -> Errand:
    """The plan for the coming year: submitted, and not yet consolidated when the visitor comes."""
    author, dice = world.staff.person("line"), world.dice(81, year)
    plan = sampling.create_plan(
        year=year, title=f"{year}年度双随机抽查工作计划", org_id=world.staff.city, actor=author
    ).id
    for line in _lines(world, year)[:4]:
        sampling.keep_line(plan, **line, actor=author)
    yield in_days(dice, 2, 3)
    sampling.submit_plan(plan, actor=author)


# ---- Campaigns with witnesses ----------------------------------------------------------------------------------------


def scheme(title: str, unit: int, codes: Sequence[str], pool: Scheme, **more: Any) -> dict[str, Any]:
    """A campaign outside the plan, drawn before witnesses."""
    return {
        "title": title,
        "org_id": unit,
        "item_codes": list(codes),
        "pool": dict(pool),
        "rates_bp": floors(),
        "sizes": {},
        "officers_per_case": 2,
        "workdays": 30,
        "public_list": True,
        "unattended": False,
        **more,
    }


def attended(world: World, number: int, wanted: Callable[[], Scheme], *, until: str = "drawn") -> Errand:
    """A campaign from its draft to a step: draft, submitted, approved, frozen, committed, drawn, or cancelled."""
    people, dice = world.staff, world.dice(82, number)
    maker, operator, approver = people.person("credit"), people.person("credit2"), people.person("deputy")
    campaign = sampling.create_campaign(actor=maker, **wanted()).id
    if until == "draft":
        return
    yield in_days(dice, 0, 1)
    sampling.submit_campaign(campaign, actor=maker)
    if until == "submitted":
        return
    yield in_days(dice, 0, 1)
    sampling.approve_campaign(campaign, actor=approver)
    if until == "approved":
        return
    yield in_days(dice, 0, 1)
    sampling.request_freeze(campaign, actor=operator)
    yield clock.now() + timedelta(minutes=12)
    frozen = campaigns.campaign(campaign, SYSTEM)
    if frozen.state != "frozen":
        return
    if frozen.short:
        reason = "部分层可抽户数不足，系本年度已检查所致，同意按现有对象抽取。"
        sampling.decide_shortfall(campaign, reason=reason, actor=people.person("deputy2"))
    if until == "frozen":
        return
    yield clock.now() + timedelta(minutes=20)
    sampling.publish_commitment(campaign, actor=maker)  # neither who approved nor who draws
    tokens = [(name, sampling.invite(campaign, name=name, actor=operator)) for name in WITNESSES[number % 2 :][:2]]
    yield clock.now() + timedelta(minutes=30)
    yield from _witnessed(world, campaign, tokens[:1] if until == "committed" else tokens)
    if until == "committed":
        return
    if until == "cancelled":
        yield from _cancelled(world, campaign)
        return
    yield clock.now() + timedelta(minutes=25)
    sampling.draw(campaign, actor=operator)


def _witnessed(world: World, campaign: int, tokens: Sequence[tuple[str, str]]) -> Errand:
    """Witnesses give a line each: some by their link, one signed in."""
    dice = world.dice(83, campaign)
    for name, token in tokens:
        text = f"{name}现场掷骰：{' '.join(str(dice.whole(1, 6)) for _throw in range(6))}"
        sampling.contribute_by_link(token, by=name, text=text)
        yield clock.now() + timedelta(minutes=dice.whole(1, 9))
    auditor = world.staff.person("auditor")
    sampling.contribute(
        campaign, text=f"当日本地日报头版标题末字，见证人随手写下 {dice.whole(1000, 9999)}", actor=auditor
    )


def _cancelled(world: World, campaign: int) -> Errand:
    people = world.staff
    yield clock.now() + timedelta(minutes=50)
    reason = "承诺公布后发现抽查事项范围与上级专项部署重复，为避免重复检查，作废本次抽查。"
    sampling.propose_cancel(campaign, reason=reason, actor=people.person("credit"))
    yield clock.now() + timedelta(hours=2)
    sampling.cancel(campaign, actor=people.person("deputy"))


# ---- Cases -----------------------------------------------------------------------------------------------------------


def hand_out(world: World, known: set[int]) -> None:
    """Begins the errands of the cases of every campaign that has been drawn since the last look."""
    for campaign, _id in _pages(lambda after: campaigns.campaigns(SYSTEM, state="running", after=after)):
        if campaign.id in known:
            continue
        known.add(campaign.id)
        after = None
        while True:
            tasks, page = campaigns.drawn(campaign, after=after)
            for task in tasks:
                if task.case_id is not None:
                    world.diary.write(clock.now(), handle(world, task.case_id))
            after = page.older
            if after is None:
                break


def decide(world: World, after: timedelta) -> None:
    """A deputy director decides on the campaigns of the plan that wait because too few may be drawn."""
    for campaign, _id in _pages(lambda token: campaigns.campaigns(SYSTEM, state="frozen", after=token)):
        waited = clock.now() - campaign.frozen_at
        if campaign.unattended and campaign.short and campaign.decision is None and waited > after:
            reason = "部分层可抽户数不足，系本年度已检查或者已抽取所致，同意按现有对象抽取。"
            sampling.decide_shortfall(campaign.id, reason=reason, actor=world.staff.person("deputy2"))


def _pages(read: Callable[[str | None], Page]) -> Iterator[Any]:
    """The rows of all pages."""
    page = read(None)
    yield from page.rows
    while page.older is not None:
        page = read(page.older)
        yield from page.rows
