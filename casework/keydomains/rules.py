"""What the key domains decide: points of a professional grade, the tier of both grades, how often at least. Pure."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple, Protocol

from casework.core.calendar import months_later
from casework.core.errors import Refusal
from casework.core.i18n import N_, _
from casework.core.workflow import Facts, Move, State, Workflow, needs
from casework.registry.rules import KINDS

GRADES = ("A", "B", "C", "D")
"""Professional grades, the least risk first; another thing than the credit grade, though the letters are the same."""

GRADE_LABELS = {"A": N_("风险低"), "B": N_("风险中等"), "C": N_("风险较高"), "D": N_("风险高")}

TIERS = {1: N_("重点监管"), 2: N_("强化监管"), 3: N_("常规监管"), 4: N_("最低频次")}
"""Supervision tiers, the strictest first: what both grades together mean for how often and how somebody is checked."""

STRICTEST, MILDEST = 1, 4

SOURCES = {"computed": N_("本系统评定"), "imported": N_("专业系统导入")}
PARTS = {"static": N_("静态风险因素"), "dynamic": N_("动态风险因素")}
FUNCTIONS = {"additive": N_("加权相加"), "matrix": N_("对照表"), "worse": N_("取较差等级")}

HIGHEST = 100
"""The highest score: 0 is no risk (食品生产经营风险分级管理办法)."""

# ---- What is looked at -----------------------------------------------------------------------------------------------


class Fact(NamedTuple):
    """A record of an enterprise as the factors look at it; `words` is all that it says."""

    id: int
    kind: int
    klass: int
    happened_on: date
    ends_on: date | None
    words: str
    detail: Mapping[str, Any]

    def standing(self, day: date) -> bool:
        """Whether a licence, a listing or a registration holds on a day."""
        return self.happened_on <= day and (self.ends_on is None or self.ends_on > day)

    def forgotten(self, months: int) -> date:
        """The first day on which it is older than so many months."""
        return months_later(self.happened_on, months)


@dataclass(frozen=True)
class Dossier:
    """What a professional grade rests on: the enterprise and the records that stand, neither repaired nor revoked."""

    enterprise_id: int
    name: str
    subject_class: str
    industry: str
    facts: Sequence[Fact] = ()

    def of(self, kind: str) -> Iterator[Fact]:
        """Its records of a kind."""
        return (fact for fact in self.facts if fact.kind == KINDS[kind].number)


@dataclass(frozen=True)
class Trade:
    """What an enterprise does in a domain, told by its licence or registration; each is checked by an item of the list.

    `told_by` is looked for in the words of the licence and in its industry (`行业H62`); an empty one takes the rest.
    """

    key: str
    label: str
    item: str
    told_by: str = ""


class Look(Protocol):
    """How a factor is found: the records that show it, or None for one that no record shows."""

    def hits(self, dossier: Dossier, domain: "Domain", day: date, months: int) -> Sequence[int | None]: ...


@dataclass(frozen=True)
class OfTrade:
    """It carries on this trade."""

    trade: str

    def hits(self, dossier: Dossier, domain: "Domain", day: date, months: int) -> Sequence[int | None]:
        return [None] if self.trade in domain.trades_of(dossier, day) else []


@dataclass(frozen=True)
class Named:
    """Its name, or what its licences say, tells it."""

    words: str

    def hits(self, dossier: Dossier, domain: "Domain", day: date, months: int) -> Sequence[int | None]:
        told = re.compile(self.words)
        if told.search(dossier.name):
            return [None]
        return [fact.id for fact in domain.grounds(dossier, day) if told.search(fact.words)][:1]


@dataclass(frozen=True)
class OfClass:
    """It is a subject of this class."""

    subject_class: str

    def hits(self, dossier: Dossier, domain: "Domain", day: date, months: int) -> Sequence[int | None]:
        return [None] if dossier.subject_class == self.subject_class else []


@dataclass(frozen=True)
class New:
    """Everything that lets it into the domain is younger than so many months."""

    def hits(self, dossier: Dossier, domain: "Domain", day: date, months: int) -> Sequence[int | None]:
        grounds = list(domain.grounds(dossier, day))
        first = min(grounds, key=lambda fact: fact.happened_on, default=None)
        return [first.id] if first is not None and months_later(first.happened_on, months) > day else []


@dataclass(frozen=True)
class Records:
    """Records of a kind: of the last months, or that stand. `words` narrows them; True: those about the domain."""

    kind: str
    classes: tuple[int, ...] = ()
    words: str | bool = False
    standing: bool = False

    def hits(self, dossier: Dossier, domain: "Domain", day: date, months: int) -> Sequence[int | None]:
        words = domain.words if self.words is True else self.words or ""
        return [
            fact.id
            for fact in dossier.of(self.kind)
            if (not self.classes or fact.klass in self.classes)
            and (fact.standing(day) if self.standing else fact.happened_on <= day < fact.forgotten(months))
            and re.search(words, fact.words)
        ]


@dataclass(frozen=True)
class Overdue:
    """Registered equipment whose periodic inspection has run out (特种设备安全法第四十条)."""

    def hits(self, dossier: Dossier, domain: "Domain", day: date, months: int) -> Sequence[int | None]:
        return [
            fact.id
            for fact in dossier.of("equipment")
            if fact.standing(day) and fact.detail.get("inspect_by") and fact.detail["inspect_by"] < day.isoformat()
        ]


@dataclass(frozen=True)
class Factor:
    """One line of a professional grade table; its points, their most and its months are parameters."""

    key: str
    label: str
    part: str
    basis: str
    look: Look


@dataclass(frozen=True)
class Example:
    """A dossier on a day and what comes out by the shipped numbers: the proof of a table, and its help."""

    about: str
    dossier: Dossier
    day: date
    score: int
    grade: str


@dataclass(frozen=True)
class Domain:
    """A key domain: whom it is about, and by which table they are graded. `key` is the business line in charge."""

    key: str
    label: str
    law: str
    licence_class: int
    words: str
    trades: tuple[Trade, ...]
    factors: tuple[Factor, ...]
    intentional: str
    certified: str = r"HACCP|危害分析|GMP|良好(生产|经营)质量管理规范认证|良好生产规范"
    registered: bool = False
    """Whether the register of equipment lets somebody in, beside licences."""
    examples: tuple[Example, ...] = field(default=(), compare=False)

    def grounds(self, dossier: Dossier, day: date) -> Iterator[Fact]:
        """The licences (and registrations) in force that make an enterprise an object of this domain."""
        for fact in dossier.of("licence"):
            if fact.klass == self.licence_class and fact.standing(day):
                yield fact
        if self.registered:
            yield from (fact for fact in dossier.of("equipment") if fact.standing(day))

    def trades_of(self, dossier: Dossier, day: date) -> tuple[str, ...]:
        """What it does in the domain, in the order of the table; nothing: it is no object of it."""
        found = set()
        for fact in self.grounds(dossier, day):
            told = f"{fact.words} 行业{dossier.industry}"
            found.add(next(trade.key for trade in self.trades if re.search(trade.told_by, told)))
        return tuple(trade.key for trade in self.trades if trade.key in found)

    def since(self, dossier: Dossier, day: date) -> date:
        """Since when it has been an object of the domain."""
        return min(fact.happened_on for fact in self.grounds(dossier, day))

    def about(self, fact: Fact) -> bool:
        """Whether a check was about this domain, by its words."""
        return re.search(self.words, fact.words) is not None

    def trade(self, key: str) -> Trade:
        return next(trade for trade in self.trades if trade.key == key)

    def factor(self, key: str) -> Factor | None:
        """A line of the table; None when a later version dropped it."""
        return next((factor for factor in self.factors if factor.key == key), None)


# ---- The professional grade ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Line:
    """What a factor adds: points, and the records behind them."""

    key: str
    points: int
    count: int
    records: tuple[int, ...] = ()


@dataclass(frozen=True)
class Assessment:
    """A professional grade as it is worked out: 0 to 100, higher is riskier."""

    lines: tuple[Line, ...]
    static: int
    dynamic: int
    score: int
    grade: str


def assess(
    domain: Domain, dossier: Dossier, day: date, *, factors: Mapping[str, Mapping[str, int]], grades: Mapping[str, int]
) -> Assessment:
    """Static and dynamic factors, each part up to its most, and the letter of their sum.

    `factors` gives the points of a factor, the most it may reach and how many months back it looks; a factor without
    points is not asked. `grades` has the most of both parts and the highest score of A, B and C.
    """
    lines, parts = [], dict.fromkeys(PARTS, 0)
    for factor in domain.factors:
        worth = factors.get(factor.key, {})
        if not worth.get("points"):
            continue
        hits = factor.look.hits(dossier, domain, day, worth.get("months", 0))
        points = min(worth["points"] * len(hits), worth.get("most", HIGHEST))
        if points:
            lines.append(Line(factor.key, points, len(hits), tuple(hit for hit in hits if hit is not None)))
            parts[factor.part] += points
    static, dynamic = (min(parts[part], grades[part]) for part in PARTS)
    score = min(static + dynamic, HIGHEST)
    return Assessment(tuple(lines), static, dynamic, score, letter(score, grades))


def letter(score: float, limits: Mapping[str, float]) -> str:
    """The letter of a score: a limit is the highest score that still has the letter."""
    return GRADES[sum(score > limits[grade] for grade in GRADES[:3])]


def score_of(grade: str, limits: Mapping[str, int]) -> int:
    """The score that stands for an imported letter without one: the highest that it may mean."""
    return limits.get(grade, HIGHEST)


# ---- The tier --------------------------------------------------------------------------------------------------------


GRAVE = 7
"""The class of a penalty in a key domain that is called serious (严重)."""


@dataclass(frozen=True)
class Marks:
    """What moves a tier beside both grades, with the records that show it."""

    certified: tuple[int, ...] = ()
    intentional: tuple[int, ...] = ()
    serious: tuple[int, ...] = ()


def marks_of(domain: Domain, dossier: Dossier, day: date, months: int) -> Marks:
    """Certified systems, intended violations of the last months, a present listing for serious violations."""

    def shown_by(*looks: Look) -> tuple[int, ...]:
        found = (hit for look in looks for hit in look.hits(dossier, domain, day, months))
        return tuple(dict.fromkeys(hit for hit in found if hit is not None))

    return Marks(
        certified=shown_by(Records("licence", words=domain.certified, standing=True)),
        intentional=shown_by(Records("penalty", words=domain.intentional), Records("penalty", (GRAVE,), words=True)),
        serious=shown_by(Records("serious", standing=True)),
    )


@dataclass(frozen=True)
class Tiering:
    """A tier and how it came about: what the function said, and what was adjusted afterwards."""

    tier: int
    base: int
    credit: str
    total: float | None
    adjustments: tuple[tuple[str, int], ...]


def combine(professional: str, score: int, credit: str | None, marks: Marks, by: Mapping[str, Any]) -> Tiering:
    """The tier of both grades by the function that is set, then the adjustments.

    Whatever numbers are set, a worse grade never gets a milder tier: a cell of the matrix, or the points of a credit
    letter, count at least as much as those of all better ones.
    """
    held = credit or by["unclassified"]
    function, total = by["function"], None
    if function == "additive":
        total = (score * by["professional"]) / HIGHEST + max(by["credit"][one] for one in _up_to(held))
        base = MILDEST - GRADES.index(letter(total, by["limits"]))
    elif function == "matrix":
        base = min(by["matrix"][one + other] for one in _up_to(professional) for other in _up_to(held))
    elif function == "worse":
        base = MILDEST - max(GRADES.index(professional), GRADES.index(held))
    else:
        raise Refusal(
            _("合成方式“%(given)s”不能识别，应为 %(known)s 之一。", given=function, known=_("、").join(FUNCTIONS))
        )
    base = min(max(base, STRICTEST), MILDEST)
    tier, adjustments = base, []
    if marks.certified and by["certified"]:
        tier, adjustments = tier + by["certified"], [("certified", by["certified"])]
    tier = min(tier, MILDEST)
    if marks.intentional and by["intentional"]:
        tier = tier - by["intentional"]
        adjustments.append(("intentional", -by["intentional"]))
    tier = max(tier, STRICTEST)
    if marks.serious and by["serious"]:
        adjustments.append(("serious", STRICTEST - tier))
        tier = STRICTEST
    return Tiering(tier, base, held, total, tuple(adjustments))


def _up_to(grade: str) -> tuple[str, ...]:
    return GRADES[: GRADES.index(grade) + 1]


ADJUSTMENTS = {
    "certified": N_("通过 GMP、HACCP 等管理体系认证，调低一级"),
    "intentional": N_("因故意或情节严重的违法行为受到处罚，调高一级"),
    "serious": N_("在严重违法失信名单内，直接列为最高一级"),
}


@dataclass(frozen=True)
class Frequency:
    """At least one check in so many months: what the tier asks, and what a law asks of a trade whatever the tier."""

    months: int
    of_tier: int
    statutory: int | None
    trade: str | None
    off_site_first: bool
    full_items: bool

    @property
    def by_law(self) -> bool:
        """Whether the law asks more than the tier."""
        return self.statutory is not None and self.statutory < self.of_tier


def frequency(
    tier: int, trades: Collection[str], *, tiers: Mapping[str, Mapping[str, Any]], statutory: Mapping[str, int]
) -> Frequency:
    """How often somebody of a tier is checked at least.

    The minimum of a law holds for every tier, and a stricter tier is never checked more seldom than a milder one.
    """
    of_tier = min(tiers[f"tier{one}"]["months"] for one in range(tier, MILDEST + 1))
    minima = sorted((statutory[trade], trade) for trade in trades if statutory.get(trade))
    law, trade = minima[0] if minima else (None, None)
    how = tiers[f"tier{tier}"]
    return Frequency(
        months=min(of_tier, law) if law else of_tier,
        of_tier=of_tier,
        statutory=law,
        trade=trade,
        off_site_first=how["off_site_first"],
        full_items=how["full_items"],
    )


def due_on(since: date, last_visit: date | None, months: int) -> date:
    """The day by which the next check is to be made: so long after the last one, or after the domain was entered."""
    return months_later(max(since, last_visit) if last_visit else since, months)


DUE = {"overdue": N_("已超期"), "soon": N_("即将到期"), "later": N_("未到期")}


def due_state(due: date, today: date, lead_days: int) -> str:
    """A key of DUE."""
    left = (due - today).days
    return "overdue" if left < 0 else "soon" if left <= lead_days else "later"


# ---- Full coverage (全覆盖重点监管) -----------------------------------------------------------------------------------


def _not_the_author(facts: Facts) -> str | None:
    return _("编制人不得批准自己编制的计划。") if facts["by"] is not None and facts["by"] == facts["author"] else None


def _on_the_list(facts: Facts) -> str | None:
    """清单之外无检查 (国办发〔2024〕54号)."""
    missing = facts["missing_items"]
    if not missing:
        return None
    return _("抽查事项 %(codes)s 不在现行抽查事项清单内，清单之外不得检查。", codes=_("、").join(missing))


_with_reason = needs("reason", N_("请填写理由。"))

COVERAGE = Workflow(
    name="keydomains.coverage",
    initial="draft",
    states=(
        State("draft", N_("草稿")),
        State("submitted", N_("待批准")),
        State("approved", N_("执行中")),
        State("ended", N_("已停止"), final=True),
    ),
    moves=(
        Move("submit", N_("提交批准"), "draft", "submitted", _on_the_list, "keydomains.plan"),
        Move("send_back", N_("退回修改"), "submitted", "draft", _with_reason, "keydomains.approve"),
        Move("approve", N_("批准计划"), "submitted", "approved", _not_the_author, "keydomains.approve"),
        Move("end", N_("停止执行"), "approved", "ended", _with_reason, "keydomains.approve"),
    ),
)
"""The year's plan of a bureau for one domain; while it is in force the objects that come due get their cases."""


class Colleague(NamedTuple):
    """An officer who may be sent, for choosing teams."""

    officer_id: int
    roster_id: str


def teams(
    subjects: Iterable[int], colleagues: Sequence[Colleague], barred: Mapping[int, Collection[int]], size: int
) -> dict[int, list[int]]:
    """Who goes to whom: those with the fewest visits so far, by roster number; nobody goes where they are barred.

    A subject for whom too few are left gets nobody: the head assigns.
    """
    load = {one.officer_id: 0 for one in colleagues}
    number = {one.officer_id: one.roster_id for one in colleagues}
    found = {}
    for subject in subjects:
        fit = [one for one in load if one not in barred.get(subject, ())]
        chosen = sorted(fit, key=lambda one: (load[one], number[one]))[:size]
        if len(chosen) < size:
            continue
        found[subject] = chosen
        for one in chosen:
            load[one] += 1
    return found
