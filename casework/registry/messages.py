"""What the registry announces."""

from dataclasses import dataclass
from datetime import date

from casework.core.messages import Message


@dataclass(frozen=True, kw_only=True)
class ImportRequested(Message):
    """A stored file is to be read by a source (dry run or for good)."""

    batch_id: int


@dataclass(frozen=True, kw_only=True)
class RecordsChanged(Message):
    """Records or master data of one enterprise changed: it is to be graded again.

    `kin`: those related to it may feel it, since its lists or its master data changed.
    `graded`: whoever changed the records graded it in the same transaction; only the others who follow have work left.
    """

    enterprise_id: int
    kin: bool = True
    graded: bool = False


@dataclass(frozen=True, kw_only=True)
class BatchReceived(Message):
    """An import was kept: the enterprises that it touched (`queries.touched_by(batch_id)`) are to be graded again."""

    batch_id: int
    day: date
