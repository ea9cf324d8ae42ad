"""A past opened for some questions: where every array lies that their answers are read off, in a few tables.

Opening takes some milliseconds and is done once for each past; an answer is then one call of a compiled loop.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from omdrisk.history.addresses import Addresses, record
from omdrisk.history.arrays import NEVER
from omdrisk.history.hops import reach
from omdrisk.history.over_parts import recurrences
from omdrisk.history.plans import Plan, width_of
from omdrisk.history.questions import Distinct, Hops, Links, Mean, Quantile

if TYPE_CHECKING:
    from collections.abc import Iterable

    from omdrisk.history.engine import KeyIndex, WaveletMatrix
    from omdrisk.history.past import Past
    from omdrisk.history.questions import Question

    By = tuple[str, ...]
    Fields = tuple[Any, ...]

INDEX = record(known=int, directory=int, half=int, shift=int, offsets=int, times=int)
MATRIX = record(bits=int, ranks=int, zeros=int, levels=int, words=int)
VALUE = record(there=int, high=int, middle=int, low=int, distinct=int, distinct_count=int, matrix=MATRIX)
SPELLS = record(
    begins=int,
    begin_offsets=int,
    begin_finds=int,
    begin_weights=int,
    ends_of_begun=int,
    find_before=int,
    ends=int,
    end_offsets=int,
    end_finds=int,
    end_weights=int,
    begins_of_ended=int,
    taken_back=int,
)
FIRST_DISTINCT = record(before=int, first=int, matrix=MATRIX)
MORE_DISTINCT = record(index=INDEX, signs=int, occurred=int, occurred_count=int, matrix=MATRIX, negative=MATRIX)
STRETCH = record(value=int, window=int, begin=int, end=int)
STEPS = record(index=INDEX, since=int, offsets=int, begins=int, ends=int, nodes=int, far=int, into=int)
HOPS = record(steps=int, steps_end=int, far=int, links=int, into=int)
PLAN = record(
    columns=int,  # a range of `numbers`: the entities of the key
    columns_end=int,
    widths=int,  # a range of `numbers`: the windows whose places are needed, all the past first
    widths_end=int,
    parts=int,
    windows=int,  # a range of `numbers`: which of those windows shipments are counted in
    windows_end=int,
    values=int,
    values_counted=int,
    means=int,
    value_windows=int,  # likewise for values
    value_windows_end=int,
    value_row=int,
    spells=int,
    targets=int,
    spell_widths=int,  # a range of `numbers`: windows of spells
    spell_widths_end=int,
    target_row=int,
    rates=int,  # a range of `numbers`: which overall rates
    rates_end=int,
    asks=int,
    asks_end=int,
    stretches=int,
    stretches_end=int,
    first_distinct=int,
    more_distinct=int,
    distinct_windows=int,  # a range of `numbers`: which of the windows different values are counted in
    distinct_windows_end=int,
    steps=int,
    steps_end=int,
    rows=int,
    into=int,  # a range of `numbers`: which row of the answers each question of the key fills
    into_end=int,
    amounts=int,
)


KINDS = {
    "plans": PLAN,
    "parts": INDEX,
    "values": VALUE,
    "spells": SPELLS,
    "overall": SPELLS,
    "stretches": STRETCH,
    "first_distinct": FIRST_DISTINCT,
    "more_distinct": MORE_DISTINCT,
    "steps": STEPS,
    "hops": HOPS,
}


class Tables(NamedTuple):
    """What compiled loops receive; each row of `plans` says which rows of the others are about its key."""

    plans: Any
    parts: Any
    values: Any
    spells: Any
    overall: Any
    stretches: Any
    first_distinct: Any
    more_distinct: Any
    steps: Any
    hops: Any
    numbers: Any
    asks: Any
    amounts: Any


@dataclass
class _OfKey:
    """The questions about one key."""

    counted: list[Question] = field(default_factory=list)
    quantiles: dict[tuple[str, int], list[Quantile]] = field(default_factory=dict)
    distinct: list[Distinct] = field(default_factory=list)
    steps: list[tuple[Hops, int, int]] = field(default_factory=list)


class Opened:
    """A past opened for some questions.

    Attributes
    ----------
    tables
        The tables.
    entities
        The names of the entities whose keys the rows that ask bring, in order.
    keys
        What each of the plans is about: entities, taken together.
    steps
        How many rows of steps the questions about hops need.
    """

    def __init__(self, past: Past, questions: tuple[Question, ...]) -> None:
        self.entities = tuple(dict.fromkeys(name for question in questions for name in question.by))
        self._past = past if past.parts else past.plus_part(past.whole.facts)
        self._addresses = Addresses()
        self._into = {question: place for place, question in enumerate(questions)}
        self._numbers = [len(self._past.parts)]
        self._asks: list[tuple[int, ...]] = []
        self._amounts: list[float] = []
        self._rows: dict[str, list[Fields]] = {name: [] for name in KINDS}
        self._rates: dict[tuple[str, bool], int] = {}
        groups, hops = _by_key(questions)
        self.keys = tuple(groups)
        self.steps = sum(len(question.entities) for question in hops)
        for by, asked in groups.items():
            self._plan(by, asked)
        for question, row in hops.items():
            end, links = row + len(question.entities), isinstance(question, Links)
            self._add("hops", [(row, end, question.at_most + 1, links, self._into[question])])
        self.tables = Tables(
            **{name: np.array(self._rows[name], dtype=kind) for name, kind in KINDS.items()},
            numbers=np.array(self._numbers, dtype=np.int64),
            asks=np.array(self._asks, dtype=np.int64).reshape(-1, 5),
            amounts=np.array(self._amounts, dtype=np.float64),
        )

    def _range(self, numbers: Iterable[int]) -> tuple[int, int]:
        begin = len(self._numbers)
        self._numbers += numbers
        return begin, len(self._numbers)

    def _add(self, table: str, rows: Iterable[Fields]) -> int:
        begin = len(self._rows[table])
        self._rows[table] += rows
        return begin

    def _plan(self, by: By, asked: _OfKey) -> None:
        plan = Plan.of(by, asked.counted)
        party = self._past.party(by)
        values = dict.fromkeys([*plan.values, *(value for value, _ in asked.quantiles)])
        places: list[Question] = [*asked.distinct, *(each[0] for each in asked.quantiles.values())]
        widths: list[int] = []
        if plan.about_shipments or plan.values or places:
            every = {*plan.shipment_widths, *plan.value_widths, *map(width_of, places)}
            widths = [NEVER, *sorted(every - {NEVER})]
        stretches, begin = [], len(asked.counted)
        of_value = self._add("values", self._values(by, values, asked))
        for (value, width), quantiles in asked.quantiles.items():
            first = of_value + list(values).index(value) * len(self._past.parts)
            stretches.append((first, widths.index(width), begin, begin + len(quantiles)))
            begin += len(quantiles)
        own = [*asked.counted, *(each for some in asked.quantiles.values() for each in some), *asked.distinct]
        amounts = len(self._amounts)
        self._amounts += [getattr(question, "prior", getattr(question, "q", 0.0)) for question in own]
        asks = len(self._asks)
        self._asks += plan.asks.tolist()
        stretch = self._add("stretches", stretches)
        steps = self._add("steps", self._steps(asked))
        row = (
            *self._range(self.entities.index(name) for name in by),
            *self._range(widths),
            self._add("parts", (self._index(part.key(by)) for part in self._past.parts)) if own else 0,
            *self._range(widths.index(width) for width in plan.shipment_widths if plan.about_shipments),
            of_value,
            len(plan.values),
            any(isinstance(question, Mean) for question in asked.counted),
            *self._range(widths.index(width) for width in plan.value_widths if plan.values),
            2 + len(plan.shipment_widths),
            self._add("spells", (each for target in plan.targets for each in self._spells(by, target, party=party))),
            len(plan.targets),
            *self._range(plan.spell_widths),
            2 + len(plan.shipment_widths) + 4 * len(plan.value_widths) * len(plan.values),
            *self._range(self._rate(target, party=party) for target in plan.rates),
            asks,
            len(self._asks),
            stretch,
            stretch + len(stretches),
            self._add("first_distinct", (self._first_distinct(by, question) for question in asked.distinct)),
            self._add("more_distinct", self._more_distinct(by, asked.distinct)),
            *self._range(widths.index(width_of(question)) for question in asked.distinct),
            steps,
            steps + len(asked.steps),
            plan.rows,
            *self._range(self._into[question] for question in own),
            amounts,
        )
        self._add("plans", [row])

    def _index(self, index: KeyIndex) -> Fields:
        at = self._addresses.of
        half = (index.directory.size - 1) >> 1
        directory = at(index.directory, np.int32)
        return at(index.known), directory, half, index.shift, at(index.offsets), at(index.times)

    def _matrix(self, matrix: WaveletMatrix) -> Fields:
        at = self._addresses.of
        return at(matrix.bits, np.uint64), at(matrix.ranks), at(matrix.zeros), *matrix.bits.shape

    def _values(self, by: By, values: Iterable[str], asked: _OfKey) -> Iterable[Fields]:
        at = self._addresses.of
        means = {question.value for question in asked.counted if isinstance(question, Mean)}
        ranked = {value for value, _ in asked.quantiles}
        for value in values:
            for part in self._past.parts:
                sums = [at(limb) for limb in part.sums(by, value)] if value in means else (0, 0, 0)
                orders: Fields = (0, 0, (0,) * 5)
                if value in ranked:
                    distinct, matrix = part.orders(by, value)
                    orders = at(distinct, np.float64), distinct.size, self._matrix(matrix)
                yield at(part.known(by, value)), *sums, *orders

    def _spells(self, by: By, target: str, *, party: bool) -> Iterable[Fields]:
        taken_back = self._past.taken_back(by, target, party=party)
        for part, taken in zip(self._past.parts, taken_back, strict=True):
            spells = part.spells(by, target, party=party)
            columns = [self._addresses.of(getattr(spells, name)) for name in SPELLS.names or () if name != "taken_back"]
            yield *columns, self._addresses.of(taken, np.bool_)

    def _rate(self, target: str, *, party: bool) -> int:
        number = self._rates.setdefault((target, party), len(self._rates))
        if number * len(self._past.parts) == len(self._rows["overall"]):
            self._add("overall", self._spells((), target, party=party))
        return number

    def _first_distinct(self, by: By, question: Distinct) -> Fields:
        part = self._past.parts[0]
        before, _, first = part.first_of(by, question.of)
        matrix = (0,) * 5 if question.days is None else self._matrix(part.recurrences(by, question.of))
        return self._addresses.of(before), self._addresses.of(first), matrix

    def _more_distinct(self, by: By, distinct: Iterable[Distinct]) -> Iterable[Fields]:
        at = self._addresses.of
        for question in distinct:
            for place in range(1, len(self._past.parts)):
                found = recurrences(self._past, place, by, question.of)
                matrices = self._matrix(found.matrix), self._matrix(found.negative)
                yield self._index(found.index), at(found.signs), at(found.times), found.times.size, *matrices

    def _steps(self, asked: _OfKey) -> Iterable[Fields]:
        at = self._addresses.of
        for hops, place, row in asked.steps:
            whole = self._past.whole
            since, offsets, begins, ends = reach(whole, hops)
            indexes = [whole.key((name,)) for name in hops.entities]
            begin = sum(index.known.size for index in indexes[:place])
            yield (
                self._index(indexes[place]),
                at(since) + 8 * begin,
                at(offsets) + 8 * begin,
                at(begins),
                at(ends),
                since.shape[1],
                hops.at_most + 1,
                row,
            )


def _by_key(questions: Iterable[Question]) -> tuple[dict[By, _OfKey], dict[Hops, int]]:
    """Return the questions about each key, and the first of the rows of steps that each question about hops reads."""
    groups: dict[By, _OfKey] = defaultdict(_OfKey)
    hops: dict[Hops, int] = {}
    rows = 0
    for question in questions:
        if isinstance(question, Hops):
            hops[question] = rows
            for place, name in enumerate(question.entities):
                groups[name,].steps.append((question, place, rows + place))
            rows += len(question.entities)
        elif isinstance(question, Quantile):
            groups[question.by].quantiles.setdefault((question.value, width_of(question)), []).append(question)
        elif isinstance(question, Distinct):
            groups[question.by].distinct.append(question)
        else:
            groups[question.by].counted.append(question)
    return groups, hops
