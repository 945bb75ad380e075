"""Nouns of the disclosure room: what the public may see, and where each publication stands for the staff."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ARRAY, ColumnElement, Row, Select, Text, cast, func, select
from sqlalchemy.orm import InstrumentedAttribute, aliased

from casework.accounts import queries as staff
from casework.cases import queries as cases
from casework.core import clock, parameters
from casework.core.actor import SYSTEM, Actor
from casework.core.db import Base, session, streamed
from casework.core.errors import NotFound
from casework.core.i18n import _
from casework.core.paging import Page, page
from casework.disclosure.models import Publication, Withdrawal
from casework.disclosure.rules import CHECK_RESULT, SHORTEST_SEARCH, is_code, pairs, search_key
from casework.registry import queries as registry
from casework.sampling import queries as sampling

PAPER_TAKES = timedelta(minutes=10)
"""A paper without its PDF for so long needs somebody to look."""

MISSED_AFTER = timedelta(hours=1)
"""A release that is not public after so long was missed."""

FOUND = 20
"""So many enterprises a search shows; who sees more types more of the name."""

# ---- Results in force ------------------------------------------------------------------------------------------------

LISTED = (
    Publication.id,
    Publication.number,
    Publication.type,
    Publication.enterprise_name,
    Publication.enterprise_code,
    Publication.edition,
    Publication.outcome,
    Publication.published_on,
    Publication.facts,
)
"""What a public list shows of a result."""

IN_FORCE = Publication.state == "published"


def results(
    *,
    area: str = "",
    item: str = "",
    month: str = "",
    q: str = "",
    task: int | None = None,
    enterprise_id: int | None = None,
    after: str | None = None,
    before: str | None = None,
    size: int = 25,
) -> Page:
    """One page of the results in force, newest first, with the columns of LISTED.

    `area` is a division code, `item` an item's code, `month` like 2026-03, `task` the id of a campaign; `q` holds words
    of a name, or the beginning of a code.
    """
    statement = select(*LISTED).where(IN_FORCE)
    if area:
        statement = statement.where(Publication.division_code == area)
    if item:
        statement = statement.where(_has_all(Publication.item_codes, [item]))
    if month:
        statement = statement.where(Publication.published_on.between(*_days_of(month)))
    if task is not None:
        statement = statement.where(Publication.campaign_id == task)
    if enterprise_id is not None:
        statement = statement.where(Publication.enterprise_id == enterprise_id)
    for word in q.split():
        statement = statement.where(_about(word))
    keys = [Publication.published_on, Publication.id]
    return page(statement, keys, after=after, before=before, size=size, descending=True)


def _days_of(month: str) -> tuple[date, date]:
    first = date.fromisoformat(f"{month}-01")
    return first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)


def _about(word: str) -> ColumnElement[bool]:
    """Results of an enterprise whose code begins like the word, or whose name has all its pairs of characters."""
    if is_code(word):
        return Publication.enterprise_code.startswith(search_key(word))
    return _has_all(Publication.name_pairs, pairs(word))


def _has_all(column: InstrumentedAttribute[list[str]], values: Sequence[str]) -> ColumnElement[bool]:
    return column.op("@>")(cast(values, ARRAY(Text)))


def months() -> list[str]:
    """`2026-03` … of every month since the first result in force, newest first."""
    first, last = session.scalars(select(func.min(Publication.published_on)).where(IN_FORCE)).one(), clock.today()
    if first is None:
        return []
    count = (last.year - first.year) * 12 + last.month - first.month
    numbers = [first.year * 12 + first.month - 1 + step for step in range(count, -1, -1)]
    return [f"{number // 12}-{number % 12 + 1:02}" for number in numbers]


def years() -> list[int]:
    """Every year since the first result in force, newest first."""
    return sorted({int(month[:4]) for month in months()}, reverse=True)


def published_in(year: int) -> int:
    """How many results in force were published in a year."""
    days = date(year, 1, 1), date(year, 12, 31)
    return session.scalars(select(func.count()).where(IN_FORCE, Publication.published_on.between(*days))).one()


def each_result(year: int | None) -> Iterator[Row[Any]]:
    """All results in force with the columns of LISTED, oldest first, in flat memory."""
    statement = select(*LISTED).where(IN_FORCE).order_by(Publication.published_on, Publication.id)
    if year is not None:
        statement = statement.where(Publication.published_on.between(date(year, 1, 1), date(year, 12, 31)))
    return streamed(statement)


# ---- Facts -----------------------------------------------------------------------------------------------------------


def facts_to_publish(case_id: int, edition_no: int) -> dict[str, Any]:
    """What is frozen as a publication: the released facts (`cases.result_facts`) with plan and task of the draw.

    `task` is None for a check outside the draw, else `{id, number, title, directed, plan: {number, title} | None}`.
    """
    facts = cases.result_facts(case_id, edition_no)
    case = cases.find(case_id, SYSTEM)
    return {**facts, "task": _task(case.origin_id) if case.origin_kind == "draw" else None}


def _task(campaign_id: int) -> dict[str, Any]:
    campaign = sampling.campaign(campaign_id, SYSTEM)
    plan, line = Base.metadata.tables["plan"], Base.metadata.tables["plan_line"]
    planned = session.execute(
        select(plan.c.filed_no, plan.c.title)
        .join(line, line.c.plan_id == plan.c.id)
        .where(line.c.id == campaign.plan_line_id)
    ).first()
    return {
        "id": campaign.id,
        "number": campaign.number,
        "title": campaign.title,
        "directed": campaign.directed,
        "plan": {"number": planned.filed_no, "title": planned.title} if planned else None,
    }


def paper_facts(publication: Publication) -> dict[str, Any]:
    """The facts of the paper (kind `check_result`); papers are Chinese whatever the reader's language."""
    facts = publication.facts
    return {
        "enterprise": {"name": publication.enterprise_name, "code": publication.enterprise_code},
        "inspection_kind": publication.type,
        "task": _task_on_paper(facts["task"]) if facts["task"] else None,
        "inspected_by": facts["organ"]["name"],
        "finished_on": date.fromisoformat(facts["checked_on"]) if facts["checked_on"] else publication.finished_on,
        "results": [
            {"item": item["name"], "results": [result["label"] for result in item["results"]]}
            for item in facts["items"]
            if item["results"]
        ],
        "correction": facts["correction_reason"] if publication.edition > 1 else None,
    }


