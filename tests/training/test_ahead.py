"""Looking ahead: no slice serves twice, tips do not calibrate, and how long to remember is told by the past."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from omdrisk.training import train
from omdrisk.training.ahead import Fit, look_ahead, slices
from omdrisk.training.capacity import hit_rate, worth
from omdrisk.training.labels import speaks_for_all
from omdrisk.training.loop import prepared
from omdrisk.training.memory import remember
from tests.training.world import catalog, recipe, tables

AS_OF = "2023-05-01"


@pytest.fixture(scope="module")
def world():
    return tables()


def fit_of(world, settings):
    shipments, outcomes, _ = world
    ready = prepared(settings, shipments, outcomes, as_of=AS_OF, catalog=catalog())
    return Fit.of(settings, ready.pipeline, ready.X, ready.labels, 0)


def test_slices_follow_each_other_and_know_nothing_later(world):
    labels = fit_of(world, recipe()).labels
    parts = slices(labels, 0.2, 4)
    assert len(parts) == 4
    used = sum(part.later.astype(int) for part in parts)
    assert used.max() == 1
    for part in parts:
        assert (labels["known_at"][part.early] < part.start).all()
        assert (labels["filed_at"][part.later] >= part.start).all()
    assert [part.start for part in parts] == sorted(part.start for part in parts)


def test_forecast_of_a_slice_does_not_depend_on_its_labels(world):
    fit = fit_of(world, recipe())
    before = look_ahead(fit)
    assert before.forecasts == 4
    turned = fit.labels.assign(found=np.where(before.last, 1.0 - fit.labels["found"], fit.labels["found"]))
    after = look_ahead(Fit(fit.recipe, fit.X, turned, fit.categorical, fit.monotone, 0))
    np.testing.assert_array_equal(after.raw, before.raw)


def test_tips_and_bare_cases_do_not_calibrate(world):
    shipments, outcomes, truth = world
    rng = np.random.default_rng(5)
    hidden = truth.set_index("shipment_id")["drug"].loc[outcomes["shipment_id"]].to_numpy()
    # every second find comes from a tip, and nothing else does
    tipped = outcomes.assign(
        selected_by=np.where((hidden > 0) & (rng.random(len(hidden)) < 0.5), "intelligence", "rule")
    )
    extra = truth[(truth["drug"] > 0).to_numpy() & ~truth["shipment_id"].isin(outcomes["shipment_id"]).to_numpy()]
    filed = shipments.set_index("shipment_id")["filed_at"].loc[extra["shipment_id"]]
    cases = pd.DataFrame(
        {"shipment_id": extra["shipment_id"].to_numpy(), "target": "drug", "outcome": 1.0, "weight": 1.0}
    )
    cases = cases.assign(
        source="case", selected_by=None, known_at=(filed + pd.Timedelta(days=3)).to_numpy(), rip_off=False
    )
    cases["known_at"] = cases["known_at"].astype("datetime64[us, UTC]")
    told = pd.concat([tipped, cases], ignore_index=True)
    honest = train(recipe(), shipments, told, as_of=AS_OF, catalog=catalog())
    naive = train(recipe(calibration={"without": []}), shipments, tipped, as_of=AS_OF, catalog=catalog())
    raw = np.linspace(-6, 2, 50)
    assert honest.probability(raw).mean() < 0.8 * naive.probability(raw).mean()


def test_rows_that_know_more_speak_only_where_no_others_do():
    table = pd.DataFrame({"found": [1.0, 0.0], "selected_by": ["intelligence"] * 2, "source": ["inspection"] * 2})
    assert speaks_for_all(table, ["intelligence"]).tolist() == [True, True]


def test_memory_is_short_where_the_past_misleads():
    rng = np.random.default_rng(0)
    rows = 4000
    filed = pd.date_range("2022-01-01", periods=rows, freq="3h", tz="UTC")
    value = rng.normal(size=rows)
    # what was a sign of risk turns into its opposite, slowly
    odds = -2.0 + 2.5 * value * np.cos(np.linspace(0, 2.5 * np.pi, rows))
    labels = pd.DataFrame(
        {"found": (rng.random(rows) < 1 / (1 + np.exp(-odds))) * 1.0, "weight": 1.0, "filed_at": filed}
    ).assign(
        known_at=filed, selection_probability=np.nan, selected_by=None, source=None, row=range(rows), related=False
    )
    features = pd.DataFrame({"value": value, "noise": rng.normal(size=rows)})
    aged = recipe(weights={"half_lives": [0, 20]}, rounds={"most": 60, "fewest": 40, "patience": 0})
    chosen, told = remember(Fit(aged, features, labels, [], {}, 0))
    assert chosen.weights.half_life_days == 20
    assert told["20"] > told["0"]
    still = labels.assign(found=(rng.random(rows) < 1 / (1 + np.exp(2.0 - 2.5 * value))) * 1.0)
    kept, _ = remember(Fit(aged, features, still, [], {}, 0))
    assert (kept.weights.half_life_days, kept.weights.half_lives) == (None, ())


def test_head_says_which_memory_it_has(world):
    shipments, outcomes, _ = world
    head = train(
        recipe(weights={"half_lives": [0, 365]}, rounds={"most": 20, "patience": 0}),
        shipments,
        outcomes,
        as_of=AS_OF,
        catalog=catalog(),
    )
    assert set(head.facts["memory"]) == {"0", "365"}
    assert head.facts["half_life_days"] in (0.0, 365.0)


def test_hit_rate_counts_the_top_and_stops_training(world):
    rng = np.random.default_rng(1)
    found, score = (rng.random(100) < 0.3) * 1.0, rng.random(100)
    assert hit_rate(found, score, np.ones(100), 0.1) == pytest.approx(found[np.argsort(-score)[:10]].mean())
    assert worth("binary_logloss", found, np.zeros(100), np.ones(100)) == pytest.approx(-np.log(2))
    shipments, outcomes, _ = world
    settings = recipe(rounds={"most": 60, "patience": 10, "metric": "hit_rate@10%"})
    head = train(settings, shipments, outcomes, as_of=AS_OF, catalog=catalog())
    assert 10 <= head.facts["rounds"] <= 60
