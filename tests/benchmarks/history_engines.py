"""The history against DuckDB, an embedded column store, in one run: a batch, and all answers of one shipment."""

from __future__ import annotations

import math
import statistics
import time

import numpy as np

from omdrisk.history.arrays import DAY, NEVER
from omdrisk.history.facts import FOUND, KEY, VALUE
from omdrisk.history.lookups import answer
from omdrisk.history.past import Past
from tests.benchmarks.history import result
from tests.benchmarks.worlds import World, names, ten_questions

KEYS = 5
BATCH = f"""
with events as (select place, key, moment, value from shipments where name = $name),
said as (
    select key, moment,
        count(*) over past as inspected, sum(found) over past as finds,
        max(case when found = 1 then moment end) over past as latest
    from outcomes where name = $name window past as (partition by key order by moment range unbounded preceding)
),
everything as (
    select distinct moment, count(*) over past as inspected, sum(found) over past as finds
    from outcomes where name = $name window past as (order by moment range unbounded preceding)
),
counted as (
    select place, key, moment,
        count(*) over past as number, count(*) over month as lately,
        min(moment) over past as first, max(moment) over past as last, avg(value) over past as mean
    from events
    window past as (partition by key order by moment range between unbounded preceding and 1 preceding),
        month as (partition by key order by moment range between {30 * DAY} preceding and 1 preceding)
)
select number, lately, (e.moment - first) / {DAY}.0, (e.moment - last) / {DAY}.0, mean, coalesce(o.finds, 0),
    coalesce(o.finds, 0) - coalesce(h.finds, 0), coalesce(o.inspected, 0),
    (coalesce(o.finds, 0) + 20 * a.finds / a.inspected) / (coalesce(o.inspected, 0) + 20),
    (e.moment - o.latest) / {DAY}.0
from counted e
    asof left join said o on e.key = o.key and o.moment < e.moment
    asof left join said h on e.key = h.key and h.moment < e.moment - {180 * DAY}
    asof left join everything a on a.moment < e.moment
order by place
"""


EVENTS = """
select count(*), count(*) filter (moment >= $month), min(moment), max(moment), avg(value) from shipments
where name = $name and key = $key and moment < $now
"""
OUTCOMES = """
select count(*), sum(found), sum(found) filter (moment >= $window), max(moment) filter (found = 1) from outcomes
where name = $name and key = $key and moment < $now
"""
OVERALL = "select count(*), sum(found) from outcomes where name = $name and moment < $now"


def filled(world: World):
    """Return a DuckDB in memory that holds a world, each key's events in order, with indexes for look-ups."""
    import duckdb
    import pyarrow as pa

    engine = duckdb.connect()
    engine.execute("set enable_progress_bar = false")
    shipments, log = world.shipments, world.outcomes
    order = np.argsort(shipments["id"])
    rows = order[np.searchsorted(shipments["id"][order], log["id"])]
    engine.execute("create table shipments (name integer, place integer, key bigint, moment bigint, value double)")
    engine.execute("create table outcomes (name integer, key bigint, moment bigint, found integer)")
    for number, name in enumerate(names(KEYS)):
        keys, value = shipments[f"{KEY}{name}"], shipments[f"{VALUE}x_value"]
        value = pa.array(value, mask=np.isnan(value))
        columns = {"place": np.arange(len(shipments)), "key": keys, "moment": shipments["filed_at"], "value": value}
        engine.register("fresh", pa.table(columns))
        engine.execute(f"insert into shipments select {number}, * from fresh order by key, moment")
        found = (log["outcome"] == FOUND).astype(np.int32)
        engine.register("fresh", pa.table({"key": keys[rows], "moment": log["known_at"], "found": found}))
        engine.execute(f"insert into outcomes select {number}, * from fresh order by key, moment")
    engine.execute("create index of_shipments on shipments (key)")
    engine.execute("create index of_outcomes on outcomes (key)")
    return engine


def at_once(engine) -> list[list[np.ndarray]]:
    """Return ten answers about each key of all shipments."""
    return [
        [
            np.ma.filled(column.astype(float), np.nan)
            for column in engine.execute(BATCH, {"name": number}).fetchnumpy().values()
        ]
        for number in range(KEYS)
    ]


def single(engine, world: World, row: int) -> list[float]:
    """Return the ten answers about each key of one shipment."""
    answers: list[float] = []
    now = int(world.shipments["filed_at"][row])
    for number, name in enumerate(names(KEYS)):
        values = {"name": number, "key": int(world.shipments[f"{KEY}{name}"][row]), "now": now}
        values |= {"month": now - 30 * DAY, "window": now - 180 * DAY}

        def told(text: str, values: dict = values) -> tuple:
            return engine.execute(
                text, {name: value for name, value in values.items() if f"${name}" in text}
            ).fetchone()

        everything, finds_of_all = told(OVERALL)
        count, month, first, last, mean = told(EVENTS)
        inspected, finds, recent, latest = told(OUTCOMES)
        finds, recent = finds or 0, recent or 0
        rate = (finds + 20 * finds_of_all / everything) / (inspected + 20)
        since = [math.nan if at is None else (now - at) / DAY for at in (first, last, latest)]
        mean = math.nan if mean is None else mean
        answers += [count, month, since[0], since[1], mean, finds, recent, inspected, rate, since[2]]
    return answers


def compare(size: int, lookups: int) -> list[dict]:
    """Measure both in turn, and check that they agree."""
    world = World.drawn(size, KEYS, distinct=True)
    past = Past((), (), lambda *keys: keys[0], lambda by: False).plus_part(world.facts)
    questions = [question for name in names(KEYS) for question in ten_questions(name)]
    engine = filled(world)

    def ours(asking: World, rows: slice) -> dict:
        keys = {name: column[rows] for name, column in asking.keys().items()}
        return answer(past, questions, keys, asking.shipments["filed_at"][rows], NEVER)

    clocks: dict[str, list[float]] = {"ours": [], "theirs": [], "one": [], "their one": []}

    def clocked(who: str, work):
        start = time.perf_counter()
        found = work()
        clocks[who].append(time.perf_counter() - start)
        return found

    ours(world, slice(None))
    for _ in range(3):
        mine = clocked("ours", lambda: ours(world, slice(None)))
    rival = clocked("theirs", lambda: at_once(engine))
    for question, found in zip(questions, [column for of_key in rival for column in of_key], strict=True):
        np.testing.assert_allclose(mine[question], found, rtol=1e-9, err_msg=question.name)
    asking = World.drawn(lookups, KEYS, seed=5, since=0.95)
    for row in range(lookups):
        one = clocked("one", lambda row=row: ours(asking, slice(row, row + 1)))
        other = clocked("their one", lambda row=row: single(engine, asking, row))
        np.testing.assert_allclose([one[question][0] for question in questions], other, rtol=1e-9)
    engine.close()
    median = {who: statistics.median(times) for who, times in clocks.items()}
    shared = {"size": f"{size:,} shipments x {KEYS} keys x 10 answers"}
    return [
        result(
            "history_vs_duckdb",
            median["ours"],
            "s",
            baseline=median["theirs"],
            ratio=median["theirs"] / median["ours"],
            repeats="3; the rival once",
            **shared,
        ),
        result(
            "lookup_vs_duckdb_p50",
            1e3 * median["one"],
            "ms",
            baseline=1e3 * median["their one"],
            ratio=median["their one"] / median["one"],
            repeats=lookups,
            **shared,
        ),
    ]


def measure(small: bool) -> list[dict]:
    """Return all results of the comparison."""
    return compare(5_000, 5) if small else compare(500_000, 100)
