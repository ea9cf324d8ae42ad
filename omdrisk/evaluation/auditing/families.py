"""What a head loses without a family of indicators: it is grown again without, and both rank the same shipments."""

# ruff: noqa: N803, N806 - as in scikit-learn, X is the input

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from omdrisk.evaluation.intervals import draws, interval
from omdrisk.evaluation.metrics import Ranking
from omdrisk.training.labels import weights
from omdrisk.training.model import RiskModel

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy.typing as npt

    from omdrisk.training import Head, Recipe

    Floats = npt.NDArray[np.float64]

SEEDS = 3
METRICS = ("average_precision", "auc", "hit_rate@2%")


def without_families(
    recipe: Recipe,
    head: Head,
    past: tuple[pd.DataFrame, pd.DataFrame, pd.Timestamp],
    future: tuple[pd.DataFrame, Floats, npt.NDArray[np.intp]],
    *,
    metrics: Sequence[str] = METRICS,
    resamples: int = 200,
    seed: int = 0,
    step: Callable[[str], None] = lambda _: None,
) -> pd.DataFrame:
    """Return what each metric loses without each family, with intervals.

    Parameters
    ----------
    recipe, head
        The recipe, and its head, whose number of trees is kept.
    past
        Features of the examined shipments of the past, their labels (see `labelled`), and the moment of training.
    future
        Features of the shipments tested on, 1 where found, and their blocks.
    metrics, resamples, seed
        As for `evaluate`. Every score is the mean of heads of three seeds: one head's luck with its draws is no
        finding.
    step
        Called with the name of each family.

    Returns
    -------
    DataFrame with family (``(all)`` for the whole head), features, metric, value (of what is left), loss, low, high:
    a loss above 0 says that the head is worse without.
    """
    X, labels, moment = past
    test, found, blocks = future
    families: dict[str, list[str]] = {}
    for definition in head.pipeline.catalog_:
        families.setdefault(definition.family, []).append(definition.name)
    fit = _Fit(recipe, head, X, labels["found"].to_numpy(), weights(recipe, labels, moment), seed)
    whole = Ranking(found, fit.score(test, list(X.columns)))
    value, drawn = whole.measure(metrics), _drawn(whole, metrics, blocks, resamples, seed)
    low, high = interval(drawn)
    rows = [
        _row("(all)", X.shape[1], name, *told) for name, *told in zip(metrics, value, value, low, high, strict=True)
    ]
    for family, names in families.items():
        kept = [name for name in X.columns if name not in set(names)]
        if not kept:
            continue
        step(f"without {family}")
        ranking = Ranking(found, fit.score(test, kept))
        left = ranking.measure(metrics)
        low, high = interval(drawn - _drawn(ranking, metrics, blocks, resamples, seed))
        told = zip(metrics, left, value - left, low, high, strict=True)
        rows += [_row(family, len(names), name, *numbers) for name, *numbers in told]
    return pd.DataFrame(rows)


def _drawn(ranking: Ranking, metrics: Sequence[str], blocks: npt.NDArray[np.intp], resamples: int, seed: int) -> Floats:
    return draws(ranking, metrics, blocks, resamples=resamples, seed=seed)


def _row(family: str, features: int, metric: str, value: float, loss: float, low: float, high: float) -> dict[str, Any]:
    told = {"value": value, "loss": loss, "low": low, "high": high}
    return {"family": family, "features": features, "metric": metric, **{name: float(told[name]) for name in told}}


class _Fit:
    """Grows a recipe's trees on some of the columns."""

    def __init__(self, recipe: Recipe, head: Head, X: pd.DataFrame, found: Floats, weight: Floats, seed: int) -> None:
        self.recipe, self.X, self.found, self.weight, self.seed = recipe, X, found, weight, seed
        self.rounds = int(head.facts["rounds"])
        self.categorical = set(head.pipeline.categorical_)
        self.monotone = {d.name: d.monotone for d in head.pipeline.catalog_ if recipe.monotone and d.monotone}

    def score(self, test: pd.DataFrame, names: list[str]) -> Floats:
        total = np.zeros(len(test))
        for seed in range(self.seed, self.seed + SEEDS):
            model = RiskModel(
                rounds=self.rounds,
                parameters=self.recipe.lightgbm.chosen(),
                monotone={name: way for name, way in self.monotone.items() if name in names},
                threads=self.recipe.threads,
                seed=seed,
            )
            categorical = [name for name in names if name in self.categorical]
            model.fit(self.X[names], self.found, self.weight, categorical=categorical)
            total += model.raw_score(test[names])
        return total / SEEDS
