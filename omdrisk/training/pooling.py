"""Pooled adjacent violators: the best non-decreasing rates for rows in order of their score."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]


def pooled(score: Floats, rate: Floats, weight: Floats) -> tuple[Floats, Floats, Floats]:
    """Return weight, mean score and mean rate of the blocks of isotonic regression.

    Parameters
    ----------
    score
        In ascending order; rows of equal score belong together.
    rate, weight
        Label or rate of each row, and its weight. Rows of no weight are left out.

    Examples
    --------
    >>> weight, score, rate = pooled(np.arange(4.0), np.array([0.0, 1.0, 0.0, 1.0]), np.ones(4))
    >>> weight.tolist(), score.tolist(), rate.tolist()
    ([1.0, 2.0, 1.0], [0.0, 1.5, 3.0], [0.0, 0.5, 1.0])
    """
    used = weight > 0
    score, rate, weight = score[used], rate[used], weight[used]
    starts = np.flatnonzero(np.r_[True, score[1:] != score[:-1]])
    weights = np.add.reduceat(weight, starts)
    scores = np.add.reduceat(weight * score, starts)
    rates = np.add.reduceat(weight * rate, starts)
    stack: list[tuple[float, float, float]] = []
    for block in zip(weights.tolist(), scores.tolist(), rates.tolist(), strict=True):
        size, place, found = block
        while stack and stack[-1][2] * size >= found * stack[-1][0]:
            last = stack.pop()
            size, place, found = size + last[0], place + last[1], found + last[2]
        stack.append((size, place, found))
    blocks = np.array(stack)
    return blocks[:, 0], blocks[:, 1] / blocks[:, 0], blocks[:, 2] / blocks[:, 0]
