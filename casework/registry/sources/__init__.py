"""One file per source of records."""

from casework.core.catalog import Catalogue
from casework.registry.sources._source import Source

SOURCES: Catalogue[Source] = Catalogue(__name__, Source)
"""All sources by key."""
