"""Pages of the intake room: 受理台, registration with matches and duplicates beside it, one item and its verbs."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, render_template, request, url_for

from casework.accounts import queries as staff
from casework.cases import queries as cases
from casework.cases.rules import STANDARD, officer_defects
from casework.core import clock, parameters
from casework.core.actor import Actor
from casework.core.deadlines import DUE
from casework.core.desk import Task
from casework.core.errors import NotAllowed, NotFound
from casework.core.i18n import N_, _
from casework.core.ledger import history
from casework.core.schemas import Schema
from casework.core.web import Form, actor, audience, done
from casework.core.workflow import Move
from casework.documents import queries as documents
from casework.intake import operations as intake
from casework.intake import queries
from casework.intake.models import IntakeItem
from casework.intake.rules import (
    CATEGORIES,
    CHANNELS,
    DEMANDS,
    ID_KINDS,
    KINDS,
    MEDIATION_WAYS,
    NOTICE_WAYS,
    OUTCOMES,
    TRADES,
    grounds,
    read_sheet,
)
from casework.intake.schemas import (
    QUEUES,
    Agreement,
    Check,
    Clue,
    Comparison,
    DeskFilter,
    HandOver,
    Identity,
    IdentityRequest,
    InformantSearch,
    Merge,
    Note,
    Nothing,
    OnGround,
    Reason,
    Registration,
    RevealReason,
    Revisit,
    Sheet,
    Subject,
    Telling,
    Unit,
    UnitWithNote,
)
from casework.registry import queries as registry
from casework.sampling import queries as sampling

views = Blueprint("intake", __name__)

SHOWN = 6
"""So many matches stand beside a form."""

# ---- The desk --------------------------------------------------------------------------------------------------------


@views.get("/intake")
@audience("intake.read")
def desk() -> Any:
    form = Form(DeskFilter(), request.args)
    found = queries.desk(actor(), **form.data, after=request.args.get("after"), before=request.args.get("before"))
    return render_template(
        "intake/desk.html",
        form=form,
        found=found,
        counts=queries.counts(actor()),
        queues=QUEUES,
        kind_options=_options({kind.key: kind.label for kind in KINDS.values()}),
        channel_options=_options(CHANNELS),
        category_options=_options(CATEGORIES),
        due_options=_options(DUE),
        unit_options=_units(),
        **_about_rows(found.rows),
    )


@views.route("/intake/by-informant", methods=["GET", "POST"])
@audience("intake.reveal")
def by_informant() -> Any:
    """Who has complained or reported before: sent by POST, so that no name stands in an address or a log."""
    form = Form(InformantSearch(), request.form if request.method == "POST" else None)
    if not form.valid:
        page = render_template("intake/by_informant.html", form=form, rows=None, **_about_rows(()))
        return page, 422 if form.submitted else 200
    rows = intake.search_informant(form.data["who"], actor=actor())
    return render_template("intake/by_informant.html", form=Form(InformantSearch()), rows=rows, **_about_rows(rows))


def _about_rows(rows: Sequence[Any]) -> dict[str, Any]:
    """What a list of items says beside their own columns."""
    ids = {row.enterprise_id for row in rows if row.enterprise_id is not None}
    return {
        "enterprises": registry.brief(ids),
        "units": staff.unit_names(),
        "kinds": KINDS,
        "channels": CHANNELS,
        "categories": CATEGORIES,
        "days_left": queries.days_left,
        "clock_units": queries.units_of(rows),
    }


def _options(table: Mapping[str, str]) -> list[tuple[str, str]]:
    return [(key, _(label)) for key, label in table.items()]


def _units(units: Iterable[Any] | None = None) -> list[tuple[int, str]]:
    shown = list(staff.units(actor()) if units is None else units)
    top = min((unit.path.count("/") for unit in shown), default=0)
    return [(unit.id, "　" * (unit.path.count("/") - top) + unit.short_name) for unit in shown]


# ---- Registration ----------------------------------------------------------------------------------------------------


@views.get("/intake/new")
@audience("intake.register")
def new_item() -> Any:
    kind = _kind()
    return _registration(kind, Form(Registration(), defaults=_defaults(kind)))


@views.post("/intake/new")
@audience("intake.register")
def register() -> Any:
    kind = _kind()
    form = Form(Registration(), request.form)
    if form.valid:
        with form.refusals():
            item = intake.register(kind=kind, **_meant(form.data), actor=actor())
            number = item.number
            return done(_("已登记，编号 %(number)s，期限开始计算。", number=number), ".item", item_id=item.id)
    return _registration(kind, form), 422


@views.post("/intake/new/sheet")
@audience("intake.register")
def read_pasted() -> Any:
    """A pasted work sheet as a form filled in; nothing is kept."""
    kind, form = _kind(), Form(Sheet(), request.form)
    read = read_sheet(form.data["sheet"]) if form.valid else {}
    return _registration(kind, Form(Registration(), defaults=_defaults(kind) | read))


@views.get("/intake/new/subjects")
@audience("intake.register")
def subjects() -> Any:
    """Enterprises of the register while their name is typed: a fragment of the form."""
    return render_template("intake/_subjects.html", **_matches(request.args.get("subject_name", "")))


@views.post("/intake/new/duplicates")
@audience("intake.register")
def duplicates() -> Any:
    """Earlier items that read alike: a fragment beside the form. By POST, for what is typed is nobody else's."""
    form = Form(Comparison(), request.form)
    return render_template("intake/_duplicates.html", **_alike(form.data, form.data.get("facts", "")))


