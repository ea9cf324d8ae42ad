"""Large batches: each key's questions answered in one pass over time, several keys at once."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from omdrisk.history import kernels, reading, sweeps
from omdrisk.history.arrays import NEVER, NO_TIME, limbs
from omdrisk.history.facts import KEY, VALUE
from omdrisk.history.indexes import together
from omdrisk.history.spells import standing

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from omdrisk.history.arrays import Flags, Floats, Integers
    from omdrisk.history.facts import Facts
    from omdrisk.history.plans import Plan
    from omdrisk.history.questions import Question

BLOCK = 4096
_APART = 24
"""Rows of counters begin that far from a power of two apart, or they would share few lines of the cache."""


@dataclass(frozen=True)
class Stream:
    """Spells of one target in the order of their beginning, and the ended ones in that of their end."""

    rows: Integers
    begins: Integers
    ends: Integers
    amounts: Integers
    ending: Integers

    @classmethod
    def of(cls, facts: Facts, target: str, *, party: bool) -> Stream:
        """Return the spells of `target`, by the rule for keys of parties or for others."""
        found = standing(facts, facts.targets.get(target, 0), party=party)
        order = np.argsort(found.begins, kind="stable")
        ends = found.ends[order]
        over = np.flatnonzero(ends != NEVER)
        return cls(
            found.rows[order],
            found.begins[order],
            ends,
            np.column_stack([found.finds, found.weights])[order],
            over[np.argsort(ends[over], kind="stable")],
        )


class Batch:
    """Rows that ask, and everything that several keys' passes share.

    Parameters
    ----------
    facts
        What is known.
    keys
        The hashed entities of the rows that ask.
    moments
        Their moments, `NO_TIME` where missing.
    horizon
        Nothing known at or after it is used.
    joint
        Mixes several entities' keys into one.
    party
        Whether a key identifies a trader.
    """

    def __init__(
        self,
        facts: Facts,
        keys: dict[str, Integers],
        moments: Integers,
        horizon: int,
        joint: Callable[..., Integers],
        party: Callable[[tuple[str, ...]], bool],
    ) -> None:
        self._facts = facts
        self._keys = keys
        self._moments = moments
        self._horizon = horizon
        self._joint = joint
        self._party = party
        in_order = bool(np.all(moments[1:] >= moments[:-1]))
        self._order = (np.arange(moments.size) if in_order else np.argsort(moments, kind="stable")).astype(np.int32)
        self._limbs: dict[str, tuple[Flags, Integers]] = {}
        self._streams: dict[tuple[str, bool], Stream] = {}

    def answer(self, plans: Sequence[Plan]) -> dict[Question, Floats]:
        """Answer the questions of all plans."""
        for plan in plans:
            for value in plan.values:
                if value not in self._limbs:
                    column = self._facts.shipments[f"{VALUE}{value}"]
                    there = np.isfinite(column)
                    parts = limbs(np.where(there, column, 0.0) + 0.0)
                    self._limbs[value] = there, np.column_stack(parts)
            party = self._party(plan.by)
            for target in plan.targets:
                if (target, party) not in self._streams:
                    self._streams[target, party] = Stream.of(self._facts, target, party=party)
        with ThreadPoolExecutor(max_workers=min(len(plans), cores())) as pool:
            found = list(pool.map(self._pass, plans))
        return {
            question: answers
            for plan, table in zip(plans, found, strict=True)
            for question, answers in zip(plan.questions, table, strict=True)
        }

    def _pass(self, plan: Plan) -> Floats:
        count = self._moments.size
        asked_keys = together([self._keys[name] for name in plan.by], count, self._joint)
        shipments = self._facts.shipments
        keys = together([shipments[f"{KEY}{name}"] for name in plan.by], len(shipments), self._joint)
        same = np.array_equal(keys, asked_keys)
        slots, asked, known = kernels.numbered_keys(keys, asked_keys[:0] if same else asked_keys)
        asked = slots if same else asked
        missing = (asked_keys == 0) | (self._moments == NO_TIME)
        del keys, asked_keys
        state = np.zeros((plan.rows, BLOCK + _APART), dtype=np.int64)
        steps = self._steps(plan, slots, asked, known.size, state)
        answers = np.empty((len(plan.questions), count))
        for low in range(0, count, BLOCK):
            high = min(low + BLOCK, count)
            for step in steps:
                step(low, high)
            reading.read_answers(plan.asks, plan.priors, state, self._moments, missing, self._order, low, high, answers)
        return answers

    def _steps(
        self, plan: Plan, slots: Integers, asked: Integers, count: int, state: Integers
    ) -> list[Callable[[int, int], None]]:
        times = self._facts.shipments["filed_at"]
        steps = []
        if plan.about_shipments:
            widths = np.array(plan.shipment_widths)
            steps.append(
                self._step(sweeps.sweep_shipments, (slots, times, asked), widths, count, 2 + widths.size, state)
            )
        widths = np.array(plan.value_widths)
        for value in plan.values:
            there, parts = self._limbs[value]
            rows = state[plan.value_row(value) :]
            steps.append(
                self._step(
                    sweeps.sweep_values,
                    (slots, times, there, parts, asked),
                    widths,
                    count,
                    4 * widths.size,
                    rows,
                )
            )
        widths = np.array(plan.spell_widths)
        for target in plan.targets:
            stream = self._streams[target, self._party(plan.by)]
            rows = state[plan.target_row(target) :]
            steps.append(self._spells(stream, slots[stream.rows], asked, widths, count, rows))
        for target in plan.rates:
            stream = self._streams[target, self._party(plan.by)]
            rows = state[plan.overall_row(target) :]
            nought = np.zeros(stream.rows.size, dtype=np.int32), np.zeros(asked.size, dtype=np.int32)
            steps.append(self._spells(stream, *nought, widths[:1], 1, rows))
        return steps

    def _step(
        self, sweep: Any, events: tuple[Any, ...], widths: Integers, slots: int, width: int, state: Integers
    ) -> Callable[[int, int], None]:
        at = np.zeros(widths.size, dtype=np.int64)
        tally = np.zeros((slots, width), dtype=np.int64)
        return lambda low, high: sweep(
            *events, self._moments, self._order, low, high, self._horizon, widths, at, tally, state
        )

    def _spells(
        self, stream: Stream, slots: Integers, asked: Integers, widths: Integers, count: int, state: Integers
    ) -> Callable[[int, int], None]:
        at = np.zeros(widths.size + 1, dtype=np.int64)
        tally = np.zeros((count, 2 * widths.size + 1), dtype=np.int64)
        tally[:, -1] = -1
        chain = np.full((slots.size, 2), -1, dtype=np.int64)
        events = slots, stream.begins, stream.ends, stream.amounts, stream.ending, asked
        return lambda low, high: sweeps.sweep_spells(
            *events, self._moments, self._order, low, high, self._horizon, widths, at, tally, chain, state
        )


def cores() -> int:
    """Return how many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
