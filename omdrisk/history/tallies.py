# ruff: noqa: PLR0917 - a compiled loop is one function
"""Counters of single rows, read off the indexes of one part of a history and added to those of other parts.

`state` receives one row per number and one column per asking row, laid out as a `Plan` says.
"""

from __future__ import annotations

from typing import Any

from omdrisk.compiling import compiled
from omdrisk.history.arrays import NEVER
from omdrisk.history.kernels import find_slots, lower_bound
from omdrisk.history.merges import since_of


@compiled
def place_before(times: Any, low: int, high: int, moment: int) -> int:
    """Return the first place in [low, high) at or after `moment`, looking from the end."""
    step = 1
    while high - step >= low and times[high - step] >= moment:
        high -= step
        step *= 2
    return lower_bound(times, max(low, high - step), high, moment)  # type: ignore[no-any-return]


@compiled
def tally_shipments(
    known: Any,
    directory: Any,
    shift: int,
    offsets: Any,
    times: Any,
    keys: Any,
    moments: Any,
    horizon: int,
    widths: Any,
    state: Any,
) -> Any:
    """Add up shipments as `sweeps.count_shipments` does; return the slots of `keys`."""
    slots = find_slots(known, directory, shift, keys)
    for j in range(keys.size):
        slot = slots[j]
        if slot < 0:
            continue
        low, end = offsets[slot], offsets[slot + 1]
        until = min(moments[j], horizon)
        high = place_before(times, low, end, until)
        if high == low:
            continue
        state[0, j] = min(state[0, j], times[low])
        state[1, j] = max(state[1, j], times[high - 1])
        state[2, j] += high - low
        for w in range(1, widths.size):
            state[2 + w, j] += high - place_before(times, low, high, since_of(moments[j], until, widths[w]))
    return slots


@compiled
def tally_value(
    offsets: Any,
    times: Any,
    there: Any,
    high_limbs: Any,
    middle_limbs: Any,
    low_limbs: Any,
    slots: Any,
    moments: Any,
    horizon: int,
    widths: Any,
    state: Any,
) -> None:
    """Add up a number as `sweeps.count_shipments` does, from running sums."""
    for j in range(slots.size):
        slot = slots[j]
        if slot < 0:
            continue
        low, end = offsets[slot], offsets[slot + 1]
        until = min(moments[j], horizon)
        high = place_before(times, low, end, until)
        to = there[high]
        for w in range(widths.size):
            since = low
            if widths[w] != NEVER:
                since = place_before(times, low, high, since_of(moments[j], until, widths[w]))
            first = there[since]
            state[4 * w, j] += to - first
            state[4 * w + 1, j] += high_limbs[to] - high_limbs[first]
            state[4 * w + 2, j] += middle_limbs[to] - middle_limbs[first]
            state[4 * w + 3, j] += low_limbs[to] - low_limbs[first]


@compiled
def tally_spells(
    begins: Any,
    begin_offsets: Any,
    begin_finds: Any,
    begin_weights: Any,
    ends_of_begun: Any,
    find_before: Any,
    taken_back: Any,
    ends: Any,
    end_offsets: Any,
    end_finds: Any,
    end_weights: Any,
    begins_of_ended: Any,
    slots: Any,
    moments: Any,
    horizon: int,
    widths: Any,
    state: Any,
) -> None:
    """Add up spells that stand as `sweeps.count_spells` does; finds taken back by a later part are passed."""
    newest = 2 * widths.size
    for j in range(slots.size):
        slot = slots[j]
        if slot < 0 or begin_offsets[slot] == begin_offsets[slot + 1]:
            continue
        until = min(moments[j], horizon)
        first, first_over = begin_offsets[slot], end_offsets[slot]
        begun = place_before(begins, first, begin_offsets[slot + 1], until)
        over = place_before(ends, first_over, end_offsets[slot + 1], until)
        state[0, j] += begin_finds[begun] - begin_finds[first] - end_finds[over] + end_finds[first_over]
        state[1, j] += begin_weights[begun] - begin_weights[first] - end_weights[over] + end_weights[first_over]
        for w in range(1, widths.size):
            since = since_of(moments[j], until, widths[w])
            place = place_before(begins, first, begun, since)
            finds = begin_finds[begun] - begin_finds[place]
            weights = begin_weights[begun] - begin_weights[place]
            place = over - 1
            while place >= first_over and ends[place] >= since:
                if begins_of_ended[place] >= since:
                    finds -= end_finds[place + 1] - end_finds[place]
                    weights -= end_weights[place + 1] - end_weights[place]
                place -= 1
            state[2 * w, j] += finds
            state[2 * w + 1, j] += weights
        place = begun - 1
        while place >= first:
            place = find_before[place]
            if place < first:
                break
            if ends_of_begun[place] >= until and not taken_back[place]:
                state[newest, j] = max(state[newest, j], begins[place])
                break
            place -= 1


@compiled
def take_back(
    begins: Any,
    ends_of_begun: Any,
    begin_finds: Any,
    offsets: Any,
    taken: Any,
    slots: Any,
    lost: Any,
    done: Any,
) -> None:
    """Mark finds that a later part takes back: of slot `slots`, with begin and end as in `lost`."""
    for i in range(slots.size):
        slot = slots[i]
        if slot < 0 or done[i]:
            continue
        end = offsets[slot + 1]
        place = lower_bound(begins, offsets[slot], end, lost[i, 0])
        while place < end and begins[place] == lost[i, 0]:
            finds = begin_finds[place + 1] - begin_finds[place]
            if finds > 0 and ends_of_begun[place] == lost[i, 1] and not taken[place]:
                taken[place] = True
                done[i] = True
                break
            place += 1
