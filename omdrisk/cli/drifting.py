"""Commands about what comes in and what comes back: drift, feedback."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from omdrisk.cli.app import app
from omdrisk.cli.models import _table
from omdrisk.cli.terminal import (
    Format,
    HistoryFolder,
    Json,
    console,
    emit,
    load_table,
    read,
    save_table,
    say_rejected,
    screen,
    steps,
)
from omdrisk.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

    from omdrisk.monitoring import Drift
    from omdrisk.scoring import Scorer


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


@app.command()
def drift(
    files: Annotated[list[Path], typer.Argument(help="Manifests that came in.")],
    model: Annotated[str, typer.Option("--model", help="Bundle folder or MLflow URI.")],
    history: HistoryFolder = None,
    past: Annotated[
        Path | None,
        typer.Option(help="Earlier shipments (.parquet): then each week is judged by the noise of past ones."),
    ] = None,
    outcomes: Annotated[
        Path | None, typer.Option(help="What was found since: `omdrisk link` (.parquet), or a CSV that came back.")
    ] = None,
    since: Annotated[str | None, typer.Option(help="First day to judge; by default the first of FILES.")] = None,
    weeks: Annotated[int, typer.Option(min=4, help="How many past weeks set the limits.")] = 26,
    alarm: Annotated[float, typer.Option(help="Share of weeks that may raise a hand although nothing moved.")] = 0.05,
    format_name: Format = None,
    top: Annotated[int, typer.Option(help="How many lines to show.")] = 15,
    plot: Annotated[Path | None, typer.Option(help="Picture of the weeks (.png).")] = None,
    json_to: Json = None,
) -> None:
    """Compare what comes in with what was trained on, or, with --past, week by week, and say what to do."""
    from omdrisk.monitoring import drift as measure
    from omdrisk.scoring import load

    with steps() as step:
        step("reading")
        manifest = read("shipments", files, format_name).accepted
        scorer = load(model, history=history)
        if past is None:
            step("comparing")
            table = measure(scorer, manifest)
        else:
            earlier = load_table(past, "read --out", ("shipment_id", "filed_at"))
            known = None if outcomes is None else _outcomes(outcomes, scorer.heads)
            step("comparing week by week")
            found = _weekly(scorer, manifest, earlier, known, since, weeks, alarm)
    if past is None:
        _table(table.head(top), "drift (population stability index; above 0.25 needs a look)")
        emit({"rows": len(manifest), "drift": table.to_dict(orient="records")}, json_to)
        return
    _say(found, top)
    if plot is not None:
        found.plot().figure.savefig(plot)
    emit(
        {
            "rows": len(manifest),
            "verdict": found.verdict,
            "weeks": found.weeks.to_dict(orient="records"),
            "advice": [dict(one.to_dict()) for one in found.advice],
            "drift": found.table.to_dict(orient="records"),
        },
        json_to,
    )


def _weekly(
    scorer: Scorer,
    manifest: pd.DataFrame,
    earlier: pd.DataFrame,
    outcomes: pd.DataFrame | None,
    since: str | None,
    weeks: int,
    alarm: float,
) -> Drift:
    import pandas as pd

    from omdrisk.monitoring import weekly
    from omdrisk.records import as_table

    both = pd.concat([as_table(earlier, "shipments"), as_table(manifest, "shipments")], ignore_index=True)
    both = both.drop_duplicates("shipment_id", ignore_index=True)
    start = since or manifest["filed_at"].min().floor("D")
    return weekly(scorer, both, outcomes, start=start, past_weeks=weeks, alarm=alarm)


def _say(found: Drift, top: int) -> None:
    from omdrisk.reports.phase import Words
    from omdrisk.reports.phase.drift import advice_text

    shown = found.weeks.assign(week=[str(day.date()) for day in found.weeks["week"]])
    _table(shown, "drift week by week")
    beyond = found.table[found.table["verdict"] != "steady"].sort_values("ratio", ascending=False).head(top)
    if len(beyond):
        told = beyond.assign(week=[str(day.date()) for day in beyond["week"]])
        _table(
            told[["week", "where", "kind", "name", "index", "limit", "before", "now", "verdict"]], "beyond the limit"
        )
    for advice in found.advice:
        screen.print(f"{advice.verdict}: {advice_text(advice, {}, Words('en'))}", markup=False)


@app.command()
def feedback(
    files: Annotated[list[Path], typer.Argument(help="Outcomes that came back (CSV): shipment_id,outcome or more.")],
    history: Annotated[Path | None, typer.Option("--history", help="History to record them in.")] = None,
    out: Annotated[
        Path | None, typer.Option(help="Outcomes table to write (.parquet), as `omdrisk link` does.")
    ] = None,
    worklist: Annotated[
        Path | None, typer.Option(help="The list (.csv) they belong to: how each shipment was chosen is kept.")
    ] = None,
    known_at: Annotated[
        str | None, typer.Option(help="When rows without known_at became known; now if not said.")
    ] = None,
    target: Annotated[str | None, typer.Option(help="What `found` and `1` mean, where the file does not say.")] = None,
    targets: Annotated[
        list[str] | None,
        typer.Option(
            help="Another target that may be named; drug, precursor, wildlife and the list's heads are known."
        ),
    ] = None,
    rejects: Annotated[Path | None, typer.Option(help="Keep rejected rows in this file (.csv).")] = None,
    json_to: Json = None,
) -> None:
    """Take back outcomes that officers entered: shipment_id and outcome (clear, or what was found) suffice.

    They go into the history, into a table of outcomes to train with, or both; each row that says nothing usable is
    named. What the agency's systems export (manifests, inspections with references, cases) is for `omdrisk observe`.
    """
    import pandas as pd

    from omdrisk.history import History
    from omdrisk.scoring import known_targets, read_feedback, read_worklist

    if history is None and out is None:
        raise InputError("say where the outcomes go: --history FOLDER, --out outcomes.parquet, or both.")
    listed = None if worklist is None else read_worklist(worklist)
    known = known_targets(() if listed is None else listed.columns, [*(targets or ()), *([target] if target else ())])
    moment = known_at or _now()
    read_all = [read_feedback(path, moment, listed, target=target, targets=known) for path in files]
    rejected = pd.concat([one.rejected for one in read_all], ignore_index=True)
    say_rejected(rejected, rejects)
    inspections = pd.concat([one.accepted for one in read_all], ignore_index=True)
    outcomes = _linked(inspections, known)
    done: dict[str, Any] = {"read": len(inspections), "rejected": len(rejected), "outcomes": len(outcomes)}
    if history is not None:
        done["recorded"] = vars(History.open(history).record(outcomes))
    if out is not None:
        save_table(outcomes, out)
    console.print(f"{len(inspections):,} rows taken, {len(rejected):,} rejected, {len(outcomes):,} outcomes")
    emit(done, json_to)


def _linked(inspections: pd.DataFrame, known: Iterable[str]) -> pd.DataFrame:
    """Return the outcomes of inspections; a precursor is told as drug."""
    import pandas as pd

    from omdrisk.linking import link

    named = pd.DataFrame({"shipment_id": inspections["shipment_id"].dropna().unique()}, dtype="str")
    return link(named, None, inspections, targets=sorted({*known} - {"precursor"}))


def _outcomes(path: Path, heads: Iterable[str]) -> pd.DataFrame:
    """Read outcomes from `omdrisk link` (.parquet), or a CSV that came back."""
    from omdrisk.scoring import known_targets, read_feedback

    if path.suffix == ".parquet":
        return load_table(path, "link")
    known = known_targets(others=heads)
    read = read_feedback(path, _now(), targets=known)
    say_rejected(read.rejected, option="omdrisk feedback --rejects FILE")
    return _linked(read.accepted, known)
