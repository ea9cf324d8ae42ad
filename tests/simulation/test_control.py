"""Inspections: who selects, what is found, and that only chance tells the base rate."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from omdrisk.simulation import World, simulate


@pytest.fixture(scope="module")
def joined() -> pd.DataFrame:
    world = simulate(seed=3, shipments=40_000)
    table = world.inspections.merge(world.truth, on="shipment_id", validate="one_to_one")
    table["guilty"] = (table["drug"] == 1) | (table["wildlife"] == 1)
    table["found"] = table["outcome"].str.contains("drug|precursor|wildlife")
    return table


def test_share_of_inspections(world: World) -> None:
    assert 0.03 < len(world.inspections) / len(world.shipments) < 0.055
    assert set(world.inspections["selected_by"]) <= {"random", "rule", "officer", "intelligence", "model"}
    early = world.inspections[world.inspections["known_at"] < "2022-04-01"]
    assert "model" not in set(early["selected_by"])


def test_finds_are_true_and_some_contraband_is_missed(joined: pd.DataFrame) -> None:
    assert joined.loc[joined["found"], "guilty"].all()
    missed = joined["guilty"] & ~joined["found"]
    assert 0.1 < missed.sum() / joined["guilty"].sum() < 0.6
    assert (joined["finding_kg"].notna() == joined["found"]).all()
    what = joined.loc[joined["found"]]
    assert (what["outcome"].str.contains("wildlife") == (what["wildlife"] == 1)).all()
    assert (what["outcome"].str.contains("drug|precursor") == (what["drug"] == 1)).all()


def test_random_picks_show_the_base_rate_and_tips_do_not(joined: pd.DataFrame) -> None:
    base = 0.0079
    random = joined[joined["selected_by"] == "random"]
    spread = np.sqrt(base * (1 - base) / len(random))
    assert abs(random["guilty"].mean() - base) < 4 * spread
    assert joined.loc[joined["selected_by"] == "intelligence", "guilty"].mean() > 0.4
    assert joined.loc[joined["selected_by"] == "rule", "guilty"].mean() > 2 * base


def test_selection_probability(joined: pd.DataFrame) -> None:
    random = joined["selected_by"] == "random"
    assert joined.loc[random, "selection_probability"].between(0.001, 0.02).all()
    rule = joined["selected_by"] == "rule"
    assert 0.5 < joined.loc[rule, "selection_probability"].notna().mean() < 0.9
    assert joined.loc[~random & ~rule, "selection_probability"].isna().all()
    assert (joined["score_at_selection"].notna() == (joined["selected_by"] == "model")).all()


def test_stronger_methods_find_more(joined: pd.DataFrame) -> None:
    guilty = joined[joined["guilty"] & (joined["outcome"] != "not_performed")]
    strong = guilty["method"].str.contains("devan")
    documents = guilty["method"].eq("documentary")
    assert guilty.loc[strong, "found"].mean() > 0.75
    assert not guilty.loc[documents, "found"].any()


def test_rip_off_is_told_and_only_of_hijacked(joined: pd.DataFrame) -> None:
    told = joined["concealment_code"] == "rip_off"
    assert joined.loc[told, "hijacked"].all()
