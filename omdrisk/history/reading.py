# ruff: noqa: C901 - a compiled loop is one function
"""From numbers per row to answers: the last step that all ways of counting share."""

from __future__ import annotations

from typing import Any

import numpy as np

from omdrisk.history.arrays import NO_TIME
from omdrisk.history.kernels import compiled

COUNT, SINCE, SINCE_FIND, WEIGHT, RATE, MEAN = range(6)


@compiled
def read_answers(
    asks: Any,
    priors: Any,
    state: Any,
    moments: Any,
    missing: Any,
    order: Any,
    low: int,
    high: int,
    answers: Any,
) -> None:
    """Turn states into answers; each of `asks` names a kind and the rows of `state` that it reads."""
    day, whole = 86_400_000_000.0, 1_000_000
    for question in range(asks.shape[0]):
        kind, a, b = asks[question, 0], asks[question, 1], asks[question, 2]
        c, d = asks[question, 3], asks[question, 4]
        for k in range(low, high):
            row, j = order[k], k - low
            answer = np.nan
            if missing[row]:
                pass
            elif kind == COUNT:
                answer = np.float64(state[a, j])
            elif kind == WEIGHT:
                answer = state[a, j] / whole
            elif kind == SINCE:
                if state[b, j] > 0:
                    answer = np.float64(np.uint64(moments[row]) - np.uint64(state[a, j])) / day
            elif kind == SINCE_FIND:
                if state[a, j] != NO_TIME:
                    answer = np.float64(np.uint64(moments[row]) - np.uint64(state[a, j])) / day
            elif kind == RATE:
                base = np.float64(state[c, j] * whole) / np.float64(state[d, j])
                prior = priors[question]
                answer = (state[a, j] + prior * base) / (np.float64(state[b, j]) / whole + prior)
            elif kind == MEAN:
                high_, middle = state[b, j] * 2.0**32, state[c, j] * 2.0**-4
                answer = ((high_ + middle) + state[d, j] * 2.0**-40) / np.float64(state[a, j])
            answers[question, row] = answer
