"""Commands that make and move data: init, simulate, read, link."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from omdrisk.cli.app import app
from omdrisk.cli.terminal import (
    TABLES,
    Format,
    Json,
    Seed,
    console,
    emit,
    ending,
    load_table,
    read,
    save_table,
    share_read,
    steps,
)
from omdrisk.errors import InputError


@app.command()
def init(folder: Annotated[Path, typer.Argument(help="Folder to make.")]) -> None:
    """Write an editable copy of the indicator catalog, the recipes and the notebooks."""
    from omdrisk.resources import copy_definitions

    written = copy_definitions(folder)
    console.print(f"{len(written)} files in {folder}: edit features/*.toml and models/*.toml, then `omdrisk train`.")


@app.command()
def simulate(
    folder: Annotated[Path, typer.Argument(help="Folder for the files of the simulated world.")],
    shipments: Annotated[int, typer.Option(help="How many shipments.")] = 240_000,
    seed: Seed = 0,
    parameters: Annotated[str, typer.Option(help="easy, default, hard, or a TOML file.")] = "default",
    json_to: Json = None,
) -> None:
    """Make a synthetic OMD world: manifests, cases and inspections as agencies would hold them, and the truth apart."""
    from omdrisk.simulation import simulate as make

    with steps() as step:
        step(f"simulating {shipments:,} shipments")
        world = make(seed=seed, shipments=shipments, parameters=parameters)
        step("writing the files")
        files = world.write(folder)
    counts: dict[str, Any] = {"shipments": len(world.shipments), "cases": len(world.cases)}
    counts["inspections"] = len(world.inspections)
    counts["files"] = {kind: [str(path) for path in paths] for kind, paths in files.items()}
    for kind, paths in files.items():
        console.print(f"{kind}: {', '.join(path.name for path in paths)}")
    emit(counts, json_to)


@app.command("read")
def read_files(
    files: Annotated[list[Path], typer.Argument(help="CSV, Excel or Parquet files of one kind.")],
    kind: Annotated[str, typer.Option("--as", help="shipments, cases or inspections.")] = "shipments",
    format_name: Format = None,
    out: Annotated[Path | None, typer.Option(help="Canonical table to write (.parquet, .csv).")] = None,
    rejects: Annotated[
        Path | None, typer.Option(help="Rejected rows with their reasons, to mend and read again.")
    ] = None,
    quality: Annotated[Path | None, typer.Option(help="Web page on missing, invalid and suspicious cells.")] = None,
    tables: Annotated[
        Path | None, typer.Option(help="Folder of tables to check with; features/tables here, if there is one.")
    ] = None,
    json_to: Json = None,
) -> None:
    """Read files into a canonical table; every row is accepted or rejected with its reason."""
    if out is not None:
        ending(out, TABLES)
    with share_read() as progress:
        result = read(kind, files, format_name, rejects=rejects, progress=progress)
    if out is not None:
        save_table(result.accepted, out)
    accepted, rejected = len(result.accepted), len(result.rejected)
    if not accepted:
        raise InputError(
            f"{', '.join(map(str, files))}: none of the {rejected:,} rows can be used"
            + ("" if rejected else ": there are none below the header")
            + ". The reasons are above; --rejects FILE keeps the rows."
        )
    console.print(f"{accepted + rejected:,} rows read: {accepted:,} accepted, {rejected:,} rejected")
    for row in result.repairs.itertuples(index=False):
        console.print(f"  repaired {row.count:,} x {row.column}: {row.rule} (as {row.example!r})", markup=False)
    summary = result.summary(tables)
    odd = summary[summary[["invalid", "suspicious"]].sum(axis="columns") > 0]
    for row in odd.itertuples(index=False):
        console.print(
            f"  {row.column}: {row.invalid:,} invalid, {row.suspicious:,} suspicious"
            + (f" (as {row.example})" if isinstance(row.example, str) else ""),
            markup=False,
        )
    if quality is not None:
        from omdrisk.records import write_quality_html

        write_quality_html(result, quality, tables)
        console.print(f"quality of the file in {quality}")
    repairs = result.repairs.to_dict(orient="records")
    reasons = result.rejected["reason"].value_counts().to_dict() if rejected else {}
    emit(
        {
            "accepted": accepted,
            "rejected": rejected,
            "reasons": reasons,
            "repairs": repairs,
            "missing": list(result.missing),
            "quality": summary.astype("object").where(summary.notna(), None).to_dict(orient="records"),
        },
        json_to,
    )


@app.command()
def link(
    shipments: Annotated[Path, typer.Argument(help="Canonical shipments (.parquet).")],
    cases: Annotated[Path | None, typer.Option(help="Canonical cases (.parquet).")] = None,
    inspections: Annotated[Path | None, typer.Option(help="Canonical inspections (.parquet).")] = None,
    out: Annotated[Path, typer.Option(help="Outcomes to write.")] = Path("outcomes.parquet"),
    doubtful: Annotated[
        Path | None, typer.Option(help="Cases that fit several shipments, for a person to decide.")
    ] = None,
    target: Annotated[
        list[str] | None,
        typer.Option(help="Targets of the outcomes; drug and wildlife, and whatever was found, if none."),
    ] = None,
    near: Annotated[
        Path | None, typer.Option(help="Shipments that unlinked cases may be about, with score and evidence.")
    ] = None,
    json_to: Json = None,
) -> None:
    """Link cases and inspections to shipments: what was found, when that was known, and by what evidence."""
    from omdrisk.linking import link_records

    with steps() as step:
        step("linking")
        result = link_records(
            load_table(shipments, "read --out", ("shipment_id", "filed_at")),
            None if cases is None else load_table(cases, "read --as cases --out", ("case_id", "occurred_on", "class")),
            None
            if inspections is None
            else load_table(inspections, "read --as inspections --out", ("inspection_id", "shipment_id", "outcome")),
            targets=target or None,
        )
        save_table(result.outcomes, out)
        if doubtful is not None:
            save_table(result.ambiguous, doubtful)
        if near is not None:
            save_table(result.near, near)
    found = (
        result.outcomes.loc[result.outcomes["outcome"].eq(1)].groupby("target", observed=True)["shipment_id"].nunique()
    )
    summary = {
        "outcomes": len(result.outcomes),
        "found": {str(target): int(count) for target, count in found.items()},
        "ambiguous": len(result.ambiguous),
        "unlinked": len(result.unlinked),
        "near": len(result.near),
    }
    said = ", ".join(f"{count:,} {target}" for target, count in found.items())
    console.print(
        f"{summary['outcomes']:,} outcomes ({said or 'nothing'} found); "
        f"{summary['ambiguous']:,} ambiguous and {summary['unlinked']:,} unlinked, listed and left out"
    )
    emit(summary, json_to)
