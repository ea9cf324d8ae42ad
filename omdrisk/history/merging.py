"""How rows that ask and what is known merge in time: found once for a batch, and the same for every key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from omdrisk.history import merges
from omdrisk.history.arrays import NEVER
from omdrisk.history.facts import VALUE
from omdrisk.history.spells import standing

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from omdrisk.history.arrays import Floats, Integers
    from omdrisk.history.facts import Facts

T = TypeVar("T")


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


@dataclass(frozen=True)
class Streams:
    """Spells of several targets, one after another, and how they merge with the rows that ask.

    `begun` and `over` tell for each target how many spells had begun and ended before each row, `gone` how
    many had left each window; `busy` are the rows before which any of that changes.
    """

    rows: Integers
    begins: Integers
    ends: Integers
    amounts: Integers
    ending: Integers
    busy: Integers
    of_target: Integers
    of_ending: Integers
    of_busy: Integers
    begun: Integers
    over: Integers
    gone: Integers


class Merged:
    """Rows that ask, in time order, among all that is known.

    Parameters
    ----------
    facts
        What is known.
    moments
        The moments of the rows that ask, `NO_TIME` where missing.
    horizon
        Nothing known at or after it is used.
    """

    def __init__(self, facts: Facts, moments: Integers, horizon: int) -> None:
        self.facts = facts
        self.horizon = horizon
        in_order = bool(np.all(moments[1:] >= moments[:-1]))
        self.order = (np.zeros(0) if in_order else np.argsort(moments, kind="stable")).astype(np.int32)
        self.moments = self.ordered(moments)
        self._made: dict[Hashable, Any] = {}

    def ordered(self, column: Integers) -> Integers:
        """Return a column of the rows that ask in time order."""
        return np.ascontiguousarray(column[self.order] if self.order.size else column)

    def once(self, name: Hashable, make: Callable[[], T]) -> T:
        """Return what `make` makes, made at the first call under this name."""
        if name not in self._made:
            self._made[name] = make()
        made: T = self._made[name]
        return made

    def _before(self, times: Integers, width: int = NEVER) -> Integers:
        """Return how many of `times` come before each row, or before its window."""
        places = np.empty(self.moments.size + 1, dtype=np.int32)
        merges.places_before(times, self.moments, self.horizon, width, places)
        return places

    def shipments(self) -> Integers:
        """Return how many shipments come before each row."""
        return self.once(("shipments",), lambda: self._before(self.facts.shipments["filed_at"]))

    def window(self, width: int) -> tuple[Integers, Integers]:
        """Return how many shipments come before each row's window, and how they and the rows merge."""

        def make() -> tuple[Integers, Integers]:
            times = self.facts.shipments["filed_at"]
            steps = np.empty(times.size + self.moments.size, dtype=np.uint8)
            places = np.empty(self.moments.size + 1, dtype=np.int32)
            merges.merge(times, self.moments, self.horizon, width, places, steps)
            return places, steps

        return self.once(("window", width), make)

    def windows(self, widths: tuple[int, ...]) -> tuple[Integers, Integers]:
        """Return the same for several windows."""

        def make() -> tuple[Integers, Integers]:
            found = [self.window(width) for width in widths]
            places, steps = self.moments.size + 1, len(self.facts.shipments) + self.moments.size
            return (
                np.concatenate([gone for gone, _ in found] or [np.zeros(0, np.int32)]).reshape(-1, places),
                np.concatenate([theirs for _, theirs in found] or [np.zeros(0, np.uint8)]).reshape(-1, max(steps, 1)),
            )

        return self.once(("windows", widths), make)

    def parts(self, values: tuple[str, ...]) -> Integers:
        """Return for each shipment and value whether it is known, and its three limbs."""

        def make() -> Integers:
            parts = np.empty((len(self.facts.shipments), 4 * len(values)), dtype=np.int64)
            for place, value in enumerate(values):
                merges.split(self.facts.shipments[f"{VALUE}{value}"], 4 * place, parts)
            return parts

        return self.once(("parts", values), make)

    def stream(self, target: str, *, party: bool) -> tuple[Stream, Integers, Integers]:
        """Return the spells of a target, and how many had begun and ended before each row."""

        def make() -> tuple[Stream, Integers, Integers]:
            found = Stream.of(self.facts, target, party=party)
            return found, self._before(found.begins), self._before(found.ends[found.ending])

        return self.once(("stream", target, party), make)

    def streams(self, targets: tuple[str, ...], widths: tuple[int, ...], *, party: bool) -> Streams:
        """Return the spells of several targets."""

        def make() -> Streams:
            found = [self.stream(target, party=party) for target in targets or ("",)]
            every = [stream for stream, _, _ in found]
            begun, over = np.stack([begun for _, begun, _ in found]), np.stack([over for _, _, over in found])
            gone = np.empty((len(every), len(widths), begun.shape[1]), dtype=np.int32)
            for stream, theirs in zip(every, gone, strict=True):
                for width, places in zip(widths, theirs, strict=True):
                    places[:] = self._before(stream.begins, width)
            busy = [merges.busy_rows(*places) for places in zip(begun, over, gone, strict=True)]
            return Streams(
                rows=np.concatenate([stream.rows for stream in every]),
                begins=np.concatenate([stream.begins for stream in every]),
                ends=np.concatenate([stream.ends for stream in every]),
                amounts=np.concatenate([stream.amounts for stream in every]),
                ending=np.concatenate([stream.ending for stream in every]),
                busy=np.concatenate(busy),
                of_target=np.cumsum([0, *(stream.rows.size for stream in every)]),
                of_ending=np.cumsum([0, *(stream.ending.size for stream in every)]),
                of_busy=np.cumsum([0, *(rows.size for rows in busy)]),
                begun=begun,
                over=over,
                gone=gone,
            )

        return self.once(("streams", targets, widths, party), make)

    def base(self, target: str, *, party: bool) -> Floats:
        """Return for each row the rate of finds over all shipments and all the past."""

        def make() -> Floats:
            stream, begun, over = self.stream(target, party=party)
            rates = np.empty(self.moments.size)
            merges.overall_rates(stream.amounts, stream.ending, begun, over, rates)
            return rates

        return self.once(("base", target, party), make)
