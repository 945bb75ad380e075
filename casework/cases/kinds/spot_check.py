"""双随机抽查: enterprise and officers were drawn: nobody names officers, nothing is urgent, the year's cap binds."""

from casework.cases.rules import CaseKind, without
from casework.core.i18n import N_

SPOT_CHECK = CaseKind(
    key="spot_check",
    label=N_("双随机抽查"),
    publicity=N_("抽查"),
    sources=("plan", "temporary"),
    workflow=without("assign", "rush_in", "approve_afterwards"),
)
