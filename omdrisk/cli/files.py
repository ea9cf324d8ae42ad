"""Commands about the layout of files: map, template, dictionary."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from omdrisk.cli.app import app
from omdrisk.cli.terminal import Json, console, emit, screen
from omdrisk.errors import InputError

Table = Annotated[str, typer.Argument(help="shipments, cases or inspections.")]


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise InputError(f"{path} cannot be written ({error.strerror}). Choose another folder.") from error


@app.command("map")
def propose(
    file: Annotated[Path, typer.Argument(help="A file that no format map knows.")],
    table: Annotated[
        str | None, typer.Option("--as", help="shipments, cases or inspections; guessed if not said.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="TOML to write; by default beside you, named as the file.")] = None,
    json_to: Json = None,
) -> None:
    """Propose a format map for an unknown file, show the guess with samples, and write the TOML to edit."""
    from rich.table import Table as Shown

    from omdrisk.records.proposing import propose_map

    made = propose_map(file, table)
    target = out or Path(f"{file.stem}.toml")
    if out is None and target.exists():
        raise InputError(f"{target} is there already. Name another with --out.")
    _write(target, made.text)
    shown = Shown(title=f"{file.name} as {made.table}")
    for heading in ("header", "column", "why", "samples"):
        shown.add_column(heading, overflow="fold")
    for row in made.guesses.itertuples(index=False):
        shown.add_row(*(cell if isinstance(cell, str) else "" for cell in row))
    screen.print(shown)
    if made.note:
        console.print(f"{file.name}: {made.note}", style="yellow")
    for column in made.lacking:
        console.print(f"no header is known to hold {column}, which every row needs: see {target}", style="yellow")
    console.print(f"{target}: edit it, then `omdrisk read {file} --as {made.table} --format {target}`", markup=False)
    guesses = made.guesses.astype("object").where(made.guesses.notna(), None).to_dict(orient="records")
    emit(
        {"table": made.table, "out": str(target), "lacking": made.lacking, "note": made.note, "guesses": guesses},
        json_to,
    )


@app.command()
def template(
    table: Table,
    out: Annotated[Path, typer.Argument(help="Workbook to write (.xlsx).")],
    json_to: Json = None,
) -> None:
    """Write an empty workbook of a canonical table, with drop-down lists and notes."""
    from omdrisk.records.templates import write_template

    written = write_template(table, out)
    console.print(f"{written}: fill it in, then `omdrisk read {written} --as {table}`")
    emit({"out": str(written)}, json_to)


@app.command()
def dictionary(
    out: Annotated[Path | None, typer.Option(help="Markdown file to write; the screen if not said.")] = None,
) -> None:
    """Write the data dictionary: every column of the canonical tables, and the code lists."""
    from omdrisk.records.dictionary import data_dictionary

    if out is None:
        typer.echo(data_dictionary())
        return
    _write(out, data_dictionary())
    console.print(f"data dictionary in {out}")
