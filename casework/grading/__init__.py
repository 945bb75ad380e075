"""Records become indicators, a score and a grade; reclassification."""
