"""The kinds of cases: one file each."""

from casework.cases.rules import CaseKind
from casework.core.catalog import Catalogue

KINDS: Catalogue[CaseKind] = Catalogue("casework.cases.kinds", CaseKind)
