"""The statistics as tables, the same for the page and for the file; and what each figure means."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from casework.core.i18n import N_, _
from casework.insight import queries
from casework.insight.queries import Counts, GradeCounts, Group, Scope
from casework.insight.rules import Rate, Spared, Stratum
from casework.sampling.rules import GRADES

DEFINITIONS = (
    (N_("抽查户数（应检查）"), N_("统计期内派发的检查，一户一次计一户次。")),
    (N_("检查完成率"), N_("已提交检查结果 ÷ 应检查。")),
    (N_("抽查完成率"), N_("结果已公示 ÷ 应检查。")),
    (N_("公示及时率"), N_("公示期限内公示 ÷ 应公示。应公示包括已公示的，和期限已过仍未公示的；更正版不重复计。")),
    (N_("完结率"), N_("已结案归档 ÷ 已公示。")),
    (
        N_("问题发现率"),
        N_("发现问题户数 ÷ 实施了检查并已公示的户数。未能实施检查的（注销、停业、无法联系等）不在分母内，另行列出。"),
    ),
    (N_("各等级发现率"), N_("只用双随机抽取的检查计算；区间为 95% 威尔逊区间。触发式检查不是随机样本，不计入。")),
    (
        N_("按户数加权的发现率"),
        N_("各等级发现率按各次抽查对象库中该等级的户数加权，估计整个对象库的问题比例；能看到全部抽查活动时才给出。"),
    ),
    (
        N_("AUC（分类的区分能力）"),
        N_(
            "任取一户有问题的和一户没有问题的，前者等级更高（同级则分值更高）的机会；0.5 等于没有区分。"
            "只用双随机抽取的检查，按各等级在对象库中的户次加权；区间由各等级内重复抽样得出。"
        ),
    ),
    (
        N_("抽查效率"),
        N_("抽查的问题发现率，与从整个对象库均匀抽取同样多户预计的发现率之比；后者就是按户数加权的发现率。"),
    ),
    (
        N_("少打扰户次"),
        N_("同样总数若按同一比例在全部等级中抽取，各等级应被抽中的户次，减去实际抽中的户次。各等级之和为零。"),
    ),
    (N_("任务完成率"), N_("全部办结的抽查活动 ÷ 已抽取的抽查活动。")),
    (N_("计划完成率"), N_("执行完成的年度计划 ÷ 已公布的年度计划。")),
    (N_("部门联合抽查占比"), N_("系统内没有联合抽查的数据，暂不统计。")),
)
"""Each figure and how it is counted (B.10 of the domain brief; 市场监管领域双随机抽查统计口径)."""


@dataclass(frozen=True)
class Table:
    """Rows of words, whole numbers and rates. In a file each rate becomes three columns: share, part and whole."""

    key: str
    title: str
    head: Sequence[str]
    rows: Sequence[Sequence[Any]]

    def file_head(self) -> list[str]:
        """The headings of the file."""
        rates = self._rate_columns()
        return [
            name
            for number, label in enumerate(self.head)
            for name in (
                (label, _("%(label)s：分子", label=label), _("%(label)s：分母", label=label))
                if number in rates
                else (label,)
            )
        ]

    def file_rows(self) -> Iterator[list[Any]]:
        """The rows of the file."""
        for row in self.rows:
            yield [value for cell in row for value in (_spread(cell) if isinstance(cell, Rate) else (cell,))]

    def _rate_columns(self) -> set[int]:
        return {number for row in self.rows for number, cell in enumerate(row) if isinstance(cell, Rate)}


def _spread(rate: Rate) -> tuple[float | str, int, int]:
    return "" if rate.value is None else round(rate.value, 6), rate.hits, rate.n


def checks(scope: Scope, by: str) -> Table:
    """Checks counted by `area`, `grade` or `month`, with their sum; or published results by `item`."""
    if by == "item":
        return _items(scope)
    groups = {"area": queries.by_area, "grade": queries.by_grade, "month": queries.by_month}[by](scope)
    total = sum((group.counts for group in groups), Counts())
    head = [
        _(BY[by]),
        _("应检查"),
        _("检查完成率"),
        _("抽查完成率"),
        _("公示及时率"),
        _("完结率"),
        _("问题发现率"),
        _("未能实施检查"),
    ]
    rows = [_counts(group.label, group.counts) for group in (*groups, Group("", _("合计"), total))]
    return Table(f"checks-{by}", _("检查情况，按%(by)s", by=_(BY[by])), head, rows)


BY = {"area": N_("地区"), "item": N_("抽查事项"), "grade": N_("等级"), "month": N_("月份")}
"""What the checks are counted by."""


def _counts(label: str, counts: Counts) -> list[Any]:
    return [
        label,
        counts.ordered,
        counts.checking,
        counts.completion,
        counts.punctuality,
        counts.settlement,
        counts.problems,
        counts.absent,
    ]


def _items(scope: Scope) -> Table:
    head = [_("编号"), _("抽查事项"), _("公示结果"), _("未发现问题"), _("发现问题"), _("未能实施检查"), _("问题发现率")]
    rows = [
        [one.code, one.name, one.results, one.fine, one.problem, one.absent, one.problems]
        for one in queries.by_item(scope)
    ]
    return Table("checks-item", _("公示结果，按抽查事项"), head, rows)


def problem_rates(table: Table) -> list[tuple[str, Rate]]:
    """Label and problem rate of each row of `checks`, without their sum."""
    if table.key == "checks-item":
        return [(row[1], row[-1]) for row in table.rows]
    return [(row[0], row[-2]) for row in table.rows[:-1]]


def hits(strata: Sequence[Stratum]) -> Table:
    """Hit rate per grade with its interval."""
    head = [
        _("等级"),
        _("对象库户次"),
        _("抽中"),
        _("实施检查并公示"),
        _("发现问题"),
        _("问题发现率"),
        _("95% 区间下限"),
        _("95% 区间上限"),
    ]
    rows = [
        [
            one.label,
            one.members,
            one.drawn,
            one.checked,
            one.hits,
            one.rate,
            *(percent(end) for end in one.rate.interval),
        ]
        for one in strata
    ]
    return Table("hits", _("各等级问题发现率"), head, rows)


def spared(grades: Sequence[Spared]) -> Table:
    """Visits spared per grade against a uniform draw of as many."""
    head = [_("等级"), _("对象库户次"), _("按同一比例应抽"), _("实际抽中"), _("少打扰户次")]
    rows = [[one.label, one.members, round(one.uniform), one.drawn, round(one.difference)] for one in grades]
    return Table("spared", _("与同一比例抽取相比"), head, rows)


def grades(found: Sequence[GradeCounts], by: str) -> Table:
    """How many enterprises have which grade, by `area` or `industry`, with their sum."""
    head = [_(GRADES_BY[by]), *(_("%(grade)s 级", grade=grade) for grade in GRADES), _("未分类"), _("C、D 级占比")]
    total = GradeCounts(
        "",
        _("合计"),
        {grade: sum(one.by_grade[grade] for one in found) for grade in GRADES},
        sum(one.ungraded for one in found),
    )
    rows = [[one.label, *(one.by_grade[grade] for grade in GRADES), one.ungraded, one.risky] for one in (*found, total)]
    return Table(f"grades-{by}", _("等级分布，按%(by)s", by=_(GRADES_BY[by])), head, rows)


GRADES_BY: Mapping[str, str] = {"area": N_("地区"), "industry": N_("行业门类")}
"""What the grades are counted by."""


def percent(share: float | None) -> str:
    """`12.3%`; a dash where there is nothing to divide by."""
    return "—" if share is None else f"{100 * share:.1f}%"
