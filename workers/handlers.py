"""THE TABLE: which operations follow which message."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from casework.core.messages import Message
from casework.documents import operations as documents
from casework.documents.messages import DocumentIssued
from casework.registry import operations as registry
from casework.registry.messages import ImportRequested


@dataclass(frozen=True)
class On:
    """When the message comes, do the operation: it is called with the message's fields and `actor`."""

    message: type[Message]
    operation: Callable[..., Any]
    queue: str = "default"

    @property
    def key(self) -> str:
        """Names the line in the ledger; renaming an operation would make its old messages new, so don't."""
        room = self.operation.__module__.split(".")[-2]
        return f"{room}.{self.operation.__name__}"


TABLE: tuple[On, ...] = (
    On(DocumentIssued, documents.render, queue="pdf"),
    On(ImportRequested, registry.read_batch),
)


def lines_for(message_name: str) -> list[On]:
    """The lines of the table for one message."""
    return [line for line in TABLE if line.message.name == message_name]
