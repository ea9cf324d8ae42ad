"""The picture of an audit: what a head loses without each family of indicators."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from omdrisk.evaluation.pictures import new_axes

if TYPE_CHECKING:
    import pandas as pd


def losses(families: pd.DataFrame, metric: str, axes: Any = None) -> Any:
    """Draw the loss of each family with its interval, the largest on top, and return the axes."""
    chosen = families[(families["metric"] == metric) & (families["family"] != "(all)")].sort_values("loss")
    axes = new_axes(6.4, 1.2 + 0.32 * len(chosen)) if axes is None else axes
    place = np.arange(len(chosen))
    reach = np.vstack([chosen["loss"] - chosen["low"], chosen["high"] - chosen["loss"]]).clip(min=0)
    axes.errorbar(chosen["loss"], place, xerr=np.nan_to_num(reach), fmt="o", capsize=3, color="#1d4a72")
    axes.axvline(0.0, color="0.6", lw=1)
    axes.set_yticks(place, chosen["family"])
    axes.set_xlabel(f"{metric.replace('_', ' ')} lost without the family")
    return axes