def _task_on_paper(task: Mapping[str, Any]) -> dict[str, str]:
    plan = task["plan"] or {"number": None, "title": "临时抽查任务"}
    return {
        "plan_number": plan["number"] or "—",
        "plan_title": plan["title"],
        "task_number": task["number"],
        "task_title": task["title"],
        "draw_type": "定向" if task["directed"] else "不定向",
    }


def missed() -> Sequence[tuple[int, int]]:
    """(case, edition) of the results that were released an hour ago or more and are not public, oldest first."""
    release = Base.metadata.tables["case_release"]
    known = select(Publication.id).where(
        Publication.kind == CHECK_RESULT,
        Publication.subject_id == release.c.case_id,
        Publication.edition == release.c.edition,
    )
    statement = select(release.c.case_id, release.c.edition).where(
        release.c.released_at < clock.now() - MISSED_AFTER, ~known.exists()
    )
    return session.execute(statement.order_by(release.c.released_at)).all()


# ---- Plans that were published ---------------------------------------------------------------------------------------


def plans() -> Sequence[Row[Any]]:
    """The annual plans that were published, newest first, superseded versions too.

    Rows: id, org_id, year, version, title, state, reason, filed_no, published_on.
    """
    plan = Base.metadata.tables["plan"]
    columns = [
        plan.c[name]
        for name in ("id", "org_id", "year", "version", "title", "state", "reason", "filed_no", "published_on")
    ]
    order = plan.c.year.desc(), plan.c.org_id, plan.c.version.desc()
    return session.execute(select(*columns).where(plan.c.published_on.is_not(None)).order_by(*order)).all()


# ---- One result, one enterprise --------------------------------------------------------------------------------------


def editions(number: str) -> Sequence[Publication]:
    """All editions of one result, newest first; NotFound where nothing was ever published under this number."""
    statement = select(Publication).where(Publication.number == number).order_by(Publication.edition.desc())
    found = session.scalars(statement).all()
    if not found:
        raise NotFound(_("没有编号为 %(number)s 的公示结果，请核对编号。检查尚未完成的，还没有结果。", number=number))
    return found


def is_published(number: str) -> bool:
    """Whether something was ever published under this number."""
    return session.scalar(select(Publication.id).where(Publication.number == number).limit(1)) is not None


def granted_withdrawal(publication: Publication) -> Withdrawal | None:
    """Who took a publication back, when and why; None while it was not."""
    return next((wish for wish in publication.withdrawals if wish.granted), None)


def open_withdrawal(publication: Publication) -> Withdrawal | None:
    """The request that waits for the second person."""
    return next((wish for wish in publication.withdrawals if wish.granted is None), None)


def withdrawn_of(enterprise_id: int) -> Sequence[Publication]:
    """Results of an enterprise that were taken back and not published again, the latest first."""
    statement = select(Publication).where(
        Publication.enterprise_id == enterprise_id, Publication.state == "withdrawn", ~_published_again()
    )
    return session.scalars(statement.order_by(Publication.ended_at.desc())).all()


def withdrawn_in(campaign_id: int) -> int:
    """How many results of one draw were taken back and not published again."""
    statement = select(func.count(Publication.id)).where(
        Publication.campaign_id == campaign_id, Publication.state == "withdrawn", ~_published_again()
    )
    return session.scalars(statement).one()


def _published_again() -> ColumnElement[bool]:
    """Whether a later edition of the same result was published."""
    later = aliased(Publication)
    return select(later.id).where(later.number == Publication.number, later.edition > Publication.edition).exists()


@dataclass(frozen=True)
class Found:
    """An enterprise in a public search: name and code, how many results in force it has, the day of the latest."""

    name: str
    code: str
    results: int = 0
    latest_on: date | None = None


