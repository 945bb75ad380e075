"""A campaign from its scheme to the draw: floors, exclusions, freeze, commitment, witnesses, separation, cancelling."""

from collections import Counter
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, text
from sqlalchemy.exc import DatabaseError, IntegrityError

from casework.core import clock, parameters
from casework.core.actor import SYSTEM
from casework.core.db import savepoint, session
from casework.core.errors import NotFound, Refusal
from casework.registry.models import Enterprise
from casework.sampling import draw as engine
from casework.sampling import operations as sampling
from casework.sampling import pool, queries, rules, verify
from casework.sampling.models import Campaign, Contribution, DrawnMember, PoolMember
from tests import make
from tests.make import sampling as draws

POOL = {"A": 60, "B": 30, "C": 15, "D": 8}


@pytest.fixture
def city(world):
    """A graded pool and officers enough."""
    draws.roster(5)
    return draws.graded_pool(POOL)


def reasons(campaign):
    rows = session.execute(select(PoolMember.reason).where(PoolMember.campaign_id == campaign.id)).scalars()
    return Counter(reason for reason in rows if reason)


# ---- Schemes and floors


@given(st.dictionaries(st.sampled_from("ABCD"), st.integers(1, 10_000), min_size=1))
def test_a_scheme_is_in_order_exactly_when_every_grade_reaches_its_floor(rates):
    low = [grade for grade, rate in rates.items() if rate < draws.FLOORS[grade]]
    objection = rules.below_floor(rates, draws.FLOORS)
    assert (objection is None) == (not low)
    assert all(f"{grade} 类" in objection for grade in low)


@given(st.integers(0, 5000), st.integers(1, 10_000), st.none() | st.integers(0, 60), st.integers(0, 5000))
def test_exclusions_leave_the_base_of_the_floor_as_it_was(members, rate_bp, size, excluded):
    count = rules.StratumCount("A", "A", 1, rate_bp, size, members, {"cap": min(excluded, members)})
    assert count.required == engine.floor_count(members, rate_bp, size)
    assert count.drawn + count.shortfall == count.required
    assert count.drawn <= count.eligible


def test_a_ratio_under_the_floor_is_refused_and_named(city):
    with pytest.raises(Refusal, match="D 类 19%") as refusal:
        draws.campaign(rates_bp=draws.FLOORS | {"D": 1900})
    assert refusal.value.field == "rates"


def test_an_item_that_is_not_on_the_list_that_day_cannot_be_used(city):
    later = draws.item("T900", published_on=clock.today() + timedelta(days=1))
    withdrawn = draws.item("T901")
    campaign = draws.campaign(item_codes=[withdrawn.code])
    sampling.withdraw_item(withdrawn.code, valid_from=clock.today(), note="合并", actor=draws.person("credit"))
    with pytest.raises(Refusal, match="清单之外不得检查"):
        sampling.submit_campaign(campaign.id, actor=SYSTEM)
    with pytest.raises(Refusal, match="T900"):
        draws.campaign(item_codes=[later.code])


# ---- Freeze


def test_the_freeze_seals_the_graded_pool_of_a_named_run(city):
    draws.graded_pool({None: 3})
    campaign = draws.campaign(until="frozen")
    assert {s.label: s.members for s in campaign.strata} == POOL
    assert (campaign.ungraded, campaign.run_on) == (3, clock.today())
    assert campaign.run_id is not None
    codes = dict(session.execute(select(Enterprise.id, Enterprise.uscc)).all())
    for member in session.scalars(select(PoolMember).where(PoolMember.campaign_id == campaign.id)):
        assert member.seal == engine.seal_of(codes[member.enterprise_id], member.salt)


def test_no_run_and_no_pool_are_refused_and_leave_nothing(world):
    draws.roster()
    campaign = draws.campaign(until="approved")
    with pytest.raises(Refusal, match="请先运行分类"), savepoint():
        sampling.freeze_pool(campaign.id, actor=SYSTEM)
    draws.graded_pool({})
    with pytest.raises(Refusal, match="抽查库为空"), savepoint():
        sampling.freeze_pool(campaign.id, actor=SYSTEM)
    assert session.get_one(Campaign, campaign.id).state == "approved"


