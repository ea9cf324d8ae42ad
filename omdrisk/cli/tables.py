"""Commands about the tables of facts: importing official lists, and saying which are in use."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from omdrisk.cli.app import app
from omdrisk.cli.terminal import Json, console, emit, steps
from omdrisk.errors import InputError, did_you_mean

if TYPE_CHECKING:
    from omdrisk.records.importing import Imported

tables = typer.Typer(help="Tables of places, commodity codes and species.", no_args_is_help=True)
app.add_typer(tables, name="tables")
KINDS = ("unlocode", "hs", "cites")
MOST_SHOWN = 5


def _folder(to: Path | None) -> Path:
    from omdrisk.records.reference import EDITABLE, own_tables

    folder = to if to is not None else own_tables()
    if folder is None:
        raise InputError(
            f"there is no {EDITABLE} here to write to. `omdrisk init my-phase` makes one (then work in my-phase), or "
            "name a folder with --to."
        )
    if not folder.is_dir():
        raise InputError(f"{folder} is no folder. Make it, or name another with --to.")
    return folder


@tables.command("import")
def import_list(
    kind: Annotated[str, typer.Argument(help="unlocode, hs or cites.")],
    files: Annotated[list[Path], typer.Argument(help="The download: CSV, gzipped or zipped; several parts if it has.")],
    to: Annotated[
        Path | None, typer.Option(help="Folder of tables; features/tables here, or OMDRISK_TABLES, if not said.")
    ] = None,
    version: Annotated[
        str | None, typer.Option(help="Edition of the HS, as 2022, where the list does not say.")
    ] = None,
    ports: Annotated[
        bool, typer.Option(help="unlocode: also add its sea ports to ports.csv, for distances by sea.")
    ] = False,
    json_to: Json = None,
) -> None:
    """Make a full table of an official download, so that every check that can use it does."""
    from omdrisk.records.importing import read_cites, read_hs, read_unlocode, write_reference

    if kind not in KINDS:
        raise InputError(f"there is no list {kind!r} to import. {did_you_mean(kind, KINDS)}")
    folder = _folder(to)
    named = ", ".join(path.name for path in files)
    today = datetime.now(UTC).date()
    written: list[Path] = []
    with steps() as step:
        step(f"reading {named}")
        if kind == "unlocode":
            made, name, title = read_unlocode(files), "unlocode", "UN/LOCODE: places of trade and transport."
        elif kind == "hs":
            made, edition = read_hs(files, version)
            name, title = f"hs_{edition}", f"Harmonized System, edition {edition}."
        else:
            made, name, title = read_cites(files), "cites_taxa", "Taxa that CITES lists, with their appendix."
        step(f"writing {name}.csv")
        written.append(write_reference(made.table, folder / f"{name}.csv", title=title, source=named, on=today))
        if kind == "unlocode" and ports:
            written.append(_with_ports(made, folder, named))
    for row in made.left_out.head(MOST_SHOWN).itertuples(index=False):
        console.print(f"{Path(str(row.file)).name} row {row.row}: left out, {row.reason}", style="yellow")
    if len(made.left_out) > MOST_SHOWN:
        console.print(f"and {len(made.left_out) - MOST_SHOWN:,} more rows left out", style="yellow")
    console.print(f"{len(made.table):,} rows in {' and '.join(map(str, written))}")
    console.print("`omdrisk read` uses it from now on when run here." if to is None else f"Use it: --tables {folder}")
    left_out = made.left_out.to_dict(orient="records")
    emit({"rows": len(made.table), "files": [str(path) for path in written], "left_out": left_out}, json_to)


def _with_ports(made: Imported, folder: Path, named: str) -> Path:
    from omdrisk.records.importing import with_sea_ports, write_reference
    from omdrisk.records.reference import read_reference
    from omdrisk.resources import definitions

    path = folder / "ports.csv"
    held = path if path.is_file() else definitions("features") / "tables" / "ports.csv"
    ports = read_reference(held, ("locode", "name", "lat", "lon"))
    title = "Ports for distances by sea: positions written by hand, and behind them the sea ports of UN/LOCODE."
    remark = "positions of UN/LOCODE are to the minute"
    whole, today = with_sea_ports(ports, made.table), datetime.now(UTC).date()
    return write_reference(whole, path, title=title, source=f"ports.csv and {named}", on=today, remark=remark)


@tables.command("show")
def show(
    folder: Annotated[
        Path | None, typer.Option("--tables", help="Folder of tables, if not the one in use here.")
    ] = None,
    json_to: Json = None,
) -> None:
    """Say which tables the checks look into, and which full lists are among them."""
    from omdrisk.records.reference import reference

    known = reference(folder)
    console.print(f"tables in {known.folder}")
    places = len(known.places) if known.places is not None else 0
    console.print(
        f"  places: {places:,} (unlocode.csv)" if places else "  places: no full list; only shapes are checked"
    )
    for edition, codes in known.editions.items():
        console.print(f"  HS {edition}: {len(codes):,} codes (hs_{edition}.csv)")
    if not known.editions:
        console.print("  HS: no full list; only chapters are checked")
    console.print(f"  species: {len(known.taxa):,} (cites_taxa.csv)")
    editions = {edition: len(codes) for edition, codes in known.editions.items()}
    emit({"folder": str(known.folder), "places": places, "hs": editions, "species": len(known.taxa)}, json_to)
