"""Counts of distinct values over a past in several parts.

They do not add up over parts. Distinct values of a window are the events whose value had last occurred before
it; a new part changes that for its own events, and for the first later event of the same value in the parts
before. So a new part holds these events with signs, and the counts over all parts add up again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from omdrisk.history.arrays import NO_TIME, running
from omdrisk.history.engine import KeyIndex, WaveletMatrix
from omdrisk.history.indexes import together

if TYPE_CHECKING:
    from collections.abc import Sequence

    from omdrisk.history.arrays import Integers
    from omdrisk.history.indexes import Indexes
    from omdrisk.history.past import Past


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


def recurrences(past: Past, place: int, by: tuple[str, ...], of: str) -> Recurrences:
    """Return what a part, not the first, changes for counts of different values of the entity `of`."""
    part = past.parts[place]

    def build() -> Recurrences:
        pair = (*by, of)
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

    return part.once(("recurrences", by, of), build, shelved=False)


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
