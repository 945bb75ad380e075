"""Nouns of the staff room: who is signed in, which rows they may see, units and officers."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Row, Select, and_, any_, bindparam, false, func, not_, or_, select, text
from sqlalchemy.orm import InstrumentedAttribute

from casework.accounts.models import Account, Expert, Officer, OrgUnit
from casework.accounts.rules import CERTIFICATE_NOTICE, ROLES, permissions_of
from casework.core import clock
from casework.core.actor import Actor
from casework.core.db import is_read_only, session
from casework.core.errors import NotFound
from casework.core.i18n import _
from casework.core.paging import Page, page

T = TypeVar("T", bound=Select[Any])
Column = ColumnElement[Any] | InstrumentedAttribute[Any]


_TREE = select(*OrgUnit.__table__.columns).order_by(OrgUnit.division_code, OrgUnit.path)
_TREE_VERSION = (
    select(func.sum(func.hashtextextended(text("org_unit.ctid::text || ':' || org_unit.xmin::text"), 0)))
    .select_from(OrgUnit)
    .scalar_subquery()
)
"""Differs whenever a unit was written or removed: PostgreSQL's own marks of each row's version, added up."""

_ACTOR = (
    select(
        Account.id,
        Account.name,
        Account.roles,
        Account.lines,
        Account.epoch,
        OrgUnit.id.label("org_id"),
        OrgUnit.name.label("org_name"),
        OrgUnit.path.label("org_path"),
        Officer.id.label("officer_id"),
        _TREE_VERSION.label("tree"),
    )
    .join(OrgUnit, OrgUnit.id == Account.org_id)
    .outerjoin(Officer, Officer.account_id == Account.id)
    .where(Account.id == bindparam("account_id"), Account.active)
)
"""Asked by every request of the staff: made once."""


def actor_of(account_id: int, *, epoch: int | None = None, address: str | None = None) -> Actor | None:
    """The acting person behind an account; None when it was closed or its sessions were ended."""
    row = session.execute(_ACTOR, {"account_id": account_id}).first()
    if row is None or (epoch is not None and row.epoch != epoch):
        return None
    if is_read_only():
        session().info["tree"] = row.tree  # nothing that this request does can change it
    return Actor(
        id=row.id,
        name=row.name,
        org_id=row.org_id,
        org_name=row.org_name,
        org_path=row.org_path,
        roles=tuple(row.roles),
        role_labels=tuple(_(ROLES[role].label) for role in row.roles),
        permissions=permissions_of(tuple(row.roles)),
        lines=frozenset(row.lines),
        officer_id=row.officer_id,
        address=address,
    )


def visible(statement: T, actor: Actor, *, unit: Column, line: Column | None = None) -> T:
    """THE row scope: keeps the rows of the actor's subtree and, where a line is given, of the lines they serve.

    Every list, search, export and PDF of staff pages goes through here. `unit` is the column with the row's unit id.
    """
    if not actor.is_system:
        levels = actor.org_path.count("/")
        if levels < 2:
            statement = statement.where(false())
        elif levels > 2:
            statement = statement.where(unit.in_(select(OrgUnit.id).where(OrgUnit.path.startswith(actor.org_path))))
    if line is not None and actor.lines:
        statement = statement.where(or_(line.is_(None), line.in_(sorted(actor.lines))))
    return statement


def sees_unit(actor: Actor, unit_id: int | None) -> bool:
    """The same rule for one row."""
    return session.scalar(visible(select(OrgUnit.id).where(OrgUnit.id == unit_id), actor, unit=OrgUnit.id)) is not None


def units(actor: Actor | None = None, *, kind: str | None = None) -> Sequence[Row[Any]]:
    """Units in the order of the tree, as rows of their columns; those an actor may see, or all."""
    return [
        unit
        for unit in _tree()
        if (kind is None or unit.kind == kind)
        and (actor is None or actor.is_system or (actor.org_path != "/" and unit.path.startswith(actor.org_path)))
    ]


def _tree() -> tuple[Row[Any], ...]:
    """All units. Nearly every page names some, and they hardly ever change: read again only when they did."""
    global _known
    version = session().info.get("tree") or session.scalar(select(_TREE_VERSION))
    if _known is None or _known[0] != version:
        _known = version, tuple(session.execute(_TREE).all())
    return _known[1]


_known: tuple[Any, tuple[Row[Any], ...]] | None = None


def unit(unit_id: int) -> OrgUnit:
    """One unit."""
    return session.get_one(OrgUnit, unit_id)


def unit_names() -> Mapping[int, str]:
    """Short names of all units by id."""
    return {unit.id: unit.short_name for unit in _tree()}


def subtree(unit_id: int) -> list[int]:
    """The ids of a unit and everything below it."""
    path = session.execute(select(OrgUnit.path).where(OrgUnit.id == unit_id)).scalar_one()
    return list(session.scalars(select(OrgUnit.id).where(OrgUnit.path.startswith(path))))


def county_of() -> Mapping[int, int]:
    """For every unit the county bureau (or the city bureau itself) that it belongs to: the area of a draw."""
    rows = session.execute(select(OrgUnit.id, OrgUnit.path))
    areas = {}
    for unit_id, path in rows:
        steps = [int(step) for step in path.strip("/").split("/")]
        areas[unit_id] = steps[1] if len(steps) > 1 else steps[0]
    return areas


def drawable_officers(day: date | None = None, *, unit_ids: Sequence[int] | None = None) -> Sequence[Officer]:
    """Officers who may be sent on a day: active, present, certificate valid. Ordered by roster number."""
    on = day or clock.today()
    statement = select(Officer).where(
        Officer.active,
        Officer.certificate_valid_until >= on,
        or_(Officer.absent_until.is_(None), Officer.absent_until < on, Officer.absent_from > on),
    )
    if unit_ids is not None:
        statement = statement.where(Officer.org_id.in_(unit_ids))
    return session.scalars(statement.order_by(Officer.roster_id)).all()


def officers_of(unit_ids: Sequence[int]) -> Sequence[Officer]:
    """Everybody in the directory of these units, whether they may be sent or not. Ordered by roster number."""
    return session.scalars(select(Officer).where(Officer.org_id.in_(unit_ids)).order_by(Officer.roster_id)).all()


def officer_by_roster_id(roster_id: str) -> Officer | None:
    """The officer of a roster number."""
    return session.scalars(select(Officer).where(Officer.roster_id == roster_id)).first()


def officers(ids: Sequence[int]) -> dict[int, Officer]:
    """Officers by id."""
    return {officer.id: officer for officer in session.scalars(select(Officer).where(Officer.id.in_(ids)))}


def officer_directory(
    actor: Actor,
    *,
    q: str = "",
    line: str = "",
    certificate: str = "",
    after: str | None = None,
    before: str | None = None,
) -> Page:
    """One page of the directory as far as the actor sees it, with unit names; rows are `(Officer, unit, …)`."""
    columns = OrgUnit.short_name, OrgUnit.division_code, Officer.roster_id
    statement = visible(
        select(Officer, *columns).join(OrgUnit, OrgUnit.id == Officer.org_id), actor, unit=Officer.org_id
    )
    if q:
        statement = statement.where(_one_of(q, Officer.name, Officer.roster_id, Officer.certificate_no))
    if line:
        statement = statement.where(any_(Officer.lines) == line)
    if certificate:
        today, until = clock.today(), Officer.certificate_valid_until
        statement = statement.where(
            {
                "valid": until > today + CERTIFICATE_NOTICE,
                "ending": until.between(today, today + CERTIFICATE_NOTICE),
                "expired": until < today,
            }[certificate]
        )
    return page(statement, [OrgUnit.division_code, Officer.roster_id], after=after, before=before)


def accounts(
    actor: Actor,
    *,
    q: str = "",
    state: str = "",
    role: str = "",
    after: str | None = None,
    before: str | None = None,
) -> Page:
    """One page of the accounts in the actor's subtree, with unit names; rows are `(Account, unit, …)`."""
    columns = OrgUnit.short_name, OrgUnit.division_code, Account.login
    statement = visible(
        select(Account, *columns).join(OrgUnit, OrgUnit.id == Account.org_id), actor, unit=Account.org_id
    )
    if q:
        statement = statement.where(_one_of(q, Account.name, Account.login))
    if role:
        statement = statement.where(any_(Account.roles) == role)
    if state:
        statement = statement.where(_is_in_state()[state])
    return page(statement, [OrgUnit.division_code, Account.login], after=after, before=before)


