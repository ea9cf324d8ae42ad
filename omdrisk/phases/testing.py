"""Testing phase by phase, with a file for each phase so that a test that is killed goes on where it was."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from omdrisk.errors import InputError
from omdrisk.evaluation import blocks_of, evaluate, metric_names, read_rules, rule_score
from omdrisk.phases.folder import digest_of
from omdrisk.training.labels import labelled, stands_for
from omdrisk.training.loop import train
from omdrisk.training.parts import Features

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from omdrisk.features import Catalog
    from omdrisk.phases.folder import PhaseFolder
    from omdrisk.phases.materials import Materials
    from omdrisk.training import Head, Recipe
    from omdrisk.training.phases import Phase

EVER = pd.Timestamp("2262-01-01", tz="UTC")
FEW_FINDS = 3
BY_ADMINISTRATION = ("auc", "average_precision", "base_rate")


def forward(
    opened: PhaseFolder,
    side: str,
    recipe: Recipe,
    catalog: Catalog,
    materials: Materials,
    step: Callable[[str], None] = lambda _: None,
) -> pd.DataFrame:
    """Train a recipe before each tested phase, and return the scores of the examined shipments of those phases.

    Parameters
    ----------
    opened
        The phase; what was tested with the same things is read from its folder.
    side
        ``challenger`` or ``champion``: where the files go.
    recipe, catalog
        What is trained.
    materials
        Tables and history.

    Returns
    -------
    pandas.DataFrame
        One row per examined shipment: ``phase``, ``shipment_id``, ``filed_at``, ``administration``, ``mode``,
        ``found``, ``stands_for``, ``random`` (drawn at random), ``raw``, ``probability``, ``rules`` (the officers' rule
        score, missing where there are no rules). Phases without a find, or nothing to learn from, are left out.
    """
    tables = []
    for phase in materials.tested:
        key = digest_of(
            recipe.to_dict(), catalog.to_dict(), materials.known, materials.seed, phase.name, str(phase.start)
        )
        path = opened.root / "tests" / recipe.target / f"{phase.name}-{side}-{key}.parquet"
        if not path.is_file():
            step(f"testing the {recipe.target} {side} on phase {phase.name}")
            _keep(path, _forward(recipe, catalog, materials, phase))
        tables.append(pd.read_parquet(path))
    return pd.concat(tables, ignore_index=True)


def as_they_are(opened: PhaseFolder, side: str, head: Head, since: pd.Timestamp, materials: Materials) -> pd.DataFrame:
    """Score the examined shipments of the open phase with a head as it is; columns as of `forward`."""
    key = digest_of(dict(head.facts), materials.all, str(since), head.recipe.to_dict())
    path = opened.root / "tests" / head.target / f"{materials.phase.name}-{side}-as-is-{key}.parquet"
    if not path.is_file():
        phase = materials.phase
        labels = labelled(head.recipe, materials.shipments, materials.outcomes, EVER)
        labels = labels[(labels["filed_at"] >= max(since, phase.start)) & (labels["filed_at"] < phase.end)]
        _keep(path, _scored(head, labels, materials, phase.name))
    return pd.read_parquet(path)


def frozen_choice(head: Head) -> tuple[Recipe, Catalog]:
    """Return the recipe and the catalog of a head, to train it again as it was: its definitions by their names."""
    catalog = head.pipeline.catalog_
    names = tuple(definition.name for definition in catalog)
    return head.recipe.replace(features=Features(names=names)), catalog


def _forward(recipe: Recipe, catalog: Catalog, materials: Materials, phase: Phase) -> pd.DataFrame:
    shipments, outcomes = materials.shipments, materials.outcomes
    labels = labelled(recipe, shipments, outcomes, materials.phase.start)
    labels = labels[(labels["filed_at"] >= phase.start) & (labels["filed_at"] < phase.end)]
    try:
        head = train(
            recipe,
            shipments,
            outcomes,
            as_of=phase.start,
            seed=materials.seed,
            catalog=catalog,
            history=materials.history,
        )
    except InputError:
        return _scored(None, labels.iloc[:0], materials, phase.name)
    return _scored(head, labels, materials, phase.name)


def _scored(head: Head | None, labels: pd.DataFrame, materials: Materials, phase: str) -> pd.DataFrame:
    rows = materials.shipments.iloc[labels["row"].to_numpy()]
    raw = chance = rules = np.full(len(rows), np.nan)
    if head is not None and len(rows):
        features = head.pipeline.with_history(materials.history).transform(rows)
        raw = head.raw(features)
        chance = head.probability(raw)
        known = [rule for rule in read_rules(head.target) if rule.feature in features.columns]
        if known:
            rules = np.asarray(rule_score(features, known), dtype=np.float64)
    own = materials.outcomes
    drawn = set(own.loc[own["selected_by"].eq("random"), "shipment_id"]) if "selected_by" in own else set()
    return pd.DataFrame(
        {
            "phase": phase,
            "shipment_id": rows["shipment_id"].to_numpy(),
            "filed_at": rows["filed_at"].array,
            "administration": _texts(rows, "country_of_report"),
            "mode": _texts(rows, "transport_mode"),
            "found": labels["found"].to_numpy(dtype=np.float64),
            "stands_for": stands_for(
                labels["selection_probability"], 20.0 if head is None else head.recipe.weights.clip
            ),
            "random": rows["shipment_id"].isin(drawn).to_numpy(),
            "raw": raw,
            "probability": chance,
            "rules": rules,
        }
    )


def _texts(rows: pd.DataFrame, name: str) -> Any:
    given = rows[name] if name in rows.columns else pd.Series("", index=rows.index)
    return given.astype("str").fillna("").to_numpy()


def _keep(path: Path, table: pd.DataFrame) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.partial")
    table.to_parquet(partial, index=False)
    partial.replace(path)


def standing(tests: pd.DataFrame, column: str) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Return where each row stands in its phase by `column`, 0 to 1: what heads of different phases can share.

    Examples
    --------
    >>> tests = pd.DataFrame({"phase": ["IV", "IV", "V", "V"], "raw": [-9.0, -8.0, 1.0, 0.0]})
    >>> standing(tests, "raw").tolist()
    [0.5, 1.0, 1.0, 0.5]
    """
    ranks = tests.groupby("phase", sort=False)[column].rank(pct=True)
    return np.asarray(ranks.to_numpy(dtype=np.float64))


