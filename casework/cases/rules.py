"""A case's whole life as one table (domain Y.3): states, moves, guards; and result codes, measures, clocks, kinds."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Protocol

import yaml

from casework.accounts.rules import LINES, QUALIFICATIONS, qualifications_on
from casework.core.i18n import N_, _
from casework.core.workflow import Facts, Guard, Move, State, Workflow, all_of, forbids, needs

# ---- What a case is made from ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Item:
    """One inspection item as it stood on the published list when the case was ordered."""

    code: str
    name: str
    basis: str
    line: str | None = None
    on_site: bool = True


@dataclass(frozen=True)
class Origin:
    """What ordered the cases: a draw, a trigger or the full coverage of a key domain (ORIGIN_KINDS).

    `id` counts in the room it comes from. `title` and `number` stand on papers and pages: nothing about an informant
    may be in them. `source` is a key of SOURCES, `case_kind` one of the catalogue of kinds; `due_on` ends the whole
    task, e.g. of a campaign.
    """

    kind: str
    id: int
    number: str
    title: str
    case_kind: str
    source: str
    items: Sequence[Item]
    org_id: int
    due_on: date | None = None


@dataclass(frozen=True)
class NewCase:
    """One enterprise to be checked: `org_id` is the unit in charge, the first of `officer_ids` leads the team."""

    enterprise_id: int
    org_id: int
    officer_ids: Sequence[int] = ()
    line: str | None = None


ORIGIN_KINDS = {"draw": N_("双随机抽取"), "trigger": N_("触发式检查"), "coverage": N_("全覆盖重点检查")}

SOURCES = {
    "plan": N_("年度抽查计划"),
    "temporary": N_("临时抽查任务"),
    "complaint": N_("投诉举报"),
    "transfer": N_("转办交办"),
    "monitoring": N_("数据监测"),
    "statute": N_("法律法规另有规定"),
}
"""Where a check comes from; the last four are the legal grounds outside the draw (优化营商环境条例第五十四条)."""

METHODS = {
    "on_site": N_("实地检查"),
    "written": N_("书面检查"),
    "online": N_("网络监测"),
    "testing": N_("检验检测"),
    "other_findings": N_("采用其他行政机关检查结果或专业意见"),
    "assisted": N_("委托专业机构辅助"),
}
"""Check methods (企业信息公示暂行条例第十四条); several may apply."""

# ---- Result codes ----------------------------------------------------------------------------------------------------

RESULT_GROUPS = {
    "fine": N_("未发现问题"),
    "minor": N_("轻微违法不予处罚"),
    "corrected": N_("发现问题已责令改正"),
    "pending": N_("发现问题待后续处理"),
    "uncooperative": N_("不配合检查"),
    "absent": N_("未能实施检查"),
}
NOTHING = "无"
"""What is written where nothing was found or done; an empty field is not the same (市场监管领域随机抽查情况记录表)."""

_GRAVITY = (4, 6, 5, 3, 2, 7, 10, 8, 9, 1)
"""Classes of the credit record "check", gravest first: one check with several results counts by its gravest."""


@dataclass(frozen=True)
class ResultCode:
    """One line of result_codes.yaml: a result as the law words it in one period."""

    code: str
    label: str
    group: str
    klass: int
    since: date
    document: str
    until: date | None = None
    national: int | None = None
    exclusive: bool = False
    publishes: bool = True
    measure: str | None = None
    exit: str | None = None
    needs_visit: bool = False

    def in_force(self, day: date) -> bool:
        return self.since <= day and (self.until is None or day <= self.until)


@cache
def _all_result_codes() -> tuple[ResultCode, ...]:
    lines = yaml.safe_load(Path(__file__).with_name("result_codes.yaml").read_text(encoding="utf-8"))
    return tuple(ResultCode(since=line.pop("from"), **line) for line in lines)


def result_codes(day: date) -> dict[str, ResultCode]:
    """The result codes in force on a day, in the order of the list."""
    return {line.code: line for line in _all_result_codes() if line.in_force(day)}


def result_defect(codes: Collection[str], finding: str, disposal: str, known: Mapping[str, ResultCode]) -> str | None:
    """Why these codes and words are not a result of one item, or None."""
    if not codes:
        return _("请选择检查结果。")
    unknown = sorted(set(codes) - known.keys())
    if unknown:
        return _("结果代码 %(codes)s 不在现行代码表内，请重新选择。", codes=_("、").join(unknown))
    alone = next((known[code] for code in codes if known[code].exclusive), None)
    if alone and len(set(codes)) > 1:
        return _("“%(label)s”不能与其他结果同时选择。", label=_(alone.label))
    if not finding.strip() or not disposal.strip():
        return _("“发现问题情况”和“处置情况”须填写；没有的请写“无”。")
    if finding.strip() == NOTHING and any(known[code].group not in ("fine", "absent") for code in codes):
        return _("选择了发现问题的结果，请写明发现的问题。")
    return None


def exit_code(results: Iterable[Collection[str]], known: Mapping[str, ResultCode]) -> str | None:
    """The code by which the whole check ended before it could be made: every item has this one code and no other."""
    found = {code for codes in results for code in codes}
    if len(found) != 1:
        return None
    code = found.pop()
    return code if code in known and known[code].exit else None


def gravest(classes: Collection[int]) -> int | None:
    """The class under which a check with these results enters the credit records."""
    return next((klass for klass in _GRAVITY if klass in classes), None)


# ---- Follow-up -------------------------------------------------------------------------------------------------------

MEASURES = {
    "feed_back": N_("停止检查，反馈日常监管部门"),
    "rectify": N_("责令改正，后续跟踪由日常监管部门负责"),
    "transfer": N_("发现案件线索，初步固定证据后移送办案机构"),
    "notify_department": N_("抄告相关部门"),
    "order_disclosure": N_("责令履行公示义务，逾期列入经营异常名录"),
    "list_abnormal": N_("核实后列入经营异常名录"),
    "police": N_("涉嫌犯罪，移送公安机关"),
    "other": N_("其他"),
}
"""Measures after a check (后续处置); none of them at all is 无需后续处置, and the case closes by itself."""

RECTIFICATION_OUTCOMES = {
    "corrected": N_("已按要求改正"),
    "extended": N_("未完全改正，延长期限"),
    "not_corrected": N_("逾期未改正，移送处理"),
}

# ---- On the spot -----------------------------------------------------------------------------------------------------

TOLD = (
    ("我们是行政执法人员，这是我们的执法证件，请你查看。你看清楚了吗？", "看清楚了。"),
    (
        "现依法对你单位进行检查，请予配合。你有权陈述、申辩；认为检查人员与本次检查有利害关系的，有权申请回避。你是否申请回避？",
        "不申请回避。",
    ),
)
"""What officers say before they begin, with the usual answer: words of the paper (行政处罚法第四十三条、第五十五条)."""

SIGNATURES = {"signed": N_("已签字或盖章"), "refused": N_("拒绝签字")}


@dataclass(frozen=True)
class SignOff:
    """How a visit ended for the party: who was there, what they answered, said and signed."""

    present_name: str | None
    present_position: str | None
    answers: Sequence[str]
    opinion: str | None
    signature: str
    read_aloud: bool = False
    refusal: str | None = None
    witness: str | None = None


def sign_off_defect(sign_off: SignOff | None) -> tuple[str, str] | None:
    """What is missing before a visit is signed off: the field, and the sentence beside it."""
    if sign_off is None or not sign_off.present_name:
        return "present_name", _("请填写现场人员姓名。")
    if not sign_off.present_position:
        return "present_position", _("请填写现场人员职务。")
    if not sign_off.opinion:
        return "opinion", _("请填写被检查单位意见；没有意见的请写“无”。")
    if sign_off.signature == "refused" and not sign_off.refusal:
        return "refusal", _("被检查单位拒绝签字的，请写明拒签原因。")
    if sign_off.signature == "refused" and not sign_off.witness:
        return "witness", _("被检查单位拒绝签字的，请写明见证人。")
    return None


# ---- Officers and the annual cap -------------------------------------------------------------------------------------

SPECIAL = {"equipment": "equipment"}
"""Lines for which a certificate is not enough: the qualification needed besides (特种设备安全法第六十五条)."""


class Officer(Protocol):
    """What the directory says about an officer."""

    @property
    def name(self) -> str: ...
    @property
    def certificate_no(self) -> str: ...
    @property
    def certificate_valid_until(self) -> date: ...
    @property
    def lines(self) -> Sequence[str]: ...
    @property
    def qualifications(self) -> Sequence[str]: ...
    @property
    def qualifications_until(self) -> Mapping[str, str]: ...
    @property
    def active(self) -> bool: ...


def officer_defects(officer: Officer, lines: Iterable[str], day: date) -> list[str]:
    """Why this officer does not count for a check of these business lines on a day; empty when nothing is wrong."""
    defects = []
    if not officer.active:
        defects.append(_("已不在执法检查人员名录"))
    if officer.certificate_valid_until < day:
        defects.append(_("执法证已于 %(day)s 到期", day=officer.certificate_valid_until.isoformat()))
    for line in lines:
        if line not in officer.lines:
            defects.append(_("执法事项范围不含“%(line)s”", line=_(LINES[line])))
        elif line in SPECIAL and SPECIAL[line] not in qualifications_on(officer, day):
            defects.append(_("没有“%(qualification)s”资格", qualification=_(QUALIFICATIONS[SPECIAL[line]])))
    return defects


def near_cap(visits: int, cap: int) -> bool:
    """Whether four fifths of the year's visits are used up, so that one more is warned about (国办发〔2024〕54号)."""
    return visits * 5 >= cap * 4


