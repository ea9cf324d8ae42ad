"""A plan: what the questions about one key need counted, and where each finds its numbers."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from omdrisk.history import reading
from omdrisk.history.arrays import DAY, NEVER
from omdrisk.history.questions import (
    Finds,
    Inspected,
    Known,
    Mean,
    Question,
    Rate,
    Shipments,
    SinceFind,
    SinceFirst,
    SinceLast,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from omdrisk.history.arrays import Integers

OF_TARGETS = (Finds, Inspected, Rate, SinceFind)
"""Kinds of question about outcomes."""

COUNTED = (Shipments, SinceFirst, SinceLast, Mean, Known, *OF_TARGETS)
"""Kinds of question that are answered from counters."""


def width_of(question: Question) -> int:
    """Return the window of a question in microseconds; `NEVER` for all the past."""
    days: float | None = getattr(question, "days", None)
    return NEVER if days is None else min(round(days * DAY), NEVER)


def _widths(questions: Iterable[Question]) -> tuple[int, ...]:
    return (NEVER, *sorted({width_of(question) for question in questions} - {NEVER}))


@dataclass(frozen=True)
class Plan:
    """The counters of one key, as rows of a table with a column for each asking row.

    Shipments: first and last moment, then a count for each of `shipment_widths`. Each value: how often it was
    known and its three limbs, for each of `value_widths`. Each target: finds and weights for each of
    `spell_widths`, and when the latest find began. The overall rates of `rates` are kept apart.
    """

    by: tuple[str, ...]
    questions: tuple[Question, ...]
    shipment_widths: tuple[int, ...]
    value_widths: tuple[int, ...]
    spell_widths: tuple[int, ...]
    values: tuple[str, ...]
    targets: tuple[str, ...]
    rates: tuple[str, ...]

    @classmethod
    def of(cls, by: tuple[str, ...], questions: Sequence[Question]) -> Plan:
        """Return the plan for questions about the key `by`, all of them among `COUNTED`."""
        about_values = [question for question in questions if isinstance(question, Mean | Known)]
        about_targets = [question for question in questions if isinstance(question, OF_TARGETS)]
        return cls(
            by,
            tuple(questions),
            _widths(question for question in questions if isinstance(question, Shipments)),
            _widths(about_values),
            _widths(about_targets),
            tuple(sorted({question.value for question in about_values})),
            tuple(sorted({question.target for question in about_targets})),
            tuple(sorted({question.target for question in about_targets if isinstance(question, Rate)})),
        )

    def halves(self) -> list[Plan]:
        """Return a plan for what is asked about shipments, and one for what is asked about outcomes."""
        halves: tuple[list[Question], list[Question]] = [], []
        for question in self.questions:
            halves[isinstance(question, OF_TARGETS)].append(question)
        return [Plan.of(self.by, half) for half in halves if half]

    @property
    def about_shipments(self) -> bool:
        """Whether shipments are counted at all."""
        return any(isinstance(question, Shipments | SinceFirst | SinceLast) for question in self.questions)

    def value_row(self, value: str) -> int:
        """Return where a value's rows begin."""
        return 2 + len(self.shipment_widths) + 4 * len(self.value_widths) * self.values.index(value)

    def target_row(self, target: str) -> int:
        """Return where a target's rows begin."""
        begin = 2 + len(self.shipment_widths) + 4 * len(self.value_widths) * len(self.values)
        return begin + (2 * len(self.spell_widths) + 1) * self.targets.index(target)

    @cached_property
    def rows(self) -> int:
        """How many rows there are."""
        begin = 2 + len(self.shipment_widths) + 4 * len(self.value_widths) * len(self.values)
        return begin + (2 * len(self.spell_widths) + 1) * len(self.targets)

    @cached_property
    def asks(self) -> Integers:
        """For each question its kind and the rows it reads."""
        return np.array([self._ask(question) for question in self.questions], dtype=np.int64).reshape(-1, 5)

    @cached_property
    def priors(self) -> Integers:
        """For each question its prior, 0 if it has none."""
        return np.array([getattr(question, "prior", 0.0) for question in self.questions], dtype=np.float64)

    def _ask(self, question: Question) -> tuple[int, ...]:  # noqa: PLR0911
        match question:
            case Shipments():
                return reading.COUNT, 2 + self.shipment_widths.index(width_of(question)), 0, 0, 0
            case SinceFirst():
                return reading.SINCE, 0, 2, 0, 0
            case SinceLast():
                return reading.SINCE, 1, 2, 0, 0
            case Known() | Mean():
                row = self.value_row(question.value) + 4 * self.value_widths.index(width_of(question))
                kind = reading.COUNT if isinstance(question, Known) else reading.MEAN
                return kind, row, row + 1, row + 2, row + 3
            case SinceFind():
                latest = self.target_row(question.target) + 2 * len(self.spell_widths)
                return reading.SINCE_FIND, latest, 0, 0, 0
            case Finds() | Inspected() | Rate():
                row = self.target_row(question.target) + 2 * self.spell_widths.index(width_of(question))
                if isinstance(question, Finds):
                    return reading.COUNT, row, 0, 0, 0
                if isinstance(question, Inspected):
                    return reading.WEIGHT, row + 1, 0, 0, 0
                return reading.RATE, row, row + 1, self.rates.index(question.target), 0
        raise AssertionError(question)


def plans(questions: Iterable[Question]) -> tuple[list[Plan], list[Question]]:
    """Return a plan for each key, and the questions that no plan answers."""
    groups: dict[tuple[str, ...], list[Question]] = {}
    others: list[Question] = []
    for question in questions:
        if isinstance(question, COUNTED):
            groups.setdefault(question.by, []).append(question)
        else:
            others.append(question)
    return [Plan.of(by, group) for by, group in groups.items()], others
