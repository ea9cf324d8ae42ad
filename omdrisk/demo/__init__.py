"""The whole way in one command: a simulated world, from messy files to a list with reasons."""

from __future__ import annotations

from omdrisk.demo.judging import CAPACITIES, against_truth
from omdrisk.demo.walk import Walk, walk

__all__ = ["CAPACITIES", "Walk", "against_truth", "walk"]
