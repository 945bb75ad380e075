"""Workers die at every station between the release of a result and the changed grade: each happens once."""

from collections.abc import Collection

import pytest
from sqlalchemy import select

from casework.core.db import session
from casework.documents.models import Document
from tests.faults.results import checked, each_is_published_once, published, recorded, release
from tests.faults.strikes import delivered_again, ended_otherwise, held, settled
from tests.running import House

pytestmark = pytest.mark.servers

MANY = 3


def killed_at(house: House, what: str, table: str, ids: Collection[int] | None = None) -> None:
    """A worker is killed while it waits for this in the middle of a transaction."""
    with held(table, ids) as waiting:
        worker = house.start(what)
        house.until(waiting)
        house.kill(worker)


def test_workers_killed_on_the_way_to_the_public(house: House) -> None:
    case_ids, publisher = checked(MANY)
    house.start("relay")
    enterprises = release(case_ids, publisher)

    # The number of a paper is taken, the publication not yet kept.
    killed_at(house, "worker", "enterprise", enterprises[1:2])
    assert published() < MANY
    # Published, and about to go into the records; in the records, and about to change the grade in the same breath.
    killed_at(house, "worker", "credit_record")
    killed_at(house, "worker", "current_grade")
    assert recorded() == 0
    house.start("worker")
    house.until(lambda: published() == MANY)
    # Numbered, and about to keep its PDF.
    papers = session.scalars(select(Document.id).where(Document.pdf_sha256.is_(None))).all()
    killed_at(house, "pdf", "document", papers)
    house.start("pdf")
    settled(house)

    assert ended_otherwise() == []
    each_is_published_once(case_ids)
    delivered_again(house)
