"""Pages of the warning room: 预警处置, one alert and its verbs, the catalogue of signals, areas and industries."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import Blueprint, render_template, request, url_for

from casework.accounts import queries as staff
from casework.cases import queries as cases
from casework.cases.rules import STANDARD, officer_defects
from casework.core import charts, clock, parameters
from casework.core.actor import Actor
from casework.core.deadlines import DUE
from casework.core.desk import Task
from casework.core.errors import NotAllowed, NotFound
from casework.core.i18n import N_, _
from casework.core.ledger import history
from casework.core.schemas import Schema
from casework.core.web import Form, actor, audience, done
from casework.core.workflow import Move
from casework.registry import queries as registry
from casework.sampling import queries as sampling
from casework.warning import operations as warning
from casework.warning import queries
from casework.warning.models import Alert
from casework.warning.rules import ALERT, LEVELS, MEASURES, SCOPES, TRACK
from casework.warning.schemas import (
    STATES,
    AlertFilter,
    Check,
    Dispatch,
    Disposal,
    Finding,
    Items,
    Merge,
    Note,
    OverviewFilter,
    Reason,
)
from casework.warning.signals import SIGNALS

views = Blueprint("warning", __name__)

# ---- Lists -----------------------------------------------------------------------------------------------------------


@views.get("/alerts")
@audience("warning.read")
def alerts() -> Any:
    form = Form(AlertFilter(), request.args)
    found = queries.alerts(actor(), **form.data, after=request.args.get("after"), before=request.args.get("before"))
    return render_template(
        "warning/alerts.html",
        form=form,
        found=found,
        counts=queries.counts(actor()),
        state_options=_options(STATES),
        level_options=_options(LEVELS),
        scope_options=_options(SCOPES),
        signal_options=[(signal.key, _(signal.label)) for signal in SIGNALS.values()],
        due_options=_options(DUE),
        unit_options=_units(),
        **_about_rows(),
    )


@views.get("/alerts/signals")
@audience("warning.read")
def signals() -> Any:
    """The catalogue: what each signal looks at, from which value on, why, with its examples."""
    settings = {signal.key: parameters.in_force(signal.parameter) for signal in SIGNALS.values()}
    return render_template(
        "warning/signals.html",
        signals=sorted(SIGNALS.values(), key=lambda signal: list(SCOPES).index(signal.scope)),
        settings=settings,
        notes={signal.key: _note(signal.parameter, settings[signal.key].value) for signal in SIGNALS.values()},
        levels=LEVELS,
        scopes=SCOPES,
    )


def _note(parameter: str, settings: Mapping[str, Any]) -> str:
    """What the values of a parameter mean, with the values themselves where the note names them."""
    note = _(parameters.definitions()[parameter].note)
    for name, value in settings.items():
        note = note.replace(f" {name} ", f" {value} ")
    return note


def _about_rows() -> dict[str, Any]:
    """What a list of alerts says beside their own columns."""
    return {
        "units": staff.unit_names(),
        "signals": SIGNALS,
        "levels": LEVELS,
        "states": ALERT,
        "why": queries.why,
        "subject_name": queries.subject_name,
        "days_left": queries.days_left,
    }


def _options(table: Mapping[str, str]) -> list[tuple[str, str]]:
    return [(key, _(label)) for key, label in table.items()]


def _units(units: Iterable[Any] | None = None) -> list[tuple[int, str]]:
    shown = list(staff.units(actor()) if units is None else units)
    top = min((unit.path.count("/") for unit in shown), default=0)
    return [(unit.id, "　" * (unit.path.count("/") - top) + unit.short_name) for unit in shown]


# ---- One alert -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Verb:
    """The page of one verb: what it asks, what it will do in words, what is said afterwards."""

    operation: Callable[..., Any]
    schema: type[Schema]
    does: str
    said: str


VERBS: Mapping[str, Verb] = {
    "dispatch": Verb(
        warning.dispatch,
        Dispatch,
        N_("由辖区单位核查，先看数据、打电话，必要时再到现场。"),
        N_("已派发核查。"),
    ),
    "dismiss": Verb(
        warning.dismiss,
        Reason,
        N_("信号不成立，不再处置；有效期内同样的信号不再提示，更严重的除外。"),
        N_("已判为误报。"),
    ),
    "merge": Verb(warning.merge, Merge, N_("与同一主体的另一条预警一并处置。"), N_("已合并。")),
    "report_check": Verb(
        warning.report_check,
        Finding,
        N_("写明怎样核查、看到什么。预警本身不是违法事实，也不改变信用风险等级。"),
        N_("核查情况已报告，等待处置。"),
    ),
    "return_alert": Verb(
        warning.return_alert, Reason, N_("不属于本单位，或者这样无法核查的，退回重新研判。"), N_("已退回研判。")
    ),
    "open_check": Verb(
        warning.open_check,
        Check,
        N_("以数据监测为依据立触发式检查案件，不计入抽查比例，结果按“检查”公示；仍须审批、通知和两名以上检查人员。"),
        N_("检查案件已建立，等待审批。"),
    ),
    "feed_campaign": Verb(
        warning.feed_campaign,
        Items,
        N_("按本预警的辖区和行业拟定定向抽查方案，比例为各等级下限；在抽查活动中修改、报批。"),
        N_("定向抽查方案已拟定，请在抽查活动中完善后提交。"),
    ),
    "dispose": Verb(
        warning.dispose, Disposal, N_("写明采取的措施和结果，由另一人审核销号。"), N_("处置结果已提交审核。")
    ),
    "send_back": Verb(warning.send_back, Reason, N_("处置不到位的，退回继续处置。"), N_("已退回处置。")),
    "close": Verb(warning.close, Note, N_("审核通过后销号；再次出现时自动重新研判。"), N_("预警已销号。")),
    "reopen": Verb(warning.reopen, Reason, N_("重新研判，处置过程保留在办理经过中。"), N_("已重新研判。")),
}
"""Every move of the table, as the page asks for it."""

NEXT = {
    "raised": ("dispatch", N_("研判人派发或者判为误报")),
    "checking": ("report_check", N_("承办单位核查")),
    "disposing": ("dispose", N_("处置人提交处置结果")),
    "reviewing": ("close", N_("另一人审核销号")),
}
"""For each open state the usual next verb, and what everybody else waits for."""


@dataclass(frozen=True)
class Step:
    """Something to do, on a page of its own."""

    label: str
    url: str
    does: str


@views.get("/alerts/<int:alert_id>")
@audience("warning.read")
def alert(alert_id: int) -> Any:
    found = queries.find(alert_id, actor())
    return render_template("warning/alert.html", **_about(found))


@views.route("/alerts/<int:alert_id>/<verb>", methods=["GET", "POST"])
@audience("warning.read")
def act(alert_id: int, verb: str) -> Any:
    """The page of one verb of the table; whether this person may make the move is asked again when it is made."""
    if verb not in VERBS:
        raise NotFound(_("没有这项办理。"))
    found, known = queries.find(alert_id, actor()), VERBS[verb]
    move = ALERT.find(verb, found.state)
    if not actor().may(move.permission or ""):
        raise NotAllowed(_("您的岗位没有办理此事项的权限。"))
    form = Form(known.schema(), request.form if request.method == "POST" else None, defaults=_usual(found, verb))
    if form.valid:
        with form.refusals():
            known.operation(alert_id, **form.data, actor=actor())
            if staff.sees_unit(actor(), found.org_id):
                return done(_(known.said), ".alert", alert_id=alert_id)
            return done(_(known.said), ".alerts")
    page = render_template(
        "warning/act.html", form=form, verb=verb, move=move, known=known, **_about(found), **_asked(found, verb)
    )
    return page, 422 if form.submitted else 200


def _about(alert: Alert) -> dict[str, Any]:
    """Everything that pages of one alert may say."""
    me, signal = actor(), SIGNALS.get(alert.signal)
    named = queries.enterprises(alert)
    return {
        "alert": alert,
        "signal": signal,
        "label": _(signal.label) if signal else alert.signal,
        "why": queries.why(alert),
        "subject": queries.subject_name(alert),
        "levels": LEVELS,
        "unit": staff.unit(alert.org_id),
        "home": staff.unit(alert.home_id),
        "deadline": queries.deadline(alert),
        "enterprises": named,
        "more_enterprises": len(alert.enterprise_ids) - len(named),
        "grades": registry.grades(one.id for one in named) if me.may("grading.read") else None,
        "records": queries.records(alert),
        "sightings": queries.sightings(alert),
        "sentence": queries.sentence,
        "checks": queries.checks(alert),
        "case_states": STANDARD,
        "measures": MEASURES,
        "merged_into": queries.find(alert.merged_into_id, me) if alert.merged_into_id else None,
        "campaign_id": alert.campaign_id,
        "steps": [_(state.label) for state in TRACK],
        "position": _position(alert),
        "next_step": _next_step(alert, me),
        "others": _others(alert, me),
        "waits_for": _(NEXT[alert.state][1]) if alert.state in NEXT else None,
        "events": _events(alert),
    }


def _position(alert: Alert) -> tuple[str, str | None]:
    """Where the alert stands on the track, and the words of an end beside it."""
    label = _(ALERT.label(alert.state))
    if alert.state in {state.name for state in TRACK}:
        return label, None
    return _(TRACK[0].label), label


def _possible(alert: Alert, me: Actor) -> list[Move]:
    """The moves that the table knows here and this person may make, without those that make no sense now."""
    group = queries.is_group(alert)
    senseless = {
        "open_check": group,
        "feed_campaign": not group or alert.campaign_id is not None or not me.may("sampling.plan"),
        "close": alert.disposed_by == me.id,
        "merge": not queries.beside(alert, me),
    }
    moves = ALERT.moves_from(alert.state)
    return [move for move in moves if me.may(move.permission or "") and not senseless.get(move.name, False)]


def _step(alert: Alert, move: Move) -> Step:
    return Step(_(move.label), url_for(".act", alert_id=alert.id, verb=move.name), _(VERBS[move.name].does))


def _next_step(alert: Alert, me: Actor) -> Step | None:
    usual = NEXT.get(alert.state, ("",))[0]
    return next((_step(alert, move) for move in _possible(alert, me) if move.name == usual), None)


def _others(alert: Alert, me: Actor) -> list[Step]:
    usual = NEXT.get(alert.state, ("",))[0]
    return [_step(alert, move) for move in _possible(alert, me) if move.name != usual]


def _events(alert: Alert) -> list[dict[str, Any]]:
    """What was done, newest first."""
    labels = {f"{ALERT.name}.{move.name}": move.label for move in ALERT.moves} | {
        "warning.worsen": N_("等级升高"),
        "warning.escalate": N_("逾期，升级报告分管领导"),
    }
    return [
        {
            "when": entry.at,
            "title": _(labels[entry.action]),
            "text": _("，").join(filter(None, [_("系统") if entry.actor_id is None else entry.actor_name, entry.note])),
            "kind": "alarm" if entry.action == "warning.escalate" else "plain",
        }
        for entry in history("alert", alert.id)
        if entry.action in labels
    ]


# ---- What the pages of single verbs ask ------------------------------------------------------------------------------


def _usual(alert: Alert, verb: str) -> dict[str, Any]:
    """The answers that are right nine times in ten."""
    if verb == "dispatch":
        named = queries.enterprises(alert)[:1]
        return {"org_id": named[0].org_id if named else alert.home_id}
    return {"enterprise_ids": alert.enterprise_ids[:1]} if verb == "open_check" else {}


def _asked(alert: Alert, verb: str) -> dict[str, Any]:
    """What the page of a verb offers to choose from."""
    if verb == "dispatch":
        inside = set(staff.subtree(alert.home_id))
        return {"unit_options": _units(unit for unit in staff.units() if unit.id in inside)}
    if verb == "merge":
        return {"rows": queries.beside(alert, actor()), "why_of": queries.why, "name_of": queries.subject_name}
    if verb == "dispose":
        return {"measure_options": _options(MEASURES)}
    return _offer_items(alert) if verb in ("open_check", "feed_campaign") else {}


def _offer_items(alert: Alert) -> dict[str, Any]:
    """Items of the list, those of the alert's line apart; officers who may be sent; visits of this year."""
    today = clock.today()
    listed = [
        (one.line == alert.line, (one.code, f"{one.code} {one.name}", one.basis))
        for one in sampling.items_in_force(today)
    ]
    area, names = staff.county_of(), staff.unit_names()
    units = [unit_id for unit_id, county in area.items() if county == area[alert.org_id]]
    lines = [alert.line] if alert.line else []
    officers = [
        (officer.id, f"{officer.name}（{names[officer.org_id]}）", _("、").join(officer_defects(officer, lines, today)))
        for officer in staff.drawable_officers(today, unit_ids=units)
    ]
    ids = alert.enterprise_ids[: queries.MOST_SHOWN]
    visits = cases.visits(ids, today.year)
    return {
        "near_options": [option for near, option in listed if near],
        "far_options": [option for near, option in listed if not near],
        "officer_options": sorted(officers, key=lambda option: bool(option[2])),
        "enterprise_options": [
            (one.id, one.name, _("本年度已检查 %(count)s 次", count=visits.get(one.id, 0)))
            for one in queries.enterprises(alert)
        ],
        "most_visits": max(visits.values(), default=0),
        "cap": parameters.in_force("cases.annual_cap"),
    }


