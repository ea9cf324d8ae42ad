"""What the steps of a phase share while they run: its tables, its catalog, and one history that answers every head."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pandas as pd

from omdrisk.features import history_keys, history_values
from omdrisk.history import History
from omdrisk.phases.opening import catalog_of, tables_of
from omdrisk.training.phases import Phase

if TYPE_CHECKING:
    from collections.abc import Sequence

    from omdrisk.features import Catalog
    from omdrisk.phases.folder import PhaseFolder


@dataclass(frozen=True)
class Materials:
    """The tables of a phase and what is made of them.

    Parameters
    ----------
    phase
        The phase that is open.
    tested
        Earlier phases to test on.
    shipments, outcomes
        The tables.
    catalog
        All definitions, as they were when the phase was opened.
    further
        Catalogs of other heads that the history has to answer, too.
    seed
        Seed of training and intervals.
    """

    phase: Phase
    tested: tuple[Phase, ...]
    shipments: pd.DataFrame
    outcomes: pd.DataFrame
    catalog: Catalog
    further: tuple[Catalog, ...] = ()
    seed: int = 0

    @classmethod
    def of(cls, opened: PhaseFolder, further: Sequence[Catalog] = ()) -> Materials:
        """Read the materials of a phase; its tables are compared with their digests."""
        state = opened.read()
        shipments, outcomes = tables_of(opened)
        return cls(
            phase=_phase({**state, "name": state["phase"]}),
            tested=tuple(_phase(each) for each in state["tested"]),
            shipments=shipments,
            outcomes=outcomes,
            catalog=catalog_of(opened),
            further=tuple(further),
            seed=int(state["seed"]),
        )

    @cached_property
    def history(self) -> History:
        """A history of all shipments and outcomes; each feature still uses only what was known at its moment."""
        catalogs = (self.catalog, *self.further)
        keys = sorted({key for catalog in catalogs for key in history_keys(catalog)})
        values = sorted({value for catalog in catalogs for value in history_values(catalog)})
        return History.from_tables(self.shipments, self.outcomes, keys=keys, values=values)

    @cached_property
    def known(self) -> str:
        """Digest of what was known when the phase opened.

        Rows that came later do not change it: what was trained before the opening needs not be trained again when
        outcomes come back.
        """
        shipments = self.shipments[(self.shipments["filed_at"] < self.phase.start).to_numpy()]
        outcomes = self.outcomes[(self.outcomes["known_at"] < self.phase.start).to_numpy()]
        return hashlib.sha256(f"{_content(shipments)} {_content(outcomes)}".encode()).hexdigest()[:16]

    @cached_property
    def all(self) -> str:
        """Digest of everything in the tables."""
        return hashlib.sha256(f"{_content(self.shipments)} {_content(self.outcomes)}".encode()).hexdigest()[:16]

    def filed(self, start: pd.Timestamp, end: pd.Timestamp | None = None) -> pd.DataFrame:
        """Return the shipments filed from `start` until before `end`."""
        moment = self.shipments["filed_at"]
        inside = moment >= start if end is None else (moment >= start) & (moment < end)
        return self.shipments[inside.to_numpy()]


def _phase(told: Any) -> Phase:
    return Phase(told["name"], pd.Timestamp(told["start"]), pd.Timestamp(told["end"]))


def _content(frame: pd.DataFrame) -> int:
    """Return a number that stands for the rows of a frame, whatever their order and index."""
    some = frame.dropna(axis="columns", how="all")
    if not len(some):
        return 0
    some = some[sorted(some.columns)]
    return int(pd.util.hash_pandas_object(some, index=False).sum())
