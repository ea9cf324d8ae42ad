"""The command that keeps the history current."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from omdrisk.cli.app import app
from omdrisk.cli.terminal import Format, Json, console, emit, moment, read, say_rejected
from omdrisk.errors import InputError

if TYPE_CHECKING:
    import pandas as pd


@app.command()
def observe(
    history: Annotated[Path, typer.Option("--history", help="Folder of the agency's history store.")],
    shipments: Annotated[list[Path] | None, typer.Option(help="Manifests to remember.")] = None,
    inspections: Annotated[list[Path] | None, typer.Option(help="Inspection results to remember.")] = None,
    cases: Annotated[
        list[Path] | None, typer.Option(help="Cases to remember; they are linked to the manifests given.")
    ] = None,
    worklist: Annotated[
        Path | None, typer.Option(help="The list (.csv) that inspection results without references belong to.")
    ] = None,
    known_at: Annotated[
        str | None, typer.Option(help="When inspection results without references were known; now if not said.")
    ] = None,
    create: Annotated[bool, typer.Option("--create", help="Make the store if it is not there.")] = False,
    format_name: Format = None,
    json_to: Json = None,
) -> None:
    """Keep the history current with what the agency's systems export: manifests, inspections, and cases linked to them.

    What is already there is not added twice. Inspection results without references of their own (the two columns that
    a worklist's page exports) are read as `omdrisk feedback` reads them; that command takes them alone, keeps rejected
    rows, and writes outcomes to train with.
    """
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
        examined = _examined(inspections, format_name, worklist, known_at) if inspections else None
        reported = read("cases", cases, format_name).accepted if cases else None
        linked = link_records(_named(manifest, examined, reported), reported, examined)
        done["outcomes"] = vars(store.record(linked.outcomes))
        done["cases"] = {"ambiguous": len(linked.ambiguous), "unlinked": len(linked.unlinked)}
    for what, change in done.items():
        console.print(f"{what}: {change}")
    emit(done, json_to)


def _examined(files: list[Path], format_name: str | None, worklist: Path | None, known_at: str | None) -> pd.DataFrame:
    """Read inspection results, among them the feedback of worklists' pages."""
    import pandas as pd

    from omdrisk.scoring import is_feedback, read_feedback

    told = pd.Timestamp.now(tz="UTC") if known_at is None else moment(known_at)
    entered = [read_feedback(file, told, worklist) for file in files if is_feedback(file)]
    if entered:
        rejected = pd.concat([one.rejected for one in entered], ignore_index=True)
        say_rejected(rejected, option="omdrisk feedback --rejects FILE")
    parts = [one.accepted for one in entered]
    others = [file for file in files if not is_feedback(file)]
    if others:
        parts.append(read("inspections", others, format_name).accepted)
    return parts[0] if len(parts) == 1 else pd.concat(parts, ignore_index=True)


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
