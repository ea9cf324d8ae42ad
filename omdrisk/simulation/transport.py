"""Carriers, ships, flights, containers, seals and document numbers."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from omdrisk.simulation.clock import DAY
from omdrisk.simulation.facts import AIR, EXPRESS, MAIL, SEA, Facts
from omdrisk.simulation.identifiers import containers, postal_items, ships, waybills
from omdrisk.simulation.rows import Rows, has

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from omdrisk.simulation.amounts import Amounts, Habits

# SCAC and container prefixes of shipping lines, share [published codes; shares assumed].
LINES = (("MAEU", "MSKU", 14), ("MSCU", "MEDU", 15), ("CMDU", "CMAU", 12), ("COSU", "CSNU", 13), ("ONEY", "NYKU", 8),
         ("EGLV", "EGHU", 8), ("HLCU", "HLXU", 6), ("YMLU", "YMLU", 5), ("HDMU", "HDMU", 4), ("WHLC", "WHSU", 6),
         ("PCIU", "PCIU", 5), ("SITC", "SITU", 4))  # fmt: skip
LEASED = ("TCLU", "TEMU", "TGHU", "CAIU", "TRHU", "BMOU", "SEGU")
# IATA code, waybill prefix, home country.
AIRLINES = (("VN", "738", "VN"), ("TG", "217", "TH"), ("MH", "232", "MY"), ("CX", "160", "HK"), ("CA", "999", "CN"),
            ("CZ", "784", "CN"), ("QF", "081", "AU"), ("AI", "098", "IN"), ("SQ", "618", "SG"), ("ET", "071", "ET"),
            ("QR", "157", "QA"), ("EK", "176", "AE"), ("KE", "180", "KR"), ("NH", "205", "JP"), ("TK", "235", "TR"),
            ("KQ", "706", "KE"), ("CI", "297", "TW"), ("LH", "020", "DE"))  # fmt: skip
COURIERS = (("FX", "023"), ("5X", "406"), ("D0", "936"), ("3S", "155"))
FLAGS = ("PA", "LR", "MH", "HK", "SG", "MT", "VN", "CN", "DK", "BS")
SHIP_WORDS = (
    ("PACIFIC", "MEKONG", "ORIENT", "GOLDEN", "NORTHERN", "CORAL", "JADE", "ASIAN", "OCEAN", "EVER", "BLUE", "STAR"),
    ("HARMONY", "PIONEER", "VENTURE", "TRADER", "BRIDGE", "SPIRIT", "GRACE", "HORIZON", "PEARL", "PRIDE", "WIND",
     "SEA"),
)  # fmt: skip
SHIPS_PER_LINE = 12


@dataclass(frozen=True)
class Transport:
    """Texts of transport, one element per row; None is missing."""

    carrier: NDArray[np.object_]
    vessel: NDArray[np.object_]
    imo: NDArray[np.object_]
    voyage: NDArray[np.object_]
    flag: NDArray[np.object_]
    master: NDArray[np.object_]
    house: NDArray[np.object_]
    container: NDArray[np.object_]
    container_type: NDArray[np.object_]
    shipper_owned: NDArray[np.bool_]
    seals: NDArray[np.object_]


def transport(rng: np.random.Generator, facts: Facts, habits: Habits, rows: Rows, sizes: Amounts) -> Transport:
    """Draw how each row travels and the numbers it travels under."""
    count = len(rows["mode"])
    mode = rows["mode"]
    habit = habits.uniform[4][rows["relation"]]
    luck = np.where(rng.random(count) < 0.86, habit, rng.random(count))
    line = np.searchsorted(np.cumsum([share for *_, share in LINES]) / 100, luck * 0.999)
    airline = _airlines(facts, rows, luck)
    courier = (luck * len(COURIERS)).astype(np.int64)
    code = np.array([*(x[0] for x in LINES), *(x[0] for x in AIRLINES), *(x[0] for x in COURIERS)], dtype=object)
    number = np.select([mode == SEA, mode == AIR], [line, airline + len(LINES)], courier + len(LINES) + len(AIRLINES))
    carrier = code[number]
    countries = np.array(facts.countries, dtype=object)
    post = countries[facts.places.country[rows["loading"]]] + "A"
    carrier[mode == MAIL] = post[mode == MAIL]
    by_sea = mode == SEA
    week = rows["moment"] // (7 * DAY)
    ship = line * SHIPS_PER_LINE + (rows["loading"] * 7 + rows["discharge"] + week) % SHIPS_PER_LINE
    vessel, imo, flag = (_only(by_sea, texts[ship]) for texts in _fleet())
    voyage = np.full(count, None, dtype=object)
    voyage[by_sea] = [
        f"{w % 1000:03d}{'EWNS'[s % 4]}" for w, s in zip(week[by_sea].tolist(), ship[by_sea].tolist(), strict=True)
    ]
    flown = (mode == AIR) | (mode == EXPRESS)
    flight = (rows["loading"] * 37 + rows["discharge"] * 11) % 880 + 100
    voyage[flown] = [f"{c}{f}" for c, f in zip(carrier[flown].tolist(), flight[flown].tolist(), strict=True)]
    box, owned = _containers(rng, rows, sizes, line)
    kind = np.array(facts.goods.container, dtype=object)[rows["good"]]
    kind[kind == ""] = "22G1"
    return Transport(
        carrier=carrier,
        vessel=vessel,
        imo=imo,
        voyage=voyage,
        flag=flag,
        master=_masters(rows, sizes, number),
        house=_houses(facts, rows),
        container=_only(by_sea, box),
        container_type=_only(by_sea, kind),
        shipper_owned=owned,
        seals=_seals(rng, rows, sizes, line),
    )


def _only(keep: NDArray[np.bool_], texts: NDArray[np.object_]) -> NDArray[np.object_]:
    kept: NDArray[np.object_] = texts.copy()
    kept[~keep] = None
    return kept


def _airlines(facts: Facts, rows: Rows, luck: NDArray[np.float64]) -> NDArray[np.int64]:
    of_country = np.full(len(facts.countries), -1)
    for number, (_, _, home) in enumerate(AIRLINES):
        if home in facts.countries:
            of_country[facts.country(home)] = number
    start = of_country[facts.places.country[rows["loading"]]]
    end = of_country[facts.places.country[rows["discharge"]]]
    other = (luck * 7919 % 1 * len(AIRLINES)).astype(np.int64)
    choice = np.where(luck < 0.45, start, np.where(luck < 0.8, end, other))
    filled: NDArray[np.int64] = np.where(choice < 0, other, choice)
    return filled


@cache
def _fleet() -> tuple[NDArray[np.object_], NDArray[np.object_], NDArray[np.object_]]:
    """Names, numbers and flags of all ships: the same in every world."""
    rng = np.random.Generator(np.random.PCG64(6346))
    count = len(LINES) * SHIPS_PER_LINE
    first, second = SHIP_WORDS
    chosen = rng.permutation(len(first) * len(second))[:count]
    names = [f"{first[c % len(first)]} {second[c // len(first)]}" for c in chosen.tolist()]
    numbers = ships(900_000 + rng.permutation(90_000)[:count])
    flags = np.array(FLAGS, dtype=object)[rng.integers(0, len(FLAGS), size=count)]
    return np.array(names, dtype=object), np.array(numbers, dtype=object), flags


def _containers(
    rng: np.random.Generator, rows: Rows, sizes: Amounts, line: NDArray[np.integer]
) -> tuple[NDArray[np.object_], NDArray[np.bool_]]:
    """Draw containers from each line's stock, so that they come back; consolidated goods share one."""
    count = len(line)
    per_line = np.bincount(line[rows["mode"] == SEA], minlength=len(LINES))
    stock = np.maximum(25, per_line // 2)
    draw = (rng.random(count) * stock[line]).astype(np.int64)
    first = np.unique(sizes.master, return_index=True)[1]
    of_master = rows["serial"][first][sizes.master]
    draw = np.where(sizes.full_container, draw, of_master % stock[line])
    box = line * 10_000_019 + draw
    leased = box % 10 < 4
    owned = rng.random(count) < 0.02
    own = np.array([x[1] for x in LINES], dtype=object)[line]
    prefix = np.where(leased, np.array(LEASED, dtype=object)[box % len(LEASED)], own)
    private = np.array([f"{a}{b}XU" for a in "BDFGHJ" for b in "AEIKLMNOPR"], dtype=object)
    prefix = np.where(owned, private[box % len(private)], prefix)
    serial = box * 6_364_137 % 999_983
    by_sea = np.flatnonzero(rows["mode"] == SEA)
    made = np.full(count, None, dtype=object)
    made[by_sea] = containers(prefix[by_sea].tolist(), serial[by_sea])
    wrong = by_sea[rng.random(len(by_sea)) < 0.012]
    made[wrong] = [f"{text[:-1]}{(int(text[-1]) + 3) % 10}" for text in made[wrong]]
    return made, owned & (rows["mode"] == SEA)


def _seals(rng: np.random.Generator, rows: Rows, sizes: Amounts, line: NDArray[np.integer]) -> NDArray[np.object_]:
    count = len(line)
    made = np.full(count, None, dtype=object)
    sealed = np.flatnonzero(sizes.full_container)
    serial = rng.integers(100_000, 9_999_999, size=len(sealed)).tolist()
    two = rng.random(len(sealed)) < 0.12
    heads = [LINES[value][0][:2] for value in line[sealed].tolist()]
    made[sealed] = [
        f"{head}{number}" + (f";{head}{number + 1}" if both else "")
        for head, number, both in zip(heads, serial, two.tolist(), strict=True)
    ]
    loose = sealed[has(rows, "unsealed")[sealed]]
    luck = rng.random(len(loose))
    made[loose[luck < 0.6]] = None
    odd = loose[luck >= 0.6]
    made[odd] = [f"{number:04d}" for number in rng.integers(0, 9_999, size=len(odd)).tolist()]
    return made


def _masters(rows: Rows, sizes: Amounts, carrier: NDArray[np.integer]) -> NDArray[np.object_]:
    count = len(carrier)
    first = np.unique(sizes.master, return_index=True)[1]
    head = carrier[first][sizes.master]
    serial = rows["serial"][first][sizes.master] + 1_000_003
    made = np.full(count, None, dtype=object)
    by_sea = np.flatnonzero(rows["mode"] == SEA)
    made[by_sea] = [
        f"{LINES[h][0]}{s * 89 % 999_999_937:09d}"
        for h, s in zip(head[by_sea].tolist(), serial[by_sea].tolist(), strict=True)
    ]
    flown = np.flatnonzero((rows["mode"] == AIR) | (rows["mode"] == EXPRESS))
    prefixes: list[Any] = [""] * len(LINES) + [x[1] for x in AIRLINES] + [x[1] for x in COURIERS]
    made[flown] = waybills([prefixes[h] for h in head[flown].tolist()], serial[flown] * 7_919 % 9_999_991)
    return made


def _houses(facts: Facts, rows: Rows) -> NDArray[np.object_]:
    mode, count = rows["mode"], len(rows["mode"])
    serial = rows["serial"]
    made = np.full(count, None, dtype=object)
    for value, head in ((SEA, "HB"), (AIR, "H")):
        mine = np.flatnonzero(mode == value)
        agent = rows["forwarder"][mine].tolist()
        made[mine] = [
            f"{chr(65 + a % 26)}{chr(65 + a // 26 % 26)}{chr(65 + a // 676 % 26)}{head}{s + 10_000_000}"
            for a, s in zip(agent, serial[mine].tolist(), strict=True)
        ]
    mine = np.flatnonzero(mode == EXPRESS)
    made[mine] = [f"{s * 99_991 % 8_999_999_929 + 1_000_000_000}" for s in serial[mine].tolist()]
    mine = np.flatnonzero(mode == MAIL)
    country = np.array(facts.countries, dtype=object)[facts.places.country[rows["loading"][mine]]]
    services = [("CP", "LX", "RR", "EE", "CX")[s % 5] for s in serial[mine].tolist()]
    made[mine] = postal_items(services, serial[mine] * 271 % 99_999_989, country.tolist())
    return made
