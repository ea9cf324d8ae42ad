"""The whole catalog over a manifest, against a history: rows per second, by family, and the slowest kinds."""

from __future__ import annotations

import time
import warnings
from collections import defaultdict
from typing import TYPE_CHECKING

import omdrisk
from omdrisk.entities import Fields
from omdrisk.features import Catalog, FeaturePipeline, history_keys, history_values
from omdrisk.history import History
from tests.benchmarks.history import result
from tests.benchmarks.scenes import SECRET, manifest, take_in
from tests.scoring.tiny import tiny

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

CHUNK = 100_000
SLOWEST = 3


def measure(small: bool) -> Iterator[dict]:
    """Return the results, at full size of a million shipments against five million of history."""
    yield from run(500, 2_000, small=True) if small else run(1_000_000, 5_000_000)


def run(rows: int, past: int, *, small: bool = False, base: int = 120_000) -> Iterator[dict]:
    """Measure the shipped catalog over `rows` shipments against a history of `past`."""
    catalog = Catalog.read()
    if small:
        shipments, outcomes = tiny().shipments, tiny().outcomes
    else:
        world = omdrisk.simulate(seed=3, shipments=base)
        shipments, outcomes = world.shipments, omdrisk.link(world.shipments, world.cases, world.inspections)
    keys, values = history_keys(catalog), history_values(catalog)
    begun = History.from_tables(shipments, outcomes, keys=keys, values=values, secret=SECRET)
    history = History.from_tables(shipments.head(0), keys=keys, values=values, secret=SECRET)
    take_in(history, begun, past)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pipeline = FeaturePipeline(catalog, history).fit(shipments.head(5_000))
    incoming = shipments.tail(min(len(shipments), 30_000))
    pipeline.transform(incoming.head(50))
    spent: dict[str, float] = defaultdict(float)
    kinds: dict[str, float] = defaultdict(float)
    wall = 0.0
    for start in range(0, rows, CHUNK):
        part = manifest(incoming, min(CHUNK, rows - start))
        begin = time.perf_counter()
        pipeline.transform(part)
        wall += time.perf_counter() - begin
        by_family(pipeline, part, spent, kinds)
    size = f"{rows:,} shipments x {len(catalog)} indicators, history of {past:,}"
    yield result("catalog_rows_per_s", rows / wall, "shipments/s", size=size, repeats=1)
    looked_up = spent.pop("history")
    yield result("catalog_history_rows_per_s", rows / looked_up, "shipments/s", size=size, repeats=1)
    for family, took in sorted(spent.items(), key=lambda pair: -pair[1]):
        yield result(
            f"catalog_family_{family}_rows_per_s",
            rows / took,
            "shipments/s",
            baseline=rows / looked_up,
            ratio=looked_up / took,
            goal=1.0,
            size=size,
            repeats=1,
        )
    for kind, took in sorted(kinds.items(), key=lambda pair: -pair[1])[:SLOWEST]:
        yield result(f"catalog_slow_kind_{kind}_us", took / rows * 1e6, "us per shipment", size=size, repeats=1)


def by_family(pipeline: FeaturePipeline, rows: pd.DataFrame, spent: dict[str, float], kinds: dict[str, float]) -> None:
    """Add up the seconds of processor time of each family and kind, the answers of the history counted apart.

    Each family looks at the shipments anew: what it shares with others, as the entities, it pays itself.
    """
    view = pipeline.view(Fields(rows))
    begin = time.process_time()
    answers = pipeline.history.ask(pipeline.catalog_.questions(), view.fields)
    spent["history"] += time.process_time() - begin
    for family in pipeline.catalog_.families:
        view = pipeline.view(Fields(rows))
        view._answers.update(answers)
        for definition in pipeline.catalog_:
            if definition.family == family:
                begin = time.process_time()
                definition.values(view)
                took = time.process_time() - begin
                spent[family] += took
                kinds[definition.kind.word] += took
