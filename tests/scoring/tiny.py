"""A world of a few hundred shipments, two heads trained on it in a second, and the history of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from omdrisk.features import Catalog, history_keys, history_values
from omdrisk.history import History
from omdrisk.training import Recipe, train

if TYPE_CHECKING:
    from omdrisk.training import Head

SECRET = b"a secret of the tiny world only"
AS_OF = pd.Timestamp("2023-05-01", tz="UTC")
NOW = datetime(2023, 6, 1, 8, 30, tzinfo=UTC)
SHARED = [
    "consignee_first_seen",
    "consignee_shipments_year",
    "shipper_first_seen",
    "weight_per_package",
    "value_per_kg",
    "gross_weight",
    "package_count",
    "package_type",
    "transport_mode",
    "vague_description",
    "hs_code_missing",
    "notify_missing",
    "container_no_valid",
    "origin_is_loading",
    "fields_missing",
]
FEATURES = {
    "drug": [*SHARED, "lane_drug_rate", "consignee_drug_rate"],
    "wildlife": [*SHARED, "lane_wildlife_rate", "cover_load_words", "wildlife_words"],
}
GOODS = (
    "cashew nuts in shell",
    "ceramic tiles, glazed",
    "plastic scrap",
    "general merchandise",
    "frozen fish fillets",
    "carved elephant ivory",
)


@dataclass(frozen=True)
class Tiny:
    """The world and what was made of it."""

    shipments: pd.DataFrame
    outcomes: pd.DataFrame
    heads: list[Head]
    history: History

    @property
    def incoming(self) -> pd.DataFrame:
        """Shipments that no head was trained on."""
        return self.shipments.loc[self.shipments["filed_at"] >= AS_OF]


def shipments(rows: int = 900, seed: int = 4) -> pd.DataFrame:
    """Canonical shipments of half a year, in order of filing."""
    rng = np.random.default_rng(seed)
    filed = pd.Timestamp("2023-01-01", tz="UTC") + pd.to_timedelta(np.sort(rng.uniform(0, 150 * 86400, rows)), unit="s")
    who = rng.integers(0, 60, rows)
    packages = rng.integers(1, 400, rows).astype(float)
    frame = pd.DataFrame(
        {
            "shipment_id": [f"T{at:05d}" for at in range(rows)],
            "filed_at": filed.as_unit("us"),
            "transport_mode": rng.choice(["1", "4", "5"], rows, p=[0.6, 0.3, 0.1]),
            "shipper_name": [f"Harbour Traders {at}" for at in rng.integers(0, 80, rows)],
            "shipper_address": "12 Wharf Road",
            "shipper_country": rng.choice(["NG", "MY", "TH"], rows),
            "consignee_name": [f"Dai Phat {at}" for at in who],
            "consignee_address": "4 Le Loi",
            "consignee_country": "VN",
            "goods_description": rng.choice(GOODS, rows),
            "hs_code": pd.Series(rng.choice(["080131", "690721", "391590", "030389"], rows)).where(
                rng.random(rows) > 0.1
            ),
            "port_of_loading": rng.choice(["NGAPP", "MYPKG", "THLCH", "SGSIN"], rows),
            "port_of_discharge": rng.choice(["VNSGN", "VNHPH"], rows),
            "country_of_origin": rng.choice(["NG", "MY", "TH"], rows),
            "packages": packages,
            "package_type": rng.choice(["CT", "BG", "DR"], rows),
            "gross_weight_kg": packages * rng.lognormal(3, 0.5, rows),
            "invoice_value": rng.lognormal(9, 1, rows),
            "container_no": rng.choice(["MSKU1234565", "MSKU1234560"], rows),
            "notify_name": pd.Series(["Notify Co"] * rows).where(rng.random(rows) > 0.3),
        }
    )
    texts = frame.select_dtypes(exclude=["number", "datetimetz"]).columns
    return frame.astype(dict.fromkeys(texts, "str"))


def outcomes(table: pd.DataFrame, seed: int = 5) -> pd.DataFrame:
    """What was found in each, known five days later."""
    rng = np.random.default_rng(seed)
    parts = []
    risk = {
        "drug": 2.5 * (table["port_of_loading"] == "NGAPP") + 1.5 * table["hs_code"].isna() - 2.5,
        "wildlife": 2.5 * table["goods_description"].str.contains("ivory|cashew") + (table["packages"] < 60) - 2.8,
    }
    for target, log_odds in risk.items():
        chance = 1 / (1 + np.exp(-log_odds.to_numpy(dtype=float)))
        parts.append(
            pd.DataFrame(
                {
                    "shipment_id": table["shipment_id"],
                    "target": target,
                    "outcome": (rng.random(len(table)) < chance).astype(float),
                    "known_at": table["filed_at"] + pd.Timedelta(days=5),
                    "source": "inspection",
                    "weight": 1.0,
                    "selected_by": "random",
                    "selection_probability": 1.0,
                    "rip_off": False,
                }
            )
        )
    return pd.concat(parts, ignore_index=True).astype({"target": "str", "source": "str", "selected_by": "str"})


@cache
def tiny() -> Tiny:
    """Make the world, once per run."""
    table = shipments()
    found = outcomes(table)
    catalog = Catalog.read().only({name for names in FEATURES.values() for name in names})
    heads = []
    for target, names in FEATURES.items():
        recipe = Recipe.from_dict(
            {
                "target": target,
                "features": {"names": names},
                "rounds": {"most": 40, "fewest": 30},
                "lightgbm": {"min_data_in_leaf": 10, "num_leaves": 7, "learning_rate": 0.1},
            }
        )
        heads.append(train(recipe, table, found, as_of=AS_OF, seed=1, catalog=catalog))
    history = History.from_tables(
        table, found, keys=history_keys(catalog), values=history_values(catalog), secret=SECRET
    )
    return Tiny(table, found, heads, history)