def enterprises(q: str) -> tuple[list[Found], list[Found], bool]:
    """Enterprises by name or code: those with results in force, others, and whether there are more with results."""
    words = [word for word in q.split() if is_code(word) or len(search_key(word)) >= SHORTEST_SEARCH]
    if not words:
        return [], [], False
    latest = func.max(Publication.published_on)
    rows = session.execute(
        select(Publication.enterprise_id, func.count(), latest)
        .where(IN_FORCE, *map(_about, words))
        .group_by(Publication.enterprise_id)
        .order_by(latest.desc(), Publication.enterprise_id)
        .limit(FOUND + 1)
    ).all()
    more, rows = len(rows) > FOUND, rows[:FOUND]
    known = registry.brief(enterprise_id for enterprise_id, *_numbers in rows)
    first = [Found(known[one].name, known[one].number, results, latest_on) for one, results, latest_on in rows]
    if more:
        return first, [], True
    listed = registry.search(registry.Search(words=" ".join(words)), SYSTEM, size=FOUND).rows
    return first, [Found(row.name, row.uscc or row.reg_no) for row in listed if row.id not in known], False


# ---- For the staff ---------------------------------------------------------------------------------------------------

ROW = (
    Publication.id,
    Publication.number,
    Publication.edition,
    Publication.type,
    Publication.state,
    Publication.enterprise_name,
    Publication.enterprise_code,
    Publication.org_id,
    Publication.outcome,
    Publication.due_on,
    Publication.published_on,
    Publication.ended_at,
    Publication.document_id,
)
"""What a list of the staff shows."""

_ASKED = select(Withdrawal.publication_id).where(Withdrawal.granted.is_(None))


def _visible(statement: Select[Any], actor: Actor) -> Select[Any]:
    return staff.visible(statement, actor, unit=Publication.org_id, line=Publication.line)


def find(publication_id: int, actor: Actor) -> Publication:
    """One publication that the actor may see, else NotFound."""
    found = session.scalars(_visible(select(Publication).where(Publication.id == publication_id), actor)).first()
    if found is None:
        raise NotFound(_("没有这个公示事项，或者不在您的辖区和业务范围内。"))
    return found


def edition(case_id: int, number: int) -> Publication | None:
    """One edition of the result of a case."""
    return session.scalars(
        select(Publication).where(
            Publication.kind == CHECK_RESULT, Publication.subject_id == case_id, Publication.edition == number
        )
    ).first()


def publications(
    actor: Actor,
    *,
    state: str = "published",
    q: str = "",
    org_id: int | None = None,
    after: str | None = None,
    before: str | None = None,
) -> Page:
    """One page of publications, newest first, with the columns of ROW.

    `state` is one of PUBLICATION, or `asked`: a request to take it back waits.
    """
    statement = _visible(select(*ROW), actor)
    statement = statement.where(Publication.id.in_(_ASKED) if state == "asked" else Publication.state == state)
    for word in q.split():
        statement = statement.where(_about(word) if len(word) > 1 else Publication.enterprise_name.contains(word))
    if org_id is not None:
        statement = statement.where(Publication.org_id.in_(staff.subtree(org_id)))
    return page(statement, [Publication.id], after=after, before=before, size=50, descending=True)


def of_enterprise(enterprise_id: int, actor: Actor) -> Sequence[Row[Any]]:
    """Every edition about one enterprise that the actor may see, newest first, with the columns of ROW."""
    statement = _visible(select(*ROW), actor).where(Publication.enterprise_id == enterprise_id)
    return session.execute(statement.order_by(Publication.id.desc()).limit(50)).all()


def to_publish(actor: Actor, *, due: str = "", after: str | None = None, before: str | None = None) -> Page:
    """Results that passed the leader's review and wait for their release, most urgent first: rows of `cases.docket`."""
    return cases.docket(actor, state="releasing", due=due, after=after, before=before, size=50)


def working_days_left(due_on: date) -> int:
    """Working days from today until a day; negative when it has passed."""
    return parameters.calendar().between(clock.today(), due_on)


@dataclass(frozen=True)
class Waiting:
    """What the desk shows: results to be published, requests for the second person, papers without their PDF."""

    overdue: int
    this_week: int
    more: bool
    asked: int
    papers: int

    @property
    def anything(self) -> bool:
        return bool(self.overdue or self.this_week or self.asked or self.papers)


def waiting(actor: Actor) -> Waiting:
    """What waits for this person, as far as they may do something about it."""
    overdue, soon = (to_publish(actor, due=due) for due in ("overdue", "week"))
    document = Base.metadata.tables["document"]
    asked = select(func.count(Publication.id)).where(Publication.id.in_(_ASKED.where(Withdrawal.asked_by != actor.id)))
    papers = (
        select(func.count(Publication.id))
        .join(document, document.c.id == Publication.document_id)
        .where(IN_FORCE, document.c.pdf_sha256.is_(None), Publication.published_at < clock.now() - PAPER_TAKES)
    )
    return Waiting(
        overdue=len(overdue.rows),
        this_week=len(soon.rows),
        more=bool(overdue.older or soon.older),
        asked=session.scalars(_visible(asked, actor)).one(),
        papers=session.scalars(_visible(papers, actor)).one(),
    )
