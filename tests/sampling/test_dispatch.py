"""After and around the draw: cases in chunks, officers replaced, campaigns of the plan, races and killed processes."""

import threading
from collections import Counter
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from casework.cases import queries as cases
from casework.cases.models import Case
from casework.core import clock, parameters
from casework.core.actor import SYSTEM
from casework.core.db import db, savepoint, session, transaction
from casework.core.errors import Refusal
from casework.core.ledger import OutboxMessage
from casework.sampling import draw as engine
from casework.sampling import operations as sampling
from casework.sampling import pool, queries, rules
from casework.sampling.models import Campaign, DrawnMember, Plan
from casework.sampling.operations import dispatch, drawing
from tests import make
from tests.make import sampling as draws


@pytest.fixture
def city(world):
    draws.roster(6)
    return draws.graded_pool({"A": 60, "B": 30, "C": 15, "D": 8})


def announced(name):
    found = session.scalars(select(OutboxMessage).where(OutboxMessage.name == f"sampling.{name}"))
    return [message.payload for message in found]


# ---- Cases


def test_cases_are_announced_in_chunks_that_cover_the_drawn(city, monkeypatch):
    monkeypatch.setattr(dispatch, "CASES_AT_ONCE", 4)
    campaign = draws.campaign(until="drawn", rates_bp={"A": 1500, "D": 2500})
    assert announced("CampaignDrawn") == [{"campaign_id": campaign.id}]
    sampling.chunk_cases(campaign.id, actor=SYSTEM)
    sampling.chunk_cases(campaign.id, actor=SYSTEM)
    spans = [(message["first"], message["last"]) for message in announced("CasesDue")]
    assert sorted(spans) == [(1, 4), (5, 8), (9, 11)]
    assert campaign.state == "running"


def test_the_same_chunk_twice_opens_its_cases_once_with_the_drawn_officers(city):
    campaign = draws.campaign(until="drawn")
    assert sampling.open_drawn_cases(campaign.id, 1, 3, actor=SYSTEM) == 0  # not dispatched yet
    sampling.chunk_cases(campaign.id, actor=SYSTEM)
    assert sampling.open_drawn_cases(campaign.id, 1, 3, actor=SYSTEM) == 3
    assert sampling.open_drawn_cases(campaign.id, 1, 6, actor=SYSTEM) == 3
    officers = [seat.officer_id for seat in queries.roster(campaign.id)]
    for member in session.scalars(select(DrawnMember).where(DrawnMember.campaign_id == campaign.id)):
        case = session.scalars(select(Case).where(Case.enterprise_id == member.enterprise_id)).one()
        assert case.officer_ids == [officers[place] for place in member.chosen]
        assert (case.origin_number, case.source, case.task_due_on) == (campaign.number, "temporary", campaign.due_on)
        assert [item["code"] for item in case.items] == campaign.item_codes


def test_the_sweeper_opens_what_lost_messages_left(city):
    campaign = draws.campaign(until="drawn")
    sampling.chunk_cases(campaign.id, actor=SYSTEM)
    sampling.open_drawn_cases(campaign.id, 1, 2, actor=SYSTEM)
    assert sampling.open_missing_cases(actor=SYSTEM) == 0  # its messages may still be under way
    with clock.at(clock.now() + timedelta(minutes=11)):
        assert sampling.open_missing_cases(actor=SYSTEM) == campaign.tasks - 2
        assert sampling.open_missing_cases(actor=SYSTEM) == 0
    assert queries.progress(campaign).opened == campaign.tasks


def test_the_sweeper_dispatches_what_was_never_announced(city):
    campaign = draws.campaign(until="drawn")
    with clock.at(clock.now() + timedelta(minutes=11)):
        assert sampling.open_missing_cases(actor=SYSTEM) == campaign.tasks
    assert campaign.state == "running"


