"""The pages: a campaign walked through by its people, what other areas see of it, and what must not leak."""

import re

import pytest
from sqlalchemy import select

from casework.core import clock
from casework.core.actor import SYSTEM
from casework.core.db import session
from casework.sampling import operations as sampling
from casework.sampling import queries
from casework.sampling.models import Campaign, DrawnMember, InspectionItem, Invitation, Plan, Recusal
from tests import make
from tests.make import sampling as draws

RATES = {"rate_A": "1", "rate_B": "3", "rate_C": "10", "rate_D": "20"}


@pytest.fixture
def city(world):
    draws.roster(5)
    return draws.graded_pool({"A": 60, "B": 30, "C": 15, "D": 8})


def scheme(**more):
    item = draws.item()
    known = {
        "title": "第四季度登记事项抽查", "org_id": make.unit("川汇区局").id, "item_codes": [item.code],
        "officers_per_case": "2", "workdays": "30", "public_list": "1", **RATES,
    }  # fmt: skip
    return known | more


def last(model):
    session.expire_all()
    return session.scalars(select(model).order_by(model.id.desc())).first()


# ---- A campaign through its pages


def test_a_campaign_is_walked_through_by_its_people(city, as_role):
    credit, deputy, operator, auditor = (as_role(role) for role in ("credit", "deputy", "credit", "auditor"))
    assert credit.post("/sampling/campaigns/new", data=scheme()).status_code == 303
    campaign = last(Campaign)
    page = f"/sampling/campaigns/{campaign.id}"

    def press(visitor, verb, **data):
        answer = visitor.post(f"{page}/{verb}", data=data)
        session.expire_all()
        return answer

    assert press(credit, "submit").status_code == 303
    assert "批准方案" in deputy.get("/desk").text
    assert press(credit, "approve").status_code == 403
    assert press(deputy, "approve").status_code == 303
    assert press(deputy, "freeze").status_code == 403
    assert press(operator, "freeze").status_code == 303
    assert "正在冻结" in press(operator, "freeze").text
    assert "排队中" in operator.get(page).text
    draws.deliver("FreezeRequested", sampling.freeze_for)
    same = press(operator, "commit")
    assert same.status_code == 422
    assert "冻结名录、组织抽取的人员不得同时公布承诺" in same.text
    publisher = as_role("credit")
    assert press(publisher, "commit").status_code == 303
    both = press(publisher, "draw")
    assert both.status_code == 422
    assert "公布承诺的人员不得同时组织抽取" in both.text
    refused = press(operator, "draw")
    assert refused.status_code == 422
    assert "还没有见证文本" in refused.text

    invited = press(operator, "invite", name="王公证")
    link = re.search(r"/witness/[\w-]+", invited.text)[0]
    assert link not in operator.get(page).text
    phone = operator.application.test_client()
    assert campaign.commitment.hex() in phone.get(link).text
    assert phone.post(link, data={"by": "王公证", "text": "两\n行"}).status_code == 422
    assert phone.post(link, data={"by": "王公证", "text": "07 12 33"}).status_code == 303
    assert phone.post(link, data={"by": "王公证", "text": "再来"}).status_code == 422
    assert press(auditor, "contribute", text="监督").status_code == 303
    hall = operator.get(f"{page}/hall").text
    assert "07 12 33" in hall
    assert "监督" in hall
    assert press(operator, "draw").status_code == 303
    assert press(operator, "draw").status_code == 422

    session.expire_all()
    assert campaign.state == "drawn"
    scene = operator.get(f"{page}/hall/scene").text
    seal = session.scalars(select(DrawnMember.seal).where(DrawnMember.campaign_id == campaign.id)).first()
    assert seal.hex()[:16] in scene
    assert "等待派单" in operator.get(page).text
    assert operator.get(f"{page}/bundle").data.startswith(b"PK")
    assert operator.get(f"{page}/audit").status_code == 403
    assert seal.hex() in auditor.get(f"{page}/audit").text
    opened = auditor.post(f"{page}/open-seals", data={"reason": "年度审计"})
    assert seal.hex() in opened.text
    assert "年度审计" in auditor.get(f"{page}/audit").text


