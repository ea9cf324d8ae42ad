"""Where models are kept: MLflow runs, registered versions and aliases. The only part of omdrisk that knows mlflow.

A registered model is a pyfunc made of a bundle and a loader module: no pickle, and no code paths. What it predicts is
what :meth:`omdrisk.Scorer.score` gives on the same rows.
"""

from __future__ import annotations

from omdrisk.registry.client import folder_of, local_store
from omdrisk.registry.moving import relocate
from omdrisk.registry.revision import revision
from omdrisk.registry.runs import Registered, Run, metric_key, metrics_of, note, track
from omdrisk.registry.versions import CHAMPION, Version, fetch, promote, register, remark, under

__all__ = [
    "CHAMPION",
    "Registered",
    "Run",
    "Version",
    "fetch",
    "folder_of",
    "local_store",
    "metric_key",
    "metrics_of",
    "note",
    "promote",
    "register",
    "relocate",
    "remark",
    "revision",
    "track",
    "under",
]
