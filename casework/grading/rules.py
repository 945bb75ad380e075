"""What grading decides: grades, flags, the kinds of rules that an indicator may have, and the model as plain data."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import date
from enum import IntFlag
from functools import cache, cached_property
from typing import Any, ClassVar, NamedTuple, TypeVar

from casework.core.i18n import N_, _, current_locale
from casework.core.workflow import Move, State, Workflow, all_of, forbids, needs
from casework.registry.reference import industries
from casework.registry.rules import KINDS, SUBJECT_CLASSES

T = TypeVar("T")

GRADES = ("A", "B", "C", "D")
NOBODY = "-"
"""Stands for a letter where an enterprise is not classified: new before a run, gone after it."""

GRADE_LABELS = {"A": N_("风险低"), "B": N_("风险一般"), "C": N_("风险较高"), "D": N_("风险高")}

TENTH = 10
"""Stored points and scores are whole tenths of a point; models and pages speak of points."""
HIGHEST = 1000 * TENTH

FOR_EVER = (1 << 14) - 1
"""Days: longer than any record is remembered."""

DUE_SHARE = 8
"""Percent of the register above which scoring everybody is cheaper than scoring a list."""


class Flag(IntFlag):
    """What stands beside the score and sets the grade whatever the score, while it lasts (豫市监办〔2022〕100号)."""

    SERIOUS = 1
    DEFAULTER = 2
    ATTENTION_C = 4
    ATTENTION_D = 8


FLAG_LABELS = {
    Flag.SERIOUS: N_("当前列入严重违法失信名单，直接判定为 D"),
    Flag.DEFAULTER: N_("当前为失信被执行人，直接判定为 D"),
    Flag.ATTENTION_C: N_("属于社会高度关注行业，按文件不低于 C"),
    Flag.ATTENTION_D: N_("属于社会高度关注行业，按文件为 D"),
}
DIRECT = {Flag.SERIOUS: "D", Flag.DEFAULTER: "D", Flag.ATTENTION_D: "D", Flag.ATTENTION_C: "C"}

GROUPS = {
    "basic": N_("企业基础属性信息"),
    "dynamic": N_("企业动态信息"),
    "supervision": N_("监管信息"),
    "relations": N_("关联关系信息"),
    "social": N_("社会评价信息"),
}
"""The five first-level groups of 国市监信发〔2022〕6号."""

COLUMNS = {
    "age_days": N_("成立时间"),
    "capital": N_("认缴注册资本"),
    "paid_capital": N_("实缴资本"),
    "employees": N_("从业人数"),
    "cluster_address": N_("登记在集群（托管）地址"),
    "industry": N_("行业"),
}
FEATURES = {
    "pledge_percent": N_("有效股权出质占注册资本比例（%）"),
    "kin_in_trouble": N_("同一法定代表人（负责人）名下被吊销或在列名单的其他主体数"),
    "same_address": N_("同一住所在册主体数"),
    "parent_listed": N_("隶属企业当前列入严重违法失信名单或为失信被执行人"),
}

INPUTS = (
    "established", "capital", "paid_capital", "employees", "cluster_address", "industry",
    "pledge_percent", "kin_in_trouble", "same_address", "parent_listed",
)  # fmt: skip
"""What a result rests on besides records, in the order in which it is stored with it: append only.

