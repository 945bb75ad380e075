"""The statistics as tables, the same for the page and for the files; and what each figure means."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from casework.core.i18n import N_, _
from casework.insight import queries
from casework.insight.queries import Counts, Frequency, GradeCounts, Group, OrganTasks, Scope
from casework.insight.rules import NOTHING, Rate, Spared, Stratum
from casework.sampling.rules import GRADES

DEFINITIONS = (
    (
        N_("统计期和截至时间"),
        N_("统计期按检查派发日期（抽查活动按抽取日期）；办理情况统计至昨日二十四时，当天的变化次日计入。"),
    ),
    (
        N_("抽查户数（应检查）"),
        N_(
            "统计期内派发的检查，一户一次计一户次，等于抽查基数乘以抽查比例。"
            "按抽查事项统计时，一次检查在其每个事项下各计一次。"
        ),
    ),
    (
        N_("抽查率"),
        N_(
            "抽中户次 ÷ 抽查基数。抽查基数是各次抽查冻结的对象库户次之和，含不可抽的对象；"
            "按企业所属管辖单位分到各地区。"
        ),
    ),
    (N_("检查完成率"), N_("已检查 ÷ 应检查。已检查指已提交检查结果。")),
    (N_("抽查完成率"), N_("结果已公示 ÷ 应检查。")),
    (N_("公示率"), N_("结果已公示 ÷ 已检查。")),
    (N_("公示及时率"), N_("公示期限内公示 ÷ 应公示。应公示包括已公示的，和期限已过仍未公示的；更正版不重复计。")),
    (N_("完结率"), N_("已结案归档 ÷ 已公示。")),
    (
        N_("问题发现率"),
        N_(
            "发现问题户数 ÷ 已检查户数。只计已公示的结果：未审核的结果可能变动，不计入；"
            "未能实施检查的（注销、停业、无法联系等）不在分母内，另行列出。"
        ),
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
    (
        N_("合并上门少去的次数"),
        N_(
            "不同任务对同一企业的检查合并为一次上门（综合查一次）的，合并的件数减一；等级为抽取时的等级，没有抽取的为现等级。"
        ),
    ),
    (
        N_("现场检查次数"),
        N_(
            "同一机关在当年对同一企业实施的现场检查，不论来源；合并上门计一次。达到年度上限八成提醒，达到上限停止计划内检查。"
        ),
    ),
    (N_("任务完成率"), N_("全部办结的抽查活动 ÷ 统计期内已抽取的抽查活动。作废的不计。")),
    (N_("计划完成率"), N_("执行完成的年度计划 ÷ 统计期所在年度已公布的年度计划。")),
    (
        N_("部门联合抽查占比"),
        N_("检查事项分属两个以上业务条线、由几个部门一次联合检查的抽查活动 ÷ 统计期内已抽取的抽查活动。作废的不计。"),
    ),
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
    """Checks counted by a key of BY, with their sum; by item there is none, one check has several."""
    groups = BY[by].read(scope)
    head = [
        _(BY[by].label),
        _("应检查"),
        _("抽查率"),
        _("检查完成率"),
        _("抽查完成率"),
        _("公示率"),
        _("公示及时率"),
        _("完结率"),
        _("问题发现率"),
        _("未能实施检查"),
    ]
    if by == "item":
        rows = [_counts(f"{group.key} {group.label}", group) for group in groups]
    else:
        counts, coverage = (group.counts for group in groups), (group.coverage for group in groups)
        total = Group("", _("合计"), sum(counts, Counts()), sum(coverage, NOTHING))
        rows = [_counts(group.label, group) for group in (*groups, total)]
    return Table(f"checks-{by}", _("检查情况，按%(by)s", by=_(BY[by].label)), head, rows)


@dataclass(frozen=True)
class Grouping:
    """What the checks are counted by: its words, and who counts."""

    label: str
    read: Callable[[Scope], Sequence[Group]]


BY: Mapping[str, Grouping] = {
    "area": Grouping(N_("地区"), queries.by_area),
    "organ": Grouping(N_("组织机关"), queries.by_organ),
    "item": Grouping(N_("抽查事项"), queries.by_item),
    "grade": Grouping(N_("等级"), queries.by_grade),
    "month": Grouping(N_("月份"), queries.by_month),
}


def _counts(label: str, group: Group) -> list[Any]:
    counts = group.counts
    return [
        label,
        counts.ordered,
        group.coverage,
        counts.checking,
        counts.completion,
        counts.publicity,
        counts.punctuality,
        counts.settlement,
        counts.problems,
        counts.absent,
    ]


def problem_rates(table: Table) -> list[tuple[str, Rate]]:
    """Label and problem rate of each row of `checks`, without their sum."""
    rows = table.rows if table.key == "checks-item" else table.rows[:-1]
    return [(row[0], row[-2]) for row in rows]


def tasks(organs: Sequence[OrganTasks]) -> Table:
    """Tasks and plans per organ, with their sum."""
    head = [_("组织机关"), _("已抽取活动"), _("任务完成率"), _("计划完成率"), _("部门联合抽查占比")]
    total = OrganTasks(
        _("合计"),
        sum((one.tasks for one in organs), NOTHING),
        sum((one.plans for one in organs), NOTHING),
        sum((one.joint for one in organs), NOTHING),
    )
    rows = [[one.label, one.tasks.n, one.tasks, one.plans, one.joint] for one in (*organs, total)]
    return Table("tasks", _("任务与计划，按组织机关"), head, rows)


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


def merged(by_grade: Mapping[str | None, int]) -> Table:
    """Visits that joint ones made needless, by grade, with their sum."""
    rows = [[_("%(grade)s 级", grade=grade), by_grade.get(grade, 0)] for grade in GRADES]
    rows += [[_("未分类"), by_grade.get(None, 0)], [_("合计"), sum(by_grade.values())]]
    return Table("merged", _("合并上门少去的次数，按等级"), [_("等级"), _("少去次数")], rows)


def frequency(organs: Sequence[Frequency]) -> Table:
    """Visits of the year per organ against the cap, with their sum."""
    head = [
        _("检查机关"),
        _("现场检查次数"),
        _("涉及企业"),
        _("达八成"),
        _("达上限"),
        _("超上限"),
        _("超上限理由"),
    ]
    total = sum(organs, Frequency(_("合计")))
    rows = [
        [one.label, one.visits, one.visited, one.near, one.reached, one.beyond, one.reasons] for one in (*organs, total)
    ]
    return Table("frequency", _("检查频次，按检查机关"), head, rows)


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
