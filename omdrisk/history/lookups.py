"""Answers for one row or many, read off the indexes of each part and summed over the parts."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from omdrisk.history import reading, tallies
from omdrisk.history.answers import Asked
from omdrisk.history.arrays import NEVER, NO_TIME, WHOLE
from omdrisk.history.batch import Batch, cores
from omdrisk.history.hops import hops
from omdrisk.history.indexes import together
from omdrisk.history.over_parts import distinct, quantile
from omdrisk.history.plans import Plan, plans
from omdrisk.history.questions import Distinct, Hops, Quantile

if TYPE_CHECKING:
    from collections.abc import Sequence

    from omdrisk.history.arrays import Flags, Floats, Integers
    from omdrisk.history.past import Past
    from omdrisk.history.questions import Question

LARGE = 20_000
"""From so many asking rows on, and not much fewer than shipments, one pass over time is the faster way."""

BLOCK = 8192

_ALL_THE_PAST = np.array([NEVER])


def answer(
    past: Past,
    questions: Sequence[Question],
    keys: dict[str, Integers],
    moments: Integers,
    horizon: int = NEVER,
) -> dict[Question, Floats]:
    """Answer questions for rows with these hashed entities and moments, whichever way is the fastest."""
    groups, others = _plans(tuple(questions))
    answers: dict[Question, Floats] = {}
    if groups and moments.size >= LARGE and 8 * moments.size >= len(past):
        whole = past.whole
        batch = Batch(whole.facts, keys, moments, horizon, whole.joint, whole.party)
        answers = batch.answer(groups)
    elif groups:
        answers = Lookups(past, keys, moments, horizon).answer(groups)
    if others:
        parts: list[Asked] = []
        for question in others:
            if not parts or moments.size >= BLOCK:  # where many rows fall is not kept from question to question
                parts = [Asked(part, keys, moments, horizon) for part in past.parts or (past.whole,)]
            answers[question] = _other(past, parts, question, keys, moments, horizon)
        return {question: answers[question] for question in questions}
    return answers


def _other(
    past: Past, parts: list[Asked], question: Question, keys: dict[str, Integers], moments: Integers, horizon: int
) -> Floats:
    """Answer a question that does not add up over parts; `parts` ask each of them, and know where the rows fall."""
    if isinstance(question, Hops):
        return hops(past.whole, question, keys, moments, horizon)
    if len(parts) > 1 and isinstance(question, Distinct):
        return distinct(past, parts[0], question, keys, moments, horizon)
    if len(parts) > 1 and isinstance(question, Quantile):
        return quantile(parts, question, moments.size)
    return parts[0].answer(question)


@lru_cache(maxsize=64)
def _plans(questions: tuple[Question, ...]) -> tuple[list[Plan], list[Question]]:
    return plans(questions)


class Lookups:
    """Rows that ask, by their hashed entities and moments."""

    def __init__(self, past: Past, keys: dict[str, Integers], moments: Integers, horizon: int) -> None:
        self._past = past
        self._keys = keys
        self._moments = moments
        self._horizon = horizon
        self._bases: dict[tuple[str, bool], Floats] = {}

    def answer(self, groups: Sequence[Plan]) -> dict[Question, Floats]:
        """Answer the questions of all plans."""
        for plan in groups:
            party = self._past.party(plan.by)
            for target in plan.rates:
                if (target, party) not in self._bases:
                    self._bases[target, party] = self._base(target, party=party)
        if self._moments.size < BLOCK or len(groups) == 1:
            found = [self._table(plan) for plan in groups]
        else:
            with ThreadPoolExecutor(max_workers=min(len(groups), cores())) as pool:
                found = list(pool.map(self._table, groups))
        return {
            question: answers
            for plan, table in zip(groups, found, strict=True)
            for question, answers in zip(plan.questions, table, strict=True)
        }

    def _base(self, target: str, *, party: bool) -> Floats:
        """Return for each row the rate of finds over all shipments and all the past."""
        state = np.zeros((3, self._moments.size), dtype=np.int64)
        slots = np.zeros(self._moments.size, dtype=np.int64)
        for arrays in _spells_of(self._past, (), target, party=party):
            if arrays:
                tallies.tally_spells(*arrays, slots, self._moments, self._horizon, _ALL_THE_PAST, state)
        with np.errstate(divide="ignore", invalid="ignore"):
            rates: Floats = state[0] * WHOLE / state[1]
            return rates

    def _table(self, plan: Plan) -> Floats:
        keys = together([self._keys[name] for name in plan.by], self._moments.size, self._past.joint)
        missing: Flags = (keys == 0) | (self._moments == NO_TIME)
        order, moments = _by_key(keys, self._moments)
        if order is not None:
            keys, missing = keys[order], missing[order]
        state = plan.fresh(moments.size)
        for shipments, values, spells in _opened(self._past, plan):
            slots = tallies.tally_shipments(*shipments, keys, moments, self._horizon, plan.shipment_array, state)
            for row, arrays in values:
                tallies.tally_value(*arrays, slots, moments, self._horizon, plan.value_array, state[row:])
            for row, arrays in spells:
                tallies.tally_spells(*arrays, slots, moments, self._horizon, plan.spell_array, state[row:])
        bases = np.empty((len(plan.rates), moments.size))
        for place, target in enumerate(plan.rates):
            base = self._bases[target, self._past.party(plan.by)]
            bases[place] = base if order is None else base[order]
        answers = np.empty((len(plan.questions), moments.size))
        reading.read_answers(plan.asks, plan.priors, state, bases, moments, missing, 0, moments.size, 0, answers)
        if order is None:
            return answers
        placed = np.empty_like(answers)
        reading.scatter(answers, order, 0, moments.size, placed)
        return placed


Arrays = tuple[Any, ...]
Opened = tuple[Arrays, list[tuple[int, Arrays]], list[tuple[int, Arrays]]]


def _opened(past: Past, plan: Plan) -> list[Opened]:
    """Return for each part the arrays that a plan's loops read: shipments, then values and spells with their rows."""
    name = ("opened", id(plan))
    found = past.opened.get(name)
    if found is None:
        party = past.party(plan.by)
        spells = {target: _spells_of(past, plan.by, target, party=party) for target in plan.targets}
        opened: list[Opened] = []
        for number, part in enumerate(past.parts):
            index = part.key(plan.by)
            opened.append(
                (
                    (index.known, index.directory, index.shift, index.offsets, index.times),
                    [
                        (
                            plan.value_row(value),
                            (index.offsets, index.times, part.known(plan.by, value), *part.sums(plan.by, value)),
                        )
                        for value in plan.values
                    ],
                    [
                        (plan.target_row(target), spells[target][number])
                        for target in plan.targets
                        if spells[target][number]
                    ],
                )
            )
        found = past.opened[name] = plan, opened
    return found[1]


def _spells_of(past: Past, by: tuple[str, ...], target: str, *, party: bool) -> list[Arrays]:
    """Return for each part the arrays that `tallies.tally_spells` reads, none where there are no spells."""
    name = ("spells", by, target, party)
    found = past.opened.get(name)
    if found is None:
        found = past.opened[name] = [
            (
                spells.begins,
                spells.begin_offsets,
                spells.begin_finds,
                spells.begin_weights,
                spells.ends_of_begun,
                spells.find_before,
                taken,
                spells.ends,
                spells.end_offsets,
                spells.end_finds,
                spells.end_weights,
                spells.begins_of_ended,
            )
            if spells.begins.size
            else ()
            for part, taken in zip(past.parts, past.taken_back(by, target, party=party), strict=True)
            for spells in [part.spells(by, target, party=party)]
        ]
    return found


def _by_key(keys: Integers, moments: Integers) -> tuple[Integers | None, Integers]:
    """Bring many rows into the order of their keys, so that neighbours read the same memory."""
    if keys.size < BLOCK:
        return None, moments
    order = np.argsort(keys)
    return order, moments[order]
