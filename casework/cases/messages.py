"""What the cases room announces."""

from dataclasses import dataclass

from casework.core.messages import Message


@dataclass(frozen=True, kw_only=True)
class CaseOpened(Message):
    """A triggered case was opened (drawn ones are opened in chunks, without a message each)."""

    case_id: int


@dataclass(frozen=True, kw_only=True)
class ResultReleased(Message):
    """The result of a case may be published: the first edition, or a corrected one."""

    case_id: int
    edition: int


@dataclass(frozen=True, kw_only=True)
class CaseClosed(Message):
    """Nothing is left to be done in a case."""

    case_id: int
