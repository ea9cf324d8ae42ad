"""One small simulated world, and what is trained on it, shared by tests of the whole."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import matplotlib as mpl
import pytest

import omdrisk
from omdrisk.features import Catalog, history_keys, history_values
from omdrisk.resources import definitions

if TYPE_CHECKING:
    import pandas as pd

mpl.use("Agg")

SECRET = b"a secret that only the tests know"
AS_OF = "2023-04-15"


def published(*parts: str) -> Path:
    """Return a file of the published data, or skip the test with the reason."""
    root = Path(os.environ.get("OMDRISK_DATA") or Path(__file__).resolve().parents[2] / "shared" / "data")
    path = root.joinpath(*parts)
    if not path.exists():
        pytest.skip(f"published data not here: set OMDRISK_DATA to the folder that holds {'/'.join(parts)}")
    return path


@dataclass(frozen=True)
class Small:
    """A world of 12,000 shipments, its outcomes, a bundle with both heads, and the history of all of it."""

    world: omdrisk.simulation.World
    outcomes: pd.DataFrame
    heads: list[omdrisk.Head]
    bundle: Path
    history: omdrisk.History

    @property
    def incoming(self) -> pd.DataFrame:
        """Shipments of phase V."""
        return self.world.shipments.loc[self.world.shipments["filed_at"] >= AS_OF]


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Small:
    world = omdrisk.simulate(seed=11, shipments=12_000)
    outcomes = omdrisk.link(world.shipments, world.cases, world.inspections)
    heads = [
        omdrisk.train(
            omdrisk.Recipe.read(definitions("models") / f"{target}.toml"),
            world.shipments,
            outcomes,
            as_of=AS_OF,
            seed=0,
        )
        for target in ("drug", "wildlife")
    ]
    bundle = tmp_path_factory.mktemp("small") / "bundle"
    omdrisk.save_bundle(heads, bundle)
    catalog = Catalog.read()
    history = omdrisk.History.from_tables(
        world.shipments, outcomes, keys=history_keys(catalog), values=history_values(catalog), secret=SECRET
    )
    return Small(world, outcomes, heads, bundle, history)
