"""Commands of the data scientist: train, backtest, register, report, drift."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from omdrisk.cli.app import app
from omdrisk.cli.terminal import (
    Format,
    HistoryFolder,
    Json,
    Seed,
    console,
    emit,
    load_table,
    moment,
    read,
    screen,
    steps,
)
from omdrisk.errors import InputError, did_you_mean

if TYPE_CHECKING:
    import pandas as pd

    from omdrisk.training import Recipe

NO_RECIPES = {"phases", "rules"}
Recipes = Annotated[
    list[Path], typer.Option("--recipe", help="Recipe file (models/*.toml); may be given several times.")
]


def _recipes(paths: list[Path]) -> list[Recipe]:
    from omdrisk.resources import definitions
    from omdrisk.training import Recipe

    shipped = {path.stem: path for path in definitions("models").glob("*.toml") if path.stem not in NO_RECIPES}
    chosen = []
    for path in paths:
        found = path if path.is_file() else shipped.get(path.name.removesuffix(".toml"))
        if found is None:
            raise InputError(
                f"{path}: no such recipe file, and none of that name is shipped. {did_you_mean(path.stem, shipped)}"
            )
        chosen.append(Recipe.read(found))
    return chosen


def _table(frame: pd.DataFrame, title: str) -> None:
    from rich.table import Table

    table = Table(title=title, title_justify="left", header_style="bold")
    numeric = set(frame.select_dtypes("number").columns)
    for column in frame.columns:
        table.add_column(str(column), justify="right" if column in numeric else "left")
    for row in frame.itertuples(index=False):
        table.add_row(*(f"{cell:,.4g}" if isinstance(cell, float) else str(cell) for cell in row))
    screen.print(table)


@app.command()
def train(
    recipe: Recipes,
    shipments: Annotated[Path, typer.Option(help="Canonical shipments (.parquet).")],
    outcomes: Annotated[Path, typer.Option(help="Outcomes from `omdrisk link`.")],
    as_of: Annotated[str, typer.Option(help="Use only what was known before this date.")],
    out: Annotated[Path, typer.Option(help="Bundle folder to write.")] = Path("bundle"),
    tune: Annotated[
        float | None, typer.Option(min=0.0, help="Tune each recipe on the past for so many minutes first.")
    ] = None,
    folder: Annotated[
        Path | None,
        typer.Option(help="With --tune: where the trials are kept and tuned recipes written; default OUT.tuning."),
    ] = None,
    trials: Annotated[int | None, typer.Option(min=1, help="With --tune: at most so many trials.")] = None,
    seed: Seed = 0,
    json_to: Json = None,
) -> None:
    """Train one head per recipe on what was known before a date, and save them as a bundle.

    With --tune the parameters of each recipe are chosen first, on later slices of what was known before that date. A
    tuning that was stopped goes on from its folder.
    """
    from omdrisk.bundle import save_bundle
    from omdrisk.cli.judging import tuned
    from omdrisk.training import train as fit

    moment(as_of)
    recipes, heads = _recipes(recipe), []
    with steps() as step:
        step("reading")
        manifest, known = load_table(shipments, "read --out", ("shipment_id", "filed_at")), load_table(outcomes, "link")
        if tune is not None:
            place = out.with_name(f"{out.name}.tuning") if folder is None else folder
            recipes = [tuned(each, manifest, known, as_of, tune, place, seed, trials, step) for each in recipes]
        for each in recipes:
            step(f"training {each.target}")
            heads.append(fit(each, manifest, known, as_of=as_of, seed=seed))
        step("saving the bundle")
        save_bundle(heads, out)
    for head in heads:
        console.print(f"{head.target}: {head.facts['positives']:,} found among {head.facts['rows']:,} examined")
        if head.facts.get("caution"):
            console.print(f"  {head.facts['caution']}", style="yellow")
    emit({"bundle": str(out), "heads": {head.target: dict(head.facts) for head in heads}}, json_to)


@app.command()
def backtest(  # noqa: PLR0917  (options, each by its name)
    recipe: Recipes,
    files: Annotated[
        list[Path] | None, typer.Argument(help="Files that hold shipments and outcomes (kcs, lemis).")
    ] = None,
    shipments: Annotated[Path | None, typer.Option(help="Canonical shipments (.parquet), instead of FILES.")] = None,
    outcomes: Annotated[Path | None, typer.Option(help="Outcomes from `omdrisk link`.")] = None,
    by: Annotated[str, typer.Option(help="phase: train before each phase and test on it.")] = "phase",
    phase: Annotated[
        list[str] | None, typer.Option(help="Name of a phase (models/phases.toml); several times for several.")
    ] = None,
    baselines: Annotated[
        bool,
        typer.Option(
            "--baselines", help="Beside the head: rules, logistic regression, plain LightGBM, chance; selection bias."
        ),
    ] = False,
    in_use: Annotated[
        Path | None, typer.Option(help="With --baselines: bundle of the model in use, compared as well.")
    ] = None,
    truth: Annotated[
        Path | None, typer.Option(help="Known truth (.parquet; only simulation has one): all shipments are tested.")
    ] = None,
    amounts: Annotated[
        Path | None, typer.Option(help="shipment_id and kg of finds (.parquet), for the share of kilograms.")
    ] = None,
    format_name: Format = None,
    folder: Annotated[
        Path | None,
        typer.Option(help="Where finished phases are kept: after a kill the same command goes on from there."),
    ] = None,
    seed: Seed = 0,
    plot: Annotated[Path | None, typer.Option(help="Picture of the result (.png).")] = None,
    json_to: Json = None,
) -> None:
    """Test recipes on a future they have not seen: phase by phase, or on the given past and future of FILES."""
    from omdrisk.cli.judging import Given, judged, read_truth, shown
    from omdrisk.linking import link

    if bool(files) == bool(shipments and outcomes):
        raise InputError("give either FILES with --format, or --shipments and --outcomes.")
    if files and (baselines or truth or in_use or phase or folder):
        raise InputError(
            "--baselines, --in-use, --truth, --phase and --folder need phases: give --shipments and --outcomes."
        )
    recipes = _recipes(recipe)
    results: dict[str, Any] = {}
    with steps() as step:
        step("reading")
        if files:
            manifest = read("shipments", files, format_name).accepted
            examined = read("inspections", files, format_name).accepted
            known = link(manifest, None, examined, targets=[each.target for each in recipes])
        else:
            assert shipments is not None  # noqa: S101  (checked above)
            assert outcomes is not None  # noqa: S101
            manifest, known = (
                load_table(shipments, "read --out", ("shipment_id", "filed_at")),
                load_table(outcomes, "link"),
            )
        given = Given(manifest, known, read_truth(truth), read_truth(amounts), phase, seed, folder)
        for each in recipes:
            results[each.target] = judged(each, given, step, by=by, beside=baselines, past=bool(files), in_use=in_use)
    for target, result in results.items():
        for title, table in shown(result).items():
            _table(table, f"{target}{title}")
    if plot is not None:
        for target, result in results.items():
            name = f"{plot.stem}-{target}" if len(results) > 1 else plot.stem
            for suffix, axes in result.pictures().items():
                axes.figure.savefig(plot.with_stem(f"{name}{suffix}"), dpi=150)
    emit(
        {
            "files": [path.name for path in files or ()],
            "format": format_name,
            "results": {target: result.table.to_dict(orient="records") for target, result in results.items()},
            **{
                name: {target: tables[name].to_dict(orient="records") for target, tables in _more(results).items()}
                for name in ("leads", "groups", "selection")
                if baselines
            },
        },
        json_to,
    )


def _more(results: dict[str, Any]) -> dict[str, dict[str, pd.DataFrame]]:
    return {target: result.more for target, result in results.items()}


@app.command()
def register(
    bundle: Annotated[Path, typer.Argument(help="Bundle folder.")],
    name: Annotated[str, typer.Option(help="Name of the registered model.")] = "omdrisk",
    alias: Annotated[str | None, typer.Option(help="Let this alias point to it (champion).")] = None,
    store: Annotated[
        str | None, typer.Option(help="MLflow tracking URI; default MLFLOW_TRACKING_URI or ./mlflow.db.")
    ] = None,
    json_to: Json = None,
) -> None:
    """Keep a bundle in MLflow as a run and a registered version."""
    from omdrisk.bundle import read_bundle
    from omdrisk.registry import Run, promote, track
    from omdrisk.registry import register as add

    opened = read_bundle(bundle)
    metrics: dict[str, float] = {}
    params: dict[str, Any] = {}
    for head in opened.heads:
        params |= {f"{head.target}.{key}": value for key, value in head.facts.items()}
        told = {**head.facts, **{f"later/{key}": value for key, value in (head.facts.get("later") or {}).items()}}
        numbers = {key: value for key, value in told.items() if isinstance(value, int | float) and key != "seed"}
        metrics |= {f"{head.target}/{key}": value for key, value in numbers.items()}
    with steps() as step:
        step("logging the run")
        tracked = track(Run(bundle=bundle, params=params, metrics=metrics), tracking_uri=store)
        step("registering")
        registered = add(tracked, model=name, tracking_uri=store)
        if alias is not None and registered.version is not None:
            promote(registered.version, model=name, alias=alias, tracking_uri=store)
    console.print(f"{registered.model_uri}{f', alias {alias}' if alias else ''} (run {registered.run_id})")
    emit(vars(registered), json_to)


@app.command()
def report(
    bundle: Annotated[Path, typer.Argument(help="Bundle folder.")],
    shipments: Annotated[Path, typer.Option(help="Canonical shipments (.parquet) of the phase to judge.")],
    outcomes: Annotated[Path, typer.Option(help="Outcomes from `omdrisk link`.")],
    history: HistoryFolder = None,
    out: Annotated[Path, typer.Option(help="Report to write.")] = Path("report.html"),
    title: Annotated[str, typer.Option(help="Heading of the report.")] = "Phase report",
    json_to: Json = None,
) -> None:
    """Write the phase report of a bundle: how good, on what, why, and what it does not claim."""
    from omdrisk.evaluation import examined
    from omdrisk.reports import HeadReport, write_report_html
    from omdrisk.scoring import load

    with steps() as step:
        step("reading")
        manifest, known = load_table(shipments, "read --out", ("shipment_id", "filed_at")), load_table(outcomes, "link")
        scorer = load(bundle, history=history)
        step(f"scoring {len(manifest):,} shipments")
        scores = scorer.score(manifest)
        step("explaining a sample")
        sample = manifest.sample(n=min(400, len(manifest)), random_state=0)
        heads = [
            HeadReport(head=target, metrics=examined(target, manifest, scores, known)).with_explanation(scorer, sample)
            for target in scorer.heads
        ]
        step("writing the report")
        facts = {"bundle": scorer.version, "shipments scored": f"{len(manifest):,}"}
        write_report_html(out, title=title, heads=heads, facts=facts)
    console.print(f"report in {out}")
    emit({"out": str(out)}, json_to)
