"""Phase-forward backtests: train on what was known before a phase, test on the phase, and go on to the next."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from omdrisk.errors import InputError
from omdrisk.evaluation.intervals import blocks_of, evaluate
from omdrisk.evaluation.metrics import metric_names
from omdrisk.evaluation.rules import read_rules, rule_score
from omdrisk.features import Catalog
from omdrisk.training.labels import labelled, stands_for
from omdrisk.training.loop import history_of, train
from omdrisk.training.phases import as_phases, read_phases
from omdrisk.training.seeds import check_seed
from omdrisk.training.tables import as_outcomes, as_shipments, as_truth

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    from omdrisk.training import Head, Recipe
    from omdrisk.training.phases import Phase

    Floats = npt.NDArray[np.float64]

EVER = pd.Timestamp("2262-01-01", tz="UTC")
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
        The head of each phase that was tested.
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
    weighted: bool = False,
    seed: int = 0,
    catalog: Catalog | None = None,
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
    weighted
        Whether an examined shipment counts as many as it stands for: one over its `selection_probability`, where that
        is known, and at most the recipe's ``weights.clip``. It undoes part of the habits of whoever selected.

    Raises
    ------
    InputError
        If `by` or a phase is unknown, a table lacks a column, or no phase could be tested; the message says why.
    """
    if by != "phase":
        raise InputError(f"by={by!r} is unknown: a backtest goes by 'phase'")
    seed = check_seed(seed)
    shipments, outcomes = as_shipments(shipments), as_outcomes(outcomes)
    truth = None if truth is None else as_truth(truth, recipe.target)
    chosen = recipe.choose(Catalog.read() if catalog is None else catalog)
    history = history_of(chosen, shipments, outcomes)
    tables, skipped, heads = [], {}, {}
    for phase in _chosen(phases):
        try:
            head = train(recipe, shipments, outcomes, as_of=phase.start, seed=seed, catalog=chosen, history=history)
            rows, found, weight = _tested(recipe, shipments, outcomes, phase, truth)
        except InputError as error:
            skipped[phase.name] = str(error)
            continue
        features = head.pipeline.with_history(history).transform(rows)
        for scorer, score in _scorers(recipe.target, head, features, seed).items():
            names = metric_names(recipe.report.shares, calibrated=scorer == "model")
            table = evaluate(
                found,
                score,
                chance=head.probability(score) if scorer == "model" else None,
                names=names,
                weight=weight if weighted else None,
                blocks=blocks_of(rows, recipe.report.block),
                resamples=recipe.report.resamples,
                seed=seed,
            )
            tables.append(table.assign(phase=phase.name, scorer=scorer))
        heads[phase.name] = head
    if not tables:
        why = "; ".join(f"{name}: {reason}" for name, reason in skipped.items())
        raise InputError(f"no phase could be tested. {why}")
    columns = ["phase", "scorer", "metric", "value", "low", "high", "rows", "found"]
    return Backtest(pd.concat(tables, ignore_index=True)[columns], skipped, heads)


def _chosen(phases: Any) -> Sequence[Phase]:
    if phases is None:
        return read_phases()
    if isinstance(phases, (list, tuple)) and phases and all(isinstance(name, str) for name in phases):
        known = {phase.name: phase for phase in read_phases()}
        unknown = [name for name in phases if name not in known]
        if unknown:
            raise InputError(f"phase {unknown[0]!r} is not in models/phases.toml, which has {', '.join(known)}")
        return [known[name] for name in phases]
    return as_phases(phases)


def _tested(
    recipe: Recipe, shipments: pd.DataFrame, outcomes: pd.DataFrame, phase: Phase, truth: pd.DataFrame | None
) -> tuple[pd.DataFrame, Floats, Floats]:
    """Return the shipments of a phase that can be tested on, 1 where there was something, and what each stands for."""
    filed = shipments["filed_at"]
    if truth is None:
        labels = labelled(recipe, shipments, outcomes, EVER)
        labels = labels[(labels["filed_at"] >= phase.start) & (labels["filed_at"] < phase.end)]
        rows, found = shipments.iloc[labels["row"].to_numpy()], labels["found"].to_numpy(dtype=np.float64)
        weight = stands_for(labels["selection_probability"], recipe.weights.clip)
    else:
        rows = shipments[((filed >= phase.start) & (filed < phase.end)).to_numpy()]
        hidden = truth.set_index("shipment_id")[recipe.target]
        found = hidden.reindex(rows["shipment_id"]).to_numpy(dtype=np.float64)
        weight = np.ones(len(rows))
    if not 0 < found.sum() < len(found):
        counted = f"{len(found):,} shipments to test on, {int(found.sum()):,} of them found"
        raise InputError(f"{counted}: nothing to measure")
    return rows, found, weight


def _scorers(target: str, head: Head, features: pd.DataFrame, seed: int) -> dict[str, Floats]:
    scores = {"model": head.raw(features)}
    rules = [rule for rule in read_rules(target) if rule.feature in features.columns]
    if rules:
        scores["rules"] = rule_score(features, rules)
    scores["random"] = np.random.default_rng(seed).random(len(features))
    return scores
