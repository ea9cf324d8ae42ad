"""How near a shipment's own parties are to an earlier find, over shipments that they shared.

Two entities are neighbours from the moment a shipment with both of them was filed; an entity is marked while
a find on one of its shipments stands. For finds that are never withdrawn it is enough to know from when on an
entity is within k hops of a mark, and that follows from the same for k - 1 by one pass over all shipments.
A find that was withdrawn reaches each entity for a time only; those times are kept as intervals.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from omdrisk.history.arrays import NEVER, NO_TIME
from omdrisk.history.engine import KeyIndex
from omdrisk.history.facts import KEY
from omdrisk.history.plain import bisect
from omdrisk.history.questions import Links

T = TypeVar("T")

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from omdrisk.history.arrays import Flags, Floats, Integers
    from omdrisk.history.indexes import Indexes
    from omdrisk.history.questions import Hops

    Interval = tuple[Integers, Integers, Integers]
    Reach = tuple[Integers, Integers, Integers, Integers]


def hops(indexes: Indexes, question: Hops, keys: dict[str, Integers], moments: Integers, horizon: int) -> Floats:
    """Return for each row the fewest hops from one of its entities to a marked one, or how many are near one."""
    network = Network([indexes])
    since, offsets, begins, ends = network.reach(question)
    until = np.minimum(moments, horizon)
    nodes, begin = [], 0
    for name in question.entities:
        index = network.index(name)
        slots = index.slots(keys[name])
        nodes.append(np.where((slots >= 0) & (keys[name] != 0), begin + slots, -1))
        begin += index.known.size
    far = question.at_most + 1
    steps = np.full((len(nodes), moments.size), far)
    for count in reversed(range(far)):
        for step, node in zip(steps, nodes, strict=True):
            step[(since[count][node] < until) | _inside((begins, ends, offsets[count]), node, until)] = count
    if isinstance(question, Links):
        unknown = ~np.any([keys[name] != 0 for name in question.entities], axis=0)
        answers: Floats = np.sum(steps < far, axis=0).astype(np.float64)
    else:
        fewest = np.min(steps, axis=0)
        unknown = fewest == far
        answers = fewest.astype(np.float64)
    answers[unknown | (moments == NO_TIME)] = np.nan
    return answers


def _inside(interval: Interval, nodes: Integers, until: Integers) -> Flags:
    begins, ends, offsets = interval
    if not begins.size:
        return np.zeros(nodes.size, dtype=np.bool_)
    place = bisect(begins, offsets, nodes, until) - 1
    some = (nodes >= 0) & (place >= offsets[nodes])
    inside: Flags = some & (ends[np.maximum(place, 0)] >= until)
    return inside


class Network:
    """The entities of all parts of a past, which shipments each has, and how near it is to a find.

    Parameters
    ----------
    parts
        The parts; no shipment is in two of them.
    """

    def __init__(self, parts: Sequence[Indexes]) -> None:
        self._parts = parts
        self._kept: dict[tuple[Any, ...], Any] = {}

    def index(self, name: str) -> KeyIndex:
        """Return the index of all shipments by an entity; several parts come one after another, not by time."""
        if len(self._parts) == 1:
            return self._parts[0].key((name,))
        filed = self._column("filed_at")
        return self._once(("index", name), lambda: KeyIndex.build(self._column(f"{KEY}{name}"), filed))

    def reach(self, question: Hops) -> Reach:
        """Return since when each node is near for good, and the intervals in which it is near for a time.

        Nodes are the slots of each of the entities, one entity after another. Both tables have a row for each number
        of hops; the second says where a node's intervals begin among all.
        """
        name = "reach", question.entities, question.target, question.at_most
        return self._once(name, lambda: self._reach(question))

    def _once(self, name: tuple[Any, ...], build: Callable[[], T]) -> T:
        if len(self._parts) == 1:
            return self._parts[0].once(name, build)
        if name not in self._kept:
            self._kept[name] = build()
        kept: T = self._kept[name]
        return kept

    def _column(self, name: str) -> Integers:
        return np.concatenate([part.facts.shipments[name] for part in self._parts])

    def _reach(self, question: Hops) -> Reach:
        graph, filed = self._graph(question.entities), self._column("filed_at")
        marked, passing = self._marks(question, graph.size)
        since, intervals = [marked], [_interval(passing, graph.size)]
        for _ in range(question.at_most):
            marked = _spread(marked, graph, filed)
            passing = _spread_passing(passing, graph, filed)
            since.append(marked)
            intervals.append(_interval(passing, graph.size))
        before = np.cumsum([0, *(len(begins) for begins, _, _ in intervals[:-1])])
        offsets = [begin + offsets for begin, (_, _, offsets) in zip(before, intervals, strict=True)]
        begins, ends = (np.concatenate([interval[place] for interval in intervals]) for place in (0, 1))
        return np.stack(since), np.stack(offsets), begins, ends

    def _graph(self, entities: tuple[str, ...]) -> _Graph:
        if entities not in self._kept:
            self._kept[entities] = _Graph.of([self.index(name) for name in entities])
        graph: _Graph = self._kept[entities]
        return graph

    def _marks(self, question: Hops, count: int) -> tuple[Integers, Integers]:
        """Return since when each node is marked for good, and (find, node, begin, end) of finds withdrawn."""
        found, begin = [np.zeros((0, 4), dtype=np.int64)], 0
        for name in question.entities:
            index = self.index(name)
            for part in self._parts:
                for facts, sign, spells in part.standing(question.target, party=part.party((name,))):
                    slots = index.slots(facts.shipments[f"{KEY}{name}"][spells.rows])
                    signs = np.full(slots.size, sign)
                    told = np.column_stack([begin + slots, spells.begins, spells.ends, signs])
                    found.append(told[(spells.finds > 0) & (slots >= 0)])
            begin += index.known.size
        finds = _left(np.concatenate(found))
        marked = np.full(count + 1, NEVER, dtype=np.int64)
        stays = finds[:, 2] == NEVER
        np.minimum.at(marked, finds[stays, 0], finds[stays, 1])
        passing = finds[~stays]
        return marked, np.column_stack([np.arange(len(passing)), passing])


def _left(finds: Integers) -> Integers:
    """Return (node, begin, end) of finds, each once, that are not taken back; the fourth column is 1 or -1."""
    finds = finds[np.lexsort((finds[:, 2], finds[:, 1], finds[:, 0]))]
    first = np.ones(len(finds), dtype=np.bool_)
    first[1:] = np.any(finds[1:, :3] != finds[:-1, :3], axis=1)
    places = np.flatnonzero(first)
    left = np.add.reduceat(finds[:, 3], places) > 0 if places.size else first
    return finds[places[left], :3]


@dataclass(frozen=True)
class _Graph:
    """Which nodes each shipment has, -1 where an entity is missing, and which shipments each node has.

    Nodes are the slots of each of the entities, one entity after another.
    """

    slots: list[Integers]
    first: Integers
    offsets: Integers
    rows: Integers

    @classmethod
    def of(cls, indexes: Sequence[KeyIndex]) -> _Graph:
        before = np.cumsum([0, *(index.rows.size for index in indexes)])
        offsets = [index.offsets[:-1] + begin for index, begin in zip(indexes, before, strict=False)]
        return cls(
            [index.slot_of_row for index in indexes],
            np.cumsum([0, *(index.known.size for index in indexes)]),
            np.concatenate([*offsets, before[-1:]]),
            np.concatenate([index.rows for index in indexes]),
        )

    @property
    def size(self) -> int:
        """How many nodes there are."""
        return self.offsets.size - 1

    def nodes(self, rows: Integers) -> Integers:
        """Return the nodes of these shipments, a row for each entity."""
        found = [slots[rows] for slots in self.slots]
        return np.stack(
            [np.where(slots < 0, -1, begin + slots) for begin, slots in zip(self.first, found, strict=False)]
        )

    def shipments(self, nodes: Integers) -> tuple[Integers, Integers]:
        """Return the rows of the shipments of each of these nodes, and for each row which of them it is of."""
        of, places = _stretches(self.offsets[nodes], self.offsets[nodes + 1] - self.offsets[nodes])
        return self.rows[places], of


def _stretches(begins: Integers, counts: Integers) -> tuple[Integers, Integers]:
    """Return every place of stretches that begin there and are so long, and which of them it is of."""
    of = np.repeat(np.arange(counts.size), counts)
    return of, np.arange(of.size) + np.repeat(begins - np.cumsum(counts) + counts, counts)


def _spread(marked: Integers, graph: _Graph, filed: Integers) -> Integers:
    further = marked.copy()
    touched = np.zeros(filed.size, dtype=np.bool_)
    touched[graph.shipments(np.flatnonzero(marked != NEVER))[0]] = True
    rows = np.flatnonzero(touched)
    nodes = graph.nodes(rows)
    since = np.maximum(marked[nodes].min(axis=0), filed[rows])
    for theirs in nodes:
        np.minimum.at(further, theirs, since)
    further[-1] = NEVER
    return further


def _spread_passing(passing: Integers, graph: _Graph, filed: Integers) -> Integers:
    if not passing.size:
        return passing
    nodes, numbers = np.unique(passing[:, 1], return_inverse=True)
    of, found, since = _neighbours(nodes, graph, filed)
    low, high = np.searchsorted(of, numbers), np.searchsorted(of, numbers, side="right")
    source, places = _stretches(low, high - low)
    begins = np.maximum(passing[source, 2], since[places])
    kept = begins < passing[source, 3]
    near = passing[source[kept]]
    near[:, 1], near[:, 2] = found[places[kept]], begins[kept]
    every = np.concatenate([passing, near])
    every = every[np.lexsort((every[:, 2], every[:, 1], every[:, 0]))]
    first = np.ones(len(every), dtype=np.bool_)
    first[1:] = np.any(every[1:, :2] != every[:-1, :2], axis=1)
    return every[first]


def _neighbours(nodes: Integers, graph: _Graph, filed: Integers) -> tuple[Integers, Integers, Integers]:
    """Return for each of some nodes the nodes that it ever shared a shipment with, and since when; by node."""
    rows, of = graph.shipments(nodes)
    theirs = graph.nodes(rows)
    known = theirs >= 0
    pairs = (of * graph.size + theirs)[known]
    since = np.broadcast_to(filed[rows], theirs.shape)[known]
    order = np.lexsort((since, pairs))
    pairs, since = pairs[order], since[order]
    first = np.ones(pairs.size, dtype=np.bool_)
    first[1:] = pairs[1:] != pairs[:-1]
    pairs = pairs[first]
    return pairs // graph.size, pairs % graph.size, since[first]


def _interval(passing: Integers, count: int) -> Interval:
    """Return intervals by node and begin, each with the latest end up to it."""
    ordered = passing[np.lexsort((passing[:, 2], passing[:, 1]))]
    offsets = np.searchsorted(ordered[:, 1], np.arange(count + 1))
    ends = ordered[:, 3].copy()
    for place in range(1, len(ends)):
        if ordered[place, 1] == ordered[place - 1, 1] and ends[place - 1] > ends[place]:
            ends[place] = ends[place - 1]
    return np.ascontiguousarray(ordered[:, 2]), ends, offsets
