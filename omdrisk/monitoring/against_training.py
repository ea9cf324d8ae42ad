"""Drift in one look: how far what comes in has moved from what each bundle keeps of its training."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from omdrisk.errors import InputError
from omdrisk.monitoring.index import noise, stability_index

if TYPE_CHECKING:
    import numpy.typing as npt

    from omdrisk.scoring import Scorer

WATCH, ACT = 0.1, 0.25
SCORE = "(raw score)"
_SCORE_BINS = 10


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
