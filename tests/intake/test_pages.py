"""The pages of intake: registering beside matches and duplicates, one item and its verbs, who sees what, secrets."""

import json
import logging
import re
from datetime import timedelta
from io import StringIO

import pytest
from sqlalchemy import select, text

from casework.cases.models import Case
from casework.core import clock
from casework.core.db import Base, session
from casework.core.ledger import AuditEntry
from casework.core.logs import JsonLines
from casework.intake import operations as intake
from casework.intake import queries
from casework.intake.models import IntakeItem
from casework.intake.rules import CLUE, COMPLAINT
from casework.intake.views import VERBS
from tests import make
from tests.make import cases as make_cases
from tests.make import intake as make_intake
from tests.make import sampling as make_sampling

FORM = {
    "channel": "hotline_12345",
    "category": "food",
    "facts": "购买的散装花生油没有标签，食用后腹泻，商家拒绝退款",
    "name": "欧阳建国",
    "phone": "13812345678",
    "send_to": "auto",
}


def signed_in(world, actor):
    """A client for somebody who exists."""
    visitor = world.test_client()
    with visitor.session_transaction() as cookie:
        cookie.update(account=actor.id, epoch=1, seen=2**40, locale="zh")
    return visitor


def newest() -> IntakeItem:
    return session.scalars(select(IntakeItem).order_by(IntakeItem.id.desc())).first()


def test_a_call_is_in_and_on_its_way(as_role):
    centre, subject = as_role("intake"), make.enterprise(name="周口市川汇区好又多食品有限公司", unit="川汇区一所")
    matches = centre.get("/intake/new/subjects?subject_name=又多").text
    assert f'value="{subject.id}"' in matches
    received = (clock.today() - timedelta(days=1)).isoformat()
    answer = centre.post(
        "/intake/new?kind=complaint",
        data=FORM
        | {"enterprise_id": subject.id, "subject_name": "好又多", "received_on": received, "also_report": "1"},
    )
    assert answer.status_code == 303
    report = newest()
    complaint = session.get(IntakeItem, report.from_item_id)
    assert answer.location == f"/intake/{complaint.id}"
    assert {complaint.org_id, report.org_id} == {make.unit("川汇区局").id}
    assert "欧**国" in centre.get(answer.location).text
    alike = centre.post(
        "/intake/new/duplicates", data={"facts": "散装花生油没有标签，食用后腹泻", "enterprise_id": subject.id}
    ).text
    assert complaint.number in alike
    assert complaint.facts in alike


def test_a_refused_registration_keeps_what_was_typed(as_role):
    subject = make.enterprise(name="川汇区惠民粮油店")
    answer = as_role("intake").post(
        "/intake/new?kind=complaint", data=FORM | {"facts": "", "amount": "很多", "enterprise_id": subject.id}
    )
    assert answer.status_code == 422
    assert 'href="#f-facts"' in answer.text
    assert 'value="很多"' in answer.text
    assert re.search(rf'value="{subject.id}" checked', answer.text)


def test_a_pasted_sheet_is_only_read(as_role):
    answer = as_role("intake").post("/intake/new/sheet?kind=report", data={"sheet": "举报人：张三\n举报内容：无证经营"})
    assert answer.status_code == 200
    assert 'value="张三"' in answer.text
    assert "无证经营" in answer.text
    assert newest() is None


@pytest.mark.parametrize("kind", ["complaint", "report"])
def test_every_page_of_every_verb_opens_where_the_table_knows_it(world, kind):
    """And nowhere else: a verb that the state does not know is refused in words."""
    desk = make_intake.desk()
    everybody = make_cases.person("intake"), desk["head"], desk["centre"]
    flow = COMPLAINT if kind == "complaint" else CLUE
    for state in make_intake.ROUTES[kind]:
        item = make_intake.walked(kind, state, desk)
        known = {move.name: move for move in flow.moves_from(state)}
        reader = signed_in(world, desk["head"] if item.org_id != item.office_id else desk["centre"])
        assert reader.get(f"/intake/{item.id}").status_code == 200
        assert reader.get(f"/intake/{item.id}/decide").status_code == 200
        for verb in VERBS:
            answer = reader.get(f"/intake/{item.id}/{verb}")
            may = verb in known and any(person.may(known[verb].permission) for person in everybody)
            assert answer.status_code in ((200, 403) if may else (409,)), (state, verb)


def test_buttons_lead_through_a_report(world):
    """What the page offers first is what comes next, to the end."""
    desk = make_intake.desk()
    item = make_intake.item("report", by=desk["centre"])
    steps = [
        (desk["centre"], "distribute", {"org_id": make.unit("川汇区局").id}),
        (desk["triage"], "sign_for", {}),
        (desk["triage"], "decline", {"ground": "3", "reason": "已当场改正"}),
        (desk["triage"], "inform", {"way": "phone"}),
        (desk["triage"], "archive", {}),
    ]
    for person, verb, data in steps:
        visitor = signed_in(world, person)
        page = visitor.get(f"/intake/{item.id}").text + visitor.get(f"/intake/{item.id}/decide").text
        assert f"/intake/{item.id}/{verb}" in page
        assert visitor.post(f"/intake/{item.id}/{verb}", data=data).status_code == 303
    session.refresh(item)
    assert item.state == "archived"


