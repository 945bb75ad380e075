"""Items, graded pools, rosters and campaigns for tests, each a step further."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from itertools import count
from typing import Any

from sqlalchemy import insert, select, text

from casework.accounts import queries as staff_queries
from casework.accounts.models import Account
from casework.core import clock
from casework.core.actor import SYSTEM, Actor
from casework.core.db import session
from casework.core.ledger import OutboxMessage
from casework.grading.models import ClassificationRun
from casework.registry.models import CurrentGrade, Enterprise
from casework.sampling import operations as sampling
from casework.sampling.models import Campaign, DirectoryEntry, InspectionItem, ObjectDirectory, Plan, Recusal
from tests.make.accounts import officer, unit

_numbers = count(1)

FLOORS = {"A": 100, "B": 300, "C": 1000, "D": 2000}


def item(code: str | None = None, **content: Any) -> InspectionItem:
    """A published item, in force for years."""
    number = next(_numbers)
    known = {
        "code": code or f"T{number:03}",
        "valid_from": date(2020, 1, 1),
        "category": "登记注册",
        "name": f"试验事项{number}",
        "checklist": ["住所", "名称"],
        "basis": "市场主体登记管理条例第三十九条",
        "levels": ["county"],
        "scope": "企业",
        "pool": {},
        "ratio": "按等级",
        "frequency": "每年一次",
        "on_site": True,
        "qualification": None,
        "importance": "general",
        "line": "registration",
        "section": "信用监管科",
        "note": None,
        "written_by": "测试",
        "written_at": clock.now(),
        "published_on": date(2020, 1, 1),
        "published_by": "测试",
    }
    made = InspectionItem(**known | content)
    session.add(made)
    session.flush()
    return made


def graded_pool(counts: Mapping[str | None, int], *, unit_name: str = "川汇区一所", **columns: Any) -> list[int]:
    """So many subjects of each grade (None: not classified), and the run that graded them; returns their ids."""
    run = ClassificationRun(
        kind="full",
        requested_by="测试",
        requested_at=clock.now(),
        as_of=clock.today(),
        started_at=clock.now(),
        finished_at=clock.now(),
        looked_at=sum(counts.values()),
        changed=0,
        whole=True,
        distribution={},
        moves={},
    )
    session.add(run)
    session.flush()
    org_id = unit(unit_name).id
    ids: list[int] = []
    for grade, many in counts.items():
        new = session.scalars(
            insert(Enterprise).returning(Enterprise.id),
            [_subject(org_id) | columns for _ in range(many)],
        ).all()
        ids += new
        if grade is not None and new:
            rows = [
                {"enterprise_id": one, "grade": grade, "score": 100, "since": clock.today(), "run_id": run.id}
                for one in new
            ]
            session.execute(insert(CurrentGrade), rows)
    return ids


def _subject(org_id: int) -> dict[str, Any]:
    number = next(_numbers)
    name = f"周口市第{number}号商行"
    return {
        "uscc": f"92411602MA{number:08d}",
        "subject_class": "company",
        "name": name,
        "name_key": name,
        "bigrams": [],
        "former_names": [],
        "status": "active",
        "cluster_address": False,
        "is_branch": False,
        "tags": [],
        "code_checked": True,
        "org_id": org_id,
        "source": "test",
        "recorded_at": clock.now(),
        "updated_at": clock.now(),
    }


def roster(many: int = 4, *, unit_name: str = "川汇区局", **entry: Any) -> list[Any]:
    """So many officers who may be sent."""
    return [officer(unit=unit_name, **entry) for _ in range(many)]


def person(*roles: str, unit_name: str = "市局", lines: tuple[str, ...] = ()) -> Actor:
    """Somebody with these posts who never signs in: no password is hashed."""
    number = next(_numbers)
    account = Account(
        login=f"person{number}",
        name=f"{roles[0]}{number}",
        password_hash="none",
        org_id=unit(unit_name).id,
        roles=list(roles),
        lines=list(lines),
        password_set_at=clock.now(),
    )
    session.add(account)
    session.flush()
    known = staff_queries.actor_of(account.id)
    assert known is not None
    return known


def recusal(officer_id: int, enterprise_id: int) -> Recusal:
    """An officer who may not inspect an enterprise."""
    declared = Recusal(
        officer_id=officer_id,
        enterprise_id=enterprise_id,
        org_id=unit("川汇区局").id,
        kind="interest",
        declared_by="officer",
        reason="入股",
        recorded_by="测试",
        recorded_at=clock.now(),
    )
    session.add(declared)
    session.flush()
    return declared


def published_plan(code: str, *, title: str = "年度抽查工作计划") -> Plan:
    """A plan of one line, which begins tomorrow, gone through every hand."""
    return sampling.publish_plan(filed_plan(code, title=title).id, actor=person("credit"))


def filed_plan(code: str, *, title: str = "年度抽查工作计划", approver: Actor | None = None) -> Plan:
    """The same, not yet published."""
    author, approver, lawyer = person("credit"), approver or person("deputy"), person("legal")
    tomorrow = clock.today() + timedelta(days=1)
    plan = sampling.create_plan(year=tomorrow.year, title=title, org_id=unit().id, actor=author)
    sampling.keep_line(
        plan.id,
        title="食品经营单位抽查",
        org_id=unit("川汇区局").id,
        item_codes=[code],
        pool={},
        rates_bp=FLOORS,
        officers_per_case=2,
        cadence="quarterly",
        first_on=tomorrow,
        last_on=date(tomorrow.year, 12, 31),
        workdays=30,
        public_list=True,
        actor=author,
    )
    for step in (sampling.submit_plan, sampling.consolidate_plan):
        step(plan.id, actor=author)
    sampling.pass_plan_review(plan.id, actor=lawyer)
    sampling.approve_plan(plan.id, actor=approver)
    return sampling.file_plan(plan.id, filed_no="豫市监备〔2026〕7号", actor=author)


def directory(
    holders: Sequence[int], *, org_id: int | None = None, code: str | None = None, **permit: Any
) -> ObjectDirectory:
    """A published special directory that lists one permit of each of these enterprises."""
    number = next(_numbers)
    known = {"name": f"专项库{number}", "kind": "special", "listed": True, "org_id": org_id or unit().id}
    made = sampling.keep_directory(code=code or f"L{number}", **known, actor=SYSTEM)
    for place, holder in enumerate(holders):
        values = {"permit_name": "食品经营许可证", "permit_no": f"JY{number}-{place}"} | permit
        session.add(DirectoryEntry(directory_id=made.id, enterprise_id=holder, **values))
    session.flush()
    return sampling.publish_directory(made.id, actor=SYSTEM)


ENDED_VISIT = """
    INSERT INTO "case" (origin_kind, origin_id, origin_number, title, source, kind, enterprise_id, org_id, items,
        on_site, emergency, state, opened_on, entered_on, checked_on, closed_on, released_edition)
    VALUES ('trigger', :number, '', '', 'complaint', 'triggered', :enterprise, :unit, '[{"code": "X"}]', true,
        true, 'closed', :day, :day, :day, :day, 1)
