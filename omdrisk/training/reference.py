"""What shipments looked like when a head was trained: their scores and their features, as shares of bins."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt
    import pandas as pd

    Floats = npt.NDArray[np.float64]

POINTS = 1001
BINS = 10


@dataclass(frozen=True)
class Reference:
    """Scores and features of recent shipments, examined or not.

    Parameters
    ----------
    rows
        Number of shipments.
    scores
        Quantiles of their raw scores at evenly spaced shares from 0 to 1.
    features
        For each feature ``edges`` (upper ends of its bins but the last; for a category the codes), ``shares`` (of all
        rows, bin by bin) and ``missing`` (share).

    Examples
    --------
    >>> import pandas as pd
    >>> features = pd.DataFrame({"seen": [0.0, 0.0, 1.0, np.nan]})
    >>> reference = Reference.of(features, np.array([-3.0, -2.0, -1.0, 0.0]))
    >>> reference.features["seen"]
    {'kind': 'number', 'edges': [0.0], 'shares': [0.5, 0.25], 'missing': 0.25}
    >>> reference.percentile([-5.0, -1.5, 9.0]).round(1).tolist()
    [0.0, 50.0, 100.0]
    """

    rows: int
    scores: tuple[float, ...]
    features: Mapping[str, Mapping[str, Any]] = field(hash=False)

    @classmethod
    def of(cls, features: pd.DataFrame, raw: Floats, categorical: Sequence[str] = ()) -> Reference:
        """Return the reference of shipments with these features and raw scores."""
        if not len(features):
            return cls(0, (), {})
        scores = np.quantile(raw, np.linspace(0.0, 1.0, POINTS))
        described = {
            name: _codes(values) if name in categorical else _bins(values)
            for name, values in ((name, features[name].to_numpy(dtype=np.float64)) for name in features.columns)
        }
        return cls(len(features), tuple(scores.tolist()), described)

    @cached_property
    def _quantiles(self) -> Floats:
        return np.asarray(self.scores, dtype=np.float64)

    def percentile(self, raw: Any) -> Floats:
        """Return where raw scores stand among recent shipments, 0 to 100; missing if there were none."""
        raw = np.asarray(raw, dtype=np.float64)
        if not self.rows:
            return np.full(raw.shape, np.nan)
        scores = self._quantiles
        below, upto = np.searchsorted(scores, raw, "left"), np.searchsorted(scores, raw, "right")
        # between two quantiles the share runs on in a straight line; among equal ones it is their middle
        share = np.interp(raw, scores, np.arange(len(scores)))
        share = np.where(upto > below, (below + upto - 1) / 2, share)
        return cast("Floats", 100.0 * share / (len(scores) - 1))

    def to_dict(self) -> dict[str, Any]:
        """Return the reference as JSON-able values."""
        features = {name: dict(described) for name, described in self.features.items()}
        return {"rows": self.rows, "scores": list(self.scores), "features": features}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Reference:
        """Return the reference that :meth:`to_dict` wrote."""
        return cls(int(values["rows"]), tuple(values["scores"]), dict(values["features"]))


def shares_in(described: Mapping[str, Any], values: Floats) -> Floats:
    """Return the shares of `values` in the bins of a feature of the reference, with the missing ones as the last.

    Examples
    --------
    >>> described = {"kind": "number", "edges": [0.0], "shares": [0.5, 0.25], "missing": 0.25}
    >>> shares_in(described, np.array([0.0, 2.0, 3.0, np.nan])).tolist()
    [0.25, 0.5, 0.25]
    """
    values = np.asarray(values, dtype=np.float64)
    known = values[~np.isnan(values)]
    edges = np.asarray(described["edges"], dtype=np.float64)
    if described["kind"] == "category":
        place = np.searchsorted(edges, known)
        # a code that the reference did not have is counted as 0, other
        inside = edges[np.minimum(place, len(edges) - 1)] == known
        counts = np.bincount(np.where(inside, place, 0), minlength=len(edges))
    else:
        counts = np.bincount(np.searchsorted(edges, known, "left"), minlength=len(edges) + 1)
    return cast("Floats", np.r_[counts, len(values) - len(known)] / max(len(values), 1))


def _bins(values: Floats) -> dict[str, Any]:
    known = values[~np.isnan(values)]
    if not len(known):
        return _described("number", known, values)
    edges = np.unique(np.quantile(known, np.linspace(0, 1, BINS + 1)[1:-1], method="lower"))
    # an edge at the largest value would leave its last bin empty
    return _described("number", edges[edges < known.max()], values)


def _codes(values: Floats) -> dict[str, Any]:
    known = values[~np.isnan(values)]
    return _described("category", np.unique(np.r_[0.0, known]), values)


def _described(kind: str, edges: Floats, values: Floats) -> dict[str, Any]:
    shares = shares_in({"kind": kind, "edges": edges}, values)
    return {"kind": kind, "edges": edges.tolist(), "shares": shares[:-1].tolist(), "missing": float(shares[-1])}
