"""Checked cases that wait for their release, and what must be there once they are published."""

from collections import defaultdict

from sqlalchemy import select

from casework.cases import operations as cases
from casework.cases.models import Case
from casework.core.actor import Actor
from casework.core.db import session, transaction
from casework.disclosure.models import Publication
from casework.documents.models import Document
from casework.grading import queries as grading
from casework.registry import queries as registry
from casework.registry.models import CreditRecord
from tests.make import cases as make_cases


def checked(many: int) -> tuple[list[int], Actor]:
    """Cases in which both items were found wanting, reviewed; and who releases them."""
    with transaction():
        team = make_cases.team()
        waiting = [make_cases.case("trigger", by=team) for _number in range(many)]
        crew = make_cases.crew(waiting[0])
        for case in waiting:
            make_cases.walk(case, to="inspecting", crew=crew)
            make_cases.record_all(case, by=crew["member"], codes=("3",), finding="销售超过保质期的食品")
            cases.begin_record(case.id, place="经营场所", actor=crew["member"])
            make_cases.walk(case, to="releasing", crew=crew)
        return [case.id for case in waiting], crew["publisher"]


def release(case_ids: list[int], publisher: Actor) -> list[int]:
    """Releases the results; returns the enterprises."""
    with transaction():
        return [cases.release(case_id, actor=publisher).enterprise_id for case_id in case_ids]


def published() -> int:
    return len(session.scalars(select(Publication.id)).all())


def recorded() -> int:
    """How many credit records the results have become."""
    return len(session.scalars(select(CreditRecord.id).where(CreditRecord.source == "disclosure")).all())


def each_is_published_once(case_ids: list[int]) -> None:
    """One publication, one numbered paper with its PDF, one record per item, and the grade that follows from them."""
    publications = session.scalars(select(Publication)).all()
    assert sorted(one.subject_id for one in publications) == sorted(case_ids)
    assert all(one.fed_back_at and one.edition == 1 for one in publications)

    papers = session.scalars(select(Document)).all()
    assert all(paper.pdf_sha256 for paper in papers)
    of_results = [paper.id for paper in papers if paper.kind == "check_result"]
    assert sorted(of_results) == sorted(one.document_id for one in publications)
    serials = defaultdict(list)
    for paper in papers:
        if paper.series is not None:
            serials[paper.organ_id, paper.series, paper.year].append(paper.serial)
    assert all(sorted(found) == list(range(1, len(found) + 1)) for found in serials.values())

    records = session.scalars(select(CreditRecord).where(CreditRecord.source == "disclosure")).all()
    assert len(records) == len({record.source_key for record in records}) == 2 * len(case_ids)
    for case in session.scalars(select(Case).where(Case.id.in_(case_ids))):
        kept = registry.grades([case.enterprise_id])[case.enterprise_id]
        receipt = grading.explanation(case.enterprise_id).receipt
        assert (kept.grade, kept.score) == (receipt.grade, receipt.score)
        assert receipt.grade == "B"
