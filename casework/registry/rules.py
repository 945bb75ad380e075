"""What the registry knows: classes of subjects, states of registration, kinds of credit records and their classes."""

from dataclasses import dataclass, field

from casework.core.i18n import N_

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

CODE_BASE = 16
"""`code` of a record = kind number × 16 + class: what the packed snapshot carries and the models refer to."""


@dataclass(frozen=True)
class RecordKind:
    """A kind of credit record. `classes` are the variants that a model may weigh differently; 0 is the plain one.

    `listing` kinds are in force from `happened_on` until `ends_on` (a listing, a licence, a pledge); the others are acts.
    """

    number: int
    key: str
    label: str
    classes: dict[int, str] = field(default_factory=dict)
    listing: bool = False

    def code(self, klass: int = 0) -> int:
        return self.number * CODE_BASE + klass


KINDS: dict[str, RecordKind] = {
    kind.key: kind
    for kind in (
        RecordKind(1, "registration", N_("设立登记")),
        RecordKind(
            2, "change", N_("变更登记"),
            {
                0: N_("其他事项变更"), 1: N_("法定代表人（负责人）变更"), 2: N_("住所变更"), 3: N_("名称变更"), 4: N_("经营范围变更"),
                5: N_("注册资本减少过半"), 6: N_("股权转让"), 7: N_("注册资本变更"),
            },
        ),
        RecordKind(3, "filing", N_("备案")),
        RecordKind(4, "equity_pledge", N_("股权出质登记"), listing=True),
        RecordKind(5, "ip_pledge", N_("知识产权质押登记"), listing=True),
        RecordKind(6, "equity_freeze", N_("股权冻结"), listing=True),
        RecordKind(
            7, "licence", N_("行政许可"),
            {0: N_("一般许可"), 1: N_("食品许可"), 2: N_("药品许可"), 3: N_("特种设备许可")},
            listing=True,
        ),
        RecordKind(
            8, "penalty", N_("行政处罚"),
            {
                0: N_("警告或简易程序"), 1: N_("轻微"), 2: N_("一般"), 3: N_("严重"),
                5: N_("轻微（食品药品特种设备）"), 6: N_("一般（食品药品特种设备）"), 7: N_("严重（食品药品特种设备）"),
            },
        ),
        RecordKind(
            9, "abnormal", N_("列入经营异常名录"),
            {
                1: N_("未按期公示年度报告"), 2: N_("未在责令期限内公示即时信息"), 3: N_("公示信息隐瞒真实情况、弄虚作假"),
                4: N_("通过登记的住所或经营场所无法联系"),
            },
            listing=True,
        ),
        RecordKind(10, "serious", N_("列入严重违法失信名单"), listing=True),
        RecordKind(11, "defaulter", N_("列为失信被执行人"), listing=True),
        RecordKind(
            12, "check", N_("抽查检查结果"),
            {
                1: N_("未发现问题"), 2: N_("发现问题已责令改正"), 3: N_("发现问题待后续处理"), 4: N_("不配合检查情节严重"),
                5: N_("未按规定公示应当公示的信息"), 6: N_("公示信息隐瞒真实情况、弄虚作假"), 7: N_("通过登记的住所（经营场所）无法联系"),
                8: N_("未发现开展本次抽查涉及的经营活动"), 9: N_("已关闭停业、注销、吊销、撤销或迁出"), 10: N_("轻微违法及时改正不予处罚"),
            },
        ),
        RecordKind(13, "complaint", N_("投诉"), {0: N_("不予受理或撤回"), 1: N_("已受理"), 2: N_("达成调解不履行")}),
        RecordKind(14, "report", N_("举报"), {0: N_("未查实"), 1: N_("查实")}),
        RecordKind(
            15, "annual_report", N_("年度报告"),
            {1: N_("按期公示"), 2: N_("逾期补报"), 3: N_("按期，全零申报"), 4: N_("逾期，全零申报")},
        ),
        RecordKind(16, "product_test", N_("抽检结果"), {1: N_("合格"), 2: N_("不合格")}),
        RecordKind(17, "other_abnormal", N_("其他部门异常状态"), listing=True),
        RecordKind(18, "unpaid_penalty", N_("逾期不履行处罚决定"), listing=True),
        RecordKind(19, "opinion", N_("负面舆情"), {1: N_("一般"), 2: N_("较大"), 3: N_("重大")}),
        RecordKind(20, "honour", N_("守信激励"), listing=True),
        RecordKind(21, "disqualified", N_("任职资格受限"), listing=True),
        RecordKind(22, "overdue_rectification", N_("责令改正逾期未改"), listing=True),
    )
}  # fmt: skip

KIND_BY_NUMBER = {kind.number: kind for kind in KINDS.values()}
