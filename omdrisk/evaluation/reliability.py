"""Do probabilities mean what they say? What was expected and what was found, bin by bin."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from omdrisk.evaluation.metrics import BINS, equal_bins

Z = 1.959963984540054


def reliability(found: Any, chance: Any, *, weight: Any = None, bins: int = BINS) -> pd.DataFrame:
    """Return, for bins of about equal size from the lowest chance to the highest, what was expected and found.

    Parameters
    ----------
    found, chance
        Outcomes (0 or 1) and calibrated probabilities.
    weight
        What each row stands for; None counts each as one.
    bins
        Number of bins; fewer where equal probabilities would be divided.

    Returns
    -------
    DataFrame with from, to, expected (mean chance), found (weighted share), low and high (Wilson interval at the
    effective number of rows), rows.

    Examples
    --------
    >>> table = reliability([0, 0, 0, 1], [0.1, 0.1, 0.5, 0.5], bins=2)
    >>> table[["expected", "found", "rows"]].to_dict("records")
    [{'expected': 0.1, 'found': 0.0, 'rows': 2}, {'expected': 0.5, 'found': 0.5, 'rows': 2}]
    """
    found, chance = np.asarray(found, dtype=np.float64), np.asarray(chance, dtype=np.float64)
    weight = np.ones_like(found) if weight is None else np.asarray(weight, dtype=np.float64)
    order = np.argsort(-chance, kind="stable")
    found, chance, weight = found[order], chance[order], weight[order]
    starts = equal_bins(chance, bins)
    ends = np.r_[starts[1:], len(chance)]
    total = np.add.reduceat(weight, starts)
    rate = np.add.reduceat(weight * found, starts) / total
    effective = total**2 / np.add.reduceat(weight**2, starts)
    middle = (rate + Z**2 / (2 * effective)) / (1 + Z**2 / effective)
    reach = Z * np.sqrt(rate * (1 - rate) / effective + Z**2 / (4 * effective**2)) / (1 + Z**2 / effective)
    table = pd.DataFrame(
        {
            "from": chance[ends - 1],
            "to": chance[starts],
            "expected": np.add.reduceat(weight * chance, starts) / total,
            "found": rate,
            "low": middle - reach,
            "high": middle + reach,
            "rows": ends - starts,
        }
    )
    return table.iloc[::-1].reset_index(drop=True)
