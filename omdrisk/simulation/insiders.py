"""Contraband in the shipments of traders that exist anyway: some of them know of it, some do not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from omdrisk.simulation.facts import COVERS, SEA, Facts
from omdrisk.simulation.rows import BIT, COMPLICIT, HIJACKED, IMPORT, LICIT, Rows

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from omdrisk.simulation.clock import Clock
    from omdrisk.simulation.fronts import Network

RISKY_LOADING = {"EC": 6, "CO": 6, "BR": 4, "PE": 4, "CL": 2, "MX": 3, "NL": 2, "BE": 2, "US": 2, "TH": 1, "MY": 1}
HOT_PORTS = 3


def complicit(
    rng: np.random.Generator,
    facts: Facts,
    parameters: Mapping[str, Any],
    rows: Rows,
    networks: Sequence[Network],
    count: int,
) -> None:
    """Let established traders on the lanes of a network carry `count` loads for it, now and then."""
    free = (rows["role"] == LICIT) & (rows["direction"] == IMPORT) & ~rows["private"]
    on_corridor: dict[str, NDArray[np.int64]] = {}
    left = count
    for index in rng.permutation(np.repeat(np.arange(len(networks)), 6)).tolist():
        network = networks[index]
        name = f"{network.target} {network.corridor['name']}"
        if name not in on_corridor:
            on_corridor[name] = _on_corridor(facts, parameters, rows, free, network.corridor)
        candidates = on_corridor[name]
        moments = rows["moment"][candidates]
        candidates = candidates[(moments >= network.start) & (moments < network.end)]
        candidates = candidates[rows["role"][candidates] == LICIT]
        if not len(candidates):
            continue
        trader = rows["local"][candidates[int(rng.integers(0, len(candidates)))]]
        his = candidates[rows["local"][candidates] == trader]
        chosen = rng.choice(his, size=min(left, len(his), 1 + int(rng.poisson(3.0))), replace=False)
        _hide(rng, parameters, rows, chosen, network.target, COMPLICIT)
        rows["network"][chosen] = network.number
        left -= len(chosen)
        if left <= 0:
            return


def _on_corridor(
    facts: Facts, parameters: Mapping[str, Any], rows: Rows, free: NDArray[np.bool_], corridor: Mapping[str, Any]
) -> NDArray[np.int64]:
    letters = [COVERS.index(letter) for letter in corridor["covers"]]
    cover = np.asarray(facts.goods.covers[:, letters].any(axis=1))
    source = np.isin(facts.countries, list(corridor["from"]))
    target = np.isin(list(parameters["administrations"]), list(corridor["to"]))
    start = facts.places.country[rows["loading"]]
    return np.flatnonzero(free & cover[rows["good"]] & target[rows["administration"]] & source[start])


def hijacked(
    rng: np.random.Generator,
    facts: Facts,
    clock: Clock,
    parameters: Mapping[str, Any],
    rows: Rows,
    count: int,
) -> None:
    """Hide `count` drug loads in honest sea consignments (rip-on/rip-off): perishables and risky ports above all.

    Declared data and parties stay true. In each period a few ports of loading are in the hands of those who load.
    """
    start = facts.places.country[rows["loading"]]
    risk = np.zeros(len(facts.countries))
    for code, more in RISKY_LOADING.items():
        risk[facts.country(code)] = more
    perishable = facts.goods.covers[:, COVERS.index("h")][rows["good"]]
    free = (rows["role"] == LICIT) & (rows["mode"] == SEA) & (rows["direction"] == IMPORT) & ~rows["private"]
    weight = np.where(free, (0.02 + risk[start]) * np.where(perishable, 5.0, 1.0), 0.0)
    period = clock.period(rows["moment"])
    for number in range(len(clock.names)):
        here = period == number
        ports = np.unique(rows["loading"][here & free & (risk[start] > 0)])
        if len(ports):
            hot = rng.choice(ports, size=min(HOT_PORTS, len(ports)), replace=False)
            weight = np.where(here & np.isin(rows["loading"], hot), weight * 6.0, weight)
    limits: NDArray[np.float64] = np.cumsum(weight)
    if limits[-1] <= 0:
        return
    drawn = np.searchsorted(limits, rng.random(3 * count) * limits[-1], side="right")
    chosen: NDArray[np.int64] = rng.permutation(np.unique(drawn))[:count]
    _hide(rng, parameters, rows, chosen, "drug", HIJACKED)
    broken = chosen[rng.random(len(chosen)) < 0.35]
    rows["tells"][broken] |= BIT["unsealed"]


def _hide(
    rng: np.random.Generator,
    parameters: Mapping[str, Any],
    rows: Rows,
    chosen: NDArray[np.int64],
    target: str,
    role: int,
) -> None:
    found = parameters["found"]
    sizes = np.array([float(found["wildlife_kg" if target == "wildlife" else "kg"][mode])
                      for mode in ("sea", "air", "express", "mail")])  # fmt: skip
    rows[target][chosen] = True
    rows["role"][chosen] = role
    kg = sizes[rows["mode"][chosen]] * rng.lognormal(0, found["spread"], size=len(chosen))
    rows["kg"][chosen] = np.round(kg, 2)