def test_the_preview_counts_what_the_freeze_then_seals(city, as_role):
    credit = as_role("credit")
    data = scheme(unattended="1")
    shown = credit.post("/sampling/campaigns/preview", data=data | {"title": ""}).text
    assert "6" in re.search(r"将抽取.*?<b class=\"num\">(\d+)</b>", shown, re.S)[1]
    low = credit.post("/sampling/campaigns/preview", data=data | {"rate_D": "5"}).text
    assert "D 类 5%（不得低于 20%）" in low
    draws.graded_pool({"A": 3}, unit_name="淮阳区一所")
    elsewhere = credit.post("/sampling/campaigns/preview", data=data | {"org_id": make.unit("淮阳区局").id}).text
    assert "淮阳区局：需要 2 名，现有 0 名" in elsewhere


@pytest.mark.parametrize(
    ("field", "value"),
    [("rate_D", "abc"), ("rate_D", "0.001"), ("item_codes", []), ("officers_per_case", "1"), ("title", "")],
)
def test_what_is_wrong_with_a_scheme_stands_beside_its_field(city, as_role, field, value):
    answer = as_role("credit").post("/sampling/campaigns/new", data=scheme(**{field: value}))
    assert answer.status_code == 422
    assert f'href="#f-{field}"' in answer.text
    assert last(Campaign) is None


def test_cancelling_is_asked_for_by_one_and_confirmed_by_another(city, as_role):
    campaign = draws.campaign(until="committed")
    page = f"/sampling/campaigns/{campaign.id}"
    operator, deputy = as_role("credit"), as_role("deputy")
    assert operator.post(f"{page}/propose-cancel", data={"reason": "名录有误"}).status_code == 303
    assert "批准作废" in deputy.get(page).text
    assert operator.post(f"{page}/cancel").status_code == 403
    assert deputy.post(f"{page}/cancel").status_code == 303
    assert "记录永久公开" in operator.get(page).text
    assert "本次抽查已作废" in operator.get(f"{page}/hall").text


# ---- Scope


def test_another_area_sees_nothing_of_a_campaign(city, as_role):
    campaign = draws.campaign(until="drawn")
    stranger = as_role("county", unit="淮阳区局")
    own = as_role("county", unit="川汇区局")
    assert campaign.title in own.get("/sampling/campaigns").text
    assert campaign.title not in stranger.get("/sampling/campaigns").text
    page = f"/sampling/campaigns/{campaign.id}"
    for path in ("", "/hall", "/hall/scene", "/bundle"):
        assert stranger.get(page + path).status_code == 404
        assert own.get(page + path).status_code == 200
    for verb in ("freeze", "commit", "draw", "invite", "propose-cancel", "contribute"):
        answer = stranger.post(f"{page}/{verb}", data={"name": "甲", "text": "甲", "reason": "甲"})
        assert answer.status_code == 404


def test_a_line_section_sees_the_campaigns_of_its_line(city, as_role):
    food = draws.campaign(item_codes=[draws.item(line="food").code], title="食品抽查")
    both = draws.campaign(item_codes=[draws.item(line="food").code, draws.item().code], title="联合抽查")
    reader = draws.person("line", lines=("price",))
    assert [row.Campaign.title for row in queries.campaigns(reader).rows] == [both.title]
    eater = draws.person("line", lines=("food",))
    assert {row.Campaign.title for row in queries.campaigns(eater).rows} == {food.title, both.title}


# ---- What must not leak


