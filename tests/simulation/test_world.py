"""The world as a whole: the same for the same seed, canonical, in order of time, of the size asked for."""

from __future__ import annotations

import hashlib

import numpy as np
import pandas as pd
import pytest

import omdrisk.simulation.play as play_module
from omdrisk.errors import InputError
from omdrisk.records.schema import table
from omdrisk.simulation import World, simulate, simulate_in_parts

TABLES = ("shipments", "cases", "inspections", "truth", "phases")


def digest(frame: pd.DataFrame) -> str:
    return hashlib.sha256(frame.to_json(date_unit="us", date_format="iso", orient="split").encode()).hexdigest()


def test_the_same_seed_gives_the_same_bytes() -> None:
    first, second = (simulate(seed=7, shipments=2_000) for _ in range(2))
    for name in TABLES:
        assert digest(getattr(first, name)) == digest(getattr(second, name)), name


def test_another_seed_gives_another_world() -> None:
    first, second = (simulate(seed=seed, shipments=2_000) for seed in (1, 2))
    assert digest(first.shipments) != digest(second.shipments)
    assert not set(first.truth["shipment_id"][first.truth["drug"] == 1]) >= set(
        second.truth["shipment_id"][second.truth["drug"] == 1]
    )


def test_parts_put_together_are_the_world(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(play_module, "BLOCK", 900)
    whole = simulate(seed=5, shipments=2_500)
    parts = list(simulate_in_parts(seed=5, shipments=2_500))
    assert [len(part.shipments) for part in parts] == [900, 900, 700]
    for name in ("shipments", "truth"):
        together = pd.concat([getattr(part, name) for part in parts], ignore_index=True)
        pd.testing.assert_frame_equal(together, getattr(whole, name))
    for name, key in (("inspections", "inspection_id"), ("cases", "case_id")):
        together = pd.concat([getattr(part, name) for part in parts], ignore_index=True)
        together = together.sort_values(["known_at", key], kind="stable", ignore_index=True)
        pd.testing.assert_frame_equal(together, getattr(whole, name))
    assert not whole.inspections["inspection_id"].duplicated().any()
    assert not whole.shipments["house_doc_no"].duplicated().any()


@pytest.mark.parametrize("name", ["shipments", "cases", "inspections"])
def test_tables_are_canonical(world: World, name: str) -> None:
    frame = getattr(world, name)
    columns = table(name).columns
    assert list(frame.columns) == list(columns)
    for column in columns.values():
        assert frame[column.name].dtype == column.dtype, column.name
        if column.required:
            assert frame[column.name].notna().all(), column.name
        if column.minimum is not None:
            assert not (frame[column.name] < column.minimum).any(), column.name
    assert isinstance(frame.index, pd.RangeIndex)


def test_sizes_and_shares(world: World) -> None:
    assert len(world.shipments) == len(world.truth) == 8_000
    filed = world.shipments["filed_at"]
    within = {
        row.phase: ((filed >= row.start) & (filed < row.end)).mean() for row in world.phases.itertuples(index=False)
    }
    for phase in world.parameters["phases"]:
        assert within[phase["name"]] == pytest.approx(phase["share"], abs=0.03)
    assert 0.08 < 1 - sum(within.values()) < 0.16
    shares = world.shipments["country_of_report"].value_counts(normalize=True)
    assert set(shares.index) == set(world.parameters["administrations"])
    assert shares["VN"] > shares["KH"]
    assert set(world.shipments["transport_mode"]) == {"1", "4", "5"}
    assert world.shipments["shipment_id"].is_unique
    assert filed.is_monotonic_increasing


def test_points_in_time(world: World) -> None:
    shipments, inspections, cases = world.shipments, world.inspections, world.cases
    filed = shipments.set_index("shipment_id")["filed_at"]
    of = inspections["shipment_id"].map(filed)
    assert of.notna().all()
    assert (inspections["selected_at"] > of).all()
    done = inspections["started_at"].notna()
    assert (inspections["started_at"] >= inspections["selected_at"])[done].all()
    assert (inspections["finished_at"] > inspections["started_at"])[done].all()
    assert (inspections["known_at"] >= inspections["finished_at"])[done].all()
    assert (inspections["known_at"] > of).all()
    assert (cases["known_at"] >= cases["occurred_on"]).all()
    named = cases["shipment_id"].notna()
    assert (cases["occurred_on"] > cases["shipment_id"].map(filed))[named].all()
    amended = shipments["amended_at"].notna()
    assert (shipments["amended_at"] <= shipments["filed_at"])[amended].all()
    both = shipments["eta"].notna() & shipments["etd"].notna()
    assert (shipments["eta"] > shipments["etd"])[both].all()


def test_traders_have_habits_and_new_ones_come(world: World) -> None:
    shipments = world.shipments[world.shipments["transport_mode"] == "1"]
    volume = shipments["consignee_name"].value_counts()
    assert volume.iloc[: len(volume) // 10].sum() > 0.25 * len(shipments)
    pair = shipments["consignee_name"] + "|" + shipments["shipper_name"]
    assert pair.duplicated().mean() > 0.4
    last = shipments[shipments["filed_at"] >= "2023-04-15"]
    earlier = set(shipments.loc[shipments["filed_at"] < "2023-04-15", "consignee_name"])
    assert 0.03 < (~last["consignee_name"].isin(earlier)).mean() < 0.6


def test_languages_and_gaps(world: World) -> None:
    text = world.shipments["goods_description"].dropna()
    for sign in ("ạ", "机", "ผ"):
        assert text.str.contains(sign).any(), sign
    air = world.shipments[(world.shipments["transport_mode"] == "4") & ~world.shipments["express"].astype(bool)]
    prealert = air[air["port_of_loading"].isna()]
    assert 0.15 < len(prealert) / len(air) < 0.45
    empty = prealert.columns[prealert.isna().all()]
    assert {"hs_code", "invoice_value", "consignee_tax_id", "eta"} <= set(empty)
    needed = ["packages", "gross_weight_kg", "shipper_name", "consignee_name", "house_doc_no"]
    assert prealert[needed].notna().all().all()
    lengths = set(world.shipments["hs_code"].dropna().str.len())
    assert {4, 6, 8, 10} <= lengths
    assert lengths <= {4, 5, 6, 7, 8, 9, 10}


def test_too_small_a_world_is_refused() -> None:
    with pytest.raises(InputError, match="too small; ask for 500"):
        simulate(shipments=10)


def test_the_least_world_stands() -> None:
    least = simulate(seed=0, shipments=500)
    assert len(least.shipments) == 500
    assert least.truth["drug"].sum() >= 3
    assert least.truth["wildlife"].sum() >= 2


def test_nothing_is_drawn_from_the_global_generator() -> None:
    np.random.seed(1)
    before = np.random.get_state()[1].copy()
    simulate(seed=0, shipments=600)
    assert (np.random.get_state()[1] == before).all()
