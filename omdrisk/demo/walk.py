"""The steps of the demonstration, each a call that a user would make."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from omdrisk.demo import leaving
from omdrisk.demo.folder import SECRET, TARGETS, fresh, shipped_recipes
from omdrisk.demo.judging import against_truth

if TYPE_CHECKING:
    from collections.abc import Callable

    from omdrisk.history import History
    from omdrisk.records import ReadResult
    from omdrisk.scoring import Scorer
    from omdrisk.training import Recipe


@dataclass(frozen=True)
class Walk:
    """What the demonstration found and where it left it.

    Attributes
    ----------
    counts
        How many rows were read, rejected, linked, trained on and scored.
    tables
        For each head, what its ranking of phase V was worth (see `against_truth`).
    examined
        For each head, the figures that an agency without the truth would see: on examined shipments alone.
    reasons
        Reasons of the shipments on top of the list, by language.
    files
        What was left, by what it is.
    """

    counts: dict[str, Any]
    tables: dict[str, pd.DataFrame]
    examined: dict[str, pd.DataFrame]
    reasons: dict[str, pd.DataFrame]
    files: dict[str, Path]


def walk(
    folder: str | Path,
    *,
    shipments: int = 240_000,
    seed: int = 0,
    step: Callable[[str], None] = lambda _: None,
) -> Walk:
    """Simulate phases I to V, train on what was known before phase V, score phase V, and leave everything in `folder`.

    Parameters
    ----------
    folder
        Made, or emptied if an earlier demonstration made it.
    shipments, seed
        Size and seed of the simulated world.
    step
        Called with the name of each step as it begins.

    Raises
    ------
    InputError
        If `folder` holds anything that no demonstration left there.
    """
    root = fresh(Path(folder))
    step(f"simulating {shipments:,} shipments of phases I to V")
    given = _simulated(root / "files", shipments, seed)
    step("reading what the administrations filed")
    manifest, cases, inspections = (_read(given[kind], kind) for kind in ("shipments", "cases", "inspections"))
    step("linking cases and inspections to shipments")
    from omdrisk.bundle import save_bundle
    from omdrisk.evaluation import examined
    from omdrisk.linking import link_records
    from omdrisk.scoring import load
    from omdrisk.training import train

    linked = link_records(manifest.accepted, cases.accepted, inspections.accepted)
    opening = _opening("V")
    recipes = shipped_recipes()
    step("filling the history")
    store = _store(root / "history", recipes, manifest.accepted, linked.outcomes)
    heads = []
    for target, recipe in recipes.items():
        step(f"training the {target} head on what was known before phase V")
        heads.append(train(recipe, manifest.accepted, linked.outcomes, as_of=opening, seed=seed, history=store))
    save_bundle(heads, root / "bundle")
    scorer = load(root / "bundle", history=store)
    incoming = manifest.accepted.loc[manifest.accepted["filed_at"] >= opening]
    step(f"scoring {len(incoming):,} shipments of phase V as they came in")
    scores = scorer.score(incoming)
    step("comparing with the truth")
    truth = pd.read_parquet(given["truth"][0]).set_index("shipment_id").reindex(incoming["shipment_id"])
    tables = {target: _judge(target, truth, incoming, scores, scorer, seed) for target in TARGETS}
    seen = {target: examined(target, incoming, scores, linked.outcomes, seed=seed) for target in TARGETS}
    step("writing the lists, with reasons")
    last_day = incoming.loc[incoming["filed_at"] >= incoming["filed_at"].max() - pd.Timedelta(days=1)]
    reasons = leaving.lists(root, scorer, last_day, seed)
    counts = {
        "shipments": _counted(manifest),
        "cases": _counted(cases),
        "inspections": _counted(inspections),
        "linked": {
            "outcomes": len(linked.outcomes),
            "ambiguous": len(linked.ambiguous),
            "unlinked": len(linked.unlinked),
        },
        "trained": {head.target: {"rows": head.facts["rows"], "found": head.facts["positives"]} for head in heads},
        "phase_v": {"shipments": len(incoming), **{target: int(truth[target].sum()) for target in TARGETS}},
    }
    step("writing the report")
    leaving.report(root, scorer, incoming, tables, seen, counts)
    step("keeping the run in MLflow")
    leaving.track(root, heads, tables, counts, seed)
    files = {
        "bundle": root / "bundle",
        "history": root / "history",
        "list for the officer": root / "worklist.html",
        "the same for Excel": root / "worklist.xlsx",
        "report": root / "report.html",
        "MLflow store": root / "mlflow.db",
        "simulated files": root / "files",
    }
    return Walk(counts, tables, seen, reasons, files)


def _simulated(folder: Path, shipments: int, seed: int) -> dict[str, list[Path]]:
    from omdrisk.simulation import simulate

    return simulate(seed=seed, shipments=shipments).write(folder)


def _read(paths: list[Path], kind: str) -> ReadResult:
    """Read the files of one table, each in the format that its name tells, as one result."""
    from omdrisk import records

    read = getattr(records, f"read_{kind}")
    layouts: dict[str | None, list[Path]] = {}
    for path in paths:
        layouts.setdefault(_layout(path), []).append(path)
    parts = [read(group, format=layout) for layout, group in layouts.items()]
    accepted = pd.concat([part.accepted for part in parts], ignore_index=True)
    return records.ReadResult(
        accepted=records.as_table(accepted, kind),
        rejected=pd.concat([part.rejected for part in parts], ignore_index=True),
        repairs=pd.concat([part.repairs for part in parts], ignore_index=True),
        missing=sorted(set.intersection(*(set(part.missing) for part in parts))),
    )


def _layout(path: Path) -> str | None:
    return next((layout for layout in ("vn-emanifest", "cencomm") if layout in path.name), None)


def _opening(name: str) -> pd.Timestamp:
    from omdrisk.training.phases import read_phases

    return next(phase.start for phase in read_phases() if phase.name == name)


def _store(path: Path, recipes: dict[str, Recipe], shipments: pd.DataFrame, outcomes: pd.DataFrame) -> History:
    """Make a history store and file everything at once.

    That may include phase V: a feature uses only what was known strictly before its shipment was filed, and training
    only what was known before its own moment.
    """
    from omdrisk.features import Catalog, history_keys, history_values
    from omdrisk.history import History

    shipped = Catalog.read()
    catalogs = [recipe.choose(shipped) for recipe in recipes.values()]
    keys = sorted({key for catalog in catalogs for key in history_keys(catalog)})
    values = sorted({value for catalog in catalogs for value in history_values(catalog)})
    store = History.create(path, keys=keys, values=values, secret=SECRET)
    store.observe(shipments)
    store.record(outcomes)
    return store


def _judge(
    target: str, truth: pd.DataFrame, incoming: pd.DataFrame, scores: pd.DataFrame, scorer: Scorer, seed: int
) -> pd.DataFrame:
    from omdrisk.evaluation import blocks_of, read_rules, rule_score

    officers = rule_score(scorer.features(incoming, target), read_rules(target))
    return against_truth(
        truth[target].to_numpy(dtype=np.float64),
        scores[f"{target}_raw"].to_numpy(),
        np.asarray(officers, dtype=np.float64),
        blocks_of(incoming, "day"),
        seed=seed,
    )


def _counted(read: ReadResult) -> dict[str, int]:
    return {
        "read": len(read.accepted) + len(read.rejected),
        "accepted": len(read.accepted),
        "rejected": len(read.rejected),
    }
