"""The point-in-time engine on plain arrays: events sorted once per key, then any moment by bisection.

A `KeyIndex` sorts the events of one key (an entity, or several taken together) by (key, time). What was
there strictly before a moment is then a stretch of positions, and every answer is read off its two ends: a
count is their difference, a sum a difference of running sums, a quantile or a count of distinct values a
walk down a wavelet matrix. Building costs one sort per key; a question costs a bisection per row, the same
for one row as for a million.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from omdrisk.history.arrays import running

if TYPE_CHECKING:
    from omdrisk.history.arrays import Integers

try:
    from omdrisk.history import kernels as loops
except ImportError:  # pragma: no cover - numba is a dependency, but a machine may lack a build of it
    from omdrisk.history import plain as loops  # type: ignore[no-redef]


@dataclass(frozen=True)
class KeyIndex:
    """Events in (key, time) order.

    Attributes
    ----------
    known
        The distinct keys, sorted; a key's place is its slot.
    offsets
        Where each slot's events begin; one longer than `known`.
    times
        The moment at which each event was known, in (key, time) order.
    rows
        The event's row in the table it was built from.
    slot_of_row
        The slot of each row of that table, -1 where its key is missing.
    """

    known: Integers
    offsets: Integers
    times: Integers
    rows: Integers
    slot_of_row: Integers
    directory: Integers
    shift: int

    @classmethod
    def build(cls, keys: Integers, times: Integers, others: Integers | None = None) -> KeyIndex:
        """Sort events whose rows are already in time order; key 0 is missing.

        Keys in `others` get a slot too, without events.

        Examples
        --------
        >>> index = KeyIndex.build(np.array([7, 9, 0, 7]), np.array([10, 20, 30, 40]))
        >>> slots = index.slots(np.array([7, 9, 8]))
        >>> first, end = index.starts(slots), index.before(slots, np.array([40, 40, 40]))
        >>> end - first
        array([1, 1, 0])
        """
        every = keys if others is None else np.concatenate([keys, others])
        slot_of_row, known, ranks = _numbered(every)
        slot_of_row = slot_of_row[: keys.size]
        offsets, rows = loops.by_slot(slot_of_row, ranks)
        width = min(max(int(known.size).bit_length(), 1), 24)
        buckets = (known >> (64 - width)) + (1 << (width - 1))
        directory = running(np.bincount(buckets, minlength=1 << width)).astype(np.int32)
        return cls(known, offsets, times[rows], rows, slot_of_row, directory, 64 - width)

    def slots(self, keys: Integers) -> Integers:
        """Return each key's slot, -1 if it is unseen or missing."""
        found: Integers = loops.find_slots(self.known, self.directory, self.shift, keys)
        return found

    def starts(self, slots: Integers) -> Integers:
        """Return the position of each slot's first event; 0 for slot -1."""
        return np.where(slots >= 0, self.offsets[slots], 0)

    def before(self, slots: Integers, moments: Integers) -> Integers:
        """Return the position after each slot's last event strictly before the moment; 0 for slot -1."""
        positions: Integers = loops.bisect(self.times, self.offsets, slots, moments)
        return positions


def rows_by_key(keys: Integers) -> Integers:
    """Return the rows in the order of their keys, those of one key in their own order, those without one last."""
    slots, _, ranks = _numbered(keys)
    _, rows = loops.by_slot(slots, ranks)
    return np.concatenate([rows, np.flatnonzero(keys == 0)])


def _numbered(keys: Integers) -> tuple[Integers, Integers, Integers]:
    """Return each row's number, -1 where its key is missing; the keys in order; and the place there of each number."""
    numbers, _, distinct = loops.numbered_keys(keys, keys[:0])
    order = np.argsort(distinct)
    ranks = np.empty(distinct.size, dtype=np.int32)
    ranks[order] = np.arange(distinct.size, dtype=np.int32)
    return numbers, distinct[order], ranks


@dataclass(frozen=True)
class WaveletMatrix:
    """A sequence of small integers that can be asked for order statistics of any stretch of positions.

    One bit vector per binary digit, highest first; each holds that digit of every element, after the
    elements were divided by the digits above, zeros before ones, order kept (Claude, Navarro, Ordonez 2015,
    "The wavelet matrix").
    """

    bits: Integers
    ranks: Integers
    zeros: Integers

    @classmethod
    def build(cls, codes: Integers) -> WaveletMatrix:
        """Lay down the digits of non-negative `codes`.

        Examples
        --------
        >>> matrix = WaveletMatrix.build(np.array([5, 1, 4, 1]))
        >>> low, high = np.array([0, 1]), np.array([4, 3])
        >>> matrix.smallest(low, high, np.array([1, 1])), matrix.less(low, high, np.array([5, 2]))
        (array([1, 4]), array([3, 1]))
        """
        levels = max(int(codes.max(initial=0)).bit_length(), 1)
        words = codes.size // 64 + 1
        bits = np.zeros((levels, words), dtype=np.uint64)
        ranks = np.zeros((levels, words), dtype=np.int64)
        zeros = np.zeros(levels, dtype=np.int64)
        for level in range(levels):
            ones = (codes >> (levels - 1 - level)) & 1 == 1
            packed = np.packbits(ones, bitorder="little")
            bits[level].view(np.uint8)[: packed.size] = packed
            ranks[level, 1:] = np.cumsum(np.bitwise_count(bits[level]), dtype=np.int64)[:-1]
            zeros[level] = codes.size - np.count_nonzero(ones)
            codes = np.concatenate([codes[~ones], codes[ones]])
        return cls(bits, ranks, zeros)

    def smallest(self, lows: Integers, highs: Integers, nth: Integers) -> Integers:
        """Return the `nth` smallest code (from 0) among positions [low, high); -1 where there is none."""
        codes: Integers = loops.kth_smallest(self.bits, self.ranks, self.zeros, lows, highs, nth)
        return codes

    def less(self, lows: Integers, highs: Integers, limits: Integers) -> Integers:
        """Return how many codes among positions [low, high) are below the limit."""
        counts: Integers = loops.count_less(self.bits, self.ranks, self.zeros, lows, highs, limits)
        return counts
