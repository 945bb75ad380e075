"""The signals: one file for each scope."""

from casework.core.catalog import Catalogue
from casework.warning.rules import Signal

SIGNALS: Catalogue[Signal] = Catalogue("casework.warning.signals", Signal)
