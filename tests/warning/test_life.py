"""An alert lives: every verb in every state, deadlines by level, two people, escalation, what it may set off."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from casework.core import clock
from casework.core.actor import SYSTEM
from casework.core.clock import local_moment
from casework.core.db import savepoint, session
from casework.core.errors import NotAllowed, NotFound, Refusal
from casework.core.ledger import AuditEntry
from casework.sampling.models import Campaign
from casework.warning import operations as warning
from casework.warning import queries
from casework.warning.models import Alert
from casework.warning.rules import ALERT
from casework.warning.signals import SIGNALS
from tests import make
from tests.make import cases as make_cases
from tests.make import sampling as make_sampling
from tests.make import warning as make_warning

Bureau = dict[str, Any]


def check(alert: Alert, who: Bureau, **more: Any) -> Any:
    """A triggered check of the alert's enterprises."""
    known = {
        "enterprise_ids": alert.enterprise_ids,
        "item_codes": [make_sampling.item().code],
        "officer_ids": [officer.officer_id for officer in make_cases.team()],
        "reason": "核实等级上升的原因",
    }
    return warning.open_check(alert.id, **known | more, actor=who["head"])


def group_alert(state: str, who: Bureau) -> Alert:
    """An alert about an industry in a county, walked to a state."""
    example = next(one for one in SIGNALS["deregistration_surge"].examples if one.level == "orange")
    make_warning.world(example)
    warning.scan(actor=SYSTEM)
    found = session.scalars(select(Alert).where(Alert.signal == "deregistration_surge")).one()
    for step in make_warning.ROUTES[state]:
        make_warning.STEPS[step](found, who)
    return found


VERBS: dict[str, Callable[[Alert, Bureau], Any]] = {
    "dispatch": make_warning.STEPS["checking"],
    "report_check": make_warning.STEPS["disposing"],
    "dispose": make_warning.STEPS["reviewing"],
    "close": make_warning.STEPS["closed"],
    "dismiss": make_warning.STEPS["dismissed"],
    "merge": make_warning.STEPS["merged"],
    "return_alert": lambda alert, who: warning.return_alert(alert.id, reason="不属本所", actor=who["office"]),
    "open_check": check,
    "feed_campaign": lambda alert, who: warning.feed_campaign(
        alert.id, item_codes=[make_sampling.item().code], actor=who["head"]
    ),
    "send_back": lambda alert, who: warning.send_back(alert.id, reason="没有附证明", actor=who["reviewer"]),
    "reopen": lambda alert, who: warning.reopen(alert.id, reason="又有投诉", actor=who["head"]),
}


@pytest.mark.parametrize("state", ALERT.state_names)
def test_every_verb_in_every_state(world, state):
    """What the table knows is done and audited; anything else is refused and leaves no trace."""
    who = make_warning.bureau()
    single = make_warning.walked(state, who)
    group = group_alert(state, who) if state != "merged" else single
    for verb in sorted({move.name for move in ALERT.moves}):
        alert = group if verb == "feed_campaign" else single
        made = select(func.count()).where(
            AuditEntry.action == f"warning.{verb}",
            AuditEntry.subject_kind == "alert",
            AuditEntry.subject_id == str(alert.id),
        )
        move = next((one for one in ALERT.moves if one.name == verb and state in one.sources), None)
        before, trial = session.scalar(made), session.begin_nested()
        if move is None:
            with pytest.raises(Refusal):
                VERBS[verb](alert, who)
        else:
            VERBS[verb](alert, who)
            assert (verb, alert.state, session.scalar(made)) == (verb, move.target, before + 1)
            assert (alert.due_on is None) == (alert.ended_on is not None) == ALERT.is_final(alert.state)
        trial.rollback()
        assert (verb, alert.state, session.scalar(made)) == (verb, state, before)


def on(day: date) -> Any:
    return clock.at(local_moment(day, 9))


@pytest.mark.parametrize(
    ("before", "after", "level", "judge", "verify"),
    [
        ("A", "B", "yellow", date(2026, 10, 13), date(2026, 11, 4)),
        ("A", "C", "orange", date(2026, 10, 10), date(2026, 10, 21)),
        ("A", "D", "red", date(2026, 10, 8), date(2026, 10, 14)),
    ],
)
def test_the_graver_the_sooner(world, before, after, level, judge, verify):
    """1 to 7 October are off, Saturday the 10th is worked."""
    who = make_warning.bureau()
    with on(date(2026, 9, 30)):
        alert = make_warning.alert(before, after)
        assert (alert.level, alert.due_on) == (level, judge)
    with on(date(2026, 10, 8)):
        make_warning.STEPS["checking"](alert, who)
        assert alert.due_on == verify


def test_two_people_dispose_and_strike_off(world):
    who = make_warning.bureau()
    alert = make_warning.walked("reviewing", who)
    with pytest.raises(Refusal, match="不得是处置人"), savepoint():
        warning.close(alert.id, actor=who["head"])
    assert warning.close(alert.id, actor=who["reviewer"]).state == "closed"


