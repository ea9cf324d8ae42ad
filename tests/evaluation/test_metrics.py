"""Metrics and intervals against scikit-learn and against counting."""

from __future__ import annotations

import time

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, roc_auc_score

from omdrisk.errors import InputError
from omdrisk.evaluation import Ranking, blocks_of, evaluate, lead, metric_names, reliability


@given(
    rows=st.lists(st.tuples(st.booleans(), st.integers(0, 6), st.floats(0.1, 5)), min_size=2, max_size=60).filter(
        lambda rows: len({row[0] for row in rows}) == 2
    )
)
@settings(max_examples=150, deadline=None)
def test_auc_and_average_precision_are_scikit_learns(rows):
    found, score, weight = (np.array(column, dtype=float) for column in zip(*rows, strict=True))
    ranking = Ranking(found, score)
    for given_weight in (None, weight):
        auc, precision = ranking.measure(["auc", "average_precision"], given_weight)
        assert auc == pytest.approx(roc_auc_score(found, score, sample_weight=given_weight))
        assert precision == pytest.approx(average_precision_score(found, score, sample_weight=given_weight))


@given(found=st.lists(st.booleans(), min_size=10, max_size=200), seed=st.integers(0, 99))
@settings(max_examples=60, deadline=None)
def test_capacity_metrics_are_counts(found, seed):
    found = np.array(found, dtype=float)
    score = np.random.default_rng(seed).permutation(len(found))
    top = np.argsort(-score)
    ranking = Ranking(found, score)
    for number in (1, 3, len(found) // 2):
        share = f"{100 * number / len(found)}%"
        names = [f"hit_rate@{share}", f"recall@{share}", f"lift@{share}"]
        hits = found[top[:number]].sum()
        expected = [hits / number]
        if found.any():
            expected += [hits / found.sum(), hits / number / found.mean()]
        np.testing.assert_allclose(ranking.measure(names)[: len(expected)], expected, atol=1e-9)


def test_ties_count_as_drawn_in_random_order():
    rng = np.random.default_rng(0)
    found = (rng.random(300) < 0.2).astype(float)
    score = rng.integers(0, 4, 300).astype(float)
    orders = [score + 1e-6 * rng.permutation(300) for _ in range(600)]
    mean = np.mean([Ranking(found, each).measure(["hit_rate@10%"]) for each in orders], axis=0)
    np.testing.assert_allclose(Ranking(found, score).measure(["hit_rate@10%"]), mean, atol=0.01)


def test_whole_weights_are_repeated_rows():
    rng = np.random.default_rng(1)
    found, score = (rng.random(200) < 0.3).astype(float), rng.integers(0, 50, 200).astype(float)
    weight = rng.integers(0, 4, 200)
    names = metric_names([0.05, 0.2], calibrated=True)
    again = np.repeat(np.arange(200), weight)
    chance = (score + 1) / 60
    ours = Ranking(found, score, chance).measure(names, weight.astype(float))
    oracle = Ranking(found[again], score[again], chance[again]).measure(names)
    keep = [place for place, name in enumerate(names) if name != "calibration_error"]
    np.testing.assert_allclose(ours[keep], oracle[keep])


def test_bootstrap_interval_covers_the_truth():
    covered = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        day = rng.normal(0, 0.5, 40)[np.repeat(np.arange(40), 20)]
        score = rng.normal(size=800)
        found = (rng.random(800) < 1 / (1 + np.exp(2 - day))).astype(float)
        row = evaluate(found, score, names=["auc"], blocks=np.repeat(np.arange(40), 20), resamples=200, seed=seed).iloc[
            0
        ]
        covered += row["low"] <= 0.5 <= row["high"]
    assert 52 <= covered <= 60


def test_blocks_of_several_rows_widen_the_interval():
    rng = np.random.default_rng(2)
    block = np.repeat(np.arange(30), 40)
    found = (rng.random(30) < 0.4).astype(float)[block]
    score = (rng.normal(size=30) + found[::40])[block]
    wide = evaluate(found, score, names=["auc"], blocks=block, resamples=200).iloc[0]
    narrow = evaluate(found, score, names=["auc"], resamples=200).iloc[0]
    assert wide["high"] - wide["low"] > 3 * (narrow["high"] - narrow["low"])


def test_same_seed_same_interval_and_pairs():
    rng = np.random.default_rng(3)
    found, score = (rng.random(500) < 0.2).astype(float), rng.normal(size=500)
    pd.testing.assert_frame_equal(evaluate(found, score, seed=5), evaluate(found, score, seed=5))
    table = lead(found, score, score, names=["auc", "hit_rate@10%"])
    assert (table[["value", "low", "high"]] == 0).all().all()


def test_four_hundred_resamples_of_sixty_thousand_rows_take_seconds():
    rng = np.random.default_rng(4)
    score = rng.normal(size=60_000)
    found = (rng.random(60_000) < 1 / (1 + np.exp(5 - score))).astype(float)
    start = time.perf_counter()
    table = evaluate(found, score, chance=1 / (1 + np.exp(5 - score)), blocks=rng.integers(0, 150, 60_000))
    assert time.perf_counter() - start < 25
    assert (table["low"] <= table["high"]).all()


def test_too_little_to_draw_gives_no_interval():
    table = evaluate([1, 0, 0, 0], [4, 3, 2, 1], names=["auc"], blocks=[0, 0, 1, 1])
    assert table["value"].iloc[0] == 1.0
    assert table[["low", "high"]].isna().all().all()
    assert np.isnan(evaluate([0, 0], [1, 2], names=["auc"])["value"].iloc[0])


def test_reliability_bins_hold_every_row():
    rng = np.random.default_rng(6)
    chance = np.round(rng.beta(0.5, 8, 5000), 3)
    found = (rng.random(5000) < chance).astype(float)
    table = reliability(found, chance)
    assert table["rows"].sum() == 5000
    assert (table["from"] <= table["to"]).all()
    assert (table["to"].to_numpy()[:-1] < table["from"].to_numpy()[1:]).all()
    inside = (table["low"] <= table["expected"]) & (table["expected"] <= table["high"])
    assert inside.mean() >= 0.8
    assert Ranking(found, chance, chance).measure(["calibration_error"])[0] < 0.01
    assert Ranking(found, chance, 3 * chance).measure(["expected_over_found"])[0] == pytest.approx(3, rel=0.15)


def test_unknown_metrics_and_bad_scores_are_refused():
    with pytest.raises(InputError, match="Did you mean 'hit_rate@2%'"):
        Ranking([1, 0], [1, 2]).measure(["hitrate@2%"])
    with pytest.raises(InputError, match="may not be missing"):
        Ranking([1, 0], [1, np.nan])
    with pytest.raises(InputError, match="no examined shipment"):
        evaluate([], [])


def test_party_blocks_keep_the_unknown_apart():
    shipments = pd.DataFrame(
        {
            "consignee_name": pd.Series(["An Phu", "An Phu", None, None], dtype="str"),
            "consignee_country": pd.Series(["VN"] * 4, dtype="str"),
        }
    )
    blocks = blocks_of(shipments, "party")
    assert blocks[0] == blocks[1]
    assert len(set(blocks)) == 3
