"""A policy played week by week: score, select, inspect, learn from what was inspected and from nothing else."""

from __future__ import annotations

import copy
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import pandas as pd

from omdrisk.evaluation.policies_choices import TOP, UNCERTAIN, Chooser, Picked, Policy
from omdrisk.features import Catalog, FeaturePipeline
from omdrisk.linking import link
from omdrisk.linking.inspections import found_targets
from omdrisk.training.labels import labelled, weights
from omdrisk.training.loop import history_of
from omdrisk.training.model import RiskModel

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    import numpy.typing as npt

    from omdrisk.history import History
    from omdrisk.training import Recipe

    Floats = npt.NDArray[np.float64]

EVER = pd.Timestamp("2262-01-01", tz="UTC")


class WeekLike(Protocol):
    """What is filed in a week, what an examination of each shipment would bring, and what is hidden."""

    @property
    def start(self) -> pd.Timestamp: ...  # noqa: D102
    @property
    def shipments(self) -> pd.DataFrame: ...  # noqa: D102
    @property
    def inspections(self) -> pd.DataFrame: ...  # noqa: D102
    @property
    def truth(self) -> pd.DataFrame: ...  # noqa: D102


class BranchLike(Protocol):
    """A world that goes on: the next week, given what was seized and what was selected in the last."""

    def next_week(self, seized: Collection[str] = ..., selected: Collection[str] = ...) -> WeekLike | None: ...  # noqa: D102


class PastLike(Protocol):
    """The canonical tables of what was before."""

    @property
    def shipments(self) -> pd.DataFrame: ...  # noqa: D102
    @property
    def cases(self) -> pd.DataFrame | None: ...  # noqa: D102
    @property
    def inspections(self) -> pd.DataFrame | None: ...  # noqa: D102


class WorldLike(Protocol):
    """A past, and branches in which it goes on; `omdrisk.simulation.campaign` makes one."""

    @property
    def past(self) -> PastLike: ...  # noqa: D102
    @property
    def start(self) -> pd.Timestamp: ...  # noqa: D102
    def branch(self, *, adapts: bool) -> BranchLike: ...  # noqa: D102


@dataclass(frozen=True)
class Settings:
    """What is the same for all policies of a comparison."""

    recipe: Recipe
    capacity: float
    retrain: int
    rounds: int
    heads: int
    features: int | None
    seed: int


@dataclass
class Labels:
    """Examined shipments with their features as of their filing."""

    features: Floats
    table: pd.DataFrame

    def plus(self, features: Floats, table: pd.DataFrame) -> Labels:
        """Return these and more."""
        return Labels(np.vstack([self.features, features]), pd.concat([self.table, table], ignore_index=True))


class Start:
    """What every policy starts from in a world: the past, its history and its labels."""

    def __init__(self, world: WorldLike, settings: Settings, catalog: Catalog | None) -> None:
        recipe, past = settings.recipe, world.past
        chosen = recipe.choose(Catalog.read() if catalog is None else catalog)
        if settings.features is not None and settings.features < len(chosen):
            chosen = _strongest(chosen, world, settings)
        self.targets = sorted({recipe.target, *_targets(chosen)})
        outcomes = link(past.shipments, past.cases, past.inspections, targets=self.targets)
        self.world, self.history = world, history_of(chosen, past.shipments, outcomes)
        self.pipeline = FeaturePipeline(chosen, self.history.before(world.start)).fit(past.shipments)
        table = labelled(recipe, past.shipments, outcomes, EVER)
        # each feature as of its own filing: what became known later does not count in it
        features = self.pipeline.with_history(self.history).transform(past.shipments.iloc[table["row"].to_numpy()])
        self.labels = Labels(features.to_numpy(), table)
        self.monotone = {
            definition.name: definition.monotone
            for definition in chosen
            if recipe.monotone and definition.monotone and definition.name not in self.pipeline.categorical_
        }
        self._still: Still | None = None

    def still(self) -> Still:
        """Return the weeks of the world in which nothing answers, made once for all policies."""
        if self._still is None:
            self._still = Still.of(self)
        return self._still


