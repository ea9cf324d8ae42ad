"""Counters of single rows, read off the indexes of one part of a history and added to those of other parts.

`state` receives one row per number and one column per asking row, laid out as a `Plan` says. Asking rows come by
key, and those of one key in the order of their moments, so that each looks on from where the one before it
was; the first of a key looks from the end, where the newest shipments ask.
"""

from __future__ import annotations

from typing import Any

from omdrisk.compiling import compiled
from omdrisk.history.addresses import flags, integers, small_integers
from omdrisk.history.kernels import find_slot, lower_bound
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
def place_after(times: Any, low: int, high: int, moment: int) -> int:
    """Return the first place in [low, high) at or after `moment`, looking from the beginning."""
    step = 1
    while low + step <= high and times[low + step - 1] < moment:
        low += step
        step *= 2
    return lower_bound(times, low, min(high, low + step), moment)  # type: ignore[no-any-return]


@compiled
def slot_in(index: Any, key: int) -> int:
    """Return the slot of a key in an index, -1 if it is not there."""
    known, directory = integers(index.known), small_integers(index.directory)
    return find_slot(known, directory, index.half, index.shift, key)  # type: ignore[no-any-return]


@compiled
def find_places(index: Any, keys: Any, moments: Any, horizon: int, widths: Any, slots: Any, places: Any) -> None:
    """Find the slot of each row, and where in it each window begins and the last one, all of them, ends.

    The first of `widths` is `NEVER`: all the past.
    """
    offsets, times = integers(index.offsets), integers(index.times)
    last = widths.size
    for j in range(keys.size):
        again = j > 0 and keys[j] == keys[j - 1]
        slot = slots[j - 1] if again else slot_in(index, keys[j])
        slots[j] = slot
        if last == 0:
            continue
        if slot < 0:
            places[:, j] = 0
            continue
        low, end = offsets[slot], offsets[slot + 1]
        until = min(moments[j], horizon)
        high = place_after(times, places[last, j - 1], end, until) if again else place_before(times, low, end, until)
        places[0, j] = low
        places[last, j] = high
        for w in range(1, last):
            since = since_of(moments[j], until, widths[w])
            if again:
                places[w, j] = place_after(times, places[w, j - 1], high, since)
            else:
                places[w, j] = place_before(times, low, high, since)


@compiled
def tally_shipments(index: Any, places: Any, windows: Any, state: Any) -> None:
    """Add up shipments as `sweeps.count_shipments` does; each of `windows` names the row of `places` it begins at."""
    times = integers(index.times)
    last = places.shape[0] - 1
    for j in range(places.shape[1]):
        low, high = places[0, j], places[last, j]
        if high > low:
            state[0, j] = min(state[0, j], times[low])
            state[1, j] = max(state[1, j], times[high - 1])
            for w in range(windows.size):
                state[2 + w, j] += high - places[windows[w], j]


@compiled
def tally_value(value: Any, places: Any, windows: Any, means: bool, state: Any) -> None:
    """Add up a number as `sweeps.count_shipments` does, from running sums; sums only if `means` are asked for."""
    there = integers(value.there)
    last = places.shape[0] - 1
    for j in range(places.shape[1]):
        to = there[places[last, j]]
        for w in range(windows.size):
            first = there[places[windows[w], j]]
            state[4 * w, j] += to - first
            if means:
                high_limbs, middle_limbs, low_limbs = integers(value.high), integers(value.middle), integers(value.low)
                state[4 * w + 1, j] += high_limbs[to] - high_limbs[first]
                state[4 * w + 2, j] += middle_limbs[to] - middle_limbs[first]
                state[4 * w + 3, j] += low_limbs[to] - low_limbs[first]


@compiled
def tally_spells(spells: Any, slots: Any, moments: Any, horizon: int, widths: Any, state: Any) -> None:
    """Add up spells that stand as `sweeps.count_spells` does; finds taken back by a later part are passed."""
    begins, begin_offsets = integers(spells.begins), integers(spells.begin_offsets)
    begin_finds, begin_weights = integers(spells.begin_finds), integers(spells.begin_weights)
    ends_of_begun, find_before = integers(spells.ends_of_begun), integers(spells.find_before)
    ends, end_offsets, begins_of_ended = (
        integers(spells.ends),
        integers(spells.end_offsets),
        integers(spells.begins_of_ended),
    )
    end_finds, end_weights, taken_back = (
        integers(spells.end_finds),
        integers(spells.end_weights),
        flags(spells.taken_back),
    )
    newest = 2 * widths.size
    begun = over = 0
    for j in range(slots.size):
        slot = slots[j]
        if slot < 0 or begin_offsets[slot] == begin_offsets[slot + 1]:
            continue
        until = min(moments[j], horizon)
        first, first_over = begin_offsets[slot], end_offsets[slot]
        if j > 0 and slot == slots[j - 1]:
            begun = place_after(begins, begun, begin_offsets[slot + 1], until)
            over = place_after(ends, over, end_offsets[slot + 1], until)
        else:
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