def measured(tests: pd.DataFrame, recipe: Recipe, seed: int) -> pd.DataFrame:
    """Return the metrics of a head by phase, and over all phases, beside those of the officers' rules.

    Returns
    -------
    pandas.DataFrame
        ``phase`` (``all`` for the phases together), ``scorer`` (``head``, ``rules``), ``metric``, ``value``, ``low``,
        ``high``, ``rows``, ``found``.
    """
    tables = []
    names = list(dict.fromkeys(tests["phase"]))
    for phase in [*names, *(["all"] if len(names) > 1 else [])]:
        part = tests if phase == "all" else tests[tests["phase"] == phase]
        if not 0 < part["found"].sum() < len(part):
            continue
        for scorer, column in (("head", "raw"), ("rules", "rules")):
            if part[column].isna().any():
                continue
            head = scorer == "head"
            table = evaluate(
                part["found"],
                standing(part, column),
                chance=part["probability"] if head else None,
                names=metric_names(recipe.report.shares, calibrated=False),
                blocks=blocks_of(part, recipe.report.block),
                resamples=recipe.report.resamples,
                seed=seed,
            )
            tables.append(table.assign(phase=phase, scorer=scorer))
    columns = ["phase", "scorer", "metric", "value", "low", "high", "rows", "found"]
    return pd.concat(tables, ignore_index=True)[columns] if tables else pd.DataFrame(columns=columns)


def by_administration(tests: pd.DataFrame, recipe: Recipe, seed: int) -> pd.DataFrame:
    """Return a few metrics for each phase and administration that has three finds or more.

    Returns
    -------
    pandas.DataFrame
        ``phase`` (``all`` for the phases together), ``administration``, ``metric``, ``value``, ``low``, ``high``,
        ``rows``, ``found``.
    """
    names = [*BY_ADMINISTRATION, recipe.gate.metric]
    tables = []
    phases = list(dict.fromkeys(tests["phase"]))
    for phase in [*phases, *(["all"] if len(phases) > 1 else [])]:
        of_phase = tests if phase == "all" else tests[tests["phase"] == phase]
        ranked = of_phase.assign(standing=standing(of_phase, "raw")) if len(of_phase) else of_phase
        for administration, part in ranked.groupby("administration", sort=True):
            if part["found"].sum() < FEW_FINDS or part["found"].all() or part["raw"].isna().any():
                continue
            table = evaluate(
                part["found"],
                part["standing"],
                names=list(dict.fromkeys(names)),
                blocks=blocks_of(part, recipe.report.block),
                resamples=min(recipe.report.resamples, 200),
                seed=seed,
            )
            tables.append(table.assign(phase=phase, administration=administration))
    columns = ["phase", "administration", "metric", "value", "low", "high", "rows", "found"]
    return pd.concat(tables, ignore_index=True)[columns] if tables else pd.DataFrame(columns=columns)
