"""The metric that training stops and tunes by: average precision, or the finds that fit into a capacity."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, cast

import numpy as np

from omdrisk.errors import DefinitionError, did_you_mean

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

METRICS = ("average_precision", "auc", "binary_logloss")
_CAPACITY = re.compile(r"hit_rate@([0-9.]+)%")


def capacity_of(metric: str) -> float | None:
    """Return the share that ``hit_rate@2%`` names, and None for another metric.

    Examples
    --------
    >>> capacity_of("hit_rate@2%"), capacity_of("auc")
    (0.02, None)
    """
    match = _CAPACITY.fullmatch(metric)
    return float(match[1]) / 100 if match and 0 < float(match[1]) <= 100 else None


def known_metric(metric: str, place: str) -> None:
    """Raise unless training can be judged by `metric`."""
    if metric not in METRICS and capacity_of(metric) is None:
        raise DefinitionError(f"{place} is {metric!r}. {did_you_mean(metric, [*METRICS, 'hit_rate@2%'])}")


def worth(metric: str, found: Floats, score: Floats, weight: Floats) -> float:
    """Return a metric of scores; the higher the better. Rows of equal score count as drawn in random order.

    Parameters
    ----------
    metric
        ``average_precision``, ``auc``, ``hit_rate@2%``, or ``binary_logloss`` (its negative; scores are log-odds).
    found, score, weight
        Labels (0 or 1), scores and weights of later rows, shape (rows,).

    Examples
    --------
    >>> found, score = np.array([1.0, 0.0, 1.0, 0.0]), np.array([4.0, 3.0, 2.0, 1.0])
    >>> worth("hit_rate@50%", found, score, np.ones(4)), worth("auc", found, score, np.ones(4))
    (0.5, 0.75)
    """
    if metric == "binary_logloss":
        loss = np.logaddexp(0.0, np.where(found > 0, -score, score))
        return -float(np.average(loss, weights=weight))
    share = capacity_of(metric)
    if share is not None:
        return hit_rate(found, score, weight, share)
    from sklearn.metrics import average_precision_score, roc_auc_score

    judge = average_precision_score if metric == "average_precision" else roc_auc_score
    return float(judge(found, score, sample_weight=weight))


def hit_rate(found: Floats, score: Floats, weight: Floats, share: float) -> float:
    """Return the share of finds among the highest `share` of the weight.

    Examples
    --------
    >>> hit_rate(np.array([1.0, 0.0, 0.0, 0.0]), np.array([2.0, 2.0, 1.0, 0.0]), np.ones(4), 0.25)
    0.5
    """
    order = np.argsort(-score, kind="stable")
    ends = np.r_[score[order][1:] != score[order][:-1], True]
    size = np.r_[0.0, np.cumsum(weight[order])[ends]]
    hits = np.r_[0.0, np.cumsum((weight * found)[order])[ends]]
    return float(np.interp(share * size[-1], size, hits) / (share * size[-1]))


def per_row(values: Floats, size: int) -> Floats:
    """Return one weight a row: `values`, or 1 for each where there are none."""
    return np.ones(size) if values is None else cast("Floats", np.asarray(values, dtype=np.float64))
