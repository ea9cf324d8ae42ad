"""Forest against LightGBM and shap: the same bits for scores, 1e-12 for SHAP values."""

from __future__ import annotations

import subprocess
import sys
import warnings
from fractions import Fraction

import lightgbm
import numpy as np
import pytest

from omdrisk.errors import InputError
from omdrisk.trees import Forest, UnsupportedForest
from tests.trees.grown import Grower

SHAPES = {
    "one tree": (Grower(), [7]),
    "one leaf": (Grower(), [1]),
    "single leaves between": (Grower(sizes=(9,)), [1, 5, 1, 2, 1]),
    "numbers": (Grower(), [31] * 20),
    "categories": (Grower(sizes=(4, 40, 64)), [31] * 20),
    "categories alone": (Grower(features=2, sizes=(5, 33)), [12] * 10),
    "many categories": (Grower(sizes=(65, 200, 1000)), [31] * 10),
    "too many categories for blocks": (Grower(sizes=(20_000,)), [31] * 4),
    "64 leaves": (Grower(sizes=(20,)), [63, 64, 65]),
    "wide": (Grower(features=30, sizes=(20, 70)), [500, 130, 129, 128]),
    "chains": (Grower(features=50, sizes=(20,), depth=1.0), [90, 60, 20]),
    "deep": (Grower(features=40, depth=0.8), [200, 100]),
    "one feature": (Grower(features=1), [10] * 5),
}


@pytest.mark.parametrize("name", SHAPES)
def test_same_bits_and_same_contributions(name):
    grower, leaves = SHAPES[name]
    for seed in range(3):
        rng = np.random.default_rng(seed)
        text = grower.text(rng, leaves)
        forest, booster = Forest.from_text(text), lightgbm.Booster(model_str=text)
        rows = grower.rows(rng, 333)
        raw = booster.predict(rows, raw_score=True, num_threads=1)
        np.testing.assert_array_equal(forest.raw_score(rows), raw)
        np.testing.assert_array_equal(forest._by_rows(rows), raw)
        values = forest.contributions(rows[:40])
        wanted = booster.predict(rows[:40], pred_contrib=True, num_threads=1)
        # with dozens of features on a path LightGBM, which divides polynomials, is itself no longer exact
        atol = 1e-12 if forest._layout.shape.widest.max() <= 20 else 1e-6
        np.testing.assert_allclose(values, wanted, rtol=0, atol=atol)
        np.testing.assert_allclose(values.sum(axis=1), raw[:40], rtol=0, atol=1e-12)


@pytest.mark.parametrize("count", [10, 17, 18, 19, 40])
def test_equal_to_exact_fractions_however_long_the_path(count):
    grower = Grower(features=60, depth=1.0)
    rng = np.random.default_rng(count)
    forest = Forest.from_text(grower.text(rng, [count]))
    rows = grower.rows(rng, 3)
    exact = [float(value) for value in shapley_by_fractions(forest, rows[0])]
    alone = forest.contributions(rows[:1])[0]
    np.testing.assert_allclose(alone[:-1], exact, rtol=0, atol=1e-13)
    np.testing.assert_array_equal(forest.contributions(rows)[0], alone)


def shapley_by_fractions(forest, row):
    """Shapley values of one tree of numeric splits, in whole numbers: leaf by leaf and feature by feature."""
    trees, found = forest.trees, [Fraction(0)] * forest.features
    paths = [(0, {})]
    while paths:
        node, path = paths.pop()
        if node < 0:
            value = Fraction(float(trees.leaf_value[~node]))
            for feature, (share, kept) in path.items():
                product = [Fraction(1)]
                for other, (z, o) in path.items():
                    if other != feature:
                        terms = zip([*product, 0], [0, *product], strict=True)
                        product = [same * z + below * (o - z) for same, below in terms]
                area = sum(term / (power + 1) for power, term in enumerate(product))
                found[feature] += value * (kept - share) * area
            continue
        feature, decision = int(trees.feature[node]), int(trees.decision[node])
        cell = row[feature]
        if np.isnan(cell) and decision & 8:
            left = bool(decision & 2)
        else:
            cell = 0.0 if np.isnan(cell) or abs(cell) <= np.float32(1e-35) else cell
            left = bool(cell <= trees.threshold[node])
        for child, taken in ((int(trees.left[node]), left), (int(trees.right[node]), not left)):
            cover = trees.leaf_cover[~child] if child < 0 else trees.split_cover[child]
            share, kept = path.get(feature, (Fraction(1), True))
            ratio = Fraction(int(cover), int(trees.split_cover[node]))
            paths.append((child, {**path, feature: (share * ratio, kept and taken)}))
    return found


def test_rows_alone_in_parts_and_by_threads():
    grower = Grower(sizes=(30,))
    rng = np.random.default_rng(5)
    forest = Forest.from_text(grower.text(rng, [31] * 5))
    rows = grower.rows(rng, 20_001)
    raw = forest.raw_score(rows, threads=1)
    np.testing.assert_array_equal(forest.raw_score(rows, threads=3), raw)
    np.testing.assert_array_equal([forest.raw_score(rows[[at]])[0] for at in range(50)], raw[:50])
    np.testing.assert_array_equal(forest.raw_score(np.asfortranarray(rows)), raw)
    values = forest.contributions(rows[:150], threads=1)
    np.testing.assert_array_equal(forest.contributions(rows[:150], threads=3), values)
    np.testing.assert_array_equal(np.vstack([forest.contributions(rows[[at]]) for at in range(50)]), values[:50])
    np.testing.assert_array_equal(forest.contributions(rows[:17]), values[:17])
    assert forest.raw_score(rows[:0]).shape == (0,)
    assert forest.contributions(rows[:0]).shape == (0, 7)


