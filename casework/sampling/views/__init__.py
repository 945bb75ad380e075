"""Pages of the sampling room: items, plans, campaigns, the hall, witnesses, auditors, withdrawals."""

from casework.sampling.views import audit, campaigns, desk, directories, hall, items, ledger, officers, plans, schemes  # noqa: F401
from casework.sampling.views.base import views
from casework.sampling.views.desk import desk_tasks

__all__ = ["desk_tasks", "views"]