`established` is a proleptic ordinal; on a day, `age_days` follows from it.
"""

KNOWLEDGE = {"then": N_("按当时已知"), "now": N_("按现在已知")}
"""The two senses in which the grade of a past day can be worked out again."""

TRIALS = {"repaired": N_("已修复"), "removed": N_("已移出（办结）"), "revoked": N_("已撤销（更正）")}
"""What a record may be taken for on trial."""


def grade_of(score: int, thresholds: Mapping[str, int], flags: int = 0) -> str:
    """The grade of a score in tenths: half-open intervals from `thresholds` (points), at least what is direct."""
    reached = [letter for letter in GRADES[1:] if score >= thresholds[letter] * TENTH]
    direct = [letter for flag, letter in DIRECT.items() if flags & flag]
    return max(["A", *reached, *direct])


@cache
def tenths(points: float) -> int:
    """Points of a model as whole tenths; anything finer is refused."""
    whole = round(points * TENTH)
    if abs(whole - points * TENTH) > 1e-9:
        raise ValueError(f"{points} points are not whole tenths")
    return whole


@cache
def code_of(record: str) -> int:
    """The code of a kind of record as models name it: `penalty.2` is a penalty of class 2."""
    kind, klass = record.split(".")
    return KINDS[kind].code(int(klass))


# What an indicator may look at. Each kind has one vectorised function in `engine.py`, one plain one in `reference.py`.


class Row(NamedTuple):
    """One line of the table of points on the help page: when, and how many points (None: no points by itself)."""

    when: str
    points: float | None


@dataclass(frozen=True)
class Bands:
    """A number of the register falls into one of several bands: (upper bound, not included; points)."""

    kind: ClassVar[str] = "bands"
    column: str
    bands: tuple[tuple[int, float], ...]
    above: float = 0

    def rows(self) -> list[Row]:
        uppers = [0, *(upper for upper, _points in self.bands)]
        within = [
            Row(_("满 %(low)s 不满 %(high)s", low=_amount(self.column, low), high=_amount(self.column, high)), points)
            if low
            else Row(_("不满 %(high)s", high=_amount(self.column, high)), points)
            for low, (high, points) in zip(uppers, self.bands, strict=False)
        ]
        return [*within, Row(_("%(low)s 以上", low=_amount(self.column, uppers[-1])), self.above)]


class Condition(NamedTuple):
    """One comparison of a number of the register: `>=` or `=`."""

    column: str
    op: str
    value: int


@dataclass(frozen=True)
class When:
    """All conditions hold at once."""

    kind: ClassVar[str] = "when"
    conditions: tuple[Condition, ...]
    points: float

    def rows(self) -> list[Row]:
        words = [
            _(COLUMNS[column])
            if column == "cluster_address"
            else f"{_(COLUMNS[column])} {'≥' if op == '>=' else '='} {_amount(column, value)}"
            for column, op, value in self.conditions
        ]
        return [Row(_("且").join(words), self.points)]


@dataclass(frozen=True)
class Industry:
    """Points by industry (GB/T 4754 section letter with up to two digits); the longest prefix decides."""

    kind: ClassVar[str] = "industry"
    points: Mapping[str, float]

    def rows(self) -> list[Row]:
        return [Row(_industry_label(prefix), points) for prefix, points in sorted(self.points.items())]


class Weight(NamedTuple):
    """A kind of record, its points, for how many days it counts (0: no end), and in which state (any, open, ended)."""

    record: str
    points: float
    days: int = 0
    state: str = "any"


@dataclass(frozen=True)
class Sum:
    """Records add up, each with its points, its days and a percentage by age: (days, percent); capped on both sides."""

    kind: ClassVar[str] = "sum"
    weights: tuple[Weight, ...]
    cap: float
    decay: tuple[tuple[int, int], ...] = ()

    def rows(self) -> list[Row]:
        states = {"any": "", "open": _("，尚未结束"), "ended": _("，已结束")}
        counted = [
            Row(f"{record_label(w.record)}{states[w.state]}{_('，') + _within(w.days) if w.days else ''}", w.points)
            for w in self.weights
        ]
        faded = [
            Row(
                _(
                    "满 %(days)s 不满 %(until)s 的按 %(percent)s%% 计",
                    days=_span(start),
                    until=_span(end),
                    percent=percent,
                ),
                None,
            )
            for (start, _before), (end, percent) in zip(self.decay, self.decay[1:], strict=False)
        ]
        return [*counted, *faded]


@dataclass(frozen=True)
class Average:
    """How grave the records are on average: each has its points and a percentage by age: (days, percent).

    `prior` more records of what is usual are counted with them, so that a few say little: `norms` says what is usual in
    an industry (prefix → points), `usual` elsewhere.
    """

    kind: ClassVar[str] = "average"
    points: Mapping[str, float]
    decay: tuple[tuple[int, int], ...]
    prior: int = 0
    usual: float = 0
    norms: Mapping[str, float] = field(default_factory=dict)

    def rows(self) -> list[Row]:
        counted = [Row(record_label(record), points) for record, points in self.points.items()]
        weighed = [
            Row(_("不满 %(until)s 的权重 %(percent)s%%", until=_span(end), percent=percent), None)
            for end, percent in self.decay
        ]
        drawn = Row(_("另加 %(prior)s 次通常水平的记录", prior=self.prior), self.usual)
        usual = [
            Row(_("%(industry)s：通常水平", industry=_industry_label(prefix)), points)
            for prefix, points in sorted(self.norms.items())
        ]
        return [*counted, *weighed, *([drawn, *usual] if self.prior else [])]


@dataclass(frozen=True)
class Count:
    """How many records there were within some days: (number, points), the highest step reached counts.

    `norms` says for which industries more is usual: prefix → percent of the steps.
    """

    kind: ClassVar[str] = "count"
    records: tuple[str, ...]
    days: int
    steps: tuple[tuple[int, float], ...]
    norms: Mapping[str, int] = field(default_factory=dict)

    def rows(self) -> list[Row]:
        usual = [
            Row(_("%(industry)s：件数按 %(percent)s%% 计算", industry=_industry_label(prefix), percent=percent), None)
            for prefix, percent in sorted(self.norms.items())
        ]
        return [
            *(Row(_("%(within)s %(number)s 次以上", within=_within(self.days), number=n), p) for n, p in self.steps),
            *usual,
        ]


class Limit(NamedTuple):
    """More than `percent` of the peers have, and at least so many: points."""

    percent: int
    at_least: int
    points: float


@dataclass(frozen=True)
class Peers:
    """More records within some days than most peers have; the highest limit reached counts.

    Peers are of the same class of subjects, section of industry and size; `sizes` are the numbers of employees at which
    a class of size begins. A group of fewer than `least` gives way to the section, then to all; below that `at_least`
    decides alone. What is usual is measured by a run over everybody (`casework.grading.peers`).
    """

    kind: ClassVar[str] = "peers"
    records: tuple[str, ...]
    days: int
    limits: tuple[Limit, ...]
    sizes: tuple[int, ...] = (10, 100, 300)
    least: int = 100

    def rows(self) -> list[Row]:
        reached = [
            Row(
                _(
                    "%(within)s多于 %(percent)s%% 的同类主体，且不少于 %(number)s 件",
                    within=_within(self.days),
                    percent=limit.percent,
                    number=limit.at_least,
                ),
                limit.points,
            )
            for limit in self.limits
        ]
        compared = _(
            "同类主体：主体类别、行业门类相同，从业人数同在 %(sizes)s 的一档；"
            "不足 %(least)s 户的放宽到同行业门类，再放宽到全部同类主体，仍不足的只看件数",
            sizes=_("、").join(size_words(self.sizes, size) for size in range(1, len(self.sizes) + 2)),
            least=self.least,
        )
        return [*reached, Row(compared, None)]


@dataclass(frozen=True)
class Listing:
    """Being on a list now: the points of the gravest reason, and something for each further reason, however often."""

    kind: ClassVar[str] = "listing"
    points: Mapping[str, float]
    further: float = 0

    def rows(self) -> list[Row]:
        rows = [Row(record_label(record), points) for record, points in self.points.items()]
        return [*rows, Row(_("同时存在的其他情形，每项另加"), self.further)] if self.further else rows


@dataclass(frozen=True)
class Lapsed:
    """Something ran out within some days and none of its kind is in force; points for each kind."""

    kind: ClassVar[str] = "lapsed"
    records: tuple[str, ...]
    days: int
    each: float
    cap: float

    def rows(self) -> list[Row]:
        return [
            Row(
                _("%(record)s到期未延续，%(within)s", record=record_label(record), within=_within(self.days)), self.each
            )
            for record in self.records
        ]


@dataclass(frozen=True)
class Growth:
    """At least so many records within some days, and so many percent more than in the same days before."""

    kind: ClassVar[str] = "growth"
    records: tuple[str, ...]
    days: int
    at_least: int
    percent: int
    points: float

    def rows(self) -> list[Row]:
        words = _(
            "%(within)s不少于 %(number)s 件，且比此前同样长的时间增长 %(percent)s%% 以上",
            within=_within(self.days),
            number=self.at_least,
            percent=self.percent,
        )
        return [Row(words, self.points)]


@dataclass(frozen=True)
class Relation:
    """A number that comes from relations to others: (number, points), the highest step reached counts."""

    kind: ClassVar[str] = "relation"
    feature: str
    steps: tuple[tuple[int, float], ...]

    def rows(self) -> list[Row]:
        return [Row(f"{_(FEATURES[self.feature])} ≥ {number}", points) for number, points in self.steps]


@dataclass(frozen=True)
class Direct:
    """Being on a list now sets grade D at once, whatever the score, and only while it lasts."""

    kind: ClassVar[str] = "direct"
    record: str
    flag: str

    def rows(self) -> list[Row]:
        return [Row(_(FLAG_LABELS[Flag[self.flag]]), None)]


Rule = Bands | When | Industry | Sum | Average | Count | Peers | Listing | Lapsed | Growth | Relation | Direct
RULES: dict[str, type[Rule]] = {
    rule.kind: rule
    for rule in (Bands, When, Industry, Sum, Average, Count, Peers, Listing, Lapsed, Growth, Relation, Direct)
}
_ITEMS: dict[str, type[Weight] | type[Condition] | type[Limit]] = {
    "weights": Weight,
    "conditions": Condition,
    "limits": Limit,
}
LOOKING = (Bands, When, Industry, Average, Relation)
"""Rules that may give points to an enterprise without any record."""


def rule_to_data(rule: Rule) -> dict[str, Any]:
    """A rule as JSON values."""
    return {"kind": rule.kind, **asdict(rule)}


def rule_from_data(data: Mapping[str, Any]) -> Rule:
    """The rule that `rule_to_data` wrote."""
    kind = RULES[data["kind"]]
    return kind(**{key: _frozen(key, value) for key, value in data.items() if key != "kind"})


def _frozen(key: str, value: Any) -> Any:
    if not isinstance(value, list):
        return value
    item = _ITEMS.get(key)
    return tuple(item(*each) if item else tuple(each) if isinstance(each, list) else each for each in value)


def edges(rule: Rule) -> dict[str, tuple[int, ...]]:
    """For each kind of record that a rule counts: the ages in days at which its share changes."""
    match rule:
        case Sum():
            faded, limits = [days for days, _percent in rule.decay], [w.days for w in rule.weights if w.days]
            return dict.fromkeys((w.record for w in rule.weights), (*faded, *limits))
        case Average():
            return dict.fromkeys(rule.points, tuple(days for days, _percent in rule.decay))
        case Count() | Peers() | Lapsed():
            return dict.fromkeys(rule.records, (rule.days,))
        case Growth():
            return dict.fromkeys(rule.records, (rule.days, 2 * rule.days))
    return {}


def remembered(rule: Rule) -> dict[str, int]:
    """For each kind of record that a rule looks at: how many days one matters once it is over (`FOR_EVER`: always)."""
    match rule:
        case Sum():
            return _longest((w.record, _weighed_for(rule, w)) for w in rule.weights)
        case Average():
            return dict.fromkeys(rule.points, rule.decay[-1][0])
        case Count() | Peers() | Lapsed():
            return dict.fromkeys(rule.records, rule.days)
        case Growth():
            return dict.fromkeys(rule.records, 2 * rule.days)
        case Listing():
            return {record: _while_it_lasts(record) for record in rule.points}
        case Direct():
            return {rule.record: _while_it_lasts(rule.record)}
        case Relation(feature="pledge_percent"):
            return {"equity_pledge.0": 0}
    return {}


def _longest(limits: Iterable[tuple[T, int]]) -> dict[T, int]:
    """The longest of several limits in days for each name."""
    longest: dict[T, int] = {}
    for name, days in limits:
        longest[name] = max(longest.get(name, 0), days)
    return longest


def _weighed_for(rule: Sum, weight: Weight) -> int:
    if weight.state == "open":
        return _while_it_lasts(weight.record)
    limits = [days for days in (weight.days, rule.decay[-1][0] if rule.decay else 0) if days]
    return min(limits, default=FOR_EVER)


def _while_it_lasts(record: str) -> int:
    """What lasts matters until it is over; an act is never over."""
    return 0 if KINDS[record.split(".")[0]].lasts else FOR_EVER


def age_edges(rule: Rule) -> tuple[int, ...]:
    """The ages of an enterprise in days at which a rule says something else."""
    match rule:
        case Bands(column="age_days"):
            return tuple(upper for upper, _points in rule.bands)
        case When():
            return tuple(condition.value for condition in rule.conditions if condition.column == "age_days")
    return ()


# Indicators and models.


class Past(NamedTuple):
    """A record of an example: what, how many days ago, and since how many days it is over (None: it is not)."""

    record: str
    days_ago: int
    ended_days_ago: int | None = None


@dataclass(frozen=True)
class Example:
    """A case that the help page tells and the tests work out: what the register says, and the points that follow."""

    words: str
    points: float
    records: tuple[Past, ...] = ()
    columns: Mapping[str, int] = field(default_factory=dict)
    features: Mapping[str, int] = field(default_factory=dict)
    industry: str = ""
    flags: int = 0
    peers: Mapping[int, int] = field(default_factory=dict)
    """How many peers have so many records, where the rule compares with them."""


@dataclass(frozen=True)
class Indicator:
    """One third-level indicator. `instead` holds the rules of other subject classes; None: not for that class.

    `code` is the number of the model's table (`3.01`), `formula` says in words what counts from when to when; the
    points come from the rule itself (`rule.rows()`).
    """

    code: str
    key: str
    label: str
    label_en: str
    basis: str
    formula: str
    group: str
    rule: Rule
    instead: Mapping[str, Rule | None] = field(default_factory=dict)
    examples: tuple[Example, ...] = ()

    @property
    def name(self) -> str:
        """The label in the reader's language."""
        return self.label if current_locale() == "zh" else self.label_en

    def of(self, subject_class: str) -> "Indicator | None":
        """The indicator as it stands in the model of a subject class."""
        rule = self.instead.get(subject_class, self.rule)
        return None if rule is None else replace(self, rule=rule, instead={}, examples=())


