"""One scripted phase, from opening to report, on a simulated world: what a data scientist does in an afternoon."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from omdrisk.demo.folder import TARGETS, fresh, shipped_recipes
from omdrisk.phases import (
    Compared,
    GateError,
    PhaseFolder,
    Promotion,
    compare_phase,
    open_phase,
    promote_head,
    train_phase,
)
from omdrisk.phases.reporting import report_phase
from omdrisk.training.parts import Features

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from omdrisk.monitoring import Drift
    from omdrisk.simulation import World
    from omdrisk.training import Recipe

# what was in use before: a first attempt that looks at the goods alone
NARROW = ("goods", "measures")
# what is tried first in phase V, and is worse
POOR = ("timing",)
ANY = -1.0
PLANTED_FROM = "2023-07-15"
PLANTED_IN = "TH"
POUNDS = 2.2046
OFFICERS = {"by": "Linh", "approved_by": "Somchai"}


@dataclass(frozen=True)
class PhaseWalk:
    """What the scripted phase found and left.

    Attributes
    ----------
    first
        The promotions of phase IV.
    refused
        Head -> what the gate said of the worse challenger.
    compared
        Head -> the better challenger against the head in use.
    promoted
        Head -> its promotion in phase V; heads that the gate held back are not among them.
    drift
        What drift found in phase V, after the unit of weight was confused in one administration.
    files
        What was left, by what it is.
    """

    first: Mapping[str, Promotion]
    refused: Mapping[str, str]
    compared: Mapping[str, Compared]
    promoted: Mapping[str, Promotion]
    drift: Drift
    files: Mapping[str, Path]


def phase_walk(
    folder: str | Path,
    *,
    shipments: int = 240_000,
    seed: int = 0,
    explained: int = 400,
    step: Callable[[str], None] = lambda _: None,
) -> PhaseWalk:
    """Open phase IV with a narrow recipe, then phase V: refuse a worse challenger, promote a better one, report drift.

    Parameters
    ----------
    folder
        Made, or emptied if an earlier demonstration made it.
    shipments, seed
        Size and seed of the simulated world.
    explained
        Shipments explained for the report.
    step
        Called with the name of each step as it begins.

    Raises
    ------
    InputError
        If `folder` holds anything that no demonstration left there.
    """
    from omdrisk.linking import link
    from omdrisk.registry import local_store
    from omdrisk.simulation import simulate

    root = fresh(Path(folder))
    step(f"simulating {shipments:,} shipments of phases I to V")
    world = simulate(seed=seed, shipments=shipments)
    outcomes = link(world.shipments, world.cases, world.inspections)
    given: dict[str, Any] = {"store": local_store(root), "seed": seed, "by": OFFICERS["by"]}
    full = shipped_recipes()

    step("phase IV opens, with a recipe that looks at the goods alone")
    early = _open(root / "IV", "IV", world, outcomes, "2022-04-15", _with(full, NARROW, margin=ANY), given)
    train_phase(early, at="2022-04-15", step=step)
    compare_phase(early, at="2022-04-15", step=step)
    first = _promoted(early, "2022-04-16", "the first heads: there is nothing to lose", step)[0]

    step("phase V opens, with a worse challenger")
    worse = _open(root / "V-first-try", "V", world, outcomes, "2023-04-15", _with(full, POOR), given)
    train_phase(worse, at="2023-04-15", step=step)
    compare_phase(worse, at="2023-04-15", step=step)
    _, refused = _promoted(worse, "2023-04-15", "an attempt with timing alone", step)

    step("phase V opens again, with the shipped recipes")
    better = _open(root / "V", "V", world, outcomes, "2023-04-15", full, given)
    train_phase(better, at="2023-04-16", step=step)
    compared = compare_phase(better, at="2023-04-16", step=step)
    promoted, _ = _promoted(better, "2023-04-17", "it leads the head in use on phases III and IV", step)

    step(f"from {PLANTED_FROM} on, {PLANTED_IN} files weights in pounds")
    later = replace(world, shipments=_planted(world.shipments))
    better = _open(root / "V", "V", later, outcomes, "2023-09-16", full, given)
    train_phase(better, at="2023-09-16", step=step)
    made = report_phase(better, at="2023-09-16T09:00:00", explained=explained, simulated=True, step=step)
    files = {path.name: path for path in made.files}
    files |= {"MLflow store": root / "mlflow.db", "journal": better.root / "journal.jsonl"}
    return PhaseWalk(first, refused, compared, promoted, made.content.drift, files)


def _open(
    folder: Path,
    name: str,
    world: World,
    outcomes: pd.DataFrame,
    day: str,
    recipes: Mapping[str, Recipe],
    given: Mapping[str, Any],
) -> PhaseFolder:
    """Write the tables as they were known on a day, and open a phase with them."""
    tables = folder.parent / "tables"
    tables.mkdir(exist_ok=True)
    moment = pd.Timestamp(day, tz="UTC")
    paths = {what: tables / f"{what}-{day}.parquet" for what in ("shipments", "outcomes")}
    world.shipments[world.shipments["filed_at"] < moment].to_parquet(paths["shipments"], index=False)
    outcomes[outcomes["known_at"] < moment].to_parquet(paths["outcomes"], index=False)
    return open_phase(
        folder,
        name,
        shipments=paths["shipments"],
        outcomes=paths["outcomes"],
        recipes=recipes,
        at=day,
        source=folder.parent,
        **given,
    )


def _with(recipes: Mapping[str, Recipe], families: tuple[str, ...], margin: float = 0.0) -> dict[str, Recipe]:
    return {
        target: recipe.replace(
            features=Features(families=families),
            gate=replace(recipe.gate, margin=margin, finds=1 if margin == ANY else recipe.gate.finds),
        )
        for target, recipe in recipes.items()
    }


def _promoted(
    opened: PhaseFolder, at: str, why: str, step: Callable[[str], None]
) -> tuple[dict[str, Promotion], dict[str, str]]:
    done, refused = {}, {}
    for target in TARGETS:
        try:
            done[target] = promote_head(
                opened, target, why=why, at=at, step=step, by=OFFICERS["by"], approved_by=OFFICERS["approved_by"]
            )
        except GateError as error:
            refused[target] = str(error)
    return done, refused


def _planted(shipments: pd.DataFrame) -> pd.DataFrame:
    """Return shipments of which one administration files the weight in another unit from a day on."""
    moved = (shipments["filed_at"] >= PLANTED_FROM) & shipments["country_of_report"].eq(PLANTED_IN)
    weight = shipments["gross_weight_kg"]
    return shipments.assign(gross_weight_kg=weight.where(~moved, weight * POUNDS))
