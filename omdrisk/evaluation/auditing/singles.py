"""What one indicator is worth by itself: rows are ranked by how often its value was found in other periods.

Values are put into a few levels, the missing ones into a level of their own, and every level of a period is scored
with the smoothed find rate that it had in the other periods. That needs no direction, serves categories and numbers
alike, and gives no credit for what only held once. Intervals draw whole days (or parties) at a time; since a level is
all that counts of a row, each draw costs a product of two small tables.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from omdrisk.evaluation.intervals import interval

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Places = npt.NDArray[np.int64]

BINS = 10
FEW_VALUES = 16
PRIOR = 20.0
CAPACITY = 0.1
LEAST_FINDS = 5
FOLDS = 5


def levels_of(values: Floats, *, most: int = FEW_VALUES) -> Places:
    """Return the level of each value: 0 missing, else its own if there are few, or one of ten of about equal size.

    Examples
    --------
    >>> levels_of(np.array([np.nan, 3.0, 0.0, 3.0])).tolist()
    [0, 2, 1, 2]
    """
    known = ~np.isnan(values)
    different = np.unique(values[known])
    levels = np.zeros(len(values), dtype=np.int64)
    if len(different) <= most:
        levels[known] = 1 + np.searchsorted(different, values[known])
    else:
        edges = np.unique(np.quantile(values[known], np.linspace(0, 1, BINS + 1)[1:-1], method="lower"))
        levels[known] = 1 + np.searchsorted(edges, values[known], side="left")
    return levels


def scores_of(levels: Places, found: Floats, periods: Places) -> Floats:
    """Return for each row the smoothed find rate of its level in the other periods.

    Examples
    --------
    >>> scores = scores_of(np.array([1, 2, 1, 2]), np.array([1.0, 0.0, 1.0, 0.0]), np.array([0, 0, 1, 1]))
    >>> bool(scores[0] > scores[1]), bool(scores[2] > scores[3])
    (True, True)
    """
    scores = np.empty(len(levels))
    size = int(levels.max(initial=0)) + 1
    for period in np.unique(periods):
        here = periods == period
        others = found[~here]
        base = others.mean() if others.size else 0.0
        rows = np.bincount(levels[~here], minlength=size)
        finds = np.bincount(levels[~here], others, minlength=size)
        scores[here] = ((finds + PRIOR * base) / (rows + PRIOR))[levels[here]]
    return scores


class Worth:
    """AUC and lift of scores, with intervals, under the same draws of blocks for every indicator.

    Parameters
    ----------
    found
        1 found, 0 clear; shape (rows,).
    blocks
        Rows of equal value are drawn together.
    resamples, seed
        Number of draws, and their seed.

    Examples
    --------
    >>> worth = Worth(np.array([1.0, 0.0, 1.0, 0.0]), np.array([0, 1, 2, 3]), resamples=50)
    >>> worth.of(np.array([0.9, 0.1, 0.8, 0.3]))["auc"]
    1.0
    """

    def __init__(self, found: Floats, blocks: Places, *, resamples: int = 200, seed: int = 0) -> None:
        self.found = found
        _, self.blocks = np.unique(blocks, return_inverse=True)
        self.count = int(self.blocks.max(initial=0)) + 1
        rng = np.random.default_rng(seed)
        self.drawn = rng.multinomial(self.count, np.full(self.count, 1.0 / self.count), size=resamples).astype(float)

    def of(self, scores: Floats, rows: npt.NDArray[np.bool_] | None = None) -> dict[str, float]:
        """Return auc and lift (at a tenth inspected) with ``_low`` and ``_high``, of all rows or some.

        Missing where nothing, or nothing but finds, is there.
        """
        chosen = np.ones(len(scores), dtype=bool) if rows is None else rows
        different, levels = np.unique(-scores[chosen], return_inverse=True)
        cells = self.blocks[chosen] * len(different) + levels
        shape = (self.count, len(different))
        sizes = np.bincount(cells, minlength=shape[0] * shape[1]).astype(float).reshape(shape)
        finds = np.bincount(cells, self.found[chosen], minlength=shape[0] * shape[1]).reshape(shape)
        point = _measured(finds.sum(axis=0, keepdims=True), sizes.sum(axis=0, keepdims=True))[0]
        low, high = interval(_measured(self.drawn @ finds, self.drawn @ sizes))
        told: dict[str, float] = {}
        for place, name in enumerate(("auc", "lift")):
            told |= {name: float(point[place]), f"{name}_low": float(low[place]), f"{name}_high": float(high[place])}
        return told


def _measured(finds: Floats, sizes: Floats) -> Floats:
    """Return AUC and lift of each draw; columns are levels from the highest score down."""
    clear = sizes - finds
    hits, seen = np.cumsum(finds, axis=1), np.cumsum(sizes, axis=1)
    total, positives = seen[:, -1], hits[:, -1]
    with np.errstate(invalid="ignore", divide="ignore"):
        auc = (clear * (hits - 0.5 * finds)).sum(axis=1) / (positives * (total - positives))
        at = [
            np.interp(CAPACITY * every[-1], np.r_[0.0, every], np.r_[0.0, some])
            for every, some in zip(seen, hits, strict=True)
        ]
        lift = np.array(at) / CAPACITY / positives
    return np.column_stack([auc, lift])


def folds_of(periods: Places, blocks: Places) -> Places:
    """Return the periods, or, where there is but one, a few folds of whole blocks.

    Examples
    --------
    >>> folds_of(np.array([0, 0, 1]), np.array([5, 6, 7])).tolist()
    [0, 0, 1]
    >>> folds_of(np.array([0, 0]), np.array([5, 6])).tolist()
    [0, 1]
    """
    if len(np.unique(periods)) > 1:
        return periods
    _, codes = np.unique(blocks, return_inverse=True)
    return np.asarray(codes % FOLDS, dtype=np.int64)


def single(values: Floats, found: Floats, periods: Places, blocks: Places, worth: Worth) -> dict[str, float]:
    """Return coverage, AUC and lift with intervals of one indicator, and its AUC in its best and worst period."""
    scores = scores_of(levels_of(values), found, folds_of(periods, blocks))
    told = {"coverage": float(1.0 - np.isnan(values).mean()), **worth.of(scores)}
    each = []
    for period in np.unique(periods):
        here = periods == period
        finds = found[here].sum()
        if LEAST_FINDS <= finds < here.sum():
            clear, hits = scores[here & (found == 0)], scores[here & (found == 1)]
            both = np.searchsorted(np.sort(clear), [hits, np.nextafter(hits, np.inf)]).sum()
            each.append(float(both / (2.0 * clear.size * hits.size)))
    told["auc_worst_period"] = min(each, default=float("nan"))
    told["auc_best_period"] = max(each, default=float("nan"))
    told["periods"] = float(len(each))
    return told
