"""Kinds of paper: what each one states, how it looks and how it is numbered."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from casework.core.actor import Actor
from casework.core.catalog import Catalogue
from casework.core.schemas import Schema
from casework.documents.rules import PAPERS


@dataclass(frozen=True)
class NoticeKind:
    """One kind of paper, declared in `<room>/notices/<key>.py`, with its template `notices/<key>.html`.

    `schema` says which facts it states; nothing else reaches the template. `sample` holds facts as an operation would
    give them (days are `date`, moments aware `datetime`); tests and the style preview print it. `series` is the word
    behind the 机关代字 in the number; None for a paper without a number (a record made on the spot). `texts` names
    parameters whose wording on the day of drafting is frozen with the facts. `basis` cites the norm of the form.
    `permission` is what a member of staff needs to open one.
    """

    key: str
    label: str
    template: str
    series: str | None
    schema: type[Schema]
    sample: Mapping[str, Any]
    basis: str
    paper: str = "official"
    texts: Mapping[str, str] = field(default_factory=dict)
    permission: str = "documents.read"

    def __post_init__(self) -> None:
        if self.paper not in PAPERS:
            raise ValueError(f"{self.key}: no such paper as {self.paper}")


NOTICES: Catalogue[NoticeKind] = Catalogue((), NoticeKind)
"""Every kind of paper; the application includes the packages of the rooms above, which this room does not know."""

@dataclass(frozen=True)
class Subject:
    """What papers are about, told by the room that has it: what it is called, where its page is, who works at it.

    Whoever works at it reads its papers, wherever it lies; so does an officer drawn from another county.
    """

    label: str
    page: Callable[[int], str]
    has_a_hand: Callable[[int, Actor], bool] = lambda _subject_id, _actor: False


SUBJECTS: dict[str, Subject] = {}
"""By kind of subject; filled by the application too."""
