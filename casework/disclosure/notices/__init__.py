"""One file per kind of publication."""
