"""What the sampling room decides: the lives of plans and campaigns, floors, batches, exclusions, what may be public."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import combinations, product
from typing import Any, Protocol

from casework.accounts.rules import LINES, QUALIFICATIONS, is_away, qualifications_on
from casework.core.calendar import months_later
from casework.core.i18n import N_, _
from casework.core.workflow import Facts, Guard, Move, State, Workflow, all_of, needs
from casework.registry.rules import INSPECTABLE
from casework.sampling.draw import floor_count

GRADES = ("A", "B", "C", "D")
"""The strata of a draw, in drawing order; nothing finer, or a stratum would give a name away (sealed-draw/1)."""
ONLY = "all"
"""The label of the stratum of a campaign that draws from one grade alone: its letter would be every name's grade."""

# ---- Guards: each says in a sentence why not, or None ----------------------------------------------------------------


def _not_by(step: str, sentence: str) -> Guard:
    """Objects when the person who acts (`by`) also did the other step. The system is nobody's double."""
    return lambda facts: _(sentence) if facts["by"] is not None and facts["by"] == facts.get(step) else None


with_reason = needs("reason", N_("请填写理由。"))


def on_the_list(facts: Facts) -> str | None:
    """清单之外无检查: every item must stand on the published list of the day (国办发〔2024〕54号)."""
    if not facts["item_codes"]:
        return _("请至少选择一个抽查事项。")
    missing = [code for code in facts["item_codes"] if code not in facts["in_force"]]
    if missing:
        return _(
            "抽查事项 %(codes)s 不在 %(day)s 有效的抽查事项清单内，清单之外不得检查。",
            codes=_("、").join(missing),
            day=facts["day"].isoformat(),
        )
    return None


def rates_reach_floors(facts: Facts) -> str | None:
    """No grade is drawn below its floor."""
    return below_floor(facts["rates_bp"], facts["floors_bp"])


def below_floor(rates_bp: Mapping[str, int], floors_bp: Mapping[str, int]) -> str | None:
    """Why these ratios may not be used, or None."""
    if not rates_bp:
        return _("请至少为一个等级填写抽查比例。")
    low = [
        _(
            "%(grade)s 类 %(rate)s%%（不得低于 %(floor)s%%）",
            grade=grade,
            rate=percent(rate),
            floor=percent(floors_bp[grade]),
        )
        for grade, rate in sorted(rates_bp.items())
        if rate < floors_bp[grade]
    ]
    return _("抽查比例低于规定下限：%(grades)s。", grades=_("；").join(low)) if low else None


def percent(bp: int) -> str:
    """Basis points as a percentage without idle zeros: 100 → 1, 250 → 2.5."""
    return f"{bp / 100:g}"


orderly = all_of(on_the_list, rates_reach_floors)

# ---- The annual plan (domain Y.1) ------------------------------------------------------------------------------------

with_lines = needs("lines", N_("计划还没有安排抽查，请先添加计划项目。"))
with_filing_number = needs("filed_no", N_("请填写上级备案号。"))
not_the_author = _not_by("author", N_("编制人不得审核或批准自己编制的计划。"))
not_the_approver = _not_by("approver", N_("批准计划的人员不得同时公示计划，请由另一人办理。"))

