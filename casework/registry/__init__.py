"""Enterprises and the dated credit records known about them."""
