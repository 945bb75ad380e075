"""THE TABLE: which operations follow which message."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from casework.cases.messages import CaseClosed, ResultReleased
from casework.core.messages import Message
from casework.disclosure import operations as disclosure
from casework.disclosure.messages import ResultPublished
from casework.documents import operations as documents
from casework.documents.messages import DocumentIssued, PdfWanted
from casework.grading import operations as grading
from casework.grading.messages import (
    CalibrationRequested,
    GradeChanged,
    GradeFileRequested,
    RunFinished,
    RunRequested,
    SimulationRequested,
)
from casework.intake import operations as intake
from casework.keydomains import operations as keydomains
from casework.keydomains.messages import AssessmentRequested
from casework.registry import operations as registry
from casework.registry.messages import BatchReceived, ImportRequested, RecordsChanged
from casework.sampling import operations as sampling
from casework.sampling.messages import CampaignDrawn, CampaignDue, CasesDue, CommitmentPublished, FreezeRequested
from casework.warning import operations as warning


@dataclass(frozen=True)
class On:
    """When the message comes, do the operation: it is called with the message's fields and `actor`."""

    message: type[Message]
    operation: Callable[..., Any]
    queue: str = "default"

    @property
    def key(self) -> str:
        """Names the line in the ledger; renaming an operation would make its old messages new, so don't."""
        room = self.operation.__module__.split(".")[1]
        return f"{room}.{self.operation.__name__}"


TABLE: tuple[On, ...] = (
    On(CampaignDue, sampling.prepare_unattended),
    On(FreezeRequested, sampling.freeze_for),
    On(CommitmentPublished, sampling.draw_unattended),
    On(CampaignDrawn, sampling.chunk_cases),
    On(CampaignDrawn, sampling.keep_bundle, queue="bulk"),
    On(CasesDue, sampling.open_drawn_cases, queue="bulk"),
    On(DocumentIssued, documents.render, queue="pdf"),
    On(PdfWanted, documents.render_wanted, queue="pdf"),
    On(ResultReleased, disclosure.publish_result),
    On(ResultPublished, disclosure.feed_back),
    On(ImportRequested, registry.read_batch),
    On(BatchReceived, grading.regrade_batch, queue="bulk"),
    On(BatchReceived, keydomains.reassess_batch, queue="bulk"),
    On(RecordsChanged, grading.regrade),
    On(RecordsChanged, keydomains.reassess),
    On(RunRequested, grading.carry_out_run, queue="bulk"),
    On(SimulationRequested, grading.carry_out_simulation, queue="bulk"),
    On(CalibrationRequested, grading.carry_out_calibration, queue="bulk"),
    On(CaseClosed, intake.take_back_outcome),
    On(GradeChanged, warning.judge_grade_change),
    On(GradeChanged, keydomains.reassess_graded),
    On(RunFinished, warning.scan, queue="bulk"),
    On(RunFinished, registry.take_census, queue="bulk"),
    On(RunFinished, grading.renew_grade_files),
    On(GradeFileRequested, grading.write_grade_file, queue="bulk"),
    On(RunFinished, keydomains.assess_after_run, queue="bulk"),
    On(AssessmentRequested, keydomains.assess_everybody, queue="bulk"),
)


def lines_for(message_name: str) -> list[On]:
    """The lines of the table for one message."""
    return [line for line in TABLE if line.message.name == message_name]
