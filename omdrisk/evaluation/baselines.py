"""A head beside what it has to beat, in the same run and on the same shipments, phase by phase."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from omdrisk.evaluation.divisions import classes, divisions, share_of_list
from omdrisk.evaluation.intervals import blocks_of, draws, interval
from omdrisk.evaluation.metrics import Ranking, metric_names
from omdrisk.evaluation.phased import Walk
from omdrisk.evaluation.rivals import MODEL, rivals

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import numpy.typing as npt

    from omdrisk.evaluation.phased import Tested
    from omdrisk.features import Catalog
    from omdrisk.training import Head, Recipe
    from omdrisk.training.phases import Phase

    Floats = npt.NDArray[np.float64]

COLUMNS = ["phase", "scorer", "metric", "value", "low", "high", "rows", "found", "block"]
LEAD_COLUMNS = ["phase", "over", "metric", "ratio", "low", "high"]


@dataclass(frozen=True)
class Baselines:
    """A head and its baselines, phase by phase.

    Attributes
    ----------
    table
        One row per phase, scorer and metric: phase, scorer (``model``, ``rules``, ``logistic regression``,
        ``plain LightGBM``, ``model in use``, ``random``, ``oracle``), metric, value, low, high (95 %), rows, found,
        block (what was drawn together in the bootstrap).
    leads
        How many times as much the head finds: phase, over, metric, ratio, low, high, from the same resamples for both.
    groups
        What a list that fits the recipe's capacities finds in each administration, mode and class of contraband, and
        among consignees that were and were not seen before: phase, by, group, capacity, selected, hits, hit_rate,
        recall, low, high (of the recall), found, rows. Only finds have a class, so a class has no hit rate.
    skipped
        Phases that could not be tested, and why.
    heads
        The head of each phase that was tested now; what was read from a folder comes without.
    """

    table: pd.DataFrame
    leads: pd.DataFrame
    groups: pd.DataFrame
    skipped: Mapping[str, str]
    heads: Mapping[str, Head] = field(repr=False)

    def plot(self, metric: str = "recall@2%", axes: Any = None) -> Any:
        """Draw a metric phase by phase, with intervals, and return the axes."""
        from omdrisk.evaluation.pictures import by_phase

        return by_phase(self.table, metric, axes)


def baselines(
    recipe: Recipe,
    shipments: Any,
    outcomes: Any,
    *,
    phases: Any = None,
    seed: int = 0,
    truth: Any = None,
    amounts: Any = None,
    in_use: Head | None = None,
    block: Literal["day", "party"] | None = None,
    heads: Mapping[str, Head] | None = None,
    catalog: Catalog | None = None,
    folder: str | Path | None = None,
) -> Baselines:
    """Train before each phase, and set the head beside its baselines on the shipments of the phase.

    Parameters
    ----------
    recipe, shipments, outcomes, phases, seed, truth, amounts, catalog, folder
        As for `backtest`.
    in_use
        A head of the model in use; it is compared in the phases that began after it was trained.
    block
        What is drawn together in the bootstrap, ``day`` or ``party``; by default what the recipe says.
    heads
        Heads by phase that a backtest of the same recipe has trained, to save training them again.

    Raises
    ------
    InputError
        As for `backtest`.
    """
    kind = recipe.report.block if block is None else block
    walk = Walk.of(
        recipe,
        shipments,
        outcomes,
        phases=phases,
        truth=truth,
        amounts=amounts,
        seed=seed,
        catalog=catalog,
        heads=heads,
        folder=folder,
        block=kind,
        in_use=None if in_use is None else dict(in_use.facts),
    )
    trained: dict[str, Head] = {}

    def compared(phase: Phase) -> dict[str, pd.DataFrame]:
        tested = walk.tested(phase)
        trained[phase.name] = tested.head
        scores = rivals(walk, tested, in_use)
        blocks = blocks_of(tested.shipments, kind)
        measured = {scorer: _measured(walk, tested, scorer, score, blocks) for scorer, score in scores.items()}
        tables = [_table(each, tested).assign(scorer=scorer, block=kind) for scorer, each in measured.items()]
        leads = [_lead(measured[MODEL], each).assign(over=over) for over, each in measured.items() if over != MODEL]
        return {
            "table": pd.concat(tables, ignore_index=True),
            "leads": pd.concat(leads, ignore_index=True),
            "groups": _groups(walk, tested, scores[MODEL], blocks),
        }

    made = list(walk.each("baselines", compared))
    table, leads, groups = (
        pd.concat([tables[name] for tables in made], ignore_index=True) for name in ("table", "leads", "groups")
    )
    return Baselines(table[COLUMNS], leads[LEAD_COLUMNS], groups, walk.skipped, trained)


@dataclass(frozen=True)
class _Measured:
    """Metrics of one ranking, and the same under each resample."""

    names: tuple[str, ...]
    reached: Floats
    drawn: Floats


def _measured(walk: Walk, tested: Tested, scorer: str, score: Floats, blocks: npt.NDArray[np.intp]) -> _Measured:
    chance = tested.head.probability(score) if scorer == MODEL else None
    report = walk.recipe.report
    names = metric_names(report.shares, calibrated=chance is not None, amounts=tested.amount is not None)
    ranking = Ranking(tested.found, score, chance, tested.amount)
    drawn = draws(ranking, names, blocks, resamples=report.resamples, seed=walk.seed)
    return _Measured(names, ranking.measure(names), drawn)


def _table(measured: _Measured, tested: Tested) -> pd.DataFrame:
    low, high = interval(measured.drawn)
    return pd.DataFrame(
        {
            "metric": measured.names,
            "value": measured.reached,
            "low": low,
            "high": high,
            "rows": len(tested.found),
            "found": int(tested.found.sum()),
        }
    )


def _lead(own: _Measured, other: _Measured) -> pd.DataFrame:
    """Return how many times as much the first finds; the resamples of both are the same, so the ratio is paired."""
    names = [name for name in other.names if name == "average_precision" or name.startswith(("recall@", "kg_share@"))]
    mine, theirs = ([each.names.index(name) for name in names] for each in (own, other))
    with np.errstate(divide="ignore", invalid="ignore"):
        low, high = interval(own.drawn[:, mine] / other.drawn[:, theirs])
        ratio = own.reached[mine] / other.reached[theirs]
    return pd.DataFrame({"metric": names, "ratio": ratio, "low": low, "high": high})


def _groups(walk: Walk, tested: Tested, score: Floats, blocks: npt.NDArray[np.intp]) -> pd.DataFrame:
    parts = divisions(walk.shipments, tested.shipments)
    parts["class"] = classes(tested.shipments, walk.told).where(tested.found > 0)
    tables = [
        share_of_list(
            tested.found,
            score,
            codes,
            capacity=share,
            blocks=blocks,
            resamples=walk.recipe.report.resamples,
            seed=walk.seed,
        ).assign(by=by)
        for by, codes in parts.items()
        for share in walk.recipe.report.shares
    ]
    table = pd.concat(tables, ignore_index=True)
    return table.assign(hit_rate=table["hit_rate"].where(table["by"] != "class"))
