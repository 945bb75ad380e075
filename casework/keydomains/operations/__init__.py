"""Verbs of the key domains: assess, take in professional grades, plan the full coverage and open its cases."""

from casework.keydomains.operations.assessing import (
    assess_after_run,
    assess_everybody,
    reassess,
    reassess_batch,
    reassess_graded,
    request_assessment,
)
from casework.keydomains.operations.coverage import (
    approve_coverage,
    change_coverage,
    end_coverage,
    open_due_cases,
    plan_coverage,
    send_coverage_back,
    submit_coverage,
)
from casework.keydomains.operations.imports import import_grades, note_export

__all__ = [
    "approve_coverage",
    "assess_after_run",
    "assess_everybody",
    "change_coverage",
    "end_coverage",
    "import_grades",
    "note_export",
    "open_due_cases",
    "plan_coverage",
    "reassess",
    "reassess_batch",
    "reassess_graded",
    "request_assessment",
    "send_coverage_back",
    "submit_coverage",
]
