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
    """

    enterprise_id: int
    kin: bool = True


@dataclass(frozen=True, kw_only=True)
class BatchReceived(Message):
    """An import was kept: the enterprises that it touched (`queries.touched_by(batch_id)`) are to be graded again."""

    batch_id: int
    day: date
