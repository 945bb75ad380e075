"""What grading announces."""

from dataclasses import dataclass
from datetime import date

from casework.core.messages import Message


@dataclass(frozen=True, kw_only=True)
class RunRequested(Message):
    """A classification run is to be carried out."""

    run_id: int


@dataclass(frozen=True, kw_only=True)
class RunFinished(Message):
    """A classification run is kept; `grading.queries.moves_of(run_id)` tells who moved."""

    run_id: int


@dataclass(frozen=True, kw_only=True)
class GradeChanged(Message):
    """One enterprise got another letter outside a run. None: not classified (before, or any more)."""

    enterprise_id: int
    before: str | None
    after: str | None
    day: date


@dataclass(frozen=True, kw_only=True)
class CalibrationRequested(Message):
    """New points are to be proposed for the model of a subject class."""

    calibration_id: int


@dataclass(frozen=True, kw_only=True)
class GradeFileRequested(Message):
    """Everybody's grade is to be written to a file for other departments."""

    grade_file_id: int


@dataclass(frozen=True, kw_only=True)
class SimulationRequested(Message):
    """A draft of a model is to be tried on the whole register."""

    simulation_id: int
