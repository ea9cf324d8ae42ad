"""The loops of `merging`: how events and asking rows merge in time, and what does not depend on the key."""

from __future__ import annotations

from typing import Any

import numpy as np

from omdrisk.compiling import compiled
from omdrisk.history.arrays import NEVER, NO_TIME


@compiled
def since_of(moment: int, until: int, width: int) -> int:
    """Return where a window of `width` microseconds before `moment` begins, at most `until`."""
    if width == NEVER or moment < NO_TIME + 1 + width:
        return NO_TIME + 1
    return min(moment - width, until)


@compiled
def places_before(times: Any, moments: Any, horizon: int, width: int, places: Any) -> None:
    """Find how many `times` are before each moment's window of `width`; before the moment, if that is NEVER.

    Both are in order. `places` has one more element than `moments`, the first of which is 0.
    """
    at = 0
    places[0] = 0
    for k in range(moments.size):
        until = min(moments[k], horizon)
        limit = until if width == NEVER else since_of(moments[k], until, width)
        while at < times.size and times[at] < limit:
            at += 1
        places[k + 1] = at


@compiled
def merge(times: Any, moments: Any, horizon: int, width: int, places: Any, steps: Any) -> None:
    """Find the same, and the merged sequence: 1 for one of `times`, 0 for a moment.

    Takes one step for either, whichever is next: where they come as they please that is the faster way.
    """
    places[0] = 0
    at = k = 0
    last = times.size - 1
    for step in range(times.size + moments.size):
        if k == moments.size:
            break
        limit = since_of(moments[k], min(moments[k], horizon), width)
        earlier = int((at <= last) & (times[min(at, last)] < limit)) if last >= 0 else 0
        steps[step] = earlier
        places[k + 1] = at
        at += earlier
        k += 1 - earlier


@compiled
def busy_rows(begun: Any, over: Any, gone: Any) -> Any:
    """Return the rows before which any of these places moves."""
    rows = np.empty(begun.size, np.int32)
    count = 0
    for k in range(begun.size - 1):
        moved = (begun[k + 1] > begun[k]) | (over[k + 1] > over[k])
        for w in range(gone.shape[0]):
            moved |= gone[w, k + 1] > gone[w, k]
        rows[count] = k
        count += moved
    return rows[:count].copy()


@compiled
def split(values: Any, column: int, parts: Any) -> None:
    """Put whether each value is known, and its limbs as `arrays.limbs` has them, into four columns of `parts`."""
    for row in range(values.size):
        value = values[row] + 0.0
        rest = value if abs(value) < 2.0**62 else 0.0
        parts[row, column] = np.isfinite(value)
        high = np.floor(rest * 2.0**-32)
        rest -= high * 2.0**32
        middle = np.floor(rest * 2.0**4)
        rest -= middle * 2.0**-4
        parts[row, column + 1] = np.int64(high)
        parts[row, column + 2] = np.int64(middle)
        parts[row, column + 3] = np.int64(np.floor(rest * 2.0**40))


@compiled
def overall_rates(amounts: Any, ending: Any, begun: Any, over: Any, rates: Any) -> None:
    """Find the rate of finds over all spells that stand at each row; missing while there are none."""
    finds = weights = 0
    for k in range(rates.size):
        for spell in range(begun[k], begun[k + 1]):
            finds += amounts[spell, 0]
            weights += amounts[spell, 1]
        for place in range(over[k], over[k + 1]):
            finds -= amounts[ending[place], 0]
            weights -= amounts[ending[place], 1]
        rates[k] = np.float64(finds * 1_000_000) / np.float64(weights)
