"""Honest trade: relations between traders that keep their goods, lanes and habits, and private persons that do not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from omdrisk.simulation.clock import DAY
from omdrisk.simulation.facts import EXPRESS, MAIL, MODES, SEA, Facts
from omdrisk.simulation.pool import FIRM, FORWARDER, PERSON, Pool
from omdrisk.simulation.rows import BIT, DIRECTIONS, EXPORT, IMPORT, TELLS, TRANSHIPMENT, TRANSIT, Rows, blank

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


def grouped(rng: np.random.Generator, keys: NDArray[np.integer], mean: float) -> NDArray[np.int64]:
    """Split sorted `keys` into runs of random length within each key and return the number of the run of each element.

    Most runs are short, some are long: a few traders have many relations.
    """
    count = len(keys)
    sizes = rng.geometric(1.0 / max(mean - 0.6, 1.01), size=count)
    big = rng.random(count) < 0.07
    sizes[big] = rng.integers(5, 13, size=int(big.sum()))
    run = np.repeat(np.arange(count), sizes)[:count] if count else np.zeros(0, dtype=np.int64)
    new = np.ones(count, dtype=bool)
    new[1:] = (run[1:] != run[:-1]) | (keys[1:] != keys[:-1])
    return np.cumsum(new) - 1


def draw_shares(rng: np.random.Generator, shares: Mapping[str, float], names: tuple[str, ...], count: int) -> Any:
    """Draw numbers of `names` by a table of shares; names that the table lacks are never drawn."""
    weight = np.array([float(shares.get(name, 0.0)) for name in names])
    return rng.choice(len(names), size=count, p=weight / weight.sum())


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
    _private_persons(rng, facts, parameters, rows, pool, private, len(known.weight))
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
    for start, end in zip(edges[:-1], edges[1:], strict=True):
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


def _private_persons(
    rng: np.random.Generator,
    facts: Facts,
    parameters: Mapping[str, Any],
    rows: Rows,
    pool: Pool,
    private: NDArray[np.bool_],
    relations_so_far: int,
) -> None:
    """Turn some shipments into parcels to private persons, from sellers or from private senders."""
    codes = list(parameters["administrations"])
    chosen = np.flatnonzero(private)
    chosen = chosen[np.argsort(rows["moment"][chosen], kind="stable")]
    rows["private"][chosen] = True
    rows["relation"][chosen] = relations_so_far + np.arange(len(chosen))
    rows["direction"][chosen] = np.where(rows["direction"][chosen] == EXPORT, EXPORT, IMPORT)
    rows["via"][chosen] = -1
    rows["onward"][chosen] = -1
    rows["notify"][chosen] = -1
    for number, code in enumerate(codes):
        mine = chosen[rows["administration"][chosen] == number]
        if not len(mine):
            continue
        own = facts.country(code)
        place = np.arange(len(mine)) / 1.5 + rng.normal(0, 12, size=len(mine))
        persons = pool.add(np.full(int(len(mine) / 1.5) + 1, own), PERSON)
        rows["local"][mine] = persons[np.clip(place, 0, len(persons) - 1).astype(np.int64)]
        for mode in np.unique(rows["mode"][mine]):
            here = mine[(rows["mode"][mine] == mode) & (rows["direction"][mine] != EXPORT)]
            goods, origin = lanes(rng, facts, own, max(int(mode), EXPRESS), IMPORT, len(here))
            rows["good"][here], rows["origin"][here] = goods, origin
            rows["words"][here] = goods
            rows["loading"][here] = facts.pick_places(rng, rows["mode"][here], origin)
            rows["discharge"][here] = facts.pick_places(rng, rows["mode"][here], np.full(len(here), own))
        gifts = mine[rng.random(len(mine)) < 0.4]
        country = facts.places.country[rows["loading"][gifts]]
        country = np.where(rows["direction"][gifts] == EXPORT, facts.places.country[rows["discharge"][gifts]], country)
        rows["foreign"][gifts] = pool.add(country, PERSON)
        shared = rng.random(len(persons)) < 0.04
        if shared.sum() > 3:
            houses = persons[shared][: max(1, int(shared.sum()) // 8)]
            pool.share("address", persons[shared], houses[rng.integers(0, len(houses), size=int(shared.sum()))])


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