def _kind() -> str:
    kind = request.args.get("kind", "complaint")
    if kind not in KINDS:
        raise NotFound(_("没有这类来件。"))
    return kind


def _defaults(kind: str) -> dict[str, Any]:
    return {
        "channel": KINDS[kind].channels[0],
        "received_on": clock.today().isoformat(),
        "trade": "offline" if kind == "complaint" else "",
        "send_to": "auto",
    }


def _meant(data: dict[str, Any]) -> dict[str, Any]:
    """The form's fields as the operation takes them: where `auto` leads is known once the subject is."""
    send_to = data["send_to"]
    if send_to == "auto":
        unit_id = intake.competent_unit(data["enterprise_id"], actor())
    else:
        unit_id = int(send_to) if send_to.isdecimal() else None
    return data | {"send_to": unit_id}


def _registration(kind: str, form: Form) -> str:
    chosen = form.value("enterprise_id")
    typed = {
        "enterprise_id": int(chosen) if str(chosen).isdecimal() else None,
        "subject_name": form.value("subject_name") or "",
    }
    send_to = [("auto", _("按主体的管辖单位")), ("later", _("先登记，稍后分送")), *_units()]
    return render_template(
        "intake/register.html",
        form=form,
        kind=KINDS[kind],
        kinds=KINDS,
        channel_options=[(key, _(CHANNELS[key])) for key in KINDS[kind].channels],
        category_options=_options(CATEGORIES),
        demand_options=_options(DEMANDS),
        trade_options=_options(TRADES),
        id_kind_options=_options(ID_KINDS),
        send_to_options=send_to,
        **_matches(typed["subject_name"], typed["enterprise_id"]),
        **_alike(typed, form.value("facts") or ""),
    )


def _matches(words: str, chosen: int | None = None) -> dict[str, Any]:
    """What the register knows by a name, the chosen one first."""
    found = registry.search(registry.Search(words=words), actor(), size=SHOWN).rows if len(words.strip()) > 1 else []
    ids = list(dict.fromkeys([*([chosen] if chosen else []), *(row.id for row in found)]))
    known = registry.brief(ids)
    return {
        "matches": [known[one] for one in ids if one in known],
        "chosen": chosen,
        "words": words,
        "unit_names": staff.unit_names(),
    }


def _alike(typed: Mapping[str, Any], facts: str) -> dict[str, Any]:
    found = queries.duplicates(
        actor(), facts=facts, enterprise_id=typed.get("enterprise_id"), subject_name=typed.get("subject_name", "")
    )
    return {"duplicates": found, "facts": facts, "item_kinds": KINDS}


# ---- One item --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Verb:
    """The page of one verb: what it asks, what it will do in words, what is said afterwards."""

    operation: Callable[..., Any]
    schema: type[Schema]
    does: str
    said: str
    danger: bool = False

    @property
    def asks(self) -> bool:
        """Whether there is anything to fill in."""
        return self.schema is not Nothing


