"""What MLflow calls to open a registered bundle: plain data in, a thin predictor out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

    from omdrisk.scoring import Scorer


class BundlePredictor:
    """Score manifests through MLflow's ``predict``.

    Parameters
    ----------
    scorer
        An opened bundle; a history may be named in the environment variable ``OMDRISK_HISTORY``.
    """

    def __init__(self, scorer: Scorer) -> None:
        self.scorer = scorer

    def predict(self, model_input: pd.DataFrame, params: dict[str, Any] | None = None) -> pd.DataFrame:
        """Return ``Scorer.score`` of the rows of `model_input`; `params` are not used."""
        del params
        return self.scorer.score(model_input)


def _load_pyfunc(path: str) -> BundlePredictor:
    import os

    from omdrisk.scoring import load

    return BundlePredictor(load(path, history=os.environ.get("OMDRISK_HISTORY") or None))