"""
END_CASES = """
    UPDATE "case" SET state = :state, emergency = true, due_on = NULL, closed_on = opened_on, released_edition = 1
    WHERE origin_id = :campaign AND id IN (SELECT id FROM "case" WHERE due_on IS NOT NULL ORDER BY id LIMIT :many)
"""


def ended_visit(enterprise_id: int, number: int) -> None:
    """A visit of today outside the draw, over and published."""
    values = {"number": number, "enterprise": enterprise_id, "unit": unit("川汇区局").id, "day": clock.today()}
    session.execute(text(ENDED_VISIT), values)


def end_cases(campaign: Campaign, state: str, many: int) -> None:
    """Ends so many cases of a campaign, without walking through their lives."""
    session.execute(text(END_CASES), {"state": state, "campaign": campaign.id, "many": many})


def deliver(name: str, operation: Callable[..., object]) -> None:
    """What a worker does with every message of this name that was announced so far."""
    for message in session.scalars(select(OutboxMessage).where(OutboxMessage.name == f"sampling.{name}")).all():
        worker = Actor(id=message.actor_id, name=message.actor_name, roles=("worker",))
        operation(**message.payload, actor=worker)


class Office:
    """The people of a campaign: one for each hand that must be another's."""

    def __init__(self) -> None:
        self.maker = person("credit")
        self.approver = person("deputy")
        self.operator = person("credit")
        self.publisher = person("credit")
        self.witness = person("auditor")


def campaign(
    office: Office | None = None, *, until: str = "draft", maker: Actor | None = None, **scheme: Any
) -> Campaign:
    """A campaign over the pool of 川汇区局, walked to draft, submitted, approved, frozen, committed or drawn."""
    office = office or Office()
    known = {
        "title": "试验抽查",
        "org_id": unit("川汇区局").id,
        "item_codes": scheme.get("item_codes") or [item().code],
        "pool": {},
        "rates_bp": FLOORS,
        "sizes": {},
        "officers_per_case": 2,
        "workdays": 30,
        "public_list": True,
        "unattended": True,
    }
    made = sampling.create_campaign(actor=maker or office.maker, **known | scheme)
    for state, verb, who in (
        ("submitted", sampling.submit_campaign, maker or office.maker),
        ("approved", sampling.approve_campaign, office.approver),
        ("frozen", sampling.freeze_pool, office.operator),
        ("committed", sampling.publish_commitment, office.publisher),
        ("drawn", sampling.draw, office.operator),
    ):
        if made.state == until:
            break
        verb(made.id, actor=who)
        assert made.state == state
    return made
