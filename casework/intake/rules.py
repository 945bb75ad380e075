"""The life of an item as two tables (domain Y.4, Y.5); kinds, channels, grounds, clocks; redaction and likeness."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from itertools import pairwise
from pathlib import Path

import yaml

from casework.cases.rules import approved_beyond_cap, enough_officers, within_cap
from casework.core.calendar import ONE_DAY, Term, WorkCalendar
from casework.core.i18n import N_
from casework.core.workflow import Guard, Move, State, Workflow, all_of, forbids, needs

# ---- What an item is and where it comes from -------------------------------------------------------------------------

CHANNELS = {
    "platform_12315": N_("全国12315平台"),
    "hotline_12345": N_("12345热线转办"),
    "letter_or_visit": N_("来信来访"),
    "superior": N_("上级交办"),
    "department": N_("其他部门移送（公安、税务、法院等）"),
    "media": N_("媒体舆情"),
    "product_test": N_("监督抽检"),
    "data": N_("大数据监测（预警）"),
    "patrol": N_("巡查发现"),
    "self_report": N_("企业自报"),
    "mediation": N_("处理投诉中发现"),
}
"""Where an item comes from (domain D.4)."""

REPORT_CHANNELS = ("hotline_12345", "platform_12315", "letter_or_visit")

CATEGORY_LINES = {
    "food": "food",
    "drug": "drug",
    "equipment": "equipment",
    "quality": "quality",
    "metrology": "metrology",
    "advertising": "advertising",
    "price": "price",
    "competition": "price",
    "online": "online",
    "ip": "ip",
    "registration": "registration",
    "published_information": "registration",
}
"""The business line that handles a category; the others are anybody's."""

CATEGORIES = {
    "food": N_("食品安全"),
    "drug": N_("药品、医疗器械、化妆品"),
    "equipment": N_("特种设备安全"),
    "quality": N_("产品质量"),
    "metrology": N_("计量"),
    "advertising": N_("广告宣传"),
    "price": N_("价格行为"),
    "competition": N_("不正当竞争"),
    "online": N_("网络交易"),
    "ip": N_("知识产权"),
    "registration": N_("无照、登记与许可"),
    "published_information": N_("公示信息虚假"),
    "contract": N_("合同与格式条款"),
    "after_sales": N_("售后服务"),
    "other": N_("其他"),
}
"""What an item is about."""

DEMANDS = {
    "repair": N_("修理"),
    "redo": N_("重作"),
    "exchange": N_("更换"),
    "return": N_("退货"),
    "supply": N_("补足数量"),
    "refund": N_("退还价款"),
    "compensation": N_("赔偿损失"),
    "other": N_("其他"),
}
"""What a consumer asks for (投诉登记表)."""

TRADES = {"offline": N_("线下消费"), "online": N_("线上消费")}
ID_KINDS = {
    "resident": N_("居民身份证"),
    "passport": N_("护照"),
    "permit": N_("港澳台居民通行证或居住证"),
    "other": N_("其他证件"),
}
MEDIATION_WAYS = {"on_site": N_("现场调解"), "remote": N_("非现场调解"), "delegated": N_("委托消费者协会等调解")}
NOTICE_WAYS = {
    "paper": N_("送达书面告知书"),
    "phone": N_("电话告知"),
    "message": N_("短信、电子邮件告知"),
    "platform": N_("通过12315平台告知"),
}
RELATIONS = {"twin": N_("同一来件"), "found": N_("处理中发现")}
"""How an item came from another one."""

# ---- Who complains or reports ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Person:
    """An informant as he gave himself. Never stored but sealed, never shown but masked or on a stated reason."""

    name: str | None = None
    phone: str | None = None
    id_kind: str | None = None
    id_number: str | None = None
    address: str | None = None

    @property
    def named(self) -> bool:
        """实名: a name and a way to answer."""
        return bool(self.name and (self.phone or self.address))

    @property
    def known(self) -> bool:
        """Whether anything at all was said."""
        return any(vars(self).values())


