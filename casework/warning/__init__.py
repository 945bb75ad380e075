"""Risk signals become alerts and are disposed of."""
