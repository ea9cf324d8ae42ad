"""A world in canonical tables: in one piece, or in parts for sizes that no memory holds."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pandas as pd

from omdrisk.errors import InputError
from omdrisk.simulation.cases import Reporter
from omdrisk.simulation.examined import inspections
from omdrisk.simulation.files import write_world
from omdrisk.simulation.parameters import read_parameters
from omdrisk.simulation.play import play
from omdrisk.simulation.rows import taken

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

FEWEST = 500
FULL_SIZE = 240_000


@dataclass(frozen=True)
class World:
    """A simulated world.

    Attributes
    ----------
    shipments, cases, inspections
        The canonical tables, as agencies hold them, all columns in their canonical types. Shipments are in order of
        ``filed_at``, inspections and cases in order of ``known_at``.
    truth
        What no agency knows, one row per shipment in the order of `shipments`: shipment_id; drug and wildlife (1 if the
        shipment hides it, else 0); precursor (1 if the drugs are precursors); network (who is behind it; missing for
        honest trade); role (licit, dummy: a clean shipment of a front, front, complicit, hijacked: the parties are
        innocent); hijacked; kg hidden.
    phases
        phase, start, end (the first moment after it).
    parameters
        What the world was made from, as nested dictionaries.
    seed
        The seed that it was made from.
    """

    shipments: pd.DataFrame
    cases: pd.DataFrame
    inspections: pd.DataFrame
    truth: pd.DataFrame
    phases: pd.DataFrame
    parameters: Mapping[str, Any] = field(repr=False)
    seed: int = 0

    def write(self, folder: str | Path) -> dict[str, list[Path]]:
        """Write the world as files of agencies, untidy as such files are; see `omdrisk.simulation.files`."""
        return write_world(self, folder)


def simulate_in_parts(
    seed: int = 0, shipments: int = FULL_SIZE, parameters: str | Path | Mapping[str, Any] | None = None
) -> Iterator[World]:
    """Simulate a world part by part, in order of time, each part with at most 60,000 shipments.

    The parts put together are the world that `simulate` returns. Of the whole world only numbers are kept in memory
    (some 400 bytes a shipment while it is played, 240 while parts are read), so that ten million shipments pass
    through a machine of ordinary size.

    Parameters
    ----------
    seed, shipments, parameters
        As for `simulate`.

    Yields
    ------
    World
        Shipments and truth of the part, the inspections of these shipments and the cases made of them; the last part
        holds the cases of others, too.

    Examples
    --------
    >>> [len(part.shipments) for part in simulate_in_parts(shipments=2_000)]
    [2000]
    """
    if shipments < FEWEST:
        raise InputError(f"A world of {shipments} shipments is too small; ask for {FEWEST} or more (2000 for tests).")
    values = read_parameters(parameters)
    played = play(seed, shipments, values)
    rng = played.rng("cases")
    reporter = Reporter(rng, played.clock, values)
    left = shipments
    for rows, table in played.blocks():
        left -= len(table)
        mine = (rows["selector"] >= 0) | rows["drug"] | rows["wildlife"]
        noted, cells = taken(rows, mine), table[mine].reset_index(drop=True)
        selected = noted["selector"] >= 0
        made = inspections(rng, values, taken(noted, selected), cells[selected].reset_index(drop=True))
        cases = reporter.report(noted, cells, made)
        reporter.false_reports(noted, cells, made)
        reporter.warnings(noted, cells, made)
        if left <= 0:
            reporter.elsewhere(float(values["totals"]["case_share"]) * shipments / FULL_SIZE)
        made["case_id"] = made["shipment_id"].map(cases).where(made["finding_kg"].notna()).astype("str")
        yield World(
            shipments=table,
            cases=_in_order(reporter.new_cases(), "case_id"),
            inspections=_in_order(made, "inspection_id"),
            truth=played.truth(rows, table["shipment_id"]),
            phases=played.clock.table(),
            parameters=values,
            seed=seed,
        )


def _in_order(table: pd.DataFrame, key: str) -> pd.DataFrame:
    return table.sort_values(["known_at", key], kind="stable", ignore_index=True)


def simulate(
    seed: int = 0, shipments: int = FULL_SIZE, parameters: str | Path | Mapping[str, Any] | None = None
) -> World:
    """Simulate a world.

    Parameters
    ----------
    seed
        The same seed, size and parameters give the same world, byte for byte.
    shipments
        How many shipments all administrations hold together, from 500 upwards; 2,000 is the least that gives every
        administration some of each kind. Contraband, inspections and cases scale with it.
    parameters
        What differs from ``world.toml``: a level (``"easy"``, ``"default"``, ``"hard"``), a TOML file, or a mapping;
        see `omdrisk.simulation.parameters.read_parameters`.

    Raises
    ------
    InputError
        If `shipments` is too small to make a world.
    DefinitionError
        If the parameters name what does not exist.

    Examples
    --------
    >>> world = simulate(seed=1, shipments=2_000)
    >>> len(world.shipments), world.phases["phase"].tolist()
    (2000, ['I', 'II', 'III', 'IV', 'V'])
    >>> set(world.truth.columns) & set(world.shipments.columns)
    {'shipment_id'}
    """
    parts = list(simulate_in_parts(seed, shipments, parameters))
    return World(
        shipments=pd.concat([part.shipments for part in parts], ignore_index=True),
        cases=_in_order(pd.concat([part.cases for part in parts], ignore_index=True), "case_id"),
        inspections=_in_order(pd.concat([part.inspections for part in parts], ignore_index=True), "inspection_id"),
        truth=pd.concat([part.truth for part in parts], ignore_index=True),
        phases=parts[0].phases,
        parameters=parts[0].parameters,
        seed=seed,
    )
