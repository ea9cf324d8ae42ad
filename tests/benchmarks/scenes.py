"""Scenes to measure scoring in: a bundle with both heads, a manifest, and a history of any size on disk."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

import omdrisk
from omdrisk.entities import PARTY_ENTITIES
from omdrisk.features import Catalog, history_keys, history_values
from omdrisk.history import History
from omdrisk.history.arrays import DAY
from omdrisk.history.facts import KEY, Rows
from omdrisk.resources import definitions
from tests.scoring.tiny import SECRET, tiny

if TYPE_CHECKING:
    from pathlib import Path

AS_OF = "2023-04-15"
TARGETS = ("drug", "wildlife")


@dataclass(frozen=True)
class Scene:
    """Where a bundle and a history lie, and shipments to score."""

    bundle: Path
    history: Path
    incoming: pd.DataFrame
    past: int

    def load(self) -> omdrisk.Scorer:
        """Open the bundle with its history."""
        return omdrisk.load(self.bundle, self.history, SECRET)


def scene(folder: Path, *, small: bool, past: int = 2_000_000, base: int = 60_000) -> Scene:
    """Make a scene: small, of the world of the tests; else of a simulated world, its history grown to `past` rows."""
    if small:
        world = tiny()
        shipments, outcomes, heads, incoming = world.shipments, world.outcomes, world.heads, world.incoming
        past, keys, values = 2 * len(shipments), world.history.keys, world.history.values  # noqa: PD011
    else:
        made = omdrisk.simulate(seed=3, shipments=base)
        shipments, outcomes = made.shipments, omdrisk.link(made.shipments, made.cases, made.inspections)
        recipes = [omdrisk.Recipe.read(definitions("models") / f"{target}.toml") for target in TARGETS]
        heads = [omdrisk.train(recipe, shipments, outcomes, as_of=AS_OF, seed=0) for recipe in recipes]
        incoming = shipments.loc[shipments["filed_at"] >= AS_OF]
        keys, values = history_keys(Catalog.read()), history_values(Catalog.read())
    omdrisk.save_bundle(heads, folder / "bundle")
    History.create(folder / "history", keys=keys, values=values, secret=SECRET)
    store = History.open(folder / "history", SECRET)
    whole = History.from_tables(shipments, outcomes, keys=keys, values=values, secret=SECRET)
    take_in(store, whole, past)
    store.compact()
    made_here = Scene(folder / "bundle", folder / "history", incoming, past)
    made_here.load().score(incoming.head(1))
    return made_here


def take_in(store: History, base: History, size: int) -> None:
    """Fill a history with copies of another: the same year again, half of them with other traders."""
    part = base._current().whole
    targets = part.facts.targets
    ships, log = part.facts.shipments, part.facts.log
    copies = -(-size // len(ships))
    rows, logs = [], []
    for copy in range(copies):
        take = slice(0, min(len(ships), size - copy * len(ships)))
        columns = {name: column[take].copy() for name, column in ships.columns.items()}
        columns["id"] ^= copy
        columns["filed_at"] -= copy * DAY // 8
        if copy % 2:
            for name, column in columns.items():
                if name.startswith(KEY) and name.removeprefix(KEY) in PARTY_ENTITIES:
                    columns[name] = np.where(column == 0, 0, column ^ (copy << 8))
        rows.append(Rows(columns))
        entries = {name: column.copy() for name, column in log.columns.items() if name in base_log(log)}
        entries["id"] ^= copy
        entries["known_at"] -= copy * DAY // 8
        logs.append(Rows(entries))
    every, outcomes = Rows.one_after_another(rows), Rows.one_after_another(logs)
    if store._store is None:
        store._add(every, outcomes, {}, targets)
    else:
        with store._store.writing():
            store._add(every, outcomes, {}, targets)


def base_log(log: Rows) -> frozenset[str]:
    """Return the names of the columns that a log of outcomes takes in."""
    from omdrisk.history.facts import LOG_COLUMNS

    return frozenset(LOG_COLUMNS) & frozenset(log.columns)


def manifest(incoming: pd.DataFrame, rows: int) -> pd.DataFrame:
    """Return a manifest of so many rows: the incoming shipments again and again, half of them of other traders."""
    parts = []
    for copy in range(-(-rows // len(incoming))):
        part = incoming.copy()
        part["shipment_id"] = part["shipment_id"] + f"-{copy}"
        if copy % 2:
            for name in ("shipper_name", "consignee_name", "consignee_address"):
                if name in part:
                    part[name] = part[name] + f" {chr(97 + copy % 26)}{copy}"
        parts.append(part)
    return pd.concat(parts, ignore_index=True).head(rows)