def mask_name(name: str) -> str:
    """`张*三`, `张*`: the first character, and the last of three or more."""
    return f"{name[0]}{'*' * max(len(name) - 2, 1)}{name[-1] if len(name) > 2 else ''}"


def mask_number(number: str, *, head: int = 3, tail: int = 4) -> str:
    """`138****1234`: what lies between the first three and the last four characters is hidden; of short ones all."""
    hidden = len(number) - head - tail
    return f"{number[:head]}{'*' * hidden}{number[-tail:]}" if hidden > 0 else "*" * len(number)


HIDDEN = "〔已隐去〕"
"""What stands in a text where something about an informant stood."""

_DIGITS = str.maketrans("０１２３４５６７８９Ｘｘ", "0123456789XX")
_GAP = r"[\s\-—－·.]*"
_PHONE = re.compile(rf"(?<!\d)1{_GAP}[3-9](?:{_GAP}\d){{9}}(?!\d)")
_ID_CARD = re.compile(
    rf"(?<!\d)\d{{6}}{_GAP}(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01]){_GAP}\d{{3}}[\dX](?!\d)"
)


def redact(text: str, person: Person | None) -> str:
    """The text without what the informant said of himself, and without any mobile or identity number.

    Spaces, dashes and full-width digits between or in the characters do not help against it.
    """
    plain = text.translate(_DIGITS)
    own = (person.id_number, person.phone, person.address, person.name) if person else ()
    for said in filter(None, own):
        letters = said.translate(_DIGITS).replace(" ", "")
        if len(letters) > 1:
            plain = re.sub(_GAP.join(map(re.escape, letters)), HIDDEN, plain, flags=re.IGNORECASE)
    return _PHONE.sub(HIDDEN, _ID_CARD.sub(HIDDEN, plain))


# ---- Likeness --------------------------------------------------------------------------------------------------------


def likeness(one: str, other: str) -> int:
    """How much two texts have in common, in percent: the pairs of neighbouring letters they share (Dice)."""
    left, right = _pairs(one), _pairs(other)
    return round(200 * len(left & right) / (len(left) + len(right))) if left and right else 0


def _pairs(text: str) -> set[str]:
    return set(map("".join, pairwise(filter(str.isalnum, text.upper()))))


# ---- A work sheet that somebody pastes -------------------------------------------------------------------------------

_SHEET = {
    "external_no": ("工单编号", "登记编号", "投诉编号", "举报编号", "编号"),
    "name": ("投诉人姓名", "举报人姓名", "投诉人", "举报人", "来电人", "姓名"),
    "phone": ("投诉人电话", "举报人电话", "联系电话", "联系方式", "来电号码", "手机号码", "电话"),
    "id_number": ("证件号码", "身份证号"),
    "subject_name": (
        "被投诉人名称",
        "被举报人名称",
        "被投诉企业",
        "被举报企业",
        "被投诉人",
        "被举报人",
        "企业名称",
        "商家名称",
    ),
    "subject_address": ("被投诉人地址", "被举报人地址", "经营地址", "事发地址", "发生地点"),
    "goods": ("商品名称", "商品或服务", "涉及商品"),
    "happened_on": ("消费时间", "发生时间", "事发时间"),
    "amount": ("涉及金额", "争议金额", "消费金额", "金额"),
    "facts": ("投诉内容", "举报内容", "问题描述", "诉求内容", "工单内容", "内容"),
}
"""How the sheets of 12315 and 12345 call what a form asks for."""

_LABELS = {label: name for name, labels in _SHEET.items() for label in labels}
_LABELLED = re.compile(rf"(?:^|[\n；;])\s*({'|'.join(sorted(_LABELS, key=len, reverse=True))})\s*[：:]\s*")
_DAY = re.compile(r"(20\d\d)\D{1,2}(\d{1,2})\D{1,2}(\d{1,2})")
_AMOUNT = re.compile(r"\d+(?:\.\d{1,2})?")


