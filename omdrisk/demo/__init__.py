"""The whole way in one command: a simulated world, from messy files to a list with reasons."""

from __future__ import annotations

from omdrisk.demo.judging import CAPACITIES, against_truth
from omdrisk.demo.phase import PhaseWalk, phase_walk
from omdrisk.demo.walk import Walk, walk

__all__ = ["CAPACITIES", "PhaseWalk", "Walk", "against_truth", "phase_walk", "walk"]
