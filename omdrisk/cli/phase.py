"""Commands of a phase, from opening to report: phase open, train, compare, promote, rollback, report; and relocate."""

from __future__ import annotations

import getpass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from omdrisk.cli.app import app
from omdrisk.cli.models import Recipes, _recipes, _table
from omdrisk.cli.terminal import HistoryFolder, Json, Seed, console, emit, screen, steps

if TYPE_CHECKING:
    from omdrisk.phases import Compared, PhaseFolder, Promotion

phase = typer.Typer(
    name="phase",
    help="A phase of the operation, step by step: open, train, compare, promote, report.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
)
app.add_typer(phase, name="phase")

Folder = Annotated[Path, typer.Option("--folder", help="Working folder of the phase.")]
By = Annotated[str, typer.Option("--by", help="Who does it.")]
Second = Annotated[str, typer.Option("--approved-by", help="The second officer, who approves.")]
Why = Annotated[str, typer.Option("--why", help="The reason, in a sentence.")]


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _opened(folder: Path) -> PhaseFolder:
    from omdrisk.phases import PhaseFolder

    opened = PhaseFolder(folder)
    opened.read()
    return opened


@phase.command("open")
def open_(  # noqa: PLR0917  (typer makes options of them)
    name: Annotated[str, typer.Argument(help="Name of the phase in models/phases.toml: IV, V, ...")],
    recipe: Recipes,
    shipments: Annotated[Path, typer.Option(help="Canonical shipments (.parquet).")],
    outcomes: Annotated[Path, typer.Option(help="Outcomes from `omdrisk link`.")],
    folder: Annotated[
        Path | None, typer.Option("--folder", help="Working folder of the phase; its name if not said.")
    ] = None,
    phases: Annotated[Path | None, typer.Option(help="Phases (TOML) instead of the shipped ones.")] = None,
    features: Annotated[Path | None, typer.Option(help="Folder of definitions instead of the shipped ones.")] = None,
    store: Annotated[
        str | None, typer.Option(help="MLflow tracking URI; default MLFLOW_TRACKING_URI or ./mlflow.db.")
    ] = None,
    model: Annotated[str, typer.Option(help="Name of the registered model.")] = "omdrisk",
    test: Annotated[list[str] | None, typer.Option(help="Earlier phase to test on; the last two if not said.")] = None,
    by: Annotated[str, typer.Option(help="Who opens it.")] = "",
    seed: Seed = 0,
    json_to: Json = None,
) -> None:
    """Open a phase: write down its dates, its tables with their digests, and its recipes; again takes new tables."""
    from omdrisk.features import Catalog
    from omdrisk.phases import open_phase

    chosen = {each.target: each for each in _recipes(recipe)}
    with steps() as step:
        step("reading and sealing the tables")
        opened = open_phase(
            folder or Path(name),
            name,
            shipments=shipments,
            outcomes=outcomes,
            recipes=chosen,
            at=_now(),
            by=by or _whoever(),
            phases=phases,
            store=store or _store(),
            model=model,
            tested=test,
            seed=seed,
            catalog=None if features is None else Catalog.read(features),
        )
    state = opened.read()
    console.print(f"phase {name} is open in {opened.root}/, {state['start'][:10]} to before {state['end'][:10]}")
    for table, told in state["tables"].items():
        console.print(f"  {table}: {told['rows']:,} rows, digest {told['digest']}")
    console.print(f"  to be tested on: {', '.join(each['name'] for each in state['tested']) or 'nothing'}")
    console.print(f"next: omdrisk phase train --folder {opened.root}")
    emit({"folder": str(opened.root), **state}, json_to)


