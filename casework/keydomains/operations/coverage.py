"""全覆盖重点检查: a bureau's plan for a domain, and the cases that it opens when an object's minimum comes due."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any

from sqlalchemy.dialects import postgresql

from casework.accounts import queries as staff
from casework.cases import operations as cases
from casework.cases import queries as case_queries
from casework.cases.rules import Item, NewCase, Origin
from casework.core import clock, parameters
from casework.core.actor import Actor
from casework.core.db import flush_or_refuse, session
from casework.core.errors import NotFound, Refusal
from casework.core.i18n import _
from casework.core.ledger import move, record
from casework.documents import operations as documents
from casework.documents import queries as document_queries
from casework.keydomains import queries
from casework.keydomains.domains import DOMAINS
from casework.keydomains.models import CoverageBatch, CoveragePlan
from casework.keydomains.rules import COVERAGE, Colleague, teams
from casework.registry import queries as registry
from casework.sampling import pool
from casework.sampling import queries as sampling
from casework.sampling.rules import Demands, not_sent_because

TOGETHER = "+"
"""Between the trades of objects that carry on several."""

SERIES = "检"
"""Of the numbers of coverage plans, beside those of draws."""


def plan_coverage(
    *,
    org_id: int,
    domain: str,
    year: int,
    title: str,
    monthly_most: int,
    officers_per_case: int,
    actor: Actor,
) -> CoveragePlan:
    """Drafts the plan of a bureau for a domain and year. A second one is refused."""
    _check(org_id, domain, year, officers_per_case, actor)
    plan = CoveragePlan(
        org_id=org_id,
        domain=domain,
        year=year,
        title=title,
        monthly_most=monthly_most,
        officers_per_case=officers_per_case,
        author_id=actor.id,
        author_name=actor.name,
        made_at=clock.now(),
    )
    session.add(plan)
    flush_or_refuse(_("该机构本年度已有这个领域的全覆盖检查计划。"), field="domain")
    record("keydomains.plan_coverage", plan, actor=actor, after={"domain": domain, "year": year, "title": title})
    return plan


def change_coverage(
    plan_id: int, *, title: str, monthly_most: int, officers_per_case: int, actor: Actor
) -> CoveragePlan:
    """Changes a plan that nobody has been asked to approve yet."""
    plan = _locked(plan_id, actor)
    if plan.state != COVERAGE.initial:
        raise Refusal(_("计划已经提交，不能修改；需要修改的，请先退回。"))
    _check(plan.org_id, plan.domain, plan.year, officers_per_case, actor)
    before = {"monthly_most": plan.monthly_most}
    plan.title, plan.monthly_most, plan.officers_per_case = title, monthly_most, officers_per_case
    record("keydomains.change_coverage", plan, actor=actor, before=before, after={"monthly_most": monthly_most})
    return plan


def _check(org_id: int, domain: str, year: int, officers_per_case: int, actor: Actor) -> None:
    queries.domain_for(actor, domain)
    if not staff.sees_unit(actor, org_id):
        raise NotFound(_("没有这个机构，或者不在您的管辖范围。"))
    if year < clock.today().year:
        raise Refusal(_("不能为已经过去的年份编制计划。"), field="year")
    least = parameters.value("sampling.officers_per_case")
    if officers_per_case < least:
        raise Refusal(
            _("每户检查人员不得少于 %(least)s 名。", least=least),
            field="officers_per_case",
            rule="行政处罚法第四十二条",
        )


def submit_coverage(plan_id: int, *, actor: Actor) -> CoveragePlan:
    """草稿 → 待批准; every item by which the domain is checked stands on the list in force."""
    plan = _locked(plan_id, actor)
    listed = [item.code for item in sampling.items_in_force(clock.today())]
    missing = queries.missing_items(DOMAINS[plan.domain], listed)
    with _moving(plan, "submit", actor=actor, missing_items=missing):
        pass
    return plan


def send_coverage_back(plan_id: int, *, reason: str, actor: Actor) -> CoveragePlan:
    """待批准 → 草稿, with the reason."""
    plan = _locked(plan_id, actor)
    with _moving(plan, "send_back", actor=actor, note=reason, reason=reason.strip()):
        pass
    return plan


def approve_coverage(plan_id: int, *, actor: Actor) -> CoveragePlan:
    """待批准 → 执行中, by another person; the plan gets its number, and its cases are opened from now on."""
    plan = _locked(plan_id, actor)
    with _moving(plan, "approve", actor=actor, author=plan.author_id):
        organ, year = document_queries.organ_of(plan.org_id), clock.today().year
        serial = documents.next_number(organ, SERIES, year, actor=actor)
        plan.number = document_queries.number_text(organ, SERIES, year, serial)
        plan.approved_by, plan.approved_name, plan.approved_at = actor.id, actor.name, clock.now()
    return plan


def end_coverage(plan_id: int, *, reason: str, actor: Actor) -> CoveragePlan:
    """执行中 → 已停止, with the reason; cases that are open go on."""
    plan = _locked(plan_id, actor)
    with _moving(plan, "end", actor=actor, note=reason, reason=reason.strip()):
        pass
    return plan


@contextmanager
def _moving(plan: CoveragePlan, name: str, *, actor: Actor, note: str | None = None, **facts: Any) -> Iterator[None]:
    move(plan, COVERAGE, name, actor=actor, facts={"by": actor.id, **facts}, note=note)
    with session.no_autoflush:
        yield
    session.flush()


def _locked(plan_id: int, actor: Actor) -> CoveragePlan:
    session.flush()
    session.get(CoveragePlan, plan_id, with_for_update=True, populate_existing=True)
    return queries.plan(plan_id, actor)


# ---- Cases -----------------------------------------------------------------------------------------------------------


def open_due_cases(*, actor: Actor) -> int:
    """Opens the cases that approved plans of this year owe by now; returns how many are new.

    Idempotence key: the plan's month and the enterprise; an object with an open case about the same items waits.
    """
    return sum(_open_for(plan, actor=actor) for plan in queries.plans_in_force(clock.today().year))


def _open_for(plan: CoveragePlan, *, actor: Actor) -> int:
    today = clock.today()
    period, domain = f"{today:%Y-%m}", DOMAINS[plan.domain]
    session.get_one(CoveragePlan, plan.id, with_for_update=True)
    left = plan.monthly_most - queries.opened_in(plan.id, period)
    if left <= 0:
        return 0
    until = today + timedelta(days=parameters.value("keydomains.lead_days", today))
    due = queries.coming_due(plan.domain, staff.subtree(plan.org_id), until)
    items = {code: sampling.item(code, today) for code in {trade.item for trade in domain.trades}}
    alike: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for row in due:
        alike[tuple(row.trades)].append(row.enterprise_id)
    ready = {}
    for trades, ids in alike.items():
        wanted = {code: items[code] for code in dict.fromkeys(domain.trade(key).item for key in trades)}
        if any(item is None for item in wanted.values()):
            continue  # the list has changed since the plan was approved: 清单之外无检查
        busy = case_queries.occupied(ids, list(wanted), today.year)
        ready |= {one: trades for one in ids if busy.get(one) != "running"}
    chosen = [row.enterprise_id for row in due if row.enterprise_id in ready][:left]
    opened = 0
    for trades in dict.fromkeys(ready[one] for one in chosen):
        found = [items[code] for code in dict.fromkeys(domain.trade(key).item for key in trades)]
        opened += _open_batch(plan, period, trades, [one for one in chosen if ready[one] == trades], found, actor=actor)
    return opened


def _open_batch(
    plan: CoveragePlan, period: str, trades: Sequence[str], ids: Sequence[int], items: Sequence[Any], *, actor: Actor
) -> int:
    """The cases of objects of the same trades: one visit for all items of each."""
    key = TOGETHER.join(trades)
    batch_id = session.scalars(
        postgresql.insert(CoverageBatch)
        .values(plan_id=plan.id, period=period, trade=key, opened=0)
        .on_conflict_do_update(index_elements=["plan_id", "period", "trade"], set_={"period": period})
        .returning(CoverageBatch.id)
    ).one()
    units = {one: brief.org_id for one, brief in registry.brief(ids).items()}
    crews = _crews(units, items, plan.officers_per_case, clock.today())
    labels = _("、").join(_(DOMAINS[plan.domain].trade(trade).label) for trade in trades)
    origin = Origin(
        kind="coverage",
        id=batch_id,
        number=str(plan.number),
        title=_("%(title)s（%(period)s，%(trade)s）", title=plan.title, period=period, trade=labels),
        case_kind="full_coverage",
        source="plan",
        items=[Item(item.code, item.name, item.basis, item.line, item.on_site) for item in items],
        org_id=plan.org_id,
    )
    new = [NewCase(one, units[one], crews.get(one, ()), plan.domain) for one in ids]
    opened = cases.open_many(origin, new, actor=actor)
    session.get_one(CoverageBatch, batch_id, populate_existing=True).opened += opened
    session.flush()
    return opened


def _crews(units: Mapping[int, int], items: Sequence[Any], size: int, today: date) -> dict[int, list[int]]:
    """Who goes where: officers of the county who may be sent to check the items, equally loaded, nobody barred."""
    area_of, colleagues = pool.areas(today), defaultdict(list)
    wanted = {area_of[unit_id] for unit_id in units.values()}
    near = [unit_id for unit_id, area_id in area_of.items() if area_id in wanted]
    demands = Demands.of((item.code, item.line, item.qualification) for item in items)
    for officer in staff.officers_of(near):
        if not_sent_because(officer, today, demands) is None:
            colleagues[area_of[officer.org_id]].append(Colleague(officer.id, officer.roster_id))
    grounds = pool.grounds([one.officer_id for some in colleagues.values() for one in some], today)
    barred = {enterprise_id: set(why) for enterprise_id, why in grounds.items()}
    found: dict[int, list[int]] = {}
    for area_id, some in colleagues.items():
        found |= teams([one for one, unit_id in units.items() if area_of[unit_id] == area_id], some, barred, size)
    return found
