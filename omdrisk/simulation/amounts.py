"""Weights, packages, values and times of shipments: norms of goods, habits of relations, tells, and noise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from omdrisk.simulation.clock import DAY, HOUR
from omdrisk.simulation.draws import grouped
from omdrisk.simulation.facts import AIR, EXPRESS, MAIL, SEA, Facts
from omdrisk.simulation.rows import Rows, has

if TYPE_CHECKING:
    from numpy.typing import NDArray

TARGET_KG = np.array([14_500.0, 260.0, 6.0, 1.6])
TARGET_SPREAD = np.array([0.35, 1.1, 1.0, 0.7])
MOST_KG = np.array([27_500.0, 9_000.0, 70.0, 30.0])
SMALL_BOXES = np.array([1.0, 1.0, 0.55, 0.42])
TARE = {"22G1": 2_250.0, "42G1": 3_780.0, "45R1": 4_600.0, "42P1": 5_200.0, "22G0": 2_250.0, "": 0.0}
MINUTE = 60_000_000


@dataclass(frozen=True)
class Amounts:
    """What a shipment weighs, costs and holds, and when it moves; one element per row."""

    packages: NDArray[np.float64]
    gross: NDArray[np.float64]
    net: NDArray[np.float64]
    volume: NDArray[np.float64]
    vgm: NDArray[np.float64]
    value: NDArray[np.float64]
    freight: NDArray[np.float64]
    insurance: NDArray[np.float64]
    full_container: NDArray[np.bool_]
    master: NDArray[np.int64]
    master_packages: NDArray[np.float64]
    master_weight: NDArray[np.float64]
    eta: NDArray[np.int64]
    etd: NDArray[np.int64]
    ata: NDArray[np.int64]


@dataclass(frozen=True)
class Habits:
    """What a relation, and what goods of an origin, always do alike: drawn once for the whole world."""

    origin_weight: NDArray[np.float64]
    origin_value: NDArray[np.float64]
    normal: NDArray[np.float64]
    uniform: NDArray[np.float64]

    @classmethod
    def draw(cls, rng: np.random.Generator, facts: Facts, relations: int) -> Habits:
        """Draw the habits of `relations` relations."""
        shape = (len(facts.goods.name), len(facts.countries))
        return cls(
            origin_weight=rng.normal(size=shape),
            origin_value=rng.normal(size=shape),
            normal=rng.normal(size=(3, relations)),
            uniform=rng.random((9, relations)),
        )


def amounts(rng: np.random.Generator, facts: Facts, habits: Habits, rows: Rows) -> Amounts:
    """Draw the amounts of all rows."""
    goods, good = facts.goods, rows["good"]
    count = len(good)
    gross, packages, full = _weights(rng, facts, habits, rows)
    net = gross * (1 - rng.uniform(0.01, 0.09, size=count))
    volume = gross / goods.kg_per_m3[good] * rng.lognormal(0, 0.12, size=count)
    value = _values(rng, facts, habits, rows, gross)
    hidden = np.where(rng.random(count) < 0.5, rows["kg"], 0.0)
    tare = np.array([TARE[name] for name in goods.container])[good]
    vgm = np.where(full, np.round(gross + tare + hidden + rng.normal(0, 110, size=count), -1), np.nan)
    vgm[rng.random(count) < 0.35] = np.nan
    distance = _distance(facts, rows)
    freight = _freight(rng, rows, gross, distance)
    insurance = np.where(rng.random(count) < 0.35, value * 0.003 * rng.lognormal(0, 0.2, size=count), np.nan)
    master, master_packages, master_weight = _masters(rng, rows, packages, gross)
    eta, etd, ata = _times(rng, rows, distance)
    return Amounts(
        packages=packages,
        gross=gross,
        net=np.round(net, 2),
        volume=np.maximum(volume, 0.001).round(3),
        vgm=vgm,
        value=value,
        freight=freight,
        insurance=insurance,
        full_container=full,
        master=master,
        master_packages=master_packages,
        master_weight=master_weight,
        eta=eta,
        etd=etd,
        ata=ata,
    )


def _shift(rng: np.random.Generator, count: int, up: float) -> NDArray[np.float64]:
    sign = np.where(rng.random(count) < up, 1.0, -1.0)
    shift: NDArray[np.float64] = sign * rng.uniform(2.2, 5.0, size=count)
    return shift


def _level(
    rng: np.random.Generator,
    origin: NDArray[np.float64],
    relation: NDArray[np.float64],
    rows: Rows,
    spread: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return the logarithm of the level of each row: its origin's, its relation's and its own departure."""
    level: NDArray[np.float64] = spread * (
        0.75 * origin[rows["good"], rows["origin"]]
        + 0.5 * relation[rows["relation"]]
        + 0.42 * rng.standard_t(5, size=len(spread))
    )
    return level


