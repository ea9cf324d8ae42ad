"""Probes: a few made-up rows with what LightGBM itself makes of them, by which a loaded forest proves that it agrees.

They hold nothing of any shipment: cells are drawn from the model's own thresholds and categories.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from omdrisk.trees import Forest, UnsupportedForest

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

PROBED = 32
EXPLAINED = 2
"""Of how many rows the SHAP values are kept."""
NEAR = 1e-6
"""How far SHAP values may lie apart: on long paths LightGBM, which divides polynomials, is itself not exact."""
_FEW = 4


@dataclass(frozen=True)
class Probes:
    """Rows, their raw scores, and the SHAP values of the first of them, by LightGBM.

    Parameters
    ----------
    rows
        Shape (32, features), missing is NaN.
    raw
        Raw score of each row.
    contributions
        Shape (2, features + 1), the base last.

    Examples
    --------
    >>> import lightgbm
    >>> seen = np.arange(100.0)[:, None]
    >>> data = lightgbm.Dataset(seen, label=seen[:, 0] >= 50)
    >>> text = lightgbm.train({"objective": "binary", "verbosity": -1}, data, 5).model_to_string()
    >>> probes, forest = Probes.of(text), Forest.from_text(text)
    >>> probes.agree(forest), probes.explain(forest)
    (True, True)
    """

    rows: Floats
    raw: Floats
    contributions: Floats

    @classmethod
    def of(cls, text: str) -> Probes | None:
        """Return probes of a model in LightGBM's text; None where LightGBM computes it anyhow."""
        from omdrisk.training.boosting import booster_of
        from omdrisk.training.trees import probe

        try:
            forest = Forest.from_text(text)
        except UnsupportedForest:
            return None
        rows = probe(forest)[:PROBED]
        rows[~np.isfinite(rows)] = np.nan
        booster = booster_of(text)
        return cls(
            rows,
            np.asarray(booster.predict(rows, raw_score=True, num_threads=1)),
            np.asarray(booster.predict(rows[:EXPLAINED], pred_contrib=True, num_threads=1)),
        )

    def agree(self, forest: Forest) -> bool:
        """Say whether a forest gives these raw scores, bit for bit: in blocks, and row by row."""
        if forest.features != self.rows.shape[1]:
            return False
        many, few = forest.raw_score(self.rows), forest.raw_score(self.rows[:_FEW])
        return bool(np.array_equal(many, self.raw) and np.array_equal(few, self.raw[:_FEW]))

    def explain(self, forest: Forest) -> bool:
        """Say whether a forest gives these SHAP values."""
        found = forest.contributions(self.rows[: len(self.contributions)])
        return bool(np.allclose(found, self.contributions, rtol=0.0, atol=NEAR))

    def to_dict(self) -> dict[str, Any]:
        """Return the probes as JSON-able values."""
        return {
            "rows": [[None if np.isnan(cell) else cell for cell in row] for row in self.rows.tolist()],
            "raw": self.raw.tolist(),
            "contributions": self.contributions.tolist(),
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Probes:
        """Return the probes that :meth:`to_dict` wrote."""
        return cls(*(np.array(values[name], dtype=np.float64) for name in ("rows", "raw", "contributions")))
