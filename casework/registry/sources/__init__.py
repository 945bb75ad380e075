"""One file per source of records."""

from casework.core.catalog import Catalogue
from casework.core.tables import opened
from casework.registry.sources._source import Source
from casework.registry.sources._values import Unreadable, fold
from casework.registry.sources._values import day as read_day

__all__ = ["SOURCES", "Unreadable", "fold", "opened", "read_day"]

SOURCES: Catalogue[Source] = Catalogue(__name__, Source)
"""All sources by key."""