VERBS: Mapping[str, Verb] = {
    "distribute": Verb(
        intake.distribute, UnitWithNote, N_("交给有处理权限的单位，由其决定受理或者签收核查。"), N_("已分送。")
    ),
    "return_item": Verb(
        intake.return_item,
        Reason,
        N_("没有处理权限的，退回投诉举报中心重新分送，不得自行转给其他单位。"),
        N_("已退回分送机构。"),
    ),
    "hand_down": Verb(
        intake.hand_down, Unit, N_("由下级市场监管所等机构具体办理，期限不变。"), N_("已交下级机构办理。")
    ),
    "identify": Verb(
        intake.identify, Subject, N_("核对后关联登记的经营主体；已计入信用记录的，随之更正。"), N_("经营主体已确认。")
    ),
    "ask_identity": Verb(
        intake.ask_identity,
        IdentityRequest,
        N_("要求投诉人限期补充身份证明材料，等待时间不计入受理期限。"),
        N_("已要求限期补充。"),
    ),
    "take_identity": Verb(
        intake.take_identity,
        Identity,
        N_("登记投诉人补充的真实身份，受理期限继续计算。信息加密保存。"),
        N_("身份信息已登记。"),
    ),
    "accept": Verb(
        intake.accept,
        Nothing,
        N_("受理后开始计算调解期限，签发投诉受理决定书，并计入该主体的信用记录。"),
        N_("投诉已受理，受理决定书已签发。"),
    ),
    "refuse": Verb(
        intake.refuse,
        OnGround,
        N_("签发投诉不予受理决定书，写明法定情形、理由和救济途径。"),
        N_("已决定不予受理，决定书已签发。"),
    ),
    "settle": Verb(intake.settle, Agreement, N_("双方达成一致，记录协议内容。"), N_("调解成功，请告知双方。")),
    "terminate": Verb(
        intake.terminate,
        OnGround,
        N_("依法定情形终止调解；撤回、不应受理或者滥用权利的，不再计入信用记录。"),
        N_("调解已终止，请告知双方。"),
    ),
    "pause": Verb(intake.pause, Reason, N_("检定、检验、检测、鉴定所需时间不计入期限。"), N_("期限已暂停。")),
    "resume": Verb(intake.resume, Note, N_("检验检测等已有结果，期限继续计算。"), N_("期限恢复计算。")),
    "find_clue": Verb(
        intake.find_clue,
        Clue,
        N_("调解中发现涉嫌违法的，另行登记为线索，由本单位核查；投诉照常办理。"),
        N_("线索已登记，请签收核查。"),
    ),
    "revisit": Verb(
        intake.revisit, Revisit, N_("核实调解协议是否履行；不履行的，计入该主体的信用记录。"), N_("回访已登记。")
    ),
    "sign_for": Verb(intake.sign_for, Nothing, N_("签收后由本单位核查。"), N_("已签收，请在期限内核查。")),
    "ask_extension": Verb(intake.ask_extension, Reason, N_("延长须经负责人批准。"), N_("延期申请已提交，等待批准。")),
    "extend": Verb(intake.extend, Nothing, N_("在原核查期限之后接续计算。"), N_("核查期限已延长。")),
    "deny_extension": Verb(intake.deny_extension, Reason, N_("原核查期限不变。"), N_("未批准延长。")),
    "open_check": Verb(
        intake.open_check,
        Check,
        N_(
            "对该主体立触发式检查案件，不论其风险等级，不计入抽查比例，结果按“检查”公示；仍须审批、通知和两名以上检查人员。"
        ),
        N_("检查案件已建立，等待审批。"),
    ),
    "file": Verb(
        intake.file,
        Reason,
        N_("经核查应予立案，转入案件办理；举报计入该主体的信用记录。"),
        N_("已立案，请告知举报人。"),
    ),
    "decline": Verb(
        intake.decline, OnGround, N_("经核查不予立案，写明法定情形和理由。"), N_("已决定不予立案，请告知举报人。")
    ),
    "hand_over": Verb(
        intake.hand_over,
        HandOver,
        N_("不属于本机关管辖，或者涉嫌犯罪的，移送有处理权限的机关。"),
        N_("已移送，请告知举报人。"),
    ),
    "inform": Verb(intake.inform, Telling, N_("登记告知的方式；举报同时签发处理结果告知书。"), N_("告知已登记。")),
    "archive": Verb(intake.archive, Nothing, N_("归档后不再办理。"), N_("已归档。")),
    "merge": Verb(
        intake.merge, Merge, N_("与先前来件反映同一事项的，并入先前来件一并办理、一并告知。"), N_("已并案。")
    ),
}
"""Every move of both tables, as the page asks for it."""

