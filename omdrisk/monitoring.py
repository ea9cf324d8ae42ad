"""Drift: how far what comes in has moved from what the heads were trained on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from omdrisk.errors import InputError

if TYPE_CHECKING:
    import numpy.typing as npt

    from omdrisk.scoring import Scorer

WATCH, ACT = 0.1, 0.25
SCORE = "(raw score)"
_LEAST = 1e-4
_SCORE_BINS = 10


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
    before, now = (np.maximum(np.asarray(shares, dtype=np.float64), _LEAST) for shares in (expected, found))
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


def drift(scorer: Scorer, shipments: Any) -> pd.DataFrame:
    """Compare incoming shipments with the reference of each head, feature by feature and in its scores.

    Parameters
    ----------
    scorer
        An opened bundle with its history.
    shipments
        Canonical shipments of the time to judge.

    Returns
    -------
    pandas.DataFrame
        One row per head and feature, and one for its raw score, the most moved first: ``head``, ``feature``, ``index``
        (population stability index), ``noise`` (what chance alone would give), ``missing_before``, ``missing_now``,
        ``verdict`` (steady, watch, act).

    Raises
    ------
    InputError
        If no shipment can be scored.
    """
    from omdrisk.training.reference import shares_in

    scores = scorer.score(shipments)
    lines = []
    for target, head in scorer.heads.items():
        reference = head.reference
        raw = scores[f"{target}_raw"].dropna().to_numpy()
        if not len(raw):
            raise InputError("no shipment could be scored. `omdrisk score` says why in the column data_quality.")
        features = scorer.features(shipments, target)
        for name, described in reference.features.items():
            before = [*described["shares"], described["missing"]]
            now = shares_in(described, features[name].to_numpy(dtype=np.float64))
            lines.append(_line(target, name, before, now, len(features), reference.rows))
        edges = np.interp(
            np.linspace(0, 1, _SCORE_BINS + 1)[1:-1],
            np.linspace(0, 1, len(reference.scores)),
            reference.scores,
        )
        trained, scored = (
            [*np.bincount(np.searchsorted(edges, values), minlength=_SCORE_BINS) / len(values), 0.0]
            for values in (np.asarray(reference.scores), raw)
        )
        lines.append(_line(target, SCORE, trained, scored, len(raw), reference.rows))
    return pd.DataFrame(lines).sort_values("index", ascending=False, kind="stable", ignore_index=True)


def _line(
    head: str, feature: str, before: npt.ArrayLike, now: npt.ArrayLike, rows: int, reference_rows: int
) -> dict[str, Any]:
    index, chance = stability_index(before, now), noise(before, rows, reference_rows)
    beyond = index - chance
    verdict = "act" if beyond > ACT else "watch" if beyond > WATCH else "steady"
    return {
        "head": head,
        "feature": feature,
        "index": index,
        "noise": chance,
        "missing_before": float(np.asarray(before)[-1]),
        "missing_now": float(np.asarray(now)[-1]),
        "verdict": verdict,
    }
