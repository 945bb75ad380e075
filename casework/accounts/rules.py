"""Who may do what: roles and their permissions in one table, and the rules of passwords and locks."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from typing import Protocol

from casework.core.errors import Refusal
from casework.core.i18n import N_, _

PERMISSIONS: dict[str, str] = {
    "registry.read": N_("查看主体档案"),
    "registry.import": N_("导入数据"),
    "registry.match": N_("处理待匹配记录"),
    "registry.mark": N_("办理信用记录的移出、修复、撤销和异议"),
    "grading.read": N_("查看信用风险分类"),
    "grading.run": N_("运行分类"),
    "grading.model": N_("起草和试算分类模型、提出等级调整"),
    "grading.approve": N_("审批分类模型和等级调整"),
    "sampling.read": N_("查看抽查计划与活动"),
    "sampling.items": N_("维护抽查事项清单"),
    "accounts.officers": N_("维护执法检查人员名录"),
    "sampling.plan": N_("编制抽查计划与方案"),
    "sampling.consolidate": N_("汇总和备案抽查计划"),
    "sampling.review": N_("法规审核抽查计划"),
    "sampling.approve": N_("审批抽查计划与方案"),
    "sampling.draw": N_("组织抽取"),
    "sampling.publish": N_("公示抽查计划、公布抽取承诺"),
    "sampling.cancel": N_("作废抽查活动"),
    "sampling.audit": N_("审计抽取（查看密封对应关系）"),
    "cases.read": N_("查看检查案件"),
    "cases.approve": N_("审批行政检查"),
    "cases.inspect": N_("实施检查、录入结果"),
    "cases.review": N_("组长审核"),
    "cases.publish": N_("公示审批"),
    "cases.follow_up": N_("后续处置"),
    "intake.read": N_("查看投诉举报与线索（不含投诉举报人信息）"),
    "intake.register": N_("登记投诉举报与线索"),
    "intake.triage": N_("受理、分送与核查线索"),
    "intake.reveal": N_("查看举报人信息（须说明理由）"),
    "intake.approve": N_("批准核查延期与超上限检查"),
    "keydomains.read": N_("查看本业务条线的专业分级与监管级别"),
    "keydomains.keep": N_("导入专业分级、重新评定"),
    "keydomains.plan": N_("编制全覆盖检查计划"),
    "keydomains.approve": N_("批准全覆盖检查计划"),
    "warning.read": N_("查看风险预警"),
    "warning.check": N_("核查风险预警"),
    "warning.dispose": N_("研判与处置预警"),
    "disclosure.read": N_("查看公示事项"),
    "disclosure.approve": N_("审批公示、更正与撤回"),
    "documents.read": N_("查看文书"),
    "documents.void": N_("作废文书"),
    "insight.read": N_("查看统计分析"),
    "console.operate": N_("运行维护"),
    "console.parameters": N_("维护参数与工作日历"),
    "console.audit": N_("查看审计日志"),
    "accounts.manage": N_("管理用户与机构"),
}


@dataclass(frozen=True)
class Role:
    """A post of domain chapter J: its label, what it does, and whether it belongs to certain levels of the tree."""

    key: str
    label: str
    permissions: frozenset[str]


_READ = {"registry.read", "cases.read", "documents.read"}
_SUPERVISE = _READ | {"grading.read", "sampling.read", "warning.read", "disclosure.read", "insight.read"}


def _role(key: str, label: str, *permissions: str) -> Role:
    return Role(key, label, frozenset(permissions))


ROLES: dict[str, Role] = {
    role.key: role
    for role in (
        _role(
            "director", N_("局长"), *_SUPERVISE, "grading.approve", "sampling.approve", "cases.approve",
            "cases.publish", "disclosure.approve", "intake.read", "intake.approve", "sampling.publish",
            "keydomains.read", "keydomains.approve",
        ),
        _role(
            "deputy", N_("分管局领导"), *_SUPERVISE, "grading.approve", "sampling.approve", "sampling.cancel",
            "cases.approve", "cases.publish", "disclosure.approve", "intake.read", "intake.approve", "warning.dispose",
            "keydomains.read", "keydomains.approve",
        ),
        _role(
            "credit", N_("信用监管科"), *_SUPERVISE, "registry.import", "registry.match", "registry.mark",
            "grading.run", "grading.model", "sampling.items", "accounts.officers", "sampling.plan",
            "sampling.consolidate", "sampling.draw", "sampling.publish", "warning.check", "warning.dispose", "cases.publish",
            "disclosure.approve",
        ),
        _role(
            "line", N_("业务科室"), *_SUPERVISE, "sampling.plan", "cases.follow_up", "warning.check", "warning.dispose",
            "intake.read", "intake.triage", "keydomains.read", "keydomains.keep", "keydomains.plan",
        ),
        _role("legal", N_("法规科"), *_SUPERVISE, "accounts.officers", "sampling.review", "documents.void"),
        _role("enforcement", N_("综合执法支队"), *_READ, "intake.read", "intake.triage", "cases.follow_up"),
        _role(
            "intake", N_("投诉举报中心"), *_READ, "intake.read", "intake.register", "intake.triage", "intake.reveal",
        ),
        _role(
            "county", N_("县（市、区）局负责人"), *_SUPERVISE, "registry.mark", "sampling.plan", "sampling.draw", "sampling.publish",
            "cases.approve", "cases.publish", "cases.follow_up", "intake.read", "intake.triage", "intake.approve",
            "warning.check", "warning.dispose", "disclosure.approve", "keydomains.read", "keydomains.plan",
            "keydomains.approve",
        ),
        _role(
            "leader", N_("检查组长"), *_SUPERVISE, "cases.inspect", "cases.review", "cases.follow_up", "intake.read",
            "intake.triage", "warning.check", "keydomains.read",
        ),
        _role(
            "inspector", N_("检查人员"), *_READ, "grading.read", "cases.inspect", "cases.follow_up", "keydomains.read",
        ),
        _role("supervisor", N_("司法监督账号"), *_READ, "sampling.read", "disclosure.read", "insight.read"),
        _role("auditor", N_("抽取监督员"), "sampling.read", "sampling.audit", "registry.read"),
        _role("sysadmin", N_("系统管理员"), "console.operate", "console.parameters"),
        _role("secadmin", N_("安全管理员"), "accounts.manage"),
        _role("auditadmin", N_("审计管理员"), "console.audit"),
    )
}  # fmt: skip

UNIT_KINDS = {"city": N_("市局"), "county": N_("县（市、区）局"), "office": N_("市场监管所")}

LINES: dict[str, str] = {
    "registration": N_("登记与信用监管"),
    "food": N_("食品安全"),
    "drug": N_("药品医疗器械化妆品"),
    "equipment": N_("特种设备"),
    "quality": N_("产品质量"),
    "metrology": N_("计量"),
    "advertising": N_("广告"),
    "price": N_("价格与竞争"),
    "online": N_("网络交易"),
    "ip": N_("知识产权"),
}
"""Business lines of a market regulator; an empty set of lines on an account means all of them."""

QUALIFICATIONS: dict[str, str] = {
    "equipment": N_("特种设备安全监察员"),
    "food": N_("食品检查员"),
    "drug": N_("药品检查员"),
    "device": N_("医疗器械检查员"),
}
"""Special qualifications (岗位资质资格) that a check may ask of its officers beside the enforcement certificate."""

CERTIFICATE_KINDS: dict[str, str] = {"province": N_("省政府执法证"), "department": N_("部门执法证")}
"""Who issued an enforcement certificate."""

EXPERT_KINDS: dict[str, str] = {"expert": N_("专家"), "agency": N_("检验检测等专业机构")}
"""Who may assist a check and never counts among its officers (国办发〔2024〕54号)."""

ACCOUNT_STATES = {"active": N_("正常"), "locked": N_("锁定中"), "closed": N_("已停用")}
CERTIFICATE_STATES = {"valid": N_("有效"), "ending": N_("三十日内到期"), "expired": N_("已过期")}
CERTIFICATE_NOTICE = timedelta(days=30)
"""So long before its certificate ends an officer is shown as about to leave the rosters."""

FAILURES_BEFORE_LOCK = 5
LOCK = timedelta(minutes=15)
PASSWORD_LENGTH = 10


DEMO_PASSWORD = "Casework-demo-1"  # noqa: S105
"""Of every account of the demo city, and printed when it starts; a real city has no demo accounts."""

ADMINISTRATORS = frozenset({"sysadmin", "secadmin", "auditadmin"})
"""Three posts that nobody combines with each other or with the bureau's business (GB/T 22239-2019)."""


