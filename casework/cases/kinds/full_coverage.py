"""全覆盖重点检查: key domains at their minimum frequency, by plan and outside the draw; published as 检查."""

from casework.cases.rules import CaseKind, without
from casework.core.i18n import N_

FULL_COVERAGE = CaseKind(
    key="full_coverage",
    label=N_("全覆盖重点检查"),
    publicity=N_("检查"),
    sources=("plan",),
    workflow=without("rush_in", "approve_afterwards"),
    bound_by_cap=False,
    least_by_law=True,
)
