"""Evaluation: what a head is worth on shipments that it has not seen, with intervals."""

from __future__ import annotations

from omdrisk.evaluation.intervals import blocks_of, evaluate, lead
from omdrisk.evaluation.metrics import Ranking, metric_names
from omdrisk.evaluation.reliability import reliability

__all__ = [
    "Ranking",
    "blocks_of",
    "evaluate",
    "lead",
    "metric_names",
    "reliability",
]
