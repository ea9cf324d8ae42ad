# ruff: noqa: C901, PLR0912, PLR0917 - a compiled loop is one function
"""One pass over time: counters per key that are always those of the moment, read by each row that asks.

Events and questions are merged in time order, and how they merge is the same for every key, so it is
found once (`merging`). Then, key by key, in blocks of asking rows: everything known strictly before a row's
moment is added to its key's counters, what has left a window is counted as gone, and the row's own counters
are copied to `state`, with one row per number and one column per asking row, small enough to stay in the
processor's cache until `reading.read_answers` has turned it into answers.

A key's slot is the row of its counters. Slot 0 is for keys unseen and stays empty, slot 1 takes events
whose key is missing, so that no loop has to ask. Branches that a processor cannot foresee cost more than
the counting: where events come as they please, a loop takes one step for an event or a row, whichever is next.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from omdrisk.compiling import compiled
from omdrisk.history.arrays import NO_TIME
from omdrisk.history.reading import read_answers, scatter


@compiled
def count_shipments(
    slots: Any,
    times: Any,
    parts: Any,
    asked: Any,
    low: int,
    high: int,
    upto: Any,
    gone: Any,
    first_sum: int,
    tally: Any,
    state: Any,
) -> None:
    """Count shipments and add up numbers for the rows [low, high).

    A row of `tally` holds the first and last moment and the count, then sums of the columns of `parts`, four
    for each value (whether known, and three limbs): for all the past, and of what is gone from each window.
    `upto` tells how many shipments come before each row, `gone` how many before each window of the values.
    Sums begin at row `first_sum` of `state`.
    """
    width = parts.shape[1]
    value_count = width // 4
    for k in range(low, high):
        for event in range(upto[k], upto[k + 1]):
            slot = np.uintp(slots[event])
            if tally[slot, 2] == 0:
                tally[slot, 0] = times[event]
            tally[slot, 1] = times[event]
            tally[slot, 2] += 1
            for value in range(value_count):
                place, part = 3 + 4 * value, 4 * value
                tally[slot, place] += parts[event, part]
                tally[slot, place + 1] += parts[event, part + 1]
                tally[slot, place + 2] += parts[event, part + 2]
                tally[slot, place + 3] += parts[event, part + 3]
        for w in range(gone.shape[0]):
            for event in range(gone[w, k], gone[w, k + 1]):
                for part in range(width):
                    tally[slots[event], 3 + (w + 1) * width + part] += parts[event, part]
        slot, j = np.uintp(asked[k]), np.uintp(k - low)
        state[0, j] = tally[slot, 0]
        state[1, j] = tally[slot, 1]
        state[2, j] = tally[slot, 2]
        row = first_sum
        for value in range(value_count):
            place = 3 + 4 * value
            state[row, j] = tally[slot, place]
            state[row + 1, j] = tally[slot, place + 1]
            state[row + 2, j] = tally[slot, place + 2]
            state[row + 3, j] = tally[slot, place + 3]
            row += 4
            for w in range(gone.shape[0]):
                lost = place + (w + 1) * width
                for part in range(4):
                    state[row, j] = tally[slot, place + part] - tally[slot, lost + part]
                    row += 1


@compiled
def count_window(
    slots: Any, asked: Any, low: int, high: int, steps: Any, gone: int, until: int, lost: Any, every: Any, inside: Any
) -> None:
    """Count the shipments inside a window for the rows [low, high): `every` less those that are gone.

    `steps` tells in time order whether a shipment leaves the window (1) or a row asks (0); `gone` shipments
    have left before row `low` and `until` before row `high`; `lost` counts them by slot.
    """
    k, last = low, slots.size - 1
    for step in range(low + gone, high + until):
        leaves = int(steps[step])
        of_event, of_row = slots[min(gone, last)], asked[k]
        slot = np.uintp(of_event if leaves else of_row)
        count = lost[slot] + leaves
        lost[slot] = count
        inside[np.uintp(k - low)] = every[np.uintp(k - low)] - count
        gone += leaves
        k += 1 - leaves


@compiled
def count_spells(
    slots: Any,
    begins: Any,
    ends: Any,
    amounts: Any,
    ending: Any,
    asked: Any,
    moments: Any,
    horizon: int,
    low: int,
    high: int,
    busy: Any,
    busy_at: int,
    begun: Any,
    over: Any,
    gone: Any,
    tally: Any,
    chain: Any,
    state: Any,
) -> int:
    """Add up spells that stand for the rows [low, high); return how many of the `busy` rows are behind.

    Spells are in the order of their beginning; `ending` holds those that ended, in the order of their end.
    `busy` are the rows before which a spell begins, ends or leaves a window. A row of `tally` holds for all
    the past and for each window finds and weights, then when the latest find that stands began and its
    place (from 1); `chain` the places before and after each such find, -1 where there is none.
    """
    windows = gone.shape[0]
    newest = 2 * windows + 2
    k = low
    while k < high:
        if busy_at < busy.size and busy[busy_at] == k:
            busy_at += 1
            until = min(moments[k], horizon)
            for spell in range(begun[k], begun[k + 1]):
                slot = slots[spell]
                for w in range(windows + 1):
                    tally[slot, 2 * w] += amounts[spell, 0]
                    tally[slot, 2 * w + 1] += amounts[spell, 1]
                if amounts[spell, 0] > 0:
                    before = tally[slot, newest + 1] - 1
                    chain[spell, 0] = before
                    if before >= 0:
                        chain[before, 1] = spell
                    tally[slot, newest] = begins[spell]
                    tally[slot, newest + 1] = spell + 1
            for place in range(over[k], over[k + 1]):
                spell = ending[place]
                slot = slots[spell]
                tally[slot, 0] -= amounts[spell, 0]
                tally[slot, 1] -= amounts[spell, 1]
                for w in range(windows):
                    if spell >= gone[w, k]:
                        tally[slot, 2 * w + 2] -= amounts[spell, 0]
                        tally[slot, 2 * w + 3] -= amounts[spell, 1]
                if amounts[spell, 0] > 0:
                    before, after = chain[spell, 0], chain[spell, 1]
                    if before >= 0:
                        chain[before, 1] = after
                    if after >= 0:
                        chain[after, 0] = before
                    else:
                        tally[slot, newest] = begins[before] if before >= 0 else 0
                        tally[slot, newest + 1] = before + 1
            for w in range(windows):
                for spell in range(gone[w, k], gone[w, k + 1]):
                    if ends[spell] >= until:
                        slot = slots[spell]
                        tally[slot, 2 * w + 2] -= amounts[spell, 0]
                        tally[slot, 2 * w + 3] -= amounts[spell, 1]
        end = min(busy[busy_at], high) if busy_at < busy.size else high
        for row in range(k, end):
            slot, j = np.uintp(asked[row]), np.uintp(row - low)
            state[0, j] = tally[slot, 0]
            state[1, j] = tally[slot, 1]
            for w in range(windows):
                state[2 * w + 2, j] = tally[slot, 2 * w + 2]
                state[2 * w + 3, j] = tally[slot, 2 * w + 3]
            state[newest, j] = tally[slot, newest] if tally[slot, newest + 1] > 0 else NO_TIME
        k = end
    return busy_at


@compiled
def fetch(tally: Any, asked: Any, low: int, high: int) -> int:
    """Read one number of each row's counters, so that all of them are on their way to the cache at once."""
    total = 0
    for k in range(low, high):
        total ^= tally[np.uintp(asked[k]), 0]
    return total


