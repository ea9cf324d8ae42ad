"""Training: only what was known, only what was examined, the same bytes, a planted signal found and noise not."""

from __future__ import annotations

import json
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from omdrisk.bundle import read_bundle, save_bundle
from omdrisk.errors import InputError
from omdrisk.evaluation.metrics import Ranking
from omdrisk.features import FeaturePipeline
from omdrisk.training import train
from omdrisk.training.calibration import Calibration
from omdrisk.training.labels import labelled, lessons, stands_for, weights
from omdrisk.training.loop import history_of
from omdrisk.training.moments import utc
from omdrisk.training.reference import Reference, shares_in
from tests.training.world import as_arrow, catalog, recipe, tables

AS_OF = "2023-05-01"


@pytest.fixture(scope="module")
def world():
    return tables()


@pytest.fixture(scope="module")
def head(world):
    shipments, outcomes, _ = world
    return train(recipe(), shipments, outcomes, as_of=AS_OF, catalog=catalog())


def parts(head):
    return json.dumps(
        [
            head.text,
            head.pipeline.state(),
            head.calibration.to_dict(),
            head.reference.to_dict(),
            dict(head.facts),
        ]
    )


def test_planted_signal_is_found(world, head):
    shipments, outcomes, truth = world
    future = shipments[shipments["filed_at"] >= AS_OF]
    history = history_of(catalog(), shipments, outcomes)
    pipeline = FeaturePipeline.from_state(head.pipeline.state(), head.pipeline.catalog_, history)
    raw = head.raw(pipeline.transform(future))
    hidden = truth["drug"].to_numpy()[future.index]
    top = np.argsort(-raw)[: len(raw) // 20]
    assert hidden[top].mean() > 3 * hidden.mean()
    chance = head.probability(raw)
    assert 0.6 < chance.mean() / hidden.mean() < 1.6


def test_nothing_later_changes_a_head(world, head):
    shipments, outcomes, _ = world
    moment = utc(AS_OF)
    changed = shipments.copy()
    late = (changed["filed_at"] >= moment).to_numpy()
    changed.loc[late, "gross_weight_kg"] = 1e6
    changed.loc[late, "package_type"] = "ZZ"
    told = outcomes.copy()
    told.loc[(told["known_at"] >= moment).to_numpy(), "outcome"] = 1.0
    again = train(recipe(), changed, told, as_of=AS_OF, catalog=catalog())
    cut = train(
        recipe(),
        shipments[~late],
        outcomes[(outcomes["known_at"] < moment).to_numpy()],
        as_of=AS_OF,
        catalog=catalog(),
    )
    assert parts(again) == parts(head) == parts(cut)


def test_a_given_history_of_more_gives_the_same_head(world, head):
    shipments, outcomes, _ = world
    history = history_of(catalog(), shipments, outcomes)
    given = train(recipe(), shipments, outcomes, as_of=AS_OF, catalog=catalog(), history=history)
    assert parts(given) == parts(head)


def test_order_of_rows_changes_nothing(world, head):
    shipments, outcomes, _ = world
    mixed = shipments.sample(frac=1, random_state=3)
    again = train(recipe(), mixed, outcomes.sample(frac=1, random_state=4), as_of=AS_OF, catalog=catalog())
    assert again.text == head.text
    assert again.calibration == head.calibration


def test_same_seed_same_bytes(world, head, tmp_path):
    shipments, outcomes, _ = world
    again = train(recipe(), shipments, outcomes, as_of=AS_OF, catalog=catalog())
    for name, each in (("one", head), ("two", again)):
        save_bundle([each], tmp_path / name)
    files = [path.relative_to(tmp_path / "one") for path in (tmp_path / "one").rglob("*") if path.is_file()]
    assert len(files) == 9
    for file in files:
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes(), file


def test_who_was_not_examined_is_no_row(world, head):
    shipments, outcomes, _ = world
    moment = utc(AS_OF)
    known = outcomes[(outcomes["known_at"] < moment).to_numpy()]
    assert head.facts["rows"] == len(known) < 0.4 * (shipments["filed_at"] < moment).sum()
    assert head.facts["positives"] == int(known["outcome"].sum())
    assert head.reference.rows == (shipments["filed_at"] < moment).sum()


def test_features_are_those_of_the_day_of_filing(world, head):
    shipments, outcomes, _ = world
    moment = utc(AS_OF)
    labels = labelled(recipe(), shipments, outcomes, moment)
    rows = labels["row"].to_numpy()[[5, 300, 600]]
    told = outcomes.merge(shipments[["shipment_id", "filed_at", "consignee_tax_id"]], on="shipment_id")
    pipeline = FeaturePipeline.from_state(
        head.pipeline.state(), head.pipeline.catalog_, history_of(catalog(), shipments, outcomes)
    )
    features = pipeline.transform(shipments.iloc[rows])
    for place, row in enumerate(rows):
        shipment = shipments.iloc[row]
        before = told[(told["known_at"] < shipment["filed_at"]).to_numpy()]
        own = before[(before["consignee_tax_id"] == shipment["consignee_tax_id"]).to_numpy()]
        base = np.average(before["outcome"], weights=before["weight"]) if len(before) else np.nan
        rate = (own["outcome"].sum() + 5 * base) / (own["weight"].sum() + 5)
        assert features["consignee_rate"].iloc[place] == pytest.approx(rate, nan_ok=True)


def test_pure_noise_gives_nothing(world):
    shipments, outcomes, _ = world
    rng = np.random.default_rng(9)
    noise = outcomes.assign(outcome=(rng.random(len(outcomes)) < 0.1).astype(float))
    head = train(recipe(), shipments, noise, as_of=AS_OF, catalog=catalog())
    assert abs(head.facts["later"]["auc"] - 0.5) < 0.12


def test_label_rule(world):
    shipments, outcomes, _ = world
    moment = utc(AS_OF)
    strong = labelled(recipe(label={"min_weight": 0.5}), shipments, outcomes, moment)
    every = labelled(recipe(), shipments, outcomes, moment)
    assert set(strong["weight"]) == {1.0}
    assert set(every["weight"]) == {0.3, 1.0}
    assert len(labelled(recipe(label={"sources": ["case"]}), shipments, outcomes, moment)) == 0
    withdrawn = pd.concat([outcomes, outcomes.iloc[[0]].assign(outcome=np.nan, known_at=moment - pd.Timedelta(days=1))])
    assert len(labelled(recipe(), shipments, withdrawn, moment)) == len(every) - 1


def both_targets(world, few=0.04):
    """Return outcomes of drugs, and of wildlife: the same shipments examined, few of the hidden ones with wildlife."""
    _, outcomes, truth = world
    rare = (truth["drug"] * (np.random.default_rng(6).random(len(truth)) < few)).to_numpy()
    held = pd.Series(rare, truth["shipment_id"]).loc[outcomes["shipment_id"]].to_numpy()
    return pd.concat([outcomes, outcomes.assign(target="wildlife", outcome=held)], ignore_index=True)


def test_related_finds_are_weak_finds_from_when_they_are_known(world):
    shipments, outcomes, _ = world
    told, moment = both_targets(world), utc(AS_OF)
    rule = recipe(target="wildlife", label={"related": ["drug"], "related_weight": 0.25})
    labels = labelled(rule, shipments, told, moment)
    plain = labelled(recipe(target="wildlife"), shipments, told, moment)
    drugs = set(outcomes.loc[(outcomes["outcome"] == 1) & (outcomes["known_at"] < moment), "shipment_id"])
    in_drugs = shipments["shipment_id"].iloc[labels["row"]].isin(drugs).to_numpy()
    assert (labels["related"] == (in_drugs & (labels["found"] == 0))).all()
    assert labels["related"].any()
    assert not plain["related"].any()
    pd.testing.assert_frame_equal(labels.drop(columns="related"), plain.drop(columns="related"))
    taught, counts = lessons(rule, labels, moment)
    whole = weights(rule, labels, moment)
    assert (taught == np.where(labels["related"], 1.0, labels["found"])).all()
    assert (counts == np.where(labels["related"], 0.25 * whole, whole)).all()
    # what was found in a shipment later counts as known later, and what is known after the moment not at all
    late = told["known_at"].where(told["target"] != "drug", told["known_at"] + pd.Timedelta(days=30))
    moved = labelled(rule, shipments, told.assign(known_at=late), moment)
    own = labels["known_at"][moved["related"]]
    assert (moved["known_at"][moved["related"]] == own + pd.Timedelta(days=30)).all()
    assert (moved["known_at"] < moment).all()
    assert moved["related"].sum() < labels["related"].sum()


def test_related_finds_help_where_own_ones_are_few(world):
    shipments, _, truth = world
    told = both_targets(world)
    every = catalog()
    settings = {
        "target": "wildlife",
        "rounds": {"most": 60, "patience": 0},
        "features": {"names": [d.name for d in every]},
    }
    alone, helped = (
        train(recipe(**settings, label=label), shipments, told, as_of=AS_OF, catalog=every)
        for label in ({}, {"related": ["drug"]})
    )
    assert helped.facts["positives"] == alone.facts["positives"] < 20
    later = (shipments["filed_at"] >= AS_OF).to_numpy()
    history = history_of(every, shipments, told)
    auc = []
    for head in (alone, helped):
        features = head.pipeline.with_history(history).transform(shipments[later])
        auc.append(Ranking(truth["drug"][later], head.raw(features)).measure(["auc"])[0])
    assert auc[1] > auc[0] + 0.03


def test_weights_age_and_stand_for():
    shipments, outcomes, _ = tables(300)
    moment = utc("2024-06-01")
    labels = labelled(recipe(), shipments, outcomes, moment)
    aged = weights(recipe(weights={"half_life_days": 100}), labels, moment)
    age = (moment - labels["filed_at"]).dt.total_seconds() / 86400
    np.testing.assert_allclose(aged, labels["weight"] * 0.5 ** (age / 100))
    inverse = weights(recipe(weights={"inverse_selection": True, "clip": 2}), labels, moment)
    np.testing.assert_allclose(inverse, labels["weight"] * 2.0)
    assert stands_for(pd.Series([np.nan, 0.0, 1.0]), 9).tolist() == [1.0, 9.0, 1.0]


def test_nothing_to_learn_from_is_said(world):
    shipments, outcomes, _ = world
    with pytest.raises(InputError, match="none is found"):
        train(recipe(), shipments, outcomes.assign(outcome=0.0), as_of=AS_OF, catalog=catalog())
    with pytest.raises(InputError, match=r"of 0 examined shipments known before 2021-01-01"):
        train(recipe(), shipments, outcomes, as_of="2021-01-01", catalog=catalog())
    with pytest.raises(InputError, match="is not a date"):
        train(recipe(), shipments, outcomes, as_of="soon", catalog=catalog())


def test_few_finds_still_train():
    shipments, outcomes, _ = tables(600)
    found = np.flatnonzero(outcomes["outcome"] == 1)
    few = outcomes.drop(index=outcomes.index[found[3:]])
    head = train(recipe(), shipments, few, as_of="2024-01-01", catalog=catalog())
    assert head.facts["positives"] == 3
    assert head.facts["caution"].startswith("Only 3 finds of 'drug'")
    assert 0 < head.probability(np.array([0.0]))[0] < 1


def test_enough_finds_need_no_caution(head):
    assert head.facts["calibrated"]
    assert "caution" not in head.facts


@pytest.mark.parametrize("left", [slice(None, 1), slice(-1, None)], ids=["only early", "only late"])
def test_a_head_without_a_calibration_says_so(left, tmp_path):
    shipments, outcomes, _ = tables(600)
    found = outcomes.index[outcomes["outcome"] == 1]
    told = outcomes.drop(index=found.difference(found[left]))
    head = train(recipe(), shipments, told, as_of="2024-01-01", catalog=catalog())
    assert (head.calibration.kind, head.facts["calibrated"]) == ("none", False)
    assert head.facts["caution"].startswith("Only 1 find of 'drug'")
    assert "not calibrated" in head.facts["caution"]
    np.testing.assert_array_equal(head.calibration.log_odds([-2.0, 0.5]), [-2.0, 0.5])
    assert Calibration.from_dict(json.loads(json.dumps(head.calibration.to_dict()))) == head.calibration
    save_bundle([head], tmp_path / "bundle")
    assert read_bundle(tmp_path / "bundle").heads[0].facts == head.facts


@pytest.mark.parametrize("kind", ["text", "arrow", "polars"])
def test_any_library_of_tables_gives_the_same_head(world, head, kind):
    shipments, outcomes, _ = world
    if kind == "text":
        given = [
            shipments.assign(filed_at=shipments["filed_at"].astype("str")),
            outcomes.assign(known_at=outcomes["known_at"].astype("str"), outcome=outcomes["outcome"].astype("str")),
        ]
    elif kind == "arrow":
        given = [as_arrow(each) for each in (shipments, outcomes)]
    else:
        polars = pytest.importorskip("polars")
        given = [polars.from_arrow(as_arrow(each)) for each in (shipments, outcomes)]
    assert parts(train(recipe(), *given, as_of=AS_OF, catalog=catalog())) == parts(head)


def test_wrong_tables_are_said(world):
    shipments, outcomes, _ = world
    for given, says in [
        ((outcomes, shipments), "shipments table lacks the column filed_at"),
        ((shipments.drop(columns="shipment_id"), outcomes), "shipments table lacks the column shipment_id"),
        ((shipments, shipments), "lacks the columns target, outcome, known_at; .*`omdrisk link`"),
        ((shipments, outcomes.assign(outcome="clear")), "the outcome 'clear'"),
        ((shipments, None), "A table is expected"),
    ]:
        with pytest.raises(InputError, match=says):
            train(recipe(), *given, as_of=AS_OF, catalog=catalog())
    with pytest.raises(InputError, match="seed must be 0 or more"):
        train(recipe(), shipments, outcomes, as_of=AS_OF, seed=-1, catalog=catalog())


def test_reference_knows_its_own_rows(head):
    shares = [sum(each["shares"]) + each["missing"] for each in head.reference.features.values()]
    np.testing.assert_allclose(shares, 1.0)
    assert head.reference.features["packing"]["kind"] == "category"
    again = Reference.from_dict(json.loads(json.dumps(head.reference.to_dict())))
    assert again == head.reference
    scores = np.asarray(head.reference.scores)
    np.testing.assert_allclose(head.percentile(scores[[0, 500, 1000]]), [0, 50, 100], atol=5.0)
    assert (np.diff(head.percentile(np.linspace(-9, 9, 500))) >= 0).all()


def test_bins_of_a_reference_hold_what_they_say():
    rng = np.random.default_rng(0)
    values = np.where(rng.random(5000) < 0.4, 0.0, rng.exponential(size=5000))
    values[rng.random(5000) < 0.1] = np.nan
    described = Reference.of(pd.DataFrame({"a": values}), np.zeros(5000)).features["a"]
    edges = [-np.inf, *described["edges"], np.inf]
    counted = [((values > low) & (values <= high)).mean() for low, high in pairwise(edges)]
    np.testing.assert_allclose(described["shares"], counted)
    np.testing.assert_allclose(shares_in(described, values)[-1], np.isnan(values).mean())
    assert min(described["shares"]) > 0
