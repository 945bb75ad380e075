"""What the disclosure room announces."""

from dataclasses import dataclass

from casework.core.messages import Message


@dataclass(frozen=True, kw_only=True)
class ResultPublished(Message):
    """A result stands on the public portal: it enters the credit records of the enterprise."""

    publication_id: int
