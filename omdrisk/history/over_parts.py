"""Counts of distinct values, and quantiles, over a past in several parts.

Neither adds up over parts. Distinct values of a window are the events whose value had last occurred before
it; a new part changes that for its own events, and for the first later event of the same value in the parts
before. So a new part holds these events with signs, and the counts over all parts add up again. A quantile is
the least value that enough values of all parts do not exceed, found by bisection in each part.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from omdrisk.history.arrays import NO_TIME, days_before, running
from omdrisk.history.engine import KeyIndex, WaveletMatrix
from omdrisk.history.indexes import together

if TYPE_CHECKING:
    from collections.abc import Sequence

    from omdrisk.history.answers import Asked
    from omdrisk.history.arrays import Floats, Integers
    from omdrisk.history.indexes import Indexes
    from omdrisk.history.past import Past
    from omdrisk.history.questions import Distinct, Quantile


@dataclass(frozen=True)
class Recurrences:
    """Events of a part by key and time, with signs, and when the value of each had last occurred."""

    index: KeyIndex
    signs: Integers
    times: Integers
    matrix: WaveletMatrix
    negative: WaveletMatrix

    @classmethod
    def build(cls, keys: Integers, times: Integers, earlier: Integers, signs: Integers) -> Recurrences:
        """Sort events; `earlier` is when the value had last occurred, `NO_TIME` if never."""
        order = np.argsort(times, kind="stable")
        index = KeyIndex.build(keys[order], times[order])
        signs = signs[order][index.rows]
        known, codes = np.unique(earlier[order][index.rows], return_inverse=True)
        matrices = [WaveletMatrix.build(codes[signs == sign]) for sign in (1, -1)]
        return cls(index, running((signs < 0).astype(np.int64)), known, *matrices)

    def count(self, keys: Integers, since: Integers, until: Integers) -> Integers:
        """Return how many more values occurred in [since, until), by key."""
        slots = self.index.slots(keys)
        low, high = self.index.before(slots, since), self.index.before(slots, until)
        limits = np.searchsorted(self.times, since)
        low_negative, high_negative = self.signs[low], self.signs[high]
        more = self.matrix.less(low - low_negative, high - high_negative, limits)
        return more - self.negative.less(low_negative, high_negative, limits)


def distinct(
    past: Past, first: Asked, question: Distinct, keys: dict[str, Integers], moments: Integers, horizon: int
) -> Floats:
    """Return how many values of the entity `of` the key's shipments had, over all parts; `first` asks the first."""
    others = past.parts[1:]
    answers = first.answer(question)
    until = np.minimum(moments, horizon)
    since = np.minimum(days_before(moments, question.days), until)
    asked = together([keys[name] for name in question.by], moments.size, past.joint)
    for place, part in enumerate(others, start=1):
        answers += _recurrences(past, part, place, question).count(asked, since, until)
    return answers


def _recurrences(past: Past, part: Indexes, place: int, question: Distinct) -> Recurrences:
    def build() -> Recurrences:
        by, pair = question.by, (*question.by, question.of)
        index = part.key(pair)
        events = np.flatnonzero(index.rows >= 0)
        rows, times = index.rows[events], index.times[events]
        slots = np.searchsorted(index.offsets, events, side="right") - 1
        own = np.full(times.size, NO_TIME, dtype=np.int64)
        same = slots[1:] == slots[:-1]
        own[1:][same] = times[:-1][same]
        earlier, later = _around(past.parts[:place], pair, index.known[slots], times)
        last = np.ones(times.size, dtype=np.bool_)
        last[:-1] = ~(same & (later[1:] == later[:-1]))
        moved = np.flatnonzero(last & (later != NO_TIME))
        columns = [part.facts.shipments[f"key:{name}"][rows] for name in by]
        keys = together(columns, rows.size, past.joint)
        return Recurrences.build(
            np.concatenate([keys, keys[moved], keys[moved]]),
            np.concatenate([times, later[moved], later[moved]]),
            np.concatenate([np.maximum(own, earlier), times[moved], earlier[moved]]),
            np.repeat([1, 1, -1], [times.size, moved.size, moved.size]),
        )

    return part.once(("recurrences", question.by, question.of), build, shelved=False)


def _around(
    parts: Sequence[Indexes], pair: tuple[str, ...], keys: Integers, times: Integers
) -> tuple[Integers, Integers]:
    """Return when the pair last occurred at or before each time, and first after it; `NO_TIME` if not."""
    earlier = np.full(times.size, NO_TIME, dtype=np.int64)
    later = np.full(times.size, NO_TIME, dtype=np.int64)
    for part in parts:
        index = part.key(pair)
        slots = index.slots(keys)
        seen = np.flatnonzero(slots >= 0)
        place = index.before(slots[seen], times[seen] + 1)
        before = place > index.offsets[slots[seen]]
        at = seen[before]
        earlier[at] = np.maximum(earlier[at], index.times[place[before] - 1])
        after = place < index.offsets[slots[seen] + 1]
        at, found = seen[after], index.times[place[after]]
        later[at] = np.where(later[at] == NO_TIME, found, np.minimum(later[at], found))
    return earlier, later


def quantile(every: Sequence[Asked], question: Quantile, count: int) -> Floats:
    """Return the quantile of the values of all parts, for `count` rows that ask each of them."""
    parts = []
    for asked in every:
        low, high = asked.stretch_of(question)
        if np.any(high > low):
            parts.append((*asked.indexes.orders(question.by, question.value), low, high))
    answers = np.full(count, np.nan)
    if not parts:
        return answers
    total: Integers = np.sum([high - low for _, _, low, high in parts], axis=0)
    rows = np.flatnonzero(total)
    parts = [(values, matrix, low[rows], high[rows]) for values, matrix, low, high in parts]
    enough = np.floor(question.q * (total[rows] - 1)).astype(np.int64) + 1
    best = np.full(rows.size, np.inf)
    for values, matrix, low, high in parts:
        least, most = np.zeros(rows.size, dtype=np.int64), high - low
        while np.any(least < most):
            middle = (least + most) // 2
            value = _value_at(values, matrix, low, high, np.where(least < most, middle, -1))
            reached = sum(m.less(begin, end, np.searchsorted(v, value, side="right")) for v, m, begin, end in parts)
            open_ = least < most
            most = np.where(open_ & (reached >= enough), middle, most)
            least = np.where(open_ & (reached < enough), middle + 1, least)
        best = np.fmin(best, _value_at(values, matrix, low, high, np.where(least < high - low, least, -1)))
    answers[rows] = best
    return answers


def _value_at(values: Floats, matrix: WaveletMatrix, low: Integers, high: Integers, nth: Integers) -> Floats:
    codes = matrix.smallest(low, high, nth)
    found = np.full(codes.size, np.nan)
    found[codes >= 0] = values[codes[codes >= 0]]
    return found
