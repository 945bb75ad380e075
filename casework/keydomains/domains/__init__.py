"""The key domains, one file each: whom they are about, and their professional grade tables."""

from casework.core.catalog import Catalogue
from casework.keydomains.rules import Domain

DOMAINS: Catalogue[Domain] = Catalogue("casework.keydomains.domains", Domain)
"""All key domains by key, which is also the business line."""
