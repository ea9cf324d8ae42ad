"""A head beside its baselines: the same rows for all, a planted signal found, noise at chance, the future blocked."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from omdrisk.errors import InputError
from omdrisk.evaluation import backtest, baselines, selection
from omdrisk.evaluation.divisions import divisions, share_of_list
from omdrisk.evaluation.metrics import Ranking
from omdrisk.evaluation.rivals import plain
from omdrisk.training import train
from tests.training.world import catalog, recipe, tables

PHASES = {"C": ("2023-03-01", "2023-07-31")}
SCORERS = {"model", "logistic regression", "plain LightGBM", "random", "oracle"}


@pytest.fixture(scope="module")
def world():
    shipments, outcomes, truth = tables()
    kg = np.random.default_rng(1).lognormal(2.0, 1.0, len(truth))
    return shipments, outcomes, truth.assign(kg=np.where(truth["drug"] > 0, kg, 0.0))


@pytest.fixture(scope="module")
def compared(world):
    shipments, outcomes, truth = world
    return baselines(recipe(), shipments, outcomes, phases=PHASES, truth=truth, catalog=catalog())


def figures(table, **where):
    for name, wanted in where.items():
        table = table[table[name] == wanted]
    return table


def test_all_are_measured_on_the_same_shipments(world, compared):
    shipments, outcomes, truth = world
    assert set(compared.table["scorer"]) == SCORERS
    assert compared.table[["rows", "found"]].drop_duplicates().shape == (1, 2)
    assert set(compared.table["block"]) == {"day"}
    alone = backtest(recipe(), shipments, outcomes, phases=PHASES, truth=truth, catalog=catalog()).table
    mine = figures(compared.table, scorer="model").drop(columns="block").reset_index(drop=True)
    pd.testing.assert_frame_equal(mine, figures(alone, scorer="model").reset_index(drop=True))
    assert compared.plot("recall@10%").get_xlabel() == "phase"


def test_planted_signal_beats_what_does_not_see_it_and_chance_is_chance(compared):
    lead = figures(compared.leads, metric="average_precision").set_index("over")
    assert lead.loc["random", "low"] > 1.2
    # raw columns do not say that a consignee was caught before
    assert lead.loc["plain LightGBM", "ratio"] > 1.0
    assert lead.loc["oracle", "ratio"] < 1.0
    auc = figures(compared.table, scorer="random", metric="auc").iloc[0]
    assert auc["low"] < 0.5 < auc["high"]
    oracle = figures(compared.table, scorer="oracle").set_index("metric")["value"]
    assert oracle["auc"] == oracle["average_precision"] == 1.0


def test_pure_noise_gives_chance_within_its_interval(world):
    shipments, outcomes, _ = world
    rng = np.random.default_rng(4)
    hidden = pd.DataFrame({"shipment_id": shipments["shipment_id"], "drug": (rng.random(len(shipments)) < 0.1) * 1.0})
    told = outcomes.assign(outcome=hidden.set_index("shipment_id")["drug"].loc[outcomes["shipment_id"]].to_numpy())
    result = baselines(recipe(), shipments, told, phases=PHASES, truth=hidden, catalog=catalog())
    for scorer in ("model", "logistic regression", "plain LightGBM", "random"):
        auc = figures(result.table, scorer=scorer, metric="auc").iloc[0]
        assert auc["low"] < 0.5 < auc["high"], scorer


def test_outcomes_known_later_reach_no_ranking(world, compared):
    shipments, outcomes, truth = world
    late = outcomes["known_at"] >= "2023-03-01"
    leak = outcomes.assign(outcome=outcomes["outcome"].where(~late, 1.0))
    again = baselines(recipe(), shipments, leak, phases=PHASES, truth=truth, catalog=catalog())
    for scorer in ("plain LightGBM", "random", "oracle"):
        pd.testing.assert_frame_equal(figures(again.table, scorer=scorer), figures(compared.table, scorer=scorer))
    assert again.heads["C"].text == compared.heads["C"].text


def test_model_in_use_is_compared_only_on_its_future(world, compared):
    shipments, outcomes, truth = world
    named = {"phases": PHASES, "truth": truth, "catalog": catalog(), "heads": compared.heads}
    old = train(recipe(), shipments, outcomes, as_of="2022-10-01", catalog=catalog())
    result = baselines(recipe(), shipments, outcomes, in_use=old, **named)
    assert "model in use" in set(result.table["scorer"])
    new = train(recipe(), shipments, outcomes, as_of="2023-05-01", catalog=catalog())
    assert "model in use" not in set(baselines(recipe(), shipments, outcomes, in_use=new, **named).table["scorer"])


def test_share_of_kilograms_is_a_sum_over_the_list():
    rng = np.random.default_rng(2)
    found, score, kg = (rng.random(200) < 0.2) * 1.0, rng.random(200), rng.lognormal(0, 1, 200)
    ranking = Ranking(found, score, amount=kg)
    top = np.argsort(-score)[:20]
    dull = (found * kg)[top].sum() / (found * kg).sum()
    assert ranking.measure(["kg_share@10%"])[0] == pytest.approx(dull)
    with pytest.raises(InputError, match="needs the amounts"):
        Ranking(found, score).measure(["kg_share@10%"])


def test_groups_add_up_to_the_list(compared):
    table = figures(compared.groups, by="consignee", capacity=0.1)
    rows, found = compared.table[["rows", "found"]].iloc[0]
    assert (table["rows"].sum(), table["found"].sum()) == (rows, found)
    assert table["selected"].sum() == round(0.1 * rows)
    hits = table["hits"].sum()
    assert hits / found == pytest.approx(table["recall"] @ table["found"] / found)
    assert (table["low"] <= table["recall"]).all()


def test_novelty_counts_what_was_filed_before():
    filed = pd.to_datetime(["2023-01-03", "2023-01-01", "2023-01-02"], utc=True)
    table = pd.DataFrame(
        {"shipment_id": ["c", "a", "b"], "filed_at": filed, "consignee_name": ["Ab Co", "Ab Co", "Xy"], "express": True}
    ).assign(consignee_country="VN", transport_mode="4", country_of_report=["VN", None, "TH"])
    parts = divisions(table, table)
    assert parts["consignee"].tolist() == ["seen before", "new", "new"]
    assert parts["mode"].tolist() == ["express"] * 3
    assert parts["administration"].tolist() == ["VN", "not given", "TH"]
    empty = share_of_list(np.zeros(3), np.arange(3.0), parts["mode"], capacity=0.4, blocks=np.arange(3), resamples=5)
    assert np.isnan(empty["recall"].iloc[0])


def test_plain_lightgbm_reads_any_column():
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"shipment_id": [str(each) for each in range(400)], "code": rng.choice(["x", "y", None], 400)})
    table["flag"] = pd.array(rng.random(400) < 0.5, dtype="boolean")
    table["filed_at"] = pd.Timestamp("2023-01-01", tz="UTC")
    found = (table["code"] == "x").to_numpy(dtype=float)
    score = plain(found[:300], table[:300], table[300:], 0)
    assert Ranking(found[300:], score).measure(["auc"])[0] == 1.0


def test_selection_shows_the_bias_and_what_undoes_it(world):
    shipments, outcomes, truth = world
    hidden = truth.set_index("shipment_id")["drug"].loc[outcomes["shipment_id"]].to_numpy()
    chance = np.where(hidden > 0, 0.9, 0.1)
    rng = np.random.default_rng(3)
    chosen, drawn = rng.random(len(outcomes)) < chance, rng.random(len(outcomes)) < 0.2
    biased = outcomes.assign(selection_probability=np.where(drawn, np.nan, chance))
    biased["selected_by"] = np.where(drawn, "random", "rule")
    settings = recipe(rounds={"most": 20, "patience": 0}, calibration={"kind": "platt"})
    result = selection(
        settings, shipments, biased[chosen | drawn], phases=PHASES, truth=truth, catalog=catalog(), capacity=0.1
    )
    base = figures(result.table, metric="base_rate").set_index("estimate")
    real = base.loc["truth", "value"]
    assert set(base.index) == {"naive", "weighted", "weighted, clipped", "random picks", "truth"}
    assert base.loc["naive", "low"] > 1.5 * real
    assert base.loc["weighted", "low"] < real < base.loc["weighted", "high"]
    assert base.loc["random picks", "low"] < real < base.loc["random picks", "high"]
    rows = figures(result.table, metric="recall@10%").set_index("estimate")["rows"]
    assert rows["random picks"] < rows["naive"]
    assert result.plot("recall@10%").get_xlabel() == "phase"
    with pytest.raises(InputError, match="capacity is 2"):
        selection(settings, shipments, biased, phases=PHASES, catalog=catalog(), capacity=2)


def test_classes_are_of_finds_alone_and_add_up_to_them(world, compared):
    shipments, outcomes, truth = world
    assert figures(compared.groups, by="class")["group"].unique().tolist() == ["drug"]
    chemicals = truth.assign(precursor=truth["drug"] * (np.arange(len(truth)) % 3 == 0), wildlife=0)
    named = {"phases": PHASES, "catalog": catalog(), "heads": compared.heads}
    told = baselines(recipe(), shipments, outcomes, truth=chemicals, **named)
    table = figures(told.groups, by="class", capacity=0.1).set_index("group")
    assert table.index.tolist() == ["drug", "precursor"]
    assert table["found"].sum() == told.table["found"].iloc[0]
    assert (table["selected"] == table["hits"]).all()
    assert table["hit_rate"].isna().all()
    # without a truth the outcomes tell, where they were linked for precursors as well
    precursors = outcomes.iloc[::3].assign(target="precursor").query("outcome == 1")
    known = baselines(recipe(), shipments, pd.concat([outcomes, precursors], ignore_index=True), **named)
    table = figures(known.groups, by="class", capacity=0.1).set_index("group")
    inside = (
        shipments.set_index("shipment_id")["filed_at"]
        .loc[precursors["shipment_id"]]
        .between("2023-03-01", "2023-08-01")
    )
    assert table.loc["precursor", "found"] == inside.sum()
