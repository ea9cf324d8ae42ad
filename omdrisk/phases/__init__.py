"""A phase from opening to report: known steps, nothing forgotten, and a paper trail that a second officer can check."""

from __future__ import annotations

from omdrisk.phases.comparing import Compared, compare_phase, compared_of, in_use
from omdrisk.phases.folder import PhaseFolder
from omdrisk.phases.gate import Check
from omdrisk.phases.materials import Materials
from omdrisk.phases.opening import open_phase
from omdrisk.phases.promoting import GateError, Promotion, forced_in, promote_head, roll_back
from omdrisk.phases.training import challenger_of, train_phase

__all__ = [
    "Check",
    "Compared",
    "GateError",
    "Materials",
    "PhaseFolder",
    "Promotion",
    "challenger_of",
    "compare_phase",
    "compared_of",
    "forced_in",
    "in_use",
    "open_phase",
    "promote_head",
    "roll_back",
    "train_phase",
]