def test_a_campaign_is_done_when_all_its_cases_have_ended(city):
    campaign = draws.campaign(until="drawn")
    sampling.chunk_cases(campaign.id, actor=SYSTEM)
    sampling.open_all_cases(campaign.id, actor=SYSTEM)
    draws.end_cases(campaign, "gone", 1)
    draws.end_cases(campaign, "closed", campaign.tasks - 2)
    sampling.finish_campaigns(actor=SYSTEM)
    shown = queries.progress(campaign)
    assert (shown.published, shown.closed_by_code, shown.in_work, campaign.state) == (
        campaign.tasks - 2,
        1,
        1,
        "running",
    )
    draws.end_cases(campaign, "closed", 1)
    sampling.finish_campaigns(actor=SYSTEM)
    assert campaign.state == "done"
    assert queries.public_campaign(campaign.id).withheld is None


def test_who_is_being_checked_for_the_item_is_not_drawn_again(city):
    item = draws.item()
    campaign = draws.campaign(item_codes=[item.code], until="drawn")
    sampling.chunk_cases(campaign.id, actor=SYSTEM)
    sampling.open_all_cases(campaign.id, actor=SYSTEM)
    again = draws.campaign(item_codes=[item.code, draws.item().code], until="frozen")
    excluded = sum((Counter(stratum.excluded) for stratum in again.strata), Counter())
    assert excluded == {"running": campaign.tasks}


@pytest.mark.parametrize(("on_site", "excluded"), [(True, {"cap": 1}), (False, {})])
def test_the_annual_cap_binds_visits_only(city, on_site, excluded):
    for number in (1, 2):
        draws.ended_visit(city[0], number)
    campaign = draws.campaign(item_codes=[draws.item(on_site=on_site).code], until="frozen")
    assert sum((Counter(stratum.excluded) for stratum in campaign.strata), Counter()) == excluded


# ---- Officers


def test_an_officer_is_replaced_by_the_next_in_the_recorded_ranking(city):
    campaign = draws.campaign(until="drawn", rates_bp={"A": 3000})
    sampling.chunk_cases(campaign.id, actor=SYSTEM)
    sampling.open_all_cases(campaign.id, actor=SYSTEM)
    bundle = queries.bundle_of(campaign)
    duties = list(bundle.duties)
    seats = queries.roster(campaign.id)
    member = queries.drawn_member(campaign.id, session.scalars(select(Case.enterprise_id).order_by(Case.id)).first())
    case = session.scalars(select(Case).where(Case.enterprise_id == member.enterprise_id)).one()
    leaves = seats[member.chosen[0]]
    first = engine.replacement(duties, campaign.seed, member.seal, [leaves.seal])
    absent = next(seat for seat in seats if seat.seal == first)
    second = engine.replacement(duties, campaign.seed, member.seal, [leaves.seal, first])
    joins = next(seat for seat in seats if seat.seal == second)
    draws.recusal(absent.officer_id, case.enterprise_id)
    head = draws.person("county", unit_name="川汇区局")
    with pytest.raises(Refusal, match="理由"):
        sampling.replace_officer(case.id, leaves=leaves.officer_id, reason=" ", actor=head)
    replaced = sampling.replace_officer(case.id, leaves=leaves.officer_id, reason="患病", actor=head)
    assert (replaced.in_position, replaced.passed_over) == (joins.position, [absent.position])
    session.expire_all()
    assert case.officer_ids[0] == joins.officer_id
    assert [seat.joined for seat in queries.replacement_words(campaign.id)]
    with pytest.raises(Refusal, match="现在的检查人员"):
        sampling.replace_officer(case.id, leaves=leaves.officer_id, reason="患病", actor=head)
    third = sampling.replace_officer(case.id, leaves=joins.officer_id, reason="出差", actor=head)
    assert third.in_position not in (leaves.position, absent.position, joins.position, *member.chosen)


def test_when_nobody_is_left_the_seat_is_not_given_by_hand(world):
    draws.roster(2)
    draws.graded_pool({"A": 5})
    campaign = draws.campaign(until="drawn", rates_bp={"A": 100})
    sampling.chunk_cases(campaign.id, actor=SYSTEM)
    sampling.open_all_cases(campaign.id, actor=SYSTEM)
    case = session.scalars(select(Case)).one()
    with pytest.raises(Refusal, match="都已不能参加"):
        sampling.replace_officer(case.id, leaves=case.officer_ids[0], reason="病", actor=draws.person("director"))