PLAN = Workflow(
    name="sampling.plan",
    initial="draft",
    states=(
        State("draft", N_("草稿")),
        State("submitted", N_("科室已提交")),
        State("consolidated", N_("已汇总")),
        State("reviewed", N_("法规已审核")),
        State("approved", N_("已批准")),
        State("filed", N_("已备案")),
        State("published", N_("已公示")),
        State("running", N_("执行中")),
        State("done", N_("已完成"), final=True),
        State("superseded", N_("已由新版本代替"), final=True),
    ),
    moves=(
        Move("submit", N_("提交计划"), "draft", "submitted", with_lines, "sampling.plan"),
        Move("consolidate", N_("汇总"), "submitted", "consolidated", with_lines, "sampling.consolidate"),
        Move("pass_review", N_("法规审核通过"), "consolidated", "reviewed", not_the_author, "sampling.review"),
        Move("approve", N_("批准计划"), "reviewed", "approved", not_the_author, "sampling.approve"),
        Move("file", N_("登记备案"), "approved", "filed", with_filing_number, "sampling.consolidate"),
        Move("publish", N_("公示计划"), "filed", "published", not_the_approver, "sampling.publish"),
        Move("start", N_("开始执行"), "published", "running"),
        Move("finish", N_("执行完成"), "running", "done"),
        Move("supersede", N_("由新版本代替"), ("published", "running"), "superseded"),
        Move("send_back", N_("退回"), "submitted", "draft", with_reason, "sampling.consolidate"),
        Move("send_back", N_("退回"), "consolidated", "draft", with_reason, "sampling.review"),
        Move("send_back", N_("退回"), "reviewed", "draft", with_reason, "sampling.approve"),
    ),
)
"""The annual plan. What changes after publication is a new version with its reason, through all steps again."""

PLAN_IN_FORCE = ("published", "running")

CADENCES = {"once": N_("一次"), "weekly": N_("每周"), "monthly": N_("每月"), "quarterly": N_("每季度")}


@dataclass(frozen=True)
class Batch:
    """One batch of a plan line: the period that it is for (at most one campaign each), and the day when it is due."""

    period: str
    starts_on: date


class Scheduled(Protocol):
    """When and where a line of a plan draws."""

    @property
    def org_id(self) -> int: ...
    @property
    def pool(self) -> Mapping[str, Any]: ...
    @property
    def cadence(self) -> str: ...
    @property
    def first_on(self) -> date: ...
    @property
    def last_on(self) -> date: ...


def batches(cadence: str, first: date, last: date) -> Iterator[Batch]:
    """The batches of a line from its first day to its last, in order."""
    number = 0
    while (day := _batch_day(cadence, first, number)) is not None and day <= last:
        yield Batch(_period(cadence, day), day)
        number += 1


def _batch_day(cadence: str, first: date, number: int) -> date | None:
    match cadence:
        case "weekly":
            return first + timedelta(weeks=number)
        case "monthly":
            return months_later(first, number)
        case "quarterly":
            return months_later(first, 3 * number)
        case _:
            return first if number == 0 else None


@dataclass(frozen=True)
class Overlap:
    """Two lines of a plan that visit the same subjects soon after each other, the first time that they do."""

    one: Scheduled
    other: Scheduled
    first: Batch
    second: Batch
    times: int

    @property
    def days(self) -> int:
        return (self.second.starts_on - self.first.starts_on).days


def overlaps(lines: Sequence[Scheduled], within_days: int) -> list[Overlap]:
    """Pairs of lines that could be one visit (综合查一次): the same unit and filter, batches so close together."""
    found = []
    for one, other in combinations(lines, 2):
        if (one.org_id, one.pool) == (other.org_id, other.pool):
            close = [
                sorted(pair, key=lambda batch: batch.starts_on)
                for pair in product(*(batches(line.cadence, line.first_on, line.last_on) for line in (one, other)))
                if abs((pair[0].starts_on - pair[1].starts_on).days) <= within_days
            ]
            if close:
                first, second = close[0]
                found.append(Overlap(one, other, first, second, len({later.period for _sooner, later in close})))
    return found


def _period(cadence: str, day: date) -> str:
    match cadence:
        case "weekly":
            year, week, _weekday = day.isocalendar()
            return f"{year}-W{week:02}"
        case "monthly":
            return f"{day:%Y-%m}"
        case "quarterly":
            return f"{day.year}-Q{(day.month + 2) // 3}"
        case _:
            return str(day.year)


# ---- The campaign (domain Y.2) ---------------------------------------------------------------------------------------

approvable = all_of(_not_by("maker", N_("编制人不得批准自己编制的方案。")), orderly)
freezable = all_of(_not_by("approver", N_("批准方案的人员不得组织抽取。")), orderly)


