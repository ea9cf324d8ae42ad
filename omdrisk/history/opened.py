"""A past opened for some questions: where every array lies that their answers are read off, in a few tables.

Opening takes some milliseconds and is done once for each past; an answer is then one call of a compiled loop.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any

import numpy as np

from omdrisk.history.addresses import Addresses
from omdrisk.history.arrays import NEVER
from omdrisk.history.layout import KINDS, PLAN, RANGES, Tables
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

    def _add(self, table: str, rows: Iterable[Fields]) -> int:
        begin = len(self._rows[table])
        self._rows[table] += rows
        return begin

    def _plan(self, by: By, asked: _OfKey) -> None:
        plan, parts = Plan.of(by, asked.counted), self._past.parts
        party = self._past.party(by)
        values = list(dict.fromkeys([*plan.values, *(value for value, _ in asked.quantiles)]))
        about_places: list[Question] = [*asked.distinct, *(each[0] for each in asked.quantiles.values())]
        widths: list[int] = []
        if plan.about_shipments or plan.values or about_places:
            windows = {*plan.shipment_widths, *plan.value_widths, *map(width_of, about_places)}
            widths = [NEVER, *sorted(windows - {NEVER})]
        own = [*asked.counted, *(each for some in asked.quantiles.values() for each in some), *asked.distinct]
        ranges: dict[str, Iterable[int]] = {
            "columns": [self.entities.index(name) for name in by],
            "widths": widths,
            "windows": [widths.index(width) for width in plan.shipment_widths if plan.about_shipments],
            "value_windows": [widths.index(width) for width in plan.value_widths if plan.values],
            "distinct_windows": [widths.index(width_of(question)) for question in asked.distinct],
            "spell_widths": plan.spell_widths,
            "rates": [self._rate(target, party=party) for target in plan.rates],
            "into": [self._into[question] for question in own],
        }
        row: dict[str, int] = {}
        for name in RANGES:
            row[name] = len(self._numbers)
            self._numbers += ranges[name]
            row[f"{name}_end"] = len(self._numbers)
        row["parts"] = self._add("parts", (self._index(part.key(by)) for part in parts if own))
        row["values"] = self._add("values", self._values(by, values, asked))
        row["values_counted"] = len(plan.values)
        row["means"] = any(isinstance(question, Mean) for question in asked.counted)
        row["value_row"] = 2 + len(plan.shipment_widths)
        row["spells"] = self._add(
            "spells", (each for target in plan.targets for each in self._spells(by, target, party=party))
        )
        row["targets"] = len(plan.targets)
        row["target_row"] = plan.rows - (2 * len(plan.spell_widths) + 1) * len(plan.targets)
        row["rows"] = plan.rows
        row["asks"] = len(self._asks)
        self._asks += plan.asks.tolist()
        row["asks_end"] = len(self._asks)
        row["amounts"] = len(self._amounts)
        self._amounts += [getattr(question, "prior", getattr(question, "q", 0.0)) for question in own]
        row["stretches"] = self._add("stretches", self._stretches(asked, row["values"], values, widths))
        row["stretches_end"] = len(self._rows["stretches"])
        row["first_distinct"] = self._add("first_distinct", (self._first_distinct(by, each) for each in asked.distinct))
        row["more_distinct"] = self._add("more_distinct", self._more_distinct(by, asked.distinct))
        row["steps"] = self._add("steps", self._steps(asked))
        row["steps_end"] = len(self._rows["steps"])
        self._add("plans", [tuple(row[name] for name in PLAN.names or ())])

    def _stretches(self, asked: _OfKey, first: int, values: list[str], widths: list[int]) -> Iterable[Fields]:
        begin = len(asked.counted)
        for (value, width), quantiles in asked.quantiles.items():
            of_value = first + values.index(value) * len(self._past.parts)
            yield of_value, widths.index(width), begin, begin + len(quantiles)
            begin += len(quantiles)

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
            columns = [self._addresses.of(getattr(spells, each.name)) for each in fields(spells)]
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
                yield at(found.signs), at(found.times), found.times.size, self._index(found.index), *matrices

    def _steps(self, asked: _OfKey) -> Iterable[Fields]:
        network, at = self._past.network, self._addresses.of
        for hops, place, row in asked.steps:
            since, offsets, begins, ends = network.reach(hops)
            begin = sum(network.index(name).known.size for name in hops.entities[:place])
            yield (
                at(since) + since.itemsize * begin,
                at(offsets) + offsets.itemsize * begin,
                at(begins),
                at(ends),
                since.shape[1],
                hops.at_most + 1,
                row,
                self._index(network.index(hops.entities[place])),
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
