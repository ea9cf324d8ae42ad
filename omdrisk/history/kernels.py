"""The loops that every answer is made of, compiled; `plain` holds the same functions without a compiler.

Positions count rows of an index in (key, time) order. A slot is the number of a key in that index, -1 if
unseen.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from omdrisk.compiling import compiled

_STRETCH = 256


@compiled
def lower_bound(values: Any, low: int, high: int, limit: int) -> int:
    """Return the first place in [low, high) whose value is not below the limit."""
    while low < high:
        middle = (low + high) >> 1
        if values[middle] < limit:
            low = middle + 1
        else:
            high = middle
    return low


def numbered_keys(keys: Any, asked: Any) -> Any:
    """Give distinct keys numbers as they come, -1 where missing; `asked` get the same, -1 if unseen."""
    bits = 12
    slots, found = np.empty(keys.size, np.int32), np.empty(asked.size, np.int32)
    known, table = np.empty(1 << (bits - 1), np.int64), np.zeros((1 << bits, 2), np.int64)
    at, count = _number_keys(keys, 0, table, 64 - bits, known, 0, slots)
    while at < keys.size:
        bits += 2
        known, table = np.append(known, np.empty(3 * known.size, np.int64)), np.zeros((1 << bits, 2), np.int64)
        _put_keys(table, 64 - bits, known, count)
        at, count = _number_keys(keys, at, table, 64 - bits, known, count, slots)
    _find_keys(asked, table, 64 - bits, found)
    return slots, found, known[:count].copy()


@compiled
def _home(key: int, shift: int) -> Any:
    return np.uintp((np.uint64(key) * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(shift))


@compiled
def _place(table: Any, shift: int, key: int) -> int:
    place = np.int64(_home(key, shift))
    while table[place, 0] != 0 and table[place, 0] != key:
        place = (place + 1) & (table.shape[0] - 1)
    return place  # type: ignore[return-value]


@compiled
def _number_keys(keys: Any, begin: int, table: Any, shift: int, known: Any, count: int, slots: Any) -> Any:
    """Give numbers to keys from `begin` on until the table is half full; return how far that went, and the count.

    The places of a stretch of keys are read once before they are needed, so that they are on their way to
    the processor's cache together.
    """
    for low in range(begin, keys.size, _STRETCH):
        high = min(low + _STRETCH, keys.size)
        fetched = 0
        for i in range(low, high):
            fetched ^= table[_home(keys[i], shift), 0]
        slots[low] = fetched
        for i in range(low, high):
            key = keys[i]
            if key == 0:
                slots[i] = -1
                continue
            place = _place(table, shift, key)
            if table[place, 0] == 0:
                if count == known.size:
                    return i, count
                table[place, 0] = key
                table[place, 1] = count
                known[count] = key
                count += 1
            slots[i] = table[place, 1]
    return keys.size, count


@compiled
def _put_keys(table: Any, shift: int, known: Any, count: int) -> None:
    for number in range(count):
        place = _place(table, shift, known[number])
        table[place, 0] = known[number]
        table[place, 1] = number


@compiled
def _find_keys(asked: Any, table: Any, shift: int, found: Any) -> None:
    for i in range(asked.size):
        place = _place(table, shift, asked[i])
        found[i] = table[place, 1] if asked[i] != 0 and table[place, 0] == asked[i] else -1


@compiled
def by_slot(slots: Any, ranks: Any) -> Any:
    """Renumber slots by `ranks`, in place, and return where each slot's rows begin, and the rows by slot."""
    offsets = np.zeros(ranks.size + 1, np.int64)
    for i in range(slots.size):
        if slots[i] >= 0:
            slots[i] = ranks[slots[i]]
            offsets[slots[i] + 1] += 1
    for slot in range(ranks.size):
        offsets[slot + 1] += offsets[slot]
    at = offsets.copy()
    rows = np.empty(offsets[ranks.size], np.int32)
    for i in range(slots.size):
        if slots[i] >= 0:
            rows[at[slots[i]]] = i
            at[slots[i]] += 1
    return offsets, rows


@compiled
def find_slot(known: Any, directory: Any, half: int, shift: int, key: int) -> int:
    """Return the slot of a key among the sorted `known` keys, -1 if it is not there.

    `directory` holds, for each value of a key's upper bits, where such keys begin; half of the values are negative.
    """
    bucket = (key >> shift) + half
    place = lower_bound(known, directory[bucket], directory[bucket + 1], key)
    return place if place < directory[bucket + 1] and known[place] == key else -1


