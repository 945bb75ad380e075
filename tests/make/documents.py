"""Papers for tests, from the samples of their kinds."""

from itertools import count
from typing import Any

from casework.core.actor import SYSTEM, Actor
from casework.documents import operations as documents
from casework.documents.catalogue import NOTICES
from casework.documents.models import Document
from tests.make import accounts

_subjects = count(1)


def document(
    kind: str = "inspection_notice",
    *,
    unit: str = "川汇区局",
    subject: tuple[str, int] | None = None,
    issued: bool = False,
    rendered: bool = False,
    actor: Actor = SYSTEM,
    **facts: Any,
) -> Document:
    """A paper with the facts of its kind's sample, changed by `facts`; a draft unless asked otherwise."""
    paper = documents.draft(
        kind,
        subject=subject or ("test", next(_subjects)),
        facts={**NOTICES[kind].sample, **facts},
        org_id=accounts.unit(unit).id,
        actor=actor,
    )
    if issued or rendered:
        documents.issue(paper.id, actor=actor)
    if rendered:
        documents.render(paper.id, actor=actor)
    return paper