@phase.command("train")
def train_(
    folder: Folder,
    minutes: Annotated[float, typer.Option(min=0, help="Tune each recipe this long first; 0 takes it as it is.")] = 0.0,
    json_to: Json = None,
) -> None:
    """Train the challengers on what was known when the phase opened, test them phase by phase, keep them as runs."""
    from omdrisk.phases import train_phase

    opened = _opened(folder)
    with steps() as step:
        heads = train_phase(opened, at=_now(), minutes=minutes, step=step)
    for target, head in heads.items():
        console.print(f"{target}: {head.facts['positives']:,} found among {head.facts['rows']:,} examined")
        if head.facts.get("caution"):
            console.print(f"  {head.facts['caution']}", style="yellow")
    console.print(f"next: omdrisk phase compare --folder {folder}")
    emit({"folder": str(folder), "heads": {target: dict(head.facts) for target, head in heads.items()}}, json_to)


@phase.command("compare")
def compare_(folder: Folder, json_to: Json = None) -> None:
    """Compare each challenger with the head in use on the same rows, and say what the gate of its recipe says."""
    from omdrisk.phases import compare_phase

    opened = _opened(folder)
    with steps() as step:
        found = compare_phase(opened, at=_now(), step=step)
    for compared in found.values():
        _say_compared(compared)
    emit(
        {
            target: {
                "against": one.against,
                "champion": dict(one.champion),
                "passed": one.passed,
                "checks": [check.to_dict() for check in one.checks],
                "leads": one.leads.to_dict("records"),
            }
            for target, one in found.items()
        },
        json_to,
    )


@phase.command("promote")
def promote_(
    folder: Folder,
    head: Annotated[list[str], typer.Option("--head", help="Head to promote; may be given several times.")],
    by: By,
    approved_by: Second,
    why: Why,
    force: Annotated[bool, typer.Option("--force", help="Overrule the gate; the head is marked for ever.")] = False,
    json_to: Json = None,
) -> None:
    """Let a challenger replace the head in use, if the gate lets it through and a second officer approves."""
    from omdrisk.phases import promote_head

    opened = _opened(folder)
    done = {}
    with steps() as step:
        for target in head:
            done[target] = promote_head(
                opened, target, by=by, approved_by=approved_by, why=why, at=_now(), force=force, step=step
            )
    for target, one in done.items():
        _say_promoted(target, one)
    emit({target: vars(one) for target, one in done.items()}, json_to)


@phase.command("rollback")
def rollback_(folder: Folder, by: By, approved_by: Second, why: Why, json_to: Json = None) -> None:
    """Let the model that was in use before be in use again; nothing is deleted."""
    from omdrisk.phases import roll_back

    done = roll_back(_opened(folder), by=by, approved_by=approved_by, why=why, at=_now())
    console.print(f"version {done.version} is in use again, instead of {done.replaces}: {', '.join(done.heads)}")
    emit(vars(done), json_to)


@phase.command("journal")
def journal_(folder: Folder, json_to: Json = None) -> None:
    """Show who did what, when and why, after checking that nothing in the journal was changed."""
    from omdrisk.phases.journal import read

    lines = read(_opened(folder).root / "journal.jsonl")
    for line in lines:
        who = " and ".join(str(line[key]) for key in ("by", "approved_by") if line.get(key))
        told = [str(line["at"]), str(line["deed"]), str(line.get("head", "")), who, str(line.get("why", ""))]
        screen.print("  ".join(part for part in told if part))
    emit({"lines": lines}, json_to)


@phase.command("report")
def report_(
    folder: Folder,
    history: HistoryFolder = None,
    language: Annotated[list[str] | None, typer.Option(help="en, vi; both if not said.")] = None,
    explained: Annotated[int, typer.Option(help="How many shipments to explain for the plots.")] = 400,
    sharing: Annotated[
        bool, typer.Option("--sharing", help="Measure the value of sharing, which takes longer.")
    ] = False,
    policies: Annotated[Path | None, typer.Option(help="Weeks of inspection policies (.parquet) to show.")] = None,
    json_to: Json = None,
) -> None:
    """Write the report of the phase and the model card: web pages in one file each, ready to print."""
    from omdrisk.phases.reporting import report_phase

    with steps() as step:
        made = report_phase(
            _opened(folder),
            at=_now(),
            history=history,
            languages=language or ("en", "vi"),
            explained=explained,
            sharing=sharing,
            policies=policies,
            step=step,
        )
    for path in made.files:
        console.print(f"{path}")
    if made.gaps:
        console.print(f"{made.gaps} questions of the model card are for people to answer: {folder}/answers.toml")
    emit({"files": [str(path) for path in made.files], "gaps": made.gaps}, json_to)