def test_a_county_without_officers_enough_is_named(world):
    draws.graded_pool({"A": 5})
    draws.roster(1)
    draws.roster(4, lines=("food",))
    draws.roster(4, valid_until=clock.today() - timedelta(days=1))
    campaign = draws.campaign(until="approved", rates_bp={"A": 100})
    with pytest.raises(Refusal, match="川汇区局 1 名"), savepoint():
        sampling.freeze_pool(campaign.id, actor=SYSTEM)


def test_excluded_members_stay_in_the_base_and_are_not_drawn(city):
    item = draws.item()
    first = draws.campaign(item_codes=[item.code], until="drawn")
    leaving = session.get_one(Enterprise, city[0])
    leaving.tags = [rules.DEREGISTERING]
    second = draws.campaign(item_codes=[item.code], until="drawn")
    before, after = (
        set(session.scalars(select(DrawnMember.enterprise_id).where(DrawnMember.campaign_id == one.id)))
        for one in (first, second)
    )
    assert {s.label: (s.members, s.required) for s in second.strata} == {
        s.label: (s.members, s.required) for s in first.strata
    }
    assert not before & after
    assert leaving.id not in after
    expected = Counter(drawn=len(before - {leaving.id}), deregistering=1)
    assert reasons(second) == expected
    assert draws.campaign(until="frozen").strata[0].excluded == {"deregistering": 1}  # another item


def test_a_reason_that_few_share_is_published_as_another(city):
    session.get_one(Enterprise, city[0]).tags = [rules.DEREGISTERING]
    campaign = draws.campaign(until="committed")
    statuses = Counter(member.status for member in pool.members(campaign.id))
    assert statuses == Counter({"in": sum(POOL.values()) - 1, "out:other": 1})
    assert queries.public_campaign(campaign.id).exclusions == [("其他排除情形", 1)]


def test_a_shortfall_stops_until_somebody_else_decides(city):
    item = draws.item()
    draws.campaign(item_codes=[item.code], rates_bp={"D": 10_000}, until="drawn")
    office = draws.Office()
    campaign = draws.campaign(office, item_codes=[item.code], until="frozen")
    assert [s.label for s in campaign.strata if s.shortfall] == ["D"]
    with pytest.raises(Refusal, match="书面决定"):
        sampling.publish_commitment(campaign.id, actor=office.publisher)
    with pytest.raises(Refusal, match="权限"):
        sampling.decide_shortfall(campaign.id, reason="全年已抽", actor=office.operator)
    sampling.decide_shortfall(campaign.id, reason="全年已抽，周市监〔2026〕9号", actor=office.approver)
    sampling.publish_commitment(campaign.id, actor=office.publisher)
    drawn = sampling.draw(campaign.id, actor=office.operator)
    assert queries.public_campaign(drawn.id).decision.startswith("全年已抽")


# ---- Commitment, witnesses, draw


def test_contributions_count_from_the_commitment_to_the_draw_and_no_longer(city):
    office = draws.Office()
    campaign = draws.campaign(office, unattended=False, until="frozen")
    with pytest.raises(Refusal, match="现在不接受见证"):
        sampling.contribute(campaign.id, text="早", actor=office.witness)
    sampling.publish_commitment(campaign.id, actor=office.publisher)
    with pytest.raises(Refusal, match="见证"):
        sampling.draw(campaign.id, actor=office.operator)
    token = sampling.invite(campaign.id, name="王公证", actor=office.operator)
    sampling.contribute_by_link(token, by="王公证", text="彩票 2026-11 07 12 33")
    sampling.contribute(campaign.id, text="e\u0301", actor=office.witness)
    for again in (
        lambda: sampling.contribute_by_link(token, by="王公证", text="再来"),
        lambda: sampling.contribute(campaign.id, text="再来", actor=office.witness),
        lambda: sampling.contribute(campaign.id, text="我来", actor=office.operator),
    ):
        with pytest.raises(Refusal):
            again()
    clerk = draws.person("credit")
    sampling.contribute(campaign.id, text="我也见证", actor=clerk)
    with pytest.raises(Refusal, match="见证人不得同时组织抽取"):
        sampling.draw(campaign.id, actor=clerk)
    drawn = sampling.draw(campaign.id, actor=office.operator)
    with pytest.raises(Refusal, match="现在不接受见证"):
        sampling.contribute(campaign.id, text="晚", actor=draws.person("auditor"))
    texts = ["彩票 2026-11 07 12 33", "é", "我也见证"]
    assert drawn.seed == engine.seed_of(drawn.commitment, drawn.nonce, texts)


