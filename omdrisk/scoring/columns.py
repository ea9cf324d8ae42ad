"""The features of several heads for the same shipments: what the heads have in common is computed once."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from omdrisk.errors import HistoryError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    from omdrisk.features import Catalog, Definition, FeaturePipeline, View
    from omdrisk.history import History


@dataclass
class Part:
    """Definitions that one pipeline can compute together: no two of them contradict each other."""

    definitions: dict[str, Definition] = field(default_factory=dict)
    learnt: dict[str, Any] = field(default_factory=dict)
    by_kind: dict[Any, str] = field(default_factory=dict)
    tables: dict[str, tuple[str, pd.DataFrame]] = field(default_factory=dict)

    def fits(self, definition: Definition, learnt: str, tables: Mapping[str, tuple[str, pd.DataFrame]]) -> bool:
        """Say whether a definition, with digests of what it learnt and looks up, agrees with the others."""
        return (
            definition.name not in self.definitions
            and self.by_kind.get(definition.kind, learnt) == learnt
            and all(self.tables.get(name, table)[0] == table[0] for name, table in tables.items())
        )


@dataclass(frozen=True)
class Source:
    """Where a head's columns come from: for each of them the number of a pipeline and a column there."""

    names: list[str]
    places: list[tuple[int, str]]


@dataclass(frozen=True)
class Stated:
    """What reasons state of a head's features, each an array of shape (rows, features).

    Parameters
    ----------
    shown
        The value that a reason states; NaN where it is the feature's own.
    norms
        The norm it departs from; NaN where there is none.
    known
        Whether a missing value means that there was nothing, and not that nobody could know.
    """

    shown: npt.NDArray[np.float64]
    norms: npt.NDArray[np.float64]
    known: npt.NDArray[np.bool_]


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

    Raises
    ------
    HistoryError
        If a head asks about something that the history does not keep.
    """

    def __init__(self, pipelines: Mapping[str, FeaturePipeline], history: History | None = None) -> None:
        self.asks_history = any(pipeline.catalog_.questions() for pipeline in pipelines.values())
        self.sources: dict[str, Source] = {}
        parts: list[Part] = []
        known: dict[str, tuple[int, str]] = {}
        for head, pipeline in pipelines.items():
            if history is not None:
                _check(history, pipeline.catalog_, head)
            self.sources[head] = _place(pipeline, parts, known)
        self.pipelines = [_pipeline(part, pipelines, history) for part in parts]
        every = [(at, name) for at, part in enumerate(parts) for name in part.definitions]
        column = {place: at for at, place in enumerate(every)}
        self._columns = {
            head: np.array([column[place] for place in source.places]) for head, source in self.sources.items()
        }

    def of(self, shipments: pd.DataFrame) -> dict[str, pd.DataFrame]:
        """Return the features of each head for canonical shipments, with their index."""
        every = np.hstack([pipeline.transform(shipments).to_numpy() for pipeline in self.pipelines])
        return {
            head: pd.DataFrame(every[:, self._columns[head]], index=shipments.index, columns=source.names)
            for head, source in self.sources.items()
        }

    def stated(self, shipments: pd.DataFrame) -> dict[str, Stated]:
        """Return for each head what reasons state of its features."""
        nothing = np.full(len(shipments), np.nan)
        shown, norms, known = [], [], []
        for pipeline in self.pipelines:
            view = pipeline.view(shipments)
            for definition in pipeline.catalog_:
                value, norm = definition.kind.shown(view), definition.kind.norms(view)
                shown.append(nothing if value is None else value)
                norms.append(nothing if norm is None else norm)
                known.append(_known(definition, view))
        every = [np.column_stack(parts) for parts in (shown, norms, known)]
        return {head: Stated(*(part[:, columns] for part in every)) for head, columns in self._columns.items()}


def _known(definition: Definition, view: View) -> npt.NDArray[np.bool_]:
    """Say for which rows a missing value means "never".

    Those are the rows of the definition's modes whose keys a history can be asked about.
    """
    known = np.full(len(view), fill_value=True)
    if definition.modes:
        mode = view.column("transport_mode")
        known = mode.spread([float(code in definition.modes) for code in mode.texts]) != 0.0
    if not definition.kind.questions():
        return known
    if view.history is None:
        return ~known
    for name in getattr(definition.kind, "by", ()):
        if isinstance(name, str):
            known &= view.entity(name).codes >= 0
    return known


def _place(pipeline: FeaturePipeline, parts: list[Part], known: dict[str, tuple[int, str]]) -> Source:
    """Find for each definition of a pipeline the part that computes it, or add it where it fits."""
    catalog = pipeline.catalog_
    rows = catalog.tables.to_dict()
    tables = {name: (_digest(rows[name]), catalog.tables[name]) for name in catalog.tables}
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


def _pipeline(part: Part, pipelines: Mapping[str, FeaturePipeline], history: History | None) -> FeaturePipeline:
    from omdrisk.features import Catalog, Tables

    first = next(iter(pipelines.values()))
    catalog = Catalog(part.definitions.values(), Tables({name: table for name, (_, table) in part.tables.items()}))
    return type(first).from_state({**first.state(), "learnt": part.learnt}, catalog, history)


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
