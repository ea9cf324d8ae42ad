"""Fairness: a constant score treats all alike, a score of the origin does not, and small groups are not told."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from omdrisk.errors import InputError
from omdrisk.evaluation import fairness, without_countries
from omdrisk.features import Catalog
from omdrisk.resources import definitions
from omdrisk.training import Recipe

ROWS = 3_000


@pytest.fixture(scope="module")
def tables() -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    rng = np.random.default_rng(0)
    shipments = pd.DataFrame(
        {
            "shipment_id": [f"S{number}" for number in range(ROWS)],
            "filed_at": pd.date_range("2023-05-01", periods=ROWS, freq="15min", tz="UTC"),
            "country_of_origin": rng.choice(["CN", "NL", "VN", "LA"], ROWS, p=[0.5, 0.3, 0.199, 0.001]),
            "consignee_name": [f"Dai Phat {number} Co Ltd" for number in rng.zipf(1.6, ROWS).clip(max=900)],
            "consignee_country": "VN",
        }
    )
    hidden = rng.random(ROWS) < 0.1
    picked = rng.random(ROWS) < 0.4
    outcomes = pd.DataFrame(
        {
            "shipment_id": shipments["shipment_id"],
            "target": "drug",
            "outcome": hidden.astype(float),
            "known_at": shipments["filed_at"] + pd.Timedelta(days=1),
            "selected_by": np.where(picked, "random", "officer"),
            "selection_probability": np.where(picked, 0.4, np.nan),
        }
    )
    truth = pd.DataFrame({"shipment_id": shipments["shipment_id"], "drug": hidden.astype(int)})
    return shipments, outcomes, truth


def rates(made, rate, group="origin"):
    table = made.table[(made.table["rate"] == rate) & (made.table["group"] == group)]
    return table.set_index("value")


def test_a_constant_score_selects_all_alike(tables):
    shipments, outcomes, _ = tables
    made = fairness(shipments, np.zeros(ROWS), outcomes, target="drug", capacity=0.05)
    for rate in ("selection", "false_alarm"):
        told = made.table[(made.table["rate"] == rate) & (made.table["note"] == "")]
        assert np.allclose(told["estimate"], 0.05)
        assert np.allclose(told["ratio"], 1.0)
        assert (told["low"] < 0.05).all()
        assert (told["high"] > 0.05).all()


def test_a_score_of_the_origin_is_told_as_such(tables):
    shipments, outcomes, _ = tables
    score = shipments["country_of_origin"].eq("NL") + np.random.default_rng(1).random(ROWS)
    made = fairness(shipments, {"of origin": score, "blind": score % 1}, outcomes, target="drug", capacity=0.05)
    for name, high in (("of origin", 2.5), ("blind", 0.5)):
        table = made.table[made.table["score"] == name]
        selected = table[(table["rate"] == "selection") & (table["value"] == "NL")]
        assert selected["ratio"].item() > high
    biased = made.table[(made.table["score"] == "of origin") & (made.table["value"] == "CN")]
    assert biased[biased["rate"] == "false_alarm"]["estimate"].item() == 0


def test_random_picks_estimate_what_the_truth_is(tables):
    shipments, outcomes, truth = tables
    score = np.random.default_rng(2).random(ROWS) + 0.5 * truth["drug"].to_numpy()
    picks = fairness(shipments, score, outcomes, target="drug", capacity=0.2)
    known = fairness(shipments, score, outcomes, target="drug", capacity=0.2, truth=truth)
    for rate in ("hit", "false_alarm"):
        estimate, exact = rates(picks, rate, "all").loc["all"], rates(known, rate, "all").loc["all"]
        assert estimate["low"] <= exact["estimate"] <= estimate["high"]
        assert exact["high"] - exact["low"] < estimate["high"] - estimate["low"]


def test_weights_undo_uneven_chances_of_being_picked(tables):
    shipments, outcomes, truth = tables
    rng = np.random.default_rng(3)
    score = rng.random(ROWS)
    chance = np.where(score > 0.5, 0.8, 0.1)  # what scores high is picked more often
    uneven = outcomes.assign(selected_by=np.where(rng.random(ROWS) < chance, "random", "officer"),
                             selection_probability=chance)  # fmt: skip
    made = fairness(shipments, score, uneven, target="drug", capacity=0.3)
    exact = fairness(shipments, score, outcomes, target="drug", capacity=0.3, truth=truth)
    one, other = (rates(each, "false_alarm", "all").loc["all"] for each in (made, exact))
    assert one["low"] <= other["estimate"] <= one["high"]
    assert abs(one["estimate"] - other["estimate"]) < 0.06


def test_small_groups_are_marked_and_not_told(tables):
    shipments, outcomes, _ = tables
    made = fairness(shipments, np.zeros(ROWS), outcomes, target="drug", least=20)
    few = made.table[made.table["note"] == "few"]
    assert "LA" in set(few["value"])
    assert few["estimate"].isna().all()
    assert few["cases"].isna().all()
    assert (made.table.loc[made.table["note"] == "", "rows"] >= 20).all()


def test_parties_are_sized_by_what_came_before(tables):
    shipments, outcomes, _ = tables
    made = fairness(shipments, np.zeros(ROWS), outcomes, target="drug", groups=["party_size"])
    sizes = rates(made, "selection", "party_size")["rows"]
    earlier = shipments.groupby("consignee_name").cumcount()
    assert sizes["new"] == (earlier == 0).sum()
    assert sizes["100 or more"] == (earlier >= 100).sum()
    before = shipments.assign(shipment_id="before " + shipments["shipment_id"],
                              filed_at=shipments["filed_at"] - pd.Timedelta(days=400))  # fmt: skip
    known = fairness(shipments, np.zeros(ROWS), outcomes, target="drug", groups=["party_size"], past=before)
    assert "new" not in rates(known, "selection", "party_size").index


def test_the_picture_shows_told_groups_alone(tables):
    shipments, outcomes, _ = tables
    made = fairness(shipments, np.zeros(ROWS), outcomes, target="drug", groups=["origin"])
    shown = [label.get_text() for label in made.plot().get_yticklabels()]
    assert set(shown) == {"CN", "NL", "VN"}
    assert (
        not fairness(shipments, np.zeros(ROWS), outcomes, target="drug", groups=["origin"], least=10**6)
        .plot()
        .get_yticklabels()
    )


def test_without_countries_no_sensitive_feature_is_left():
    recipe, catalog = Recipe.read(definitions("models") / "drug.toml"), Catalog.read()
    left = without_countries(recipe, catalog).choose(catalog)
    taken = {d.name for d in recipe.choose(catalog)} - {d.name for d in left}
    assert "origin_drug_rate" in taken
    assert not any(definition.sensitive for definition in left)


def test_what_does_not_fit_is_refused(tables):
    shipments, outcomes, _ = tables
    with pytest.raises(InputError, match="one score per shipment"):
        fairness(shipments, [1.0], outcomes, target="drug")
    with pytest.raises(InputError, match="group 'orign' is unknown"):
        fairness(shipments, np.zeros(ROWS), outcomes, target="drug", groups=["orign"])
    with pytest.raises(InputError, match="capacity is 0"):
        fairness(shipments, np.zeros(ROWS), outcomes, target="drug", capacity=0)
    with pytest.raises(InputError, match="no column 'drug_raw'"):
        fairness(shipments, pd.DataFrame({"wildlife_raw": np.zeros(ROWS)}), outcomes, target="drug")
