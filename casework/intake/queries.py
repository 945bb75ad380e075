"""Nouns of the intake room: the desk, one item, its clock and links, duplicates; informants masked or found by key."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ARRAY, ColumnElement, Select, Text, and_, cast, exists, func, or_, select

from casework.accounts import queries as staff
from casework.cases import queries as cases
from casework.cases.rules import RELEASED
from casework.core import clock, parameters
from casework.core.actor import SYSTEM, Actor
from casework.core.calendar import Term
from casework.core.db import session
from casework.core.deadlines import due_within
from casework.core.errors import NotFound
from casework.core.i18n import _
from casework.core.paging import Page, page
from casework.intake import sealing
from casework.intake.models import Informant, IntakeItem, IntakePause
from casework.intake.rules import (
    KINDS,
    WAITING_FOR,
    Clock,
    Kind,
    Pause,
    Person,
    due_on,
    likeness,
    mask_name,
    mask_number,
    running_clock,
)
from casework.registry import queries as registry

MOST_COMPARED = 50
"""So many earlier items about a subject a new one is compared with."""
MOST_NAMED = 500
"""So many enterprises of one name the desk looks for; whoever finds more must be told apart by code."""

# ---- Which items -----------------------------------------------------------------------------------------------------

ROW = (
    IntakeItem.id, IntakeItem.number, IntakeItem.kind, IntakeItem.channel, IntakeItem.category, IntakeItem.state,
    IntakeItem.enterprise_id, IntakeItem.subject_name, IntakeItem.org_id, IntakeItem.received_on, IntakeItem.due_on,
    IntakeItem.case_id, IntakeItem.extension_reason, IntakeItem.extended_on,
    exists().where(
        IntakePause.item_id == IntakeItem.id, IntakePause.until.is_(None), IntakePause.cause == "testing"
    ).label("paused"),
)  # fmt: skip
"""What a list shows of an item: nothing of its facts, nobody behind it."""


def find(item_id: int, actor: Actor) -> IntakeItem:
    """One item that the actor may see, or NotFound: it is in their subtree and of their lines."""
    found = session.scalars(_visible(select(IntakeItem).where(IntakeItem.id == item_id), actor)).first()
    if found is None:
        raise NotFound(_("没有这一来件，或者不在您的辖区和业务范围内。"))
    return found


def _visible(statement: Select[Any], actor: Actor) -> Select[Any]:
    return staff.visible(statement, actor, unit=IntakeItem.org_id, line=IntakeItem.line)


def desk(
    actor: Actor,
    *,
    waiting_for: str = "",
    kind: str = "",
    channel: str = "",
    category: str = "",
    due: str = "",
    org_id: int | None = None,
    q: str = "",
    after: str | None = None,
    before: str | None = None,
    size: int = 50,
) -> Page:
    """One page of the items that the actor may see, with the columns of ROW.

    `waiting_for` is a key of WAITING_FOR, or `ended`; open items come in the order of their clocks, ended ones newest
    first. `due` is overdue, today or week; `q` is a number (also the platform's), a name or a code.
    """
    ended = waiting_for == "ended"
    statement = _visible(select(*ROW), actor)
    statement = statement.where(IntakeItem.due_on.is_(None) if ended else IntakeItem.due_on.is_not(None))
    if waiting_for in WAITING_FOR:
        statement = statement.where(IntakeItem.state.in_(WAITING_FOR[waiting_for]))
    for column, value in ((IntakeItem.kind, kind), (IntakeItem.channel, channel), (IntakeItem.category, category)):
        if value:
            statement = statement.where(column == value)
    if due and not ended:
        statement = statement.where(due_within(IntakeItem.due_on, due))
    if org_id is not None:
        statement = statement.where(IntakeItem.org_id.in_(staff.subtree(org_id)))
    if q:
        statement = statement.where(_about(q, actor))
    keys = [IntakeItem.id] if ended else [IntakeItem.due_on, IntakeItem.id]
    return page(statement, keys, after=after, before=before, size=size, descending=ended)


def _about(q: str, actor: Actor) -> ColumnElement[bool]:
    """Items of that number, or about a subject that is called so or has that code."""
    found = registry.search(registry.Search(words=q), actor, size=MOST_NAMED).rows
    return or_(
        IntakeItem.number.endswith(q.strip().upper(), autoescape=True),
        IntakeItem.external_no == q.strip(),
        IntakeItem.subject_name.contains(q.strip(), autoescape=True),
        IntakeItem.enterprise_id.in_([row.id for row in found]),
    )


EXTENSION_ASKED = and_(IntakeItem.extension_reason.is_not(None), IntakeItem.extended_on.is_(None))
"""Items for which somebody asks more time."""


def to_approve(actor: Actor) -> Sequence[Any]:
    """Items that wait for an approver, most urgent first, with the columns of ROW."""
    statement = _visible(select(*ROW).where(IntakeItem.due_on.is_not(None), EXTENSION_ASKED), actor)
    return session.execute(statement.order_by(IntakeItem.due_on, IntakeItem.id).limit(50)).all()


def counts(actor: Actor) -> dict[str, int]:
    """How many open items the actor has, by what they wait for; and how many are overdue or end today."""
    columns = {key: func.count().filter(IntakeItem.state.in_(states)) for key, states in WAITING_FOR.items()}
    columns |= {due: func.count().filter(due_within(IntakeItem.due_on, due)) for due in ("overdue", "today")}
    statement = _visible(select(*columns.values()).where(IntakeItem.due_on.is_not(None)), actor)
    return dict(zip(columns, session.execute(statement).one(), strict=True))


def of_enterprise(enterprise_id: int, actor: Actor) -> Sequence[Any]:
    """The items about an enterprise that the actor may see, newest first, with the columns of ROW."""
    statement = _visible(select(*ROW).where(IntakeItem.enterprise_id == enterprise_id), actor)
    return session.execute(statement.order_by(IntakeItem.received_on.desc(), IntakeItem.id.desc()).limit(20)).all()


@dataclass(frozen=True)
class Tally:
    """What came in about an enterprise in twelve months: complaints accepted, reports filed; and what is open now."""

    complaints: int
    reports: int
    open: int


def tally(enterprise_id: int) -> Tally:
    """Counts about one enterprise, whoever asks: nothing in them leads to a person."""
    since = clock.today() - timedelta(days=365)
    recent = IntakeItem.received_on > since
    statement = select(
        func.count().filter(recent, IntakeItem.kind == "complaint", IntakeItem.accepted_on.is_not(None)),
        func.count().filter(recent, IntakeItem.kind == "report", IntakeItem.outcome == "filed"),
        func.count().filter(IntakeItem.due_on.is_not(None)),
    ).where(IntakeItem.enterprise_id == enterprise_id)
    return Tally(*session.execute(statement).one())


def of_case(case_id: int) -> IntakeItem | None:
    """The item that set a case off."""
    return session.scalars(select(IntakeItem).where(IntakeItem.case_id == case_id)).first()


def chain_of(item: IntakeItem) -> str:
    """What names the chain of events (事件链) that began with a message: the number under which it first came."""
    first = session.get(IntakeItem, item.from_item_id) if item.from_item_id else None
    return (first or item).number


@dataclass(frozen=True)
class Link:
    """Another item that belongs to one, and how."""

    item: IntakeItem
    how: str


def links(item: IntakeItem, actor: Actor) -> list[Link]:
    """Items of the same message, found through one another, or merged one into the other; those that the actor sees."""
    related = or_(
        IntakeItem.id.in_([one for one in (item.from_item_id, item.merged_into_id) if one is not None]),
        IntakeItem.from_item_id == item.id,
        IntakeItem.merged_into_id == item.id,
    )
    found = session.scalars(_visible(select(IntakeItem).where(related), actor).order_by(IntakeItem.id))
    return [Link(one, _how(item, one)) for one in found]


def _how(item: IntakeItem, other: IntakeItem) -> str:
    if item.merged_into_id == other.id:
        return _("本件已并入该件")
    if other.merged_into_id == item.id:
        return _("已并入本件")
    if (item.relation if item.from_item_id == other.id else other.relation) == "twin":
        return _("同一来件，分别办理")
    return _("本件由该件办理中发现") if item.from_item_id == other.id else _("办理本件中发现")


def merged(item: IntakeItem) -> Sequence[IntakeItem]:
    """The items that were merged into one."""
    return session.scalars(select(IntakeItem).where(IntakeItem.merged_into_id == item.id).order_by(IntakeItem.id)).all()


# ---- Duplicates ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Duplicate:
    """An earlier item that may be about the same: `likeness` of the facts in percent."""

    item: IntakeItem
    likeness: int


def duplicates(
    actor: Actor,
    *,
    facts: str,
    enterprise_id: int | None = None,
    subject_name: str = "",
    kind: str = "",
    beside: Collection[int] = (),
) -> list[Duplicate]:
    """Earlier items about the same subject that read alike, the likest first; those that the actor may see."""
    if enterprise_id is None and not subject_name:
        return []
    known = parameters.value("intake.duplicate")
    about = IntakeItem.enterprise_id == enterprise_id if enterprise_id else IntakeItem.subject_name == subject_name
    statement = select(IntakeItem).where(
        about,
        IntakeItem.received_on >= clock.today() - timedelta(days=known["days"]),
        IntakeItem.state != "merged",
        IntakeItem.id.not_in(beside),
    )
    if kind:
        statement = statement.where(IntakeItem.kind == kind)
    earlier = session.scalars(_visible(statement, actor).order_by(IntakeItem.id.desc()).limit(MOST_COMPARED))
    found = [Duplicate(item, likeness(facts, item.facts)) for item in earlier]
    alike = [one for one in found if one.likeness >= known["similarity_percent"]]
    return sorted(alike, key=lambda one: -one.likeness)[: known["shown"]]


# ---- The clock -------------------------------------------------------------------------------------------------------


def kind_of(item: IntakeItem | Any) -> Kind:
    """What kind of item this is."""
    return KINDS[item.kind]


@dataclass(frozen=True)
class Deadline:
    """The running clock of an item: its last day, days left (negative: overdue) in a unit, the rule it rests on."""

    due_on: date
    left: int
    unit: str
    rule: str
    paused: bool


def clock_of(item: IntakeItem) -> Clock | None:
    """Which clock runs in the present step."""
    return running_clock(kind_of(item), item.state, category=item.category, owes_answer=item.owes_answer)


def step_due_on(item: IntakeItem) -> date | None:
    """The last day of the present step, by the rules in force on the day on which the item was received."""
    running = clock_of(item)
    if running is None:
        return item.identity_until
    return due_on(
        _term(item, running), _start(item, running), _pauses(item, running), parameters.calendar(), clock.today()
    )


def _term(item: IntakeItem, running: Clock) -> Term:
    """The term with its extension."""
    term = parameters.term(running.term, item.received_on)
    if item.extended_on is None or running.pauses != "verify":
        return term
    more = parameters.term("intake.term.verify_extension", item.received_on)
    return Term(term.days + more.days, term.working, term.rule)


def _start(item: IntakeItem, running: Clock) -> date:
    start: date = getattr(item, running.since)
    return start


def _pauses(item: IntakeItem, running: Clock) -> list[Pause]:
    causes = parameters.value("intake.pauses", item.received_on).get(running.pauses, ())
    return [Pause(one.cause, one.since, one.until) for one in item.pauses if one.cause in causes]


def days_left(due: date, *, working: bool = True) -> int:
    """Days from today until a day; negative when it has passed."""
    return parameters.calendar().between(clock.today(), due) if working else (due - clock.today()).days


def units_of(rows: Iterable[Any]) -> dict[int, str]:
    """For the rows of a list, whether what is left is counted in `working` or `natural` days, by id."""
    mediation = {row.received_on for row in rows if row.state == "mediating"}
    natural = {day for day in mediation if not parameters.term("intake.term.mediate", day).working}
    return {row.id: "natural" if row.state == "mediating" and row.received_on in natural else "working" for row in rows}


def deadline(item: IntakeItem) -> Deadline | None:
    """The clock as a page shows it."""
    if item.due_on is None:
        return None
    running = clock_of(item)
    if running is None:
        rule = _("投诉人应在此日前补充身份证明；逾期不补充的，可以不予受理。补充所用时间不计入受理期限。")
        return Deadline(item.due_on, days_left(item.due_on), "working", rule, paused=False)
    term, start = _term(item, running), _start(item, running)
    rule = _(
        "%(label)s：自 %(start)s 起 %(days)s %(unit)s（%(document)s）",
        label=_(parameters.definitions()[running.term].label),
        start=start.isoformat(),
        days=term.days,
        unit=_("个工作日") if term.working else _("天"),
        document=term.rule,
    )
    if item.extended_on is not None and running.pauses == "verify":
        rule += _("，含经批准延长的期限")
    if _pauses(item, running):
        rule += _("，已扣除不计入期限的时间")
    unit = "working" if term.working else "natural"
    return Deadline(item.due_on, days_left(item.due_on, working=term.working), unit, rule, paused=item.paused)


# ---- The check that an item set off ----------------------------------------------------------------------------------


def checking(item: IntakeItem) -> bool:
    """Whether a check was ordered whose result is not approved yet."""
    return item.case_id is not None and cases.find(item.case_id, SYSTEM).state not in RELEASED


def case_of(item: IntakeItem) -> Any:
    """The case that an item set off, or None."""
    return None if item.case_id is None else cases.find(item.case_id, SYSTEM)


# ---- Who stands behind an item ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Mask:
    """What everybody who handles an item sees of its informant: a number, and a name and telephone in part."""

    number: int
    name: str
    phone: str | None
    id_number: str | None
    has_address: bool
    has_statement: bool


def mask_of(item: IntakeItem) -> Mask | None:
    """The informant of an item, masked; None where nobody is known."""
    if item.informant_id is None:
        return None
    told = _told(item.informant_id)
    name, phone, id_number = told.get("name"), told.get("phone"), told.get("id_number")
    return Mask(
        number=item.informant_id,
        name=mask_name(name) if name else _("匿名"),
        phone=mask_number(phone) if phone else None,
        id_number=mask_number(id_number, head=4) if id_number else None,
        has_address=bool(told.get("address")),
        has_statement=bool(told.get("statement")),
    )


def person_of(item: IntakeItem) -> Person | None:
    """Whole, for the operations of this room: to keep him out of texts, and to reveal him on a stated reason."""
    if item.informant_id is None:
        return None
    told = _told(item.informant_id)
    return Person(**{name: told.get(name) for name in Person.__dataclass_fields__})


def statement_of(item: IntakeItem) -> str:
    """The message in the informant's own words, where they differ from the redacted facts."""
    told = _told(item.informant_id) if item.informant_id is not None else {}
    return told.get("statement") or item.facts


def _told(informant_id: int) -> dict[str, str | None]:
    return sealing.unseal(session.scalars(select(Informant.sealed).where(Informant.id == informant_id)).one())


def same_informant(one: IntakeItem, other: IntakeItem) -> bool:
    """Whether two items seem to come from one person: a name, telephone or identity number in common."""
    if one.informant_id is None or other.informant_id is None:
        return False
    keys = select(Informant.keys).where(Informant.id == other.informant_id).scalar_subquery()
    same = select(Informant.id).where(Informant.id == one.informant_id, Informant.keys.op("&&")(keys))
    return session.scalar(same) is not None


def by_informant(text: str, actor: Actor) -> Sequence[Any]:
    """The items of whoever has this name or number, as far as the actor sees them, newest first, with ROW's columns."""
    theirs = select(Informant.id).where(Informant.keys.op("@>")(cast([sealing.key_of(text)], ARRAY(Text))))
    statement = _visible(select(*ROW).where(IntakeItem.informant_id.in_(theirs)), actor)
    return session.execute(statement.order_by(IntakeItem.id.desc()).limit(100)).all()


def informant_words(item: IntakeItem) -> str:
    """How papers and lists speak of the informant: `举报人（编号 12）`."""
    if item.informant_id is None:
        return item.sender or _("匿名")
    return _("%(who)s（编号 %(number)s）", who=_(kind_of(item).informant), number=item.informant_id)
