"""What selection does to figures: the same head judged on examined shipments in three ways, and beside the truth.

Shipments are examined because somebody suspected them, so finds are too many among them, and a list looks better or
worse than it is. Naive figures count every examined shipment as one. Weighted ones count it as many as it stands for,
one over the probability of its selection (Horvitz and Thompson, JASA 1952; normalised by the sum of the weights, Hajek
1971), and leave out those whose probability nobody wrote down, as tips. Random picks alone need no weight, and are
few.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from omdrisk.errors import InputError
from omdrisk.evaluation.intervals import blocks_of, interval, resampled
from omdrisk.evaluation.phased import Walk

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import numpy.typing as npt

    from omdrisk.features import Catalog
    from omdrisk.training import Head, Recipe
    from omdrisk.training.phases import Phase

    Floats = npt.NDArray[np.float64]

METRICS = ("base_rate", "hit_rate", "recall", "expected_over_found")
WAYS = ("naive", "weighted", "weighted, clipped", "random picks", "truth")


@dataclass(frozen=True)
class Selection:
    """Figures of a head as each way of estimating them tells.

    Attributes
    ----------
    table
        One row per phase, metric and estimate: phase, metric (``base_rate``; ``hit_rate@2%`` and ``recall@2%`` of the
        list that fits this capacity of all shipments; ``expected_over_found``), estimate (``naive``, ``weighted``,
        ``weighted, clipped``, ``random picks``, ``truth``), value, low, high (95 %, days resampled), rows, found.
        The truth counts what is hidden, the others what was found: an examination does not find everything.
    skipped
        Phases that could not be tested, and why.
    """

    table: pd.DataFrame
    skipped: Mapping[str, str] = field(default_factory=dict)

    def plot(self, metric: str = "base_rate", axes: Any = None) -> Any:
        """Draw a metric phase by phase, a point with its interval for each estimate, and return the axes."""
        from omdrisk.evaluation.pictures import by_phase

        return by_phase(self.table.rename(columns={"estimate": "scorer"}), metric, axes)


def selection(
    recipe: Recipe,
    shipments: Any,
    outcomes: Any,
    *,
    phases: Any = None,
    seed: int = 0,
    truth: Any = None,
    capacity: float = 0.02,
    heads: Mapping[str, Head] | None = None,
    catalog: Catalog | None = None,
    folder: str | Path | None = None,
) -> Selection:
    """Judge heads on examined shipments of each phase: naively, weighted, and on random picks alone.

    Parameters
    ----------
    recipe, shipments, outcomes, phases, seed, truth, heads, catalog, folder
        As for `baselines`.
    capacity
        Share of all shipments of a phase that the list holds.

    Raises
    ------
    InputError
        As for `backtest`.
    """
    if not 0 < capacity < 1:
        raise InputError(f"capacity is {capacity}; a share of the shipments lies between 0 and 1, as 0.02.")
    walk = Walk.of(
        recipe,
        shipments,
        outcomes,
        phases=phases,
        truth=truth,
        seed=seed,
        catalog=catalog,
        heads=heads,
        folder=folder,
        capacity=capacity,
    )
    made = walk.each("selection", lambda phase: {"table": _of_phase(walk, phase, capacity)})
    table = pd.concat([tables["table"] for tables in made], ignore_index=True)
    return Selection(table[["phase", "metric", "estimate", "value", "low", "high", "rows", "found"]], walk.skipped)


def _of_phase(walk: Walk, phase: Phase, capacity: float) -> pd.DataFrame:
    head, rows, labels = walk.head(phase), walk.filed_in(phase), walk.labels_in(phase)
    if not len(labels):
        raise InputError("no shipment was examined: nothing to measure")
    raw = head.raw(head.pipeline.with_history(walk.history).transform(rows))
    listed = np.zeros(len(rows), dtype=bool)
    listed[np.argsort(-raw, kind="stable")[: max(round(capacity * len(rows)), 1)]] = True
    every = pd.DataFrame({"listed": listed, "chance": head.probability(raw)}, index=rows["shipment_id"])
    examined = walk.shipments.iloc[labels["row"].to_numpy()]
    own = every.loc[examined["shipment_id"]]
    probability = labels["selection_probability"].to_numpy(dtype=np.float64)
    known = np.nan_to_num(probability) > 0
    inverse = np.where(known, 1.0 / np.where(known, probability, 1.0), 0.0)
    ways = {
        "naive": np.ones(len(labels)),
        "weighted": inverse,
        "weighted, clipped": np.minimum(inverse, walk.recipe.calibration.clip),
        "random picks": labels["selected_by"].eq("random").fillna(False).to_numpy(dtype=np.float64),
    }
    found = labels["found"].to_numpy(dtype=np.float64)
    tables = [
        _estimated(walk, way, (found, own, weight), blocks_of(examined, "day"), capacity)
        for way, weight in ways.items()
        if weight.any()
    ]
    if walk.truth is not None:
        hidden = walk.hidden_in(rows)
        tables.append(_estimated(walk, "truth", (hidden, every, np.ones(len(rows))), blocks_of(rows, "day"), capacity))
    return pd.concat(tables, ignore_index=True)


def _estimated(
    walk: Walk,
    way: str,
    rows: tuple[Floats, pd.DataFrame, Floats],
    blocks: npt.NDArray[np.intp],
    capacity: float,
) -> pd.DataFrame:
    found, scored, weight = rows
    listed, chance = scored["listed"].to_numpy(dtype=np.float64), scored["chance"].to_numpy(dtype=np.float64)

    def measured(weights: Floats) -> Floats:
        total, hits = weights.sum(axis=-1), weights @ found
        on_list, list_hits = weights @ listed, weights @ (found * listed)
        with np.errstate(invalid="ignore", divide="ignore"):
            figures = hits / total, list_hits / on_list, list_hits / hits, (weights @ chance) / hits
        return np.stack(figures, axis=-1)

    drawn = [measured(weights * weight) for weights in resampled(blocks, walk.recipe.report.resamples, walk.seed)]
    low, high = interval(np.concatenate(drawn))
    used = weight > 0
    at = f"@{100 * capacity:g}%"
    return pd.DataFrame(
        {
            "metric": [f"{name}{at}" if name in ("hit_rate", "recall") else name for name in METRICS],
            "estimate": way,
            "value": measured(weight),
            "low": low,
            "high": high,
            "rows": int(used.sum()),
            "found": int(found[used].sum()),
        }
    )
