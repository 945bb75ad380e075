"""Worlds of the signals' examples, alerts, and a walk through the life of one."""

from collections.abc import Callable
from datetime import date, timedelta
from itertools import count
from typing import Any

from sqlalchemy import insert, select

from casework.core import clock
from casework.core.actor import SYSTEM, Actor
from casework.core.db import session
from casework.registry.models import CreditRecord, CurrentGrade, Enterprise
from casework.registry.rules import KINDS
from casework.warning import operations as warning
from casework.warning.models import Alert
from casework.warning.rules import Example, Firms, Past
from tests.make.accounts import unit
from tests.make.cases import person
from tests.make.registry import enterprise

_numbers = count(1)

# ---- Examples --------------------------------------------------------------------------------------------------------


def world(example: Example) -> list[int]:
    """The enterprises of an example as they are today, with their records and grades; returns their ids."""
    return [one for alike in example.firms for one in firms(alike)]


def firms(alike: Firms) -> list[int]:
    """So many enterprises alike, with records and grades; returns their ids."""
    today = clock.today()
    columns = dict(alike.columns)
    columns["org_id"] = unit(columns.pop("unit", "川汇区局")).id
    if "days_old" in columns:
        columns["established_on"] = today - timedelta(days=columns.pop("days_old"))
    if "days_gone" in columns:
        columns["status_on"] = today - timedelta(days=columns.pop("days_gone"))
    if not alike.count:
        return []
    rows = [_row() | columns for _ in range(alike.count)]
    ids = list(session.scalars(insert(Enterprise).returning(Enterprise.id), rows))
    records = [record(one, past, today) for one in ids for past in alike.records]
    if records:
        session.execute(insert(CreditRecord), records)
    if alike.grade:
        graded = [{"enterprise_id": one, "grade": alike.grade, "score": 100, "since": today} for one in ids]
        session.execute(insert(CurrentGrade), graded)
    return ids


def _row() -> dict[str, Any]:
    number = next(_numbers)
    name = f"周口市第{number}号样例商行"
    return {
        "uscc": f"92411602MB{number:08d}", "subject_class": "company", "name": name, "name_key": name, "bigrams": [],
        "former_names": [], "established_on": date(2015, 3, 5), "status": "active", "status_on": None, "address": None,
        "address_key": None, "person_key": None, "legal_representative": None, "cluster_address": False,
        "capital_wan": None, "industry_section": "F", "is_branch": False, "tags": [], "code_checked": True,
        "source": "test", "recorded_at": clock.now(), "updated_at": clock.now(),
    }  # fmt: skip


def record(enterprise_id: int, past: Past, today: date) -> dict[str, Any]:
    """The columns of a record of an example."""
    kind, klass = past.record.split(".")
    return {
        "enterprise_id": enterprise_id, "kind": KINDS[kind].number, "klass": int(klass),
        "happened_on": today - timedelta(days=past.days_ago),
        "ends_on": None if past.ends_in is None else today + timedelta(days=past.ends_in), "amount": past.amount,
        "title": KINDS[kind].label, "detail": {}, "source": "test", "source_key": f"w{next(_numbers)}", "version": 1,
        "recorded_at": clock.now(),
    }  # fmt: skip


# ---- Alerts ----------------------------------------------------------------------------------------------------------


def alert(before: str = "B", after: str = "D", *, of: Any = None, day: date | None = None) -> Alert:
    """An alert about an enterprise of 川汇区 whose grade became worse."""
    subject = of or enterprise()
    warning.judge_grade_change(subject.id, before, after, day or clock.today(), actor=SYSTEM)
    found = session.scalars(select(Alert).where(Alert.subject == str(subject.id)).order_by(Alert.id.desc()))
    return found.first()


def bureau() -> dict[str, Actor]:
    """Who handles alerts: a county head, an office that verifies, another who reviews, the city's deputy."""
    return {
        "head": person("county", org="川汇区局"),
        "office": person("leader", org="川汇区一所"),
        "reviewer": person("credit"),
        "deputy": person("deputy"),
    }


STEPS: dict[str, Callable[[Alert, dict[str, Actor]], Any]] = {
    "checking": lambda alert, who: warning.dispatch(alert.id, org_id=unit("川汇区一所").id, actor=who["head"]),
    "disposing": lambda alert, who: warning.report_check(alert.id, finding="电话核实，正常经营", actor=who["office"]),
    "reviewing": lambda alert, who: warning.dispose(
        alert.id, measures=["remind"], note="已书面提醒", actor=who["head"]
    ),
    "closed": lambda alert, who: warning.close(alert.id, actor=who["reviewer"]),
    "dismissed": lambda alert, who: warning.dismiss(alert.id, reason="数据更正", actor=who["head"]),
    "merged": lambda alert, who: warning.merge(alert.id, into_id=beside(alert).id, actor=who["head"]),
}
ROUTES = {
    "raised": (),
    "checking": ("checking",),
    "disposing": ("checking", "disposing"),
    "reviewing": ("checking", "disposing", "reviewing"),
    "closed": ("checking", "disposing", "reviewing", "closed"),
    "dismissed": ("dismissed",),
    "merged": ("merged",),
}


def beside(alert: Alert) -> Alert:
    """Another open alert that names the same enterprise."""
    same = Alert.subject == alert.subject, Alert.signal == "equity_frozen"
    known = session.scalars(select(Alert).where(*same)).first()
    if known is not None:
        return known
    today = clock.today()
    days = dict.fromkeys(("raised_on", "seen_on", "entered_on", "due_on"), today)
    other = Alert(
        signal="equity_frozen",
        scope="enterprise",
        subject=alert.subject,
        level="orange",
        state="raised",
        home_id=alert.home_id,
        org_id=alert.home_id,
        enterprise_ids=alert.enterprise_ids,
        value=1,
        facts={"subject": "测试企业"},
        times=1,
        **days,
    )
    session.add(other)
    session.flush()
    return other


def walked(state: str, who: dict[str, Actor], **more: Any) -> Alert:
    """An alert in a state."""
    made = alert(**more)
    for step in ROUTES[state]:
        STEPS[step](made, who)
    return made
