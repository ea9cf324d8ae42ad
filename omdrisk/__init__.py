"""Risk targeting for customs: who to look at first, and why, in words an officer can check.

Everything public is here and is loaded when it is first used, so that ``import omdrisk`` is light: it loads neither
mlflow nor shap nor matplotlib.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from omdrisk.bundle import read_bundle, save_bundle
    from omdrisk.errors import BundleError, DefinitionError, HistoryError, InputError, OmdriskError
    from omdrisk.evaluation import audit_features, backtest, holdout
    from omdrisk.features import Catalog, FeaturePipeline
    from omdrisk.history import History
    from omdrisk.linking import link, outcomes_as_of
    from omdrisk.records import read_cases, read_inspections, read_shipments
    from omdrisk.scoring import Scorer, WorklistPlan, load, read_feedback, score
    from omdrisk.simulation import simulate
    from omdrisk.training import Head, Recipe, RiskModel, train

__version__ = "0.1.0"

_HOMES = {
    "BundleError": "errors",
    "Catalog": "features",
    "DefinitionError": "errors",
    "FeaturePipeline": "features",
    "Head": "training",
    "History": "history",
    "HistoryError": "errors",
    "InputError": "errors",
    "OmdriskError": "errors",
    "Recipe": "training",
    "RiskModel": "training",
    "Scorer": "scoring",
    "WorklistPlan": "scoring",
    "audit_features": "evaluation",
    "backtest": "evaluation",
    "holdout": "evaluation",
    "link": "linking",
    "load": "scoring",
    "outcomes_as_of": "linking",
    "read_bundle": "bundle",
    "read_cases": "records",
    "read_feedback": "scoring",
    "read_inspections": "records",
    "read_shipments": "records",
    "save_bundle": "bundle",
    "score": "scoring",
    "simulate": "simulation",
    "train": "training",
}

__all__ = [
    "BundleError",
    "Catalog",
    "DefinitionError",
    "FeaturePipeline",
    "Head",
    "History",
    "HistoryError",
    "InputError",
    "OmdriskError",
    "Recipe",
    "RiskModel",
    "Scorer",
    "WorklistPlan",
    "audit_features",
    "backtest",
    "holdout",
    "link",
    "load",
    "outcomes_as_of",
    "read_bundle",
    "read_cases",
    "read_feedback",
    "read_inspections",
    "read_shipments",
    "save_bundle",
    "score",
    "simulate",
    "train",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'omdrisk' has no attribute {name!r}")
    value = getattr(import_module(f"omdrisk.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES])
