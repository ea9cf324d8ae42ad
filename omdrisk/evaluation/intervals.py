"""Intervals by the block bootstrap: shipments of one day, or of one party, are drawn together.

Shipments of a day share a ship, an officer and a mood, and those of a party a fate; drawn one by one they would
promise more certainty than there is (Davison and Hinkley, "Bootstrap Methods and their Application", 1997, section 8).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from omdrisk.errors import InputError
from omdrisk.evaluation.metrics import Ranking, metric_names
from omdrisk.training.seeds import check_seed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

LEVEL = 0.95
_CELLS = 3_000_000


def blocks_of(shipments: pd.DataFrame, kind: Literal["day", "party"]) -> npt.NDArray[np.intp]:
    """Return the block of each shipment: the day on which it was filed (UTC), or its consignee.

    A shipment whose day or consignee is not known is a block of its own.

    Examples
    --------
    >>> filed = pd.to_datetime(["2023-04-15 01:00", "2023-04-16 09:00", "2023-04-15 23:00"], utc=True)
    >>> blocks_of(pd.DataFrame({"filed_at": filed}), "day").tolist()
    [0, 1, 0]
    """
    if kind == "day":
        keys: Any = shipments["filed_at"].dt.floor("D")
    else:
        from omdrisk.entities import entity

        keys = entity(shipments, "consignee")
    codes, known = pd.factorize(keys)
    alone = codes < 0
    codes[alone] = len(known) + np.arange(alone.sum())
    return np.asarray(codes, dtype=np.intp)


def resampled(
    blocks: npt.NDArray[np.intp], resamples: int, seed: int, weight: Floats | None = None
) -> Iterator[Floats]:
    """Yield the weights of the rows under each resample of the blocks, a few resamples at a time.

    The same seed gives the same draws, whatever is measured, so that differences of two rankings are paired.
    """
    _, codes = np.unique(blocks, return_inverse=True)
    number = int(codes.max()) + 1
    rng = np.random.default_rng(check_seed(seed))
    at_once = max(1, _CELLS // len(codes))
    for start in range(0, resamples, at_once):
        size = min(at_once, resamples - start)
        drawn = rng.multinomial(number, np.full(number, 1.0 / number), size=size).astype(np.float64)[:, codes]
        yield drawn if weight is None else drawn * weight


def draws(
    ranking: Ranking,
    names: Sequence[str],
    blocks: npt.NDArray[np.intp],
    *,
    weight: Floats | None = None,
    resamples: int = 400,
    seed: int = 0,
) -> Floats:
    """Return the metrics under each resample, shape (resamples, names)."""
    return np.concatenate([ranking.measure(names, weights) for weights in resampled(blocks, resamples, seed, weight)])


def evaluate(
    found: Any,
    score: Any,
    *,
    chance: Any = None,
    amount: Any = None,
    names: Sequence[str] | None = None,
    shares: Sequence[float] = (0.01, 0.02, 0.05, 0.1),
    weight: Any = None,
    blocks: Any = None,
    resamples: int = 400,
    seed: int = 0,
) -> pd.DataFrame:
    """Return metrics with their 95 % intervals.

    Parameters
    ----------
    found, score, chance
        Outcomes (0 or 1), scores and calibrated probabilities of the examined shipments; without `chance` the
        calibration is not measured.
    amount
        Kilograms of each find, for the share of them; None leaves it out.
    names
        Metrics; by default the usual ones at `shares`.
    weight
        What each row stands for, as one over its `selection_probability`; None counts each as one.
    blocks
        Rows of equal value are drawn together; None draws each by itself.
    resamples, seed
        Number of bootstrap resamples, and the seed of their draws.

    Returns
    -------
    DataFrame with the columns metric, value, low, high, rows, found. Low and high are missing where fewer than two
    blocks, or finds in fewer than two blocks, leave nothing to draw.

    Examples
    --------
    >>> found = [1, 0, 1, 0, 0, 0, 0, 1, 0, 0]
    >>> table = evaluate(found, range(10, 0, -1), names=["auc"], resamples=200)
    >>> table.round(2).to_dict("records")
    [{'metric': 'auc', 'value': 0.71, 'low': 0.12, 'high': 1.0, 'rows': 10, 'found': 3}]
    """
    found = np.asarray(found, dtype=np.float64)
    if names is None:
        names = metric_names(shares, calibrated=chance is not None, amounts=amount is not None)
    seed = check_seed(seed)
    if not len(found):
        raise InputError("there is no examined shipment to evaluate on")
    weight = None if weight is None else np.asarray(weight, dtype=np.float64)
    blocks = np.arange(len(found)) if blocks is None else np.asarray(blocks)
    ranking = Ranking(found, score, chance, amount)
    low = high = np.full(len(names), np.nan)
    if len(np.unique(blocks[found > 0])) > 1:
        drawn = draws(ranking, names, blocks, weight=weight, resamples=resamples, seed=seed)
        low, high = interval(drawn)
    return pd.DataFrame(
        {
            "metric": list(names),
            "value": ranking.measure(names, weight),
            "low": low,
            "high": high,
            "rows": len(found),
            "found": int(found.sum()),
        }
    )


def lead(
    found: Any,
    score: Any,
    against: Any,
    *,
    names: Sequence[str],
    weight: Any = None,
    blocks: Any = None,
    resamples: int = 400,
    seed: int = 0,
) -> pd.DataFrame:
    """Return by how much one ranking leads another on the same rows, with paired intervals.

    Parameters are those of `evaluate`; `against` are the scores of the other ranking.

    Examples
    --------
    >>> found, good, poor = [1, 1, 0, 0] * 10, [4, 3, 2, 1] * 10, [1, 2, 3, 4] * 10
    >>> lead(found, good, poor, names=["auc"], resamples=50)[["metric", "value"]].to_dict("records")
    [{'metric': 'auc', 'value': 1.0}]
    """
    found = np.asarray(found, dtype=np.float64)
    weight = None if weight is None else np.asarray(weight, dtype=np.float64)
    blocks = np.arange(len(found)) if blocks is None else np.asarray(blocks)
    both = [Ranking(found, each) for each in (score, against)]
    drawn = [draws(each, names, blocks, weight=weight, resamples=resamples, seed=seed) for each in both]
    value = [each.measure(names, weight) for each in both]
    low, high = interval(drawn[0] - drawn[1])
    return pd.DataFrame({"metric": list(names), "value": value[0] - value[1], "low": low, "high": high})


def interval(drawn: Floats) -> tuple[Floats, Floats]:
    """Return the percentile interval of each column of draws, missing where no draw has a value.

    Examples
    --------
    >>> low, high = interval(np.arange(1001.0)[:, None])
    >>> round(low[0]), round(high[0])
    (25, 975)
    """
    low, high = np.full(drawn.shape[1], np.nan), np.full(drawn.shape[1], np.nan)
    # a resample without a find has no recall, and expects infinitely more than it found
    drawn = np.where(np.isfinite(drawn), drawn, np.nan)
    some = np.isfinite(drawn).any(axis=0)
    if some.any():
        ends = np.nanquantile(drawn[:, some], [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=0)
        low[some], high[some] = ends
    return low, high
