"""Relations of honest traders: who trades what with whom over which lane, from when until when, and how much."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from omdrisk.simulation.clock import DAY
from omdrisk.simulation.draws import draw_shares, grouped
from omdrisk.simulation.facts import MAIL, MODES, SEA, Facts
from omdrisk.simulation.pool import FIRM, FORWARDER, Pool
from omdrisk.simulation.rows import DIRECTIONS, EXPORT, IMPORT, TRANSHIPMENT, TRANSIT, Rows, blank

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from omdrisk.simulation.clock import Clock

TRADING_HUBS = ("HK", "SG", "AE", "GB", "TW")
PARTNERS = {
    "US": 9, "CN": 8, "JP": 6, "KR": 5, "AU": 4, "HK": 5, "SG": 5, "DE": 4, "NL": 4, "GB": 3, "MY": 3, "TH": 3, "VN": 3,
    "IN": 3, "TW": 4, "ID": 3, "PH": 3, "NZ": 2, "KH": 2, "AE": 3, "ZA": 1, "BR": 1, "CA": 2, "FR": 2, "LA": 1, "MM": 1,
}  # fmt: skip
NEIGHBOURS = {
    "VN": ("KH", "LA", "CN"), "TH": ("LA", "MM", "MY", "KH"), "MY": ("SG", "TH", "ID"), "HK": ("CN", "VN", "TW"),
    "CN": ("RU", "VN", "HK"), "KH": ("VN", "TH"), "IN": ("NP", "LK"), "AU": ("NZ", "PG"),
}  # fmt: skip


@dataclass
class Relations:
    """The lasting relations of honest traders, one element per relation."""

    fields: Rows
    birth: NDArray[np.int64]
    death: NDArray[np.int64]
    weight: NDArray[np.float64]
    cell: NDArray[np.int64]


def lanes(
    rng: np.random.Generator, facts: Facts, country: int, mode: int, direction: int, count: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Draw goods and country of origin for relations of one administration, mode and direction."""
    goods = facts.goods
    joint = goods.share[:, None] * goods.origins * goods.modes[:, mode][:, None]
    if direction == EXPORT:
        made_here = joint[:, country].copy()
        if made_here.sum() > 0:  # else the country re-exports what others make
            joint[:] = 0.0
            joint[:, country] = made_here
    else:
        joint *= goods.destinations[:, country][:, None]
        joint[:, country] = 0.0
    if mode == MAIL:
        joint *= (goods.kg_per_package < 40)[:, None]
    flat = joint.ravel() / joint.sum()
    drawn = rng.choice(len(flat), size=count, p=flat)
    return drawn // joint.shape[1], drawn % joint.shape[1]


def relations(
    rng: np.random.Generator, facts: Facts, clock: Clock, parameters: Mapping[str, Any], shipments: int, pool: Pool
) -> Relations:
    """Draw the relations of honest traders for a world of `shipments`."""
    licit = parameters["licit"]
    parts: list[Rows] = []
    for number, (code, office) in enumerate(parameters["administrations"].items()):
        country = facts.country(code)
        for mode, mode_name in enumerate(MODES):
            share = office["share"] * office["modes"].get(mode_name, 0.0) * (1 - licit["private"][mode_name])
            count = max(3, round(shipments * share / licit["shipments_per_relation"]))
            directions = draw_shares(rng, office["directions"], DIRECTIONS, count)
            if mode == MAIL:
                directions = np.where(directions == EXPORT, EXPORT, IMPORT)
            part = blank(count)
            part["administration"][:] = number
            part["mode"][:] = mode
            part["direction"][:] = directions
            for direction in np.unique(directions):
                rows = directions == direction
                kind, origin = lanes(rng, facts, country, mode, int(direction), int(rows.sum()))
                part["good"][rows], part["origin"][rows] = kind, origin
            parts.append(part)
    fields = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    count = len(fields["mode"])
    fields["relation"] = np.arange(count, dtype=np.int32)
    fields["words"] = fields["good"].copy()
    _places(rng, facts, parameters, fields)
    _traders(rng, facts, parameters, fields, pool)
    birth, death, weight = _lives(rng, clock, licit, fields)
    cell = fields["administration"].astype(np.int64) * len(MODES) + fields["mode"]
    return Relations(fields=fields, birth=birth, death=death, weight=weight, cell=cell)


