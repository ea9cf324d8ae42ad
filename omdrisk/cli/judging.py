"""What `train` and `backtest` do with their options: tuning, and judging a recipe beside its baselines."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from omdrisk.cli.terminal import console, load_table
from omdrisk.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

    from omdrisk.training import Head, Recipe

PERCENT = "@2%"


@dataclass(frozen=True)
class Given:
    """The tables of a backtest."""

    shipments: pd.DataFrame
    outcomes: pd.DataFrame
    truth: pd.DataFrame | None
    amounts: pd.DataFrame | None
    phases: list[str] | None
    seed: int
    folder: Path | None = None


@dataclass(frozen=True)
class Judged:
    """What a recipe was worth: its table, how it is drawn, and what else there is to say."""

    table: pd.DataFrame
    result: Any
    more: dict[str, pd.DataFrame] = field(default_factory=dict)
    selection: Any = None

    def pictures(self) -> dict[str, Any]:
        """Return the axes of each picture by the suffix of its file."""
        drawn = {"": self.result.plot()}
        if self.selection is not None:
            drawn["-selection"] = self.selection.plot()
        return drawn


def read_truth(path: Path | None) -> pd.DataFrame | None:
    """Read a table of truth or amounts, if one is named."""
    return None if path is None else load_table(path, "simulate", ("shipment_id",))


def tuned(
    recipe: Recipe,
    shipments: pd.DataFrame,
    outcomes: pd.DataFrame,
    as_of: str,
    minutes: float,
    folder: Path,
    seed: int,
    trials: int | None,
    step: Callable[[str], None],
) -> Recipe:
    """Tune a recipe, write it, and say what it brought."""
    from omdrisk.training import tune

    step(f"tuning {recipe.target} for {minutes:g} minutes")
    best: list[float] = []

    def tell(row: pd.Series) -> None:
        if row["state"] == "complete" and (not best or row["value"] > best[-1]):
            best.append(float(row["value"]))
            step(f"tuning {recipe.target}: trial {row['trial']}, {recipe.tuning.metric} {best[-1]:.4g}")

    result = tune(
        recipe,
        shipments,
        outcomes,
        as_of=as_of,
        minutes=minutes,
        folder=folder / recipe.target,
        seed=seed,
        trials=trials,
        on_trial=tell,
    )
    path = folder / f"{recipe.target}.toml"
    path.write_text(result.to_toml(), encoding="utf-8")
    told = result.recipe.provenance
    console.print(
        f"{recipe.target}: {told.trials} trials, {told.metric} {told.before:.4g} as given, "
        f"{told.value:.4g} tuned; {path}"
    )
    return result.recipe


def judged(
    recipe: Recipe,
    given: Given,
    step: Callable[[str], None],
    *,
    by: str,
    beside: bool,
    past: bool,
    in_use: Path | None,
) -> Judged:
    """Judge a recipe on a given past and future, phase by phase, or phase by phase beside its baselines."""
    from omdrisk.evaluation import backtest, baselines, holdout, selection

    step(f"training and testing {recipe.target}")
    if past:
        result = holdout(recipe, given.shipments, given.outcomes, seed=given.seed)
        return Judged(result.table, result)
    named: dict[str, Any] = {name: getattr(given, name) for name in ("phases", "truth", "seed", "folder")}
    if not beside:
        plain = backtest(recipe, given.shipments, given.outcomes, by=by, amounts=given.amounts, **named)
        return Judged(plain.table, plain)
    if by != "phase":
        raise InputError(f"--by {by}: baselines are compared by phase.")
    compared = baselines(
        recipe,
        given.shipments,
        given.outcomes,
        amounts=given.amounts,
        in_use=_head(in_use, recipe.target),
        **named,
    )
    step(f"selection bias of {recipe.target}")
    biased = selection(recipe, given.shipments, given.outcomes, heads=compared.heads, **named)
    more = {"leads": compared.leads, "groups": compared.groups, "selection": biased.table}
    return Judged(compared.table, compared, more, biased)


def _head(bundle: Path | None, target: str) -> Head | None:
    if bundle is None:
        return None
    from omdrisk.bundle import read_bundle

    return next((head for head in read_bundle(bundle).heads if head.target == target), None)


def shown(judged: Judged) -> dict[str, pd.DataFrame]:
    """Return the tables for the screen by the end of their title; with baselines only what fits on one."""
    if not judged.more:
        return {"": judged.table}
    wide = judged.table.assign(
        figure=[
            f"{value:.3g} ({low:.3g} to {high:.3g})"
            for value, low, high in judged.table[["value", "low", "high"]].itertuples(index=False)
        ]
    )
    chosen = [name for name in wide["metric"].unique() if name.endswith(PERCENT) or "@" not in name]
    wide = wide[wide["metric"].isin([name for name in chosen if not name.startswith("lift")])]
    table = wide.set_index(["phase", "scorer", "metric"])["figure"].unstack("metric")  # noqa: PD010
    table = table.fillna("").reset_index()
    leads, groups = judged.more["leads"], judged.more["groups"]
    capacity = min(groups["capacity"], key=lambda share: abs(share - 0.02))
    return {
        f": by phase, 95 % intervals, {judged.table['block'].iloc[0]}s resampled": table,
        ": times as much found as by others": leads[leads["metric"] == f"recall{PERCENT}"],
        f": where a list of {100 * capacity:g} % finds": groups[groups["capacity"] == capacity],
        ": estimates under selection": judged.more["selection"],
    }