# ---- Guards: each says in a sentence why not, or None ----------------------------------------------------------------


def _someone_else(step: str, sentence: str) -> Guard:
    """Objects when the person who acts (`by`) also did the earlier step."""
    return lambda facts: _(sentence) if facts["by"] is None or facts["by"] == facts[step] else None


def enough_officers(facts: Facts) -> str | None:
    """At least two officers whose certificate is valid that day and covers the items (行政处罚法第四十二条)."""
    found = {officer.name: officer_defects(officer, facts["lines"], facts["day"]) for officer in facts["officers"]}
    fit = sum(not defects for defects in found.values())
    if fit >= facts["least_officers"]:
        return None
    return _(
        "检查人员不得少于 %(least)s 名，且执法证有效、执法事项范围覆盖检查事项；目前符合条件的 %(fit)s 名。%(reasons)s",
        least=facts["least_officers"],
        fit=fit,
        reasons=_("；").join(name + _("：") + _("、").join(defects) for name, defects in found.items() if defects),
    )


def within_cap(facts: Facts) -> str | None:
    """Scheduled checks stop at the year's cap; triggered ones need a reason. Only visits count (国办发〔2024〕54号).

    The minimum that a law asks for in a key domain is not cut by the cap.
    """
    if not facts["on_site"] or facts["visits"] < facts["cap"] or facts.get("least_by_law"):
        return None
    used = _("本年度已安排检查 %(visits)s 次，达到上限 %(cap)s 次", visits=facts["visits"], cap=facts["cap"])
    if facts["bound_by_cap"]:
        return _("%(used)s，不再安排计划内检查。", used=used)
    return None if facts.get("override_reason") else _("%(used)s；确需检查的，请填写超上限检查的理由。", used=used)