def read_sheet(sheet: str) -> dict[str, str]:
    """What a pasted work sheet of `label：value` lines says, by the names of the form; the first of each label counts.

    A text without any label is taken for the facts.
    """
    parts = _LABELLED.split(sheet)
    found: dict[str, str] = {}
    for label, value in zip(parts[1::2], parts[2::2], strict=True):
        found.setdefault(_LABELS[label], value.strip())
    if not found:
        return {"facts": sheet.strip()}
    day = _DAY.search(found.get("happened_on", ""))
    amount = _AMOUNT.search(found.get("amount", "").replace(",", ""))
    found["happened_on"] = "{}-{:0>2}-{:0>2}".format(*day.groups()) if day else ""
    found["amount"] = amount.group() if amount else ""
    return {name: value for name, value in found.items() if value}


# ---- Legal grounds ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Ground:
    """One line of grounds.yaml: a ground of a decision as the law words it in one period."""

    list: str
    code: str
    label: str
    since: date
    document: str
    until: date | None = None
    uncounts: bool = False

    def in_force(self, day: date) -> bool:
        return self.since <= day and (self.until is None or day <= self.until)


@cache
def _all_grounds() -> tuple[Ground, ...]:
    lines = yaml.safe_load(Path(__file__).with_name("grounds.yaml").read_text(encoding="utf-8"))
    return tuple(Ground(since=line.pop("from"), **line) for line in lines)


def grounds(list_: str, received_on: date) -> dict[str, Ground]:
    """The grounds of a decision (refuse, terminate, decline) for an item received on a day, in the order of the law."""
    return {line.code: line for line in _all_grounds() if line.list == list_ and line.in_force(received_on)}


# ---- Guards: each says in a sentence why not, or None ----------------------------------------------------------------

with_reason = needs("reason", N_("请填写理由。"))
on_ground = all_of(needs("ground", N_("请选择法定情形。")), with_reason)
below_office = needs("within", N_("只能分送到本单位或下级单位。"))
below_unit = needs("within", N_("只能交由本单位的下级机构办理；不属于本单位职责的，请退回分送机构。"))
somebody_there = needs("person", N_("这一来件没有投诉人信息，无法核验身份。"))
named = needs("named", N_("投诉应当实名：请先登记投诉人姓名和联系方式；不能提供的，请限期补充身份证明材料。"))
pausable = all_of(forbids("paused", N_("期限已经暂停。")), with_reason)
resumable = needs("paused", N_("期限没有暂停。"))
counting = forbids("paused", N_("期限暂停中，请先恢复计时。"))
not_extended = forbids("extended", N_("核查期限只能延长一次。"))
extension_asked = needs("asked", N_("还没有人申请延长核查期限。"))
by_another = forbids("own_request", N_("申请人不得批准自己的申请。"))
check_done = forbids("checking", N_("现场检查还没有结果，请在检查结果公示审批后再作出核查结论。"))
first_of_kind = needs("same_kind", N_("只能并入同一类的来件。"))
other_item = forbids("itself", N_("不能并入自身或者已经并案的来件。"))
same_person = needs("same_person", N_("不同投诉人的消费争议应当分别处理，不能并案。"))
checkable = all_of(
    needs("enterprise", N_("请先确认被举报的经营主体。")),
    needs("inspectable", N_("该主体已注销、吊销、撤销或迁出，不能立检查案件；可以直接作出核查结论。")),
    forbids("opened", N_("已经开展现场检查。")),
    needs("items", N_("请选择抽查事项清单内的检查事项。清单之外无检查。")),
    with_reason,
    enough_officers,
    within_cap,
    approved_beyond_cap,
)

# ---- The two tables --------------------------------------------------------------------------------------------------

REGISTERED = State("registered", N_("待分送"))
INFORMED = State("informed", N_("已告知"))
ARCHIVED = State("archived", N_("已归档"), final=True)
MERGED = State("merged", N_("已并案"), final=True)


