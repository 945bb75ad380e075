"""Makes one row of each kind for a test; parents are arguments, everything else has a sensible default."""

from tests.make.accounts import PASSWORD, account, actor, city, officer, unit
from tests.make.cases import case
from tests.make.documents import document
from tests.make.registry import credit_record, enterprise, import_file, uscc

__all__ = [
    "PASSWORD",
    "account",
    "actor",
    "case",
    "city",
    "credit_record",
    "document",
    "enterprise",
    "import_file",
    "officer",
    "unit",
    "uscc",
]