@dataclass(frozen=True)
class Still:
    """A world that no policy changes: its weeks, and those features that no policy changes either.

    What finds and examinations are asked about depends on the policy and is left to it; all else is computed once.
    Shipments of later weeks are in the history already: an answer never uses what was filed later.
    """

    weeks: list[WeekLike]
    history: History
    features: list[Floats]
    learns: FeaturePipeline
    places: npt.NDArray[np.intp]

    @classmethod
    def of(cls, start: Start) -> Still:
        """Walk through a world once."""
        branch = start.world.branch(adapts=False)
        weeks = []
        while (week := branch.next_week()) is not None:
            weeks.append(week)
        catalog = start.pipeline.catalog_
        told = [d.name for d in catalog if any(hasattr(question, "target") for question in d.kind.questions())]
        history: History = copy.copy(start.history)
        for week in weeks:
            history.observe(week.shipments)
        names = list(catalog.definitions)
        rest = _only(start.pipeline, [name for name in names if name not in told]).with_history(history)
        features = []
        for week in weeks:
            made = np.full((len(week.shipments), len(names)), np.nan)
            values = rest.transform(week.shipments)
            made[:, [names.index(name) for name in values.columns]] = values.to_numpy()
            features.append(made)
        places = np.array([names.index(name) for name in told], dtype=np.intp)
        return cls(weeks, history, features, _only(start.pipeline, told), places)

    def of_week(self, number: int, history: History) -> Floats:
        """Return the features of a week, with what a policy has learnt."""
        made = self.features[number].copy()
        if len(self.places):
            made[:, self.places] = self.learns.with_history(history).transform(self.weeks[number].shipments).to_numpy()
        return made


def _only(pipeline: FeaturePipeline, names: Sequence[str]) -> FeaturePipeline:
    """Return a fitted pipeline of some of its definitions."""
    catalog = pipeline.catalog_.only(names) if names else Catalog([])
    state = pipeline.state()
    learnt = {name: value for name, value in state["learnt"].items() if name in set(names)}
    return FeaturePipeline.from_state({**state, "learnt": learnt}, catalog)


def _strongest(catalog: Catalog, world: WorldLike, settings: Settings) -> Catalog:
    """Return the definitions that a head trained on the past alone gains most from."""
    from omdrisk.training.boosting import booster_of

    start = Start(world, replace(settings, features=None), catalog)
    player = Player(start, Policy("exploit"), settings, start.history)
    player.train(world.start, 0)
    names = list(catalog.definitions)
    if player.model is None:
        return catalog
    gain = booster_of(player.model.text_).feature_importance("gain")
    order = np.argsort(-gain, kind="stable")[: settings.features]
    return catalog.only([names[place] for place in sorted(order.tolist())])


def _targets(catalog: Catalog) -> set[str]:
    asked = (getattr(question, "target", None) for question in catalog.questions())
    return {target for target in asked if isinstance(target, str)}


def play(start: Start, policy: Policy, settings: Settings, *, adapts: bool) -> Iterator[dict[str, Any]]:
    """Play a policy in one branch of a world and yield what each week brought.

    A week's shipments are scored with what was known when each was filed; the policy selects among them; those
    selected are examined, and their outcomes feed history and training from the moment they are known.
    """
    player = Player(start, policy, settings, history=start.history if adapts else start.still().history)
    for number, (week, features) in enumerate(player.moving(start) if adapts else player.standing(start)):
        if number % settings.retrain == 0:
            player.train(week.start, number)
        told = player.week(week, features)
        yield {"policy": policy.name, "adapts": adapts, "week": number, "start": week.start, **told}


