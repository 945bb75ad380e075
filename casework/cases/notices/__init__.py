"""One file per paper of a case."""
