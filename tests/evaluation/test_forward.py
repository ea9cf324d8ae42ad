"""Backtests and holdouts: the future is tested as it was known then, and a planted leak of the future finds nothing."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from omdrisk.errors import InputError
from omdrisk.evaluation import backtest, holdout
from omdrisk.evaluation.groups import seen
from omdrisk.evaluation.intervals import evaluate
from omdrisk.features import FeaturePipeline
from omdrisk.training.loop import history_of
from tests.training.world import as_arrow, catalog, recipe, tables

PHASES = {"A": ("2021-01-01", "2021-06-30"), "B": ("2022-10-01", "2023-01-31"), "C": ("2023-03-01", "2023-07-31")}


@pytest.fixture(scope="module")
def world():
    return tables()


@pytest.fixture(scope="module")
def result(world):
    shipments, outcomes, truth = world
    return backtest(recipe(), shipments, outcomes, phases=PHASES, truth=truth, catalog=catalog())


def value(table, metric, **where):
    for name, wanted in where.items():
        table = table[table[name] == wanted]
    return table.set_index("metric")["value"][metric]


def test_each_phase_is_tested_with_what_was_known_before_it(world, result):
    shipments, _, truth = world
    assert set(result.table["phase"]) == {"B", "C"}
    assert "none is found" in result.skipped["A"]
    assert result.heads["C"].facts["as_of"] == "2023-03-01T00:00:00+00:00"
    inside = ((shipments["filed_at"] >= "2023-03-01") & (shipments["filed_at"] < "2023-08-01")).to_numpy()
    row = result.table[(result.table["phase"] == "C") & (result.table["metric"] == "auc")].iloc[0]
    assert (row["rows"], row["found"]) == (inside.sum(), truth["drug"][inside].sum())


def test_model_beats_chance_and_chance_is_chance(result):
    assert value(result.table, "auc", phase="C", scorer="model") > 0.62
    random = result.table[(result.table["scorer"] == "random") & (result.table["metric"] == "auc")]
    assert ((random["low"] < 0.5) & (random["high"] > 0.5)).all()
    assert (result.table["low"] <= result.table["high"]).all()


def test_without_truth_only_the_examined_count(world):
    shipments, outcomes, _ = world
    plain = backtest(recipe(), shipments, outcomes, phases=PHASES, catalog=catalog())
    inside = ((shipments["filed_at"] >= "2023-03-01") & (shipments["filed_at"] < "2023-08-01")).to_numpy()
    examined = shipments["shipment_id"][inside].isin(outcomes["shipment_id"])
    assert plain.table[plain.table["phase"] == "C"]["rows"].iloc[0] == examined.sum()


def test_weights_by_selection_undo_a_known_selection(world):
    shipments, outcomes, truth = world
    hidden = truth.set_index("shipment_id")["drug"].reindex(outcomes["shipment_id"]).to_numpy()
    chance = np.where(hidden > 0, 0.9, 0.1)
    kept = np.random.default_rng(3).random(len(outcomes)) < chance
    biased = outcomes.assign(selection_probability=chance)[kept]
    kinds = {"lightgbm": {"num_leaves": 7}, "rounds": {"most": 20, "patience": 0}}
    names = {"phases": PHASES, "catalog": catalog()}
    naive = backtest(recipe(**kinds), shipments, biased, **names).table
    weighted = backtest(recipe(**kinds), shipments, biased, weighted=True, **names).table
    real = hidden.mean()

    def base(table):
        return value(table, "hit_rate@10%", phase="C", scorer="model") / value(
            table, "lift@10%", phase="C", scorer="model"
        )

    assert base(naive) > 2.5 * real
    assert base(weighted) == pytest.approx(real, rel=0.4)


def test_backtest_says_what_it_cannot_do(world):
    shipments, outcomes, _ = world
    with pytest.raises(InputError, match="goes by 'phase'"):
        backtest(recipe(), shipments, outcomes, by="month", catalog=catalog())
    with pytest.raises(InputError, match="phase 'X' is not in"):
        backtest(recipe(), shipments, outcomes, phases=["X"], catalog=catalog())
    with pytest.raises(InputError, match=r"no phase could be tested\. A: "):
        backtest(recipe(), shipments, outcomes, phases={"A": PHASES["A"]}, catalog=catalog())


def test_pictures_are_drawn(result, world):
    axes = result.plot("hit_rate@2%")
    assert [text.get_text() for text in axes.get_xticklabels()] == ["B", "C"]
    shipments, outcomes, _ = world
    given = holdout(recipe(), shipments, outcomes, "2023-01-01", "2023-01-01", catalog=catalog())
    assert given.plot().get_xlabel() == "inspected, % of shipments"


@pytest.mark.parametrize("frozen", [True, False])
def test_frozen_history_stands_still(world, frozen):
    shipments, outcomes, _ = world
    result = holdout(
        recipe(), shipments, outcomes, "2023-01-01", "2023-03-01", freeze_history=frozen, catalog=catalog()
    )
    changed = outcomes.copy()
    between = ((changed["known_at"] >= "2023-01-01") & (changed["known_at"] < "2023-02-01")).to_numpy()
    changed.loc[between, "outcome"] = 1.0 - changed.loc[between, "outcome"]
    again = holdout(recipe(), shipments, changed, "2023-01-01", "2023-03-01", freeze_history=frozen, catalog=catalog())
    same = result.scores["raw"].equals(again.scores["raw"])
    assert same == frozen


def test_holdout_scores_are_those_of_the_frozen_history(world):
    shipments, outcomes, _ = world
    result = holdout(recipe(), shipments, outcomes, "2023-01-01", "2023-03-01", catalog=catalog())
    past = shipments[(shipments["filed_at"] < "2023-01-01").to_numpy()]
    known = outcomes[(outcomes["known_at"] < "2023-01-01").to_numpy()]
    pipeline = FeaturePipeline.from_state(
        result.head.pipeline.state(), result.head.pipeline.catalog_, history_of(catalog(), past, known)
    )
    raw = result.head.raw(pipeline.transform(shipments.loc[result.scores.index]))
    np.testing.assert_array_equal(raw, result.scores["raw"])


def test_seen_and_novel_tokens_are_told_apart(world):
    shipments, outcomes, _ = world
    tokens = recipe(report={"seen_by": ["consignee_name", "port_of_loading"], "resamples": 20})
    result = holdout(tokens, shipments, outcomes, "2023-01-01", "2023-03-01", catalog=catalog())
    past = shipments[(shipments["filed_at"] < "2023-01-01").to_numpy()]
    known = set(zip(past["consignee_name"], past["port_of_loading"], strict=True))
    future = shipments.loc[result.scores.index]
    expected = [each in known for each in zip(future["consignee_name"], future["port_of_loading"], strict=True)]
    assert (result.scores["group"] == "seen").tolist() == expected
    rows = result.table.drop_duplicates("group").set_index("group")["rows"]
    assert rows["all"] == rows["seen"] + rows["novel"]


def test_missing_values_make_a_token_too():
    past = pd.DataFrame({"a": pd.Series(["x", None], dtype="str"), "b": [1.0, 2.0]})
    future = pd.DataFrame({"a": pd.Series([None, None, "x"], dtype="str"), "b": [2.0, 1.0, 1.0]})
    assert seen(past, future, ["a", "b"]).tolist() == [True, False, True]
    with pytest.raises(InputError, match="column 'c' is not there"):
        seen(past, future, ["c"])


def test_holdout_says_what_it_lacks(world):
    shipments, outcomes, _ = world
    with pytest.raises(InputError, match="past_until is not given"):
        holdout(recipe(), shipments, outcomes, catalog=catalog())
    with pytest.raises(InputError, match="lies before"):
        holdout(recipe(), shipments, outcomes, "2023-01-01", "2022-01-01", catalog=catalog())
    with pytest.raises(InputError, match="nothing can be measured"):
        holdout(recipe(), shipments, outcomes, "2023-01-01", "2030-01-01", catalog=catalog())


def test_a_leaking_column_is_caught_by_being_too_good(world):
    shipments, outcomes, truth = world
    leaking = shipments.assign(packages=truth["drug"].to_numpy())
    result = holdout(recipe(), leaking, outcomes, "2023-01-01", "2023-03-01", catalog=catalog())
    assert value(result.table, "auc", group="all") > 0.99
    gain = result.head.model.contributions(FeaturePipeline(catalog()).fit(leaking).transform(leaking.head(300)))
    names = list(result.head.features)
    assert names[int(np.abs(gain[:, :-1]).mean(axis=0).argmax())] == "noise"


def test_arrow_tables_give_the_same_backtest_and_holdout(world, result):
    shipments, outcomes, truth = (as_arrow(each) for each in world)
    again = backtest(recipe(), shipments, outcomes, phases=PHASES, truth=truth, catalog=catalog())
    pd.testing.assert_frame_equal(again.table, result.table)
    told = holdout(recipe(), shipments, outcomes, "2023-03-01", catalog=catalog())
    expected = holdout(recipe(), *world[:2], "2023-03-01", catalog=catalog())
    pd.testing.assert_frame_equal(told.table, expected.table)


def test_wrong_tables_and_seeds_are_said(world):
    shipments, outcomes, truth = world
    for test in (backtest, holdout):
        when = {"past_until": "2023-03-01"} if test is holdout else {"phases": PHASES}
        with pytest.raises(InputError, match="shipments table lacks the column filed_at"):
            test(recipe(), outcomes, shipments, catalog=catalog(), **when)
        with pytest.raises(InputError, match="outcomes table lacks the column known_at"):
            test(recipe(), shipments, outcomes.drop(columns="known_at"), catalog=catalog(), **when)
        with pytest.raises(InputError, match=r"^seed is -1; seed must be 0 or more"):
            test(recipe(), shipments, outcomes, seed=-1, catalog=catalog(), **when)
    with pytest.raises(InputError, match="truth table lacks the column drug"):
        backtest(recipe(), shipments, outcomes, phases=PHASES, truth=truth[["shipment_id"]], catalog=catalog())
    with pytest.raises(InputError, match="seed must be 0 or more"):
        evaluate([1, 0], [0.3, 0.1], seed=-1)
