"""Pages of the sampling room: items, plans, campaigns, the hall, witnesses, auditors, withdrawals."""

from casework.sampling.views import audit, campaigns, desk, hall, items, ledger, officers, plans, schemes  # noqa: F401
from casework.sampling.views.base import views

__all__ = ["views"]
