"""The features of several heads for the same shipments: what the heads have in common is computed once."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from functools import cached_property
from math import nan
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from omdrisk.entities import Fields
from omdrisk.errors import HistoryError
from omdrisk.scoring.ranking import Order

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    import numpy.typing as npt

    from omdrisk.features import Catalog, Definition, Tables, View
    from omdrisk.features.fitted import FittedFeatures
    from omdrisk.history import History
    from omdrisk.history.questions import Question
    from omdrisk.training import Head

    Floats = npt.NDArray[np.float64]
    Flags = npt.NDArray[np.bool_]


#: Rows whose features are laid out for a model at a time; were it a power of two, columns would share cache lines.
BLOCK = 16_000


@dataclass
class Part:
    """Definitions that one pipeline can compute together: no two of them contradict each other."""

    definitions: dict[str, Definition] = field(default_factory=dict)
    learnt: dict[str, Any] = field(default_factory=dict)
    by_kind: dict[Any, str] = field(default_factory=dict)
    tables: dict[str, tuple[str, Tables]] = field(default_factory=dict)

    def fits(self, definition: Definition, learnt: str, tables: Mapping[str, tuple[str, Tables]]) -> bool:
        """Say whether a definition, with digests of what it learnt and looks up, agrees with the others."""
        return (
            definition.name not in self.definitions
            and self.by_kind.get(definition.kind, learnt) == learnt
            and all(self.tables.get(name, table)[0] == table[0] for name, table in tables.items())
        )


@dataclass(frozen=True)
class Some:
    """Some of the features, by their place among all, each with the pipeline that computes it; and what they ask."""

    definitions: dict[int, tuple[int, Definition]]
    questions: list[tuple[Question, ...]]

    @classmethod
    def of(cls, definitions: dict[int, tuple[int, Definition]], pipelines: int) -> Some:
        """Find for each pipeline what its definitions ask the history."""
        asked: list[dict[Question, None]] = [{} for _ in range(pipelines)]
        for at, definition in definitions.values():
            asked[at].update(dict.fromkeys(definition.kind.asked))
        return cls(definitions, [tuple(questions) for questions in asked])


@dataclass(frozen=True)
class Source:
    """Where a head's columns come from: for each of them the number of a pipeline and a column there."""

    names: list[str]
    places: list[tuple[int, str]]


class Stated:
    """What reasons state of a head's features; what none of them states is not worked out.

    Parameters
    ----------
    places
        The definition of each feature, and the shipments as it sees them.
    """

    def __init__(self, places: Sequence[tuple[Definition, View]]) -> None:
        self._places = places
        self._columns: dict[int, tuple[Floats | None, Floats | None, Flags]] = {}

    def of(self, row: int, feature: int) -> tuple[float, float, bool]:
        """Return what a reason states of a feature of a row.

        Those are the value that it states, NaN where it is the feature's own; the norm it departs from, NaN where there
        is none; and whether a missing value means that there was nothing, and not that nobody could know.
        """
        if feature not in self._columns:
            definition, view = self._places[feature]
            kind = definition.kind
            self._columns[feature] = kind.shown(view), kind.norms(view), _known(definition, view)
        shown, norms, known = self._columns[feature]
        return (
            nan if shown is None else shown[row].item(),
            nan if norms is None else norms[row].item(),
            known[row].item(),
        )


