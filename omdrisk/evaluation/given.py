"""A given past and a given future: train on one, test on the other, and say what was seen before and what was not."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from omdrisk.errors import InputError
from omdrisk.evaluation.groups import seen
from omdrisk.evaluation.intervals import blocks_of, evaluate
from omdrisk.features import Catalog, FeaturePipeline
from omdrisk.training.labels import labelled
from omdrisk.training.loop import history_of, train
from omdrisk.training.moments import utc
from omdrisk.training.tables import as_outcomes, as_shipments

if TYPE_CHECKING:
    from omdrisk.history import History
    from omdrisk.training import Head, Recipe

EVER = pd.Timestamp("2262-01-01", tz="UTC")


@dataclass(frozen=True)
class Holdout:
    """What a head is worth on a given future.

    Attributes
    ----------
    table
        One row per group and metric: group (``all``, and ``seen`` and ``novel`` if the recipe has tokens), metric,
        value, low, high (95 %), rows, found.
    scores
        The examined shipments of the future: shipment_id, found, raw, probability, group; with their index.
    head
        The head that was tested.
    """

    table: pd.DataFrame
    scores: pd.DataFrame
    head: Head = field(repr=False)

    def plot(self, ax: Any = None) -> Any:
        """Draw hit rate and recall against capacity, with intervals, and return the axes."""
        from omdrisk.evaluation.pictures import at_capacity

        return at_capacity(self.table, "group", ax)


def holdout(
    recipe: Recipe,
    shipments: Any,
    outcomes: Any,
    past_until: str | pd.Timestamp | None = None,
    future_from: str | pd.Timestamp | None = None,
    future_until: str | pd.Timestamp | None = None,
    freeze_history: bool = True,
    *,
    seed: int = 0,
    catalog: Catalog | None = None,
) -> Holdout:
    """Train on the past and test on the examined shipments of the future.

    Parameters
    ----------
    recipe, shipments, outcomes, seed, catalog
        As for `train`.
    past_until, future_from, future_until
        End of the past, begin and end of the future (excluded); by default those of the recipe's ``[split]``. What lies
        between is not used.
    freeze_history
        Whether the history holds only shipments filed and outcomes known before `past_until`, as when a head is
        judged on a future whose outcomes never come back. False gives each shipment all that was known when it was
        filed.

    Raises
    ------
    InputError
        If past or future are not given, or hold nothing to learn from or test on, or a table lacks a column.
    """
    end, begin, until = _moments(recipe, past_until, future_from, future_until)
    shipments, outcomes = as_shipments(shipments), as_outcomes(outcomes)
    chosen = recipe.choose(Catalog.read() if catalog is None else catalog)
    history = history_of(chosen, shipments, outcomes)
    head = train(recipe, shipments, outcomes, as_of=end, seed=seed, catalog=chosen, history=history)
    labels = labelled(recipe, shipments, outcomes, EVER)
    labels = labels[(labels["filed_at"] >= begin) & (labels["filed_at"] < until)]
    if labels["found"].nunique() < 2:
        raise InputError(
            f"target {recipe.target!r}: the future from {begin.date()} holds {len(labels):,} examined shipments, "
            f"of which {int(labels['found'].sum()):,} found: nothing can be measured on it"
        )
    future = shipments.iloc[labels["row"].to_numpy()]
    scores = _scores(head, future, labels, history.before(end) if freeze_history else history)
    scores["group"] = ""
    parts = {"all": np.ones(len(future), dtype=bool)}
    if recipe.report.seen_by:
        known = seen(shipments[(shipments["filed_at"] < end).to_numpy()], future, recipe.report.seen_by)
        scores["group"] = np.where(known, "seen", "novel")
        parts |= {"seen": known, "novel": ~known}
    tables = [
        _measured(recipe, scores[part], future[part], seed).assign(group=name)
        for name, part in parts.items()
        if part.any()
    ]
    table = pd.concat(tables, ignore_index=True)
    return Holdout(table[["group", "metric", "value", "low", "high", "rows", "found"]], scores, head)


def _scores(head: Head, shipments: pd.DataFrame, labels: pd.DataFrame, history: History) -> pd.DataFrame:
    pipeline = FeaturePipeline.from_state(head.pipeline.state(), head.pipeline.catalog_, history)
    raw = head.raw(pipeline.transform(shipments))
    return pd.DataFrame(
        {
            "shipment_id": shipments["shipment_id"],
            "found": labels["found"].to_numpy(),
            "raw": raw,
            "probability": head.probability(raw),
        },
        index=shipments.index,
    )


def _measured(recipe: Recipe, scores: pd.DataFrame, shipments: pd.DataFrame, seed: int) -> pd.DataFrame:
    return evaluate(
        scores["found"],
        scores["raw"],
        chance=scores["probability"],
        shares=recipe.report.shares,
        blocks=blocks_of(shipments, recipe.report.block),
        resamples=recipe.report.resamples,
        seed=seed,
    )


def _moments(recipe: Recipe, *given: Any) -> tuple[pd.Timestamp, pd.Timestamp, pd.Timestamp]:
    names = ("past_until", "future_from", "future_until")
    said = [getattr(recipe.split, name) if each is None else each for name, each in zip(names, given, strict=True)]
    end, begin, until = (None if each is None else utc(each, name) for name, each in zip(names, said, strict=True))
    if end is None:
        raise InputError(
            "past_until is not given: name it, or write it into the recipe's [split]; without a given past and "
            "future, `backtest` tests phase by phase"
        )
    begin = begin or end
    if begin < end:
        raise InputError(f"future_from={begin.date()} lies before past_until={end.date()}")
    return end, begin, until or EVER
