"""The population stability index, and what chance alone would make of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

LEAST = 1e-4


def stability_index(expected: npt.ArrayLike, found: npt.ArrayLike) -> float:
    """Return the population stability index of two lists of shares: 0 for equal ones.

    ``sum((found - expected) * ln(found / expected))``, the symmetric Kullback-Leibler divergence (Jeffreys 1946), with
    shares of at least 0.0001 so that an empty bin weighs much but not everything. By the usual reading, below 0.1 is
    steady and above 0.25 has moved.

    Examples
    --------
    >>> stability_index([0.5, 0.5], [0.5, 0.5])
    0.0
    >>> round(stability_index([0.5, 0.5], [0.8, 0.2]), 3)
    0.416
    """
    before, now = (np.maximum(np.asarray(shares, dtype=np.float64), LEAST) for shares in (expected, found))
    return float(((now - before) * np.log(now / before)).sum())


def noise(expected: npt.ArrayLike, rows: int, reference_rows: int) -> float:
    """Return the index that chance alone would give on average: bins less one, over each sample's size.

    Under no drift the index is about chi-squared with (bins - 1) degrees of freedom times (1/rows + 1/reference rows)
    (Yurdakul and Naranjo, "Statistical properties of the population stability index", Journal of Risk Model Validation
    14(4), 2020).

    Examples
    --------
    >>> noise([0.25] * 4, rows=100, reference_rows=300)
    0.04
    """
    bins = int((np.asarray(expected, dtype=np.float64) > 0).sum())
    return (max(bins, 2) - 1) * (1 / max(rows, 1) + 1 / max(reference_rows, 1))