# ---- Areas and industries --------------------------------------------------------------------------------------------


@views.get("/alerts/overview")
@audience("warning.read")
def overview() -> Any:
    """The risk index of areas and industries, month by month; small groups have none."""
    form = Form(OverviewFilter(), request.args)
    known = queries.months()
    month = form.data.get("month") if form.data.get("month") in known else (known[0] if known else None)
    if month is None:
        return render_template("warning/overview.html", month=None)
    areas = queries.areas(actor(), month)
    units = {unit.division_code: unit for unit in staff.units(actor(), kind="county")}
    area_id = form.data.get("area_id") if staff.sees_unit(actor(), form.data.get("area_id")) else None
    return render_template(
        "warning/overview.html",
        month=month,
        months=[(one.isoformat(), f"{one:%Y-%m}") for one in known],
        counted_on=queries.counted_on(month),
        areas=areas,
        area_ids={code: unit.id for code, unit in units.items()},
        area_id=area_id,
        area_options=[(units[one.key].id, one.label) for one in areas if one.key in units],
        industries=queries.industries(actor(), month, area_id=area_id),
        whole=queries.whole(actor(), month),
        settings=parameters.in_force("warning.index"),
        finding=_finding(areas),
        tile_map=_tiles(areas, units, month),
        form=form,
    )