def _stay(name: str, label: str, states: Iterable[str], guard: Guard | None, permission: str) -> tuple[Move, ...]:
    """A verb that leaves the item in the state in which it was."""
    return tuple(Move(name, label, state, state, guard, permission) for state in states)


OPEN_COMPLAINT = ("registered", "distributed", "awaiting_identity", "mediating")
OPEN_CLUE = ("registered", "distributed", "verifying")

COMPLAINT = Workflow(
    name="intake.complaint",
    initial="registered",
    states=(
        REGISTERED,
        State("distributed", N_("待受理")),
        State("awaiting_identity", N_("待补充身份证明")),
        State("mediating", N_("调解中")),
        State("refused", N_("不予受理")),
        State("settled", N_("调解成功")),
        State("terminated", N_("终止调解")),
        INFORMED,
        ARCHIVED,
        MERGED,
    ),
    moves=(
        Move("distribute", N_("分送"), "registered", "distributed", below_office, "intake.register"),
        Move("return_item", N_("退回分送机构"), "distributed", "registered", with_reason, "intake.triage"),
        *_stay("hand_down", N_("交下级机构办理"), ("distributed", "mediating"), below_unit, "intake.triage"),
        *_stay("identify", N_("确认被投诉主体"), OPEN_COMPLAINT, None, "intake.triage"),
        Move(
            "ask_identity",
            N_("限期补充身份证明"),
            "distributed",
            "awaiting_identity",
            all_of(somebody_there, with_reason, needs("until", N_("请填写今天之后的补充期限。"))),
            "intake.triage",
        ),
        Move(
            "take_identity",
            N_("登记补充的身份证明"),
            "awaiting_identity",
            "distributed",
            needs("named", N_("请填写投诉人姓名和联系方式。")),
            "intake.triage",
        ),
        Move("accept", N_("受理"), "distributed", "mediating", named, "intake.triage"),
        Move("refuse", N_("不予受理"), ("distributed", "awaiting_identity"), "refused", on_ground, "intake.triage"),
        *_stay("pause", N_("暂停计时"), ("mediating",), pausable, "intake.triage"),
        *_stay("resume", N_("恢复计时"), ("mediating",), resumable, "intake.triage"),
        Move(
            "settle",
            N_("调解成功"),
            "mediating",
            "settled",
            all_of(counting, needs("agreement", N_("请填写调解协议的主要内容。"))),
            "intake.triage",
        ),
        Move("terminate", N_("终止调解"), "mediating", "terminated", on_ground, "intake.triage"),
        *_stay("find_clue", N_("发现违法线索，另行登记"), ("distributed", "mediating"), None, "intake.triage"),
        Move("inform", N_("登记告知"), ("refused", "settled", "terminated"), "informed", None, "intake.triage"),
        *_stay(
            "revisit",
            N_("回访"),
            ("informed",),
            needs("settled", N_("只有调解成功的投诉需要回访协议履行情况。")),
            "intake.triage",
        ),
        Move("archive", N_("归档"), "informed", "archived", None, "intake.triage"),
        Move(
            "merge",
            N_("并案"),
            ("registered", "distributed"),
            "merged",
            all_of(first_of_kind, other_item, same_person),
            "intake.triage",
        ),
    ),
)
"""投诉: a consumer's dispute, mediated. What looks unlawful in it becomes an item of its own."""

