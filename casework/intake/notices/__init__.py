"""One file per paper that answers a complaint or a report. An informant is a number on them, never a name."""
