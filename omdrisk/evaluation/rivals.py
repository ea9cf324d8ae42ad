"""What a head has to beat: chance, the officers' rules, a logistic regression, plain LightGBM, the model in use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pandas as pd

from omdrisk.evaluation.rules import read_rules, rule_score
from omdrisk.features import FeaturePipeline
from omdrisk.training.ahead import slices
from omdrisk.training.capacity import worth
from omdrisk.training.labels import labelled, weights

if TYPE_CHECKING:
    import numpy.typing as npt

    from omdrisk.evaluation.phased import Tested, Walk
    from omdrisk.training import Head

    Floats = npt.NDArray[np.float64]

MODEL, ORACLE = "model", "oracle"
LOGISTIC, PLAIN, IN_USE = "logistic regression", "plain LightGBM", "model in use"
MOST_VALUES = 255
STRENGTHS = (0.003, 0.03, 0.3)
PLAIN_ROUNDS = 100


def rivals(walk: Walk, tested: Tested, in_use: Head | None = None) -> dict[str, Floats]:
    """Return the scores that each ranking gives to the shipments that are tested, the head's own first.

    All learn from the labels that the head learns from. The oracle, which knows what is hidden, is there only where
    the truth is; the model in use only in phases after it was trained.
    """
    head, features = tested.head, tested.features
    scores = {MODEL: head.raw(features)}
    rules = [rule for rule in read_rules(head.target) if rule.feature in features.columns]
    if rules:
        scores["rules"] = rule_score(features, rules)
    past = walk.shipments[(walk.shipments["filed_at"] < tested.phase.start).to_numpy()]
    labels = labelled(walk.recipe, past, walk.outcomes, tested.phase.start)
    examined = past.iloc[labels["row"].to_numpy()]
    learnt = head.pipeline.with_history(walk.history.before(tested.phase.start)).transform(examined)
    scores[LOGISTIC] = logistic(walk, tested, labels, learnt)
    scores[PLAIN] = plain(labels["found"].to_numpy(dtype=np.float64), examined, tested.shipments, walk.seed)
    if in_use is not None and pd.Timestamp(in_use.facts["as_of"]) <= tested.phase.start:
        pipeline = FeaturePipeline.from_state(in_use.pipeline.state(), in_use.pipeline.catalog_, _for(walk, in_use))
        scores[IN_USE] = in_use.raw(pipeline.transform(tested.shipments))
    scores["random"] = np.random.default_rng(walk.seed).random(len(features))
    if walk.truth is not None:
        scores[ORACLE] = tested.found.copy()
    return scores


def _for(walk: Walk, head: Head) -> Any:
    from omdrisk.training.loop import history_of

    catalog = head.pipeline.catalog_
    enough = set(FeaturePipeline.history_keys(catalog)) <= set(walk.history.keys) and set(
        FeaturePipeline.history_values(catalog)
    ) <= set(walk.history.values)
    return walk.history if enough else history_of(catalog, walk.shipments, walk.outcomes)


def logistic(walk: Walk, tested: Tested, labels: pd.DataFrame, learnt: pd.DataFrame) -> Floats:
    """Return the log-odds of a logistic regression on the head's features.

    Numbers are drawn together (sign and logarithm), standardised, their gaps filled with the mean and marked;
    categories get a column for each value. The strength of its penalty is chosen on the latest quarter of the past.
    """
    categories = [str(name) for name in tested.head.pipeline.categorical_]
    table = _Numbers(learnt, categories)
    train, later = table.of(learnt), table.of(tested.features)
    found = labels["found"].to_numpy(dtype=np.float64)
    weight = weights(walk.recipe, labels, tested.phase.start)
    last = slices(labels, 0.25, 1)[-1]
    judged = [-np.inf] * len(STRENGTHS)
    if all(len(np.unique(found[rows])) == 2 for rows in (last.early, last.later)):
        judged = [
            worth(
                "average_precision",
                found[last.later],
                _odds(train[last.early], found[last.early], weight[last.early], strength, train[last.later]),
                weight[last.later],
            )
            for strength in STRENGTHS
        ]
    return _odds(train, found, weight, STRENGTHS[int(np.argmax(judged))], later)


def _odds(train: Floats, found: Floats, weight: Floats, strength: float, asked: Floats) -> Floats:
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=strength, max_iter=2000).fit(train, found, weight / weight.mean())
    return cast("Floats", model.decision_function(asked))


class _Numbers:
    """Features as standardised numbers without gaps."""

    def __init__(self, features: pd.DataFrame, categories: list[str]) -> None:
        self.plain = [name for name in features.columns if name not in categories]
        self.values = {name: np.unique(features[name].dropna()) for name in categories if name in features}
        drawn = self._drawn(features)
        known = ~np.isnan(drawn)
        count = np.maximum(known.sum(axis=0), 1)
        self.mean = np.where(known, drawn, 0.0).sum(axis=0) / count
        self.spread = np.sqrt(np.where(known, (drawn - self.mean) ** 2, 0.0).sum(axis=0) / count)
        self.spread[self.spread == 0] = 1.0

    def of(self, features: pd.DataFrame) -> Floats:
        drawn = self._drawn(features)
        gaps = np.isnan(drawn)
        # nothing that lies farther out than anything that was learnt from may decide alone
        standard = np.clip(np.where(gaps, 0.0, (drawn - self.mean) / self.spread), -5.0, 5.0)
        codes = [features[name].to_numpy()[:, None] == values for name, values in self.values.items()]
        return np.column_stack([standard, gaps, *codes]).astype(np.float64)

    def _drawn(self, features: pd.DataFrame) -> Floats:
        values = features[self.plain].to_numpy(dtype=np.float64)
        return cast("Floats", np.sign(values) * np.log1p(np.abs(values)))


def plain(found: Floats, examined: pd.DataFrame, asked: pd.DataFrame, seed: int) -> Floats:
    """Return the log-odds of LightGBM as it comes, on the columns as they are filed.

    Numbers as they are, texts and codes as categories (the commonest 255 of each column among the examined shipments),
    moments and the shipment's own number left out; LightGBM's defaults, every label alike.
    """
    from omdrisk.training.boosting import boost, booster_of

    learnt: list[Floats] = []
    later: list[Floats] = []
    categorical: list[int] = []
    for name in examined.columns:
        if name == "shipment_id" or pd.api.types.is_datetime64_any_dtype(examined[name].dtype):
            continue
        if pd.api.types.is_numeric_dtype(examined[name].dtype):
            columns = [each[name].to_numpy(dtype=np.float64, na_value=np.nan) for each in (examined, asked)]
        else:
            categorical.append(len(learnt))
            common = examined[name].value_counts().index[:MOST_VALUES]
            columns = [common.get_indexer(pd.Index(each[name])).astype(np.float64) for each in (examined, asked)]
            columns = [np.where(codes < 0, np.nan, codes) for codes in columns]
        learnt.append(columns[0])
        later.append(columns[1])
    rows = (np.column_stack(learnt), found, None)
    text, _ = boost(
        rows, None, rounds=PLAIN_ROUNDS, categorical=categorical, parameters={"seed": seed, "num_threads": 1}
    )
    return cast("Floats", booster_of(text).predict(np.column_stack(later), raw_score=True, num_threads=1))
