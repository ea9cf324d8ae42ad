"""Shipments as the heads see them: features, raw scores and what reasons state, worked out when they are asked for."""

from __future__ import annotations

from functools import cached_property
from math import nan
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from omdrisk.scoring.ranking import Order

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from omdrisk.entities import Fields
    from omdrisk.features import Definition, View
    from omdrisk.scoring.columns import SharedFeatures, Some
    from omdrisk.training import Head

    Floats = npt.NDArray[np.float64]
    Flags = npt.NDArray[np.bool_]

#: Rows whose features are laid out for a model at a time; were it a power of two, columns would share cache lines.
BLOCK = 16_000


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