NEXT: Mapping[tuple[str, ...], tuple[str, ...]] = {
    ("complaint", "registered"): ("distribute",),
    ("complaint", "distributed"): ("accept", "refuse", "ask_identity", "return_item"),
    ("complaint", "awaiting_identity"): ("take_identity", "refuse"),
    ("complaint", "mediating"): ("settle", "terminate"),
    ("clue", "registered"): ("distribute",),
    ("clue", "distributed"): ("sign_for", "return_item"),
    ("clue", "verifying"): ("open_check", "file", "decline", "hand_over"),
}
"""What a state asks to be decided, the usual answer first; of several, a page of its own says what each does."""

DECISIONS = {
    ("complaint", "distributed"): N_("决定是否受理"),
    ("complaint", "awaiting_identity"): N_("身份核验结果"),
    ("complaint", "mediating"): N_("登记调解结果"),
    ("clue", "distributed"): N_("签收或者退回"),
    ("clue", "verifying"): N_("核查与结论"),
}
WAITS = {
    "registered": N_("投诉举报中心分送"),
    "distributed": N_("承办单位受理或者签收"),
    "awaiting_identity": N_("投诉人补充身份证明"),
    "mediating": N_("承办单位调解"),
    "verifying": N_("承办单位核查"),
    "informed": N_("承办单位归档"),
} | dict.fromkeys(OUTCOMES, N_("承办单位告知"))
"""What somebody who has nothing to do reads instead of a button."""


@views.get("/intake/<int:item_id>")
@audience("intake.read")
def item(item_id: int) -> Any:
    found = queries.find(item_id, actor())
    return render_template("intake/item.html", **_about(found), reveal_form=Form(RevealReason()))


@views.get("/intake/<int:item_id>/decide")
@audience("intake.read")
def decide(item_id: int) -> Any:
    """What can be decided now, each with what it does."""
    found = queries.find(item_id, actor())
    return render_template("intake/decide.html", options=_decisions(found, actor()), **_about(found))


@views.route("/intake/<int:item_id>/<verb>", methods=["GET", "POST"])
@audience("intake.read")
def act(item_id: int, verb: str) -> Any:
    """The page of one verb of the tables; whether this person may make the move is asked again when it is made."""
    if verb not in VERBS:
        raise NotFound(_("没有这项办理。"))
    found, known = queries.find(item_id, actor()), VERBS[verb]
    move = queries.kind_of(found).workflow.find(verb, found.state)
    if not actor().may(move.permission or ""):
        raise NotAllowed(_("您的岗位没有办理此事项的权限。"))
    form = Form(known.schema(), request.form if request.method == "POST" else None, defaults=_usual(found, verb))
    if form.valid:
        with form.refusals():
            known.operation(item_id, **form.data, actor=actor())
            goes_away = verb in ("return_item", "distribute") and not staff.sees_unit(actor(), found.org_id)
            return done(_(known.said), ".desk" if goes_away else ".item", **({} if goes_away else {"item_id": item_id}))
    page = render_template(
        "intake/act.html", form=form, verb=verb, move=move, known=known, **_about(found), **_asked(found, verb)
    )
    return page, 422 if form.submitted else 200


@views.post("/intake/<int:item_id>/reveal")
@audience("intake.reveal")
def reveal(item_id: int) -> Any:
    """The informant, whole, for this answer only."""
    form = Form(RevealReason(), request.form)
    found = queries.find(item_id, actor())
    if form.valid:
        with form.refusals():
            person, statement = intake.reveal(item_id, reason=form.data["reason"], actor=actor())
            return render_template(
                "intake/reveal.html", item=found, kind=KINDS[found.kind], person=person, statement=statement,
                id_kinds=ID_KINDS, reason=form.data["reason"],
            )  # fmt: skip
    return render_template("intake/item.html", **_about(found), reveal_form=form), 422