class Seen:
    """Shipments as the heads see them: everything about them is worked out once."""

    def __init__(self, shared: SharedFeatures, fields: Fields) -> None:
        self.fields = fields
        self._shared = shared
        self._views = [pipeline.view(fields) for pipeline in shared.pipelines]

    def __len__(self) -> int:
        return len(self.fields)

    @cached_property
    def order(self) -> Order:
        """How the shipments stand by one score or another."""
        return Order(self.fields.text("shipment_id"))

    @cached_property
    def _asked_for(self) -> list[Floats]:
        """The features that the trees of some head ask for; the others are missing."""
        nothing = np.full(len(self), np.nan)
        return self._worked_out(self._shared.asked_for, [nothing] * len(self._shared.every.definitions))

    @cached_property
    def _every(self) -> list[Floats]:
        if "_asked_for" in self.__dict__:
            return self._worked_out(self._shared.others, self._asked_for)
        return self._worked_out(self._shared.every, [np.empty(0)] * len(self._shared.every.definitions))

    def _worked_out(self, some: Some, known: list[Floats]) -> list[Floats]:
        made = list(known)
        for view, questions in zip(self._views, some.questions, strict=True):
            view.expect(questions)
        for place, (at, definition) in some.definitions.items():
            made[place] = definition.values(self._views[at])
        return made

    def asked_for(self, head: str) -> list[Floats]:
        """Return the features of a head, one by one in the order of its model; what its trees never ask is missing."""
        found = self._asked_for
        return [found[place] for place in self._shared.columns[head]]

    def columns(self, head: str) -> list[Floats]:
        """Return the features of a head one by one, in the order of its model."""
        found = self._every
        return [found[place] for place in self._shared.columns[head]]

    def features(self, head: str) -> Floats:
        """Return the features of a head, shape (rows, features), in the order of its model."""
        return np.array(self.columns(head)).T

    def raw(self, name: str, head: Head) -> Floats:
        """Return the raw scores of the head `name`, whose features are laid out `BLOCK` rows at a time."""
        columns, rows = self.asked_for(name), len(self)
        if rows <= BLOCK:
            return np.asarray(head.raw(np.array(columns).T), dtype=np.float64)
        raw = np.empty(rows)
        for begin in range(0, rows, BLOCK):
            block = slice(begin, begin + BLOCK)
            raw[block] = head.raw(np.array([column[block] for column in columns]).T)
        return raw

    def table(self, head: str) -> pd.DataFrame:
        """Return the features of a head with their names and the index of the shipments."""
        names = self._shared.sources[head].names
        return pd.DataFrame(self.features(head), index=self.fields.index, columns=names)

    def stated(self, head: str) -> Stated:
        """Return what reasons state of a head's features."""
        pipelines = self._shared.pipelines
        places = self._shared.sources[head].places
        return Stated([(pipelines[at].catalog_[name], self._views[at]) for at, name in places])


class SharedFeatures:
    """Computes each head's features as the heads' own pipelines do, without doing equal work twice.

    A definition that two heads hold in the same words, with the same tables and the same learnt values, gives
    the same numbers for both, since a feature depends on nothing else; and one look at the shipments serves
    all definitions.

    Parameters
    ----------
    pipelines
        The fitted pipeline of each head, as training left it.
    history
        What is known; None makes all that asks the past missing.
    used
        The places of the features that each head's trees ask for; None for all. To score, no other is worked out,
        except categories, whose unseen values are told.

    Raises
    ------
    HistoryError
        If a head asks about something that the history does not keep.
    """

    def __init__(
        self,
        pipelines: Mapping[str, FittedFeatures],
        history: History | None = None,
        used: Mapping[str, Collection[int]] | None = None,
    ) -> None:
        self.asks_history = any(pipeline.catalog_.questions() for pipeline in pipelines.values())
        self.sources: dict[str, Source] = {}
        parts: list[Part] = []
        known: dict[str, tuple[int, str]] = {}
        for head, pipeline in pipelines.items():
            if history is not None:
                _check(history, pipeline.catalog_, head)
            self.sources[head] = _place(pipeline, parts, known)
        self.pipelines = [_pipeline(part, pipelines, history) for part in parts]
        names = [(at, name) for at, part in enumerate(parts) for name in part.definitions]
        column = {place: at for at, place in enumerate(names)}
        self.columns = {head: [column[place] for place in source.places] for head, source in self.sources.items()}
        needed: set[int] = set()
        for head, pipeline in pipelines.items():
            own = range(len(pipeline.catalog_)) if used is None else used[head]
            needed.update(self.columns[head][place] for place in own)
            needed.update(self.columns[head][place] for place, _ in pipeline.catalog_.categories)
        every = {place: (at, self.pipelines[at].catalog_[name]) for place, (at, name) in enumerate(names)}
        self.every = Some.of(every, len(parts))
        self.asked_for = Some.of({place: own for place, own in every.items() if place in needed}, len(parts))
        self.others = Some.of({place: own for place, own in every.items() if place not in needed}, len(parts))

    def see(self, shipments: Any) -> Seen:
        """Look at shipments: `entities.Fields`, or whatever makes some."""
        return Seen(self, shipments if isinstance(shipments, Fields) else Fields(shipments))

    def of(self, shipments: Any) -> dict[str, pd.DataFrame]:
        """Return the features of each head, with the index of the shipments."""
        seen = self.see(shipments)
        return {head: seen.table(head) for head in self.sources}


