"""What people do with a case: most are checked, reviewed and published in time, some wait, fail, return or run late."""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from casework.accounts import queries as accounts
from casework.cases import operations as cases
from casework.cases import queries as case_queries
from casework.cases.rules import BEFORE, DUTIES, NOTHING, SignOff
from casework.core import clock, parameters
from casework.core.actor import SYSTEM, Actor
from casework.demo import words
from casework.demo.diary import Errand, in_days, working
from casework.demo.dice import Dice
from casework.demo.truth import finding
from casework.demo.world import World, photo
from casework.disclosure import operations as disclosure
from casework.disclosure import queries as published
from casework.registry import operations as registry
from casework.registry import queries as enterprises
from casework.registry.rules import INSPECTABLE
from casework.sampling import operations as sampling
from casework.sampling import queries as campaigns

CODES = {
    "fine": "1", "undisclosed": "B", "corrected": "E", "minor": "L", "uncooperative": "8",
    "unreachable": "6", "inactive": "F", "shut_down": "7",
}  # fmt: skip
PENDING_CODES = {"food": "3", "drug": "3", "equipment": "4", "quality": "4", "metrology": "4"}
GONE_CODES = {"deregistered": "9", "revoked": "10", "revoked_deregistered": "10", "cancelled": "11", "moved_out": "12"}
ENDINGS = {
    "unreachable": "到登记住所实地核查，该地址无此单位，拨打登记电话无人接听，附近商户均不知其去向。",
    "inactive": "现场核查，该单位未开展本次抽查涉及的经营活动。",
    "shut_down": "现场门店已关闭停业，出租方确认其已搬离。",
}
NO_HURRY, LATE = (0, 3), (6, 30)
"""Working days that a step takes, and takes where it is forgotten."""
FORGOTTEN = 0.035
"""How often a step is forgotten for a while."""


@dataclass
class Check:
    """One case with the people whom it needs."""

    world: World
    case_id: int
    dice: Dice
    team: list[Actor]
    unit: int
    area: int

    @property
    def lead(self) -> Actor:
        return self.team[0]

    @property
    def writer(self) -> Actor:
        """Who writes the record: the second of the two."""
        return self.team[1]

    @property
    def head(self) -> Actor:
        """Who approves the check and its publication."""
        return self.world.staff.head(self.area, self.case_id)

    @property
    def reviewer(self) -> Actor:
        """A leader who had no hand in it."""
        return self.world.staff.reviewer(self.unit, self.area, self.case_id, [actor.id for actor in self.team])

    def soon(self, low: int = NO_HURRY[0], high: int = NO_HURRY[1]) -> Any:
        """When the next step is done: in so many working days, or much later."""
        return in_days(self.dice, *(LATE if self.dice.chance(FORGOTTEN) else (low, high)))


def handle(world: World, case_id: int, *, hurry: bool = False) -> Errand:
    """The life of a case from its opening on; `hurry`: its officers take it up the same day."""
    case = case_queries.find(case_id, SYSTEM)
    team, unit = world.staff.officers(case.officer_ids), case.org_id
    check = Check(world, case_id, world.dice(70, case_id), team, unit, world.area(unit))
    yield check.soon(0, 1 if hurry else 8)
    if check.dice.chance(0.012):
        yield from _put_off(check)
    _keep_team_fit(check, somebody_away=check.dice.chance(0.02))
    yield from _approved(check)
    yield check.soon(1, 3 if hurry else 10)
    yield from _checked(check)
    yield from _released(check)
    yield from _followed_up(check)
    if check.dice.chance(0.02):
        yield in_days(check.dice, 5, 25)
        yield from _corrected(check)


def team_for(world: World, area: int, line: str, dice: Dice) -> tuple[str, list[int]] | None:
    """An item of a line for a check outside the draw, and two officers of an area who may look at it, if there are two."""
    listed = campaigns.items_in_force(clock.today(), line)
    item = next((each for each in listed if each.qualification is None), None) or listed[0]
    fit = [
        officer.id
        for officer in accounts.drawable_officers(unit_ids=accounts.subtree(area))
        if item.line in officer.lines and (item.qualification is None or item.qualification in officer.qualifications)
    ]
    if len(fit) < 2:
        return None
    first = dice.whole(0, len(fit) - 2)
    return item.code, fit[first : first + 2]


def _put_off(check: Check) -> Errand:
    until = working(clock.today() + timedelta(days=30), 9)
    if not _stands(check, *BEFORE):  # it was begun with another check of the same visit
        return
    cases.suspend(
        check.case_id, until=clock.local_day(until), reason="当事人因灾停业，申请暂缓检查。", actor=check.head
    )
    yield until
    cases.resume(check.case_id, actor=check.head)


def _stands(check: Check, *states: str) -> bool:
    return case_queries.find(check.case_id, SYSTEM).state in states