def test_who_was_there_last_time_is_not_sent_again_where_officers_rotate(world):
    draws.roster(6)
    ids = draws.graded_pool({"A": 1})
    first = draws.campaign(until="drawn", rates_bp={"A": 100})
    sampling.chunk_cases(first.id, actor=SYSTEM)
    sampling.open_all_cases(first.id, actor=SYSTEM)
    went = set(session.scalars(select(Case).where(Case.enterprise_id == ids[0])).one().officer_ids)
    session.execute(text('UPDATE "case" SET checked_on = :day'), {"day": clock.today() - timedelta(days=100)})
    draws.end_cases(first, "closed", 1)

    def eligible() -> set[int]:
        campaign = draws.campaign(item_codes=[draws.item().code], until="drawn", rates_bp={"A": 100})
        seats = queries.roster(campaign.id)
        return {seats[place].officer_id for place in queries.drawn_member(campaign.id, ids[0]).eligible}

    assert went < eligible()
    for days, again in ((90, True), (120, False)):
        on = clock.today() - timedelta(days=120 - days)
        parameters.set_value(
            "sampling.rotation_days", days, effective_from=on, document_no="周市监〔2026〕8号", actor=SYSTEM
        )
        assert (went < eligible()) is again
    assert len(eligible()) == 4


# ---- The schedule


LINE = {
    "title": "登记事项", "pool": {}, "rates_bp": draws.FLOORS, "officers_per_case": 2, "workdays": 30,
    "public_list": True, "cadence": "once", "first_on": date(2026, 3, 9), "last_on": date(2026, 12, 31),
}  # fmt: skip


def plan_with(first_on, cadence="monthly"):
    office = draws.Office()
    made = sampling.create_plan(year=2026, title="年度计划", org_id=make.unit("川汇区局").id, actor=office.maker)
    own = {"org_id": made.org_id, "item_codes": [draws.item().code], "cadence": cadence, "first_on": first_on}
    sampling.keep_line(made.id, actor=office.maker, **LINE | own)
    sampling.submit_plan(made.id, actor=office.maker)
    sampling.consolidate_plan(made.id, actor=office.operator)
    sampling.pass_plan_review(made.id, actor=draws.person("legal"))
    sampling.approve_plan(made.id, actor=office.approver)
    sampling.file_plan(made.id, filed_no="备1", actor=office.operator)
    return sampling.publish_plan(made.id, actor=office.operator)


def at(day):
    return clock.at(clock.local_moment(day, 9))


def test_a_due_batch_becomes_one_unattended_campaign_that_runs_by_itself(city):
    with at(date(2026, 3, 2)):
        plan = plan_with(date(2026, 3, 7))  # a Saturday
        assert sampling.start_due_campaigns(actor=SYSTEM) == 0
    with at(date(2026, 3, 8)):
        assert sampling.start_due_campaigns(actor=SYSTEM) == 0
    with at(date(2026, 3, 9)):
        assert sampling.start_due_campaigns(actor=SYSTEM) == 1
        assert sampling.start_due_campaigns(actor=SYSTEM) == 0
        campaign = session.scalars(select(Campaign)).one()
        assert (campaign.period, campaign.state, campaign.approved_by, plan.state) == (
            "2026-03", "approved", plan.approved_by, "running",
        )  # fmt: skip
        for _again in range(2):
            draws.deliver("CampaignDue", sampling.prepare_unattended)
            draws.deliver("CommitmentPublished", sampling.draw_unattended)
        assert (campaign.state, campaign.drawn_by, campaign.contributions) == ("drawn", None, [])
    with at(date(2026, 6, 1)):  # of what was missed only the last batch is made up
        assert sampling.start_due_campaigns(actor=SYSTEM) == 1
        assert {one.period for one in session.scalars(select(Campaign))} == {"2026-03", "2026-05"}


