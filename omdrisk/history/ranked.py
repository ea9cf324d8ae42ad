"""Quantiles and counts of distinct values of single rows, over all parts of a history.

Neither adds up over parts by itself. A quantile is the least value that enough values of all parts do not
exceed: where it lies in each part is narrowed down for all of them at once, by trying the middle value of the
part that is least decided. Counts of distinct values add up with the signs that `over_parts` gives them.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from omdrisk.compiling import compiled
from omdrisk.history.addresses import floats, integers, tables
from omdrisk.history.kernels import codes_below, lower_bound, smallest_code
from omdrisk.history.merges import since_of
from omdrisk.history.tallies import place_before, slot_in


@compiled
def _smallest(matrix: Any, low: int, high: int, nth: int) -> int:
    bits, ranks = tables(matrix.bits, matrix.ranks, matrix.levels, matrix.words)
    return smallest_code(bits, ranks, integers(matrix.zeros), matrix.levels, low, high, nth)  # type: ignore[no-any-return]


@compiled
def _below(matrix: Any, low: int, high: int, limit: int) -> int:
    bits, ranks = tables(matrix.bits, matrix.ranks, matrix.levels, matrix.words)
    return codes_below(bits, ranks, integers(matrix.zeros), matrix.levels, low, high, limit)  # type: ignore[no-any-return]


@compiled
def _value_at(value: Any, low: int, high: int, nth: int) -> float:
    return floats(value.distinct)[_smallest(value.matrix, low, high, nth)]  # type: ignore[no-any-return]


@compiled
def _up_to(values: Any, lows: Any, highs: Any, limit: float, counts: Any) -> int:
    """Count for each part the values in [low, high) that do not exceed the limit; return their sum."""
    total = 0
    for part in range(values.size):
        counts[part] = 0
        if highs[part] > lows[part]:
            above = np.nextafter(limit, np.inf)
            codes = lower_bound(floats(values[part].distinct), 0, values[part].distinct_count, above)
            counts[part] = _below(values[part].matrix, lows[part], highs[part], codes)
        total += counts[part]
    return total


@compiled
def _widest(least: Any, most: Any) -> int:
    """Return the first part that is least decided, -1 if all are decided."""
    widest, width = -1, 0
    for part in range(least.size):
        if most[part] - least[part] > width:
            widest, width = part, most[part] - least[part]
    return widest


@compiled
def _quantile(values: Any, lows: Any, highs: Any, total: int, q: float, room: Any) -> float:
    """Return the quantile of the values in [low, high) of every part, of which there are `total`, at least one."""
    nth = np.int64(q * (total - 1))
    least, most, counts = room[0], room[1], room[2]
    for part in range(values.size):
        if highs[part] - lows[part] == total:
            return _value_at(values[part], lows[part], highs[part], nth)  # type: ignore[no-any-return]
        least[part], most[part] = 0, highs[part] - lows[part]
    widest = _widest(least, most)
    while widest >= 0:
        middle = (least[widest] + most[widest]) >> 1
        tried = _value_at(values[widest], lows[widest], highs[widest], middle)
        enough = _up_to(values, lows, highs, tried, counts) > nth
        for part in range(values.size):
            if enough:
                most[part] = min(most[part], counts[part])
            else:
                least[part] = max(least[part], counts[part])
        if enough:
            most[widest] = middle
        widest = _widest(least, most)
    best = np.inf
    for part in range(values.size):
        if least[part] < highs[part] - lows[part]:
            best = min(best, _value_at(values[part], lows[part], highs[part], least[part]))
    return best


@compiled
def read_quantiles(values: Any, places: Any, window: int, qs: Any, answers: Any) -> None:
    """Answer quantiles `qs` of one value in one window; `values` and `places` have a row per part."""
    parts, last = values.size, places.shape[1] - 1
    lows, highs, room = np.zeros(parts, np.int64), np.zeros(parts, np.int64), np.zeros((3, parts), np.int64)
    for j in range(places.shape[2]):
        again = j > 0
        total = 0
        for part in range(parts):
            there = integers(values[part].there)
            low, high = there[places[part, window, j]], there[places[part, last, j]]
            again &= low == lows[part] and high == highs[part]
            lows[part], highs[part] = low, high
            total += high - low
        for k in range(qs.size):
            if again:
                answers[k, j] = answers[k, j - 1]
            elif total:
                answers[k, j] = _quantile(values, lows, highs, total, qs[k], room)
            else:
                answers[k, j] = np.nan


@compiled
def first_distinct(of: Any, places: Any, window: int, answers: Any) -> None:
    """Count the different values of the first part's shipments, all of them or those of a window."""
    before, first = integers(of.before), integers(of.first)
    last = places.shape[0] - 1
    low = high = -1
    for j in range(answers.size):
        was_low, was_high = low, high
        low, high = before[places[window, j]], before[places[last, j]]
        if low == was_low and high == was_high:
            answers[j] = answers[j - 1]
        elif window == 0:
            answers[j] = first[high] - first[low]
        else:
            answers[j] = _below(of.matrix, low, high, low + 1)


@compiled
def more_distinct(of: Any, keys: Any, moments: Any, horizon: int, width: int, answers: Any) -> None:
    """Add the different values that a later part's shipments had and those of the parts before it had not."""
    offsets, times = integers(of.index.offsets), integers(of.index.times)
    signs, occurred = integers(of.signs), integers(of.occurred)
    for j in range(keys.size):
        slot = slot_in(of.index, keys[j])
        if slot < 0:
            continue
        until = min(moments[j], horizon)
        since = since_of(moments[j], until, width)
        high = place_before(times, offsets[slot], offsets[slot + 1], until)
        low = place_before(times, offsets[slot], high, since)
        limit = lower_bound(occurred, 0, of.occurred_count, since)
        answers[j] += _below(of.matrix, low - signs[low], high - signs[high], limit)
        answers[j] -= _below(of.negative, signs[low], signs[high], limit)
