"""Commands that ask what inspections are worth: policies, sharing, fairness."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from omdrisk.cli.app import app
from omdrisk.cli.models import _recipes, _table
from omdrisk.cli.terminal import Json, Seed, console, emit, load_table, moment, steps
from omdrisk.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from omdrisk.simulation import Campaign
    from omdrisk.training import Recipe

Head = Annotated[Path, typer.Option("--recipe", help="Recipe file, or the name of a shipped one (drug, wildlife).")]
Plot = Annotated[Path | None, typer.Option("--plot", help="Picture of the result (.png, .svg, .pdf).")]
Shipments = Annotated[Path, typer.Option(help="Canonical shipments (.parquet).")]
Outcomes = Annotated[Path, typer.Option(help="Outcomes from `omdrisk link`.")]
Truth = Annotated[Path | None, typer.Option(help="What was hidden (.parquet); only simulation has it.")]


def _one(recipe: Path) -> Recipe:
    return _recipes([recipe])[0]


def _pictures(wide: int, high: float) -> tuple[Any, Any]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.2 * wide, high), layout="constrained")
    return figure, figure.subplots(1, wide, squeeze=False)[0]


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    cells = frame.astype("object").where(frame.notna(), None).to_dict(orient="records")
    return [{str(name): value for name, value in row.items()} for row in cells]


@app.command()
def policies(  # noqa: PLR0917  (options of a command)
    recipe: Head = Path("drug"),
    worlds: Annotated[int, typer.Option(min=1, help="Simulated worlds, each with a seed of its own.")] = 3,
    shipments: Annotated[int, typer.Option(min=500, help="Shipments of each world, past and campaign.")] = 60_000,
    start: Annotated[str, typer.Option(help="Phase with which the campaign begins.")] = "V",
    weeks: Annotated[int | None, typer.Option(min=1, help="Weeks to play; until the world ends if not said.")] = None,
    capacity: Annotated[float, typer.Option(help="Part of each week's shipments that can be inspected.")] = 0.05,
    policy: Annotated[
        list[str] | None,
        typer.Option(help="exploit, random, 'explore 10%', 'uncertain 10%', thompson, bandit, 'told all'; several."),
    ] = None,
    adaptation: Annotated[str, typer.Option(help="on: networks answer to seizures; off; or both.")] = "both",
    world: Annotated[str | None, typer.Option(help="Level (easy, default, hard) or TOML of parameters.")] = None,
    retrain: Annotated[int, typer.Option(min=1, help="Train again every so many weeks.")] = 1,
    features: Annotated[
        int, typer.Option(min=0, help="Keep the so many features that the past gains most from; 0 keeps all.")
    ] = 40,
    seed: Seed = 0,
    plot: Plot = None,
    json_to: Json = None,
) -> None:
    """Play policies of inspection week by week in simulated worlds, with and without networks that answer."""
    from omdrisk.evaluation import policies as play
    from omdrisk.evaluation import policy_of
    from omdrisk.evaluation.policies_choices import STANDARD
    from omdrisk.simulation import campaign

    kinds = {"on": (True,), "off": (False,), "both": (False, True)}
    if adaptation not in kinds:
        raise InputError(f"--adaptation {adaptation!r} is unknown. Use on, off or both.")
    chosen = [policy_of(name) for name in policy or STANDARD]
    head = _one(recipe)

    def made() -> Iterator[Campaign]:
        for number in range(worlds):
            step(f"world {number + 1} of {worlds}: simulating {shipments:,} shipments")
            yield campaign(seed + number, shipments, world, start=start, weeks=weeks)

    with steps() as step:
        result = play(head, made(), choose=chosen, adapts=kinds[adaptation], capacity=capacity, retrain=retrain,
                      features=features or None, seed=seed, progress=step)  # fmt: skip
    table = result.table
    shown = table[table["metric"].isin(["norm_precision", "hit_rate", "recall", "change", "change_late"])]
    wide = shown.pivot_table(index=["adapts", "policy"], columns="metric", values="value", sort=False, dropna=False)
    _table(wide.reset_index(), f"{head.target}: simulated worlds, mean of {worlds}; intervals with --json")
    if plot is not None:
        compared = [name.name for name in chosen if name.name != "exploit"]
        picked = "explore 10%" if "explore 10%" in compared else (compared[0] if compared else "exploit")
        figure, axes = _pictures(len(kinds[adaptation]) + 1, 4.4)
        for kind, place in zip(kinds[adaptation], axes, strict=False):
            result.plot(axes=place, adapts=kind)
        result.plot_change(picked, axes[-1])
        figure.savefig(plot, dpi=110)
        console.print(f"picture in {plot}")
    emit({"target": head.target, "capacity": capacity, "worlds": worlds, "shipments": shipments,
          "results": _records(table), "weeks": _records(result.weeks)}, json_to)  # fmt: skip


@app.command()
def sharing(
    shipments: Shipments,
    outcomes: Outcomes,
    recipe: Head = Path("drug"),
    cases: Annotated[
        Path | None, typer.Option(help="Outcomes of reported cases alone, linked without inspections.")
    ] = None,
    phase: Annotated[
        str | None, typer.Option(help="Phase to test on; the last one with shipments if not said.")
    ] = None,
    by: Annotated[str, typer.Option(help="Column that names the administration.")] = "country_of_report",
    capacity: Annotated[float, typer.Option(help="Part of its shipments that each can inspect.")] = 0.02,
    level: Annotated[
        list[str] | None, typer.Option(help="cases, 'keyed cases', 'shared head', all; several; all if not said.")
    ] = None,
    truth: Truth = None,
    seed: Seed = 0,
    plot: Plot = None,
    json_to: Json = None,
) -> None:
    """Measure what each administration gains from the cases of others against its own alone."""
    from omdrisk.evaluation import sharing as measure
    from omdrisk.evaluation.sharing_levels import LEVELS

    head = _one(recipe)
    with steps() as step:
        step("reading")
        manifest, known = load_table(shipments, "read --out", ("shipment_id", "filed_at")), load_table(outcomes, "link")
        reported = None if cases is None else load_table(cases, "link")
        hidden = None if truth is None else load_table(truth, "simulate", ("shipment_id", head.target))
        result = measure(head, manifest, known, reported=reported, by=by, phase=phase, levels=level or tuple(LEVELS),
                         capacity=capacity, truth=hidden, seed=seed, progress=step)  # fmt: skip
        if plot is not None:
            step("drawing")
            result.plot().figure.savefig(plot, dpi=110)
    table = result.table
    first = table["metric"].iloc[0]
    columns = ["administration", "level", "value", "gain", "gain_low", "gain_high", "found", "past_finds"]
    _table(table.loc[table["metric"] == first, columns], f"{head.target}: {first}, and its gain over own data alone")
    for name, meaning in result.levels.items():
        console.print(f"  {name}: {meaning}")
    for name, why in result.skipped.items():
        console.print(f"{name} was left out: {why}", style="yellow")
    emit({"target": head.target, "results": _records(table), "skipped": dict(result.skipped)}, json_to)


@app.command()
def fairness(
    shipments: Shipments,
    outcomes: Outcomes,
    as_of: Annotated[str, typer.Option(help="Train on what was known before; judge on what is filed from then on.")],
    recipe: Head = Path("drug"),
    until: Annotated[str | None, typer.Option(help="Judge on what is filed before; to the end if not said.")] = None,
    capacity: Annotated[float, typer.Option(help="Part of the shipments that can be inspected.")] = 0.02,
    group: Annotated[list[str] | None, typer.Option(help="origin, party_size, or any entity; several.")] = None,
    least: Annotated[int, typer.Option(min=1, help="Groups with fewer rows are marked and not told.")] = 10,
    truth: Truth = None,
    seed: Seed = 0,
    plot: Plot = None,
    json_to: Json = None,
) -> None:
    """Compare who is selected, and who in vain, by country of origin and size of party, with and without countries."""
    from omdrisk.evaluation import fairness as compare
    from omdrisk.evaluation import without_countries
    from omdrisk.features import Catalog
    from omdrisk.training.loop import history_of, train

    head, begin, catalog = _one(recipe), moment(as_of), Catalog.read()
    with steps() as step:
        step("reading")
        manifest, known = load_table(shipments, "read --out", ("shipment_id", "filed_at")), load_table(outcomes, "link")
        hidden = None if truth is None else load_table(truth, "simulate", ("shipment_id", head.target))
        filed = manifest["filed_at"]
        rows = manifest[((filed >= begin) & ((filed < moment(until)) if until else True)).to_numpy()]
        if not len(rows):
            raise InputError(f"no shipment was filed from {begin.date()} on. Give an earlier --as-of.")
        step("making the history")
        history = history_of(head.choose(catalog), manifest, known)
        scores = {}
        for name, each in (("with countries", head), ("without countries", without_countries(head, catalog))):
            step(f"training {name}")
            fitted = train(each, manifest, known, as_of=begin, seed=seed, catalog=catalog, history=history)
            scores[name] = fitted.raw(fitted.pipeline.with_history(history).transform(rows))
        step("comparing")
        groups = tuple(group or ("origin", "party_size"))
        past = manifest[(filed < begin).to_numpy()]
        result = compare(rows, scores, known, target=head.target, capacity=capacity, groups=groups, past=past,
                         truth=hidden, least=least)  # fmt: skip
        if plot is not None:
            step("drawing")
            figure, axes = _pictures(len(groups), 6.0)
            for name, place in zip(groups, axes, strict=True):
                result.plot("selection", name, place)
            figure.savefig(plot, dpi=110)
    table = result.table
    shown = table[(table["note"] == "") & ((table["rows"] >= 5 * least) | (table["group"] == "all"))]
    _table(shown.drop(columns="note"), f"{head.target}: selection, hit and false-alarm rates")
    console.print(f"{int((table['note'] == 'few').sum()):,} rates of groups with fewer than {least} rows are not told")
    emit({"target": head.target, "capacity": capacity, "results": _records(table)}, json_to)
