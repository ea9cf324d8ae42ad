"""Training: from a recipe, shipments and outcomes to a head."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from omdrisk.training.calibration import Calibration
    from omdrisk.training.head import Head
    from omdrisk.training.loop import train
    from omdrisk.training.model import RiskModel
    from omdrisk.training.recipe import Recipe
    from omdrisk.training.tuning import Tuning, tune

# loaded when first used: a targeting unit that opens a bundle needs no estimator to train with
_HOMES = {
    "Calibration": "calibration",
    "Head": "head",
    "Recipe": "recipe",
    "RiskModel": "model",
    "Tuning": "tuning",
    "train": "loop",
    "tune": "tuning",
}

__all__ = ["Calibration", "Head", "Recipe", "RiskModel", "Tuning", "train", "tune"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'omdrisk.training' has no attribute {name!r}")
    return getattr(import_module(f"omdrisk.training.{_HOMES[name]}"), name)