def approved_beyond_cap(facts: Facts) -> str | None:
    """A check outside the draw may exceed the year's cap, but only somebody who approves that may order it."""
    if not facts["on_site"] or facts["visits"] < facts["cap"] or facts["may_approve"]:
        return None
    return _("该主体本年度检查次数已达上限，须由分管局领导或县（市、区）局负责人办理。")


def right_code(facts: Facts) -> str | None:
    """No code, no check (扫码入企)."""
    if facts["code"] and facts.get("given_code") == facts["code"]:
        return None
    return _("检查码不符。请扫描或输入检查通知书上的检查码。")


def termination_known(facts: Facts) -> str | None:
    """A check ends early by one of the result codes that say so; some of them are known only on the spot."""
    code: ResultCode | None = facts.get("ending")
    if code is None or code.exit is None:
        return _("请选择终止检查的结果。")
    if code.needs_visit and facts["on_site"] and not facts["checked_in"]:
        return _("“%(label)s”须到现场核实后才能认定，请先签到。", label=_(code.label))
    return None


def results_complete(facts: Facts) -> str | None:
    """Every item has a result that can stand; an ordered correction has its paper."""
    items: Mapping[str, str] = facts["items"]
    results: Mapping[str, Any] = facts["results"]
    known: Mapping[str, ResultCode] = facts["known_codes"]
    missing = [name for code, name in items.items() if code not in results]
    if missing:
        return _("还有 %(count)s 个事项没有录入结果：%(items)s。", count=len(missing), items=_("、").join(missing))
    for code, name in items.items():
        defect = result_defect(results[code].codes, results[code].finding, results[code].disposal, known)
        if defect:
            return _("%(item)s：%(defect)s", item=name, defect=defect)
    if not facts["rectifications"] and any(
        known[code].group == "corrected" for result in results.values() for code in result.codes
    ):
        return _("结果为“发现问题已责令改正”，请先下达责令改正通知书。")
    return None


