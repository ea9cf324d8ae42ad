"""A head beside what it has to beat, in the same run and on the same shipments, phase by phase."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from omdrisk.evaluation.divisions import divisions, share_of_list
from omdrisk.evaluation.intervals import blocks_of, evaluate, interval, resampled
from omdrisk.evaluation.metrics import Ranking
from omdrisk.evaluation.phased import Walk
from omdrisk.evaluation.rivals import MODEL, rivals

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    from omdrisk.evaluation.phased import Tested
    from omdrisk.features import Catalog
    from omdrisk.training import Head, Recipe

    Floats = npt.NDArray[np.float64]

COLUMNS = ["phase", "scorer", "metric", "value", "low", "high", "rows", "found", "block"]


@dataclass(frozen=True)
class Baselines:
    """A head and its baselines, phase by phase.

    Attributes
    ----------
    table
        One row per phase, scorer and metric: phase, scorer (``model``, ``rules``, ``logistic regression``,
        ``plain LightGBM``, ``model in use``, ``random``, ``oracle``), metric, value, low, high (95 %), rows, found, block
        (what was drawn together in the bootstrap).
    leads
        How many times as much the head finds: phase, over, metric, ratio, low, high, from the same resamples for both.
    groups
        What a list that fits the recipe's capacities finds in each administration, mode, and among consignees that
        were and were not seen before: phase, by, group, capacity, selected, hits, hit_rate, recall, low, high (of the
        recall), found, rows.
    skipped
        Phases that could not be tested, and why.
    heads
        The head of each phase.
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
) -> Baselines:
    """Train before each phase, and set the head beside its baselines on the shipments of the phase.

    Parameters
    ----------
    recipe, shipments, outcomes, phases, seed, truth, amounts, catalog
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
    )
    kind = recipe.report.block if block is None else block
    tables, leads, groups, trained = [], [], [], {}
    for tested in walk.tested():
        scores = rivals(walk, tested, in_use)
        blocks = blocks_of(tested.shipments, kind)
        name = tested.phase.name
        for scorer, score in scores.items():
            table = evaluate(
                tested.found,
                score,
                chance=tested.head.probability(score) if scorer == MODEL else None,
                amount=tested.amount,
                shares=recipe.report.shares,
                blocks=blocks,
                resamples=recipe.report.resamples,
                seed=walk.seed,
            )
            tables.append(table.assign(phase=name, scorer=scorer, block=kind))
        leads.append(_leads(walk, tested, scores, blocks).assign(phase=name))
        groups.append(_groups(walk, tested, scores[MODEL], blocks).assign(phase=name))
        trained[name] = tested.head
    lead_columns = ["phase", "over", "metric", "ratio", "low", "high"]
    return Baselines(
        pd.concat(tables, ignore_index=True)[COLUMNS],
        pd.concat(leads, ignore_index=True)[lead_columns],
        pd.concat(groups, ignore_index=True),
        walk.skipped,
        trained,
    )


def _leads(walk: Walk, tested: Tested, scores: Mapping[str, Floats], blocks: npt.NDArray[np.intp]) -> pd.DataFrame:
    names = ["average_precision", *(f"recall@{100 * share:g}%" for share in walk.recipe.report.shares)]
    rankings = {scorer: Ranking(tested.found, score) for scorer, score in scores.items()}
    drawn: dict[str, list[Floats]] = {scorer: [] for scorer in scores}
    for weight in resampled(blocks, walk.recipe.report.resamples, walk.seed):
        for scorer, ranking in rankings.items():
            drawn[scorer].append(ranking.measure(names, weight))
    tables = []
    own, own_drawn = rankings[MODEL].measure(names), np.concatenate(drawn[MODEL])
    for scorer, ranking in rankings.items():
        if scorer == MODEL:
            continue
        with np.errstate(divide="ignore", invalid="ignore"):
            low, high = interval(own_drawn / np.concatenate(drawn[scorer]))
            ratio = own / ranking.measure(names)
        tables.append(pd.DataFrame({"over": scorer, "metric": names, "ratio": ratio, "low": low, "high": high}))
    return pd.concat(tables, ignore_index=True)


def _groups(walk: Walk, tested: Tested, score: Floats, blocks: npt.NDArray[np.intp]) -> pd.DataFrame:
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
        for by, codes in divisions(walk.shipments, tested.shipments).items()
        for share in walk.recipe.report.shares
    ]
    return pd.concat(tables, ignore_index=True)