def test_staff_pages_join_no_name_to_seal_ticket_or_stratum(city, as_role):
    campaign = draws.campaign(until="drawn")
    sampling.chunk_cases(campaign.id, actor=SYSTEM)
    sampling.open_all_cases(campaign.id, actor=SYSTEM)
    drawn = session.scalars(
        select(DrawnMember).where(DrawnMember.campaign_id == campaign.id).order_by(DrawnMember.position)
    ).all()
    for role in ("credit", "deputy", "legal", "supervisor"):
        text = as_role(role).get(f"/sampling/campaigns/{campaign.id}").text
        rows = {re.sub(r"<[^>]*>|\s", "", row): row for row in re.findall(r"<tr>.*?</tr>", text, re.S)}
        listed = [next(words for words in rows if row.code in words) for row in drawn]
        assert listed == [words for words in rows if words in listed]
        for row, words in zip(drawn, listed, strict=True):
            assert row.seal.hex() not in text
            assert row.ticket.hex() not in text
            assert not re.search(rf"{row.stratum}类|>{row.stratum}<", rows[words])
    hall = as_role("credit").get(f"/sampling/campaigns/{campaign.id}/hall").text
    assert not any(row.code in hall for row in drawn)


def test_cases_are_numbered_by_code_so_that_their_order_tells_no_ticket(city):
    campaign = draws.campaign(until="drawn", rates_bp={"A": 5000, "B": 5000})
    sampling.chunk_cases(campaign.id, actor=SYSTEM)
    sampling.open_all_cases(campaign.id, actor=SYSTEM)
    tasks, _page = queries.drawn(campaign)
    assert [task.enterprise.number for task in tasks] == sorted(task.enterprise.number for task in tasks)
    assert [task.case_id for task in tasks] == sorted(task.case_id for task in tasks)


@pytest.mark.parametrize(
    ("pool", "rates", "open_list", "why"),
    [
        ({"A": 600, "B": 200, "C": 60, "D": 30}, {}, True, None),
        ({"A": 600, "B": 200, "C": 60, "D": 30}, {}, False, "方案未安排公开"),
        ({"A": 600, "B": 200, "C": 60, "D": 12}, {}, True, "抽取户数过少"),
        ({"A": 600, "B": 200, "C": 60, "D": 30}, {"D": 10_000}, True, "全部抽中"),
        ({"A": 600}, {"A": 5000}, True, "只面向一类"),
    ],
)
def test_the_list_of_names_waits_where_it_could_give_a_grade_away(world, pool, rates, open_list, why):
    draws.roster()
    draws.graded_pool(pool)
    wanted = rates if len(pool) == 1 else draws.FLOORS | {"A": 200} | rates
    campaign = draws.campaign(until="drawn", rates_bp=wanted, public_list=open_list)
    shown = queries.public_campaign(campaign.id)
    if why is None:
        assert shown.withheld is None
        assert len(queries.public_names(campaign.id)[0]) == campaign.tasks
    else:
        assert why in shown.withheld


def test_a_published_result_moves_public_totals_and_nothing_else(world, client):
    """Who reads every public page each day learns of one more result, and not whose seal or stratum it was."""
    draws.roster()
    draws.graded_pool({"A": 600, "B": 200, "C": 60, "D": 30})
    campaign = draws.campaign(until="drawn", rates_bp=draws.FLOORS | {"A": 200})
    sampling.chunk_cases(campaign.id, actor=SYSTEM)
    sampling.open_all_cases(campaign.id, actor=SYSTEM)

    def seen() -> tuple[dict[str, object], str, bytes]:
        shown = vars(queries.public_campaign(campaign.id))
        return shown, client.get("/public/draw-ledger").text, queries.bundle(campaign.id).read()

    before, ledger, bundle = seen()
    draws.end_cases(campaign, "closed", 1)
    after, ledger_after, bundle_after = seen()
    assert {name for name in before if before[name] != after[name]} == {"progress"}
    progress = after["progress"]
    assert (progress.published, progress.in_work) == (1, campaign.tasks - 1)
    assert progress.published + progress.closed_by_code + progress.in_work == progress.drawn
    assert (ledger, bundle) == (ledger_after, bundle_after)
    names = [brief.number for brief in queries.public_names(campaign.id)[0]]
    assert names == sorted(names)  # by code: not one bit of the tickets
    for code in names:
        assert code.encode() not in bundle
        assert code not in ledger


