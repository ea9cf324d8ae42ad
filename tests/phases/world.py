"""Three short phases with a planted signal, two targets and two administrations, for the steps of a phase."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from omdrisk.features import Catalog
from omdrisk.training import Recipe
from tests.training import world as planted

PHASES = """
[[phase]]
name = "A"
start = 2022-05-01
end = 2022-09-30

[[phase]]
name = "B"
start = 2022-10-15
end = 2023-02-28

[[phase]]
name = "C"
start = 2023-03-15
end = 2023-08-15
"""
OPENED = {"B": "2022-10-15", "C": "2023-03-15"}


def catalog() -> Catalog:
    return planted.catalog()


def recipe(target: str, names: list[str], **gate: object) -> Recipe:
    made = planted.recipe(target=target, features={"names": names})
    asked = {"metric": "average_precision", "finds": 5, "calibration": None} | gate
    return made.replace(gate=Recipe.from_dict({**made.to_dict(), "gate": asked}).gate)


GOOD = ["consignee_rate", "lane_rate", "weight", "consignee_seen"]
POOR = ["noise"]


def both(names: list[str], **gate: object) -> dict[str, Recipe]:
    return {target: recipe(target, names, **gate) for target in ("drug", "wildlife")}


def tables(rows: int = 4000) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return shipments and outcomes; wildlife hides on two lanes, and random picks are marked."""
    shipments, outcomes, _ = planted.tables(rows, seed=5)
    rng = np.random.default_rng(8)
    shipments["country_of_report"] = pd.Series(np.where(np.arange(rows) % 3 == 0, "TH", "VN"), dtype="str")
    shipments["transport_mode"] = pd.Series(np.where(np.arange(rows) % 2 == 0, "1", "4"), dtype="str")
    lane = shipments.set_index("shipment_id")["port_of_loading"]
    risky = lane.reindex(outcomes["shipment_id"]).isin(["XXL05", "XXL06"]).to_numpy()
    other = outcomes.assign(
        target=pd.Series("wildlife", index=outcomes.index, dtype="str"),
        outcome=(rng.random(len(outcomes)) < np.where(risky, 0.35, 0.03)).astype(float),
    )
    drawn = pd.Series(np.where(rng.random(len(outcomes)) < 0.3, "random", "rule"), index=outcomes.index, dtype="str")
    return shipments, pd.concat(
        [outcomes.assign(selected_by=drawn), other.assign(selected_by=drawn)], ignore_index=True
    )


def written(folder: Path, until: str | None = None, rows: int = 4000) -> dict[str, Path]:
    """Write the tables as they were known on a day, and return the paths that `open_phase` takes."""
    shipments, outcomes = tables(rows)
    folder.mkdir(parents=True, exist_ok=True)
    day = pd.Timestamp(until or "2030-01-01", tz="UTC")
    paths = {name: folder / f"{name}-{until or 'all'}.parquet" for name in ("shipments", "outcomes")}
    shipments[shipments["filed_at"] < day].to_parquet(paths["shipments"], index=False)
    outcomes[outcomes["known_at"] < day].to_parquet(paths["outcomes"], index=False)
    (folder / "phases.toml").write_text(PHASES, encoding="utf-8")
    return paths
