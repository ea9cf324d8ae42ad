from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from omdrisk.features import Tables
from omdrisk.features.tables import frame


def shipments_of(rows: list[dict[str, object]]) -> pd.DataFrame:
    from omdrisk.records.schema import table

    made = pd.DataFrame(rows)
    columns = table("shipments").columns
    return made.astype({name: columns[name].dtype for name in made.columns if name in columns})


@pytest.fixture(scope="session")
def shipments() -> pd.DataFrame:
    """Four hundred shipments of a few traders over a year, with gaps in every column."""
    rng = np.random.default_rng(5)
    size = 400

    def pick(values: list[object], missing: float = 0.1) -> list[object]:
        chosen = [values[place] for place in rng.integers(0, len(values), size)]
        return [None if lost else value for value, lost in zip(chosen, rng.random(size) < missing, strict=True)]

    filed = pd.Timestamp("2023-01-01", tz="UTC") + pd.to_timedelta(rng.integers(0, 365 * 24, size), "h")
    eta = filed + pd.to_timedelta(rng.integers(-20, 600, size), "h")
    goods = [
        "IVORY CARVINGS",
        "Ngà voi",
        "NGA VOI / CASHEW",
        "raw cashew nuts",
        "象牙制品",
        "general cargo",
        "đá bò",
        "x1",
    ]
    table = pd.DataFrame(
        {
            "shipment_id": [f"S{place:04d}" for place in range(size)],
            "filed_at": filed,
            "eta": pd.Series(eta).mask(pd.Series(rng.random(size) < 0.1)).to_numpy(),
            "shipper_name": pick([f"Shipper {letter} Trading" for letter in "ABCDEFGH"]),
            "shipper_country": pick(["VN", "CN", "LA"]),
            "consignee_name": pick([f"Công ty {letter * 4}" for letter in "ABCDEFGHIJKL"]),
            "consignee_country": pick(["VN", "MY"], 0.02),
            "consignee_tax_id": pick(["0100233488", "0100233480", "91110000600037341L"], 0.6),
            "transport_mode": pick(["1", "4", "5"]),
            "hs_code": pick(["080131", "0507", "440399", "4407", "98"]),
            "country_of_origin": pick(["KE", "NG", "VN"]),
            "goods_description": pick(goods),
            "port_of_loading": pick(["VNHPH", "SGN", "KEMBA", "XXXXX"]),
            "port_of_discharge": pick(["CNSHA", "HKG", "VNHPH"]),
            "transhipment_ports": pick(["SGSIN", "SGSIN;MYPKG", "ZZZZZ", "ZZZZZ; SGSIN"], 0.4),
            "seal_nos": pick(["A1;A2", "B7", "C1;"]),
            "container_no": pick(["CSQU3054383", "CSQU3054384", "TEMU1234567"]),
            "documents": pick(["CITES:VN1;PEN:2", "pen:4", "PHYTO:9"], 0.5),
            "gross_weight_kg": pick([1000.0, 1250.5, 0.0, 17.0, 23456.0, 300.0, 1e6]),
            "net_weight_kg": pick([900.0, 17.0, 250.0, 0.0]),
            "packages": pick([1.0, 20.0, 300.0, 0.0]),
            "invoice_value": pick([0.0, 1.0, 5000.0, 123456.0]),
            "freight_charge": pick([10.0, 900.0]),
            "incoterm": pick(["FOB", "CIF", "EXW"]),
            "x_regime": pick(["C11", "A12"]),
        }
    )
    from omdrisk.records.schema import table as canonical

    columns = canonical("shipments").columns
    return table.astype({name: columns[name].dtype for name in table.columns if name in columns} | {"x_regime": "str"})


LEXICON = [
    ["ivory", "wildlife", "en", "ivory", "word", "1", "own", ""],
    ["ivory", "wildlife", "en", "ivory carving", "word", "0.7", "own", ""],
    ["ivory", "wildlife", "vi", "ngà voi", "word", "0.9", "own", ""],
    ["ivory", "wildlife", "zh", "象牙", "substring", "0.8", "own", ""],
    ["stone", "cover", "vi", "đá", "exact_accents", "0.3", "own", ""],
    ["cashew", "cover", "en", "cashew", "word", "0.5", "own", ""],
    ["ketamine", "drug", "any", "ketamin", "substring", "1", "own", ""],
    ["vague", "vague", "en", "general cargo", "word", "1", "own", ""],
    ["vague", "vague", "zh", "杂货", "substring", "1", "own", ""],
    ["filler", "uninformative", "en", "of", "word", "1", "own", ""],
]


@pytest.fixture(scope="session")
def tables() -> Tables:
    columns = ["concept", "kind", "lang", "term", "match", "weight", "source", "reviewed_by"]
    return Tables(
        {
            "lexicon": frame(columns, LEXICON),
            "goods": frame(
                ["hs_prefix", "weight", "note"], [["0801", "0.9", ""], ["44", "0.4", ""], ["4407", "0.6", ""]]
            ),
            "origins": frame(
                ["hs_prefix", "origin", "weight"],
                [["44", "KE", "1"], ["*", "NG", "0.5"], ["0507", "*", "0.7"]],
            ),
            "places": frame(["locode", "name", "weight"], [["SGSIN", "Singapore", "0.2"], ["MYPKG", "Klang", "0.3"]]),
            "ports": frame(
                ["locode", "name", "lat", "lon"],
                [
                    ["VNHPH", "Hai Phong", "20.86", "106.68"],
                    ["CNSHA", "Shanghai", "31.23", "121.48"],
                    ["SGSIN", "Singapore", "1.26", "103.84"],
                    ["MYPKG", "Port Klang", "3.0", "101.39"],
                    ["KEMBA", "Mombasa", "-4.05", "39.66"],
                ],
            ),
        }
    )