def _about(item: IntakeItem) -> dict[str, Any]:
    """Everything that pages of one item may say: nothing about the informant but a mask."""
    me, kind = actor(), queries.kind_of(item)
    case = queries.case_of(item)
    return {
        "item": item,
        "kind": kind,
        "enterprise": registry.brief([item.enterprise_id]).get(item.enterprise_id) if item.enterprise_id else None,
        "unit": staff.unit(item.org_id),
        "office": staff.unit(item.office_id),
        "deadline": queries.deadline(item),
        "mask": queries.mask_of(item),
        "channels": CHANNELS,
        "categories": CATEGORIES,
        "demand_words": _("、").join(_(DEMANDS[demand]) for demand in item.demands),
        "trades": TRADES,
        "ways": MEDIATION_WAYS,
        "notice_ways": NOTICE_WAYS,
        "ground": _ground_of(item),
        "state_label": _(kind.workflow.label(item.state)),
        "steps": _steps(item),
        "next_step": _next_step(item, me),
        "others": _others(item, me),
        "waits_for": _(WAITS[item.state]) if item.state in WAITS else None,
        "checking": queries.checking(item),
        "case": case,
        "case_state": _(STANDARD.label(case.state)) if case else None,
        "links": queries.links(item, me),
        "has_papers": bool(documents.for_subject("intake_item", item.id, actor=me)),
        "item_kinds": KINDS,
        "events": _events(item),
    }


def _ground_of(item: IntakeItem) -> Any:
    lists = {"refused": "refuse", "terminated": "terminate", "declined": "decline"}
    list_ = lists.get(item.outcome or "")
    return grounds(list_, item.received_on).get(item.ground or "") if list_ else None


def _flow(item: IntakeItem) -> str:
    return "complaint" if item.kind == "complaint" else "clue"


TRACKS = {
    "complaint": ("registered", "distributed", "mediating", "informed", "archived"),
    "clue": ("registered", "distributed", "verifying", "informed", "archived"),
}
"""The usual way of each table."""


def _steps(item: IntakeItem) -> tuple[list[str], str, str | None]:
    """The track: its words, the present one, and the words of an end beside it."""
    flow, label = queries.kind_of(item).workflow, queries.kind_of(item).workflow.label
    states = list(TRACKS[_flow(item)])
    if item.outcome is not None:
        states.insert(3, item.outcome)
        if item.outcome == "refused":
            states.remove("mediating")
    if item.state == "awaiting_identity":
        states[1] = item.state
    if item.state == "merged":
        return [_(label(state)) for state in states], _(label(states[0])), _(flow.label("merged"))
    return [_(label(state)) for state in states], _(label(item.state)), None


@dataclass(frozen=True)
class Step:
    """Something to do: a page, or a button where nothing is asked (`post`)."""

    label: str
    url: str
    post: bool = False
    does: str = ""


def _possible(item: IntakeItem, me: Actor) -> list[Move]:
    """The moves that the table knows here and this person may make, without those that make no sense now."""
    senseless = {
        "pause": item.paused,
        "resume": not item.paused,
        "open_check": item.case_id is not None,
        "ask_extension": item.extension_reason is not None,
        "extend": item.extension_reason is None or item.extended_on is not None or item.extension_asked_by == me.id,
        "deny_extension": item.extension_reason is None or item.extended_on is not None,
        "revisit": item.outcome != "settled" or item.fulfilled is not None,
        "find_clue": item.kind != "complaint",
        "inform": item.state in ("filed", "declined", "handed_over") and not _owed(item),
        "archive": item.state in OUTCOMES and _owed(item),
    }
    moves = queries.kind_of(item).workflow.moves_from(item.state)
    return [move for move in moves if me.may(move.permission or "") and not senseless.get(move.name, False)]


def _owed(item: IntakeItem) -> bool:
    return item.owes_answer or any(one.owes_answer for one in queries.merged(item))


def _step(item: IntakeItem, move: Move) -> Step:
    verb = VERBS[move.name]
    return Step(_(move.label), url_for(".act", item_id=item.id, verb=move.name), post=not verb.asks, does=_(verb.does))


def _decisions(item: IntakeItem, me: Actor) -> list[Step]:
    wanted = NEXT.get((_flow(item), item.state), ())
    moves = {move.name: move for move in _possible(item, me)}
    return [_step(item, moves[name]) for name in wanted if name in moves]