def separated(roles: Collection[str]) -> bool:
    """Whether the posts may be held by one person."""
    return len(roles) == 1 or not ADMINISTRATORS & set(roles)


@cache
def permissions_of(roles: tuple[str, ...]) -> frozenset[str]:
    """What several roles together may do."""
    return frozenset().union(*(ROLES[role].permissions for role in roles if role in ROLES))


def check_password(password: str, *, login: str) -> None:
    """At least ten characters, three of four classes, not the sign-in name (GB/T 22239-2019 level 3: complexity)."""
    classes = sum(bool(re.search(pattern, password)) for pattern in (r"[a-z]", r"[A-Z]", r"\d", r"[^A-Za-z0-9]"))
    if len(password) < PASSWORD_LENGTH or classes < 3 or login.lower() in password.lower():
        raise Refusal(
            _(
                "密码至少 %(length)s 位，须含大写字母、小写字母、数字、符号中的三类，且不得包含登录名。",
                length=PASSWORD_LENGTH,
            ),
            field="password",
            rule="GB/T 22239-2019",
        )


def after_failure(failures: int, now: datetime) -> tuple[int, datetime | None]:
    """The count of failed sign-ins after one more, and until when the account is locked."""
    failures += 1
    return (0, now + LOCK) if failures >= FAILURES_BEFORE_LOCK else (failures, None)


def account_state(*, active: bool, locked_until: datetime | None, now: datetime) -> str:
    """A key of ACCOUNT_STATES."""
    if not active:
        return "closed"
    return "locked" if locked_until is not None and locked_until > now else "active"


class Qualified(Protocol):
    """What an entry of the directory says about special qualifications: each may have a day until which it holds."""

    @property
    def qualifications(self) -> Sequence[str]: ...
    @property
    def qualifications_until(self) -> Mapping[str, str]: ...


def qualifications_on(officer: Qualified, day: date) -> set[str]:
    """The special qualifications that somebody holds on a day; one without a day holds until it is taken away."""
    until = officer.qualifications_until
    return {one for one in officer.qualifications if one not in until or date.fromisoformat(until[one]) >= day}


def is_away(absent_from: date | None, absent_until: date | None, day: date) -> bool:
    """Whether a leave covers a day; one without a first day has begun."""
    return absent_until is not None and absent_until >= day and (absent_from is None or absent_from <= day)


def certificate_state(valid_until: date, today: date) -> str:
    """A key of CERTIFICATE_STATES. The last day of validity still counts."""
    if valid_until < today:
        return "expired"
    return "ending" if valid_until <= today + CERTIFICATE_NOTICE else "valid"
