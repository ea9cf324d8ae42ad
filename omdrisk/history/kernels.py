"""The loops that every answer is made of, compiled; `plain` holds the same functions without a compiler.

Positions count rows of an index in (key, time) order. A slot is the number of a key in that index, -1 if
unseen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numba import njit

if TYPE_CHECKING:
    from collections.abc import Callable


def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile `function`; its machine code is kept on disk unless no folder can be written to."""
    try:
        return njit(cache=True, nogil=True)(function)  # type: ignore[no-any-return]
    except RuntimeError:
        return njit(nogil=True)(function)  # type: ignore[no-any-return]


@compiled
def _lower_bound(values: Any, low: int, high: int, limit: int) -> int:
    while low < high:
        middle = (low + high) >> 1
        if values[middle] < limit:
            low = middle + 1
        else:
            high = middle
    return low


@compiled
def find_slots(known: Any, directory: Any, shift: int, keys: Any) -> Any:
    """Return the slot of each key among the sorted `known` keys, -1 where it is not there.

    `directory` holds, for each value of a key's upper bits, where such keys begin.
    """
    slots = np.empty(keys.size, np.int64)
    for i in range(keys.size):
        key = keys[i]
        bucket = (key >> shift) + ((directory.size - 1) >> 1)
        place = _lower_bound(known, directory[bucket], directory[bucket + 1], key)
        slots[i] = place if place < directory[bucket + 1] and known[place] == key else -1
    return slots


@compiled
def bisect(times: Any, offsets: Any, slots: Any, moments: Any) -> Any:
    """Return for each slot the position of its first event at or after the moment; 0 for slot -1."""
    positions = np.zeros(slots.size, np.int64)
    for i in range(slots.size):
        slot = slots[i]
        if slot >= 0:
            positions[i] = _lower_bound(times, offsets[slot], offsets[slot + 1], moments[i])
    return positions


@compiled
def _ones_before(bits: Any, ranks: Any, position: int) -> int:
    word = position >> 6
    kept = bits[word] & ((np.uint64(1) << np.uint64(position & 63)) - np.uint64(1))
    pairs = np.uint64(0x3333333333333333)
    kept = kept - ((kept >> np.uint64(1)) & np.uint64(0x5555555555555555))
    kept = (kept & pairs) + ((kept >> np.uint64(2)) & pairs)
    kept = (kept + (kept >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    ones = np.int64((kept * np.uint64(0x0101010101010101)) >> np.uint64(56))
    return ranks[word] + ones  # type: ignore[no-any-return]


@compiled
def kth_smallest(bits: Any, ranks: Any, zeros: Any, lows: Any, highs: Any, nth: Any) -> Any:
    """Return the `nth` smallest code (from 0) among positions [low, high); -1 where there is none."""
    codes = np.full(lows.size, -1, np.int64)
    for i in range(lows.size):
        low, high, place = lows[i], highs[i], nth[i]
        if place < 0 or place >= high - low:
            continue
        code = 0
        for level in range(zeros.size):
            low_ones = _ones_before(bits[level], ranks[level], low)
            high_ones = _ones_before(bits[level], ranks[level], high)
            nought = (high - low) - (high_ones - low_ones)
            code <<= 1
            if place < nought:
                low -= low_ones
                high -= high_ones
            else:
                place -= nought
                low = zeros[level] + low_ones
                high = zeros[level] + high_ones
                code += 1
        codes[i] = code
    return codes


@compiled
def count_less(bits: Any, ranks: Any, zeros: Any, lows: Any, highs: Any, limits: Any) -> Any:
    """Return how many codes among positions [low, high) are below the limit."""
    counts = np.zeros(lows.size, np.int64)
    for i in range(lows.size):
        low, high, limit = lows[i], highs[i], limits[i]
        if limit >> zeros.size:
            counts[i] = high - low
            continue
        count = 0
        for level in range(zeros.size):
            if low >= high:
                break
            low_ones = _ones_before(bits[level], ranks[level], low)
            high_ones = _ones_before(bits[level], ranks[level], high)
            if (limit >> (zeros.size - 1 - level)) & 1:
                count += (high - low) - (high_ones - low_ones)
                low = zeros[level] + low_ones
                high = zeros[level] + high_ones
            else:
                low -= low_ones
                high -= high_ones
        counts[i] = count
    return counts


@compiled
def ended_within(ends: Any, begins: Any, amounts: Any, offsets: Any, slots: Any, since: Any, until: Any) -> Any:
    """Return the summed amounts of states that began at or after `since` and ended before `until`."""
    sums = np.zeros(slots.size, np.int64)
    for i in range(slots.size):
        slot = slots[i]
        if slot < 0:
            continue
        first = offsets[slot]
        place = _lower_bound(ends, first, offsets[slot + 1], until[i]) - 1
        total = 0
        while place >= first and ends[place] >= since[i]:
            if begins[place] >= since[i]:
                total += amounts[place]
            place -= 1
        sums[i] = total
    return sums


@compiled
def last_standing(begins: Any, ends: Any, offsets: Any, slots: Any, until: Any) -> Any:
    """Return the position of the latest state that began before `until` and had not ended; else -1."""
    positions = np.full(slots.size, -1, np.int64)
    for i in range(slots.size):
        slot = slots[i]
        if slot < 0:
            continue
        first = offsets[slot]
        place = _lower_bound(begins, first, offsets[slot + 1], until[i]) - 1
        while place >= first and ends[place] < until[i]:
            place -= 1
        if place >= first:
            positions[i] = place
    return positions
