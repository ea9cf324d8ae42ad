"""Drift within a phase and between phases."""

from __future__ import annotations

from omdrisk.monitoring.advice import Advice
from omdrisk.monitoring.against_training import ACT, SCORE, WATCH, drift
from omdrisk.monitoring.index import noise, stability_index
from omdrisk.monitoring.weeks import Drift, weekly

__all__ = [
    "ACT",
    "SCORE",
    "WATCH",
    "Advice",
    "Drift",
    "drift",
    "noise",
    "stability_index",
    "weekly",
]
