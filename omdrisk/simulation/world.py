"""A world: play it in numbers, then put it into the canonical tables, block by block."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from omdrisk.errors import InputError
from omdrisk.simulation import insiders
from omdrisk.simulation.amounts import Habits
from omdrisk.simulation.cases import Reporter
from omdrisk.simulation.clock import Clock
from omdrisk.simulation.control import Officers, known_before
from omdrisk.simulation.examined import inspections
from omdrisk.simulation.facts import SEA, facts
from omdrisk.simulation.files import write_world
from omdrisk.simulation.fronts import Recruiter
from omdrisk.simulation.licit import relations, shipments
from omdrisk.simulation.names import words
from omdrisk.simulation.networks import Underworld, expected_rows_per_load
from omdrisk.simulation.parameters import read_parameters
from omdrisk.simulation.pool import Parties, Pool
from omdrisk.simulation.render import Renderer
from omdrisk.simulation.rows import BIT, LICIT, ROLES, Rows, has, joined, taken

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from numpy.typing import NDArray

BLOCK = 60_000
FEWEST = 500
STREAMS = ("trade", "networks", "control", "insiders", "detours", "order", "names", "habits", "blocks", "cases")


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
        shipment hides it, else 0); network (who is behind it; missing for honest trade); role (licit, dummy: a clean
        shipment of a front, front, complicit, hijacked: the parties are innocent); hijacked; kg hidden.
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


@dataclass
class Play:
    """A world that has been played but not yet put into words."""

    parameters: Mapping[str, Any]
    clock: Clock
    rows: Rows
    parties: Parties
    networks: list[str]
    seeds: dict[str, np.random.SeedSequence]

    def rng(self, stream: str) -> np.random.Generator:
        """Return the generator of a stream, from its start."""
        return np.random.Generator(np.random.PCG64(self.seeds[stream]))

    def blocks(self) -> Iterator[tuple[Rows, pd.DataFrame]]:
        """Put the shipments into words, block by block, in order of time."""
        place = facts()
        renderer = Renderer(
            facts=place,
            parameters=self.parameters,
            clock=self.clock,
            parties=self.parties,
            words=words(self.rng("names"), self.parties, place.countries),
            habits=Habits.draw(self.rng("habits"), place, int(self.rows["relation"].max()) + 1),
        )
        count = len(self.rows["moment"])
        starts = range(0, count, BLOCK)
        for start, seed in zip(starts, self.seeds["blocks"].spawn(len(starts)), strict=True):
            block = taken(self.rows, np.arange(start, min(start + BLOCK, count)))
            yield block, renderer.shipments(np.random.Generator(np.random.PCG64(seed)), block)

    def truth(self, rows: Rows, ids: pd.Series) -> pd.DataFrame:
        """Return what is behind the shipments of `rows`."""
        network = np.array([*self.networks, None], dtype=object)[rows["network"]]
        return pd.DataFrame(
            {
                "shipment_id": ids.array,
                "drug": rows["drug"].astype(np.int64),
                "wildlife": rows["wildlife"].astype(np.int64),
                "network": pd.array(network, dtype="str"),
                "role": pd.array(np.array(ROLES, dtype=object)[rows["role"]], dtype="str"),
                "hijacked": rows["role"] == ROLES.index("hijacked"),
                "kg": rows["kg"],
            }
        )


def play(seed: int, count: int, parameters: Mapping[str, Any]) -> Play:
    """Play a world of `count` shipments in numbers."""
    root = np.random.SeedSequence(seed)
    seeds = dict(zip(STREAMS, root.spawn(len(STREAMS)), strict=True))
    rng = {name: np.random.Generator(np.random.PCG64(own)) for name, own in seeds.items()}
    place, clock, pool = facts(), Clock(parameters["phases"]), Pool()
    known = relations(rng["trade"], place, clock, parameters, count, pool)
    trade = shipments(rng["trade"], place, clock, parameters, count, pool, known)
    officers = Officers(place, clock, parameters, trade, rng["control"])
    recruiter = Recruiter(rng["networks"], place, clock, parameters, pool, known, int(trade["relation"].max()) + 1)
    under = Underworld(recruiter)
    numbers = _numbers(parameters, count)
    plan = under.schedule("drug", numbers["drug"]) + under.schedule("wildlife", numbers["wildlife"])
    hidden = under.play(plan, officers, rng["control"])
    for relation, agent in recruiter.borrowed:
        trade["forwarder"][trade["relation"] == relation] = agent
    kept = np.sort(rng["order"].permutation(count)[: max(count - len(hidden["moment"]), 1)])
    trade = taken(trade, kept)
    for target in ("drug", "wildlife"):
        mine = [network for network in under.networks if network.target == target]
        insiders.complicit(rng["insiders"], place, parameters, trade, mine, numbers[f"{target}_complicit"])
    insiders.hijacked(rng["insiders"], place, clock, parameters, trade, numbers["hijacked"])
    rows = joined([trade, hidden])
    _chemicals(rng["insiders"], parameters, rows)
    rows = taken(rows, np.lexsort((rng["order"].random(len(rows["moment"])), rows["moment"])))
    open_cases = ~rows["decided"]
    seen, pairs = known_before(rows)
    late = taken(rows, open_cases)
    officers.decide(rng["control"], late, seen[open_cases], pairs[open_cases])
    for name in ("selector", "probability", "score", "method", "result", "decided"):
        rows[name][open_cases] = late[name]
    _detours(rng["detours"], rows)
    rows["serial"] = rng["order"].permutation(len(rows["moment"])).astype(np.int64)
    names = [f"{network.target[0].upper()}{network.number:05d}" for network in under.networks]
    return Play(parameters, clock, rows, pool.parties(), names, seeds)


def _numbers(parameters: Mapping[str, Any], count: int) -> dict[str, int]:
    totals, who = parameters["totals"], parameters["contraband"]
    drug, wildlife = totals["drug"] * count, totals["wildlife"] * count
    per_load = expected_rows_per_load(parameters)
    return {
        "drug": max(3, round(drug * (1 - who["complicit"] - who["hijacked"]) / per_load)),
        "wildlife": max(2, round(wildlife * (1 - who["wildlife_complicit"]) / per_load)),
        "drug_complicit": round(drug * who["complicit"]),
        "wildlife_complicit": round(wildlife * who["wildlife_complicit"]),
        "hijacked": round(drug * who["hijacked"]),
    }


def _chemicals(rng: np.random.Generator, parameters: Mapping[str, Any], rows: Rows) -> None:
    """Make part of the drug loads of traders that exist anyway precursors, where the goods are chemicals."""
    chemical = facts().goods.covers[:, 2][rows["good"]] & rows["drug"] & (rows["role"] != LICIT)
    chance = min(1.0, float(parameters["totals"]["precursor"]) * 6)
    rows["precursor"] |= chemical & (rng.random(len(chemical)) < chance)


def _detours(rng: np.random.Generator, rows: Rows) -> None:
    """Lead honest shipments that have the tell over a hub as well."""
    place = facts()
    wanted = has(rows, "detour") & (rows["via"] < 0)
    ports = np.array([place.place(code) for code in ("SGSIN", "MYPKG", "HKHKG", "KRPUS", "TWKHH", "LKCMB", "AEJEA")])
    airports = np.array([place.place(code) for code in ("SIN", "HKG", "DXB", "ICN", "BKK", "KUL", "IST")])
    pick = rng.integers(0, len(ports), size=len(wanted))
    hub: NDArray[np.int64] = np.where(rows["mode"] == SEA, ports[pick], airports[pick])
    same = (hub == rows["loading"]) | (hub == rows["discharge"])
    rows["via"] = np.where(wanted & ~same, hub, rows["via"]).astype(np.int16)
    rows["tells"] = np.where(wanted & same, rows["tells"] & ~BIT["detour"], rows["tells"])


def simulate(
    seed: int = 0, shipments: int = 240_000, parameters: str | Path | Mapping[str, Any] | None = None
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
    if shipments < FEWEST:
        raise InputError(f"A world of {shipments} shipments is too small; ask for {FEWEST} or more (2000 for tests).")
    values = read_parameters(parameters)
    played = play(seed, shipments, values)
    tables, truths, examined, rows_kept, kept = [], [], [], [], []
    for rows, table in played.blocks():
        tables.append(table)
        truths.append(played.truth(rows, table["shipment_id"]))
        mine = (rows["selector"] >= 0) | rows["drug"] | rows["wildlife"]
        rows_kept.append(taken(rows, mine))
        kept.append(table[mine])
    rows, table = joined(rows_kept), pd.concat(kept, ignore_index=True)
    rng = played.rng("cases")
    selected = rows["selector"] >= 0
    made = inspections(rng, values, taken(rows, selected), table[selected].reset_index(drop=True))
    reporter = Reporter(rng, played.clock, values)
    cases = reporter.report(rows, table, made)
    reporter.false_reports(rows, table, made)
    reporter.warnings(rows, table, made)
    reporter.elsewhere(float(values["totals"]["case_share"]) * shipments / 240_000)
    made["case_id"] = made["shipment_id"].map(cases).where(made["finding_kg"].notna()).astype("str")
    made = made.sort_values(["known_at", "inspection_id"], ignore_index=True)
    del examined
    return World(
        shipments=pd.concat(tables, ignore_index=True),
        cases=reporter.table(),
        inspections=made,
        truth=pd.concat(truths, ignore_index=True),
        phases=played.clock.table(),
        parameters=values,
        seed=seed,
    )
