"""The loops of `kernels` in numpy alone: without a compiler, and what the compiled ones are tested by."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from omdrisk.history.arrays import Integers


def _lower_bound(values: Integers, low: Integers, high: Integers, limits: Integers) -> Integers:
    low, high = low.copy(), high.copy()
    while (open_ := np.flatnonzero(low < high)).size:
        middle = (low[open_] + high[open_]) >> 1
        below = values[middle] < limits[open_]
        low[open_[below]] = middle[below] + 1
        high[open_[~below]] = middle[~below]
    return low


def numbered_keys(keys: Integers, asked: Integers) -> tuple[Integers, Integers, Integers]:
    """Give distinct keys numbers, -1 where missing; `asked` get the same numbers, -1 if unseen."""
    known, slots = np.unique(keys, return_inverse=True)
    if known.size and (nought := int(np.searchsorted(known, 0))) < known.size and known[nought] == 0:
        known = np.delete(known, nought)
        slots = np.where(slots == nought, -1, slots - (slots > nought))
    found = find_slots(known, known, 0, asked)
    return slots.astype(np.int32), found.astype(np.int32), known


def by_slot(slots: Integers, ranks: Integers) -> tuple[Integers, Integers]:
    """Renumber slots by `ranks`, in place, and return where each slot's rows begin, and the rows by slot."""
    slots[slots >= 0] = ranks[slots[slots >= 0]]
    rows = np.argsort(slots, kind="stable")[np.count_nonzero(slots < 0) :]
    offsets = np.searchsorted(slots[rows], np.arange(ranks.size + 1))
    return offsets.astype(np.int64), rows.astype(np.int32)


def find_slots(known: Integers, directory: Integers, shift: int, keys: Integers) -> Integers:
    """Return the slot of each key among the sorted `known` keys, -1 where it is not there."""
    del directory, shift
    place = np.searchsorted(known, keys)
    there = place < known.size
    there[there] = known[place[there]] == keys[there]
    return np.where(there, place, -1).astype(np.int64)


def bisect(times: Integers, offsets: Integers, slots: Integers, moments: Integers) -> Integers:
    """Return for each slot the position of its first event at or after the moment; 0 for slot -1."""
    positions = np.zeros(slots.size, np.int64)
    seen = np.flatnonzero(slots >= 0)
    kept = slots[seen]
    low, high = offsets[kept].astype(np.int64), offsets[kept + 1].astype(np.int64)
    positions[seen] = _lower_bound(times, low, high, moments[seen])
    return positions


def _ones_before(bits: Integers, ranks: Integers, positions: Integers) -> Integers:
    word = positions >> 6
    mask = (np.uint64(1) << (positions & 63).astype(np.uint64)) - np.uint64(1)
    counts: Integers = ranks[word] + np.bitwise_count(bits[word] & mask).astype(np.int64)
    return counts


def kth_smallest(
    bits: Integers, ranks: Integers, zeros: Integers, lows: Integers, highs: Integers, nth: Integers
) -> Integers:
    """Return the `nth` smallest code (from 0) among positions [low, high); -1 where there is none."""
    codes = np.full(lows.size, -1, np.int64)
    some = np.flatnonzero((nth >= 0) & (nth < highs - lows))
    low, high, place = lows[some], highs[some], nth[some]
    code = np.zeros(some.size, np.int64)
    for level in range(zeros.size):
        low_ones = _ones_before(bits[level], ranks[level], low)
        high_ones = _ones_before(bits[level], ranks[level], high)
        nought = (high - low) - (high_ones - low_ones)
        left = place < nought
        place = np.where(left, place, place - nought)
        low = np.where(left, low - low_ones, zeros[level] + low_ones)
        high = np.where(left, high - high_ones, zeros[level] + high_ones)
        code = 2 * code + ~left
    codes[some] = code
    return codes


def count_less(
    bits: Integers, ranks: Integers, zeros: Integers, lows: Integers, highs: Integers, limits: Integers
) -> Integers:
    """Return how many codes among positions [low, high) are below the limit."""
    above = (limits >> zeros.size) > 0
    low, high = lows.copy(), highs.copy()
    counts = np.where(above, highs - lows, 0)
    for level in range(zeros.size):
        low_ones = _ones_before(bits[level], ranks[level], low)
        high_ones = _ones_before(bits[level], ranks[level], high)
        right = (limits >> (zeros.size - 1 - level)) & 1 == 1
        counts += np.where(right & ~above, (high - low) - (high_ones - low_ones), 0)
        low = np.where(right, zeros[level] + low_ones, low - low_ones)
        high = np.where(right, zeros[level] + high_ones, high - high_ones)
    return counts


def ended_within(
    ends: Integers,
    begins: Integers,
    amounts: Integers,
    offsets: Integers,
    slots: Integers,
    since: Integers,
    until: Integers,
) -> Integers:
    """Return the summed amounts of states that began at or after `since` and ended before `until`."""
    low, high = bisect(ends, offsets, slots, since), bisect(ends, offsets, slots, until)
    counts = np.maximum(high - low, 0)
    asked = np.repeat(np.arange(slots.size), counts)
    place = np.arange(asked.size) - np.repeat(np.cumsum(counts) - counts, counts) + low[asked]
    inside = begins[place] >= since[asked]
    sums = np.zeros(slots.size, np.int64)
    np.add.at(sums, asked[inside], amounts[place[inside]])
    return sums


def last_standing(begins: Integers, ends: Integers, offsets: Integers, slots: Integers, until: Integers) -> Integers:
    """Return the position of the latest state that began before `until` and had not ended; else -1."""
    first = np.where(slots >= 0, offsets[np.maximum(slots, 0)], 0)
    place = bisect(begins, offsets, slots, until) - 1
    while (over := np.flatnonzero(place >= first)).size:
        over = over[ends[place[over]] < until[over]]
        if not over.size:
            break
        place[over] -= 1
    return np.where((slots >= 0) & (place >= first), place, -1)
