"""Tuning: what a recipe should say about its trees, chosen on later slices of the past within a budget of minutes.

Optuna's tree-structured Parzen estimator (Bergstra et al., NeurIPS 2011; Akiba et al., KDD 2019) proposes; each trial
forecasts several later slices of time, all before ``as_of``, each from what was known when it began; a trial that falls
behind the median of the others after a slice is given up. The journal in the folder is written step by step: a tuning
that was killed goes on where it was, and gives what it would have given.
"""

from __future__ import annotations

import hashlib
import json
import time
import warnings
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pandas as pd

from omdrisk.errors import InputError
from omdrisk.training.ahead import Fit, slices
from omdrisk.training.loop import prepared
from omdrisk.training.parts import Provenance
from omdrisk.training.seeds import check_seed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from omdrisk.features import Catalog
    from omdrisk.history import History
    from omdrisk.training.ahead import Slice
    from omdrisk.training.recipe import Recipe

WHOLE = frozenset({"rounds", "num_leaves", "min_data_in_leaf"})
LINEAR = frozenset({"feature_fraction", "bagging_fraction"})
STARTUP = 8
JOURNAL = "trials.jsonl"
_STATE = ("trial", "state", "value")


@dataclass(frozen=True)
class Tuning:
    """What a tuning chose.

    Attributes
    ----------
    recipe
        The recipe of the best trial, with its provenance; the given one if no trial was better.
    trials
        One row per trial: trial, state (``complete``, ``pruned``), value, and each parameter. Trial 0 is the recipe as
        it was given.
    """

    recipe: Recipe
    trials: pd.DataFrame = field(repr=False)

    def to_toml(self) -> str:
        """Return the tuned recipe as TOML, which `Recipe.read` reads."""
        return self.recipe.to_toml()

    def plot(self, axes: Any = None) -> Any:
        """Draw the value of each trial and the best so far, and return the axes."""
        from matplotlib.figure import Figure

        axes = Figure(figsize=(7.0, 4.2), layout="constrained").subplots() if axes is None else axes
        whole = self.trials[self.trials["state"] == "complete"]
        axes.plot(whole["trial"], whole["value"], "o", color="0.6", label="trial")
        axes.step(whole["trial"], whole["value"].cummax(), where="post", color="0.1", label="best so far")
        axes.set_xlabel("trial")
        axes.set_ylabel(self.recipe.provenance.metric or "value")
        axes.legend()
        return axes