def account_counts(actor: Actor) -> dict[str, int]:
    """How many accounts of the actor's subtree are in each of ACCOUNT_STATES."""
    columns = [func.count().filter(condition).label(state) for state, condition in _is_in_state().items()]
    return dict(session.execute(visible(select(*columns), actor, unit=Account.org_id)).one()._mapping)


def _is_in_state() -> dict[str, ColumnElement[bool]]:
    """The condition of each of ACCOUNT_STATES."""
    locked = and_(Account.locked_until.is_not(None), Account.locked_until > clock.now())
    return {
        "active": and_(Account.active, not_(locked)),
        "locked": and_(Account.active, locked),
        "closed": not_(Account.active),
    }


def first_of_each_role() -> list[tuple[str, str, str]]:
    """(login, role, unit) of the first open account of each role, in their order: whom a demo introduces."""
    rows = session.execute(
        select(Account.login, Account.roles, OrgUnit.short_name)
        .join(OrgUnit, OrgUnit.id == Account.org_id)
        .where(Account.active)
        .order_by(Account.id.desc())
    )
    holders = {role: (login, role, unit) for login, roles, unit in rows for role in roles}
    return [holders[role] for role in ROLES if role in holders]


def accounts_to_link(actor: Actor) -> list[tuple[int, str, str]]:
    """(id, name, login) of the open accounts in the actor's subtree: whom an officer's entry may belong to."""
    statement = select(Account.id, Account.name, Account.login).where(Account.active).order_by(Account.login)
    return [tuple(row) for row in session.execute(visible(statement, actor, unit=Account.org_id))]


