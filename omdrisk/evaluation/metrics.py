"""What a ranking is worth: hit rate, recall and lift at capacity, AUC, average precision, calibration.

Rows are sorted once; every metric is then a cumulative sum, under as many sets of weights as one likes, which is what
makes hundreds of bootstrap resamples cheap. Rows of equal score count as drawn in random order.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from omdrisk.errors import InputError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

PLAIN = ("auc", "average_precision", "base_rate", "calibration_error", "expected_over_found")
AT_CAPACITY = ("hit_rate", "recall", "lift")
AMOUNT = "kg_share"
BINS = 10
_SHARE = re.compile(r"(\w+)@([0-9.]+)%")


def metric_names(shares: Sequence[float], *, calibrated: bool = False, amounts: bool = False) -> tuple[str, ...]:
    """Return the names of the usual metrics at these capacities; with `amounts` the share of the kilograms too.

    Examples
    --------
    >>> metric_names([0.01, 0.005])
    ('auc', 'average_precision', 'hit_rate@1%', 'recall@1%', 'lift@1%', 'hit_rate@0.5%', 'recall@0.5%', 'lift@0.5%')
    """
    names = (*AT_CAPACITY, AMOUNT) if amounts else AT_CAPACITY
    at_capacity = (f"{name}@{100 * share:g}%" for share in shares for name in names)
    calibration = ("calibration_error", "expected_over_found") if calibrated else ()
    return ("auc", "average_precision", *at_capacity, *calibration)


class Ranking:
    """Rows in order of their score, ready to be measured under any weights.

    Parameters
    ----------
    found
        1 found, 0 clear; shape (rows,).
    score
        The higher, the earlier inspected; shape (rows,).
    chance
        Calibrated probabilities, for the calibration metrics.
    amount
        Kilograms (or kg-equivalents) of each find, for ``kg_share``; a find of unknown amount counts nothing.

    Examples
    --------
    >>> ranking = Ranking([1, 0, 1, 0], [0.9, 0.8, 0.7, 0.1])
    >>> ranking.measure(["auc", "average_precision", "hit_rate@50%"]).round(3).tolist()
    [0.75, 0.833, 0.5]
    """

    def __init__(self, found: Any, score: Any, chance: Any = None, amount: Any = None) -> None:
        found, score = np.asarray(found, dtype=np.float64), np.asarray(score, dtype=np.float64)
        if found.shape != score.shape or found.ndim != 1:
            raise InputError(f"found and score must be columns of one length, not {found.shape} and {score.shape}")
        if np.isnan(score).any() or not np.isin(found, (0.0, 1.0)).all():
            raise InputError("scores may not be missing, and found must be 0 or 1")
        self.order = np.argsort(-score, kind="stable")
        self.found = found[self.order]
        descending = score[self.order]
        self._starts = np.flatnonzero(np.r_[True, descending[1:] != descending[:-1]])[: len(score)]
        self._chance = None if chance is None else np.asarray(chance, dtype=np.float64)[self.order]
        self._amount = None if amount is None else np.nan_to_num(np.asarray(amount, dtype=np.float64))[self.order]

    def __len__(self) -> int:
        return len(self.found)

    def measure(self, names: Sequence[str], weights: Any = None) -> Floats:
        """Return the metrics called `names`.

        Parameters
        ----------
        names
            As `metric_names` writes them.
        weights
            Weights of the rows in their given order, shape (rows,) or (sets, rows); None for all 1.

        Returns
        -------
        ndarray of shape (names,) or (sets, names); NaN where a metric is not defined.

        Raises
        ------
        InputError
            If a metric is not known.
        """
        parsed = [_parse(name) for name in names]
        weights = np.ones(len(self)) if weights is None else np.asarray(weights, dtype=np.float64)
        sets = np.atleast_2d(weights)[:, self.order]
        curve = _Curve(sets, self.found, self._starts)
        values = np.empty((len(sets), len(names)))
        with np.errstate(invalid="ignore", divide="ignore"):
            for place, (name, share) in enumerate(parsed):
                if name in ("calibration_error", "expected_over_found"):
                    values[:, place] = self._calibration(name, sets)
                elif name == AMOUNT:
                    values[:, place] = self._kilograms(share, sets)
                else:
                    values[:, place] = curve.metric(name, share)
        return values if weights.ndim > 1 else cast("Floats", values[0])

    def _kilograms(self, share: float, sets: Floats) -> Floats:
        if self._amount is None:
            raise InputError(f"{AMOUNT!r} needs the amounts that were found")
        curve = _Curve(sets, self.found, self._starts, self._amount)
        return curve.metric("recall", share)

    def _calibration(self, name: str, sets: Floats) -> Floats:
        if self._chance is None:
            raise InputError(f"{name!r} needs calibrated probabilities")
        if name == "expected_over_found":
            return cast("Floats", (sets @ self._chance) / (sets @ self.found))
        by_chance = np.argsort(-self._chance, kind="stable")
        chance, found, sets = self._chance[by_chance], self.found[by_chance], sets[:, by_chance]
        starts = equal_bins(chance, BINS)
        gap = np.add.reduceat(sets * (chance - found), starts, axis=1)
        return cast("Floats", np.abs(gap).sum(axis=1) / sets.sum(axis=1))


class _Curve:
    """Cumulative weight and finds from the top of a ranking, for each set of weights."""

    def __init__(self, sets: Floats, found: Floats, starts: npt.NDArray[np.intp], amount: Floats | None = None) -> None:
        hits = sets * found if amount is None else sets * found * amount
        if len(starts) < len(found):
            sets, hits = np.add.reduceat(sets, starts, axis=1), np.add.reduceat(hits, starts, axis=1)
        self.hits, self.step = np.cumsum(hits, axis=1), hits
        self.size, self.width = np.cumsum(sets, axis=1), sets
        self.total, self.positives = self.size[:, -1], self.hits[:, -1]

    def metric(self, name: str, share: float) -> Floats:
        if name == "auc":
            clear = self.width - self.step
            won: Floats = (clear * (self.hits - 0.5 * self.step)).sum(axis=1)
            return won / (self.positives * (self.total - self.positives))
        if name == "average_precision":
            precision = np.divide(self.hits, self.size, out=np.zeros_like(self.hits), where=self.size > 0)
            area: Floats = (self.step * precision).sum(axis=1)
            return area / self.positives
        if name == "base_rate":
            return self.positives / self.total
        hits, capacity = self._hits(share), share * self.total
        if name == "hit_rate":
            return hits / capacity
        if name == "recall":
            return hits / self.positives
        return hits / capacity / (self.positives / self.total)

    def _hits(self, share: float) -> Floats:
        return np.array(
            [
                np.interp(share * size[-1], np.r_[0.0, size], np.r_[0.0, hits])
                for size, hits in zip(self.size, self.hits, strict=True)
            ]
        )


def _parse(name: str) -> tuple[str, float]:
    if name in PLAIN:
        return name, 0.0
    match = _SHARE.fullmatch(name)
    if match and match[1] in (*AT_CAPACITY, AMOUNT) and 0 < float(match[2]) <= 100:
        return match[1], float(match[2]) / 100
    known = [*PLAIN, *(f"{each}@2%" for each in AT_CAPACITY)]
    raise InputError(f"metric {name!r} is unknown. {did_you_mean(name, known)}")


def equal_bins(descending: Floats, most: int) -> npt.NDArray[np.intp]:
    """First rows of at most `most` bins of about equal size, none of which divides equal values."""
    edges = np.linspace(0, len(descending), most + 1).astype(int)[:-1]
    starts = np.searchsorted(-descending, -descending[edges], side="left")
    return np.unique(starts)
