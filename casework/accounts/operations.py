"""Verbs of the staff room: sign in, keep accounts, units and the officers' directory."""

from collections.abc import Mapping
from datetime import date
from functools import cache
from typing import IO, Any

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError
from sqlalchemy import func, insert, select, update

from casework.accounts.models import Account, Expert, Officer, OrgUnit
from casework.accounts.queries import sees_unit
from casework.accounts.rules import LINES, ROLES, UNIT_KINDS, after_failure, check_password, separated
from casework.accounts.schemas import EXPERTS, OFFICERS
from casework.core import clock
from casework.core.actor import Actor
from casework.core.db import apart, flush_or_refuse, session
from casework.core.errors import Invalid, NotFound, Refusal
from casework.core.i18n import _
from casework.core.ledger import AuditEntry, record
from casework.core.listing import take_in

OFFICER_DETAILS = (
    "absent_reason", "staff_no", "duty", "post_category", "in_post_since", "education", "certificate_kind",
)  # fmt: skip
_hasher = PasswordHasher()
_UNSET = ""
"""Stands for the hash of an account that has no password yet."""


def sign_in(login: str, password: str, *, address: str | None) -> Account:
    """The account whose password this is. Five failures lock it for a quarter of an hour.

    The answer never says whether the name or the password was wrong.
    """
    account = session.scalars(select(Account).where(func.lower(Account.login) == login.strip().lower())).first()
    locked = account is not None and account.locked_until is not None and account.locked_until > clock.now()
    known = account.password_hash if account else _UNSET
    try:
        _hasher.verify(known or _hash_of_nobody(), password)
        right = account is not None and account.active and known != _UNSET
    except VerificationError:
        right = False
    if account is None or not right or locked:
        if account is not None and not locked:
            _count_failure(account, address)
        raise Refusal(
            _("登录名或密码不正确，或账号已锁定。连续输错 5 次将锁定 15 分钟。"),
            field="password",
            rule="GB/T 22239-2019",
        )
    account.failures = 0
    account.locked_until = None
    account.last_sign_in_at = clock.now()
    if _hasher.check_needs_rehash(account.password_hash):
        account.password_hash = _hasher.hash(password)
    record(
        "accounts.sign_in", account, actor=Actor(account.id, account.name, roles=tuple(account.roles), address=address)
    )
    return account


@cache
def _hash_of_nobody() -> str:
    """What a password is compared with where there is no account: the answer takes as long as for any other name."""
    return _hasher.hash("nobody has this password")


def _count_failure(account: Account, address: str | None) -> None:
    """Kept, and in the audit log, even though the request itself fails."""
    with apart() as connection:
        known = select(Account.failures).where(Account.id == account.id).with_for_update()
        failures, until = after_failure(connection.execute(known).scalar_one(), clock.now())
        connection.execute(
            update(Account).where(Account.id == account.id).values(failures=failures, locked_until=until)
        )
        connection.execute(
            insert(AuditEntry).values(
                at=clock.now(),
                action="accounts.lock" if until else "accounts.fail_to_sign_in",
                subject_kind="account",
                subject_id=str(account.id),
                actor_name=account.login,
                actor_roles=[],
                address=address,
            )
        )


def create_unit(
    *,
    kind: str,
    name: str,
    short_name: str,
    division_code: str,
    parent_id: int | None,
    actor: Actor,
    telephone: str | None = None,
    address: str | None = None,
) -> OrgUnit:
    """Adds a unit under its parent. Idempotence key: the name."""
    parent = find_unit(parent_id, actor=actor) if parent_id else None
    expected = {"city": None, "county": "city", "office": "county"}.get(kind, "?")
    if kind not in UNIT_KINDS or (parent.kind if parent else None) != expected:
        raise Refusal(_("机构层级应为 市局 → 县（市、区）局 → 市场监管所，请重新选择上级机构。"), field="parent_id")
    unit = OrgUnit(
        kind=kind,
        name=name,
        short_name=short_name,
        division_code=division_code,
        parent_id=parent_id,
        path="",
        telephone=telephone,
        address=address,
    )
    session.add(unit)
    flush_or_refuse(_("已有同名机构。"), field="name")
    unit.path = f"{parent.path if parent else '/'}{unit.id}/"
    record("accounts.create_unit", unit, actor=actor, after={"name": name, "kind": kind})
    return unit


def change_unit(
    unit_id: int, *, name: str, short_name: str, telephone: str | None, address: str | None, actor: Actor
) -> OrgUnit:
    """Renames a unit or corrects how to reach it; papers issued before keep what they said."""
    unit = find_unit(unit_id, actor=actor)
    before = {"name": unit.name, "short_name": unit.short_name, "telephone": unit.telephone, "address": unit.address}
    after = {"name": name, "short_name": short_name, "telephone": telephone, "address": address}
    unit.name, unit.short_name, unit.telephone, unit.address = name, short_name, telephone, address
    flush_or_refuse(_("已有同名机构。"), field="name")
    record("accounts.change_unit", unit, actor=actor, before=before, after=after)
    return unit


