"""What came back from examinations: the base rate that random picks tell, and whether probabilities still hold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from omdrisk.evaluation import blocks_of, evaluate
from omdrisk.linking import outcomes_as_of
from omdrisk.training.labels import stands_for

if TYPE_CHECKING:
    from omdrisk.training import Head

EVER = "2262-01-01"
WEEKS_TOGETHER = 4
SURE = 0.01
TWICE = 2.0
COLUMNS = [
    "week",
    "kind",
    "name",
    "before",
    "before_low",
    "before_high",
    "now",
    "low",
    "high",
    "rows",
    "found",
    "moved",
]


def returned(
    head: Head, raw: pd.Series, shipments: pd.DataFrame, outcomes: pd.DataFrame, week: pd.Series, seed: int = 0
) -> pd.DataFrame:
    """Judge what was found in four weeks at a time against what was found in the past weeks.

    Parameters
    ----------
    head
        The head.
    raw
        Its raw scores of the shipments.
    shipments, outcomes
        Shipments of past and present, and what became of them; the last known state counts.
    week
        Number of each shipment's week: below 0 for the past.
    seed
        Seed of the intervals.

    Returns
    -------
    pandas.DataFrame
        One row per four weeks and kind: ``week`` (the last of them), ``kind`` (``base_rate``: share of finds among
        random picks, with Clopper and Pearson's interval; ``calibration``: expected over found, each examined shipment
        counting as many as it stands for; in the past the head has learnt from them, so that its own figure
        flatters), ``name`` (the head), ``before``, ``before_low``, ``before_high``, ``now``,
        ``low``, ``high``, ``rows``, ``found``, and ``moved``: for the base rate by Fisher's exact test at 1 % over all
        windows together, for the calibration where the whole interval lies beyond twice or below half.
    """
    known = outcomes_as_of(outcomes, EVER)
    known = known.loc[known["target"].eq(head.target)].set_index("shipment_id")
    at = (shipments["shipment_id"].isin(known.index) & raw.notna() & week.notna()).to_numpy()
    if not at.any():
        return pd.DataFrame(columns=COLUMNS)
    mine = known.loc[shipments.loc[at, "shipment_id"]]
    table = pd.DataFrame(
        {
            "found": mine["outcome"].to_numpy(dtype=np.float64),
            "random": mine["selected_by"].eq("random").to_numpy(dtype=bool) if "selected_by" in mine else False,
            "weight": stands_for(_chance(mine), head.recipe.weights.clip),
            "raw": raw[at].to_numpy(dtype=np.float64),
            "filed_at": shipments.loc[at, "filed_at"].to_numpy(),
            "window": np.floor(week[at].to_numpy(dtype=np.float64) / WEEKS_TOGETHER),
        }
    ).assign(filed_at=shipments.loc[at, "filed_at"].reset_index(drop=True))
    past = table[table["window"] < 0]
    windows = [(window, part) for window, part in table[table["window"] >= 0].groupby("window")]
    told = [
        {"week": int(float(str(window))) * WEEKS_TOGETHER + WEEKS_TOGETHER - 1, "name": head.target, **row}
        for window, part in windows
        for row in (_base_rate(past, part, len(windows)), _calibration(head, past, part, seed))
        if row is not None
    ]
    return pd.DataFrame(told, columns=COLUMNS)


def _chance(mine: pd.DataFrame) -> pd.Series:
    return mine.get("selection_probability", pd.Series(np.nan, index=mine.index))


def _base_rate(past: pd.DataFrame, now: pd.DataFrame, windows: int) -> dict[str, Any] | None:
    from scipy.stats import binomtest, fisher_exact

    before, drawn = past[past["random"]], now[now["random"]]
    if not len(before) or not len(drawn):
        return None
    hits = [int(part["found"].sum()) for part in (before, drawn)]
    sizes = [len(before), len(drawn)]
    (low0, high0), (low, high) = (
        binomtest(hit, size).proportion_ci(method="exact") for hit, size in zip(hits, sizes, strict=True)
    )
    odds = fisher_exact([[hits[0], sizes[0] - hits[0]], [hits[1], sizes[1] - hits[1]]])
    return {
        "kind": "base_rate",
        "before": hits[0] / sizes[0],
        "before_low": float(low0),
        "before_high": float(high0),
        "now": hits[1] / sizes[1],
        "low": float(low),
        "high": float(high),
        "rows": sizes[1],
        "found": hits[1],
        "moved": bool(odds[1] < SURE / max(windows, 1)),
    }


def _calibration(head: Head, past: pd.DataFrame, now: pd.DataFrame, seed: int) -> dict[str, Any] | None:
    found = [_expected(head, part, seed) for part in (past, now)]
    if found[0] is None or found[1] is None:
        return None
    (before, low0, high0), (value, low, high) = found[0], found[1]
    return {
        "kind": "calibration",
        "before": before,
        "before_low": low0,
        "before_high": high0,
        "now": value,
        "low": low,
        "high": high,
        "rows": len(now),
        "found": int(now["found"].sum()),
        "moved": bool(low > TWICE or high < 1 / TWICE),
    }


def _expected(head: Head, part: pd.DataFrame, seed: int) -> tuple[float, float, float] | None:
    if part["found"].sum() < 3 or part["found"].all():
        return None
    told = evaluate(
        part["found"],
        part["raw"],
        chance=head.probability(part["raw"].to_numpy()),
        names=["expected_over_found"],
        weight=part["weight"],
        blocks=blocks_of(part, "day"),
        resamples=200,
        seed=seed,
    ).iloc[0]
    ends = (float(told["value"]), float(told["low"]), float(told["high"]))
    return ends if np.isfinite(ends).all() else None
