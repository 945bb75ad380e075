"""The catalogue of indicators, one file per group. Examples are the tests and the help page of an indicator."""

from casework.core.catalog import Catalogue
from casework.grading.rules import Indicator

INDICATORS = Catalogue(__name__, Indicator)
