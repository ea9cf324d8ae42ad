"""Opening a phase: its dates, its tables with their digests, and its recipes as they are today."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from omdrisk.errors import InputError, did_you_mean
from omdrisk.phases import journal
from omdrisk.phases.folder import FORMAT, PhaseFolder, digest_of, file_digest, write_json
from omdrisk.training.tables import as_outcomes, as_shipments

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from omdrisk.features import Catalog
    from omdrisk.training import Recipe
    from omdrisk.training.phases import Phase

TESTED = 2


def open_phase(
    folder: str | Path,
    name: str,
    *,
    shipments: Path,
    outcomes: Path,
    recipes: Mapping[str, Recipe],
    at: str,
    by: str,
    phases: Path | None = None,
    store: str | None = None,
    model: str = "omdrisk",
    tested: Sequence[str] | None = None,
    seed: int = 0,
    source: Path | None = None,
    catalog: Catalog | None = None,
) -> PhaseFolder:
    """Open a phase, or take new tables and recipes into one that is open.

    What earlier steps made with other tables or recipes is not used again; what they made with the same is.

    Parameters
    ----------
    folder
        Working folder of the phase, made if need be.
    name
        Name of the phase, as in ``models/phases.toml`` or the file `phases`.
    shipments, outcomes
        Parquet files of the canonical shipments and of `omdrisk link`. They stay where they are; their digests are
        written down, and every later step refuses others.
    recipes
        The recipes of the challengers by target.
    at, by
        When, and who.
    phases
        A file of phases instead of the shipped one.
    store
        MLflow tracking URI; None for ``MLFLOW_TRACKING_URI`` or a SQLite store in the working folder.
    model
        Name of the registered model.
    tested
        Earlier phases to test on; by default the last two before this one.
    seed
        Seed of training and of intervals.
    source
        Folder whose git revision is written down.
    catalog
        Definitions to choose from; None for the shipped ones.

    Raises
    ------
    InputError
        If a file is not there or lacks a column, or a phase is unknown.
    """
    from omdrisk.registry import revision

    opened = PhaseFolder(Path(folder))
    chosen, earlier = _dates(name, phases, tested)
    tables = {"shipments": _table(shipments, as_shipments), "outcomes": _table(outcomes, as_outcomes)}
    if not recipes:
        raise InputError("a phase needs a recipe. Name some with --recipe drug --recipe wildlife.")
    with opened.working():
        steps = opened.read()["steps"] if (opened.root / "phase.json").is_file() else {}
        state = {
            "format": FORMAT,
            "phase": chosen.name,
            "start": chosen.start.isoformat(),
            "end": chosen.end.isoformat(),
            "tested": [_written(each) for each in earlier],
            "tables": tables,
            "recipes": {target: digest_of(recipe.to_dict()) for target, recipe in recipes.items()},
            "catalog": _frozen(opened.root, recipes, catalog),
            "store": store,
            "model": model,
            "seed": seed,
            "revision": revision(source or Path.cwd()),
            "opened": {"at": at, "by": by},
            "steps": steps,
        }
        opened.write(state)
        told = {key: state[key] for key in ("phase", "start", "end", "recipes", "catalog", "seed")}
        journal.add(opened.root / "journal.jsonl", deed="opened", at=at, by=by, tables=tables, **told)
    return opened


def recipe_of(opened: PhaseFolder, target: str) -> Recipe:
    """Return the recipe of a target as it was when the phase was opened."""
    import json

    from omdrisk.training import Recipe

    known = opened.read()["recipes"]
    if target not in known:
        raise InputError(f"{opened.root}: the phase has no recipe for {target!r}. {did_you_mean(target, known)}")
    path = opened.root / "recipes" / f"{target}.json"
    return Recipe.from_dict(json.loads(path.read_text(encoding="utf-8")), str(path))


def catalog_of(opened: PhaseFolder) -> Any:
    """Return the catalog as it was when the phase was opened."""
    import json

    from omdrisk.features import Catalog

    return Catalog.from_dict(json.loads((opened.root / "catalog.json").read_text(encoding="utf-8")))


def tables_of(opened: PhaseFolder) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the shipments and outcomes of a phase, after comparing them with their digests.

    Raises
    ------
    InputError
        If a file is gone, or is not the one that the phase was opened with.
    """
    found = []
    for what, check in (("shipments", as_shipments), ("outcomes", as_outcomes)):
        told = opened.read()["tables"][what]
        path = _place(opened.root, told["file"])
        if not path.is_file():
            raise InputError(
                f"{path}: the {what} of this phase are gone. Bring the file back, or open the phase again."
            )
        if file_digest(path) != told["digest"]:
            raise InputError(
                f"{path}: is not the file that the phase was opened with. `omdrisk phase open` again takes the new one."
            )
        found.append(check(pd.read_parquet(path)))
    return found[0], found[1]


def _place(root: Path, file: str) -> Path:
    """Return where a table lies: as it was named, or beside the phase's folder if both were moved."""
    path = Path(file)
    return path if path.is_file() else root.parent / path.name


def _table(path: Path, check: Any) -> dict[str, Any]:
    if not path.is_file():
        raise InputError(f"{path}: no such file. `omdrisk read --out` and `omdrisk link` write them.")
    try:
        frame = pd.read_parquet(path)
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: not a Parquet file ({error}).") from error
    check(frame)
    return {"file": str(path.resolve()), "digest": file_digest(path), "rows": len(frame), "columns": frame.shape[1]}


def _dates(name: str, file: Path | None, tested: Sequence[str] | None) -> tuple[Phase, list[Phase]]:
    from omdrisk.training.phases import read_phases

    known = {phase.name: phase for phase in read_phases(file)}
    for each in (name, *(tested or ())):
        if each not in known:
            raise InputError(f"phase {each!r} is not in {file or 'models/phases.toml'}. {did_you_mean(each, known)}")
    chosen = known[name]
    before = [phase for phase in known.values() if phase.end <= chosen.start]
    earlier = [known[each] for each in tested] if tested else before[-TESTED:]
    late = [phase.name for phase in earlier if phase.start >= chosen.start]
    if late:
        raise InputError(f"phase {late[0]!r} does not begin before phase {name!r}: it cannot be tested on.")
    return chosen, earlier


def _frozen(root: Path, recipes: Mapping[str, Recipe], catalog: Catalog | None) -> str:
    from omdrisk.features import Catalog

    shutil.rmtree(root / "recipes", ignore_errors=True)
    for target, recipe in recipes.items():
        write_json(root / "recipes" / f"{target}.json", recipe.to_dict())
    chosen = Catalog.read() if catalog is None else catalog
    for recipe in recipes.values():
        recipe.choose(chosen)
    write_json(root / "catalog.json", chosen.to_dict())
    return digest_of(chosen.to_dict())


def _written(phase: Phase) -> dict[str, str]:
    return {"name": phase.name, "start": phase.start.isoformat(), "end": phase.end.isoformat()}
