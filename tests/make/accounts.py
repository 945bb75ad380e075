"""Units, accounts, actors and officers for tests."""

from datetime import date, timedelta
from itertools import count

from sqlalchemy import select

from casework.accounts import operations as staff
from casework.accounts import queries as staff_queries
from casework.accounts.models import Account, Officer, OrgUnit
from casework.core import clock
from casework.core.actor import SYSTEM, Actor
from casework.core.db import session

PASSWORD = "Right-horse-7"
_numbers = count(1)

COUNTIES = (
    ("411602", "川汇区"), ("411603", "淮阳区"), ("411621", "扶沟县"), ("411622", "西华县"), ("411623", "商水县"),
    ("411624", "沈丘县"), ("411625", "郸城县"), ("411627", "太康县"), ("411628", "鹿邑县"), ("411681", "项城市"),
)  # fmt: skip


def city() -> None:
    """周口市局 with two county bureaus and two offices each: enough of a tree for every scope."""
    root = staff.create_unit(
        kind="city",
        name="周口市市场监督管理局",
        short_name="市局",
        division_code="411600",
        parent_id=None,
        actor=SYSTEM,
    )
    for code, name in COUNTIES[:2]:
        county = staff.create_unit(
            kind="county",
            name=f"{name}市场监督管理局",
            short_name=f"{name}局",
            division_code=code,
            parent_id=root.id,
            actor=SYSTEM,
        )
        for number in ("一", "二"):
            staff.create_unit(
                kind="office",
                name=f"{name}第{number}市场监管所",
                short_name=f"{name}{number}所",
                division_code=code,
                parent_id=county.id,
                actor=SYSTEM,
            )


def unit(short_name: str = "市局") -> OrgUnit:
    """A unit of the small tree by its short name."""
    return session.scalars(select(OrgUnit).where(OrgUnit.short_name == short_name)).one()


def account(role: str = "credit", *, unit: str | None = None, lines: list[str] | None = None) -> Account:
    """An account with one role."""
    number = next(_numbers)
    return staff.create_account(
        login=f"{role}{number}",
        name=f"测试{role}{number}",
        password=PASSWORD,
        org_id=globals()["unit"](unit or "市局").id,
        roles=[role],
        lines=lines or [],
        actor=SYSTEM,
    )


def actor(role: str = "credit", *, unit: str | None = None, lines: list[str] | None = None) -> Actor:
    """The acting person behind a new account."""
    known = staff_queries.actor_of(account(role, unit=unit, lines=lines).id)
    assert known is not None
    return known


def officer(
    *,
    unit: str = "川汇区局",
    valid_until: date | None = None,
    lines: tuple[str, ...] = ("registration", "food"),
    qualifications: tuple[str, ...] = (),
    account_id: int | None = None,
) -> Officer:
    """An entry of the officers' directory."""
    number = next(_numbers)
    return staff.keep_officer(
        roster_id=f"T{number:05d}",
        name=f"检查员{number}",
        org_id=globals()["unit"](unit).id,
        certificate_no=f"1604{number:07d}",
        certificate_valid_until=valid_until or clock.today() + timedelta(days=1500),
        lines=list(lines),
        qualifications=list(qualifications),
        account_id=account_id,
        actor=SYSTEM,
    )