@compiled
def find_slots(known: Any, directory: Any, shift: int, keys: Any) -> Any:
    """Return the slot of each key, as `find_slot` does."""
    slots = np.empty(keys.size, np.int64)
    for i in range(keys.size):
        slots[i] = find_slot(known, directory, (directory.size - 1) >> 1, shift, keys[i])
    return slots


@compiled
def joint_keys(entities: Any, columns: Any, rows: Any) -> Any:
    """Return the key that some entities make together in each of `rows`, as `indexes.together` does."""
    keys = np.ones(rows.size, np.int64)
    for j in range(rows.size if columns.size else 0):
        if columns.size == 1:
            keys[j] = entities[columns[0], rows[j]]
            continue
        mixed = np.uint64(0)
        for column in columns:
            part = entities[column, rows[j]]
            keys[j] *= part != 0
            mixed = (mixed + np.uint64(0x9E3779B97F4A7C15)) ^ np.uint64(part)
            mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
            mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
            mixed ^= mixed >> np.uint64(31)
        keys[j] *= np.int64(max(mixed, np.uint64(1)))
    return keys


@compiled
def bisect(times: Any, offsets: Any, slots: Any, moments: Any) -> Any:
    """Return for each slot the position of its first event at or after the moment; 0 for slot -1."""
    positions = np.zeros(slots.size, np.int64)
    for i in range(slots.size):
        slot = slots[i]
        if slot >= 0:
            positions[i] = lower_bound(times, offsets[slot], offsets[slot + 1], moments[i])
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
def smallest_code(bits: Any, ranks: Any, zeros: Any, levels: int, low: int, high: int, nth: int) -> int:
    """Return the `nth` smallest code (from 0) among positions [low, high); there are more than `nth`."""
    code = 0
    for level in range(levels):
        low_ones = _ones_before(bits[level], ranks[level], low)
        high_ones = _ones_before(bits[level], ranks[level], high)
        nought = (high - low) - (high_ones - low_ones)
        code <<= 1
        if nth < nought:
            low -= low_ones
            high -= high_ones
        else:
            nth -= nought
            low = zeros[level] + low_ones
            high = zeros[level] + high_ones
            code += 1
    return code


@compiled
def codes_below(bits: Any, ranks: Any, zeros: Any, levels: int, low: int, high: int, limit: int) -> int:
    """Return how many codes among positions [low, high) are below the limit."""
    if limit >> levels:
        return high - low
    count = 0
    for level in range(levels):
        if low >= high:
            break
        low_ones = _ones_before(bits[level], ranks[level], low)
        high_ones = _ones_before(bits[level], ranks[level], high)
        if (limit >> (levels - 1 - level)) & 1:
            count += (high - low) - (high_ones - low_ones)
            low = zeros[level] + low_ones
            high = zeros[level] + high_ones
        else:
            low -= low_ones
            high -= high_ones
    return count


@compiled
def kth_smallest(bits: Any, ranks: Any, zeros: Any, lows: Any, highs: Any, nth: Any) -> Any:
    """Return the `nth` smallest code (from 0) among positions [low, high); -1 where there is none."""
    codes = np.full(lows.size, -1, np.int64)
    for i in range(lows.size):
        if 0 <= nth[i] < highs[i] - lows[i]:
            codes[i] = smallest_code(bits, ranks, zeros, zeros.size, lows[i], highs[i], nth[i])
    return codes


@compiled
def count_less(bits: Any, ranks: Any, zeros: Any, lows: Any, highs: Any, limits: Any) -> Any:
    """Return how many codes among positions [low, high) are below the limit."""
    counts = np.empty(lows.size, np.int64)
    for i in range(lows.size):
        counts[i] = codes_below(bits, ranks, zeros, zeros.size, lows[i], highs[i], limits[i])
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
        place = lower_bound(ends, first, offsets[slot + 1], until[i]) - 1
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
        place = lower_bound(begins, first, offsets[slot + 1], until[i]) - 1
        while place >= first and ends[place] < until[i]:
            place -= 1
        if place >= first:
            positions[i] = place
    return positions