@compiled
def sweep(
    slots: Any,
    times: Any,
    parts: Any,
    asked: Any,
    moments: Any,
    horizon: int,
    upto: Any,
    gone: Any,
    steps: Any,
    values_gone: Any,
    tally: Any,
    lost: Any,
    of_target: Any,
    spell_slots: Any,
    begins: Any,
    ends: Any,
    amounts: Any,
    of_ending: Any,
    ending: Any,
    of_busy: Any,
    busy: Any,
    begun: Any,
    over: Any,
    spells_gone: Any,
    spell_tally: Any,
    asks: Any,
    priors: Any,
    bases: Any,
    missing: Any,
    order: Any,
    state: Any,
    table: Any,
    answers: Any,
) -> int:
    """Answer the questions about one key for all rows, in blocks of as many as `table` has columns.

    Spells of several targets stand one after another: those of target i begin at ``of_target[i]``, those that
    ended at ``of_ending[i]``, its busy rows at ``of_busy[i]``. Where `order` is empty the rows are in time
    order; else it tells their places, and `table` takes a block of answers before they are put there.
    """
    block = table.shape[1]
    first_sum = 3 + lost.shape[0]
    of_state = 2 * spells_gone.shape[1] + 3
    busy_at = np.zeros(of_target.size, np.int64)
    chain = np.full((begins.size, 2), -1, np.int64)
    fetched = 0
    for low in range(0, moments.size, block):
        high = min(low + block, moments.size)
        if tally.size:
            fetched ^= fetch(tally, asked, low, high)
            count_shipments(slots, times, parts, asked, low, high, upto, values_gone, first_sum, tally, state)
        for w in range(lost.shape[0]):
            count_window(
                slots, asked, low, high, steps[w], gone[w, low], gone[w, high], lost[w], state[2], state[3 + w]
            )
        for target in range(spell_tally.shape[0]):
            fetched ^= fetch(spell_tally[target], asked, low, high)
            begin, end = of_target[target], of_target[target + 1]
            busy_at[target] = count_spells(
                spell_slots[begin:end],
                begins[begin:end],
                ends[begin:end],
                amounts[begin:end],
                ending[of_ending[target] : of_ending[target + 1]],
                asked,
                moments,
                horizon,
                low,
                high,
                busy[of_busy[target] : of_busy[target + 1]],
                busy_at[target],
                begun[target],
                over[target],
                spells_gone[target],
                spell_tally[target],
                chain[begin:end],
                state[state.shape[0] - (spell_tally.shape[0] - target) * of_state :],
            )
        if order.size:
            read_answers(asks, priors, state, bases, moments, missing, low, high - low, 0, table)
            scatter(table, order, low, high - low, answers)
        else:
            read_answers(asks, priors, state, bases, moments, missing, low, high - low, low, answers)
    return fetched
