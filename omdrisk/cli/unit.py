"""Commands of the targeting unit: score, explain, worklist, observe, history."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from omdrisk.cli.app import app
from omdrisk.cli.terminal import Format, HistoryFolder, Json, console, emit, read, save_table, steps
from omdrisk.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

    from omdrisk.scoring import Scorer

Manifest = Annotated[list[Path], typer.Argument(help="Manifest files (CSV, Excel, Parquet).")]
Model = Annotated[
    str, typer.Option("--model", help="Bundle folder, or an MLflow URI such as models:/omdrisk@champion.")
]
Language = Annotated[str, typer.Option(help="en, vi or zh.")]


def _open(model: str, history: Path | None) -> Scorer:
    from omdrisk.scoring import load

    return load(model, history=history)


def _manifest(files: list[Path], format_name: str | None) -> pd.DataFrame:
    accepted = read("shipments", files, format_name).accepted
    if accepted.empty:
        raise InputError(
            f"{', '.join(map(str, files))}: no usable row. `omdrisk read FILE --rejects bad.csv` says why."
        )
    return accepted


@app.command()
def score(
    files: Manifest,
    model: Model,
    out: Annotated[Path, typer.Option(help="Scores to write (.csv, .parquet, .json).")] = Path("scores.csv"),
    history: HistoryFolder = None,
    format_name: Format = None,
    json_to: Json = None,
) -> None:
    """Score a manifest: one row per shipment, each head's probability, rank, percentile and band."""
    with steps() as step:
        step("reading")
        shipments = _manifest(files, format_name)
        step("opening the bundle")
        scorer = _open(model, history)
        step(f"scoring {len(shipments):,} shipments")
        scores = scorer.score(shipments)
        scores.insert(0, "shipment_id", shipments["shipment_id"])
        save_table(scores, out)
    console.print(f"{len(scores):,} scores in {out}")
    emit({"rows": len(scores), "out": str(out), "model_version": scorer.version}, json_to)


@app.command()
def explain(
    files: Manifest,
    model: Model,
    out: Annotated[Path, typer.Option(help="Reasons to write (.csv, .parquet, .json).")] = Path("reasons.csv"),
    top: Annotated[int, typer.Option(help="Reasons per shipment and head.")] = 5,
    only: Annotated[int, typer.Option(help="Explain the shipments of highest priority only; 0 for all.")] = 100,
    language: Language = "en",
    history: HistoryFolder = None,
    format_name: Format = None,
    json_to: Json = None,
) -> None:
    """Say in words why shipments score as they do."""
    with steps() as step:
        step("reading")
        shipments = _manifest(files, format_name)
        scorer = _open(model, history)
        if 0 < only < len(shipments):
            step(f"scoring {len(shipments):,} shipments")
            listed = scorer.worklist(shipments, capacity=only, explore=0.0, language=language)
            shipments = shipments.loc[shipments["shipment_id"].isin(listed["shipment_id"])]
        step(f"explaining {len(shipments):,} shipments")
        reasons = scorer.explain(shipments, top=top, language=language)
        save_table(reasons, out)
    console.print(f"{len(reasons):,} reasons for {len(shipments):,} shipments in {out}")
    emit({"rows": len(reasons), "shipments": len(shipments), "out": str(out)}, json_to)


@app.command()
def worklist(
    files: Manifest,
    model: Model,
    capacity: Annotated[int, typer.Option(help="How many shipments can be inspected.")] = 40,
    explore: Annotated[float, typer.Option(help="Share of the capacity drawn at random.")] = 0.1,
    seed: Annotated[int, typer.Option(help="Seed of the random draw; it is written into the list.")] = 0,
    out: Annotated[Path, typer.Option(help="List to write: .html, .xlsx or .csv.")] = Path("worklist.html"),
    language: Language = "en",
    history: HistoryFolder = None,
    format_name: Format = None,
    json_to: Json = None,
) -> None:
    """Write the list that fits the inspection capacity, with reasons, as a web page, Excel or CSV."""
    from omdrisk.reports import write_worklist

    with steps() as step:
        step("reading")
        shipments = _manifest(files, format_name)
        scorer = _open(model, history)
        step(f"choosing {capacity} of {len(shipments):,} shipments")
        listed = scorer.worklist(shipments, capacity=capacity, explore=explore, seed=seed, language=language)
        step(f"writing {out.name}")
        write_worklist(listed, out, scorer=scorer, shipments=shipments, language=language)
    console.print(f"{len(listed):,} shipments in {out}")
    emit({"rows": len(listed), "out": str(out), "shipment_ids": listed["shipment_id"].tolist()}, json_to)


@app.command()
def observe(
    history: Annotated[Path, typer.Option("--history", help="Folder of the agency's history store.")],
    shipments: Annotated[list[Path] | None, typer.Option(help="Manifests to remember.")] = None,
    inspections: Annotated[list[Path] | None, typer.Option(help="Inspection results to remember.")] = None,
    cases: Annotated[
        list[Path] | None, typer.Option(help="Cases to remember; they are linked to the manifests given.")
    ] = None,
    create: Annotated[bool, typer.Option("--create", help="Make the store if it is not there.")] = False,
    format_name: Format = None,
    json_to: Json = None,
) -> None:
    """Add shipments and what became of them to the history; what is already there is not added twice."""
    import pandas as pd

    from omdrisk.features import Catalog, history_keys, history_values
    from omdrisk.history import History
    from omdrisk.linking import link as link_tables

    if not (shipments or inspections):
        raise InputError("nothing to observe. Name files with --shipments or --inspections.")
    if create and not history.exists():
        catalog = Catalog.read()
        store = History.create(history, keys=history_keys(catalog), values=history_values(catalog))
    else:
        store = History.open(history)
    done: dict[str, object] = {}
    manifest = read("shipments", shipments, format_name).accepted if shipments else None
    if manifest is not None:
        done["shipments"] = vars(store.observe(manifest))
    if inspections or cases:
        examined = read("inspections", inspections, format_name).accepted if inspections else None
        reported = read("cases", cases, format_name).accepted if cases else None
        known = pd.DataFrame({"shipment_id": []}, dtype="str") if manifest is None else manifest
        done["outcomes"] = vars(store.record(link_tables(known, reported, examined)))
    for what, change in done.items():
        console.print(f"{what}: {change}", markup=False)
    emit(done, json_to)