@pytest.fixture(scope="module")
def table():
    rng = np.random.default_rng(3)
    rows = rng.normal(size=(1500, 5))
    rows[:, 4] = rng.integers(0, 30, 1500)
    rows[rng.random(1500) < 0.2, 1] = np.nan
    logit = rows[:, 0] + np.nan_to_num(rows[:, 1], nan=1.0) + 2.0 * (rows[:, 4] % 3 == 1) - 2.0
    return rows, (rng.random(1500) < 1 / (1 + np.exp(-logit))).astype(float)


def trained(table, rounds=10, **parameters):
    rows, found = table
    settings = {"objective": "binary", "verbosity": -1, "num_threads": 1, "min_data_per_group": 5, **parameters}
    data = lightgbm.Dataset(rows, label=found, categorical_feature=[4], params=settings)
    return lightgbm.train(settings, data, rounds)


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"num_leaves": 200, "min_data_in_leaf": 1},
        {"monotone_constraints": [1, 0, -1, 0, 0]},
        {"use_missing": False},
        {"boosting": "dart"},
        {"max_cat_to_onehot": 64},
        {"use_quantized_grad": True},
        {"min_data_in_leaf": 5000},
    ],
    ids=str,
)
def test_trained_models(table, parameters):
    booster = trained(table, **parameters)
    forest = Forest.from_text(booster.model_to_string())
    rows = table[0][:200]
    np.testing.assert_array_equal(forest.raw_score(rows), booster.predict(rows, raw_score=True))
    np.testing.assert_allclose(forest.contributions(rows), booster.predict(rows, pred_contrib=True), rtol=0, atol=1e-12)


def test_equal_to_shap(table):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import shap

        rows, found = table
        numbers = rows[:, :4]
        settings = {"objective": "binary", "verbosity": -1, "num_threads": 1}
        booster = lightgbm.train(settings, lightgbm.Dataset(numbers, label=found), 10)
        own = shap.TreeExplainer(booster).shap_values(numbers[:100])
        native = trained(table)
        native_own = shap.TreeExplainer(native).shap_values(rows[:100])
    forest = Forest.from_text(booster.model_to_string())
    np.testing.assert_allclose(forest.contributions(numbers[:100])[:, :-1], own, rtol=0, atol=1e-12)
    forest = Forest.from_text(native.model_to_string())
    np.testing.assert_allclose(forest.contributions(rows[:100])[:, :-1], native_own, rtol=0, atol=1e-12)


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({"linear_tree": True}, "linear models"),
        ({"zero_as_missing": True}, "zero as missing"),
        ({"boosting": "rf", "bagging_freq": 1, "bagging_fraction": 0.5}, "averaged"),
    ],
)
def test_what_only_lightgbm_computes_is_refused(table, parameters, said):
    with pytest.raises(UnsupportedForest, match=said):
        Forest.from_text(trained(table, **parameters).model_to_string())


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("left_child=", "left_child=7\nwas="),
        ("left_child=", "left_child=3 3 3 3\nwas="),
        ("left_child=", "left_child=-1 -1 -1 -1\nwas="),
        ("right_child=", "right_child=1 "),
        ("split_feature=", "split_feature=99 "),
        ("leaf_value=", "leaf_valu="),
        ("leaf_count=", "leaf_count=x "),
        ("max_feature_idx=5", "max_feature_idx=0"),
        ("Tree=", "Baum="),
    ],
)
def test_damaged_text_is_refused(old, new):
    text = Grower().text(np.random.default_rng(1), [5, 9])
    assert old in text
    with pytest.raises(UnsupportedForest):
        Forest.from_text(text.replace(old, new))


def test_another_shape_of_rows_is_refused():
    forest = Forest.from_text(Grower().text(np.random.default_rng(1), [5]))
    with pytest.raises(InputError, match="6 features"):
        forest.raw_score(np.zeros((3, 5)))


def alone(code):
    text = Grower().text(np.random.default_rng(1), [5])
    done = subprocess.run([sys.executable, "-c", code], input=text, capture_output=True, text=True, check=True)
    return done.stdout


def test_scoring_loads_nothing_heavy():
    code = (
        "import sys, numpy as np\nfrom omdrisk.training.trees import forest_of\n"
        "forest = forest_of(sys.stdin.read())\nforest.raw_score(np.zeros((1, 6)))\n"
        "print(*{'lightgbm', 'sklearn'} & set(sys.modules))"
    )
    assert not alone(code).split()


def test_without_a_compiler_lightgbm_is_left():
    code = (
        "import sys\nsys.modules['numba'] = None\nfrom omdrisk.trees import Forest\n"
        "try:\n    Forest.from_text(sys.stdin.read())\nexcept Exception as error:\n"
        "    print(type(error).__name__, error)"
    )
    assert alone(code).startswith("UnsupportedForest the compiled loops are not available")
