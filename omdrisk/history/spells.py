"""From the log of outcomes to spells: from when to when each shipment's outcome stood as it stood."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from omdrisk.history.arrays import NEVER, WHOLE, running
from omdrisk.history.facts import CLEAR, FOUND

if TYPE_CHECKING:
    from omdrisk.history.arrays import Integers
    from omdrisk.history.facts import Facts

try:
    from omdrisk.history import kernels as loops
except ImportError:  # pragma: no cover - as in `engine`
    from omdrisk.history import plain as loops  # type: ignore[no-redef]


@dataclass(frozen=True)
class Standing:
    """Spells of one target: the shipment's row, when it began and ended, whether found, how much examined.

    `weights` is in millionths, so that sums of weights are exact.
    """

    rows: Integers
    begins: Integers
    ends: Integers
    finds: Integers
    weights: Integers


def standing(facts: Facts, target: int, *, party: bool) -> Standing:
    """Return the spells of `target`; for a `party` key rip-on rip-off outcomes are left out.

    An outcome begins to count when both it and its shipment are known, and ends when a later one replaces
    it. An outcome repeated in the same words prolongs the spell, and does not begin another.
    """
    chosen = np.flatnonzero((facts.log["target"] == target) & (facts.log_rows >= 0))
    log, rows = facts.log.take(chosen), facts.log_rows[chosen]
    moments = np.maximum(log["known_at"], facts.shipments["filed_at"][rows])
    counted = log["rip_off"] == 0 if party else np.ones(len(log), dtype=np.bool_)
    finds = ((log["outcome"] == FOUND) & counted).astype(np.int64)
    weights = np.where(log["outcome"] == FOUND, WHOLE, np.where(log["outcome"] == CLEAR, log["weight"], 0))
    weights = weights * counted

    last = np.ones(rows.size, dtype=np.bool_)
    last[:-1] = (rows[1:] != rows[:-1]) | (moments[1:] != moments[:-1])
    rows, moments, finds, weights = rows[last], moments[last], finds[last], weights[last]
    first = np.ones(rows.size, dtype=np.bool_)
    first[1:] = (rows[1:] != rows[:-1]) | (finds[1:] != finds[:-1]) | (weights[1:] != weights[:-1])
    rows, begins, finds, weights = rows[first], moments[first], finds[first], weights[first]
    ends = np.full(rows.size, NEVER, dtype=np.int64)
    ends[:-1][rows[1:] == rows[:-1]] = begins[1:][rows[1:] == rows[:-1]]
    said = weights > 0
    return Standing(rows[said], begins[said], ends[said], finds[said], weights[said])


@dataclass(frozen=True)
class Spells:
    """Spells by slot, in two orders: as they began, and those that ended as they ended, with running sums.

    A spell with negative amounts takes back one that an earlier part of the history holds. `find_before`
    holds the place of the latest find up to each place.
    """

    begins: Integers
    begin_offsets: Integers
    begin_finds: Integers
    begin_weights: Integers
    ends_of_begun: Integers
    find_before: Integers
    ends: Integers
    end_offsets: Integers
    end_finds: Integers
    end_weights: Integers
    begins_of_ended: Integers

    @classmethod
    def build(cls, slots: Integers, found: Standing, slot_count: int) -> Spells:
        """Sort spells by slot; slot -1 is left out."""
        begins, ends, finds, weights = found.begins, found.ends, found.finds, found.weights
        kept = np.flatnonzero(slots >= 0)
        order = kept[np.lexsort((ends[kept], begins[kept], slots[kept]))]
        over = kept[ends[kept] != NEVER]
        over = over[np.lexsort((begins[over], ends[over], slots[over]))]
        numbers = np.arange(slot_count + 1)
        places = np.where(finds[order] > 0, np.arange(order.size), -1)
        return cls(
            begins=begins[order],
            begin_offsets=np.searchsorted(slots[order], numbers),
            begin_finds=running(finds[order]),
            begin_weights=running(weights[order]),
            ends_of_begun=ends[order],
            find_before=np.maximum.accumulate(places) if places.size else places,
            ends=ends[over],
            end_offsets=np.searchsorted(slots[over], numbers),
            end_finds=running(finds[over]),
            end_weights=running(weights[over]),
            begins_of_ended=begins[over],
        )

    def standing(self, amount: str, slots: Integers, since: Integers | None, until: Integers) -> Integers:
        """Return sums of ``finds`` or ``weights`` of spells begun in [since, until) that stand at `until`."""
        begin_sums, end_sums = getattr(self, f"begin_{amount}"), getattr(self, f"end_{amount}")
        begun = loops.bisect(self.begins, self.begin_offsets, slots, until)
        if since is None:
            over = loops.bisect(self.ends, self.end_offsets, slots, until)
            first, first_over = self._starts(self.begin_offsets, slots), self._starts(self.end_offsets, slots)
            gained: Integers = begin_sums[begun] - begin_sums[first]
            lost: Integers = end_sums[over] - end_sums[first_over]
            return gained - lost
        first = loops.bisect(self.begins, self.begin_offsets, slots, since)
        gained = begin_sums[begun] - begin_sums[first]
        lost = loops.ended_within(
            self.ends, self.begins_of_ended, np.diff(end_sums), self.end_offsets, slots, since, until
        )
        return gained - lost

    def latest(self, slots: Integers, until: Integers, missing: int) -> Integers:
        """Return when the latest find standing at `until` began; `missing` where none stands."""
        if not self.begins.size:
            return np.full(slots.size, missing, dtype=np.int64)
        finds = np.diff(self.begin_finds) > 0
        ends = np.where(finds, self.ends_of_begun, np.iinfo(np.int64).min)
        place: Any = loops.last_standing(self.begins, ends, self.begin_offsets, slots, until)
        return np.where(place >= 0, self.begins[place], missing)

    @staticmethod
    def _starts(offsets: Integers, slots: Integers) -> Integers:
        return np.where(slots >= 0, offsets[slots], 0)