def test_posts_that_may_not_judge_or_verify(world):
    who = make_warning.bureau()
    alert = make_warning.alert()
    with pytest.raises(NotAllowed), savepoint():
        warning.dismiss(alert.id, reason="误报", actor=make_cases.person("legal"))
    with pytest.raises(NotFound), savepoint():
        warning.dismiss(alert.id, reason="误报", actor=make_cases.person("county", org="淮阳区局"))
    make_warning.STEPS["checking"](alert, who)
    with pytest.raises(NotAllowed), savepoint():
        warning.report_check(alert.id, finding="正常", actor=make_cases.person("director"))
    with pytest.raises(NotFound), savepoint():
        warning.report_check(alert.id, finding="正常", actor=make_cases.person("leader", org="川汇区二所"))


def test_an_alert_stays_in_its_area_and_comes_back_to_it(world):
    who = make_warning.bureau()
    alert = make_warning.alert()
    with pytest.raises(Refusal, match="所在辖区"), savepoint():
        warning.dispatch(alert.id, org_id=make.unit("淮阳区局").id, actor=who["deputy"])
    make_warning.STEPS["checking"](alert, who)
    assert alert.org_id == make.unit("川汇区一所").id
    warning.return_alert(alert.id, reason="不在本所辖区", actor=who["office"])
    assert (alert.state, alert.org_id) == ("raised", make.unit("川汇区局").id)
    assert warning.dispatch(alert.id, org_id=make.unit("川汇区二所").id, actor=who["head"]).state == "checking"


def test_what_is_overdue_is_escalated_once_for_each_clock(world):
    who = make_warning.bureau()
    with on(date(2026, 11, 2)):
        alert = make_warning.alert()
    with on(date(2026, 11, 10)):
        assert (warning.escalate_overdue(), warning.escalate_overdue()) == (1, 0)
        assert queries.counts(who["deputy"])["escalated"] == 1
        make_warning.STEPS["checking"](alert, who)
        assert (warning.escalate_overdue(), queries.counts(who["deputy"])["escalated"]) == (0, 0)
    with on(date(2026, 12, 1)):
        assert warning.escalate_overdue() == 1


def test_a_check_out_of_an_alert_is_a_triggered_case(world):
    who = make_warning.bureau()
    alert = make_warning.walked("disposing", who)
    case = check(alert, who)[0]
    assert (case.kind, case.source, case.origin_number, case.org_id) == (
        "triggered",
        "monitoring",
        alert.number,
        alert.org_id,
    )
    assert check(alert, who)[0].id == case.id
    assert {one.id for one in queries.checks(alert).values()} == {case.id}
    assert alert.state == "disposing"
    with pytest.raises(Refusal, match="不得少于 2 名"), savepoint():
        check(alert, who, officer_ids=[make_cases.inspector().officer_id])
    with pytest.raises(Refusal, match="请选择要检查的主体"), savepoint():
        check(alert, who, enterprise_ids=[make.enterprise().id])
    with pytest.raises(Refusal, match="不针对单个主体"), savepoint():
        check(group_alert("disposing", who), who)


def test_items_and_alerts_never_share_an_origin(world):
    from tests.make import intake as make_intake

    ids = [make_intake.item("report").id, make_warning.alert().id, make_intake.item("report").id]
    assert len(set(ids)) == 3
    assert ids == sorted(ids)


def test_a_group_feeds_a_directed_campaign_at_the_floors(world):
    who = make_warning.bureau()
    alert = group_alert("disposing", who)
    campaign = VERBS["feed_campaign"](alert, who)
    kept = session.get(Campaign, campaign.id)
    assert (kept.directed, kept.state, kept.org_id, kept.pool) == (
        True,
        "draft",
        make.unit("川汇区局").id,
        {"industries": ["F"]},
    )
    assert kept.rates_bp == make_sampling.FLOORS
    with pytest.raises(Refusal, match="已经纳入"), savepoint():
        VERBS["feed_campaign"](alert, who)
    with pytest.raises(Refusal, match="触发式检查"), savepoint():
        VERBS["feed_campaign"](make_warning.walked("disposing", who), who)


def test_merging_joins_what_names_the_same_enterprise(world):
    who = make_warning.bureau()
    alert, stranger = make_warning.alert(), make_warning.alert()
    with pytest.raises(Refusal, match="同一主体"), savepoint():
        warning.merge(alert.id, into_id=stranger.id, actor=who["head"])
    other = make_warning.beside(alert)
    warning.merge(alert.id, into_id=other.id, actor=who["head"])
    with clock.at(clock.now() + timedelta(days=1)):
        warning.judge_grade_change(alert.enterprise_ids[0], "C", "D", clock.today(), actor=SYSTEM)
    session.refresh(other)
    assert (other.times, other.level, alert.state) == (2, "red", "merged")


def test_alerts_are_filtered_and_go_on_by_key(world):
    head = make_warning.bureau()["head"]
    red, yellow = make_warning.alert("C", "D"), make_warning.alert("A", "B")
    assert [row.id for row in queries.alerts(head, level="red").rows] == [red.id]
    first = queries.alerts(head, size=1)
    second = queries.alerts(head, size=1, after=first.older)
    assert [first.rows[0].id, second.rows[0].id] == [red.id, yellow.id]
    assert not queries.alerts(make_cases.person("county", org="淮阳区局")).rows
    assert [row.id for row in queries.of_enterprise(red.enterprise_ids[0], head)] == [red.id]