@dataclass(frozen=True)
class Attention:
    """社会高度关注行业: a decision that an industry is at least C, or D, with document and days (`until` excluded)."""

    industry: str
    grade: str
    document_no: str
    starts_on: date
    until: date | None = None


def attention_industries() -> dict[str, str]:
    """The sections and divisions of GB/T 4754 on which may be decided; the register tells no finer ones apart."""
    return {code: name for code, name in industries().items() if len(code) <= len("H62")}


@dataclass(frozen=True)
class Model:
    """A complete model of one subject class: what is stored, stamped on every grade and never edited."""

    key: str
    subject_class: str
    title: str
    caps: Mapping[str, float]
    indicators: tuple[Indicator, ...]
    attention: tuple[Attention, ...] = ()
    thresholds: Mapping[str, int] | None = None
    """Points from which B, C and D begin, where the model has its own; else the parameter says so."""

    @cached_property
    def records(self) -> dict[int, int]:
        """By code of a record: for how many days one matters once it is over."""
        limits = (limit for indicator in self.indicators for limit in remembered(indicator.rule).items())
        return _longest((code_of(record), days) for record, days in limits)

    @cached_property
    def counted(self) -> list[frozenset[int] | None]:
        """For each indicator the codes of the records without which it gives nothing; None: it looks elsewhere too."""
        return [
            None if isinstance(each.rule, LOOKING) else frozenset(map(code_of, remembered(each.rule)))
            for each in self.indicators
        ]

    @cached_property
    def relations(self) -> set[str]:
        """The relations to others that the model looks at."""
        return {each.rule.feature for each in self.indicators if isinstance(each.rule, Relation)}

    @cached_property
    def edges(self) -> dict[int, list[int]]:
        """By code of a record, ascending: the ages in days at which any rule counts one differently."""
        found: dict[int, set[int]] = {}
        for indicator in self.indicators:
            for record, ages in edges(indicator.rule).items():
                found.setdefault(code_of(record), set()).update(ages)
        return {code: sorted(ages) for code, ages in found.items()}

    @cached_property
    def age_edges(self) -> list[int]:
        """The ages of an enterprise in days at which any rule says something else."""
        return sorted({age for indicator in self.indicators for age in age_edges(indicator.rule)})

    def to_data(self) -> dict[str, Any]:
        """The model as JSON values, in full: an old version stays readable whatever the catalogue says by then."""
        shown = [each.name for each in fields(Indicator) if each.name not in ("rule", "instead", "examples")]
        return {
            "key": self.key,
            "subject_class": self.subject_class,
            "title": self.title,
            **({"thresholds": dict(self.thresholds)} if self.thresholds else {}),
            "groups": [{"key": key, "cap": cap} for key, cap in self.caps.items()],
            "indicators": [
                {**{name: getattr(each, name) for name in shown}, "rule": rule_to_data(each.rule)}
                for each in self.indicators
            ],
            "attention": [
                {
                    **asdict(each),
                    "starts_on": each.starts_on.isoformat(),
                    "until": each.until.isoformat() if each.until else None,
                }
                for each in self.attention
            ],
        }

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> "Model":
        """The model that `to_data` wrote."""
        return cls(
            key=data["key"],
            subject_class=data["subject_class"],
            title=data["title"],
            thresholds=data.get("thresholds"),
            caps={group["key"]: group["cap"] for group in data["groups"]},
            indicators=tuple(
                Indicator(**{**each, "rule": rule_from_data(each["rule"])}) for each in data["indicators"]
            ),
            attention=tuple(
                Attention(
                    **{
                        **each,
                        "starts_on": date.fromisoformat(each["starts_on"]),
                        "until": date.fromisoformat(each["until"]) if each["until"] else None,
                    }
                )
                for each in data["attention"]
            ),
        )


