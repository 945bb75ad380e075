"""Random small worlds of checks, and the plain list that they were made from, to count every figure again."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from itertools import count
from random import Random
from typing import Any

from sqlalchemy import insert

from casework.accounts.models import Account
from casework.cases.models import Case
from casework.core import parameters
from casework.core.db import session
from casework.disclosure.models import Publication
from casework.registry.models import CurrentGrade
from casework.sampling.models import Campaign, CampaignStratum, DrawnMember, PoolMember
from tests import make

_numbers = count(1)

UNITS = ("川汇区一所", "川汇区二所", "淮阳区局", "市局")
ITEMS = ("A01", "A02", "B03")


@dataclass
class Check:
    """One check as the plain recount sees it."""

    grade: str | None
    unit: str
    opened_on: date
    concluded_on: date | None = None
    published_on: date | None = None
    due_on: date | None = None
    withdrawn: bool = False
    corrected: bool = False
    closed: bool = False
    items: tuple[str, ...] = ("A01",)
    outcomes: tuple[tuple[str, str], ...] = ()

    @property
    def outcome(self) -> str | None:
        """Of the edition in force; None while there is none."""
        if self.published_on is None or self.withdrawn:
            return None
        found = {outcome for _item, outcome in self.outcomes}
        return "problem" if "problem" in found else "absent" if "absent" in found else "fine"


@dataclass
class Draw:
    """One drawn campaign: members and drawn per grade, the unit that ordered it, who has the members in charge."""

    strata: dict[str, tuple[int, int]]
    unit: str
    drawn_on: date
    items: tuple[str, ...] = ("A01",)
    by_unit: dict[str, dict[str, int]] = field(default_factory=dict)
    joint: bool = False
    done: bool = False
    cancelled: bool = False


def random_world(seed: int, today: date) -> tuple[list[Draw], list[Check]]:
    """Draws and checks of the last five months."""
    random = Random(seed)
    draws, checks = [], []
    for _ in range(random.randint(1, 3)):
        strata = {
            grade: (random.randint(5, 40), random.randint(1, 5))
            for grade in sorted(random.sample("ABCD", random.randint(1, 4)))
        }
        draw = Draw(strata, random.choice(("市局", "川汇区局")), today - timedelta(days=random.randint(20, 150)))
        draw.items = tuple(sorted(random.sample(ITEMS, random.randint(1, 3))))
        draw.by_unit = {grade: _spread(random, draw, members) for grade, (members, _k) in strata.items()}
        draw.joint, draw.done = random.random() < 0.5, random.random() < 0.5
        draws.append(draw)
        ours = [_check(random, grade, draw, today) for grade, (_n, k) in strata.items() for _ in range(k)]
        checks += ours
        keep_draw(draw, ours)
    for _ in range(random.randint(0, 5)):
        check = _check(random, None, Draw({}, "川汇区局", today - timedelta(days=random.randint(1, 100))), today)
        checks.append(check)
        keep_check(check, "trigger", next(_numbers))
    return draws, checks


def _units(draw: Draw) -> tuple[str, ...]:
    return UNITS if draw.unit == "市局" else UNITS[:2]


def _spread(random: Random, draw: Draw, members: int) -> dict[str, int]:
    """So many members, in the charge of the units from which is drawn."""
    where = [random.choice(_units(draw)) for _ in range(members)]
    return {unit: where.count(unit) for unit in set(where)}


def _check(random: Random, grade: str | None, draw: Draw, today: date) -> Check:
    check = Check(grade, random.choice(_units(draw)), draw.drawn_on, items=draw.items)
    day = draw.drawn_on + timedelta(days=random.randint(0, 60))
    if day > today or random.random() < 0.2:
        return check
    check.concluded_on = day
    check.due_on = parameters.term("cases.term.publish", day).due_on(day, parameters.calendar())
    published = day + timedelta(days=random.randint(0, 60))
    if published > today or random.random() < 0.2:
        return check
    check.published_on = published
    check.outcomes = tuple((item, random.choice(("fine", "fine", "problem", "absent"))) for item in check.items)
    check.closed = random.random() < 0.6
    check.withdrawn = random.random() < 0.1
    check.corrected = random.random() < 0.2 and published < today
    return check


def keep_draw(draw: Draw, checks: list[Check]) -> None:
    moment = datetime(draw.drawn_on.year, draw.drawn_on.month, draw.drawn_on.day, 4, tzinfo=UTC)
    number = next(_numbers)
    campaign = Campaign(
        number=f"试{number}", title="试验抽查", line=None if draw.joint else "food",
        state="cancelled" if draw.cancelled else "done" if draw.done else "running", source="temporary",
        directed=False, unattended=True, org_id=make.unit(draw.unit).id, organ_id=make.unit(draw.unit).id,
        item_codes=list(draw.items), rates_bp={"A": 100},
        officers_per_case=2, workdays=30, public_list=True, made_name="测试", made_at=moment, approved_at=moment,
        items=[], nonce=bytes(32), frozen_at=moment, commitment=bytes(32), committed_at=moment, seed=bytes(32),
        drawn_at=moment,
    )  # fmt: skip
    session.add(campaign)
    session.flush()
    for position, (grade, (members, drawn)) in enumerate(draw.strata.items(), 1):
        label = grade if len(draw.strata) > 1 else "all"
        session.add(
            CampaignStratum(
                campaign_id=campaign.id, position=position, label=label, grade=grade, floor_bp=100, rate_bp=100,
                members=members, eligible=members, required=drawn, drawn=drawn, excluded={},
                by_unit={str(make.unit(unit).id): count for unit, count in draw.by_unit.get(grade, {}).items()},
            )
        )  # fmt: skip
    session.flush()
    for position, check in enumerate(checks, 1):
        enterprise_id = keep_check(check, "draw", campaign.id)
        seal = sha256(f"{campaign.id}/{position}".encode()).digest()
        label = check.grade if len(draw.strata) > 1 else "all"
        shared = {"campaign_id": campaign.id, "enterprise_id": enterprise_id, "code": f"C{position:05}"}
        org_id = make.unit(check.unit).id
        session.execute(
            insert(PoolMember),
            [{**shared, "seal": seal, "salt": bytes(16), "org_id": org_id, "stratum": label, "status": "in"}],
        )
        drawn = {"seal": seal, "ticket": seal, "org_id": org_id, "stratum": label, "position": position}
        session.execute(insert(DrawnMember), [shared | drawn | {"eligible": [], "chosen": []}])


def keep_check(check: Check, kind: str, origin_id: int) -> int:
    """The rows of one check; returns its enterprise."""
    enterprise = make.enterprise(unit=check.unit)
    org_id = make.unit(check.unit).id
    first, second = (_person() for _ in range(2))
    handed_in, public = check.concluded_on is not None, check.published_on is not None
    state = "closed" if check.closed else "published" if public else "reviewing" if handed_in else "opened"
    case = Case(
        origin_kind=kind, origin_id=origin_id, origin_number=str(origin_id), title="试验", kind="triggered",
        source="complaint", enterprise_id=enterprise.id, org_id=org_id,
        items=[{"code": item} for item in check.items], on_site=True,
        state=state, opened_on=check.opened_on, entered_on=check.opened_on,
        due_on=None if check.closed else check.opened_on,
        closed_on=check.published_on if check.closed else None, emergency=True, checked_on=check.concluded_on,
        concluded_on=check.concluded_on, concluded_by=first if handed_in else None,
        reviewed_by=second if public else None, released_edition=1 if public else 0,
    )  # fmt: skip
    session.add(case)
    session.flush()
    if public:
        _keep_publications(check, case)
    return enterprise.id


def _keep_publications(check: Check, case: Case) -> None:
    """The editions of a result: a corrected one has an earlier edition that found the opposite."""
    editions = 2 if check.corrected else 1
    for edition in range(1, editions + 1):
        newest = edition == editions
        outcomes = [outcome if newest else "problem" for _item, outcome in check.outcomes]
        moment = datetime(check.published_on.year, check.published_on.month, check.published_on.day, 3, tzinfo=UTC)
        moment += timedelta(days=edition - 1)
        session.add(
            Publication(
                kind="check_result", subject_id=case.id, edition=edition, since_edition=1,
                state="corrected" if not newest else "withdrawn" if check.withdrawn else "published",
                facts=_facts(check), facts_sha256="", number=f"JC{case.id}", type="抽查",
                enterprise_id=case.enterprise_id, enterprise_code="0", enterprise_name="某", name_pairs=[],
                org_id=case.org_id,
                item_codes=[item for item, _outcome in check.outcomes], item_outcomes=outcomes,
                outcome=(check.outcome or "fine") if newest else "problem", finished_on=check.concluded_on,
                due_on=check.due_on, published_at=moment, published_on=moment.date(),
                ended_at=None if newest and not check.withdrawn else moment,
            )
        )  # fmt: skip
    session.flush()


def _facts(check: Check) -> dict[str, Any]:
    """As much as a public list shows."""
    labels = {"fine": "未发现问题", "problem": "发现问题已责令改正", "absent": "注销"}
    items = [{"code": item, "name": item, "results": [{"label": labels[outcome]}]} for item, outcome in check.outcomes]
    return {"items": items, "organ": {"name": "试验局"}, "task": None, "checked_on": None, "methods": []}


def _person() -> int:
    known = Account(
        login=f"insight-{next(_numbers)}", name="某人", password_hash="none", org_id=make.unit().id, roles=["line"],
        password_set_at=datetime(2026, 1, 1, tzinfo=UTC),
    )  # fmt: skip
    session.add(known)
    session.flush()
    return known.id


def random_grades(seed: int) -> list[tuple[str, str | None, str, str | None]]:
    """Enterprises as (unit, industry, status, grade), kept as rows."""
    random = Random(seed)
    made = []
    for _ in range(40):
        unit, section = random.choice(UNITS), random.choice(("F", "C", None))
        status, grade = (
            random.choice(("active", "suspended", "deregistered")),
            random.choice("AABCD-").strip("-") or None,
        )
        one = make.enterprise(unit=unit, industry_section=section, status=status)
        if grade:
            rows = [{"enterprise_id": one.id, "grade": grade, "score": 100, "since": date(2026, 1, 1), "run_id": None}]
            session.execute(insert(CurrentGrade), rows)
        made.append((unit, section, status, grade))
    return made
