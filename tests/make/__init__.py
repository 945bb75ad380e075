"""Makes one row of each kind for a test; parents are arguments, everything else has a sensible default."""

from tests.make.accounts import PASSWORD, account, actor, city, officer, unit
from tests.make.documents import document

__all__ = ["PASSWORD", "account", "actor", "city", "document", "officer", "unit"]