def _next_step(item: IntakeItem, me: Actor) -> Step | None:
    moves = {move.name: move for move in _possible(item, me)}
    if "extend" in moves:
        return Step(_("审批延期申请"), url_for(".act", item_id=item.id, verb="extend"))
    offered = _decisions(item, me)
    if len(offered) > 1:
        return Step(_(DECISIONS[_flow(item), item.state]), url_for(".decide", item_id=item.id))
    if offered:
        return offered[0]
    last = next((moves[name] for name in ("inform", "archive") if name in moves), None)
    return _step(item, last) if last else None


def _others(item: IntakeItem, me: Actor) -> list[Step]:
    first = {"inform", "archive", *NEXT.get((_flow(item), item.state), ())}
    return [_step(item, move) for move in _possible(item, me) if move.name not in first]


def _events(item: IntakeItem) -> list[dict[str, Any]]:
    """What was done, newest first; nothing in the ledger names an informant."""
    flow = queries.kind_of(item).workflow
    labels = {f"{flow.name}.{move.name}": move.label for move in flow.moves} | {
        "intake.register": N_("登记"),
        "intake.reveal": N_("查看投诉举报人信息"),
        "intake.take_back_outcome": N_("检查结果回填"),
        "intake.remind_overdue": N_("逾期催办"),
    }
    return [
        {
            "when": entry.at,
            "title": _(labels[entry.action]),
            "text": _("，").join(filter(None, [_("系统") if entry.actor_id is None else entry.actor_name, entry.note])),
            "kind": {"intake.remind_overdue": "alarm", "intake.reveal": "strong"}.get(entry.action, "plain"),
        }
        for entry in history("intake_item", item.id)
        if entry.action in labels
    ]


# ---- What the pages of single verbs ask ------------------------------------------------------------------------------


def _usual(item: IntakeItem, verb: str) -> dict[str, Any]:
    """The answers that are right nine times in ten."""
    if verb == "distribute":
        return {"org_id": intake.competent_unit(item.enterprise_id, actor())}
    if verb == "ask_identity":
        term = parameters.term("intake.term.supply_identity", item.received_on)
        return {"until": term.due_on(clock.today(), parameters.calendar()).isoformat()}
    if verb == "settle":
        return {"way": "remote"}
    if verb == "inform":
        return {"way": "platform" if item.channel == "platform_12315" else "paper"}
    return {"category": item.category} if verb == "find_clue" else {}


def _asked(item: IntakeItem, verb: str) -> dict[str, Any]:
    """What the page of a verb offers to choose from."""
    offered = {
        "distribute": _offer_units,
        "hand_down": _offer_offices,
        "identify": _offer_subjects,
        "refuse": lambda item: _offer_grounds("refuse", item),
        "terminate": lambda item: _offer_grounds("terminate", item),
        "decline": lambda item: _offer_grounds("decline", item),
        "take_identity": lambda _item: {"id_kind_options": _options(ID_KINDS)},
        "settle": lambda _item: {"way_options": _options(MEDIATION_WAYS)},
        "inform": _offer_notice_ways,
        "find_clue": lambda _item: {"category_options": _options(CATEGORIES)},
        "merge": _offer_firsts,
        "open_check": _offer_check,
    }
    return offered[verb](item) if verb in offered else {}


def _offer_units(item: IntakeItem) -> dict[str, Any]:
    inside = set(staff.subtree(item.office_id))
    return {"unit_options": _units(unit for unit in staff.units(actor()) if unit.id in inside)}


def _offer_offices(item: IntakeItem) -> dict[str, Any]:
    inside = set(staff.subtree(item.org_id)) - {item.org_id}
    return {"unit_options": _units(unit for unit in staff.units() if unit.id in inside)}


def _offer_subjects(item: IntakeItem) -> dict[str, Any]:
    words = request.args.get("subject_name", item.subject_name)
    return _matches(words, item.enterprise_id)


def _offer_grounds(list_: str, item: IntakeItem) -> dict[str, Any]:
    lines = grounds(list_, item.received_on)
    return {"ground_options": [(line.code, _(line.label), line.document) for line in lines.values()]}


def _offer_notice_ways(item: IntakeItem) -> dict[str, Any]:
    return {"way_options": _options(NOTICE_WAYS), "merged": [one for one in queries.merged(item) if one.owes_answer]}


def _offer_firsts(item: IntakeItem) -> dict[str, Any]:
    found = queries.duplicates(
        actor(),
        facts=item.facts,
        enterprise_id=item.enterprise_id,
        subject_name=item.subject_name,
        kind=item.kind,
        beside=[item.id],
    )
    return {"firsts": found}


