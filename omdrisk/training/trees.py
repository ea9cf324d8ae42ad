"""The fast trees of a model, where they can be had; LightGBM's own otherwise."""

from __future__ import annotations

import sys
from functools import lru_cache

import numpy as np

from omdrisk.training.boosting import booster_of
from omdrisk.trees import Forest, UnsupportedForest

PROBED = 64


@lru_cache(maxsize=8)
def forest_of(text: str) -> Forest | None:
    r"""Return the forest of LightGBM's text; None if only LightGBM can compute it.

    Where LightGBM is loaded anyhow, as in training, the forest is first held against it, and is left if one bit of a
    score differs. Scoring alone does not load LightGBM for that: it takes three times as long as everything else.

    Examples
    --------
    >>> forest_of("tree\nnum_class=3\n\nTree=0\n\nend of trees") is None
    True
    """
    try:
        forest = Forest.from_text(text)
    except UnsupportedForest:
        return None
    if "lightgbm" in sys.modules:
        rows = probe(forest)
        if not np.array_equal(forest.raw_score(rows), booster_of(text).predict(rows, raw_score=True, num_threads=1)):
            return None
    return forest


def probe(forest: Forest) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """Return rows made of the model's own thresholds and categories, their neighbours, and missing cells."""
    random = np.random.default_rng(0)
    trees = forest.trees
    rows = np.full((PROBED, trees.features), np.nan)
    for feature in np.unique(trees.feature):
        limits = trees.threshold[trees.feature == feature]
        codes = trees.set_code[trees.feature[trees.set_split] == feature]
        cells = np.concatenate([limits, np.nextafter(limits, np.inf), codes, [np.nan, 0.0, -1.0]])
        rows[:, feature] = random.choice(cells, PROBED)
    return rows
