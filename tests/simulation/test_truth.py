"""The truth: plausible in size, held apart, and not to be read off the other tables."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from omdrisk.simulation import World, simulate


def rank_auc(score: np.ndarray, truth: np.ndarray) -> float:
    ranks = pd.Series(score).rank().to_numpy()
    positives = int(truth.sum())
    return float((ranks[truth].sum() - positives * (positives + 1) / 2) / positives / (len(truth) - positives))


def test_columns_and_order(world: World) -> None:
    truth = world.truth
    assert list(truth.columns) == ["shipment_id", "drug", "wildlife", "precursor", "network", "role", "hijacked", "kg"]
    assert (truth["shipment_id"] == world.shipments["shipment_id"]).all()
    assert set(truth["drug"]) == set(truth["wildlife"]) == {0, 1}


def test_prevalence(world: World) -> None:
    assert world.truth["drug"].mean() == pytest.approx(world.parameters["totals"]["drug"], rel=0.25)
    assert world.truth["wildlife"].mean() == pytest.approx(world.parameters["totals"]["wildlife"], rel=0.45)


def test_roles_tell_who_hides_what(world: World) -> None:
    truth = world.truth
    guilty = (truth["drug"] == 1) | (truth["wildlife"] == 1)
    assert (guilty == truth["role"].isin(["front", "complicit", "hijacked"])).all()
    assert ((truth["kg"] > 0) == guilty).all()
    assert (truth["network"].notna() == truth["role"].isin(["front", "complicit", "dummy"])).all()
    assert (truth["hijacked"] == (truth["role"] == "hijacked")).all()


def test_no_column_of_the_shipments_is_the_truth(world: World) -> None:
    shipments = world.shipments
    guilty = ((world.truth["drug"] == 1) | (world.truth["wildlife"] == 1)).to_numpy()
    assert {"drug", "wildlife", "precursor", "network", "role", "hijacked", "kg"}.isdisjoint(shipments.columns)
    for column in shipments:
        missing = shipments[column].isna().to_numpy()
        assert abs(rank_auc(missing, guilty) - 0.5) < 0.35, column
        values = shipments[column]
        if values.nunique(dropna=True) == 2:
            flag = (values == values.dropna().iloc[0]).fillna(False).to_numpy(dtype=bool)
            assert not (flag == guilty).all(), column
            assert not (flag == ~guilty).all(), column


def test_references_are_shuffled(world: World) -> None:
    guilty = ((world.truth["drug"] == 1) | (world.truth["wildlife"] == 1)).to_numpy()
    serial = world.shipments["shipment_id"].str[4:].astype(int).to_numpy()
    bound = 4 / np.sqrt(12 * guilty.sum())
    assert abs(rank_auc(serial, guilty) - 0.5) < bound
    assert abs(rank_auc(np.arange(len(guilty)), guilty) - 0.5) < 2 * bound
    assert abs(np.corrcoef(serial, np.arange(len(serial)))[0, 1]) < 0.05


def test_hijacked_shipments_belong_to_honest_traders() -> None:
    world = simulate(seed=9, shipments=20_000)
    hijacked = world.truth["hijacked"].to_numpy()
    assert hijacked.sum() > 8
    assert (world.shipments.loc[hijacked, "transport_mode"] == "1").all()
    assert world.truth.loc[hijacked, "network"].isna().all()
    perishable = world.shipments["container_type"].eq("45R1").to_numpy()
    assert perishable[hijacked].mean() > 2 * perishable[~hijacked].mean()


@pytest.mark.parametrize("level", ["easy", "hard"])
def test_levels_change_who_carries(level: str) -> None:
    roles = simulate(seed=2, shipments=12_000, parameters=level).truth["role"].value_counts()
    carried = roles[["front", "complicit", "hijacked"]]
    share = carried["front"] / carried.sum()
    assert share > 0.85 if level == "easy" else share < 0.75
