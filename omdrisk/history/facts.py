"""What a history knows: shipments and the log of their outcomes, as columns of numbers in a fixed order.

The order and the choice among rows that contradict each other follow from the rows alone, so the same facts
are the same arrays however they arrived:

- of several shipments with one id, the one filed first counts (then the one with the smaller digest);
- equal outcome rows are one; of rows about one shipment and target known at the same moment, a find counts
  before a clear result and that before a withdrawal, then the greater weight, then rip-on rip-off.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from omdrisk.history.arrays import Flags, Integers

WITHDRAWN, CLEAR, FOUND = 0, 1, 2
KEY, VALUE = "key:", "value:"
LOG_COLUMNS = {
    "id": np.int64,
    "target": np.int64,
    "known_at": np.int64,
    "outcome": np.int8,
    "weight": np.int64,
    "rip_off": np.uint8,
}


def shipment_columns(keys: Sequence[str], values: Sequence[str]) -> dict[str, type]:
    """Return names and types of the columns that shipments of a history have."""
    names: dict[str, type] = {"id": np.int64, "filed_at": np.int64}
    names |= {f"{KEY}{name}": np.int64 for name in keys}
    return names | {f"{VALUE}{name}": np.float64 for name in values}


@dataclass(frozen=True)
class Rows:
    """Columns of equal length."""

    columns: dict[str, Integers]

    @classmethod
    def empty(cls, types: dict[str, type]) -> Rows:
        """Return columns of these types without rows."""
        return cls({name: np.zeros(0, dtype=kind) for name, kind in types.items()})

    @classmethod
    def one_after_another(cls, parts: Sequence[Rows]) -> Rows:
        """Return the rows of all parts."""
        return cls({name: np.concatenate([part[name] for part in parts]) for name in parts[0].columns})

    def __len__(self) -> int:
        return len(self["id"])

    def __getitem__(self, name: str) -> Integers:
        return self.columns[name]

    def take(self, places: Integers | Flags) -> Rows:
        """Return the rows at `places`, or where it is true."""
        return Rows({name: column[places] for name, column in self.columns.items()})

    def sorted_by(self, *names: str) -> Integers:
        """Return the places of the rows in the order of these columns, the first name first."""
        return np.lexsort([self[name] for name in reversed(names)])

    def digests(self) -> Integers:
        """Return a 64-bit digest of each row, the same for equal rows."""
        digest = np.full(len(self), 0x9E3779B97F4A7C15, dtype=np.uint64)
        for name in sorted(self.columns):
            column = self[name]
            if column.dtype == np.float64:
                bits = np.where(np.isnan(column), np.nan, column + 0.0).view(np.uint64)
            else:
                bits = column.astype(np.int64).view(np.uint64)
            digest = (digest ^ bits) * np.uint64(0xBF58476D1CE4E5B9)
            digest ^= digest >> np.uint64(29)
        return digest


@dataclass(frozen=True)
class Facts:
    """Shipments in the order (filed_at, id), one per id, and the log of outcomes without equal rows."""

    shipments: Rows
    log: Rows
    targets: dict[str, int] = field(default_factory=dict)
    said_digest: str = ""
    """The digest that a store keeps for these facts; computed where there is none."""

    @classmethod
    def none(cls, keys: Sequence[str], values: Sequence[str]) -> Facts:
        """Return the facts of a history that has seen nothing."""
        return cls(Rows.empty(shipment_columns(keys, values)), Rows.empty(dict(LOG_COLUMNS)))

    @cached_property
    def _by_id(self) -> tuple[Integers, Integers]:
        order = np.argsort(self.shipments["id"], kind="stable")
        return self.shipments["id"][order], order

    @cached_property
    def log_rows(self) -> Integers:
        """The shipment's row for each row of the log; -1 while the shipment was not observed."""
        return self.rows_of(self.log["id"])

    def rows_of(self, ids: Integers) -> Integers:
        """Return the row of each shipment id, -1 where it was not observed."""
        known, order = self._by_id
        if not known.size:
            return np.full(ids.size, -1, dtype=np.int64)
        place = np.minimum(np.searchsorted(known, ids), known.size - 1)
        return np.where(known[place] == ids, order[place], -1)

    @property
    def size(self) -> int:
        """How many rows there are."""
        return len(self.shipments) + len(self.log)

    def log_of(self, ids: Integers) -> Rows:
        """Return the log's rows about shipments; `ids` are distinct and in order."""
        low = np.searchsorted(self.log["id"], ids)
        counts = np.searchsorted(self.log["id"], ids, side="right") - low
        ends = np.cumsum(counts)
        return self.log.take(np.arange(counts.sum()) + np.repeat(low - ends + counts, counts))

    def tells_of(self, ids: Integers) -> Flags:
        """Return whether the log has rows about each shipment."""
        if not len(self.log):
            return np.zeros(ids.size, dtype=np.bool_)
        place = np.minimum(np.searchsorted(self.log["id"], ids), len(self.log) - 1)
        told: Flags = self.log["id"][place] == ids
        return told

    def plus_shipments(self, parts: Sequence[Rows]) -> Facts:
        """Return facts with these shipments too; a later part's row replaces an earlier one of its id."""
        parts = [part for part in (self.shipments, *parts) if len(part)]
        if not parts:
            return self
        every = Rows.one_after_another(parts) if len(parts) > 1 else parts[0]
        order = np.argsort(every["id"], kind="stable")
        ids = every["id"][order]
        last = np.concatenate([ids[1:] != ids[:-1], [True]])
        kept = np.sort(order[last])
        kept = kept[np.lexsort((every["id"][kept], every["filed_at"][kept]))]
        return Facts(every.take(kept), self.log, self.targets)

    def plus_outcomes(self, parts: Sequence[Rows], targets: dict[str, int]) -> Facts:
        """Return facts with these log rows too; they are rows that `new_outcomes` returned."""
        every = Rows.one_after_another([self.log, *parts])
        every = every.take(every.sorted_by(*LOG_COLUMNS))
        return Facts(self.shipments, every, self.targets | targets)

    @cached_property
    def digest(self) -> str:
        """A digest of what is known, the same for the same facts."""
        return self.said_digest or self.computed_digest

    @property
    def computed_digest(self) -> str:
        """The digest, computed from every row."""
        sums = [
            int(np.bitwise_xor(rows.digests(), np.uint64(seed)).sum(dtype=np.uint64))
            for rows in (self.shipments, self.log)
            for seed in (0, 0x5851F42D4C957F2D)
        ]
        return "".join(f"{part:016x}" for part in sums)
