# ruff: noqa: C901, PLR0912 - a compiled loop is one function
"""From numbers per row to answers: the last step that all ways of counting share."""

from __future__ import annotations

from typing import Any

import numpy as np

from omdrisk.compiling import compiled
from omdrisk.history.arrays import NO_TIME

COUNT, SINCE, SINCE_FIND, WEIGHT, RATE, MEAN = range(6)


@compiled
def read_answers(
    asks: Any,
    priors: Any,
    state: Any,
    bases: Any,
    moments: Any,
    missing: Any,
    begin: int,
    rows: int,
    at: int,
    answers: Any,
) -> None:
    """Turn `rows` states into answers; each of `asks` names a kind and the rows of `state` that it reads.

    State 0 belongs to row `begin` of `bases` (the overall rates), `moments` and `missing`, and to column `at`
    of `answers`. Each loop is one kind, so that the processor takes several rows at a time.
    """
    day, whole = 86_400_000_000.0, 1_000_000
    nothing = np.nan
    now = moments[begin : begin + rows]
    for question in range(asks.shape[0]):
        kind, a, b = asks[question, 0], asks[question, 1], asks[question, 2]
        c, d = asks[question, 3], asks[question, 4]
        into, first, second = answers[question, at : at + rows], state[a], state[b]
        if kind == COUNT:
            for j in range(rows):
                into[j] = np.float64(first[j])
        elif kind == WEIGHT:
            for j in range(rows):
                into[j] = first[j] / whole
        elif kind == SINCE:
            for j in range(rows):
                since = np.float64(np.uint64(now[j]) - np.uint64(first[j])) / day
                into[j] = since if second[j] > 0 else nothing
        elif kind == SINCE_FIND:
            for j in range(rows):
                since = np.float64(np.uint64(now[j]) - np.uint64(first[j])) / day
                into[j] = since if first[j] != NO_TIME else nothing
        elif kind == RATE:
            prior, base = priors[question], bases[c, begin : begin + rows]
            for j in range(rows):
                inspected = np.float64(second[j]) / whole
                into[j] = (first[j] + prior * base[j]) / (inspected + prior)
        elif kind == MEAN:
            third, fourth = state[c], state[d]
            for j in range(rows):
                upper = second[j] * 2.0**32 + third[j] * 2.0**-4
                into[j] = (upper + fourth[j] * 2.0**-40) / np.float64(first[j])
    for j in range(rows):
        if missing[begin + j]:
            for question in range(asks.shape[0]):
                answers[question, at + j] = nothing


@compiled
def scatter(table: Any, order: Any, begin: int, rows: int, answers: Any) -> None:
    """Put columns of `table` where the rows they belong to stand: column j goes to ``order[begin + j]``."""
    for question in range(table.shape[0]):
        for j in range(rows):
            answers[question, order[begin + j]] = table[question, j]
