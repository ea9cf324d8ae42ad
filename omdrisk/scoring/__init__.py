"""Scoring: a bundle and the agency's own history in, scores, reasons and worklists out."""

from omdrisk.scoring.draw import Drawn, draw, harm_weights
from omdrisk.scoring.loading import load, score
from omdrisk.scoring.scorer import Scorer, clock

__all__ = ["Drawn", "Scorer", "clock", "draw", "harm_weights", "load", "score"]