def tune(
    recipe: Recipe,
    shipments: Any,
    outcomes: Any,
    *,
    as_of: str | datetime | pd.Timestamp,
    minutes: float | None = None,
    folder: str | Path | None = None,
    seed: int = 0,
    trials: int | None = None,
    on_trial: Callable[[pd.Series], None] | None = None,
    catalog: Catalog | None = None,
    history: History | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Tuning:
    """Choose the parameters of a recipe on later slices of the past.

    Parameters
    ----------
    recipe
        What is tuned; its ``[tuning]`` table names metric, slices and ranges. It is the first trial.
    shipments, outcomes, as_of, catalog, history
        As for `train`: nothing filed or known at `as_of` or later is looked at.
    minutes
        No trial begins after so many minutes; None for no limit.
    folder
        Where the journal of the trials lies. The same call goes on from it, also after the program was killed; another
        recipe, seed or other data are refused there.
    seed
        The same inputs, seed and number of trials give the same recipe, in one go or in several.
    trials
        Number of trials, those in the journal included; None for no limit.
    on_trial
        Called with each finished trial's row, those in the journal included.
    clock
        Seconds that pass.

    Raises
    ------
    InputError
        If neither minutes nor trials are given, the past holds too little to forecast, or the folder belongs to
        another tuning.
    """
    seed = check_seed(seed)
    if minutes is None and trials is None:
        raise InputError("tuning without an end: give minutes, or a number of trials")
    ready = prepared(recipe, shipments, outcomes, as_of=as_of, catalog=catalog, history=history)
    fit = Fit.of(recipe, ready.pipeline, ready.X, ready.labels, seed)
    parts = [
        part
        for part in slices(ready.labels, recipe.tuning.share, recipe.tuning.cuts)
        if fit.both(part.early) and fit.both(part.later)
    ]
    if not parts:
        raise InputError(
            f"target {recipe.target!r}: none of the later slices before {ready.moment.date()} and what was known "
            "before it hold finds and others both; tune with more outcomes, or without [tuning] 'cuts' that few"
        )
    data = _digest(recipe, ready, seed)
    study = _study(folder, data, seed)
    end = None if minutes is None else clock() + 60.0 * minutes
    for row in _trials(study, fit, parts, seed, trials, lambda: end is not None and clock() >= end):
        if on_trial is not None:
            on_trial(row)
    table = _table(study)
    whole = table[table["state"] == "complete"]
    if not len(whole):
        raise InputError(f"no trial was finished in {minutes} minutes; give more minutes")
    before, best = float(whole["value"].iloc[0]), whole.iloc[int(whole["value"].to_numpy().argmax())]
    import optuna

    provenance = Provenance(
        by=f"optuna {optuna.__version__}",
        as_of=ready.moment.isoformat(),
        seed=seed,
        trials=len(table),
        metric=recipe.tuning.metric,
        before=before,
        value=float(best["value"]),
        data=data,
    )
    chosen = (
        recipe
        if best["trial"] == 0
        else _with(recipe, {str(name): value for name, value in best.items() if name not in _STATE})
    )
    return Tuning(chosen.replace(provenance=provenance), table)


def _trials(
    study: Any, fit: Fit, parts: list[Slice], seed: int, most: int | None, late: Callable[[], bool]
) -> Iterator[pd.Series]:
    """Go on with a study, and yield each finished trial, those of an earlier run first."""
    from optuna.trial import TrialState

    # what ran when the program was killed never ends; without it the study is as it was
    for trial in study.get_trials(states=(TrialState.RUNNING,)):
        study.tell(trial.number, state=TrialState.FAIL)
    yield from (row for _, row in _table(study).iterrows())
    while not late():
        done = len(_finished(study))
        if most is not None and done >= most:
            return
        study.sampler = _sampler(seed, done)
        if done == 0 and not study.get_trials(states=(TrialState.WAITING,)):
            study.enqueue_trial(_given(fit.recipe))
        trial = study.ask()
        _run(study, trial, fit, parts, first=done == 0)
        yield _table(study).iloc[-1]


def _run(study: Any, trial: Any, fit: Fit, parts: list[Slice], *, first: bool) -> None:
    from optuna.trial import TrialState

    tuning = fit.recipe.tuning
    proposed = {name: _suggested(trial, name, ends) for name, ends in tuning.ranges().items()}
    recipe = fit.recipe if first else _with(fit.recipe, proposed)
    rounds = recipe.rounds.most if not recipe.rounds.patience else _given(recipe).get("rounds", recipe.rounds.most)
    values: list[float] = []
    # the latest slice lies nearest to what is to come, and has the most behind it
    for step, part in enumerate(reversed(parts)):
        model = fit.model(part.early, part.start, rounds=int(rounds), recipe=recipe)
        values.append(fit.worth(tuning.metric, part.later, model.raw_score(fit.X[part.later])))
        trial.report(float(np.mean(values)), step)
        if not first and step + 1 < len(parts) and trial.should_prune():
            study.tell(trial, state=TrialState.PRUNED)
            return
    study.tell(trial, float(np.mean(values)))


def _suggested(trial: Any, name: str, ends: tuple[float, ...]) -> float:
    low, high = ends
    if name in WHOLE:
        return cast("float", trial.suggest_int(name, int(low), int(high), log=True))
    return cast("float", trial.suggest_float(name, low, high, log=name not in LINEAR))


def _given(recipe: Recipe) -> dict[str, float]:
    """Return the recipe's own values, moved into the ranges where they lie outside of them."""
    middle = round(np.sqrt(recipe.rounds.fewest * recipe.rounds.most)) if recipe.rounds.patience else recipe.rounds.most
    own = {"rounds": middle, "clip": recipe.weights.clip, "half_life_days": recipe.weights.half_life_days or np.inf}
    values = {name: own.get(name, getattr(recipe.lightgbm, name, None)) for name in recipe.tuning.ranges()}
    moved = {
        name: float(min(max(values[name] or low, low), high)) for name, (low, high) in recipe.tuning.ranges().items()
    }
    return {name: int(value) if name in WHOLE else value for name, value in moved.items()}


def _with(recipe: Recipe, values: dict[str, Any]) -> Recipe:
    """Return the recipe with other values; a number of trees that was chosen is kept, and not stopped early."""
    values = {name: int(value) if name in WHOLE else float(value) for name, value in values.items()}
    rounds, weights, trees = recipe.rounds, recipe.weights, dict(values)
    if "rounds" in trees:
        number = int(trees.pop("rounds"))
        rounds = replace(rounds, most=number, fewest=number, patience=0)
    if "clip" in trees:
        weights = replace(weights, clip=trees.pop("clip"))
    if "half_life_days" in trees:
        weights = replace(weights, half_life_days=trees.pop("half_life_days"), half_lives=())
    if "bagging_fraction" in trees:
        trees["bagging_freq"] = max(recipe.lightgbm.bagging_freq, 1)
    return recipe.replace(rounds=rounds, weights=weights, lightgbm=replace(recipe.lightgbm, **trees))


def _sampler(seed: int, done: int) -> Any:
    """Return the sampler of a trial: its draws depend on the seed and the number of trials before it alone."""
    import optuna

    own = int(np.random.SeedSequence([seed, done]).generate_state(1)[0])
    return optuna.samplers.TPESampler(seed=own, n_startup_trials=STARTUP)


def _study(folder: str | Path | None, data: str, seed: int) -> Any:
    import optuna
    from optuna.storages.journal import JournalFileBackend

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    pruner = optuna.pruners.MedianPruner(n_startup_trials=STARTUP)
    if folder is None:
        return optuna.create_study(direction="maximize", pruner=pruner)
    place = Path(folder)
    place.mkdir(parents=True, exist_ok=True)
    _whole_lines(place / JOURNAL)
    backend = JournalFileBackend(str(place / JOURNAL))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        storage = optuna.storages.JournalStorage(backend)
    study = optuna.create_study(
        storage=storage, study_name="tuning", direction="maximize", pruner=pruner, load_if_exists=True
    )
    known = study.user_attrs.get("data")
    if known is not None and known != data:
        raise InputError(f"{place}: holds the trials of another recipe, seed or other data. Choose another folder.")
    if known is None:
        study.set_user_attr("data", data)
        study.set_user_attr("seed", seed)
    return study


def _whole_lines(journal: Path) -> None:
    """Cut off a last line that was only half written when the program was killed."""
    if journal.is_file():
        content = journal.read_bytes()
        if content and not content.endswith(b"\n"):
            journal.write_bytes(content[: content.rfind(b"\n") + 1])


def _finished(study: Any) -> list[Any]:
    from optuna.trial import TrialState

    return list(study.get_trials(deepcopy=False, states=(TrialState.COMPLETE, TrialState.PRUNED)))


def _table(study: Any) -> pd.DataFrame:
    rows = [
        {
            "trial": place,
            "state": trial.state.name.lower(),
            "value": trial.value if trial.state.name == "COMPLETE" else _last(trial.intermediate_values),
            **trial.params,
        }
        for place, trial in enumerate(_finished(study))
    ]
    return pd.DataFrame(rows, columns=None if rows else ["trial", "state", "value"])


def _last(values: dict[int, float]) -> float:
    return values[max(values)] if values else float("nan")


def _digest(recipe: Recipe, ready: Any, seed: int) -> str:
    made = hashlib.sha256(json.dumps([recipe.to_dict(), seed, ready.moment.isoformat()], sort_keys=True).encode())
    made.update(np.ascontiguousarray(ready.X.to_numpy(dtype=np.float64)).tobytes())
    for name in ("found", "weight", "related"):
        made.update(ready.labels[name].to_numpy(dtype=np.float64).tobytes())
    return made.hexdigest()[:16]
