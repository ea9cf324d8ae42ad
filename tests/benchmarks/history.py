"""The point-in-time history: against pandas and numpy in one run, and how it grows."""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from omdrisk.entities import Keyring
from omdrisk.history.arrays import NEVER
from omdrisk.history.lookups import answer
from omdrisk.history.past import Past
from tests.benchmarks.rivals import with_numpy, with_pandas
from tests.benchmarks.worlds import SECRET, World, names, ten_questions

if TYPE_CHECKING:
    from collections.abc import Iterator

KEYS = 5


def result(name, value, unit, **more) -> dict:
    """Return one result; `holds` follows from goal and ratio or value."""
    entry = {
        "name": name,
        "value": value,
        "unit": unit,
        "baseline": None,
        "ratio": None,
        "goal": None,
        "holds": None,
    }
    entry |= more
    if entry["goal"] is not None:
        least = entry["ratio"] is not None or entry.pop("more", False)
        reached = value if entry["ratio"] is None else entry["ratio"]
        entry["holds"] = bool(reached >= entry["goal"]) if least else bool(reached <= entry["goal"])
    entry.pop("more", None)
    return entry


def seconds(work) -> float:
    """Return how long `work()` takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def ours(world, facts, keys: int = KEYS):
    """Answer the ten questions about every key, from facts without any index."""
    past = Past((), (), Keyring(SECRET).joint, lambda by: False).plus_part(facts)
    questions = [question for name in names(keys) for question in ten_questions(name)]
    return answer(past, questions, world.keys(), world.shipments["filed_at"], NEVER)


def agree(world, answers) -> None:
    """Raise unless pandas, numpy and the history say the same."""
    for rival in (with_pandas, with_numpy):
        for question, found in zip(ten_questions("x_0"), rival(world, "x_0"), strict=True):
            np.testing.assert_allclose(answers[question], found, rtol=1e-9, err_msg=f"{rival} {question.name}")


def against_rivals(size: int) -> list[dict]:
    """Compare with pandas and numpy: each of them once at full size, ours six times in between."""
    little = World.drawn(50_000, KEYS, seed=1, distinct=True)
    agree(little, ours(little, little.facts))
    world = World.drawn(size, KEYS)
    facts = world.facts
    clocks: dict[str, list[tuple[float, float]]] = {"ours": [], "pandas": [], "numpy": []}

    def measured(who, work):
        processor = time.process_time()
        wall = seconds(work)
        clocks[who].append((wall, time.process_time() - processor))

    ours(world, facts)
    for who, rival in (("pandas", with_pandas), ("numpy", with_numpy), ("ours", None)):
        measured("ours", lambda: ours(world, facts))
        measured("ours", lambda: ours(world, facts))
        if rival:
            measured(who, lambda rival=rival: [rival(world, name) for name in names(KEYS)])
    wall, processor = (
        {who: statistics.median(pair[clock] for pair in pairs) for who, pairs in clocks.items()} for clock in (0, 1)
    )
    value = wall["ours"]
    bound = statistics.median(seconds(lambda: np.full((10 * KEYS, size), 1.0)) for _ in range(5))
    shared = {"size": f"{size:,} shipments x {KEYS} keys x 10 answers", "repeats": "6; the rival once"}

    def against(rival, goal):
        mine, theirs = processor["ours"], processor[rival]
        best = min(seconds for seconds, _ in clocks["ours"]), min(seconds for _, seconds in clocks["ours"])
        note = (
            f"processor time {mine:.2f} s on all threads against {theirs:.2f} s: {theirs / mine:.1f} times; "
            f"the best of ours {best[0]:.2f} s, processor {best[1]:.2f} s"
        )
        return {"baseline": wall[rival], "ratio": wall[rival] / value, "goal": goal, "note": note, **shared}

    return [
        result("history_vs_pandas", value, "s", **against("pandas", 50)),
        result("history_vs_numpy", value, "s", **against("numpy", 5)),
        result("history_vs_bound", value / bound, "x", baseline=bound, goal=3, **shared),
    ]


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def one_size(size: int, keys: int) -> None:
    """Print seconds, processor seconds and extra megabytes, beside inputs and answers, of one pass in a new process."""
    warm = World.drawn(30_000, keys, seed=1)
    ours(warm, warm.facts, keys)
    world = World.drawn(size, keys)
    facts = world.facts
    status = Path("/proc/self/status").read_text()
    before = int(status.split("VmRSS:")[1].split()[0]) / 1024
    highest, done = [before], threading.Event()

    def watch():
        while not done.wait(0.002):
            pages = int(Path("/proc/self/statm").read_text().split()[1])
            highest[0] = max(highest[0], pages * resource.getpagesize() / 2**20)

    watcher = threading.Thread(target=watch)
    watcher.start()
    ours(world, facts, keys)
    done.set()
    watcher.join()
    processor = time.process_time()
    took = seconds(lambda: ours(world, facts, keys))
    answers = 10 * keys * size * 8 / 2**20
    print(took, time.process_time() - processor, highest[0] - before - answers, highest[0] - before, _peak())


def growth(sizes: list[int], keys: int = 2) -> list[dict]:
    """Measure seconds and megabytes per million shipments at several sizes, each in a fresh process."""
    results = []
    for size in sizes:
        took, processor, extra, _, peak = _measured(size, keys)
        label = f"{size / 1e6:g}m"
        shared = {"size": f"{size:,} shipments x {keys} keys x 10 answers", "repeats": 1}
        note = (
            f"processor time {processor / size * 1e6:.3f} s per million; the process took {peak / 1024:.1f} GB at most"
        )
        results.append(result(f"history_growth_s_per_m_{label}", took / size * 1e6, "s", note=note, **shared))
        results.append(result(f"history_growth_cpu_s_per_m_{label}", processor / size * 1e6, "s", **shared))
        results.append(result(f"history_growth_extra_mb_per_m_{label}", extra / size * 1e6, "MB", **shared))
    return results


def extra_memory(size: int) -> dict:
    """Measure the megabytes beside inputs and answers at one size."""
    _, _, extra, every, _ = _measured(size, KEYS)
    shared = {"size": f"{size:,} shipments x {KEYS} keys x 10 answers", "repeats": 1}
    note = f"{every:.0f} MB with the answers themselves"
    return result("history_extra_mb", extra, "MB", goal=600, note=note, **shared)


def _measured(size: int, keys: int) -> list[float]:
    done = subprocess.run(
        [sys.executable, "-c", f"from tests.benchmarks.history import one_size; one_size({size}, {keys})"],
        check=True,
        capture_output=True,
        text=True,
    )
    return list(map(float, done.stdout.split()))


def draw(results: list[dict], path: Path) -> None:
    """Draw how time and memory per million shipments grow, readable in grey."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 2.8), layout="constrained")
    told = {entry["name"]: entry["value"] for entry in results}
    for axes, name, label in (
        (figure.add_subplot(1, 2, 1), "history_growth_cpu_s_per_m_", "processor seconds per million"),
        (figure.add_subplot(1, 2, 2), "history_growth_extra_mb_per_m_", "extra MB per million"),
    ):
        points = [(float(key.removeprefix(name)[:-1]), value) for key, value in told.items() if key.startswith(name)]
        millions, values = zip(*sorted(points), strict=True)
        axes.plot(millions, values, color="0.2", marker="o", linewidth=1.2, markersize=4)
        axes.set(xlabel="million shipments", ylabel=label, ylim=(0, 1.4 * max(values)), xticks=millions)
        axes.grid(visible=True, axis="y", color="0.9")
        axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, metadata={"Date": None})


def measure(small: bool) -> Iterator[dict]:
    """Return all results about the history."""
    yield from against_rivals(20_000 if small else 2_000_000)
    yield extra_memory(20_000 if small else 2_000_000)
    grown = growth([20_000, 40_000] if small else [million * 1_000_000 for million in (1, 2, 5, 10, 20)])
    yield from grown
    Path("build").mkdir(exist_ok=True)
    draw(grown, Path("build/history-growth.svg"))
