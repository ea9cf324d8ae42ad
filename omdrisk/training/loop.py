"""Training: from a recipe, shipments and outcomes to a head, using only what was known before a moment."""

# ruff: noqa: N806 - as in scikit-learn, X is the input

from __future__ import annotations

import hashlib
import json
import platform
from dataclasses import dataclass, replace
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import numpy as np

from omdrisk.errors import InputError
from omdrisk.features import Catalog, FeaturePipeline
from omdrisk.history import History
from omdrisk.training.ahead import Fit, look_ahead, told
from omdrisk.training.calibration import UNCALIBRATED, Calibration, fit_calibration
from omdrisk.training.head import Head
from omdrisk.training.labels import labelled, speaks_for_all, stands_for
from omdrisk.training.memory import remember
from omdrisk.training.moments import utc
from omdrisk.training.reference import Reference
from omdrisk.training.seeds import check_seed
from omdrisk.training.tables import as_outcomes, as_shipments

if TYPE_CHECKING:
    from datetime import datetime

    import pandas as pd

    from omdrisk.training.ahead import Ahead
    from omdrisk.training.recipe import Recipe

RECENT = 20_000
FEW = 10
LIBRARIES = ("lightgbm", "numpy", "pandas", "scikit-learn")


def train(
    recipe: Recipe,
    shipments: Any,
    outcomes: Any,
    *,
    as_of: str | datetime | pd.Timestamp,
    seed: int = 0,
    catalog: Catalog | None = None,
    history: History | None = None,
) -> Head:
    """Train a head on what was known before a moment.

    Every examined shipment gets its features as of its own filing. Later slices of time are forecast from what lay
    before each of them: on these forecasts the half-life of labels is chosen and the calibration fitted, and the last
    slice says how many trees there should be; then all are learnt from. A head of few finds, or without a calibration,
    says so in ``facts["caution"]``.

    Parameters
    ----------
    recipe
        What is chosen about the head.
    shipments
        A table, see `omdrisk.records.as_table`; those filed at `as_of` or later are not looked at. Those that nobody
        examined feed the history and the reference, and are no negative examples.
    outcomes
        A log of states, see `omdrisk.link`; what became known at `as_of` or later is not looked at.
    as_of
        A moment; without a zone it is UTC.
    seed
        The same inputs and seed give the same head, byte for byte.
    catalog
        Definitions to choose from; None for the shipped ones.
    history
        A history of at least these shipments and outcomes, to save making one; only what it knew before `as_of` is
        used.

    Raises
    ------
    InputError
        If nothing was found, or nothing was clear, before `as_of`, or a table lacks what is needed.
    DefinitionError
        If the recipe names an unknown feature.
    """
    seed = check_seed(seed)
    ready = prepared(recipe, shipments, outcomes, as_of=as_of, catalog=catalog, history=history, recent=RECENT)
    moment, labels, pipeline, X = ready.moment, ready.labels, ready.pipeline, ready.X
    every = np.ones(len(labels), dtype=bool)
    chosen_recipe, memory = remember(Fit.of(recipe, pipeline, X, labels, seed))
    fit = replace(Fit.of(recipe, pipeline, X, labels, seed), recipe=chosen_recipe)
    ahead = look_ahead(fit)
    calibration = _calibrated(recipe, labels, ahead)
    model = fit.model(every, moment, rounds=ahead.rounds)
    reference = Reference.of(ready.recent, model.raw_score(ready.recent), pipeline.categorical_)
    facts = {
        **_facts(recipe, ready.shipments, labels, moment, seed),
        "rounds": model.rounds_,
        "features": len(pipeline.catalog_),
        "catalog": hashlib.sha256(json.dumps(pipeline.catalog_.to_dict(), sort_keys=True).encode()).hexdigest()[:16],
        "calibration": calibration.kind,
        "calibrated": calibration.kind != UNCALIBRATED,
        "later": told(ahead, labels),
    }
    if memory:
        facts |= {"half_life_days": chosen_recipe.weights.half_life_days or 0.0, "memory": memory}
    caution = _caution(recipe.target, facts)
    if caution:
        facts["caution"] = caution
    return Head(recipe.target, recipe, pipeline, model.text_, calibration, reference, facts)


@dataclass(frozen=True)
class Prepared:
    """What a head is learnt from.

    Attributes
    ----------
    moment
        Nothing filed or known at this moment or later was looked at.
    labels, X
        The labelled rows in order of filing (see `labelled`), and their features.
    pipeline
        The fitted features, without a history.
    recent
        Features of the latest shipments, examined or not.
    shipments
        Number of shipments filed before the moment.
    """

    moment: pd.Timestamp
    labels: pd.DataFrame
    X: pd.DataFrame
    pipeline: FeaturePipeline
    recent: pd.DataFrame
    shipments: int


