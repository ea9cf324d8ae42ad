"""Large batches: each key's questions answered in one pass over time, several keys at once."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from omdrisk.history import kernels, sweeps
from omdrisk.history.arrays import NO_TIME
from omdrisk.history.facts import KEY
from omdrisk.history.indexes import together
from omdrisk.history.merging import Merged

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from omdrisk.history.arrays import Flags, Floats, Integers
    from omdrisk.history.facts import Facts
    from omdrisk.history.merging import Streams
    from omdrisk.history.plans import Plan
    from omdrisk.history.questions import Question

BLOCK = 1024
"""So many rows are answered at a time: their counters stay in the processor's cache."""

_LINE = 8
"""So many numbers make a line of the cache; counters of a key begin with one."""

_APART = 24
"""Rows of counters begin that far from a power of two apart, or they would share few lines of the cache."""


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
        self._joint = joint
        self._party = party
        self._merged = Merged(facts, moments, horizon)
        self._timeless = self._merged.moments == NO_TIME

    def answer(self, plans: Sequence[Plan]) -> dict[Question, Floats]:
        """Answer the questions of all plans, each in two passes, so that few keys keep all processors busy."""
        passes = [half for plan in plans for half in plan.halves()]
        with ThreadPoolExecutor(max_workers=cores()) as pool:
            for stage in self._shared(passes):
                list(pool.map(lambda make: make(), stage))
            found = list(pool.map(self._pass, passes))
        return {
            question: answers
            for plan, table in zip(passes, found, strict=True)
            for question, answers in zip(plan.questions, table, strict=True)
        }

    def _shared(self, plans: Sequence[Plan]) -> list[list[Callable[[], object]]]:
        """Return in two stages what to find before the passes begin: nothing twice, and much at a time."""
        merged = self._merged
        windows = {taken[1:] for plan in plans for taken in (plan.shipment_widths, plan.value_widths)}
        widths = {width for taken in windows for width in taken}
        streams = {(target, self._party(plan.by)) for plan in plans for target in plan.targets or ("",)}
        bases = {(target, self._party(plan.by)) for plan in plans for target in plan.rates}
        values = {plan.values: plan for plan in plans}
        outcomes = {(plan.targets, plan.spell_widths, self._party(plan.by)): plan for plan in plans}
        return [
            [
                *(partial(self._slots, by) for by in sorted({plan.by for plan in plans})),
                merged.shipments,
                *(partial(merged.window, width) for width in sorted(widths)),
                *(partial(merged.stream, target, party=party) for target, party in sorted(streams)),
                *(partial(merged.parts, names) for names in values),
            ],
            [
                *(partial(merged.base, target, party=party) for target, party in sorted(bases)),
                *(partial(self._streams, plan) for plan in outcomes.values()),
                *(partial(merged.windows, taken) for taken in sorted(windows)),
            ],
        ]

    def _streams(self, plan: Plan) -> Streams:
        return self._merged.streams(plan.targets, plan.spell_widths[1:], party=self._party(plan.by))

    def _bases(self, plan: Plan) -> Floats:
        party = self._party(plan.by)
        bases = [self._merged.base(target, party=party) for target in plan.rates]
        return np.stack(bases) if bases else np.zeros((0, 0))

    def _slots(self, by: tuple[str, ...]) -> tuple[Integers, Integers, Flags, int]:
        """Return the slots of shipments and of rows that ask, which rows cannot be answered, and how many slots.

        See `sweeps` for what slots 0 and 1 are.
        """
        return self._merged.once(("slots", by), lambda: self._numbered(by))

    def _numbered(self, by: tuple[str, ...]) -> tuple[Integers, Integers, Flags, int]:
        merged, shipments = self._merged, self._facts.shipments
        keys = together([shipments[f"{KEY}{name}"] for name in by], len(shipments), self._joint)
        asked_keys = together([self._keys[name] for name in by], merged.moments.size, self._joint)
        same = keys is asked_keys or np.array_equal(keys, asked_keys)
        slots, asked, known = kernels.numbered_keys(keys, asked_keys[:0] if same else asked_keys)
        slots = slots + np.int32(2) if slots.size else np.zeros(1, dtype=np.int32)
        asked = slots[: merged.moments.size] if same else np.where(asked < 0, 0, asked + 2).astype(np.int32)
        return slots, merged.ordered(asked), merged.ordered(asked_keys == 0) | self._timeless, known.size + 2

    def _pass(self, plan: Plan) -> Floats:
        merged, streams = self._merged, self._streams(plan)
        slots, asked, missing, count = self._slots(plan.by)
        gone, steps = merged.windows(plan.shipment_widths[1:])
        counted = plan.about_shipments or bool(plan.values)
        answers = np.empty((len(plan.questions), merged.moments.size))
        sweeps.sweep(
            slots,
            self._facts.shipments["filed_at"],
            merged.parts(plan.values),
            asked,
            merged.moments,
            merged.horizon,
            merged.shipments(),
            gone,
            steps,
            merged.windows(plan.value_widths[1:])[0],
            _counters(1, count if counted else 0, 3 + 4 * len(plan.values) * len(plan.value_widths))[0],
            np.zeros((len(plan.shipment_widths) - 1, count), dtype=np.int32),
            streams.of_target,
            slots[streams.rows],
            streams.begins,
            streams.ends,
            streams.amounts,
            streams.of_ending,
            streams.ending,
            streams.of_busy,
            streams.busy,
            streams.begun,
            streams.over,
            streams.gone,
            _counters(len(plan.targets), count, 2 * len(plan.spell_widths) + 2),
            plan.asks,
            plan.priors,
            self._bases(plan),
            missing,
            merged.order,
            np.zeros((plan.rows, BLOCK + _APART), dtype=np.int64),
            np.empty((len(plan.questions), BLOCK)),
            answers,
        )
        return answers


def _counters(tables: int, rows: int, numbers: int) -> Integers:
    """Return tables of noughts, each row of which begins with a line of the cache."""
    width = -(-numbers // _LINE) * _LINE
    size = tables * rows * width
    room = np.zeros(size + _LINE, dtype=np.int64)
    begin = -(room.ctypes.data // room.itemsize) % _LINE
    return room[begin : begin + size].reshape(tables, rows, width)


def cores() -> int:
    """Return how many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
