"""Cases for tests: an origin, a team, one case, and a walk through its life up to a state."""

from datetime import timedelta
from itertools import count
from typing import Any

from casework.accounts import queries as staff_queries
from casework.accounts.models import Account
from casework.cases import operations as cases
from casework.cases.models import Case
from casework.cases.rules import DUTIES, Item, NewCase, Origin, SignOff
from casework.core import clock
from casework.core.actor import SYSTEM, Actor
from casework.core.db import session
from tests.make.accounts import officer, unit
from tests.make.registry import enterprise

_numbers = count(1)
_origins = count(1_000_000)
"""Ids of draws and triggers that there are only in name: no real campaign of a test has such a one."""

ITEMS = (
    Item("A08", "登记事项检查", "《中华人民共和国市场主体登记管理条例》第三十八条", "registration"),
    Item("B03", "食品经营单位证后监管", "《中华人民共和国食品安全法》第一百一十条", "food"),
)
SIGNED = SignOff(
    present_name="钱在场",
    present_position="店长",
    answers=("看清楚了。", "不申请回避。"),
    opinion="无",
    signature="signed",
)


def origin(
    kind: str = "draw",
    *,
    items: tuple[Item, ...] = ITEMS,
    source: str | None = None,
    org: str = "川汇区局",
    **more: Any,
) -> Origin:
    """A draw or a trigger that orders checks."""
    number = next(_origins)
    return Origin(
        kind=kind,
        id=number,
        number=f"周市监抽〔2026〕{number}号",
        title="2026年第1期 食品销售",
        case_kind="spot_check" if kind == "draw" else "triggered",
        source=source or ("plan" if kind == "draw" else "complaint"),
        items=items,
        org_id=unit(org).id,
        **more,
    )


def person(role: str, *, org: str = "市局") -> Actor:
    """Somebody who acts but never signs in: no password, so no time is spent on hashing one."""
    number = next(_numbers)
    known = Account(
        login=f"{role}-{number}",
        name=f"{role}甲{number}",
        password_hash="none",
        org_id=unit(org).id,
        roles=[role],
        password_set_at=clock.now(),
    )
    session.add(known)
    session.flush()
    return _actor(known.id)


def inspector(*, org: str = "川汇区局", role: str = "inspector", **more: Any) -> Actor:
    """An inspector with an entry of the officers' directory."""
    known = person(role, org=org)
    officer(unit=org, account_id=known.id, **more)
    return _actor(known.id)


def _actor(account_id: int | None) -> Actor:
    found = staff_queries.actor_of(account_id or 0)
    assert found is not None
    return found


def team(*, org: str = "川汇区局") -> tuple[Actor, Actor]:
    """A leader and a member, both with valid certificates."""
    return inspector(org=org, role="leader"), inspector(org=org)


def case(
    kind: str = "draw",
    *,
    by: tuple[Actor, ...] | None = None,
    org: str = "川汇区局",
    of: Any = None,
    line: str | None = None,
    **more: Any,
) -> Case:
    """One open case of a new origin."""
    officer_ids = [officer.officer_id or 0 for officer in (team(org=org) if by is None else by)]
    new = NewCase((of or enterprise(unit=org)).id, unit(org).id, officer_ids, line)
    return cases.open_case(origin(kind, org=org, **more), new, actor=SYSTEM)


def officers_of(case: Case) -> list[Actor]:
    """The acting people behind the seats, the leader first. A draw may send an officer who had no account until now."""
    known = staff_queries.officers(case.officer_ids)
    for drawn in known.values():
        if drawn.account_id is None:
            drawn.account_id = person("leader", org="川汇区局").id
    session.flush()
    return [_actor(known[officer_id].account_id) for officer_id in case.officer_ids]


def crew(case: Case) -> dict[str, Actor]:
    """Whoever a case needs: its leader and member; an approver, a reviewer and a publisher who are three others."""
    leader, member = officers_of(case)
    others = {"approver": person("deputy"), "reviewer": person("leader"), "publisher": person("credit")}
    return {"leader": leader, "member": member, **others}


def record_all(case: Case, *, by: Actor, codes: tuple[str, ...] = ("1",), finding: str = "无") -> None:
    """The same result for every item."""
    seen = {result.item_code: result.revision for result in case.results}
    for item in case.items:
        cases.record_result(
            case.id,
            item_code=item["code"],
            codes=codes,
            finding=finding,
            disposal="无",
            seen_revision=seen.get(item["code"], 0),
            actor=by,
        )


def order_correction(case: Case, *, by: Actor, **more: Any) -> Any:
    """An ordered correction due in a fortnight."""
    facts = {
        "violation": "未按规定建立食品进货查验记录制度",
        "violated": "《中华人民共和国食品安全法》第五十三条第二款",
        "basis": "《中华人民共和国行政处罚法》第二十八条第一款",
        "demands": "补齐进货查验记录",
        "due_on": clock.today() + timedelta(days=14),
    }
    return cases.order_correction(case.id, **(facts | more), actor=by)


WALK = (
    ("awaiting_approval", lambda case, crew: cases.submit(case.id, actor=crew["member"])),
    ("approved", lambda case, crew: cases.approve(case.id, actor=crew["approver"])),
    ("notified", lambda case, crew: cases.notify(case.id, actor=crew["member"])),
    (
        "inspecting",
        lambda case, crew: cases.check_in(
            case.id, given_code=case.code or "", place="经营场所", duties=DUTIES, actor=crew["member"]
        ),
    ),
    ("recorded", lambda case, crew: record_all(case, by=crew["member"])),
    ("recording", lambda case, crew: cases.begin_record(case.id, place="经营场所", actor=crew["member"])),
    (
        "reviewing",
        lambda case, crew: cases.conclude(case.id, methods=["on_site"], sign_off=SIGNED, actor=crew["member"]),
    ),
    ("releasing", lambda case, crew: cases.pass_review(case.id, actor=crew["reviewer"])),
    ("closed", lambda case, crew: cases.release(case.id, actor=crew["publisher"])),
)
"""The shortest life of a case in which nothing is wrong, step by step."""


def walk(case: Case, *, to: str, crew: dict[str, Actor]) -> Case:
    """Takes a case through its life from where it stands up to a step of WALK."""
    steps = [name for name, _step in WALK]
    start = steps.index(case.state) + 1 if case.state in steps else 0
    for _name, step in WALK[start : steps.index(to) + 1]:
        step(case, crew)
    return case
