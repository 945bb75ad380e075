"""What the registry knows: classes of subjects, states of registration, kinds of credit records and their classes."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

from casework.core.i18n import N_, _

SUBJECT_CLASSES = {"company": N_("企业"), "individual": N_("个体工商户"), "cooperative": N_("农民专业合作社")}
"""Each class has its own indicator model (国市监信发〔2024〕72号)."""

STATUSES = {
    "active": N_("存续"),
    "suspended": N_("歇业"),
    "revoked": N_("吊销，未注销"),
    "revoked_deregistered": N_("吊销，已注销"),
    "deregistered": N_("注销"),
    "cancelled": N_("撤销"),
    "moved_out": N_("迁出"),
}
INSPECTABLE = frozenset({"active", "suspended"})
"""Only these are in the object library of a draw."""

FOUND_NOTHING = frozenset({1, 7, 8, 9})
"""Classes of `check` that tell of no violation: nothing was found, or nothing could be checked."""

CODE_BASE = 16
"""`code` of a record = kind number × 16 + class: what the packed snapshot carries and the models refer to."""


@dataclass(frozen=True)
class RecordKind:
    """A kind of credit record. `classes` are the variants that a model may weigh differently; 0 is the plain one.

    `listing` kinds hold from `happened_on` until `ends_on` (a listing, a licence, a pledge); the others are acts.
    """

    number: int
    key: str
    label: str
    classes: dict[int, str] = field(default_factory=dict)
    listing: bool = False
    repairable: bool = False
    """Whether credit repair (信用修复) exists for it: information that says something bad (国家发展改革委令第36号)."""
    once: bool = False
    """Whether nobody can be on it twice at a time for one reason: a second open record is told as a warning."""

    @property
    def lasts(self) -> bool:
        """Whether its records end by themselves or by a decision: listings, and checks until they are closed."""
        return self.listing or self.key == "check"

    def code(self, klass: int = 0) -> int:
        return self.number * CODE_BASE + klass


KINDS: dict[str, RecordKind] = {
    kind.key: kind
    for kind in (
        RecordKind(1, "registration", N_("设立登记")),
        RecordKind(
            2,
            "change",
            N_("变更登记"),
            {
                0: N_("其他事项变更"),
                1: N_("法定代表人（负责人）变更"),
                2: N_("住所变更"),
                3: N_("名称变更"),
                4: N_("经营范围变更"),
                5: N_("注册资本减少过半"),
                6: N_("股权转让"),
                7: N_("注册资本变更"),
            },
        ),
        RecordKind(3, "filing", N_("备案")),
        RecordKind(4, "equity_pledge", N_("股权出质登记"), listing=True),
        RecordKind(5, "ip_pledge", N_("知识产权质押登记"), listing=True),
        RecordKind(6, "equity_freeze", N_("股权冻结"), listing=True),
        RecordKind(
            7,
            "licence",
            N_("行政许可"),
            {0: N_("一般许可"), 1: N_("食品许可"), 2: N_("药品许可"), 3: N_("特种设备许可")},
            listing=True,
        ),
        RecordKind(
            8,
            "penalty",
            N_("行政处罚"),
            {
                0: N_("警告或简易程序"),
                1: N_("轻微"),
                2: N_("一般"),
                3: N_("严重"),
                5: N_("轻微（食品药品特种设备）"),
                6: N_("一般（食品药品特种设备）"),
                7: N_("严重（食品药品特种设备）"),
            },
            repairable=True,
        ),
        RecordKind(
            9,
            "abnormal",
            N_("列入经营异常名录"),
            {
                1: N_("未按期公示年度报告"),
                2: N_("未在责令期限内公示即时信息"),
                3: N_("公示信息隐瞒真实情况、弄虚作假"),
                4: N_("通过登记的住所或经营场所无法联系"),
            },
            listing=True,
            repairable=True,
            once=True,
        ),
        RecordKind(10, "serious", N_("列入严重违法失信名单"), listing=True, repairable=True, once=True),
        RecordKind(11, "defaulter", N_("列为失信被执行人"), listing=True, repairable=True),
        RecordKind(
            12,
            "check",
            N_("抽查检查结果"),
            {
                1: N_("未发现问题"),
                2: N_("发现问题已责令改正"),
                3: N_("发现问题待后续处理"),
                4: N_("不配合检查情节严重"),
                5: N_("未按规定公示应当公示的信息"),
                6: N_("公示信息隐瞒真实情况、弄虚作假"),
                7: N_("通过登记的住所（经营场所）无法联系"),
                8: N_("未发现开展本次抽查涉及的经营活动"),
                9: N_("已关闭停业、注销、吊销、撤销或迁出"),
                10: N_("轻微违法及时改正不予处罚"),
            },
        ),
        RecordKind(13, "complaint", N_("投诉"), {0: N_("不予受理或撤回"), 1: N_("已受理"), 2: N_("达成调解不履行")}),
        RecordKind(14, "report", N_("举报"), {0: N_("未查实"), 1: N_("查实")}),
        RecordKind(
            15,
            "annual_report",
            N_("年度报告"),
            {1: N_("按期公示"), 2: N_("逾期补报"), 3: N_("按期，全零申报"), 4: N_("逾期，全零申报")},
        ),
        RecordKind(16, "product_test", N_("抽检结果"), {1: N_("合格"), 2: N_("不合格")}),
        RecordKind(17, "other_abnormal", N_("其他部门异常状态"), listing=True, repairable=True),
        RecordKind(18, "unpaid_penalty", N_("逾期不履行处罚决定"), listing=True, repairable=True),
        RecordKind(19, "opinion", N_("负面舆情"), {1: N_("一般"), 2: N_("较大"), 3: N_("重大")}),
        RecordKind(20, "honour", N_("守信激励"), listing=True),
        RecordKind(21, "disqualified", N_("任职资格受限"), listing=True),
        RecordKind(22, "overdue_rectification", N_("责令改正逾期未改"), listing=True),
        RecordKind(
            23,
            "visit",
            N_("检查量化分档"),
            {
                1: N_("合格，第1档（问题最少）"),
                2: N_("合格，第2档"),
                3: N_("合格，第3档"),
                4: N_("合格，第4档"),
                5: N_("合格，第5档（问题最多）"),
                6: N_("不合格，第1档（问题最少）"),
                7: N_("不合格，第2档"),
                8: N_("不合格，第3档"),
                9: N_("不合格，第4档（问题最多）"),
            },
        ),
        RecordKind(
            24,
            "equipment",
            N_("特种设备使用登记"),
            {
                1: N_("锅炉"),
                2: N_("压力容器"),
                3: N_("压力管道"),
                4: N_("电梯"),
                5: N_("起重机械"),
                6: N_("客运索道"),
                7: N_("大型游乐设施"),
                8: N_("场（厂）内专用机动车辆"),
            },
            listing=True,
        ),
    )
}

KIND_BY_NUMBER = {kind.number: kind for kind in KINDS.values()}


@dataclass(frozen=True)
class Marks:
    """The days that decide what a record is worth: removed, corrected, repaired, objected are four different things."""

    kind: int
    happened_on: date
    ends_on: date | None = None
    repaired_on: date | None = None
    revoked_on: date | None = None
    objected_on: date | None = None
    objection_closed_on: date | None = None

    @property
    def objected(self) -> bool:
        """Whether an objection is open: the record is in doubt (异议标注)."""
        return self.objected_on is not None and self.objection_closed_on is None


def state_of(marks: Marks, day: date) -> str:
    """How a record stands on a day, as a key of `RECORD_STATES`; a listing is in force, an act is counted."""
    if marks.revoked_on is not None and marks.revoked_on <= day:
        return "revoked"
    if marks.repaired_on is not None and marks.repaired_on <= day:
        return "repaired"
    if marks.objected:
        return "objected"
    if marks.happened_on > day:
        return "coming"
    if marks.ends_on is not None and marks.ends_on <= day:
        return "ended"
    return "in_force" if KIND_BY_NUMBER[marks.kind].listing else "counted"


def verbs_for(marks: Marks, today: date) -> list[str]:
    """What can be done to a record today."""
    return [verb for verb in MARKS if why_not(verb, marks, max(today, marks.happened_on), today) is None]


RECORD_STATES = {
    "in_force": N_("有效"),
    "counted": N_("有效"),
    "coming": N_("未生效"),
    "ended": N_("已结束"),
    "repaired": N_("已修复"),
    "revoked": N_("已撤销"),
    "objected": N_("异议中"),
}

MARKS = {
    "remove": N_("移出（终止）"),
    "repair": N_("信用修复"),
    "revoke": N_("撤销（更正）"),
    "object": N_("异议标注"),
    "close_objection": N_("异议办结"),
}
"""What may befall a record, as the verb of its operation."""


def contradictions(
    kind: RecordKind, happened_on: date, later: Mapping[str, date | None], today: date
) -> Iterator[tuple[str, str]]:
    """What cannot be in the dates of a record, as field and sentence; `later` are those that follow its beginning.

    What somebody did wrong is known only afterwards; a licence, a pledge or an honour may begin on a day to come.
    """
    if happened_on > today and (kind.repairable or not kind.listing):
        yield "happened_on", _("日期 %(day)s 晚于今天。", day=happened_on)
    for name, day in later.items():
        if day is not None and day < happened_on:
            yield name, _("日期 %(day)s 早于发生日期 %(first)s。", day=day, first=happened_on)


def why_not(verb: str, marks: Marks, on: date, today: date) -> str | None:
    """The sentence that refuses a mark, or None where it may be set.

    A removal (移出) leaves history; a correction (更正) undoes the record as if it had never been
    (企业经营异常名录管理办法); a repair ends its use from that day (国家发展改革委令第36号); an objection only says
    that it is in doubt.
    """
    if on > today:
        return _("日期不能晚于今天。")
    if on < marks.happened_on:
        return _("日期不能早于该记录的发生日期 %(day)s。", day=marks.happened_on)
    if marks.revoked_on is not None:
        return _("该记录已撤销，视同没有发生，不能再办理。")
    return _REASONS[verb](marks, on)


def _not_removed(marks: Marks, on: date) -> str | None:
    if not KIND_BY_NUMBER[marks.kind].listing:
        return _("这类记录没有期限，不能移出；有误的请撤销，符合条件的请办理信用修复。")
    return None if marks.ends_on is None or marks.ends_on > on else _("该记录已于 %(day)s 结束。", day=marks.ends_on)


def _not_repaired(marks: Marks, _on: date) -> str | None:
    if not KIND_BY_NUMBER[marks.kind].repairable:
        return _("这类记录不是失信信息，不适用信用修复。")
    return None if marks.repaired_on is None else _("该记录已于 %(day)s 修复。", day=marks.repaired_on)


def _not_objected(marks: Marks, _on: date) -> str | None:
    return _("该记录的异议正在处理中。") if marks.objected else None


def _not_closed(marks: Marks, on: date) -> str | None:
    if not marks.objected or marks.objected_on is None:
        return _("该记录没有正在处理的异议。")
    return _("办结日期不能早于提出异议的日期。") if on < marks.objected_on else None


_REASONS: dict[str, Callable[[Marks, date], str | None]] = {
    "remove": _not_removed,
    "repair": _not_repaired,
    "revoke": lambda _marks, _on: None,
    "object": _not_objected,
    "close_objection": _not_closed,
}