def test_a_check_is_ordered_from_its_page(world):
    desk, officers = make_intake.desk(), make_cases.team()
    report = make_intake.walked("report", "verifying", desk)
    code = make_sampling.item(line="food").code
    visitor = signed_in(world, desk["triage"])
    assert code in visitor.get(f"/intake/{report.id}/open_check").text
    data = {"item_codes": [code], "officer_ids": [officers[0].officer_id], "reason": "核实有无未标签食品"}
    assert "不得少于 2 名" in visitor.post(f"/intake/{report.id}/open_check", data=data).text
    data["officer_ids"].append(officers[1].officer_id)
    assert visitor.post(f"/intake/{report.id}/open_check", data=data).status_code == 303
    session.refresh(report)
    clue = signed_in(world, officers[0]).get(f"/intake/of-case/{report.case_id}").text
    assert report.facts in clue
    assert not signed_in(world, make_cases.inspector()).get(f"/intake/of-case/{report.case_id}").text


def test_other_areas_and_other_posts_see_nothing(world, as_role):
    desk = make_intake.desk()
    item = make_intake.walked("report", "verifying", desk)
    for role, unit in (("county", "淮阳区局"), ("leader", "川汇区一所")):
        stranger = as_role(role, unit=unit)
        assert item.number not in stranger.get("/intake").text
        assert {stranger.get(f"/intake/{item.id}{path}").status_code for path in ("", "/decide", "/file")} == {404}
        assert stranger.post(f"/intake/{item.id}/file", data={"reason": "证据充分"}).status_code == 404
    assert as_role("inspector", unit="川汇区局").get("/intake").status_code == 403
    assert as_role("county", unit="川汇区局").get("/intake/new").status_code == 403
    assert (
        as_role("county", unit="川汇区局").post(f"/intake/{item.id}/reveal", data={"reason": "想知道"}).status_code
        == 403
    )
    counts = as_role("inspector", unit="川汇区局").get(f"/intake/of-enterprise/{item.enterprise_id}").text
    assert "办理中" in counts
    assert item.number not in counts


def test_lists_go_on_by_key(world):
    desk = make_intake.desk()
    numbers = {make_intake.item("report", by=desk["centre"]).number for _ in range(3)}
    seen, after = set(), None
    while True:
        found = queries.desk(desk["centre"], after=after, size=2)
        seen |= {row.number for row in found.rows}
        after = found.older
        if after is None:
            break
    assert seen == numbers


def test_filters_find_and_leave_out(world, as_role):
    centre = as_role("intake")
    subject = make.enterprise(name="周口市川汇区惠民粮油有限公司")
    food = make_intake.item("report", of=subject)
    lift = make_intake.item("complaint", category="equipment")
    for query, there, absent in (
        ("kind=report", food, lift),
        ("category=equipment", lift, food),
        ("q=惠民", food, lift),
        (f"q={lift.external_no}", lift, food),
        ("waiting_for=to_distribute&kind=complaint", lift, food),
    ):
        page = centre.get(f"/intake?{query}").text
        assert there.number in page, query
        assert absent.number not in page, query
    assert food.number not in centre.get("/intake?waiting_for=ended").text
    assert "没有符合条件" in centre.get("/intake?due=overdue").text


# ---- Secrets ---------------------------------------------------------------------------------------------------------

SECRET = make_intake.INFORMANT
SAID = f"我叫{SECRET.name}，电话{SECRET.phone[:3]} {SECRET.phone[3:7]} {SECRET.phone[7:]}，店里的油没有标签，食用后不适"


def leaks(text: str) -> list[str]:
    """What of the informant stands in a text, however spaced."""
    plain = re.sub(r"[\s\-]", "", text)
    return [own for own in (SECRET.name, SECRET.phone, SECRET.id_number, SECRET.address) if own and own in plain]


