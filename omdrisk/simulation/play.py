"""Play a world in numbers: honest trade, networks against officers, and what comes of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from omdrisk.simulation import insiders
from omdrisk.simulation.amounts import Habits
from omdrisk.simulation.clock import Clock
from omdrisk.simulation.control import Officers, known_before
from omdrisk.simulation.facts import SEA, facts
from omdrisk.simulation.fronts import Recruiter
from omdrisk.simulation.licit import shipments
from omdrisk.simulation.names import Wordbook
from omdrisk.simulation.networks import Underworld, expected_rows_per_load
from omdrisk.simulation.pool import Parties, Pool
from omdrisk.simulation.relations import relations
from omdrisk.simulation.render import Renderer
from omdrisk.simulation.rows import BIT, LICIT, ROLES, Rows, has, joined, taken

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

BLOCK = 60_000
STREAMS = ("trade", "networks", "control", "insiders", "detours", "order", "names", "habits", "blocks", "cases")


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
            words=Wordbook.draw(self.rng("names"), self.parties, place.countries),
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
                "precursor": (rows["drug"] & rows["precursor"]).astype(np.int64),
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
    del trade, hidden, known  # of ten million shipments a gigabyte each
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
