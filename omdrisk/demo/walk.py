"""The steps of the demonstration, each a call that a user would make."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from omdrisk.demo.judging import against_truth
from omdrisk.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable

    from omdrisk.history import History
    from omdrisk.records import ReadResult
    from omdrisk.scoring import Scorer
    from omdrisk.training import Head, Recipe

SECRET = "for demonstrations only: never for real traders"  # noqa: S105  (published on purpose)
TARGETS = ("drug", "wildlife")
CAPACITY = 40
EXPLAINED = 400
_MARK = ".omdrisk-demo"


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
    root = _fresh(Path(folder))
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
    recipes = _recipes()
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
    reasons = _lists(root, scorer, last_day, seed)
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
    _report(root, scorer, incoming, tables, seen, counts)
    step("keeping the run in MLflow")
    _track(root, heads, tables, counts, seed)
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


def _fresh(root: Path) -> Path:
    if root.exists():
        if not (root / _MARK).is_file() and any(root.iterdir()):
            raise InputError(f"{root}: holds files that are not of a demonstration. Choose another folder with --out.")
        shutil.rmtree(root)
    root.mkdir(parents=True)
    (root / _MARK).touch()
    (root / "secret.txt").write_text(SECRET + "\n", encoding="utf-8")
    return root


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


def _recipes() -> dict[str, Recipe]:
    from omdrisk.resources import definitions
    from omdrisk.training import Recipe

    return {target: Recipe.read(definitions("models") / f"{target}.toml") for target in TARGETS}


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


def _lists(root: Path, scorer: Scorer, last_day: pd.DataFrame, seed: int) -> dict[str, pd.DataFrame]:
    from omdrisk.reports import write_worklist

    todo = scorer.worklist(last_day, capacity=CAPACITY, explore=0.1, seed=seed)
    for name in ("worklist.html", "worklist.xlsx"):
        write_worklist(todo, root / name, scorer=scorer, shipments=last_day)
    for language in ("vi", "zh"):
        translated = scorer.worklist(last_day, capacity=CAPACITY, explore=0.1, seed=seed, language=language)
        path = root / f"worklist.{language}.html"
        write_worklist(translated, path, scorer=scorer, shipments=last_day, language=language)
    top = last_day.loc[last_day["shipment_id"].isin(todo.loc[todo["selected_by"].eq("model"), "shipment_id"].head(3))]
    return {language: scorer.explain(top, top=4, language=language) for language in ("en", "vi")}


def _report(
    root: Path,
    scorer: Scorer,
    incoming: pd.DataFrame,
    tables: dict[str, pd.DataFrame],
    seen: dict[str, pd.DataFrame],
    counts: dict[str, Any],
) -> None:
    from omdrisk.reports import SIMULATED, HeadReport, write_report_html

    sample = incoming.sample(n=min(EXPLAINED, len(incoming)), random_state=0)
    heads = [
        HeadReport(
            head=target,
            metrics=seen[target],
            capacity=_curves(tables[target]),
            tables={"Against the known truth": tables[target]},
            note=(
                "The first table rests on examined shipments, as an agency has them; the curves and the last table "
                "on the known truth of the simulated world, over all shipments of phase V."
            ),
        ).with_explanation(scorer, sample)
        for target in TARGETS
    ]
    facts = {
        "bundle": scorer.version,
        "trained on what was known before": "phase V",
        "shipments scored": f"{counts['phase_v']['shipments']:,}",
    }
    write_report_html(root / "report.html", title="Phase V", heads=heads, facts=facts, caveats=[SIMULATED])


def _curves(table: pd.DataFrame) -> pd.DataFrame:
    """Lay the figures of each ranking below each other, as the report's plots want them."""
    model = table[["capacity", "hit_rate", "hit_rate_low", "hit_rate_high", "recall", "recall_low", "recall_high"]]
    rules = pd.DataFrame({"capacity": table["capacity"], "hit_rate": table["rule_hit_rate"]})
    best = pd.DataFrame(
        {"capacity": table["capacity"], "hit_rate": table["best_hit_rate"], "recall": table["best_recall"]}
    )
    rules["recall"] = table["recall"] / table["lift_over_rule"]
    named = [
        model.assign(scorer="model"),
        rules.assign(scorer="officers' rules"),
        best.assign(scorer="best possible"),
    ]
    return pd.concat(named, ignore_index=True).rename(columns={"capacity": "share"})


def _track(
    root: Path,
    heads: list[Head],
    tables: dict[str, pd.DataFrame],
    counts: dict[str, Any],
    seed: int,
) -> None:
    from omdrisk.registry import Run, local_store, promote, register, track

    metrics = {
        f"{target}/{name}_at_{100 * row['capacity']:g}_percent{end}": row[f"{name}{end}"]
        for target, table in tables.items()
        for row in table.to_dict(orient="records")
        for name in ("hit_rate", "recall", "lift", "lift_over_rule")
        for end in ("", "_low", "_high")
        if np.isfinite(row[f"{name}{end}"])
    }
    params = {f"{head.target}.{key}": value for head in heads for key, value in head.facts.items()}
    uri = local_store(root)
    (root / "counts.json").write_text(json.dumps(counts, indent=1) + "\n", encoding="utf-8")
    run = Run(
        bundle=root / "bundle",
        params={**params, "seed": seed},
        metrics=metrics,
        tags={"phase": "V", "world": "simulated"},
        plots=[*_pictures(root / "plots", tables), root / "report.html", root / "counts.json"],
        datasets={"files": counts["shipments"], "phase V": counts["phase_v"]},
    )
    registered = register(track(run, tracking_uri=uri, name="demo"), tracking_uri=uri)
    promote(str(registered.version), tracking_uri=uri)


def _pictures(folder: Path, tables: dict[str, pd.DataFrame]) -> list[Path]:
    """Draw each head's hit rate against capacity, beside the officers' rules and the best possible."""
    from omdrisk.evaluation.pictures import at_capacity

    folder.mkdir()
    made = []
    for target, table in tables.items():
        curves = _curves(table)
        curves["metric"] = [f"hit_rate@{100 * share:g}%" for share in curves["share"]]
        named = {"hit_rate": "value", "hit_rate_low": "low", "hit_rate_high": "high"}
        made.append(folder / f"hit-rate-{target}.png")
        at_capacity(curves.drop(columns="share").rename(columns=named), "scorer").figure.savefig(made[-1], dpi=120)
    return made


def _counted(read: ReadResult) -> dict[str, int]:
    return {
        "read": len(read.accepted) + len(read.rejected),
        "accepted": len(read.accepted),
        "rejected": len(read.rejected),
    }