def with_signature(facts: Facts) -> str | None:
    """What was seen on the spot is signed by the party, or the refusal is explained and witnessed."""
    if not facts["on_site"] or facts["ending"]:
        return None
    defect = sign_off_defect(facts["sign_off"])
    return defect[1] if defect else None


def nothing_open(facts: Facts) -> str | None:
    """What was ordered was re-checked, what was to follow has its outcome."""
    return _("还有 %(count)s 项责令改正或后续处置没有办结。", count=facts["open"]) if facts["open"] else None


def _ended(way: str | None) -> Guard:
    """Objects unless the check ended in this way (a name of EXITS; None: it was made) and nothing is open."""

    def ask(facts: Facts) -> str | None:
        return nothing_open(facts) if facts["way_out"] == way else _("结案方式与检查结果不符。")

    return ask


own_case = needs("own", N_("只有本案的检查人员可以办理。"))
with_reason = needs("reason", N_("请填写理由。"))
with_duties = needs("duties", N_("请逐项确认已出示证件、说明来意、告知权利。"))
on_site = needs("on_site", N_("本次检查为非现场检查，不需要签到。"))
off_site = forbids("on_site", N_("本次检查为现场检查，请先签到。"))
not_notified = forbids("notified", N_("检查通知已经送达。"))
paper_ready = needs("approved", N_("检查尚未批准，没有可以送达的通知书。"))
notice_served = forbids("notice_owed", N_("请先送达行政检查通知书并登记。"))
check_made = needs("made", N_("检查没有实施，只能更正终止检查的原因。"))

joinable = needs(
    "partners", N_("该企业没有可以一次上门的其他检查：须为同一机关、尚未开始、相隔不超过合并期限的现场检查。")
)
joinable_again = all_of(not_notified, joinable)
separable = all_of(needs("joint", N_("本案没有与其他检查合并上门。")), with_reason)

prepared = all_of(needs("items", N_("检查事项为空。清单之外无检查，请先确定检查事项。")), enough_officers)
approvable = all_of(prepared, within_cap)
approvable_late = all_of(forbids("approved", N_("本案已经审批。")), approvable)
may_notify = all_of(not_notified, paper_ready)
may_check_in = all_of(
    own_case,
    on_site,
    needs("may_arrive", N_("请先送达行政检查通知书；突击检查除外。")),
    right_code,
    with_duties,
    enough_officers,
)
may_rush_in = all_of(own_case, on_site, with_reason, with_duties, prepared)
may_leave = all_of(own_case, notice_served)
may_start_off_site = all_of(own_case, off_site, notice_served)
concludable = all_of(own_case, results_complete, check_made, with_signature)
terminable = all_of(own_case, termination_known, with_reason)
reviewable = all_of(
    _someone_else("concluded_by", N_("审核人不得是提交检查结果的人员。")),
    forbids("approval_owed", N_("紧急检查尚未补办审批，不能审核。")),
    notice_served,
)
releasable = all_of(
    _someone_else("reviewed_by", N_("公示审批人不得是审核人。")),
    _someone_else("concluded_by", N_("公示审批人不得是提交检查结果的人员。")),
)
returnable = all_of(with_reason, needs("made", N_("检查没有实施，请用“恢复检查”退回。")))
reopenable = all_of(with_reason, forbids("made", N_("检查已经实施，不能恢复到实施前。")))
suspendable = all_of(with_reason, needs("until", N_("请填写暂缓至哪一天。")))
something_open = needs("open", N_("没有需要后续处置的事项。"))

# ---- The table -------------------------------------------------------------------------------------------------------

TRACK = (
    State("opened", N_("已立任务")),
    State("awaiting_approval", N_("待审批")),
    State("approved", N_("已批准")),
    State("inspecting", N_("检查中")),
    State("recording", N_("待录入")),
    State("reviewing", N_("待组长审核")),
    State("releasing", N_("待公示审批")),
    State("published", N_("已公示")),
    State("following_up", N_("后续处置中")),
    State("closed", N_("已完结"), final=True),
)
"""S0 to S9 of domain Y.3, in order."""

