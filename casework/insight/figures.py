"""The charts of the statistics, each with the sentence that says what it finds and the numbers it is drawn from."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from markupsafe import Markup

from casework.core import charts
from casework.core.charts import ZHOUKOU, Bar, Part, Series, Stack, Tile, Tone
from casework.core.i18n import _
from casework.insight.queries import Frequency, GradeCounts, Group, OrganTasks
from casework.insight.rules import NOTHING, Rate, Spared, Stratum
from casework.insight.tables import percent
from casework.sampling.rules import GRADES

MOST = 12
"""So many bars fit a page; the table has them all."""

_TONES: dict[str, Tone] = {"A": "grade-a", "B": "grade-b", "C": "grade-c", "D": "grade-d"}


@dataclass(frozen=True)
class Figure:
    """A drawing with its finding, its numbers and how many cases they rest on."""

    finding: str
    svg: Markup
    head: Sequence[str]
    rows: Sequence[Sequence[Any]]
    n: int


def hits(strata: Sequence[Stratum]) -> Figure | None:
    """Hit rate per grade; None while nothing was found out."""
    known = [one for one in strata if one.checked]
    if not known:
        return None
    finding = rising(known)
    bars = [
        Bar(_("%(grade)s 级", grade=one.label), one.rate.value or 0, _interval(one.rate), _TONES[one.label])
        for one in known
    ]
    return Figure(
        finding=finding,
        svg=charts.bars(bars, title=finding),
        head=[_("等级"), _("发现问题"), _("实施检查并公示"), _("发现率")],
        rows=[[one.label, one.hits, one.checked, percent(one.rate.value)] for one in known],
        n=sum(one.checked for one in known),
    )


def rising(strata: Sequence[Stratum]) -> str:
    """Whether the hit rate rises with the grade (D > C > B > A is the test that the model works), in a sentence."""
    for lower, higher in pairwise(strata):
        if (lower.rate.value or 0) > (higher.rate.value or 0):
            words = {"lower": lower.label, "higher": higher.label}
            if lower.rate.interval[0] <= higher.rate.interval[1]:
                return _("%(lower)s 级发现率高于 %(higher)s 级，但区间重叠，还不能下结论", **words)
            return _("%(lower)s 级发现率明显高于 %(higher)s 级，分类模型需要检查", **words)
    first, last = strata[0], strata[-1]
    if len(strata) == 1 or first.rate.value == last.rate.value:
        return _("%(grade)s 级发现率 %(rate)s", grade=last.label, rate=percent(last.rate.value))
    if not first.rate.value:
        return _(
            "发现率随等级上升：%(last)s 级 %(rate)s，%(first)s 级没有发现问题",
            last=last.label,
            first=first.label,
            rate=percent(last.rate.value),
        )
    return _(
        "发现率随等级上升：%(last)s 级 %(rate)s，是 %(first)s 级的 %(times)s 倍",
        last=last.label,
        first=first.label,
        rate=percent(last.rate.value),
        times=f"{(last.rate.value or 0) / first.rate.value:.1f}",
    )


def _interval(rate: Rate) -> str:
    low, high = rate.interval
    return percent(rate.value) + _("（%(note)s）", note=f"{percent(low)}—{percent(high)}")


def spared(grades: Sequence[Spared]) -> Figure | None:
    """Drawn per grade against a uniform draw; None while nothing was drawn."""
    total = sum(one.drawn for one in grades)
    if not total:
        return None
    most = max(grades, key=lambda one: one.difference)
    least = min(grades, key=lambda one: one.difference)
    finding = _(
        "同样抽查 %(total)s 户次，%(most)s 级少打扰 %(spared)s 户次，%(least)s 级多查 %(extra)s 户次",
        total=f"{total:,}",
        most=most.label,
        spared=f"{most.difference:,.0f}",
        least=least.label,
        extra=f"{-least.difference:,.0f}",
    )
    bars = []
    for one in grades:
        bars += [
            Bar(_("%(grade)s 级：按同一比例", grade=one.label), one.uniform, f"{one.uniform:,.0f}"),
            Bar(_("%(grade)s 级：实际抽中", grade=one.label), one.drawn, f"{one.drawn:,}", "strong"),
        ]
    return Figure(
        finding=finding,
        svg=charts.bars(bars, title=finding),
        head=[_("等级"), _("按同一比例应抽"), _("实际抽中"), _("少打扰")],
        rows=[[one.label, round(one.uniform), one.drawn, round(one.difference)] for one in grades],
        n=total,
    )


def course(groups: Sequence[Group]) -> Figure | None:
    """Checks ordered and results published, month by month; None while nothing was ordered."""
    ordered, published = sum(one.counts.ordered for one in groups), sum(one.counts.published for one in groups)
    if not ordered:
        return None
    finding = _(
        "派发的 %(ordered)s 户次中已公示 %(published)s 户次，占 %(share)s",
        ordered=f"{ordered:,}",
        published=f"{published:,}",
        share=percent(published / ordered),
    )
    lines = [
        Series(_("派发"), [one.counts.ordered for one in groups]),
        Series(_("其中已公示"), [one.counts.published for one in groups]),
    ]
    return Figure(
        finding=finding,
        svg=charts.line(lines, labels=[one.label for one in groups], title=finding),
        head=[_("月份"), _("派发"), _("其中已公示")],
        rows=[[one.label, one.counts.ordered, one.counts.published] for one in groups],
        n=ordered,
    )


def problems(rows: Sequence[tuple[str, Rate]], *, tones: bool = False) -> Figure | None:
    """Problem rates of areas, items or grades, the highest first; None while nothing was checked."""
    known = [(label, rate) for label, rate in rows if rate.n]
    if not known:
        return None
    shown = known if tones else sorted(known, key=lambda row: -(row[1].value or 0))
    label, rate = max(known, key=lambda row: row[1].value or 0)
    if not rate.hits:
        finding = _("已公示的 %(n)s 项检查都没有发现问题", n=f"{sum(rate.n for _label, rate in known):,}")
    else:
        finding = _(
            "%(label)s的问题发现率最高：%(rate)s（%(hits)s/%(n)s）",
            label=label,
            rate=percent(rate.value),
            hits=rate.hits,
            n=rate.n,
        )
    bars = [
        Bar(
            name,
            one.value or 0,
            percent(one.value) + _("（%(note)s）", note=f"{one.hits:,}/{one.n:,}"),
            _TONES[name] if tones else "plain",
        )
        for name, one in shown[:MOST]
    ]
    return Figure(
        finding=finding,
        svg=charts.bars(bars, title=finding),
        head=["", _("发现问题"), _("实施检查并公示"), _("发现率")],
        rows=[[name, one.hits, one.n, percent(one.value)] for name, one in shown],
        n=sum(one.n for _name, one in known),
    )


def tasks(organs: Sequence[OrganTasks]) -> Figure | None:
    """Draws per organ, those that are wholly done among them; None while nothing was drawn."""
    busy = [one for one in organs if one.tasks.n]
    if not busy:
        return None
    done = sum((one.tasks for one in busy), NOTHING)
    joint = sum((one.joint for one in busy), NOTHING)
    finding = _(
        "已抽取的 %(tasks)s 次抽查活动中，全部办结的 %(done)s 次，部门联合抽查占 %(joint)s",
        tasks=f"{done.n:,}",
        done=f"{done.hits:,}",
        joint=percent(joint.value),
    )
    stacks = [
        Stack(
            one.label,
            [Part(_("全部办结"), one.tasks.hits, "strong"), Part(_("实施中"), one.tasks.n - one.tasks.hits)],
            _("%(count)s 次", count=f"{one.tasks.n:,}"),
        )
        for one in busy[:MOST]
    ]
    return Figure(
        finding=finding,
        svg=charts.stacked(stacks, title=finding),
        head=[_("组织机关"), _("已抽取"), _("全部办结"), _("部门联合")],
        rows=[[one.label, one.tasks.n, one.tasks.hits, one.joint.hits] for one in busy],
        n=done.n,
    )


def frequency(organs: Sequence[Frequency], cap: int) -> Figure | None:
    """Enterprises per organ by how much of the cap is used up; None while nobody was visited."""
    if not organs:
        return None
    total = sum(organs, Frequency(""))
    finding = _(
        "今年到过 %(visited)s 户，其中 %(reached)s 户已达年度上限 %(cap)s 次，%(beyond)s 户超过上限",
        visited=f"{total.visited:,}",
        reached=f"{total.reached:,}",
        beyond=f"{total.beyond:,}",
        cap=cap,
    )
    stacks = [
        Stack(
            one.label,
            [
                Part(_("未达八成"), one.visited - one.near - one.reached - one.beyond),
                Part(_("达八成"), one.near, "grade-b"),
                Part(_("达上限"), one.reached, "grade-c"),
                Part(_("超上限"), one.beyond, "alarm"),
            ],
            _("%(count)s 户", count=f"{one.visited:,}"),
        )
        for one in organs[:MOST]
    ]
    return Figure(
        finding=finding,
        svg=charts.stacked(stacks, title=finding),
        head=[_("检查机关"), _("涉及企业"), _("达八成"), _("达上限"), _("超上限")],
        rows=[[one.label, one.visited, one.near, one.reached, one.beyond] for one in organs],
        n=total.visited,
    )


def areas(found: Sequence[GradeCounts]) -> Figure | None:
    """The share of C and D per county on the scheme of the ten counties; None while nobody is graded."""
    counties = [one for one in found if one.key in ZHOUKOU and one.graded]
    if not counties:
        return None
    highest = max(counties, key=lambda one: one.risky.value or 0)
    whole = Rate(sum(one.risky.hits for one in found), sum(one.risky.n for one in found))
    finding = _(
        "%(area)s C、D 级占比最高，为 %(share)s；总体 %(whole)s（示意图，不表示边界）",
        area=highest.label,
        share=percent(highest.risky.value),
        whole=percent(whole.value),
    )
    tiles = [Tile(one.key, one.label.removesuffix("局"), one.risky.value, percent(one.risky.value)) for one in counties]
    return Figure(
        finding=finding,
        svg=charts.tile_map(tiles, title=finding),
        head=[_("地区"), *GRADES, _("C、D 级占比")],
        rows=[[one.label, *(one.by_grade[grade] for grade in GRADES), percent(one.risky.value)] for one in found],
        n=whole.n,
    )


def industries(found: Sequence[GradeCounts]) -> Figure | None:
    """The grades of the largest sections of industry; None while nobody is graded."""
    known = [one for one in found if one.graded]
    if not known:
        return None
    largest = sorted(known, key=lambda one: -one.graded)[:MOST]
    riskiest = max(largest, key=lambda one: one.risky.value or 0)
    finding = _(
        "户数较多的行业中，%(industry)s C、D 级占比最高，为 %(share)s",
        industry=riskiest.label,
        share=percent(riskiest.risky.value),
    )
    stacks = [
        Stack(
            one.label,
            [Part(_("%(grade)s 级", grade=grade), one.by_grade[grade], _TONES[grade]) for grade in GRADES],
            _("%(count)s 户", count=f"{one.graded:,}"),
        )
        for one in largest
    ]
    return Figure(
        finding=finding,
        svg=charts.stacked(stacks, title=finding),
        head=[_("行业门类"), *GRADES, _("C、D 级占比")],
        rows=[[one.label, *(one.by_grade[grade] for grade in GRADES), percent(one.risky.value)] for one in known],
        n=sum(one.graded for one in known),
    )