CLUE = Workflow(
    name="intake.clue",
    initial="registered",
    states=(
        REGISTERED,
        State("distributed", N_("待签收")),
        State("verifying", N_("核查中")),
        State("filed", N_("已立案")),
        State("declined", N_("不予立案")),
        State("handed_over", N_("已移送")),
        INFORMED,
        ARCHIVED,
        MERGED,
    ),
    moves=(
        Move("distribute", N_("分送"), "registered", "distributed", below_office, "intake.register"),
        Move("return_item", N_("退回分送机构"), "distributed", "registered", with_reason, "intake.triage"),
        *_stay("hand_down", N_("交下级机构办理"), ("distributed", "verifying"), below_unit, "intake.triage"),
        *_stay("identify", N_("确认被举报主体"), OPEN_CLUE, None, "intake.triage"),
        Move("sign_for", N_("签收核查"), "distributed", "verifying", None, "intake.triage"),
        *_stay(
            "ask_extension",
            N_("申请延长核查期限"),
            ("verifying",),
            all_of(not_extended, forbids("asked", N_("已有延期申请等待批准。")), with_reason),
            "intake.triage",
        ),
        *_stay(
            "extend",
            N_("批准延长"),
            ("verifying",),
            all_of(not_extended, extension_asked, by_another),
            "intake.approve",
        ),
        *_stay(
            "deny_extension", N_("不同意延长"), ("verifying",), all_of(extension_asked, with_reason), "intake.approve"
        ),
        *_stay("pause", N_("暂停计时"), ("verifying",), pausable, "intake.triage"),
        *_stay("resume", N_("恢复计时"), ("verifying",), resumable, "intake.triage"),
        *_stay("open_check", N_("开展现场检查"), ("verifying",), checkable, "intake.triage"),
        Move("file", N_("立案"), "verifying", "filed", all_of(counting, check_done, with_reason), "intake.triage"),
        Move(
            "decline", N_("不予立案"), "verifying", "declined", all_of(counting, check_done, on_ground), "intake.triage"
        ),
        Move(
            "hand_over",
            N_("移送其他机关"),
            "verifying",
            "handed_over",
            all_of(needs("receiver", N_("请填写接收移送的机关。")), with_reason),
            "intake.triage",
        ),
        Move(
            "inform",
            N_("登记告知"),
            ("filed", "declined", "handed_over"),
            "informed",
            needs("named", N_("没有实名的举报人或者移送单位，不需要告知，可以直接归档。")),
            "intake.triage",
        ),
        Move(
            "archive",
            N_("归档"),
            ("filed", "declined", "handed_over"),
            "archived",
            forbids("named", N_("请先告知实名举报人或者移送单位。")),
            "intake.triage",
        ),
        Move("archive", N_("归档"), "informed", "archived", None, "intake.triage"),
        Move(
            "merge",
            N_("并案"),
            ("registered", "distributed", "verifying"),
            "merged",
            all_of(first_of_kind, other_item, check_done),
            "intake.triage",
        ),
    ),
)
"""举报 and every other clue: verified, then filed or not. A unit without authority returns it and passes nothing on."""

# ---- Clocks ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Clock:
    """How long a step may take: the parameter with the term, the day from which it runs (a column), what stops it.

    `pauses` is a key of the parameter `intake.pauses`.
    """

    term: str
    since: str
    pauses: str | None = None


ACCEPT = Clock("intake.term.accept_complaint", "received_on", "accept")
VERIFY = Clock("intake.term.verify_report", "received_on", "verify")
VERIFY_PUBLISHED = Clock("intake.term.verify_published_information", "received_on", "verify")
ANSWER = Clock("intake.term.inform_reporter", "decided_on")
ARCHIVE = Clock("intake.term.archive", "entered_on")

COMPLAINT_CLOCKS: Mapping[str, Clock] = {
    "registered": ACCEPT,
    "distributed": ACCEPT,
    "mediating": Clock("intake.term.mediate", "accepted_on", "mediate"),
    **dict.fromkeys(("refused", "settled", "terminated"), Clock("intake.term.inform_parties", "decided_on")),
    "informed": ARCHIVE,
}
"""The clock of each step; the time for 身份证明 has a date of its own, an ended item has none."""

CLUE_CLOCKS: Mapping[str, Clock] = {
    **dict.fromkeys(OPEN_CLUE, VERIFY),
    **dict.fromkeys(("filed", "declined", "handed_over"), ANSWER),
    "informed": ARCHIVE,
}
"""Clocks run from the day on which the bureau received the item, however often it was sent on inside."""


