"""The feature engine: kinds (the vocabulary), catalogs (the sentences), the pipeline (a transformer).

scikit-learn is imported only when the pipeline is used, so that reading a catalog stays light.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from omdrisk.features.catalog import Catalog, history_keys, history_values
from omdrisk.features.definition import Definition
from omdrisk.features.kinds import Kind, register
from omdrisk.features.tables import Tables
from omdrisk.features.view import View

if TYPE_CHECKING:
    from omdrisk.features.pipeline import FeaturePipeline

__all__ = [
    "Catalog",
    "Definition",
    "FeaturePipeline",
    "Kind",
    "Tables",
    "View",
    "history_keys",
    "history_values",
    "register",
]


def __getattr__(name: str) -> Any:
    if name == "FeaturePipeline":
        from omdrisk.features.pipeline import FeaturePipeline

        return FeaturePipeline
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
