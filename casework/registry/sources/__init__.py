"""One file per source of records."""