def _finding(areas: Sequence[queries.Standing]) -> str:
    """What the map says in one sentence."""
    shown = [one for one in areas if one.index is not None]
    if not shown:
        return _("各区县主体不足，暂不计算风险指数")
    highest = max(shown, key=lambda one: one.index or 0)
    return _("%(area)s风险指数最高，为 %(index)s", area=highest.label, index=f"{highest.index:.1f}")


def _tiles(areas: Sequence[queries.Standing], units: Mapping[str, Any], month: date) -> Any:
    tiles = [
        charts.Tile(
            one.key,
            one.label.removesuffix("局"),
            one.index,
            "—" if one.index is None else f"{one.index:.1f}",
            url_for(".overview", month=month.isoformat(), area_id=units[one.key].id) if one.key in units else None,
        )
        for one in areas
        if one.key in charts.ZHOUKOU
    ]
    return charts.tile_map(tiles, title=_finding(areas)) if len(tiles) > 1 else None


# ---- Panels of other pages -------------------------------------------------------------------------------------------


@views.get("/alerts/desk-panel")
@audience("warning.read")
def desk_panel() -> Any:
    """Warning on the 工作台: what is overdue or grave; nothing at all where there is nothing."""
    counts = queries.counts(actor())
    if not any(counts.values()):
        return ""
    return render_template("warning/desk_panel.html", counts=counts)