def _offer_check(item: IntakeItem) -> dict[str, Any]:
    """Items of the list, those of the category's line apart; officers who may be sent; what else is open."""
    today = clock.today()
    listed = [
        (one.line == item.line, (one.code, f"{one.code} {one.name}", one.basis))
        for one in sampling.items_in_force(today)
    ]
    area = staff.county_of()
    units = [unit_id for unit_id, county in area.items() if county == area[item.org_id]]
    names = staff.unit_names()
    lines = [item.line] if item.line else []
    officers = [
        (officer.id, f"{officer.name}（{names[officer.org_id]}）", _("、").join(officer_defects(officer, lines, today)))
        for officer in staff.drawable_officers(today, unit_ids=units)
    ]
    known = item.enterprise_id
    return {
        "near_options": [option for near, option in listed if near],
        "far_options": [option for near, option in listed if not near],
        "officer_options": sorted(officers, key=lambda option: bool(option[2])),
        "visits": cases.visits([known], today.year).get(known, 0) if known else 0,
        "cap": parameters.in_force("cases.annual_cap"),
        "may_approve": actor().may("intake.approve"),
        "open_cases": [row for row in cases.of_enterprise(known, actor()) if row.due_on] if known else [],
    }


# ---- Panels of other pages -------------------------------------------------------------------------------------------


@views.get("/intake/desk-panel")
@audience("intake.read")
def desk_panel() -> Any:
    """Intake on the 工作台: what is due and what waits for this person; nothing at all where there is nothing."""
    me = actor()
    counts = queries.counts(me)
    return render_template("intake/desk_panel.html", counts=counts) if any(counts.values()) else ""


def desk_tasks() -> Iterator[Task]:
    """The items in the reader's hands, and the extensions that he decides."""
    me = actor()
    asked = queries.to_approve(me) if me.may("intake.approve") else ()
    rows = queries.desk(me, size=TURNS).rows if me.may("intake.triage") else ()
    names = registry.brief({row.enterprise_id for row in (*asked, *rows) if row.enterprise_id is not None})
    units = queries.units_of([*asked, *rows])
    known = {row.id: (row, _verb(row)) for row in rows} | {row.id: (row, N_("审批延期申请")) for row in asked}
    for row, verb in known.values():
        kind = KINDS[row.kind]
        label = _(kind.workflow.label(row.state))
        yield Task(
            names[row.enterprise_id].name if row.enterprise_id in names else row.subject_name,
            _("%(kind)s %(number)s · %(state)s", kind=_(kind.label), number=row.number, state=label),
            _(verb), url_for("intake.item", item_id=row.id), row.due_on,
            queries.days_left(row.due_on, working=units[row.id] == "working"), units[row.id], row.paused,
        )  # fmt: skip


def _verb(row: Any) -> str:
    """What is usually done next with an item of a list."""
    flow = KINDS[row.kind].workflow
    first = "complaint" if row.kind == "complaint" else "clue"
    usual = NEXT.get((first, row.state), ("inform",))
    if len(usual) > 1:
        return DECISIONS[first, row.state]
    return next((move.label for move in flow.moves_from(row.state) if move.name in (*usual, "archive")), N_("办理"))


TURNS = 12
"""So many items at most come to the desk of one person."""


@views.get("/intake/of-enterprise/<int:enterprise_id>")
@audience("registry.read")
def enterprise_panel(enterprise_id: int) -> Any:
    """What came in about an enterprise, in numbers; who may handle items is led to them."""
    registry.find(enterprise_id, actor())
    rows = queries.of_enterprise(enterprise_id, actor()) if actor().may("intake.read") else ()
    return render_template(
        "intake/enterprise_panel.html", tally=queries.tally(enterprise_id), rows=rows, **_about_rows(rows)
    )


@views.get("/intake/of-case/<int:case_id>")
@audience("cases.read")
def case_panel(case_id: int) -> Any:
    """What a triggered check is to find out, for those who make it: the redacted facts, nobody behind them."""
    case = cases.find(case_id, actor())
    found = queries.of_case(case_id)
    if found is None or not (actor().officer_id in case.officer_ids or actor().may("intake.read")):
        return ""
    return render_template("intake/case_panel.html", item=found, kind=KINDS[found.kind], categories=CATEGORIES)
