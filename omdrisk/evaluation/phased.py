"""Phase by phase: a head of what was known before, and the shipments of the phase as they were when filed."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from omdrisk.errors import InputError
from omdrisk.evaluation.keeping import Kept
from omdrisk.features import Catalog
from omdrisk.linking.inspections import USUAL_TARGETS
from omdrisk.records.canonical import frame_of
from omdrisk.training.labels import labelled, stands_for
from omdrisk.training.loop import history_of, train
from omdrisk.training.phases import as_phases, read_phases
from omdrisk.training.seeds import check_seed
from omdrisk.training.tables import as_outcomes, as_shipments, as_truth

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    import numpy.typing as npt

    from omdrisk.history import History
    from omdrisk.training import Head, Recipe
    from omdrisk.training.phases import Phase

    Floats = npt.NDArray[np.float64]

EVER = pd.Timestamp("2262-01-01", tz="UTC")


@dataclass(frozen=True)
class Tested:
    """A phase that is tested.

    Attributes
    ----------
    phase, head
        The phase, and the head that was trained on what was known before it.
    shipments
        Shipments of the phase to test on: all if the truth is known, else those that were examined.
    found
        1 where there was something, else 0.
    stands_for
        How many shipments each one stands for.
    features
        The head's features, each shipment as of its own filing.
    amount
        Kilograms found; None where they are not known.
    """

    phase: Phase
    head: Head
    shipments: pd.DataFrame
    found: Floats
    stands_for: Floats
    features: pd.DataFrame = field(repr=False)
    amount: Floats | None = None


@dataclass
class Walk:
    """The tables of a phase-forward test, with the history that answers for all phases.

    Attributes
    ----------
    told
        What was found, or, where the truth is known, hidden: shipment_id and target, a row for each.
    kept
        Where finished phases are kept; None where they are not.
    skipped
        Phases that could not be tested, and why; complete when :meth:`each` has ended.
    """

    recipe: Recipe
    shipments: pd.DataFrame
    outcomes: pd.DataFrame
    phases: Sequence[Phase]
    catalog: Catalog
    history: History
    truth: pd.DataFrame | None
    told: pd.DataFrame
    amounts: pd.Series | None
    seed: int
    heads: Mapping[str, Head]
    kept: Kept | None = None
    skipped: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        recipe: Recipe,
        shipments: Any,
        outcomes: Any,
        *,
        phases: Any = None,
        truth: Any = None,
        amounts: Any = None,
        seed: int = 0,
        catalog: Catalog | None = None,
        heads: Mapping[str, Head] | None = None,
        folder: str | Path | None = None,
        **further: Any,
    ) -> Walk:
        """Check the tables and make the history; parameters are those of `backtest` and `baselines`.

        What else the kept parts depend on is given as `further`.
        """
        seed = check_seed(seed)
        shipments, outcomes = as_shipments(shipments), as_outcomes(outcomes)
        kilograms = amounts if truth is None or amounts is not None else truth
        known = None if truth is None else as_truth(truth, recipe.target)
        chosen = recipe.choose(Catalog.read() if catalog is None else catalog)
        kept = None
        if folder is not None:
            tables = (frame_of(table) for table in (shipments, outcomes, truth, amounts) if table is not None)
            kept = Kept.of(folder, recipe.to_dict(), chosen.to_dict(), seed, further, *tables)
        return cls(
            recipe=recipe,
            shipments=shipments,
            outcomes=outcomes,
            phases=chosen_phases(phases),
            catalog=chosen,
            history=history_of(chosen, shipments, outcomes),
            truth=known,
            told=_told(outcomes, truth),
            amounts=_kilograms(kilograms),
            seed=seed,
            heads=heads or {},
            kept=kept,
        )

    def each(self, what: str, measure: Callable[[Phase], dict[str, pd.DataFrame]]) -> Iterator[dict[str, pd.DataFrame]]:
        """Yield the tables that `measure` makes of each phase that can be tested, with the name of the phase.

        Parameters
        ----------
        what
            Name of what is measured; finished phases are kept under it.
        measure
            Raises `InputError` where a phase cannot be tested.

        Raises
        ------
        InputError
            If no phase could be tested; the message says why.
        """
        some = False
        for phase in self.phases:
            try:
                if self.kept is None:
                    tables = measure(phase)
                else:
                    span = f"{phase.name} {phase.start.date()} {phase.end.date()}"
                    tables = self.kept.tables(f"{self.recipe.target} {what} {span}", partial(measure, phase))
            except InputError as error:
                self.skipped[phase.name] = str(error)
                continue
            some = True
            yield {name: table.assign(phase=phase.name) for name, table in tables.items()}
        if not some:
            why = "; ".join(f"{name}: {reason}" for name, reason in self.skipped.items())
            raise InputError(f"no phase could be tested. {why}")

    def tested(self, phase: Phase) -> Tested:
        """Return a phase with its head, its shipments and their features.

        Raises
        ------
        InputError
            If nothing could be learnt before it, or nothing be measured in it.
        """
        head = self.head(phase)
        rows, found, weight = self._rows(phase)
        features = head.pipeline.with_history(self.history).transform(rows)
        amount = None
        if self.amounts is not None:
            amount = self.amounts.reindex(rows["shipment_id"]).to_numpy(dtype=np.float64)
        return Tested(phase, head, rows, found, weight, features, amount)

    def head(self, phase: Phase) -> Head:
        """Return the head of what was known before a phase."""
        given = self.heads.get(phase.name)
        if given is not None:
            return given
        return train(
            self.recipe,
            self.shipments,
            self.outcomes,
            as_of=phase.start,
            seed=self.seed,
            catalog=self.catalog,
            history=self.history,
        )

    def filed_in(self, phase: Phase) -> pd.DataFrame:
        """Return the shipments that were filed in a phase."""
        filed = self.shipments["filed_at"]
        return self.shipments[((filed >= phase.start) & (filed < phase.end)).to_numpy()]

    def labels_in(self, phase: Phase) -> pd.DataFrame:
        """Return the examined shipments of a phase, whenever that became known, as `labelled` does."""
        labels = labelled(self.recipe, self.shipments, self.outcomes, EVER)
        return labels[(labels["filed_at"] >= phase.start) & (labels["filed_at"] < phase.end)]

    def hidden_in(self, rows: pd.DataFrame) -> Floats:
        """Return the truth about shipments."""
        assert self.truth is not None  # noqa: S101  (asked only where it is)
        truth = self.truth.set_index("shipment_id")[self.recipe.target]
        return truth.reindex(rows["shipment_id"]).to_numpy(dtype=np.float64)

    def _rows(self, phase: Phase) -> tuple[pd.DataFrame, Floats, Floats]:
        if self.truth is None:
            labels = self.labels_in(phase)
            rows = self.shipments.iloc[labels["row"].to_numpy()]
            found = labels["found"].to_numpy(dtype=np.float64)
            weight = stands_for(labels["selection_probability"], self.recipe.weights.clip)
        else:
            rows = self.filed_in(phase)
            found = self.hidden_in(rows)
            weight = np.ones(len(rows))
        if not 0 < found.sum() < len(found):
            counted = f"{len(found):,} shipments to test on, {int(found.sum()):,} of them found"
            raise InputError(f"{counted}: nothing to measure")
        return rows, found, weight


def chosen_phases(phases: Any) -> Sequence[Phase]:
    """Return phases by their names in ``models/phases.toml``, or as `as_phases` reads them; None for all."""
    if phases is None:
        return read_phases()
    if isinstance(phases, (list, tuple)) and phases and all(isinstance(name, str) for name in phases):
        known = {phase.name: phase for phase in read_phases()}
        unknown = [name for name in phases if name not in known]
        if unknown:
            raise InputError(f"phase {unknown[0]!r} is not in models/phases.toml, which has {', '.join(known)}")
        return [known[name] for name in phases]
    return as_phases(phases)


def _told(outcomes: pd.DataFrame, truth: Any) -> pd.DataFrame:
    """Return what was found or is hidden: shipment_id and target, a row for each."""
    told = outcomes.rename(columns={"outcome": "found"})
    if truth is not None:
        table = frame_of(truth)
        targets = [name for name in (*USUAL_TARGETS, "precursor") if name in table]
        told = table.melt("shipment_id", targets, var_name="target", value_name="found")
    return told.loc[told["found"] == 1, ["shipment_id", "target"]].astype("str")


def _kilograms(table: Any) -> pd.Series | None:
    """Return kilograms by shipment from a table with ``shipment_id`` and ``kg`` or ``finding_kg``."""
    if not isinstance(table, pd.DataFrame) or "shipment_id" not in table:
        return None
    name = next((each for each in ("kg", "finding_kg", "kg_equivalent") if each in table), None)
    return None if name is None else table.groupby("shipment_id")[name].max()
