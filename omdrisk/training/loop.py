"""Training: from a recipe, shipments and outcomes to a head, using only what was known before a moment."""

# ruff: noqa: N803, N806 - as in scikit-learn, X is the input

from __future__ import annotations

import hashlib
import json
import platform
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import numpy as np

from omdrisk.errors import InputError
from omdrisk.features import Catalog, FeaturePipeline
from omdrisk.history import History
from omdrisk.training.calibration import UNCALIBRATED, Calibration, fit_calibration
from omdrisk.training.head import Head
from omdrisk.training.labels import labelled, weights
from omdrisk.training.model import RiskModel
from omdrisk.training.moments import utc
from omdrisk.training.reference import Reference
from omdrisk.training.seeds import check_seed
from omdrisk.training.tables import as_outcomes, as_shipments

if TYPE_CHECKING:
    from datetime import datetime

    import numpy.typing as npt
    import pandas as pd

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

    Every examined shipment gets its features as of its own filing. The number of trees is found, and the calibration
    fitted, on the later slice of time with a model of the earlier slice; then all are learnt from. A head of few finds,
    or without a calibration, says so in ``facts["caution"]``.

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
    moment, seed = utc(as_of), check_seed(seed)
    shipments, outcomes = as_shipments(shipments), as_outcomes(outcomes)
    chosen = recipe.choose(Catalog.read() if catalog is None else catalog)
    past = shipments[(shipments["filed_at"] < moment).to_numpy()]
    labels = labelled(recipe, past, outcomes, moment)
    _require_both(recipe.target, labels, moment)
    if history is None:
        history = history_of(chosen, past, outcomes[(outcomes["known_at"] < moment).to_numpy()])
    pipeline = FeaturePipeline(chosen, history.before(moment)).fit(past)
    recent = np.argsort(past["filed_at"].to_numpy(), kind="stable")[-RECENT:]
    needed = np.union1d(labels["row"].to_numpy(), recent)
    features = pipeline.transform(past.iloc[needed])
    X = features.iloc[np.searchsorted(needed, labels["row"])].reset_index(drop=True)

    fit = _Fit(recipe, pipeline, seed)
    rounds, calibration, later = fit.look_ahead(X, labels, moment)
    model = fit.model(rounds).fit(
        X, labels["found"], weights(recipe, labels, moment), categorical=pipeline.categorical_
    )
    shown = features.iloc[np.searchsorted(needed, np.sort(recent))]
    reference = Reference.of(shown, model.raw_score(shown), pipeline.categorical_)
    pipeline.history = None
    facts = {
        **_facts(recipe, past, labels, moment, seed),
        "rounds": model.rounds_,
        "features": len(chosen),
        "catalog": hashlib.sha256(json.dumps(chosen.to_dict(), sort_keys=True).encode()).hexdigest()[:16],
        "calibration": calibration.kind,
        "calibrated": calibration.kind != UNCALIBRATED,
        "later": later,
    }
    caution = _caution(recipe.target, facts)
    if caution:
        facts["caution"] = caution
    return Head(recipe.target, recipe, pipeline, model.text_, calibration, reference, facts)


def history_of(catalog: Catalog, shipments: pd.DataFrame, outcomes: pd.DataFrame) -> History:
    """Return a history in memory that can answer a catalog."""
    keys, values = FeaturePipeline.history_keys(catalog), FeaturePipeline.history_values(catalog)
    return History.from_tables(shipments, outcomes, keys=keys, values=values)


class _Fit:
    """The model of a recipe, and what can be learnt about it by looking ahead from an earlier day."""

    def __init__(self, recipe: Recipe, pipeline: FeaturePipeline, seed: int) -> None:
        self.recipe, self.seed = recipe, seed
        self.categorical = pipeline.categorical_
        self.monotone = {
            definition.name: definition.monotone
            for definition in pipeline.catalog_
            if recipe.monotone and definition.monotone and definition.name not in self.categorical
        }

    def model(self, rounds: int, patience: int = 0) -> RiskModel:
        recipe = self.recipe
        return RiskModel(
            rounds=rounds,
            patience=patience,
            fewest=recipe.rounds.fewest,
            metric=recipe.rounds.metric,
            parameters=recipe.lightgbm.chosen(),
            monotone=self.monotone,
            threads=recipe.threads,
            seed=self.seed,
        )

    def look_ahead(
        self, X: pd.DataFrame, labels: pd.DataFrame, moment: pd.Timestamp
    ) -> tuple[int, Calibration, dict[str, Any]]:
        recipe = self.recipe
        cut = labels["filed_at"].iloc[int(len(labels) * (1 - recipe.split.validation))]
        later = (labels["filed_at"] >= cut).to_numpy()
        # on the day of the cut nobody knew yet what was found later in earlier shipments
        early = ~later & (labels["known_at"] < cut).to_numpy()
        found = labels["found"]
        if found[early].nunique() < 2:
            return recipe.rounds.most, Calibration(UNCALIBRATED, {}), {}
        weight = weights(recipe, labels, moment)
        both = found[later].nunique() == 2
        model = self.model(recipe.rounds.most, recipe.rounds.patience).fit(
            X[early],
            found[early],
            weight[early],
            eval_set=(X[later], found[later]) if both else None,
            eval_sample_weight=weight[later] if both else None,
            categorical=self.categorical,
        )
        raw = model.raw_score(X[later])
        calibration = (
            fit_calibration(recipe.calibration.kind, raw, found[later], weight[later])
            if both
            else Calibration(UNCALIBRATED, {})
        )
        return model.rounds_, calibration, _later(cut, found[later].to_numpy(), raw)


def _later(cut: pd.Timestamp, found: npt.NDArray[np.float64], raw: npt.NDArray[np.float64]) -> dict[str, Any]:
    told: dict[str, Any] = {"from": cut.isoformat(), "rows": len(found), "positives": int(found.sum())}
    if 0 < found.sum() < len(found):
        from sklearn.metrics import average_precision_score, roc_auc_score

        told["average_precision"] = float(average_precision_score(found, raw))
        told["auc"] = float(roc_auc_score(found, raw))
    return told


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


def _facts(recipe: Recipe, past: pd.DataFrame, labels: pd.DataFrame, moment: pd.Timestamp, seed: int) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "target": recipe.target,
        "as_of": moment.isoformat(),
        "shipments": len(past),
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
