"""Honest trade: shipments of relations that keep their habits most of the time."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from omdrisk.simulation.clock import DAY
from omdrisk.simulation.draws import draw_shares
from omdrisk.simulation.facts import EXPRESS, MODES, SEA, Facts
from omdrisk.simulation.persons import private_persons
from omdrisk.simulation.rows import BIT, IMPORT, TELLS, Rows

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from omdrisk.simulation.clock import Clock
    from omdrisk.simulation.pool import Pool
    from omdrisk.simulation.relations import Relations


def shipments(
    rng: np.random.Generator,
    facts: Facts,
    clock: Clock,
    parameters: Mapping[str, Any],
    count: int,
    pool: Pool,
    known: Relations,
) -> Rows:
    """Draw `count` honest shipments, of the known relations and of private persons."""
    licit = parameters["licit"]
    offices = list(parameters["administrations"].values())
    codes = tuple(parameters["administrations"])
    number = draw_shares(rng, {code: parameters["administrations"][code]["share"] for code in codes}, codes, count)
    mode = np.zeros(count, dtype=np.int64)
    for index, office in enumerate(offices):
        mine = number == index
        mode[mine] = draw_shares(rng, office["modes"], MODES, int(mine.sum()))
    private = rng.random(count) < np.array([licit["private"][name] for name in MODES])[mode]
    zone = np.array([float(office["zone"]) for office in offices])[number]
    moment = clock.draw_days(rng, count)
    moment = moment + clock.draw_hours(rng, zone, np.where(mode >= EXPRESS, 6.0, 3.8))
    of = _relation_of(rng, facts, known, moment, number * len(MODES) + mode)
    rows = {name: values[of] for name, values in known.fields.items()}
    rows["moment"] = moment
    _habits_broken(rng, facts, parameters, rows)
    private_persons(rng, facts, parameters, rows, pool, private, len(known.weight))
    rows["tells"] = tells_of_trade(rng, parameters, rows["administration"], rows["mode"])
    return rows


def _relation_of(
    rng: np.random.Generator,
    facts: Facts,
    known: Relations,
    moment: NDArray[np.int64],
    cell: NDArray[np.int64],
) -> NDArray[np.int64]:
    """Draw the relation of each shipment among those alive in its month, by volume and season."""
    month = moment.astype("datetime64[us]").astype("datetime64[M]").astype(np.int64)
    chosen = np.zeros(len(moment), dtype=np.int64)
    luck = rng.random(len(moment))
    peak = facts.goods.peak_month[known.fields["good"]]
    members = [np.flatnonzero(known.cell == value) for value in range(int(known.cell.max()) + 1)]
    order = np.lexsort((cell, month))
    edges = np.flatnonzero(np.r_[True, (np.diff(month[order]) != 0) | (np.diff(cell[order]) != 0), True])
    for start, end in pairwise(edges.tolist()):
        here = order[start:end]
        of = members[cell[here[0]]]
        this_month = int(month[here[0]])
        first = np.datetime64(this_month, "M").astype("datetime64[us]").astype(np.int64)
        alive = (known.birth[of] < first + 31 * DAY) & (known.death[of] > first)
        season = np.where(
            peak[of] > 0,
            1.0 + 0.85 * np.cos(2 * np.pi * (this_month % 12 + 1 - peak[of]) / 12),
            1.0,
        )
        weight = known.weight[of] * season * np.where(alive, 1.0, 1e-9)
        limits = np.cumsum(weight)
        picked = np.searchsorted(limits, luck[here] * limits[-1], side="right")
        chosen[here] = of[np.minimum(picked, len(of) - 1)]
    return chosen


def _habits_broken(rng: np.random.Generator, facts: Facts, parameters: Mapping[str, Any], rows: Rows) -> None:
    licit = parameters["licit"]
    count = len(rows["mode"])
    start = facts.places.country[rows["loading"]]
    by_start: dict[int, NDArray[np.int64]] = {}
    swap = np.flatnonzero(rng.random(count) < licit["new_supplier"])
    order = np.argsort(start, kind="stable")
    limits = np.searchsorted(start[order], np.arange(len(facts.countries) + 1))
    for row in swap:
        country = int(start[row])
        if country not in by_start:
            by_start[country] = order[limits[country] : limits[country + 1]]
        pool_of_country = by_start[country]
        other = pool_of_country[int(rng.integers(0, len(pool_of_country)))]
        if rows["direction"][other] == rows["direction"][row] == IMPORT:
            rows["foreign"][row] = rows["foreign"][other]
    moved = rng.random(count) < licit["other_port"]
    ports = facts.pick_places(rng, rows["mode"], start)
    rows["loading"] = np.where(moved & (ports >= 0), ports, rows["loading"]).astype(np.int16)
    other_goods = np.flatnonzero(rng.random(count) < licit["other_goods"])
    shuffled = rng.permutation(other_goods)
    fits = facts.goods.modes[rows["good"][shuffled], rows["mode"][other_goods]]
    rows["good"][other_goods[fits]] = rows["good"][shuffled[fits]]
    rows["words"] = rows["good"].copy()


def tells_of_trade(
    rng: np.random.Generator,
    parameters: Mapping[str, Any],
    administration: NDArray[np.integer],
    mode: NDArray[np.integer],
) -> NDArray[np.int32]:
    """Draw the tells that honest trade shows too, more of them where the data are dirtier."""
    quality = np.array([float(office["quality"]) for office in parameters["administrations"].values()])[administration]
    tells = np.zeros(len(mode), dtype=np.int32)
    for name in TELLS:
        chance = parameters["tells"][name]["licit"] * (0.4 + 0.6 * quality)
        if name == "unsealed":
            chance = np.where(mode == SEA, chance, 0.0)
        tells |= np.where(rng.random(len(mode)) < chance, BIT[name], 0).astype(np.int32)
    return tells
