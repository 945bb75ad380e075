"""Verbs of the grading room: run a classification, grade one enterprise again, keep, try and activate models."""

from casework.grading.operations.calibrations import carry_out_calibration, draft_calibration, request_calibration
from casework.grading.operations.checks import check_replay
from casework.grading.operations.modelling import activate_model, discard_model, draft_model, ensure_default_models
from casework.grading.operations.runs import (
    carry_out_run,
    regrade,
    regrade_batch,
    request_due_run,
    request_monthly_run,
    request_run,
    run_now,
)
from casework.grading.operations.simulations import carry_out_simulation, request_simulation

__all__ = [
    "activate_model",
    "carry_out_calibration",
    "carry_out_run",
    "carry_out_simulation",
    "check_replay",
    "discard_model",
    "draft_calibration",
    "draft_model",
    "ensure_default_models",
    "regrade",
    "regrade_batch",
    "request_calibration",
    "request_due_run",
    "request_monthly_run",
    "request_run",
    "request_simulation",
    "run_now",
]