def officer(officer_id: int, actor: Actor) -> Officer:
    """One entry of the directory, or NotFound; also for an officer of a unit outside the actor's subtree."""
    found = session.get(Officer, officer_id)
    if found is None or not sees_unit(actor, found.org_id):
        raise NotFound(_("名录中没有这名人员。"))
    return found


def expert_directory(
    actor: Actor, *, q: str = "", line: str = "", after: str | None = None, before: str | None = None
) -> Page:
    """One page of the experts as far as the actor sees them, with unit names; rows are `(Expert, unit, …)`."""
    statement = visible(
        select(Expert, OrgUnit.short_name, Expert.number).join(OrgUnit, OrgUnit.id == Expert.org_id),
        actor,
        unit=Expert.org_id,
    )
    if q:
        statement = statement.where(_one_of(q, Expert.name, Expert.number, Expert.field))
    if line:
        statement = statement.where(any_(Expert.lines) == line)
    return page(statement, [Expert.number], after=after, before=before)


def expert(expert_id: int, actor: Actor) -> Expert:
    """One expert, or NotFound; also for one of a unit outside the actor's subtree."""
    found = session.get(Expert, expert_id)
    if found is None or not sees_unit(actor, found.org_id):
        raise NotFound(_("名录中没有这名专家或机构。"))
    return found


def engaged_experts(day: date | None = None) -> Sequence[Expert]:
    """Experts and professional bodies who may be asked to assist on a day, by number."""
    on = day or clock.today()
    in_term = or_(Expert.valid_until.is_(None), Expert.valid_until >= on)
    return session.scalars(select(Expert).where(Expert.active, in_term).order_by(Expert.number)).all()


def experts(ids: Sequence[int]) -> dict[int, Expert]:
    """Experts by id."""
    return {expert.id: expert for expert in session.scalars(select(Expert).where(Expert.id.in_(ids)))}


def _one_of(q: str, *columns: InstrumentedAttribute[str]) -> ColumnElement[bool]:
    return or_(*(column.icontains(q, autoescape=True) for column in columns))
