"""The command that scores what falls into a folder."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from omdrisk.cli.app import app
from omdrisk.cli.terminal import Format, HistoryFolder, Json, Seed, console, emit
from omdrisk.cli.unit import AuditFile, Capacity, Explore, Language, Model, PerLane, PerTrader, capacity_of, open_scorer
from omdrisk.errors import InputError
from omdrisk.explaining import check_language

if TYPE_CHECKING:
    from omdrisk.watching import Event

STYLES = {"failed": "red", "waiting": "yellow", "same": "yellow"}


@app.command()
def watch(
    inbox: Annotated[Path, typer.Argument(metavar="IN", help="Folder that manifests fall into.")],
    out: Annotated[Path, typer.Argument(metavar="OUT", help="Folder for the results, and for what is remembered.")],
    model: Model,
    *,
    history: HistoryFolder = None,
    once: Annotated[bool, typer.Option("--once", help="Do what is there, and stop.")] = False,
    interval: Annotated[float, typer.Option(min=0.1, help="Seconds between looks.")] = 10.0,
    settle: Annotated[float, typer.Option(min=0.0, help="Seconds for which a file must be at rest.")] = 2.0,
    capacity: Capacity = "40",
    explore: Explore = 0.1,
    seed: Seed = 0,
    per_trader: PerTrader = None,
    per_lane: PerLane = None,
    language: Language = "en",
    observe: Annotated[bool, typer.Option("--observe", help="Add each file's shipments to the history.")] = False,
    format_name: Format = None,
    audit: AuditFile = None,
    json_to: Json = None,
) -> None:
    """Score each file that falls into IN, exactly once: OUT gets a folder with scores, worklist and rejects for it."""
    from omdrisk.watching import Settings, Watch

    if observe and history is None:
        raise InputError("--observe needs the history to add to: give --history FOLDER.")
    settings = Settings(
        capacity=capacity_of(capacity),
        explore=explore,
        seed=seed,
        language=check_language(language),
        per_trader=per_trader,
        per_lane=per_lane,
        format=format_name,
        observe=observe,
        settle=settle,
    )
    watching = Watch(inbox, out, open_scorer(model, history, audit), settings)
    done: list[Event] = []
    with watching.working():
        if once:
            done = watching.once()
            _say(done)
        else:  # pragma: no cover - runs until it is stopped
            console.print(f"watching {inbox}, every {interval:g} s; Ctrl+C stops")
            while True:
                _say(watching.step())
                time.sleep(interval)
    emit({"files": [{"kind": one.kind, "file": one.file, "what": one.what, "out": one.out} for one in done]}, json_to)


def _say(events: list[Event]) -> None:
    from omdrisk.reports import plain

    for one in events:
        console.print(f"{one.kind}: {plain(one.file, 120)}: {plain(one.what, 400)}", style=STYLES.get(one.kind))
