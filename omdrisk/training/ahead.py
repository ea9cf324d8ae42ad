"""Looking ahead from earlier days: slices of time, each forecast from nothing but what was known before it.

What is chosen (number of trees, ageing, tuning) and what is fitted (calibration) rests on such forecasts. No slice
serves twice: the model that forecasts a slice for calibration was stopped on an earlier one.
"""

# ruff: noqa: N803 - as in scikit-learn, X is the input

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from omdrisk.training.capacity import worth
from omdrisk.training.labels import lessons, stands_for, weights
from omdrisk.training.model import RiskModel

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt
    import pandas as pd

    from omdrisk.features import FeaturePipeline
    from omdrisk.training.recipe import Recipe

    Floats = npt.NDArray[np.float64]
    Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Slice:
    """A later slice of the labelled rows: when it begins, its rows, and the rows whose labels were known by then."""

    start: pd.Timestamp
    early: Flags
    later: Flags


@dataclass(frozen=True)
class Fit:
    """The models of a recipe on labelled rows and their features."""

    recipe: Recipe
    X: pd.DataFrame
    labels: pd.DataFrame
    categorical: Sequence[str]
    monotone: dict[str, int]
    seed: int

    @classmethod
    def of(cls, recipe: Recipe, pipeline: FeaturePipeline, X: pd.DataFrame, labels: pd.DataFrame, seed: int) -> Fit:
        """Return the models of a recipe on features that a pipeline made."""
        categorical = list(pipeline.categorical_)
        monotone = {
            definition.name: definition.monotone
            for definition in pipeline.catalog_
            if recipe.monotone and definition.monotone and definition.name not in categorical
        }
        return cls(recipe, X, labels, categorical, monotone, seed)

    def model(
        self,
        rows: Flags,
        moment: pd.Timestamp,
        *,
        rounds: int,
        later: Flags | None = None,
        recipe: Recipe | None = None,
    ) -> RiskModel:
        """Return a model of some rows, stopped early on `later` rows if they are given.

        Parameters
        ----------
        rows, later
            Which labelled rows.
        moment
            The day on which it is made; ages of rows count from it.
        rounds
            Number of trees, or their upper limit with `later`.
        recipe
            Another recipe, which differs in parameters and weights.
        """
        recipe = self.recipe if recipe is None else recipe
        taught, counts = lessons(recipe, self.labels, moment)
        found, weight = self.labels["found"], weights(recipe, self.labels, moment)
        model = RiskModel(
            rounds=rounds,
            patience=0 if later is None else recipe.rounds.patience,
            fewest=min(recipe.rounds.fewest, rounds),
            metric=recipe.rounds.metric,
            parameters=recipe.lightgbm.chosen(),
            monotone=self.monotone,
            threads=recipe.threads,
            seed=self.seed,
        )
        return model.fit(
            self.X[rows],
            taught[rows],
            counts[rows],
            eval_set=None if later is None else (self.X[later], found[later]),
            eval_sample_weight=None if later is None else weight[later],
            categorical=self.categorical,
        )

    def both(self, rows: Flags) -> bool:
        """Tell whether some rows hold finds and others."""
        return self.labels["found"][rows].nunique() == 2

    def worth(self, metric: str, rows: Flags, raw: Floats) -> float:
        """Return a metric of the scores of some rows, each weighted by what it stands for."""
        weight = np.ones(int(rows.sum()))
        if self.recipe.weights.inverse_selection:
            weight = stands_for(self.labels["selection_probability"][rows], self.recipe.weights.clip)
        return worth(metric, self.labels["found"][rows].to_numpy(dtype=np.float64), raw, weight)


def slices(labels: pd.DataFrame, share: float, most: int) -> list[Slice]:
    """Return the last slices of time, in order, each `share` of the labelled rows.

    What lies before the first is at least as long as a slice. On the day on which a slice begins nobody knew yet what
    was found later in earlier shipments, so rows that became known after it are in neither part.

    Examples
    --------
    >>> import pandas as pd
    >>> filed = pd.date_range("2023-01-01", periods=8, tz="UTC")
    >>> labels = pd.DataFrame({"filed_at": filed, "known_at": filed + pd.Timedelta(days=1.5)})
    >>> [(int(each.early.sum()), int(each.later.sum())) for each in slices(labels, 0.25, 4)]
    [(1, 2), (3, 2), (5, 2)]
    """
    filed, known = labels["filed_at"], labels["known_at"]
    size = len(labels)
    counted = range(1, most + 1)
    begins = [
        int(size * (1 - number * share)) for number in counted if number == 1 or 1 - number * share >= share - 1e-9
    ]
    ends = [filed.iloc[begin] for begin in begins if begin < size]
    made, until = [], np.ones(size, dtype=bool)
    for cut in ends:
        later = (filed >= cut).to_numpy() & until
        made.append(Slice(cut, (~(filed >= cut) & (known < cut)).to_numpy(), later))
        until &= ~later
    return [each for each in reversed(made) if each.later.any()]


@dataclass(frozen=True)
class Ahead:
    """What was learnt by looking ahead.

    Attributes
    ----------
    rounds
        Number of trees, stopped on the last slice.
    raw
        Forecasts of the labelled rows by models that were made, and stopped, before them; NaN where there is none.
    last
        The rows of the last slice.
    start
        When the last slice begins.
    forecasts
        Number of slices that were forecast.
    """

    rounds: int
    raw: Floats
    last: Flags
    start: pd.Timestamp
    forecasts: int


def look_ahead(fit: Fit) -> Ahead:
    """Forecast the later slices of time, each from what lay before it, and find the number of trees on the last."""
    recipe, limits = fit.recipe, fit.recipe.rounds
    parts = slices(fit.labels, recipe.split.validation, recipe.calibration.slices)
    raw, forecasts = np.full(len(fit.labels), np.nan), 0
    rounds = limits.fewest if limits.patience else limits.most
    for part in parts:
        if not fit.both(part.early):
            continue
        model = fit.model(part.early, part.start, rounds=rounds)
        raw[part.later] = model.raw_score(fit.X[part.later])
        forecasts += 1
        if limits.patience and fit.both(part.later):
            rounds = fit.model(part.early, part.start, rounds=limits.most, later=part.later).rounds_
        else:
            rounds = limits.most
    return Ahead(rounds if forecasts else limits.most, raw, parts[-1].later, parts[-1].start, forecasts)


def told(ahead: Ahead, labels: pd.DataFrame) -> dict[str, Any]:
    """Return what the forecast of the last slice was worth, for the facts of a head."""
    rows = ahead.last & ~np.isnan(ahead.raw)
    if not rows.any():
        return {}
    found, raw = labels["found"].to_numpy(dtype=np.float64)[rows], ahead.raw[rows]
    said: dict[str, Any] = {"from": ahead.start.isoformat(), "rows": len(found), "positives": int(found.sum())}
    if 0 < found.sum() < len(found):
        even = np.ones(len(found))
        said |= {name: worth(name, found, raw, even) for name in ("average_precision", "auc")}
    return said
