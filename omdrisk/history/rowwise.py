"""From the tables of `opened` to answers: block after block of rows that ask about one key, or key after key."""

from __future__ import annotations

from typing import Any

import numpy as np

from omdrisk.compiling import compiled
from omdrisk.history.arrays import NEVER, NO_TIME
from omdrisk.history.kernels import joint_keys
from omdrisk.history.nearness import find_steps, read_hops
from omdrisk.history.ranked import first_distinct, more_distinct, read_quantiles
from omdrisk.history.reading import read_answers
from omdrisk.history.tallies import find_places, tally_shipments, tally_spells, tally_value

BLOCK = 1024
"""So many rows are answered at a time: their counters stay in the processor's cache."""


@compiled
def _fresh(plan: Any, windows: int, rows: int) -> Any:
    """Return counters that have counted nothing, as `Plan.fresh` does."""
    state = np.zeros((plan.rows, rows), np.int64)
    state[0] = NEVER
    state[1] = NO_TIME
    for target in range(plan.targets):
        state[plan.target_row + (target + 1) * (2 * windows + 1) - 1] = NO_TIME
    return state


@compiled
def _count(tables: Any, plan: Any, keys: Any, moments: Any, horizon: int, places: Any, state: Any) -> None:
    """Find the places of the rows in every part, and add up what is counted."""
    numbers = tables.numbers
    widths = numbers[plan.widths : plan.widths_end]
    windows = numbers[plan.windows : plan.windows_end]
    value_windows = numbers[plan.value_windows : plan.value_windows_end]
    spell_widths = numbers[plan.spell_widths : plan.spell_widths_end]
    parts = places.shape[0]
    slots = np.empty(keys.size, np.int64)
    for part in range(parts):
        index = tables.parts[plan.parts + part]
        find_places(index, keys, moments, horizon, widths, slots, places[part])
        if windows.size:
            tally_shipments(index, places[part], windows, state)
        for value in range(plan.values_counted):
            row = plan.value_row + 4 * value_windows.size * value
            about = tables.values[plan.values + value * parts + part]
            tally_value(about, places[part], value_windows, plan.means, state[row:])
        for target in range(plan.targets):
            row = plan.target_row + (2 * spell_widths.size + 1) * target
            about_target = tables.spells[plan.spells + target * parts + part]
            tally_spells(about_target, slots, moments, horizon, spell_widths, state[row:])


@compiled
def _rank(tables: Any, plan: Any, keys: Any, moments: Any, horizon: int, places: Any, answers: Any) -> None:
    """Answer quantiles and counts of different values, all of which come after what is counted."""
    numbers, parts = tables.numbers, places.shape[0]
    for number in range(plan.stretches, plan.stretches_end):
        stretch = tables.stretches[number]
        values = tables.values[stretch.value : stretch.value + parts]
        qs = tables.amounts[plan.amounts + stretch.begin : plan.amounts + stretch.end]
        read_quantiles(values, places, stretch.window, qs, answers[stretch.begin : stretch.end])
    windows = numbers[plan.distinct_windows : plan.distinct_windows_end]
    for place in range(windows.size):
        into = answers[answers.shape[0] - windows.size + place]
        first_distinct(tables.first_distinct[plan.first_distinct + place], places[0], windows[place], into)
        for part in range(parts - 1):
            of = tables.more_distinct[plan.more_distinct + place * (parts - 1) + part]
            more_distinct(of, keys, moments, horizon, numbers[plan.widths + windows[place]], into)


@compiled
def answer_plan(
    tables: Any, number: int, keys: Any, moments: Any, horizon: int, rates: Any, rows: Any, steps: Any, answers: Any
) -> None:
    """Answer the questions about one key for rows that come by key and moment, and put the answers in `rows`."""
    plan, numbers = tables.plans[number], tables.numbers
    into, of_rates = numbers[plan.into : plan.into_end], numbers[plan.rates : plan.rates_end]
    spell_windows = plan.spell_widths_end - plan.spell_widths
    for begin in range(0, keys.size, BLOCK):
        end = min(begin + BLOCK, keys.size)
        asking, now, places_of = keys[begin:end], moments[begin:end], rows[begin:end]
        for near in range(plan.steps, plan.steps_end):
            find_steps(tables.steps[near], asking, now, horizon, places_of, steps[tables.steps[near].into])
        if not into.size:
            continue
        table = np.empty((into.size, end - begin))
        places = np.zeros((numbers[0], plan.widths_end - plan.widths + 1, end - begin), np.int64)
        state = _fresh(plan, spell_windows, end - begin)
        _count(tables, plan, asking, now, horizon, places, state)
        _rank(tables, plan, asking, now, horizon, places, table)
        bases = np.empty((of_rates.size, end - begin))
        for rate in range(of_rates.size):
            bases[rate] = rates[of_rates[rate]][places_of]
        missing = (asking == 0) | (now == NO_TIME)
        priors = tables.amounts[plan.amounts : plan.amounts + into.size]
        asks = tables.asks[plan.asks : plan.asks_end]
        read_answers(asks, priors, state, bases, now, missing, 0, end - begin, 0, table)
        for question in range(into.size):
            for j in range(end - begin):
                answers[into[question], places_of[j]] = np.nan if missing[j] else table[question, j]


@compiled
def overall_rates(tables: Any, moments: Any, horizon: int, order: Any) -> Any:
    """Return each rate over all shipments and all the past as it is for each row; `order` is that of the moments."""
    parts = tables.numbers[0]
    rates = np.empty((tables.overall.size // parts, moments.size))
    every, widths = np.zeros(moments.size, np.int64), np.full(1, NEVER)
    now = moments[order]
    for rate in range(rates.shape[0]):
        state = np.zeros((3, moments.size), np.int64)
        for part in range(parts):
            tally_spells(tables.overall[rate * parts + part], every, now, horizon, widths, state)
        for j in range(moments.size):
            rates[rate, order[j]] = np.float64(state[0, j] * 1_000_000) / np.float64(state[1, j])
    return rates


@compiled
def answer_few(tables: Any, entities: Any, moments: Any, horizon: int, order: Any, steps: Any, answers: Any) -> None:
    """Answer all questions for rows whose entities have the keys in `entities`; `order` is that of the moments."""
    rates = overall_rates(tables, moments, horizon, order)
    now = moments[order]
    for number in range(tables.plans.size):
        plan = tables.plans[number]
        columns = tables.numbers[plan.columns : plan.columns_end]
        keys = joint_keys(entities, columns, order)
        answer_plan(tables, number, keys, now, horizon, rates, order, steps, answers)
    read_hops(tables.hops, steps, moments, answers)
