"""The gate: what a challenger has to show before it may replace the head in use."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from omdrisk.evaluation import blocks_of, evaluate

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from omdrisk.training import Recipe

RECENT_DAYS = 90


@dataclass(frozen=True)
class Check:
    """One question of the gate and its answer.

    Parameters
    ----------
    name
        ``evidence``, ``lead``, ``calibration``, ``coverage`` or ``fairness``.
    passed
        Whether the answer is as asked.
    binding
        Whether the head may not be promoted without it; else it is a warning.
    figures
        What was measured and what is asked, for the words around it.
    """

    name: str
    passed: bool
    binding: bool
    figures: Mapping[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return the check as JSON-able values."""
        return asdict(self) | {"figures": dict(self.figures)}


def evidence(recipe: Recipe, tests: pd.DataFrame) -> Check:
    """Ask whether enough was found to compare on."""
    finds = int(tests["found"].sum()) if len(tests) else 0
    return Check(
        "evidence", finds >= recipe.gate.finds, binding=True, figures={"finds": finds, "least": recipe.gate.finds}
    )


def lead_enough(recipe: Recipe, leads: pd.DataFrame, against: str) -> Check:
    """Ask whether the lower end of the lead's interval reaches the margin."""
    row = leads[leads["metric"] == recipe.gate.metric]
    value, low, high = (float(row[name].iloc[0]) if len(row) else np.nan for name in ("value", "low", "high"))
    figures = {
        "metric": recipe.gate.metric,
        "value": value,
        "low": low,
        "high": high,
        "margin": recipe.gate.margin,
        "against": against,
    }
    # an interval that is exactly at the margin passes, whatever the last bit of a float says
    return Check("lead", bool(low >= recipe.gate.margin - 1e-12), binding=True, figures=figures)


def calibrated(recipe: Recipe, tests: pd.DataFrame, seed: int) -> Check | None:
    """Ask whether what was expected fits what was found; None where the recipe does not ask.

    Each examined shipment counts as many as it stands for: heads are calibrated for all shipments, not for suspects.
    """
    limit = recipe.gate.calibration
    if limit is None:
        return None
    table = evaluate(
        tests["found"],
        tests["raw"],
        chance=tests["probability"],
        names=["expected_over_found"],
        weight=tests["stands_for"],
        blocks=blocks_of(tests, recipe.report.block),
        resamples=recipe.report.resamples,
        seed=seed,
    )
    value, low, high = (float(table[name].iloc[0]) for name in ("value", "low", "high"))
    beyond = low > limit or high < 1 / limit
    return Check(
        "calibration",
        bool(np.isfinite(value) and not beyond),
        binding=True,
        figures={"value": value, "low": low, "high": high, "limit": limit},
    )


def covered(recipe: Recipe, shipments: pd.DataFrame, learnt: pd.DataFrame, opening: pd.Timestamp) -> Check:
    """Ask whether the latest shipments come from where the head has learnt.

    Parameters
    ----------
    recipe
        Its gate names the least share.
    shipments
        All shipments; those of the 90 days before `opening`, or else the last filed before it, are looked at.
    learnt
        The examined shipments that the head has learnt from.
    opening
        The first moment of the phase.
    """
    before = shipments[(shipments["filed_at"] < opening).to_numpy()]
    last = before["filed_at"].max() - pd.Timedelta(days=RECENT_DAYS)
    latest = before[(before["filed_at"] >= last).to_numpy()]
    known = set(_places(learnt))
    places = _places(latest)
    counts = places[~places.isin(known)].value_counts()
    share = 1.0 - float(counts.sum()) / max(len(places), 1)
    figures = {"share": share, "least": recipe.gate.coverage, "missing": list(map(str, counts.index[:5]))}
    return Check("coverage", share >= recipe.gate.coverage, binding=True, figures=figures)


def fair(recipe: Recipe, shares: pd.Series, vain: Sequence[Mapping[str, Any]] = ()) -> Check:
    """Ask whether one sensitive feature weighs more than is allowed, and whether anything else was warned of.

    Parameters
    ----------
    recipe
        Its gate names the largest share, and whether a warning holds the head back.
    shares
        Share of all contributions of each sensitive feature.
    vain
        Groups that are shown to be selected in vain far more often than all: ``group``, ``member``, ``ratio``.
    """
    above = shares[shares > recipe.gate.sensitive].sort_values(ascending=False)
    figures = {
        "largest": float(shares.max()) if len(shares) else 0.0,
        "feature": str(shares.idxmax()) if len(shares) else "",
        "limit": recipe.gate.sensitive,
        "above": {str(name): float(share) for name, share in above.items()},
        "vain": [dict(one) for one in vain],
    }
    return Check("fairness", not len(above) and not vain, binding=recipe.gate.fairness == "refuse", figures=figures)


def _places(shipments: pd.DataFrame) -> pd.Series:
    columns = [name for name in ("country_of_report", "transport_mode") if name in shipments.columns]
    if not columns:
        return pd.Series("", index=shipments.index)
    told = [shipments[name].astype("str").fillna("?") for name in columns]
    place = told[0]
    for each in told[1:]:
        place = place + " " + each
    return place