def prepared(
    recipe: Recipe,
    shipments: Any,
    outcomes: Any,
    *,
    as_of: str | datetime | pd.Timestamp,
    catalog: Catalog | None = None,
    history: History | None = None,
    recent: int = 0,
) -> Prepared:
    """Return labels and point-in-time features of what was known before a moment; parameters are those of `train`."""
    moment = utc(as_of)
    shipments, outcomes = as_shipments(shipments), as_outcomes(outcomes)
    chosen = recipe.choose(Catalog.read() if catalog is None else catalog)
    past = shipments[(shipments["filed_at"] < moment).to_numpy()]
    labels = labelled(recipe, past, outcomes, moment)
    _require_both(recipe.target, labels, moment)
    if history is None:
        history = history_of(chosen, past, outcomes[(outcomes["known_at"] < moment).to_numpy()])
    pipeline = FeaturePipeline(chosen, history.before(moment)).fit(past)
    order = np.argsort(past["filed_at"].to_numpy(), kind="stable")
    latest = np.sort(order[max(len(order) - recent, 0) :])
    needed = np.union1d(labels["row"].to_numpy(), latest)
    features = pipeline.transform(past.iloc[needed])
    X = features.iloc[np.searchsorted(needed, labels["row"])].reset_index(drop=True)
    shown = features.iloc[np.searchsorted(needed, latest)]
    pipeline.history = None
    return Prepared(moment, labels, X, pipeline, shown, len(past))


def history_of(catalog: Catalog, shipments: pd.DataFrame, outcomes: pd.DataFrame) -> History:
    """Return a history in memory that can answer a catalog."""
    keys, values = FeaturePipeline.history_keys(catalog), FeaturePipeline.history_values(catalog)
    return History.from_tables(shipments, outcomes, keys=keys, values=values)


def _calibrated(recipe: Recipe, labels: pd.DataFrame, ahead: Ahead) -> Calibration:
    """Fit the calibration on forecasts, so that a probability says how often an examination at random would find."""
    rows = ~np.isnan(ahead.raw)
    rows[rows] = speaks_for_all(labels[rows], recipe.calibration.without)
    known, raw = labels[rows], ahead.raw[rows]
    if known["found"].nunique() < 2:
        return Calibration(UNCALIBRATED, {})
    # the weight of a label says how much to learn from it, and not how often something is found
    weight = None
    if recipe.weights.inverse_selection:
        weight = stands_for(known["selection_probability"], recipe.calibration.clip)
    return fit_calibration(recipe.calibration.kind, raw, known["found"], weight)


def _caution(target: str, facts: dict[str, Any]) -> str:
    """Say what cannot be leant on in a head, if anything."""
    told = []
    finds = facts["positives"]
    if finds < FEW:
        counted = "1 find" if finds == 1 else f"{finds} finds"
        told.append(f"Only {counted} of {target!r}: too few to learn much from.")
    if not facts["calibrated"]:
        told.append(
            f"The probabilities of {target!r} are not calibrated: the later slice of time, or what was known before, "
            "holds no find, or nothing but finds."
        )
    return " ".join(told)


def _require_both(target: str, labels: pd.DataFrame, moment: pd.Timestamp) -> None:
    positives = int(labels["found"].sum())
    if not 0 < positives < len(labels):
        missing = "found" if not positives else "clear"
        raise InputError(
            f"target {target!r}: of {len(labels):,} examined shipments known before {moment.date()} none is {missing}. "
            "Give more outcomes, a later as_of, or another target."
        )


def _facts(recipe: Recipe, shipments: int, labels: pd.DataFrame, moment: pd.Timestamp, seed: int) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "target": recipe.target,
        "as_of": moment.isoformat(),
        "shipments": shipments,
        "rows": len(labels),
        "positives": int(labels["found"].sum()),
        "first_filed": labels["filed_at"].min().isoformat(),
        "last_filed": labels["filed_at"].max().isoformat(),
        "seed": seed,
        "python": ".".join(platform.python_version_tuple()[:2]),
        **{library: version(library) for library in LIBRARIES},
    }
    if recipe.report.phases:
        from omdrisk.training.phases import read_phases

        facts["phases"] = [
            phase.name
            for phase in read_phases()
            if ((labels["filed_at"] >= phase.start) & (labels["filed_at"] < phase.end)).any()
        ]
    return facts