def _places(rng: np.random.Generator, facts: Facts, parameters: Mapping[str, Any], rows: Rows) -> None:
    codes = list(parameters["administrations"])
    own = np.array([facts.country(code) for code in codes])[rows["administration"]]
    count = len(own)
    direction, mode = rows["direction"], rows["mode"]
    names = tuple(PARTNERS)
    partner = np.array([facts.country(name) for name in names])[draw_shares(rng, PARTNERS, names, count)]
    partner = np.where(partner == own, facts.country("SG"), partner)
    near = np.array([[facts.country(x) for x in (NEIGHBOURS.get(code, ("SG",)) * 4)[:4]] for code in codes])
    neighbour = near[rows["administration"], rng.integers(0, 4, size=count)]
    hubs = np.array([facts.country(hub) for hub in TRADING_HUBS])
    start = np.where(direction == EXPORT, own, rows["origin"])
    through_hub = (rng.random(count) < 0.05) & (direction == IMPORT)
    start = np.where(through_hub, hubs[rng.integers(0, len(hubs), size=count)], start)
    end = np.where((direction == EXPORT) | (direction == TRANSHIPMENT), partner, own)
    rows["loading"] = facts.pick_places(rng, mode, start).astype(np.int16)
    rows["discharge"] = facts.pick_places(rng, mode, end).astype(np.int16)
    own_port = facts.pick_places(rng, mode, own)
    far = facts.places.kilometres(rows["loading"], rows["discharge"]) > 6000
    usual = far & (rng.random(count) < np.where(mode == SEA, 0.45, 0.25))
    hub_ports = np.array([facts.place(code) for code in ("SGSIN", "MYPKG", "HKHKG", "LKCMB")])
    hub_airports = np.array([facts.place(code) for code in ("SIN", "HKG", "DXB", "ICN")])
    pick = rng.integers(0, 4, size=count)
    hub = np.where(mode == SEA, hub_ports[pick], hub_airports[pick])
    hub = np.where((hub == rows["loading"]) | (hub == rows["discharge"]), -1, hub)
    rows["via"] = np.where(usual, hub, -1).astype(np.int16)
    rows["via"] = np.where(direction == TRANSHIPMENT, own_port, rows["via"]).astype(np.int16)
    rows["onward"] = np.where(direction == TRANSIT, neighbour, -1).astype(np.int16)


def _traders(rng: np.random.Generator, facts: Facts, parameters: Mapping[str, Any], rows: Rows, pool: Pool) -> None:
    licit = parameters["licit"]
    codes = list(parameters["administrations"])
    own = np.array([facts.country(code) for code in codes])[rows["administration"]]
    count = len(own)
    discharge_country = facts.places.country[rows["discharge"]]
    local_country = np.where(rows["direction"] == TRANSHIPMENT, discharge_country, own)
    local_country = np.where(rows["onward"] >= 0, rows["onward"], local_country)
    hubs = np.array([facts.country(hub) for hub in TRADING_HUBS])
    foreign_country = np.where(rows["direction"] == EXPORT, discharge_country, rows["origin"]).astype(np.int64)
    seller_in_hub = (rng.random(count) < 0.08) & (rows["direction"] != EXPORT)
    foreign_country = np.where(seller_in_hub, hubs[rng.integers(0, len(hubs), size=count)], foreign_country)
    taste = np.where(rng.random(count) < 0.85, rows["good"], rng.integers(0, 10_000, size=count))
    for field, country, mean in (
        ("local", local_country, licit["relations_per_importer"]),
        ("foreign", foreign_country, licit["relations_per_supplier"]),
    ):
        key = country.astype(np.int64)
        order = np.lexsort((rng.random(count), taste, key))
        run = grouped(rng, key[order], mean)
        first = np.unique(run, return_index=True)[1]
        firms = pool.add(key[order][first], FIRM)
        rows[field][order] = firms[run]
        _neighbourhoods(rng, licit, pool, firms, key[order][first])
    _agents(rng, facts, parameters, rows, pool)


def _neighbourhoods(
    rng: np.random.Generator,
    licit: Mapping[str, Any],
    pool: Pool,
    firms: NDArray[np.int64],
    country: NDArray[np.int64],
) -> None:
    shared = rng.random(len(firms)) < licit["address_centre"]
    for value in np.unique(country[shared]):
        tenants = firms[shared & (country == value)]
        houses = tenants[: max(1, len(tenants) // 6)]
        pool.share("address", tenants, houses[rng.integers(0, len(houses), size=len(tenants))])


def _agents(rng: np.random.Generator, facts: Facts, parameters: Mapping[str, Any], rows: Rows, pool: Pool) -> None:
    count = len(rows["mode"])
    rows["forwarder"][:] = -1
    for number, code in enumerate(parameters["administrations"]):
        mine = np.flatnonzero(rows["administration"] == number)
        agents = pool.add(np.full(4 + len(mine) // 30, facts.country(code)), FORWARDER)
        weight = np.arange(1, len(agents) + 1) ** -0.8
        rows["forwarder"][mine] = agents[rng.choice(len(agents), size=len(mine), p=weight / weight.sum())]
    same_phone = rng.random(count) < parameters["licit"]["agent_phone"]
    importers = same_phone & (rows["direction"] == IMPORT)
    pool.share("phone", rows["local"][importers], rows["forwarder"][importers])
    luck = rng.random(count)
    rows["notify"] = np.where(luck < 0.5, rows["local"], np.where(luck < 0.85, rows["forwarder"], -1)).astype(np.int32)
    rows["forwarder"][rng.random(count) < 0.12] = -1


def _lives(
    rng: np.random.Generator, clock: Clock, licit: Mapping[str, Any], rows: Rows
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    count = len(rows["mode"])
    length = clock.end - clock.start
    life = rng.exponential(licit["days"], size=count) * DAY
    birth = clock.start + rng.random(count) * length
    old = rng.random(count) < licit["established"]
    birth = np.where(old, clock.start - rng.random(count) * 900 * DAY, birth)
    death = np.where(old, clock.start + life * 1.4, birth + life)
    rank = rng.permutation(count) + 1.0
    weight = rank ** -licit["zipf"]
    passing = (rng.random(count) < licit["passing"]) & ~old
    death = np.where(passing, birth + rng.uniform(12, 110, size=count) * DAY, death)
    weight = np.where(passing, weight.mean() * rng.uniform(0.8, 4.5, size=count), weight)
    return birth.astype(np.int64), death.astype(np.int64), weight
