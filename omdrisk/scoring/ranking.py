"""Where a score stands: rank in its batch, percentile among recent shipments, band."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from omdrisk.records.coded import Coded
from omdrisk.records.texts import spelt

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Places = npt.NDArray[np.int64]

#: Least percentile of each band: the top 1 % and the top 5 % of recent shipments.
BANDS = {"high": 99.0, "elevated": 95.0}
NORMAL = "normal"


class Order:
    """The order of rows by one score or another; their names are sorted once, and only if scores are equal.

    Parameters
    ----------
    names
        ``shipment_id`` of the rows.

    Examples
    --------
    >>> Order(pd.Series(["a", "c", "b"])).by(np.array([0.1, 0.9, 0.9])).tolist()
    [2, 1, 0]
    """

    def __init__(self, names: pd.Series | Coded) -> None:
        self._given = names

    @cached_property
    def _names(self) -> Places:
        return name_codes(self._given) + 1

    def by(self, scores: Floats) -> Places:
        """Return row positions from the highest score to the lowest, NaN last; ties go by name, then by row."""
        placed = np.argsort(-scores).astype(np.int64, copy=False)
        ordered = scores[placed]
        same = (ordered[1:] == ordered[:-1]) | (np.isnan(ordered[1:]) & np.isnan(ordered[:-1]))
        if same.any():
            tied = np.append(same, False) | np.append(False, same)
            run = np.zeros(len(scores), dtype=np.int64)
            run[placed[1:]] = np.cumsum(~same)
            rows = np.sort(placed[tied])
            keys = run[rows] * (int(self._names.max()) + 1) + self._names[rows]
            placed[tied] = rows[np.argsort(keys, kind="stable")]
        return placed


def order(scores: Floats, names: pd.Series | Coded) -> Places:
    """Return row positions from the highest score to the lowest; ties go by name, then by row.

    Parameters
    ----------
    scores
        One number per row; NaN stands last.
    names
        ``shipment_id`` of the rows.

    Examples
    --------
    >>> order(np.array([0.1, 0.9, np.nan, 0.9]), pd.Series(["a", "c", "d", "b"])).tolist()
    [3, 1, 0, 2]
    """
    return Order(names).by(scores)


def name_codes(names: pd.Series | Coded) -> Places:
    """Return numbers for names in their alphabetical order (by code point), the missing ones first.

    Examples
    --------
    >>> name_codes(pd.Series(["b", "a", None, "b"])).tolist()
    [1, 0, -1, 1]
    """
    made = names if isinstance(names, Coded) else spelt(names)
    codes = np.full(len(made.texts) + 1, -1, dtype=np.int64)
    codes[sorted(range(len(made.texts)), key=made.texts.__getitem__)] = np.arange(len(made.texts))
    return codes[made.codes]


def bands(percentiles: Floats, least: Mapping[str, float]) -> Coded:
    """Name the band of each percentile: the highest whose least percentile it reaches, else ``normal``.

    A shipment of unknown percentile has no band.

    Examples
    --------
    >>> bands(np.array([99.6, 97.0, 12.0, np.nan]), {"high": 99.0, "elevated": 95.0}).tolist()
    ['high', 'elevated', 'normal', None]
    """
    steps = sorted((limit, name) for name, limit in least.items())
    reached = np.searchsorted([limit for limit, _ in steps], percentiles, side="right")
    return Coded(np.where(np.isnan(percentiles), -1, reached), [NORMAL, *(name for _, name in steps)])


def with_capacity(scores: pd.DataFrame, heads: Iterable[str], capacity: int) -> pd.DataFrame:
    """Return scores with each head's band by capacity behind its band by percentile.

    Examples
    --------
    >>> scores = pd.DataFrame({"drug_rank": pd.array([3, 1, None, 2], dtype="Int64"), "drug_band": "normal"})
    >>> with_capacity(scores, ["drug"], 1)["drug_capacity_band"].tolist()
    ['normal', 'high', nan, 'elevated']
    """
    found = scores.copy()
    for head in heads:
        places = found[f"{head}_rank"].to_numpy(dtype=np.float64, na_value=np.nan)
        names = np.where(places <= capacity, "high", np.where(places <= 2 * capacity, "elevated", NORMAL)).astype(
            object
        )
        names[np.isnan(places)] = np.nan
        at = list(found.columns).index(f"{head}_band") + 1
        found.insert(at, f"{head}_capacity_band", pd.Series(names, index=found.index, dtype="str"))
    return found
