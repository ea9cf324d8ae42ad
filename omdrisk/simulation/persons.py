"""Parcels to private persons, by courier and by post: no habits, many one-time senders and receivers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from omdrisk.simulation.facts import EXPRESS, Facts
from omdrisk.simulation.pool import PERSON, Pool
from omdrisk.simulation.relations import lanes
from omdrisk.simulation.rows import EXPORT, IMPORT, Rows

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray


def private_persons(
    rng: np.random.Generator,
    facts: Facts,
    parameters: Mapping[str, Any],
    rows: Rows,
    pool: Pool,
    private: NDArray[np.bool_],
    first_relation: int,
) -> None:
    """Turn the `private` shipments into parcels to private persons, from sellers or from private senders."""
    chosen = np.flatnonzero(private)
    chosen = chosen[np.argsort(rows["moment"][chosen], kind="stable")]
    rows["private"][chosen] = True
    rows["relation"][chosen] = first_relation + np.arange(len(chosen))
    rows["direction"][chosen] = np.where(rows["direction"][chosen] == EXPORT, EXPORT, IMPORT)
    for field in ("via", "onward", "notify"):
        rows[field][chosen] = -1
    for number, code in enumerate(parameters["administrations"]):
        mine = chosen[rows["administration"][chosen] == number]
        if len(mine):
            _receivers(rng, facts.country(code), rows, pool, mine)
            _parcels(rng, facts, facts.country(code), rows, mine)
            _senders(rng, facts, rows, pool, mine)


def _receivers(rng: np.random.Generator, country: int, rows: Rows, pool: Pool, mine: NDArray[np.int64]) -> None:
    """Name the receivers: most get one parcel or two within days; a few share a forwarding address."""
    persons = pool.add(np.full(int(len(mine) / 1.5) + 1, country), PERSON)
    place = np.arange(len(mine)) / 1.5 + rng.normal(0, 12, size=len(mine))
    rows["local"][mine] = persons[np.clip(place, 0, len(persons) - 1).astype(np.int64)]
    shared = persons[rng.random(len(persons)) < 0.04]
    if len(shared) > 3:
        houses = shared[: max(1, len(shared) // 8)]
        pool.share("address", shared, houses[rng.integers(0, len(houses), size=len(shared))])


def _parcels(rng: np.random.Generator, facts: Facts, country: int, rows: Rows, mine: NDArray[np.int64]) -> None:
    for mode in np.unique(rows["mode"][mine]):
        here = mine[(rows["mode"][mine] == mode) & (rows["direction"][mine] != EXPORT)]
        goods, origin = lanes(rng, facts, country, max(int(mode), EXPRESS), IMPORT, len(here))
        rows["good"][here], rows["words"][here], rows["origin"][here] = goods, goods, origin
        rows["loading"][here] = facts.pick_places(rng, rows["mode"][here], origin)
        rows["discharge"][here] = facts.pick_places(rng, rows["mode"][here], np.full(len(here), country))


def _senders(rng: np.random.Generator, facts: Facts, rows: Rows, pool: Pool, mine: NDArray[np.int64]) -> None:
    gifts = mine[rng.random(len(mine)) < 0.4]
    start, end = (facts.places.country[rows[field][gifts]] for field in ("loading", "discharge"))
    rows["foreign"][gifts] = pool.add(np.where(rows["direction"][gifts] == EXPORT, end, start), PERSON)
