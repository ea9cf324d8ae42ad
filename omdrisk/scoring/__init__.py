"""Scoring: a bundle and the agency's own history in, scores, reasons and worklists out."""

from omdrisk.scoring.draw import Cap, Drawn, Lot, draw, draw_lots
from omdrisk.scoring.feedback import is_feedback, read_feedback, read_worklist
from omdrisk.scoring.loading import load, score
from omdrisk.scoring.outcome_words import known_targets
from omdrisk.scoring.plan import Line, WorklistPlan
from omdrisk.scoring.priority import combine, harm_weights
from omdrisk.scoring.scorer import Scorer, clock

__all__ = [
    "Cap",
    "Drawn",
    "Line",
    "Lot",
    "Scorer",
    "WorklistPlan",
    "clock",
    "combine",
    "draw",
    "draw_lots",
    "harm_weights",
    "is_feedback",
    "known_targets",
    "load",
    "read_feedback",
    "read_worklist",
    "score",
]
