"""What an alert is: levels, signals with examples, recurrence, the life of an alert (domain Y.6), the risk index."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from casework.cases.rules import approved_beyond_cap, enough_officers, within_cap
from casework.core.i18n import N_, _
from casework.core.workflow import Facts, Guard, Move, State, Workflow, all_of, forbids, needs

# ---- Levels ----------------------------------------------------------------------------------------------------------

LEVELS = {"red": N_("红色"), "orange": N_("橙色"), "yellow": N_("黄色")}
"""The gravest first."""

_GRAVITY = tuple(reversed(LEVELS))


def level_of(value: float, thresholds: Mapping[str, float], *, falling: bool = False) -> str | None:
    """The gravest level whose threshold a value has reached; `falling`: the smaller the graver (days that are left)."""
    reached = (level for level in LEVELS if level in thresholds)
    return next(
        (level for level in reached if (value <= thresholds[level] if falling else value >= thresholds[level])), None
    )


def loosest(thresholds: Mapping[str, float], *, falling: bool = False) -> float:
    """The threshold that has to be reached for any level at all."""
    return max(thresholds.values()) if falling else min(thresholds.values())


def graver(one: str, other: str) -> bool:
    """Whether the first level is graver than the second."""
    return _GRAVITY.index(one) > _GRAVITY.index(other)


# ---- Signals ---------------------------------------------------------------------------------------------------------

SCOPES = {
    "enterprise": N_("企业"),
    "person": N_("人员"),
    "address": N_("地址"),
    "group": N_("行业与区县"),
    "area": N_("区县"),
}
"""What a signal is about."""

GROUPS = ("group", "area")
"""Scopes that name no single enterprise: a directed campaign answers them, not a check."""


@dataclass(frozen=True)
class Past:
    """A credit record of an example (`licence.1`), so many days ago; it ends in `ends_in` days (negative: it ended)."""

    record: str
    days_ago: int
    ends_in: int | None = None
    amount: int | None = None


@dataclass(frozen=True)
class Firms:
    """So many enterprises of an example, alike: their columns in the register, records, and grade."""

    count: int = 1
    records: tuple[Past, ...] = ()
    columns: Mapping[str, Any] = field(default_factory=dict)
    grade: str | None = None


@dataclass(frozen=True)
class Example:
    """A small world, and the level that the signal gives it (None: no alert); it was so for so many months."""

    label: str
    level: str | None
    firms: tuple[Firms, ...] = ()
    moved: tuple[str | None, str | None] | None = None
    months: int = 1


@dataclass(frozen=True)
class Signal:
    """One rule of the catalogue. It points to something worth a look: never a finding, and no grade moves by it.

    `sql` selects what is seen on `:day` beyond `:threshold`, the loosest; other settings of the parameter go by name.
    Its rows are subject text, enterprise_ids and org_ids bigint[], line text, period text, value, facts jsonb. `period`
    names the occurrence, which is seen once; `facts` fill the `sentence`, with `subject` for what the subject is called
    and `records` for the ids of the credit records behind it. None: the signal is told by a message.
    `validity`: for so many days an occurrence of the same signal and subject belongs to the same matter.
    """

    key: str
    label: str
    scope: str
    basis: str
    sentence: str
    advice: str
    validity: int
    examples: tuple[Example, ...]
    sql: str | None = None
    falling: bool = False

    @property
    def parameter(self) -> str:
        """The parameter with the thresholds by level (`levels`) and the other settings."""
        return f"warning.signal.{self.key}"


@dataclass(frozen=True)
class Sight:
    """One occurrence of a signal: about whom, which one, how grave."""

    subject: str
    period: str
    level: str
    value: float
    org_id: int
    line: str | None
    enterprise_ids: tuple[int, ...]
    facts: Mapping[str, Any]


@dataclass(frozen=True)
class Matter:
    """The last alert of a signal about a subject, as far as recurrence looks at it."""

    state: str
    level: str
    ended_on: date | None


def follow(before: Matter | None, level: str, today: date, validity: int) -> str:
    """What a new occurrence does: `raise` another alert, `join` the one there is, or `reopen` it.

    What was dismissed as a false alarm stays so for the time of validity, unless it has become graver.
    """
    if before is None:
        return "raise"
    if before.ended_on is None:
        return "join"
    if today > before.ended_on + timedelta(days=validity):
        return "raise"
    if before.state == "closed" or graver(level, before.level):
        return "reopen"
    return "join"


def worse(before: str | None, after: str | None) -> int:
    """How bad a grade is that has become worse (B 1, C 2, D 3); 0 where it has not. A first grade is no change."""
    order = "ABCD"
    if before is None or after is None or order.index(after) <= order.index(before):
        return 0
    return order.index(after)


# ---- Guards: each says in a sentence why not, or None ----------------------------------------------------------------


def by_another(facts: Facts) -> str | None:
    """Who disposed of an alert does not strike it off."""
    return _("审核人不得是处置人。") if facts["by"] is None or facts["by"] == facts["disposed_by"] else None


with_reason = needs("reason", N_("请填写理由。"))
checkable = all_of(
    forbids("is_group", N_("行业、区县预警不针对单个主体，请纳入定向抽查。")),
    needs("enterprises", N_("请选择要检查的主体。")),
    needs("inspectable", N_("所选主体中有已注销、吊销、撤销或迁出的，不能立检查案件。")),
    needs("items", N_("请选择抽查事项清单内的检查事项。清单之外无检查。")),
    with_reason,
    enough_officers,
    within_cap,
    approved_beyond_cap,
)
drawable = all_of(
    needs("is_group", N_("企业、人员、地址预警请开展触发式检查；定向抽查按行业和区县抽取。")),
    forbids("fed", N_("已经纳入定向抽查。")),
    needs("items", N_("请选择抽查事项。")),
    needs("may_plan", N_("您的岗位不能编制抽查方案。")),
)

# ---- The table -------------------------------------------------------------------------------------------------------

MEASURES = {
    "remind": N_("提醒"),
    "interview": N_("约谈"),
    "order": N_("责令改正"),
    "list": N_("列入经营异常名录"),
    "file": N_("立案查处"),
    "transfer": N_("移送或抄告其他部门"),
    "campaign": N_("纳入定向抽查"),
    "check": N_("开展触发式检查"),
    "none": N_("无需处置"),
}
"""How an alert is disposed of; what is ordered is done in its own place, here it is noted."""

TRACK = (
    State("raised", N_("待研判")),
    State("checking", N_("核查中")),
    State("disposing", N_("处置中")),
    State("reviewing", N_("待审核")),
    State("closed", N_("已销号"), final=True),
)


def _stay(name: str, label: str, states: Iterable[str], guard: Guard | None, permission: str) -> tuple[Move, ...]:
    """A verb that leaves the alert in the state in which it was."""
    return tuple(Move(name, label, state, state, guard, permission) for state in states)


ALERT = Workflow(
    name="warning",
    initial="raised",
    states=(*TRACK, State("dismissed", N_("误报"), final=True), State("merged", N_("已合并"), final=True)),
    moves=(
        Move(
            "dispatch",
            N_("派发核查"),
            "raised",
            "checking",
            needs("within", N_("只能派发给预警所在辖区的单位。")),
            "warning.dispose",
        ),
        Move("dismiss", N_("判为误报"), "raised", "dismissed", with_reason, "warning.dispose"),
        Move(
            "merge",
            N_("合并"),
            "raised",
            "merged",
            all_of(
                forbids("itself", N_("不能并入自身或者已经办结的预警。")),
                needs("related", N_("只能并入同一主体的预警。")),
            ),
            "warning.dispose",
        ),
        Move(
            "report_check",
            N_("报告核查情况"),
            "checking",
            "disposing",
            needs("finding", N_("请填写核查情况。")),
            "warning.check",
        ),
        Move("return_alert", N_("退回研判"), "checking", "raised", with_reason, "warning.check"),
        *_stay("open_check", N_("开展触发式检查"), ("disposing",), checkable, "warning.dispose"),
        *_stay("feed_campaign", N_("纳入定向抽查"), ("disposing",), drawable, "warning.dispose"),
        Move(
            "dispose",
            N_("提交处置结果"),
            "disposing",
            "reviewing",
            all_of(
                needs("measures", N_("请选择处置措施；没有的请选“无需处置”。")), needs("said", N_("请说明处置情况。"))
            ),
            "warning.dispose",
        ),
        Move("send_back", N_("退回处置"), "reviewing", "disposing", with_reason, "warning.dispose"),
        Move("close", N_("审核销号"), "reviewing", "closed", by_another, "warning.dispose"),
        Move(
            "reopen",
            N_("重新研判"),
            ("closed", "dismissed"),
            "raised",
            all_of(with_reason, forbids("other_open", N_("同一事项已有办理中的预警，请在该预警上办理。"))),
            "warning.dispose",
        ),
    ),
)
"""An alert from being raised to being struck off. When the same thing happens again it is reopened."""

ENDED = ("closed", "dismissed", "merged")

CLOCKS = {
    "raised": "warning.term.judge",
    "checking": "warning.term.check",
    "disposing": "warning.term.dispose",
    "reviewing": "warning.term.review",
}
"""The parameter with the working days of each step, by level."""

# ---- The risk index of areas and industries --------------------------------------------------------------------------


@dataclass(frozen=True)
class Counts:
    """What the index is made from: subjects, those graded, C and D, those listed, and the events of twelve months."""

    subjects: int = 0
    graded: int = 0
    c: int = 0
    d: int = 0
    checks: int = 0
    problems: int = 0
    complaints: int = 0
    abnormal: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(*(mine + theirs for mine, theirs in zip(vars(self).values(), vars(other).values(), strict=True)))

    @property
    def risky(self) -> float:
        """The share of C and D among the graded."""
        return (self.c + self.d) / self.graded if self.graded else 0.0

    @property
    def problem_rate(self) -> float:
        """问题发现率 of the checks made."""
        return self.problems / self.checks if self.checks else 0.0

    @property
    def complaint_rate(self) -> float:
        """Complaints per thousand subjects."""
        return 1000 * self.complaints / self.subjects if self.subjects else 0.0

    @property
    def abnormal_rate(self) -> float:
        """The share of subjects on the abnormal list."""
        return self.abnormal / self.subjects if self.subjects else 0.0


def risk_index(counts: Counts, settings: Mapping[str, float]) -> float | None:
    """RI from 0 to 100 (domain H.2) by the parameter `warning.index`; None where too few subjects say nothing."""
    if counts.subjects < settings["least"]:
        return None
    return 100 * (
        settings["risky"] * counts.risky
        + settings["problems"] * counts.problem_rate
        + settings["complaints"] * min(counts.complaint_rate / settings["complaints_full"], 1.0)
        + settings["abnormal"] * counts.abnormal_rate
    )
