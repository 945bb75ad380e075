"""Verbs of the grading room: run a classification, grade one enterprise again, keep, try and activate models."""

from casework.grading.operations.adjustments import (
    approve_adjustment,
    lift_adjustment,
    propose_adjustment,
    refuse_adjustment,
    settle_adjustments,
    withdraw_adjustment,
)
from casework.grading.operations.calibrations import carry_out_calibration, draft_calibration, request_calibration
from casework.grading.operations.checks import check_replay
from casework.grading.operations.modelling import (
    activate_model,
    discard_model,
    draft_attention,
    draft_model,
    ensure_default_models,
)
from casework.grading.operations.official import import_official
from casework.grading.operations.runs import (
    carry_out_run,
    regrade,
    regrade_batch,
    request_due_run,
    request_monthly_run,
    request_run,
    run_now,
)
from casework.grading.operations.sharing import (
    admit_client,
    dismiss_client,
    note_download,
    note_reading,
    renew_grade_files,
    request_grade_file,
    write_grade_file,
)
from casework.grading.operations.simulations import carry_out_simulation, request_simulation

__all__ = [
    "activate_model",
    "admit_client",
    "approve_adjustment",
    "carry_out_calibration",
    "carry_out_run",
    "carry_out_simulation",
    "check_replay",
    "discard_model",
    "dismiss_client",
    "draft_attention",
    "draft_calibration",
    "draft_model",
    "ensure_default_models",
    "import_official",
    "lift_adjustment",
    "note_download",
    "note_reading",
    "propose_adjustment",
    "refuse_adjustment",
    "regrade",
    "regrade_batch",
    "renew_grade_files",
    "request_calibration",
    "request_due_run",
    "request_grade_file",
    "request_monthly_run",
    "request_run",
    "request_simulation",
    "run_now",
    "settle_adjustments",
    "withdraw_adjustment",
    "write_grade_file",
]