@phase.command("demo")
def demo_(
    out: Annotated[Path, typer.Option(help="Folder to leave everything in.")] = Path("phase-demo"),
    shipments: Annotated[int, typer.Option(help="Size of the simulated world.")] = 240_000,
    seed: Seed = 0,
    json_to: Json = None,
) -> None:
    """Play a phase on a simulated world: refuse a worse challenger, promote a better one, find planted drift."""
    from omdrisk.demo import phase_walk

    with steps() as step:
        done = phase_walk(out, shipments=shipments, seed=seed, step=step)
    screen.print(
        "\nA simulated world: these figures show that the method works, not how it does at a border.", style="bold"
    )
    for target, said in done.refused.items():
        screen.print(f"  worse challenger, {target}: {said.split('.')[0]}")
    for compared in done.compared.values():
        _say_compared(compared)
    for target, one in done.promoted.items():
        _say_promoted(target, one)
    for advice in done.drift.advice:
        where = f" in {', '.join(advice.where)}" if advice.where else ""
        screen.print(f"  drift, {advice.verdict}: {advice.code} {', '.join(advice.names)}{where} since {advice.since}")
    screen.print(f"\nLeft in {out}/:")
    for what, path in done.files.items():
        screen.print(f"  {what:<22} {path}")
    emit(
        {
            "refused": dict(done.refused),
            "compared": {target: one.leads.to_dict("records") for target, one in done.compared.items()},
            "promoted": {target: vars(one) for target, one in done.promoted.items()},
            "drift": [dict(one.to_dict()) for one in done.drift.advice],
        },
        json_to,
    )


@app.command()
def relocate(
    folder: Annotated[Path, typer.Argument(help="Folder that holds mlflow.db and mlartifacts.")] = Path(),
    json_to: Json = None,
) -> None:
    """Put the addresses of an MLflow store right after its folder was moved or copied."""
    from omdrisk.registry import relocate as put_right

    changed = put_right(folder)
    console.print(f"{changed:,} addresses now point into {folder}")
    emit({"folder": str(folder), "changed": changed}, json_to)


def _whoever() -> str:
    return getpass.getuser()


def _store() -> str:
    """Return the address of the store now, so that later steps in other folders find the same one."""
    import os

    from omdrisk.registry import local_store

    return os.environ.get("MLFLOW_TRACKING_URI") or local_store(Path.cwd())


def _say_compared(compared: Compared) -> None:
    asked = next(check.figures["metric"] for check in compared.checks if check.name == "lead")
    told = compared.leads[compared.leads["metric"].isin([asked, "average_precision", "auc"])]
    against = {"champion": "the head in use", "rules": "the officers' rules", "nothing": "nothing"}[compared.against]
    _table(told, f"{compared.target}: lead over {against} on the same rows (95 % paired intervals)")
    for check in compared.checks:
        word = "passed" if check.passed else "FAILED" if check.binding else "warning"
        figures = ", ".join(
            f"{name} {_figure(value)}" for name, value in check.figures.items() if value not in ([], {}, "")
        )
        console.print(f"  {word:>8}  {check.name}: {figures}", style=None if check.passed else "yellow")
    console.print(f"  {compared.target}: the gate {'lets it through' if compared.passed else 'holds it back'}")


def _figure(value: Any) -> str:
    if isinstance(value, list):
        return "; ".join(_figure(one) for one in value)
    if isinstance(value, dict):
        return " ".join(_figure(one) for one in value.values())
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def _say_promoted(target: str, done: Promotion) -> None:
    console.print(f"{target}: version {done.version} is in use now, with heads {', '.join(done.heads)}")
    if done.forced:
        console.print("  against the gate: the head is marked as forced for ever", style="yellow")
