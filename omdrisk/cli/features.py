"""Commands about the catalog: what its indicators are, and whether they may be used."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from omdrisk.cli.app import app
from omdrisk.cli.terminal import Format, Json, Seed, console, emit, load_table, read, screen, steps
from omdrisk.errors import InputError, did_you_mean

if TYPE_CHECKING:
    import pandas as pd

    from omdrisk.evaluation import FeatureAudit
    from omdrisk.features import Catalog, Definition

features = typer.Typer(help="The indicators: what they are, and what they are worth.", no_args_is_help=True)
app.add_typer(features, name="features")

Folder = Annotated[Path | None, typer.Option("--folder", help="Folder of definitions; the shipped ones if not said.")]
MOST_COLUMNS = 4


@features.command("list")
def list_features(
    family: Annotated[list[str] | None, typer.Option("--family", help="Only this family; may be repeated.")] = None,
    target: Annotated[str | None, typer.Option(help="Only what serves this target.")] = None,
    language: Annotated[str, typer.Option(help="Language of the words: en, vi or zh.")] = "en",
    folder: Folder = None,
    json_to: Json = None,
) -> None:
    """Show every indicator: id, name, words, kind and the columns it needs."""
    from omdrisk.explaining import check_language
    from omdrisk.features import Catalog

    check_language(language)
    catalog = Catalog.read(folder)
    chosen = _chosen(catalog, family or [], target)
    _show(catalog, chosen, language)
    told = [definition.to_dict() | {"needs": list(definition.needs)} for definition in chosen]
    emit({"definitions": told, "families": list(catalog.families)}, json_to)


def _chosen(catalog: Catalog, families: list[str], target: str | None) -> list[Definition]:
    for name in families:
        if name not in catalog.families:
            raise InputError(f"there is no family {name!r}. {did_you_mean(name, catalog.families)}")
    targets = {each for definition in catalog for each in definition.targets}
    if target is not None and target not in targets:
        raise InputError(f"no indicator serves the target {target!r}. {did_you_mean(target, targets)}")
    return [
        definition
        for definition in catalog
        if (not families or definition.family in families) and (target is None or target in definition.targets)
    ]


def _show(catalog: Catalog, chosen: list[Definition], language: str) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    ids = {definition.id for definition in chosen}
    for name in catalog.families:
        members = [definition for definition in chosen if definition.family == name]
        if not members:
            continue
        counted = f"{len(members)} definition{'' if len(members) == 1 else 's'}"
        table = Table(title=f"{name}: {counted}", title_justify="left", title_style="bold", box=SIMPLE_HEAD)
        table.add_column("id", no_wrap=True)
        table.add_column("name", overflow="fold", ratio=3)
        table.add_column("words", overflow="fold", ratio=4)
        table.add_column("kind", no_wrap=True)
        table.add_column("needs", overflow="fold", ratio=4)
        for definition in members:
            words = definition.words.get(language) or definition.words["en"]
            told = f"{words} (sensitive)" if definition.sensitive else words
            table.add_row(definition.id, definition.name, told, definition.kind.word, _needs(definition))
        screen.print(table)
    screen.print(f"{len(chosen)} definitions with {len(ids)} ids")


def _needs(definition: Definition) -> str:
    columns = list(definition.needs)
    more = len(columns) - MOST_COLUMNS
    told = ", ".join(columns[:MOST_COLUMNS]) + (f" and {more} more" if more > 0 else "")
    return f"{told} + history" if definition.kind.questions() else told


@features.command("audit")
def audit(
    recipe: Annotated[list[Path], typer.Option("--recipe", help="Recipe file or name; may be given several times.")],
    files: Annotated[
        list[Path] | None, typer.Argument(help="Files that hold shipments and outcomes (kcs, lemis).")
    ] = None,
    shipments: Annotated[Path | None, typer.Option(help="Canonical shipments (.parquet), instead of FILES.")] = None,
    outcomes: Annotated[Path | None, typer.Option(help="Outcomes from `omdrisk link`.")] = None,
    format_name: Format = None,
    truth: Annotated[
        Path | None, typer.Option(help="Truth of a simulated world (.parquet), to test families on.")
    ] = None,
    folder: Folder = None,
    out: Annotated[Path | None, typer.Option(help="Page to write (.html).")] = None,
    ablate: Annotated[bool, typer.Option(help="Grow each head again without each family.")] = True,
    seed: Seed = 0,
    json_to: Json = None,
) -> None:
    """Say of each indicator what it is worth, what it costs, and whether it knows what it cannot know."""
    from omdrisk.cli.models import _recipes
    from omdrisk.evaluation import audit_features
    from omdrisk.features import Catalog
    from omdrisk.reports import write_feature_audit

    if bool(files) == bool(shipments and outcomes):
        raise InputError("give either FILES with --format, or --shipments and --outcomes.")
    if out is not None and out.suffix not in (".html", ".htm"):
        raise InputError(f"{out}: unknown ending {out.suffix!r}. Use .html; --json writes the figures for machines.")
    recipes, found = _recipes(recipe), []
    with steps() as step:
        step("reading")
        catalog = Catalog.read(folder)
        manifest, known = _tables(files, shipments, outcomes, format_name, [each.target for each in recipes])
        hidden = None if truth is None else load_table(truth, "simulate", ("shipment_id",))
        for each in recipes:

            def named(what: str, target: str = each.target) -> None:
                step(f"{target}: {what}")

            found.append(
                audit_features(
                    each, manifest, known, truth=hidden, catalog=catalog, ablate=ablate, seed=seed, step=named
                )
            )
        if out is not None:
            step("writing the page")
            write_feature_audit(out, found)
    for one in found:
        _say(one)
    if out is not None:
        console.print(f"audit in {out}")
    emit({"audits": [one.to_dict() for one in found]}, json_to)


def _tables(
    files: list[Path] | None, shipments: Path | None, outcomes: Path | None, form: str | None, targets: list[str]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    from omdrisk.linking import link

    if files:
        manifest = read("shipments", files, form).accepted
        return manifest, link(manifest, None, read("inspections", files, form).accepted, targets=targets)
    if shipments is None or outcomes is None:
        raise InputError("give either FILES with --format, or --shipments and --outcomes.")
    return load_table(shipments, "read --out", ("shipment_id", "filed_at")), load_table(outcomes, "link")


def _say(audit: FeatureAudit) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    def table(title: str, *columns: tuple[str, Any]) -> Table:
        made = Table(title=title, title_justify="left", title_style="bold", box=SIMPLE_HEAD)
        for name, justify in columns:
            made.add_column(name, justify=justify, overflow="fold")
        return made

    facts = audit.facts
    screen.print(
        f"\n{audit.target}: {facts['definitions']} indicators on {facts['examined']:,} examined shipments, "
        f"{facts['found']:,} found; families tested on {facts['tested_on']}",
        style="bold",
    )
    best = table("strongest in the head", ("indicator", "left"), ("coverage", "right"), ("AUC alone", "right"),
                 ("lift alone", "right"), ("SHAP share", "right"), ("s / 100,000", "right"))  # fmt: skip
    for row in audit.table.sort_values("shap_share", ascending=False).head(12).to_dict("records"):
        best.add_row(
            row["indicator"],
            f"{row['coverage']:.0%}",
            f"{row['auc']:.3f} ({row['auc_low']:.3f}-{row['auc_high']:.3f})",
            f"{row['lift']:.1f} ({row['lift_low']:.1f}-{row['lift_high']:.1f})", f"{row['shap_share']:.1%}",
            f"{row['seconds_per_100k']:.2f}",
        )  # fmt: skip
    screen.print(best)
    losses = audit.families[audit.families["metric"].eq("average_precision") & audit.families["family"].ne("(all)")]
    if len(losses):
        lost = table("average precision lost without", ("family", "left"), ("features", "right"), ("loss", "right"))
        for row in losses.sort_values("loss", ascending=False).to_dict("records"):
            told = f"{row['loss']:+.4f} ({row['low']:+.4f} to {row['high']:+.4f})"
            lost.add_row(row["family"], str(row["features"]), told)
        screen.print(lost)
    suspected = audit.flags[audit.flags["indicator"].isin(audit.leaks)]
    if not len(suspected):
        screen.print("no suspected leak", style="bold")
        return
    leaks = table("suspected leaks", ("indicator", "left"), ("flag", "left"), ("seen", "left"), ("column", "left"))
    for row in suspected.to_dict("records"):
        leaks.add_row(row["indicator"], row["flag"], row["seen"], row["column"])
    screen.print(leaks)
