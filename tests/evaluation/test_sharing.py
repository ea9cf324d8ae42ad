"""Sharing: a foreign case of the same party helps, one of a stranger does not."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from omdrisk.errors import InputError
from omdrisk.evaluation import sharing
from omdrisk.features import Catalog
from omdrisk.training import Recipe

PHASE = {"T": ("2023-04-15", "2023-09-15")}
TEXT = {"targets": ["drug"], "why": "Planted.", "family": "planted", "reason": {"en": "{value}"}}
CATALOG = Catalog.from_dict(
    {
        "format": 1,
        "tables": {},
        "definitions": [
            {**TEXT, "name": "finds", "id": "T1", "kind": "finds", "by": ["consignee"], "target": "drug"},
            {**TEXT, "name": "packages", "id": "T2", "kind": "number", "value": "packages"},
        ],
    }
)
RECIPE = Recipe.from_dict(
    {
        "target": "drug",
        "features": {"families": ["planted"]},
        "lightgbm": {"num_leaves": 4, "min_data_in_leaf": 3, "min_sum_hessian_in_leaf": 0.01, "lambda_l2": 0.1,
                     "feature_fraction": 1.0},
        "rounds": {"fewest": 20, "most": 20},
    }
)  # fmt: skip


def world(*, same_party: bool, seed: int = 0):
    """Two administrations; in A who was found once is found again. B has found those who later come to A, or others."""
    rng = np.random.default_rng(seed)
    rows: list[tuple[str, str, str, int]] = []
    for number in range(40):  # own past of A: twenty bad parties that come again, each found both times
        rows += [("A", f"2022-{1 + number % 6:02d}-10", f"Own {number}", int(number < 20)),
                 ("A", f"2022-{7 + number % 5:02d}-20", f"Own {number}", int(number < 20))]  # fmt: skip
    rows += [("A", "2022-08-01", f"Honest {number}", 0) for number in range(160)]
    for number in range(25):
        rows.append(("B", "2022-11-05", f"{'Feared' if same_party else 'Strange'} {number}", 1))
    rows += [("B", "2022-11-06", f"Good {number}", 0) for number in range(60)]
    for number in range(25):
        rows.append(("A", f"2023-{5 + number % 4:02d}-11", f"Feared {number}", 1))
    rows += [("A", f"2023-{5 + n % 4:02d}-{1 + n % 27:02d}", f"New {n}", 0) for n in range(400)]
    shipments = pd.DataFrame(
        {
            "shipment_id": [f"{row[0]}{number}" for number, row in enumerate(rows)],
            "filed_at": pd.to_datetime([row[1] for row in rows], utc=True),
            "country_of_report": [row[0] for row in rows],
            "consignee_name": [f"{row[2]} Trading Co Ltd" for row in rows],
            "consignee_country": "VN",
            "packages": rng.uniform(1, 100, len(rows)),
        }
    )
    truth = pd.DataFrame({"shipment_id": shipments["shipment_id"], "drug": [row[3] for row in rows]})
    past = (shipments["filed_at"] < "2023-01-01").to_numpy()
    outcomes = pd.DataFrame(
        {
            "shipment_id": shipments["shipment_id"][past],
            "target": "drug",
            "outcome": truth["drug"][past].astype(float),
            "known_at": shipments["filed_at"][past] + pd.Timedelta(days=3),
        }
    )
    return shipments, outcomes, truth


def gain(made, level, member="A"):
    table = made.table
    return table[(table["administration"] == member) & (table["level"] == level)].iloc[0]


def measured(*, same_party: bool, **more):
    shipments, outcomes, truth = world(same_party=same_party)
    return sharing(RECIPE, shipments, outcomes, phase=PHASE, truth=truth, capacity=0.05, catalog=CATALOG,
                   resamples=200, **more)  # fmt: skip


def test_a_foreign_case_of_the_same_party_helps():
    made = measured(same_party=True)
    assert made.table["metric"].iloc[0] == "recall@5%"
    for level in ("keyed cases", "all"):
        row = gain(made, level)
        assert row["gain"] > 0.5
        assert row["gain_low"] > 0.3
    assert "B" in made.skipped  # nothing of it to test on
    assert set(made.table["administration"]) == {"A", "together"}
    assert gain(made, "own")["past_finds"] == 40


def test_without_names_the_same_case_helps_nobody():
    row = gain(measured(same_party=True, levels=["cases"]), "cases")
    assert row["gain_low"] <= 0 <= row["gain_high"]


def test_where_parties_are_disjoint_there_is_no_gain():
    row = gain(measured(same_party=False, levels=["keyed cases"]), "keyed cases")
    assert row["gain_low"] <= 0 <= row["gain_high"]


def test_a_case_counts_from_when_it_was_reported():
    shipments, outcomes, truth = world(same_party=True)
    late = outcomes[outcomes["outcome"] == 1].assign(known_at=pd.Timestamp("2023-10-01", tz="UTC"))
    made = sharing(RECIPE, shipments, outcomes, reported=late, phase=PHASE, truth=truth, capacity=0.05,
                   levels=["keyed cases"], catalog=CATALOG, resamples=100)  # fmt: skip
    row = gain(made, "keyed cases")
    assert row["gain_low"] <= 0 <= row["gain_high"]


def test_without_the_truth_examined_shipments_are_tested_on():
    shipments, outcomes, truth = world(same_party=True)
    later = (shipments["filed_at"] >= "2023-04-15").to_numpy()
    told = pd.DataFrame({"shipment_id": shipments["shipment_id"][later], "target": "drug",
                         "outcome": truth["drug"][later].astype(float),
                         "known_at": shipments["filed_at"][later] + pd.Timedelta(days=300)})  # fmt: skip
    both = pd.concat([outcomes, told])
    made = sharing(RECIPE, shipments, both, reported=outcomes[outcomes["outcome"] == 1], phase=PHASE, capacity=0.05,
                   levels=["keyed cases"], catalog=CATALOG, resamples=100)  # fmt: skip
    assert gain(made, "keyed cases")["rows"] == later.sum()
    assert gain(made, "keyed cases")["gain"] > 0.5


def test_the_picture_names_administrations_and_levels():
    axes = measured(same_party=True).plot()
    assert any("A\n" in label.get_text() for label in axes.get_yticklabels())
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["cases", "keyed cases", "shared head", "all"]


def test_what_is_not_there_is_refused():
    with pytest.raises(InputError, match="level 'pooled' is unknown"):
        measured(same_party=True, levels=["pooled"])
    with pytest.raises(InputError, match="column 'country' is not there"):
        measured(same_party=True, by="country")
    shipments, outcomes, truth = world(same_party=True)
    with pytest.raises(InputError, match="no administration could be tested"):
        sharing(RECIPE, shipments, outcomes, phase={"Z": ("2030-01-01", "2030-02-01")}, truth=truth, catalog=CATALOG)
