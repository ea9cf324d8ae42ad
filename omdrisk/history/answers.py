"""From questions to positions: each question read off the indexes of one part, in numpy alone.

This is how questions are answered where there is no compiler, and the second implementation of every answer:
`lookups` and `batch` must give the same bytes.
"""

from __future__ import annotations

from functools import singledispatchmethod
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from omdrisk.errors import HistoryError
from omdrisk.history.arrays import (
    NEVER,
    NO_TIME,
    WHOLE,
    days_before,
    days_between,
    from_limbs,
)
from omdrisk.history.hops import hops
from omdrisk.history.indexes import together
from omdrisk.history.questions import (
    Distinct,
    Finds,
    Hops,
    Inspected,
    Known,
    Mean,
    Quantile,
    Rate,
    Shipments,
    SinceFind,
    SinceFirst,
    SinceLast,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence

    from omdrisk.history.arrays import Floats, Integers
    from omdrisk.history.indexes import Indexes
    from omdrisk.history.past import Past
    from omdrisk.history.questions import Question
    from omdrisk.history.spells import Spells

T = TypeVar("T")
By = tuple[str, ...]


class Asked:
    """Rows that ask: their hashed entities and their moments, and where they fall in each index."""

    def __init__(self, indexes: Indexes, keys: dict[str, Integers], moments: Integers, horizon: int) -> None:
        self.indexes = indexes
        self._keys = keys
        self._moments = moments
        self._until = np.minimum(moments, horizon)
        self._places: dict[Hashable, Any] = {}

    def answer(self, question: Question) -> Floats:
        """Return the answer for each row; missing where the key or the moment is."""
        answers = np.array(self._ask(question), dtype=np.float64)
        answers[self._missing(question.by)] = np.nan
        return answers

    def _once(self, name: Hashable, build: Callable[[], T]) -> T:
        if name not in self._places:
            self._places[name] = build()
        place: T = self._places[name]
        return place

    def _key(self, by: By) -> Integers:
        columns = [self._keys[name] for name in by]
        return self._once(("key", by), lambda: together(columns, self._moments.size, self.indexes.joint))

    def _missing(self, by: By) -> Any:
        return self._once(("missing", by), lambda: (self._key(by) == 0) | (self._moments == NO_TIME))

    def _slots(self, by: By) -> Integers:
        return self._once(("slots", by), lambda: self.indexes.key(by).slots(self._key(by)))

    def _start(self, by: By) -> Integers:
        return self._once(("start", by), lambda: self.indexes.key(by).starts(self._slots(by)))

    def _end(self, by: By) -> Integers:
        return self._once(("end", by), lambda: self.indexes.key(by).before(self._slots(by), self._until))

    def _since(self, days: float | None) -> Integers | None:
        if days is None:
            return None
        return self._once(("since", days), lambda: np.minimum(days_before(self._moments, days), self._until))

    def _stretch(self, by: By, days: float | None) -> tuple[Integers, Integers]:
        since = self._since(days)
        if since is None:
            return self._start(by), self._end(by)
        low = self._once(("from", by, days), lambda: self.indexes.key(by).before(self._slots(by), since))
        return low, self._end(by)

    @singledispatchmethod
    def _ask(self, question: Question) -> Any:
        raise HistoryError(f"{question!r} is no question that a history can answer. Ask one of omdrisk.history.")

    @_ask.register
    def _(self, question: Shipments) -> Any:
        low, high = self._stretch(question.by, question.days)
        return high - low

    @_ask.register
    def _(self, question: SinceFirst) -> Any:
        low, high = self._stretch(question.by, None)
        return self._days_since(question.by, low, high > low)

    @_ask.register
    def _(self, question: SinceLast) -> Any:
        low, high = self._stretch(question.by, None)
        return self._days_since(question.by, high - 1, high > low)

    def _days_since(self, by: By, place: Integers, there: Any) -> Floats:
        answers = np.full(there.size, np.nan)
        times = self.indexes.key(by).times[place[there]]
        answers[there] = days_between(self._moments[there], times)
        return answers

    @_ask.register
    def _(self, question: Distinct) -> Any:
        before, _, first = self.indexes.first_of(question.by, question.of)
        low, high = (before[place] for place in self._stretch(question.by, question.days))
        if question.days is None:
            return first[high] - first[low]
        return self.indexes.recurrences(question.by, question.of).less(low, high, low + 1)

    def _sum(self, amount: str, spells: Spells, by: By, days: float | None) -> Integers:
        slots = self._slots(by) if by else np.where(self._moments == NO_TIME, -1, 0)
        if not spells.begins.size:
            return np.zeros(self._moments.size, dtype=np.int64)
        return spells.standing(amount, slots, self._since(days), self._until)

    def _overall(self, by: By, target: str, amount: str) -> Integers:
        party = self.indexes.party(by)
        spells = self.indexes.spells((), target, party=party)
        return self._once(("overall", target, amount, party), lambda: self._sum(amount, spells, (), None))

    @_ask.register
    def _(self, question: Finds) -> Any:
        spells = self.indexes.spells(question.by, question.target)
        return self._sum("finds", spells, question.by, question.days)

    @_ask.register
    def _(self, question: Inspected) -> Any:
        spells = self.indexes.spells(question.by, question.target)
        return self._sum("weights", spells, question.by, question.days) / WHOLE

    @_ask.register
    def _(self, question: Rate) -> Any:
        by, target = question.by, question.target
        spells = self.indexes.spells(by, target)
        finds, weights = (self._sum(amount, spells, by, question.days) for amount in ("finds", "weights"))
        all_finds, all_weights = (self._overall(by, target, amount) for amount in ("finds", "weights"))
        with np.errstate(divide="ignore", invalid="ignore"):
            base = all_finds * WHOLE / all_weights
            return (finds + question.prior * base) / (weights / WHOLE + question.prior)

    @_ask.register
    def _(self, question: SinceFind) -> Any:
        spells = self.indexes.spells(question.by, question.target)
        begins = spells.latest(self._slots(question.by), self._until, NO_TIME)
        there = begins != NO_TIME
        answers = np.full(there.size, np.nan)
        answers[there] = days_between(self._moments[there], begins[there])
        return answers

    def _known(self, by: By, value: str, days: float | None) -> tuple[Integers, Integers]:
        known = self.indexes.known(by, value)
        low, high = self._stretch(by, days)
        return known[low], known[high]

    @_ask.register
    def _(self, question: Known) -> Any:
        low, high = self._known(question.by, question.value, question.days)
        return high - low

    @_ask.register
    def _(self, question: Mean) -> Any:
        low, high = self._known(question.by, question.value, question.days)
        total = from_limbs([part[high] - part[low] for part in self.indexes.sums(question.by, question.value)])
        with np.errstate(invalid="ignore"):
            return total / (high - low)

    @_ask.register
    def _(self, question: Quantile) -> Any:
        distinct, matrix = self.indexes.orders(question.by, question.value)
        low, high = self._known(question.by, question.value, question.days)
        nth = np.where(high > low, np.floor(question.q * (high - low - 1)), -1).astype(np.int64)
        codes = matrix.smallest(low, high, nth)
        answers = np.full(codes.size, np.nan)
        answers[codes >= 0] = distinct[codes[codes >= 0]]
        return answers


def answer(
    past: Past,
    questions: Sequence[Question],
    keys: dict[str, Integers],
    moments: Integers,
    horizon: int = NEVER,
) -> dict[Question, Floats]:
    """Answer questions for rows with these hashed entities and moments, in numpy alone."""
    asked = Asked(past.whole, keys, moments, horizon)
    return {
        question: hops(past.whole, question, keys, moments, horizon)
        if isinstance(question, Hops)
        else asked.answer(question)
        for question in questions
    }