@pytest.mark.parametrize("bad", ["两\n行", "制表\t符", "字" * 201, "\x00", " "])
def test_what_is_no_line_of_text_is_refused(city, bad):
    office = draws.Office()
    campaign = draws.campaign(office, unattended=False, until="committed")
    with pytest.raises(Refusal) as refusal:
        sampling.contribute(campaign.id, text=bad, actor=office.witness)
    assert refusal.value.field == "text"
    assert session.scalars(select(Contribution)).all() == []


def test_an_old_link_is_no_link(city):
    office = draws.Office()
    campaign = draws.campaign(office, unattended=False, until="committed")
    token = sampling.invite(campaign.id, name="王公证", actor=office.operator)
    with clock.at(clock.now() + timedelta(days=3)), pytest.raises(NotFound):
        sampling.contribute_by_link(token, by="王公证", text="迟")


def test_a_campaign_is_drawn_once(city):
    campaign = draws.campaign(until="drawn")
    seed, drawn = campaign.seed, campaign.tasks
    with pytest.raises(Refusal, match="已抽取"):
        sampling.draw(campaign.id, actor=SYSTEM)
    for forbidden in (
        f"UPDATE campaign SET seed = decode(repeat('00', 32), 'hex') WHERE id = {campaign.id}",
        f"UPDATE campaign SET commitment = decode(repeat('00', 32), 'hex') WHERE id = {campaign.id}",
        f"UPDATE drawn_member SET chosen = '{{}}' WHERE campaign_id = {campaign.id}",
        f"DELETE FROM pool_member WHERE campaign_id = {campaign.id}",
        "TRUNCATE contribution",
    ):
        with pytest.raises(DatabaseError), savepoint():
            session.execute(text(forbidden))
    assert (campaign.seed, campaign.tasks) == (seed, drawn)


def test_every_stratum_is_drawn_to_its_floor(city):
    campaign = draws.campaign(until="drawn")
    rows = session.scalars(select(DrawnMember.stratum).where(DrawnMember.campaign_id == campaign.id))
    assert Counter(rows) == {"A": 1, "B": 1, "C": 2, "D": 2}
    assert campaign.due_on > clock.today()


# ---- Separation and cancelling


def test_approver_publisher_and_operator_are_three_people(city):
    office = draws.Office()
    both = draws.person("credit", "deputy")
    own = draws.campaign(maker=both, until="submitted")
    with pytest.raises(Refusal, match="编制人不得批准"):
        sampling.approve_campaign(own.id, actor=both)
    campaign = draws.campaign(office, until="submitted")
    sampling.approve_campaign(campaign.id, actor=both)
    for verb, who, refused in (
        (sampling.freeze_pool, office.operator, {both: "批准方案的人员不得组织抽取"}),
        (
            sampling.publish_commitment,
            office.publisher,
            {both: "不得同时公布承诺", office.operator: "不得同时公布承诺"},
        ),
        (sampling.draw, office.operator, {both: "不得组织抽取", office.publisher: "不得同时组织抽取"}),
    ):
        for other, why in refused.items():
            with pytest.raises(Refusal, match=why):
                verb(campaign.id, actor=other)
        verb(campaign.id, actor=who)
    assert queries.public_campaign(campaign.id).three_people
    for one, other in (
        ("frozen_by", "approved_by"), ("committed_by", "approved_by"), ("committed_by", "frozen_by"),
        ("committed_by", "drawn_by"), ("drawn_by", "approved_by"),
    ):  # fmt: skip
        with pytest.raises(IntegrityError), savepoint():
            session.execute(text(f"UPDATE campaign SET {one} = {other} WHERE id = {campaign.id}"))


def test_a_post_without_the_permission_cannot_make_the_move(city):
    campaign = draws.campaign(until="approved")
    with pytest.raises(Refusal, match="权限"):
        sampling.freeze_pool(campaign.id, actor=draws.person("line"))


def test_cancelling_takes_two_people_and_leaves_a_tombstone(city):
    office = draws.Office()
    campaign = draws.campaign(office, until="committed")
    with pytest.raises(Refusal, match="还没有人提出"):
        sampling.cancel(campaign.id, actor=office.approver)
    sampling.propose_cancel(campaign.id, reason="系统演练", actor=office.operator)
    with pytest.raises(Refusal, match="权限"):
        sampling.cancel(campaign.id, actor=office.operator)
    sampling.cancel(campaign.id, actor=office.approver)
    shown = queries.public_campaign(campaign.id)
    assert (shown.tombstone.reason, shown.tombstone.proposed_by, shown.tombstone.confirmed_by) == (
        "系统演练",
        "周口市市场监督管理局信用监管科",
        "周口市市场监督管理局分管局领导",
    )
    assert campaign.number in [row.number for row in queries.public_campaigns().rows]
    with pytest.raises(Refusal):
        sampling.draw(campaign.id, actor=office.operator)


