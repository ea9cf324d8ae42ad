"""All that a history knows, in parts: each added as a whole, none ever changed, answers summed over them.

New parts are small and old ones large: when four parts of about one size have come together they become
one, as long as that is not much work; larger ones are brought together when the keeper says so. A later
part takes back the outcomes of earlier ones that it changes, so that sums over all parts are right.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from omdrisk.history.facts import Facts, Rows
from omdrisk.history.hops import Network
from omdrisk.history.indexes import Indexes

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from omdrisk.history.arrays import Flags, Integers
    from omdrisk.history.spells import Spells

SMALL = 25_000
TOGETHER = 4
LARGEST = 500_000
"""Parts are gathered up to so many rows, so that no change takes longer the more there is."""


@dataclass(frozen=True, eq=False)
class Past:
    """Parts of a history, oldest first; no shipment id is in two of them.

    Parameters
    ----------
    keys, values
        The entities and numbers that are kept.
    joint
        Mixes several entities' keys into one.
    party
        Whether a key identifies a trader.
    parts
        The parts.
    """

    keys: tuple[str, ...]
    values: tuple[str, ...]
    joint: Callable[..., Integers]
    party: Callable[[tuple[str, ...]], bool]
    parts: tuple[Indexes, ...] = ()
    opened: dict[tuple[Any, ...], Any] = field(default_factory=dict, repr=False)
    """What look-ups have gathered from the parts, to have it at hand for the next."""
    _taken: dict[object, list[Flags]] = field(default_factory=dict, repr=False)

    def __len__(self) -> int:
        return sum(len(part.facts.shipments) for part in self.parts)

    @property
    def targets(self) -> dict[str, int]:
        """The targets that have outcomes, with their hashes."""
        return {name: number for part in self.parts for name, number in part.facts.targets.items()}

    @property
    def outcomes(self) -> int:
        """How many rows the log of outcomes has."""
        return sum(len(part.facts.log) for part in self.parts)

    @cached_property
    def pending(self) -> int:
        """How many outcomes wait for their shipment."""
        return sum(part.pending for part in self.parts)

    @property
    def digest(self) -> str:
        """A digest of what is known, the same for the same facts in whatever parts."""
        parts = [part.facts.digest for part in self.parts] or [Facts.none(self.keys, self.values).digest]
        sums = [
            sum(int(part[begin : begin + 16], 16) for part in parts) % 2**64 for begin in range(0, len(parts[0]), 16)
        ]
        return "".join(f"{part:016x}" for part in sums)

    def before_part(self, place: int) -> Past:
        """Return the parts before one."""
        return replace(self, parts=self.parts[:place], _taken={}, opened={})

    def plus_part(self, facts: Facts) -> Past:
        """Return this with one more part."""
        touched = (lambda: self._touched(facts)) if self.parts else None
        part = Indexes(facts, self.joint, self.party, touched)
        return replace(self, parts=(*self.parts, part), _taken={}, opened={})

    def plus(self, shipments: Rows | None, outcomes: Rows | None, targets: dict[str, int]) -> Past:
        """Return this with rows that `new_shipments` and `new_outcomes` returned, as one more part.

        Parts from the first on that holds a shipment again are made one with it; so is all that is small.
        """
        facts = Facts.none(self.keys, self.values)
        begin = len(self.parts)
        if shipments is not None:
            facts = facts.plus_shipments([shipments])
            replaced = [
                place for place, part in enumerate(self.parts) if bool(np.any(part.rows_of(shipments["id"]) >= 0))
            ]
            begin = min([begin, *replaced])
        if outcomes is not None:
            facts = facts.plus_outcomes([outcomes], targets)
        if facts.size + sum(self._sizes()) <= SMALL:
            begin = 0
        return self.before_part(begin).plus_part(_one([*self._facts(begin), facts]))

    def gathered(self) -> Past:
        """Return this with parts of about one size made one, as often as that is due; itself if it is not."""
        sizes, begin = self._sizes(), len(self.parts) - 1
        while (least := _begin_of_equals(sizes[:begin], sum(sizes[begin:]))) < begin:
            begin = least
        if begin >= len(self.parts) - 1:
            return self
        return self.before_part(begin).plus_part(_one(self._facts(begin)))

    def _sizes(self) -> list[int]:
        return [part.facts.size for part in self.parts]

    def _facts(self, begin: int = 0) -> list[Facts]:
        return [part.facts for part in self.parts[begin:]]

    @cached_property
    def whole(self) -> Indexes:
        """Everything as one part; the part itself if there is one."""
        if len(self.parts) == 1:
            return self.parts[0]
        facts = _one(self._facts()) if self.parts else Facts.none(self.keys, self.values)
        return Indexes(facts, self.joint, self.party)

    @cached_property
    def network(self) -> Network:
        """The entities of all parts, and how near they are to finds."""
        return Network(self.parts)

    def new_shipments(self, batch: Rows) -> Rows:
        """Return the rows of `batch` that change anything, one per id."""
        digests = batch.digests()
        order = np.lexsort((digests, batch["filed_at"], batch["id"]))
        ids = batch["id"][order]
        order = order[np.concatenate([[True], ids[1:] != ids[:-1]])[: ids.size]]
        batch, digests = batch.take(order), digests[order]
        kept = np.ones(len(batch), dtype=np.bool_)
        for part in self.parts:
            rows = part.rows_of(batch["id"])
            again = np.flatnonzero(rows >= 0)
            old = part.facts.shipments.take(rows[again])
            earlier = batch["filed_at"][again] < old["filed_at"]
            level = batch["filed_at"][again] == old["filed_at"]
            kept[again] = earlier | (level & (digests[again] < old.digests()))
        return batch.take(kept)

    def new_outcomes(self, batch: Rows) -> Rows:
        """Return the rows of `batch` that the log does not hold, each once."""
        ids = np.unique(batch["id"])
        related = [part.facts.log_of(ids) for part in self.parts]
        count = sum(len(rows) for rows in related)
        both = Rows.one_after_another([*related, batch])
        order = both.sorted_by(*both.columns)
        ordered = both.take(order)
        new = np.ones(len(ordered), dtype=np.bool_)
        new[1:] = np.any([column[1:] != column[:-1] for column in ordered.columns.values()], axis=0)
        return ordered.take(new & (order >= count))

    def _touched(self, facts: Facts) -> tuple[Facts, Facts]:
        ids = facts.shipments["id"]
        told = np.zeros(ids.size, dtype=np.bool_)
        for part in self.parts:
            told |= part.facts.tells_of(ids)
        touched = np.unique(np.concatenate([facts.log["id"], ids[told]]))
        nothing = Facts.none(self.keys, self.values)
        before = nothing.plus_shipments(
            [part.facts.shipments.take(rows[rows >= 0]) for part in self.parts for rows in [part.rows_of(touched)]]
        )
        logs = [part.facts.log_of(touched) for part in self.parts]
        before = before.plus_outcomes(logs, self.targets)
        own = facts.shipments.take(np.isin(ids, touched))
        after = before.plus_shipments([own]).plus_outcomes([facts.log], facts.targets)
        return before, after

    def taken_back(self, by: tuple[str, ...], target: str, *, party: bool) -> list[Flags]:
        """Return, for each part's spells, which finds a later part takes back."""
        name = by, target, party
        if name not in self._taken:
            every = [part.spells(by, target, party=party) for part in self.parts]
            flags = [np.zeros(spells.begins.size, dtype=np.bool_) for spells in every]
            for later in range(1, len(every)):
                self._take_back(by, every, flags, later)
            self._taken[name] = flags
        return self._taken[name]

    def _take_back(self, by: tuple[str, ...], every: Sequence[Spells], flags: list[Flags], later: int) -> None:
        from omdrisk.history.tallies import take_back

        spells = every[later]
        negative = np.flatnonzero(np.diff(spells.begin_finds) < 0)
        if not negative.size:
            return
        slots = np.searchsorted(spells.begin_offsets, negative, side="right") - 1
        lost = np.column_stack([spells.begins[negative], spells.ends_of_begun[negative]])
        done = np.zeros(negative.size, dtype=np.bool_)
        keys = self.parts[later].key(by).known[slots] if by else slots
        for earlier in reversed(range(later)):
            part = every[earlier]
            theirs = self.parts[earlier].key(by).slots(keys) if by else slots
            take_back(
                part.begins,
                part.ends_of_begun,
                part.begin_finds,
                part.begin_offsets,
                flags[earlier],
                theirs,
                lost,
                done,
            )


def _begin_of_equals(sizes: Sequence[int], size: int) -> int:
    """Return from which part on parts are to be gathered with the last one, of this size."""
    tier = _tier(size)
    begin = len(sizes)
    while begin and _tier(sizes[begin - 1]) <= tier and sum(sizes[begin - 1 :]) + size <= LARGEST:
        begin -= 1
    return begin if len(sizes) - begin + 1 >= TOGETHER else len(sizes)


def _tier(size: int) -> int:
    return max(size // max(SMALL, 1), 1).bit_length() // 2


def _one(parts: Sequence[Facts]) -> Facts:
    first, *others = parts
    if not others:
        return first
    facts = first.plus_shipments([part.shipments for part in others])
    targets = {name: number for part in parts for name, number in part.targets.items()}
    return facts.plus_outcomes([part.log for part in others], targets)
