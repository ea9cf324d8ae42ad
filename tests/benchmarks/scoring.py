"""The whole path from a manifest to scores and reasons: many shipments, one, through MLflow, and from a cold start."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Self

import numpy as np

from omdrisk.entities import Fields
from omdrisk.history import History
from omdrisk.trees import Forest
from tests.benchmarks.history import result, seconds
from tests.benchmarks.scenes import SECRET, Scene, manifest, scene

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from omdrisk.scoring import Scorer

COLD = """
import sys
import pandas as pd
import omdrisk
rows = pd.read_parquet(sys.argv[3])
print(len(omdrisk.load(sys.argv[1], sys.argv[2], sys.argv[4].encode()).score(rows)), flush=True)
"""


def measure(small: bool) -> Iterator[dict]:
    """Return all results about scoring."""
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        here = scene(Path(folder), small=small)
        yield from of_scene(here, small=small)


def of_scene(here: Scene, *, small: bool) -> Iterator[dict]:
    """Measure everything in one scene."""
    scorer = here.load()
    against = f"history of {here.past:,} shipments"
    rows = manifest(here.incoming, 300 if small else 200_000)
    took = [_clocks(lambda: scorer.score(rows)) for _ in range(1 if small else 3)]
    wall, cpu = (statistics.median(each) for each in zip(*took, strict=True))
    note = f"{len(rows) / cpu:,.0f} per second of processor time"
    yield result(
        "score_rows_per_s",
        len(rows) / wall,
        "shipments/s",
        goal=20_000,
        more=True,
        size=f"{len(rows):,} shipments, both heads, {against}",
        repeats=len(took),
        note=note,
    )
    for stage, value in stages(scorer, rows).items():
        yield result(f"score_stage_{stage}", value / len(rows) * 1e6, "us per shipment", size=against, repeats=1)
    yield from singles(here, scorer, 10 if small else 400)
    yield from through_mlflow(here, scorer, manifest(here.incoming, 100 if small else 10_000), 1 if small else 5)
    starts = [cold(here) for _ in range(1 if small else 6)][-5:]
    scored, ended = (statistics.median(each) for each in zip(*starts, strict=True))
    note = f"{ended:.2f} s to the end of the process"
    yield result("cold_start_s", scored, "s", goal=1.5, size=against, repeats=len(starts), note=note)


def singles(here: Scene, scorer: Scorer, count: int) -> Iterator[dict]:
    """Measure shipments one at a time: their scores, and their reasons."""
    ones = [here.incoming.iloc[[place % len(here.incoming)]] for place in range(count + 5)]
    for one in ones[:5]:
        scorer.score(one)
        scorer.explain(one)
    size = f"1 shipment, both heads, history of {here.past:,} shipments"
    for what, work, goals in (
        ("score", scorer.score, {"p50": 5.0, "p99": 10.0}),
        ("reasons", scorer.explain, {"p99": 25.0}),
    ):
        clocks = np.array([_clocks(lambda one=one, work=work: work(one)) for one in ones[5:]]) * 1000
        for name, goal in goals.items():
            wall, cpu = np.quantile(clocks, int(name[1:]) / 100, axis=0)
            note = f"{cpu:.2f} ms of processor time"
            yield result(f"{what}_single_{name}_ms", wall, "ms", goal=goal, size=size, repeats=count, note=note)


def through_mlflow(here: Scene, scorer: Scorer, rows: pd.DataFrame, repeats: int) -> Iterator[dict]:
    """Measure the pyfunc that the registry logs against `Scorer.score`, both without a history."""
    import mlflow

    from omdrisk.registry.signature import signature
    from omdrisk.scoring import load

    plain = load(here.bundle)
    needed = {name for head in scorer.heads.values() for name in head.pipeline.catalog_.needs if name.startswith("x_")}
    with tempfile.TemporaryDirectory() as folder:
        where = str(Path(folder) / "model")
        told = signature(plain.score(rows.head(2)), sorted(needed))
        mlflow.pyfunc.save_model(
            where, loader_module="omdrisk.registry.loader", data_path=str(here.bundle), signature=told
        )
        model = mlflow.pyfunc.load_model(where)
        model.predict(rows.head(5))
        pairs = [(seconds(lambda: plain.score(rows)), seconds(lambda: model.predict(rows))) for _ in range(repeats)]
    own, theirs = (statistics.median(each) for each in zip(*pairs, strict=True))
    yield result(
        "pyfunc_vs_scorer", theirs / own, "x", baseline=own, goal=1.5, size=f"{len(rows):,} shipments", repeats=repeats
    )


def cold(here: Scene) -> tuple[float, float]:
    """Return the seconds from the start of a fresh process to its first score, and to its end.

    The first one leaves the byte code of the modules, as installing a package does.
    """
    surroundings = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    with tempfile.TemporaryDirectory() as folder:
        row = Path(folder) / "row.parquet"
        here.incoming.head(1).to_parquet(row)
        command = [sys.executable, "-W", "ignore", "-c", COLD, here.bundle, here.history, row, SECRET.decode()]
        start = time.perf_counter()
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=surroundings) as process:
            said = process.stdout.readline() if process.stdout else b""
            scored = time.perf_counter() - start
        if process.returncode or said.strip() != b"1":
            raise RuntimeError(f"a fresh process did not score its row: {said!r}")
        return scored, time.perf_counter() - start


def stages(scorer: Scorer, rows: pd.DataFrame) -> dict[str, float]:
    """Return the seconds of processor time of each stage of scoring `rows`; a stage holds none of another."""
    spent: dict[str, float] = defaultdict(float)
    nested: list[float] = []
    with _Patches() as patches:

        def timed(owner: type, name: str, stage: str) -> None:
            original = getattr(owner, name)

            def work(*arguments, **options):
                nested.append(0.0)
                begun = time.process_time()
                try:
                    return original(*arguments, **options)
                finally:
                    took = time.process_time() - begun
                    spent[stage] += took - nested.pop()
                    if nested:
                        nested[-1] += took

            patches.set(owner, name, work)

        pipelines = scorer._features.pipelines
        timed(Fields, "_text", "reading_columns")
        timed(Fields, "_number", "reading_columns")
        timed(Fields, "entity", "entities")
        timed(type(scorer.history._keyring), "hash", "keys")
        timed(History, "ask", "history")
        timed(Forest, "raw_score", "models")
        for kind in {type(definition.kind) for pipeline in pipelines for definition in pipeline.catalog_}:
            stage = "text" if kind.__module__.rpartition(".")[2].startswith("text") else "other_indicators"
            timed(kind, "compute", stage)
        begun = time.process_time()
        scorer.score(rows)
        every = time.process_time() - begun
    spent["the_rest"] = every - sum(spent.values())
    return dict(spent)


class _Patches:
    def __init__(self) -> None:
        self._old: list[tuple[type, str, object]] = []

    def __enter__(self) -> Self:
        return self

    def set(self, owner: type, name: str, value: object) -> None:
        self._old.append((owner, name, owner.__dict__.get(name)))
        setattr(owner, name, value)

    def __exit__(self, *_: object) -> None:
        for owner, name, value in reversed(self._old):
            if value is None:
                delattr(owner, name)
            else:
                setattr(owner, name, value)


def _clocks(work) -> tuple[float, float]:
    cpu = time.process_time()
    wall = seconds(work)
    return wall, time.process_time() - cpu
