"""Tuning: on the past alone, the same in one go and in pieces, killed at any moment."""

from __future__ import annotations

import tomllib

import numpy as np
import pandas as pd
import pytest

from omdrisk.errors import InputError
from omdrisk.training import Recipe, train, tune
from omdrisk.training.tuning import JOURNAL
from tests.training.world import catalog, recipe, tables

AS_OF = "2023-05-01"
SPACE = {"cuts": 3, "share": 0.2, "rounds": [5, 40], "num_leaves": [3, 15]}
EMPTY = ("learning_rate", "min_data_in_leaf", "min_sum_hessian_in_leaf", "lambda_l2", "feature_fraction")


@pytest.fixture(scope="module")
def world():
    return tables(2500)


def small(**parts):
    return recipe(tuning={**SPACE, **{name: [] for name in (*EMPTY, "bagging_fraction")}}, **parts)


def tuned(world, trials=12, **named):
    shipments, outcomes, _ = world
    given = {"as_of": AS_OF, "catalog": catalog(), "trials": trials, **named}
    return tune(small(), shipments, outcomes, **given)


@pytest.fixture(scope="module")
def whole(world):
    return tuned(world)


def test_the_same_trials_in_one_go_and_after_each_kill(world, whole, tmp_path):
    class KilledError(Exception):
        pass

    def kill(row):
        raise KilledError

    for trials in (1, 5, 9):
        tuned(world, trials, folder=tmp_path)
        with pytest.raises(KilledError):
            # on_trial is told of finished trials first, so the study is left in the middle
            tuned(world, trials + 1, folder=tmp_path, on_trial=kill)
    journal = tmp_path / JOURNAL
    journal.write_bytes(journal.read_bytes() + b'{"op_code": 4, "wor')
    again = tuned(world, folder=tmp_path)
    pd.testing.assert_frame_equal(again.trials, whole.trials)
    assert again.recipe == whole.recipe


def test_a_trial_that_was_running_is_made_again(world, whole, tmp_path, monkeypatch):
    from omdrisk.training import tuning

    tuned(world, 9, folder=tmp_path)
    with monkeypatch.context() as patched:
        patched.setattr(tuning.Fit, "worth", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            tuned(world, folder=tmp_path)
    pd.testing.assert_frame_equal(tuned(world, folder=tmp_path).trials, whole.trials)


def test_first_trial_is_the_recipe_and_the_best_is_kept(whole):
    assert whole.trials["trial"].tolist() == list(range(12))
    assert whole.trials["state"].iloc[0] == "complete"
    assert whole.trials["num_leaves"].iloc[0] == 7
    told = whole.recipe.provenance
    complete = whole.trials[whole.trials["state"] == "complete"]
    assert told.value == complete["value"].max() >= told.before == complete["value"].iloc[0]
    assert (told.trials, told.metric, told.as_of[:10]) == (12, "average_precision", AS_OF)
    assert whole.plot().get_xlabel() == "trial"


def test_tuned_recipe_is_toml_and_trains(world, whole, tmp_path):
    path = tmp_path / "tuned.toml"
    path.write_text(whole.to_toml(), encoding="utf-8")
    read = Recipe.read(path)
    assert read == whole.recipe
    assert tomllib.loads(whole.to_toml())["provenance"]["by"].startswith("optuna 5")
    shipments, outcomes, _ = world
    assert train(read, shipments, outcomes, as_of=AS_OF, catalog=catalog()).facts["rounds"] > 0


def test_nothing_later_is_looked_at(world, whole):
    shipments, outcomes, _ = world
    changed = shipments.copy()
    late = (changed["filed_at"] >= AS_OF).to_numpy()
    changed.loc[late, "gross_weight_kg"] = 1e6
    told = outcomes.copy()
    told.loc[(told["known_at"] >= AS_OF).to_numpy(), "outcome"] = 1.0
    again = tune(small(), changed, told, as_of=AS_OF, catalog=catalog(), trials=12)
    pd.testing.assert_frame_equal(again.trials, whole.trials)
    assert again.recipe == whole.recipe


def test_budget_of_minutes_ends_it(world):
    seconds = iter(np.arange(0.0, 1000.0, 20.0))
    rows = []
    result = tuned(world, None, minutes=1.0, clock=lambda: next(seconds), on_trial=rows.append)
    assert 1 <= len(result.trials) == len(rows) <= 3


def test_what_cannot_be_tuned_is_said(world, tmp_path):
    shipments, outcomes, _ = world
    with pytest.raises(InputError, match="without an end"):
        tuned(world, None)
    with pytest.raises(InputError, match="no trial was finished"):
        tuned(world, None, minutes=0.0, clock=lambda: 1.0)
    tuned(world, 1, folder=tmp_path)
    with pytest.raises(InputError, match=r"holds the trials of another recipe, seed or other data"):
        tuned(world, 1, folder=tmp_path, seed=1)
    one = outcomes.assign(outcome=(np.arange(len(outcomes)) == 5).astype(float))
    with pytest.raises(InputError, match="hold finds and others both"):
        tune(small(), shipments, one, as_of=AS_OF, catalog=catalog(), trials=1)
