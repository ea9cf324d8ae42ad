"""Exact SHAP values of a head: what each feature adds to the raw score, in log-odds.

They are the exact path-dependent TreeSHAP of Lundberg, Erion, Chen et al., "From local explanations to global
understanding with explainable AI for trees", Nature Machine Intelligence 2, 56-67 (2020), as `omdrisk.trees` computes
it, and equal LightGBM's ``pred_contrib`` and ``shap.TreeExplainer``. A row's contributions and the base add up to its
raw score; a group's contribution is the sum over its features, so grouping keeps that sum.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np
import pandas as pd

from omdrisk.errors import InputError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    from omdrisk.features import Definition
    from omdrisk.training import Head

    Floats = npt.NDArray[np.float64]

Group = Literal["feature", "indicator", "family"]
BASE = "base"


@dataclass(frozen=True)
class Contributions:
    """SHAP values of one head.

    Parameters
    ----------
    parts
        One row per shipment, one column per feature, in log-odds.
    base
        The raw score of a shipment about which nothing is known: what the parts are added to.
    features
        The feature values that were explained, with the same rows and columns.
    """

    parts: pd.DataFrame
    base: float
    features: pd.DataFrame

    @property
    def raw(self) -> Floats:
        """The raw scores that the parts add up to."""
        return np.asarray(self.parts.to_numpy(dtype=np.float64).sum(axis=1) + self.base)


def explain_head(head: Head, features: pd.DataFrame) -> Contributions:
    """Return the exact contributions of features, as the head's pipeline made them, to its raw scores."""
    matrix = np.asarray(head.contributions(features), dtype=np.float64)
    parts = pd.DataFrame(matrix[:, :-1], index=features.index, columns=features.columns)
    return Contributions(parts=parts, base=float(matrix[0, -1]) if len(matrix) else 0.0, features=features)


def group_names(definitions: Mapping[str, Definition], group: str) -> dict[str, str]:
    """Map each feature to the name of its group: itself, its indicator id, or its family.

    A feature without an indicator id is an indicator of its own.

    Raises
    ------
    InputError
        If `group` is not ``feature``, ``indicator`` or ``family``.
    """
    known = get_args(Group)
    if group not in known:
        raise InputError(f"group {group!r} is unknown. {did_you_mean(group, known)}")
    if group == "indicator":
        return {name: definition.id or name for name, definition in definitions.items()}
    if group == "family":
        return {name: definition.family for name, definition in definitions.items()}
    return {name: name for name in definitions}


def grouped(contributions: Contributions, groups: Mapping[str, str]) -> pd.DataFrame:
    """Add up contributions by group and put the base behind them, so that each row sums to the raw score.

    Examples
    --------
    >>> values = pd.DataFrame({"a": [0.5], "b": [-0.25], "c": [1.0]})
    >>> told = Contributions(values, base=-3.0, features=values)
    >>> grouped(told, {"a": "P01", "b": "P01", "c": "R02"})
        P01  R02  base
    0  0.25  1.0  -3.0
    """
    table = contributions.parts.T.groupby([groups[name] for name in contributions.parts.columns], sort=False).sum().T
    table[BASE] = contributions.base
    return table
