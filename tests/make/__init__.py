"""Makes one row of each kind for a test; parents are arguments, everything else has a sensible default."""

from tests.make.accounts import PASSWORD, account, actor, city, officer, unit
from tests.make.cases import case
from tests.make.documents import document
from tests.make.registry import credit_record, enterprise, import_file, uscc
from tests.make.sampling import campaign, graded_pool, roster

__all__ = [
    "PASSWORD",
    "account",
    "actor",
    "campaign",
    "case",
    "city",
    "credit_record",
    "document",
    "enterprise",
    "graded_pool",
    "import_file",
    "officer",
    "roster",
    "unit",
    "uscc",
]
