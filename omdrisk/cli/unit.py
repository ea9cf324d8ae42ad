"""Commands of the targeting unit: score, explain, worklist."""

from __future__ import annotations

import getpass
from dataclasses import dataclass
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
    from collections.abc import Callable

    import pandas as pd

    from omdrisk.records import ReadResult
    from omdrisk.scoring import Scorer, WorklistPlan

Manifest = Annotated[list[Path], typer.Argument(help="Manifest files (CSV, Excel, Parquet).")]
Model = Annotated[
    str, typer.Option("--model", help="Bundle folder, or an MLflow URI such as models:/omdrisk@champion.")
]
Rejects = Annotated[Path | None, typer.Option(help="Rejected rows with their reasons, to mend and read again.")]
Language = Annotated[str, typer.Option(help="en, vi or zh.")]


Capacity = Annotated[
    str, typer.Option(help="How many can be inspected: a number, or a plan by office, mode and day (.toml, .csv).")
]
Explore = Annotated[float, typer.Option(help="Share of the capacity drawn at random.")]
PerTrader = Annotated[int | None, typer.Option(help="Most shipments of one trader that priority puts on a list.")]
PerLane = Annotated[int | None, typer.Option(help="Most shipments of one lane that priority puts on a list.")]
AuditFile = Annotated[
    Path | None, typer.Option("--audit", help="Log what is scored and listed, for whom and when, to this file.")
]


@dataclass(frozen=True)
class Ready:
    """A manifest that was read, and what scores it."""

    manifest: ReadResult
    scorer: Scorer

    @property
    def shipments(self) -> pd.DataFrame:
        """The rows that were accepted."""
        return self.manifest.accepted


def ready(
    step: Callable[[str], None],
    files: list[Path],
    model: str,
    history: Path | None,
    format_name: str | None,
    *,
    rejects: Path | None = None,
    audit: Path | None = None,
) -> Ready:
    """Read a manifest and open what scores it: the first steps of most commands."""
    step("reading")
    manifest = read("shipments", files, format_name, rejects=rejects)
    if manifest.accepted.empty:
        raise InputError(
            f"{', '.join(map(str, files))}: no usable row. `omdrisk read FILE --rejects bad.csv` says why."
        )
    step("opening the bundle")
    return Ready(manifest, open_scorer(model, history, audit))


def open_scorer(model: str, history: Path | None, audit: Path | None = None) -> Scorer:
    """Open a bundle; with an audit log, for the user of this machine."""
    from omdrisk.scoring import load

    return load(model, history=history, audit=audit, user=None if audit is None else getpass.getuser())


def capacity_of(text: str) -> int | WorklistPlan:
    """Return the number or the plan that an option names."""
    from omdrisk.scoring import WorklistPlan

    return int(text) if text.lstrip("-").isdigit() else WorklistPlan.read(text)


def _receipt(scorer: Scorer) -> None:
    """Print the receipt of the audit log, to be kept elsewhere."""
    if scorer.audit is not None:
        console.print(f"audit receipt {scorer.audit.receipt}")


def _weights(harm: list[str] | None) -> dict[str, float] | None:
    """Return the weight of each head from options such as ``wildlife=2.5``."""
    if not harm:
        return None
    weights = {}
    for text in harm:
        head, _, weight = text.partition("=")
        try:
            weights[head.strip()] = float(weight)
        except ValueError:
            raise InputError(f"--harm {text!r} is no weight. Write it as wildlife=2.5.") from None
    return weights


@app.command()
def score(
    files: Manifest,
    model: Model,
    out: Annotated[Path, typer.Option(help="Scores to write (.csv, .parquet, .json).")] = Path("scores.csv"),
    capacity: Annotated[int | None, typer.Option(help="Also band by what fits this capacity.")] = None,
    history: HistoryFolder = None,
    format_name: Format = None,
    rejects: Rejects = None,
    audit: AuditFile = None,
    json_to: Json = None,
) -> None:
    """Score a manifest: a row per row of it, with each head's probability, rank, percentile and band, or why not."""
    from omdrisk.scoring.unread import with_unread

    ending(out, TABLES)
    with steps() as step:
        work = ready(step, files, model, history, format_name, rejects=rejects, audit=audit)
        step(f"scoring {len(work.shipments):,} shipments")
        scores = work.scorer.score(work.shipments, capacity)
        scores.insert(0, "shipment_id", work.shipments["shipment_id"])
        save_table(with_unread(scores, work.manifest.rejected), out, for_excel=True)
    console.print(f"{len(scores):,} scores in {out}")
    _receipt(work.scorer)
    rejected = len(work.manifest.rejected)
    emit({"rows": len(scores), "rejected": rejected, "out": str(out), "model_version": work.scorer.version}, json_to)


