"""The store against an embedded engine, in one run: SQLite with covering indexes and the same answers."""

from __future__ import annotations

import math
import sqlite3
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np

from omdrisk.history import History
from omdrisk.history.arrays import DAY
from omdrisk.history.facts import FOUND, KEY, VALUE
from tests.benchmarks.history import result, seconds
from tests.benchmarks.history_store import KEYS, QUESTIONS, ask, made, take_in
from tests.benchmarks.worlds import SECRET, World, names

SCHEMA = """
create table events (name integer, key integer, at integer, value real);
create table outcomes (name integer, key integer, at integer, found integer);
create index of_events on events (name, key, at, value);
create index of_outcomes on outcomes (name, key, at, found);
create index of_all on outcomes (name, at, found);
"""
EVENTS = """
select count(*), sum(at >= :month), min(at), max(at), avg(value) from events
where name = :name and key = :key and at < :now
"""
OUTCOMES = """
select count(*), total(found), total(found and at >= :window), max(case when found then at end) from outcomes
where name = :name and key = :key and at < :now
"""
OVERALL = "select count(*), total(found) from outcomes where name = :name and at < :now"


def fill(engine: sqlite3.Connection, world: World) -> None:
    """Add events in one transaction."""
    shipments, log = world.shipments, world.outcomes
    order = np.argsort(shipments["id"])
    rows = order[np.searchsorted(shipments["id"][order], log["id"])]
    with engine:
        for number, name in enumerate(names(KEYS)):
            keys = shipments[f"{KEY}{name}"]
            columns = keys, shipments["filed_at"], shipments[f"{VALUE}x_value"]
            engine.executemany(
                f"insert into events values ({number}, ?, ?, ?)",
                zip(*(column.tolist() for column in columns), strict=True),
            )
            columns = keys[rows], log["known_at"], (log["outcome"] == FOUND).astype(int)
            engine.executemany(
                f"insert into outcomes values ({number}, ?, ?, ?)",
                zip(*(column.tolist() for column in columns), strict=True),
            )


def asked(engine: sqlite3.Connection, world: World, row: int) -> list[list[float]]:
    """Return the ten answers about each key of one shipment."""
    now = int(world.shipments["filed_at"][row])
    moments = {"now": now, "month": now - 30 * DAY, "window": now - 180 * DAY}
    everything, finds_of_all = engine.execute(OVERALL, {"name": 0, **moments}).fetchone()
    answers = []
    for number, name in enumerate(names(KEYS)):
        parameters = {"name": number, "key": int(world.shipments[f"{KEY}{name}"][row]), **moments}
        count, month, first, last, mean = engine.execute(EVENTS, parameters).fetchone()
        inspected, finds, recent, latest = engine.execute(OUTCOMES, parameters).fetchone()
        rate = (finds + 20 * finds_of_all / everything) / (inspected + 20)
        since = [math.nan if at is None else (now - at) / DAY for at in (first, last, latest)]
        mean = math.nan if mean is None else mean
        answers.append([count, month or 0, since[0], since[1], mean, finds, recent, inspected, rate, since[2]])
    return answers


def compare(size: int, batch: int, lookups: int) -> list[dict]:
    """Measure both in turn."""
    with tempfile.TemporaryDirectory(dir="/var/tmp") as spare:
        folder, file = Path(spare) / "store", Path(spare) / "events.sqlite"
        history = made(folder, size)
        engine = sqlite3.connect(file)
        engine.executescript(SCHEMA)
        fill(engine, World.drawn(int(size / 1.05), KEYS, until=0.9))
        world = World.drawn(lookups, KEYS, seed=5, since=0.95)
        ours, theirs = [], []
        for row in range(lookups):
            start = time.perf_counter()
            mine = ask(history, world, slice(row, row + 1))
            middle = time.perf_counter()
            other = asked(engine, world, row)
            theirs.append(1e3 * (time.perf_counter() - middle))
            ours.append(1e3 * (middle - start))
            np.testing.assert_allclose([mine[question][0] for question in QUESTIONS], np.concatenate(other), rtol=1e-9)
        writer = History.open(folder, SECRET)
        take_in(writer, World.drawn(100, KEYS, seed=7, since=0.9))
        added, inserted = [], []
        for number in range(3):
            more = World.drawn(batch, KEYS, seed=20 + number, since=0.9)
            added.append(seconds(lambda more=more: take_in(writer, more)))
            inserted.append(seconds(lambda more=more: fill(engine, more)))
        sizes = [sum(path.stat().st_size for path in folder.iterdir()) / 2**20, file.stat().st_size / 2**20]
        engine.close()
    shared = {"size": f"{size:,} events, {KEYS} keys x 10 answers"}
    results = []
    for name, mine, rival, unit, repeats in (
        ("store_vs_sqlite_lookup_p50", statistics.median(ours), statistics.median(theirs), "ms", lookups),
        ("store_vs_sqlite_lookup_mean", statistics.mean(ours), statistics.mean(theirs), "ms", lookups),
        (f"store_vs_sqlite_append_{batch}", statistics.median(added), statistics.median(inserted), "s", 3),
        ("store_vs_sqlite_size", *sizes, "MB", 1),
    ):
        ratio = rival / mine
        results.append(result(name, mine, unit, baseline=rival, ratio=ratio, repeats=repeats, **shared))
    return results


def measure(small: bool) -> list[dict]:
    """Return all results of the comparison."""
    return compare(20_000, 500, 20) if small else compare(500_000, 20_000, 300)
