"""Statistics: reads everything, writes nothing."""