EXITS = (
    State("gone", N_("终止：主体已注销、吊销、撤销或迁出"), final=True),
    State("shut_down", N_("终止：已关闭停业或正在清算"), final=True),
    State("inactive", N_("终止：未发现开展相关经营活动"), final=True),
    State("unreachable", N_("终止：通过登记住所无法联系"), final=True),
)
"""X1 to X4: how a check ends that could not be made. They too are reviewed and published first."""

SUSPENDED = State("suspended", N_("暂缓"))
"""X5, until a date."""

BEFORE = ("opened", "awaiting_approval", "approved")
UNAPPROVED = BEFORE[:2]
CHECKING = ("inspecting", "recording")
ENDED = ("closed", *(state.name for state in EXITS))
RELEASED = ("published", "following_up", *ENDED)
AFTER_VISIT = ("recording", "reviewing", "releasing", "following_up")


def _stay(name: str, label: str, states: Iterable[str], guard: Guard | None, permission: str) -> tuple[Move, ...]:
    """A verb that leaves the case in the state in which it was."""
    return tuple(Move(name, label, state, state, guard, permission) for state in states)


def _close_as(state: State) -> Move:
    return Move(closing_move(state.name), state.label, OPEN_END, state.name, _ended(state.name), "cases.follow_up")


def closing_move(way_out: str | None) -> str:
    """The name of the move that closes a case that ended in this way (a name of EXITS; None: the check was made)."""
    return f"close_as_{way_out}" if way_out else "close"


OPEN_END = ("published", "following_up")

STANDARD = Workflow(
    name="cases",
    initial="opened",
    states=(*TRACK, *EXITS, SUSPENDED),
    moves=(
        *_stay("assign", N_("指定检查人员"), ("opened",), None, "cases.approve"),
        *_stay("replace_officer", N_("更换检查人员"), (*BEFORE, *CHECKING), with_reason, "cases.approve"),
        Move("submit", N_("提交审批"), "opened", "awaiting_approval", prepared, "cases.inspect"),
        Move("approve", N_("批准检查"), "awaiting_approval", "approved", approvable, "cases.approve"),
        Move("send_back", N_("退回"), "awaiting_approval", "opened", with_reason, "cases.approve"),
        *_stay("notify", N_("送达检查通知书"), ("approved", *CHECKING, "reviewing"), may_notify, "cases.inspect"),
        Move("check_in", N_("签到，开始检查"), "approved", "inspecting", may_check_in, "cases.inspect"),
        Move("rush_in", N_("紧急检查，事后补办审批"), UNAPPROVED, "inspecting", may_rush_in, "cases.inspect"),
        *_stay("approve_afterwards", N_("补办审批"), (*CHECKING, "reviewing"), approvable_late, "cases.approve"),
        *_stay("record_result", N_("录入事项结果"), CHECKING, own_case, "cases.inspect"),
        *_stay("add_evidence", N_("添加证据"), CHECKING, own_case, "cases.inspect"),
        *_stay("remove_evidence", N_("移除证据"), CHECKING, all_of(own_case, with_reason), "cases.inspect"),
        *_stay("order_correction", N_("责令改正"), CHECKING, own_case, "cases.inspect"),
        Move("begin_record", N_("签退，整理记录"), "inspecting", "recording", may_leave, "cases.inspect"),
        Move("begin_record", N_("开始非现场检查"), "approved", "recording", may_start_off_site, "cases.inspect"),
        Move("conclude", N_("提交审核"), "recording", "reviewing", concludable, "cases.inspect"),
        Move("terminate", N_("终止检查"), (*BEFORE, *CHECKING), "reviewing", terminable, "cases.inspect"),
        Move("pass_review", N_("审核通过"), "reviewing", "releasing", reviewable, "cases.review"),
        Move("return_for_record", N_("退回补正"), "reviewing", "recording", returnable, "cases.review"),
        Move("reopen", N_("不同意终止，恢复检查"), "reviewing", "opened", reopenable, "cases.review"),
        Move("release", N_("批准公示"), "releasing", "published", releasable, "cases.publish"),
        Move("refuse_release", N_("不予公示，退回"), "releasing", "recording", returnable, "cases.publish"),
        Move("reopen", N_("不同意终止，恢复检查"), "releasing", "opened", reopenable, "cases.publish"),
        Move("order_follow_up", N_("转入后续处置"), "published", "following_up", something_open, "cases.follow_up"),
        *_stay("recheck", N_("复查"), AFTER_VISIT, None, "cases.follow_up"),
        *_stay("settle", N_("办结后续处置"), ("following_up",), None, "cases.follow_up"),
        Move("close", N_("结案归档"), OPEN_END, "closed", _ended(None), "cases.follow_up"),
        *(_close_as(state) for state in EXITS),
        Move("correct", N_("申请更正"), ("following_up", *ENDED), "recording", with_reason, "cases.inspect"),
        *_stay("join", N_("合并为一次上门"), UNAPPROVED, joinable, "cases.approve"),
        Move("join", N_("合并为一次上门，重新报批"), "approved", "awaiting_approval", joinable_again, "cases.approve"),
        *_stay("separate", N_("分开检查"), BEFORE, separable, "cases.approve"),
        Move("suspend", N_("暂缓检查"), BEFORE, "suspended", suspendable, "cases.approve"),
        Move("resume", N_("恢复办理"), "suspended", "opened", None, "cases.approve"),
    ),
)
"""The standard workflow. A kind of case takes moves away (`without`) or adds its own."""


