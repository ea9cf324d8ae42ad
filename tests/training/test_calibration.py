"""Calibration: increasing, safe where finds are rare, equal to duller implementations."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression

from omdrisk.errors import BundleError
from omdrisk.training.calibration import CURVES, KINDS, Calibration, fit_calibration, sigmoid
from omdrisk.training.pooling import pooled
from omdrisk.training.venn_abers import venn_abers


def world(seed=0, rows=20_000, base=-5.0, slope=0.6):
    rng = np.random.default_rng(seed)
    raw = rng.normal(-4.0, 2.0, rows)
    chance = sigmoid(slope * raw + base + 4.0 * slope)
    return raw, (rng.random(rows) < chance).astype(float), chance


@pytest.mark.parametrize("kind", KINDS)
def test_recovers_the_true_chance(kind):
    raw, found, chance = world()
    fitted = fit_calibration(kind, raw, found).apply(raw)
    assert np.abs(fitted - chance).mean() < 0.2 * found.mean()
    # Venn-Abers leans towards one half by what the rows leave open
    assert abs(fitted.sum() / found.sum() - 1) < (0.12 if kind == "venn-abers" else 0.05)


@pytest.mark.parametrize("kind", [*KINDS, "auto"])
@given(
    found=st.lists(st.booleans(), max_size=60),
    seed=st.integers(0, 1000),
    scale=st.sampled_from([1e-3, 1.0, 30.0]),
)
@settings(max_examples=40, deadline=None)
def test_is_strictly_increasing_and_never_certain(kind, found, seed, scale):
    rng = np.random.default_rng(seed)
    raw = np.round(rng.normal(0, scale, len(found)), 6)
    calibration = fit_calibration(kind, raw, np.array(found, dtype=float), rng.uniform(0.1, 2, len(found)))
    grid = np.linspace(-5 * scale, 5 * scale, 301)
    odds = calibration.log_odds(grid)
    assert np.isfinite(odds).all()
    assert (np.diff(odds) > 0).all()
    again = Calibration.from_dict(json.loads(json.dumps(calibration.to_dict())))
    np.testing.assert_array_equal(again.apply(grid), calibration.apply(grid))
    alone = np.concatenate([calibration.apply(grid[[place]]) for place in range(len(grid))])
    np.testing.assert_array_equal(alone, calibration.apply(grid))


@pytest.mark.parametrize("kind", KINDS)
def test_no_find_at_all_gives_a_small_chance(kind):
    raw = np.linspace(-6, 1, 300)
    chance = fit_calibration(kind, raw, np.zeros(300)).apply(raw)
    assert 0 < chance.mean() < 0.02


def test_platt_is_logistic_regression_where_there_is_much_data():
    raw, found, _ = world(rows=50_000, base=-1.0)
    oracle = LogisticRegression(C=1e9, tol=1e-10).fit(raw[:, None], found)
    ours = fit_calibration("platt", raw, found).numbers["weights"]
    np.testing.assert_allclose(ours, [oracle.coef_[0, 0], oracle.intercept_[0]], rtol=0.01)


def test_pooling_is_isotonic_regression():
    rng = np.random.default_rng(1)
    raw = np.sort(np.round(rng.normal(size=500), 2))
    found = (rng.random(500) < sigmoid(raw)).astype(float)
    weight = rng.uniform(0.2, 3, 500)
    size, centre, rate = pooled(raw, found, weight)
    oracle = IsotonicRegression().fit_transform(raw, found, sample_weight=weight)
    block = np.searchsorted(np.unique(oracle), oracle)
    np.testing.assert_allclose(np.unique(oracle), rate, atol=1e-12)
    np.testing.assert_allclose(np.bincount(block, weight), size)
    np.testing.assert_allclose(np.bincount(block, weight * raw) / size, centre, atol=1e-12)


def test_auto_takes_the_simplest_that_will_do():
    raw, found, _ = world(slope=1.0)
    assert fit_calibration("auto", raw, found).kind == "platt"
    rng = np.random.default_rng(5)
    steps = np.where(raw > -4, 0.4, 0.02)
    chosen = fit_calibration("auto", raw, (rng.random(len(raw)) < steps).astype(float))
    assert chosen.kind in CURVES
    assert set(chosen.losses) == set(KINDS)


def test_unknown_kind_is_refused():
    with pytest.raises(BundleError, match="Did you mean 'platt'"):
        Calibration.from_dict({"kind": "plat", "numbers": {}})


@given(
    labels=st.lists(st.booleans(), min_size=2, max_size=40),
    seed=st.integers(0, 1000),
    weighted=st.booleans(),
)
@settings(max_examples=30, deadline=None)
def test_venn_abers_is_two_isotonic_regressions_a_score(labels, seed, weighted):
    rng = np.random.default_rng(seed)
    found = np.array(labels, dtype=float)
    score = np.round(rng.normal(size=len(found)), 1)
    weight = rng.uniform(0.2, 3.0, len(found)) if weighted else np.ones(len(found))
    places, low, high = venn_abers(score, found, weight)
    for place, own_low, own_high in zip(places, low, high, strict=True):
        for add, own in ((0.0, own_low), (1.0, own_high)):
            dull = IsotonicRegression().fit(np.r_[score, place], np.r_[found, add], np.r_[weight, 1.0])
            assert own == pytest.approx(dull.predict([place])[0], abs=1e-9)