def named_in_advance(facts: Facts) -> str | None:
    """A public value decides only where nobody can know it when the commitment is published."""
    if facts["public_on"] is None or facts["public_on"] > facts["day"]:
        return None
    return _(
        "公开数值“%(source)s”在 %(day)s 已经公布，不能再作为种子来源。请作废后另定更晚公布的数值。",
        source=facts["public_source"],
        day=facts["public_on"].isoformat(),
    )


shortfall_settled = needs("settled", N_("可抽户数或可派人员不足，须由另一名负责人作出书面决定后才能公布承诺。"))
decidable = all_of(
    with_reason,
    needs("short", N_("可抽户数和可派人员充足，不需要作出决定。")),
    _not_by("freezer", N_("冻结名录的人员不得同时作出不足的决定。")),
)
committable = all_of(
    _not_by("approver", N_("批准方案的人员不得同时公布承诺。批准、公布、抽取须由三人分别办理。")),
    _not_by("freezer", N_("冻结名录、组织抽取的人员不得同时公布承诺。批准、公布、抽取须由三人分别办理。")),
    shortfall_settled,
    named_in_advance,
)


def witnessed(facts: Facts) -> str | None:
    """An attended draw needs a contribution, or the office alone would know the seed beforehand."""
    if facts["public_source"] and not any(one.is_public_value for one in facts["contributions"]):
        return _(
            "事先指明的公开数值“%(source)s”还没有录入，请在 %(day)s 公布后录入再抽取。",
            source=facts["public_source"],
            day=facts["public_on"].isoformat(),
        )
    if facts["unattended"] or facts["contributions"]:
        return None
    return _("还没有见证文本。请至少邀请一名见证人提交后再抽取；没有见证人的，应作废后改为无见证方案。")


def not_a_witness(facts: Facts) -> str | None:
    """Who contributed a text and also knew when it is enough would hold both ends."""
    return _("见证人不得同时组织抽取。") if facts["by"] in facts["witnesses"] else None


drawable = all_of(
    _not_by("approver", N_("批准方案的人员不得组织抽取。")),
    _not_by("publisher", N_("公布承诺的人员不得同时组织抽取。批准、公布、抽取须由三人分别办理。")),
    witnessed,
    not_a_witness,
)
confirmable = all_of(
    needs("proposed", N_("还没有人提出作废申请。")),
    _not_by("proposer", N_("提出作废的人员不得同时批准作废。")),
)

NUMBERED = ("approved", "frozen", "committed", "drawn")
"""Before these a scheme is nobody's promise and may be discarded; after them there are cases."""
FROZEN = ("frozen", "committed", "drawn", "running", "done")
COMMITTED = ("committed", "drawn", "running", "done")
DRAWN = ("drawn", "running", "done")

CAMPAIGN = Workflow(
    name="sampling.campaign",
    initial="draft",
    states=(
        State("draft", N_("方案拟定中")),
        State("submitted", N_("方案待批准")),
        State("approved", N_("方案已批准")),
        State("frozen", N_("名录已冻结")),
        State("committed", N_("承诺已公布")),
        State("drawn", N_("已抽取")),
        State("running", N_("实施中")),
        State("done", N_("已完成"), final=True),
        State("cancelled", N_("已作废"), final=True),
    ),
    moves=(
        Move("submit", N_("提交方案"), "draft", "submitted", orderly, "sampling.plan"),
        Move("send_back", N_("退回修改"), "submitted", "draft", with_reason, "sampling.approve"),
        Move("approve", N_("批准方案"), "submitted", "approved", approvable, "sampling.approve"),
        Move("freeze", N_("冻结名录"), "approved", "frozen", freezable, "sampling.draw"),
        Move("decide", N_("对不足作出决定"), "frozen", "frozen", decidable, "sampling.approve"),
        Move("commit", N_("公布承诺"), "frozen", "committed", committable, "sampling.publish"),
        Move("draw", N_("抽取"), "committed", "drawn", drawable, "sampling.draw"),
        Move("dispatch", N_("派单完成"), "drawn", "running"),
        Move("finish", N_("全部办结"), "running", "done"),
        Move("cancel", N_("批准作废"), NUMBERED, "cancelled", confirmable, "sampling.cancel"),
    ),
)
"""A campaign from its scheme to the last of its cases. No way leads back over the commitment, one leads to the draw."""

