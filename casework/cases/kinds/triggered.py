"""触发式检查: one of the four legal grounds outside the draw, whatever the grade; may be urgent, published as 检查."""

from casework.cases.rules import CaseKind
from casework.core.i18n import N_

TRIGGERED = CaseKind(
    key="triggered",
    label=N_("触发式检查"),
    publicity=N_("检查"),
    sources=("complaint", "transfer", "monitoring", "statute"),
    bound_by_cap=False,
)