def test_the_author_of_a_plan_neither_reviews_nor_approves_it(city):
    everything = draws.person("line", "credit", "legal", "deputy")
    with at(date(2026, 3, 2)):
        mine = sampling.create_plan(year=2026, title="计划", org_id=make.unit("淮阳区局").id, actor=everything)
        sampling.keep_line(
            mine.id, actor=everything, **LINE | {"item_codes": [draws.item().code], "org_id": mine.org_id}
        )
        sampling.submit_plan(mine.id, actor=everything)
        sampling.consolidate_plan(mine.id, actor=everything)
        with pytest.raises(Refusal, match="编制人不得"):
            sampling.pass_plan_review(mine.id, actor=everything)
        sampling.pass_plan_review(mine.id, actor=draws.person("legal"))
        with pytest.raises(Refusal, match="编制人不得"):
            sampling.approve_plan(mine.id, actor=everything)


def test_who_approved_a_plan_does_not_publish_it(city):
    boss = draws.person("director")
    plan = draws.filed_plan(draws.item().code, approver=boss)
    with pytest.raises(Refusal, match="批准计划的人员不得同时公示计划"):
        sampling.publish_plan(plan.id, actor=boss)
    sampling.publish_plan(plan.id, actor=draws.person("director"))
    with pytest.raises(IntegrityError), savepoint():
        session.execute(text(f"UPDATE plan SET published_by = approved_by WHERE id = {plan.id}"))


def test_a_plan_that_nobody_approved_begins_nothing(city):
    with at(date(2026, 3, 2)):
        author, clerk = draws.person("line"), draws.person("credit")
        plan = sampling.create_plan(year=2026, title="未批计划", org_id=make.unit("川汇区局").id, actor=author)
        own = {"org_id": plan.org_id, "item_codes": [draws.item().code], "first_on": date(2026, 3, 2)}
        sampling.keep_line(plan.id, actor=author, **LINE | own)
        sampling.submit_plan(plan.id, actor=author)
        for verb in (sampling.publish_plan, sampling.approve_plan):
            with pytest.raises(Refusal):
                verb(plan.id, actor=clerk)
        with pytest.raises(Refusal):
            sampling.file_plan(plan.id, filed_no="备1", actor=clerk)
        assert sampling.start_due_campaigns(actor=SYSTEM) == 0
        assert (plan.state, session.scalars(select(Campaign)).all()) == ("submitted", [])


def test_batches_from_before_the_publication_are_not_made_up(city):
    with at(date(2026, 11, 2)):
        plan_with(date(2026, 1, 5), cadence="quarterly")
        assert sampling.start_due_campaigns(actor=SYSTEM) == 0


def test_a_batch_that_is_not_in_order_waits_as_a_draft_and_says_why(city):
    with at(date(2026, 3, 2)):
        plan_with(date(2026, 3, 9), cadence="once")
        code = session.scalars(select(Plan)).one().lines[0].item_codes[0]
        sampling.withdraw_item(code, valid_from=date(2026, 3, 5), note="合并", actor=SYSTEM)
    with at(date(2026, 3, 9)):
        assert sampling.start_due_campaigns(actor=SYSTEM) == 1
        assert sampling.start_due_campaigns(actor=SYSTEM) == 0
        campaign = session.scalars(select(Campaign)).one()
        assert (campaign.state, campaign.number) == ("draft", None)


def test_a_newer_version_of_the_plan_does_not_repeat_a_batch(city):
    with at(date(2026, 3, 2)):
        plan = plan_with(date(2026, 3, 2))
        assert sampling.start_due_campaigns(actor=SYSTEM) == 1
        author = draws.person("credit")
        newer = sampling.revise_plan(plan.id, reason="调整", actor=author)
        sampling.submit_plan(newer.id, actor=author)
        sampling.consolidate_plan(newer.id, actor=author)
        sampling.pass_plan_review(newer.id, actor=draws.person("legal"))
        sampling.approve_plan(newer.id, actor=draws.person("deputy"))
        sampling.file_plan(newer.id, filed_no="备2", actor=author)
        sampling.publish_plan(newer.id, actor=author)
        assert (plan.state, newer.state) == ("superseded", "published")
        assert sampling.start_due_campaigns(actor=SYSTEM) == 0


