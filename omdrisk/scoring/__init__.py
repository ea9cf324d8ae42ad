"""Scoring: a bundle and the agency's own history in, scores, reasons and worklists out."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from omdrisk.scoring.draw import Cap, Drawn, Lot, draw, draw_lots
from omdrisk.scoring.loading import load, score
from omdrisk.scoring.plan import Line, WorklistPlan
from omdrisk.scoring.priority import combine, harm_weights
from omdrisk.scoring.scorer import Scorer, clock

if TYPE_CHECKING:
    from omdrisk.scoring.feedback import is_feedback, read_feedback, read_worklist
    from omdrisk.scoring.outcome_words import known_targets

# loaded when first used: what reads files is not needed to score
_LATER = {
    "is_feedback": "feedback",
    "known_targets": "outcome_words",
    "read_feedback": "feedback",
    "read_worklist": "feedback",
}

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


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module 'omdrisk.scoring' has no attribute {name!r}")
    return getattr(import_module(f"omdrisk.scoring.{_LATER[name]}"), name)