def _keep_team_fit(check: Check, *, somebody_away: bool = False) -> None:
    """Who cannot go leaves the seat to the next one in the ranking of the draw."""
    case = case_queries.find(check.case_id, SYSTEM)
    if case.origin_kind != "draw":
        return
    unfit = [member.officer.id for member in case_queries.team(case) if member.defects]
    for leaves in unfit or ([check.writer.officer_id or 0] if somebody_away else []):
        reason = "执法证已到期，不能参加检查。" if unfit else "因公出差，无法参加本次检查。"
        sampling.replace_officer(check.case_id, leaves=leaves, reason=reason, actor=check.head)
    check.team = check.world.staff.officers(case_queries.find(check.case_id, SYSTEM).officer_ids)


def _approved(check: Check) -> Errand:
    cases.submit(check.case_id, actor=check.lead)
    yield check.soon(0, 2)
    if check.dice.chance(0.03) and _stands(check, "awaiting_approval"):
        cases.send_back(check.case_id, reason="请补充说明检查时间安排。", actor=check.head)
        yield check.soon(1, 2)
        cases.submit(check.case_id, actor=check.lead)
        yield check.soon(0, 1)
    if _stands(check, "opened"):  # sent back with another check of the same visit
        cases.submit(check.case_id, actor=check.lead)
    cases.approve(check.case_id, surprise=check.dice.chance(0.08), actor=check.head)


# ---- The check -------------------------------------------------------------------------------------------------------


def _checked(check: Check) -> Errand:
    """Goes there, looks, writes it down, and hands it in."""
    _keep_team_fit(check)
    case = case_queries.find(check.case_id, SYSTEM)
    enterprise = enterprises.find(case.enterprise_id)
    if enterprise.status not in INSPECTABLE:
        reason = "登记系统显示该主体已退出，经办人员已核对登记档案。"
        cases.terminate(check.case_id, code=GONE_CODES[enterprise.status], reason=reason, actor=check.lead)
        return
    lines = {item["line"] for item in case.items}
    found = finding(check.world.hidden(case.enterprise_id), clock.today(), check.dice, key="registration" not in lines)
    if not case.surprise:
        cases.notify(check.case_id, note="直接送达", actor=check.lead)
    if case.on_site:
        place = enterprise.business_address or enterprise.address or "登记住所"
        arriving = {"given_code": case.code or "", "place": place, "duties": list(DUTIES)}
        cases.check_in(check.case_id, **arriving, actor=check.lead)
        if case.surprise:
            cases.notify(check.case_id, note="到达现场时当场送达", actor=check.lead)
        yield clock.now() + timedelta(minutes=check.dice.whole(25, 120))
        if found in ENDINGS:
            cases.terminate(check.case_id, code=CODES[found], reason=ENDINGS[found], actor=check.lead)
            return
        _write_down(check, case.items, found)
        cases.begin_record(check.case_id, place="检查现场", actor=check.lead)
    else:
        found = "undisclosed" if found in ENDINGS else found
        cases.begin_record(check.case_id, actor=check.lead)
        _write_down(check, case.items, found)
    yield clock.now() + timedelta(minutes=40) if check.dice.chance(0.7) else check.soon(1, 3)
    yield from _handed_in(check, found, enterprise.legal_representative or "经营者")


def _write_down(check: Check, items: Sequence[Mapping[str, Any]], found: str) -> None:
    """A result for each item; what was found belongs to one of them."""
    fitting = [item for item in items if (item["line"] == "registration") == (found == "undisclosed")] or list(items)
    troubled = check.dice.pick(fitting)["code"] if found != "fine" else None
    for item in items:
        kind = found if item["code"] == troubled else "fine"
        code = CODES.get(kind) or PENDING_CODES.get(item["line"], "D")
        seen = check.dice.pick(words.FINDINGS[item["line"]]) if kind != "fine" else NOTHING
        done = words.DISPOSALS.get(kind, NOTHING)
        cases.record_result(
            check.case_id, item_code=item["code"], codes=[code], finding=seen, disposal=done, actor=check.writer
        )
        if kind == "corrected":
            _order(check, seen)
    if check.dice.chance(0.5 if troubled else 0.05):
        picture = io.BytesIO(photo(check.dice))
        note = "现场情况" if troubled else "门头照片"
        cases.add_evidence(
            check.case_id, file=picture, name="现场照片.png", note=note, item_code=troubled, actor=check.writer
        )


def _order(check: Check, seen: str) -> None:
    term = parameters.term("cases.term.rectify_default")
    cases.order_correction(
        check.case_id,
        violation=seen,
        violated="有关法律、法规、规章关于经营者主体责任的规定",
        basis="《中华人民共和国行政处罚法》第二十八条第一款",
        demands="停止违法行为，按期改正并提交书面整改报告",
        due_on=term.due_on(clock.today(), parameters.calendar()),
        actor=check.lead,
    )


