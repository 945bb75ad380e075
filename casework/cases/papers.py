"""What the papers of a case state: the facts of each paper, gathered from the case, the registry and the directory."""

from collections.abc import Iterable
from typing import Any

from casework.accounts import queries as staff
from casework.cases import queries
from casework.cases.models import Case, Rectification
from casework.cases.rules import NOTHING, SOURCES
from casework.core import clock, parameters
from casework.documents import queries as documents
from casework.documents.paper import day
from casework.registry import queries as registry

MATERIALS = ("营业执照", "与检查事项有关的许可证件、台账和记录")
ORDERED_UNDER = "《中华人民共和国行政处罚法》第二十八条第一款"
CONSEQUENCE = "逾期不改正的，本机关将依照有关法律法规的规定处理"
REINSPECTION = "改正期限届满后，由本机关进行复查"
COURT = "有管辖权的人民法院"
NOBODY = {"name": "无", "position": "现场无人"}
NOBODY_TO_TELL = [{"said": "检查人员到达现场，没有见到被检查单位人员，未能告知。", "answer": NOTHING}]

# ---- Papers are Chinese whatever the reader's language: their words are not translated -------------------------------


def notice(case: Case) -> dict[str, Any]:
    """The facts of 行政检查通知书, as it is issued today: one paper for all cases of a visit."""
    visits = queries.visits_of(case)
    together = [case, *(one for one in queries.companions(case) if one.approved_on is not None)]
    items = {item["code"]: item for one in together for item in one.items}
    officers = {officer["certificate_no"]: officer for one in together for officer in _officers(one)}
    return {
        "enterprise": _party(case),
        "basis": _distinct(item["basis"] for item in items.values()),
        "task_number": "、".join(one.number for one in together),
        "task_source": "；".join(_distinct(_task_source(one) for one in together)),
        "inspection_type": "、".join(_distinct(queries.kind_of(one).label for one in together)),
        "visits_this_year": visits.made,
        "annual_cap": visits.cap,
        "items": [{"name": item["name"], "basis": item["basis"]} for item in items.values()],
        "starts_on": clock.today(),
        "ends_on": max(clock.today(), *(queries.step_due_on(one) or clock.today() for one in together)),
        "methods": _distinct(method for one in together for method in queries.method_labels(one)),
        "materials": MATERIALS,
        "officers": list(officers.values()),
        "contact": _contact(case),
    }


def record(case: Case, *, recorder: str) -> dict[str, Any]:
    """The facts of 现场检查笔录; the case has a visit that was checked out of."""
    visit = case.visit
    if visit is None or visit.out_at is None:
        raise ValueError("no finished visit, no record of it")
    present = {"name": visit.present_name, "position": visit.present_position or "在场人员"}
    results = {result.item_code: result for result in case.results}
    seen = [{"item": item["name"], "found": _found(results[item["code"]])} for item in case.items]
    disposals = _distinct(result.disposal for result in case.results if result.disposal != NOTHING)
    return {
        "started_at": visit.in_at,
        "ended_at": visit.out_at,
        "place": visit.in_place,
        "enterprise": _party(case),
        "present": [present if visit.present_name else NOBODY],
        "officers": _officers(case),
        "recorder": recorder,
        "told": visit.told or NOBODY_TO_TELL,
        "seen": seen,
        "evidence": [f"{piece.note or '现场照片'}（SHA-256：{piece.file_sha256}）" for piece in case.evidence],
        "measures": disposals + [f"责令于{day(row.due_on)}前改正：{row.violation}" for row in case.rectifications],
        "checked_by": "heard" if visit.read_aloud else "read",
        "refusal": visit.refusal,
        "witness": visit.witness,
    }


def order(case: Case, rectification: Rectification) -> dict[str, Any]:
    """The facts of 责令改正通知书."""
    return {
        "enterprise": _party(case),
        "found_on": case.checked_on,
        "violation": rectification.violation,
        "violated": rectification.violated.splitlines(),
        "basis": rectification.basis.splitlines(),
        "demands": rectification.demands.splitlines(),
        "due_on": rectification.due_on,
        "consequence": CONSEQUENCE,
        "reinspection": REINSPECTION,
        "review_body": _government(case),
        "court": COURT,
        "contact": _contact(case),
    }


def _party(case: Case) -> dict[str, str | None]:
    enterprise = registry.find(case.enterprise_id)
    return {
        "name": enterprise.name,
        "code": enterprise.uscc or enterprise.reg_no,
        "address": enterprise.business_address or enterprise.address,
        "representative": enterprise.legal_representative,
    }


def _officers(case: Case) -> list[dict[str, str]]:
    return [
        {"name": member.officer.name, "certificate_no": member.officer.certificate_no} for member in queries.team(case)
    ]


def _contact(case: Case) -> dict[str, str]:
    unit = staff.unit(case.org_id)
    organ = staff.unit(documents.organ_of(case.org_id))
    telephone = unit.telephone or organ.telephone or parameters.value("documents.supervision_telephone")
    return {"name": queries.team(case)[0].officer.name, "telephone": telephone}


def _task_source(case: Case) -> str:
    """The source of the task; a triggered check says its legal ground and nothing about who set it off."""
    ground = SOURCES[case.source]
    return f"{ground}（{case.origin_number}）" if case.origin_kind == "draw" else ground


def _government(case: Case) -> str:
    """The people's government above the organ: where a reconsideration is applied for (行政复议法第二十四条)."""
    organ = staff.unit(documents.organ_of(case.org_id))
    return f"{organ.name.removesuffix('市场监督管理局')}人民政府"


def _found(result: Any) -> str:
    return "未发现问题" if result.finding == NOTHING else result.finding


def _distinct(words: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(words))