def test_who_proposed_may_not_confirm(city):
    office = draws.Office()
    campaign = draws.campaign(office, until="approved")
    sampling.propose_cancel(campaign.id, reason="重复", actor=office.approver)
    with pytest.raises(Refusal, match="提出作废的人员"):
        sampling.cancel(campaign.id, actor=office.approver)
    sampling.drop_cancel(campaign.id, actor=office.approver)
    assert session.get_one(Campaign, campaign.id).state == "approved"


# ---- Bundle and openings


def test_the_bundle_of_a_real_campaign_is_verified_with_its_openings(city, tmp_path: Path):
    office = draws.Office()
    campaign = draws.campaign(office, unattended=False, until="committed")
    sampling.contribute(campaign.id, text="见证 𠀀", actor=office.witness)
    noted = campaign.commitment.hex()
    early = tmp_path / "early.zip"
    early.write_bytes(queries.bundle(campaign.id).read())
    assert verify.is_verified(verify.verify(early, commitment=noted))

    sampling.draw(campaign.id, actor=office.operator)
    bundle, openings = tmp_path / "bundle.zip", tmp_path / "openings.csv"
    written = queries.bundle(campaign.id).read()
    bundle.write_bytes(written)
    openings.write_bytes(sampling.open_seals(campaign.id, reason="年度审计", actor=draws.person("auditor")).read())
    checks = verify.verify(bundle, openings, noted)
    assert [check.title.zh for check in checks if check.ok is not True] == []

    sampling.keep_bundle(campaign.id, actor=SYSTEM)
    assert queries.bundle(campaign.id).read() == written
    read = engine.read_bundle(bundle)
    assert (read.parameters.campaign, len(list(read.drawn))) == (campaign.number, campaign.tasks)


def test_only_auditors_open_seals_and_only_with_a_reason(city):
    campaign = draws.campaign(until="drawn")
    with pytest.raises(Refusal, match="抽取监督员"):
        sampling.open_seals(campaign.id, reason="好奇", actor=draws.person("credit"))
    with pytest.raises(Refusal, match="理由"):
        sampling.open_seals(campaign.id, reason=" ", actor=draws.person("auditor"))


def test_one_grade_alone_is_published_without_its_letter(city):
    campaign = draws.campaign(rates_bp={"D": 5000}, until="drawn")
    assert [s.label for s in queries.public_campaign(campaign.id).strata] == ["all"]
    assert {member.stratum for member in pool.members(campaign.id)} == {"all"}
    assert campaign.strata[0].grade == "D"


# ---- Who may be sent


def test_officers_come_from_the_county_hold_a_certificate_and_have_not_withdrawn(world):
    ids = draws.graded_pool({"A": 40, "B": 40}) + draws.graded_pool({"A": 40, "B": 40}, unit_name="淮阳区一所")
    near, far = draws.roster(4), draws.roster(4, unit_name="淮阳区局")
    barred = near[0]
    for enterprise_id in ids:
        draws.recusal(barred.id, enterprise_id)
    campaign = draws.campaign(org_id=make.unit().id, rates_bp={"A": 5000, "B": 5000}, until="drawn")
    officers = [seat.officer_id for seat in queries.roster(campaign.id)]
    county = {make.unit("川汇区一所").id: {one.id for one in near}, make.unit("淮阳区一所").id: {one.id for one in far}}
    loads = Counter()
    for row in session.scalars(select(DrawnMember).where(DrawnMember.campaign_id == campaign.id)):
        eligible, chosen = ({officers[place] for place in places} for places in (row.eligible, row.chosen))
        assert eligible == county[row.org_id] - {barred.id}
        assert len(chosen) == 2
        assert chosen <= eligible
        loads.update(chosen)
    assert barred.id not in loads
    for crew in (near[1:], far):
        counts = [loads[one.id] for one in crew]
        assert max(counts) - min(counts) <= 1