def _handed_in(check: Check, found: str, present: str) -> Errand:
    case = case_queries.find(check.case_id, SYSTEM)
    refused = found == "uncooperative" or check.dice.chance(0.01)
    sign_off = SignOff(
        present_name=present,
        present_position="负责人",
        answers=("看清楚了。", "不申请回避。"),
        opinion=NOTHING if not refused else "不认可检查结果",
        signature="refused" if refused else "signed",
        refusal="当事人认为检查影响经营，拒绝签字。" if refused else None,
        witness="社区工作人员" if refused else None,
    )
    methods = ["on_site"] if case.on_site else ["written", "online"]
    handing = {"methods": methods, "sign_off": sign_off if case.on_site else None}
    cases.conclude(check.case_id, **handing, actor=check.writer)
    if check.dice.chance(0.05):
        yield check.soon(0, 2)
        cases.return_for_record(check.case_id, reason="处置情况填写过于笼统，请补充。", actor=check.reviewer)
        yield check.soon(1, 2)
        cases.conclude(check.case_id, methods=methods, actor=check.writer)


# ---- Two reviews, publication, follow-up -----------------------------------------------------------------------------


def _released(check: Check) -> Errand:
    yield check.soon(0, 2)
    cases.pass_review(check.case_id, actor=check.reviewer)
    yield check.soon(1, 4)
    if check.dice.chance(0.015) and case_queries.find(check.case_id, SYSTEM).checked_on is not None:
        cases.refuse_release(check.case_id, reason="事项结果与笔录不一致，请核对。", actor=check.head)
        yield check.soon(1, 2)
        methods = case_queries.find(check.case_id, SYSTEM).methods
        cases.conclude(check.case_id, methods=methods, actor=check.writer)
        yield check.soon(0, 2)
        cases.pass_review(check.case_id, actor=check.reviewer)
        yield check.soon(0, 2)
    cases.release(check.case_id, actor=check.head)


def _followed_up(check: Check) -> Errand:
    """Orders are re-checked when their day has come, measures get their outcome, and the case is closed."""
    while case_queries.find(check.case_id, SYSTEM).state == "following_up":
        case = case_queries.find(check.case_id, SYSTEM)
        order = next((row.id for row in case.rectifications if row.outcome is None), None)
        measure = next((row for row in case.follow_ups if row.outcome is None), None)
        if order is not None:
            due_on = next(row.due_on for row in case.rectifications if row.id == order)
            yield working(max(due_on - timedelta(days=check.dice.whole(0, 4)), clock.today()), check.dice.whole(10, 15))
            _recheck(check, order)
        elif measure is not None:
            follow_up, kind = measure.id, measure.measure
            yield check.soon(3, 12)
            _settle(check, follow_up, kind)
        else:
            yield check.soon(0, 2)
            cases.close(check.case_id, outcome="各项处置已办结，材料归档。", actor=check.lead)


def _recheck(check: Check, order: int) -> None:
    outcome = check.dice.among({"corrected": 84.0, "extended": 8.0, "not_corrected": 8.0})
    later = parameters.calendar().add(clock.today(), 10) if outcome == "extended" else None
    note = words.RECHECKS[outcome]
    cases.recheck(check.case_id, rectification_id=order, outcome=outcome, note=note, due_on=later, actor=check.lead)


def _settle(check: Check, follow_up_id: int, measure: str) -> None:
    """The outcome of a measure; nobody found at the door means a listing, as a record of the register."""
    outcome = words.OUTCOMES.get(measure, "已按规定处理完毕。")
    cases.settle(check.case_id, follow_up_id=follow_up_id, outcome=outcome, actor=check.lead)
    case = case_queries.find(check.case_id, SYSTEM)
    if measure == "list_abnormal" and case.ended_by == CODES["unreachable"]:
        registry.record_credit_record(
            enterprise_id=case.enterprise_id,
            kind="abnormal",
            klass=4,
            happened_on=clock.today(),
            title="通过登记的住所或经营场所无法联系",
            authority=check.head.org_name,
            source="abnormal_list",
            source_key=f"{case.number}/列异",
            actor=check.head,
        )


def _corrected(check: Check) -> Errand:
    """A published result turns out to be wrong: it is corrected, or taken back by two people."""
    publication = published.edition(check.case_id, 1)
    if publication is None or publication.state != "published":
        return
    if check.dice.chance(0.35):
        disclosure.ask_withdrawal(publication.id, reason="公示对象录入错误，应予撤回。", actor=check.head)
        yield check.soon(1, 4)
        disclosure.withdraw(publication.id, actor=check.world.staff.person("deputy2"))
        return
    if case_queries.find(check.case_id, SYSTEM).checked_on is None:
        return
    disclosure.correct(publication.id, reason="结果代码选择有误，申请更正。", actor=check.lead)
    yield check.soon(0, 2)
    case = case_queries.find(check.case_id, SYSTEM)
    result, item = case.results[0], case.items[0]["code"]
    cases.record_result(
        check.case_id,
        item_code=item,
        codes=["L"],
        finding="标签公示不规范，检查中已当场改正。",
        disposal="教育并指导改正，不予处罚。",
        seen_revision=next((each.revision for each in case.results if each.item_code == item), result.revision),
        actor=check.writer,
    )
    cases.conclude(check.case_id, methods=case.methods, actor=check.writer)
    yield from _released(check)
