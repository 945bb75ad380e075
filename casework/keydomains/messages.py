"""What the key domains announce."""

from dataclasses import dataclass
from datetime import date

from casework.core.messages import Message


@dataclass(frozen=True, kw_only=True)
class AssessmentRequested(Message):
    """Everybody in the key domains is to be assessed anew, by the numbers of a day."""

    day: date
