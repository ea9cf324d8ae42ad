"""What an agency can see for itself: how a ranking did on the shipments that somebody examined."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from omdrisk.evaluation.intervals import blocks_of, evaluate
from omdrisk.linking import outcomes_as_of

if TYPE_CHECKING:
    from collections.abc import Sequence

MEASURED = ("auc", "average_precision", "base_rate", "expected_over_found", "calibration_error")
EVER = "2262-01-01"


def examined(
    target: str,
    shipments: pd.DataFrame,
    scores: pd.DataFrame,
    outcomes: pd.DataFrame,
    *,
    names: Sequence[str] = MEASURED,
    seed: int = 0,
) -> pd.DataFrame:
    """Return figures on examined shipments: all of them, and apart from them those that were drawn at random.

    The first carry the habits of whoever selected them. The second are few, but speak for all shipments.

    Parameters
    ----------
    target
        The head's target.
    shipments, scores
        Shipments, and what `Scorer.score` gave for them, row by row.
    outcomes
        What became of them, from `link`; the last known state counts.
    names
        Metrics, as `evaluate` knows them.

    Returns
    -------
    pandas.DataFrame
        ``on`` (all examined, drawn at random), ``metric``, ``value``, ``low``, ``high``, ``rows``, ``found``; without
        rows for a group that has no find, or nothing but finds.
    """
    known = outcomes_as_of(outcomes, pd.Timestamp(EVER, tz="UTC"))
    known = known.loc[known["target"].eq(target)].set_index("shipment_id")
    at = (shipments["shipment_id"].isin(known.index) & scores[f"{target}_raw"].notna().to_numpy()).to_numpy()
    rows, seen = known.loc[shipments.loc[at, "shipment_id"]], scores.loc[at]
    found = rows["outcome"].to_numpy(dtype=np.float64)
    groups = {
        "all examined": np.ones(len(rows), dtype=bool),
        "drawn at random": rows["selected_by"].eq("random").to_numpy(),
    }
    tables = [
        evaluate(
            found[chosen],
            seen[f"{target}_raw"].to_numpy()[chosen],
            chance=seen[f"{target}_score"].to_numpy()[chosen],
            names=names,
            blocks=blocks_of(shipments.loc[at].loc[chosen], "day"),
            seed=seed,
        ).assign(on=group)
        for group, chosen in groups.items()
        if 0 < found[chosen].sum() < chosen.sum()
    ]
    columns = ["on", "metric", "value", "low", "high", "rows", "found"]
    return pd.concat(tables, ignore_index=True)[columns] if tables else pd.DataFrame(columns=columns)
