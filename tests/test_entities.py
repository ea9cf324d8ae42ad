"""Entities, numbers, moments and keys of shipments."""

from __future__ import annotations

import hashlib
import hmac

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from omdrisk.entities import (
    ENTITIES,
    NO_TIME,
    NUMBERS,
    PARTIES,
    PARTY_ENTITIES,
    Keyring,
    agency_secret,
    columns_of,
    entity,
    micros,
    number,
)
from omdrisk.errors import DefinitionError, HistoryError
from omdrisk.records.schema import table

SECRET = b"sixteen bytes or"


def one(column: str | dict[str, object], value: object = None, *, name: str) -> object:
    cells = column if isinstance(column, dict) else {column: value}
    made = entity(pd.DataFrame({key: [cell] for key, cell in cells.items()}), name)
    assert made.dtype == "str"
    assert made.name == name
    return None if pd.isna(made[0]) else made[0]


@pytest.mark.parametrize(
    ("cells", "name", "expected"),
    [
        ({"consignee_name": "Cty TNHH Đại Phát", "consignee_country": "VN"}, "consignee", "name:VN:dai phat"),
        ({"consignee_tax_id": 100233488.0, "consignee_country": "VN"}, "consignee", "tax:VN:100233488"),
        ({"shipper_name": "MAJU SDN BHD"}, "shipper_person", "maju"),
        ({"consignee_phone": "+84 912 345 678"}, "consignee_phone", "912345678"),
        ({"carrier_code": "maeu "}, "carrier", "MAEU"),
        ({"container_no": "mscu 123456-5"}, "container", "MSCU1234565"),
        ({"goods_description": "Frozen  FISH, 20 ctns"}, "text", "frozen fish 20 ctns"),
        ({"hs_code": "44071012"}, "hs2", "44"),
        ({"hs_code": "44071012"}, "hs4", "4407"),
        ({"hs_code": "44071012"}, "hs6", "440710"),
        ({"hs_code": "4407"}, "hs6", None),
        ({"port_of_loading": "MYPKG", "country_of_departure": "SG"}, "loading_country", "MY"),
        ({"port_of_loading": "KUL"}, "loading_country", "MY"),
        ({"port_of_loading": "any safe port", "country_of_departure": "SG"}, "loading_country", "SG"),
        ({"country_of_destination": "VN"}, "discharge_country", "VN"),
        ({"port_of_loading": "MYPKG", "port_of_discharge": "VNSGN"}, "lane", "MYPKG>VNSGN"),
        ({"country_of_departure": "MY", "port_of_discharge": "VNSGN"}, "lane", "MY>VNSGN"),
        ({"port_of_loading": "MYPKG"}, "lane", None),
        ({"country_of_origin": "CN"}, "origin", "CN"),
        ({"seal_nos": " sl-1; SL2"}, "seal", "SL1"),
        ({"documents": "CITES:VN123;PEN:7"}, "permit", "CITES:VN123"),
        ({"x_tax_type": "FCN1"}, "x_tax_type", "FCN1"),
        ({"x_rate": 8.0}, "x_rate", "8"),
        ({"x_rate": "8.0"}, "x_rate", "8"),
        ({"x_rate": "6.50"}, "x_rate", "6.5"),
        ({"x_rate": "0101"}, "x_rate", "0101"),
        ({"gross_weight_kg": 12.5}, "gross_weight_kg", "12.5"),
        ({"express": True}, "express", "true"),
        ({"office": ""}, "office", None),
    ],
)
def test_entities(cells, name, expected):
    assert one(cells, name=name) == expected


def test_a_missing_column_is_missing_throughout():
    frame = pd.DataFrame(index=["a", "b"])
    for name in (*ENTITIES, "consignee_address", "office", "x_anything"):
        made = entity(frame, name)
        assert made.isna().all()
        assert made.index.tolist() == ["a", "b"]
    for name in (*NUMBERS, "x_anything"):
        assert np.isnan(number(frame, name)).all()
        assert number(frame, name).dtype == np.float64


