"""Models as one readable YAML file: written from what is stored, read with every mistake named by its place."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import MISSING, dataclass, fields
from datetime import date
from itertools import pairwise
from operator import itemgetter
from typing import Any

import yaml

from casework.core.errors import Invalid, Refusal
from casework.core.i18n import _
from casework.grading.rules import (
    COLUMNS,
    DIRECT,
    FEATURES,
    FOR_EVER,
    GRADES,
    GROUPS,
    HIGHEST,
    RULES,
    TENTH,
    Attention,
    Average,
    Bands,
    Condition,
    Count,
    Direct,
    Flag,
    Growth,
    Indicator,
    Industry,
    Lapsed,
    Limit,
    Listing,
    Model,
    Peers,
    Relation,
    Rule,
    Sum,
    Weight,
    When,
    tenths,
)
from casework.registry.reference import industries
from casework.registry.rules import KINDS, SUBJECT_CLASSES

Parser = Callable[[Any], Any]

LONGEST_FILE = 1 << 20
INDICATOR_WORDS = ("code", "key", "label", "label_en", "basis", "formula")


@dataclass(frozen=True)
class ModelFile:
    """What a file holds: the model, from when it is meant to hold, and by which document."""

    model: Model
    effective_from: date
    document_no: str


class _Wrong(Exception):
    """One mistake, in words; who catches it knows the place."""


class _Mistakes:
    """All mistakes of a file by their places, such as `indicators.3.rule.steps`."""

    def __init__(self) -> None:
        self.found: dict[str, list[str]] = {}

    def note(self, place: str, sentence: str) -> None:
        self.found.setdefault(place, []).append(sentence)

    @contextmanager
    def at(self, place: str) -> Iterator[None]:
        try:
            yield
        except _Wrong as wrong:
            self.note(place, str(wrong))

    def check(self) -> None:
        """Raises what was found."""
        if self.found:
            lines = [f"{place}{_('：')}{sentence}" for place, told in self.found.items() for sentence in told]
            count = _("模型文件有 %(count)s 处错误。", count=len(lines))
            raise Invalid(count, {"file": [count, *lines]})


def write(content: ModelFile) -> str:
    """The file of a model: the same model comes out when it is read."""
    data = {"document_no": content.document_no, "effective_from": content.effective_from.isoformat()}
    definition = content.model.to_data()
    definition["groups"] = [_plain(group) for group in definition["groups"]]
    for indicator, stored in zip(definition["indicators"], content.model.indicators, strict=True):
        indicator["rule"] = {"kind": stored.rule.kind, **_written(stored.rule)}
    return yaml.safe_dump(
        {**data, **definition}, allow_unicode=True, sort_keys=False, default_flow_style=None, width=120
    )


def read(text: str | bytes, *, thresholds: Mapping[str, int]) -> ModelFile:
    """The model of a file; a Refusal when it is no YAML, an Invalid that names every mistake by its place.

    `thresholds` are those that hold for a model that has none of its own.
    """
    if len(text) > LONGEST_FILE:
        raise Refusal(_("模型文件超过 1 MB。"), field="file")
    try:
        data = yaml.safe_load(text)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        where = _("第 %(line)s 行", line=mark.line + 1) if mark else _("编码")
        raise Refusal(_("这不是可以读取的 YAML 文件（%(where)s有误）。", where=where), field="file") from error
    if not isinstance(data, dict):
        raise Refusal(_("模型文件应当由“名称: 内容”组成。"), field="file")
    mistakes = _Mistakes()
    content = _file(data, mistakes)
    mistakes.check()
    assert content is not None
    for place, sentence in flaws(content.model, thresholds):
        mistakes.note(place, sentence)
    mistakes.check()
    return content


def flaws(model: Model, thresholds: Mapping[str, int]) -> Iterator[tuple[str, str]]:
    """What is well-formed and yet makes no sense: caps below a single hit, grades that nobody can reach."""
    caps = {key: tenths(cap) for key, cap in model.caps.items()}
    for number, indicator in enumerate(model.indicators, start=1):
        single = single_hit(indicator.rule)
        for cap in (tenths(getattr(indicator.rule, "cap", HIGHEST / TENTH)), caps[indicator.group]):
            if single > cap:
                yield (
                    f"indicators.{number}",
                    _(
                        "单次计 %(single)s 分，超过上限 %(cap)s 分，永远计不满。",
                        single=f"{single / TENTH:g}",
                        cap=f"{cap / TENTH:g}",
                    ),
                )
    highest = 0
    for key, cap in caps.items():
        highest += min(cap, sum(max(most(each.rule), 0) for each in model.indicators if each.group == key))
    flags = [Flag[each.rule.flag] for each in model.indicators if isinstance(each.rule, Direct)]
    direct = {DIRECT[flag] for flag in flags} | {decision.grade for decision in model.attention}
    for letter, bound in (model.thresholds or thresholds).items():
        if highest < bound * TENTH and not any(reached >= letter for reached in direct):
            yield (
                "thresholds",
                _(
                    "各项合计最多 %(most)s 分，达不到 %(grade)s 级的 %(bound)s 分。",
                    most=f"{min(highest, HIGHEST) / TENTH:g}",
                    grade=letter,
                    bound=bound,
                ),
            )


def most(rule: Rule) -> int:
    """The most points in tenths that a rule can give."""
    match rule:
        case Sum() | Lapsed():
            return tenths(rule.cap)
        case Listing():
            return single_hit(rule) + (len(rule.points) - 1) * tenths(rule.further)
        case _:
            return single_hit(rule)


def single_hit(rule: Rule) -> int:
    """The most points in tenths that one record, or one step reached, gives."""
    match rule:
        case Bands():
            points = [*(value for _upper, value in rule.bands), rule.above]
        case Industry() | Listing() | Average():
            points = list(rule.points.values())
        case Sum():
            points = [weight.points for weight in rule.weights]
        case Count() | Relation():
            points = [value for _step, value in rule.steps]
        case Peers():
            points = [limit.points for limit in rule.limits]
        case When() | Growth():
            points = [rule.points]
        case Lapsed():
            points = [rule.each]
        case Direct():
            points = []
    return max(map(tenths, points), default=0)


# Parsers of single values: they give the value or raise what is wrong with it.


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise _Wrong(_("请填写文字。"))
    return value.strip()


def _key(value: Any) -> str:
    if not isinstance(value, str) or not value.replace("_", "").replace("-", "").isalnum() or not value.isascii():
        raise _Wrong(_("只能用英文字母、数字、下划线和连字符。"))
    return value


def _code(value: Any) -> str:
    return _text(f"{value:.2f}" if isinstance(value, float) else value)


def _whole(low: int, high: int) -> Parser:
    def parse(value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise _Wrong(_("请填写 %(low)s 至 %(high)s 的整数。", low=low, high=high))
        return value

    return parse


def _points(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) * TENTH > HIGHEST:
        raise _Wrong(_("分值应为 -1000 至 1000 的数。"))
    try:
        tenths(value)
    except ValueError:
        raise _Wrong(_("分值最多一位小数。")) from None
    return value


def _cap(value: Any) -> float:
    if (points := _points(value)) < 0:
        raise _Wrong(_("上限不能为负。"))
    return points


def _among(options: Mapping[str, Any] | Sequence[str]) -> Parser:
    def parse(value: Any) -> str:
        if value not in options:
            raise _Wrong(
                _("没有“%(value)s”，可用的有：%(options)s。", value=value, options=_("、").join(map(str, options)))
            )
        return str(value)

    return parse


def _record(value: Any) -> str:
    kind, _dot, klass = str(value).partition(".")
    if kind not in KINDS or not klass.isdigit() or int(klass) not in (KINDS[kind].classes or {0: ""}):
        raise _Wrong(_("没有类别为“%(value)s”的信用记录。", value=value))
    return f"{kind}.{int(klass)}"


def _industry(value: Any) -> str:
    if value not in industries():
        raise _Wrong(_("没有代码为“%(value)s”的行业。", value=value))
    return str(value)


def _day(value: Any) -> date:
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        raise _Wrong(_("请填写日期，例如 2026-03-05。")) from None


def _listed(each: Parser, *, least: int = 1) -> Parser:
    def parse(value: Any) -> tuple[Any, ...]:
        if not isinstance(value, list) or len(value) < least:
            raise _Wrong(_("请列出至少 %(least)s 项。", least=least))
        return tuple(each(item) for item in value)

    return parse


def _ladder(step: Parser, value_of: Parser, *, least: int = 1) -> Parser:
    """Pairs whose first numbers grow: a band or a step that overlaps the one before is a mistake."""

    def pair(item: Any) -> tuple[Any, Any]:
        if not isinstance(item, list) or len(item) != 2:
            raise _Wrong(_("每一档应为两个数，例如 [365, 30]。"))
        return step(item[0]), value_of(item[1])

    return _growing(pair, itemgetter(0), least=least)


def _growing(each: Parser, by: Callable[[Any], Any] = lambda value: value, *, least: int = 1) -> Parser:
    """Items that grow from one to the next."""

    def parse(value: Any) -> tuple[Any, ...]:
        items: tuple[Any, ...] = _listed(each, least=least)(value)
        for before, after in pairwise(map(by, items)):
            if after <= before:
                raise _Wrong(_("各档应从小到大，%(after)s 与前一档 %(before)s 重叠。", after=after, before=before))
        return items

    return parse


def _table(key: Parser, value_of: Parser, *, least: int = 1) -> Parser:
    def parse(value: Any) -> dict[str, Any]:
        if not isinstance(value, dict) or len(value) < least:
            raise _Wrong(_("应为“名称: 数值”的列表，至少 %(least)s 项。", least=least))
        return {key(name): value_of(number) for name, number in value.items()}

    return parse


def _built(kind: Any, parsers: Mapping[str, Parser], defaults: Mapping[str, Any]) -> Parser:
    """A small tuple that may be written with names or in order."""

    def parse(value: Any) -> Any:
        given = dict(zip(parsers, value, strict=False)) if isinstance(value, list) else value
        if not isinstance(given, dict) or set(given) - set(parsers) or set(parsers) - set(defaults) - set(given):
            raise _Wrong(_("应有这些项：%(names)s。", names=_("、").join(parsers)))
        return kind(**{name: parsers[name](each) for name, each in given.items()})

    return parse


_DAYS = _whole(1, FOR_EVER)
_NUMBER = _whole(1, 1_000_000)
_PERCENT = _whole(0, 100)

_WEIGHT = _built(
    Weight,
    {"record": _record, "points": _points, "days": _whole(0, FOR_EVER), "state": _among(("any", "open", "ended"))},
    Weight._field_defaults,
)
_CONDITION = _built(
    Condition, {"column": _among(COLUMNS), "op": _among((">=", "=")), "value": _whole(0, 2_000_000_000)}, {}
)

_LIMIT = _built(Limit, {"percent": _whole(1, 99), "at_least": _NUMBER, "points": _points}, {})

PARSERS: dict[type[Rule], dict[str, Parser]] = {
    Bands: {"column": _among(COLUMNS), "bands": _ladder(_NUMBER, _points), "above": _points},
    When: {"conditions": _listed(_CONDITION), "points": _points},
    Industry: {"points": _table(_industry, _points)},
    Sum: {"weights": _listed(_WEIGHT), "cap": _cap, "decay": _ladder(_DAYS, _PERCENT, least=0)},
    Count: {
        "records": _listed(_record),
        "days": _DAYS,
        "steps": _ladder(_NUMBER, _points),
        "norms": _table(_industry, _whole(1, 10_000), least=0),
    },
    Peers: {
        "records": _listed(_record),
        "days": _DAYS,
        "limits": _growing(_LIMIT, lambda limit: limit.percent),
        "sizes": _growing(_whole(1, 8000), least=0),
        "least": _whole(1, 1_000_000),
    },
    Listing: {"points": _table(_record, _points), "further": _points},
    Lapsed: {"records": _listed(_record), "days": _DAYS, "each": _points, "cap": _cap},
    Growth: {
        "records": _listed(_record),
        "days": _DAYS,
        "at_least": _NUMBER,
        "percent": _whole(0, 10_000),
        "points": _points,
    },
    Relation: {"feature": _among(FEATURES), "steps": _ladder(_NUMBER, _points)},
    Average: {
        "points": _table(_record, _points),
        "decay": _ladder(_DAYS, _PERCENT),
        "prior": _whole(0, 1000),
        "usual": _points,
        "norms": _table(_industry, _points, least=0),
    },
    Direct: {"record": _record, "flag": _among([flag.name for flag in Flag if flag.name in ("SERIOUS", "DEFAULTER")])},
}
"""What each kind of rule consists of. A kind that is not here is taken as it is written."""


# Parts of a file: they note what is wrong at its place and give None where nothing can be made of it.


def _file(data: Mapping[str, Any], mistakes: _Mistakes) -> ModelFile | None:
    known = {
        "document_no": _text,
        "effective_from": _day,
        "key": _key,
        "subject_class": _among(SUBJECT_CLASSES),
        "title": _text,
    }
    parts = {"groups", "indicators", "attention", "thresholds"}
    head = _fields({name: value for name, value in data.items() if name not in parts}, known, "", mistakes)
    caps = _groups(data.get("groups"), mistakes)
    listed = data.get("indicators")
    if not isinstance(listed, list) or not listed:
        mistakes.note("indicators", _("模型至少要有一个指标。"))
        listed = []
    indicators = [_one_indicator(each, f"indicators.{n}", caps, mistakes) for n, each in enumerate(listed, start=1)]
    for name in ("code", "key"):
        counted = Counter(getattr(each, name) for each in indicators if each)
        for value, number in counted.items():
            if number > 1:
                mistakes.note("indicators", _("%(name)s %(value)s 重复。", name=name, value=value))
    decisions = enumerate(data.get("attention") or [], start=1)
    attention = [_attention(each, f"attention.{n}", mistakes) for n, each in decisions]
    thresholds = None
    if data.get("thresholds") is not None:
        with mistakes.at("thresholds"):
            thresholds = _thresholds(data["thresholds"])
    if mistakes.found or head is None:
        return None
    model = Model(
        key=head["key"],
        subject_class=head["subject_class"],
        title=head["title"],
        caps=caps,
        indicators=tuple(each for each in indicators if each),
        attention=tuple(each for each in attention if each),
        thresholds=thresholds,
    )
    return ModelFile(model, head["effective_from"], head["document_no"])


def _fields(
    data: Any, parsers: Mapping[str, Parser], place: str, mistakes: _Mistakes, optional: Sequence[str] = ()
) -> dict[str, Any] | None:
    """Every field parsed; unknown and missing ones are mistakes."""
    if not isinstance(data, dict):
        mistakes.note(place, _("应当由“名称: 内容”组成。"))
        return None
    before, values = len(mistakes.found), {}
    prefix = f"{place}." if place else ""
    for name in data:
        if name not in parsers:
            mistakes.note(f"{prefix}{name}", _("没有名为“%(name)s”的字段。", name=name))
    for name, parse in parsers.items():
        if name in data:
            with mistakes.at(f"{prefix}{name}"):
                values[name] = parse(data[name])
        elif name not in optional:
            mistakes.note(f"{prefix}{name}", _("缺少这一项。"))
    return values if len(mistakes.found) == before else None


def _groups(data: Any, mistakes: _Mistakes) -> dict[str, float]:
    if not isinstance(data, list) or not data:
        mistakes.note("groups", _("缺少指标组和上限。"))
        return {}
    caps: dict[str, float] = {}
    for number, each in enumerate(data, start=1):
        found = _fields(each, {"key": _among(GROUPS), "cap": _cap}, f"groups.{number}", mistakes)
        if found and found["key"] in caps:
            mistakes.note(f"groups.{number}", _("指标组 %(key)s 重复。", key=found["key"]))
        elif found:
            caps[found["key"]] = found["cap"]
    return caps


def _one_indicator(data: Any, place: str, caps: Mapping[str, float], mistakes: _Mistakes) -> Indicator | None:
    rule = _rule(data.get("rule"), f"{place}.rule", mistakes) if isinstance(data, dict) else None
    parsers: dict[str, Parser] = dict.fromkeys(INDICATOR_WORDS, _text)
    parsers |= {"code": _code, "key": _key, "group": _among(list(caps)), "rule": lambda value: value}
    found = _fields(data, parsers, place, mistakes)
    return Indicator(**{**found, "rule": rule}) if found and rule else None


def _rule(data: Any, place: str, mistakes: _Mistakes) -> Rule | None:
    if not isinstance(data, dict) or data.get("kind") not in RULES:
        mistakes.note(f"{place}.kind", _("计算方法应为：%(kinds)s。", kinds=_("、").join(RULES)))
        return None
    kind = RULES[data["kind"]]
    given = {name: value for name, value in data.items() if name != "kind"}
    parsers = PARSERS.get(kind) or {each.name: lambda value: value for each in fields(kind)}
    optional = [
        each.name for each in fields(kind) if each.default is not MISSING or each.default_factory is not MISSING
    ]
    found = _fields(given, parsers, place, mistakes, optional)
    return kind(**found) if found is not None else None


def _attention(data: Any, place: str, mistakes: _Mistakes) -> Attention | None:
    parsers: dict[str, Parser] = {
        "industry": _industry,
        "grade": _among(("C", "D")),
        "document_no": _text,
        "starts_on": _day,
        "until": lambda value: None if value is None else _day(value),
    }
    found = _fields(data, parsers, place, mistakes, ["until"])
    if found is None:
        return None
    decision = Attention(**found)
    if decision.until is not None and decision.until <= decision.starts_on:
        mistakes.note(f"{place}.until", _("截止日期应晚于开始日期 %(day)s。", day=decision.starts_on))
    return decision


def _thresholds(data: Any) -> dict[str, int]:
    letters = GRADES[1:]
    if not isinstance(data, dict) or set(data) != set(letters):
        raise _Wrong(_("应写明 B、C、D 三级的起始分值。"))
    bounds = {letter: _whole(1, HIGHEST // TENTH)(data[letter]) for letter in letters}
    for before, after in pairwise(letters):
        if bounds[after] <= bounds[before]:
            raise _Wrong(_("%(after)s 级的起始分值应高于 %(before)s 级，现在两级重叠。", after=after, before=before))
    return bounds


# Writing.


def _written(rule: Rule) -> dict[str, Any]:
    """The fields of a rule as a reader would write them: small tuples by name, what is the default left out."""
    values = {}
    for each in fields(rule):
        value = getattr(rule, each.name)
        default = each.default if each.default_factory is MISSING else each.default_factory()
        if value != default:
            values[each.name] = _plain(value)
    return values


def _plain(value: Any) -> Any:
    if isinstance(value, Weight | Condition | Limit):
        defaults = type(value)._field_defaults
        return {name: each for name, each in value._asdict().items() if defaults.get(name, MISSING) != each}
    if isinstance(value, Mapping):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return value
