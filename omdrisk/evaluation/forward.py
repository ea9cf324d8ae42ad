"""Phase-forward backtests: train on what was known before a phase, test on the phase, and go on to the next."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from omdrisk.errors import InputError
from omdrisk.evaluation.intervals import blocks_of, evaluate
from omdrisk.evaluation.phased import Walk
from omdrisk.evaluation.rules import read_rules, rule_score

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import numpy.typing as npt

    from omdrisk.evaluation.phased import Tested
    from omdrisk.features import Catalog
    from omdrisk.training import Head, Recipe
    from omdrisk.training.phases import Phase

    Floats = npt.NDArray[np.float64]

HEADLINE = "hit_rate@2%"


@dataclass(frozen=True)
class Backtest:
    """What heads of one recipe were worth, phase by phase.

    Attributes
    ----------
    table
        One row per phase, scorer (``model``, ``rules``, ``random``) and metric: phase, scorer, metric, value, low, high
        (95 %), rows, found.
    skipped
        Phases that could not be tested, and why.
    heads
        The head of each phase that was tested now; what was read from a folder comes without.
    """

    table: pd.DataFrame
    skipped: Mapping[str, str]
    heads: Mapping[str, Head] = field(repr=False)

    def plot(self, metric: str = HEADLINE, axes: Any = None) -> Any:
        """Draw a metric phase by phase, with intervals, and return the axes."""
        from omdrisk.evaluation.pictures import by_phase

        return by_phase(self.table, metric, axes)


def backtest(
    recipe: Recipe,
    shipments: Any,
    outcomes: Any,
    by: str = "phase",
    phases: Any = None,
    *,
    truth: Any = None,
    amounts: Any = None,
    weighted: bool = False,
    seed: int = 0,
    catalog: Catalog | None = None,
    folder: str | Path | None = None,
) -> Backtest:
    """Train before each phase, and test on the shipments that were filed in it.

    A head is trained on what was known before the first moment of the phase; shipments of the phase are scored with
    what was known when each was filed. Tested is on those that were examined, whenever that became known, or, where
    the truth is given, on all.

    Parameters
    ----------
    recipe, shipments, outcomes, seed, catalog
        As for `train`.
    by
        ``phase``; no other division is known yet.
    phases
        Names of phases of ``models/phases.toml``, or phases as `as_phases` reads them; all by default.
    truth
        ``shipment_id`` and a column named like the target, 1 where contraband was hidden; only simulation has it.
    amounts
        ``shipment_id`` and ``kg`` (or ``finding_kg``) of what was found, for the share of kilograms; by default those
        of the truth, if it has them.
    weighted
        Whether an examined shipment counts as many as it stands for: one over its `selection_probability`, where that
        is known, and at most the recipe's ``weights.clip``. It undoes part of the habits of whoever selected.
    folder
        Where finished phases are kept. The same call goes on from it, also after the program was killed; what was made
        of another recipe, seed or other data is not looked at there.

    Raises
    ------
    InputError
        If `by` or a phase is unknown, a table lacks a column, or no phase could be tested; the message says why.
    """
    if by != "phase":
        raise InputError(f"by={by!r} is unknown: a backtest goes by 'phase'")
    walk = Walk.of(
        recipe,
        shipments,
        outcomes,
        phases=phases,
        truth=truth,
        amounts=amounts,
        seed=seed,
        catalog=catalog,
        folder=folder,
        weighted=weighted,
    )
    heads: dict[str, Head] = {}

    def measured(phase: Phase) -> dict[str, pd.DataFrame]:
        tested, tables = walk.tested(phase), []
        for scorer, score in _scorers(tested, walk.seed).items():
            model = scorer == "model"
            table = evaluate(
                tested.found,
                score,
                chance=tested.head.probability(score) if model else None,
                amount=tested.amount,
                shares=recipe.report.shares,
                weight=tested.stands_for if weighted else None,
                blocks=blocks_of(tested.shipments, recipe.report.block),
                resamples=recipe.report.resamples,
                seed=walk.seed,
            )
            tables.append(table.assign(scorer=scorer))
        heads[phase.name] = tested.head
        return {"table": pd.concat(tables, ignore_index=True)}

    table = pd.concat([tables["table"] for tables in walk.each("backtest", measured)], ignore_index=True)
    columns = ["phase", "scorer", "metric", "value", "low", "high", "rows", "found"]
    return Backtest(table[columns], walk.skipped, heads)


def _scorers(tested: Tested, seed: int) -> dict[str, Floats]:
    head, features = tested.head, tested.features
    scores = {"model": head.raw(features)}
    rules = [rule for rule in read_rules(head.target) if rule.feature in features.columns]
    if rules:
        scores["rules"] = rule_score(features, rules)
    scores["random"] = np.random.default_rng(seed).random(len(features))
    return scores
