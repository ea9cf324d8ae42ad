"""The demonstration: the whole way, shown on a simulated world."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.box import SIMPLE_HEAD
from rich.table import Table

from omdrisk.cli.app import app
from omdrisk.cli.terminal import Json, Seed, emit, screen, steps

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

    from omdrisk.demo import Walk

LANGUAGES = {"en": "English", "vi": "Tiếng Việt"}


@app.command()
def demo(
    out: Annotated[Path, typer.Option(help="Folder to leave everything in.")] = Path("demo"),
    shipments: Annotated[int, typer.Option(help="Size of the simulated world.")] = 240_000,
    seed: Seed = 0,
    json_to: Json = None,
) -> None:
    """Simulate phases I to V, train on what was known before V, score V as it came in, and show what it was worth."""
    from omdrisk.demo import walk

    begun = time.perf_counter()
    with steps() as step:
        done = walk(out, shipments=shipments, seed=seed, step=step)
    _say_counts(done)
    for target, table in done.tables.items():
        screen.print(_figures(target, table, done.counts["phase_v"][target]))
    for language, reasons in done.reasons.items():
        _say_reasons(LANGUAGES[language], reasons)
    screen.print(f"\nLeft in {out}/ after {time.perf_counter() - begun:.0f} s:")
    for what, path in done.files.items():
        screen.print(f"  {what:<22} {path}")
    screen.print(
        f"\nOpen {out / 'worklist.html'} in a browser. To go on from the command line:\n"
        f"  export OMDRISK_SECRET_FILE={out / 'secret.txt'}\n"
        f"  omdrisk worklist MANIFEST.csv --model {out / 'bundle'} --history {out / 'history'} --language vi",
        markup=False,
    )
    emit(
        {"counts": done.counts, "figures": {k: t.to_dict(orient="records") for k, t in done.tables.items()}},
        json_to,
    )


def _say_counts(done: Walk) -> None:
    screen.print(
        "\nA simulated world: these figures show that the method works, not how it does at a border.", style="bold"
    )
    for kind in ("shipments", "cases", "inspections"):
        count = done.counts[kind]
        screen.print(
            f"  {kind}: {count['read']:,} rows read, {count['accepted']:,} accepted, {count['rejected']:,} rejected"
        )
    linked = done.counts["linked"]
    screen.print(
        f"  outcomes: {linked['outcomes']:,}; cases that fit several shipments: {linked['ambiguous']:,}, "
        f"none: {linked['unlinked']:,}"
    )
    for target, trained in done.counts["trained"].items():
        screen.print(f"  {target} head: {trained['found']:,} finds among {trained['rows']:,} examined before phase V")


def _figures(target: str, table: pd.DataFrame, hidden: int) -> Table:
    shown = Table(
        title=f"\n{target}: phase V against the known truth, which {hidden:,} shipments hid (95 % intervals)",
        box=SIMPLE_HEAD,
        title_justify="left",
        title_style="bold",
    )
    for heading in ("capacity", "hit rate, %", "best", "recall, %", "best", "lift over random", "lift over rules"):
        shown.add_column(heading, justify="right")
    for row in table.to_dict(orient="records"):
        shown.add_row(
            f"{100 * row['capacity']:g} % ({row['inspected']:,})",
            _with_interval(row, "hit_rate", _percent),
            _percent(row["best_hit_rate"]),
            _with_interval(row, "recall", _percent),
            _percent(row["best_recall"]),
            _with_interval(row, "lift", "{:.1f}".format),
            _with_interval(row, "lift_over_rule", "{:.1f}".format),
        )
    return shown


def _with_interval(row: dict[Any, Any], name: str, write: Callable[[float], str]) -> str:
    return f"{write(row[name])} ({write(row[f'{name}_low'])}-{write(row[f'{name}_high'])})"


def _percent(share: float) -> str:
    return f"{100 * share:.1f}"


def _say_reasons(language: str, reasons: pd.DataFrame) -> None:
    screen.print(f"\n{language}", style="bold")
    for (shipment, head), rows in reasons.groupby(["shipment_id", "head"], sort=False):
        screen.print(f"  {shipment} ({head})")
        for row in rows.to_dict(orient="records"):
            screen.print(f"    {row['rank']}. {row['text']} ({_percent(row['share'])} %)")