TODO = {
    "raised": ("warning.dispose", N_("研判")),
    "checking": ("warning.check", N_("填写核查情况")),
    "disposing": ("warning.dispose", N_("填写处置结果")),
    "reviewing": ("warning.dispose", N_("审核销号")),
}
"""For each open state who acts, and the words of the button on the desk."""

TURNS = 6
"""So many alerts at most come to the desk of one person: the gravest."""


def desk_tasks() -> Iterator[Task]:
    """The alerts whose next step is the reader's, the gravest first."""
    me = actor()
    states = [state for state, (permission, _verb) in TODO.items() if me.may(permission)]
    for row in queries.urgent(me, size=TURNS, states=states) if states and me.may("warning.read") else ():
        label = _(SIGNALS[row.signal].label) if row.signal in SIGNALS else row.signal
        about = _("%(level)s预警 %(number)s · %(signal)s", level=_(LEVELS[row.level]), number=row.number, signal=label)
        left = queries.days_left(row.due_on)
        yield Task(
            queries.subject_name(row),
            about,
            _(TODO[row.state][1]),
            url_for("warning.alert", alert_id=row.id),
            row.due_on,
            left,
        )


@views.get("/alerts/of-enterprise/<int:enterprise_id>")
@audience("warning.read")
def enterprise_panel(enterprise_id: int) -> Any:
    """The alerts that name one enterprise, on its own page."""
    registry.find(enterprise_id, actor())
    return render_template(
        "warning/enterprise_panel.html", rows=queries.of_enterprise(enterprise_id, actor()), **_about_rows()
    )
