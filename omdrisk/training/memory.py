"""How long old phases should count, chosen on the past."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from omdrisk.training.ahead import slices

if TYPE_CHECKING:
    from omdrisk.training.ahead import Fit
    from omdrisk.training.recipe import Recipe


def remember(fit: Fit) -> tuple[Recipe, dict[str, Any]]:
    """Choose the half-life of labels among those that the recipe names, and return the recipe with it.

    Each half-life forecasts the last slices of time from what lay before them. The first that is named is kept, unless
    another does better on average by more than one standard error of its lead.

    Returns
    -------
    The recipe with the half-life (``half_lives`` emptied), and the mean of the metric for each, by days; nothing where
    the recipe names none or there is too little past.
    """
    recipe = fit.recipe
    given = recipe.weights.half_lives
    if not given:
        return recipe, {}
    candidates = {days: _aged(recipe, days) for days in given}
    parts = slices(fit.labels, recipe.split.validation, recipe.calibration.slices)
    parts = [part for part in parts if fit.both(part.early) and fit.both(part.later)]
    if not parts or len(given) == 1:
        return candidates[given[0]], {}
    values = {days: np.array([_forecast(fit, aged, part) for part in parts]) for days, aged in candidates.items()}
    chosen = given[0]
    for days in given[1:]:
        lead = values[days] - values[chosen]
        error = lead.std(ddof=1) / np.sqrt(len(lead)) if len(lead) > 1 else np.inf
        if lead.mean() > error:
            chosen = days
    return candidates[chosen], {f"{days:g}": float(worth.mean()) for days, worth in values.items()}


def _forecast(fit: Fit, aged: Recipe, part: Any) -> float:
    model = fit.model(part.early, part.start, rounds=aged.rounds.fewest, recipe=aged)
    return fit.worth(aged.rounds.metric, part.later, model.raw_score(fit.X[part.later]))


def _aged(recipe: Recipe, days: float) -> Recipe:
    return recipe.replace(weights=replace(recipe.weights, half_life_days=days or None, half_lives=()))