class Player:
    """A policy with what it has learnt so far."""

    def __init__(self, start: Start, policy: Policy, settings: Settings, history: History) -> None:
        self.settings, self.policy = settings, policy
        self.chooser = Chooser(policy, settings.seed)
        self.history: History = copy.copy(history)  # its past never changes; what is added here is here alone
        self.pipeline, self.labels = start.pipeline, start.labels
        self.targets, self.monotone = start.targets, start.monotone
        self.model: RiskModel | None = None
        self.committee: list[RiskModel] = []
        self.seized: list[str] = []
        self.selected: list[str] = []

    def moving(self, start: Start) -> Iterator[tuple[WeekLike, Floats]]:
        """Yield the weeks of a world that answers to what this policy finds, with their features."""
        branch = start.world.branch(adapts=True)
        while (week := branch.next_week(self.seized, self.selected)) is not None:
            self.history.observe(week.shipments)
            yield week, self.pipeline.with_history(self.history).transform(week.shipments).to_numpy()

    def standing(self, start: Start) -> Iterator[tuple[WeekLike, Floats]]:
        """Yield the weeks of a world that does not answer, with their features."""
        still = start.still()
        for number, week in enumerate(still.weeks):
            yield week, still.of_week(number, self.history)

    def train(self, moment: pd.Timestamp, number: int) -> None:
        """Train on what is known before a moment."""
        table = self.labels.table
        known = ((table["known_at"] < moment) & (table["filed_at"] < moment)).to_numpy()
        rows, labels = self.labels.features[known], table[known]
        found, weight = labels["found"].to_numpy(), weights(self.settings.recipe, labels, moment)
        self.model, self.committee = None, []
        if len(np.unique(found[weight > 0])) < 2:
            return
        self.model = self._model(self.settings.seed).fit(
            self._frame(rows), found, weight, categorical=self.pipeline.categorical_
        )
        if not self.policy.committee:
            return
        rng = np.random.default_rng([self.settings.seed, number, 5])
        for head in range(self.settings.heads):
            # each row as often as chance has it (online bagging, Oza and Russell 2001); finds are few, and all kept
            drawn = weight * np.where(found > 0, rng.poisson(1.0, len(found)).clip(0.25), rng.poisson(1.0, len(found)))
            self.committee.append(
                self._model(self.settings.seed + 1 + head).fit(
                    self._frame(rows), found, drawn, categorical=self.pipeline.categorical_
                )
            )

    def week(self, week: WeekLike, features: Floats) -> dict[str, Any]:
        """Select, inspect and learn; return what it brought."""
        capacity = max(1, round(self.settings.capacity * len(features)))
        picked = self.chooser.choose(self._score(self.model, features), self._scores(features), capacity)
        self._learn(week, features, picked)
        target = self.settings.recipe.target
        would = _found(week.inspections, target)
        hidden = week.truth[target].to_numpy() > 0
        kg = np.where(would, week.truth["kg"].to_numpy() if "kg" in week.truth else 1.0, 0.0)
        explored = np.array([by != TOP for by in picked.selected_by], dtype=bool)
        hits = would[picked.rows]
        self.chooser.learn(float(hits.mean()))
        return {
            "shipments": len(features),
            "hidden": int(hidden.sum()),
            "picked": len(picked.rows),
            "hits": int(hits.sum()),
            "hidden_picked": int(hidden[picked.rows].sum()),
            "explored": int(explored.sum()),
            "explored_hits": int(hits[explored].sum()),
            "kg": float(kg[picked.rows].sum()),
            "oracle_hits": int(min(would.sum(), capacity)),
            "oracle_kg": float(np.sort(kg)[::-1][:capacity].sum()),
        }

    def _learn(self, week: WeekLike, features: Floats, picked: Picked) -> None:
        examined = week.inspections.iloc[picked.rows].assign(
            selected_by=pd.array([by.replace(UNCERTAIN, TOP) for by in picked.selected_by], dtype="str"),
            selection_probability=picked.probability,
        )
        self.selected = examined["shipment_id"].astype(str).tolist()
        self.seized = [str(name) for name in examined["shipment_id"][_found(examined, *self.targets)]]
        at = picked.rows
        if self.policy.told_all:
            at, examined = np.arange(len(features)), week.inspections.assign(selection_probability=1.0)
        rows = week.shipments.iloc[at]
        outcomes = link(rows, None, examined, targets=self.targets)
        self.history.record(outcomes)
        table = labelled(self.settings.recipe, rows, outcomes, EVER)
        self.labels = self.labels.plus(features[at[table["row"].to_numpy()]], table)

    def _model(self, seed: int) -> RiskModel:
        recipe = self.settings.recipe
        return RiskModel(
            rounds=self.settings.rounds,
            parameters=recipe.lightgbm.chosen(),
            monotone=self.monotone,
            threads=recipe.threads,
            seed=seed,
        )

    def _frame(self, rows: Floats) -> pd.DataFrame:
        return pd.DataFrame(rows, columns=self.pipeline.get_feature_names_out(), copy=False)

    def _score(self, model: RiskModel | None, rows: Floats) -> Floats:
        return np.zeros(len(rows)) if model is None else model.raw_score(self._frame(rows))

    def _scores(self, rows: Floats) -> Floats:
        if not self.policy.committee:
            return np.empty((0, len(rows)))
        heads: list[RiskModel | None] = [*self.committee]
        return np.vstack([self._score(model, rows) for model in heads or [None]])


def _found(inspections: pd.DataFrame, *targets: str) -> npt.NDArray[np.bool_]:
    """Whether each examination finds one of the targets."""
    said = inspections["outcome"].astype("object").to_numpy()
    return np.array([isinstance(text, str) and not set(targets).isdisjoint(found_targets(text)) for text in said])