@app.command()
def explain(
    files: Manifest,
    model: Model,
    out: Annotated[Path, typer.Option(help="Reasons to write (.csv, .parquet, .json).")] = Path("reasons.csv"),
    top: Annotated[int, typer.Option(help="Reasons for risk, per shipment and head.")] = 5,
    against: Annotated[int, typer.Option(help="Reasons against risk, per shipment and head.")] = 2,
    only: Annotated[int, typer.Option(help="Explain the shipments of highest priority only; 0 for all.")] = 100,
    language: Language = "en",
    history: HistoryFolder = None,
    format_name: Format = None,
    rejects: Rejects = None,
    audit: AuditFile = None,
    json_to: Json = None,
) -> None:
    """Say in words why shipments score as they do, and what speaks against it."""
    ending(out, TABLES)
    with steps() as step:
        work = ready(step, files, model, history, format_name, rejects=rejects, audit=audit)
        shipments = work.shipments
        if 0 < only < len(shipments):
            step(f"scoring {len(shipments):,} shipments")
            listed = work.scorer.worklist(shipments, capacity=only, explore=0.0, language=language)
            shipments = shipments.loc[shipments["shipment_id"].isin(listed["shipment_id"])]
        step(f"explaining {len(shipments):,} shipments")
        reasons = work.scorer.explain(shipments, top=top, against=against, language=language)
        save_table(reasons, out, for_excel=True)
    console.print(f"{len(reasons):,} reasons for {len(shipments):,} shipments in {out}")
    _receipt(work.scorer)
    counts = {"rows": len(reasons), "shipments": len(shipments), "rejected": len(work.manifest.rejected)}
    emit({**counts, "out": str(out)}, json_to)


@app.command()
def worklist(
    files: Manifest,
    model: Model,
    *,
    capacity: Capacity = "40",
    explore: Explore = 0.1,
    seed: Seed = 0,
    per_trader: PerTrader = None,
    per_lane: PerLane = None,
    harm: Annotated[
        list[str] | None, typer.Option(help="Weight of a head in the priority: wildlife=2.5; may be given again.")
    ] = None,
    rule: Annotated[
        str | None, typer.Option(help="expected (harm x probability, summed over the heads) or highest.")
    ] = None,
    head: Annotated[str | None, typer.Option(help="Rank by this head alone.")] = None,
    out: Annotated[Path, typer.Option(help="List to write: .html, .xlsx or .csv.")] = Path("worklist.html"),
    referrals: Annotated[Path | None, typer.Option(help="Folder for a printable sheet of each shipment.")] = None,
    language: Language = "en",
    history: HistoryFolder = None,
    format_name: Format = None,
    rejects: Rejects = None,
    audit: AuditFile = None,
    json_to: Json = None,
) -> None:
    """Write the list that fits the inspection capacity, with reasons, as a web page, Excel or CSV."""
    from omdrisk.reports import write_worklists

    ending(out, (".html", ".xlsx", ".csv"))
    plan = capacity_of(capacity)
    with steps() as step:
        work = ready(step, files, model, history, format_name, rejects=rejects, audit=audit)
        step(f"choosing among {len(work.shipments):,} shipments")
        listed = work.scorer.worklist(
            work.shipments,
            plan,
            explore,
            seed,
            language,
            head,
            _weights(harm),
            per_trader=per_trader,
            per_lane=per_lane,
            rule=rule,
        )
        step(f"writing {out.name}")
        write_worklists(
            listed, [out], scorer=work.scorer, shipments=work.shipments, language=language, sheets=referrals
        )
    console.print(f"{len(listed):,} shipments in {out}{f', a sheet for each in {referrals}' if referrals else ''}")
    _receipt(work.scorer)
    counts = {"rows": len(listed), "rejected": len(work.manifest.rejected), "out": str(out)}
    lists = {"lists": listed["list"].value_counts(sort=False).to_dict()} if "list" in listed else {}
    emit({**counts, **lists, "shipment_ids": listed["shipment_id"].tolist()}, json_to)
