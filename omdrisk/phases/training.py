"""Training the challengers of a phase, testing them on earlier phases, and keeping each as a run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from omdrisk.bundle import read_bundle, save_bundle
from omdrisk.phases import journal
from omdrisk.phases.folder import digest_of, write_json
from omdrisk.phases.materials import Materials
from omdrisk.phases.opening import recipe_of
from omdrisk.phases.testing import by_administration, forward, measured
from omdrisk.training import Recipe
from omdrisk.training.loop import train

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from omdrisk.phases.folder import PhaseFolder
    from omdrisk.training import Head

PLOTTED = "hit_rate@2%"


def train_phase(
    opened: PhaseFolder,
    *,
    at: str,
    minutes: float = 0.0,
    step: Callable[[str], None] = lambda _: None,
    materials: Materials | None = None,
) -> dict[str, Head]:
    """Train the challenger of each recipe on what was known when the phase opened, and test it on earlier phases.

    What a run that was stopped had finished is not done again: tuning goes on from its trials, heads and tests are read
    from the folder, and a run that MLflow has is found there.

    Parameters
    ----------
    opened
        The phase.
    at
        When, for the journal.
    minutes
        Time for tuning each recipe first; 0 takes the recipes as they are.
    step
        Called with the name of each step as it begins.
    materials
        What was read already, to save reading it again.

    Returns
    -------
    dict of str to Head
        The challengers by target.
    """
    with opened.working():
        shared = Materials.of(opened) if materials is None else materials
        return {target: _challenger(opened, target, shared, at, minutes, step) for target in opened.read()["recipes"]}


def challenger_of(opened: PhaseFolder, target: str) -> Head | None:
    """Return the challenger that was trained for a target; None before it was."""
    done = opened.read()["steps"].get(f"train/{target}")
    place = opened.root / "heads" / target
    return read_bundle(place).heads[0] if done is not None and place.is_dir() else None


def tests_of(opened: PhaseFolder, target: str, materials: Materials) -> pd.DataFrame:
    """Return the scores of a challenger on the tested phases, from its files."""
    return forward(opened, "challenger", _tuned(opened, target), materials.catalog, materials)


def trials_of(opened: PhaseFolder, target: str) -> pd.DataFrame | None:
    """Return the tuning trials of a target; None where it was not tuned."""
    path = opened.root / "tuned" / f"{target}.parquet"
    return pd.read_parquet(path) if path.is_file() else None


def datasets_of(opened: PhaseFolder, materials: Materials) -> dict[str, dict[str, Any]]:
    """Return what a run keeps of the tables: digests and row counts, whole and as known when the phase opened."""
    from pathlib import Path

    opening = materials.phase.start
    told = {
        name: {**{key: table[key] for key in ("digest", "rows", "columns")}, "file": Path(table["file"]).name}
        for name, table in opened.read()["tables"].items()
    }
    before = {
        "shipments": int((materials.shipments["filed_at"] < opening).sum()),
        "outcomes": int((materials.outcomes["known_at"] < opening).sum()),
    }
    told["known at opening"] = {"digest": materials.known, **before}
    return told


def _challenger(
    opened: PhaseFolder, target: str, materials: Materials, at: str, minutes: float, step: Callable[[str], None]
) -> Head:
    recipe = _tune(opened, target, materials, minutes, step) if minutes else _tuned(opened, target)
    key = digest_of(recipe.to_dict(), materials.catalog.to_dict(), materials.known, materials.seed)
    place = opened.root / "heads" / target
    if opened.step(f"train/{target}", key) is None or not place.is_dir():
        step(f"training the {target} head on what was known before phase {materials.phase.name}")
        made = train(
            recipe,
            materials.shipments,
            materials.outcomes,
            as_of=materials.phase.start,
            seed=materials.seed,
            catalog=materials.catalog,
            history=materials.history,
        )
        save_bundle([made], place)
        opened.done(f"train/{target}", key, at, bundle=read_bundle(place).version, facts=dict(made.facts))
    head = read_bundle(place).heads[0]
    tests = forward(opened, "challenger", recipe, materials.catalog, materials, step)
    if opened.step(f"track/{target}", key) is None:
        step(f"keeping the {target} head as a run")
        run_id = _track(opened, head, tests, materials, key)
        opened.done(f"track/{target}", key, at, run=run_id)
        facts = {name: head.facts[name] for name in ("rows", "positives", "as_of", "rounds")}
        bundle = opened.read()["steps"][f"train/{target}"]["bundle"]
        journal.add(
            opened.root / "journal.jsonl", deed="trained", at=at, head=target, bundle=bundle, run=run_id, facts=facts
        )
    return head


def _tuned(opened: PhaseFolder, target: str) -> Recipe:
    """Return the recipe of a target, as tuning left it if it was tuned from the recipe of this phase."""
    import json

    path = opened.root / "tuned" / f"{target}.json"
    recipe = recipe_of(opened, target)
    if not path.is_file():
        return recipe
    told = json.loads(path.read_text(encoding="utf-8"))
    return Recipe.from_dict(told["recipe"], str(path)) if told["from"] == digest_of(recipe.to_dict()) else recipe


def _tune(
    opened: PhaseFolder, target: str, materials: Materials, minutes: float, step: Callable[[str], None]
) -> Recipe:
    from omdrisk import training

    recipe = recipe_of(opened, target)
    start = digest_of(recipe.to_dict())
    key = digest_of(recipe.to_dict(), materials.known, materials.seed, minutes)
    if opened.step(f"tune/{target}", key) is None:
        step(f"tuning {target} for {minutes:g} min")
        found = training.tune(  # type: ignore[attr-defined,unused-ignore]
            recipe,
            materials.shipments,
            materials.outcomes,
            as_of=materials.phase.start,
            minutes=minutes,
            folder=opened.root / "tuning" / f"{target}-{key}",
            seed=materials.seed,
        )
        table = found.trials
        plain = table.assign(**{name: table[name].astype("str") for name in table.select_dtypes("object").columns})
        (opened.root / "tuned").mkdir(exist_ok=True)
        plain.to_parquet(opened.root / "tuned" / f"{target}.parquet", index=False)
        write_json(opened.root / "tuned" / f"{target}.json", {"from": start, "recipe": found.recipe.to_dict()})
        opened.done(f"tune/{target}", key, at=str(materials.phase.start.date()), trials=len(table))
    return _tuned(opened, target)


def _track(opened: PhaseFolder, head: Head, tests: pd.DataFrame, materials: Materials, key: str) -> str:
    from omdrisk.registry import Run, metrics_of, track

    state = opened.read()
    phases = measured(tests, head.recipe, materials.seed)
    places = by_administration(tests, head.recipe, materials.seed)
    own = phases[phases["scorer"] == "head"]
    run = Run(
        bundle=opened.root / "heads" / head.target,
        params={f"{head.target}.{name}": value for name, value in _flat(head.recipe.to_dict()).items()}
        | {"seed": materials.seed},
        metrics=metrics_of(own, by=["phase"], head=head.target)
        | metrics_of(places, by=["phase", "administration"], head=head.target),
        tags={"phase": state["phase"], "role": "challenger", "head": head.target, **state["revision"]},
        plots=_plots(opened.root / "plots", head.target, phases),
        datasets=datasets_of(opened, materials),
        trials=trials_of(opened, head.target),
        texts={
            f"facts/{head.target}.json": dict(head.facts),
            f"metrics/{head.target}.json": phases.to_dict("records"),
            f"metrics/{head.target}-by-administration.json": places.to_dict("records"),
        },
        key=digest_of("challenger", key),
    )
    return track(run, tracking_uri=state["store"], name=f"{state['phase']} {head.target} challenger").run_id


def _plots(folder: Path, target: str, phases: pd.DataFrame) -> list[Path]:
    from omdrisk.evaluation.pictures import by_phase

    known = list(dict.fromkeys(phases["metric"]))
    if not known:
        return []
    folder.mkdir(exist_ok=True)
    path = folder / f"{target}-by-phase.png"
    by_phase(phases, PLOTTED if PLOTTED in known else known[0]).figure.savefig(path, dpi=120)
    return [path]


def _flat(values: Mapping[str, Any], before: str = "") -> dict[str, Any]:
    told: dict[str, Any] = {}
    for name, value in values.items():
        told |= _flat(value, f"{before}{name}.") if isinstance(value, dict) else {f"{before}{name}": value}
    return told
