# ruff: noqa: C901, PLR0912, PLR0917 - a compiled loop is one function
"""One pass over time: counters per key that are always those of the moment, read by each row that asks.

Events and questions are merged in time order. Before a row reads its key's counters, everything known
strictly before its moment has been added, and what has left a window has been taken out again; `at` holds
how far each stream of events was read, so that a pass can be made in blocks. `state` receives one row per
number and one column per asking row.
"""

from __future__ import annotations

from typing import Any

from omdrisk.history.arrays import NEVER, NO_TIME
from omdrisk.history.kernels import compiled


@compiled
def since_of(moment: int, until: int, width: int) -> int:
    """Return where a window of `width` microseconds before `moment` begins, at most `until`."""
    if width == NEVER or moment < NO_TIME + 1 + width:
        return NO_TIME + 1
    return min(moment - width, until)


@compiled
def sweep_shipments(
    slots: Any,
    times: Any,
    asked: Any,
    moments: Any,
    order: Any,
    low: int,
    high: int,
    horizon: int,
    widths: Any,
    at: Any,
    tally: Any,
    state: Any,
) -> None:
    """Count shipments: per window, then the first and the last moment.

    `tally` has a row per slot: the first and last moment, then a count for each width (the first is NEVER).
    """
    windows = widths.size
    for k in range(low, high):
        row = order[k]
        until = min(moments[row], horizon)
        while at[0] < times.size and times[at[0]] < until:
            slot = slots[at[0]]
            if slot >= 0:
                if tally[slot, 2] == 0:
                    tally[slot, 0] = times[at[0]]
                tally[slot, 1] = times[at[0]]
                for w in range(windows):
                    tally[slot, 2 + w] += 1
            at[0] += 1
        for w in range(1, windows):
            since = since_of(moments[row], until, widths[w])
            while at[w] < at[0] and times[at[w]] < since:
                if slots[at[w]] >= 0:
                    tally[slots[at[w]], 2 + w] -= 1
                at[w] += 1
        slot = asked[row]
        for part in range(windows + 2):
            state[part, k - low] = tally[slot, part] if slot >= 0 else 0


@compiled
def sweep_values(
    slots: Any,
    times: Any,
    there: Any,
    limbs: Any,
    asked: Any,
    moments: Any,
    order: Any,
    low: int,
    high: int,
    horizon: int,
    widths: Any,
    at: Any,
    tally: Any,
    state: Any,
) -> None:
    """Add up a number: for each window how often it was known, and its three limbs."""
    windows = widths.size
    for k in range(low, high):
        row = order[k]
        until = min(moments[row], horizon)
        while at[0] < times.size and times[at[0]] < until:
            event = at[0]
            slot = slots[event]
            if slot >= 0 and there[event]:
                for w in range(windows):
                    tally[slot, 4 * w] += 1
                    for part in range(3):
                        tally[slot, 4 * w + 1 + part] += limbs[event, part]
            at[0] += 1
        for w in range(1, windows):
            since = since_of(moments[row], until, widths[w])
            while at[w] < at[0] and times[at[w]] < since:
                event = at[w]
                slot = slots[event]
                if slot >= 0 and there[event]:
                    tally[slot, 4 * w] -= 1
                    for part in range(3):
                        tally[slot, 4 * w + 1 + part] -= limbs[event, part]
                at[w] += 1
        slot = asked[row]
        for part in range(4 * windows):
            state[part, k - low] = tally[slot, part] if slot >= 0 else 0


@compiled
def sweep_spells(
    slots: Any,
    begins: Any,
    ends: Any,
    amounts: Any,
    ending: Any,
    asked: Any,
    moments: Any,
    order: Any,
    low: int,
    high: int,
    horizon: int,
    widths: Any,
    at: Any,
    tally: Any,
    chain: Any,
    state: Any,
) -> None:
    """Add up spells that stand: for each window finds and weights, then when the latest find began.

    Spells are in the order of their beginning; `ending` holds those that ended, in the order of their end.
    `at` has a place per window and a last one for `ending`; `tally` per slot two sums per window and the
    latest find's place; `chain` the place before and after each find that stands, -1 where there is none.
    """
    windows = widths.size
    newest = 2 * windows
    for k in range(low, high):
        row = order[k]
        until = min(moments[row], horizon)
        while at[0] < begins.size and begins[at[0]] < until:
            spell = at[0]
            slot = slots[spell]
            if slot >= 0:
                for w in range(windows):
                    tally[slot, 2 * w] += amounts[spell, 0]
                    tally[slot, 2 * w + 1] += amounts[spell, 1]
                if amounts[spell, 0] > 0:
                    before = tally[slot, newest]
                    chain[spell, 0] = before
                    if before >= 0:
                        chain[before, 1] = spell
                    tally[slot, newest] = spell
            at[0] += 1
        while at[windows] < ending.size and ends[ending[at[windows]]] < until:
            spell = ending[at[windows]]
            slot = slots[spell]
            if slot >= 0:
                for w in range(windows):
                    if w == 0 or spell >= at[w]:
                        tally[slot, 2 * w] -= amounts[spell, 0]
                        tally[slot, 2 * w + 1] -= amounts[spell, 1]
                if amounts[spell, 0] > 0:
                    before, after = chain[spell, 0], chain[spell, 1]
                    if before >= 0:
                        chain[before, 1] = after
                    if after >= 0:
                        chain[after, 0] = before
                    else:
                        tally[slot, newest] = before
            at[windows] += 1
        for w in range(1, windows):
            since = since_of(moments[row], until, widths[w])
            while at[w] < at[0] and begins[at[w]] < since:
                spell = at[w]
                slot = slots[spell]
                if slot >= 0 and ends[spell] >= until:
                    tally[slot, 2 * w] -= amounts[spell, 0]
                    tally[slot, 2 * w + 1] -= amounts[spell, 1]
                at[w] += 1
        slot = asked[row]
        for part in range(2 * windows):
            state[part, k - low] = tally[slot, part] if slot >= 0 else 0
        latest = tally[slot, newest] if slot >= 0 else -1
        state[newest, k - low] = begins[latest] if latest >= 0 else NO_TIME
