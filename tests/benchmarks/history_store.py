"""The history on disk: opening it, asking about one shipment and about many, adding to it, against SQLite."""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from omdrisk.history import History
from omdrisk.history.lookups import answer
from omdrisk.history.past import Past
from tests.benchmarks.history import result, seconds
from tests.benchmarks.worlds import SECRET, World, names, ten_questions

if TYPE_CHECKING:
    from collections.abc import Iterator

KEYS = 10
QUESTIONS = [question for name in names(KEYS) for question in ten_questions(name)]


def made(folder: Path, size: int) -> History:
    """Make a store of `size` events, compacted, whose indexes are on disk."""
    History.create(folder, keys=names(KEYS), values=["x_value"], secret=SECRET)
    history = History.open(folder, SECRET)
    world = World.drawn(int(size / 1.05), KEYS, until=0.9)
    take_in(history, world)
    history.compact()
    opened = History.open(folder, SECRET)
    ask(opened, World.drawn(1, KEYS, seed=3, since=0.95), slice(None))
    return opened


def take_in(history: History, world: World) -> None:
    """Add shipments and outcomes that are hashed already, in one change."""
    with history._store.writing():
        history._add(world.shipments, world.outcomes, {}, {"drug": 77})


def ask(history: History, world: World, rows) -> dict:
    """Ask everything about some rows, past the hashing of texts."""
    keys = {name: column[rows] for name, column in world.keys().items()}
    return answer(history._current(), QUESTIONS, keys, world.shipments["filed_at"][rows])


def opening(folder: Path) -> float:
    """Return the seconds from `open` to the first answer, in a fresh process that has everything imported."""
    script = (
        "import sys, time; from tests.benchmarks.history_store import *\n"
        "folder, spare = map(Path, sys.argv[1:])\n"
        "row = World.drawn(1, KEYS, seed=4, since=.95); ask(History.open(spare, SECRET), row, slice(None))\n"
        "start = time.perf_counter(); ask(History.open(folder, SECRET), row, slice(None))\n"
        "print(time.perf_counter() - start)"
    )
    with tempfile.TemporaryDirectory() as spare:
        made(Path(spare) / "spare", 60_000)
        done = subprocess.run(
            [sys.executable, "-c", script, folder, Path(spare) / "spare"],
            check=True,
            capture_output=True,
            text=True,
        )
    return float(done.stdout)


def single(history: History, count: int, clock=time.perf_counter) -> np.ndarray:
    """Return the milliseconds of each of `count` questions about one shipment."""
    world = World.drawn(count, KEYS, seed=5, since=0.95)
    took = []
    for row in range(count):
        start = clock()
        ask(history, world, slice(row, row + 1))
        took.append(clock() - start)
    return np.array(took) * 1000


def idle(count: int) -> float:
    """Return the 99th percentile of the milliseconds of an equally long loop that touches no memory."""
    took = [seconds(lambda: sum(range(20_000))) for _ in range(count)]
    return float(np.quantile(took, 0.99)) * 1000


def added(history: History, reader: History, world: World, row: World) -> tuple[float, float, float]:
    """Add a world; return the seconds until `reader` has answered with it, those of the whole call, of its processors.

    A change is there for others before parts are gathered; what it gathers then is part of the call.
    """
    gather, seen = Past.gathered, []

    def watched(past: Past) -> Past:
        ask(reader, row, slice(0, 1))
        seen.append((time.perf_counter(), time.process_time()))
        return gather(past)

    start, processor = time.perf_counter(), time.process_time()
    Past.gathered = watched
    try:
        take_in(history, world)
    finally:
        Past.gathered = gather
    ended = time.perf_counter()
    assert len(reader) == len(history)
    return seen[0][0] - start, ended - start, seen[0][1] - processor


def store(size: int, batch: int, lookups: int) -> list[dict]:
    """Measure one store."""
    shared = {"size": f"{size:,} events, {KEYS} keys x 10 answers"}
    with tempfile.TemporaryDirectory(dir="/var/tmp") as spare:
        folder = Path(spare) / "store"
        build = seconds(lambda: made(folder, size))
        opens = [opening(folder) for _ in range(3)]
        history = History.open(folder, SECRET)
        single(history, 50)
        took = single(history, lookups)
        processor = float(np.quantile(single(history, lookups, time.process_time), 0.99))
        loop = idle(lookups)
        fresh = World.drawn(batch, KEYS, seed=6, since=0.95)
        ask(history, fresh, slice(None))
        processor_begin = time.process_time()
        rates = [batch / seconds(lambda: ask(history, fresh, slice(None))) for _ in range(5)]
        per_processor = 5 * batch / (time.process_time() - processor_begin)
        five = QUESTIONS[: len(QUESTIONS) // 2]
        half = batch / statistics.median(
            seconds(lambda: answer(history._current(), five, fresh.keys(), fresh.shipments["filed_at"]))
            for _ in range(3)
        )
        seen, calls, processors, after = [], [], [], []
        reader = History.open(folder, SECRET)
        ask(reader, fresh, slice(0, 1))
        for number in range(8):
            more = World.drawn(int(batch / 1.05), KEYS, seed=10 + number, since=0.9 + number / 100)
            for times, took_ in zip((seen, calls, processors), added(history, reader, more, fresh), strict=True):
                times.append(took_)
            ask(history, fresh, slice(0, 1))
            after.append(float(np.quantile(single(history, max(lookups // 8, 20)), 0.99)))
        size_mb = sum(path.stat().st_size for path in folder.iterdir()) / 2**20
    label = f"{size / 1e6:g}m"
    return [
        result("store_open_s", statistics.median(opens), "s", goal=0.5, repeats=3, **shared),
        result(
            "store_lookup_p99_ms",
            float(np.quantile(took, 0.99)),
            "ms",
            goal=1.0,
            repeats=lookups,
            note=f"p50 {np.median(took):.2f} ms, p90 {np.quantile(took, 0.9):.2f} ms; p99 {loop:.2f} ms of a "
            f"bare 0.2 ms loop on this machine; after each of 8 additions at most {max(after):.2f} ms",
            **shared,
        ),
        result("store_lookup_cpu_p99_ms", processor, "ms", goal=1.0, repeats=lookups, **shared),
        result(
            "store_batch_rows_per_s",
            statistics.median(rates),
            "1/s",
            goal=300_000,
            more=True,
            repeats=5,
            note=f"{per_processor:,.0f} per second of one processor; with 5 of the 10 keys {half:,.0f} by the clock",
            **shared,
        ),
        result(
            "store_append_s",
            statistics.median(seen),
            "s",
            goal=1.0,
            repeats=8,
            note=f"longest {max(seen):.2f} s; processor time {statistics.median(processors):.2f} s, at most "
            f"{max(processors):.2f}; the call itself, with gathering after that, took at most {max(calls):.2f} s",
            **shared,
        ),
        result(f"store_append_s_{label}", statistics.median(seen), "s", repeats=8, **shared),
        result(f"store_build_s_{label}", build, "s", repeats=1, **shared),
        result(f"store_mb_{label}", size_mb, "MB", repeats=1, **shared),
    ]


def measure(small: bool) -> Iterator[dict]:
    """Return all results about the store."""
    if small:
        yield from store(60_000, 2_000, 50)
    else:
        yield from store(10_000_000, 100_000, 2000)
        yield from (entry for entry in store(1_000_000, 100_000, 100) if entry["name"].endswith("_1m"))
