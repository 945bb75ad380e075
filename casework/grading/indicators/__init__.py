"""One file per indicator group; each indicator carries its legal basis and its examples."""
