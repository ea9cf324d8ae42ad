"""Measurements: every module here has a function `measure(small)` that returns a list of results."""
