"""Copies of a network: for its average, and for use without this package."""