CAPS: Mapping[str, float] = {"basic": 80, "dynamic": 160, "supervision": 600, "relations": 60, "social": 100}
"""Points that a group can reach at most in the shipped models; its sum never falls below 0."""


def default_model(subject_class: str, catalogue: Iterable[Indicator]) -> Model:
    """The shipped model of a subject class, from the catalogue of indicators, in the order of their codes."""
    own = (indicator.of(subject_class) for indicator in catalogue)
    return Model(
        key=f"default-{subject_class}",
        subject_class=subject_class,
        title=f"通用型信用风险分类默认模型（{SUBJECT_CLASSES[subject_class]}）",
        caps=CAPS,
        indicators=tuple(sorted(filter(None, own), key=lambda indicator: indicator.code)),
    )


_TRIED = needs("tried", N_("请先对这份草案做一次全量试算，看清会有哪些变动，再启用。"))

MODEL = Workflow(
    name="grading_model",
    initial="draft",
    states=(
        State("draft", N_("草案")),
        State("active", N_("已启用")),
        State("superseded", N_("已被替代"), final=True),
    ),
    moves=(
        Move("activate", N_("启用"), "draft", "active", guard=_TRIED, permission="grading.approve"),
        Move("discard", N_("放弃"), "draft", "superseded", permission="grading.model"),
        Move("supersede", N_("替代"), "active", "superseded"),
    ),
)

