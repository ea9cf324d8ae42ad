"""Commands of the targeting unit: score, explain, worklist, observe."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from omdrisk.cli.app import app
from omdrisk.cli.terminal import (
    TABLES,
    Format,
    HistoryFolder,
    Json,
    Seed,
    console,
    emit,
    ending,
    read,
    save_table,
    steps,
)
from omdrisk.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

    from omdrisk.records import ReadResult
    from omdrisk.scoring import Scorer

Manifest = Annotated[list[Path], typer.Argument(help="Manifest files (CSV, Excel, Parquet).")]
Model = Annotated[
    str, typer.Option("--model", help="Bundle folder, or an MLflow URI such as models:/omdrisk@champion.")
]
Rejects = Annotated[Path | None, typer.Option(help="Rejected rows with their reasons, to mend and read again.")]
Language = Annotated[str, typer.Option(help="en, vi or zh.")]


def _open(model: str, history: Path | None) -> Scorer:
    from omdrisk.scoring import load

    return load(model, history=history)


def _manifest(files: list[Path], format_name: str | None, rejects: Path | None) -> ReadResult:
    result = read("shipments", files, format_name, rejects=rejects)
    if result.accepted.empty:
        raise InputError(
            f"{', '.join(map(str, files))}: no usable row. `omdrisk read FILE --rejects bad.csv` says why."
        )
    return result


def _with_rejected(scores: pd.DataFrame, rejected: pd.DataFrame) -> pd.DataFrame:
    """Return the scores, and below them a line without scores for each row that could not be read."""
    import pandas as pd

    if rejected.empty:
        return scores
    places = [Path(file).name for file in rejected["file"]]
    why = [
        f"rejected: {file} row {row}: {reason}"
        for file, row, reason in zip(places, rejected["row"], rejected["reason"], strict=True)
    ]
    ids = rejected["shipment_id"] if "shipment_id" in rejected else pd.Series([None] * len(rejected), dtype="str")
    lines = pd.DataFrame({"shipment_id": ids.to_numpy(), "data_quality": why}).astype("str")
    return pd.concat([scores, lines.where(lines.notna())], ignore_index=True)


@app.command()
def score(
    files: Manifest,
    model: Model,
    out: Annotated[Path, typer.Option(help="Scores to write (.csv, .parquet, .json).")] = Path("scores.csv"),
    history: HistoryFolder = None,
    format_name: Format = None,
    rejects: Rejects = None,
    json_to: Json = None,
) -> None:
    """Score a manifest: a row per row of it, with each head's probability, rank, percentile and band, or why not."""
    ending(out, TABLES)
    with steps() as step:
        step("reading")
        manifest = _manifest(files, format_name, rejects)
        shipments = manifest.accepted
        step("opening the bundle")
        scorer = _open(model, history)
        step(f"scoring {len(shipments):,} shipments")
        scores = scorer.score(shipments)
        scores.insert(0, "shipment_id", shipments["shipment_id"])
        save_table(_with_rejected(scores, manifest.rejected), out, for_excel=True)
    console.print(f"{len(scores):,} scores in {out}")
    rejected = len(manifest.rejected)
    emit({"rows": len(scores), "rejected": rejected, "out": str(out), "model_version": scorer.version}, json_to)


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
    rejects: Rejects = None,
    json_to: Json = None,
) -> None:
    """Say in words why shipments score as they do."""
    ending(out, TABLES)
    with steps() as step:
        step("reading")
        manifest = _manifest(files, format_name, rejects)
        shipments = manifest.accepted
        scorer = _open(model, history)
        if 0 < only < len(shipments):
            step(f"scoring {len(shipments):,} shipments")
            listed = scorer.worklist(shipments, capacity=only, explore=0.0, language=language)
            shipments = shipments.loc[shipments["shipment_id"].isin(listed["shipment_id"])]
        step(f"explaining {len(shipments):,} shipments")
        reasons = scorer.explain(shipments, top=top, language=language)
        save_table(reasons, out, for_excel=True)
    console.print(f"{len(reasons):,} reasons for {len(shipments):,} shipments in {out}")
    counts = {"rows": len(reasons), "shipments": len(shipments), "rejected": len(manifest.rejected)}
    emit({**counts, "out": str(out)}, json_to)


@app.command()
def worklist(
    files: Manifest,
    model: Model,
    capacity: Annotated[int, typer.Option(help="How many shipments can be inspected.")] = 40,
    explore: Annotated[float, typer.Option(help="Share of the capacity drawn at random.")] = 0.1,
    seed: Seed = 0,
    out: Annotated[Path, typer.Option(help="List to write: .html, .xlsx or .csv.")] = Path("worklist.html"),
    language: Language = "en",
    history: HistoryFolder = None,
    format_name: Format = None,
    rejects: Rejects = None,
    json_to: Json = None,
) -> None:
    """Write the list that fits the inspection capacity, with reasons, as a web page, Excel or CSV."""
    from omdrisk.reports import write_worklist

    ending(out, (".html", ".xlsx", ".csv"))
    with steps() as step:
        step("reading")
        manifest = _manifest(files, format_name, rejects)
        shipments = manifest.accepted
        scorer = _open(model, history)
        step(f"choosing {capacity} of {len(shipments):,} shipments")
        listed = scorer.worklist(shipments, capacity=capacity, explore=explore, seed=seed, language=language)
        step(f"writing {out.name}")
        write_worklist(listed, out, scorer=scorer, shipments=shipments, language=language)
    console.print(f"{len(listed):,} shipments in {out}")
    counts = {"rows": len(listed), "rejected": len(manifest.rejected), "out": str(out)}
    emit({**counts, "shipment_ids": listed["shipment_id"].tolist()}, json_to)


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
    from omdrisk.features import Catalog, history_keys, history_values
    from omdrisk.history import History
    from omdrisk.linking import link_records

    if not (shipments or inspections or cases):
        raise InputError("nothing to observe. Name files with --shipments, --inspections or --cases.")
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
        linked = link_records(_named(manifest, examined, reported), reported, examined)
        done["outcomes"] = vars(store.record(linked.outcomes))
        done["cases"] = {"ambiguous": len(linked.ambiguous), "unlinked": len(linked.unlinked)}
    for what, change in done.items():
        console.print(f"{what}: {change}")
    emit(done, json_to)


def _named(*tables: pd.DataFrame | None) -> pd.DataFrame:
    """Return a row for each shipment that any of the tables names, the manifest's own rows first.

    What is said of a shipment that is not in this call waits in the history until the shipment is observed, or meets it
    there.
    """
    import pandas as pd

    rows = [table for table in tables if table is not None and "shipment_id" in table]
    manifest, *others = rows or [pd.DataFrame({"shipment_id": pd.Series(dtype="str")})]
    names = pd.concat([manifest["shipment_id"], *(table["shipment_id"] for table in others)]).dropna()
    new = names[~names.isin(manifest["shipment_id"])].drop_duplicates()
    if tables[0] is None:
        return pd.DataFrame({"shipment_id": names.drop_duplicates().astype("str")})
    return pd.concat([manifest, pd.DataFrame({"shipment_id": new.astype("str")})], ignore_index=True)
