"""The features of several heads for the same shipments: what the heads have in common is computed once."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from omdrisk.entities import Fields
from omdrisk.errors import HistoryError
from omdrisk.scoring.seen import Seen

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    import pandas as pd

    from omdrisk.features import Catalog, Definition, Tables
    from omdrisk.features.fitted import FittedFeatures
    from omdrisk.history import History
    from omdrisk.history.questions import Question


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
