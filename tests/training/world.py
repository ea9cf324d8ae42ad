"""A small world with a planted signal: a few bad lanes, a few bad consignees, late knowledge, weak labels."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pyarrow as pa

from omdrisk.features import Catalog
from omdrisk.training import Recipe

TEXT = {
    "targets": ["drug"],
    "why": "Planted.",
    "family": "planted",
    "reason": {"en": "{value}"},
    "words": {"en": "planted"},
}


def catalog() -> Catalog:
    kinds = [
        {"name": "consignee_seen", "kind": "count", "by": ["consignee"]},
        {"name": "consignee_rate", "kind": "rate", "by": ["consignee"], "target": "drug", "prior": 5.0, "monotone": 1},
        {"name": "lane_rate", "kind": "rate", "by": ["lane"], "target": "drug", "monotone": 1},
        {"name": "weight", "kind": "number", "value": "gross_weight_kg", "log": True},
        {"name": "packing", "kind": "category", "column": "package_type"},
        {"name": "noise", "kind": "number", "value": "packages"},
    ]
    definitions = [{**TEXT, "id": f"T{place}", **kind} for place, kind in enumerate(kinds)]
    return Catalog.from_dict({"format": 1, "tables": {}, "definitions": definitions})


def recipe(**parts: object) -> Recipe:
    values = {
        "target": "drug",
        "features": {"families": ["planted"]},
        "lightgbm": {"num_leaves": 7, "min_data_in_leaf": 10},
        "rounds": {"most": 60, "patience": 20},
        "report": {"resamples": 60, "shares": [0.02, 0.1]},
    }
    return Recipe.from_dict(values | parts)


def tables(rows: int = 4000, seed: int = 0) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Return shipments, outcomes (of a third of them) and the truth."""
    rng = np.random.default_rng(seed)
    start = pd.Timestamp("2022-01-01", tz="UTC")
    filed = start + pd.to_timedelta(np.sort(rng.uniform(0, 600, rows)), unit="D").floor("s")
    consignee, lane = rng.integers(0, 150, rows), rng.integers(0, 12, rows)
    weight = rng.lognormal(4, 1, rows)
    odds = -3.5 + 2.2 * (consignee % 10 == 0) + 1.2 * (lane < 2) + 0.6 * (np.log(weight) - 4)
    found = rng.random(rows) < 1 / (1 + np.exp(-odds))
    shipments = pd.DataFrame(
        {
            "shipment_id": [f"S{place}" for place in range(rows)],
            "filed_at": pd.Series(filed).astype("datetime64[us, UTC]"),
            "consignee_name": pd.Series([f"Hidden Harbour Holding {each}" for each in consignee], dtype="str"),
            "consignee_country": pd.Series("VN", index=range(rows), dtype="str"),
            "consignee_tax_id": pd.Series([f"0100{each:06d}" for each in consignee], dtype="str"),
            "port_of_loading": pd.Series([f"XXL{each:02d}" for each in lane], dtype="str"),
            "port_of_discharge": pd.Series("VNSGN", index=range(rows), dtype="str"),
            "gross_weight_kg": weight,
            "packages": rng.integers(1, 90, rows).astype(float),
            "package_type": pd.Series(rng.choice(["CT", "BG", "DR"], rows), dtype="str"),
        }
    )
    examined = np.flatnonzero(rng.random(rows) < 0.35)
    known = shipments["filed_at"].iloc[examined] + pd.to_timedelta(rng.uniform(1, 20, len(examined)), unit="D").floor(
        "s"
    )
    outcomes = pd.DataFrame(
        {
            "shipment_id": shipments["shipment_id"].iloc[examined].to_numpy(),
            "target": pd.Series(["drug"] * len(examined), dtype="str"),
            "outcome": found[examined].astype(float),
            "known_at": known.astype("datetime64[us, UTC]").to_numpy(),
            "source": pd.Series(["inspection"] * len(examined), dtype="str"),
            "weight": np.where(found[examined] | (rng.random(len(examined)) < 0.7), 1.0, 0.3),
            "selected_by": pd.Series(["rule"] * len(examined), dtype="str"),
            "selection_probability": 0.35,
            "rip_off": False,
        }
    )
    outcomes["known_at"] = outcomes["known_at"].astype("datetime64[us, UTC]")
    truth = pd.DataFrame({"shipment_id": shipments["shipment_id"], "drug": found.astype(float)})
    return shipments, outcomes, truth


def as_arrow(table: pd.DataFrame) -> pa.Table:
    """Return a table in Arrow."""
    with warnings.catch_warnings():
        # pyarrow asks pandas for the values of moments in the old way
        warnings.simplefilter("ignore")
        return pa.Table.from_pandas(table, preserve_index=False)