def test_the_public_knows_nothing_before_the_commitment(city, client):
    campaign = draws.campaign(until="frozen")
    assert queries.public_campaigns().rows == []
    for path in ("", "/hall", "/bundle", "/audit"):
        assert client.get(f"/sampling/campaigns/{campaign.id}{path}").location.startswith("/sign-in")
    sampling.publish_commitment(campaign.id, actor=SYSTEM)
    shown = queries.public_campaign(campaign.id)
    assert shown.commitment == campaign.commitment.hex()
    assert campaign.nonce.hex() not in repr(shown)


# ---- Items, plans, withdrawals


def test_the_list_of_items_is_loaded_drafted_published_and_ended(world, as_role):
    credit = as_role("credit")
    assert "清单还是空的" in credit.get("/sampling/items").text
    credit.post("/sampling/items/load-defaults")
    listed = credit.get("/sampling/items?line=food").text
    assert "食品经营单位证后监管" in listed
    assert "登记事项检查" not in listed
    form = credit.get("/sampling/items/B03/new-version").text
    assert "食品安全法" in form
    entry = {
        "valid_from": clock.today().isoformat(), "category": "食品经营", "name": "食品销售监督检查",
        "checklist": "许可\n贮存", "basis": "食品安全法第一百零九条", "levels": ["county"], "scope": "食品销售者",
        "ratio": "按等级", "frequency": "每年一次", "on_site": "yes", "importance": "key", "line": "food",
        "section": "食品经营科", "industries": "F52、F51",
    }  # fmt: skip
    assert credit.post("/sampling/items/B03/new-version", data=entry).status_code == 303
    assert queries.item("B03", clock.today()).name == "食品经营单位证后监管"
    draft = last(InspectionItem)
    assert credit.post(f"/sampling/items/versions/{draft.id}/publish").status_code == 303
    now = queries.item("B03", clock.today())
    assert (now.name, now.pool, now.checklist) == ("食品销售监督检查", {"industries": ["F52", "F51"]}, ["许可", "贮存"])
    assert as_role("line").post("/sampling/items/B03/new-version", data=entry).status_code == 403
    end = {"valid_from": clock.today().replace(year=2027).isoformat(), "note": "合并"}
    assert credit.post("/sampling/items/B03/withdraw", data=end).status_code == 303
    assert queries.item("B03", clock.today().replace(year=2027)) is None
    assert queries.item("B03", clock.today()) is not None


def test_a_plan_goes_through_every_hand_before_it_is_public(city, as_role):
    people = {role: as_role(role) for role in ("line", "credit", "legal", "deputy", "director")}
    people["line"].post("/sampling/plans/new", data={"year": "2026", "title": "2026年度计划", "org_id": make.unit().id})
    plan = last(Plan)
    page = f"/sampling/plans/{plan.id}"
    assert "计划还没有安排抽查" in people["line"].post(f"{page}/submit").text
    line = scheme(cadence="monthly", first_on="2026-12-05", last_on="2026-12-31", title="登记事项每月抽查")
    assert people["line"].post(f"{page}/lines/new", data=line).status_code == 303
    for last_on in ("2026-01-01", "2027-01-31"):
        assert people["line"].post(f"{page}/lines/new", data=line | {"last_on": last_on}).status_code == 422
    for role, verb, data in (
        ("line", "submit", {}),
        ("credit", "send-back", {"reason": "补充辖区"}),
        ("line", "submit", {}),
        ("credit", "consolidate", {}),
        ("legal", "pass-review", {}),
        ("deputy", "approve", {}),
        ("credit", "file", {"filed_no": "豫市监备〔2026〕12号"}),
        ("credit", "publish", {}),
    ):
        for other in people.keys() - {role}:
            if (verb, other) in (("approve", "director"), ("submit", "credit"), ("publish", "director")):
                continue  # may do this too
            assert people[other].post(f"{page}/{verb}", data=data).status_code in (403, 422), (other, verb)
        assert people[role].post(f"{page}/{verb}", data=data).status_code == 303, (role, verb)
    session.expire_all()
    assert (plan.state, plan.filed_no) == ("published", "豫市监备〔2026〕12号")
    assert "2026-12" in people["line"].get(page).text
    assert people["line"].post(f"{page}/revise", data={"reason": "机构调整"}).status_code == 303
    newer = last(Plan)
    assert (newer.version, newer.reason, newer.lines[0].root_id) == (2, "机构调整", plan.lines[0].id)


