"""What the papers and records of an item state. Nobody is named in them: an informant is a number."""

from typing import Any

from casework.accounts import queries as staff
from casework.cases import queries as cases
from casework.core import parameters
from casework.core.actor import SYSTEM, Actor
from casework.core.i18n import speaking, translate
from casework.documents import queries as documents
from casework.intake.models import IntakeItem
from casework.intake.rules import CATEGORIES, KINDS, grounds
from casework.registry import queries as registry

COURT = "有管辖权的人民法院"
DECISIONS = {
    "filed": "经核查，已予立案",
    "declined": "经核查，决定不予立案",
    "handed_over": "经核查，已移送有处理权限的机关",
}

# ---- Papers are Chinese whatever the reader's language: their words are not translated -------------------------------


def acceptance(item: IntakeItem, *, by: Actor) -> dict[str, Any]:
    """The facts of 投诉受理决定书."""
    term = parameters.term("intake.term.mediate", item.received_on)
    unit = "个工作日" if term.working else "日"
    return {
        **_about(item, item, by),
        "accepted_on": item.accepted_on,
        "term": f"{term.days}{unit}",
        "due_on": item.due_on,
    }


def refusal(item: IntakeItem, *, by: Actor) -> dict[str, Any]:
    """The facts of 投诉不予受理决定书."""
    ground = grounds("refuse", item.received_on)[item.ground or ""]
    return {
        **_about(item, item, by),
        "ground": ground.label,
        "basis": ground.document,
        "reason": item.decision,
        "review_body": _government(item),
        "court": COURT,
    }


def outcome(item: IntakeItem, *, to: IntakeItem, by: Actor) -> dict[str, Any]:
    """The facts of 举报处理结果告知书: what became of `item`, told to the informant of `to` (itself, or merged)."""
    ground = grounds("decline", item.received_on).get(item.ground or "") if item.outcome == "declined" else None
    return {
        **_about(item, to, by),
        "outcome": DECISIONS[item.outcome or ""] + (f"（{item.receiver}）" if item.receiver else ""),
        "decided_on": item.decided_on,
        "ground": ground.label if ground else None,
    }


def _about(item: IntakeItem, to: IntakeItem, by: Actor) -> dict[str, Any]:
    unit = staff.unit(item.org_id)
    organ = staff.unit(documents.organ_of(item.org_id))
    telephone = unit.telephone or organ.telephone or parameters.value("documents.supervision_telephone")
    return {
        "number": to.number,
        "informant": f"{KINDS[to.kind].informant}（编号{to.informant_id}）"
        if to.informant_id
        else KINDS[to.kind].informant,
        "subject": _subject(item),
        "matter": CATEGORIES[item.category],
        "received_on": to.received_on,
        "contact": {"name": by.name, "telephone": telephone},
    }


def _subject(item: IntakeItem) -> str:
    """The registered name where the enterprise is known, else what it was called."""
    if item.enterprise_id is None:
        return item.subject_name
    return registry.brief([item.enterprise_id])[item.enterprise_id].name


def _government(item: IntakeItem) -> str:
    """The people's government above the organ: where a reconsideration is applied for (行政复议法第二十四条)."""
    organ = staff.unit(documents.organ_of(item.org_id))
    return f"{organ.name.removesuffix('市场监督管理局')}人民政府"


# ---- What other rooms keep of an item: words of the law, nothing of the message --------------------------------------


def check_title(item: IntakeItem) -> str:
    """How a triggered case is called: its legal ground is said beside it, the message is not."""
    return f"{KINDS[item.kind].label}线索核查：{CATEGORIES[item.category]}"


def record_title(item: IntakeItem) -> str:
    """How a credit record is called."""
    return f"{KINDS[item.kind].label}：{CATEGORIES[item.category]}"


def outcome_of(case_id: int) -> dict[str, Any]:
    """What a finished check says to the item that set it off: results by inspection item, in words."""
    case, shown = cases.find(case_id, SYSTEM), cases.result_facts(case_id)
    with speaking("zh"):
        results = [
            {"item": one["name"], "results": [translate(result["label"]) for result in one["results"]]}
            for one in shown["items"]
        ]
    return {
        "number": shown["number"],
        "edition": shown["edition"],
        "closed_on": case.closed_on.isoformat() if case.closed_on else None,
        "outcome": case.outcome,
        "results": results,
    }