def _weights(
    rng: np.random.Generator, facts: Facts, habits: Habits, rows: Rows
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.bool_]]:
    goods, good, mode = facts.goods, rows["good"], rows["mode"].astype(np.int64)
    count = len(good)
    spread = np.where(mode >= EXPRESS, np.maximum(goods.kg_spread[good], 0.32), goods.kg_spread[good])
    level = _level(rng, habits.origin_weight, habits.normal[0], rows, spread)
    level += np.where(has(rows, "weight"), spread * 0.72 * _shift(rng, count, 0.7), 0.0)
    per_package = goods.kg_per_package[good] ** SMALL_BOXES[mode] * np.exp(level)
    half_load = (mode == SEA) & (habits.uniform[0][rows["relation"]] < 0.22)
    size = np.log(np.where(half_load, 1_600.0, TARGET_KG[mode])) + 0.35 * habits.normal[2][rows["relation"]]
    size += np.where(half_load, 0.8, TARGET_SPREAD[mode]) * rng.normal(size=count)
    size -= np.where(has(rows, "light"), 1.2, 0.0)
    target = np.minimum(np.exp(size), MOST_KG[mode])
    packages = np.maximum(1.0, np.round(target / per_package))
    packages = np.where(mode == MAIL, np.where(rng.random(count) < 0.93, 1.0, 2.0), packages)
    gross = np.minimum(packages * per_package, MOST_KG[mode] * 1.1)
    step = np.select([gross > 4_000, gross > 400, gross > 40, gross > 4], [1000.0, 100.0, 10.0, 1.0], 0.5)
    rounded = np.maximum(np.round(gross / step), 1.0) * step
    gross = np.where(has(rows, "round"), rounded, np.where(mode >= EXPRESS, np.round(gross, 2), np.round(gross, 1)))
    full = (mode == SEA) & ~half_load
    return np.maximum(gross, 0.05), packages, full


def _values(
    rng: np.random.Generator, facts: Facts, habits: Habits, rows: Rows, gross: NDArray[np.float64]
) -> NDArray[np.float64]:
    goods, good = facts.goods, rows["good"]
    spread = goods.usd_spread[good]
    level = _level(rng, habits.origin_value, habits.normal[1], rows, spread)
    level += np.where(has(rows, "value"), np.maximum(spread, 0.2) * 0.66 * _shift(rng, len(good), 0.3), 0.0)
    value = gross * goods.usd_per_kg[good] * np.exp(level)
    token = rows["private"] & (rng.random(len(good)) < 0.05)
    rounded: NDArray[np.float64] = np.where(token, rng.integers(0, 2, size=len(good)), np.round(value, 2))
    return rounded


def _distance(facts: Facts, rows: Rows) -> NDArray[np.float64]:
    direct = facts.places.kilometres(rows["loading"], rows["discharge"])
    via = np.where(rows["via"] >= 0, rows["via"], rows["loading"])
    legs = facts.places.kilometres(rows["loading"], via) + facts.places.kilometres(via, rows["discharge"])
    longest: NDArray[np.float64] = np.maximum(direct, legs)
    return longest


def _freight(
    rng: np.random.Generator, rows: Rows, gross: NDArray[np.float64], distance: NDArray[np.float64]
) -> NDArray[np.float64]:
    mode = rows["mode"]
    by_sea = (450 + 0.13 * distance) * np.maximum(gross / 16_000, 0.06)
    by_air = 35 + gross * (1.3 + 0.00028 * distance)
    by_courier = 14 + gross * (4.5 + 0.0006 * distance)
    by_post = 4 + gross * (5.0 + 0.0007 * distance)
    charge = np.select([mode == SEA, mode == AIR, mode == EXPRESS], [by_sea, by_air, by_courier], by_post)
    charge = charge * rng.lognormal(0, 0.22, size=len(mode)) * np.where(has(rows, "light"), 1.6, 1.0)
    rounded: NDArray[np.float64] = np.round(charge, 2)
    return rounded


def _masters(
    rng: np.random.Generator, rows: Rows, packages: NDArray[np.float64], gross: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """Put houses of one agent, lane and day under one master document; a few masters disagree with their houses."""
    count = len(packages)
    key = (rows["moment"] // DAY * 8 + rows["administration"]) * 4 + rows["mode"]
    key = key * 300 + rows["loading"]
    key = np.where(rng.random(count) < 0.45, -1 - np.arange(count), key)
    order = np.lexsort((rows["forwarder"], key))
    master = np.empty(count, dtype=np.int64)
    master[order] = grouped(rng, key[order], 2.4)
    size = int(master.max()) + 1 if count else 0
    sums: list[Any] = [np.bincount(master, weights=amount, minlength=size) for amount in (packages, gross)]
    off = has(rows, "mismatch") & (rng.random(count) < 0.6)
    factor = np.where(off, rng.uniform(0.8, 1.25, size=count), 1.0)
    return (
        master,
        np.round(sums[0][master] * np.where(off & (packages > 9), factor, 1.0)),
        np.round(sums[1][master] * factor, 1),
    )


def _times(
    rng: np.random.Generator, rows: Rows, distance: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    mode, count = rows["mode"], len(distance)
    lead = np.select(
        [mode == SEA, mode == AIR, mode == EXPRESS],
        [
            26 + rng.gamma(2.2, 16, size=count),
            4 + rng.gamma(2.0, 3.0, size=count),
            3 + rng.gamma(2.0, 2.5, size=count),
        ],
        12 + rng.gamma(2.0, 28, size=count),
    )
    short = np.select([mode == SEA, mode == MAIL], [rng.uniform(3, 22, size=count), rng.uniform(2, 12, size=count)],
                      rng.uniform(0.5, 3.5, size=count))  # fmt: skip
    lead = np.where(has(rows, "late"), short, lead)
    eta = (rows["moment"] + lead * HOUR).astype(np.int64) // MINUTE * MINUTE
    stop = np.where(rows["via"] >= 0, 1.0, 0.0)
    days = np.select(
        [mode == SEA, mode == MAIL],
        [2 + distance * 1.3 / 620 + 4 * stop, 3 + distance / 2500],
        0.15 + distance / 800 / 24 + 0.4 * stop,
    )
    etd = eta - (days * rng.lognormal(0, 0.1, size=count) * DAY).astype(np.int64) // (30 * MINUTE) * (30 * MINUTE)
    delay = np.where(mode == SEA, rng.normal(6, 14, size=count), rng.normal(0.6, 1.5, size=count))
    ata = np.maximum(eta + (delay * HOUR).astype(np.int64), rows["moment"] + HOUR) // MINUTE * MINUTE
    return eta, etd, ata
