"""Casework: credit-risk classification, double-random inspection and case handling for a city's market regulator."""
