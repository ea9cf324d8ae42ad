"""The indexes over one part of a history, each built once, when it is first asked for."""

from __future__ import annotations

import threading
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from omdrisk.history.arrays import limbs, numbered, running
from omdrisk.history.engine import KeyIndex, WaveletMatrix
from omdrisk.history.facts import KEY, VALUE
from omdrisk.history.spells import Spells, Standing, standing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from omdrisk.history.arrays import Floats, Integers
    from omdrisk.history.facts import Facts, Rows
    from omdrisk.history.shelf import Shelf

T = TypeVar("T")
By = tuple[str, ...]


class Indexes:
    """The indexes over some facts; every question with the same key shares its sort.

    Parameters
    ----------
    facts
        Shipments, and the outcomes of shipments.
    joint
        Mixes several entities' keys into one.
    party
        Whether a key identifies a trader.
    touched
        If there are facts of earlier parts: the shipments whose outcomes these facts change, with all that
        was known of them before, and with all that is known of them now.
    """

    def __init__(
        self,
        facts: Facts,
        joint: Callable[..., Integers],
        party: Callable[[By], bool],
        touched: Callable[[], tuple[Facts, Facts]] | None = None,
    ) -> None:
        self.facts = facts
        self.joint = joint
        self.party = party
        self.shelf: Shelf | None = None
        self._touched = touched
        self._built: dict[tuple[Any, ...], Any] = {}
        self._lock = threading.RLock()

    @cached_property
    def touched(self) -> list[tuple[Facts, int]]:
        """Facts whose spells are to be added (1) or taken back (-1)."""
        if self._touched is None:
            return [(self.facts, 1)]
        before, after = self._touched()
        return [(after, 1), (before, -1)]

    @cached_property
    def pending(self) -> int:
        """By how many more outcomes wait for their shipment than without these facts."""
        if self._touched is None:
            return int(np.count_nonzero(self.rows_of(self.facts.log["id"]) < 0))
        return sum(sign * int(np.count_nonzero(facts.log_rows < 0)) for facts, sign in self.touched)

    def once(self, name: tuple[Any, ...], build: Callable[[], T], *, shelved: bool = True) -> T:
        """Return what `build` makes, built once and, where there is a shelf, kept there."""
        found = self._built.get(name)
        if found is None:
            with self._lock:
                found = self._built.get(name)
                if found is None:
                    shelf = self.shelf if shelved else None
                    found = build() if shelf is None else shelf.get(name, build)
                    self._built[name] = found
        built: T = found
        return built

    def key(self, by: By) -> KeyIndex:
        """Return the index of all shipments by a key."""
        return self.once(("key", by), lambda: self._key(by))

    def _key(self, by: By) -> KeyIndex:
        others = None
        if self._touched is not None:
            others = np.concatenate([self._keys(facts.shipments, by) for facts, _ in self.touched])
        return KeyIndex.build(self._keys(self.facts.shipments, by), self.facts.shipments["filed_at"], others)

    def _keys(self, shipments: Rows, by: By) -> Integers:
        return together([shipments[f"{KEY}{name}"] for name in by], len(shipments), self.joint)

    @property
    def names(self) -> set[tuple[Any, ...]]:
        """The names of all indexes that were ever asked for, as far as that is known."""
        return {*self._built, *(self.shelf.names() if self.shelf else [])}

    def build(self, names: Iterable[tuple[Any, ...]]) -> None:
        """Build indexes before they are asked for."""
        makers: dict[str, Callable[..., Any]] = {
            "key": self.key,
            "id": lambda: self._ids,
            "spells": lambda by, target, party: self.spells(by, target, party=party),
            "distinct": self.first_of,
            "recur": self.recurrences,
            "known": self.known,
            "sums": self.sums,
            "orders": self.orders,
        }
        for name in sorted(names, key=repr):
            if name[0] in makers:
                makers[name[0]](*name[1:])

    @property
    def _ids(self) -> KeyIndex:
        shipments = self.facts.shipments
        return self.once(("id",), lambda: KeyIndex.build(shipments["id"], shipments["filed_at"]))

    def rows_of(self, ids: Integers) -> Integers:
        """Return the row of each shipment id, -1 where it was not observed."""
        if not len(self.facts.shipments):
            return np.full(ids.size, -1, dtype=np.int64)
        slots = self._ids.slots(ids)
        return np.where(slots >= 0, self._ids.rows[slots], -1).astype(np.int64)

    def spells(self, by: By, target: str, *, party: bool | None = None) -> Spells:
        """Return the spells of a target's outcomes by a key; `party` is the key's own rule if not given."""
        party = self.party(by) if party is None else party
        return self.once(("spells", by, target, party), lambda: self._spells(by, target, party=party))

    def _spells(self, by: By, target: str, *, party: bool) -> Spells:
        slots, parts = [], []
        for facts, sign, found in self.standing(target, party=party):
            if by:
                keys = self._keys(facts.shipments.take(found.rows), by)
                slots.append(self.key(by).slots(keys))
            else:
                slots.append(np.zeros(found.rows.size, dtype=np.int64))
            parts.append(Standing(found.rows, found.begins, found.ends, sign * found.finds, sign * found.weights))
        every = Standing(*(np.concatenate([getattr(part, name) for part in parts]) for name in _SPELL_FIELDS))
        return Spells.build(np.concatenate(slots), every, self.key(by).known.size if by else 1)

    def standing(self, target: str, *, party: bool) -> list[tuple[Facts, int, Standing]]:
        """Return facts whose spells are to be added (1) or taken back (-1), with these spells."""

        def build() -> list[tuple[Facts, int, Standing]]:
            return [
                (facts, sign, standing(facts, facts.targets.get(target, 0), party=party))
                for facts, sign in self.touched
            ]

        return self.once(("standing", target, party), build, shelved=False)

    def first_of(self, by: By, of: str) -> tuple[Integers, Integers, Integers]:
        """Return, of events with an `of`: how many came before each position, and where each value was last.

        The third array counts the events that showed a value for the first time.
        """
        return self.once(("distinct", by, of), lambda: self._first_of(by, of))

    def _first_of(self, by: By, of: str) -> tuple[Integers, Integers, Integers]:
        index = self.key(by)
        known, numbers = numbered(self.facts.shipments[f"{KEY}{of}"])
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
        return self.once(("recur", by, of), lambda: WaveletMatrix.build(self.first_of(by, of)[1]))

    def known(self, by: By, value: str) -> Integers:
        """Return how many events before each position had the value."""

        def build() -> Integers:
            there = np.isfinite(self.facts.shipments[f"{VALUE}{value}"][self.key(by).rows])
            return running(there.astype(np.int64))

        return self.once(("known", by, value), build)

    def _present(self, by: By, value: str) -> Floats:
        column = self.facts.shipments[f"{VALUE}{value}"][self.key(by).rows]
        present: Floats = column[np.isfinite(column)] + 0.0
        return present

    def sums(self, by: By, value: str) -> list[Integers]:
        """Return running sums of the known values, in limbs."""

        def build() -> list[Integers]:
            column = self.facts.shipments[f"{VALUE}{value}"]
            rows = self.key(by).rows
            rows = rows[np.isfinite(column)[rows]]
            return [running(part[rows]) for part in self._limbs(value)]

        return self.once(("sums", by, value), build)

    def _limbs(self, value: str) -> tuple[Integers, ...]:
        column = self.facts.shipments[f"{VALUE}{value}"]
        return self.once(("limbs", value), lambda: limbs(np.nan_to_num(column) + 0.0), shelved=False)

    def orders(self, by: By, value: str) -> tuple[Floats, WaveletMatrix]:
        """Return the distinct values in order, and the matrix of each event's place among them."""

        def build() -> tuple[Floats, WaveletMatrix]:
            distinct, codes = numbered(self._present(by, value))
            return distinct, WaveletMatrix.build(codes)

        return self.once(("orders", by, value), build)


_SPELL_FIELDS = ("rows", "begins", "ends", "finds", "weights")


def together(columns: list[Integers], count: int, joint: Callable[..., Integers]) -> Integers:
    """Return the key that several columns make together; no column at all is one key for every row."""
    if not columns:
        return np.ones(count, dtype=np.int64)
    return columns[0] if len(columns) == 1 else joint(*columns)


def _flags(places: Integers, size: int) -> Integers:
    flags = np.zeros(size, dtype=np.int64)
    flags[places] = 1
    return flags