def test_an_informant_leaks_nowhere_but_where_somebody_gave_a_reason(world, as_role):
    """A report lives its whole life with an officer who types the name everywhere; then everything is searched."""
    heard = StringIO()
    handler = logging.StreamHandler(heard)
    handler.setFormatter(JsonLines())
    logging.getLogger().addHandler(handler)
    desk, subject = make_intake.desk(), make.enterprise()
    visitors = {name: signed_in(world, person) for name, person in desk.items()}
    answers = []

    def get(by, path):
        answers.append(visitors[by].get(path).text)

    def post(by, path, **data):
        answer = visitors[by].post(path, data=data)
        answers.append(answer.text)
        return answer

    complaint = make_intake.item(
        "complaint", by=desk["centre"], of=subject, facts=SAID, also_report=True, send_to=make.unit("川汇区局").id
    )
    report = queries.links(complaint, desk["centre"])[0].item
    named = f"{SECRET.name}（{SECRET.phone}）要求回复"
    post("triage", f"/intake/{complaint.id}/accept")
    post("triage", f"/intake/{complaint.id}/pause", reason=named)
    post("triage", f"/intake/{complaint.id}/resume", note=named)
    post("triage", f"/intake/{complaint.id}/find_clue", category="food", facts=f"{named}，无证经营")
    post("triage", f"/intake/{complaint.id}/settle", way="remote", agreement=f"向{SECRET.name}退款")
    post("triage", f"/intake/{complaint.id}/inform", way="phone", note=named)
    post("triage", f"/intake/{complaint.id}/revisit", fulfilled="0", note=named)
    post("triage", f"/intake/{report.id}/sign_for")
    post("triage", f"/intake/{report.id}/ask_extension", reason=named)
    post("head", f"/intake/{report.id}/extend")
    officers, code = make_cases.team(), make_sampling.item(line="food").code
    post(
        "triage",
        f"/intake/{report.id}/open_check",
        item_codes=[code],
        officer_ids=[officer.officer_id for officer in officers],
        reason=named,
    )
    session.refresh(report)
    case = session.get(Case, report.case_id)
    make_cases.walk(case, to="closed", crew=make_cases.crew(case))
    intake.take_back_outcome(case.id, actor=make.actor())
    post("triage", f"/intake/{report.id}/decline", ground="1", reason=named)
    post("triage", f"/intake/{report.id}/inform", way="phone", note=named)
    post("triage", f"/intake/{report.id}/archive")
    post("centre", "/intake/by-informant", who=SECRET.phone)
    for who in desk:
        for path in (
            "/desk", "/intake", "/intake?waiting_for=ended", "/intake/new", f"/cases?q={case.number}",
            f"/intake/{complaint.id}", f"/intake/{complaint.id}/decide", f"/intake/{report.id}", f"/cases/{case.id}",
            f"/intake/of-case/{case.id}", f"/intake/of-enterprise/{subject.id}", f"/enterprises/{subject.id}",
            f"/documents/of/intake_item/{complaint.id}", f"/documents/of/intake_item/{report.id}",
        ):  # fmt: skip
            get(who, path)
    for paper in session.execute(text("SELECT id FROM document")).scalars():
        get("head", f"/documents/{paper}/print")
    assert len([answer for answer in answers if complaint.number in answer or report.number in answer]) > 10
    assert not [leaks(answer) for answer in answers if leaks(answer)]

    told = post("centre", f"/intake/{report.id}/reveal", reason=f"电话告知{SECRET.name}处理结果")
    assert set(leaks(told.text)) == {SECRET.name, SECRET.phone, SECRET.id_number, SECRET.address}
    noted = session.scalars(select(AuditEntry).where(AuditEntry.action == "intake.reveal")).one()
    assert "〔已隐去〕" in noted.note

    logging.getLogger().removeHandler(handler)
    assert not leaks(heard.getvalue())
    session.flush()
    for table in Base.metadata.sorted_tables:
        rows = session.execute(
            text(f"SELECT coalesce(string_agg(t::text, chr(10)), '') FROM \"{table.name}\" t")
        ).scalar_one()
        assert not leaks(rows), table.name
        assert not leaks(json.dumps(rows)), table.name


def test_a_reveal_needs_a_reason(as_role):
    item = make_intake.item("report")
    centre = as_role("intake")
    answer = centre.post(f"/intake/{item.id}/reveal", data={"reason": ""})
    assert answer.status_code == 422
    assert not leaks(answer.text)
    assert centre.get(f"/intake/{item.id}/reveal").status_code in (404, 405)
    assert not session.scalars(select(AuditEntry).where(AuditEntry.action == "intake.reveal")).all()


def test_a_search_for_an_informant_says_in_the_ledger_that_it_was_made_not_for_whom(as_role):
    item = make_intake.item("report")
    centre = as_role("intake")
    assert item.number in centre.post("/intake/by-informant", data={"who": "138-1234-5678"}).text
    assert item.number in centre.post("/intake/by-informant", data={"who": SECRET.name}).text
    assert item.number not in centre.post("/intake/by-informant", data={"who": "13812345679"}).text
    noted = session.scalars(select(AuditEntry).where(AuditEntry.action == "intake.search_informant")).all()
    assert [entry.after for entry in noted] == [{"found": 1}, {"found": 1}, {"found": 0}]
    assert as_role("line").post("/intake/by-informant", data={"who": SECRET.name}).status_code == 403
