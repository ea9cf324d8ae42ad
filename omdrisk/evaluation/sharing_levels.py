"""What an administration may know of the others: five levels of sharing, each with the features that it gives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from omdrisk.entities import PARTY_ENTITIES, columns_of
from omdrisk.features import FeaturePipeline
from omdrisk.linking import outcomes_as_of
from omdrisk.training.labels import labelled, weights
from omdrisk.training.loop import history_of
from omdrisk.training.model import RiskModel

if TYPE_CHECKING:
    import numpy.typing as npt

    from omdrisk.features import Catalog
    from omdrisk.history import History
    from omdrisk.training import Recipe
    from omdrisk.training.phases import Phase

    Floats = npt.NDArray[np.float64]

EVER = pd.Timestamp("2262-01-01", tz="UTC")
LEVELS = {
    "own": "own shipments and own outcomes alone",
    "cases": "and the finds of others, without names: goods, lane, origin, container",
    "keyed cases": "and the parties of these finds, as keys hashed with a secret that the members hold together",
    "shared head": "own history alone, with a head trained on the features and outcomes of all",
    "all": "all shipments and outcomes of all",
}
PARTY_COLUMNS = tuple(dict.fromkeys(column for name in sorted(PARTY_ENTITIES) for column in columns_of(name)))


@dataclass(frozen=True)
class Part:
    """Features and labels of an administration: of what it learns from, and of what is tested."""

    past: pd.DataFrame
    labels: pd.DataFrame
    test: pd.DataFrame


class Levels:
    """The shipments and outcomes of all administrations, and what each would know of them at each level."""

    def __init__(
        self,
        recipe: Recipe,
        catalog: Catalog,
        shipments: pd.DataFrame,
        outcomes: pd.DataFrame,
        reported: pd.DataFrame,
        phase: Phase,
        members: pd.Series,
        tested: npt.NDArray[np.bool_],
    ) -> None:
        self.recipe, self.catalog, self.phase = recipe, catalog, phase
        self.shipments, self.outcomes, self.members, self.tested = shipments, outcomes, members, tested
        past = shipments[(shipments["filed_at"] < phase.start).to_numpy()]
        # which values a category has is no secret: one list for all, so that heads differ by what they learn alone
        self.pipeline = FeaturePipeline(catalog).fit(past)
        self._listed = _listed(shipments, reported)
        self._reported = reported
        self.labels = labelled(recipe, shipments, outcomes, phase.start)

    def part(self, member: str, level: str) -> Part:
        """Return what an administration would learn from and be tested on, with the history of a level."""
        mine = (self.members == member).to_numpy()
        history = self._history(mine, level)
        rows = self.labels["row"].to_numpy()
        labels = self.labels[mine[rows]].reset_index(drop=True)
        test = np.flatnonzero(mine & self.tested)
        asked = self.shipments.iloc[np.r_[labels["row"].to_numpy(), test]]
        # what is learnt from knows the past alone; what is tested knows what was known when it was filed
        pipeline = self.pipeline.with_history(history)
        features = pipeline.transform(asked)
        return Part(features.iloc[: len(labels)], labels, features.iloc[len(labels) :])

    def _history(self, mine: npt.NDArray[np.bool_], level: str) -> History:
        if level == "all":
            return history_of(self.catalog, self.shipments, self.outcomes)
        own = self.shipments[mine]
        told = self.outcomes[self.outcomes["shipment_id"].isin(own["shipment_id"])]
        if level in ("own", "shared head"):
            return history_of(self.catalog, own, told)
        abroad = self._listed[~self._listed["shipment_id"].isin(own["shipment_id"])]
        if level == "cases":
            abroad = abroad.drop(columns=[name for name in PARTY_COLUMNS if name in abroad.columns])
        finds = self._reported[self._reported["shipment_id"].isin(abroad["shipment_id"])]
        return history_of(
            self.catalog,
            pd.concat([own, abroad], ignore_index=True),
            pd.concat([told, finds], ignore_index=True),
        )

    def train(self, parts: list[Part], *, seed: int) -> RiskModel | None:
        """Train a head on the pasts of some administrations; None where there is nothing to tell apart."""
        labels = pd.concat([part.labels for part in parts], ignore_index=True)
        weight = weights(self.recipe, labels, self.phase.start)
        if labels["found"][weight > 0].nunique() < 2:
            return None
        monotone = {
            definition.name: definition.monotone
            for definition in self.catalog
            if self.recipe.monotone and definition.monotone and definition.name not in self.pipeline.categorical_
        }
        model = RiskModel(
            rounds=self.recipe.rounds.fewest,
            parameters=self.recipe.lightgbm.chosen(),
            monotone=monotone,
            threads=self.recipe.threads,
            seed=seed,
        )
        rows = pd.concat([part.past for part in parts], ignore_index=True)
        return model.fit(rows, labels["found"], weight, categorical=self.pipeline.categorical_)


def finds_of(outcomes: pd.DataFrame, target: str | None = None) -> pd.DataFrame:
    """Return the part of a log of outcomes that speaks of shipments in which something was found."""
    table = outcomes if target is None else outcomes[outcomes["target"] == target]
    known = outcomes_as_of(table, EVER)
    found = set(known.loc[known["outcome"] > 0, "shipment_id"])
    rows: pd.DataFrame = table[(table["shipment_id"].isin(found) & ~(table["outcome"] == 0)).to_numpy()]
    return rows


def _listed(shipments: pd.DataFrame, reported: pd.DataFrame) -> pd.DataFrame:
    """Return the shipments of reported finds as others see them: there from the moment of the first report on."""
    first: Any = reported.groupby("shipment_id")["known_at"].min()
    rows = shipments[shipments["shipment_id"].isin(first.index).to_numpy()]
    known = rows["shipment_id"].map(first)
    return rows.assign(filed_at=known.astype(rows["filed_at"].dtype).to_numpy()).assign(
        filed_at=pd.DatetimeIndex(known).tz_convert("UTC").as_unit("us")
    )