def find_unit(unit_id: int, *, actor: Actor) -> OrgUnit:
    """The unit, or NotFound; also for a unit outside the actor's subtree."""
    unit = session.get(OrgUnit, unit_id)
    if unit is None or not sees_unit(actor, unit_id):
        raise NotFound(_("没有这个机构。"))
    return unit


def create_account(
    *,
    login: str,
    name: str,
    password: str | None,
    org_id: int,
    roles: list[str],
    actor: Actor,
    lines: list[str] | None = None,
) -> Account:
    """Opens an account; without a password nobody signs in until one is set. Idempotence key: the sign-in name."""
    _check_post(org_id, roles, lines or [], actor)
    if password is not None:
        check_password(password, login=login)
    if session.scalar(select(Account.id).where(func.lower(Account.login) == login.strip().lower())):
        raise Refusal(_("登录名已被使用。"), field="login")
    account = Account(
        login=login.strip(),
        name=name,
        password_hash=_UNSET if password is None else _hasher.hash(password),
        org_id=org_id,
        roles=roles,
        lines=lines or [],
        password_set_at=clock.now(),
    )
    session.add(account)
    flush_or_refuse(_("登录名已被使用。"), field="login")
    record("accounts.create_account", account, actor=actor, after={"login": login, "roles": roles, "org": org_id})
    return account


def change_account(
    account_id: int, *, roles: list[str], lines: list[str], org_id: int, active: bool, actor: Actor
) -> Account:
    """Changes post, unit or state of somebody else's account; all its sessions end."""
    account = find_account(account_id, actor=actor)
    if account.id == actor.id:
        raise Refusal(_("不能更改自己的岗位、机构或状态，请由另一名安全管理员办理。"), rule="GB/T 22239-2019")
    _check_post(org_id, roles, lines, actor)
    before = {"roles": account.roles, "lines": account.lines, "org": account.org_id, "active": account.active}
    account.roles, account.lines, account.org_id, account.active = roles, lines, org_id, active
    account.epoch += 1
    after = {"roles": roles, "lines": lines, "org": org_id, "active": active}
    record("accounts.change_account", account, actor=actor, before=before, after=after)
    return account


def unlock_account(account_id: int, *, actor: Actor) -> None:
    """Ends a lock before its time."""
    account = find_account(account_id, actor=actor)
    account.failures, account.locked_until = 0, None
    record("accounts.unlock_account", account, actor=actor)


def reset_password(account_id: int, password: str, *, actor: Actor) -> None:
    """Sets a new password for somebody else; all their sessions end."""
    account = find_account(account_id, actor=actor)
    _set_password(account, password)
    record("accounts.reset_password", account, actor=actor)


def change_password(account_id: int, old: str, new: str, *, actor: Actor) -> None:
    """Sets one's own password; all sessions of the account end."""
    account = find_account(account_id, actor=actor)
    try:
        _hasher.verify(account.password_hash, old)
    except VerificationError:
        raise Refusal(_("原密码不正确。"), field="old") from None
    _set_password(account, new)
    record("accounts.change_password", account, actor=actor)


def _set_password(account: Account, password: str) -> None:
    check_password(password, login=account.login)
    account.password_hash = _hasher.hash(password)
    account.password_set_at = clock.now()
    account.epoch += 1


def add_officer(*, roster_id: str, actor: Actor, **entry: Any) -> Officer:
    """Adds an officer under a roster number that nobody has yet; `entry` as for `keep_officer`."""
    if session.scalar(select(Officer.id).where(Officer.roster_id == roster_id)):
        raise Refusal(_("名录编号已被使用，请核对，或打开该人员的页面修改。"), field="roster_id")
    return keep_officer(roster_id=roster_id, actor=actor, **entry)


