"""Where models are kept: MLflow runs, registered versions and aliases. The only part of omdrisk that knows mlflow.

A registered model is a pyfunc made of a bundle and a loader module: no pickle, and no code paths. What it predicts is
what :meth:`omdrisk.Scorer.score` gives on the same rows.
"""

from __future__ import annotations

from omdrisk.registry.runs import Registered, Run, fetch, local_store, promote, register, track

__all__ = ["Registered", "Run", "fetch", "local_store", "promote", "register", "track"]