def test_special_equipment_asks_for_its_own_certificate(world):
    draws.graded_pool({"A": 10})
    plain = draws.roster(3, lines=("equipment",))
    qualified = draws.roster(2, lines=("equipment",), qualifications=("equipment",))
    item = draws.item(line="equipment", qualification="equipment", importance="key")
    campaign = draws.campaign(item_codes=[item.code], rates_bp={"A": 5000}, until="drawn")
    seats = {seat.officer_id for seat in queries.roster(campaign.id)}
    assert seats == {one.id for one in qualified}
    assert not seats & {one.id for one in plain}


def test_a_published_item_is_never_edited(world):
    item = draws.item(valid_from=date(2026, 1, 1))
    with pytest.raises(Refusal, match="已经公布"):
        sampling.keep_item(code=item.code, valid_from=item.valid_from, name="改名", actor=draws.person("credit"))
    with pytest.raises(DatabaseError), savepoint():
        session.execute(text("UPDATE inspection_item SET name = 'x' WHERE id = :id"), {"id": item.id})


def test_scope_of_items_and_ended_qualifications_keep_from_the_roster(world):
    draws.graded_pool({"A": 40})
    item = draws.item(qualification="equipment", line="equipment")
    able = draws.roster(4, lines=("equipment",), qualifications=("equipment",))
    able[0].item_codes = ["X99"]
    able[1].qualifications_until = {"equipment": (clock.today() - timedelta(days=1)).isoformat()}
    able[2].item_codes = [item.code, "X99"]
    session.flush()
    campaign = draws.campaign(item_codes=[item.code], until="frozen")
    assert {one.officer_id for one in queries.roster(campaign.id)} == {able[2].id, able[3].id}
    told = {one.officer.id: one.objection for one in queries.candidacies(campaign)}
    assert told[able[0].id] == f"执法事项范围不含事项 {item.code}"
    assert "到期" in told[able[1].id]
    assert told[able[2].id] is None


def test_each_officer_is_told_why_he_may_not_be_sent(world, as_role):
    ids = draws.graded_pool({"A": 40})
    today = clock.today()
    fit = draws.roster(3, lines=("equipment",), qualifications=("equipment",))
    draws.recusal(fit[0].id, ids[0])
    reasons = {
        "到期": {"certificate_valid_until": today - timedelta(days=1)},
        "请假": {"absent_until": today},
        "停用": {"active": False},
        "执法事项范围": {"lines": ["food"]},
        "资格": {"qualifications": []},
    }
    barred = {}
    for words, facts in reasons.items():
        [barred[words]] = draws.roster(1, lines=("equipment",), qualifications=("equipment",))
        for name, fact in facts.items():
            setattr(barred[words], name, fact)
    item = draws.item(line="equipment", qualification="equipment")
    campaign = draws.campaign(item_codes=[item.code], rates_bp={"A": 1000}, until="drawn")
    found = {one.officer.id: one for one in queries.candidacies(campaign)}
    assert {seat.officer_id for seat in queries.roster(campaign.id)} == {one.id for one in fit}
    assert all(found[one.id].objection is None for one in fit)
    for words, officer in barred.items():
        assert words in found[officer.id].objection
    assert found[fit[0].id].withdrawals == 1
    assert sum(one.cases for one in found.values()) == 2 * campaign.tasks
    page = as_role("credit").get(f"/sampling/campaigns/{campaign.id}/officers").text
    assert "请假或离岗至" in page


def test_counties_that_share_their_officers_are_one_area(world):
    draws.graded_pool({"A": 40})
    draws.graded_pool({"A": 40}, unit_name="淮阳区一所")
    near, far = draws.roster(1), draws.roster(2, unit_name="淮阳区局")
    city = make.unit()
    small = {"org_id": city.id, "rates_bp": {"A": 1000}}
    with pytest.raises(Refusal, match="川汇区局 1 名"), savepoint():
        draws.campaign(until="frozen", **small)
    codes = [make.unit(name).division_code for name in ("川汇区局", "淮阳区局")]
    parameters.set_value(
        "sampling.shared_rosters",
        [" ".join(codes)],
        effective_from=clock.today(),
        document_no="周市监〔2026〕7号",
        actor=SYSTEM,
    )
    campaign = draws.campaign(until="drawn", **small)
    assert {seat.officer_id for seat in queries.roster(campaign.id)} == {one.id for one in (*near, *far)}
    rows = session.scalars(select(DrawnMember).where(DrawnMember.campaign_id == campaign.id)).all()
    assert {len(row.eligible) for row in rows} == {3}