STEPS = (
    ("scheme", N_("方案"), ("draft", "submitted")),
    ("freeze", N_("冻结"), ("approved",)),
    ("commit", N_("承诺"), ("frozen",)),
    ("witness", N_("见证"), ("committed",)),
    ("draw", N_("抽取"), ()),
    ("dispatch", N_("派单"), ("drawn", "running", "done")),
)
"""The steps as a witness sees them, with the states in which each one is the present."""

SOURCES = {"plan": N_("年度抽查计划"), "temporary": N_("临时抽查任务")}
"""Where a campaign comes from; the words of `cases.rules.SOURCES`."""

WITNESS_DAYS = 2
"""So long a witness's one-time link is good."""
LONGEST_NAME = 60

ACTIONS = {
    "sampling.create_plan": N_("编制计划"),
    "sampling.revise_plan": N_("制定新版本"),
    "sampling.keep_line": N_("保存计划项目"),
    "sampling.remove_line": N_("删除计划项目"),
    "sampling.create_campaign": N_("编制方案"),
    "sampling.change_campaign": N_("修改方案"),
    "sampling.hold_campaign": N_("方案与现行规定不符，等待修改"),
    "sampling.invite": N_("邀请见证人"),
    "sampling.contribute": N_("见证"),
    "sampling.propose_cancel": N_("申请作废"),
    "sampling.drop_cancel": N_("撤下作废申请"),
    "sampling.keep_bundle": N_("保存封签包"),
    "sampling.open_seals": N_("查看密封对应关系"),
    "sampling.replace_officer": N_("更换检查人员"),
}
"""What the audit entries of plans and campaigns say was done, beside their moves."""

# ---- Items -----------------------------------------------------------------------------------------------------------

IMPORTANCE = {"general": N_("一般检查事项"), "key": N_("重点检查事项")}
"""General items are drawn at a limited ratio; key ones know no upper limit (国市监信〔2019〕38号)."""

SITES = {True: N_("现场检查"), False: N_("非现场检查")}

DIRECTORY_KINDS = {"general": N_("综合库"), "special": N_("专项库")}
"""The directories of the 检查对象名录库: everybody, or those of one licence or trade."""

# ---- The pool --------------------------------------------------------------------------------------------------------

OUT_REASONS = {
    "status": N_("登记状态不在检查范围"),
    "deregistering": N_("简易注销公告期"),
    "key": N_("重点监管对象，另行全覆盖检查"),
    "running": N_("同一事项正在检查"),
    "checked": N_("本年度同一事项已检查"),
    "drawn": N_("本年度同一事项已抽取"),
    "cap": N_("已达年度检查频次上限"),
    "other": N_("其他排除情形"),
}
"""Why a member that counts in the floor may not be drawn; the first that applies is the one recorded."""

DEREGISTERING = "简易注销公告期"
"""The supervision tag of an enterprise whose simple deregistration is announced and not yet made."""


def out_reason(
    *,
    status: str,
    deregistering: bool,
    key: bool = False,
    occupied: str | None,
    drawn: bool,
    visits: int,
    cap: int | None,
) -> str | None:
    """Why a member may not be drawn, a key of OUT_REASONS; None when it may.

    `key`: it has checks of these items of its own, at the minimum frequency of its domain; `occupied`: a check of one
    of the items is `running` or was `checked` this year; `drawn`: so was a draw; `cap`: how many visits a year are
    allowed, None where the check is off-site and uses none.
    """
    if status not in INSPECTABLE:
        return "status"
    if deregistering:
        return "deregistering"
    if key:
        return "key"
    if occupied:
        return occupied
    if drawn:
        return "drawn"
    return "cap" if cap is not None and visits >= cap else None


