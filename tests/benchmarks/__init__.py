"""Measurements: every module here has a function that returns a list of results, and `run` writes them down."""