def test_names_nobody_knows():
    frame = pd.DataFrame({"packages": [1.0]})
    for ask in (entity, number):
        with pytest.raises(DefinitionError, match="Did you mean 'consignee'"):
            ask(frame, "consigne")
    with pytest.raises(DefinitionError, match="no number"):
        number(frame, "consignee")
    with pytest.raises(DefinitionError):
        columns_of("shipper_shoe_size")


def test_columns_of_are_canonical():
    known = table("shipments").columns
    for name in (*ENTITIES, *NUMBERS, *PARTY_ENTITIES):
        assert columns_of(name)
        assert set(columns_of(name)) <= set(known), name


def test_party_entities_cover_every_part_that_identifies():
    assert set(PARTIES) < PARTY_ENTITIES
    for name in table("shipments").columns:
        if name.endswith(("_name", "_address", "_tax_id", "_phone", "_email")) and name.split("_")[0] in PARTIES:
            assert name in PARTY_ENTITIES
    assert not {"container", "origin", "hs6", "carrier", "consignee_country", "vessel_name"} & PARTY_ENTITIES


@pytest.mark.parametrize("dtype", ["str", "category", "object", "string[pyarrow]"])
def test_the_dtype_of_a_column_does_not_matter(dtype):
    frame = pd.DataFrame({"consignee_name": ["PT Maju", None, "PT. MAJU"] * 20}).astype(dtype)
    assert entity(frame, "consignee").fillna("").tolist() == ["name:ZZ:maju", "", "name:ZZ:maju"] * 20


@pytest.mark.parametrize("name", sorted(ENTITIES))
def test_one_row_and_many_rows_agree(name):
    rows = 50
    cells = {column: [f"{column[-3:]} {n % 7}" if n % 5 else None for n in range(rows)] for column in ENTITIES[name]}
    frame = pd.DataFrame(cells, dtype="str")
    alone = pd.concat([entity(frame.iloc[[place]], name) for place in range(rows)])
    pd.testing.assert_series_equal(entity(frame, name), alone)


@pytest.mark.parametrize(
    ("name", "cells", "expected"),
    [
        ("weight_per_package", {"gross_weight_kg": 100, "packages": 4}, 25),
        ("weight_per_package", {"gross_weight_kg": 100, "packages": 0}, np.nan),
        ("value_per_kg", {"invoice_value": 50, "gross_weight_kg": None, "net_weight_kg": 10}, 5),
        ("density_kg_m3", {"gross_weight_kg": 100, "volume_m3": 2}, 50),
        ("gross_net_ratio", {"gross_weight_kg": 110, "net_weight_kg": 100}, 1.1),
        ("freight_value_ratio", {"freight_charge": 5, "invoice_value": 50}, 0.1),
        ("payload_share", {"gross_weight_kg": 14100, "container_type": "22G1"}, 0.5),
        ("payload_share", {"gross_weight_kg": 14100, "container_type": "??"}, np.nan),
        ("vgm_gap_share", {"vgm_kg": 12280, "gross_weight_kg": 10000, "container_type": "22G1"}, 0),
        ("master_weight_gap_share", {"master_weight_kg": 100, "gross_weight_kg": 90}, 0.1),
        ("master_package_gap", {"master_packages": 10, "packages": 8}, 2),
        ("description_length", {"goods_description": "12345"}, 5),
        ("x_tax_rate", {"x_tax_rate": "8.5"}, 8.5),
        ("x_tax_rate", {"x_tax_rate": "none"}, np.nan),
        ("express", {"express": True}, 1),
        ("packages", {"packages": 3}, 3),
    ],
)
def test_numbers(name, cells, expected):
    made = number(pd.DataFrame({key: [value] for key, value in cells.items()}), name)
    np.testing.assert_allclose(made, [expected])


def test_a_moment_is_no_number():
    with pytest.raises(DefinitionError):
        number(pd.DataFrame({"eta": pd.to_datetime(["2023-01-01"], utc=True)}), "eta")


