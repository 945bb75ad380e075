"""What the documents room announces."""

from dataclasses import dataclass

from casework.core.messages import Message


@dataclass(frozen=True, kw_only=True)
class DocumentIssued(Message):
    """A paper got its number: its PDF is to be made."""

    document_id: int


@dataclass(frozen=True, kw_only=True)
class PdfWanted(Message):
    """Somebody wants the PDF of a paper that was issued without one."""

    document_id: int
