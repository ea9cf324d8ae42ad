"""Numbers with check digits, against python-stdnum."""

from __future__ import annotations

import importlib

import numpy as np
import pytest
from stdnum import imo, iso6346

from omdrisk.simulation import World
from omdrisk.simulation.identifiers import (
    OFFICIAL,
    containers,
    official_numbers,
    postal_items,
    ships,
    waybills,
    wrong_digit,
)

NUMBERS = np.random.Generator(np.random.PCG64(1)).integers(0, 2**40, size=400)
SCHEMES = {
    "VN": "vn.mst",
    "CN": "cn.uscc",
    "TH": "th.tin",
    "ID": "id.npwp",
    "AU": "au.abn",
    "IN": "in_.gstin",
    "SG": "sg.uen",
}


@pytest.mark.parametrize(("country", "scheme"), SCHEMES.items())
def test_official_numbers(country: str, scheme: str) -> None:
    valid = importlib.import_module(f"stdnum.{scheme}").is_valid
    made = official_numbers(country, NUMBERS)
    assert all(map(valid, made))
    assert len(set(made)) > 0.98 * len(made)
    assert not any(map(valid, map(wrong_digit, made)))


def test_other_countries_have_plain_numbers() -> None:
    assert "FR" not in OFFICIAL
    assert all(len(number) == 8 for number in official_numbers("FR", NUMBERS))


def test_containers_and_ships() -> None:
    assert all(map(iso6346.is_valid, containers(["TCLU", "MSKU"] * 200, NUMBERS % 1_000_000)))
    assert all(map(imo.is_valid, ships(NUMBERS % 90_000 + 900_000)))


def test_waybills_and_postal_items() -> None:
    assert waybills(["618"], np.array([7_654_321])) == [f"618-7654321{7_654_321 % 7}"]
    weights = (8, 6, 4, 2, 3, 5, 9, 7)
    for item in postal_items(["CP"] * 400, NUMBERS % 100_000_000, ["NL"] * 400):
        rest = 11 - sum(int(sign) * weight for sign, weight in zip(item[2:10], weights, strict=True)) % 11
        assert int(item[10]) == {10: 0, 11: 5}.get(rest, rest)


def test_most_numbers_in_the_world_are_right(world: World) -> None:
    boxes = world.shipments["container_no"].dropna()
    assert 0.97 < boxes.map(iso6346.is_valid).mean() < 1
    tax = world.shipments.loc[world.shipments["consignee_country"] == "VN", "consignee_tax_id"].dropna()
    assert 0.95 < tax.map(importlib.import_module("stdnum.vn.mst").is_valid).mean() <= 1