@given(st.lists(st.none() | st.datetimes()))
def test_micros(moments):
    expected = [
        NO_TIME if moment is None else (moment - pd.Timestamp(0)) // pd.Timedelta(1, "us") for moment in moments
    ]
    for dtype in ("datetime64[us]", "datetime64[us, UTC]"):
        series = pd.Series(moments, dtype="datetime64[us]")
        series = series.dt.tz_localize("UTC") if "UTC" in dtype else series
        assert micros(series).tolist() == expected
    texts = pd.Series([None if moment is None else moment.isoformat() for moment in moments], dtype="str")
    assert micros(texts).tolist() == expected


def test_micros_of_zones_and_nonsense():
    series = pd.Series(pd.to_datetime(["2023-01-01T07:00:00+07:00"]))
    assert micros(series).tolist() == micros(pd.Series(["2023-01-01"], dtype="str")).tolist()
    assert micros(pd.Series(["soon", "2023-13-01"], dtype="str")).tolist() == [NO_TIME, NO_TIME]


def test_keys_against_the_standard_library():
    values = pd.Series(["a", "Đại", None, "a"], dtype="str")
    made = Keyring(SECRET).hash("consignee", values)
    for value, key in zip(values, made, strict=True):
        digest = hmac.digest(SECRET, b"consignee\0" + str(value).encode(), hashlib.sha256)[:8]
        assert key == (0 if pd.isna(value) else int.from_bytes(digest, "big", signed=True))


def test_keys_depend_on_secret_and_name():
    value = pd.Series(["a"], dtype="str")
    keys = {
        Keyring(secret).hash(name, value)[0] for secret in (SECRET, SECRET + b"!") for name in ("shipper", "consignee")
    }
    assert len(keys) == 4


def test_joint_keys():
    ring = Keyring(SECRET)
    left, right = np.array([1, 2, 0, 1]), np.array([2, 1, 5, 2])
    joint = ring.joint(left, right)
    assert joint.dtype == np.int64
    assert joint[0] == joint[3] != joint[1]
    assert joint[2] == 0
    assert ring.joint(left) is left
    assert ring.joint(left, right, left)[0] != joint[0]
    many = np.random.default_rng(0).integers(-(2**63), 2**63 - 1, size=(2, 100_000))
    keys = ring.joint(*many)
    assert len(np.unique(keys)) == 100_000
    # one row at a time is another way to the same keys
    assert [ring.joint(*many[:, [row]]).item() for row in range(200)] == keys[:200].tolist()


def test_keys_of_shipments():
    frame = pd.DataFrame({"consignee_name": ["A B", "B A", None], "hs_code": ["010129", "0101", "0101"]})
    ring = Keyring(SECRET)
    assert ring.of(frame, ("consignee",)).tolist() == ring.hash("consignee", entity(frame, "consignee")).tolist()
    both = ring.of(frame, ("consignee", "hs4"))
    assert both[0] == both[1] != 0
    assert both[2] == 0


def test_the_secret(monkeypatch, tmp_path):
    monkeypatch.delenv("OMDRISK_SECRET", raising=False)
    monkeypatch.delenv("OMDRISK_SECRET_FILE", raising=False)
    with pytest.raises(HistoryError, match="OMDRISK_SECRET"):
        agency_secret()
    with pytest.raises(HistoryError, match="fewer than 16"):
        agency_secret("short")
    (tmp_path / "secret").write_text("a secret in a file\n", encoding="utf-8")
    monkeypatch.setenv("OMDRISK_SECRET_FILE", str(tmp_path / "secret"))
    assert agency_secret() == b"a secret in a file"
    monkeypatch.setenv("OMDRISK_SECRET_FILE", str(tmp_path / "none"))
    with pytest.raises(HistoryError, match="cannot be read"):
        agency_secret()
    monkeypatch.setenv("OMDRISK_SECRET", "a secret in the air")
    assert agency_secret() == b"a secret in the air"
    assert agency_secret(SECRET) == SECRET