SPARED = ("running", "checked", "drawn", "cap")
"""The reasons that spare an enterprise another visit; the others say that there is nothing to visit."""


def visits_saved(items: int, visits: int) -> int:
    """How many visits are saved where so many items are checked in one (综合查一次)."""
    return (items - 1) * visits


def published_reasons(strata: Sequence[Mapping[str, int]], small: int) -> dict[str, str]:
    """The reason code that the public sees for each recorded reason, from the counts of every stratum.

    A reason that few members share, or only members of one grade, would tell whoever knows it of somebody the grade:
    it is published as `other`.
    """
    counts: Counter[str] = sum((Counter(stratum) for stratum in strata), Counter())
    grades = {reason: sum(stratum.get(reason, 0) > 0 for stratum in strata) for reason in counts}
    least = min(2, len(strata))
    return {
        reason: reason if count >= small and grades[reason] >= least else "other" for reason, count in counts.items()
    }


@dataclass(frozen=True)
class StratumCount:
    """One stratum of a pool: its ratio, its members (by the unit in charge), those that may not be drawn by reason."""

    label: str
    grade: str
    floor_bp: int
    rate_bp: int
    size: int | None
    members: int
    excluded: Mapping[str, int] = field(default_factory=dict)
    by_unit: Mapping[str, int] = field(default_factory=dict)

    @property
    def eligible(self) -> int:
        return self.members - sum(self.excluded.values())

    @property
    def required(self) -> int:
        """How many must be drawn, of the whole stratum."""
        return floor_count(self.members, self.rate_bp, self.size)

    @property
    def drawn(self) -> int:
        """How many will be drawn."""
        return min(self.required, self.eligible)

    @property
    def shortfall(self) -> int:
        return self.required - self.drawn


@dataclass(frozen=True)
class AreaCount:
    """One county of a pool: how many of its members may be drawn, and how many officers may be sent there."""

    area_id: int
    name: str
    members: int
    officers: int
    needed: int

    @property
    def understaffed(self) -> bool:
        return self.members > 0 and self.officers < self.needed


def label_of(grade: str, grades: Collection[str]) -> str:
    """How a stratum is called in public."""
    return grade if len(grades) > 1 else ONLY