ADJUSTMENT = Workflow(
    name="adjustment",
    initial="proposed",
    states=(
        State("proposed", N_("待审批")),
        State("approved", N_("已批准")),
        State("refused", N_("未批准"), final=True),
        State("withdrawn", N_("已撤回"), final=True),
        State("ended", N_("已到期"), final=True),
        State("lifted", N_("已提前解除"), final=True),
    ),
    moves=(
        Move(
            "approve",
            N_("批准"),
            "proposed",
            "approved",
            guard=all_of(
                forbids("own", N_("提出人不能批准自己提出的调整，请由另一人办理。")),
                needs("high_enough", N_("调低风险等级须由局长批准。")),
            ),
            permission="grading.approve",
        ),
        Move("refuse", N_("不批准"), "proposed", "refused", permission="grading.approve"),
        Move("withdraw", N_("撤回"), "proposed", "withdrawn", permission="grading.model"),
        Move("end", N_("到期"), "approved", "ended"),
        Move("lift", N_("提前解除"), "approved", "lifted", permission="grading.approve"),
    ),
)
"""定性调整: an overlay over the grade in force, at most some months, never over the computed result (domain A.7)."""

RUN_KINDS = {
    "full": N_("全量分类"),
    "monthly": N_("月度全量分类"),
    "due": N_("每日到期分类"),
    "batch": N_("导入后分类"),
}


