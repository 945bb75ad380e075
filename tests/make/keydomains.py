"""Key-supervision objects, deliveries and coverage plans for tests."""

import io
from datetime import date
from itertools import count
from typing import Any

from casework.core import clock
from casework.core.actor import SYSTEM, Actor
from casework.keydomains import operations as keydomains
from casework.keydomains.models import CoveragePlan, KeySubject, ProfessionalBatch
from casework.keydomains.queries import kept
from casework.registry.models import Enterprise
from casework.sampling import operations as sampling
from tests.make.accounts import unit
from tests.make.registry import credit_record, enterprise

_numbers = count(1)

LICENCES = {
    "food": (1, "食品经营许可证 食品销售"),
    "drug": (2, "药品经营许可证 处方药零售"),
    "equipment": (3, "特种设备使用登记证"),
}


def licensed(domain: str = "food", *, since: date = date(2024, 1, 10), of: Any = None, **columns: Any) -> Enterprise:
    """An enterprise with a licence of a domain, not assessed yet."""
    known = of or enterprise(**columns)
    klass, title = LICENCES[domain]
    credit_record(known, kind="licence", klass=klass, title=title, happened_on=since, ends_on=date(2099, 1, 1))
    return known


def subject(domain: str = "food", **more: Any) -> KeySubject:
    """An assessed object of a domain."""
    known = licensed(domain, **more)
    keydomains.reassess(known.id, actor=SYSTEM)
    return kept([known.id])[known.id, domain]


def delivery(lines: str, *, domain: str = "food", dry_run: bool = False, **more: Any) -> ProfessionalBatch:
    """A delivery of the professional system: `code,grade` lines under the headings of the template."""
    facts = {"issued_on": clock.today(), "document_no": f"豫食监〔2026〕{next(_numbers)}号", **more}
    file = io.BytesIO(f"统一社会信用代码,专业等级,专业分值,评定日期\n{lines}\n".encode())
    return keydomains.import_grades(
        domain, file, name="专业等级.csv", source="省平台", dry_run=dry_run, actor=SYSTEM, **facts
    )


def plan(
    by: Actor, *, approver: Actor | None = None, domain: str = "food", org: str = "川汇区局", **more: Any
) -> CoveragePlan:
    """A coverage plan of this year over the shipped items; in force where somebody approves it."""
    sampling.ensure_default_items(actor=SYSTEM)
    wanted = {"title": f"全覆盖检查计划{next(_numbers)}", "monthly_most": 20, "officers_per_case": 2, **more}
    made = keydomains.plan_coverage(org_id=unit(org).id, domain=domain, year=clock.today().year, actor=by, **wanted)
    if approver is not None:
        keydomains.submit_coverage(made.id, actor=by)
        keydomains.approve_coverage(made.id, actor=approver)
    return made
