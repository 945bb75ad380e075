"""Checked cases and publications for tests: a drawn campaign with its cases, a check, its publication."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select

from casework.cases import operations as cases
from casework.cases.models import Case
from casework.core.actor import SYSTEM
from casework.core.db import session
from casework.disclosure import operations as disclosure
from casework.disclosure.models import Publication
from casework.sampling import operations as sampling
from casework.sampling.models import Campaign
from tests.make import cases as make_cases
from tests.make import sampling as make_sampling

POOL = {"A": 40, "B": 20, "C": 12, "D": 6}


def drawn(
    counts: Mapping[str | None, int] = POOL, *, office: make_sampling.Office | None = None, **scheme: Any
) -> tuple[Campaign, list[Case]]:
    """A drawn campaign over a new pool, with its cases, officers who have accounts, in the order of the codes."""
    make_sampling.graded_pool(counts, division_code="411602")
    for _number in range(3):
        make_cases.inspector(org="川汇区局", role="leader")
    campaign = make_sampling.campaign(office, until="drawn", **scheme)
    sampling.chunk_cases(campaign.id, actor=SYSTEM)
    sampling.open_drawn_cases(campaign.id, first=1, last=campaign.tasks, actor=SYSTEM)
    of_campaign = select(Case).where(Case.origin_kind == "draw", Case.origin_id == campaign.id)
    return campaign, list(session.scalars(of_campaign.order_by(Case.id)))


def check(case: Case, *, codes: Sequence[str] = ("1",), finding: str = "无", crew: Any = None) -> Case:
    """A case taken through its visit with these results for every item, both reviews and the release."""
    crew = crew or make_cases.crew(case)
    make_cases.walk(case, to="inspecting", crew=crew)
    make_cases.record_all(case, by=crew["member"], codes=tuple(codes), finding=finding)
    cases.begin_record(case.id, place="经营场所", actor=crew["member"])
    return make_cases.walk(case, to="closed", crew=crew)


def publish(case: Case) -> Publication:
    """What the worker does when a result was released: page, paper, credit records."""
    publication = disclosure.publish_result(case.id, case.released_edition, actor=SYSTEM)
    disclosure.feed_back(publication.id, actor=SYSTEM)
    return publication


def published(kind: str = "trigger", *, codes: Sequence[str] = ("1",), finding: str = "无", **case: Any) -> Publication:
    """The publication of a new case."""
    return publish(check(make_cases.case(kind, by=make_cases.team(), **case), codes=codes, finding=finding))


def correct(
    publication: Publication, *, codes: Sequence[str], finding: str = "无", reason: str = "代码录入有误"
) -> Publication:
    """The next edition: corrected by the case's officer, reviewed, released and published."""
    case = session.get_one(Case, publication.subject_id)
    crew = make_cases.crew(case)
    disclosure.correct(publication.id, reason=reason, actor=crew["member"])
    make_cases.record_all(case, by=crew["member"], codes=tuple(codes), finding=finding)
    make_cases.walk(case, to="closed", crew=crew)
    return publish(case)