def test_an_unattended_campaign_that_falls_short_waits_for_a_decision(city):
    item = draws.item()
    draws.campaign(item_codes=[item.code], rates_bp={"D": 10_000}, until="drawn")
    campaign = draws.campaign(item_codes=[item.code], until="approved")
    sampling.prepare_unattended(campaign.id, actor=SYSTEM)
    assert campaign.state == "frozen"
    sampling.decide_shortfall(campaign.id, reason="全年已抽", actor=draws.person("director"))
    assert {"campaign_id": campaign.id} in announced("CampaignDue")
    sampling.prepare_unattended(campaign.id, actor=SYSTEM)
    sampling.draw_unattended(campaign.id, actor=SYSTEM)
    assert campaign.state == "drawn"


def test_batches_fall_into_periods_of_their_own():
    for cadence in rules.CADENCES:
        found = list(rules.batches(cadence, date(2026, 1, 31), date(2027, 1, 31)))
        assert len({batch.period for batch in found}) == len(found)
        assert [batch.starts_on for batch in found] == sorted(batch.starts_on for batch in found)
    assert [batch.period for batch in rules.batches("quarterly", date(2026, 2, 28), date(2026, 12, 31))] == [
        "2026-Q1", "2026-Q2", "2026-Q3", "2026-Q4",
    ]  # fmt: skip


# ---- With real transactions


def test_two_operators_at_once_draw_once(live):
    draws.roster(4)
    draws.graded_pool({"A": 40, "D": 10})
    office = draws.Office()
    campaign_id = draws.campaign(office, rates_bp={"A": 1000, "D": 5000}, until="committed").id
    session.commit()
    operators = [office.operator, draws.person("credit")]
    session.commit()
    barrier, outcomes = threading.Barrier(2), []

    def press(operator):
        with live.app_context():
            try:
                barrier.wait()
                with transaction():
                    outcomes.append(sampling.draw(campaign_id, actor=operator).seed)
            except Refusal as refusal:
                outcomes.append(refusal)
            finally:
                db.session.remove()

    threads = [threading.Thread(target=press, args=(operator,)) for operator in operators]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    refused = [one for one in outcomes if isinstance(one, Refusal)]
    assert len(refused) == 1
    assert "已抽取" in str(refused[0])
    session.expire_all()
    campaign = session.get_one(Campaign, campaign_id)
    assert campaign.seed in outcomes
    count = session.scalars(select(DrawnMember.position).where(DrawnMember.campaign_id == campaign_id)).all()
    assert sorted(count) == list(range(1, campaign.tasks + 1))


def test_a_draw_that_dies_in_the_middle_is_resumed_with_the_same_nonce(live, monkeypatch):
    draws.roster(4)
    draws.graded_pool({"A": 40})
    office = draws.Office()
    campaign = draws.campaign(office, rates_bp={"A": 1000}, until="committed")
    session.commit()
    nonce, commitment = campaign.nonce, campaign.commitment

    def killed(*_arguments):
        raise SystemExit

    with monkeypatch.context() as patched:
        patched.setattr(drawing, "_keep_drawn", killed)
        with pytest.raises(SystemExit), transaction():
            sampling.draw(campaign.id, actor=office.operator)
    session.expire_all()
    assert (campaign.state, campaign.seed, campaign.nonce, campaign.commitment) == (
        "committed",
        None,
        nonce,
        commitment,
    )
    with transaction():
        sampling.draw(campaign.id, actor=office.operator)
    assert campaign.seed == engine.seed_of(commitment, nonce, [])


def test_a_freeze_that_is_refused_leaves_no_member_behind(live):
    draws.roster(1)
    draws.graded_pool({"A": 5})
    campaign = draws.campaign(until="approved", rates_bp={"A": 100})
    session.commit()
    with pytest.raises(Refusal, match="不足"), transaction():
        sampling.freeze_pool(campaign.id, actor=SYSTEM)
    assert session.execute(text("SELECT count(*) FROM pool_member")).scalar() == 0
    assert session.execute(text("SELECT count(*) FROM pool_officer")).scalar() == 0


def test_moments_of_the_bundle_are_those_of_the_database(city):
    campaign = draws.campaign(until="committed")
    session.expire_all()
    parameters = queries.parameters_of(campaign)
    assert isinstance(parameters.frozen_at, datetime)
    assert (
        engine.commitment_of(parameters, pool.members(campaign.id), [seat.seal for seat in queries.roster(campaign.id)])
        == campaign.commitment
    )
    assert cases.progress_of("draw", campaign.id) == {}
