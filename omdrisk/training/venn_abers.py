"""Inductive Venn-Abers prediction: two isotonic regressions for each score, one if it were clear and one if found.

Vovk and Petej, "Venn-Abers predictors" (UAI 2014). Whatever the distribution, one of the two probabilities p0 and p1 is
calibrated; their distance says how much the calibration rows leave open. They are merged as p1 / (1 - p0 + p1), which
is minimax for log loss (their section 5). Rows may be weighted; the row that is asked about weighs one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]


def venn_abers(score: Floats, found: Floats, weight: Floats) -> tuple[Floats, Floats, Floats]:
    """Return the distinct scores in ascending order, and p0 and p1 at each of them.

    The blocks of pooled adjacent violators before and behind a place do not depend on the row that is added there, so
    they are made once, and the added row is pooled with as many of them as it violates.

    Examples
    --------
    >>> score, p0, p1 = venn_abers(np.arange(4.0), np.array([0.0, 0.0, 1.0, 1.0]), np.ones(4))
    >>> p0.round(2).tolist(), p1.round(2).tolist()
    ([0.0, 0.0, 0.5, 0.67], [0.33, 0.5, 1.0, 1.0])
    """
    used = weight > 0
    places, inverse = np.unique(score[used], return_inverse=True)
    size = np.bincount(inverse, weights=weight[used]).tolist()
    hits = np.bincount(inverse, weights=(weight * found)[used]).tolist()
    before = _blocks(size, hits)
    behind = _blocks(size[::-1], [each - hit for each, hit in zip(size[::-1], hits[::-1], strict=True)])
    both = [[_pooled(place, add, (size, hits), (before, behind)) for add in (0.0, 1.0)] for place in range(len(places))]
    low, high = np.array(both).reshape(-1, 2).T
    return places, low, high


def merged(low: Floats, high: Floats) -> Floats:
    """Return one probability for each p0 and p1.

    Examples
    --------
    >>> merged(np.array([0.0]), np.array([0.25])).tolist()
    [0.2]
    """
    return high / (1.0 - low + high)


def _blocks(size: list[float], hits: list[float]) -> list[tuple[int, float, float]]:
    """For each place, the last block of all places up to it: where it begins, its size and its hits."""
    made: list[tuple[int, float, float]] = []
    for place, (width, hit) in enumerate(zip(size, hits, strict=True)):
        start = place
        while start > 0 and made[start - 1][2] * width >= hit * made[start - 1][1]:
            start, more, extra = made[start - 1]
            width, hit = width + more, hit + extra  # noqa: PLW2901  (the block grows)
        made.append((start, width, hit))
    return made


def _pooled(
    place: int,
    add: float,
    rows: tuple[list[float], list[float]],
    blocks: tuple[list[tuple[int, float, float]], list[tuple[int, float, float]]],
) -> float:
    width, hit = rows[0][place] + 1.0, rows[1][place] + add
    last = len(rows[0]) - 1
    left, right = place - 1, last - place - 1
    while True:
        if left >= 0 and blocks[0][left][2] * width >= hit * blocks[0][left][1]:
            start, more, extra = blocks[0][left]
            width, hit, left = width + more, hit + extra, start - 1
        elif right >= 0 and (blocks[1][right][1] - blocks[1][right][2]) * width <= hit * blocks[1][right][1]:
            # behind a place, order and labels are turned round: its blocks hold what is clear
            start, more, clear = blocks[1][right]
            width, hit, right = width + more, hit + more - clear, start - 1
        else:
            return hit / width
