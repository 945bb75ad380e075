"""The demo city: a synthetic Zhoukou and a year of its past."""
