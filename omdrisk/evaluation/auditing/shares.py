"""How much a head leans on each feature: gain of its splits, exact SHAP values; and which features say the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    import numpy.typing as npt

    from omdrisk.training import Head

    Floats = npt.NDArray[np.float64]

ALIKE = 0.9
MOST_ROWS = 4_000


def gain_shares(head: Head) -> pd.Series:
    """Return the share of each feature in the gain of all splits of a head's trees."""
    gain = np.zeros(len(head.features))
    splits: list[int] = []
    for line in head.text.splitlines():
        name, _, values = line.partition("=")
        if name == "split_feature":
            splits = [int(value) for value in values.split()]
        elif name == "split_gain":
            np.add.at(gain, splits, [float(value) for value in values.split()])
    total = gain.sum()
    return pd.Series(gain / total if total > 0 else gain, index=list(head.features))


def shap_shares(head: Head, features: pd.DataFrame) -> pd.Series:
    """Return the share of each feature in the mean absolute contributions to some shipments."""
    parts = head.contributions(features)[:, :-1]
    weight = np.abs(parts).mean(axis=0)
    total = weight.sum()
    return pd.Series(weight / total if total > 0 else weight, index=list(features.columns))


def clusters(features: pd.DataFrame, least: float = ALIKE) -> pd.Series:
    """Return the number of the cluster of each feature, 0 for one that is like no other.

    Two features are alike where the rank correlation (Spearman) of their values, a missing one lowest, is `least` or
    more in size; a cluster is all that such pairs join.

    Examples
    --------
    >>> frame = pd.DataFrame({"a": [1.0, 2, 3, 4], "b": [2.0, 4, 6, 9], "c": [1.0, 0, 0, 1], "d": [4.0, 3, 2, 1]})
    >>> clusters(frame).to_dict()
    {'a': 1, 'b': 1, 'c': 0, 'd': 1}
    """
    rows = features if len(features) <= MOST_ROWS else features.iloc[:: -(-len(features) // MOST_ROWS)]
    ranks = rows.fillna(-np.inf).rank().to_numpy()
    spread = ranks.std(axis=0)
    ranks = (ranks - ranks.mean(axis=0)) / np.where(spread > 0, spread, np.inf)
    alike = np.abs(ranks.T @ ranks) / max(len(ranks), 1) >= least
    number = np.zeros(alike.shape[0], dtype=np.int64)
    for place in range(len(number)):
        if number[place] or alike[place].sum() - alike[place, place] < 1:
            continue
        joined, waiting = {place}, [place]
        while waiting:
            for other in np.flatnonzero(alike[waiting.pop()]).tolist():
                if other not in joined:
                    joined.add(other)
                    waiting.append(other)
        number[list(joined)] = number.max() + 1
    return pd.Series(number, index=features.columns)