def keep_officer(
    *,
    roster_id: str,
    name: str,
    org_id: int,
    certificate_no: str,
    certificate_valid_until: date,
    lines: list[str],
    actor: Actor,
    qualifications: list[str] | None = None,
    account_id: int | None = None,
    active: bool = True,
    absent_until: date | None = None,
    absent_from: date | None = None,
    item_codes: list[str] | None = None,
    qualifications_until: Mapping[str, str] | None = None,
    **details: Any,
) -> Officer:
    """Adds an officer to the directory or brings the entry up to date. Idempotence key: the roster number.

    `details`: what the directory tells besides (OFFICER_DETAILS); what is not given is not known.
    """
    if not lines or set(lines) - LINES.keys():
        raise Refusal(_("请选择执法事项范围。"), field="lines")
    officer = session.scalars(select(Officer).where(Officer.roster_id == roster_id)).first()
    if absent_from is not None and (absent_until is None or absent_until < absent_from):
        raise Refusal(_("请假的结束日期不得早于开始日期。"), field="absent_until")
    for unit_id in {org_id, officer.org_id if officer else org_id}:
        if not sees_unit(actor, unit_id):
            raise Refusal(_("请选择本单位或下级机构。"), field="org_id")
    before = None if officer is None else _officer_facts(officer)
    if officer is None:
        officer = Officer(roster_id=roster_id)
        session.add(officer)
    officer.name, officer.org_id, officer.account_id = name, org_id, account_id
    officer.certificate_no, officer.certificate_valid_until = certificate_no, certificate_valid_until
    officer.lines, officer.qualifications = lines, qualifications or []
    officer.active, officer.absent_from, officer.absent_until = active, absent_from, absent_until
    officer.item_codes = item_codes or []
    officer.qualifications_until = {
        key: day for key, day in (qualifications_until or {}).items() if key in officer.qualifications
    }
    for name in OFFICER_DETAILS:
        setattr(officer, name, details.get(name))
    flush_or_refuse(_("执法证号或登录账号已登记在另一名人员名下。"), field="certificate_no")
    record("accounts.keep_officer", officer, actor=actor, before=before, after=_officer_facts(officer))
    return officer


def _officer_facts(officer: Officer) -> dict[str, object]:
    return {
        "name": officer.name,
        "org": officer.org_id,
        "valid_until": officer.certificate_valid_until.isoformat(),
        "lines": officer.lines,
        "qualifications": officer.qualifications,
        "active": officer.active,
        "absent_until": officer.absent_until.isoformat() if officer.absent_until else None,
        "item_codes": officer.item_codes,
        "qualifications_until": officer.qualifications_until,
    }


def import_officers(file: IO[bytes], *, dry_run: bool = False, actor: Actor) -> int:
    """Brings the directory up to date from a table, whole or not at all; returns how many entries it had.

    What a table does not tell of somebody known (account, leave) stays. Idempotence key: that of `keep_officer`.
    """

    def keep(entry: dict[str, Any]) -> None:
        known = session.scalars(select(Officer).where(Officer.roster_id == entry["roster_id"])).first()
        untold = ("account_id", "active", "absent_from", "absent_until", "absent_reason")
        keep_officer(**entry | ({name: getattr(known, name) for name in untold} if known else {}), actor=actor)

    return take_in(OFFICERS, file, keep, dry_run=dry_run)


def keep_expert(*, number: str, name: str, org_id: int, kind: str, field: str, actor: Actor, **details: Any) -> Expert:
    """Adds an expert or a professional body to the directory, or changes one. Idempotence key: the number.

    `details`: employer, title, lines, valid_until, active. They assist; nothing that draws or assigns looks here.
    """
    expert = session.scalars(select(Expert).where(Expert.number == number)).first()
    for unit_id in {org_id, expert.org_id if expert else org_id}:
        if not sees_unit(actor, unit_id):
            raise Refusal(_("请选择本单位或下级机构。"), field="org_id")
    if expert is None:
        expert = Expert(number=number)
        session.add(expert)
    expert.name, expert.org_id, expert.kind, expert.field = name, org_id, kind, field
    expert.employer, expert.title = details.get("employer"), details.get("title")
    expert.lines, expert.valid_until = details.get("lines") or [], details.get("valid_until")
    expert.active = details.get("active", True)
    flush_or_refuse(_("专家信息不完整，请检查编号、姓名和专业领域。"), field="name")
    record("accounts.keep_expert", expert, actor=actor, after={"name": name, "field": field, "active": expert.active})
    return expert


def import_experts(file: IO[bytes], *, dry_run: bool = False, actor: Actor) -> int:
    """Brings the directory of experts up to date from a table, whole or not at all; returns how many entries."""
    return take_in(EXPERTS, file, lambda entry: keep_expert(**entry, actor=actor), dry_run=dry_run)


def find_account(account_id: int, *, actor: Actor) -> Account:
    """The account, or NotFound; also for an account of a unit outside the actor's subtree."""
    account = session.get(Account, account_id)
    if account is None or not sees_unit(actor, account.org_id):
        raise NotFound(_("没有这个账号。"))
    return account


def _check_post(org_id: int, roles: list[str], lines: list[str], actor: Actor) -> None:
    errors: dict[str, list[str]] = {}
    if not sees_unit(actor, org_id):
        errors["org_id"] = [_("请选择本单位或下级机构。")]
    if not roles or set(roles) - ROLES.keys():
        errors["roles"] = [_("请至少选择一个岗位。")]
    elif not separated(roles):
        errors["roles"] = [_("系统、安全、审计管理员三个岗位相互独立，也不得兼任业务岗位。")]
    if set(lines) - LINES.keys():
        errors["lines"] = [_("业务条线不存在。")]
    if errors:
        raise Invalid(_("填写有误。"), errors)