def officer_days(visits: int, officers_per_case: int, visits_per_team_day: int) -> int:
    """What so many visits cost, in days of one officer, rounded up."""
    return -(-visits * officers_per_case // visits_per_team_day)


# ---- Officers --------------------------------------------------------------------------------------------------------

RECUSAL_KINDS = {
    "relative": N_("与当事人有近亲属关系"),
    "interest": N_("与当事人有利害关系"),
    "former_employer": N_("曾在该单位任职"),
    "other": N_("其他可能影响公正检查的关系"),
}
RECUSAL_SOURCES = {"officer": N_("本人申报"), "enterprise": N_("当事人申请"), "bureau": N_("单位决定")}
"""Who declared it; the head decides, and the check is not suspended meanwhile (行政处罚法第四十三条)."""


RECUSAL_DECISIONS = {"granted": N_("决定回避"), "refused": N_("不予回避")}

TIE_KINDS = {"former_employer": N_("曾任职单位"), "relative": N_("近亲属")}
"""What an officer declares once; from it the system finds which enterprises to keep him from."""

GROUNDS = {
    "declared": N_("登记的回避"),
    "former_employer": N_("曾在该单位或其总部任职"),
    "relative": N_("近亲属是该单位的法定代表人或负责人"),
    "served": N_("上一次检查由其实施，须轮换"),
}
"""Why an officer is not sent to an enterprise: declared, or found by rule; the first that applies is told."""


def counts_as_employer(left_on: date | None, day: date, years: int | None) -> bool:
    """Whether somebody's work at an enterprise keeps him away from it on a day; `years` None: for ever."""
    return left_on is None or years is None or (day.year - left_on.year, day.month, day.day) < (
        years, left_on.month, left_on.day,
    )  # fmt: skip


class Officer(Protocol):
    """What the directory says about an officer."""

    @property
    def active(self) -> bool: ...
    @property
    def certificate_valid_until(self) -> date: ...
    @property
    def absent_until(self) -> date | None: ...
    @property
    def absent_from(self) -> date | None: ...
    @property
    def item_codes(self) -> Sequence[str]: ...
    @property
    def qualifications_until(self) -> Mapping[str, str]: ...
    @property
    def lines(self) -> Sequence[str]: ...
    @property
    def qualifications(self) -> Sequence[str]: ...


@dataclass(frozen=True)
class Demands:
    """What the items of a scheme ask of its officers: business lines, special qualifications, the items themselves."""

    lines: frozenset[str]
    qualifications: frozenset[str]
    codes: frozenset[str]

    @classmethod
    def of(cls, items: Iterable[tuple[str, str, str | None]]) -> "Demands":
        """Of items as (code, line, qualification or None)."""
        several = list(items)
        return cls(
            lines=frozenset(line for _code, line, _needed in several),
            qualifications=frozenset(needed for _code, _line, needed in several if needed),
            codes=frozenset(code for code, _line, _needed in several),
        )


def not_sent_because(officer: Officer, day: date, demands: Demands) -> str | None:
    """Why an officer may not be sent on a day, or None (domain B.4)."""
    if not officer.active:
        return _("已停用或不再从事执法")
    if officer.certificate_valid_until < day:
        return _("执法证件已于 %(day)s 到期", day=officer.certificate_valid_until.isoformat())
    if officer.absent_until is not None and is_away(officer.absent_from, officer.absent_until, day):
        return _("请假或离岗至 %(day)s", day=officer.absent_until.isoformat())
    return not_covered_because(officer, day, demands)


def not_covered_because(officer: Officer, day: date, demands: Demands) -> str | None:
    """Why an officer's certificate, scope and qualifications do not suffice, or None."""
    separator = _("、")
    if foreign := demands.lines - set(officer.lines):
        return _("执法事项范围不含%(lines)s", lines=separator.join(_(LINES[line]) for line in sorted(foreign)))
    if officer.item_codes and (outside := demands.codes - set(officer.item_codes)):
        return _("执法事项范围不含事项 %(codes)s", codes=separator.join(sorted(outside)))
    if missing := demands.qualifications - qualifications_on(officer, day):
        words = separator.join(
            _("%(qualification)s（已于 %(day)s 到期）", qualification=_(QUALIFICATIONS[one]), day=ended)
            if one in officer.qualifications and (ended := officer.qualifications_until.get(one))
            else _(QUALIFICATIONS[one])
            for one in sorted(missing)
        )
        return _("没有%(qualifications)s资格", qualifications=words)
    return None


# ---- What the public may see -----------------------------------------------------------------------------------------

WITHHELD = {
    "not_public": N_("本次抽查的方案未安排公开抽取名单。"),
    "one_grade": N_("本次抽查只面向一类对象，公开名单即公开其等级，名单待检查结果公示后公开。"),
    "small": N_("有的层抽取户数过少，提前公开名单可能推知等级，名单待检查结果公示后公开。"),
    "whole": N_("有的层全部抽中，提前公开名单可能推知等级，名单待检查结果公示后公开。"),
}


class Drawn(Protocol):
    """The figures of a drawn stratum."""

    @property
    def eligible(self) -> int: ...
    @property
    def drawn(self) -> int: ...


def list_withheld(strata: Sequence[Drawn], *, public_list: bool, small: int, results_out: bool) -> str | None:
    """Why the names of the drawn are not public (a key of WITHHELD), or None (sealed-draw/1, “What must not leak”)."""
    if not public_list:
        return "not_public"
    if results_out:
        return None
    if len(strata) == 1:
        return "one_grade"
    if any(0 < stratum.drawn < small for stratum in strata):
        return "small"
    return "whole" if any(0 < stratum.drawn == stratum.eligible for stratum in strata) else None