def test_an_officer_declares_for_himself_and_the_bureau_for_others(city, as_role):
    from casework.registry.models import Enterprise

    account = make.account("inspector", unit="川汇区局")
    officer = make.officer(account_id=account.id)
    code = session.get_one(Enterprise, city[0]).uscc
    inspector = as_role("inspector").application.test_client()
    with inspector.session_transaction() as cookie:
        cookie.update(account=account.id, epoch=account.epoch, seen=2**40, locale="zh")
    entry = {
        "officer_id": officer.id,
        "number": code,
        "kind": "relative",
        "declared_by": "officer",
        "reason": "配偶经营",
    }
    assert inspector.post("/sampling/recusals", data=entry).status_code == 303
    assert inspector.post("/sampling/recusals", data=entry).status_code == 422
    other = make.officer()
    assert inspector.post("/sampling/recusals", data=entry | {"officer_id": other.id}).status_code == 422
    legal = as_role("legal")
    assert (
        legal.post("/sampling/recusals", data=entry | {"officer_id": other.id, "declared_by": "bureau"}).status_code
        == 303
    )
    assert legal.post("/sampling/recusals", data=entry | {"number": "91NOBODY"}).status_code == 422
    first = session.scalars(select(Recusal).where(Recusal.officer_id == officer.id)).one()
    assert inspector.post(f"/sampling/recusals/{first.id}/end").status_code == 403
    assert legal.post(f"/sampling/recusals/{first.id}/end").status_code == 303
    session.expire_all()
    assert first.ended_on == clock.today()


def test_the_token_of_a_link_is_kept_as_a_hash_only(city, as_role):
    campaign = draws.campaign(until="committed", unattended=False)
    token = sampling.invite(campaign.id, name="王公证", actor=SYSTEM)
    assert token not in repr(vars(last(Invitation)))
    assert last(Invitation).token_sha256 == sampling.token_hash(token)


def test_another_area_sees_neither_plan_nor_audit_nor_withdrawal(city, as_role):
    campaign = draws.campaign(until="drawn")
    plan = sampling.create_plan(
        year=2026, title="川汇区计划", org_id=make.unit("川汇区局").id, actor=draws.person("credit")
    )
    barred = draws.recusal(make.officer().id, city[0])
    stranger = as_role("county", unit="淮阳区局")
    assert plan.title not in stranger.get("/sampling/plans").text
    assert stranger.get(f"/sampling/plans/{plan.id}").status_code == 404
    assert stranger.post(f"/sampling/plans/{plan.id}/submit").status_code == 404
    auditor = as_role("auditor", unit="淮阳区局")
    assert auditor.get(f"/sampling/campaigns/{campaign.id}/audit").status_code == 404
    opened = auditor.post(f"/sampling/campaigns/{campaign.id}/open-seals", data={"reason": "审计"})
    assert opened.status_code == 404
    assert barred.reason not in as_role("legal", unit="淮阳区局").get("/sampling/recusals").text
    assert barred.reason in as_role("legal", unit="川汇区局").get("/sampling/recusals").text


def test_the_head_replaces_an_officer_and_picks_nobody(city, as_role):
    campaign = draws.campaign(until="drawn")
    sampling.chunk_cases(campaign.id, actor=SYSTEM)
    sampling.open_all_cases(campaign.id, actor=SYSTEM)
    case_id = queries.drawn(campaign)[0][0].case_id
    page = f"/sampling/cases/{case_id}/officer"
    head = as_role("county", unit="川汇区局")
    leaves = re.search(r'name="leaves" value="(\d+)"', head.get(page).text)[1]
    assert as_role("county", unit="淮阳区局").get(page).status_code == 404
    assert as_role("leader", unit="川汇区局").post(page, data={"leaves": leaves, "reason": "病"}).status_code == 403
    assert head.post(page, data={"leaves": leaves}).status_code == 422
    assert head.post(page, data={"leaves": leaves, "reason": "病假"}).status_code == 303
    assert "病假" in head.get(page).text
