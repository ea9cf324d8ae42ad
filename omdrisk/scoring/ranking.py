"""Where a score stands: rank in its batch, percentile among recent shipments, band."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from omdrisk.records.coded import Coded

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

#: Least percentile of each band: the top 1 % and the top 5 % of recent shipments.
BANDS = {"high": 99.0, "elevated": 95.0}
NORMAL = "normal"


def order(scores: Floats, names: pd.Series | Coded) -> npt.NDArray[np.int64]:
    """Return row positions from the highest score to the lowest; ties go by name, then by row.

    Parameters
    ----------
    scores
        One number per row; NaN stands last.
    names
        ``shipment_id`` of the rows.

    Examples
    --------
    >>> order(np.array([0.1, 0.9, 0.9]), pd.Series(["a", "c", "b"])).tolist()
    [2, 1, 0]
    """
    placed = np.argsort(-scores, kind="stable").astype(np.int64)
    ordered = scores[placed]
    same = (ordered[1:] == ordered[:-1]) | (np.isnan(ordered[1:]) & np.isnan(ordered[:-1]))
    if same.any():
        tied = np.flatnonzero(np.r_[same, False] | np.r_[False, same])
        rows = placed[tied]
        of_rows = names.take(rows) if isinstance(names, Coded) else names.iloc[rows]
        placed[tied] = rows[np.lexsort((name_codes(of_rows), -scores[rows]))]
    return placed


def name_codes(names: pd.Series | Coded) -> npt.NDArray[np.int64]:
    """Return numbers for names in their alphabetical order (by code point), the missing ones first.

    Examples
    --------
    >>> name_codes(pd.Series(["b", "a", None, "b"])).tolist()
    [1, 0, -1, 1]
    """
    texts = np.array(names.tolist(), dtype=object) if isinstance(names, Coded) else names.astype("str").astype(object)
    codes, _ = pd.factorize(texts, sort=True)
    return codes.astype(np.int64)


def ranks(scores: Floats, names: pd.Series | Coded) -> npt.NDArray[np.int64]:
    """Rank rows from 1 (the highest); see `order` for ties.

    Examples
    --------
    >>> ranks(np.array([0.1, 0.9, 0.9]), pd.Series(["a", "c", "b"])).tolist()
    [3, 2, 1]
    """
    placed = np.empty(len(scores), dtype=np.int64)
    placed[order(scores, names)] = np.arange(1, len(scores) + 1)
    return placed


def bands(percentiles: Floats, least: Mapping[str, float]) -> list[str | None]:
    """Name the band of each percentile: the highest whose least percentile it reaches, else ``normal``.

    A shipment of unknown percentile has no band.

    Examples
    --------
    >>> bands(np.array([99.6, 97.0, 12.0, np.nan]), {"high": 99.0, "elevated": 95.0})
    ['high', 'elevated', 'normal', None]
    """
    steps = sorted(((limit, name) for name, limit in least.items()), reverse=True)
    return [
        None if place != place else next((name for limit, name in steps if place >= limit), NORMAL)  # noqa: PLR0124
        for place in percentiles.tolist()
    ]


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
