from __future__ import annotations

import warnings
from itertools import combinations
from math import factorial
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from omdrisk.errors import InputError
from omdrisk.training import RiskModel

if TYPE_CHECKING:
    from omdrisk.scoring import Scorer
    from tests.scoring.tiny import Tiny


@pytest.mark.parametrize("group", ["feature", "indicator", "family"])
@pytest.mark.parametrize("head", ["drug", "wildlife"])
def test_every_row_adds_up_to_its_raw_score(world: Tiny, scorer: Scorer, head: str, group: str) -> None:
    parts = scorer.contributions(world.incoming, head=head, group=group)
    raw = scorer.score(world.incoming)[f"{head}_raw"]
    assert parts.index.equals(raw.index)
    np.testing.assert_allclose(parts.sum(axis=1), raw, rtol=0, atol=1e-9)


def test_groups_are_sums_of_their_features(world: Tiny, scorer: Scorer) -> None:
    rows = world.incoming.head(30)
    single = scorer.contributions(rows, head="drug")
    catalog = scorer.heads["drug"].pipeline.catalog_
    for group, key in (("indicator", "id"), ("family", "family")):
        together = scorer.contributions(rows, head="drug", group=group)
        for name in together.columns.drop("base"):
            members = [d.name for d in catalog if getattr(d, key) == name]
            np.testing.assert_allclose(together[name], single[members].sum(axis=1), rtol=0, atol=1e-12)


def test_both_heads_at_once_and_rejects_missing(world: Tiny, scorer: Scorer) -> None:
    rows = world.incoming.head(5).copy()
    rows.loc[rows.index[2], "filed_at"] = pd.NaT
    both = scorer.contributions(rows, group="family")
    assert both.columns.get_level_values(0).unique().tolist() == ["drug", "wildlife"]
    assert both.isna().all(axis=1).tolist() == [False, False, True, False, False]
    pd.testing.assert_frame_equal(both["drug"], scorer.contributions(rows, head="drug", group="family"))


def test_equal_to_shap(world: Tiny, scorer: Scorer) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import shap
    rows = world.incoming.head(60)
    explanation = scorer.shap(rows, "drug")
    assert isinstance(explanation, shap.Explanation)
    head = scorer.heads["drug"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        values = shap.TreeExplainer(head.model._booster).shap_values(explanation.data)
    np.testing.assert_allclose(explanation.values, values, rtol=0, atol=1e-9)
    np.testing.assert_array_equal(explanation.values, scorer.contributions(rows, head="drug").iloc[:, :-1])
    assert explanation.feature_names == list(head.features)
    with pytest.raises(InputError, match="name one of drug, wildlife"):
        scorer.shap(rows)


def test_equal_to_shapley_s_own_formula() -> None:
    rng = np.random.default_rng(8)
    columns = {"a": rng.normal(size=300), "b": rng.integers(0, 4, 300), "c": rng.normal(size=300)}
    table = pd.DataFrame(columns, dtype=float)
    table.loc[::7, "a"] = np.nan
    y = ((table["a"].fillna(1) > 0) & (table["b"] != 2) | (table["c"] > 1)).astype(int)
    settings = {"num_leaves": 6, "min_data_in_leaf": 5, "min_data_per_group": 5, "max_cat_to_onehot": 1}
    model = RiskModel(rounds=4, parameters=settings).fit(table, y, categorical=["b"])
    trees = [tree["tree_structure"] for tree in model._booster.dump_model()["tree_info"]]
    rows = table.iloc[:12]
    found = model.contributions(rows)
    for at, row in enumerate(rows.to_numpy()):
        plain = [sum(_shapley(tree, row, feature) for tree in trees) for feature in range(3)]
        np.testing.assert_allclose(found[at, :3], plain, rtol=0, atol=1e-9)
        np.testing.assert_allclose(found[at, 3], sum(_expected(tree, row, frozenset()) for tree in trees), atol=1e-9)


def _shapley(tree: dict[str, Any], row: np.ndarray, feature: int, features: int = 3) -> float:
    others = [one for one in range(features) if one != feature]
    total = 0.0
    for size in range(len(others) + 1):
        for known in combinations(others, size):
            weight = factorial(size) * factorial(features - size - 1) / factorial(features)
            gain = _expected(tree, row, frozenset({*known, feature})) - _expected(tree, row, frozenset(known))
            total += weight * gain
    return total


def _expected(node: dict[str, Any], row: np.ndarray, known: frozenset[int]) -> float:
    """The mean leaf below a node when only some features are known: unknown splits go both ways, by cover."""
    if "leaf_value" in node:
        return node["leaf_value"]
    left, right = node["left_child"], node["right_child"]
    if node["split_feature"] in known:
        return _expected(left if _goes_left(node, row[node["split_feature"]]) else right, row, known)
    covers = [child.get("internal_count", child.get("leaf_count")) for child in (left, right)]
    return float(np.average([_expected(child, row, known) for child in (left, right)], weights=covers))


def _goes_left(node: dict[str, Any], value: float) -> bool:
    if node["decision_type"] == "==":
        return not np.isnan(value) and str(int(value)) in node["threshold"].split("||")
    if np.isnan(value):
        return node["default_left"] if node["missing_type"] == "NaN" else node["threshold"] >= 0
    return value <= node["threshold"]


def test_what_cannot_be_grouped_is_said(world: Tiny, scorer: Scorer) -> None:
    with pytest.raises(InputError, match="Did you mean 'family'"):
        scorer.contributions(world.incoming.head(1), head="drug", group="famly")
    with pytest.raises(InputError, match="no head 'drugs'"):
        scorer.contributions(world.incoming.head(1), head="drugs")