@dataclass(frozen=True)
class Pause:
    """Time that does not count: the days after `since` up to `until` (None: today). `cause` as in the parameter."""

    cause: str
    since: date
    until: date | None = None


def due_on(term: Term, start: date, pauses: Sequence[Pause], calendar: WorkCalendar, today: date) -> date:
    """The last day of a term that starts with an event on `start` and stands still during the pauses."""
    day, left = start, term.days
    while left:
        day += ONE_DAY
        counts = calendar.is_workday(day) or not term.working
        left -= counts and not any(pause.since < day <= (pause.until or today) for pause in pauses)
    return calendar.on_or_after(day)


# ---- Kinds -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Kind:
    """A kind of item. `letters` begin its number, `source` is its legal ground outside the draw (cases.rules)."""

    key: str
    label: str
    letters: str
    source: str
    channels: tuple[str, ...]
    subject: str
    """What the one complained of is called."""
    informant: str
    """What the one who complains is called."""
    workflow: Workflow = field(default=CLUE)
    clocks: Mapping[str, Clock] = field(default_factory=lambda: CLUE_CLOCKS)
    record: tuple[str, int] | None = None
    """Kind and class of the credit record that an accepted complaint or a filed report becomes."""
    private: bool = True
    """Whether a person stands behind it, whose identity is kept apart."""


KINDS: Mapping[str, Kind] = {
    kind.key: kind
    for kind in (
        Kind(
            "complaint", N_("投诉"), "TS", "complaint", REPORT_CHANNELS, N_("被投诉人"), N_("投诉人"),
            COMPLAINT, COMPLAINT_CLOCKS, record=("complaint", 1),
        ),
        Kind(
            "report", N_("举报"), "JB", "complaint", REPORT_CHANNELS, N_("被举报人"), N_("举报人"),
            record=("report", 1),
        ),
        Kind(
            "transfer", N_("转办交办"), "ZB", "transfer", ("superior", "department", "hotline_12345"), N_("涉事主体"),
            N_("移送单位"), private=False,
        ),
        Kind(
            "monitoring", N_("监测线索"), "XS", "monitoring", ("data", "product_test", "media"), N_("涉事主体"),
            N_("提供单位"), private=False,
        ),
        Kind(
            "statute", N_("法律法规规定"), "FD", "statute", ("patrol", "self_report", "mediation"), N_("涉事主体"),
            N_("提供单位"), private=False,
        ),
    )
}  # fmt: skip

UNFULFILLED = 2
"""The class of the credit record "complaint" when what was settled is not kept (达成调解不履行)."""

STATES: Mapping[str, str] = {state.name: state.label for flow in (COMPLAINT, CLUE) for state in flow.states}
"""Every state with a label; where both tables know it, that of the clue's."""

OUTCOMES = ("refused", "settled", "terminated", "filed", "declined", "handed_over")
"""The states in which an item was decided."""

WAITING_FOR: Mapping[str, tuple[str, ...]] = {
    "to_distribute": ("registered",),
    "to_take": ("distributed", "awaiting_identity"),
    "working": ("mediating", "verifying"),
    "to_tell": OUTCOMES,
    "to_archive": ("informed",),
}
"""What an open item waits for, as the tabs of the desk."""

ENDED = ("archived", "merged")


def running_clock(kind: Kind, state: str, *, category: str, owes_answer: bool) -> Clock | None:
    """Which clock runs in a state; None where a date of its own ends it, or the item has ended."""
    clock = kind.clocks.get(state)
    if clock is VERIFY and category == "published_information":
        return VERIFY_PUBLISHED
    return ARCHIVE if clock is ANSWER and not owes_answer else clock


def next_unit(office_path: str, unit_path: str) -> str:
    """Where an office sends what falls to a unit: one step down the tree towards it, or where it already is."""
    if not unit_path.startswith(office_path) or unit_path == office_path:
        return office_path
    return f"{office_path}{unit_path.removeprefix(office_path).partition('/')[0]}/"
