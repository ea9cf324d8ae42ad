"""From questions to positions: which index answers what, each built once, when it is first asked for."""

from __future__ import annotations

import threading
from functools import singledispatchmethod
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from omdrisk.history.arrays import (
    NEVER,
    NO_TIME,
    WHOLE,
    days_before,
    days_between,
    from_limbs,
    limbs,
    numbered,
    running,
)
from omdrisk.history.engine import KeyIndex, Spells, WaveletMatrix
from omdrisk.history.facts import KEY, VALUE
from omdrisk.history.questions import (
    Distinct,
    Finds,
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
from omdrisk.history.spells import standing

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from omdrisk.history.arrays import Floats, Integers
    from omdrisk.history.facts import Facts
    from omdrisk.history.questions import Question

T = TypeVar("T")
By = tuple[str, ...]


class Indexes:
    """The indexes over one state of the facts; every question with the same key shares its sort."""

    def __init__(self, facts: Facts, joint: Callable[..., Integers], party: Callable[[By], bool]) -> None:
        self.facts = facts
        self.joint = joint
        self.party = party
        self._built: dict[Hashable, Any] = {}
        self._lock = threading.RLock()

    def of(self, facts: Facts) -> Indexes:
        """Return indexes, none built yet, over other facts."""
        return self if facts is self.facts else Indexes(facts, self.joint, self.party)

    def _once(self, name: Hashable, build: Callable[[], T]) -> T:
        with self._lock:
            if name not in self._built:
                self._built[name] = build()
            built: T = self._built[name]
            return built

    def key(self, by: By) -> KeyIndex:
        """Return the index of all shipments by a key."""
        return self._once(("key", by), lambda: KeyIndex.build(self._keys(by), self.facts.shipments["filed_at"]))

    def _keys(self, by: By) -> Integers:
        columns = [self.facts.shipments[f"{KEY}{name}"] for name in by]
        return together(columns, len(self.facts.shipments), self.joint)

    def spells(self, by: By, target: str, amount: str) -> Spells:
        """Return the spells of a target's outcomes by a key, adding up ``finds`` or ``weights``."""
        return self._once((amount, by, target, self.party(by)), lambda: self._spells(by, target, amount))

    def base(self, by: By, target: str, amount: str) -> Spells:
        """Return the spells over all shipments, by the rule that holds for this key."""
        party = self.party(by)
        return self._once((amount, (), target, party), lambda: self._spells((), target, amount, party=party))

    def _spells(self, by: By, target: str, amount: str, *, party: bool | None = None) -> Spells:
        party = self.party(by) if party is None else party
        found = self._once(
            ("standing", target, party),
            lambda: standing(self.facts, self.facts.targets.get(target, 0), party=party),
        )
        index = self.key(by)
        return Spells.build(
            index.slot_of_row[found.rows],
            found.begins,
            found.ends,
            getattr(found, amount),
            slot_count=index.known.size,
            never=NEVER,
        )

    def first_of(self, by: By, of: str) -> tuple[Integers, Integers, Integers]:
        """Return, of events with an `of`: how many came before each position, and where each value was last.

        The third array counts the events that showed a value for the first time.
        """
        return self._once(("distinct", by, of), lambda: self._first_of(by, of))

    def _first_of(self, by: By, of: str) -> tuple[Integers, Integers, Integers]:
        index = self.key(by)
        known, numbers = self._once(("of", of), lambda: numbered(self.facts.shipments[f"{KEY}{of}"]))
        codes = numbers[index.rows]
        present = np.flatnonzero(known[codes] != 0)
        before = running(_flags(present, codes.size))
        slots = index.slot_of_row[index.rows[present]]
        pairs = slots.astype(np.int64) * known.size + codes[present]
        order = np.argsort(pairs, kind="stable")
        again = np.flatnonzero(pairs[order][1:] == pairs[order][:-1]) + 1
        previous = np.zeros(present.size, dtype=np.int64)
        previous[order[again]] = order[again - 1] + 1
        return before, previous, running((previous == 0).astype(np.int64))

    def recurrences(self, by: By, of: str) -> WaveletMatrix:
        """Return the positions at which each event's value last occurred (from 1), in order."""
        return self._once(("recur", by, of), lambda: WaveletMatrix.build(self.first_of(by, of)[1]))

    def known(self, by: By, value: str) -> Integers:
        """Return how many events before each position had the value."""

        def build() -> Integers:
            there = np.isfinite(self.facts.shipments[f"{VALUE}{value}"][self.key(by).rows])
            return running(there.astype(np.int64))

        return self._once(("known", by, value), build)

    def _present(self, by: By, value: str) -> Floats:
        column = self.facts.shipments[f"{VALUE}{value}"][self.key(by).rows]
        present: Floats = column[np.isfinite(column)] + 0.0
        return present

    def sums(self, by: By, value: str) -> list[Integers]:
        """Return running sums of the known values, in limbs."""
        return self._once(("sums", by, value), lambda: [running(part) for part in limbs(self._present(by, value))])

    def orders(self, by: By, value: str) -> tuple[Floats, WaveletMatrix]:
        """Return the distinct values in order, and the matrix of each event's place among them."""

        def build() -> tuple[Floats, WaveletMatrix]:
            distinct, codes = numbered(self._present(by, value))
            return distinct, WaveletMatrix.build(codes)

        return self._once(("orders", by, value), build)


def together(columns: list[Integers], count: int, joint: Callable[..., Integers]) -> Integers:
    """Return the key that several columns make together; no column at all is one key for every row."""
    if not columns:
        return np.ones(count, dtype=np.int64)
    return columns[0] if len(columns) == 1 else joint(*columns)


def _flags(places: Integers, size: int) -> Integers:
    flags = np.zeros(size, dtype=np.int64)
    flags[places] = 1
    return flags


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
        raise NotImplementedError(question)

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

    def _sum(self, spells: Spells, by: By, days: float | None) -> Integers:
        slots = self._slots(by) if by else np.where(self._moments == NO_TIME, -1, 0)
        if not spells.begins.size:
            return np.zeros(self._moments.size, dtype=np.int64)
        return spells.standing(slots, self._since(days), self._until)

    def _overall(self, by: By, target: str, amount: str) -> Integers:
        spells = self.indexes.base(by, target, amount)
        return self._once(("overall", target, amount, self.indexes.party(by)), lambda: self._sum(spells, (), None))

    @_ask.register
    def _(self, question: Finds) -> Any:
        spells = self.indexes.spells(question.by, question.target, "finds")
        return self._sum(spells, question.by, question.days)

    @_ask.register
    def _(self, question: Inspected) -> Any:
        spells = self.indexes.spells(question.by, question.target, "weights")
        return self._sum(spells, question.by, question.days) / WHOLE

    @_ask.register
    def _(self, question: Rate) -> Any:
        by, target = question.by, question.target
        finds = self._sum(self.indexes.spells(by, target, "finds"), by, question.days)
        weights = self._sum(self.indexes.spells(by, target, "weights"), by, question.days)
        all_finds, all_weights = (self._overall(by, target, amount) for amount in ("finds", "weights"))
        with np.errstate(divide="ignore", invalid="ignore"):
            base = all_finds * WHOLE / all_weights
            return (finds + question.prior * base) / (weights / WHOLE + question.prior)

    @_ask.register
    def _(self, question: SinceFind) -> Any:
        spells = self.indexes.spells(question.by, question.target, "finds")
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