FILE_FORMS = {"jsonl": "JSON Lines", "csv": "CSV"}
"""How everybody's grades are written for other departments' systems."""

FILE_TYPES = {"jsonl": "application/jsonl", "csv": "text/csv"}


# Words.


def record_label(record: str) -> str:
    """`penalty.2` in words: 行政处罚·一般."""
    kind, klass = record.split(".")
    variant = KINDS[kind].classes.get(int(klass))
    return f"{_(KINDS[kind].label)}·{_(variant)}" if variant else _(KINDS[kind].label)


def _industry_label(prefix: str) -> str:
    """`H62 餐饮业`, by GB/T 4754."""
    return f"{prefix} {industries().get(prefix, '')}".strip()


def size_words(sizes: tuple[int, ...], size: int) -> str:
    """A class of size in words; 0: the register does not say."""
    if size == 0:
        return _("从业人数不明")
    bounds = (0, *sizes)
    if size == len(bounds):
        return _("%(low)s 人以上", low=bounds[-1])
    return _("%(low)s—%(high)s 人", low=bounds[size - 1], high=bounds[size] - 1)


def _span(days: int) -> str:
    """A year counts 365 days, half a year 182, a quarter 91."""
    if days % 365 == 0 or days in (91, 182):
        return _("%(months)s 个月", months=round(days / 365 * 12))
    return _("%(days)s 日", days=days)


def _within(days: int) -> str:
    return _("近 %(span)s内", span=_span(days))


def _amount(column: str, value: int) -> str:
    if column == "age_days":
        return _("%(years)s 年", years=value // 365) if value % 365 == 0 else _("%(days)s 日", days=value)
    if column in ("capital", "paid_capital"):
        return _("%(amount)s 万元", amount=f"{value:,}")
    return f"{value:,}"
