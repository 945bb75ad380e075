"""One file per source of records."""

from casework.core.catalog import Catalogue
from casework.registry.sources._reader import opened
from casework.registry.sources._source import Source
from casework.registry.sources._values import fold

__all__ = ["SOURCES", "fold", "opened"]

SOURCES: Catalogue[Source] = Catalogue(__name__, Source)
"""All sources by key."""
