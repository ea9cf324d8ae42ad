"""RiskModel: the estimator contract, the same bytes for the same seed, columns by name."""

# ruff: noqa: N806 - as in scikit-learn, X is the input

from __future__ import annotations

import copy

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.utils.estimator_checks import parametrize_with_checks

from omdrisk.training import RiskModel
from omdrisk.training.columns import ColumnsError, in_order
from omdrisk.training.trees import forest_of
from omdrisk.trees import Forest


def expected_failures(estimator):
    del estimator
    return {
        "check_dataframe_column_names_consistency": "columns are found by name, so another order is right",
        "check_sample_weight_equivalence_on_dense_data": "LightGBM bins and counts rows, not weights",
    }


@parametrize_with_checks(
    [RiskModel(rounds=10, threads=1, parameters={"min_data_in_leaf": 1})], expected_failed_checks=expected_failures
)
def test_estimator_contract(estimator, check):
    check(estimator)


@pytest.fixture(scope="module")
def table():
    rng = np.random.default_rng(3)
    X = pd.DataFrame(rng.normal(size=(2000, 5)), columns=["a", "b", "c:d", "e", "kind"])
    X["kind"] = rng.integers(0, 6, 2000).astype(float)
    X.loc[rng.random(2000) < 0.2, "b"] = np.nan
    logit = X["a"] + X["b"].fillna(1.0) + 2.0 * X["kind"].isin([1, 4]) - 2.0
    y = (rng.random(2000) < 1 / (1 + np.exp(-logit))).astype(float)
    return X, y


def fitted(table, **parameters):
    X, y = table
    return RiskModel(rounds=30, **parameters).fit(X, y, categorical=["kind"])


def test_same_seed_gives_the_same_bytes(table):
    parameters = {"bagging_fraction": 0.7, "bagging_freq": 1, "feature_fraction": 0.6}
    first = fitted(table, parameters=parameters, seed=1)
    assert first.text_ == fitted(table, parameters=parameters, seed=1).text_
    assert first.text_ != fitted(table, parameters=parameters, seed=2).text_


def test_order_of_columns_never_changes_a_score(table):
    X, _ = table
    model = fitted(table)
    shuffled = X[["kind", "e", "c:d", "b", "a"]]
    np.testing.assert_array_equal(model.raw_score(shuffled), model.raw_score(X))
    np.testing.assert_array_equal(model.raw_score(shuffled.assign(more=1.0)), model.raw_score(X))
    np.testing.assert_array_equal(model.raw_score(X.iloc[[7]]), model.raw_score(X)[[7]])


def test_missing_column_is_named(table):
    X, _ = table
    with pytest.raises(ColumnsError, match=r"lack 1 of the 5 columns .*: b"):
        fitted(table).raw_score(X.drop(columns="b"))


def test_contributions_add_up_and_follow_the_columns(table):
    X, _ = table
    model = fitted(table)
    values = model.contributions(X)
    np.testing.assert_allclose(values.sum(axis=1), model.raw_score(X), atol=1e-9)
    shuffled = X[["kind", "a", "b", "c:d", "e"]]
    np.testing.assert_array_equal(model.contributions(shuffled), values[:, [4, 0, 1, 2, 3, 5]])


def test_state_is_text(table):
    X, _ = table
    model = fitted(table)
    again = RiskModel.from_text(model.text_, list(X.columns))
    np.testing.assert_array_equal(again.raw_score(X), model.raw_score(X))
    copied = copy.deepcopy(model)
    np.testing.assert_array_equal(copied.raw_score(X), model.raw_score(X))
    assert "_booster" not in model.__getstate__()


def test_categories_are_split_as_categories(table):
    X, y = table
    text = RiskModel(rounds=30).fit(X, y, categorical=["kind"]).text_
    assert "cat_threshold=" in text
    assert "cat_threshold=" not in RiskModel(rounds=30).fit(X, y).text_


def test_monotone_direction_is_kept(table):
    X, y = table
    model = RiskModel(rounds=30, monotone={"e": 1}).fit(X, y)
    grid = pd.concat([X.iloc[:50].assign(e=value) for value in np.linspace(-3, 3, 13)])
    raw = model.raw_score(grid).reshape(13, 50)
    assert (np.diff(raw, axis=0) >= 0).all()


def test_early_stopping_leaves_fewer_trees(table):
    X, y = table
    noise = np.random.default_rng(0).permutation(y)
    model = RiskModel(rounds=300, patience=5, fewest=3)
    model.fit(X[:1000], noise[:1000], eval_set=(X[1000:], noise[1000:]))
    assert 3 <= model.rounds_ < 100
    longer = RiskModel(rounds=300, patience=5, fewest=60)
    assert longer.fit(X[:1000], noise[:1000], eval_set=(X[1000:], noise[1000:])).rounds_ >= 60
    assert model._booster.num_trees() == model.rounds_


def test_clone_and_empty_table(table):
    model = fitted(table, monotone={"a": 1}, parameters={"num_leaves": 7})
    assert clone(model).get_params() == model.get_params()
    empty = table[0].iloc[:0]
    assert model.raw_score(empty).shape == (0,)
    assert model.predict_proba(empty).shape == (0, 2)
    assert model.contributions(empty).shape == (0, 6)


def test_what_the_forest_cannot_compute_lightgbm_does(table):
    X, y = table
    linear = RiskModel(rounds=5, parameters={"linear_tree": True}).fit(X, y)
    assert forest_of(linear.text_) is None
    np.testing.assert_array_equal(linear.raw_score(X), linear._booster.predict(X.to_numpy(), raw_score=True))
    zero = RiskModel(rounds=5, parameters={"zero_as_missing": True}).fit(X, y)
    assert forest_of(zero.text_) is None
    np.testing.assert_allclose(zero.contributions(X).sum(axis=1), zero.raw_score(X), atol=1e-9)


def test_a_forest_that_differs_in_one_bit_is_left(table, monkeypatch):
    model = fitted(table)
    text = model.text_ + "\n"
    original = Forest.raw_score
    monkeypatch.setattr(Forest, "raw_score", lambda self, matrix: np.nextafter(original(self, matrix), np.inf))
    assert forest_of(text) is None
    monkeypatch.undo()
    np.testing.assert_array_equal(
        forest_of(text + "\n").raw_score(in_order(table[0], list(table[0]))), model.raw_score(table[0])
    )
