"""Commands about the audit log: verify, head, replay."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from omdrisk.cli.app import app
from omdrisk.cli.terminal import Format, HistoryFolder, Json, console, emit, screen, steps
from omdrisk.cli.unit import Manifest, Model, ready
from omdrisk.errors import InputError

audit = typer.Typer(
    help="The audit log: check it, print its receipt, score what it logged again.", no_args_is_help=True
)
app.add_typer(audit, name="audit")

Log = Annotated[Path, typer.Argument(help="The audit log (JSON Lines).")]


@audit.command()
def verify(
    file: Log,
    receipt: Annotated[
        list[str] | None, typer.Option(help="A receipt that was kept elsewhere (LINES:DIGEST); may be given again.")
    ] = None,
    json_to: Json = None,
) -> None:
    """Find any change, cut or reorder of a log and say at which line; exit code 1 if there is one."""
    from omdrisk.scoring.audit import verify as check

    found = check(file, receipt or [])
    for note in found.notes:
        screen.print(f"note: {file.name} {note}")
    for fault in found.faults:
        screen.print(f"{file.name} {fault}")
    told = {"entries": found.entries, "head": str(found.head), "sound": found.sound}
    lines = {"faults": [vars(one) for one in found.faults], "notes": [vars(one) for one in found.notes]}
    emit({**told, **lines}, json_to)
    screen.print(f"{found.entries:,} entries, {'sound' if found.sound else 'NOT sound'}; receipt {found.head}")
    if not found.sound:
        sys.exit(1)


@audit.command()
def head(file: Log, json_to: Json = None) -> None:
    """Print the receipt of a log, to be kept elsewhere: with it a later cut or rewrite is found."""
    from omdrisk.scoring.audit import verify as check

    found = check(file)
    if not found.sound:
        raise InputError(f"{file} {found.faults[0]}. `omdrisk audit verify {file}` says more.")
    screen.print(str(found.head))
    emit({"lines": found.head.lines, "digest": found.head.digest}, json_to)


@audit.command()
def replay(
    file: Log,
    files: Manifest,
    model: Model,
    history: HistoryFolder = None,
    format_name: Format = None,
    json_to: Json = None,
) -> None:
    """Score logged shipments again and compare with the log, bit for bit; exit code 1 if a number differs."""
    from omdrisk.scoring.audit import replay as again

    with steps() as step:
        work = ready(step, files, model, history, format_name)
        step("scoring what was logged again")
        found = again(file, work.scorer, work.shipments)
    counts = found.drop_duplicates(["line"])["status"].value_counts().to_dict()
    for status, count in counts.items():
        screen.print(f"{count:,} logged shipments: {status}")
    for what in ("model", "history"):
        if (found[what] == "other").any():
            console.print(f"note: part of the log was written with another {what}", style="yellow")
    emit({"shipments": counts, "differ": found.loc[found["status"] == "differs"].to_dict("records")}, json_to)
    if "differs" in counts:
        sys.exit(1)