def _known(definition: Definition, view: View) -> Flags:
    """Say for which rows a missing value means "never".

    Those are the rows of the definition's modes whose keys a history can be asked about.
    """
    kind = definition.kind
    by = tuple(name for name in getattr(kind, "by", ()) if isinstance(name, str))
    asks = bool(kind.questions())
    return view.once(("known", definition.modes, asks, by), lambda: _knowable(view, definition.modes, by, asks=asks))


def _knowable(view: View, modes: tuple[str, ...], by: tuple[str, ...], *, asks: bool) -> Flags:
    known = np.full(len(view), fill_value=True)
    if modes:
        mode = view.column("transport_mode")
        known = mode.spread([float(code in modes) for code in mode.texts]) != 0.0
    if not asks:
        return known
    if view.history is None:
        return ~known
    for name in by:
        known &= view.entity(name).codes >= 0
    return known


def _place(pipeline: FittedFeatures, parts: list[Part], known: dict[str, tuple[int, str]]) -> Source:
    """Find for each definition of a pipeline the part that computes it, or add it where it fits."""
    catalog = pipeline.catalog_
    tables = {name: (_digest_of(catalog.tables, name), catalog.tables) for name in catalog.tables}
    places = []
    for definition in catalog:
        own = {name: tables[name] for name in definition.kind.tables}
        learnt = _digest(pipeline.learnt_.get(definition.name))
        mark = _digest([definition.to_dict(), learnt, {name: digest for name, (digest, _) in own.items()}])
        if mark not in known:
            at = next((at for at, part in enumerate(parts) if part.fits(definition, learnt, own)), len(parts))
            if at == len(parts):
                parts.append(Part())
            parts[at].definitions[definition.name] = definition
            parts[at].by_kind[definition.kind] = learnt
            parts[at].tables |= own
            if definition.kind.learns:
                parts[at].learnt[definition.name] = pipeline.learnt_[definition.name]
            known[mark] = (at, definition.name)
        places.append(known[mark])
    return Source([definition.name for definition in catalog], places)


def _pipeline(part: Part, pipelines: Mapping[str, FittedFeatures], history: History | None) -> FittedFeatures:
    from omdrisk.features import Catalog, Tables

    first = next(iter(pipelines.values()))
    catalog = Catalog(part.definitions.values(), Tables.of({name: tables for name, (_, tables) in part.tables.items()}))
    return type(first).from_state({**first.state(), "learnt": part.learnt}, catalog, history)


def _digest_of(tables: Tables, name: str) -> str:
    return tables.derive("digest", name, lambda _: _digest(tables.plain(name)))


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def _check(history: History, catalog: Catalog, head: str) -> None:
    from omdrisk.features import history_keys, history_values

    asked_and_kept = {
        "entity": (history_keys(catalog), history.keys),
        "number": (history_values(catalog), history.values),  # noqa: PD011
    }
    for what, (asked, kept) in asked_and_kept.items():
        lost = sorted(set(asked) - set(kept))
        if lost:
            raise HistoryError(
                f"the history keeps no {what} {', '.join(lost)}, which the head {head!r} asks about. "
                "Make one that does with `omdrisk observe --create`, and give it the shipments again."
            )