def without(*names: str) -> Workflow:
    """The standard workflow without some of its moves."""
    return replace(STANDARD, moves=tuple(move for move in STANDARD.moves if move.name not in names))


# ---- Clocks ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Clock:
    """How long a step may take: the parameter with the term, and the day from which it runs (a column of the case)."""

    term: str
    since: str


CLOCKS: Mapping[str, Clock] = {
    "opened": Clock("cases.term.inspect", "opened_on"),
    "awaiting_approval": Clock("cases.term.approve", "entered_on"),
    "approved": Clock("cases.term.inspect", "opened_on"),
    "inspecting": Clock("cases.term.inspect", "opened_on"),
    "recording": Clock("cases.term.record", "entered_on"),
    "reviewing": Clock("cases.term.review", "entered_on"),
    "releasing": Clock("cases.term.publish", "concluded_on"),
    "published": Clock("cases.term.publish", "concluded_on"),
}
"""The clock of each step; 后续处置 runs to the earliest open measure, 暂缓 to its date, an ended case has none."""

AFTERWARDS = Clock("cases.term.emergency_approval", "checked_on")
"""The clock of an urgent check that still waits for its approval."""

TASK_STATES = frozenset(state for state, clock in CLOCKS.items() if clock.since == "opened_on")
"""Steps that the deadline of the whole task (e.g. of a campaign) ends as well."""

# ---- Kinds -----------------------------------------------------------------------------------------------------------

DUTIES = {
    "certificates": N_("已主动出示执法证件"),
    "purpose": N_("已说明来意、检查依据和事项"),
    "rights": N_("已告知陈述申辩和申请回避的权利"),
}
"""What officers confirm before they begin (行政处罚法第四十三条、第五十五条)."""


@dataclass(frozen=True)
class CaseKind:
    """A kind of case: what it is called, what the public sees it as, and how it differs from the standard workflow."""

    key: str
    label: str
    publicity: str
    sources: tuple[str, ...]
    workflow: Workflow = STANDARD
    bound_by_cap: bool = True
    least_by_law: bool = False
    """Whether its checks are a minimum by law, which the year's cap does not cut though they count in it."""
    duties: Mapping[str, str] = field(default_factory=lambda: DUTIES)
    clocks: Mapping[str, Clock] = field(default_factory=lambda: CLOCKS)


# ---- Evidence --------------------------------------------------------------------------------------------------------

EVIDENCE_LIMIT = 20 * 1024 * 1024
"""Bytes of one photo or paper."""

_SIGNATURES: tuple[tuple[str, Callable[[bytes], bool]], ...] = (
    ("image/jpeg", lambda head: head.startswith(b"\xff\xd8\xff")),
    ("image/png", lambda head: head.startswith(b"\x89PNG\r\n\x1a\n")),
    ("image/webp", lambda head: head.startswith(b"RIFF") and head[8:12] == b"WEBP"),
    ("application/pdf", lambda head: head.startswith(b"%PDF-")),
)


def media_type_of(head: bytes) -> str | None:
    """What the first bytes of a file say it is, whatever its name says; None for what is no evidence here."""
    return next((media_type for media_type, matches in _SIGNATURES if matches(head)), None)
