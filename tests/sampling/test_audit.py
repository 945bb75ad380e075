"""What auditors see checked: agreement where all is well, and each way in which the books can differ."""

from datetime import timedelta

import pytest
from sqlalchemy import insert, select

from casework.accounts import queries as staff
from casework.core import clock
from casework.core.actor import SYSTEM
from casework.core.db import session
from casework.grading.models import GradeHistory
from casework.registry.models import CurrentGrade, Enterprise
from casework.sampling import audit, queries
from casework.sampling import operations as sampling
from casework.sampling.models import DrawnMember
from tests.make import sampling as draws


@pytest.fixture
def campaign(world):
    """A drawn campaign whose grades are on record."""
    draws.roster(5)
    draws.graded_pool({"A": 60, "B": 30, "C": 15, "D": 8})
    graded = session.execute(select(CurrentGrade.enterprise_id, CurrentGrade.grade)).all()
    before = clock.now() - timedelta(hours=1)
    rows = [
        {"enterprise_id": one.enterprise_id, "grade": one.grade, "as_of": clock.today(), "recorded_at": before}
        for one in graded
    ]
    session.execute(insert(GradeHistory), rows)
    made = draws.campaign(until="drawn")
    later = {"grade": "A", "as_of": clock.today(), "recorded_at": clock.now() + timedelta(hours=1)}
    session.execute(insert(GradeHistory), [later | {"enterprise_id": graded[-1].enterprise_id}])  # after the freeze
    return made


def outcomes(campaign) -> dict[str, bool | None]:
    return {one.title: one.ok for one in audit.findings(campaign)}


def test_an_auditor_sees_that_everything_agrees(campaign, as_role):
    assert all(outcomes(campaign).values()), audit.findings(campaign)
    assert {"开封", "抽取台账", "对象代码", "分层", "人员资格", "可派人员"} <= outcomes(campaign).keys()
    page = f"/sampling/campaigns/{campaign.id}/audit/findings"
    assert "全部相符" in as_role("auditor").get(page).text
    assert as_role("credit").get(page).status_code == 403
    assert as_role("auditor", unit="淮阳区局").get(page).status_code == 404


def test_what_differs_from_the_books_is_named(campaign):
    drawn = session.scalars(select(DrawnMember).where(DrawnMember.campaign_id == campaign.id)).first()
    session.execute(
        insert(GradeHistory),
        [
            {
                "enterprise_id": drawn.enterprise_id,
                "grade": "A" if drawn.stratum != "A" else "B",
                "as_of": clock.today(),
                "recorded_at": campaign.frozen_at,
            }
        ],
    )
    seat = queries.roster(campaign.id)[0]
    staff.officers([seat.officer_id])[seat.officer_id].certificate_valid_until = clock.today() - timedelta(days=1)
    session.get_one(Enterprise, drawn.enterprise_id).uscc = "91411600MA9FAKE00X"
    found = {one.title: one for one in audit.findings(campaign)}
    assert [title for title, one in found.items() if one.ok is False] == ["对象代码", "分层", "人员资格"]
    assert drawn.code in found["分层"].detail
    assert seat.roster_id in found["人员资格"].detail


def test_a_pool_too_large_to_wait_for_is_checked_elsewhere(campaign, monkeypatch):
    monkeypatch.setattr(audit, "LARGEST", 100)
    assert outcomes(campaign) == {"封签包": None}


def test_before_the_commitment_there_is_nothing_to_check(world, as_role):
    draws.roster()
    draws.graded_pool({"A": 60})
    early = draws.campaign(rates_bp={"A": 100}, until="frozen")
    assert as_role("auditor").get(f"/sampling/campaigns/{early.id}/audit/findings").status_code == 404
    sampling.publish_commitment(early.id, actor=SYSTEM)
    assert outcomes(early)["分层"] is None  # no grade is on record
